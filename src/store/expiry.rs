//! What is too old to be kept is deleted; what was counted of it stays counted.
//!
//! An expired mention leaves a tombstone for derived copies, its part of each count, noted beside the count
//! as one no row can prove any more, and for a story that has other entries the note that it has been counted.
//! What it was known by stays, so that it is no news when its feed tells it again.

use std::collections::BTreeSet;

use anyhow::Result;
use rusqlite::{Connection, params};

use super::entries::names_somebody;
use super::mentions::expire_mention;
use super::rollups::Ledger;
use super::{Reader, Store, rows, stories};
use crate::model::Timestamp;

/// Stands for an entry or a mention that expired; none has this number.
pub(super) const GONE: i64 = 0;

/// Since when what is kept, by the dates of entries; `None`: since ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Horizon {
    pub mentions: Option<Timestamp>,
    /// Of entries that name nobody.
    pub others: Option<Timestamp>,
}

impl Horizon {
    /// Whether nothing ever expires.
    pub fn is_endless(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn is_past(&self, at: i64, names_nobody: bool) -> bool {
        let since = if names_nobody { self.others.max(self.mentions) } else { self.mentions };
        since.is_some_and(|since| at < since.as_second())
    }
}

/// How far a deletion has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Entries deleted so far.
    pub deleted: usize,
    /// Whether all that is too old has been looked at.
    pub done: bool,
    /// Time and number of the last entry that was looked at.
    seen: Option<(i64, i64)>,
}

impl Reader {
    /// When what is too old was last deleted, all of it.
    pub fn last_expiry(&self) -> Result<Option<Timestamp>> {
        Ok(self.meta(LAST_EXPIRY)?.and_then(|time| time.parse().ok()))
    }
}

impl Store {
    /// Says since when what is kept. What is older is not taken in from now on.
    pub fn set_horizon(&mut self, horizon: Horizon) {
        self.horizon = horizon;
    }

    /// Looks at up to `most` entries that may be too old, after those of the last call, and deletes those that
    /// are, in one transaction. Begins with `Progress::default()`.
    pub fn expire(&mut self, progress: Progress, most: usize) -> Result<Progress> {
        let horizon = self.horizon;
        self.write(|ledger| {
            let (looked_at, old) = oldest(ledger.db, horizon, progress.seen, most)?;
            expire_entries(ledger, &old)?;
            Ok(Progress {
                deleted: progress.deleted + old.len(),
                done: looked_at.is_none(),
                seen: looked_at.or(progress.seen),
            })
        })
    }

    /// Notes that all that was too old at `now` is deleted.
    pub fn note_expiry(&mut self, now: Timestamp) -> Result<()> {
        self.set_meta(LAST_EXPIRY, &now.to_string())
    }
}

const LAST_EXPIRY: &str = "last_expiry";

/// The next entries before the horizon: the last one that was looked at, and those that are too old.
#[expect(clippy::type_complexity, reason = "two places of the same walk")]
fn oldest(
    db: &Connection,
    horizon: Horizon,
    seen: Option<(i64, i64)>,
    most: usize,
) -> Result<(Option<(i64, i64)>, Vec<i64>)> {
    let Some(until) = horizon.others.max(horizon.mentions) else { return Ok((None, Vec::new())) };
    let (at, entry) = seen.unwrap_or((i64::MIN, GONE));
    let mut statement = db.prepare_cached(
        "SELECT at, entry, expired FROM entries WHERE at >= ?1 AND at < ?2 AND (at > ?1 OR entry > ?3)
         ORDER BY at, entry LIMIT ?4",
    )?;
    let mut found = statement.query(params![at, until.as_second(), entry, rows(most)])?;
    let (mut last, mut old) = (None, Vec::new());
    while let Some(row) = found.next()? {
        let (at, entry): (i64, i64) = (row.get(0)?, row.get(1)?);
        last = Some((at, entry));
        if !row.get::<_, bool>(2)? && horizon.is_past(at, !names_somebody(db, entry)?) {
            old.push(entry);
        }
    }
    Ok((last, old))
}

fn expire_entries(ledger: &mut Ledger<'_>, entries: &[i64]) -> Result<()> {
    let (mut told, mut untold, mut of_stories) = (Vec::new(), Vec::new(), BTreeSet::new());
    for &entry in entries {
        let mut statement = ledger.db.prepare_cached("SELECT mention FROM mentions WHERE entry = ?1")?;
        let mentions: Vec<i64> = statement.query_map([entry], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for &mention in &mentions {
            expire_mention(ledger, mention)?;
        }
        stories::forget_texts(ledger.db, entry)?;
        let story = strip(ledger.db, entry)?;
        of_stories.insert(story);
        // One that named nobody may be heard again: it was not told to anyone.
        if mentions.is_empty() { untold.push((entry, story)) } else { told.push(entry) }
    }
    let mut forgotten = Vec::new();
    for &story in &of_stories {
        if !stories::lives(ledger.db, story)? {
            stories::forget(ledger.db, story)?;
            forgotten.push(story);
        }
    }
    // Where the story lives, all but the entry by which it goes can be deleted.
    let mut delete = ledger.db.prepare_cached("DELETE FROM entries WHERE entry = ?1 AND entry != story")?;
    for &entry in entries {
        delete.execute([entry])?;
    }
    let (free, held): (Vec<_>, Vec<_>) =
        untold.into_iter().partition(|(entry, story)| entry != story || forgotten.contains(story));
    told.extend(held.into_iter().map(|(entry, _)| entry));
    let free: Vec<i64> = free.into_iter().map(|(entry, _)| entry).collect();
    rename_keys(ledger.db, &told, &free)
}

/// Takes all but id and times from an entry; its story.
fn strip(db: &Connection, entry: i64) -> Result<i64> {
    let mut statement = db.prepare_cached(
        "UPDATE entries SET expired = 1, language = '', declared_language = NULL, guid = NULL, link = NULL,
             author = NULL, tags = NULL, title = NULL, text = '', engagement = NULL,
             extra = NULL
         WHERE entry = ?1 RETURNING story",
    )?;
    Ok(statement.query_row([entry], |row| row.get(0))?)
}

/// What `told` entries are known by is known from now on as [`GONE`]; what `untold` ones are, as nothing.
fn rename_keys(db: &Connection, told: &[i64], untold: &[i64]) -> Result<()> {
    // There is no way from an entry to its keys but to look at all of them, once for all entries.
    let list = |entries: &[i64]| serde_json::json!(entries).to_string();
    if !told.is_empty() {
        db.prepare_cached("UPDATE keys SET entry = ?1 WHERE entry IN (SELECT value FROM json_each(?2))")?
            .execute(params![GONE, list(told)])?;
    }
    if !untold.is_empty() {
        db.prepare_cached("DELETE FROM keys WHERE entry IN (SELECT value FROM json_each(?1))")?
            .execute([list(untold)])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Scope;
    use super::super::testing::{Scene, batch, brand, dated, import, item, long_text, poll, time};
    use super::*;

    fn expire(store: &mut Store, since: &str, most: usize) -> usize {
        store.set_horizon(Horizon { mentions: Some(time(since)), others: None });
        let mut progress = Progress::default();
        while !progress.done {
            progress = store.expire(progress, most).unwrap();
        }
        progress.deleted
    }

    /// Mentions and stories of acme on each of the first 20 days of January.
    fn counts(store: &Store) -> Vec<(u32, u32)> {
        let acme = brand("acme");
        let (since, until) = (time("2026-01-01T00:00Z"), time("2026-01-21T00:00Z"));
        let scope = Scope { brand: &acme, query: None, since, until, backfill: true };
        let series = store.series(&scope, 86_400).unwrap();
        series.buckets.iter().map(|bucket| (bucket.mentions, bucket.stories)).collect()
    }

    #[test]
    fn of_a_story_that_lives_on_only_id_and_time_are_kept() {
        let mut scene = Scene::listening(&["news"]);
        let story = [
            dated(item("1", &long_text(0, "acme")), "2026-01-02T00:00Z"),
            dated(item("2", &long_text(0, "acme")), "2026-01-04T00:00Z"),
        ];
        scene.store.ingest(&batch("news", &story), &poll("2026-01-05T00:00Z")).unwrap();
        let ids = scene.store.mention_ids().unwrap();
        assert_eq!(expire(&mut scene.store, "2026-01-03T00:00Z", 1), 1);
        let left = scene.store.mention_ids().unwrap();
        assert_eq!(left.len(), 1);
        let gone = ids.iter().find(|id| !left.contains(id)).unwrap();
        assert!(scene.store.has_expired(gone).unwrap() && !scene.store.has_expired(&left[0]).unwrap());
        let said = |scene: &Scene| {
            let sql =
                "SELECT count(*) FROM entries WHERE title IS NOT NULL OR text != '' OR link IS NOT NULL";
            scene.store.db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
        };
        assert_eq!(said(&scene), 1);
        assert_eq!(expire(&mut scene.store, "2026-01-05T00:00Z", 1), 1);
        for table in ["entries", "revisions", "bands", "mentions", "counted", "story_firsts"] {
            let sql = format!("SELECT count(*) FROM {table}");
            let rows: i64 = scene.store.db.query_row(&sql, [], |row| row.get(0)).unwrap();
            assert_eq!(rows, 0, "{table}");
        }
        assert_eq!(scene.store.recount().unwrap(), Vec::<String>::new());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        /// Copies, edits and late comers around horizons that move on.
        #[test]
        fn counts_stay_whatever_expires_and_whatever_comes_after(
            entries in prop::collection::vec((0..12_u8, 0..4_u32, 1..20_u8), 1..40),
            every in 3..9_usize,
            most in 1..5_usize,
        ) {
            let mut scene = Scene::listening(&["news"]);
            for (step, (guid, text, day)) in entries.iter().enumerate() {
                let words = if *text == 3 { "nobody is named".to_owned() } else { long_text(*text, "acme globex outage") };
                let said = dated(item(&guid.to_string(), &words), &format!("2026-01-{day:02}T10:00Z"));
                scene.store.ingest(&batch("news", &[said]), &import("2026-01-21T00:00Z")).unwrap();
                if step % every == 0 {
                    let before = counts(&scene.store);
                    let rev = scene.store.rev().unwrap();
                    let since = format!("2026-01-{:02}T00:00Z", 1 + step * 19 / entries.len());
                    let kept = scene.store.mention_ids().unwrap();
                    expire(&mut scene.store, &since, most);
                    prop_assert_eq!(&counts(&scene.store), &before);
                    let told = scene.store.changes_since(rev, 100).unwrap().len();
                    prop_assert_eq!(told, kept.len() - scene.store.mention_ids().unwrap().len());
                    scene.retell(3, step % 2 == 0);
                    prop_assert_eq!(&counts(&scene.store), &before);
                }
                prop_assert_eq!(scene.store.recount().unwrap(), Vec::<String>::new());
            }
        }
    }
}
