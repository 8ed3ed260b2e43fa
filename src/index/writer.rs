//! The one writer: changes in, commits that say how far they reach, and repair at start.
//!
//! Beside the index's directory `tantivy` may stand `tantivy.new` (one being rebuilt, while the old one, if
//! it can be read, still answers), `tantivy.old` (the one just replaced, about to be removed) and
//! `tantivy.lock` (held by the process that writes).

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tantivy::indexer::IndexWriter;
use tantivy::{TantivyDocument, Term};

use super::repair::{self, Found, Payload};
use super::schema::{self, Fields};
use crate::model::{Change, MentionId};

/// What the writer may use before it writes a segment out.
const HEAP_BYTES: usize = 50_000_000;

/// The index, opened for writing.
pub struct Index {
    /// Where readers find it.
    dir: PathBuf,
    /// Where it is written: `dir`, or beside it during a rebuild.
    place: PathBuf,
    /// The rev at which a rebuild takes the old one's place; `None` outside a rebuild.
    goal: Option<u64>,
    store_id: String,
    rev: u64,
    index: tantivy::Index,
    fields: Fields,
    /// `None` at rest.
    writer: Option<IndexWriter>,
    /// Something was applied that no commit holds yet.
    dirty: bool,
    _lock: File,
}

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
        let lock = lock(dir)?;
        let missing = !dir.exists();
        let beside = sibling(dir, "new");
        let (place, index, rev, opened) = match repair::inspect(dir, store_id, store_rev)? {
            Found::Whole { index, rev } => {
                remove(&beside)?;
                (dir.to_owned(), index, rev, Opened::Ready)
            }
            Found::Broken { why } => {
                let (index, rev) = match repair::inspect(&beside, store_id, store_rev)? {
                    Found::Whole { index, rev } => (index, rev),
                    Found::Broken { .. } => (fresh(&beside)?, 0),
                };
                let nothing_lost = missing && store_rev == 0;
                (beside, index, rev, if nothing_lost { Opened::Ready } else { Opened::Rebuild { why } })
            }
        };
        remove(&sibling(dir, "old"))?;
        let mut this = Index {
            dir: dir.to_owned(),
            goal: (place != dir).then_some(store_rev),
            place,
            store_id: store_id.to_owned(),
            rev,
            index,
            fields: schema::schema().1,
            writer: None,
            dirty: false,
            _lock: lock,
        };
        this.swap_if_caught_up()?;
        Ok((this, opened))
    }

    /// The rev up to which the store's changes are in the last commit; 0 if none.
    pub fn rev(&self) -> u64 {
        self.rev
    }

    /// Takes changes in the order of their rev: each replaces or removes what was known of its mention.
    /// Nothing is searchable before [`Index::commit`]. After an error, here or there, the index is as at its
    /// last commit: go on from [`Index::rev`].
    pub fn apply(&mut self, changes: &[(u64, Change)]) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        self.dirty = true;
        let applied = self.try_apply(changes).context("the text index cannot be written");
        self.keep_or_drop(applied)
    }

    /// Makes what was applied durable and searchable, and notes that every change up to `rev` is in. A
    /// rebuild that has reached the store's rev is swapped in here.
    pub fn commit(&mut self, rev: u64) -> Result<()> {
        if self.dirty || rev != self.rev {
            let committed = self.try_commit(rev).context("the text index cannot be committed");
            self.keep_or_drop(committed)?;
            self.rev = rev;
            self.dirty = false;
        }
        self.swap_if_caught_up()
    }

    /// Lets go of the writer's memory and threads after the merges under way; the next `apply` takes them
    /// up again. Anything not committed is dropped.
    pub fn rest(&mut self) -> Result<()> {
        self.dirty = false;
        if let Some(mut writer) = self.writer.take() {
            writer.rollback()?;
            writer.wait_merging_threads()?;
        }
        Ok(())
    }

    fn try_apply(&mut self, changes: &[(u64, Change)]) -> Result<()> {
        let fields = self.fields;
        let writer = self.writer()?;
        for (_, change) in changes {
            match change {
                Change::Put(mention) => {
                    writer.delete_term(id_term(&fields, &mention.id));
                    writer.add_document(schema::document(&fields, mention))?;
                }
                Change::Gone(id) => {
                    writer.delete_term(id_term(&fields, id));
                }
            }
        }
        Ok(())
    }

    fn try_commit(&mut self, rev: u64) -> Result<()> {
        let payload = Payload { store_id: &self.store_id, rev }.to_string();
        let mut prepared = self.writer()?.prepare_commit()?;
        prepared.set_payload(&payload);
        prepared.commit()?;
        Ok(())
    }

    fn writer(&mut self) -> Result<&mut IndexWriter> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.index.writer_with_num_threads::<TantivyDocument>(1, HEAP_BYTES)?,
        };
        Ok(self.writer.insert(writer))
    }

    /// After a failure the writer's queue is unknown: it is dropped, back to the last commit.
    fn keep_or_drop(&mut self, done: Result<()>) -> Result<()> {
        if done.is_err() {
            self.writer = None;
            self.dirty = false;
        }
        done
    }

    /// Each step leaves something that [`Index::open`] understands: with the old one aside and the new one
    /// not yet in its place, the next start finds the new one whole beside and swaps it in.
    fn swap_if_caught_up(&mut self) -> Result<()> {
        if self.goal.is_none_or(|goal| self.rev < goal) {
            return Ok(());
        }
        self.rest()?;
        let old = sibling(&self.dir, "old");
        if self.dir.exists() {
            fs::rename(&self.dir, &old).with_context(|| format!("{} cannot be moved", self.dir.display()))?;
        }
        fs::rename(&self.place, &self.dir)
            .with_context(|| format!("{} cannot be moved", self.place.display()))?;
        if let Some(parent) = self.dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            File::open(parent)?.sync_all()?;
        }
        remove(&old)?;
        self.index = repair::open(&self.dir)?;
        self.place.clone_from(&self.dir);
        self.goal = None;
        Ok(())
    }
}

fn id_term(fields: &Fields, id: &MentionId) -> Term {
    Term::from_field_text(fields.mention, id.as_str())
}

/// An empty index with a commit, so that it can be read at once.
fn fresh(place: &Path) -> Result<tantivy::Index> {
    remove(place)?;
    fs::create_dir_all(place).with_context(|| format!("{} cannot be made", place.display()))?;
    let index = schema::builder().create_in_dir(place)?;
    Ok(index)
}

fn lock(dir: &Path) -> Result<File, OpenError> {
    let path = sibling(dir, "lock");
    let open = || -> Result<File> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        Ok(File::options().create(true).truncate(false).write(true).open(&path)?)
    };
    let file = open().with_context(|| format!("{} cannot be opened", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Busy),
        Err(TryLockError::Error(error)) => {
            Err(anyhow::Error::new(error).context(format!("{} cannot be locked", path.display())).into())
        }
    }
}

fn sibling(dir: &Path, extension: &str) -> PathBuf {
    let mut name = dir.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(extension);
    dir.with_file_name(name)
}

/// Removes a directory or file and all in it; nothing there is fine.
fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", path.display()))
        }
        _ => Ok(()),
    }
}
