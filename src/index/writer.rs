//! The one writer: changes in, commits that say how far they reach, and repair at start.
//!
//! Beside the index's directory `tantivy` may stand `tantivy.new` (one being rebuilt, while the old one, if
//! it can be read, still answers), `tantivy.old` (the one just replaced, about to be removed) and
//! `tantivy.lock` (held by the process that writes).

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tantivy::TantivyDocument;
use tantivy::indexer::IndexWriter;

use super::compile;
use super::repair::{self, Found, Payload};
use super::schema::{self, Fields};
use crate::model::{Change, MentionId};

/// What the writer may use before it writes a segment out.
const HEAP_BYTES: usize = 100_000_000;

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
        let missing = !repair::exists(dir)?;
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
        let dirty = std::mem::take(&mut self.dirty);
        match self.writer.take() {
            Some(writer) if !dirty => Ok(writer.wait_merging_threads()?),
            // Dropped, it forgets what was not committed.
            _ => Ok(()),
        }
    }

    fn try_apply(&mut self, changes: &[(u64, Change)]) -> Result<()> {
        let fields = self.fields;
        let writer = self.writer()?;
        for changes in without_repetition(changes) {
            // One deletion of many: each is held in the memory until the commit, and asked of every segment.
            let known = changes.iter().filter(|(_, change)| !matches!(change, Change::New(_)));
            let ids: Vec<u128> = known.filter_map(|(_, change)| schema::mention_number(id(change))).collect();
            if !ids.is_empty() {
                writer.delete_query(compile::mentions(&fields, ids))?;
            }
            for (_, change) in changes {
                if let Change::New(mention) | Change::Put(mention) = change {
                    writer.add_document(schema::document(&fields, mention))?;
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
            None => {
                let writer = self.index.writer_with_num_threads::<TantivyDocument>(1, HEAP_BYTES)?;
                // A commit cut short leaves files of the same names that its repetition would write.
                writer.garbage_collect_files().wait()?;
                // Its first number is that of the last commit, up to which segments that were changed by it count
                // as done: a deletion of that number would be passed over in them when they are merged, and what
                // it replaces found twice. Nothing is asked under it.
                writer.run(std::iter::empty())?;
                writer
            }
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
        if repair::exists(&self.dir)? {
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

/// The longest runs of changes, in their order, in which none is of the same mention as another.
fn without_repetition(changes: &[(u64, Change)]) -> impl Iterator<Item = &[(u64, Change)]> {
    let mut rest = changes;
    std::iter::from_fn(move || {
        let mut seen = HashSet::new();
        let length = rest.iter().take_while(|(_, change)| seen.insert(id(change))).count();
        let (run, after) = rest.split_at(length);
        rest = after;
        (length > 0).then_some(run)
    })
}

fn id(change: &Change) -> &MentionId {
    match change {
        Change::New(mention) | Change::Put(mention) => &mention.id,
        Change::Gone(id) => id,
    }
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

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use tantivy::merge_policy::NoMergePolicy;

    use super::super::Searcher;
    use super::super::testing::{mention, put};
    use super::*;

    fn numbered(range: std::ops::RangeInclusive<u64>) -> Vec<(u64, Change)> {
        range.map(|n| put(n, mention(n, &format!("Outage {n}"), "acme is down"))).collect()
    }

    /// An index with mentions 1 to 6, in two segments, of which 2 is gone.
    fn filled(dir: &Path) {
        let (mut index, opened) = Index::open(dir, "store", 0).unwrap();
        assert_eq!(opened, Opened::Ready);
        index.apply(&numbered(1..=3)).unwrap();
        index.commit(3).unwrap();
        index.apply(&numbered(4..=6)).unwrap();
        index.apply(&[(7, Change::Gone(mention(2, "", "").id))]).unwrap();
        index.commit(7).unwrap();
        index.rest().unwrap();
    }

    fn ids(dir: &Path) -> String {
        let ids = Searcher::open(dir).unwrap().expect("an index").all_ids().unwrap();
        let numbers = ids.iter().map(|id| id.as_str().trim_start_matches("m_").trim_start_matches('0'));
        numbers.collect::<Vec<_>>().join(" ")
    }

    fn rebuild(opened: Opened) -> String {
        match opened {
            Opened::Rebuild { why } => why,
            Opened::Ready => panic!("found whole"),
        }
    }

    #[test]
    fn a_change_replaces_or_removes_and_a_commit_says_how_far() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("tantivy");
        filled(&dir);
        assert_eq!(ids(&dir), "1 3 4 5 6");
        let (mut index, opened) = Index::open(&dir, "store", 9).unwrap();
        assert_eq!((opened, index.rev()), (Opened::Ready, 7));

        index.apply(&[put(8, mention(3, "Again", "")), put(9, mention(3, "And again", ""))]).unwrap();
        assert_eq!((ids(&dir).as_str(), index.rev()), ("1 3 4 5 6", 7), "nothing before the commit");
        index.rest().unwrap();
        index.commit(9).unwrap();
        assert_eq!(ids(&dir), "1 3 4 5 6", "rest drops what was not committed");
        index.apply(&[put(9, mention(3, "And again", "")), put(10, mention(7, "", ""))]).unwrap();
        index.commit(10).unwrap();
        assert_eq!((ids(&dir).as_str(), index.rev()), ("1 3 4 5 6 7", 10));
        assert_eq!(Searcher::open(&dir).unwrap().unwrap().rev(), 10);
    }

    #[test]
    fn the_first_change_after_a_start_is_made_in_segments_that_a_stop_left_unmerged() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("tantivy");
        let (mut index, _) = Index::open(&dir, "store", 0).unwrap();
        index.writer().unwrap().set_merge_policy(Box::new(NoMergePolicy));
        // Enough segments to be merged, a large one first; the last commit deletes in one of the small.
        index.apply(&numbered(1..=10)).unwrap();
        index.commit(10).unwrap();
        for first in (11..41).step_by(3) {
            index.apply(&numbered(first..=first + 2)).unwrap();
            index.commit(first + 2).unwrap();
        }
        index.apply(&[put(41, mention(11, "Again", ""))]).unwrap();
        index.commit(41).unwrap();
        drop(index);

        let (mut index, _) = Index::open(&dir, "store", 41).unwrap();
        index.apply(&[put(42, mention(12, "Again", ""))]).unwrap();
        index.commit(42).unwrap();
        index.rest().unwrap();
        let segments = index.index.searchable_segment_metas().unwrap().len();
        assert!(segments < 8, "{segments} segments: nothing was merged");
        let found = Searcher::open(&dir).unwrap().unwrap().all_ids().unwrap();
        let expected: Vec<_> = (1..=40).map(|n| mention(n, "", "").id).collect();
        assert_eq!(found, expected, "each once");
    }

    #[test]
    fn another_store_and_one_behind_lead_to_a_rebuild() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("tantivy");
        filled(&dir);
        for (store, rev, expected) in
            [("other", 7, "it belongs to another store"), ("store", 6, "it is ahead of the store")]
        {
            let (index, opened) = Index::open(&dir, store, rev).unwrap();
            assert_eq!((rebuild(opened).as_str(), index.rev()), (expected, 0));
        }
    }

    #[test]
    fn a_rebuild_stands_beside_until_it_has_caught_up_and_survives_interruption() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("tantivy");
        filled(&dir);
        let (mut index, opened) = Index::open(&dir, "new", 5).unwrap();
        rebuild(opened);
        index.apply(&numbered(1..=2)).unwrap();
        index.commit(2).unwrap();
        assert_eq!(ids(&dir), "1 3 4 5 6", "the old one answers");
        drop(index);

        let (mut index, opened) = Index::open(&dir, "new", 5).unwrap();
        rebuild(opened);
        assert_eq!(index.rev(), 2, "it goes on where it was");
        index.apply(&numbered(3..=3)).unwrap();
        index.commit(5).unwrap();
        assert_eq!(ids(&dir), "1 2 3", "swapped");
        index.apply(&numbered(6..=6)).unwrap();
        index.commit(6).unwrap();
        assert_eq!(ids(&dir), "1 2 3 6", "and written on");
        drop(index);
        let left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left.len(), 2, "{left:?}: the index and its lock");

        // Killed between the two renames.
        fs::rename(&dir, sibling(&dir, "new")).unwrap();
        let (index, _) = Index::open(&dir, "new", 6).unwrap();
        assert_eq!((ids(&dir).as_str(), index.rev()), ("1 2 3 6", 6));
    }

    #[test]
    fn only_one_writes() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("tantivy");
        filled(&dir);
        let (index, _) = Index::open(&dir, "store", 7).unwrap();
        assert!(matches!(Index::open(&dir, "store", 7), Err(OpenError::Busy)));
        assert_eq!(ids(&dir), "1 3 4 5 6", "readers do not mind");
        drop(index);
        assert!(Index::open(&dir, "store", 7).is_ok());
    }

    /// Harms the file and opens: the phrase that says why it is rebuilt, `None` if it was found whole.
    #[track_caller]
    fn opened_after(harm: impl Fn(&Path)) -> Option<String> {
        static WHOLE: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
            let home = tempfile::tempdir().unwrap();
            filled(&home.path().join("tantivy"));
            home
        });
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("tantivy");
        fs::create_dir(&dir).unwrap();
        for entry in fs::read_dir(WHOLE.path().join("tantivy")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), dir.join(entry.file_name())).unwrap();
        }
        harm(&dir);
        let (mut index, opened) = Index::open(&dir, "store", 7).unwrap();
        let why = match opened {
            Opened::Ready => return None,
            Opened::Rebuild { why } => why,
        };
        index.apply(&numbered(1..=7)).unwrap();
        index.commit(7).unwrap();
        assert_eq!(ids(&dir), "1 2 3 4 5 6 7");
        Some(why)
    }

    fn with_extension(dir: &Path, extension: &str) -> Vec<PathBuf> {
        let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        let found: Vec<_> = files.filter(|path| path.to_string_lossy().ends_with(extension)).collect();
        assert!(!found.is_empty(), "no {extension}");
        found
    }

    #[test]
    fn damage_of_any_file_is_found_at_start() {
        type Harm = fn(&mut Vec<u8>);
        let harms: [(&str, Harm); 4] = [
            ("cut", |bytes| bytes.truncate(bytes.len() / 2)),
            ("emptied", Vec::clear),
            ("zeroed", |bytes| bytes.fill(0)),
            ("flipped", |bytes| {
                let middle = bytes.len() / 3;
                bytes[middle] ^= 1;
            }),
        ];
        for file in
            ["meta.json", ".managed.json", ".store", ".term", ".idx", ".pos", ".fast", ".fieldnorm", ".del"]
        {
            for (name, harm) in harms {
                let why = opened_after(|dir| {
                    let path = &with_extension(dir, file)[0];
                    let mut bytes = fs::read(path).unwrap();
                    harm(&mut bytes);
                    fs::write(path, bytes).unwrap();
                });
                assert!(why.is_some(), "{file} {name}");
            }
            let why = opened_after(|dir| fs::remove_file(&with_extension(dir, file)[0]).unwrap());
            assert!(why.is_some(), "{file} missing");
        }
    }

    #[test]
    fn a_flipped_digit_of_meta_json_is_found() {
        for (number, expected) in
            [("store:7:7", "its last commit is unreadable"), ("\"max_doc\":3", "damaged")]
        {
            let why = opened_after(|dir| {
                let path = dir.join("meta.json");
                let text = fs::read_to_string(&path).unwrap().replace(": ", ":");
                assert!(text.contains(number), "{text}");
                let flipped = number.replacen(['7', '3'], "5", 1);
                fs::write(&path, text.replacen(number, &flipped, 1)).unwrap();
            });
            assert!(why.as_ref().is_some_and(|why| why.contains(expected)), "{number}: {why:?}");
        }
    }

    #[test]
    fn what_a_kill_leaves_is_no_damage() {
        let stray = |dir: &Path| {
            for extension in ["store", "idx", "term"] {
                fs::write(dir.join(format!("0123456789abcdef0123456789abcdef.{extension}")), "").unwrap();
            }
            fs::write(dir.join(".tantivy-writer.lock"), "").unwrap();
        };
        assert_eq!(opened_after(stray), None);
    }

    #[test]
    fn a_lost_directory_and_another_format_are_rebuilt() {
        let why = opened_after(|dir| fs::remove_dir_all(dir).unwrap());
        assert_eq!(why.as_deref(), Some("it is missing"));
        let why = opened_after(|dir| {
            let path = dir.join("meta.json");
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, text.replacen("\"format_", "\"format_of_old_", 1)).unwrap();
        });
        assert_eq!(why.as_deref(), Some("it was written by another version"));
    }
}
