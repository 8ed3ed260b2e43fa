//! What a rule sees that looks for less than usual, or for another share, in windows that are heard as a whole.
//!
//! What is missing may only be late, or unheard. So a window is judged once what comes late has come, as late as
//! nearly all was in the weeks before ([`lag`]), and once every source that matters was heard up to its end. What
//! sources could not be heard is not expected of it. Talk that is there counts however it came: back-fill proves
//! that somebody spoke.
//!
//! Of a share only such times count in which nearly all of today's talk of every brand compared could be heard
//! ([`shared`]): a source that was not there yet, or not heard, may be one that speaks of one of them only.

use std::time::Duration;

use super::normal::{Normal, SLOT_S, counted_of};
use super::observe::{Observation, line, observed, surprise};
use crate::model::{
    Alert, AlertState, Bucket, Heard, History, Observed, Rule, SeenBaseline, Side, Timestamp,
};
use crate::stats::share::{Clumping, Sum};
use crate::stats::{Estimate, Figure, Interval};

/// Before so many days were listened to, nothing is called missing: a weekend must have been heard twice.
pub const FEWEST_DAYS: f64 = 14.0;
/// How late things come is told by so much time.
pub const LAGS_S: i64 = 28 * 86_400;
/// What comes later than this part of all is not waited for.
const WAITED_FOR: f64 = 0.98;
/// With fewer mentions to tell, the rule waits for as long as it ever would.
const FEWEST_LAGS: usize = 20;
/// Windows that tell how clumped talk is, at least and at most.
const FEWEST_FREEDOM: f64 = 3.0;
const MOST_FREEDOM: f64 = 60.0;
/// A window in which so many are expected shows whether talk is back.
const TELLING: f64 = 3.0;

/// Where more of the talk of a brand was not heard, its share is unknown.
const UNHEARD: f64 = 0.05;

/// A slot of a brand's history beside those of the others that it is compared with; `None` where one of them was not
/// heard as a whole.
pub fn shared(own: Option<Heard>, others: impl IntoIterator<Item = Option<Heard>>) -> Option<Heard> {
    let is_whole = |heard: &Heard| heard.share - heard.deaf >= 1.0 - UNHEARD;
    let own = own.filter(is_whole)?;
    let mut whole = own.counts;
    for other in others {
        whole += other.filter(is_whole)?.counts;
    }
    Some(Heard { whole, ..own })
}

/// The same of whole histories, from where the last of them begins.
pub fn shares(own: History, others: &[History]) -> History {
    let step_s = i64::from(own.step_s);
    let slot = |history: &History, at_s: i64| {
        let place = (at_s - history.start.as_second()).div_euclid(step_s);
        usize::try_from(place).ok().and_then(|place| history.slots.get(place).copied().flatten())
    };
    let slots = own.slots.iter().enumerate().map(|(number, heard)| {
        let at_s = own.start.as_second() + number as i64 * step_s;
        shared(*heard, others.iter().map(|other| slot(other, at_s)))
    });
    History { slots: slots.collect(), ..own }
}

/// A count that is no more than half of what is usual.
pub(super) fn few(expected: f64) -> u32 {
    (expected / 2.0).floor().min(f64::from(u32::MAX)) as u32
}

/// How long to wait after the end of a window, seconds, whole slots: `lags` are how late mentions were heard.
pub fn lag(rule: &Rule, mut lags: Vec<i64>) -> i64 {
    let slot_s = i64::from(SLOT_S);
    let longest = i64::try_from(rule.late.as_secs()).unwrap_or(i64::MAX / 2);
    lags.retain(|lag| *lag <= longest);
    lags.sort_unstable();
    let place = (lags.len() as f64 * WAITED_FOR) as usize;
    let lag = match lags.get(place) {
        Some(lag) if lags.len() >= FEWEST_LAGS => *lag,
        _ => longest,
    };
    (lag.max(1) + slot_s - 1).div_euclid(slot_s) * slot_s
}

/// Looks at the window of this `length` that ends at `end`, the end of a slot; `normal` has learned all slots before
/// the last one. `sources` tells the number of distinct sources in it, and is asked only where all else holds.
///
/// `None` while too little is known to say what is normal, or where too little of the window was heard.
pub(super) fn observe<E>(
    rule: &Rule,
    length: Duration,
    history: &History,
    normal: &Normal,
    end: Timestamp,
    sources: impl FnOnce((Timestamp, Timestamp)) -> Result<u32, E>,
) -> Result<Option<Observation>, E> {
    if normal.days() < FEWEST_DAYS {
        return Ok(None);
    }
    let Some(heard) = heard(rule, history, length, end) else { return Ok(None) };
    let Some(usual) = normal.usual(length, end, heard.exposure) else { return Ok(None) };
    let mut observed = observed(rule, heard.value, &heard.counts, heard.window);
    let mut baseline = SeenBaseline {
        expected: usual.expected,
        threshold: 0,
        p: usual.tail(f64::from(heard.value)),
        p_budget: usual.p_budget,
        dispersion: usual.dispersion,
        days: normal.days(),
    };
    let min = f64::from(rule.min);
    let enough = match usual.side {
        Side::Either => usual.whole >= min,
        Side::More | Side::Less => usual.expected >= min && heard.value <= few(usual.expected),
    };
    if usual.side == Side::Either {
        observed.whole = Some(usual.whole.round() as u32);
    }
    let holds = enough && baseline.p <= usual.p_budget;
    if holds {
        (baseline.threshold, baseline.p_budget) = line(rule.min, &usual, heard.value);
        observed.sources = sources(heard.window)?;
    }
    Ok(Some(Observation { observed, baseline: Some(baseline), holds }))
}

/// A window as far as it was heard.
struct HeardWindow {
    window: (Timestamp, Timestamp),
    counts: Bucket,
    value: u32,
    /// Of its last slot.
    exposure: f64,
}

/// `None` where the last slot was not heard, or `history` does not reach as far.
fn heard(rule: &Rule, history: &History, length: Duration, end: Timestamp) -> Option<HeardWindow> {
    let step_s = i64::from(history.step_s);
    let start_s = end.as_second().checked_sub(i64::try_from(length.as_secs()).ok()?)?;
    let slot = |at_s: i64| usize::try_from((at_s - history.start.as_second()).div_euclid(step_s)).ok();
    let slots = history.slots.get(slot(start_s)?..slot(end.as_second())?)?;
    let last = slots.last().copied().flatten()?;
    let (mut counts, mut value) = (Bucket::default(), 0.0);
    for heard in slots.iter().flatten() {
        counts += heard.counts;
        value += counted_of(rule, heard).value;
    }
    let window = (Timestamp::from_second(start_s).ok()?, end);
    Some(HeardWindow { window, counts, value: value as u32, exposure: counted_of(rule, &last).exposure })
}

/// How much was heard of the slot that ends at `end`.
pub(super) fn exposure(rule: &Rule, history: &History, end: Timestamp) -> f64 {
    let slot = Duration::from_secs(u64::from(SLOT_S));
    heard(rule, history, slot, end).map_or(0.0, |heard| heard.exposure)
}

/// Of the looks at several windows, that which tells how it stands with the current or `last` incident: while that
/// fires, it goes on until a window after its peak is half way back to what is usual; another opens only in windows
/// that begin after its end.
pub(super) fn strongest(mut seen: Vec<Observation>, last: Option<&Alert>) -> Option<Observation> {
    let rank = |seen: &Observation| (seen.holds, seen.baseline.as_ref().map_or(0.0, surprise));
    let firing = last.filter(|alert| alert.state == AlertState::Firing);
    let over = last.filter(|alert| alert.state == AlertState::Resolved).and_then(|alert| alert.until);
    let is_back = firing.is_some_and(|alert| seen.iter().any(|seen| shows_talk(seen, alert)));
    for seen in &mut seen {
        seen.holds &= !is_back && over.is_none_or(|over| seen.observed.window.0 >= over);
    }
    let best = seen.into_iter().reduce(|best, next| if rank(&next) > rank(&best) { next } else { best })?;
    Some(match firing {
        // It goes on with the numbers it has.
        Some(alert) if !best.holds && !is_back => Observation {
            observed: Observed {
                window: (alert.observed.window.0, best.observed.window.1),
                ..alert.observed.clone()
            },
            baseline: alert.baseline.clone(),
            holds: true,
        },
        _ => best,
    })
}

/// Whether a window after the peak of an incident is half way back to what is usual.
fn shows_talk(seen: &Observation, incident: &Alert) -> bool {
    let expected = seen.baseline.as_ref().map_or(0.0, |baseline| baseline.expected);
    let is_back = match (shifted(seen.baseline.as_ref(), &seen.observed), incident.baseline.as_ref()) {
        (Some(now), then @ Some(_)) => {
            // It may have gone past it.
            shifted(then, &incident.observed).is_some_and(|then| now / then < 0.5)
        }
        _ => seen.observed.value > few(expected),
    };
    seen.observed.window.0 >= incident.observed.window.1 && expected >= TELLING && is_back
}

/// How far a share lies from the usual one; `None` of a count.
fn shifted(baseline: Option<&SeenBaseline>, observed: &Observed) -> Option<f64> {
    let whole = f64::from(observed.whole?);
    Some((f64::from(observed.value) - baseline?.expected) / whole.max(1.0))
}

/// A share as it was seen, with the interval that holds it, and the usual one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeenShare {
    pub seen: Interval,
    pub usual: f64,
}

/// The share of voice an alert saw, at 95 %: Wilson's interval of as many cases as tell that much where talk comes in
/// clumps, known from as many windows as there were days of listening for; `None` of an alert about anything else.
pub fn share_of(observed: &Observed, baseline: Option<&SeenBaseline>) -> Option<SeenShare> {
    let (whole, baseline) = (f64::from(observed.whole?), baseline?);
    if whole <= 0.0 {
        return None;
    }
    let usual = (baseline.expected / whole).clamp(0.0, 1.0);
    let days = (observed.window.1.as_second() - observed.window.0.as_second()) as f64 / 86_400.0;
    let clumping = Clumping {
        design_effect: (baseline.dispersion / usual.max(1.0 - usual)).max(1.0),
        freedom: (baseline.days / days.max(1e-9)).clamp(FEWEST_FREEDOM, MOST_FREEDOM),
    };
    let sum = Sum { up: f64::from(observed.value), down: 0.0, whole };
    let seen = Estimate::new(Figure::Share, sum, clumping)?.interval();
    Some(SeenShare { seen, usual })
}
