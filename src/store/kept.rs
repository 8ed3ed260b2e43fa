//! Kept entries with their mentions: to be exported, matched again, and scored anew.

use std::ops::ControlFlow;

use anyhow::Result;
use rusqlite::{Row, params};

use super::entries::{entry_number, names_somebody, uncount_entry};
use super::expiry::GONE;
use super::mentions::{Absent, prefixed, retell, write_mentions};
use super::{Reader, Store, engagement_from_json, instant, list_from_json, rows, stories};
use crate::model::{Entry, EntryId, Format, Language, Mention, SourceId, Timestamp};
use crate::prepare::PreparedMention;

/// An entry as it is kept. Its body is in `entry.content`.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptEntry {
    pub id: EntryId,
    pub source: SourceId,
    pub entry: Entry,
    pub observed: Timestamp,
    /// As detected; `entry.language` is what the feed declared.
    pub language: Language,
    pub backfill: bool,
    /// One per brand, ordered by brand.
    pub mentions: Vec<Mention>,
}

impl Reader {
    /// When tones were last scored anew.
    pub fn last_rescore(&self) -> Result<Option<Timestamp>> {
        Ok(self.meta(LAST_RESCORE)?.and_then(|time| time.parse().ok()))
    }

    /// Hands every kept entry of `[since, until)` to `each`, in the order of time, in constant
    /// memory, until it breaks.
    pub fn export(
        &self,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        each: &mut dyn FnMut(KeptEntry) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.each_kept("ORDER BY e.at, e.entry", since, until, each)
    }

    /// As [`Reader::export`], of the entries that name nobody, newest first.
    pub fn nameless(
        &self,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        each: &mut dyn FnMut(KeptEntry) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let which = "AND NOT EXISTS (SELECT 1 FROM mentions m WHERE m.entry = e.entry)
             ORDER BY e.at DESC, e.entry DESC";
        self.each_kept(which, since, until, each)
    }

    fn each_kept(
        &self,
        which: &str,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        each: &mut dyn FnMut(KeptEntry) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let sql = format!("SELECT {ENTRY_COLUMNS} WHERE e.at >= ?1 AND e.at < ?2 AND e.expired = 0 {which}");
        let mut statement = self.db.prepare_cached(&sql)?;
        let since = since.map_or(i64::MIN, Timestamp::as_second);
        let until = until.map_or(i64::MAX, Timestamp::as_second);
        let mut rows = statement.query([since, until])?;
        while let Some(row) = rows.next()? {
            if each(self.kept_entry(row)?)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// A page of all kept entries, in the order they were stored: pass 0 first, then the number that came
    /// with the last one.
    pub fn kept_entries(&self, after: i64, limit: usize) -> Result<Vec<(i64, KeptEntry)>> {
        let sql =
            format!("SELECT {ENTRY_COLUMNS} WHERE e.entry > ?1 AND e.expired = 0 ORDER BY e.entry LIMIT ?2");
        let mut statement = self.db.prepare_cached(&sql)?;
        statement
            .query_and_then(params![after, rows(limit)], |row| {
                Ok((row.get("entry")?, self.kept_entry(row)?))
            })?
            .collect()
    }

    /// A page of the kept entries of `[since, until)` that have mentions, in the order of time: pass `None`
    /// first, then the place that came with the last one.
    pub fn named_entries(
        &self,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        after: Option<(i64, i64)>,
        limit: usize,
    ) -> Result<Vec<((i64, i64), KeptEntry)>> {
        let sql = format!(
            "SELECT {ENTRY_COLUMNS} WHERE e.at >= ?1 AND e.at < ?2 AND (e.at > ?1 OR e.entry > ?3)
                 AND e.expired = 0 AND EXISTS (SELECT 1 FROM mentions m WHERE m.entry = e.entry)
             ORDER BY e.at, e.entry LIMIT ?4"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let (at, entry) = after.unwrap_or((since.map_or(i64::MIN, Timestamp::as_second), GONE));
        let until = until.map_or(i64::MAX, Timestamp::as_second);
        statement
            .query_and_then(params![at, until, entry, rows(limit)], |row| {
                Ok(((row.get("at")?, row.get("entry")?), self.kept_entry(row)?))
            })?
            .collect()
    }

    fn kept_entry(&self, row: &Row<'_>) -> Result<KeptEntry> {
        let number: i64 = row.get("entry")?;
        let language: String = row.get("language")?;
        Ok(KeptEntry {
            id: EntryId::new(prefixed("e_", row.get("id")?)),
            source: SourceId::new(row.get::<_, String>("source")?),
            entry: Entry {
                guid: row.get("guid")?,
                link: row.get("link")?,
                title: row.get("title")?,
                summary: None,
                content: row.get("text")?,
                author: row.get("author")?,
                published: row.get::<_, Option<i64>>("published")?.map(instant),
                updated: None,
                language: row.get("declared_language")?,
                image: None,
                format: Format::default(),
                tags: list_from_json(row.get::<_, Option<String>>("tags")?.as_deref())?,
                extra: row.get("extra")?,
                engagement: engagement_from_json(row.get::<_, Option<String>>("engagement")?.as_deref())?,
            },
            observed: instant(row.get("observed")?),
            language: Language::from_code(Some(&language)),
            backfill: row.get("backfill")?,
            mentions: self.select_mentions("WHERE m.entry = ?1 ORDER BY b.brand", [number])?,
        })
    }
}

impl Store {
    /// Replaces whom kept entries are mentions of, in one transaction: after a change of brands or queries.
    /// What the user said of a mention that stays is kept. What is new is back-fill: it was said before anyone
    /// listened for it.
    pub fn replace_matches(&mut self, entries: &[(EntryId, Vec<PreparedMention>)]) -> Result<()> {
        self.write(|ledger| {
            for (id, mentions) in entries {
                let entry = entry_number(ledger.db, id)?;
                uncount_entry(ledger, entry)?;
                if !mentions.is_empty() && !names_somebody(ledger.db, entry)? {
                    stories::link_texts(ledger, entry)?;
                }
                write_mentions(ledger, entry, mentions, Absent::Dropped)?;
            }
            Ok(())
        })
    }

    /// Gives mentions the tones they have in `entries`, and what follows from them, in one transaction. Mentions
    /// that are not kept are passed over, and those that are not in `entries` stay as they are.
    pub fn replace_tones(&mut self, entries: &[(EntryId, Vec<PreparedMention>)]) -> Result<()> {
        self.write(|ledger| {
            for (id, mentions) in entries {
                let entry = entry_number(ledger.db, id)?;
                retell(ledger, entry, mentions)?;
            }
            Ok(())
        })
    }

    /// Notes that tones are scored anew at `now`.
    pub fn note_rescore(&mut self, now: Timestamp) -> Result<()> {
        self.set_meta(LAST_RESCORE, &now.to_string())
    }
}

const LAST_RESCORE: &str = "last_rescore";

const ENTRY_COLUMNS: &str = "
    e.entry, e.at, e.id, s.id AS source, iif(e.guid = x'', e.link, e.guid) AS guid, e.link, e.title, e.text, e.author,
    e.published, e.observed,
    e.declared_language, e.tags, e.engagement, e.extra, e.language, e.backfill
    FROM entries e JOIN sources s ON s.source = e.source";

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, batch, brand, dated, item, poll, time};
    use super::super::{Heard, Scope};
    use super::*;
    use crate::model::{Change, MentionId};
    use crate::prepare::Prepared;

    fn ingest(scene: &mut Scene, items: &[Prepared]) -> Vec<MentionId> {
        let done = scene.store.ingest(&batch("news", items), &poll("2026-01-05T00:00Z")).unwrap();
        done.new_mentions.into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn other_brands_leave_tombstones_and_add_mentions() {
        let mut scene = Scene::listening(&["news"]);
        let acme = ingest(&mut scene, &[item("1", "acme")]).remove(0);
        let (number, kept) = scene.store.kept_entries(0, 10).unwrap().remove(0);
        assert_eq!(kept.entry.content.as_deref(), Some("acme"));
        assert_eq!(kept.mentions[0].id, acme);
        assert_eq!(scene.store.kept_entries(number, 10).unwrap(), []);

        let rev = scene.store.rev().unwrap();
        let globex = item("1", "globex").mentions;
        scene.store.replace_matches(&[(kept.id.clone(), globex)]).unwrap();
        let changes = scene.store.changes_since(rev, 10).unwrap();
        assert!(changes.iter().any(|(_, change)| *change == Change::Gone(acme.clone())), "{changes:?}");
        let brands: Vec<_> = scene.store.kept_entries(0, 1).unwrap()[0].1.mentions.clone();
        assert_eq!(brands.iter().map(|mention| mention.brand.as_str()).collect::<Vec<_>>(), ["globex"]);
        assert_eq!(scene.store.recount().unwrap(), Vec::<String>::new());
        assert_eq!(scene.store.mention_count_of_source(&kept.source).unwrap(), 1);

        let rev = scene.store.rev().unwrap();
        scene.store.replace_matches(&[(kept.id, item("1", "acme").mentions)]).unwrap();
        let last = scene.store.changes_since(rev, 10).unwrap();
        assert!(last.iter().any(|(_, change)| matches!(change, Change::Put(m) if m.id == acme)));
        assert_eq!(scene.store.mention_ids().unwrap(), [acme]);

        let rev = scene.store.rev().unwrap();
        let (_, kept) = scene.store.kept_entries(0, 1).unwrap().remove(0);
        scene.store.replace_matches(&[(kept.id, item("1", "acme").mentions)]).unwrap();
        assert_eq!(scene.store.rev().unwrap(), rev);
    }

    #[test]
    fn what_is_found_by_matching_again_is_back_fill() {
        let mut scene = Scene::listening(&["news"]);
        let published = |text| dated(item("1", text), "2026-01-04T00:00Z");
        let acme = ingest(&mut scene, &[published("acme globex")]).remove(0);
        let (_, kept) = scene.store.kept_entries(0, 1).unwrap().remove(0);
        let live = |scene: &Scene, id: &str, query: Option<&str>| {
            let brand = brand(id);
            let (since, until) = (time("2026-01-01T00:00Z"), time("2026-01-06T00:00Z"));
            let count = |backfill| {
                let scope = Scope { brand: &brand, query, since, until, backfill };
                scene.store.mention_rows(&scope, None, 10).unwrap().len()
            };
            (count(false), count(true))
        };
        scene.store.clear_touched(u64::MAX >> 1).unwrap();
        // Another saved query holds, and a brand is gone.
        let matched = published("acme outage").mentions;
        for _ in 0..2 {
            scene.store.replace_matches(&[(kept.id.clone(), matched.clone())]).unwrap();
            assert_eq!(live(&scene, "acme", None), (1, 1));
            assert_eq!(live(&scene, "acme", Some("outage")), (0, 1));
            assert_eq!(live(&scene, "globex", None), (0, 0));
        }
        assert!(!scene.store.mention(&acme).unwrap().unwrap().backfill);
        // The brand comes back.
        scene.store.replace_matches(&[(kept.id, published("acme globex").mentions)]).unwrap();
        assert_eq!(live(&scene, "acme", None), (1, 1));
        assert_eq!(live(&scene, "globex", None), (0, 1));
        assert_eq!(scene.store.recount().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn other_tones_are_a_change_once_and_no_news() {
        let mut scene = Scene::listening(&["news"]);
        let items = [
            dated(item("1", "acme globex"), "2026-01-02T00:00Z"),
            dated(item("2", "acme"), "2026-01-03T00:00Z"),
        ];
        ingest(&mut scene, &items);
        let (_, kept) = scene.store.named_entries(None, None, None, 1).unwrap().remove(0);
        let mut acme = item("1", "acme awful").mentions;
        acme[0].model = Some("words-2".into());
        let looked = scene.store.rev().unwrap();
        for _ in 0..2 {
            scene.store.replace_tones(&[(kept.id.clone(), acme.clone())]).unwrap();
            let changes = scene.store.changes_since(looked, 10).unwrap();
            let [(_, Change::Put(mention))] = changes.as_slice() else { panic!("{changes:?}") };
            assert_eq!((mention.brand.as_str(), mention.is_negative()), ("acme", true));
        }
        assert_eq!(scene.store.news(&brand("acme"), Heard::After(looked), None, 10).unwrap(), []);
        let told = [(Some("words-1".to_owned()), 2), (Some("words-2".to_owned()), 1)];
        assert_eq!(scene.store.tones_by_model().unwrap(), told);
        assert_eq!(scene.store.recount().unwrap(), Vec::<String>::new());
        // No mention comes of it where there was none.
        scene.store.replace_tones(&[(kept.id, item("1", "globex").mentions)]).unwrap();
        assert_eq!(scene.store.mention_ids().unwrap().len(), 3);
    }

    #[test]
    fn entries_with_mentions_come_page_by_page_in_the_order_of_time() {
        let mut scene = Scene::listening(&["news"]);
        let at = "2026-01-03T00:00Z";
        let items = [
            dated(item("c", "acme"), "2026-01-04T00:00Z"),
            dated(item("b", "acme b"), at),
            dated(item("nobody", "nobody is named"), at),
            dated(item("b2", "acme c"), at),
            dated(item("a", "acme d"), "2026-01-02T00:00Z"),
        ];
        ingest(&mut scene, &items);
        let walk = |since: Option<&str>, until: Option<&str>, limit: usize| {
            let (mut after, mut seen) = (None, Vec::new());
            loop {
                let page = scene.store.named_entries(since.map(time), until.map(time), after, limit).unwrap();
                let Some((last, _)) = page.last() else { return seen.join(" ") };
                after = Some(*last);
                seen.extend(page.into_iter().map(|(_, kept)| kept.entry.guid.unwrap()));
            }
        };
        for limit in 1..6 {
            assert_eq!(walk(None, None, limit), "a b b2 c");
            assert_eq!(walk(Some(at), None, limit), "b b2 c");
            assert_eq!(walk(Some(at), Some("2026-01-04T00:00Z"), limit), "b b2");
        }
    }

    #[test]
    fn the_export_goes_through_time_and_stops_when_told() {
        let mut scene = Scene::listening(&["news"]);
        let items = [
            dated(item("b", "acme globex"), "2026-01-03T00:00Z"),
            dated(item("a", "acme"), "2026-01-02T00:00Z"),
            dated(item("c", "globex"), "2026-01-04T00:00Z"),
        ];
        ingest(&mut scene, &items);
        let export = |since: Option<&str>, until: Option<&str>, most: usize| {
            let mut seen = Vec::new();
            let mut each = |entry: KeptEntry| {
                let brands: Vec<_> = entry.mentions.iter().map(|mention| mention.brand.as_str()).collect();
                seen.push(format!("{}:{}", entry.entry.guid.unwrap(), brands.join("+")));
                Ok(if seen.len() == most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            };
            scene.store.export(since.map(time), until.map(time), &mut each).unwrap();
            seen.join(" ")
        };
        assert_eq!(export(None, None, 10), "a:acme b:acme+globex c:globex");
        assert_eq!(export(None, None, 2), "a:acme b:acme+globex");
        assert_eq!(export(Some("2026-01-03T00:00Z"), Some("2026-01-04T00:00Z"), 10), "b:acme+globex");
    }
}
