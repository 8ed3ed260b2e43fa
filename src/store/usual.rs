//! What was heard of a brand before, as today's sources would have counted it.
//!
//! A source is heard of from where its first document reaches back to: a busy feed holds its last day, a
//! quiet blog its last year. Counts of earlier times lack it, and taken as they are they would make every
//! new source look like an event. So each bucket comes with the share of today's talk that comes from sources
//! heard at that time, and is divided by it.

use anyhow::Result;
use rusqlite::params;

use super::rollups::{DAY, day, known_subject};
use super::{Reader, Scope, instant};
use crate::model::{BrandId, Heard, History, Series, Timestamp};

/// Where less of today's talk was heard, nothing is concluded.
const SMALLEST_SHARE: f64 = 0.5;
/// What is to be judged, at most: a source's rate is taken before it, lest an event raise what is usual.
const JUDGED_S: i64 = 86_400;
/// A source heard for less than this before it has no other rate than that of all the time it was heard.
const SHORTEST_S: i64 = 2 * 86_400;
const WEEK_S: i64 = 7 * 86_400;
/// 1970 began on a Thursday.
const FIRST_MONDAY_S: i64 = 4 * 86_400;

/// From when on a source is heard, and which share of today's talk comes from it.
struct Share {
    source: i64,
    from: i64,
    share: f64,
}

impl Reader {
    /// Counts per slot, back-fill included, beside the share that the sources of `as_of` heard of them, from
    /// [`Reader::usual_since`] or `from` on, whichever is later; `None` if nothing was heard. A time in which
    /// sources were deaf that bring most of the talk is unknown.
    pub fn usual(
        &self,
        scope: &Scope<'_>,
        step_s: u32,
        as_of: Timestamp,
        from: Timestamp,
    ) -> Result<Option<History>> {
        let shares = self.shares(scope, as_of)?;
        let Some(since) = self.since(scope, &shares)? else { return Ok(None) };
        // Whole slots: one that a source was heard in for a part only would count too little.
        let step = i64::from(step_s);
        let since = instant((since.max(from).as_second() + step - 1).div_euclid(step) * step);
        let series = self.series(&Scope { since, backfill: true, ..*scope }, step_s)?;
        let deaf = self.deaf(&series, &shares)?;
        Ok(Some(heard(&series, &shares, &deaf)))
    }

    /// When the sources were last taken stock of: at the beginning of the week, or when a source was first
    /// heard since. Between these times history is scaled alike, whenever it is read.
    pub fn stock_taken(&self, now: Timestamp) -> Result<Timestamp> {
        let now = now.as_second();
        let monday = (now - FIRST_MONDAY_S).div_euclid(WEEK_S) * WEEK_S + FIRST_MONDAY_S;
        let mut statement =
            self.db.prepare_cached("SELECT max(first_good) FROM sources WHERE first_good <= ?1")?;
        let newest: Option<i64> = statement.query_row([now], |row| row.get(0))?;
        Ok(instant(newest.map_or(monday, |newest| monday.max(newest + 1))))
    }

    /// From when on, but not before `since`, enough was heard of a brand to say what is usual; `None` if
    /// nothing was heard.
    pub fn usual_since(
        &self,
        brand: &BrandId,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        let scope = Scope { brand, query: None, since, until: now, backfill: true };
        self.since(&scope, &self.shares(&scope, self.stock_taken(now)?)?)
    }

    fn since(&self, scope: &Scope<'_>, shares: &[Share]) -> Result<Option<Timestamp>> {
        let Some(first) = self.first_mention_at(scope.brand)? else { return Ok(None) };
        let mut heard = 0.0;
        let enough = shares.iter().find(|share| {
            heard += share.share;
            heard >= SMALLEST_SHARE
        });
        let enough = enough.map_or(scope.since, |share| instant(share.from));
        Ok(Some(first.max(scope.since).max(enough)))
    }

    /// Of each source heard before `as_of`, by when it is heard from; empty if there is none.
    fn shares(&self, scope: &Scope<'_>, as_of: Timestamp) -> Result<Vec<Share>> {
        let Some(subject) = known_subject(&self.db, scope.brand, scope.query.unwrap_or(""))? else {
            return Ok(Vec::new());
        };
        let (since, until) = (scope.since.as_second(), as_of.as_second());
        let mut statement = self.db.prepare_cached(
            "SELECT r.source, coalesce(s.reach, 0), sum(r.mentions),
                 sum(r.mentions) FILTER (WHERE r.bucket < ?4)
             FROM rollups r JOIN sources s USING (source)
             WHERE r.subject = ?1 AND r.grain = ?2 AND r.bucket >= ?3 AND r.bucket < ?5 GROUP BY r.source",
        )?;
        // Whole days: a day that is judged in part is left out.
        let judged = day(until - JUDGED_S, &self.zone)?;
        let first_day = day(since, &self.zone)?;
        let mut rows = statement.query(params![subject, DAY, first_day, judged, until])?;
        let mut shares = Vec::new();
        while let Some(row) = rows.next()? {
            let from = row.get::<_, i64>(1)?.max(since);
            let rate = if judged - from >= SHORTEST_S {
                row.get::<_, Option<f64>>(3)?.unwrap_or(0.0) / (judged - from) as f64
            } else {
                row.get::<_, f64>(2)? / (until - from).max(JUDGED_S) as f64
            };
            shares.push(Share { source: row.get(0)?, from, share: rate });
        }
        shares.sort_by_key(|share| (share.from, share.source));
        let all: f64 = shares.iter().map(|share| share.share).sum();
        for share in &mut shares {
            share.share = if all > 0.0 { share.share / all } else { 1.0 };
        }
        Ok(shares)
    }

    /// By slot of `series`, the share of today's talk that was missed because its source was deaf.
    fn deaf(&self, series: &Series, shares: &[Share]) -> Result<Vec<f64>> {
        let mut deaf = vec![0.0; series.buckets.len()];
        let (start, end, step) =
            (series.start.as_second(), series.end().as_second(), i64::from(series.step_s));
        let mut statement = self.db.prepare_cached(
            "SELECT since, coalesce(until, ?3) FROM gaps
             WHERE source = ?1 AND since < ?3 AND coalesce(until, ?3) > ?2",
        )?;
        for share in shares {
            let mut rows = statement.query(params![share.source, start, end])?;
            while let Some(row) = rows.next()? {
                let since = row.get::<_, i64>(0)?.max(share.from).max(start);
                let until = row.get::<_, i64>(1)?.min(end);
                // Slots that lie in the gap as a whole.
                let first = usize::try_from((since - start + step - 1).div_euclid(step))?;
                let last = usize::try_from((until - start).div_euclid(step).max(0))?;
                deaf.get_mut(first..last).unwrap_or_default().iter_mut().for_each(|d| *d += share.share);
            }
        }
        Ok(deaf)
    }
}

/// Puts beside each bucket the share that could be heard when it starts; unknown where too little of that was.
fn heard(series: &Series, shares: &[Share], deaf: &[f64]) -> History {
    let mut at = series.start.as_second();
    let (mut share, mut next) = (0.0, 0);
    let mut slots = Vec::with_capacity(series.buckets.len());
    for (&counts, deaf) in series.buckets.iter().zip(deaf) {
        while let Some(heard) = shares.get(next).filter(|heard| heard.from <= at) {
            share += heard.share;
            next += 1;
        }
        // Nothing was heard before the first of them. Where all are heard, the sum must not miss by a hair.
        let share = if next == 0 || next == shares.len() { 1.0 } else { share };
        slots.push((share - deaf >= SMALLEST_SHARE).then_some(Heard { counts, share }));
        at += i64::from(series.step_s);
    }
    History { start: series.start, step_s: series.step_s, slots }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, batch, brand, dated, item, poll, time};
    use super::*;
    use crate::model::Bucket;

    /// A source that has been heard since January, eight mentions in eight days.
    fn scene() -> Scene {
        let mut scene = Scene::listening(&["old"]);
        let old: Vec<_> = (2..10)
            .map(|day| {
                dated(
                    item(&format!("o{day}"), &format!("acme old {day}")),
                    &format!("2026-01-{day:02}T12:00Z"),
                )
            })
            .collect();
        scene.store.ingest(&batch("old", &old), &poll("2026-01-10T00:00Z")).unwrap();
        scene
    }

    #[track_caller]
    fn check(scene: &Scene, expected: Option<(&str, &[u32])>) {
        let acme = brand("acme");
        let (since, until) = (time("2026-01-02T00:00Z"), time("2026-01-10T00:00Z"));
        let scope = Scope { brand: &acme, query: None, since, until, backfill: true };
        let history = scene.store.usual(&scope, 86_400, until, since).unwrap();
        let mentions = |slot: &Option<Heard>| {
            slot.map_or(u32::MAX, |heard| (f64::from(heard.counts.mentions) / heard.share).round() as u32)
        };
        let counts: Option<(Timestamp, Vec<u32>)> =
            history.map(|h| (h.start, h.slots.iter().map(mentions).collect()));
        assert_eq!(counts, expected.map(|(start, counts)| (time(start), counts.to_vec())));
    }

    #[test]
    fn what_all_sources_were_heard_for_is_as_it_was() {
        check(&scene(), Some(("2026-01-03T00:00Z", &[1; 7])));
        check(&Scene::new(), None);
    }

    /// As many a day as the old source has, but its first document reaches back two days only.
    #[test]
    fn a_new_source_raises_what_was_usual_before_it() {
        let mut scene = scene();
        let mut new = batch(
            "new",
            &[8, 9].map(|day| {
                dated(
                    item(&format!("n{day}"), &format!("acme new {day}")),
                    &format!("2026-01-{day:02}T08:00Z"),
                )
            }),
        );
        new.reach = Some(time("2026-01-08T00:00Z"));
        scene.store.ingest(&new, &poll("2026-01-10T00:00Z")).unwrap();
        check(&scene, Some(("2026-01-03T00:00Z", &[2; 7])));
    }

    #[test]
    fn where_most_of_todays_talk_was_not_heard_nothing_is_known() {
        let mut scene = scene();
        let busy: Vec<_> = (0..20)
            .map(|hour| {
                dated(
                    item(&format!("b{hour}"), &format!("acme busy {hour}")),
                    &format!("2026-01-09T{hour:02}:00Z"),
                )
            })
            .collect();
        let mut busy = batch("busy", &busy);
        busy.reach = Some(time("2026-01-09T00:00Z"));
        scene.store.ingest(&busy, &poll("2026-01-10T00:00Z")).unwrap();
        check(&scene, Some(("2026-01-09T00:00Z", &[21])));
    }

    #[test]
    fn a_time_in_which_most_was_not_heard_is_unknown() {
        let series = Series { start: instant(0), step_s: 900, buckets: vec![Bucket::default(); 4] };
        let share = |from, share| Share { source: 0, from, share };
        let shares = [share(0, 0.7), share(1_800, 0.3)];
        let known = heard(&series, &shares, &[0.0, 0.0, 0.3, 0.7]);
        let shares: Vec<_> = known.slots.iter().map(|slot| slot.map(|heard| heard.share)).collect();
        assert_eq!(shares, [Some(0.7), Some(0.7), Some(1.0), None]);
    }
}
