//! Counts, kept as they happen.
//!
//! A transaction collects its differences in a [`Ledger`]; they are written once, at its end. What counts
//! where is decided in [`super::stories`].

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension, params};

use super::sums::{self, Sums};
use super::{Horizon, Reader, Store, instant, meta, set_meta, stored_rev};
use crate::model::{BrandId, Timestamp};

/// Minutes whose live counts changed since they were last cleared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// What to hand to [`Store::clear_touched`].
    pub up_to: u64,
    /// Brand, saved query within it (`None`: the brand as a whole), start of the minute; ordered.
    pub minutes: Vec<(BrandId, Option<String>, Timestamp)>,
}

impl Reader {
    pub fn touched(&self) -> Result<Touched> {
        let mut statement = self.db.prepare_cached(
            "SELECT t.rev, s.brand, s.query, t.minute FROM touched t JOIN subjects s USING (subject)
             ORDER BY s.brand, s.query, t.minute",
        )?;
        let mut touched = Touched::default();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            touched.up_to = touched.up_to.max(row.get(0)?);
            let query: String = row.get(2)?;
            touched.minutes.push((
                BrandId::new(row.get::<_, String>(1)?),
                (!query.is_empty()).then_some(query),
                instant(row.get(3)?),
            ));
        }
        Ok(touched)
    }
}

impl Store {
    /// Forgets the minutes that were touched up to then.
    pub fn clear_touched(&mut self, up_to: u64) -> Result<()> {
        self.reader.db.prepare_cached("DELETE FROM touched WHERE rev <= ?1")?.execute([up_to])?;
        Ok(())
    }

    /// Says whose days and months are meant; sums over them are made again if it is another zone than before. The
    /// zone must have an IANA name.
    pub fn set_zone(&mut self, zone: &TimeZone) -> Result<()> {
        let name = zone.iana_name().context("the time zone has no IANA name")?;
        let tx = self.reader.db.transaction()?;
        if meta(&tx, "zone")?.as_deref() != Some(name) {
            sums::rebuild(&tx, zone)?;
            set_meta(&tx, "zone", name)?;
        }
        tx.commit()?;
        self.reader.zone = zone.clone();
        Ok(())
    }
}

/// What a transaction has changed and not yet written: differences of counts, and mentions that need a new
/// rev.
pub(super) struct Ledger<'a> {
    pub db: &'a Connection,
    /// What is older is not taken in.
    pub horizon: Horizon,
    zone: &'a TimeZone,
    rev: u64,
    /// Mentions and stories to add, by where they count.
    differences: HashMap<Place, (i64, i64)>,
    changed: BTreeSet<i64>,
}

/// Where a mention or a story counts, at the grain of minutes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub subject: i64,
    pub minute: i64,
    pub source: i64,
    pub language: String,
    pub tone: u8,
    /// [`LIVE`], [`BACKFILL`] or [`UNPLACED`].
    pub backfill: u8,
}

/// Heard live.
pub(super) const LIVE: u8 = 0;
/// Back-fill of a known time: rules learn from it.
pub(super) const BACKFILL: u8 = 1;
/// Back-fill without a date, of the time in which its source was not heard or of the moment it was heard again.
/// It counts when it was observed, and rules learn nothing from it.
pub(super) const UNPLACED: u8 = 2;

/// How a mention `m` of the entry `e` counts, if it does.
pub(super) const HOW_IT_COUNTS: &str = "CASE WHEN e.backfill = 2 AND e.published IS NULL THEN 2
    ELSE e.backfill <> 0 OR m.backfill END";

/// Whether it does: neither own voice, nor what may be of any age.
pub(super) const COUNTS: &str = "NOT m.own_voice AND NOT (e.backfill = 1 AND e.published IS NULL)";

impl<'a> Ledger<'a> {
    pub fn open(db: &'a Connection, zone: &'a TimeZone, horizon: Horizon) -> Result<Self> {
        let (differences, changed) = (HashMap::new(), BTreeSet::new());
        Ok(Self { db, horizon, zone, rev: stored_rev(db)?, differences, changed })
    }

    pub fn next_rev(&mut self) -> u64 {
        self.rev += 1;
        self.rev
    }

    /// Marks a mention that looks different from outside.
    pub fn mark(&mut self, mention: i64) {
        self.changed.insert(mention);
    }

    /// Forgets the mark of a mention that is gone.
    pub fn unmark(&mut self, mention: i64) {
        self.changed.remove(&mention);
    }

    pub fn add(&mut self, place: Place, mentions: i64, stories: i64) {
        let difference = self.differences.entry(place).or_default();
        difference.0 += mentions;
        difference.1 += stories;
    }

    /// Notes that a mention, or a story that began there, stays counted although its row is going.
    pub fn freeze(&self, place: &Place, mentions: i64, stories: i64) -> Result<()> {
        let Place { subject, minute, source, language, tone, backfill } = place;
        self.db
            .prepare_cached(
                "UPDATE rollups SET expired_mentions = expired_mentions + ?7, expired_stories = expired_stories + ?8
                 WHERE subject = ?1 AND bucket = ?2 AND source = ?3 AND language = ?4 AND tone = ?5
                     AND backfill = ?6",
            )?
            .execute(params![subject, minute, source, language, tone, backfill, mentions, stories])?;
        Ok(())
    }

    /// Writes what was collected.
    pub fn close(mut self) -> Result<()> {
        let before = stored_rev(self.db)?;
        for mention in std::mem::take(&mut self.changed) {
            let rev = self.next_rev();
            self.db
                .prepare_cached("UPDATE mentions SET rev = ?2 WHERE mention = ?1")?
                .execute(params![mention, rev])?;
        }
        self.write_differences(before)?;
        if self.rev > before {
            set_meta(self.db, "rev", &self.rev.to_string())?;
        }
        Ok(())
    }

    fn write_differences(&mut self, before: u64) -> Result<()> {
        let mut differences = std::mem::take(&mut self.differences);
        differences.retain(|_, difference| *difference != (0, 0));
        if differences.is_empty() {
            return Ok(());
        }
        let rev = if self.rev > before { self.rev } else { self.next_rev() };
        let mut sums = Sums::new(self.zone);
        for (place, (mentions, stories)) in differences {
            add_to_rollup(self.db, &place, mentions, stories)?;
            if place.backfill == LIVE {
                self.db
                    .prepare_cached(
                        "INSERT OR REPLACE INTO touched (subject, minute, rev) VALUES (?1, ?2, ?3)",
                    )?
                    .execute(params![place.subject, place.minute, rev])?;
            }
            sums.add(place, mentions, stories)?;
        }
        sums.write(self.db)
    }
}

/// The start of the minute an instant is in; all in Unix seconds.
pub(super) fn minute(at: i64) -> i64 {
    at.div_euclid(60) * 60
}

/// The number of a subject, which is made if it is new. `query` is empty for the brand as a whole.
pub(super) fn subject_number(db: &Connection, brand: &BrandId, query: &str) -> Result<i64> {
    if let Some(number) = known_subject(db, brand, query)? {
        return Ok(number);
    }
    db.prepare_cached("INSERT INTO subjects (brand, query) VALUES (?1, ?2)")?
        .execute([brand.as_str(), query])?;
    Ok(db.last_insert_rowid())
}

pub(super) fn known_subject(db: &Connection, brand: &BrandId, query: &str) -> Result<Option<i64>> {
    let mut statement = db.prepare_cached("SELECT subject FROM subjects WHERE brand = ?1 AND query = ?2")?;
    Ok(statement.query_row([brand.as_str(), query], |row| row.get(0)).optional()?)
}

fn add_to_rollup(db: &Connection, place: &Place, mentions: i64, stories: i64) -> Result<()> {
    let Place { subject, minute, source, language, tone, backfill } = place;
    db.prepare_cached(
        "INSERT INTO rollups (subject, bucket, source, language, tone, backfill, mentions, stories)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET
             mentions = mentions + excluded.mentions, stories = stories + excluded.stories",
    )?
    .execute(params![subject, minute, source, language, tone, backfill, mentions, stories])?;
    if mentions < 0 {
        db.prepare_cached(
            "DELETE FROM rollups WHERE subject = ?1 AND bucket = ?2 AND source = ?3 AND language = ?4
                 AND tone = ?5 AND backfill = ?6 AND mentions = 0 AND stories = 0",
        )?
        .execute(params![subject, minute, source, language, tone, backfill])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::testing::{Scene, batch, brand, dated, import, item, long_text, outcome, poll, time};
    use super::super::{Counts, DayCounts, Scope};
    use super::*;
    use crate::model::SourceId;
    use crate::prepare::Prepared;

    /// One step of a history: source, guid, subject and words of its text, hours after the start (`None`:
    /// undated), whether it is imported.
    type Step = (u8, u8, u32, usize, Option<u32>, bool);

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = (
            0u8..2,
            0u8..6,
            0u32..3,
            0usize..WORDS.len(),
            proptest::option::weighted(0.8, 0u32..400),
            proptest::bool::weighted(0.1),
        );
        proptest::collection::vec(step, 1..16)
    }

    const WORDS: [&str; 7] = [
        "acme",
        "acme globex",
        "globex awful outage",
        "acme outage",
        "acme awful",
        "acme ourselves",
        "acme globex panne",
    ];

    /// 2026-01-01.
    const START: i64 = 1_767_225_600;

    fn prepared(&(_, guid, subject, words, hours, _): &Step) -> Prepared {
        let mut item = item(&guid.to_string(), &long_text(subject, WORDS[words]));
        item.mentions.iter_mut().for_each(|mention| mention.queries.push(crate::model::dated(None)));
        match hours {
            Some(hours) => dated(item, &instant(START + i64::from(hours) * 3600).to_string()),
            None => item,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Invariant: counts are kept as they happen, through edits, duplicates, merges, earlier-first
        /// arrivals, other zones and other queries.
        #[test]
        fn counts_equal_their_rows_after_any_history(steps in steps()) {
            let mut scene = Scene::new();
            for (number, step) in steps.iter().enumerate() {
                let source = ["news", "blog"][usize::from(step.0)];
                let at = instant(START + number as i64 * 86_400 + 7_200).to_string();
                let polled = if step.5 { import(&at) } else { poll(&at) };
                scene.store.ingest(&batch(source, &[prepared(step)]), &polled).unwrap();
                if number % 5 == 2 {
                    scene.store.set_zone(&TimeZone::get(["Asia/Tokyo", "America/New_York"][number % 2]).unwrap()).unwrap();
                }
                if number % 4 == 2 {
                    let outcome = outcome(crate::model::HealthState::Broken);
                    let source = crate::model::SourceId::new("news");
                    scene.store.record_polls(&[crate::store::QuietPoll { source, at: time(&at), outcome }]).unwrap();
                }
                if number % 6 == 4 {
                    let (_, kept) = scene.store.kept_entries(0, 1).unwrap().remove(0);
                    let other = prepared(&(0, 0, 0, number % WORDS.len(), None, false));
                    scene.store.replace_matches(&[(kept.id, other.mentions)]).unwrap();
                }
                if number % 3 == 1 {
                    scene.retell(3, number % 2 == 0);
                }
                prop_assert_eq!(scene.store.recount().unwrap(), Vec::<String>::new());
            }
            for id in ["acme", "globex"] {
                for query in [None, Some("outage"), Some("dated:")] {
                    let brand = brand(id);
                    let (since, until) = (instant(START - 86_400), instant(START + 40 * 86_400));
                    let scope = Scope { brand: &brand, query, since, until, backfill: true };
                    let rows = scene.store.mention_rows(&scope, None, 1000).unwrap();
                    let mut sum = crate::model::Bucket::default();
                    scene.store.series(&scope, 3600).unwrap().buckets.into_iter().for_each(|bucket| sum += bucket);
                    prop_assert_eq!(sum.mentions as usize, rows.len());
                    let live = Scope { backfill: false, ..scope };
                    let mut heard_live = crate::model::Bucket::default();
                    scene.store.series(&live, 3600).unwrap().buckets.into_iter().for_each(|bucket| heard_live += bucket);
                    prop_assert_eq!(scene.store.count_known(&scope, Timestamp::MAX).unwrap(), sum);
                    prop_assert_eq!(scene.store.count_known(&live, Timestamp::MAX).unwrap(), heard_live);
                    let stories: BTreeSet<_> = rows.iter().map(|mention| &mention.story).collect();
                    prop_assert_eq!(sum.stories as usize, stories.len());
                    let rolled = scene.store.rollup(std::slice::from_ref(&brand), query, since, until).unwrap();
                    prop_assert_eq!(rolled.iter().map(|row| row.mentions).sum::<u32>(), sum.mentions);
                    prop_assert_eq!(rolled.iter().map(|row| row.stories).sum::<u32>(), sum.stories);
                    let cut = (instant(START + 5 * 3_600), instant(START + 35 * 86_400 + 20 * 3_600));
                    for (since, until) in [(since, until), cut] {
                        prop_assert!(sums_agree(&scene, &brand, query, since, until));
                    }
                }
            }
        }
    }

    /// Whether sums by day and by source are those of the rollups they are of, of all sources and of one.
    fn sums_agree(
        scene: &Scene,
        brand: &BrandId,
        query: Option<&str>,
        since: Timestamp,
        until: Timestamp,
    ) -> bool {
        let brands = std::slice::from_ref(brand);
        let rolled = scene.store.rollup(brands, query, since, until).unwrap();
        let by_day = |sources: &[&str]| {
            let mut days: BTreeMap<Timestamp, Counts> = BTreeMap::new();
            for row in rolled.iter().filter(|row| sources.contains(&row.source.as_str())) {
                *days.entry(row.day).or_default() +=
                    Counts::of(row.tone, row.mentions.into(), row.stories.into());
            }
            days.into_iter().map(|(day, counts)| DayCounts { day, counts }).collect::<Vec<_>>()
        };
        let by_source = scene.store.by_source(brands, query, since, until).unwrap();
        let of_source = |id: &str, language: Option<&str>| {
            let mut sum = Counts::default();
            for row in &rolled {
                if row.source.as_str() == id && row.language.as_deref() == language {
                    sum += Counts::of(row.tone, row.mentions.into(), row.stories.into());
                }
            }
            sum
        };
        let in_one = |id: &str| {
            let one = [SourceId::new(id)].into();
            let found = scene.store.by_day_in(&one, &by_source, (brands, query), since, until).unwrap();
            found == [by_day(&[id])]
        };
        let all = scene.store.by_day(brands, query, since, until).unwrap();
        all == [by_day(&["news", "blog"])]
            && ["news", "blog"].into_iter().all(in_one)
            && by_source[0]
                .iter()
                .all(|row| row.counts == of_source(row.source.as_str(), row.language.as_deref()))
            && by_source[0].iter().map(|row| row.counts.mentions).sum::<u64>()
                == rolled.iter().map(|row| u64::from(row.mentions)).sum::<u64>()
    }

    #[test]
    fn touched_minutes_survive_a_restart_until_cleared() {
        let mut scene = Scene::listening(&["news"]);
        let first = batch("news", &[dated(item("1", "acme outage"), "2026-01-02T10:00:30Z")]);
        scene.store.ingest(&first, &poll("2026-01-02T11:00Z")).unwrap();
        let mut scene = scene.reopen();
        let touched = scene.store.touched().unwrap();
        let minute = time("2026-01-02T10:00Z");
        assert_eq!(
            touched.minutes,
            [(brand("acme"), None, minute), (brand("acme"), Some("outage".to_owned()), minute)]
        );
        let second = batch("news", &[dated(item("2", "globex"), "2026-01-02T10:00:30Z")]);
        scene.store.ingest(&second, &poll("2026-01-02T11:01Z")).unwrap();
        scene.store.clear_touched(touched.up_to).unwrap();
        assert_eq!(scene.store.touched().unwrap().minutes, [(brand("globex"), None, minute)]);
    }

    #[test]
    fn back_fill_touches_no_minute() {
        let mut scene = Scene::new();
        let document = batch("news", &[dated(item("1", "acme"), "2026-01-02T10:00Z")]);
        scene.store.ingest(&document, &poll("2026-01-02T11:00Z")).unwrap();
        assert_eq!(scene.store.touched().unwrap(), Touched::default());
    }

    /// An undated entry counts when it was observed, save in a first document, whose items may be of any age.
    #[test]
    fn undated_entries_count_when_observed_unless_they_are_back_fill() {
        let mut scene = Scene::new();
        let mut ingest = |guid: &str, at: &str| {
            scene.store.ingest(&batch("news", &[item(guid, "acme")]), &poll(at)).unwrap();
            scene.store.totals().unwrap()[0].mentions
        };
        assert_eq!(ingest("1", "2026-01-02T11:00Z"), 0);
        assert_eq!(ingest("2", "2026-01-02T12:00Z"), 1);
    }

    #[test]
    fn where_dates_are_asked_for_a_story_begins_with_its_first_dated_copy() {
        let mut scene = Scene::listening(&["news", "blog"]);
        let copy = |guid: &str, date: Option<&str>| {
            let mut copy = item(guid, &long_text(1, "acme"));
            copy.mentions[0].queries.push(crate::model::dated(None));
            date.map_or(copy.clone(), |date| dated(copy, date))
        };
        scene.store.ingest(&batch("news", &[copy("1", None)]), &poll("2026-01-02T08:00Z")).unwrap();
        let later = [copy("2", Some("2026-01-02T09:00Z"))];
        scene.store.ingest(&batch("blog", &later), &poll("2026-01-02T09:10Z")).unwrap();
        let counted = |scene: &Scene, query| {
            let brand = brand("acme");
            let (since, until) = (time("2026-01-02T08:00Z"), time("2026-01-02T10:00Z"));
            let scope = Scope { brand: &brand, query, since, until, backfill: false };
            let series = scene.store.series(&scope, 3_600).unwrap();
            series.buckets.iter().map(|bucket| (bucket.mentions, bucket.stories)).collect::<Vec<_>>()
        };
        assert_eq!(counted(&scene, None), [(1, 1), (1, 0)]);
        assert_eq!(counted(&scene, Some("dated:")), [(0, 0), (1, 1)]);
        // An edit that brings a date brings it into the count.
        let mut edited = item("1", &long_text(1, "acme mended"));
        edited.mentions[0].queries.push(crate::model::dated(None));
        let edited = [dated(edited, "2026-01-02T08:30Z")];
        scene.store.ingest(&batch("news", &edited), &poll("2026-01-02T09:30Z")).unwrap();
        assert_eq!(counted(&scene, Some("dated:")), [(1, 1), (1, 0)]);
        assert_eq!(scene.store.recount().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_zone_is_kept_and_has_a_name() {
        let mut scene = Scene::listening(&["news"]);
        let document = batch("news", &[dated(item("1", "acme"), "2026-01-02T23:30Z")]);
        scene.store.ingest(&document, &poll("2026-01-02T23:45Z")).unwrap();
        let day = |scene: &Scene| {
            let (since, until) = (time("2026-01-01T00:00Z"), time("2026-01-05T00:00Z"));
            scene.store.rollup(&[brand("acme")], None, since, until).unwrap()[0].day
        };
        assert_eq!(day(&scene), time("2026-01-02T00:00Z"));
        scene.store.set_zone(&TimeZone::get("Europe/Paris").unwrap()).unwrap();
        assert_eq!(day(&scene), time("2026-01-02T23:00Z"));
        let mut scene = scene.reopen();
        assert_eq!(day(&scene), time("2026-01-02T23:00Z"));
        assert!(scene.store.set_zone(&TimeZone::fixed(jiff::tz::offset(3))).is_err());
    }
}
