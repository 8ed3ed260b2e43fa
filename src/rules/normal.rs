//! What is usual for one rule and one brand, and how it got to be known.
//!
//! A [`Vigil`] has seen the slots of the past in order, and keeps a few of its earlier states: when mentions
//! of yesterday come in late it goes back to one from before, and learns on from there. What it says depends on
//! the slots alone, not on when it was told of them; so a restart, a replay and an explanation find the
//! same numbers.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::calendar::hour_of_week;
use super::observe::{counted, line};
use super::settled;
use super::voices::LISTENED_S;
use crate::model::{
    Alert, Bucket, Condition, Heard, History, Rule, SeenBaseline, SeenSeries, Side, Timestamp,
};
use crate::stats::{Usual, Watch, watch};

/// Seconds of a slot: windows consist of them, and end with them.
pub const SLOT_S: u32 = 900;
/// How far back what is usual is learned from, at most.
pub const HISTORY_DAYS: i64 = 182;
/// Nothing is judged before so many days were listened to.
pub const FEWEST_DAYS: f64 = watch::FEWEST_DAYS;
/// An incident is over at the latest when nothing has stood out for this long.
pub(super) const LONGEST_CALM: Duration = Duration::from_secs(6 * 3_600);

/// Which earlier states a vigil keeps, to go back to: those of the `newest` slots, and from every so many slots
/// back to so many slots ago.
#[derive(Clone, Copy, Debug)]
pub struct Keeps {
    newest: usize,
    every: usize,
    back: usize,
}

impl Keeps {
    /// Few: there may be a thousand vigils, each with a news now and then.
    pub const LIVE: Keeps = Keeps { newest: 1, every: 48, back: 240 };
    /// Many: a replay goes back a little a hundred thousand times.
    pub const REPLAY: Keeps = Keeps { newest: 16, every: 12, back: 240 };

    /// Whether the state after so many slots is one to keep, when the newest is after `last`.
    fn wants(self, slots: usize, last: usize) -> bool {
        slots + self.newest > last || slots.is_multiple_of(self.every) && slots + self.back >= last
    }
}

/// Tone is remembered for so many days, half of it longer.
const TONE_HALF_LIFE_DAYS: f64 = 28.0;

/// What is usual as of one slot.
#[derive(Clone, Debug)]
pub struct Normal {
    watch: Watch,
    zone: TimeZone,
    /// Mentions or stories told in the tone that the rule is about, and all, discounted.
    toned: f64,
    all: f64,
}

impl Normal {
    fn new(side: Side, lengths_s: &[u32], budget_per_week: f64, pause_s: u32, zone: TimeZone) -> Self {
        let watch = Watch::new(SLOT_S, lengths_s, budget_per_week, pause_s).on(side);
        Self { watch, zone, toned: 0.0, all: 0.0 }
    }

    /// What is usual for the window that ends at `end`, the end of the slot after those learned, of which so much
    /// was heard.
    pub(super) fn usual(&self, length: Duration, end: Timestamp, exposure: f64) -> Option<Usual> {
        let slots = usize::try_from(length.as_secs() / u64::from(SLOT_S)).ok()?;
        self.watch.usual(slots, self.hour(end.as_second() - i64::from(SLOT_S))?, exposure)
    }

    /// Days of listening it rests on.
    pub fn days(&self) -> f64 {
        self.watch.days()
    }

    /// How many were told in the tone that the rule is about, and of how many.
    pub(super) fn tone(&self) -> (f64, f64) {
        (self.toned, self.all)
    }

    fn hour(&self, at_s: i64) -> Option<usize> {
        Some(hour_of_week(Timestamp::from_second(at_s).ok()?, &self.zone))
    }

    /// Learns the slot that starts at `at_s`.
    fn learn(&mut self, at_s: i64, slot: Option<Counted>, tone: Option<(f64, f64)>) {
        let (value, exposure) = (slot.map(|slot| slot.value), slot.map_or(0.0, |slot| slot.exposure));
        let learned = self.watch.learn_heard(self.hour(at_s).unwrap_or(0), value, exposure);
        let kept = (-f64::from(SLOT_S) / 86_400.0 / TONE_HALF_LIFE_DAYS).exp2();
        (self.toned, self.all) = (self.toned * kept, self.all * kept);
        // What an incident brings is no normal tone.
        if let Some((toned, all)) = tone.filter(|_| !learned.holds) {
            self.toned += toned;
            self.all += all;
        }
    }
}

/// What a slot tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Counted {
    pub value: f64,
    /// To what its expectation is in proportion.
    pub exposure: f64,
}

/// Where more is looked for, a count is scaled to today's sources; where less is, it is left as it is, and held
/// against what its sources would usually bring, or, of a share, against all that is compared.
pub(super) fn counted_of(rule: &Rule, heard: &Heard) -> Counted {
    let count = f64::from(counted(rule, &heard.counts));
    match rule.condition.side() {
        Side::More => Counted { value: count / heard.share, exposure: 1.0 },
        Side::Less => Counted { value: count, exposure: heard.share - heard.deaf },
        Side::Either => Counted { value: count, exposure: f64::from(heard.whole.volume(rule.count)) },
    }
}

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct Vigil {
    /// Start of the first slot.
    start: Timestamp,
    values: Vec<Option<Counted>>,
    /// After how many slots, oldest first; the last is the newest.
    states: Vec<(usize, Box<Normal>)>,
    keeps: Keeps,
}

impl Vigil {
    /// Begins with the slot that starts at `start`.
    pub fn new(rule: &Rule, start: Timestamp, zone: &TimeZone, keeps: Keeps) -> Self {
        let side = rule.condition.side();
        let normal = Normal::new(side, &lengths_s(rule), rule.budget_per_week, pause_s(rule), zone.clone());
        Self { start, values: Vec::new(), states: vec![(0, Box::new(normal))], keeps }
    }

    /// The start of the first slot.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// The end of the last slot that was learned.
    pub fn end(&self) -> Timestamp {
        let seconds = self.values.len() as i64 * i64::from(SLOT_S);
        Timestamp::from_second(self.start.as_second() + seconds).unwrap_or(Timestamp::MAX)
    }

    /// What is usual for windows that end with the slot after the last learned.
    pub fn normal(&self) -> &Normal {
        &self.states[self.states.len() - 1].1
    }

    /// Goes back to a state from before the slot in which `at` lies, if one is kept. What was learned after
    /// [`Vigil::end`] is to be learned again.
    pub fn go_back(&mut self, at: Timestamp) -> bool {
        let before = (at.as_second() - self.start.as_second()).div_euclid(i64::from(SLOT_S));
        let Ok(before) = usize::try_from(before) else { return false };
        let kept = self.states.partition_point(|(slots, _)| *slots <= before);
        if kept == 0 {
            return false;
        }
        self.states.truncate(kept);
        self.values.truncate(self.states[kept - 1].0);
        true
    }

    /// Learns the slots of `history` from [`Vigil::end`] up to `until`; those it lacks are unknown.
    pub fn learn(&mut self, rule: &Rule, history: &History, until: Timestamp) {
        let step_s = i64::from(SLOT_S);
        let mut at_s = self.end().as_second();
        let more = usize::try_from((until.as_second() - at_s).div_euclid(step_s)).unwrap_or(0);
        let Some((mut slots, mut normal)) = self.states.last().filter(|_| more > 0).cloned() else { return };
        let last = slots + more;
        self.states.retain(|(slots, _)| self.keeps.wants(*slots, last));
        while slots < last {
            let place = (at_s - history.start.as_second()).div_euclid(step_s);
            let heard = usize::try_from(place).ok().and_then(|i| history.slots.get(i)).copied().flatten();
            let value = heard.map(|heard| counted_of(rule, &heard));
            let tone = heard.map(|heard| tone(rule, &heard.counts));
            normal.learn(at_s, value, tone);
            self.values.push(value);
            slots += 1;
            at_s += step_s;
            if slots < last && self.keeps.wants(slots, last) {
                self.states.push((slots, normal.clone()));
            }
        }
        self.states.push((slots, normal));
    }

    /// What a look at a window that ends at `end` rested on, with so much heard of its last slot.
    pub fn seen(&self, rule: &Rule, end: Timestamp, exposure: f64) -> SeenSeries {
        let slots = (end.as_second() - self.start.as_second()).div_euclid(i64::from(SLOT_S)) - 1;
        let slots = usize::try_from(slots).unwrap_or(0).min(self.values.len());
        let seen = &self.values[..slots];
        let exposures = seen.iter().map(|slot| slot.map_or(0.0, |slot| slot.exposure)).chain([exposure]);
        let side = rule.condition.side();
        SeenSeries {
            start: self.start,
            step_s: SLOT_S,
            values: seen.iter().map(|slot| slot.map(|slot| slot.value)).collect(),
            side,
            exposures: if side == Side::More { Vec::new() } else { exposures.collect() },
            zone: self.normal().zone.iana_name().unwrap_or("UTC").to_owned(),
            lengths_s: lengths_s(rule),
            budget_per_week: rule.budget_per_week,
            pause_s: pause_s(rule),
            min: rule.min,
        }
    }
}

/// The baseline and the line computed anew from the series the alert saw, equal to those it stored bit for
/// bit. `None` for a rule that speaks at once, which has none, and for an alert of an earlier vigie, whose arithmetic was another.
pub fn recompute(alert: &Alert) -> Option<SeenBaseline> {
    let (series, stored) = (alert.series.as_ref()?, alert.baseline.as_ref()?);
    let zone = TimeZone::get(&series.zone).ok()?;
    let mut normal =
        Normal::new(series.side, &series.lengths_s, series.budget_per_week, series.pause_s, zone);
    let mut at_s = series.start.as_second();
    let exposure = |slot: usize| series.exposures.get(slot).copied().unwrap_or(1.0);
    for (slot, &value) in series.values.iter().enumerate() {
        normal.learn(at_s, value.map(|value| Counted { value, exposure: exposure(slot) }), None);
        at_s += i64::from(SLOT_S);
    }
    let (start, end) = alert.observed.window;
    let length = Duration::from_secs(u64::try_from(end.as_second() - start.as_second()).ok()?);
    let usual = normal.usual(length, end, exposure(series.values.len()))?;
    let (threshold, p_budget) = line(series.min, &usual, alert.observed.value);
    Some(SeenBaseline {
        expected: usual.expected,
        threshold,
        p: usual.tail(f64::from(alert.observed.value)),
        p_budget,
        dispersion: usual.dispersion,
        days: stored.days.min(normal.days()),
    })
}

fn tone(rule: &Rule, counts: &Bucket) -> (f64, f64) {
    match rule.condition.tone() {
        Some(_) => (f64::from(counted(rule, counts)), f64::from(counts.volume(rule.count))),
        None => (0.0, 0.0),
    }
}

fn lengths_s(rule: &Rule) -> Vec<u32> {
    rule.windows().into_iter().filter_map(|length| u32::try_from(length.as_secs()).ok()).collect()
}

fn pause_s(rule: &Rule) -> u32 {
    u32::try_from((rule.cooldown + LONGEST_CALM).as_secs()).unwrap_or(u32::MAX)
}

/// From when on the rule can judge a brand of which enough is known since `usual_since`. `None` beyond the end of
/// time.
pub fn judged_from(usual_since: Timestamp, rule: &Rule) -> Option<Timestamp> {
    let needed_s = match rule.condition {
        Condition::Pattern => 0,
        Condition::NewVoice => LISTENED_S,
        Condition::Absence | Condition::ShareShift { .. } => {
            (settled::FEWEST_DAYS * 86_400.0) as i64 + 2 * i64::from(SLOT_S)
        }
        _ => (FEWEST_DAYS * 86_400.0) as i64 + i64::from(SLOT_S),
    };
    Timestamp::from_second(usual_since.as_second().checked_add(needed_s)?).ok()
}

/// Since when history is read: as far back as it goes from the last beginning of a quarter of a year, so that what is
/// learned begins at one time for all looks of a season.
pub fn begun(stock_taken: Timestamp) -> Timestamp {
    let quarter_s = 13 * 7 * 86_400;
    let quarter = stock_taken.as_second().div_euclid(quarter_s) * quarter_s;
    let since = (quarter - HISTORY_DAYS * 86_400).div_euclid(i64::from(SLOT_S)) * i64::from(SLOT_S);
    Timestamp::from_second(since).unwrap_or(Timestamp::MIN)
}
