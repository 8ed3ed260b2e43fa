//! From the false alarms a person tolerates to how surprising a window must be.
//!
//! What the negative binomial distribution calls one in a thousand happens more often in real talk, and
//! windows that slide and overlap alarm together. So the line is taken from the brand's own past: for each of
//! many levels of surprise it is counted how often an incident would have opened there, in the sense of the
//! rules ([`Run`]). Where the budget lies beyond what the past has shown often enough, the count is carried
//! on as an exponential tail (peaks over threshold; Pickands, "Statistical Inference Using Extreme Order
//! Statistics", 1975; Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory", 2017). At
//! first a belief stands in for the past; it fades as weeks come in.

const HALF_LIFE_DAYS: f64 = 56.0;
/// Levels of surprise: evenly up to this, then each a little higher than the one before.
const LOWEST: f64 = -5.0;
const EVEN_STEP: f64 = 0.25;
const EVEN_LEVELS: usize = 61;
const GROWTH: f64 = 1.08;
const LEVELS: usize = 118;

/// The tail is carried on from where about so many incidents were seen, but where no more than so many a
/// week are (or four times the budget).
const TAIL_FROM: f64 = 10.0;
const MOST_PER_WEEK: f64 = 4.0;
/// Surprise beyond the start of the tail counts up to this.
const TAIL_SEEN: f64 = 100.0;
/// Believed before any past is known: for each length of windows so many incidents a week of surprise 0 or
/// more, each further unit of surprise e^(1/1.5) times fewer; worth so many incidents, and for the steepness so
/// many.
const PRIOR_PER_WINDOW: f64 = 0.6;
const PRIOR_INCIDENTS: f64 = 3.0;
const PRIOR_TAIL: f64 = 1.5;
const PRIOR_TAIL_INCIDENTS: f64 = 6.0;
const STEEPEST: f64 = 0.5;
const FLATTEST: f64 = 200.0;
/// The part of the budget that is aimed at; the rest is for what the past does not tell.
const AIMED: f64 = 0.85;

/// What stands out at one level of surprise, looked at slot by slot.
///
/// An incident opens when a window is beyond the level that lies after the last incident's peak: a day that holds
/// yesterday's burst is no news. It goes on while such windows, or new peaks, come within a pause.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    peak: f64,
    peak_at: i64,
    held_at: i64,
}

/// What a [`Run`] makes of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    No,
    Opens,
    GoesOn,
}

const LONG_AGO: i64 = i64::MIN / 2;

impl Run {
    pub const NONE: Run = Run { peak: f64::NEG_INFINITY, peak_at: LONG_AGO, held_at: LONG_AGO };

    /// `surprise` holds for each length of windows, shortest first, its slots and the greatest surprise of
    /// windows up to that length that end with slot `now`.
    pub fn push(&mut self, now: i64, surprise: &[(i64, f64)], level: f64, pause: i64) -> Held {
        let Some(&(_, highest)) = surprise.last() else { return Held::No };
        if highest < level {
            return Held::No;
        }
        let open = now - self.held_at <= pause;
        let news = surprise.iter().take_while(|(slots, _)| self.is_news(now, *slots)).last();
        if news.is_some_and(|(_, news)| *news >= level) {
            if !open || highest >= self.peak {
                (self.peak, self.peak_at) = (highest, now);
            }
            self.held_at = now;
            return if open { Held::GoesOn } else { Held::Opens };
        }
        if open && highest > self.peak {
            *self = Run { peak: highest, peak_at: now, held_at: now };
            return Held::GoesOn;
        }
        Held::No
    }

    /// Whether a window of so many slots that ends with slot `now` lies after the last peak.
    pub fn is_news(&self, now: i64, slots: i64) -> bool {
        slots <= now - self.peak_at
    }

    /// Whether an incident is open.
    pub fn is_open(&self, now: i64, pause: i64) -> bool {
        now - self.held_at <= pause
    }
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Discounted numbers of incidents, by level.
    opened: Vec<f64>,
    runs: Vec<Run>,
    weeks: f64,
    /// Lengths of windows that share the budget.
    windows: f64,
}

/// The surprise of a level.
fn level(i: usize) -> f64 {
    let even = LOWEST + EVEN_STEP * i.min(EVEN_LEVELS - 1) as f64;
    even * GROWTH.powi(i.saturating_sub(EVEN_LEVELS - 1) as i32)
}

impl Line {
    pub fn new(windows: usize) -> Self {
        Self { opened: vec![0.0; LEVELS], runs: vec![Run::NONE; LEVELS], weeks: 0.0, windows: windows as f64 }
    }

    /// Takes in a slot, as long as `weeks`.
    pub fn learn(&mut self, now: i64, surprise: &[(i64, f64)], pause: i64, weeks: f64) {
        self.weeks += weeks;
        let highest = surprise.last().map_or(f64::NEG_INFINITY, |(_, highest)| *highest);
        for (i, (run, opened)) in self.runs.iter_mut().zip(&mut self.opened).enumerate() {
            let level = level(i);
            if level > highest {
                break;
            }
            if run.push(now, surprise, level, pause) == Held::Opens {
                *opened += 1.0;
            }
        }
    }

    /// Lets a day go by.
    pub fn age(&mut self) {
        let kept = (-1.0 / HALF_LIFE_DAYS).exp2();
        self.weeks *= kept;
        self.opened.iter_mut().for_each(|opened| *opened *= kept);
    }

    /// The surprise beyond which so many incidents a week are expected.
    pub fn at(&self, budget_per_week: f64) -> f64 {
        let budget = AIMED * budget_per_week;
        let most = MOST_PER_WEEK.max(4.0 * budget);
        let from = (TAIL_FROM / (self.weeks + 0.3)).clamp(budget, most);
        let believed_weeks = PRIOR_INCIDENTS / from;
        let believed =
            |i: usize| PRIOR_PER_WINDOW * self.windows * believed_weeks * (-level(i)).exp().min(20.0);
        let opened = |i: usize| self.opened[i] + believed(i);
        let weeks = self.weeks + believed_weeks;
        // From the top down to where enough incidents were; at the bottom they run into each other and get
        // fewer again.
        let (mut start, mut most_opened) = (LEVELS - 1, 0.0);
        for i in (0..LEVELS).rev() {
            if opened(i) > most_opened {
                (start, most_opened) = (i, opened(i));
            }
            if opened(i) / weeks >= from {
                break;
            }
        }
        let first = level(start);
        // The mean surprise beyond the start, as the area under the number of incidents above each level.
        let mut area = 0.0;
        for i in start + 1..LEVELS {
            if level(i) > first + TAIL_SEEN {
                break;
            }
            area += (level(i) - level(i - 1)) * (opened(i) + opened(i - 1)) / 2.0;
        }
        let believed_mean = PRIOR_TAIL * (1.0 - (-TAIL_SEEN / PRIOR_TAIL).exp());
        let mean = (area + PRIOR_TAIL_INCIDENTS * believed_mean) / (most_opened + PRIOR_TAIL_INCIDENTS);
        first + steepness(mean) * (most_opened / weeks / budget).ln()
    }
}

/// The scale b of an exponential tail whose mean, cut at [`TAIL_SEEN`], is this: b(1 − e^(−C/b)).
fn steepness(mean: f64) -> f64 {
    let mut scale = mean;
    for _ in 0..40 {
        scale = (mean / (1.0 - (-TAIL_SEEN / scale).exp())).min(FLATTEST);
    }
    scale.max(STEEPEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_rise() {
        assert_eq!((level(0), level(EVEN_LEVELS - 1)), (LOWEST, 10.0));
        assert!((1..LEVELS).all(|i| level(i) > level(i - 1)));
        assert!(level(LEVELS - 1) > 700.0, "{}", level(LEVELS - 1));
    }

    #[test]
    fn an_exponential_tail_is_found_again() {
        for scale in [1.0_f64, 5.0, 20.0, 60.0] {
            let mean = scale * (1.0 - (-TAIL_SEEN / scale).exp());
            assert!((steepness(mean) / scale - 1.0).abs() < 0.01, "{scale}: {}", steepness(mean));
        }
    }

    #[test]
    fn a_window_that_holds_the_last_peak_is_no_news() {
        let mut run = Run::NONE;
        let mut push =
            |now: i64, short: f64, long: f64| run.push(now, &[(1, short), (24, short.max(long))], 3.0, 6);
        assert_eq!(push(100, 9.0, 9.0), Held::Opens);
        assert_eq!(push(101, 0.0, 8.0), Held::No);
        assert_eq!(push(102, 0.0, 10.0), Held::GoesOn);
        assert_eq!(push(103, 4.0, 9.0), Held::GoesOn);
        assert_eq!(push(115, 1.0, 9.0), Held::No);
        assert_eq!(push(116, 5.0, 9.0), Held::Opens);
        assert_eq!(push(150, 1.0, 4.0), Held::Opens);
    }

    #[test]
    fn a_smaller_budget_is_a_higher_line() {
        let mut line = Line::new(4);
        let at = |line: &Line| [0.1, 1.0, 7.0].map(|budget| line.at(budget));
        let before = at(&line);
        assert!(before[0] > before[1] && before[1] > before[2], "{before:?}");
        // An incident of surprise 8 each week, for ten weeks.
        for slot in 0..10 * 672 {
            let surprise = if slot % 672 == 300 { 8.0 } else { -9.0 };
            line.learn(slot, &[(1, surprise)], 48, 1.0 / 672.0);
        }
        let after = at(&line);
        assert!(after[0] > after[1] && after[1] > after[2], "{after:?}");
        assert!(after[1] < 8.0 && after[0] > 8.0, "{after:?}");
    }
}
