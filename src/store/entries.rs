//! Entries: which one an item of a document is, and what it changes.

use anyhow::Result;

use super::{Outcome, Store};
use crate::model::{BrandId, MentionId, Timestamp};
use crate::prepare::Batch;

/// How a document was come by.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    Poll(Outcome),
    /// From the user's hand: back-fill, and says nothing of the source's health.
    Import,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Polled {
    pub at: Timestamp,
    pub origin: Origin,
}

/// What one document brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ingested {
    /// Entries in the document, those that name no brand included.
    pub read: usize,
    pub new_entries: usize,
    /// Entries that changed nothing.
    pub known: usize,
    /// Known entries with a text not seen before.
    pub revised: usize,
    pub new_mentions: Vec<(MentionId, BrandId)>,
    /// The source's first document, or an import: raises no alert.
    pub backfill: bool,
}

impl Store {
    /// Stores one document; see [`Store::ingest_all`].
    pub fn ingest(&mut self, batch: &Batch, polled: &Polled) -> Result<Ingested> {
        let _ = (batch, polled);
        todo!()
    }

    /// Stores whole documents in one transaction: entries, revisions, stories, mentions, counts, and the
    /// health of their sources. One answer per document, in order. Storing a document again changes nothing.
    pub fn ingest_all(&mut self, documents: &[(&Batch, &Polled)]) -> Result<Vec<Ingested>> {
        let _ = documents;
        todo!()
    }
}
