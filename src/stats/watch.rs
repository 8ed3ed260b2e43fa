//! What stands out in a stream of counts, slot by slot.
//!
//! A [`Watch`] is shown the slots of one series in order. It knows what is usual at such an hour of the week
//! ([`super::season`], [`super::level`]), how far counts stray from it ([`super::spread`]), and how surprising a
//! window must be for the false alarms to keep to a budget ([`super::line`]). Windows of several lengths are
//! looked at together and share the budget. What it says of a window rests on earlier slots only, and is the
//! same at every run: all arithmetic is in the order of the slots.
//!
//! What is usual for a window is what was known when the window began, so that an event that swells for a day
//! is not taken for the new normal. What stands out is not learned from: counts far above what is usual are
//! cut, and while an incident is open little is believed. So past incidents do not raise what is called normal;
//! a change that lasts for more than three days does.

use std::collections::VecDeque;

use statrs::distribution::{Discrete, DiscreteCDF, NegativeBinomial, NegativeBinomialError};

use super::level::Level;
use super::line::{Held, Line, Run};
use super::season::Season;
use super::spread::{Spread, Variance};
use crate::model::Side;

const DAY_S: f64 = 86_400.0;
const WEEK_S: f64 = 7.0 * DAY_S;

/// Before so many days nothing is judged.
pub const FEWEST_DAYS: f64 = 2.0;
/// Before so many days nothing is said of spread, and nothing is cut.
const FIRST_DAYS: f64 = 1.0;
/// A window with less of its slots known tells nothing.
const KNOWN: f64 = 0.75;
/// Counts this many standard deviations above what is usual are cut before they are learned.
const CUT: f64 = 3.5;
/// What a slot weighs while an incident is open, and for how many days at most.
const TRUST_IN_INCIDENT: f64 = 0.1;
const INCIDENT_DAYS: f64 = 3.0;
/// Surprise is looked up from so many standard deviations on; nothing below is near any line.
const LOOKED_UP: f64 = 0.7;

/// What a window is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usual {
    /// Expected count.
    pub expected: f64,
    /// Variance over mean, above 1; 1 is Poisson. Of a share, over the mean of the smaller part.
    pub dispersion: f64,
    /// The probability the budget allows a window: a count alarms if it is at least as improbable.
    pub p_budget: f64,
    pub side: Side,
    /// Of a share: all that was counted in the window.
    pub whole: f64,
}

impl Usual {
    /// The probability of `count` or more, or of `count` or fewer: negative binomial with this mean and variance.
    pub fn tail(&self, count: f64) -> f64 {
        match self.side {
            Side::More => upper(self.expected, self.dispersion, count),
            Side::Less => lower(self.expected, self.dispersion, count),
            Side::Either => {
                let (mean, count) = smaller(self.expected, count, self.whole);
                either(mean, self.dispersion, count)
            }
        }
    }

    /// Whether `count` may alarm: cheaper than [`Usual::tail`], and certain where it says no. So many or more are at
    /// least as probable as any one count that is no smaller.
    pub fn may_alarm(&self, count: u32) -> bool {
        let one = u64::from(count).max(self.expected as u64);
        let Ok(counted) = negative_binomial(self.expected, self.dispersion) else { return true };
        counted.ln_pmf(one) <= self.p_budget.ln() + 1e-6
    }

    /// The smallest whole count that alarms, or the largest; 0 where not even that does. Of a share, on the side of
    /// what was `seen`.
    pub fn threshold(&self, seen: u32) -> u32 {
        let alarms = |count: u32| self.tail(f64::from(count)) <= self.p_budget;
        if self.side == Side::Less || self.side == Side::Either && f64::from(seen) < self.expected {
            let (mut low, mut high) = (0, self.expected.min(1e9) as u32 + 1);
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if alarms(middle) { low = middle } else { high = middle }
            }
            return low;
        }
        let mut low = self.expected.min(1e9) as u32;
        let mut step = 1;
        while !alarms(low + step) && step < 1 << 30 {
            low += step;
            step *= 2;
        }
        let mut high = low + step;
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if alarms(middle) { high = middle } else { low = middle }
        }
        high
    }
}

/// The probability of `count` or more of a negative binomial count.
fn upper(mean: f64, dispersion: f64, count: f64) -> f64 {
    // Running sums are exact to a millionth.
    let whole = (count - 1e-6).ceil();
    if whole < 1.0 {
        return 1.0;
    }
    match negative_binomial(mean, dispersion) {
        Ok(counted) => counted.sf(whole as u64 - 1).clamp(f64::MIN_POSITIVE, 1.0),
        // Not reached: mean and dispersion are positive, finite, and the latter above 1.
        Err(_) => 1.0,
    }
}

/// The probability of `count` or fewer.
fn lower(mean: f64, dispersion: f64, count: f64) -> f64 {
    let whole = (count + 1e-6).floor();
    if whole < 0.0 {
        return f64::MIN_POSITIVE;
    }
    match negative_binomial(mean, dispersion) {
        Ok(counted) => counted.cdf(whole as u64).clamp(f64::MIN_POSITIVE, 1.0),
        // Not reached, as above.
        Err(_) => 1.0,
    }
}

/// The probability of a count as far from the mean, or farther, on either side.
fn either(mean: f64, dispersion: f64, count: f64) -> f64 {
    (2.0 * upper(mean, dispersion, count).min(lower(mean, dispersion, count))).min(1.0)
}

/// Mean and count of the smaller part of a whole: a share and what is left of it tell the same, and the smaller one
/// strays as counts do.
fn smaller(mean: f64, count: f64, whole: f64) -> (f64, f64) {
    if 2.0 * mean > whole { ((whole - mean).max(1e-4), (whole - count).max(0.0)) } else { (mean, count) }
}

fn negative_binomial(mean: f64, dispersion: f64) -> Result<NegativeBinomial, NegativeBinomialError> {
    NegativeBinomial::new(mean / (dispersion - 1.0), 1.0 / dispersion)
}

#[derive(Clone, Debug)]
struct Length {
    slots: usize,
    spread: Spread,
    /// Count and expectation, in units of the level, of the known slots of the window that ends with the newest
    /// slot, and how many are known.
    count: f64,
    season: f64,
    known: usize,
    /// How much of them was heard; of a share, all that was counted.
    exposure: f64,
    /// Expectation of all its slots.
    whole_season: f64,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    count: Option<f64>,
    season: f64,
    exposure: f64,
    /// As known before this slot.
    level: f64,
}

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct Watch {
    side: Side,
    slots_per_day: f64,
    budget_per_week: f64,
    /// Slots for which nothing must stand out until an incident is over.
    pause: i64,
    season: Season,
    level: Level,
    lengths: Vec<Length>,
    /// As many slots as the longest window has, and one.
    past: VecDeque<Slot>,
    /// Slots seen, and of these, known.
    seen: i64,
    known: f64,
    line: Line,
    /// The surprise that alarms.
    line_at: f64,
    run: Run,
    incident_since: i64,
}

/// What a slot was found to be when it was learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Learned {
    /// What was expected of the slot alone.
    pub expected: f64,
    /// The greatest surprise of the windows that end with it, in excess of the line and in units of the line's
    /// distance from no surprise at all; `None` where nothing can be judged.
    pub surprise: Option<f64>,
    /// An incident opens.
    pub opens: bool,
    /// An incident, opened now or before, goes on.
    pub holds: bool,
}

impl Watch {
    /// For slots of `step_s` seconds, windows of `lengths_s` (those that are multiples of the step), a budget of
    /// false alarms for all of them together, and an incident that is over when nothing has stood out for
    /// `pause_s`.
    pub fn new(step_s: u32, lengths_s: &[u32], budget_per_week: f64, pause_s: u32) -> Self {
        let slots_per_day = DAY_S / f64::from(step_s);
        let fits = |length_s: &&u32| **length_s >= step_s && length_s.is_multiple_of(step_s);
        let mut slots: Vec<usize> =
            lengths_s.iter().filter(fits).map(|length_s| (length_s / step_s) as usize).collect();
        if slots.is_empty() {
            slots.push(1);
        }
        slots.sort_unstable();
        let lengths: Vec<Length> = slots
            .into_iter()
            .map(|slots| Length {
                slots,
                spread: Spread::new(slots_per_day, slots),
                count: 0.0,
                season: 0.0,
                known: 0,
                exposure: 0.0,
                whole_season: 0.0,
            })
            .collect();
        let line = Line::new(lengths.len());
        Self {
            side: Side::More,
            slots_per_day,
            budget_per_week,
            pause: i64::from(pause_s / step_s),
            season: Season::new(slots_per_day),
            level: Level::new(slots_per_day),
            lengths,
            past: VecDeque::new(),
            seen: 0,
            known: 0.0,
            line,
            line_at: f64::INFINITY,
            run: Run::NONE,
            incident_since: 0,
        }
    }

    /// The same, for counts on another side of what is usual.
    pub fn on(self, side: Side) -> Self {
        Self { side, ..self }
    }

    /// Slots of the windows, shortest first.
    pub fn lengths(&self) -> impl Iterator<Item = usize> {
        self.lengths.iter().map(|length| length.slots)
    }

    /// Days of known slots that it rests on.
    pub fn days(&self) -> f64 {
        self.known / self.slots_per_day
    }

    /// Whether enough was seen to judge windows.
    pub fn can_judge(&self) -> bool {
        self.days() >= FEWEST_DAYS && self.line_at.is_finite()
    }

    /// Whether a window of so many slots that ends with the next one lies after the last incident's peak: one that
    /// does not opens no incident.
    pub fn is_news(&self, slots: usize) -> bool {
        self.run.is_news(self.seen, slots as i64)
    }

    /// What is usual for the window of so many slots that ends with the next slot, which is at this hour of the
    /// week and of which so much is heard: of what is heard of the window, or of all of it where counts are looked for
    /// that are large. `None` while too little is known or heard, or for a length it was not made for.
    pub fn usual(&self, slots: usize, hour_of_week: usize, exposure: f64) -> Option<Usual> {
        let length = self.lengths.iter().find(|length| length.slots == slots)?;
        let before = self.past.len().checked_sub(slots)?;
        if !self.can_judge() {
            return None;
        }
        let season = self.season.at(hour_of_week, self.dispersion()).product() * exposure;
        let level = if slots == 1 { self.level.mean() } else { self.past[before + 1].level };
        let oldest = self.past[before];
        let in_all = match self.side {
            Side::More => length.whole_season - oldest.season + season,
            Side::Less | Side::Either => {
                let known = length.known - usize::from(oldest.count.is_some()) + 1;
                if (known as f64) < KNOWN * slots as f64 {
                    return None;
                }
                length.season - oldest.count.map_or(0.0, |_| oldest.season) + season
            }
        };
        let whole = length.exposure - oldest.count.map_or(0.0, |_| oldest.exposure) + exposure;
        Some(self.usual_of(length, (level * in_all).max(1e-4), whole))
    }

    fn usual_of(&self, length: &Length, mean: f64, whole: f64) -> Usual {
        let (part, _) = self.part(mean, 0.0, whole);
        let variance = self.variance(length, mean, part);
        let p_budget = (-(self.line_at + self.looks(length))).exp();
        let whole = if self.side == Side::Either { whole } else { 0.0 };
        Usual { expected: mean, dispersion: variance / part, p_budget, side: self.side, whole }
    }

    /// The variance of counts about a mean that is itself only known from so many mentions, `part` of which is meant.
    fn variance(&self, length: &Length, mean: f64, part: f64) -> f64 {
        let counted = self.level.counted();
        // Of the larger part it is known as well as of the smaller.
        let counted = if part == mean { counted } else { counted * part / mean };
        length.spread.variance.at(part) + self.dispersion() / (counted + 2.0) * part * part
    }

    /// Mean and count that stray as counts do: of a share, those of its smaller part.
    fn part(&self, mean: f64, count: f64, whole: f64) -> (f64, f64) {
        if self.side == Side::Either { smaller(mean, count, whole) } else { (mean, count) }
    }

    /// Surprise is counted from what is as probable as once a week among windows of that length, each seen
    /// twice.
    fn looks(&self, length: &Length) -> f64 {
        (2.0 * 7.0 * self.slots_per_day / length.slots as f64).ln()
    }

    /// Of windows of a medium length: how far mentions come in clumps.
    fn dispersion(&self) -> f64 {
        let medium = self.lengths.len().saturating_sub(2);
        self.lengths[medium].spread.variance.clumping
    }

    /// Takes in the next slot, at this hour of the week: its count, or `None` where nobody listened.
    pub fn learn(&mut self, hour_of_week: usize, count: Option<f64>) -> Learned {
        self.learn_heard(hour_of_week, count, 1.0)
    }

    /// The same of a slot of which only so much was heard: what is expected of it is in proportion.
    pub fn learn_heard(&mut self, hour_of_week: usize, count: Option<f64>, exposure: f64) -> Learned {
        let dispersion = self.dispersion();
        let factors = self.season.at(hour_of_week, dispersion);
        let (season, level) = (factors.product() * exposure, self.level.mean());
        let longest = self.lengths.last().map_or(1, |length| length.slots);
        self.past.push_back(Slot { count, season, exposure, level });
        if self.past.len() > longest + 1 {
            self.past.pop_front();
        }
        let surprise = self.slide(count.is_some());
        let judged = self.can_judge() && count.is_some() && !surprise.is_empty();
        let mut learned = Learned { expected: level * season, surprise: None, opens: false, holds: false };
        if judged {
            let held = self.run.push(self.seen, &surprise, self.line_at, self.pause);
            learned.opens = held == Held::Opens;
            learned.holds = held != Held::No;
            if learned.opens {
                self.incident_since = self.seen;
            }
            let highest = surprise.last().map_or(f64::NEG_INFINITY, |(_, highest)| *highest);
            learned.surprise = Some(highest - self.line_at);
        }
        if self.days() >= FEWEST_DAYS && count.is_some() {
            let weeks = DAY_S / WEEK_S / self.slots_per_day;
            self.line.learn(self.seen, &surprise, self.pause, weeks);
        }
        if let Some(count) = count {
            let trust = self.trust();
            let count = self.cut(count, level * season);
            self.season.learn(hour_of_week, factors, (level * exposure).max(1e-9), count, trust);
            self.level.learn(season, count, dispersion, trust);
            self.known += 1.0;
        }
        self.seen += 1;
        self.renew();
        learned
    }

    /// Moves the windows on to the newest slot. Answers, for each length of which enough is known, its slots and
    /// the greatest surprise up to that length.
    fn slide(&mut self, known: bool) -> Vec<(i64, f64)> {
        let mut surprise = Vec::with_capacity(self.lengths.len());
        let mut highest = f64::NEG_INFINITY;
        for i in 0..self.lengths.len() {
            let (newest, oldest) = {
                let slots = self.lengths[i].slots;
                (
                    self.past[self.past.len() - 1],
                    self.past.len().checked_sub(slots + 1).map(|at| self.past[at]),
                )
            };
            let length = &mut self.lengths[i];
            length.take(newest, 1.0);
            let Some(oldest) = oldest else { continue };
            length.take(oldest, -1.0);
            if !known || (length.known as f64) < KNOWN * length.slots as f64 {
                continue;
            }
            let level = self.past[self.past.len() - length.slots].level;
            let (count, mean) = (length.count, (level * length.season).max(1e-4));
            let whole = length.exposure;
            let (part, part_count) = self.part(mean, count, whole);
            let variance = self.variance(&self.lengths[i], mean, part);
            let (mean, count) = (part, part_count);
            let length = &self.lengths[i];
            if self.days() >= FEWEST_DAYS {
                let (near, dispersion) = (LOOKED_UP * variance.sqrt(), variance / mean);
                let p = match self.side {
                    Side::More if count > 0.5 && count > mean + near => Some(upper(mean, dispersion, count)),
                    Side::Less if count < mean - near => Some(lower(mean, dispersion, count)),
                    Side::Either if (count - mean).abs() > near => Some(either(mean, dispersion, count)),
                    Side::More | Side::Less | Side::Either => None,
                };
                if let Some(p) = p {
                    highest = highest.max(-p.ln() - self.looks(length));
                }
                surprise.push((length.slots as i64, highest));
            }
            if self.days() >= FIRST_DAYS {
                self.lengths[i].spread.learn(count, mean, variance);
            }
        }
        surprise
    }

    /// Four times a day spreads are fitted and the line is drawn again; it is drawn first as soon as can be.
    fn renew(&mut self) {
        let day = (self.slots_per_day as i64).max(1);
        if self.seen % day == 0 {
            self.line.age();
        }
        if self.seen % (day / 4).max(1) != 0 && (self.days() < FEWEST_DAYS || self.line_at.is_finite()) {
            return;
        }
        if self.days() >= FIRST_DAYS {
            let mut prior = Variance::PRIOR;
            for length in &mut self.lengths {
                length.spread.fit(prior);
                prior = length.spread.variance;
            }
        }
        if self.days() >= FEWEST_DAYS {
            self.line_at = self.line.at(self.budget_per_week);
        }
    }

    /// What the newest slot weighs.
    fn trust(&self) -> f64 {
        let in_incident = self.run.is_open(self.seen, self.pause);
        let lasted = (self.seen - self.incident_since) as f64;
        if in_incident && lasted < INCIDENT_DAYS * self.slots_per_day { TRUST_IN_INCIDENT } else { 1.0 }
    }

    /// The count of a slot, cut where it is far above what is usual.
    fn cut(&self, count: f64, expected: f64) -> f64 {
        if self.days() < FIRST_DAYS {
            return count;
        }
        let variance = self.lengths[0].spread.variance;
        let clumping = variance.clumping;
        let spread = (clumping * expected + variance.unrest * expected * expected).sqrt();
        count.min(expected + CUT * spread + 3.0 * clumping.min(10.0))
    }
}

impl Length {
    fn take(&mut self, slot: Slot, sign: f64) {
        self.whole_season += sign * slot.season;
        if let Some(count) = slot.count {
            self.count += sign * count;
            self.season += sign * slot.season;
            self.exposure += sign * slot.exposure;
            if sign > 0.0 { self.known += 1 } else { self.known -= 1 }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_not_alarm_does_not() {
        let mut spared = 0;
        for expected in [1e-4, 0.03, 0.7, 4.0, 31.5, 900.0] {
            for dispersion in [1.0001, 1.3, 4.0, 60.0] {
                for p_budget in [1e-12, 1e-5, 1e-3, 0.2] {
                    let usual = Usual { expected, dispersion, p_budget, side: Side::More, whole: 0.0 };
                    for count in (0..200).chain((200..3_000).step_by(97)) {
                        if !usual.may_alarm(count) {
                            spared += 1;
                            assert!(usual.tail(f64::from(count)) > p_budget, "{usual:?} {count}");
                        }
                    }
                }
            }
        }
        assert!(spared > 2_000, "{spared}");
    }
}
