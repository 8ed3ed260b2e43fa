//! Shares with their uncertainty: share of voice, net sentiment, and whether a share has changed.
//!
//! All intervals are at 95 %. Nothing counted is `None`, not zero.

/// Two-sided 95 % of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A figure and the interval that holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// A difference, and whether it is more than chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// The interval excludes zero.
    pub significant: bool,
}

/// `part` ÷ `whole`, with the score interval (Wilson, "Probable Inference, the Law of Succession, and
/// Statistical Inference", JASA 1927). `None` if the whole is zero or smaller than the part.
pub fn share(part: u64, whole: u64) -> Option<Interval> {
    if whole == 0 || part > whole {
        return None;
    }
    let (n, value) = (whole as f64, part as f64 / whole as f64);
    let centre = value + Z * Z / (2.0 * n);
    let half = Z * (value * (1.0 - value) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    // At the ends the formula gives exactly 0 and 1, up to rounding.
    let low = if part == 0 { 0.0 } else { ((centre - half) / scale).max(0.0) };
    let high = if part == whole { 1.0 } else { ((centre + half) / scale).min(1.0) };
    Some(Interval { value, low, high })
}

/// (positive − negative) ÷ scored, in [−1, 1]. The interval is that of a difference of matched proportions
/// with half a case added to each outcome (Agresti and Min, "Simple improved confidence intervals for
/// comparing matched proportions", Statistics in Medicine 2005).
pub fn net(negative: u64, neutral: u64, positive: u64) -> Option<Interval> {
    let scored = negative + neutral + positive;
    if scored == 0 {
        return None;
    }
    let value = (positive as f64 - negative as f64) / scored as f64;
    let n = scored as f64 + 2.0;
    let (up, down) = ((positive as f64 + 0.5) / n, (negative as f64 + 0.5) / n);
    let half = Z * (((up + down) - (up - down).powi(2)) / n).sqrt();
    let centre = up - down;
    Some(Interval {
        value,
        low: (centre - half).max(-1.0).min(value),
        high: (centre + half).min(1.0).max(value),
    })
}

/// The share now minus the share before, each (part, whole), with the interval of Newcombe ("Interval
/// estimation for the difference between independent proportions", Statistics in Medicine 1998, method 10).
pub fn change(now: (u64, u64), before: (u64, u64)) -> Option<Change> {
    let (now, before) = (share(now.0, now.1)?, share(before.0, before.1)?);
    let value = now.value - before.value;
    let low = value - (now.value - now.low).hypot(before.high - before.value);
    let high = value + (now.high - now.value).hypot(before.value - before.low);
    Some(Change { value, low, high, significant: low > 0.0 || high < 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(got: f64, wanted: f64) {
        assert!((got - wanted).abs() < 5e-4, "{got} is not {wanted}");
    }

    #[test]
    fn shares_of_the_literature() {
        // Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
        for (part, whole, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let share = share(part, whole).unwrap();
            close(share.low, low);
            close(share.high, high);
        }
    }

    #[test]
    fn changes_of_the_literature() {
        // Newcombe 1998, table II, method 10.
        for (now, before, low, high) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((5, 56), (0, 29), -0.0381, 0.1926),
            ((0, 10), (0, 20), -0.1611, 0.2775),
        ] {
            let change = change(now, before).unwrap();
            close(change.low, low);
            close(change.high, high);
            assert_eq!(change.significant, low > 0.0);
        }
    }

    #[test]
    fn net_sentiment_lies_in_its_interval() {
        for (negative, neutral, positive) in [(0, 0, 1), (5, 0, 0), (3, 10, 4), (100, 800, 20), (0, 9, 0)] {
            let net = net(negative, neutral, positive).unwrap();
            assert!(-1.0 <= net.low && net.low <= net.value && net.value <= net.high && net.high <= 1.0);
        }
        assert!(net(40, 10, 5).unwrap().high < 0.0);
    }

    #[test]
    fn nothing_counted_is_unknown() {
        assert_eq!(share(0, 0), None);
        assert_eq!(share(3, 2), None);
        assert_eq!(net(0, 0, 0), None);
        assert_eq!(change((1, 2), (0, 0)), None);
    }
}
