//! The rhythm of a week: how much more or less is said at an hour than on average.
//!
//! A factor per hour of the day, times one per weekday, times one per hour of the week. Each is a count over
//! what the other two and the level would have expected, shrunk towards one by counts that are pretended to
//! have come as expected (a gamma prior of a Poisson rate; Gelman et al., "Bayesian Data Analysis", 2.6). So
//! three mentions a day give a flat week, three thousand one with its own Monday morning. Old weeks fade.

/// Hours in a week, Monday's first is 0.
pub const HOURS_OF_WEEK: usize = 168;

const HALF_LIFE_DAYS: f64 = 28.0;

/// Pretended counts, in units of the dispersion: the finer the factor, the more.
const PRIOR_HOUR_OF_DAY: f64 = 16.0;
const PRIOR_WEEKDAY: f64 = 12.0;
const PRIOR_HOUR_OF_WEEK: f64 = 60.0;

#[derive(Clone, Copy, Debug, Default)]
struct Factor {
    counted: f64,
    expected: f64,
}

#[derive(Clone, Debug)]
pub(super) struct Season {
    hours: [Factor; 24],
    weekdays: [Factor; 7],
    hours_of_week: [Factor; HOURS_OF_WEEK],
    /// Fading by weighing what is new more: what a slot weighs now, and how much more the next one will.
    weight: f64,
    growth: f64,
}

/// The three factors at one hour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Factors {
    hour: f64,
    weekday: f64,
    hour_of_week: f64,
}

impl Factors {
    pub fn product(self) -> f64 {
        self.hour * self.weekday * self.hour_of_week
    }
}

impl Season {
    pub fn new(slots_per_day: f64) -> Self {
        Self {
            hours: [Factor::default(); 24],
            weekdays: [Factor::default(); 7],
            hours_of_week: [Factor::default(); HOURS_OF_WEEK],
            weight: 1.0,
            growth: (1.0 / (HALF_LIFE_DAYS * slots_per_day)).exp2(),
        }
    }

    pub fn at(&self, hour_of_week: usize, dispersion: f64) -> Factors {
        let factor = |factor: &Factor, prior: f64| {
            let prior = prior * dispersion;
            (factor.counted / self.weight + prior) / (factor.expected / self.weight + prior)
        };
        Factors {
            hour: factor(&self.hours[hour_of_week % 24], PRIOR_HOUR_OF_DAY),
            weekday: factor(&self.weekdays[hour_of_week / 24], PRIOR_WEEKDAY),
            hour_of_week: factor(&self.hours_of_week[hour_of_week], PRIOR_HOUR_OF_WEEK),
        }
    }

    /// Takes in a slot in which `count` was counted where `level` is expected on average; it weighs `trust`.
    pub fn learn(&mut self, hour_of_week: usize, factors: Factors, level: f64, count: f64, trust: f64) {
        self.weight *= self.growth;
        if self.weight > 1e100 {
            self.rebase();
        }
        let weight = self.weight * trust;
        let Factors { hour, weekday, hour_of_week: rest } = factors;
        for (factor, others) in [
            (&mut self.hours[hour_of_week % 24], weekday * rest),
            (&mut self.weekdays[hour_of_week / 24], hour * rest),
            (&mut self.hours_of_week[hour_of_week], hour * weekday),
        ] {
            factor.counted += weight * count;
            factor.expected += weight * level * others;
        }
    }

    fn rebase(&mut self) {
        let all = self.hours.iter_mut().chain(&mut self.weekdays).chain(&mut self.hours_of_week);
        for factor in all {
            factor.counted /= self.weight;
            factor.expected /= self.weight;
        }
        self.weight = 1.0;
    }
}
