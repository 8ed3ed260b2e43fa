//! Counts over time, read from the rollups.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{Result, ensure};
use rusqlite::{OptionalExtension, params};

use super::mentions::{tone_label, tone_number};
use super::rollups::{LIVE, UNPLACED, known_subject, minute};
use super::sums::{Starts, day};
use super::{Reader, instant};
use crate::model::{BrandId, Bucket, SentimentLabel, Series, SourceId, Timestamp};
use crate::stats::HOURS_OF_WEEK;

/// What is asked about: a brand, or a brand within a saved query, in `[since, until)`.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    pub brand: &'a BrandId,
    /// The id of a saved query.
    pub query: Option<&'a str>,
    pub since: Timestamp,
    pub until: Timestamp,
    /// Whether what was heard in first documents, imports and after gaps counts.
    pub backfill: bool,
}

impl Scope<'_> {
    /// Up to what kind of back-fill is counted.
    pub(super) fn most(&self) -> u8 {
        if self.backfill { UNPLACED } else { LIVE }
    }
}

/// Counts of one brand on one day, in one source, language and tone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupRow {
    pub brand: BrandId,
    /// Start of the day in the user's zone.
    pub day: Timestamp,
    pub source: SourceId,
    /// `None`: unknown.
    pub language: Option<String>,
    /// `None`: not judged.
    pub tone: Option<SentimentLabel>,
    pub mentions: u32,
    /// Stories that began here.
    pub stories: u32,
}

/// All that was ever heard of one brand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    pub brand: BrandId,
    pub mentions: u64,
    pub stories: u64,
}

impl Reader {
    /// Counts per bucket of `step_s` seconds (a multiple of 60) from `since`, cut to its minute, to `until`.
    pub fn series(&self, scope: &Scope<'_>, step_s: u32) -> Result<Series> {
        self.series_up_to(scope, step_s, scope.most())
    }

    /// The same, and of it what is counted under the name of `alarming`, with a word of crisis.
    pub fn series_with(&self, scope: &Scope<'_>, alarming: Option<&str>, step_s: u32) -> Result<Series> {
        self.series_with_up_to(scope, alarming, step_s, scope.most())
    }

    /// The same of all that is back-fill of the kind `most` at most.
    pub(super) fn series_with_up_to(
        &self,
        scope: &Scope<'_>,
        alarming: Option<&str>,
        step_s: u32,
        most: u8,
    ) -> Result<Series> {
        let mut series = self.series_up_to(scope, step_s, most)?;
        if alarming.is_some() {
            let alarming = self.series_up_to(&Scope { query: alarming, ..*scope }, step_s, most)?;
            for (counts, alarming) in series.buckets.iter_mut().zip(&alarming.buckets) {
                *counts = counts.with_alarming(alarming);
            }
        }
        Ok(series)
    }

    /// As [`Reader::series`], of all that is back-fill of the kind `most` at most.
    pub(super) fn series_up_to(&self, scope: &Scope<'_>, step_s: u32, most: u8) -> Result<Series> {
        ensure!(step_s > 0 && step_s.is_multiple_of(60), "a series has buckets of whole minutes");
        let start = minute(scope.since.as_second());
        let until = scope.until.as_second();
        let step = i64::from(step_s);
        let length = usize::try_from((until - start).max(0).unsigned_abs().div_ceil(step.unsigned_abs()))?;
        let mut buckets = vec![Bucket::default(); length];
        if let Some(subject) = self.subject(scope)? {
            let mut statement = self.db.prepare_cached(
                "SELECT (bucket - ?2) / ?5, sum(mentions), sum(stories),
                     sum(CASE tone WHEN 0 THEN mentions ELSE 0 END), sum(CASE tone WHEN 0 THEN stories ELSE 0 END),
                     sum(CASE tone WHEN 2 THEN mentions ELSE 0 END), sum(CASE tone WHEN 2 THEN stories ELSE 0 END)
                 FROM rollups
                 WHERE subject = ?1 AND bucket >= ?2 AND bucket < ?3 AND backfill <= ?4
                 GROUP BY 1",
            )?;
            let mut rows = statement.query(params![subject, start, until, most, step_s])?;
            while let Some(row) = rows.next()? {
                buckets[row.get::<_, usize>(0)?] = Bucket {
                    mentions: row.get(1)?,
                    stories: row.get(2)?,
                    negative_mentions: row.get(3)?,
                    negative_stories: row.get(4)?,
                    positive_mentions: row.get(5)?,
                    positive_stories: row.get(6)?,
                    ..Bucket::default()
                };
            }
        }
        Ok(Series { start: instant(start), step_s, buckets })
    }

    /// What of `scope` was known at `seen_at`, counted from the mentions as they are kept today; a story
    /// counts where its earliest mention known then does.
    pub fn count_known(&self, scope: &Scope<'_>, seen_at: Timestamp) -> Result<Bucket> {
        let Some(subject) = self.subject(scope)? else { return Ok(Bucket::default()) };
        let mut statement = self.db.prepare_cached(
            "SELECT count(*), coalesce(sum(first), 0), coalesce(sum(tone = 0), 0),
                 coalesce(sum(first AND tone = 0), 0), coalesce(sum(tone = 2), 0), coalesce(sum(first AND tone = 2), 0)
             FROM (SELECT c.tone AS tone, NOT EXISTS (
                     SELECT 1 FROM entries f JOIN mentions n USING (entry)
                         JOIN counted d ON d.subject = ?1 AND d.at = f.at AND d.mention = n.mention
                     WHERE f.story = e.story AND f.observed <= ?5 AND (f.at, f.id) < (e.at, e.id)) AS first
                 FROM counted c JOIN mentions m USING (mention) JOIN entries e USING (entry)
                 WHERE c.subject = ?1 AND c.at >= ?2 AND c.at < ?3 AND c.backfill <= ?4 AND e.observed <= ?5)",
        )?;
        let (since, until) = (scope.since.as_second(), scope.until.as_second());
        let known = params![subject, since, until, scope.most(), seen_at.as_second()];
        Ok(statement.query_row(known, |row| {
            Ok(Bucket {
                mentions: row.get(0)?,
                stories: row.get(1)?,
                negative_mentions: row.get(2)?,
                negative_stories: row.get(3)?,
                positive_mentions: row.get(4)?,
                positive_stories: row.get(5)?,
                ..Bucket::default()
            })
        })?)
    }

    /// In how many sources it was heard.
    pub fn source_count(&self, scope: &Scope<'_>) -> Result<u32> {
        let Some(subject) = self.subject(scope)? else { return Ok(0) };
        let mut statement = self.db.prepare_cached(
            "SELECT count(DISTINCT source) FROM rollups
             WHERE subject = ?1 AND bucket >= ?2 AND bucket < ?3 AND backfill <= ?4",
        )?;
        let (since, until) = (minute(scope.since.as_second()), scope.until.as_second());
        Ok(statement.query_row(params![subject, since, until, scope.most()], |row| row.get(0))?)
    }

    /// In how many sources something was heard in a tone, or counted under the name of `alarming` and not positive.
    pub fn toned_source_count(
        &self,
        scope: &Scope<'_>,
        tone: SentimentLabel,
        alarming: Option<&str>,
    ) -> Result<u32> {
        let alarming = match alarming {
            Some(_) => self.subject(&Scope { query: alarming, ..*scope })?,
            None => None,
        };
        let mut statement = self.db.prepare_cached(
            "SELECT count(*) FROM (
                 SELECT source FROM rollups WHERE subject = ?1 AND bucket >= ?3 AND bucket < ?4
                     AND backfill <= ?5 AND tone = ?6
                 UNION SELECT source FROM rollups WHERE subject = ?2 AND bucket >= ?3
                     AND bucket < ?4 AND backfill <= ?5 AND tone <> ?7)",
        )?;
        let (since, until) = (minute(scope.since.as_second()), scope.until.as_second());
        let (tone, positive) = (tone_number(Some(tone)), tone_number(Some(SentimentLabel::Positive)));
        let subjects = (self.subject(scope)?, alarming);
        let asked = params![subjects.0, subjects.1, since, until, scope.most(), tone, positive];
        Ok(statement.query_row(asked, |row| row.get(0))?)
    }

    /// Counts per day, source, language and tone, back-fill included, days cut to `[since, until)`;
    /// ordered by brand as given, then day.
    pub fn rollup(
        &self,
        brands: &[BrandId],
        query: Option<&str>,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<RollupRow>> {
        let (since, until) = (minute(since.as_second()), until.as_second());
        let mut rows = Vec::new();
        let sources = self.source_names()?;
        for brand in brands {
            let Some(subject) = known_subject(&self.db, brand, query.unwrap_or(""))? else { continue };
            let first = rows.len();
            rows.extend(self.sum_rollups(subject, since, until)?.into_iter().filter_map(
                |((day, source, language, tone), (mentions, stories))| {
                    Some(RollupRow {
                        brand: brand.clone(),
                        day: instant(day),
                        source: sources.get(&source)?.clone(),
                        language: (!language.is_empty()).then(|| language.to_string()),
                        tone: tone_label(tone),
                        mentions,
                        stories,
                    })
                },
            ));
            let order =
                |row: &RollupRow| (row.day, row.source.clone(), row.language.clone(), tone_number(row.tone));
            rows[first..].sort_by_cached_key(order);
        }
        Ok(rows)
    }

    /// When the first counted mention was, by its own time.
    pub fn first_mention_at(&self, brand: &BrandId) -> Result<Option<Timestamp>> {
        let Some(subject) = known_subject(&self.db, brand, "")? else { return Ok(None) };
        let mut statement = self.db.prepare_cached("SELECT min(at) FROM counted WHERE subject = ?1")?;
        let first: Option<i64> = statement.query_row([subject], |row| row.get(0))?;
        Ok(first.map(instant))
    }

    /// When each of `sources` was last heard to name a brand, to the day.
    pub fn latest_mentions(&self, sources: &[&SourceId]) -> Result<Vec<Option<Timestamp>>> {
        let mut statement = self.db.prepare_cached(
            "SELECT r.bucket FROM sources s JOIN rollups r USING (source)
             WHERE s.id = ?1 AND r.mentions > 0 AND r.subject IN (SELECT subject FROM subjects WHERE query = '')
             ORDER BY r.bucket DESC LIMIT 1",
        )?;
        let mut latest = |source: &&SourceId| {
            let minute: Option<i64> = statement.query_row([source.as_str()], |row| row.get(0)).optional()?;
            minute.map(|minute| Ok(instant(day(minute, &self.zone)?))).transpose()
        };
        sources.iter().map(&mut latest).collect()
    }

    /// Of every brand ever heard of, ordered by id.
    pub fn totals(&self) -> Result<Vec<Totals>> {
        let mut statement = self.db.prepare_cached(
            "SELECT s.brand, coalesce(sum(d.mentions), 0), coalesce(sum(d.stories), 0)
             FROM subjects s LEFT JOIN day_sums d USING (subject)
             WHERE s.query = '' GROUP BY s.brand ORDER BY s.brand",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(Totals {
                brand: BrandId::new(row.get::<_, String>(0)?),
                mentions: row.get(1)?,
                stories: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn subject(&self, scope: &Scope<'_>) -> Result<Option<i64>> {
        known_subject(&self.db, scope.brand, scope.query.unwrap_or(""))
    }

    fn sum_rollups(&self, subject: i64, since: i64, until: i64) -> Result<Sums> {
        let mut statement = self.db.prepare_cached(
            "SELECT bucket, source, language, tone, mentions, stories FROM rollups
             WHERE subject = ?1 AND bucket >= ?2 AND bucket < ?3",
        )?;
        let (mut sums, mut starts) = (Sums::new(), Starts::new(&self.zone));
        let mut rows = statement.query(params![subject, since, until])?;
        while let Some(row) = rows.next()? {
            let (day, _) = starts.of(row.get(0)?)?;
            let language = row.get_ref(2)?.as_str()?.into();
            let sum = sums.entry((day, row.get(1)?, language, row.get(3)?)).or_default();
            sum.0 += row.get::<_, u32>(4)?;
            sum.1 += row.get::<_, u32>(5)?;
        }
        Ok(sums)
    }

    /// Of every source ever heard, by its number.
    pub(super) fn source_names(&self) -> Result<HashMap<i64, SourceId>> {
        let mut statement = self.db.prepare_cached("SELECT source, id FROM sources")?;
        let names = statement
            .query_map([], |row| Ok((row.get(0)?, SourceId::new(row.get::<_, String>(1)?))))?
            .collect::<Result<_, _>>()?;
        Ok(names)
    }

    /// Mentions by hour of the week, from Monday 0:00 in the user's zone, of whole minutes.
    pub fn hours_of_week(&self, scope: &Scope<'_>, without: &[SourceId]) -> Result<Vec<u32>> {
        let mut hours = vec![0; HOURS_OF_WEEK];
        let Some(subject) = self.subject(scope)? else { return Ok(hours) };
        let left_out: HashSet<i64> = self.numbers(without)?;
        let mut statement = self.db.prepare_cached(
            "SELECT bucket, source, mentions FROM rollups
             WHERE subject = ?1 AND bucket >= ?2 AND bucket < ?3 AND backfill <= ?4",
        )?;
        let (since, until) = (minute(scope.since.as_second()), scope.until.as_second());
        let mut rows = statement.query(params![subject, since, until, scope.most()])?;
        // Buckets come in order of time; no zone changes its clock within a quarter of an hour.
        let (mut quarter, mut hour) = (i64::MIN, 0);
        while let Some(row) = rows.next()? {
            let bucket: i64 = row.get(0)?;
            if !left_out.is_empty() && left_out.contains(&row.get(1)?) {
                continue;
            }
            if bucket.div_euclid(900) != quarter {
                quarter = bucket.div_euclid(900);
                let zoned = instant(bucket).to_zoned(self.zone.clone());
                hour = usize::try_from(zoned.weekday().to_monday_zero_offset())? * 24
                    + usize::try_from(zoned.hour())?;
            }
            hours[hour] += row.get::<_, u32>(2)?;
        }
        Ok(hours)
    }

    /// The opposite of [`Reader::source_names`].
    pub(super) fn source_numbers(&self) -> Result<HashMap<SourceId, i64>> {
        Ok(self.source_names()?.into_iter().map(|(number, id)| (id, number)).collect())
    }

    pub(super) fn numbers(&self, sources: &[SourceId]) -> Result<HashSet<i64>> {
        let mut statement = self.db.prepare_cached("SELECT source FROM sources WHERE id = ?1")?;
        let mut number = |id: &SourceId| statement.query_row([id.as_str()], |row| row.get(0)).optional();
        Ok(sources.iter().filter_map(|id| number(id).transpose()).collect::<Result<_, _>>()?)
    }
}

/// Mentions and stories by day, source, language and tone.
type Sums = BTreeMap<(i64, i64, Box<str>, u8), (u32, u32)>;

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::super::testing::{Scene, batch, brand, dated, item, long_text, poll, time};
    use super::*;

    /// Two days of `acme`, one of `globex`, one story in three copies, one mention in own voice.
    fn scene() -> Scene {
        let mut scene = Scene::listening(&["news", "blog"]);
        let copy = |guid| item(guid, &long_text(1, "acme outage awful"));
        let news = [
            dated(copy("1"), "2026-01-02T10:00Z"),
            dated(copy("2"), "2026-01-02T10:59:59Z"),
            dated(item("3", "acme and globex"), "2026-01-02T11:00Z"),
            dated(item("4", "acme ourselves"), "2026-01-02T11:00Z"),
            dated(item("5", "acme panne"), "2026-01-03T23:30Z"),
        ];
        scene.store.ingest(&batch("news", &news), &poll("2026-01-04T00:00Z")).unwrap();
        let blog = [dated(copy("6"), "2026-01-03T08:00Z")];
        scene.store.ingest(&batch("blog", &blog), &poll("2026-01-04T00:00Z")).unwrap();
        let first_document = [dated(item("7", "acme alone"), "2026-01-02T10:30Z")];
        scene.store.ingest(&batch("late", &first_document), &poll("2026-01-04T00:00Z")).unwrap();
        scene
    }

    #[track_caller]
    fn check_series(scope: (&str, Option<&str>, &str, &str, bool), step_s: u32, expected: &[[u32; 4]]) {
        let (id, query, since, until, backfill) = scope;
        let brand = brand(id);
        let scope = Scope { brand: &brand, query, since: time(since), until: time(until), backfill };
        let series = scene().store.series(&scope, step_s).unwrap();
        let buckets: Vec<[u32; 4]> = series
            .buckets
            .iter()
            .map(|b| [b.mentions, b.stories, b.negative_mentions, b.negative_stories])
            .collect();
        assert_eq!(buckets, expected);
    }

    #[test]
    fn series_are_half_open_and_without_gaps() {
        check_series(
            ("acme", None, "2026-01-02T09:00Z", "2026-01-02T12:00Z", false),
            3600,
            &[[0, 0, 0, 0], [2, 1, 2, 1], [1, 1, 0, 0]],
        );
        check_series(("acme", None, "2026-01-02T10:00Z", "2026-01-02T11:00Z", true), 3600, &[[3, 2, 2, 1]]);
        check_series(("acme", None, "2026-01-02T10:01Z", "2026-01-02T10:59Z", false), 3600, &[[0, 0, 0, 0]]);
        check_series(("acme", None, "2026-01-02T11:00Z", "2026-01-02T11:00Z", false), 3600, &[]);
        check_series(
            ("nobody", None, "2026-01-02T11:00Z", "2026-01-02T11:02Z", false),
            60,
            &[[0; 4], [0; 4]],
        );
    }

    #[test]
    fn a_saved_query_narrows_and_a_story_counts_where_it_began() {
        check_series(
            ("acme", Some("outage"), "2026-01-02T00:00Z", "2026-01-04T00:00Z", true),
            86_400,
            &[[2, 1, 2, 1], [1, 0, 1, 0]],
        );
        check_series(
            ("globex", Some("outage"), "2026-01-02T00:00Z", "2026-01-03T00:00Z", true),
            86_400,
            &[[0; 4]],
        );
    }

    #[test]
    fn steps_are_whole_minutes() {
        let acme = brand("acme");
        let (since, until) = (time("2026-01-02T00:00Z"), time("2026-01-03T00:00Z"));
        let scope = Scope { brand: &acme, query: None, since, until, backfill: false };
        for step in [0, 59, 90] {
            assert!(scene().store.series(&scope, step).is_err());
        }
    }

    #[test]
    fn sources_are_counted_once() {
        let scene = scene();
        let acme = brand("acme");
        let count = |since, until, backfill| {
            let scope = Scope { brand: &acme, query: None, since: time(since), until: time(until), backfill };
            scene.store.source_count(&scope).unwrap()
        };
        assert_eq!(count("2026-01-02T00:00Z", "2026-01-04T00:00Z", false), 2);
        assert_eq!(count("2026-01-02T00:00Z", "2026-01-04T00:00Z", true), 3);
        assert_eq!(count("2026-01-02T00:00Z", "2026-01-03T00:00Z", false), 1);
    }

    /// One line per row: brand, day, source, language, tone, mentions, stories.
    #[track_caller]
    fn check_rollup(zone: &str, since: &str, until: &str, expected: &[&str]) {
        let mut scene = scene();
        scene.store.set_zone(&TimeZone::get(zone).unwrap()).unwrap();
        let rows =
            scene.store.rollup(&[brand("globex"), brand("acme")], None, time(since), time(until)).unwrap();
        let lines: Vec<String> = rows
            .iter()
            .map(|row| {
                let day = row.day.to_zoned(TimeZone::get(zone).unwrap()).date();
                let (language, tone) = (row.language.as_deref().unwrap_or("-"), row.tone.unwrap().as_str());
                format!(
                    "{} {day} {} {language} {tone} {} {}",
                    row.brand, row.source, row.mentions, row.stories
                )
            })
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn days_are_days_of_the_zone() {
        check_rollup(
            "UTC",
            "2026-01-01T00:00Z",
            "2026-01-05T00:00Z",
            &[
                "globex 2026-01-02 news en neutral 1 1",
                "acme 2026-01-02 late en neutral 1 1",
                "acme 2026-01-02 news en negative 2 1",
                "acme 2026-01-02 news en neutral 1 1",
                "acme 2026-01-03 blog en negative 1 0",
                "acme 2026-01-03 news fr neutral 1 1",
            ],
        );
        check_rollup(
            "Europe/Paris",
            "2026-01-03T12:00Z",
            "2026-01-05T00:00Z",
            &["acme 2026-01-04 news fr neutral 1 1"],
        );
    }

    #[test]
    fn days_are_cut_to_the_window() {
        check_rollup(
            "America/New_York",
            "2026-01-02T10:30Z",
            "2026-01-03T08:00Z",
            &[
                "globex 2026-01-02 news en neutral 1 1",
                "acme 2026-01-02 late en neutral 1 1",
                "acme 2026-01-02 news en negative 1 0",
                "acme 2026-01-02 news en neutral 1 1",
            ],
        );
        check_rollup("UTC", "2026-01-02T11:01Z", "2026-01-02T12:00Z", &[]);
        check_rollup("UTC", "2026-01-04T00:00Z", "2026-01-02T00:00Z", &[]);
    }

    #[test]
    fn totals_and_beginnings() {
        let scene = scene();
        let totals = |id, mentions, stories| Totals { brand: brand(id), mentions, stories };
        assert_eq!(scene.store.totals().unwrap(), [totals("acme", 6, 4), totals("globex", 1, 1)]);
        assert_eq!(scene.store.first_mention_at(&brand("acme")).unwrap(), Some(time("2026-01-02T10:00Z")));
        assert_eq!(scene.store.first_mention_at(&brand("nobody")).unwrap(), None);
    }
}
