//! SQLite: the truth.
//!
//! [`Store`] is the one write connection of a process, [`Reader`] a read-only one; both answer the same
//! questions, since a store dereferences to a reader. Everything else of vigie that is on disk can be made
//! again from here.
//!
//! Times are kept in whole seconds of Unix time (those of alerts as text, whole). Entries and mentions have
//! small integers inside and hashes as ids outside. Every change of a mention raises [`Reader::rev`], by
//! which derived copies catch up.

mod alerts;
mod entries;
mod lock;
mod mentions;
mod migrations;
mod rollups;
mod series;
mod sources;
mod stories;

use std::path::Path;

use anyhow::Result;
use rusqlite::Connection;

pub use alerts::{AlertFilter, Delivery, Notice, QueuedNotice};
pub use lock::Lock;
pub use entries::{Ingested, Origin, Polled};
pub use mentions::KeptEntry;
pub use rollups::Touched;
pub use series::{RollupRow, Scope, Totals};
pub use sources::Outcome;

/// A connection that only reads.
pub struct Reader {
    db: Connection,
}

/// The one connection that writes.
pub struct Store {
    reader: Reader,
}

impl Reader {
    /// Opens `data_dir/mentions.db` for reading. An error if there is none, or if it is of another version.
    pub fn open(data_dir: &Path) -> Result<Self> {
        let _ = (data_dir, |r: &Reader| r.db.path().is_some());
        todo!()
    }

    /// Made once, at random, when the store was made; never changes.
    pub fn id(&self) -> Result<String> {
        todo!()
    }

    /// A note kept under a name.
    pub fn meta(&self, key: &str) -> Result<Option<String>> {
        let _ = key;
        todo!()
    }

    /// The number of the latest change.
    pub fn rev(&self) -> Result<u64> {
        todo!()
    }
}

impl Store {
    /// Opens `data_dir/mentions.db`, making both where they are missing and bringing an older one up to
    /// date. One written by a newer vigie is an error and is left as it is.
    pub fn open(data_dir: &Path) -> Result<Self> {
        let _ = data_dir;
        todo!()
    }

    pub fn set_meta(&mut self, key: &str, value: &str) -> Result<()> {
        let _ = (key, value);
        todo!()
    }
}

impl std::ops::Deref for Store {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}
