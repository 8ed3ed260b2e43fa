//! Sums over the rollups, kept with them: of all sources by day, and of each source by month.
//!
//! A rollup has a row for each source, and there may be thousands: what is asked of a year would read a million
//! of them. Days and months are those of the user's zone; back-fill of every kind is counted.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::{AddAssign, SubAssign};

use anyhow::Result;
use jiff::tz::TimeZone;
use rusqlite::{Connection, params};

use super::rollups::{Place, known_subject, minute};
use super::{Reader, instant};
use crate::model::{BrandId, SentimentLabel, SourceId, Timestamp};

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub mentions: u64,
    /// Stories that began there.
    pub stories: u64,
    /// Mentions by tone, in the order of [`SentimentLabel`]; those that were not judged are in none.
    pub tones: [u64; 3],
}

impl Counts {
    pub fn of(tone: Option<SentimentLabel>, mentions: u64, stories: u64) -> Self {
        let mut tones = [0; 3];
        if let Some(tone) = tone {
            tones[tone as usize] = mentions;
        }
        Self { mentions, stories, tones }
    }

    fn is_zero(&self) -> bool {
        self.mentions == 0 && self.stories == 0
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.mentions += other.mentions;
        self.stories += other.stories;
        self.tones.iter_mut().zip(other.tones).for_each(|(sum, tone)| *sum += tone);
    }
}

/// Of a damaged store, a part may be more than the whole.
impl SubAssign for Counts {
    fn sub_assign(&mut self, other: Self) {
        self.mentions = self.mentions.saturating_sub(other.mentions);
        self.stories = self.stories.saturating_sub(other.stories);
        self.tones.iter_mut().zip(other.tones).for_each(|(sum, tone)| *sum = sum.saturating_sub(tone));
    }
}

/// Of one brand on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCounts {
    /// Start of the day in the user's zone.
    pub day: Timestamp,
    pub counts: Counts,
}

/// Of one brand in one source and language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceCounts {
    pub source: SourceId,
    /// `None`: unknown.
    pub language: Option<String>,
    pub counts: Counts,
}

/// Beyond this part of the mentions, what is left out is not taken off: what is left is added up.
const MOST_TAKEN_OFF: f64 = 0.25;

impl Reader {
    /// Counts of each brand per day, days cut to `[since, until)`, those with nothing left out; in order.
    pub fn by_day(
        &self,
        brands: &[BrandId],
        query: Option<&str>,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Vec<DayCounts>>> {
        let (since, until) = (minute(since.as_second()), until.as_second());
        let (first, last) = whole(since, until, &self.zone, day, day_after)?;
        let mut of_brands = Vec::with_capacity(brands.len());
        let mut whole_days = self.db.prepare_cached(
            "SELECT day, mentions, stories, negative, neutral, positive FROM day_sums
             WHERE subject = ?1 AND day >= ?2 AND day < ?3",
        )?;
        for brand in brands {
            let mut days = Vec::new();
            if let Some(subject) = known_subject(&self.db, brand, query.unwrap_or(""))? {
                self.add_minutes(subject, since, first, None, &mut days)?;
                let mut rows = whole_days.query([subject, first, last])?;
                while let Some(row) = rows.next()? {
                    days.push(DayCounts { day: instant(row.get(0)?), counts: counts(row, 1)? });
                }
                self.add_minutes(subject, last, until, None, &mut days)?;
            }
            of_brands.push(days);
        }
        Ok(of_brands)
    }

    /// The same in some sources only; `by_source` is what all sources had in that time.
    pub fn by_day_in(
        &self,
        sources: &HashSet<SourceId>,
        by_source: &[Vec<SourceCounts>],
        (brands, query): (&[BrandId], Option<&str>),
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Vec<DayCounts>>> {
        let others: Vec<&SourceCounts> =
            by_source.iter().flatten().filter(|row| !sources.contains(&row.source)).collect();
        let sum = |rows: &mut dyn Iterator<Item = &SourceCounts>| -> u64 {
            rows.map(|row| row.counts.mentions).sum()
        };
        let of_others = sum(&mut others.iter().copied());
        let (since_s, until_s) = (minute(since.as_second()), until.as_second());
        let numbers = self.source_numbers()?;
        if of_others as f64 > MOST_TAKEN_OFF * sum(&mut by_source.iter().flatten()) as f64 {
            let taken: HashSet<i64> = sources.iter().filter_map(|id| numbers.get(id)).copied().collect();
            let of = |brand: &BrandId| {
                let mut days = Vec::new();
                if let Some(subject) = known_subject(&self.db, brand, query.unwrap_or(""))? {
                    self.add_minutes(subject, since_s, until_s, Some(&taken), &mut days)?;
                }
                Ok(days)
            };
            return brands.iter().map(of).collect();
        }
        let mut of_brands = self.by_day(brands, query, since, until)?;
        let mut places = HashMap::new();
        for (place, brand) in brands.iter().enumerate() {
            places
                .extend(known_subject(&self.db, brand, query.unwrap_or(""))?.map(|subject| (subject, place)));
        }
        let mut statement = self.db.prepare_cached(
            "SELECT subject, bucket, tone, mentions, stories FROM rollups
             WHERE source = ?1 AND bucket >= ?2 AND bucket < ?3",
        )?;
        let mut starts = Starts::new(&self.zone);
        let others: HashSet<i64> =
            others.iter().filter_map(|row| numbers.get(&row.source)).copied().collect();
        for source in others {
            let mut rows = statement.query([source, since_s, until_s])?;
            while let Some(row) = rows.next()? {
                let Some(place) = places.get(&row.get::<_, i64>(0)?) else { continue };
                let day = instant(starts.of(row.get(1)?)?.0);
                let days = &mut of_brands[*place];
                if let Ok(at) = days.binary_search_by_key(&day, |counts| counts.day) {
                    days[at].counts -= of_tone(row.get(2)?, row.get(3)?, row.get(4)?);
                }
            }
        }
        of_brands.iter_mut().for_each(|days| days.retain(|day| !day.counts.is_zero()));
        Ok(of_brands)
    }

    /// Counts of each brand per source and language in `[since, until)`, in no order.
    pub fn by_source(
        &self,
        brands: &[BrandId],
        query: Option<&str>,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Vec<SourceCounts>>> {
        let names = self.source_names()?;
        let of = |brand: &BrandId| {
            let Some(subject) = known_subject(&self.db, brand, query.unwrap_or(""))? else {
                return Ok(Vec::new());
            };
            // By language, the counts of each source by its number: those are small.
            let mut sums: Vec<(Box<str>, Vec<Counts>)> = Vec::new();
            self.each_source(subject, since.as_second(), until.as_second(), |source, language, counts| {
                let known = sums.iter().position(|(known, _)| **known == *language);
                let place = known.unwrap_or_else(|| {
                    sums.push((language.into(), Vec::new()));
                    sums.len() - 1
                });
                let of_language = &mut sums[place].1;
                let source = usize::try_from(source).unwrap_or_default();
                if of_language.len() <= source {
                    of_language.resize(source + 1, Counts::default());
                }
                of_language[source] += counts;
            })?;
            let mut rows = Vec::new();
            for (language, of_language) in sums {
                let language = Some(language.into_string()).filter(|language| !language.is_empty());
                let heard = (0..).zip(of_language).filter(|(_, counts)| !counts.is_zero());
                rows.extend(heard.filter_map(|(source, counts)| {
                    let source = names.get(&source)?.clone();
                    Some(SourceCounts { source, language: language.clone(), counts })
                }));
            }
            Ok(rows)
        };
        brands.iter().map(of).collect()
    }

    /// Counts of a subject by source and language, in parts; from the minute of `since` on.
    pub(super) fn each_source(
        &self,
        subject: i64,
        since: i64,
        until: i64,
        mut each: impl FnMut(i64, &str, Counts),
    ) -> Result<()> {
        let since = minute(since);
        let (first, last) = whole(since, until, &self.zone, month, month_after)?;
        let mut months = self.db.prepare_cached(
            "SELECT source, language, mentions, stories, negative, neutral, positive FROM source_months
             WHERE subject = ?1 AND month >= ?2 AND month < ?3",
        )?;
        let mut rows = months.query([subject, first, last])?;
        while let Some(row) = rows.next()? {
            each(row.get(0)?, row.get_ref(1)?.as_str()?, counts(row, 2)?);
        }
        let mut minutes = self.db.prepare_cached(
            "SELECT source, language, tone, mentions, stories FROM rollups
             WHERE subject = ?1 AND bucket >= ?2 AND bucket < ?3",
        )?;
        for (since, until) in [(since, first), (last, until)] {
            let mut rows = minutes.query([subject, since, until])?;
            while let Some(row) = rows.next()? {
                let counts = of_tone(row.get(2)?, row.get(3)?, row.get(4)?);
                each(row.get(0)?, row.get_ref(1)?.as_str()?, counts);
            }
        }
        Ok(())
    }

    /// Adds minutes in `[since, until)`, of the given sources or of all, to the days after those there are.
    fn add_minutes(
        &self,
        subject: i64,
        since: i64,
        until: i64,
        sources: Option<&HashSet<i64>>,
        days: &mut Vec<DayCounts>,
    ) -> Result<()> {
        let mut statement = self.db.prepare_cached(
            "SELECT bucket, source, tone, mentions, stories FROM rollups
             WHERE subject = ?1 AND bucket >= ?2 AND bucket < ?3",
        )?;
        let mut starts = Starts::new(&self.zone);
        let mut rows = statement.query([subject, since, until])?;
        while let Some(row) = rows.next()? {
            if sources.is_some_and(|sources| row.get(1).is_ok_and(|source: i64| !sources.contains(&source))) {
                continue;
            }
            let day = instant(starts.of(row.get(0)?)?.0);
            let counts = of_tone(row.get(2)?, row.get(3)?, row.get(4)?);
            match days.last_mut().filter(|last| last.day == day) {
                Some(last) => last.counts += counts,
                None => days.push(DayCounts { day, counts }),
            }
        }
        Ok(())
    }

    /// Compares the sums with the rollups they are of; one line per difference.
    pub(super) fn wrong_sums(&self) -> Result<Vec<String>> {
        let mut expected = Sums::new(&self.zone);
        each_place(&self.db, |place, mentions, stories| expected.add(place, mentions, stories))?;
        let mut stored = Sums::new(&self.zone);
        let mut statement = self
            .db
            .prepare("SELECT subject, day, mentions, stories, negative, neutral, positive FROM day_sums")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            stored.days.insert((row.get(0)?, row.get(1)?), difference(row, 2)?);
        }
        let mut statement = self.db.prepare(
            "SELECT subject, month, source, language, mentions, stories, negative, neutral, positive
             FROM source_months",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            stored.months.insert(key, difference(row, 4)?);
        }
        let wrong = |what: String, stored: Option<&Difference>, expected: Option<&Difference>| {
            let shown = |counts: Option<&Difference>| match counts {
                Some([mentions, stories, tones @ ..]) => {
                    format!("{mentions} mentions, {stories} stories, {tones:?} by tone")
                }
                None => "nothing".to_owned(),
            };
            (stored != expected)
                .then(|| format!("{what}: {} stored, {} by minute", shown(stored), shown(expected)))
        };
        let keys: BTreeSet<_> = expected.days.keys().chain(stored.days.keys()).collect();
        let mut lines: Vec<String> = keys
            .into_iter()
            .filter_map(|key| {
                let what = format!("subject {}, day {}", key.0, instant(key.1));
                wrong(what, stored.days.get(key), expected.days.get(key))
            })
            .collect();
        let keys: BTreeSet<_> = expected.months.keys().chain(stored.months.keys()).collect();
        lines.extend(keys.into_iter().filter_map(|key| {
            let (subject, month, source, language) = key;
            let month = instant(*month);
            let what = format!("subject {subject}, month {month}, source {source}, language `{language}`");
            wrong(what, stored.months.get(key), expected.months.get(key))
        }));
        Ok(lines)
    }
}

/// Mentions, stories, and mentions by tone, to add.
type Difference = [i64; 5];

/// What a transaction changes.
pub(super) struct Sums<'a> {
    starts: Starts<'a>,
    /// By subject and day.
    days: BTreeMap<(i64, i64), Difference>,
    /// By subject, month, source and language.
    months: BTreeMap<(i64, i64, i64, String), Difference>,
}

impl<'a> Sums<'a> {
    pub fn new(zone: &'a TimeZone) -> Self {
        Self { starts: Starts::new(zone), days: BTreeMap::new(), months: BTreeMap::new() }
    }

    pub fn add(&mut self, place: Place, mentions: i64, stories: i64) -> Result<()> {
        let Place { subject, minute, source, language, tone, backfill: _ } = place;
        let (day, month) = self.starts.of(minute)?;
        let mut change = [mentions, stories, 0, 0, 0];
        if let Some(of_tone) = change[2..].get_mut(usize::from(tone)) {
            *of_tone = mentions;
        }
        for sum in [
            self.days.entry((subject, day)).or_default(),
            self.months.entry((subject, month, source, language)).or_default(),
        ] {
            sum.iter_mut().zip(change).for_each(|(sum, change)| *sum += change);
        }
        Ok(())
    }

    /// Writes what was added, and forgets it.
    pub fn write(&mut self, db: &Connection) -> Result<()> {
        let mut add = db.prepare_cached(
            "INSERT INTO day_sums (subject, day, mentions, stories, negative, neutral, positive)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET mentions = mentions + excluded.mentions,
                 stories = stories + excluded.stories, negative = negative + excluded.negative,
                 neutral = neutral + excluded.neutral, positive = positive + excluded.positive",
        )?;
        let mut tidy = db.prepare_cached(
            "DELETE FROM day_sums WHERE subject = ?1 AND day = ?2 AND mentions = 0 AND stories = 0",
        )?;
        for ((subject, day), change) in std::mem::take(&mut self.days) {
            if change == Difference::default() {
                continue;
            }
            let [mentions, stories, negative, neutral, positive] = change;
            add.execute(params![subject, day, mentions, stories, negative, neutral, positive])?;
            if mentions < 0 {
                tidy.execute([subject, day])?;
            }
        }
        let mut add = db.prepare_cached(
            "INSERT INTO source_months
                 (subject, month, source, language, mentions, stories, negative, neutral, positive)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT DO UPDATE SET mentions = mentions + excluded.mentions,
                 stories = stories + excluded.stories, negative = negative + excluded.negative,
                 neutral = neutral + excluded.neutral, positive = positive + excluded.positive",
        )?;
        let mut tidy = db.prepare_cached(
            "DELETE FROM source_months WHERE subject = ?1 AND month = ?2 AND source = ?3 AND language = ?4
                 AND mentions = 0 AND stories = 0",
        )?;
        for ((subject, month, source, language), change) in std::mem::take(&mut self.months) {
            if change == Difference::default() {
                continue;
            }
            let [mentions, stories, negative, neutral, positive] = change;
            let at = (subject, month, source, &language);
            add.execute(params![at.0, at.1, at.2, at.3, mentions, stories, negative, neutral, positive])?;
            if mentions < 0 {
                tidy.execute(at)?;
            }
        }
        Ok(())
    }
}

/// Makes all sums again from the rollups.
pub(super) fn rebuild(db: &Connection, zone: &TimeZone) -> Result<()> {
    db.execute_batch("DELETE FROM day_sums; DELETE FROM source_months;")?;
    let mut sums = Sums::new(zone);
    let mut under_way = None;
    each_place(db, |place, mentions, stories| {
        let (_, month) = sums.starts.of(place.minute)?;
        // Places come in order: what is complete need not be held.
        if under_way.replace((place.subject, month)) != Some((place.subject, month)) {
            sums.write(db)?;
        }
        sums.add(place, mentions, stories)
    })?;
    sums.write(db)
}

/// Every rollup with its counts, ordered by subject and minute.
fn each_place(db: &Connection, mut each: impl FnMut(Place, i64, i64) -> Result<()>) -> Result<()> {
    let mut statement = db.prepare(
        "SELECT subject, bucket, source, language, tone, backfill, mentions, stories FROM rollups
         ORDER BY subject, bucket",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let place = Place {
            subject: row.get(0)?,
            minute: row.get(1)?,
            source: row.get(2)?,
            language: row.get(3)?,
            tone: row.get(4)?,
            backfill: row.get(5)?,
        };
        each(place, row.get(6)?, row.get(7)?)?;
    }
    Ok(())
}

fn counts(row: &rusqlite::Row<'_>, from: usize) -> Result<Counts> {
    let [mentions, stories, tones @ ..] = [0, 1, 2, 3, 4].map(|column| row.get(from + column));
    let [negative, neutral, positive] = tones;
    Ok(Counts { mentions: mentions?, stories: stories?, tones: [negative?, neutral?, positive?] })
}

fn difference(row: &rusqlite::Row<'_>, from: usize) -> Result<Difference> {
    let mut difference = Difference::default();
    for (column, count) in (from..).zip(&mut difference) {
        *count = row.get(column)?;
    }
    Ok(difference)
}

fn of_tone(tone: u8, mentions: u64, stories: u64) -> Counts {
    Counts::of(super::mentions::tone_label(tone), mentions, stories)
}

/// Where days and months start, for times that come close upon each other; all in Unix seconds.
pub(super) struct Starts<'a> {
    zone: &'a TimeZone,
    /// A quarter of an hour, its day and its month: no zone changes either within one.
    latest: Option<(i64, (i64, i64))>,
}

impl<'a> Starts<'a> {
    pub fn new(zone: &'a TimeZone) -> Self {
        Self { zone, latest: None }
    }

    /// The day and the month that a time is in.
    pub fn of(&mut self, at: i64) -> Result<(i64, i64)> {
        let quarter = at.div_euclid(900);
        if let Some((_, starts)) = self.latest.filter(|(latest, _)| *latest == quarter) {
            return Ok(starts);
        }
        let starts = (day(at, self.zone)?, month(at, self.zone)?);
        self.latest = Some((quarter, starts));
        Ok(starts)
    }
}

/// The start of the day of `zone` an instant is in; both in Unix seconds.
pub(super) fn day(at: i64, zone: &TimeZone) -> Result<i64> {
    Ok(instant(at).to_zoned(zone.clone()).start_of_day()?.timestamp().as_second())
}

/// The start of its month.
fn month(at: i64, zone: &TimeZone) -> Result<i64> {
    let first = instant(at).to_zoned(zone.clone()).first_of_month()?;
    Ok(first.start_of_day()?.timestamp().as_second())
}

/// The start of the day after the one that starts at `start`.
fn day_after(start: i64, zone: &TimeZone) -> Result<i64> {
    let tomorrow = instant(start).to_zoned(zone.clone()).tomorrow()?;
    Ok(tomorrow.start_of_day()?.timestamp().as_second())
}

fn month_after(start: i64, zone: &TimeZone) -> Result<i64> {
    let last = instant(start).to_zoned(zone.clone()).last_of_month()?;
    Ok(last.tomorrow()?.start_of_day()?.timestamp().as_second())
}

/// The days or months that lie as a whole in `[since, until)`: from where to where; `(until, until)` if none does.
fn whole(
    since: i64,
    until: i64,
    zone: &TimeZone,
    start: impl Fn(i64, &TimeZone) -> Result<i64>,
    after: impl Fn(i64, &TimeZone) -> Result<i64>,
) -> Result<(i64, i64)> {
    let first = match start(since, zone)? {
        first if first == since => first,
        begun => after(begun, zone)?,
    };
    let last = start(until, zone)?;
    Ok(if first < last { (first, last) } else { (until, until) })
}
