//! The two engines together: the store takes documents in, the index follows.
//!
//! The store is the truth; the index is brought up to date from it by the same code after a poll, after a
//! crash and after the index was lost.

use std::path::{Path, PathBuf};

mod import;
pub mod inbox;
mod rematch;
mod rescore;
mod rows;
mod table;

use anyhow::{Context, Result};
use jiff::tz::TimeZone;

pub use import::{Imported, Line, import_lines, read_line};
pub use rematch::rematch_if_changed;
pub use rescore::{Rescored, rescore};
pub use table::each_row;

use crate::index::{Index, OpenError, Opened, Searcher};
use crate::store::{Lock, Reader, Store};

/// The index's folder within the data folder.
pub const INDEX_FOLDER: &str = "tantivy";

/// Changes read from the store at once.
const PAGE: usize = 500;

/// Changes after which a long catch-up is committed, so that a crash does not lose all of it, and what waits for
/// the commit does not fill the memory.
const COMMIT_EVERY: u64 = 50_000;

/// What the writer owns. While it lives, its data folder is locked against other writers.
pub struct Engines {
    pub store: Store,
    pub index: Index,
    folder: PathBuf,
    _lock: Lock,
}

impl Engines {
    /// Takes the lock of `data_dir`, opens both engines, makes them where they are missing, and brings the
    /// index up to date. What had to be repaired is logged.
    ///
    /// # Errors
    /// If another process holds the lock (with its pid), or an engine cannot be opened.
    pub fn open(data_dir: &Path, zone: &TimeZone) -> Result<Engines> {
        Self::open_with(Lock::take(data_dir)?, data_dir, zone)
    }

    /// [`Engines::open`], unless another process holds the lock.
    pub fn open_if_free(data_dir: &Path, zone: &TimeZone) -> Result<Option<Engines>> {
        let lock = Lock::take_if_free(data_dir)?;
        lock.map(|lock| Self::open_with(lock, data_dir, zone)).transpose()
    }

    fn open_with(lock: Lock, data_dir: &Path, zone: &TimeZone) -> Result<Engines> {
        let mut store = Store::open(data_dir)?;
        store.set_zone(zone)?;
        let folder = data_dir.join(INDEX_FOLDER);
        let index = open_index(&folder, &store)?;
        let mut engines = Engines { store, index, folder, _lock: lock };
        engines.keep_up();
        Ok(engines)
    }

    /// [`Engines::catch_up`], whose failure is loud but stops nothing: mentions are stored and rules judged
    /// without the index, and the next attempt goes on from its last commit.
    pub fn keep_up(&mut self) {
        if let Err(error) = self.catch_up() {
            tracing::error!("search lags behind what is stored: {error:#}");
        }
    }

    /// Indexes every change above the last commit. Returns how many there were.
    pub fn catch_up(&mut self) -> Result<u64> {
        let mut done = 0;
        let mut uncommitted = 0;
        let mut at = self.index.rev();
        loop {
            let changes = self.store.changes_since(at, PAGE)?;
            let Some((last, _)) = changes.last() else { break };
            at = *last;
            self.index.apply(&changes)?;
            done += changes.len() as u64;
            uncommitted += changes.len() as u64;
            if uncommitted >= COMMIT_EVERY {
                self.index.commit(at)?;
                uncommitted = 0;
            }
        }
        // A revision may pass without a change that is left (a mention changed twice): the commit notes it.
        let newest = self.store.rev()?;
        if uncommitted > 0 || newest > self.index.rev() {
            self.index.commit(newest)?;
        }
        Ok(done)
    }

    /// Builds the index anew from the store. Returns how many mentions it holds.
    pub fn reindex(mut self) -> Result<u64> {
        self.index.rest()?;
        drop(self.index);
        std::fs::remove_dir_all(&self.folder)
            .with_context(|| format!("{} could not be removed", self.folder.display()))?;
        self.index = open_index(&self.folder, &self.store)?;
        self.catch_up()?;
        self.store.mention_count()
    }
}

fn open_index(folder: &Path, store: &Store) -> Result<Index> {
    let (index, opened) = Index::open(folder, &store.id()?, store.rev()?).map_err(|error| match error {
        OpenError::Busy => anyhow::anyhow!("another process writes the index {}", folder.display()),
        OpenError::Other(error) => error.context("the index could not be opened"),
    })?;
    if let Opened::Rebuild { why } = opened {
        tracing::warn!("the index is built anew from the store: {why}");
    }
    Ok(index)
}

/// For a command that only reads: the index, caught up first if no other process writes, and how many changes
/// it is still behind (0 unless another process holds the lock). `None` while it is being built for the first
/// time.
pub fn searcher(data_dir: &Path, zone: &TimeZone) -> Result<(Option<Searcher>, u64)> {
    let folder = data_dir.join(INDEX_FOLDER);
    let rev = Reader::open(data_dir)?.rev()?;
    let searcher = Searcher::open(&folder)?;
    let behind = rev.saturating_sub(searcher.as_ref().map_or(0, Searcher::rev));
    if behind > 0 && Engines::open_if_free(data_dir, zone)?.is_some() {
        return Ok((Searcher::open(&folder)?, 0));
    }
    Ok((searcher, behind))
}
