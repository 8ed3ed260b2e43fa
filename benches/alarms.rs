//! Whether the spike rule keeps to its budget where nothing happens, and what it catches where something does;
//! beside the rules of others as they are described. Prints Markdown tables. Each cell is a year per seed after
//! two weeks of warm-up, with the defaults of `detect` and of `window = "auto"`, and no least number.

use vigie::stats::Watch;

use crate::chance::Chance;

const SLOT_S: u32 = 900;
const SLOTS_PER_DAY: usize = 96;
pub const SLOTS_PER_WEEK: usize = 7 * SLOTS_PER_DAY;
const WINDOWS_S: [u32; 4] = [900, 3_600, 21_600, 86_400];
/// After which an incident is over: a rule's longest calm and its default cooldown.
const PAUSE_S: u32 = 12 * 3_600;
const PAUSE: usize = (PAUSE_S / SLOT_S) as usize;
const DAYS: usize = 365;
const WARM_UP: usize = 14 * SLOTS_PER_DAY;
pub const RATES: [f64; 4] = [3.0, 30.0, 300.0, 3_000.0];

/// What makes counts stray further than those of a Poisson process.
#[derive(Clone, Copy)]
pub enum Unrest {
    None,
    /// Each slot, hour or day has a rate of its own: gamma with mean 1 and this variance.
    Slots(f64),
    Hours(f64),
    Days(f64),
    /// The logarithm of the rate wanders: this standard deviation, and hours until it has forgotten itself.
    Wandering(f64, f64),
}

pub struct World {
    pub name: &'static str,
    unrest: Unrest,
    growth_per_week: f64,
    /// Copies that follow a story, on average, within hours.
    copies: f64,
}

pub const WORLDS: [World; 15] = {
    const fn world(name: &'static str, unrest: Unrest, growth_per_week: f64, copies: f64) -> World {
        World { name, unrest, growth_per_week, copies }
    }
    use Unrest::{Days, Hours, None, Slots, Wandering};
    [
        world("Poisson", None, 0.0, 0.0),
        world("Poisson, 2 % growth a week", None, 0.02, 0.0),
        world("Poisson, 2 copies a story", None, 0.0, 2.0),
        world("restless quarters", Slots(0.3), 0.0, 0.0),
        world("restless quarters, growth", Slots(0.3), 0.02, 0.0),
        world("restless quarters, copies", Slots(0.3), 0.0, 2.0),
        world("restless hours", Hours(0.3), 0.0, 0.0),
        world("restless hours, growth", Hours(0.3), 0.02, 0.0),
        world("restless hours, copies", Hours(0.3), 0.0, 2.0),
        world("restless days", Days(0.1), 0.0, 0.0),
        world("restless days, growth", Days(0.1), 0.02, 0.0),
        world("restless days, copies", Days(0.1), 0.0, 2.0),
        world("wandering", Wandering(0.4, 6.0), 0.0, 0.0),
        world("wandering, growth", Wandering(0.4, 6.0), 0.02, 0.0),
        world("wandering, copies", Wandering(0.4, 6.0), 0.0, 2.0),
    ]
};

/// Slots in which so many times as much is said.
pub type Event = (std::ops::Range<usize>, f64);

/// How much is said at an hour of the week, on average 1: by day more than at night, on weekends half.
fn season(slot: usize) -> f64 {
    let (hour, weekday) = ((slot / 4) % 24, (slot / SLOTS_PER_DAY) % 7);
    let by_day = 0.25 + 1.5 * (-((hour as f64 - 13.0) / 5.0).powi(2)).exp();
    by_day * if weekday >= 5 { 0.5 } else { 1.2 } / 0.6765
}

/// Counts of mentions, and of stories.
pub fn simulate(
    world: &World,
    per_day: f64,
    seed: u64,
    days: usize,
    event: Option<&Event>,
) -> (Vec<u32>, Vec<u32>) {
    let mut chance = Chance::new(seed.wrapping_mul(7_919) + 13);
    let slots = days * SLOTS_PER_DAY;
    let (mut mentions, mut stories) = (vec![0; slots], vec![0; slots]);
    let (mut own_rate, mut wandered) = (1.0, 0.0);
    for slot in 0..slots {
        let gamma = |chance: &mut Chance, variance: f64| chance.gamma(1.0 / variance) * variance;
        match world.unrest {
            Unrest::None => {}
            Unrest::Slots(variance) => own_rate = gamma(&mut chance, variance),
            Unrest::Hours(variance) if slot.is_multiple_of(4) => own_rate = gamma(&mut chance, variance),
            Unrest::Days(variance) if slot.is_multiple_of(SLOTS_PER_DAY) => {
                own_rate = gamma(&mut chance, variance);
            }
            Unrest::Hours(_) | Unrest::Days(_) => {}
            Unrest::Wandering(deviation, hours) => {
                let kept = (-0.25_f64 / hours).exp();
                wandered = kept * wandered + (1.0 - kept * kept).sqrt() * deviation * chance.normal();
                own_rate = (wandered - deviation * deviation / 2.0_f64).exp();
            }
        }
        let growth = (world.growth_per_week * slot as f64 / SLOTS_PER_WEEK as f64).exp();
        let times = event.filter(|(slots, _)| slots.contains(&slot)).map_or(1.0, |(_, times)| *times);
        let rate = per_day / SLOTS_PER_DAY as f64 * growth * season(slot) * own_rate * times;
        let begun = chance.poisson(rate / (1.0 + world.copies));
        stories[slot] = begun;
        mentions[slot] += begun;
        for _ in 0..begun {
            while chance.uniform() < world.copies / (1.0 + world.copies) {
                let later = slot + (-chance.uniform().max(1e-12).ln() * 12.0) as usize;
                if later < slots {
                    mentions[later] += 1;
                }
            }
        }
    }
    (mentions, stories)
}

/// The slots in which incidents open.
fn ours(counts: &[u32]) -> Vec<usize> {
    let mut watch = Watch::new(SLOT_S, &WINDOWS_S, 1.0, PAUSE_S);
    let hour = |slot: usize| (slot / 4) % 168;
    (0..counts.len()).filter(|&slot| watch.learn(hour(slot), Some(f64::from(counts[slot]))).opens).collect()
}

/// Where `alarms` says so, looked at every hour, an incident lasting as long as ours.
fn others(counts: &[u32], alarms: impl Fn(&Sums, usize) -> bool) -> Vec<usize> {
    let sums = Sums::of(counts);
    let (mut opened, mut held): (Vec<usize>, Option<usize>) = (Vec::new(), None);
    for end in (WARM_UP..=counts.len()).step_by(4) {
        if alarms(&sums, end) {
            if held.is_none_or(|held| end - held > PAUSE) {
                opened.push(end - 1);
            }
            held = Some(end);
        }
    }
    opened
}

/// Sums up to each slot.
struct Sums(Vec<f64>);

impl Sums {
    fn of(counts: &[u32]) -> Self {
        let mut sum = 0.0;
        let sums = counts.iter().map(|count| {
            sum += f64::from(*count);
            sum
        });
        Sums(std::iter::once(0.0).chain(sums).collect())
    }

    fn between(&self, from: usize, until: usize) -> f64 {
        self.0[until] - self.0[from]
    }

    /// The last hour is more than twice the average of the twelve before.
    fn twice_the_last_hours(&self, end: usize) -> bool {
        self.between(end - 4, end) > 2.0 * self.between(end - 52, end - 4) / 12.0
    }

    /// The last day is more than 150 % of the average of the seven before.
    fn half_more_than_the_week(&self, end: usize) -> bool {
        let day = SLOTS_PER_DAY;
        self.between(end - day, end) > 1.5 * self.between(end - 8 * day, end - day) / 7.0
    }

    /// The last hour lies three standard deviations above the hours of fourteen days.
    fn three_sigma(&self, end: usize) -> bool {
        let hours: Vec<f64> = (0..335).map(|i| self.between(end - 8 - 4 * i, end - 4 - 4 * i)).collect();
        let mean = hours.iter().sum::<f64>() / hours.len() as f64;
        let variance = hours.iter().map(|hour| (hour - mean).powi(2)).sum::<f64>() / (hours.len() - 1) as f64;
        self.between(end - 4, end) > mean + 3.0 * variance.sqrt()
    }
}

type Detector = fn(&[u32]) -> Vec<usize>;
const OTHERS: [(&str, Detector); 3] = [
    ("last hour over twice the average of the 12 before", |counts| {
        others(counts, Sums::twice_the_last_hours)
    }),
    ("last day over 150 % of the week's average", |counts| others(counts, Sums::half_more_than_the_week)),
    ("last hour over 3 σ of 14 days", |counts| others(counts, Sums::three_sigma)),
];

pub fn run(seeds: u64) {
    println!(
        "False alarms a week at a budget of 1 a week ({seeds} years per cell; in parentheses, a week of the warm-up)\n"
    );
    head("counts", &RATES.map(|rate| format!("{rate} a day")));
    for world in &WORLDS {
        let cells = RATES.map(|rate| {
            let opened = (0..seeds).flat_map(|seed| ours(&simulate(world, rate, seed, DAYS, None).0));
            let (warm_up, after): (Vec<usize>, Vec<usize>) = opened.partition(|slot| *slot < WARM_UP);
            let weeks = seeds as f64 * (DAYS - 14) as f64 / 7.0;
            format!("{:.2} ({:.1})", after.len() as f64 / weeks, warm_up.len() as f64 / seeds as f64 / 2.0)
        });
        row(world.name, &cells);
    }
    println!(
        "\nOf which other rules raise, a week, in the same worlds without growth; and ours, in stories where there are copies\n"
    );
    head("rule, world", &RATES.map(|rate| format!("{rate} a day")));
    for world in [&WORLDS[0], &WORLDS[2], &WORLDS[6], &WORLDS[12]] {
        let per_week = |detector: Detector, in_stories: bool| {
            RATES.map(|rate| {
                let alarms = (0..seeds.min(4)).map(|seed| {
                    let (mentions, stories) = simulate(world, rate, seed, DAYS, None);
                    let opened = detector(if in_stories { &stories } else { &mentions });
                    opened.iter().filter(|slot| **slot >= WARM_UP).count()
                });
                let weeks = seeds.min(4) as f64 * (DAYS - 14) as f64 / 7.0;
                format!("{:.2}", alarms.sum::<usize>() as f64 / weeks)
            })
        };
        row(&format!("vigie, {}", world.name), &per_week(ours, world.copies > 0.0));
        for (name, detector) in OTHERS {
            row(&format!("{name}, {}", world.name), &per_week(detector, false));
        }
    }
    println!(
        "\nEvents caught of {}, and the median delay in hours (restless hours; each event alone, after ten weeks)\n",
        12 * seeds.min(8)
    );
    head("event", &RATES.map(|rate| format!("{rate} a day")));
    let detectors = std::iter::once(("vigie", ours as Detector)).chain(OTHERS);
    for (name, detector) in detectors {
        for (times, hours) in
            [3.0, 5.0, 8.0].into_iter().flat_map(|times| [1, 6, 24].map(|hours| (times, hours)))
        {
            let cells = RATES.map(|rate| caught(detector, rate, times, hours, 12 * seeds.min(8)));
            row(&format!("{name}: {times}× for {hours} h"), &cells);
        }
    }
}

fn caught(detector: Detector, rate: f64, times: f64, hours: usize, events: u64) -> String {
    let mut delays: Vec<usize> = (0..events)
        .filter_map(|seed| {
            // At any hour of the week.
            let begin = 10 * SLOTS_PER_WEEK + (seed as usize * 61) % SLOTS_PER_WEEK;
            let during = begin..begin + 4 * hours;
            let event = (during.clone(), times);
            let (mentions, _) = simulate(&WORLDS[6], rate, 1_000 + seed, 11 * 7 + 3, Some(&event));
            // Told in the event, or within an hour of its end.
            let opened = detector(&mentions);
            opened.iter().find(|slot| (during.start..during.end + 4).contains(*slot)).map(|slot| slot - begin)
        })
        .collect();
    delays.sort_unstable();
    match delays.get(delays.len() / 2) {
        Some(median) => format!("{} ({:.1})", delays.len(), (*median as f64 + 1.0) / 4.0),
        None => "0".to_owned(),
    }
}

pub fn head(first: &str, columns: &[String]) {
    row(first, columns);
    println!("|---|{}", "---:|".repeat(columns.len()));
}

pub fn row(name: &str, cells: &[String]) {
    println!("| {name} | {} |", cells.join(" | "));
}
