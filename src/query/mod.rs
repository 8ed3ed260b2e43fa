//! The query language: one grammar and one meaning for brands, saved queries, rules and search.

mod ast;
mod eval;
mod field;
mod lint;
mod parser;
mod places;

pub use ast::{Ast, Fact, Part};
pub use eval::{Compiled, Document, Prepared, Spans, fact_key, matches, merged, spans};
pub use field::instant;
pub use lint::{Hint, lint};
pub use parser::{Context, Times, parse};

/// What `brand:` says of an entry that names none: no brand has this id.
pub const NO_BRAND: &str = "none";

/// A query as its author wrote it, and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub text: String,
    pub ast: Ast,
}

/// Where a query is wrong and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    pub message: String,
    /// Byte range in the query's text.
    pub start: usize,
    pub end: usize,
    pub help: Option<String>,
}
