//! The spike rule along any series, one row at a time.
//!
//! What it says of a row rests on that row and those before it. It uses the windows of an `auto` window that
//! are multiples of the series' step, with the same baseline and the same line as the rule; baselines are
//! renewed once an hour of rows, not for each row.

use std::collections::{BTreeMap, VecDeque};

use super::{Baseline, Line, spike};

/// Seconds of the windows looked at, those of a rule's `window = "auto"`.
const WINDOWS_S: [u32; 4] = [900, 3_600, 21_600, 86_400];
const RENEWED_EVERY_S: u32 = 3_600;
/// An alarm stays open until nothing has stood out for this long, a rule's default cooldown.
const QUIET_S: u32 = 21_600;
/// A window with fewer of its rows present is not compared.
const PRESENT: f64 = 0.75;

/// What is said of one row; `expected` and `upper` are `None` in gaps and until enough was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    pub expected: Option<f64>,
    /// The largest value that does not alarm.
    pub upper: Option<f64>,
    /// In [0, 1), growing with surprise.
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
    /// Rows as they came, for when the median changes; none of them older than the grid's memory.
    rows: VecDeque<(i64, Option<f64>)>,
    grid: Option<Grid>,
    /// The slot up to which an open alarm lasts unless a later row stands out too.
    open_until: Option<i64>,
}

impl Detector {
    pub fn new(budget_per_week: f64, step_s: Option<u32>) -> Self {
        Self {
            budget_per_week,
            fixed_step_s: step_s.filter(|&step_s| step_s > 0),
            gaps: MedianGap::default(),
            rows: VecDeque::new(),
            grid: None,
            open_until: None,
        }
    }

    /// The next row: its time in Unix seconds, not before that of the last, and its value, `None` for a gap.
    /// Values are taken as counts: negative ones as zero, the sum over a window rounded.
    pub fn push(&mut self, at_s: i64, value: Option<f64>) -> Verdict {
        let count = value.filter(|value| value.is_finite()).map(|value| value.clamp(0.0, 1e9));
        if let Some(&(last, _)) = self.rows.back() {
            self.gaps.add(at_s.saturating_sub(last));
        }
        self.rows.push_back((at_s, count));
        let Some(step_s) = self.fixed_step_s.or_else(|| self.gaps.median_s()) else {
            return SILENT;
        };
        if self.grid.as_ref().is_none_or(|grid| grid.step_s != step_s) {
            let mut grid = Grid::new(step_s, self.rows.front().map_or(at_s, |row| row.0));
            for &(at_s, count) in self.rows.iter().take(self.rows.len() - 1) {
                grid.put(at_s, count);
            }
            self.grid = Some(grid);
            self.open_until = None;
        }
        let Some(grid) = &mut self.grid else {
            return SILENT;
        };
        let kept = grid.memory();
        while self.rows.len() > kept {
            self.rows.pop_front();
        }
        grid.put(at_s, count);
        grid.renew(self.budget_per_week);
        let Some(count) = count else {
            return SILENT;
        };
        let mut verdict = grid.judge(count);
        let Some(upper) = verdict.upper else {
            return SILENT;
        };
        let slot = grid.newest;
        if count > upper {
            verdict.spike = self.open_until.is_none_or(|until| slot > until);
            self.open_until = Some(slot + i64::from(QUIET_S / step_s));
        }
        verdict
    }
}

/// The rows on a regular grid of slots, as running sums, so that any window is a subtraction.
#[derive(Debug)]
struct Grid {
    step_s: u32,
    start_s: i64,
    /// Number of the newest slot, counted from the start.
    newest: i64,
    /// Sum of counts and number of rows up to and with each slot, newest last.
    sums: VecDeque<(f64, u32)>,
    windows: Vec<Watched>,
    renewed: Option<i64>,
}

#[derive(Debug)]
struct Watched {
    slots: usize,
    normal: Option<(Baseline, Line)>,
}

impl Grid {
    fn new(step_s: u32, start_s: i64) -> Self {
        let fits = |window_s: &u32| *window_s >= step_s && window_s.is_multiple_of(step_s);
        let mut lengths: Vec<usize> =
            WINDOWS_S.iter().filter(|window| fits(window)).map(|window| (window / step_s) as usize).collect();
        if lengths.is_empty() {
            lengths.push(1);
        }
        let windows = lengths.into_iter().map(|slots| Watched { slots, normal: None }).collect();
        Self { step_s, start_s, newest: -1, sums: VecDeque::from([(0.0, 0)]), windows, renewed: None }
    }

    /// Slots that are remembered.
    fn memory(&self) -> usize {
        let longest = self.windows.last().map_or(1, |window| window.slots);
        let slices = |slots: usize| Baseline::slices_wanted(self.step_s * slots as u32).0 * slots;
        self.windows.iter().map(|window| slices(window.slots)).max().unwrap_or(0) + longest + 2
    }

    /// Puts a row into its slot; slots that were skipped stay gaps. Two rows in a slot are added.
    fn put(&mut self, at_s: i64, count: Option<f64>) {
        let slot = (at_s - self.start_s + i64::from(self.step_s) / 2).div_euclid(i64::from(self.step_s));
        let memory = self.memory();
        let newest = self.sums.back().copied().unwrap_or_default();
        let skipped = usize::try_from(slot - self.newest).unwrap_or(0).min(memory + 1);
        self.sums.extend(std::iter::repeat_n(newest, skipped));
        self.newest = self.newest.max(slot);
        if let (Some(count), Some(sum)) = (count, self.sums.back_mut()) {
            *sum = (sum.0 + count, sum.1 + 1);
        }
        while self.sums.len() > memory + 1 {
            self.sums.pop_front();
        }
    }

    /// Sum and share of slots present of the `slots` slots that end `before` slots before the newest's end.
    fn window(&self, before: usize, slots: usize) -> Option<(f64, f64)> {
        let end = self.sums.len().checked_sub(before + 1)?;
        let start = end.checked_sub(slots)?;
        let (last, first) = (self.sums[end], self.sums[start]);
        Some((last.0 - first.0, f64::from(last.1 - first.1) / slots as f64))
    }

    /// Computes the baselines anew if they are an hour old. The slices end where the window starts that
    /// ends with the newest slot.
    fn renew(&mut self, budget_per_week: f64) {
        let every = i64::from((RENEWED_EVERY_S / self.step_s).max(1));
        if self.renewed.is_some_and(|renewed| self.newest < renewed + every) {
            return;
        }
        self.renewed = Some(self.newest);
        let watched = self.windows.len();
        for i in 0..watched {
            let slots = self.windows[i].slots;
            let window_s = self.step_s * slots as u32;
            let mut slices = Vec::new();
            for slice in 1..=Baseline::slices_wanted(window_s).0 {
                let Some((sum, present)) = self.window(slice * slots, slots) else { break };
                // A slice with a few rows missing is scaled up; with more missing it says nothing.
                if present >= PRESENT {
                    slices.push((sum / present).round() as u32);
                }
            }
            slices.reverse();
            self.windows[i].normal = Baseline::of(&slices, window_s).map(|baseline| {
                let allowance = spike::allowance(budget_per_week, window_s, watched);
                (baseline, spike::line(&baseline, allowance, slots as f64, 1))
            });
        }
    }

    /// Compares the windows that end with the newest slot, whose value is `count`; whether an alarm opens
    /// is left to the caller.
    fn judge(&self, count: f64) -> Verdict {
        let mut verdict = SILENT;
        for window in &self.windows {
            let (Some((baseline, line)), Some((sum, present))) =
                (window.normal, self.window(0, window.slots))
            else {
                continue;
            };
            if present < PRESENT {
                continue;
            }
            let others = (sum - count).max(0.0);
            let upper = (f64::from(line.threshold) - 1.0 - others).max(0.0);
            verdict.upper = Some(verdict.upper.map_or(upper, |least| least.min(upper)));
            let expected = baseline.expected / window.slots as f64;
            verdict.expected = verdict.expected.or(Some(expected));
            // Above a whole count is as good as the next; running sums are exact to a millionth.
            let total = (sum - 1e-6).ceil().max(0.0) as u32;
            verdict.score = verdict.score.max(spike::score(baseline.tail(total), line.p_budget));
        }
        verdict
    }
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
        assert!(verdicts[..860].iter().all(|verdict| *verdict == SILENT));
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
        assert!(run(1.0, &values).iter().all(|verdict| !verdict.spike));
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
