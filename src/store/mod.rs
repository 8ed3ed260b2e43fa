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
mod annotations;
mod arrivals;
mod asks;
mod baselines;
mod entries;
mod expiry;
mod handlings;
mod kept;
mod lock;
mod mentions;
mod migrations;
mod notices;
mod recount;
mod repeated;
mod rollups;
mod series;
mod silences;
mod sources;
mod spread;
mod stories;
mod streams;
mod sums;
#[cfg(test)]
mod testing;
mod told;
mod usual;
mod voices;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior};

pub use alerts::AlertFilter;
pub use asks::Asked;
pub use baselines::Baseline;
pub use entries::{Ingested, Origin, Polled};
pub use expiry::{Horizon, Progress};
pub use kept::KeptEntry;
pub use lock::Lock;
pub use mentions::{Heard, News};
pub use notices::{Delivery, GivenUp, Notice, NotifierState, QueuedNotice, Waiting};
pub use rollups::Touched;
pub use series::{RollupRow, Scope, Totals};
pub use sources::{Hearing, Outcome, QuietPoll, Remark};
pub use spread::{SpreadStory, StorySizes};
pub use streams::StreamPlace;
pub use sums::{Counts, DayCounts, SourceCounts};
pub use told::Told;

use crate::model::Timestamp;
use rollups::Ledger;

/// A connection that only reads.
pub struct Reader {
    db: Connection,
    /// Whose days the counts per day are of.
    zone: TimeZone,
}

/// The one connection that writes.
pub struct Store {
    reader: Reader,
    horizon: Horizon,
}

impl Reader {
    /// Opens `data_dir/mentions.db` for reading. An error if there is none, or if it is of another version.
    pub fn open(data_dir: &Path) -> Result<Self> {
        let path = data_dir.join(FILE_NAME);
        let db = open_read_only(&path)?;
        migrations::require_current(&db).with_context(|| format!("cannot read {}", path.display()))?;
        Self::over(db)
    }

    /// Made once, at random, when the store was made; never changes.
    pub fn id(&self) -> Result<String> {
        Ok(self.meta("store_id")?.unwrap_or_default())
    }

    /// A note kept under a name.
    pub fn meta(&self, key: &str) -> Result<Option<String>> {
        meta(&self.db, key)
    }

    /// The number of the latest change.
    pub fn rev(&self) -> Result<u64> {
        stored_rev(&self.db)
    }

    /// What SQLite finds wrong with the file, empty when all is well. Reads all of it.
    pub fn quick_check(&self) -> Result<Vec<String>> {
        let mut statement = self.db.prepare("PRAGMA quick_check")?;
        let mut found = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        found.retain(|line| line != "ok");
        Ok(found)
    }

    fn over(db: Connection) -> Result<Self> {
        db.busy_timeout(BUSY_TIMEOUT)?;
        db.set_prepared_statement_cache_capacity(128);
        // Without it, SQLite plans a cached statement anew whenever it is given other values.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        let zone = stored_zone(&db)?;
        Ok(Self { db, zone })
    }
}

impl Store {
    /// Opens `data_dir/mentions.db`, making both where they are missing and bringing an older one up to
    /// date. One written by a newer vigie is an error and is left as it is.
    pub fn open(data_dir: &Path) -> Result<Self> {
        std::fs::create_dir_all(data_dir).with_context(|| format!("cannot make {}", data_dir.display()))?;
        let path = data_dir.join(FILE_NAME);
        let context = || format!("cannot open {}", path.display());
        if path.exists() {
            // Looked at before anything is written, be it only the journal mode.
            migrations::require_not_newer(&open_read_only(&path)?).with_context(context)?;
        }
        let mut db = Connection::open(&path).with_context(context)?;
        db.busy_timeout(BUSY_TIMEOUT)?;
        db.pragma_update(None, "journal_mode", "WAL").with_context(context)?;
        db.pragma_update(None, "synchronous", "NORMAL")?;
        // In KiB where negative. Near-duplicates are looked up all over the file.
        db.pragma_update(None, "cache_size", -32_768)?;
        // A reader's snapshot that turns into a writer could never wait for the lock.
        db.set_transaction_behavior(TransactionBehavior::Immediate);
        migrations::migrate(&mut db).with_context(context)?;
        db.execute("INSERT OR IGNORE INTO meta (key, value) VALUES ('store_id', ?1)", [random_id()])?;
        Ok(Self { reader: Reader::over(db)?, horizon: Horizon::default() })
    }

    pub fn set_meta(&mut self, key: &str, value: &str) -> Result<()> {
        set_meta(&self.reader.db, key, value)
    }

    /// Runs `work` in one transaction and writes the counts and revs that follow from it.
    fn write<T>(&mut self, work: impl FnOnce(&mut Ledger<'_>) -> Result<T>) -> Result<T> {
        let Reader { db, zone } = &mut self.reader;
        let tx = db.transaction()?;
        let mut ledger = Ledger::open(&tx, zone, self.horizon)?;
        let answer = work(&mut ledger)?;
        ledger.close()?;
        tx.commit()?;
        Ok(answer)
    }
}

impl std::ops::Deref for Store {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

/// The database's name inside the data directory.
pub const FILE_NAME: &str = "mentions.db";

/// How long one process waits for another's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

fn open_read_only(path: &Path) -> Result<Connection> {
    let open = |access: OpenFlags| -> rusqlite::Result<Connection> {
        let db = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        db.busy_timeout(BUSY_TIMEOUT)?;
        db.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))?;
        Ok(db)
    };
    let opened = open(OpenFlags::SQLITE_OPEN_READ_ONLY).or_else(|error| match error.sqlite_error_code() {
        // Killed while it made the file, a process leaves a transaction behind that only one that may write can
        // roll back.
        Some(ErrorCode::ReadOnly) => {
            open(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            open(OpenFlags::SQLITE_OPEN_READ_ONLY)
        }
        _ => Err(error),
    });
    opened.with_context(|| format!("cannot open {}", path.display()))
}

fn meta(db: &Connection, key: &str) -> Result<Option<String>> {
    let mut statement = db.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

fn set_meta(db: &Connection, key: &str, value: &str) -> Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?.execute([key, value])?;
    Ok(())
}

/// Whose days and months are meant.
fn stored_zone(db: &Connection) -> Result<TimeZone> {
    match meta(db, "zone")? {
        Some(name) => TimeZone::get(&name).with_context(|| format!("unknown time zone `{name}`")),
        None => Ok(TimeZone::UTC),
    }
}

fn stored_rev(db: &Connection) -> Result<u64> {
    match meta(db, "rev")? {
        Some(text) => text.parse().context("the store's rev is no number"),
        None => Ok(0),
    }
}

/// 32 hexadecimal digits that no other store has: hash maps' random seeds, the clock and the process.
fn random_id() -> String {
    let mut hasher = blake3::Hasher::new();
    for _ in 0..2 {
        hasher.update(&RandomState::new().build_hasher().finish().to_le_bytes());
    }
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    hasher.update(&since_epoch.as_nanos().to_le_bytes());
    hasher.update(&std::process::id().to_le_bytes());
    hex(&hasher.finalize().as_bytes()[..16])
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |number: u8| char::from(DIGITS[usize::from(number)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The bytes of an id written as a prefix of two characters and hexadecimal digits; `None` if it is none.
fn id_bytes(id: &str) -> Option<[u8; 16]> {
    let digits = id.get(2..).filter(|digits| digits.len() == 32)?;
    let mut bytes = [0; 16];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Stored seconds as an instant. Only a damaged file holds seconds that are none.
fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

/// A number of rows as SQLite takes it; no limit is one it cannot count.
fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A list as it is stored: JSON, or null when it is empty.
fn list_to_json(list: &[String]) -> Option<String> {
    (!list.is_empty()).then(|| serde_json::Value::from(list).to_string())
}

/// Counts as they are stored: JSON, or null when there are none.
fn engagement_to_json(engagement: &BTreeMap<String, u64>) -> Option<String> {
    (!engagement.is_empty()).then(|| serde_json::json!(engagement).to_string())
}

fn engagement_from_json(text: Option<&str>) -> Result<BTreeMap<String, u64>> {
    match text {
        Some(text) => serde_json::from_str(text).context("stored counts are damaged"),
        None => Ok(BTreeMap::new()),
    }
}

fn list_from_json(text: Option<&str>) -> Result<Vec<String>> {
    match text {
        Some(text) => serde_json::from_str(text).context("a stored list is damaged"),
        None => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::testing::Scene;
    use super::*;

    #[test]
    fn a_store_keeps_its_id_and_notes() {
        let mut scene = Scene::new();
        let id = scene.store.id().unwrap();
        scene.store.set_meta("note", "kept").unwrap();
        let scene = scene.reopen();
        assert_eq!(scene.store.id().unwrap(), id);
        assert_eq!(id.len(), 32);
        assert_eq!(scene.store.meta("note").unwrap().as_deref(), Some("kept"));
        assert_eq!(scene.store.meta("other").unwrap(), None);
        assert_ne!(Scene::new().store.id().unwrap(), id);
    }

    #[test]
    fn a_newer_database_is_refused_and_left_as_it_is() {
        let Scene { dir, store } = Scene::new();
        store.reader.db.pragma_update(None, "user_version", 999).unwrap();
        drop(store);
        let path = dir.path().join(FILE_NAME);
        let before = std::fs::read(&path).unwrap();
        for error in [Store::open(dir.path()).err(), Reader::open(dir.path()).err()] {
            let message = format!("{:#}", error.unwrap());
            assert!(message.contains("newer vigie (schema 999"), "{message}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_reader_sees_what_the_store_writes_and_cannot_write() {
        let mut scene = Scene::new();
        let reader = Reader::open(scene.dir.path()).unwrap();
        scene.store.set_meta("note", "new").unwrap();
        assert_eq!(reader.meta("note").unwrap().as_deref(), Some("new"));
        assert!(set_meta(&reader.db, "note", "mine").is_err());
    }

    /// What a process leaves that is killed while it makes the file: a database with a journal to be rolled back,
    /// as taken from the middle of such a transaction.
    #[test]
    fn a_transaction_left_behind_by_a_kill_is_rolled_back() {
        let scene = tempfile::tempdir().unwrap();
        let path = scene.path().join(FILE_NAME);
        let mut db = Connection::open(&path).unwrap();
        db.execute_batch("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; CREATE TABLE old (a);").unwrap();
        let tx = db.transaction().unwrap();
        tx.execute_batch("CREATE TABLE half (a);").unwrap();
        for _ in 0..200 {
            tx.execute("INSERT INTO half VALUES (randomblob(2000))", []).unwrap();
        }
        let killed = tempfile::tempdir().unwrap();
        for file in [FILE_NAME.to_owned(), format!("{FILE_NAME}-journal")] {
            std::fs::copy(scene.path().join(&file), killed.path().join(&file)).unwrap();
        }
        // A reader comes first, and says what it would of the file as it was.
        let error = Reader::open(killed.path()).err().map(|error| format!("{error:#}")).unwrap();
        assert!(error.contains("older vigie"), "{error}");
        Store::open(killed.path()).unwrap();
        assert!(Reader::open(killed.path()).unwrap().quick_check().unwrap().is_empty());
    }

    #[test]
    fn a_reader_makes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Reader::open(dir.path()).is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_sound_file_passes_the_check() {
        assert_eq!(Scene::new().store.quick_check().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn ids_read_back() {
        assert_eq!(id_bytes(&format!("m_{}", hex(&[7; 16]))), Some([7; 16]));
        for bad in ["", "m_", "m_12", "é", "m_zz000000000000000000000000000000"] {
            assert_eq!(id_bytes(bad), None, "{bad}");
        }
    }
}
