//! Spikes: from the false alarms a person tolerates to the count that alarms.

use super::Baseline;

const WEEK_S: f64 = 7.0 * 86_400.0;

/// Where the line is for one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// The smallest count that alarms.
    pub threshold: u32,
    /// The probability allowed to a single look: a count alarms if it is at least as improbable. Less than
    /// the budget allows where the wished minimum asks for more.
    pub p_budget: f64,
}

/// False alarms allowed per window's length: the weekly budget shared among `windows` windows, each of which
/// fits so many times into a week.
pub fn allowance(budget_per_week: f64, window_s: u32, windows: usize) -> f64 {
    let share = budget_per_week / windows.max(1) as f64 * f64::from(window_s) / WEEK_S;
    share.clamp(1e-12, 0.5)
}

/// The smallest count, `min` at least, whose false alarms stay within the allowance.
///
/// A window that is looked at while it slides alarms more often than one looked at once per length: by about
/// (k − μ)² ÷ k for a Poisson count of mean μ and threshold k (Alm, "On the distribution of the scan statistic
/// of a Poisson process", 1983, with P(X ≥ k) ≈ P(X = k)·k ÷ (k − μ)), but never more often than the
/// `looks_per_window`. Dispersion scales counts down.
pub fn line(baseline: &Baseline, allowance: f64, looks_per_window: f64, min: u32) -> Line {
    let allowed = |count: u32| {
        let (k, mean) = (f64::from(count), baseline.expected);
        let sliding = (k - mean).max(0.0).powi(2) / (k * baseline.dispersion).max(1.0);
        allowance / sliding.clamp(1.0, looks_per_window.max(1.0))
    };
    let high = smallest(baseline, |count| baseline.tail(count) <= allowed(count));
    if min > high {
        return Line { threshold: min, p_budget: baseline.tail(min) };
    }
    Line { threshold: high, p_budget: allowed(high) }
}

/// The line again, from the probability it allows: the smallest count that is at least as improbable.
pub fn line_at(baseline: &Baseline, p_budget: f64) -> Line {
    Line { threshold: smallest(baseline, |count| baseline.tail(count) <= p_budget), p_budget }
}

/// The smallest count above the expected one that alarms, where all larger ones do too. Doubling finds one,
/// halving the smallest.
fn smallest(baseline: &Baseline, alarms: impl Fn(u32) -> bool) -> u32 {
    let mut low = baseline.expected.min(1e9) as u32;
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

/// Surprise in [0, 1): a half at the line of the budget, growing with improbability.
pub fn score(p: f64, p_budget: f64) -> f64 {
    let surprise = -p.clamp(f64::MIN_POSITIVE, 1.0).ln();
    surprise / (surprise - p_budget.clamp(f64::MIN_POSITIVE, 0.999).ln())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POISSON_3: Baseline = Baseline { expected: 3.0, dispersion: 1.0, slices: 100_000 };

    #[test]
    fn the_budget_moves_the_line() {
        let at = |budget: f64| line(&POISSON_3, allowance(budget, 3_600, 1), 1.0, 1).threshold;
        // P(X ≥ 9) = 0.0038 and P(X ≥ 10) = 0.0011 for a Poisson count of mean 3; once a week is 0.0060.
        assert_eq!(at(1.0), 9);
        assert_eq!(at(0.5), 10);
        assert!(at(7.0) < at(1.0) && at(1.0) < at(0.01));
    }

    #[test]
    fn looking_while_it_slides_costs() {
        let allowance = allowance(0.7, 3_600, 1);
        let (once, sliding) = (line(&POISSON_3, allowance, 1.0, 1), line(&POISSON_3, allowance, 60.0, 1));
        assert_eq!((once.threshold, sliding.threshold), (9, 11));
        assert!(sliding.p_budget < once.p_budget);
    }

    #[test]
    fn the_minimum_holds() {
        let quiet = Baseline { expected: 0.0, dispersion: 1.0, slices: 2_000 };
        assert_eq!(line(&quiet, 1e-3, 1.0, 3).threshold, 3);
    }

    proptest! {
        #[test]
        fn a_count_alarms_if_and_only_if_it_is_improbable_enough(
            mean in 0.0_f64..500.0, min in 1_u32..40, dispersion in 1.0_f64..8.0, slices in 7_usize..2_000,
            budget in 0.01_f64..20.0, looks in 1.0_f64..96.0,
        ) {
            let baseline = Baseline { expected: mean, dispersion, slices };
            let line = line(&baseline, allowance(budget, 3_600, 4), looks, min);
            prop_assert_eq!(line_at(&baseline, line.p_budget), line);
            prop_assert!(line.threshold >= min);
            prop_assert!(baseline.tail(line.threshold) <= line.p_budget);
            prop_assert!(baseline.tail(line.threshold - 1) > line.p_budget);
            prop_assert!(score(baseline.tail(line.threshold), line.p_budget) >= 0.5);
        }
    }
}
