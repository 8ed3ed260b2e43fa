//! What of a mention is indexed, and how: one document per mention, nothing stored, newest first.
//!
//! Title and text each have the same fields: `words` as [`tokens::words`] makes them, `english` and `french`
//! with their stems (only in a document of that language, at the same positions), and `written` with the
//! tokens of [`tokens::written`] at positions of their own, with [`Mark`]s. The tokens arrive ready-made, one
//! a line.
//! A fact is one folded term, and as it was given in a column for facets.

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, Schema, SchemaBuilder, TantivyDocument, TextFieldIndexing,
    TextOptions,
};
use tantivy::tokenizer::{self, TokenStream, Tokenizer, TokenizerManager};
use tantivy::{IndexBuilder, IndexSettings, IndexSortByField, Order, Term};

use crate::model::{Mention, MentionId, Timestamp};
use crate::query::{Fact, fact_key};
use crate::text::fold::fold;
use crate::text::tokens::{self, Stemmer, Token};
use crate::text::url;

/// The name of a field no document has. Counted up whenever the words, stems or fields change meaning, so
/// that an index made before has another schema and is rebuilt.
const FORMAT: &str = "format_3";

#[derive(Clone, Copy, Debug)]
pub struct Fields {
    pub mention: Field,
    pub brand: Field,
    pub source: Field,
    pub author: Field,
    pub site: Field,
    pub link: Field,
    pub language: Field,
    pub sentiment: Field,
    pub tag: Field,
    pub status: Field,
    pub story: Field,
    pub at: Field,
    pub title: TextFields,
    pub text: TextFields,
    /// The host alone, for facets.
    host: Field,
    /// The halves of the mention's id: twenty of them are read faster than twenty places of a dictionary.
    id_high: Field,
    id_low: Field,
}

#[derive(Clone, Copy, Debug)]
pub struct TextFields {
    pub words: Field,
    pub english: Field,
    pub french: Field,
    pub written: Field,
}

/// Where the tokens as written and the words of a text part ways, so that both can be counted in words: a
/// term beside a token that does not stand for one word, just after the words before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Words that end between the starts of the token before (or the text's) and of this one; else 1, and 0
    /// for the first token.
    Step(u32),
    /// Words that the token touches; else 1.
    Covers(u32),
}

impl Mark {
    /// No token holds it.
    const SIGN: char = '\0';
    /// The least of all such terms, and one above them.
    pub const FIRST: &str = "\0";
    pub const END: &str = "\u{1}";

    fn term(self) -> String {
        match self {
            Mark::Step(words) => format!("{}s{words}", Mark::SIGN),
            Mark::Covers(words) => format!("{}c{words}", Mark::SIGN),
        }
    }

    pub fn read(term: &str) -> Option<Self> {
        let mark = term.strip_prefix(Mark::SIGN)?;
        let number = |text: &str| text.parse().ok();
        match mark.strip_prefix('s') {
            Some(words) => number(words).map(Mark::Step),
            None => mark.strip_prefix('c').and_then(number).map(Mark::Covers),
        }
    }
}

/// Names of the columns that are read back.
pub mod column {
    pub const ID_HIGH: &str = "id_high";
    pub const ID_LOW: &str = "id_low";
    pub const BRAND: &str = "brand";
    pub const SOURCE: &str = "source";
    pub const HOST: &str = "host";
    pub const AUTHOR: &str = "author";
    pub const LANGUAGE: &str = "language";
    pub const SENTIMENT: &str = "sentiment";
    pub const TAG: &str = "tag";
    pub const STATUS: &str = "status";
    pub const STORY: &str = "story";
    pub const AT: &str = "at";
}

pub fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let fields = Fields {
        mention: builder.add_bytes_field("mention", INDEXED),
        brand: builder.add_text_field(column::BRAND, fact(Split::Folded).set_fast("raw")),
        source: builder.add_text_field(column::SOURCE, fact(Split::Folded).set_fast("raw")),
        author: builder.add_text_field(column::AUTHOR, positions(Split::Words).set_fast("raw")),
        site: builder.add_text_field("site", fact(Split::Lines)),
        link: builder.add_text_field("link", fact(Split::Whole)),
        language: builder.add_text_field(column::LANGUAGE, fact(Split::Folded).set_fast("raw")),
        sentiment: builder.add_text_field(column::SENTIMENT, fact(Split::Folded).set_fast("raw")),
        tag: builder.add_text_field(column::TAG, fact(Split::Folded).set_fast("raw")),
        status: builder.add_text_field(column::STATUS, fact(Split::Folded).set_fast("raw")),
        story: builder.add_text_field(column::STORY, fact(Split::Folded).set_fast("raw")),
        at: builder.add_i64_field(column::AT, FAST),
        title: text_fields(&mut builder, "title"),
        text: text_fields(&mut builder, "text"),
        host: builder.add_text_field(column::HOST, TextOptions::default().set_fast("raw")),
        id_high: builder.add_u64_field(column::ID_HIGH, FAST),
        id_low: builder.add_u64_field(column::ID_LOW, FAST),
    };
    builder.add_u64_field(FORMAT, INDEXED);
    (builder.build(), fields)
}

/// How a new index is made.
pub fn builder() -> IndexBuilder {
    tantivy::Index::builder().schema(schema().0).tokenizers(tokenizers()).settings(settings())
}

pub fn settings() -> IndexSettings {
    let newest_first = IndexSortByField { field: column::AT.to_owned(), order: Order::Desc };
    IndexSettings { sort_by_field: Some(newest_first), ..IndexSettings::default() }
}

pub fn tokenizers() -> TokenizerManager {
    let manager = TokenizerManager::default();
    for split in [Split::Whole, Split::Folded, Split::Words, Split::Lines] {
        manager.register(split.name(), split);
    }
    manager
}

pub fn document(fields: &Fields, mention: &Mention) -> TantivyDocument {
    let mut document = TantivyDocument::new();
    let mut add = |field: Field, value: &str| {
        if !value.is_empty() {
            document.add_text(field, value);
        }
    };
    add(fields.brand, mention.brand.as_str());
    add(fields.source, mention.source.as_str());
    add(fields.author, mention.author.as_deref().unwrap_or_default());
    add(fields.language, mention.language.code().unwrap_or_default());
    add(fields.sentiment, mention.sentiment.map_or("", |sentiment| sentiment.label().as_str()));
    add(fields.status, mention.status.as_str());
    add(fields.story, mention.story.as_str());
    for tag in mention.entry_tags.iter().chain(&mention.tags) {
        add(fields.tag, tag);
    }
    if let Some(link) = &mention.link {
        add(fields.link, &fact_key(Fact::Link, link));
        if let Some(host) = url::host(link) {
            add(fields.site, &parent_domains(&host).join("\n"));
            add(fields.host, &host);
        }
    }
    let stemmer = Stemmer::of(mention.language.code());
    add_text(&mut add, &fields.title, mention.title.as_deref().unwrap_or_default(), stemmer);
    add_text(&mut add, &fields.text, &mention.text, stemmer);
    document.add_i64(fields.at, instant(mention.at()));
    let number = number(&mention.id);
    document.add_bytes(fields.mention, &number.to_be_bytes());
    document.add_u64(fields.id_high, (number >> 64) as u64);
    document.add_u64(fields.id_low, number as u64);
    document
}

/// The digits of an id. One that the store did not make is 0.
fn number(id: &MentionId) -> u128 {
    id.as_str().strip_prefix("m_").and_then(|digits| u128::from_str_radix(digits, 16).ok()).unwrap_or(0)
}

/// What a mention is deleted by.
pub fn term(fields: &Fields, id: &MentionId) -> Term {
    Term::from_field_bytes(fields.mention, &number(id).to_be_bytes())
}

/// The id that the two halves are of.
pub fn id(high: u64, low: u64) -> MentionId {
    MentionId::new(format!("m_{high:016x}{low:016x}"))
}

/// An instant as the index keeps it: microseconds, rounded down.
pub fn instant(at: Timestamp) -> i64 {
    at.as_nanosecond().div_euclid(1_000).try_into().expect("jiff's years fit in 64 bits of microseconds")
}

fn text_fields(builder: &mut SchemaBuilder, part: &str) -> TextFields {
    let mut field =
        |name: &str, options: TextOptions| builder.add_text_field(&format!("{part}_{name}"), options);
    TextFields {
        words: field("words", positions(Split::Lines)),
        english: field("english", positions(Split::Lines)),
        french: field("french", positions(Split::Lines)),
        written: field("written", positions(Split::Lines)),
    }
}

fn fact(split: Split) -> TextOptions {
    indexed(split, IndexRecordOption::Basic)
}

fn positions(split: Split) -> TextOptions {
    indexed(split, IndexRecordOption::WithFreqsAndPositions)
}

fn indexed(split: Split, record: IndexRecordOption) -> TextOptions {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(split.name())
        .set_index_option(record)
        .set_fieldnorms(record.has_positions());
    TextOptions::default().set_indexing_options(indexing)
}

fn add_text(add: &mut impl FnMut(Field, &str), fields: &TextFields, text: &str, stemmer: Option<Stemmer>) {
    let words = tokens::words(text);
    add(fields.words, &lines(words.iter().map(|token| token.word.as_ref())));
    if let Some(stemmer) = stemmer {
        let field = match stemmer {
            Stemmer::English => fields.english,
            Stemmer::French => fields.french,
        };
        let stems: Vec<_> = words.iter().map(|token| stemmer.stem(&token.word)).collect();
        add(field, &lines(stems.iter().map(AsRef::as_ref)));
    }
    add(fields.written, &written_lines(text, &words));
}

/// Tokens as written, each followed by its marks.
fn written_lines(text: &str, words: &[Token<'_>]) -> String {
    let mut joined = String::new();
    let mut before = 0;
    for (at, token) in tokens::written(text).iter().enumerate() {
        joined.push_str(&token.word);
        joined.push('\n');
        let ended = words.partition_point(|word| word.end <= token.start);
        let begun = words.partition_point(|word| word.start < token.end);
        let (step, covers) = (ended - before, begun - ended);
        before = ended;
        if step != usize::from(at > 0) {
            joined.push_str(&Mark::Step(step as u32).term());
            joined.push('\n');
        }
        if covers != 1 {
            joined.push_str(&Mark::Covers(covers as u32).term());
            joined.push('\n');
        }
    }
    joined
}

fn lines<'a>(tokens: impl Iterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for token in tokens {
        joined.push_str(token);
        joined.push('\n');
    }
    joined
}

/// `news.example.org` → itself, `example.org`, `org`.
fn parent_domains(host: &str) -> Vec<&str> {
    std::iter::successors(Some(host), |domain| domain.split_once('.').map(|(_, parent)| parent)).collect()
}

/// What of a value are its terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Split {
    Whole,
    /// The whole, folded.
    Folded,
    /// Its words.
    Words,
    /// Its lines: tokens made before.
    Lines,
}

impl Split {
    fn name(self) -> &'static str {
        match self {
            Split::Whole => "whole",
            Split::Folded => "folded",
            Split::Words => "words",
            Split::Lines => "lines",
        }
    }
}

impl Tokenizer for Split {
    type TokenStream<'a> = Terms<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Terms<'a> {
        let terms: Box<dyn Iterator<Item = std::borrow::Cow<'a, str>> + 'a> = match self {
            Split::Whole => Box::new(std::iter::once(text.into())),
            Split::Folded => Box::new(std::iter::once(fold(text))),
            Split::Words => Box::new(tokens::words(text).into_iter().map(|token| token.word)),
            Split::Lines => Box::new(text.split_terminator('\n').map(Into::into)),
        };
        Terms { terms, token: tokenizer::Token::default() }
    }
}

struct Terms<'a> {
    terms: Box<dyn Iterator<Item = std::borrow::Cow<'a, str>> + 'a>,
    token: tokenizer::Token,
}

impl TokenStream for Terms<'_> {
    fn advance(&mut self) -> bool {
        let Some(term) = self.terms.next() else { return false };
        if !term.starts_with(Mark::SIGN) {
            // A fresh token stands at usize::MAX, so that the first one comes to 0.
            self.token.position = self.token.position.wrapping_add(1);
        }
        self.token.text.clear();
        self.token.text.push_str(&term);
        true
    }

    fn token(&self) -> &tokenizer::Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut tokenizer::Token {
        &mut self.token
    }
}
