//! What a query means.

use jiff::Timestamp;

/// The meaning of a query. Words are kept as typed; they are folded and stemmed where they are used.
#[derive(Clone, Debug, PartialEq)]
pub enum Ast {
    /// Everything (an empty query, `*`).
    All,
    /// A word, equal under folding or by stem in the document's language.
    Word(String),
    /// Words that begin so, folded.
    Prefix(String),
    /// Words in this order with at most `slop` others between them in all.
    Phrase {
        words: Vec<String>,
        slop: u32,
    },
    /// As written, over tokens as written.
    Raw(String),
    /// Both sides within `distance` words of each other (adjacent words are at distance 1); sides are
    /// words, prefixes, phrases, raws or disjunctions of them.
    Near {
        left: Box<Ast>,
        right: Box<Ast>,
        distance: u32,
        ordered: bool,
    },
    /// `title:` or `text:` of something over words.
    In(Part, Box<Ast>),
    /// A fact about the mention, compared as a whole.
    Fact(Fact, String),
    /// Published (else observed) in `[since, until)`.
    Time {
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    },
    And(Vec<Ast>),
    Or(Vec<Ast>),
    Not(Box<Ast>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    Title,
    Text,
}

/// What `author:`, `site:` … speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// Folded; words of the author's name.
    Author,
    /// Host of the link, or a parent domain of it.
    Site,
    Source,
    /// A tag of the entry, the source or the user, folded.
    Tag,
    Language,
    Sentiment,
    Brand,
    Story,
    Status,
    Link,
}
