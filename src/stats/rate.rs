//! How often something happens, with the uncertainty of having counted it for a while.

use statrs::distribution::{ContinuousCDF, Gamma};

use super::Interval;

/// So many times in so long, per unit of time, with the exact interval at 95 % of a Poisson count (Garwood,
/// "Fiducial Limits for the Poisson Distribution", Biometrika 1936). `None` for no time at all.
pub fn rate(times: u32, length: f64) -> Option<Interval> {
    let (times, known) = (f64::from(times), length > 0.0);
    let low = if times > 0.0 { quantile(times, 0.025) } else { 0.0 };
    known.then(|| Interval {
        value: times / length,
        low: low / length,
        high: quantile(times + 1.0, 0.975) / length,
    })
}

/// The rate that is not exceeded with a confidence of 95 %.
pub fn at_most(times: u32, length: f64) -> Option<f64> {
    (length > 0.0).then(|| quantile(f64::from(times) + 1.0, 0.95) / length)
}

/// Of the gamma distribution with scale 1.
fn quantile(shape: f64, p: f64) -> f64 {
    // Not reached: shapes are positive and finite.
    Gamma::new(shape, 1.0).map_or(f64::NAN, |gamma| gamma.inverse_cdf(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against Garwood's table.
    #[test]
    fn intervals_are_exact() {
        for (times, low, high) in
            [(0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.39), (100, 81.36, 121.63)]
        {
            let interval = rate(times, 1.0).unwrap();
            assert!((interval.low - low).abs() < 0.01, "{times}: {interval:?}");
            assert!((interval.high - high).abs() < 0.01, "{times}: {interval:?}");
            assert_eq!(rate(times, 2.0).unwrap().value, f64::from(times) / 2.0);
        }
        assert!((at_most(0, 1.0).unwrap() - 2.996).abs() < 0.01);
        assert_eq!(rate(1, 0.0), None);
    }
}
