//! Tantivy: the mentions made searchable, derived from the store and rebuilt from it whenever in doubt.
//!
//! [`Index`] is the one writer: it takes the store's changes in the order of their `rev` and remembers
//! with each commit how far it got. [`Searcher`] is a reader over the last commit, for any process.
//! No text is stored, and no tokeniser or stemmer of Tantivy's is used: the words are those of
//! [`crate::text::tokens`], so that a search and [`crate::query::matches`] always agree.

mod collect;
mod compile;
mod positions;
mod repair;
mod schema;
mod search;
mod writer;

pub use collect::facet_of_time;
pub use search::{Facet, Fold, Hits, Options, Searcher, Sort};
pub use writer::{Index, OpenError, Opened};

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod testing;
