//! What is kept of the requests that presets make, and the attention that some of them tell of.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::sources::{is_listened_for, source_number};
use super::{Reader, Store, instant};
use crate::model::{SourceId, Timestamp, Validators};
use crate::sources::presets::{Attention, Progress, Stretch};

/// What one answer of a preset's poll leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What the request is known by within its source.
    pub key: String,
    pub progress: Progress,
    /// It told of older things: back-fill.
    pub older: bool,
    pub attention: Vec<Attention>,
    /// The hash of what was listened for.
    pub listening: String,
}

impl Reader {
    /// What is kept of a source's requests, by their keys.
    pub fn progress(&self, source: &SourceId) -> Result<BTreeMap<String, Progress>> {
        let mut statement = self.db.prepare_cached(
            "SELECT a.key, a.etag, a.last_modified, a.body_hash, a.last_good, a.newest, a.stretches
             FROM asks a JOIN sources s USING (source) WHERE s.id = ?1",
        )?;
        statement.query_and_then([source.as_str()], |row| Ok((row.get("key")?, progress(row)?)))?.collect()
    }

    /// How often a source's articles were looked at from `since` on, by article, then day.
    pub fn attention(&self, source: &SourceId, since: Date) -> Result<Vec<Attention>> {
        let mut statement = self.db.prepare_cached(
            "SELECT a.article, a.day, a.views FROM attention a JOIN sources s USING (source)
             WHERE s.id = ?1 AND a.day >= ?2 ORDER BY a.article, a.day",
        )?;
        let row = |row: &Row<'_>| -> Result<Attention> {
            let day: String = row.get("day")?;
            let day = day.parse().context("a stored day is damaged")?;
            Ok(Attention { article: row.get("article")?, day, views: row.get("views")? })
        };
        statement.query_and_then(params![source.as_str(), since.to_string()], row)?.collect()
    }
}

impl Store {
    /// Takes over what answers left that brought no document.
    pub fn keep_progress(&mut self, source: &SourceId, asked: &[Asked]) -> Result<()> {
        let tx = self.reader.db.transaction()?;
        let number = source_number(&tx, source)?;
        for asked in asked {
            note_asked(&tx, number, asked, None)?;
        }
        Ok(tx.commit()?)
    }
}

fn progress(row: &Row<'_>) -> Result<Progress> {
    let body_hash: Option<Vec<u8>> = row.get("body_hash")?;
    let stretches: String = row.get("stretches")?;
    let stretches: Vec<(String, Option<i64>)> =
        serde_json::from_str(&stretches).context("stored stretches are damaged")?;
    let time = |column| -> Result<Option<Timestamp>> { Ok(row.get::<_, Option<i64>>(column)?.map(instant)) };
    Ok(Progress {
        validators: Validators {
            etag: row.get("etag")?,
            last_modified: row.get("last_modified")?,
            body_hash: body_hash.and_then(|bytes| bytes.try_into().ok()),
        },
        last_good: time("last_good")?,
        newest: time("newest")?,
        stretches: stretches
            .into_iter()
            .map(|(at, floor)| Stretch { at, floor: floor.map(instant) })
            .collect(),
    })
}

/// Whether the request was ever answered.
pub(super) fn was_answered(db: &Connection, source: i64, key: &str) -> Result<bool> {
    let mut statement = db.prepare_cached("SELECT 1 FROM asks WHERE source = ?1 AND key = ?2")?;
    Ok(statement.exists(params![source, key])?)
}

/// When the request was last answered, if that was for other brands or queries than those of `listening`.
pub(super) fn answered_otherwise(
    db: &Connection,
    source: i64,
    key: &str,
    listening: &str,
) -> Result<Option<i64>> {
    let mut statement = db.prepare_cached(
        "SELECT last_good FROM asks WHERE source = ?1 AND key = ?2 AND heard_with IS NOT ?3",
    )?;
    Ok(statement.query_row(params![source, key, listening], |row| row.get(0)).optional()?.flatten())
}

/// Writes what an answer left. `reach`: how far back its document tells of all there was. The source reaches
/// as far back as all its requests do; one that is added later does not shorten that.
pub(super) fn note_asked(db: &Connection, source: i64, asked: &Asked, reach: Option<i64>) -> Result<()> {
    let Progress { validators, last_good, newest, stretches } = asked.progress.clone();
    // What the poll did not listen for is still to be heard.
    let validators = if is_listened_for(db, &asked.listening)? { validators } else { Validators::default() };
    let stretches: Vec<(&str, Option<i64>)> =
        stretches.iter().map(|s| (s.at.as_str(), s.floor.map(Timestamp::as_second))).collect();
    db.prepare_cached(
        "INSERT INTO asks (source, key, etag, last_modified, body_hash, last_good, newest, stretches, heard_with,
             reach)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT DO UPDATE SET etag = ?3, last_modified = ?4, body_hash = ?5, last_good = ?6, newest = ?7,
             stretches = ?8, heard_with = ?9, reach = coalesce(min(reach, ?10), reach, ?10)",
    )?
    .execute(params![
        source,
        asked.key,
        validators.etag,
        validators.last_modified,
        validators.body_hash.as_ref().map(|hash| hash.as_slice()),
        last_good.map(Timestamp::as_second),
        newest.map(Timestamp::as_second),
        serde_json::json!(stretches).to_string(),
        asked.listening,
        reach,
    ])?;
    db.prepare_cached(
        "UPDATE sources SET reach = CASE WHEN first_good IS NULL THEN a.reach ELSE min(sources.reach, a.reach) END
         FROM (SELECT max(reach) AS reach FROM asks WHERE source = ?1) a
         WHERE sources.source = ?1 AND a.reach IS NOT NULL",
    )?
    .execute([source])?;
    for Attention { article, day, views } in &asked.attention {
        db.prepare_cached(
            "INSERT INTO attention (source, article, day, views) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET views = ?4",
        )?
        .execute(params![source, article, day.to_string(), views])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, batch, dated, item, time};
    use super::super::{Origin, Polled};
    use super::*;

    fn asked(key: &str, older: bool, stretches: &[&str]) -> Asked {
        let stretch = |at: &&str| Stretch { at: (*at).to_owned(), floor: None };
        let progress = Progress {
            last_good: Some(time("2026-01-02T00:00Z")),
            stretches: stretches.iter().map(stretch).collect(),
            ..Progress::default()
        };
        Asked { key: key.into(), progress, older, attention: Vec::new(), listening: String::new() }
    }

    fn ingest(scene: &mut Scene, guid: &str, asked: Asked) -> bool {
        let polled = Polled { at: time("2026-01-02T00:00Z"), origin: Origin::Ask(Box::new(asked)) };
        let document = batch("hn", &[dated(item(guid, &format!("acme {guid}")), "2026-01-01T00:00Z")]);
        scene.store.ingest(&document, &polled).unwrap().backfill
    }

    #[test]
    fn each_requests_first_document_and_all_older_ones_are_backfill() {
        let mut scene = Scene::new();
        assert!(ingest(&mut scene, "1", asked("acme", false, &["7"])));
        assert!(ingest(&mut scene, "2", asked("globex", false, &[])), "the second request of the first poll");
        assert!(!ingest(&mut scene, "3", asked("acme", false, &["7"])));
        assert!(ingest(&mut scene, "4", asked("acme", true, &["8"])));
        let scene = scene.reopen();
        let progress = scene.store.progress(&SourceId::new("hn")).unwrap();
        assert_eq!(progress["acme"], asked("acme", true, &["8"]).progress);
        assert_eq!(progress["globex"].stretches, []);
    }

    #[test]
    fn what_was_passed_over_for_other_brands_is_no_news() {
        let other = |published: &str| {
            let asked = Asked { listening: "others".into(), ..asked("acme", false, &[]) };
            let polled = Polled { at: time("2026-01-03T00:00Z"), origin: Origin::Ask(Box::new(asked)) };
            (batch("hn", &[dated(item(published, "acme again"), published)]), polled)
        };
        for (published, backfill) in [("2026-01-01T12:00Z", true), ("2026-01-02T12:00Z", false)] {
            let mut scene = Scene::new();
            ingest(&mut scene, "1", asked("acme", false, &[]));
            let (document, polled) = other(published);
            scene.store.ingest(&document, &polled).unwrap();
            let kept = scene.store.kept_entries(1, 1).unwrap().remove(0).1;
            assert_eq!(kept.backfill, backfill, "{published}");
        }
    }

    #[test]
    fn a_day_of_attention_is_kept_once_with_its_latest_number() {
        let mut scene = Scene::new();
        let day: Date = "2026-01-01".parse().unwrap();
        let source = SourceId::new("wiki");
        for views in [5, 7] {
            let attention = vec![Attention { article: "Acme".into(), day, views }];
            let asked = Asked { attention, ..asked("Acme", false, &[]) };
            scene.store.keep_progress(&source, &[asked]).unwrap();
        }
        let kept = scene.store.attention(&source, day).unwrap();
        assert_eq!(kept, [Attention { article: "Acme".into(), day, views: 7 }]);
        assert_eq!(scene.store.attention(&source, day.tomorrow().unwrap()).unwrap(), []);
    }
}
