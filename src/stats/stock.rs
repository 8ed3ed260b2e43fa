//! Taking stock of sources: which share of today's talk each brings, and what of it could be heard before.
//!
//! A source is heard of from where its first document reaches back to: a busy feed holds its last day, a
//! quiet blog its last year. Counts of earlier times lack it, and taken as they are they would make every
//! new source look like an event. So each slot comes with the share of today's talk that comes from sources
//! heard at that time, and is divided by it. All times in Unix seconds.

/// Where less of today's talk was heard, nothing is concluded.
const SMALLEST_SHARE: f64 = 0.5;
/// What is to be judged, at most: a source's rate is taken before it, lest an event raise what is usual.
pub const JUDGED_S: i64 = 86_400;
/// A source heard for less than this before it has no other rate than that of all the time it was heard.
const SHORTEST_S: i64 = 2 * 86_400;
const WEEK_S: i64 = 7 * 86_400;
/// 1970 began on a Thursday.
const FIRST_MONDAY_S: i64 = 4 * 86_400;

/// What a source has told of a brand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told {
    pub source: i64,
    /// From when on it is heard.
    pub from: i64,
    /// Mentions in all, and those of days before what is to be judged.
    pub mentions: f64,
    pub before: f64,
}

/// From when on a source is heard, and which share of today's talk comes from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    pub source: i64,
    pub from: i64,
    pub share: f64,
}

/// When sources are taken stock of: at the beginning of the week, or when a source was first heard since, the
/// `newest` that was by `now`. Between these times history is scaled alike, whenever it is read.
pub fn taken(now: i64, newest: Option<i64>) -> i64 {
    let monday = (now - FIRST_MONDAY_S).div_euclid(WEEK_S) * WEEK_S + FIRST_MONDAY_S;
    newest.map_or(monday, |newest| monday.max(newest + 1))
}

/// The shares of sources, by when they are heard from; `judged` is the day from which on `until` is judged.
pub fn shares(told: impl IntoIterator<Item = Told>, judged: i64, until: i64) -> Vec<Share> {
    let rate = |told: Told| {
        let Told { source, from, mentions, before } = told;
        let share = if judged - from >= SHORTEST_S {
            before / (judged - from) as f64
        } else {
            mentions / (until - from).max(JUDGED_S) as f64
        };
        Share { source, from, share }
    };
    let mut shares: Vec<Share> = told.into_iter().map(rate).collect();
    shares.sort_by_key(|share| (share.from, share.source));
    let all: f64 = shares.iter().map(|share| share.share).sum();
    for share in &mut shares {
        share.share = if all > 0.0 { share.share / all } else { 1.0 };
    }
    shares
}

/// From when on enough is heard; `None` if nothing tells.
pub fn enough(shares: &[Share]) -> Option<i64> {
    let mut heard = 0.0;
    let enough = shares.iter().find(|share| {
        heard += share.share;
        heard >= SMALLEST_SHARE
    });
    enough.map(|share| share.from)
}

/// Slots, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Slots {
    pub start: i64,
    pub step_s: i64,
    pub number: usize,
}

impl Slots {
    fn end(self) -> i64 {
        self.start + self.step_s * self.number as i64
    }

    /// The slots that lie as a whole in the span, which ends with them if it has no end.
    fn within(self, since: i64, until: Option<i64>) -> Option<std::ops::Range<usize>> {
        let until = until.map_or(self.end(), |until| until.min(self.end()));
        let first = (since.max(self.start) - self.start + self.step_s - 1).div_euclid(self.step_s);
        let last = (until - self.start).div_euclid(self.step_s).max(0);
        (first < last).then_some(first as usize..last as usize)
    }
}

/// By slot, the share of today's talk of the sources that are known when it starts, and of those of them that are
/// deaf; `None` where too little could be heard. `gaps` tells when a source was not heard.
pub fn heard<E>(
    slots: Slots,
    shares: &[Share],
    mut gaps: impl FnMut(i64) -> Result<Vec<(i64, Option<i64>)>, E>,
) -> Result<Vec<Option<(f64, f64)>>, E> {
    let mut deaf = vec![0.0; slots.number];
    for share in shares {
        for (since, until) in gaps(share.source)? {
            let missed = slots.within(since.max(share.from), until).unwrap_or_default();
            deaf[missed].iter_mut().for_each(|deaf| *deaf += share.share);
        }
    }
    let mut at = slots.start;
    let (mut share, mut next) = (0.0, 0);
    let known = deaf.into_iter().map(|deaf| {
        while let Some(heard) = shares.get(next).filter(|heard| heard.from <= at) {
            share += heard.share;
            next += 1;
        }
        at += slots.step_s;
        // Nothing was heard before the first of them. Where all are heard, the sum must not miss by a hair.
        let share = if next == 0 || next == shares.len() { 1.0 } else { share };
        (share - deaf >= SMALLEST_SHARE).then_some((share, deaf))
    });
    Ok(known.collect())
}

/// The times in which a source was not heard, if it is not listened to any more since some time.
pub fn ended(mut gaps: Vec<(i64, Option<i64>)>, since: Option<i64>) -> Vec<(i64, Option<i64>)> {
    if let Some(since) = since {
        // They must not overlap: what is deaf twice would be taken off twice.
        gaps.retain(|(from, _)| *from < since);
        gaps.iter_mut().for_each(|(_, until)| *until = Some(until.map_or(since, |until| until.min(since))));
        gaps.push((since, None));
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_in_which_most_was_not_heard_is_unknown() {
        let share = |source, from, share| Share { source, from, share };
        let shares = [share(0, 0, 0.7), share(1, 1_800, 0.3)];
        let gaps =
            |source| Ok::<_, ()>(if source == 0 { vec![(2_000, None)] } else { vec![(1_000, Some(2_800))] });
        let slots = Slots { start: 0, step_s: 900, number: 5 };
        let known = heard(slots, &shares, gaps).unwrap();
        assert_eq!(known, [Some((0.7, 0.0)), Some((0.7, 0.0)), Some((1.0, 0.3)), None, None]);
    }

    #[test]
    fn stock_is_taken_on_mondays_and_when_a_source_is_new() {
        let monday = FIRST_MONDAY_S + 100 * WEEK_S;
        assert_eq!(taken(monday, None), monday);
        assert_eq!(taken(monday + WEEK_S - 1, Some(monday - 5)), monday);
        assert_eq!(taken(monday + 60, Some(monday + 30)), monday + 31);
    }
}
