//! Streams: up to where each was read, kept with what it told on the way there.

use anyhow::Result;
use rusqlite::{OptionalExtension, params};

use super::entries::ingest_document;
use super::sources::source_number;
use super::{Ingested, Polled, Reader, Store};
use crate::model::{SourceId, Timestamp};
use crate::prepare::Batch;

/// How far a stream was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamPlace {
    /// All that the server saw before this, in microseconds of Unix time, was heard.
    pub cursor: u64,
    /// What the server had to tell between these two was not heard and will not be.
    pub missed: Option<(Timestamp, Timestamp)>,
}

impl Reader {
    /// Up to where a stream was read; `None` if it never was, or if it has another address now.
    pub fn stream_cursor(&self, source: &SourceId) -> Result<Option<u64>> {
        let mut statement = self.db.prepare_cached(
            "SELECT cursor FROM streams JOIN sources USING (source) WHERE id = ?1 AND first_good IS NOT NULL",
        )?;
        Ok(statement.query_row([source.as_str()], |row| row.get(0)).optional()?)
    }
}

impl Store {
    /// Stores what a stream told as if it were one document, and its place, in one transaction: after a crash
    /// both are there or neither.
    pub fn ingest_stream(&mut self, batch: &Batch, polled: &Polled, place: &StreamPlace) -> Result<Ingested> {
        self.write(|ledger| {
            let ingested = ingest_document(ledger, batch, polled)?;
            let source = source_number(ledger.db, &batch.source)?;
            ledger
                .db
                .prepare_cached("INSERT OR REPLACE INTO streams (source, cursor) VALUES (?1, ?2)")?
                .execute(params![source, place.cursor])?;
            if let Some((since, until)) = place.missed {
                ledger
                    .db
                    .prepare_cached("INSERT OR IGNORE INTO gaps (source, since, until) VALUES (?1, ?2, ?3)")?
                    .execute(params![source, since.as_second(), until.as_second()])?;
            }
            Ok(ingested)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, batch, item, poll, time};
    use super::*;
    use crate::model::{Preset, PresetName, Source, SourceKind};

    fn source(host: &str) -> Source {
        let preset = Preset {
            name: PresetName::BlueskyJetstream,
            search: None,
            host: Some(host.to_owned()),
            tags: Vec::new(),
            accounts: Vec::new(),
            communities: Vec::new(),
            repos: Vec::new(),
            apps: Vec::new(),
            token_env: None,
        };
        Source {
            id: SourceId::new("sky"),
            kind: SourceKind::Stream(preset),
            every: None,
            tags: Vec::new(),
            allow_private: false,
            enabled: true,
        }
    }

    #[test]
    fn the_place_is_kept_with_what_was_heard_and_is_forgotten_with_the_address() {
        let mut scene = Scene::new();
        scene.store.sync_sources(&[source("https://a.example")]).unwrap();
        let sky = SourceId::new("sky");
        assert_eq!(scene.store.stream_cursor(&sky).unwrap(), None);
        let place = |cursor| StreamPlace { cursor, missed: None };
        let at = poll("2026-01-02T00:00Z");
        scene.store.ingest_stream(&batch("sky", &[]), &at, &place(1_767_312_000_000_000)).unwrap();
        let items = [item("1", "acme"), item("2", "acme")];
        let done =
            scene.store.ingest_stream(&batch("sky", &items), &at, &place(1_767_312_000_000_007)).unwrap();
        assert_eq!((done.new_entries, done.backfill), (2, false), "its first entries are news");
        let mut scene = scene.reopen();
        assert_eq!(scene.store.stream_cursor(&sky).unwrap(), Some(1_767_312_000_000_007));
        // What comes twice is known.
        let done = scene.store.ingest_stream(&batch("sky", &items[1..]), &at, &place(8)).unwrap();
        assert_eq!((done.new_entries, done.known), (0, 1));
        assert_eq!(scene.store.stream_cursor(&sky).unwrap(), Some(8));
        scene.store.sync_sources(&[source("https://b.example")]).unwrap();
        assert_eq!(scene.store.stream_cursor(&sky).unwrap(), None);
    }

    #[test]
    fn what_was_missed_is_a_gap() {
        let mut scene = Scene::new();
        let (since, until) = (time("2026-01-01T00:00Z"), time("2026-01-01T12:00Z"));
        let place = StreamPlace { cursor: 1, missed: Some((since, until)) };
        let batch = batch("sky", &[]);
        for _ in 0..2 {
            scene.store.ingest_stream(&batch, &poll("2026-01-02T00:00Z"), &place).unwrap();
        }
        let gaps = scene.store.gaps(time("2026-01-01T06:00Z"), time("2026-01-01T07:00Z")).unwrap();
        assert_eq!(gaps.len(), 1);
        assert_eq!((gaps[0].since, gaps[0].until), (since, Some(until)));
    }
}
