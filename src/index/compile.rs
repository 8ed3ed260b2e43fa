//! A query in our language → one of Tantivy's that finds exactly the same.
//!
//! Single words and facts are term queries, Boolean operators Boolean queries. What Tantivy has no exact
//! query for is computed per segment by [`Exact`]: words that stand together, words that begin so, and spans of
//! time, which are a run of documents in an index sorted by time.

use std::collections::BTreeMap;

use tantivy::columnar::Column;
use tantivy::index::SegmentReader;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, ConstScorer, EmptyQuery, EnableScoring, Explanation,
    Occur, Query, Scorer, TermQuery, Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Score, TERMINATED, Term};

use super::positions::{self, Place, Spot, Together};
use super::schema::{self, Fields, Form, TextFields, column};
use crate::model::Timestamp;
use crate::query::{Ast, Fact, Part, fact_key};
use crate::text::tokens::{self, Stemmer};

/// How much a word in the title says, against one in the text.
const TITLE_BOOST: Score = 2.0;

/// What a query is compiled against.
pub struct Compiler<'a> {
    pub fields: &'a Fields,
    /// The tags of sources, by the source's id.
    pub source_tags: &'a BTreeMap<String, Vec<String>>,
}

impl Compiler<'_> {
    /// Finds what matches, without a score.
    pub fn matching(&self, ast: &Ast) -> Box<dyn Query> {
        self.query(ast, &[&self.fields.title, &self.fields.text])
    }

    /// Finds what matches, scored by the query's words alone: one says more the rarer it is, in the title, and as it
    /// was asked for.
    pub fn ranking(&self, ast: &Ast) -> Box<dyn Query> {
        let scores = self.scores(ast);
        if is_any_word(ast) {
            // What has one of the words matches, and what has none scores nothing.
            return Box::new(BooleanQuery::union(scores));
        }
        let scores = scores.into_iter().map(|score| (Occur::Should, score));
        let matching = (Occur::Must, Box::new(ConstScoreQuery::new(self.matching(ast), 0.0)) as _);
        Box::new(BooleanQuery::new(std::iter::once(matching).chain(scores).collect()))
    }

    fn scores(&self, ast: &Ast) -> Vec<Box<dyn Query>> {
        let mut words = Vec::new();
        positive_words(ast, &mut words);
        let mut scores: Vec<Box<dyn Query>> = Vec::new();
        for (part, boost) in [(&self.fields.title, TITLE_BOOST), (&self.fields.text, 1.0)] {
            for word in words.iter().flat_map(|typed| tokens::words(typed)) {
                scores.extend(word_terms(part, &word.word).into_iter().map(|term| {
                    let score = TermQuery::new(term, IndexRecordOption::WithFreqs);
                    Box::new(BoostQuery::new(Box::new(score), boost)) as _
                }));
            }
        }
        scores
    }

    fn query(&self, ast: &Ast, parts: &[&TextFields]) -> Box<dyn Query> {
        match ast {
            Ast::All => Box::new(AllQuery),
            Ast::Word(_) | Ast::Prefix(_) | Ast::Phrase { .. } | Ast::Raw(_) | Ast::Near { .. } => {
                any_spot(parts.iter().filter_map(|part| spot(ast, part)).collect())
            }
            Ast::In(part, inner) => {
                let fields = match part {
                    Part::Title => &self.fields.title,
                    Part::Text => &self.fields.text,
                };
                self.query(inner, &[fields])
            }
            Ast::Fact(fact, value) => self.fact(*fact, value),
            Ast::Time { since, until } => between(*since, *until),
            Ast::And(all) => self.and(all, parts),
            Ast::Or(any) => union(any.iter().map(|ast| self.query(ast, parts)).collect()),
            Ast::Not(_) => self.and(std::slice::from_ref(ast), parts),
        }
    }

    fn and(&self, all: &[Ast], parts: &[&TextFields]) -> Box<dyn Query> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = all
            .iter()
            .map(|ast| match ast {
                Ast::Not(inner) => (Occur::MustNot, self.query(inner, parts)),
                ast => (Occur::Must, self.query(ast, parts)),
            })
            .collect();
        // Tantivy's "not" takes away from something.
        if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        Box::new(BooleanQuery::new(clauses))
    }

    fn fact(&self, fact: Fact, value: &str) -> Box<dyn Query> {
        let field = match fact {
            Fact::Author => return self.author(value),
            Fact::Tag => return self.tag(value),
            Fact::Story => return self.story(value),
            Fact::Link => return basic(schema::link_term(self.fields, &fact_key(fact, value))),
            Fact::Site => self.fields.site,
            Fact::Source => self.fields.source,
            Fact::Language => self.fields.language,
            Fact::Sentiment => self.fields.sentiment,
            Fact::Brand => self.fields.brand,
            Fact::Status => self.fields.status,
        };
        term(field, &fact_key(fact, value))
    }

    /// Its words, one after the other.
    fn author(&self, value: &str) -> Box<dyn Query> {
        let place = |word: &str| Place::Terms(vec![Term::from_field_text(self.fields.author, word)]);
        let places = tokens::words(value).iter().map(|token| place(&token.word)).collect();
        any_spot(vec![Spot::Sequence { places, slop: 0 }])
    }

    fn story(&self, value: &str) -> Box<dyn Query> {
        let columns = [column::STORY_HIGH, column::STORY_LOW];
        match schema::story_number(&fact_key(Fact::Story, value)) {
            Some(id) => Box::new(Exact::Ids { field: self.fields.story, columns, ids: vec![id] }),
            None => Box::new(EmptyQuery),
        }
    }

    /// One of the mention's own, or of its source as `feeds.toml` has it today.
    fn tag(&self, value: &str) -> Box<dyn Query> {
        let tag = fact_key(Fact::Tag, value);
        let has_it = |tags: &[String]| tags.iter().any(|other| fact_key(Fact::Tag, other) == tag);
        let sources = self.source_tags.iter().filter(|(_, tags)| has_it(tags));
        let of_source = sources.map(|(source, _)| self.fact(Fact::Source, source));
        union(std::iter::once(term(self.fields.tag, &tag)).chain(of_source).collect())
    }
}

/// Published (else observed) in `[since, until)`.
pub fn between(since: Option<Timestamp>, until: Option<Timestamp>) -> Box<dyn Query> {
    Box::new(Exact::Between { since: since.map(schema::instant), until: until.map(schema::instant) })
}

/// Those of these mentions that there are.
pub fn mentions(fields: &Fields, ids: Vec<u128>) -> Box<dyn Query> {
    Box::new(Exact::Ids { field: fields.mention, columns: [column::ID_HIGH, column::ID_LOW], ids })
}

/// Whether all that has one of its words in title or text matches.
fn is_any_word(ast: &Ast) -> bool {
    match ast {
        Ast::Word(typed) => tokens::words(typed).len() == 1,
        Ast::Or(any) => !any.is_empty() && any.iter().all(is_any_word),
        _ => false,
    }
}

/// The words that speak for a document, as typed.
fn positive_words<'a>(ast: &'a Ast, words: &mut Vec<&'a str>) {
    match ast {
        Ast::Word(word) => words.push(word),
        Ast::Phrase { words: phrase, .. } => words.extend(phrase.iter().map(String::as_str)),
        Ast::Near { left, right, .. } => {
            positive_words(left, words);
            positive_words(right, words);
        }
        Ast::In(_, inner) => positive_words(inner, words),
        Ast::And(all) | Ast::Or(all) => all.iter().for_each(|ast| positive_words(ast, words)),
        Ast::Raw(text) => words.push(text),
        Ast::All | Ast::Prefix(_) | Ast::Fact(..) | Ast::Time { .. } | Ast::Not(_) => {}
    }
}

/// `None` if it is not over words.
fn spot(ast: &Ast, part: &TextFields) -> Option<Spot> {
    Some(match ast {
        Ast::Word(word) => Spot::Sequence { places: places(part, word), slop: 0 },
        Ast::Phrase { words, slop } => {
            Spot::Sequence { places: words.iter().flat_map(|word| places(part, word)).collect(), slop: *slop }
        }
        Ast::Prefix(start) => {
            let mut places = places(part, start);
            if let (Some(last), Some(token)) = (places.last_mut(), tokens::words(start).pop()) {
                *last = Place::Prefix(part.words, token.word.into_owned());
            }
            Spot::Sequence { places, slop: 0 }
        }
        Ast::Raw(text) => {
            let term = |word: &str| Place::Terms(vec![Term::from_field_text(part.written, word)]);
            let places = tokens::written(text).iter().map(|token| term(&token.word)).collect();
            Spot::Written { places, field: part.written }
        }
        Ast::Near { left, right, distance, ordered } => Spot::Near {
            left: Box::new(spot(left, part)?),
            right: Box::new(spot(right, part)?),
            distance: *distance,
            ordered: *ordered,
        },
        Ast::Or(any) => Spot::Any(any.iter().map(|ast| spot(ast, part)).collect::<Option<_>>()?),
        // The grammar lets nothing else stand beside NEAR.
        Ast::All | Ast::In(..) | Ast::Fact(..) | Ast::Time { .. } | Ast::And(_) | Ast::Not(_) => return None,
    })
}

/// A typed word may hold several (porte-parole): they follow one another.
fn places(part: &TextFields, typed: &str) -> Vec<Place> {
    tokens::words(typed).iter().map(|token| Place::Terms(word_terms(part, &token.word))).collect()
}

/// A word as it is, and by its stem in the documents of each language.
fn word_terms(part: &TextFields, folded: &str) -> Vec<Term> {
    let term = |form: Form, word: &str| Term::from_field_text(part.words, &form.term(word));
    let mut terms = vec![term(Form::Word, folded)];
    for stemmer in [Stemmer::English, Stemmer::French] {
        let stem = stemmer.stem(folded);
        terms.extend([term(Form::Both(stemmer), &stem), term(Form::Stem(stemmer), &stem)]);
    }
    terms
}

/// Any of them, which may be of several parts of a document.
fn any_spot(mut spots: Vec<Spot>) -> Box<dyn Query> {
    let is_word = |spot: &Spot| match spot {
        Spot::Sequence { places, .. } => matches!(places[..], [Place::Terms(_)]),
        _ => false,
    };
    if spots.iter().all(is_word) {
        let places = spots.into_iter().flat_map(|spot| match spot {
            Spot::Sequence { places, .. } => places,
            _ => Vec::new(),
        });
        let terms = places.flat_map(|place| match place {
            Place::Terms(terms) => terms,
            Place::Prefix(..) => Vec::new(),
        });
        return union(terms.map(basic).collect());
    }
    Box::new(Exact::Words(if spots.len() == 1 { spots.remove(0) } else { Spot::Any(spots) }))
}

fn union(mut any: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match any.len() {
        0 => Box::new(EmptyQuery),
        1 => any.remove(0),
        _ => Box::new(BooleanQuery::union(any)),
    }
}

fn term(field: Field, value: &str) -> Box<dyn Query> {
    basic(Term::from_field_text(field, value))
}

fn basic(term: Term) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

/// What is computed for a whole segment at once.
#[derive(Clone, Debug)]
enum Exact {
    Words(Spot),
    /// Instants as the index keeps them, half-open.
    Between {
        since: Option<i64>,
        until: Option<i64>,
    },
    /// Documents that have one of these ids in the two columns of its halves.
    Ids {
        field: Field,
        columns: [&'static str; 2],
        ids: Vec<u128>,
    },
}

impl Exact {
    fn documents(&self, segment: &SegmentReader) -> tantivy::Result<Documents> {
        match self {
            Exact::Words(spot) => Ok(Documents::Together(Box::new(positions::documents(spot, segment)?))),
            Exact::Between { since, until } => {
                let column = segment.fast_fields().i64(schema::column::AT)?;
                // Newest first: those at or after an instant come before the others.
                let first_before = |instant: &i64| {
                    partition_point(segment.max_doc(), |doc| column.first(doc) >= Some(*instant))
                };
                let next = until.as_ref().map_or(0, first_before);
                let end = since.as_ref().map_or(segment.max_doc(), first_before);
                Ok(Documents::Run { next, end })
            }
            Exact::Ids { field, columns, ids } => {
                let columns = IdColumns::open(segment, *columns)?;
                let inverted = segment.inverted_index(*field)?;
                let mut found = Vec::new();
                for &id in ids {
                    let term = schema::id_term(*field, id);
                    let postings = inverted.read_postings(&term, IndexRecordOption::Basic)?;
                    let Some(mut postings) = postings else { continue };
                    while postings.doc() != TERMINATED {
                        if columns.id(postings.doc()) == id {
                            found.push(postings.doc());
                        }
                        postings.advance();
                    }
                }
                found.sort_unstable_by(|a, b| b.cmp(a));
                Ok(Documents::Listed(found))
            }
        }
    }
}

/// The ids that documents have, from the columns of their halves.
pub struct IdColumns([Column<u64>; 2]);

impl IdColumns {
    pub fn open(segment: &SegmentReader, [high, low]: [&str; 2]) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        Ok(IdColumns([columns.u64(high)?, columns.u64(low)?]))
    }

    pub fn id(&self, doc: DocId) -> u128 {
        let [high, low] = [&self.0[0], &self.0[1]].map(|half| u128::from(half.first(doc).unwrap_or(0)));
        high << 64 | low
    }
}

/// The first of `0..end` for which it does not hold; it holds for all before.
fn partition_point(end: DocId, holds: impl Fn(DocId) -> bool) -> DocId {
    let (mut low, mut high) = (0, end);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

impl Query for Exact {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Exact {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(Box::new(ConstScorer::new(self.documents(segment)?, boost)))
    }

    fn explain(&self, segment: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        let mut documents = self.documents(segment)?;
        let found = documents.doc() <= doc && documents.seek(doc) == doc;
        Ok(Explanation::new("exact", if found { 1.0 } else { 0.0 }))
    }
}

/// Documents of a segment, ascending.
enum Documents {
    Together(Box<Together>),
    Run {
        next: DocId,
        end: DocId,
    },
    /// The next one last.
    Listed(Vec<DocId>),
}

impl DocSet for Documents {
    fn advance(&mut self) -> DocId {
        match self {
            Documents::Together(together) => return together.advance(),
            Documents::Run { next, end } => *next = (*end).min(*next + 1),
            Documents::Listed(docs) => {
                docs.pop();
            }
        }
        self.doc()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        match self {
            Documents::Together(together) => return together.seek(target),
            Documents::Run { next, end } => *next = (*next).max(target).min(*end),
            Documents::Listed(docs) => docs.truncate(docs.partition_point(|&doc| doc >= target)),
        }
        self.doc()
    }

    fn doc(&self) -> DocId {
        match self {
            Documents::Together(together) => together.doc(),
            Documents::Run { next, end } => {
                if next < end {
                    *next
                } else {
                    TERMINATED
                }
            }
            Documents::Listed(docs) => docs.last().copied().unwrap_or(TERMINATED),
        }
    }

    fn size_hint(&self) -> u32 {
        match self {
            Documents::Together(together) => together.size_hint(),
            Documents::Run { next, end } => end.saturating_sub(*next),
            Documents::Listed(docs) => docs.len() as u32,
        }
    }
}
