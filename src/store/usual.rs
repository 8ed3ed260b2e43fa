//! What was heard of a brand before, as today's sources would have counted it (see [`crate::stats::stock`]).

use std::collections::HashMap;

use anyhow::Result;
use rusqlite::OptionalExtension;

use super::rollups::{BACKFILL, known_subject};
use super::sums::day;
use super::{Reader, Scope, instant};
use crate::model::{BrandId, Bucket, Heard, History, Side, Timestamp};
use crate::rules::settled;
use crate::stats::stock::{self, JUDGED_S, Share, Slots, Told};

/// What silences are waited for: a source that brings so much of the talk must have been heard.
const MUCH: f64 = 0.02;

impl Reader {
    /// Counts per slot, back-fill of a known time included, beside the share that the sources of `as_of` heard of them,
    /// from [`Reader::usual_since`] or `from` on, whichever is later; `None` if nothing was heard. A time in which
    /// sources were deaf that bring most of the talk is unknown.
    pub fn usual(
        &self,
        scope: &Scope<'_>,
        step_s: u32,
        as_of: Timestamp,
        from: Timestamp,
        side: Side,
    ) -> Result<Option<History>> {
        self.usual_with(scope, None, step_s, as_of, from, side)
    }

    /// The same, and of it what is counted under the name of `alarming`, with a word of crisis.
    pub fn usual_with(
        &self,
        scope: &Scope<'_>,
        alarming: Option<&str>,
        step_s: u32,
        as_of: Timestamp,
        from: Timestamp,
        side: Side,
    ) -> Result<Option<History>> {
        let shares = self.shares(scope, as_of)?;
        let Some(since) = self.since(scope, &shares)? else { return Ok(None) };
        // Whole slots: one that a source was heard in for a part only would count too little.
        let step = i64::from(step_s);
        let since = instant((since.max(from).as_second() + step - 1).div_euclid(step) * step);
        let scope = Scope { since, ..*scope };
        let buckets = self.series_with_up_to(&scope, alarming, step_s, BACKFILL)?.buckets;
        let slots = Slots { start: since.as_second(), step_s: step, number: buckets.len() };
        let gaps = |source| match side {
            Side::More => self.gaps_numbered(source),
            // Where nobody listens any more, there is no silence to be heard.
            Side::Less | Side::Either => Ok(stock::ended(self.gaps_numbered(source)?, self.ended(source)?)),
        };
        let known = stock::heard(slots, &shares, gaps)?;
        let heard = |(&counts, heard): (_, Option<(f64, f64)>)| {
            heard.map(|(share, deaf)| Heard { counts, share, deaf, whole: Bucket::default() })
        };
        let slots = buckets.iter().zip(known).map(heard).collect();
        Ok(Some(History { start: since, step_s, slots }))
    }

    /// When the sources were last taken stock of: at the beginning of the week, or when a source was first
    /// heard since. Between these times history is scaled alike, whenever it is read.
    pub fn stock_taken(&self, now: Timestamp) -> Result<Timestamp> {
        let mut statement =
            self.db.prepare_cached("SELECT max(first_good) FROM sources WHERE first_good <= ?1")?;
        let newest: Option<i64> = statement.query_row([now.as_second()], |row| row.get(0))?;
        Ok(instant(stock::taken(now.as_second(), newest)))
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
        let enough = stock::enough(shares).map_or(scope.since, instant);
        Ok(Some(first.max(scope.since).max(enough)))
    }

    /// Of each source heard before `as_of`, by when it is heard from; empty if there is none.
    fn shares(&self, scope: &Scope<'_>, as_of: Timestamp) -> Result<Vec<Share>> {
        let Some(subject) = known_subject(&self.db, scope.brand, scope.query.unwrap_or(""))? else {
            return Ok(Vec::new());
        };
        let (since, until) = (scope.since.as_second(), as_of.as_second());
        // Whole days: a day that is judged in part is left out.
        let judged = day(until - JUDGED_S, &self.zone)?;
        let first_day = day(since, &self.zone)?;
        let mut heard: HashMap<i64, (u64, u64)> = HashMap::new();
        self.each_source(subject, first_day, judged, |source, _, counts| {
            heard.entry(source).or_default().0 += counts.mentions;
        })?;
        self.each_source(subject, judged.max(first_day), until, |source, _, counts| {
            heard.entry(source).or_default().1 += counts.mentions;
        })?;
        let mut statement =
            self.db.prepare_cached("SELECT coalesce(reach, 0) FROM sources WHERE source = ?1")?;
        let mut told = Vec::with_capacity(heard.len());
        for (source, (before, judged)) in heard {
            let reach: i64 = statement.query_row([source], |row| row.get(0))?;
            told.push(Told {
                source,
                from: reach.max(since),
                mentions: (before + judged) as f64,
                before: before as f64,
            });
        }
        Ok(stock::shares(told, judged, until))
    }

    /// Since when a source is not listened to any more; `None` while it is. One that is only imported was never.
    pub(super) fn ended(&self, source: i64) -> Result<Option<i64>> {
        let mut statement = self.db.prepare_cached(
            "SELECT CASE WHEN configured AND enabled AND first_good IS NOT NULL THEN NULL ELSE
                 coalesce(last_good, (SELECT max(e.observed) FROM entries e WHERE e.source = s.source), 0) END
             FROM sources s WHERE source = ?1",
        )?;
        Ok(statement.query_row([source], |row| row.get(0))?)
    }

    /// Up to when all that bring much of the talk of `scope` were heard, those that are deaf or not listened to any
    /// more apart; `None` if there is none.
    pub fn heard_until(&self, scope: &Scope<'_>, as_of: Timestamp) -> Result<Option<Timestamp>> {
        let mut statement = self.db.prepare_cached(
            "SELECT last_good FROM sources s WHERE source = ?1 AND configured AND enabled AND last_good IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM gaps g WHERE g.source = s.source AND g.until IS NULL)",
        )?;
        let mut until: Option<i64> = None;
        for share in self.shares(scope, as_of)? {
            let heard: Option<i64> = statement.query_row([share.source], |row| row.get(0)).optional()?;
            if share.share >= MUCH {
                until = until.into_iter().chain(heard).min();
            }
        }
        Ok(until.map(instant))
    }

    /// How late what was published in the weeks before `as_of` was heard, seconds, back-fill apart.
    pub fn lags(&self, scope: &Scope<'_>, as_of: Timestamp) -> Result<Vec<i64>> {
        let Some(subject) = known_subject(&self.db, scope.brand, scope.query.unwrap_or(""))? else {
            return Ok(Vec::new());
        };
        let until = as_of.as_second();
        let mut statement = self.db.prepare_cached(
            "SELECT e.observed - c.at FROM counted c JOIN mentions m USING (mention) JOIN entries e USING (entry)
             WHERE c.subject = ?1 AND c.at >= ?2 AND c.at < ?3 AND c.backfill = 0 AND e.published IS NOT NULL
                 AND e.observed < ?3",
        )?;
        let lags = statement.query_map([subject, until - settled::LAGS_S, until], |row| row.get(0))?;
        Ok(lags.collect::<Result<_, _>>()?)
    }

    /// When a source was not heard; one that is not heard still has no end.
    pub(super) fn gaps_numbered(&self, source: i64) -> Result<Vec<(i64, Option<i64>)>> {
        let mut statement =
            self.db.prepare_cached("SELECT since, until FROM gaps WHERE source = ?1 ORDER BY since")?;
        let rows = statement.query_map([source], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
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
        let history = scene.store.usual(&scope, 86_400, until, since, Side::More).unwrap();
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
}
