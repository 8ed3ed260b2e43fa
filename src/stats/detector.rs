//! The spike rule along any series, one row at a time.
//!
//! What it says of a row rests on that row and those before it. It uses the windows of an `auto` window that are
//! multiples of the series' step, with the same [`Watch`] as the rule.

use std::collections::{BTreeMap, VecDeque};

use super::watch::{Learned, Watch};

/// Seconds of the windows looked at, those of a rule's `window = "auto"`.
const WINDOWS_S: [u32; 4] = [900, 3_600, 21_600, 86_400];
/// An incident is over when nothing has stood out for this long: a rule's longest calm and its default cooldown.
const PAUSE_S: u32 = 12 * 3_600;
/// Rows remembered for when the median gap between rows changes.
const REMEMBERED: usize = 20_000;
/// Half of the way from the line to certainty, in units of surprise.
const HALFWAY: f64 = 20.0;

/// What is said of one row; `expected` and `upper` are `None` in gaps and until enough was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    pub expected: Option<f64>,
    /// The largest value that does not alarm.
    pub upper: Option<f64>,
    /// In [0, 1), growing with surprise: a half at the line, less than a half for what an open alarm has told.
    pub score: f64,
    /// An alarm opens at this row.
    pub spike: bool,
}

const SILENT: Verdict = Verdict { expected: None, upper: None, score: 0.0, spike: false };

/// Judges the rows of one series as they come.
#[derive(Debug)]
pub struct Detector {
    budget_per_week: f64,
    /// The step to use; `None`: the median gap between rows so far.
    fixed_step_s: Option<u32>,
    gaps: MedianGap,
    /// Rows as they came, for when the median changes.
    rows: VecDeque<(i64, Option<f64>)>,
    stream: Option<Stream>,
}

impl Detector {
    pub fn new(budget_per_week: f64, step_s: Option<u32>) -> Self {
        Self {
            budget_per_week,
            fixed_step_s: step_s.filter(|&step_s| step_s > 0),
            gaps: MedianGap::default(),
            rows: VecDeque::new(),
            stream: None,
        }
    }

    /// The next row: its time in Unix seconds, not before that of the last, and its value, `None` for a gap.
    /// Values are taken as counts: negative ones as zero, the sum over a window rounded up.
    pub fn push(&mut self, at_s: i64, value: Option<f64>) -> Verdict {
        let count = value.filter(|value| value.is_finite()).map(|value| value.clamp(0.0, 1e9));
        if let Some(&(last, _)) = self.rows.back() {
            self.gaps.add(at_s.saturating_sub(last));
        }
        self.rows.push_back((at_s, count));
        if self.rows.len() > REMEMBERED {
            self.rows.pop_front();
        }
        let Some(step_s) = self.fixed_step_s.or_else(|| self.gaps.median_s()) else {
            return SILENT;
        };
        let stream = match &mut self.stream {
            Some(stream) if stream.step_s == step_s => stream,
            other => {
                let mut stream = Stream::new(step_s, self.budget_per_week);
                for &(at_s, count) in self.rows.iter().take(self.rows.len() - 1) {
                    stream.push(at_s, count);
                }
                other.insert(stream)
            }
        };
        stream.push(at_s, count)
    }
}

/// The rows as slots of a watch.
#[derive(Debug)]
struct Stream {
    step_s: u32,
    watch: Watch,
    last_s: Option<i64>,
    /// The newest counts, as many as the longest window but one has slots.
    recent: VecDeque<f64>,
}

impl Stream {
    fn new(step_s: u32, budget_per_week: f64) -> Self {
        let watch = Watch::new(step_s, &WINDOWS_S, budget_per_week, PAUSE_S);
        Self { step_s, watch, last_s: None, recent: VecDeque::new() }
    }

    /// Each row is a slot of its own; where the time between two rows is longer, the slots between are gaps.
    fn push(&mut self, at_s: i64, count: Option<f64>) -> Verdict {
        let step_s = i64::from(self.step_s);
        if let Some(last_s) = self.last_s {
            let steps = (at_s.saturating_sub(last_s).saturating_add(step_s / 2)) / step_s;
            // More gaps than that make no difference.
            let most = i64::from(WINDOWS_S[WINDOWS_S.len() - 1].max(PAUSE_S)) / step_s + 2;
            for skipped in 1..steps.min(most) {
                self.take(last_s + skipped * step_s, None);
            }
        }
        self.last_s = Some(at_s);
        let upper = count.and_then(|_| self.upper(at_s));
        let learned = self.take(at_s, count);
        match (upper, learned.surprise) {
            (Some(upper), Some(surprise)) => Verdict {
                expected: Some(learned.expected),
                upper: Some(upper),
                score: score(surprise, learned.opens),
                spike: learned.opens,
            },
            _ => SILENT,
        }
    }

    fn take(&mut self, at_s: i64, count: Option<f64>) -> Learned {
        self.recent.push_back(count.unwrap_or(0.0));
        if self.recent.len() > self.watch.lengths().last().unwrap_or(1) {
            self.recent.pop_front();
        }
        self.watch.learn(hour_of_week(at_s), count)
    }

    /// The largest value of the next row that opens no alarm.
    fn upper(&self, at_s: i64) -> Option<f64> {
        let mut others = 0.0;
        let mut newest = self.recent.iter().rev();
        let mut taken = 1;
        let mut upper = None::<f64>;
        for slots in self.watch.lengths() {
            others += newest.by_ref().take(slots - taken).sum::<f64>();
            taken = slots;
            if !self.watch.is_news(slots) {
                break;
            }
            let Some(usual) = self.watch.usual(slots, hour_of_week(at_s), 1.0) else { break };
            let room = (f64::from(usual.threshold(u32::MAX)) - 1.0 - others).max(0.0);
            upper = Some(upper.map_or(room, |least| least.min(room)));
        }
        upper
    }
}

/// The hour of the week of an instant in UTC; 1970 began on a Thursday.
fn hour_of_week(at_s: i64) -> usize {
    (at_s.div_euclid(3_600) + 3 * 24).rem_euclid(7 * 24) as usize
}

fn score(surprise: f64, opens: bool) -> f64 {
    let score = if surprise >= 0.0 {
        0.5 + 0.5 * surprise / (surprise + HALFWAY)
    } else {
        0.5 * (surprise / HALFWAY).exp()
    };
    // Its own incident has told it, or an earlier one that it still holds.
    if surprise >= 0.0 && !opens { score / 2.0 } else { score }
}

/// The median of the gaps between rows so far.
#[derive(Debug, Default)]
struct MedianGap {
    seen: BTreeMap<i64, u64>,
    total: u64,
}

impl MedianGap {
    fn add(&mut self, gap_s: i64) {
        if gap_s > 0 {
            *self.seen.entry(gap_s).or_default() += 1;
            self.total += 1;
        }
    }

    /// The lower median; `None` before the second row.
    fn median_s(&self) -> Option<u32> {
        let mut left = self.total.div_ceil(2);
        for (&gap_s, &times) in &self.seen {
            if times >= left {
                return u32::try_from(gap_s).ok();
            }
            left -= times;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::chance::Chance;
    use proptest::prelude::*;

    const STEP_S: u32 = 300;

    fn run(budget: f64, values: &[Option<f64>]) -> Vec<Verdict> {
        let mut detector = Detector::new(budget, None);
        (0..).zip(values).map(|(i, &value)| detector.push(i * i64::from(STEP_S), value)).collect()
    }

    fn poisson(seed: u64, per_row: f64, rows: usize) -> Vec<Option<f64>> {
        let mut chance = Chance::new(seed);
        (0..rows).map(|_| Some(f64::from(chance.poisson(per_row)))).collect()
    }

    #[test]
    fn false_alarms_keep_to_the_budget() {
        for (seed, per_hour) in [(1, 0.3), (2, 3.0), (3, 30.0)] {
            let weeks = 12;
            let mut detector = Detector::new(1.0, Some(900));
            let values = poisson(seed, per_hour / 4.0, 7 * 96 * weeks);
            let rows = (0..).zip(values);
            let alarms = rows.filter(|&(i, value)| detector.push(i * 900, value).spike).count();
            assert!(alarms <= weeks * 3 / 2, "{per_hour} per hour: {alarms} in {weeks} weeks");
        }
    }

    #[test]
    fn an_alarm_opens_once_at_a_burst() {
        let mut values = poisson(5, 0.25, 14 * 288);
        for value in &mut values[3_000..3_012] {
            *value = value.map(|count| count + 1.25);
        }
        values.truncate(3_100);
        let verdicts = run(1.0, &values);
        let opened: Vec<usize> = (2_900..3_100).filter(|&row| verdicts[row].spike).collect();
        assert_eq!(opened.len(), 1, "{opened:?}");
        assert!((3_000..3_012).contains(&opened[0]), "{opened:?}");
        let at = verdicts[opened[0]];
        assert!(values[opened[0]] > at.upper && at.score >= 0.5, "{at:?}");
    }

    #[test]
    fn warm_up_and_gaps_say_nothing() {
        let mut values = poisson(6, 2.0, 1_500);
        values[1_200] = None;
        let verdicts = run(1.0, &values);
        assert!(verdicts[..576].iter().all(|verdict| *verdict == SILENT));
        assert!(verdicts[900].expected.is_some() && verdicts[900].upper.is_some());
        assert_eq!(verdicts[1_200], SILENT);
    }

    #[test]
    fn a_gap_is_not_a_zero() {
        let mut values = poisson(7, 20.0, 2_000);
        let whole = run(1.0, &values);
        for value in &mut values[1_000..1_400] {
            *value = None;
        }
        let holed = run(1.0, &values);
        let (whole, holed) = (whole[1_999].expected.unwrap(), holed[1_999].expected.unwrap());
        assert!((whole - holed).abs() < 1.0, "{whole} {holed}");
        assert!(run(0.01, &values).iter().all(|verdict| !verdict.spike));
    }

    #[test]
    fn missing_rows_are_gaps() {
        let values = poisson(8, 2.0, 1_500);
        let mut detector = Detector::new(1.0, None);
        let mut last = SILENT;
        for (i, value) in (0..).zip(&values).filter(|(i, _)| !(1_000..1_020).contains(i)) {
            last = detector.push(i * i64::from(STEP_S), *value);
        }
        assert_eq!(last.expected.map(f64::round), Some(2.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn a_row_is_judged_by_the_past_alone(seed in 0_u64..1_000, cut in 900_usize..1_200) {
            let mut values = poisson(seed, 1.0, 1_200);
            let before = run(1.0, &values);
            values[cut..].fill(Some(500.0));
            let after = run(1.0, &values);
            prop_assert_eq!(&before[..cut], &after[..cut]);
        }
    }
}
