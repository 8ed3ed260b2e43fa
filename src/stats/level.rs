//! How much is said on average now, the rhythm of the week aside.
//!
//! Three memories, of days, a week and weeks, each a discounted count over a discounted expectation (the
//! local level of a gamma-Poisson filter; West and Harrison, "Bayesian Forecasting and Dynamic Models", 1997,
//! ch. 14). They are mixed by how well each foretold the last two weeks: a level that drifts is followed by
//! the short memory, one that stands still is told more exactly by the long.

const HALF_LIVES_DAYS: [f64; 3] = [2.0, 7.0, 21.0];
const JUDGED_BY_DAYS: f64 = 14.0;
/// Believed before anything is seen: a third of a mention in one slot.
const PRIOR_COUNT: f64 = 0.3;
const PRIOR_SLOTS: f64 = 1.0;
/// The memory by which it is said how much was seen.
const MIDDLE: usize = 1;

#[derive(Clone, Copy, Debug, Default)]
struct Memory {
    counted: f64,
    slots: f64,
    /// Logarithm of how well it foretold.
    merit: f64,
}

impl Memory {
    fn level(&self) -> f64 {
        (self.counted + PRIOR_COUNT) / (self.slots + PRIOR_SLOTS)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Level {
    memories: [Memory; 3],
    slots_per_day: f64,
    merit_kept: f64,
}

impl Level {
    pub fn new(slots_per_day: f64) -> Self {
        let merit_kept = (-1.0 / (JUDGED_BY_DAYS * slots_per_day)).exp2();
        Self { memories: [Memory::default(); 3], slots_per_day, merit_kept }
    }

    /// Per slot.
    pub fn mean(&self) -> f64 {
        let best = self.memories.iter().map(|memory| memory.merit).fold(f64::MIN, f64::max);
        let (mut sum, mut weights) = (0.0, 0.0);
        for memory in &self.memories {
            let weight = (memory.merit - best).exp();
            sum += weight * memory.level();
            weights += weight;
        }
        sum / weights
    }

    /// Roughly how many mentions it rests on.
    pub fn counted(&self) -> f64 {
        self.memories[MIDDLE].counted
    }

    /// Takes in a slot of which `season` times the level was expected; it weighs `trust`.
    pub fn learn(&mut self, season: f64, count: f64, dispersion: f64, trust: f64) {
        for (memory, half_life) in self.memories.iter_mut().zip(HALF_LIVES_DAYS) {
            let expected = (memory.level() * season).max(1e-9);
            let told = (count * expected.ln() - expected) / dispersion;
            memory.merit = memory.merit * self.merit_kept + trust * told;
            let kept = (-trust / (half_life * self.slots_per_day)).exp2();
            memory.counted = memory.counted * kept + trust * count;
            memory.slots = memory.slots * kept + trust * season;
        }
    }
}
