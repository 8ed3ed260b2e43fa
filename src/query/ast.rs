//! What a query means.

use std::fmt;

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

impl Fact {
    /// The name of the field in a query.
    pub fn as_str(self) -> &'static str {
        match self {
            Fact::Author => "author",
            Fact::Site => "site",
            Fact::Source => "source",
            Fact::Tag => "tag",
            Fact::Language => "lang",
            Fact::Sentiment => "sentiment",
            Fact::Brand => "brand",
            Fact::Story => "story",
            Fact::Status => "status",
            Fact::Link => "link",
        }
    }
}

impl Part {
    /// The name of the field in a query.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Title => "title",
            Part::Text => "text",
        }
    }
}

impl Ast {
    /// The values that a fact is compared with, wherever they stand.
    pub fn values_of(&self, fact: Fact) -> Vec<&str> {
        match self {
            Ast::Fact(asked, value) if *asked == fact => vec![value],
            Ast::And(parts) | Ast::Or(parts) => parts.iter().flat_map(|part| part.values_of(fact)).collect(),
            Ast::Not(inner) | Ast::In(_, inner) => inner.values_of(fact),
            Ast::Near { left, right, .. } => [left.values_of(fact), right.values_of(fact)].concat(),
            _ => Vec::new(),
        }
    }
}

/// The query language again: what is printed parses to the same meaning.
impl fmt::Display for Ast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ast::All => f.write_str("*"),
            Ast::Word(word) if matches!(word.as_str(), "AND" | "OR" | "NOT" | "NEAR") => {
                write!(f, "\"{word}\"")
            }
            Ast::Word(word) => f.write_str(word),
            Ast::Prefix(prefix) => write!(f, "{prefix}*"),
            Ast::Phrase { words, slop: 0 } => write!(f, "\"{}\"", words.join(" ")),
            Ast::Phrase { words, slop } => write!(f, "\"{}\"~{slop}", words.join(" ")),
            Ast::Raw(raw) => write!(f, "raw:{}", Quoted(raw)),
            Ast::Near { left, right, distance, ordered } => {
                let order = if *ordered { "f" } else { "" };
                write!(f, "{} NEAR/{distance}{order} {}", Operand(left), Operand(right))
            }
            Ast::In(part, inner) => write!(f, "{}:{}", part.as_str(), Operand(inner)),
            Ast::Fact(fact, value) => write!(f, "{}:{}", fact.as_str(), Quoted(value)),
            Ast::Time { since: Some(since), until: Some(until) } => write!(f, "date:{since}/{until}"),
            Ast::Time { since: Some(since), until: None } => write!(f, "since:{since}"),
            Ast::Time { since: None, until: Some(until) } => write!(f, "until:{until}"),
            Ast::Time { since: None, until: None } => f.write_str("*"),
            Ast::And(parts) => join(f, parts, " "),
            Ast::Or(parts) => join(f, parts, " OR "),
            Ast::Not(inner) => write!(f, "NOT {}", Operand(inner)),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, parts: &[Ast], operator: &str) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        let before = if at == 0 { "" } else { operator };
        match part {
            // These bind more tightly than the operators that are joined here.
            Ast::Near { .. } | Ast::Not(_) => write!(f, "{before}{part}")?,
            _ => write!(f, "{before}{}", Operand(part))?,
        }
    }
    Ok(())
}

/// In parentheses unless it is one term.
struct Operand<'a>(&'a Ast);

impl fmt::Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ast::And(_) | Ast::Or(_) | Ast::Not(_) | Ast::Near { .. } => write!(f, "({})", self.0),
            term => write!(f, "{term}"),
        }
    }
}

struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !self.0.is_empty() && self.0.chars().all(plain) {
            return f.write_str(self.0);
        }
        write!(f, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}
