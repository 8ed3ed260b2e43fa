//! Where words stand in one part of a document: phrases, nearness, prefixes, tokens as written.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use super::ast::Ast;
use crate::text::tokens::{Stemmer, Token, words, written};

/// A title or a text, read as far as it was asked about.
pub(super) struct Place<'d> {
    pub text: &'d str,
    words: OnceCell<Vec<Token<'d>>>,
    /// By word.
    stems: OnceCell<Vec<OnceCell<String>>>,
    written: OnceCell<Vec<Token<'d>>>,
}

impl<'d> Place<'d> {
    pub fn new(text: &'d str) -> Self {
        let (words, stems, written) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { text, words, stems, written }
    }

    pub fn words(&self) -> &[Token<'d>] {
        self.words.get_or_init(|| words(self.text))
    }

    pub fn written(&self) -> &[Token<'d>] {
        self.written.get_or_init(|| written(self.text))
    }

    fn stem(&self, at: usize, stemmer: Stemmer) -> &str {
        let words = self.words();
        let stems = self.stems.get_or_init(|| vec![OnceCell::new(); words.len()]);
        stems[at].get_or_init(|| stemmer.stem(&words[at].word).into_owned())
    }
}

/// What is looked for within one part.
#[derive(Clone, Debug)]
pub(super) enum Spot {
    /// In this order, with at most `slop` other words between them in all; empty ones match nothing.
    Sequence {
        terms: Vec<Term>,
        slop: usize,
    },
    /// Consecutive tokens as written.
    Written(Vec<String>),
    Near {
        left: Box<Spot>,
        right: Box<Spot>,
        distance: usize,
        ordered: bool,
    },
    Any(Vec<Spot>),
}

#[derive(Clone, Debug)]
pub(super) enum Term {
    Word { word: String, english: String, french: String },
    Prefix(String),
}

/// One place where a spot holds.
pub(super) struct Hit {
    /// Positions of its first and last word in the part.
    first: usize,
    last: usize,
    /// Bytes of the words that made it, ordered.
    pub ranges: Vec<Range<usize>>,
}

impl Spot {
    /// `None` if `ast` is not over words.
    pub fn compile(ast: &Ast) -> Option<Self> {
        Some(match ast {
            Ast::Word(word) => Spot::Sequence { terms: terms(word), slop: 0 },
            Ast::Phrase { words, slop } => Spot::Sequence {
                terms: words.iter().flat_map(|word| terms(word)).collect(),
                slop: *slop as usize,
            },
            Ast::Prefix(prefix) => {
                let mut terms = terms(prefix);
                if let Some(last) = terms.last_mut()
                    && let Term::Word { word, .. } = last
                {
                    *last = Term::Prefix(std::mem::take(word));
                }
                Spot::Sequence { terms, slop: 0 }
            }
            Ast::Raw(text) => {
                Spot::Written(written(text).into_iter().map(|token| token.word.into_owned()).collect())
            }
            Ast::Near { left, right, distance, ordered } => Spot::Near {
                left: Box::new(Spot::compile(left)?),
                right: Box::new(Spot::compile(right)?),
                distance: *distance as usize,
                ordered: *ordered,
            },
            Ast::Or(parts) => Spot::Any(parts.iter().map(Spot::compile).collect::<Option<_>>()?),
            Ast::All | Ast::In(..) | Ast::Fact(..) | Ast::Time { .. } | Ast::And(_) | Ast::Not(_) => {
                return None;
            }
        })
    }

    /// Whether it holds anywhere. `stemmer` is asked for only where words differ.
    pub fn holds(&self, place: &Place<'_>, stemmer: &dyn Fn() -> Option<Stemmer>) -> bool {
        match self {
            Spot::Sequence { terms, .. } if terms.len() == 1 => {
                let all = || 0..place.words().len();
                let term = &terms[0];
                // Most words are found as they are; stems cost more.
                all().any(|at| term.equals(&place.words()[at].word))
                    || all().any(|at| term.inflects(place, at, stemmer))
            }
            Spot::Any(spots) => spots.iter().any(|spot| spot.holds(place, stemmer)),
            _ => !self.hits(place, stemmer).is_empty(),
        }
    }

    pub fn hits(&self, place: &Place<'_>, stemmer: &dyn Fn() -> Option<Stemmer>) -> Vec<Hit> {
        match self {
            Spot::Sequence { terms, slop } => sequences(terms, *slop, place, stemmer),
            Spot::Written(tokens) => as_written(tokens, place),
            Spot::Near { left, right, distance, ordered } => {
                near(left.hits(place, stemmer), right.hits(place, stemmer), *distance, *ordered)
            }
            Spot::Any(spots) => spots.iter().flat_map(|spot| spot.hits(place, stemmer)).collect(),
        }
    }
}

impl Term {
    fn holds(&self, place: &Place<'_>, at: usize, stemmer: &dyn Fn() -> Option<Stemmer>) -> bool {
        self.equals(&place.words()[at].word) || self.inflects(place, at, stemmer)
    }

    fn equals(&self, other: &str) -> bool {
        match self {
            Term::Word { word, .. } => word == other,
            Term::Prefix(prefix) => other.starts_with(prefix.as_str()),
        }
    }

    fn inflects(&self, place: &Place<'_>, at: usize, stemmer: &dyn Fn() -> Option<Stemmer>) -> bool {
        let Term::Word { word, english, french } = self else { return false };
        // Both stemmers leave the first letter alone.
        if place.words()[at].word.as_bytes().first() != word.as_bytes().first() {
            return false;
        }
        match stemmer() {
            None => false,
            Some(stemmer @ Stemmer::English) => place.stem(at, stemmer) == english,
            Some(stemmer @ Stemmer::French) => place.stem(at, stemmer) == french,
        }
    }
}

/// A word as typed may hold several (porte-parole): they follow one another.
fn terms(typed: &str) -> Vec<Term> {
    let term = |word: Cow<'_, str>| Term::Word {
        english: Stemmer::English.stem(&word).into_owned(),
        french: Stemmer::French.stem(&word).into_owned(),
        word: word.into_owned(),
    };
    words(typed).into_iter().map(|token| term(token.word)).collect()
}

/// Every start, with every end that can be reached from it.
fn sequences(
    terms: &[Term],
    slop: usize,
    place: &Place<'_>,
    stemmer: &dyn Fn() -> Option<Stemmer>,
) -> Vec<Hit> {
    let words = place.words();
    let holds = |term: &Term, at: usize| term.holds(place, at, stemmer);
    let range = |at: usize| words[at].start..words[at].end;
    let Some((first, rest)) = terms.split_first() else { return Vec::new() };
    let starts = (0..words.len()).filter(|&at| holds(first, at));
    let Some((last, middle)) = rest.split_last() else {
        return starts.map(|at| Hit { first: at, last: at, ranges: vec![range(at)] }).collect();
    };
    let mut hits = Vec::new();
    for start in starts {
        let end = (start + rest.len() + slop + 1).min(words.len());
        // The earliest place for each word in between leaves most room for the last.
        let mut taken = vec![start];
        for term in middle {
            let next = taken[taken.len() - 1] + 1;
            match (next..end).find(|&at| holds(term, at)) {
                Some(at) => taken.push(at),
                None => break,
            }
        }
        if taken.len() <= middle.len() {
            continue;
        }
        let next = taken[taken.len() - 1] + 1;
        for at in (next..end).filter(|&at| holds(last, at)) {
            let ranges = taken.iter().copied().chain([at]).map(range).collect();
            hits.push(Hit { first: start, last: at, ranges });
        }
    }
    hits
}

fn as_written(tokens: &[String], place: &Place<'_>) -> Vec<Hit> {
    if tokens.is_empty() {
        return Vec::new();
    }
    let words = place.words();
    let same = |window: &&[Token<'_>]| window.iter().zip(tokens).all(|(token, wanted)| token.word == *wanted);
    let hit = |window: &[Token<'_>]| {
        let range = window[0].start..window[window.len() - 1].end;
        // A cut elision (l') is no word: it stands where the next one does.
        let first = words.partition_point(|word| word.end <= range.start);
        let last = words.partition_point(|word| word.start < range.end).saturating_sub(1).max(first);
        Hit { first, last, ranges: vec![range] }
    };
    place.written().windows(tokens.len()).filter(same).map(hit).collect()
}

/// The hits of either side that have one of the other within reach, without overlap.
fn near(left: Vec<Hit>, right: Vec<Hit>, distance: usize, ordered: bool) -> Vec<Hit> {
    let sorted = |hits: &[Hit], position: fn(&Hit) -> usize| {
        let mut positions: Vec<usize> = hits.iter().map(position).collect();
        positions.sort_unstable();
        positions
    };
    let (left_starts, left_ends) = (sorted(&left, |hit| hit.first), sorted(&left, |hit| hit.last));
    let (right_starts, right_ends) = (sorted(&right, |hit| hit.first), sorted(&right, |hit| hit.last));
    let follows = |starts: &[usize], hit: &Hit| {
        let next = starts.partition_point(|&start| start <= hit.last);
        starts.get(next).is_some_and(|start| start - hit.last <= distance)
    };
    let precedes = |ends: &[usize], hit: &Hit| {
        let before = ends.partition_point(|&end| end < hit.first);
        before > 0 && hit.first - ends[before - 1] <= distance
    };
    let mut hits: Vec<Hit> = Vec::new();
    hits.extend(
        left.into_iter()
            .filter(|hit| follows(&right_starts, hit) || (!ordered && precedes(&right_ends, hit))),
    );
    hits.extend(
        right.into_iter().filter(|hit| precedes(&left_ends, hit) || (!ordered && follows(&left_starts, hit))),
    );
    hits
}
