//! A query over one document in memory; agrees with the index on every query and document.

use jiff::Timestamp;

use super::Ast;
use crate::text::Span;

/// What a query can ask about. Unknown facts are `None` or empty and match nothing.
#[derive(Clone, Debug, Default)]
pub struct Document<'a> {
    pub title: &'a str,
    pub text: &'a str,
    pub author: Option<&'a str>,
    pub link: Option<&'a str>,
    pub source: &'a str,
    pub tags: &'a [String],
    /// ISO 639-1 code.
    pub language: Option<&'a str>,
    pub sentiment: Option<&'a str>,
    pub brand: Option<&'a str>,
    pub story: Option<&'a str>,
    pub status: Option<&'a str>,
    pub at: Option<Timestamp>,
}

/// Where a query's words stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    pub title: Vec<Span>,
    pub text: Vec<Span>,
}

pub fn matches(ast: &Ast, document: &Document<'_>) -> bool {
    let _ = (ast, document);
    todo!()
}

/// The words that made it match (negated parts excluded), in order, not overlapping.
pub fn spans(ast: &Ast, document: &Document<'_>) -> Spans {
    let _ = (ast, document);
    todo!()
}
