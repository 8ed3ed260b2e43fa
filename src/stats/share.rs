//! Figures with their uncertainty: shares of voice, net sentiment, volumes, and whether one has changed.
//!
//! What is said comes in clumps: a story is copied, a burst lasts for days. Taken one by one, as textbooks take
//! them, mentions would promise more than they know. So a figure is a ratio of sums over equal blocks of time,
//! and how far blocks stray from it says how much less is known: the *design effect*, the variance as a multiple
//! of that of cases taken one by one.
//!
//! - The variance is that of a ratio, linearised (Cochran, "Sampling Techniques", 1977, chapter 6). Blocks need
//!   not be independent: of their residuals the long-run variance is the mean square of the first cosine weights,
//!   whose number is also that of the degrees of freedom (Lazarus, Lewis, Stock and Watson, "HAR Inference:
//!   Recommendations for Practice", Journal of Business & Economic Statistics 2018), fewer where residuals have
//!   heavy tails (Satterthwaite 1946). Blocks reach back before the window, since a month has too few bursts to
//!   say how they weigh.
//! - What few cases cannot tell is taken from all that are compared: design effects lean on a common one, which
//!   grows with size, as that of bursts does (an empirical compromise: half by size, half alike).
//! - The interval is Wilson's (JASA 1927) for shares, its like for rates, and that of Agresti and Min (Statistics
//!   in Medicine 2005) for nets, of the effective number of cases, with Student's t for z (Franco, Little, Louis
//!   and Slud, "Comparative Study of Confidence Intervals for Proportions in Complex Sample Surveys", Journal of
//!   Survey Statistics and Methodology 2019).
//! - A difference has the interval of Newcombe (Statistics in Medicine 1998, method 10); over several brands,
//!   significance is by Holm (Scandinavian Journal of Statistics 1979).
//!
//! All intervals are at 95 %. Nothing counted is `None`, not zero. `cargo bench --bench main -- --coverage 4000`
//! shows how often they hold.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// What was counted in a time: for, against, and of how many. A share has nothing against; a volume is of days.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    pub up: f64,
    pub down: f64,
    pub whole: f64,
}

impl Sum {
    pub fn add(&mut self, other: Sum) {
        self.up += other.up;
        self.down += other.down;
        self.whole += other.whole;
    }

    fn value(&self) -> f64 {
        (self.up - self.down) / self.whole
    }
}

/// What a ratio is, for the shape of its interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Part ÷ whole.
    Share,
    /// (positive − negative) ÷ scored.
    Net,
    /// Count ÷ days.
    Rate,
}

/// One of those compared, over the time that tells how clumped talk is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// Equal blocks, oldest first.
    pub blocks: Vec<Sum>,
    /// Cases in the window that may be taken for independent at best: stories.
    pub cases: f64,
}

/// How much less is known of one than if each of its cases stood alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clumping {
    pub design_effect: f64,
    /// Degrees of freedom of Student's t.
    pub freedom: f64,
}

/// A figure and the interval that holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// A difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// How probable one as large is where nothing has changed.
    pub p: f64,
}

/// The cases of its own that a design effect is believed at, half.
const HALF_BELIEVED: f64 = 50.0;
/// Of so many blocks one cosine weight is taken: those of periods of eight blocks and more.
const BLOCKS_A_WEIGHT: usize = 4;
/// But no fewer than so many, where there are as many blocks.
const FEWEST_WEIGHTS: usize = 7;
/// Where no block tells of another.
const FREEDOM_UNTOLD: f64 = 3.0;
const MOST_FREEDOM: f64 = 1e6;

/// Of all that are compared, how clumped they are. `clump` is the mean number of cases in the clump of a case: of
/// mentions, copies in their stories; of stories 1.
pub fn clumping(figure: Figure, courses: &[Course], clump: f64) -> Vec<Clumping> {
    let clump = clump.max(1.0);
    let own: Vec<Option<Clumping>> = courses.iter().map(|course| own_clumping(figure, course)).collect();
    let told = || courses.iter().zip(&own).filter_map(|(course, own)| Some((course.cases, (*own)?)));
    let number = told().count().max(1) as f64;
    let squares: f64 = told().map(|(cases, _)| cases * cases).sum();
    let mean = told().map(|(cases, _)| cases).sum::<f64>() / number;
    let excess: f64 = told().map(|(cases, own)| cases * (own.design_effect - clump)).sum();
    let heat = if squares > 0.0 { (excess / squares).max(0.0) } else { 0.0 };
    let noise: f64 =
        told().map(|(cases, own)| (cases * own.design_effect).powi(2) / own.freedom).sum::<f64>();
    let untold = Clumping { design_effect: clump, freedom: FREEDOM_UNTOLD };
    let of = |course: &Course, own: &Option<Clumping>| {
        let Some(own) = own else { return untold };
        let size = (course.cases + mean) / 2.0;
        let believed = course.cases / (course.cases + HALF_BELIEVED);
        let common = clump + heat * size;
        let design_effect = (believed * own.design_effect + (1.0 - believed) * common).max(1.0);
        // Satterthwaite: of a sum of two that are known with degrees of freedom of their own.
        let by_own = (believed * own.design_effect).powi(2) / own.freedom;
        let by_common = if squares > 0.0 { ((1.0 - believed) * size / squares).powi(2) * noise } else { 0.0 };
        let freedom = (design_effect.powi(2) / (by_own + by_common)).clamp(1.0, MOST_FREEDOM);
        Clumping { design_effect, freedom }
    };
    courses.iter().zip(&own).map(|(course, own)| of(course, own)).collect()
}

/// `None` where fewer than two blocks tell.
fn own_clumping(figure: Figure, course: &Course) -> Option<Clumping> {
    let mut sum = Sum::default();
    course.blocks.iter().for_each(|block| sum.add(*block));
    if sum.whole <= 0.0 {
        return None;
    }
    let value = sum.value();
    let residual = |block: &Sum| block.up - block.down - value * block.whole;
    let residuals: Vec<f64> = course.blocks.iter().map(residual).collect();
    let plain = unit_variance(figure, sum) * sum.whole;
    if residuals.len() < 2 || plain <= 0.0 {
        return None;
    }
    let blocks = residuals.len() as f64;
    let (variance, weights) = long_run_variance(&residuals);
    let (squares, fourths) =
        residuals.iter().fold((0.0, 0.0), |(s, f), r| (s + r * r, f + (r * r) * (r * r)));
    let kurtosis = if squares > 0.0 { blocks * fourths / (squares * squares) } else { 3.0 };
    let freedom = 1.0 / (1.0 / weights + (kurtosis - 3.0).max(0.0) / 2.0 / blocks);
    Some(Clumping { design_effect: variance / plain, freedom })
}

/// Of the sum of residuals, which sum to nothing, and by how many weights.
fn long_run_variance(residuals: &[f64]) -> (f64, f64) {
    let blocks = residuals.len();
    let weights = (blocks / BLOCKS_A_WEIGHT).max(FEWEST_WEIGHTS).min(blocks - 1);
    let step = std::f64::consts::PI / blocks as f64;
    let squares: f64 = (1..=weights)
        .map(|weight| {
            let at = residuals.iter().enumerate();
            let sum: f64 = at.map(|(i, r)| r * (step * weight as f64 * (i as f64 + 0.5)).cos()).sum();
            sum * sum * 2.0
        })
        .sum();
    (squares / weights as f64, weights as f64)
}

/// Of one case; a net is that of matched proportions, half a case added to each outcome.
fn unit_variance(figure: Figure, sum: Sum) -> f64 {
    match figure {
        Figure::Share => sum.value() * (1.0 - sum.value()),
        Figure::Rate => sum.value(),
        Figure::Net => {
            let (up, down) = ((sum.up + 0.5) / (sum.whole + 2.0), (sum.down + 0.5) / (sum.whole + 2.0));
            up + down - (up - down).powi(2)
        }
    }
}

/// A figure, with what its interval and comparisons are made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    figure: Figure,
    sum: Sum,
    /// How many independent cases would tell as much.
    cases: f64,
    freedom: f64,
}

impl Estimate {
    /// `None` where nothing was counted.
    pub fn new(figure: Figure, sum: Sum, clumping: Clumping) -> Option<Self> {
        let cases = sum.whole / clumping.design_effect;
        (sum.whole > 0.0).then_some(Self { figure, sum, cases, freedom: clumping.freedom })
    }

    pub fn value(&self) -> f64 {
        self.sum.value()
    }

    pub fn interval(&self) -> Interval {
        let (low, high) = self.bounds(critical(self.freedom));
        Interval { value: self.value(), low, high }
    }

    /// The bounds so many standard errors away.
    fn bounds(&self, z: f64) -> (f64, f64) {
        let (n, value) = (self.cases, self.value());
        match self.figure {
            Figure::Share => {
                let centre = value + z * z / (2.0 * n);
                let half = z * (value * (1.0 - value) / n + z * z / (4.0 * n * n)).sqrt();
                let scale = 1.0 + z * z / n;
                // At the ends the formula gives exactly 0 and 1, up to rounding.
                let low = if self.sum.up <= 0.0 { 0.0 } else { ((centre - half) / scale).max(0.0) };
                let high =
                    if self.sum.up >= self.sum.whole { 1.0 } else { ((centre + half) / scale).min(1.0) };
                (low, high)
            }
            Figure::Rate => {
                let centre = value + z * z / (2.0 * n);
                let half = z * (value / n + z * z / (4.0 * n * n)).sqrt();
                ((centre - half).max(0.0), centre + half)
            }
            Figure::Net => {
                let m = n + 2.0;
                let up = (self.sum.up / self.sum.whole * n + 0.5) / m;
                let down = (self.sum.down / self.sum.whole * n + 0.5) / m;
                let half = z * ((up + down - (up - down).powi(2)) / m).sqrt();
                let centre = up - down;
                ((centre - half).max(-1.0).min(value), (centre + half).min(1.0).max(value))
            }
        }
    }

    fn variance(&self) -> f64 {
        let (low, high) = self.bounds(1.0);
        ((high - low) / 2.0).powi(2)
    }

    /// This one minus the one before.
    pub fn since(&self, before: &Estimate) -> Change {
        let (a, b) = (self.variance(), before.variance());
        let freedom =
            (a + b).powi(2) / (a * a / self.freedom + b * b / before.freedom).max(f64::MIN_POSITIVE);
        let freedom = freedom.clamp(1.0, MOST_FREEDOM);
        let value = self.value() - before.value();
        let bounds = |z: f64| {
            let ((low, high), (low_before, high_before)) = (self.bounds(z), before.bounds(z));
            let down = (self.value() - low).hypot(high_before - before.value());
            let up = (high - self.value()).hypot(before.value() - low_before);
            (value - down, value + up)
        };
        let (low, high) = bounds(critical(freedom));
        // The widest interval that leaves out zero.
        let (mut without, mut with) = (0.0, 64.0);
        for _ in 0..48 {
            let middle = (without + with) / 2.0;
            let (low, high) = bounds(middle);
            if low > 0.0 || high < 0.0 { without = middle } else { with = middle }
        }
        Change { value, low, high, p: 2.0 * (1.0 - student(freedom).cdf(without)) }
    }
}

/// Which of several findings are more than chance, considered together: at most 5 % of the time is any called so
/// where nothing has changed. Of two brands, one rises as the other falls: that is one finding.
pub fn significant(findings: &[Option<f64>]) -> Vec<bool> {
    const LEVEL: f64 = 0.05;
    let mut order: Vec<usize> = (0..findings.len()).filter(|at| findings[*at].is_some()).collect();
    order.sort_by(|a, b| findings[*a].unwrap_or(1.0).total_cmp(&findings[*b].unwrap_or(1.0)));
    let number = if order.len() == 2 { 1 } else { order.len() };
    let mut significant = vec![false; findings.len()];
    for (rank, at) in order.into_iter().enumerate() {
        let others = number.saturating_sub(rank).max(1) as f64;
        if findings[at].is_none_or(|p| p * others > LEVEL) {
            break;
        }
        significant[at] = true;
    }
    significant
}

/// Two-sided 95 %.
fn critical(freedom: f64) -> f64 {
    student(freedom).inverse_cdf(0.975)
}

fn student(freedom: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, freedom.clamp(1.0, MOST_FREEDOM)).expect("freedom is at least one")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As textbooks have it: each case alone, and known for sure.
    const ALONE: Clumping = Clumping { design_effect: 1.0, freedom: MOST_FREEDOM };

    #[track_caller]
    fn close(got: f64, wanted: f64) {
        assert!((got - wanted).abs() < 5e-4, "{got} is not {wanted}");
    }

    fn share(part: u32, whole: u32) -> Estimate {
        let sum = Sum { up: f64::from(part), down: 0.0, whole: f64::from(whole) };
        Estimate::new(Figure::Share, sum, ALONE).unwrap()
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
            let share = share(part, whole).interval();
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
            let change = share(now.0, now.1).since(&share(before.0, before.1));
            close(change.low, low);
            close(change.high, high);
            assert_eq!(change.p < 0.05, low > 0.0);
        }
    }

    #[test]
    fn net_sentiment_lies_in_its_interval() {
        let net = |negative: f64, neutral: f64, positive: f64| {
            let sum = Sum { up: positive, down: negative, whole: negative + neutral + positive };
            Estimate::new(Figure::Net, sum, ALONE).map(|net| net.interval())
        };
        for (negative, neutral, positive) in
            [(0.0, 0.0, 1.0), (5.0, 0.0, 0.0), (3.0, 10.0, 4.0), (100.0, 800.0, 20.0), (0.0, 9.0, 0.0)]
        {
            let net = net(negative, neutral, positive).unwrap();
            assert!(-1.0 <= net.low && net.low <= net.value && net.value <= net.high && net.high <= 1.0);
        }
        assert!(net(40.0, 10.0, 5.0).unwrap().high < 0.0);
        assert_eq!(net(0.0, 0.0, 0.0), None);
    }

    /// Half of what is said is of each of two brands; where whole weeks are of one of them, far less is known.
    #[test]
    fn clumps_widen_intervals() {
        let course = |run: usize| Course {
            blocks: (0..56)
                .map(|day| {
                    let up = f64::from(u8::from((day / run).is_multiple_of(2))) * 10.0;
                    Sum { up, down: 0.0, whole: 10.0 }
                })
                .collect(),
            cases: 280.0,
        };
        let width = |run| {
            let clumping = clumping(Figure::Share, &[course(run), course(run)], 1.0)[0];
            let sum = Sum { up: 280.0, down: 0.0, whole: 560.0 };
            let interval = Estimate::new(Figure::Share, sum, clumping).unwrap().interval();
            interval.high - interval.low
        };
        let plain = share(280, 560).interval();
        assert!(width(7) > 4.0 * (plain.high - plain.low), "{}", width(7));
        assert!(width(1) < 2.0 * (plain.high - plain.low), "{}", width(1));
    }

    #[test]
    fn findings_are_judged_together() {
        assert_eq!(significant(&[Some(0.02), None, Some(0.04), Some(0.001)]), [true, false, true, true]);
        assert_eq!(significant(&[Some(0.03), Some(0.04), Some(0.2)]), [false; 3]);
        assert_eq!(significant(&[Some(0.04), Some(0.04)]), [true, true]);
        assert_eq!(significant(&[None]), [false]);
    }
}
