//! What was heard of a brand before, as today's sources would have counted it.
//!
//! A source is heard of from where its first document reaches back to: a busy feed holds its last day, a
//! quiet blog its last year. Counts of earlier times lack it, and taken as they are they would make every
//! new source look like an event. So each bucket is divided by the share of today's talk that comes from
//! sources heard at that time.

use anyhow::Result;
use rusqlite::params;

use super::rollups::{DAY, day, known_subject};
use super::{Reader, Scope, instant};
use crate::model::{BrandId, Bucket, Series, Timestamp};

/// Where less of today's talk was heard, nothing is concluded.
const SMALLEST_SHARE: f64 = 0.5;
/// What is to be judged, at most: a source's rate is taken before it, lest an event raise what is usual.
const JUDGED_S: i64 = 86_400;
/// A source heard for less than this before it has no other rate than that of all the time it was heard.
const SHORTEST_S: i64 = 2 * 86_400;

impl Reader {
    /// Counts per bucket as [`Reader::series`] has them, scaled to today's sources, from
    /// [`Reader::usual_since`] on; `None` if nothing was heard.
    pub fn usual(&self, scope: &Scope<'_>, step_s: u32) -> Result<Option<Series>> {
        let shares = self.shares(scope)?;
        let Some(since) = self.since(scope, &shares)? else { return Ok(None) };
        // Whole buckets: one that a source was heard in for a part only would count too little.
        let step = i64::from(step_s);
        let since = instant((since.as_second() + step - 1).div_euclid(step) * step);
        let series = self.series(&Scope { since, ..*scope }, step_s)?;
        Ok(Some(scaled(series, &shares)))
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
        self.since(&scope, &self.shares(&scope)?)
    }

    fn since(&self, scope: &Scope<'_>, shares: &[(i64, f64)]) -> Result<Option<Timestamp>> {
        let Some(first) = self.first_mention_at(scope.brand)? else { return Ok(None) };
        let enough = shares.iter().find(|(_, share)| *share >= SMALLEST_SHARE);
        let enough = enough.map_or(scope.since, |(from, _)| instant(*from));
        Ok(Some(first.max(scope.since).max(enough)))
    }

    /// From which instants on which share of today's talk was heard, by time; empty if there is none.
    fn shares(&self, scope: &Scope<'_>) -> Result<Vec<(i64, f64)>> {
        let Some(subject) = known_subject(&self.db, scope.brand, scope.query.unwrap_or(""))? else {
            return Ok(Vec::new());
        };
        let (since, until) = (scope.since.as_second(), scope.until.as_second());
        let mut statement = self.db.prepare_cached(
            "SELECT coalesce(s.reach, 0), sum(r.mentions), sum(r.mentions) FILTER (WHERE r.bucket < ?4)
             FROM rollups r JOIN sources s USING (source)
             WHERE r.subject = ?1 AND r.grain = ?2 AND r.bucket >= ?3 AND r.bucket < ?5 GROUP BY r.source",
        )?;
        // Whole days: a day that is judged in part is left out.
        let judged = day(until - JUDGED_S, &self.zone)?;
        let first_day = day(since, &self.zone)?;
        let mut rows = statement.query(params![subject, DAY, first_day, judged, until])?;
        let mut rates = Vec::new();
        while let Some(row) = rows.next()? {
            let from = row.get::<_, i64>(0)?.max(since);
            let rate = if judged - from >= SHORTEST_S {
                row.get::<_, Option<f64>>(2)?.unwrap_or(0.0) / (judged - from) as f64
            } else {
                row.get::<_, f64>(1)? / (until - from).max(JUDGED_S) as f64
            };
            rates.push((from, rate));
        }
        rates.sort_by_key(|(from, _)| *from);
        let all: f64 = rates.iter().map(|(_, rate)| rate).sum();
        let mut heard = 0.0;
        for (_, rate) in &mut rates {
            heard += *rate;
            *rate = if all > 0.0 { heard / all } else { 1.0 };
        }
        Ok(rates)
    }
}

/// Divides each bucket by the share heard when it starts. What rounding takes from a bucket is carried over
/// to the next, so that sums are right.
fn scaled(mut series: Series, shares: &[(i64, f64)]) -> Series {
    let mut carried = [0.0; 4];
    let mut at = series.start.as_second();
    for bucket in &mut series.buckets {
        let heard = shares.partition_point(|(from, _)| *from <= at);
        // Nothing was heard before the first of them.
        let share = heard.checked_sub(1).map_or(1.0, |last| shares[last].1);
        let Bucket { mentions, stories, negative_mentions, negative_stories } = bucket;
        let counts = [mentions, stories, negative_mentions, negative_stories];
        for (count, carried) in counts.into_iter().zip(&mut carried) {
            let exact = f64::from(*count) / share + *carried;
            let whole = exact.round().max(0.0);
            *carried = exact - whole;
            *count = whole as u32;
        }
        at += i64::from(series.step_s);
    }
    series
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{Scene, batch, brand, dated, item, poll, time};
    use super::*;

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
        let series = scene.store.usual(&scope, 86_400).unwrap();
        let counts: Option<(Timestamp, Vec<u32>)> =
            series.map(|s| (s.start, s.buckets.iter().map(|bucket| bucket.mentions).collect()));
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

    proptest! {
        #[test]
        fn scaling_keeps_sums(counts in prop::collection::vec(0_u32..9, 1..200), share in 0.5_f64..=1.0) {
            let buckets = counts.iter().map(|&mentions| Bucket { mentions, ..Bucket::default() }).collect();
            let series = Series { start: instant(0), step_s: 900, buckets };
            let sum = |series: &Series| series.buckets.iter().map(|b| f64::from(b.mentions)).sum::<f64>();
            let whole = sum(&series) / share;
            prop_assert!((sum(&scaled(series, &[(0, share)])) - whole).abs() <= 1.0);
        }
    }
}
