//! Sources: when each is due, how it is doing, and when it could not be heard.

use anyhow::Result;

use super::{Reader, Store};
use crate::model::{Gap, Health, HealthState, Source, SourceId, Timestamp, Validators};

/// What a poll changed in a source's health and schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// [`HealthState::Ok`] for a document that was read and for "not modified"; anything else is a failure.
    pub state: HealthState,
    pub validators: Validators,
    pub note: Option<String>,
    /// `None`: at once; for a source that is gone: never.
    pub next_poll: Option<Timestamp>,
}

impl Reader {
    /// Enabled sources whose time has come: those never polled first, then the longest overdue.
    pub fn due_sources(&self, now: Timestamp, limit: usize) -> Result<Vec<SourceId>> {
        let _ = (now, limit);
        todo!()
    }

    /// When the next source is due; the epoch when one is due at once, `None` when none ever is.
    pub fn next_due(&self) -> Result<Option<Timestamp>> {
        todo!()
    }

    /// Of every configured source, in the order of their ids.
    pub fn health(&self) -> Result<Vec<Health>> {
        todo!()
    }

    pub fn health_of(&self, source: &SourceId) -> Result<Option<Health>> {
        let _ = source;
        todo!()
    }

    /// The times in which sources could not be heard, that touch `[since, until)`, oldest first.
    pub fn gaps(&self, since: Timestamp, until: Timestamp) -> Result<Vec<Gap>> {
        let _ = (since, until);
        todo!()
    }
}

impl Store {
    /// Takes over the configured sources: new ones are due at once, those no longer configured are not
    /// polled again, one whose address changed starts anew.
    pub fn sync_sources(&mut self, sources: &[Source]) -> Result<()> {
        let _ = sources;
        todo!()
    }

    /// Records a poll that brought no document: not modified, or failed.
    pub fn record_poll(&mut self, source: &SourceId, at: Timestamp, outcome: &Outcome) -> Result<()> {
        let _ = (source, at, outcome);
        todo!()
    }

    /// Compares `hash`, of all brands and queries, with that of the last call. If it differs, every source
    /// forgets what its server gave it to recognise the document by and is due, once. Whether it differed.
    pub fn note_listening(&mut self, hash: &str) -> Result<bool> {
        let _ = hash;
        todo!()
    }
}
