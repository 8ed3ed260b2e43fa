//! The passages that each source repeats, remembered from document to document.
//!
//! Nothing rests on their being complete: what is forgotten is found again in the next document that repeats it.

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::enrich::repeated::Repeated;

/// The most that are remembered of a source, the newest: a few days of a blog whose lists of related stories change.
const MOST: usize = 1_024;

pub(super) fn of_source(db: &Connection, source: i64) -> Result<Repeated> {
    let mut repeated = Repeated::default();
    repeated.extend(read(db, source)?);
    Ok(repeated)
}

/// Adds what a document of the source repeats.
pub(super) fn note(db: &Connection, source: i64, repeated: &Repeated) -> Result<()> {
    if repeated.is_empty() {
        return Ok(());
    }
    let mut passages = read(db, source)?;
    let mut new: Vec<u64> = repeated.passages().filter(|passage| !passages.contains(passage)).collect();
    if new.is_empty() {
        return Ok(());
    }
    new.sort_unstable();
    passages.extend(new);
    let bytes: Vec<u8> = passages[passages.len().saturating_sub(MOST)..]
        .iter()
        .flat_map(|passage| passage.to_le_bytes())
        .collect();
    db.prepare_cached("INSERT OR REPLACE INTO repeated (source, passages) VALUES (?1, ?2)")?
        .execute(params![source, bytes])?;
    Ok(())
}

/// Oldest first.
fn read(db: &Connection, source: i64) -> Result<Vec<u64>> {
    let mut statement = db.prepare_cached("SELECT passages FROM repeated WHERE source = ?1")?;
    let bytes: Option<Vec<u8>> = statement.query_row([source], |row| row.get(0)).optional()?;
    let passages = bytes.unwrap_or_default();
    Ok(passages.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_remembered() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE repeated (source INTEGER PRIMARY KEY, passages BLOB NOT NULL)")
            .unwrap();
        let some = |passages: std::ops::Range<u64>| {
            let mut repeated = Repeated::default();
            repeated.extend(passages);
            repeated
        };
        assert_eq!(of_source(&db, 1).unwrap(), some(0..0));
        note(&db, 1, &some(0..1_000)).unwrap();
        note(&db, 1, &some(500..1_100)).unwrap();
        assert_eq!(of_source(&db, 1).unwrap(), some(76..1_100));
        assert_eq!(of_source(&db, 2).unwrap(), some(0..0));
    }
}
