//! How far the counts of windows of one length lie from what was expected of them.
//!
//! The variance of a count of mean μ is taken as φμ + αμ²: φ for what comes in clumps (a story and its
//! copies), α for days that are busier than others. Both are fitted to squared deviations of past windows from
//! what had been foretold of them, in units of μ, by least squares (Davidian and Carroll, "Variance Function
//! Estimation", 1987), so they also hold what a wrong forecast adds. With α = 0 and φ = 1 the count is
//! Poisson.

const HALF_LIFE_DAYS: f64 = 14.0;
/// Deviations count at most this many standard deviations, lest one incident hide the next.
const FARTHEST: f64 = 10.0;
/// How many windows the belief weighs with which a length starts.
const PRIOR_WINDOWS: f64 = 4.0;

/// φ and α.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Variance {
    pub clumping: f64,
    pub unrest: f64,
}

impl Variance {
    /// Believed of the shortest windows before any is seen.
    pub const PRIOR: Variance = Variance { clumping: 1.2, unrest: 0.02 };

    /// At least a little above that of a Poisson count.
    pub fn at(self, mean: f64) -> f64 {
        (self.clumping * mean + self.unrest * mean * mean).max(1.0001 * mean)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Spread {
    pub variance: Variance,
    kept: f64,
    slots: f64,
    /// Weighted sums of 1, μ, μ², z and zμ, where z is the squared deviation over μ.
    one: f64,
    mean: f64,
    square: f64,
    deviation: f64,
    product: f64,
}

impl Spread {
    pub fn new(slots_per_day: f64, slots: usize) -> Self {
        Self {
            variance: Variance::PRIOR,
            kept: (-1.0 / (HALF_LIFE_DAYS * slots_per_day)).exp2(),
            slots: slots as f64,
            one: 0.0,
            mean: 0.0,
            square: 0.0,
            deviation: 0.0,
            product: 0.0,
        }
    }

    /// Takes in a window that held `count` where `mean` had been foretold with this `variance`.
    pub fn learn(&mut self, count: f64, mean: f64, variance: f64) {
        let farthest = FARTHEST * variance.sqrt();
        let z = (count - mean).clamp(-farthest, farthest).powi(2) / mean;
        let weight = (mean / variance).powi(2);
        for (sum, term) in [
            (&mut self.one, 1.0),
            (&mut self.mean, mean),
            (&mut self.square, mean * mean),
            (&mut self.deviation, z),
            (&mut self.product, z * mean),
        ] {
            *sum = *sum * self.kept + weight * term;
        }
    }

    /// Fits φ and α again, drawn towards those of the next shorter windows.
    pub fn fit(&mut self, prior: Variance) {
        if self.one <= 0.0 {
            return;
        }
        // The belief weighs as much as so many windows, each seen once per slot while it slides.
        let weight = PRIOR_WINDOWS * self.slots * self.variance_weight();
        let mean = self.mean / self.one;
        let (a, b, c) = (self.one + weight, self.mean, self.square + weight * mean * mean);
        let u = self.deviation + weight * prior.clumping;
        let v = self.product + weight * prior.unrest * mean * mean;
        let determinant = a * c - b * b;
        let (mut clumping, mut unrest) = ((u * c - v * b) / determinant, (a * v - b * u) / determinant);
        if unrest < 0.0 {
            (clumping, unrest) = (u / a, 0.0);
        }
        if clumping < 1.0 {
            (clumping, unrest) = (1.0, ((v - b) / c).max(0.0));
        }
        self.variance = Variance { clumping, unrest };
    }

    /// What a window of the usual mean weighs.
    fn variance_weight(&self) -> f64 {
        let mean = (self.mean / self.one).max(1e-9);
        (mean / self.variance.at(mean)).powi(2)
    }
}
