//! Whether an index on disk is whole and belongs to the store.
//!
//! Tantivy opens an index with a cut document store, an empty dictionary or a missing file without a word
//! and would commit on top of it; so every file of every segment is read and its checksum compared.
//! `meta.json` has no checksum: what it says is held against the segments, and the commit's payload, which
//! is all that matters to us in it, says its rev twice.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tantivy::directory::error::{OpenDirectoryError, OpenReadError};
use tantivy::index::SegmentComponent;
use tantivy::{ReloadPolicy, TantivyError};

use super::schema;

/// What a look at a directory found.
pub enum Found {
    Whole {
        index: tantivy::Index,
        rev: u64,
    },
    /// Lost, damaged, of another store or of another format.
    Broken {
        why: String,
    },
}

/// What a commit says of itself: `store_id:rev:rev`.
#[derive(Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    pub store_id: &'a str,
    /// Every change of the store up to it is in.
    pub rev: u64,
}

/// Looks at the index in `place` with the eyes of a store. An error is one of the moment (a lock, a
/// permission, the disk), which says nothing about the index.
pub fn inspect(place: &Path, store_id: &str, store_rev: u64) -> Result<Found> {
    let broken = |why: &str| Ok(Found::Broken { why: why.to_owned() });
    if !exists(place)? {
        return broken("it is missing");
    }
    let (index, payload) = match whole(place) {
        Ok(found) => found,
        Err(Trouble::Damage(why)) => return Ok(Found::Broken { why }),
        Err(Trouble::Moment(error)) => {
            return Err(error)
                .with_context(|| format!("the text index in {} cannot be read", place.display()));
        }
    };
    match payload.as_deref().map(Payload::read) {
        // A first commit never came; nothing was indexed.
        None => Ok(Found::Whole { index, rev: 0 }),
        Some(None) => broken("its last commit is unreadable"),
        Some(Some(payload)) if payload.store_id != store_id => broken("it belongs to another store"),
        Some(Some(payload)) if payload.rev > store_rev => broken("it is ahead of the store"),
        Some(Some(payload)) => Ok(Found::Whole { rev: payload.rev, index }),
    }
}

/// Whether there is anything; an error where that cannot be told.
pub fn exists(place: &Path) -> Result<bool> {
    place.try_exists().with_context(|| format!("{} cannot be read", place.display()))
}

/// Opens an index to read or write it, unchecked.
pub fn open(place: &Path) -> Result<tantivy::Index, TantivyError> {
    let mut index = tantivy::Index::open_in_dir(place)?;
    index.set_tokenizers(schema::tokenizers());
    Ok(index)
}

impl<'a> Payload<'a> {
    pub fn read(text: &'a str) -> Option<Self> {
        let (rest, again) = text.rsplit_once(':')?;
        let (store_id, rev) = rest.rsplit_once(':')?;
        let rev = (rev == again).then(|| rev.parse().ok())??;
        Some(Payload { store_id, rev })
    }
}

impl fmt::Display for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.store_id, self.rev, self.rev)
    }
}

/// What may be wrong when an index is opened.
pub enum Trouble {
    /// What is on disk is wrong; in words for people.
    Damage(String),
    /// What is on disk may be right.
    Moment(anyhow::Error),
}

impl From<TantivyError> for Trouble {
    fn from(error: TantivyError) -> Self {
        let of_the_moment = match &error {
            TantivyError::LockFailure(..) | TantivyError::SystemError(_) => true,
            TantivyError::IoError(io) => is_of_the_moment(io),
            TantivyError::OpenReadError(OpenReadError::IoError { io_error, .. }) => {
                is_of_the_moment(io_error)
            }
            TantivyError::OpenDirectoryError(OpenDirectoryError::IoError { io_error, .. }) => {
                is_of_the_moment(io_error)
            }
            _ => false,
        };
        if of_the_moment {
            Trouble::Moment(error.into())
        } else {
            Trouble::Damage(match error {
                TantivyError::IncompatibleIndex(_) => "it was written by another version".to_owned(),
                _ => "it is damaged".to_owned(),
            })
        }
    }
}

/// The operating system refused, for any reason but that the file is not there.
fn is_of_the_moment(error: &io::Error) -> bool {
    error.raw_os_error().is_some() && error.kind() != io::ErrorKind::NotFound
}

fn whole(place: &Path) -> Result<(tantivy::Index, Option<String>), Trouble> {
    let index = open(place)?;
    let (schema, settings) = (schema::schema().0, schema::settings());
    if index.schema() != schema || *index.settings() != settings {
        return Err(Trouble::Damage("it was written by another version".to_owned()));
    }
    let meta = index.load_metas()?;
    let managed = index.directory().list_managed_files();
    for path in files(&meta) {
        if !managed.contains(&path) {
            return Err(damaged(&path));
        }
        match index.directory().validate_checksum(&path) {
            Ok(true) => {}
            Ok(false) => return Err(damaged(&path)),
            Err(OpenReadError::IoError { io_error, .. }) if !is_of_the_moment(&io_error) => {
                return Err(damaged(&path));
            }
            Err(OpenReadError::FileDoesNotExist(_)) => return Err(damaged(&path)),
            Err(error) => return Err(TantivyError::from(error).into()),
        }
    }
    let reader: tantivy::IndexReader =
        index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
    for segment in reader.searcher().segment_readers() {
        let rows = segment.fast_fields().i64(schema::column::AT)?.num_docs();
        let alive = segment.alive_bitset().map_or(rows as usize, |alive| alive.num_alive_docs());
        if rows != segment.max_doc() || alive != segment.num_docs() as usize {
            return Err(Trouble::Damage("it is damaged (meta.json)".to_owned()));
        }
    }
    Ok((index, meta.payload))
}

/// The files that must be there.
fn files(meta: &tantivy::IndexMeta) -> Vec<PathBuf> {
    let mut files = meta.list_segment_files();
    for segment in &meta.segments {
        files.remove(&segment.relative_path(SegmentComponent::TempStore));
        if !segment.has_deletes() {
            files.remove(&segment.relative_path(SegmentComponent::Delete));
        }
    }
    let mut files: Vec<PathBuf> = files.into_iter().collect();
    files.sort();
    files
}

fn damaged(path: &Path) -> Trouble {
    Trouble::Damage(format!("it is damaged ({})", path.display()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tantivy::directory::error::LockError;

    use super::*;

    #[test]
    fn a_refusal_of_the_moment_is_no_damage() {
        let unreadable = |io_error: io::Error| {
            let error = OpenReadError::IoError { io_error: Arc::new(io_error), filepath: "meta.json".into() };
            matches!(Trouble::from(TantivyError::from(error)), Trouble::Moment(_))
        };
        let [not_found, io, too_many_files, permission, no_space] = [2, 5, 24, 13, 28];
        for code in [io, too_many_files, permission, no_space] {
            assert!(unreadable(io::Error::from_raw_os_error(code)), "{code}");
        }
        assert!(!unreadable(io::Error::from_raw_os_error(not_found)));
        assert!(!unreadable(io::ErrorKind::UnexpectedEof.into()));
        let busy = TantivyError::LockFailure(LockError::LockBusy, None);
        assert!(matches!(Trouble::from(busy), Trouble::Moment(_)));
    }

    #[test]
    fn a_payload_reads_back_and_a_wrong_one_does_not() {
        let payload = Payload { store_id: "a:b", rev: 42 };
        assert_eq!(Payload::read(&payload.to_string()), Some(payload));
        for wrong in ["", "a", "a:1", "a:1:2", "a:x:x", "a:-1:-1", "a:1:1:"] {
            assert_eq!(Payload::read(wrong), None, "{wrong}");
        }
    }
}
