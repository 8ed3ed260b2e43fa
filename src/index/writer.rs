//! The one writer: changes in, commits that say how far they reach, and repair at start.

use std::path::Path;

use anyhow::Result;

use crate::model::Change;

/// The index, opened for writing.
pub struct Index {}

/// How the index was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// Whole; the changes above [`Index::rev`] are missing.
    Ready,
    /// Lost, damaged or of another store: a new one is being built beside, from rev 0 (or from where an
    /// earlier rebuild was interrupted: [`Index::rev`] says). `why` is a phrase for people.
    Rebuild { why: String },
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds the writer's lock.
    #[error("the index is being written by another process")]
    Busy,
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

impl Index {
    /// Opens the index in `dir` (made if missing) for the store that is `store_id` and stands at `store_rev`.
    ///
    /// Whatever is found wrong with what is there leads to a rebuild, but a lock that is held or a file that
    /// may not be read does not: those are errors, and nothing is touched.
    pub fn open(dir: &Path, store_id: &str, store_rev: u64) -> Result<(Index, Opened), OpenError> {
        let _ = (dir, store_id, store_rev);
        todo!()
    }

    /// The rev up to which the store's changes are in the last commit; 0 if none.
    pub fn rev(&self) -> u64 {
        todo!()
    }

    /// Takes changes in the order of their `rev`: each replaces or removes what was known of its mention.
    /// Nothing is searchable before [`Index::commit`].
    pub fn apply(&mut self, changes: &[(u64, Change)]) -> Result<()> {
        let _ = changes;
        todo!()
    }

    /// Makes what was applied durable and searchable, and notes that every change up to `rev` is in. A
    /// rebuild that has reached the store's rev is swapped in here.
    pub fn commit(&mut self, rev: u64) -> Result<()> {
        let _ = rev;
        todo!()
    }

    /// Lets go of the writer's memory and threads after the merges under way; the next `apply` takes them
    /// up again. Anything not committed is dropped.
    pub fn rest(&mut self) -> Result<()> {
        todo!()
    }
}
