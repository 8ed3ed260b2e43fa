//! What of a mention is indexed, and how: one document per mention, nothing stored, newest first.
//!
//! Title and text each have the same fields: `words` as [`tokens::words`] makes them, in documents of a language
//! that has stems with those beside them ([`Form`]), and `written` with the tokens of [`tokens::written`] at
//! positions of their own, with [`Mark`]s. The tokens arrive ready-made, one a line.
//! A fact is one folded term, and as it was given in a column for facets. What nearly each document has for itself
//! (its id, its story's, its link) is a term of a few bytes: whole, such terms would be a third of the index. Ids are
//! whole in columns, which have the last word.

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
const FORMAT: &str = "format_4";

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
    /// The halves of the mention's id and of its story's: twenty of them are read faster than twenty places of a
    /// dictionary.
    id_high: Field,
    id_low: Field,
    story_high: Field,
    story_low: Field,
}

#[derive(Clone, Copy, Debug)]
pub struct TextFields {
    pub words: Field,
    pub written: Field,
}

/// What a term of `words` stands for, told by a sign behind it that no word holds. A word that is its own stem
/// has one term, another one two, so that most words of a text cost one entry instead of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The word, in a document without stems, or one that is not its own stem.
    Word,
    /// The word, its own stem in the document's language.
    Both(Stemmer),
    /// The stem of another word.
    Stem(Stemmer),
}

/// Behind what stands where the word before it stands.
const STEM_SIGNS: [char; 2] = ['\u{3}', '\u{4}'];

impl Form {
    pub fn term(self, word: &str) -> String {
        let mut term = String::with_capacity(word.len() + 1);
        self.write(word, &mut term);
        term
    }

    fn write(self, word: &str, to: &mut String) {
        to.push_str(word);
        match self {
            Form::Word => {}
            Form::Both(Stemmer::English) => to.push('\u{1}'),
            Form::Both(Stemmer::French) => to.push('\u{2}'),
            Form::Stem(Stemmer::English) => to.push(STEM_SIGNS[0]),
            Form::Stem(Stemmer::French) => to.push(STEM_SIGNS[1]),
        }
    }

    /// Whether a term is a word that stands in a text, not only the stem of one.
    pub fn is_word(term: &[u8]) -> bool {
        !term.last().is_some_and(|&last| STEM_SIGNS.contains(&char::from(last)))
    }
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
    pub const STORY_HIGH: &str = "story_high";
    pub const STORY_LOW: &str = "story_low";
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
        link: builder.add_bytes_field("link", INDEXED),
        language: builder.add_text_field(column::LANGUAGE, fact(Split::Folded).set_fast("raw")),
        sentiment: builder.add_text_field(column::SENTIMENT, fact(Split::Folded).set_fast("raw")),
        tag: builder.add_text_field(column::TAG, fact(Split::Folded).set_fast("raw")),
        status: builder.add_text_field(column::STATUS, fact(Split::Folded).set_fast("raw")),
        story: builder.add_bytes_field("story", INDEXED),
        at: builder.add_i64_field(column::AT, FAST),
        title: text_fields(&mut builder, "title"),
        text: text_fields(&mut builder, "text"),
        host: builder.add_text_field(column::HOST, TextOptions::default().set_fast("raw")),
        id_high: builder.add_u64_field(column::ID_HIGH, FAST),
        id_low: builder.add_u64_field(column::ID_LOW, FAST),
        story_high: builder.add_u64_field(column::STORY_HIGH, FAST),
        story_low: builder.add_u64_field(column::STORY_LOW, FAST),
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
    for split in [Split::Folded, Split::Words, Split::Lines] {
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
    for tag in mention.entry_tags.iter().chain(&mention.tags) {
        add(fields.tag, tag);
    }
    if let Some(host) = mention.link.as_deref().and_then(url::host) {
        add(fields.site, &parent_domains(&host).join("\n"));
        add(fields.host, &host);
    }
    let stemmer = Stemmer::of(mention.language.code());
    add_text(&mut add, &fields.title, mention.title.as_deref().unwrap_or_default(), stemmer);
    add_text(&mut add, &fields.text, &mention.text, stemmer);
    document.add_i64(fields.at, instant(mention.at()));
    if let Some(link) = &mention.link {
        document.add_bytes(fields.link, &link_key(&fact_key(Fact::Link, link)));
    }
    for (field, [high, low], id) in [
        (fields.mention, [fields.id_high, fields.id_low], mention_number(&mention.id)),
        (fields.story, [fields.story_high, fields.story_low], story_number(mention.story.as_str())),
    ] {
        // One that the store did not make is 0.
        let id = id.unwrap_or(0);
        document.add_bytes(field, id_key(&id.to_be_bytes()));
        document.add_u64(high, (id >> 64) as u64);
        document.add_u64(low, id as u64);
    }
    document
}

pub fn mention_number(id: &MentionId) -> Option<u128> {
    id_number(id.as_str(), "m_")
}

/// The digits of a folded story id; `None` if it is none.
pub fn story_number(id: &str) -> Option<u128> {
    id_number(id, "s_")
}

fn id_number(id: &str, prefix: &str) -> Option<u128> {
    let digits = id.strip_prefix(prefix).filter(|digits| digits.len() == 32 && !digits.starts_with('+'))?;
    u128::from_str_radix(digits, 16).ok()
}

/// What finds an id, and now and then, among millions, another one.
pub fn id_term(field: Field, id: u128) -> Term {
    Term::from_field_bytes(field, id_key(&id.to_be_bytes()))
}

fn id_key(bytes: &[u8; 16]) -> &[u8] {
    &bytes[..5]
}

/// A link in its canonical form is found by its hash alone: of a million links, two have the same in one of thirty
/// million indexes.
pub fn link_term(fields: &Fields, canonical: &str) -> Term {
    Term::from_field_bytes(fields.link, &link_key(canonical))
}

fn link_key(canonical: &str) -> [u8; 8] {
    let mut key = [0; 8];
    key.copy_from_slice(&blake3::hash(canonical.as_bytes()).as_bytes()[..8]);
    key
}

/// The mention of a number.
pub fn mention_id(number: u128) -> MentionId {
    MentionId::new(format!("m_{number:032x}"))
}

/// A story's id, as people write it.
pub fn story_id(number: u128) -> String {
    format!("s_{number:032x}")
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
    add(fields.words, &word_lines(&words, stemmer));
    add(fields.written, &written_lines(text, &words));
}

/// The terms of each word.
fn word_lines(words: &[Token<'_>], stemmer: Option<Stemmer>) -> String {
    let mut joined = String::new();
    let mut line = |form: Form, word: &str| {
        form.write(word, &mut joined);
        joined.push('\n');
    };
    for token in words {
        match stemmer.map(|stemmer| (stemmer, stemmer.stem(&token.word))) {
            None => line(Form::Word, &token.word),
            Some((stemmer, stem)) if stem == token.word => line(Form::Both(stemmer), &token.word),
            Some((stemmer, stem)) => {
                line(Form::Word, &token.word);
                line(Form::Stem(stemmer), &stem);
            }
        }
    }
    joined
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

/// `news.example.org` → itself, `example.org`, `org`.
fn parent_domains(host: &str) -> Vec<&str> {
    std::iter::successors(Some(host), |domain| domain.split_once('.').map(|(_, parent)| parent)).collect()
}

/// What of a value are its terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Split {
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
        if !term.starts_with(Mark::SIGN) && !term.ends_with(STEM_SIGNS) {
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
