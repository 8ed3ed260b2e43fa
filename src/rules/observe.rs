//! What a rule sees when it looks at a window.

use std::time::Duration;

use crate::model::{
    Alert, AlertState, Bucket, Condition, Observed, Rule, SeenBaseline, SeenVoice, SentimentLabel, Series,
    Side, Timestamp,
};

use super::normal::Normal;
use super::settled;

/// Probability below which a share of mentions in one tone is no chance.
const SHARE_P: f64 = 0.01;
/// The shares of negative and of positive mentions believed before any is seen, by a tenth more than is usual of
/// mentions everywhere (15 and 20 %), and how many mentions that belief weighs.
const PRIOR_NEGATIVE: f64 = 0.25;
const PRIOR_POSITIVE: f64 = 0.3;
const PRIOR_MENTIONS: f64 = 4.0;
/// A brand's own history weighs at most so many mentions, since tone drifts with the news.
const HEAVIEST_HISTORY: f64 = 200.0;

/// The numbers of one look at one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    pub observed: Observed,
    /// `None` for a rule that speaks at once, which has no normal, and for a window that clearly holds nothing unusual.
    pub baseline: Option<SeenBaseline>,
    /// The rule's condition holds.
    pub holds: bool,
}

/// Looks at the window of this `length` that ends at `window_end`, the end of a slot.
///
/// `live` holds the counts heard live (no back-fill) in slots as long as those of `normal`, which must have
/// learned all slots before the last one of the window. `sources` tells the number of distinct sources in the
/// window, and is asked only where all else holds.
///
/// `None` while too little is known to say what is normal, or where `live` does not cover the window.
pub fn observe<E>(
    rule: &Rule,
    length: Duration,
    live: &Series,
    normal: &Normal,
    window_end: Timestamp,
    sources: impl FnOnce((Timestamp, Timestamp)) -> Result<u32, E>,
) -> Result<Option<Observation>, E> {
    let Some((window, found)) = window(live, length, window_end) else { return Ok(None) };
    let Some(usual) = normal.usual(length, window_end, 1.0) else { return Ok(None) };
    let value = counted(rule, &found);
    let mut observed = observed(rule, value, &found, window);
    if value < rule.min || !usual.may_alarm(value) {
        return Ok(Some(Observation { observed, baseline: None, holds: false }));
    }
    let mut baseline = SeenBaseline {
        expected: usual.expected,
        threshold: 0,
        p: usual.tail(f64::from(value)),
        p_budget: usual.p_budget,
        dispersion: usual.dispersion,
        days: normal.days(),
    };
    let holds = baseline.p <= usual.p_budget && shares_stand_out(rule, &found, normal);
    if !holds {
        return Ok(Some(Observation { observed, baseline: Some(baseline), holds }));
    }
    (baseline.threshold, baseline.p_budget) = line(rule.min, &usual, value);
    observed.sources = sources(window)?;
    let holds = observed.sources >= rule.min_sources;
    Ok(Some(Observation { observed, baseline: Some(baseline), holds }))
}

/// The smallest count that alarms, and the probability it stands for: the wished minimum may ask for more than
/// the budget. Where less than usual is looked for, the largest that alarms and is few enough.
pub(super) fn line(min: u32, usual: &crate::stats::Usual, seen: u32) -> (u32, f64) {
    let threshold = usual.threshold(seen);
    match usual.side {
        Side::More => {}
        Side::Less => return (threshold.min(settled::few(usual.expected)), usual.p_budget),
        Side::Either => return (threshold, usual.p_budget),
    }
    if min > threshold { (min, usual.tail(f64::from(min))) } else { (threshold, usual.p_budget) }
}

/// What is new to a rule that speaks at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Finds {
    pub counts: Bucket,
    pub sources: u32,
    /// Of a rule for new voices: whom it heard. What they set going is counted.
    pub voices: Vec<SeenVoice>,
}

/// What a rule that speaks at once sees in the time since its last look.
pub fn observe_at_once(rule: &Rule, found: Finds, window: (Timestamp, Timestamp)) -> Observation {
    let Finds { counts, sources, voices } = found;
    let (value, min_sources) = match rule.condition {
        // How far a voice must carry was asked of each.
        Condition::NewVoice => (u32::try_from(voices.len()).unwrap_or(u32::MAX), 0),
        _ => (counts.volume(rule.count), rule.min_sources),
    };
    let observed = Observed { sources, voices, ..observed(rule, value, &counts, window) };
    let holds = value >= rule.min && value > 0 && sources >= min_sources;
    Observation { observed, baseline: None, holds }
}

pub(super) fn observed(rule: &Rule, value: u32, found: &Bucket, window: (Timestamp, Timestamp)) -> Observed {
    Observed {
        count: rule.count,
        value,
        mentions: found.mentions,
        stories: found.stories,
        negative: found.toned(SentimentLabel::Negative, rule.count),
        positive: Some(found.toned(SentimentLabel::Positive, rule.count)),
        sources: 0,
        window,
        whole: None,
        voices: Vec::new(),
    }
}

/// Of the looks at several windows, the one that holds and is the most improbable for its budget; if none
/// holds, the most improbable. On a tie the first.
///
/// A window that reaches back behind the peak of the `last` incident holds that incident still: it opens no other,
/// and keeps a firing one going only if it is more unusual than what was seen at the peak.
pub fn strongest(
    rule: &Rule,
    observations: impl IntoIterator<Item = Observation>,
    last: Option<&Alert>,
) -> Option<Observation> {
    let rank = |seen: &Observation| (seen.holds, seen.baseline.as_ref().map_or(0.0, surprise));
    let news = |mut seen: Observation| {
        seen.holds &= last.is_none_or(|last| is_news(rule, &seen, last));
        seen
    };
    observations.into_iter().map(news).reduce(|best, next| {
        let ((best_holds, best_ratio), (next_holds, next_ratio)) = (rank(&best), rank(&next));
        let better = (next_holds && !best_holds) || (next_holds == best_holds && next_ratio > best_ratio);
        if better { next } else { best }
    })
}

fn is_news(rule: &Rule, seen: &Observation, last: &Alert) -> bool {
    let (start, end) = seen.observed.window;
    let after_peak = start >= last.observed.window.1;
    let before = end <= last.since && end <= last.observed.window.0;
    let same_window = (start, end) == last.observed.window;
    let record = last.state != AlertState::Resolved
        && match (&seen.baseline, &last.baseline) {
            (Some(new), Some(peak)) => {
                // Where both are too improbable for numbers, the count decides.
                (surprise(new), seen.observed.value) > (surprise(peak), last.observed.value)
            }
            _ => true,
        };
    let waits = last.state == AlertState::Pending;
    rule.condition.is_at_once() || waits || after_peak || before || same_window || record
}

/// How much less probable than the budget allows.
pub(super) fn surprise(baseline: &SeenBaseline) -> f64 {
    baseline.p_budget / baseline.p
}

/// Whether the tone is out of the ordinary, where the rule is about tone.
fn shares_stand_out(rule: &Rule, found: &Bucket, normal: &Normal) -> bool {
    let prior = match rule.condition.tone() {
        None | Some(SentimentLabel::Neutral) => return true,
        Some(SentimentLabel::Negative) => PRIOR_NEGATIVE,
        Some(SentimentLabel::Positive) => PRIOR_POSITIVE,
    };
    share_tail(counted(rule, found), found.volume(rule.count), prior, normal.tone()) <= SHARE_P
}

/// What the rule's threshold is about.
pub(super) fn counted(rule: &Rule, bucket: &Bucket) -> u32 {
    match rule.condition.tone() {
        Some(tone) => bucket.toned(tone, rule.count),
        None => bucket.volume(rule.count),
    }
}

/// The window of whole slots that ends at `end`, and what it holds; `None` unless the series covers it.
fn window(series: &Series, length: Duration, end: Timestamp) -> Option<((Timestamp, Timestamp), Bucket)> {
    let step_s = i64::from(series.step_s);
    let slot = |at_s: i64| usize::try_from((at_s - series.start.as_second()).div_euclid(step_s)).ok();
    let start_s = end.as_second().checked_sub(i64::try_from(length.as_secs()).ok()?)?;
    let buckets = series.buckets.get(slot(start_s)?..slot(end.as_second())?)?;
    let sum = buckets.iter().fold(Bucket::default(), |mut sum, &bucket| {
        sum += bucket;
        sum
    });
    Some(((Timestamp::from_second(start_s).ok()?, end), sum))
}

/// The probability that `toned` or more of `all` are told in a tone, for a brand of which `past` (so many, of how
/// many) usually are, and of which `prior` is believed before: binomial with a share that is itself only known from
/// these (beta-binomial).
fn share_tail(toned: u32, all: u32, prior: f64, (past, past_all): (f64, f64)) -> f64 {
    let weight = (HEAVIEST_HISTORY / past_all.max(1.0)).min(1.0);
    let a = prior * PRIOR_MENTIONS + past * weight;
    let b = (1.0 - prior) * PRIOR_MENTIONS + (past_all - past).max(0.0) * weight;
    let n = f64::from(all);
    // P(0), then each from the one before, in logarithms, which do not vanish.
    let mut ln_p: f64 = (0..all).map(|i| ((b + f64::from(i)) / (a + b + f64::from(i))).ln()).sum();
    let mut below = 0.0;
    for k in 0..toned.min(all) {
        below += ln_p.exp();
        let k = f64::from(k);
        ln_p += ((n - k) / (k + 1.0) * (a + k) / (b + n - k - 1.0)).ln();
    }
    (1.0 - below).clamp(0.0, 1.0)
}
