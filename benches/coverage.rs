//! How often intervals hold, and how often a change is called significant where none is. Prints Markdown tables.
//!
//! Five brands of fixed shares are simulated with weekends, restless days, bursts that triple a brand's day and fade
//! over three, and copies (a story in twenty has twenty of them), half a year before the window included. The truth is
//! what the process brings in the long run.

use vigie::stats::share::{self, Course, Estimate, Figure, Sum};

use crate::chance::Chance;

const SHARES: [f64; 5] = [0.4, 0.25, 0.2, 0.1, 0.05];
const BACK: usize = 182;
const MOST_BLOCKS: usize = 122;
/// Days before the first, for bursts to be under way.
const RUN_UP: usize = 8;

struct World {
    name: &'static str,
    /// Variance of a day's own rate.
    restless: f64,
    /// Of a day, that a burst begins.
    bursts: f64,
    copies: f64,
}

const WORLDS: [World; 5] = [
    World { name: "Poisson", restless: 0.0, bursts: 0.0, copies: 0.0 },
    World { name: "copies", restless: 0.0, bursts: 0.0, copies: 2.0 },
    World { name: "restless days, copies", restless: 0.3, bursts: 0.0, copies: 2.0 },
    World { name: "bursts", restless: 0.1, bursts: 1.0 / 15.0, copies: 0.0 },
    World { name: "restless days, bursts, copies", restless: 0.3, bursts: 1.0 / 15.0, copies: 2.0 },
];

#[derive(Clone, Copy, Default)]
struct Day {
    stories: f64,
    mentions: f64,
    positive: f64,
    negative: f64,
}

/// Days by brand, and the mentions in the story of a mention, on average.
fn simulate(world: &World, per_day: f64, days: usize, chance: &mut Chance) -> (Vec<Vec<Day>>, f64) {
    let (mut mentions, mut squares) = (0.0, 0.0);
    let brands = SHARES.map(|share| {
        let mut counts = vec![Day::default(); days];
        let mut heat = 0.0;
        for day in 0..days + RUN_UP {
            heat *= 0.5;
            if world.bursts > 0.0 && chance.uniform() < world.bursts {
                heat += 1.0 + 2.0 * chance.uniform();
            }
            let own =
                if world.restless > 0.0 { chance.gamma(1.0 / world.restless) * world.restless } else { 1.0 };
            let season = if day % 7 >= 5 { 0.5 } else { 1.2 };
            for _ in 0..chance.poisson(per_day * share * season * own * (1.0 + heat)) {
                let tone = chance.uniform();
                let mut count = |day: usize, story: f64| {
                    let Some(counts) = day.checked_sub(RUN_UP).and_then(|day| counts.get_mut(day)) else {
                        return;
                    };
                    counts.stories += story;
                    counts.mentions += 1.0;
                    counts.positive += f64::from(u8::from(tone < 0.25));
                    counts.negative += f64::from(u8::from(tone > 0.8));
                };
                count(day, 1.0);
                let mut size = 1.0;
                if world.copies > 0.0 {
                    let many = chance.uniform() < 0.05;
                    let copies = world.copies * if many { 10.0 } else { 0.5 };
                    while chance.uniform() < copies / (1.0 + copies) {
                        count(day + (-chance.uniform().max(1e-12).ln() * 0.5) as usize, 0.0);
                        size += 1.0;
                    }
                }
                mentions += size;
                squares += size * size;
            }
        }
        counts
    });
    (brands.to_vec(), squares / f64::max(mentions, 1.0))
}

/// Which figure, of which count.
#[derive(Clone, Copy)]
enum Made {
    Stories,
    Mentions,
    Net,
}

impl Made {
    fn sum(self, brands: &[Vec<Day>], brand: usize, days: std::ops::Range<usize>) -> Sum {
        let mut sum = Sum::default();
        for day in days {
            let own = brands[brand][day];
            sum.add(match self {
                Made::Stories => {
                    Sum { up: own.stories, down: 0.0, whole: brands.iter().map(|b| b[day].stories).sum() }
                }
                Made::Mentions => {
                    Sum { up: own.mentions, down: 0.0, whole: brands.iter().map(|b| b[day].mentions).sum() }
                }
                Made::Net => Sum { up: own.positive, down: own.negative, whole: own.mentions },
            });
        }
        sum
    }
}

/// Of the last `days`, and of as many before if the history has them.
fn estimates(brands: &[Vec<Day>], copies: f64, days: usize, made: Made) -> [Vec<Option<Estimate>>; 2] {
    let all = brands[0].len();
    let per_block = all.div_ceil(MOST_BLOCKS);
    let stories: Vec<f64> =
        brands.iter().map(|days_of| days_of[all - days..].iter().map(|day| day.stories).sum()).collect();
    let whole: f64 = stories.iter().sum();
    let courses: Vec<Course> = (0..brands.len())
        .map(|brand| {
            let blocks = (0..all).step_by(per_block);
            let blocks = blocks.map(|day| made.sum(brands, brand, day..(day + per_block).min(all))).collect();
            let own = stories[brand];
            let cases = if matches!(made, Made::Net) { own } else { own.min(whole - own) };
            Course { blocks, cases }
        })
        .collect();
    let figure = if matches!(made, Made::Net) { Figure::Net } else { Figure::Share };
    let clump = if matches!(made, Made::Stories) { 1.0 } else { copies };
    let clumping = share::clumping(figure, &courses, clump);
    let of = |range: std::ops::Range<usize>| {
        let estimate =
            |brand: usize| Estimate::new(figure, made.sum(brands, brand, range.clone()), clumping[brand]);
        (0..brands.len()).map(estimate).collect()
    };
    [of(all - days..all), of(all.saturating_sub(2 * days)..all - days)]
}

pub fn run(comparisons: usize) {
    println!(
        "How often 95 % intervals hold, in %, by share: {}; {comparisons} comparisons a cell\n",
        SHARES.map(|s| format!("{:.0} %", s * 100.0)).join(", ")
    );
    println!(
        "| days | world | stories | share of stories | share of mentions | net tone | years or months called changed, stories | mentions |"
    );
    println!("|---:|---|---:|---|---|---|---:|---:|");
    for days in [28, 364] {
        for world in &WORLDS {
            for stories in [150.0, 600.0, 3_000.0] {
                cell(world, days, stories, comparisons);
            }
        }
    }
}

fn cell(world: &World, days: usize, stories: f64, comparisons: usize) {
    let mut chance = Chance::new(7);
    // A burst lasts twice its first day.
    let per_day = stories / days as f64 / (1.0 + world.bursts * 4.0);
    let history = (2 * days).max(BACK);
    let (mut held, mut called) = ([[0_usize; 5]; 3], [0_usize; 2]);
    for _ in 0..comparisons {
        let (brands, copies) = simulate(world, per_day, history, &mut chance);
        for (place, made) in [Made::Stories, Made::Mentions, Made::Net].into_iter().enumerate() {
            let [now, before] = estimates(&brands, copies, days, made);
            for (brand, estimate) in now.iter().enumerate() {
                let truth = if matches!(made, Made::Net) { 0.05 } else { SHARES[brand] };
                let holds = estimate.is_none_or(|estimate| {
                    let interval = estimate.interval();
                    interval.low <= truth && truth <= interval.high
                });
                held[place][brand] += usize::from(holds);
            }
            if place < 2 {
                let changes = now
                    .iter()
                    .zip(&before)
                    .map(|(now, before)| Some(now.as_ref()?.since(before.as_ref()?).p));
                called[place] +=
                    usize::from(share::significant(&changes.collect::<Vec<_>>()).contains(&true));
            }
        }
    }
    let percent = |count: usize| format!("{:.1}", 100.0 * count as f64 / comparisons as f64);
    let held = held.map(|brands| brands.map(percent).join(" "));
    let [by_stories, by_mentions] = called.map(percent);
    println!("| {days} | {} | {stories} | {} | {by_stories} | {by_mentions} |", world.name, held.join(" | "));
}
