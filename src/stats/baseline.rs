//! Baselines: how many mentions a window usually holds, and how far that varies.
//!
//! This baseline knows no seasons: it holds a Monday morning to be like a Sunday night, so a brand that is
//! spoken of by day only has a wide spread and a high line. A seasonal one will come behind the same
//! function.
//!
//! Past incidents must not raise what is called normal. Slices far above the rest (by Bernstein's inequality
//! at three standard deviations) are left out of the mean, starting from the lower four fifths and widening
//! until nothing changes; in the spread they count as if they lay on that line.

use statrs::distribution::{DiscreteCDF, NegativeBinomial};

/// Fewer slices say too little.
const FEWEST_SLICES: usize = 7;
const SHORTEST_SPAN_S: u64 = 3 * 86_400;
/// Older slices say little of today.
const LONGEST_SPAN_S: u64 = 28 * 86_400;
/// What is believed of dispersion before any slice is seen, worth this many slices.
const PRIOR_DISPERSION: f64 = 1.5;
const PRIOR_SLICES: f64 = 5.0;
/// Mentions believed to be seen before any slice (Jeffreys' prior for a rate).
const PRIOR_MENTIONS: f64 = 0.5;

/// What is normal for a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Baseline {
    /// Expected count.
    pub expected: f64,
    /// Variance over mean, at least 1; 1 is Poisson.
    pub dispersion: f64,
    /// Slices it rests on: the fewer, the wider the prediction.
    pub slices: usize,
}

impl Baseline {
    /// From the counts of slices of `step_s` seconds each, oldest first. `None` until seven slices over
    /// three days are known.
    pub fn of(slices: &[u32], step_s: u32) -> Option<Self> {
        let n = slices.len();
        if n < FEWEST_SLICES || (n as u64) * u64::from(step_s) < SHORTEST_SPAN_S {
            return None;
        }
        let mut sorted = slices.to_vec();
        sorted.sort_unstable();
        let mut kept = n * 4 / 5;
        let mut normal = Moments::of(&sorted, kept);
        // Each round takes in more of the sorted slices or ends; the bound is never met in practice.
        for _ in 0..100 {
            let wider = sorted.partition_point(|&count| f64::from(count) <= normal.line());
            if wider <= kept {
                break;
            }
            kept = wider;
            normal = Moments::of(&sorted, kept);
        }
        let raw = if normal.mean > 0.0 { normal.variance / normal.mean } else { 1.0 };
        let dispersion = (raw * n as f64 + PRIOR_DISPERSION * PRIOR_SLICES) / (n as f64 + PRIOR_SLICES);
        Some(Self { expected: normal.mean, dispersion: dispersion.max(1.0), slices: n })
    }

    /// How many slices of this length are worth keeping, and how many must be known.
    pub fn slices_wanted(step_s: u32) -> (usize, usize) {
        let step_s = u64::from(step_s.max(1));
        let most = (LONGEST_SPAN_S / step_s).max(2 * FEWEST_SLICES as u64);
        let fewest = SHORTEST_SPAN_S.div_ceil(step_s).max(FEWEST_SLICES as u64);
        (most as usize, fewest as usize)
    }

    /// The probability of `count` or more in the next window.
    ///
    /// The count is Poisson with a rate that is itself uncertain: because the rate varies (dispersion), and
    /// because few slices tell it badly. A gamma distribution of that rate makes the count negative
    /// binomial, with the variance of both.
    pub fn tail(&self, count: u32) -> f64 {
        if count == 0 {
            return 1.0;
        }
        let n = self.slices as f64;
        let mean = self.expected + PRIOR_MENTIONS / n;
        // Above 1 by at least 1/n, so the shape is finite.
        let spread = self.dispersion * (1.0 + 1.0 / n);
        let shape = mean / (spread - 1.0);
        match NegativeBinomial::new(shape, 1.0 / spread) {
            Ok(predicted) => predicted.sf(u64::from(count) - 1).clamp(f64::MIN_POSITIVE, 1.0),
            // Not reached: shape and spread are positive and finite.
            Err(_) => 1.0,
        }
    }
}

struct Moments {
    mean: f64,
    variance: f64,
}

impl Moments {
    /// Mean of the `kept` smallest; variance of all about it, those left out counted as if on the line.
    fn of(sorted: &[u32], kept: usize) -> Self {
        let (normal, beyond) = sorted.split_at(kept);
        let mean = normal.iter().map(|&count| f64::from(count)).sum::<f64>() / kept as f64;
        let squares = |line: f64| -> f64 {
            normal.iter().map(|&count| (f64::from(count) - mean).powi(2)).sum::<f64>()
                + beyond.iter().map(|&count| (f64::from(count).min(line) - mean).powi(2)).sum::<f64>()
        };
        let inner = Self { mean, variance: squares(mean) / (kept as f64 - 1.0).max(1.0) };
        let variance = squares(inner.line()) / (sorted.len() as f64 - 1.0);
        Self { mean, variance }
    }

    /// Counts above are no longer normal: three standard deviations, and some more for counts so small
    /// that a normal distribution would cut too early (Bernstein).
    fn line(&self) -> f64 {
        let variance = self.variance.max(self.mean).max(0.05);
        let dispersion = if self.mean > 0.0 { (variance / self.mean).min(10.0) } else { 1.0 };
        self.mean + 3.0 * variance.sqrt() + 3.0 * dispersion.max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::chance::Chance;
    use proptest::prelude::*;

    const HOUR: u32 = 3_600;

    #[test]
    fn too_few_slices_are_no_baseline() {
        assert_eq!(Baseline::of(&[3; 71], HOUR), None);
        assert!(Baseline::of(&[3; 72], HOUR).is_some());
        assert_eq!(Baseline::of(&[3; 6], 86_400), None);
        assert_eq!(Baseline::slices_wanted(HOUR), (672, 72));
        assert_eq!(Baseline::slices_wanted(86_400), (28, 7));
    }

    #[test]
    fn mean_and_spread_of_plain_series_are_found() {
        for (mean, dispersion) in [(0.3, 1.0), (3.0, 1.0), (30.0, 1.0), (10.0, 3.0), (2.0, 2.0)] {
            let mut chance = Chance::new(7);
            let slices: Vec<u32> = (0..672)
                .map(
                    |_| if dispersion > 1.0 { chance.bursty(mean, dispersion) } else { chance.poisson(mean) },
                )
                .collect();
            let baseline = Baseline::of(&slices, HOUR).unwrap();
            assert!((baseline.expected / mean - 1.0).abs() < 0.15, "{mean}: {baseline:?}");
            assert!(
                (baseline.dispersion / dispersion - 1.0).abs() < 0.25,
                "{mean}, {dispersion}: {baseline:?}"
            );
        }
    }

    #[test]
    fn past_incidents_do_not_raise_it() {
        let mut chance = Chance::new(11);
        let mut slices: Vec<u32> = (0..336).map(|_| chance.poisson(3.0)).collect();
        let before = Baseline::of(&slices, HOUR).unwrap();
        for slice in &mut slices[100..124] {
            *slice += 60;
        }
        let after = Baseline::of(&slices, HOUR).unwrap();
        assert!((after.expected - before.expected).abs() < 0.1, "{before:?} {after:?}");
        assert!(after.tail(30) < 1e-3, "{after:?}");
    }

    #[test]
    fn silence_does_not_make_two_mentions_a_wonder() {
        let week = Baseline::of(&[0; 7], 86_400).unwrap();
        assert!(week.tail(2) > 1e-3, "{}", week.tail(2));
        assert!(week.tail(8) < 1e-4, "{}", week.tail(8));
    }

    proptest! {
        #[test]
        fn tails_fall(slices in prop::collection::vec(0_u32..2_000, 7..40), count in 1_u32..3_000) {
            let baseline = Baseline::of(&slices, 86_400).unwrap();
            prop_assert!(baseline.dispersion >= 1.0 && baseline.expected >= 0.0);
            prop_assert!(baseline.tail(count) <= baseline.tail(count - 1) + 1e-9);
            prop_assert_eq!(baseline.tail(0), 1.0);
        }
    }
}
