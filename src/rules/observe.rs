//! What a rule sees when it looks at a window.

use std::time::Duration;

use crate::model::{Bucket, Condition, CountBy, Observed, Rule, SeenBaseline, SeenSeries, Series, Timestamp};
use crate::stats::{Baseline, spike};

/// How far back what is usual is computed from.
pub const HISTORY_DAYS: i64 = 35;

/// Probability below which a share of negative mentions is no chance.
const SHARE_P: f64 = 0.01;
/// The share of negative mentions believed before any is seen, and how many mentions that belief weighs.
const PRIOR_NEGATIVE: f64 = 0.25;
const PRIOR_MENTIONS: f64 = 4.0;
/// A brand's own history weighs at most so many mentions, since tone drifts with the news.
const HEAVIEST_HISTORY: f64 = 200.0;

/// The numbers of one look at one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    pub observed: Observed,
    /// `None` for a pattern, which has no normal.
    pub baseline: Option<SeenBaseline>,
    pub series: Option<SeenSeries>,
    /// The rule's condition holds.
    pub holds: bool,
}

/// Looks at the window of this `length` that ends at `window_end`.
///
/// `live` holds the counts heard live (no back-fill) and must cover the window; `history` those with
/// back-fill, as today's sources would have counted them. Both have steps that divide the length, and are read in
/// whole buckets: the slices end with the last bucket that ends where the window starts or before.
/// `sources` is the number of distinct sources in the window. A pattern has no history: its window is the
/// time since the last look, in counts by when mentions were heard.
///
/// `None` while too little is known to say what is normal, or where a series does not cover the window.
pub fn observe(
    rule: &Rule,
    length: Duration,
    live: &Series,
    history: &Series,
    window_end: Timestamp,
    sources: u32,
) -> Option<Observation> {
    let length_s = u32::try_from(length.as_secs()).ok().filter(|&seconds| seconds > 0)?;
    let window = (shift(window_end, -i64::from(length_s))?, window_end);
    let found = sum(live, window)?;
    let observed = Observed {
        count: rule.count,
        value: counted(rule, &found),
        mentions: found.mentions,
        stories: found.stories,
        negative: match rule.count {
            CountBy::Stories => found.negative_stories,
            CountBy::Mentions => found.negative_mentions,
        },
        sources,
        window,
    };
    if rule.condition == Condition::Pattern {
        let holds = observed.value >= rule.min && observed.value > 0 && sources >= rule.min_sources;
        return Some(Observation { observed, baseline: None, series: None, holds });
    }
    let (start, slices) = slices(history, window.0, length_s)?;
    let values: Vec<u32> = slices.iter().map(|slice| counted(rule, slice)).collect();
    let baseline = Baseline::of(&values, length_s)?;
    let allowance = spike::allowance(rule.budget_per_week, length_s, rule.window.lengths().len());
    let looks_per_window = f64::from(length_s) / f64::from(live.step_s);
    let line = spike::line(&baseline, allowance, looks_per_window, rule.min);
    let stands_out = observed.value >= line.threshold && sources >= rule.min_sources;
    let holds = stands_out
        && match rule.condition {
            Condition::NegativeBuzz { .. } => {
                let usual = slices.iter().filter(|slice| counted(rule, slice) < line.threshold);
                let (negative, all) = usual.fold((0, 0), |(negative, all), slice| {
                    (negative + u64::from(counted(rule, slice)), all + u64::from(volume(rule, slice)))
                });
                share_tail(observed.value, volume(rule, &found), negative, all) <= SHARE_P
            }
            Condition::Spike | Condition::Pattern => true,
        };
    let seen = SeenBaseline {
        expected: baseline.expected,
        threshold: line.threshold,
        p: baseline.tail(observed.value),
        p_budget: line.p_budget,
        dispersion: baseline.dispersion,
    };
    let series = SeenSeries { start, step_s: length_s, values };
    Some(Observation { observed, baseline: Some(seen), series: Some(series), holds })
}

/// Of the looks at several windows, the one that holds and is the most improbable for its budget; if none
/// holds, the most improbable. On a tie the first.
pub fn strongest(observations: impl IntoIterator<Item = Observation>) -> Option<Observation> {
    let rank = |seen: &Observation| {
        (seen.holds, seen.baseline.as_ref().map_or(0.0, |baseline| baseline.p_budget / baseline.p))
    };
    observations.into_iter().reduce(|best, next| {
        let ((best_holds, best_ratio), (next_holds, next_ratio)) = (rank(&best), rank(&next));
        let better = (next_holds && !best_holds) || (next_holds == best_holds && next_ratio > best_ratio);
        if better { next } else { best }
    })
}

/// From when on the rule can judge a brand of which enough is known since `usual_since`: when its shortest window has
/// enough slices behind it. `None` beyond the end of time.
pub fn judged_from(usual_since: Timestamp, rule: &Rule) -> Option<Timestamp> {
    if rule.condition == Condition::Pattern {
        return Some(usual_since);
    }
    let needed_s = rule.window.lengths().into_iter().filter_map(|length| {
        let length_s = u32::try_from(length.as_secs()).ok()?;
        let (_, fewest) = Baseline::slices_wanted(length_s);
        Some(i64::from(length_s) * (fewest as i64 + 1))
    });
    shift(usual_since, needed_s.min()?)
}

/// What the rule's threshold is about.
fn counted(rule: &Rule, bucket: &Bucket) -> u32 {
    match (&rule.condition, rule.count) {
        (Condition::NegativeBuzz { .. }, CountBy::Stories) => bucket.negative_stories,
        (Condition::NegativeBuzz { .. }, CountBy::Mentions) => bucket.negative_mentions,
        (Condition::Spike | Condition::Pattern, _) => volume(rule, bucket),
    }
}

fn volume(rule: &Rule, bucket: &Bucket) -> u32 {
    match rule.count {
        CountBy::Stories => bucket.stories,
        CountBy::Mentions => bucket.mentions,
    }
}

/// The whole buckets of the window, from the one it starts in up to the one it ends in, so that windows that
/// follow each other share none and miss none; `None` unless the series covers them.
fn sum(series: &Series, window: (Timestamp, Timestamp)) -> Option<Bucket> {
    let step_s = i64::from(series.step_s.max(1));
    let bucket = |at: Timestamp| (at.as_second() - series.start.as_second()).div_euclid(step_s);
    let first = usize::try_from(bucket(window.0)).ok()?;
    let end = usize::try_from(bucket(window.1)).ok()?;
    Some(total(series.buckets.get(first..end)?))
}

/// Slices of this length, oldest first, and the start of the first; the last ends at `until` or up to one
/// bucket earlier. `None` if the series' buckets do not fit the slices or it ends too early.
fn slices(series: &Series, until: Timestamp, length_s: u32) -> Option<(Timestamp, Vec<Bucket>)> {
    let step_s = series.step_s.max(1);
    if !length_s.is_multiple_of(step_s) {
        return None;
    }
    let end = (until.as_second() - series.start.as_second()).div_euclid(i64::from(step_s));
    let end = usize::try_from(end).ok().filter(|&end| end <= series.buckets.len())?;
    let per_slice = (length_s / step_s) as usize;
    let (most, _) = Baseline::slices_wanted(length_s);
    let count = (end / per_slice).min(most);
    let first = end - count * per_slice;
    let start = shift(series.start, first as i64 * i64::from(step_s))?;
    Some((start, series.buckets[first..end].chunks_exact(per_slice).map(total).collect()))
}

fn total(buckets: &[Bucket]) -> Bucket {
    buckets.iter().fold(Bucket::default(), |mut sum, &bucket| {
        sum += bucket;
        sum
    })
}

fn shift(at: Timestamp, seconds: i64) -> Option<Timestamp> {
    Timestamp::from_second(at.as_second().checked_add(seconds)?).ok()
}

/// The probability that `negative` or more of `all` are negative, for a brand of which `past_negative` of
/// `past_all` usually are: binomial with a share that is itself only known from these (beta-binomial).
fn share_tail(negative: u32, all: u32, past_negative: u64, past_all: u64) -> f64 {
    let weight = (HEAVIEST_HISTORY / (past_all as f64).max(1.0)).min(1.0);
    let a = PRIOR_NEGATIVE * PRIOR_MENTIONS + past_negative as f64 * weight;
    let b = (1.0 - PRIOR_NEGATIVE) * PRIOR_MENTIONS + past_all.saturating_sub(past_negative) as f64 * weight;
    let n = f64::from(all);
    // P(0), then each from the one before, in logarithms, which do not vanish.
    let mut ln_p: f64 = (0..all).map(|i| ((b + f64::from(i)) / (a + b + f64::from(i))).ln()).sum();
    let mut below = 0.0;
    for k in 0..negative.min(all) {
        below += ln_p.exp();
        let k = f64::from(k);
        ln_p += ((n - k) / (k + 1.0) * (a + k) / (b + n - k - 1.0)).ln();
    }
    (1.0 - below).clamp(0.0, 1.0)
}
