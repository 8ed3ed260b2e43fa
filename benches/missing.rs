//! Whether rules for what is missing keep to their budget where nothing happens, and what they catch. Prints Markdown
//! tables over the worlds of `alarms`, judged by the rules' own step.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vigie::model::{
    Alert, BrandId, Bucket, Condition, CountBy, Heard, History, Rule, RuleId, Series, Severity, Tongue,
    Undated, Window,
};
use vigie::rules::settled;
use vigie::rules::{Keeps, Notice, Sight, Vigil};

use crate::alarms::{Event, RATES, SLOTS_PER_WEEK, WORLDS, World, head, row, simulate};

const SLOT_S: u32 = 900;
const DAYS: usize = 365;

fn rule(condition: Condition) -> Rule {
    let hours = |hours: u64| Duration::from_secs(hours * 3_600);
    Rule {
        id: RuleId::new("rule"),
        condition,
        brands: vec![BrandId::new("brand")],
        query: None,
        within: None,
        alarming: None,
        text: None,
        window: Window::Auto,
        budget_per_week: 1.0,
        count: CountBy::Mentions,
        min: 1,
        min_sources: 1,
        hold: Duration::ZERO,
        cooldown: hours(6),
        late: hours(48),
        undated: Undated::Observed,
        severity: Severity::Normal,
        notify: Vec::new(),
        playbook: None,
        canonical: String::new(),
        config_hash: String::new(),
    }
}

/// The slots in which incidents open.
fn opened(rule: &Rule, slots: Vec<Option<Heard>>) -> Vec<usize> {
    // A Monday.
    let start = Timestamp::from_second(1_767_571_200).expect("a time");
    let history = History { start, step_s: SLOT_S, slots };
    let live = Series { start, step_s: SLOT_S, buckets: Vec::new() };
    let mut vigil = Vigil::new(rule, start, &TimeZone::UTC, Keeps::LIVE);
    let (mut current, mut opened) = (None::<Alert>, Vec::new());
    for slot in 0..history.slots.len() {
        let now = Timestamp::from_second(start.as_second() + (slot as i64 + 1) * i64::from(SLOT_S));
        let now = now.expect("a time");
        let sight = Sight {
            rule,
            brand: &rule.brands[0],
            history: &history,
            live: &live,
            now,
            tongue: Tongue::English,
        };
        let Ok(step) =
            sight.look(&mut vigil, current.as_ref(), now, |_| Ok::<_, std::convert::Infallible>(1));
        let Some(step) = step else { continue };
        if step.notice == Notice::First {
            opened.push(slot);
        }
        // The series of an alert is as long as its past.
        current = step.alert.map(|alert| Alert { series: None, ..alert }).or(current);
    }
    opened
}

fn heard_of(counts: Bucket) -> Heard {
    Heard { counts, share: 1.0, deaf: 0.0, whole: Bucket::default() }
}

fn heard(counts: &[u32]) -> Vec<Option<Heard>> {
    let bucket = |&mentions: &u32| Bucket { mentions, ..Bucket::default() };
    counts.iter().map(|count| Some(heard_of(bucket(count)))).collect()
}

/// A brand beside all others, of which so much is said together; its share is this.
fn compared(
    world: &World,
    rate: f64,
    share: f64,
    seed: u64,
    days: usize,
    event: Option<&Event>,
) -> Vec<Option<Heard>> {
    let own = heard(&simulate(world, rate * share, seed, days, event).0);
    let others = heard(&simulate(world, rate * (1.0 - share), seed + 500, days, None).0);
    own.into_iter().zip(others).map(|(own, other)| settled::shared(own, [other])).collect()
}

pub fn run(seeds: u64) {
    shares(seeds);
    println!();
    println!(
        "False alarms of `absence` a week at a budget of 1 a week, after two weeks ({seeds} years per cell)\n"
    );
    head("counts", &RATES.map(|rate| format!("{rate} a day")));
    let absence = rule(Condition::Absence);
    for world in &WORLDS {
        let cells = RATES.map(|rate| {
            let opened = (0..seeds)
                .map(|seed| opened(&absence, heard(&simulate(world, rate, seed, DAYS, None).0)).len());
            format!("{:.2}", opened.sum::<usize>() as f64 / (seeds as f64 * (DAYS - 14) as f64 / 7.0))
        });
        row(world.name, &cells);
    }
    println!("\nSilences caught of {}, and the median delay in hours (restless hours)\n", 4 * seeds);
    head("silence", &RATES.map(|rate| format!("{rate} a day")));
    for (left, hours) in [(0.0, 6), (0.0, 24), (0.0, 72), (0.25, 24), (0.25, 72)] {
        let cells = RATES.map(|rate| {
            let mut delays: Vec<usize> = (0..4 * seeds)
                .filter_map(|seed| {
                    let begin = 6 * SLOTS_PER_WEEK + (seed as usize * 61) % SLOTS_PER_WEEK;
                    let event: Event = (begin..begin + 4 * hours, left);
                    let (counts, _) = simulate(&WORLDS[6], rate, 1_000 + seed, 7 * 7 + 7, Some(&event));
                    let during = begin..begin + 4 * hours + 4;
                    let opened = opened(&absence, heard(&counts));
                    opened.into_iter().find(|slot| during.contains(slot)).map(|slot| slot - begin)
                })
                .collect();
            delays.sort_unstable();
            match delays.get(delays.len() / 2) {
                Some(median) => format!("{} ({:.1})", delays.len(), (*median as f64 + 1.0) / 4.0),
                None => "0".to_owned(),
            }
        });
        row(&format!("{:.0} % left for {hours} h", left * 100.0), &cells);
    }
}

fn shares(seeds: u64) {
    println!(
        "False alarms of `share-shift` a week at a budget of 1 a week, of a brand with so much of all that is said\n"
    );
    let among = vec![BrandId::new("brand"), BrandId::new("other")];
    let shift = Rule { min: 20, ..rule(Condition::ShareShift { among }) };
    head("counts of all", &[0.1, 0.3, 0.7].map(|share| format!("{:.0} %", share * 100.0)));
    for (world, rate) in [&WORLDS[0], &WORLDS[6], &WORLDS[9], &WORLDS[12]]
        .into_iter()
        .flat_map(|world| [30.0, 300.0].map(|rate| (world, rate)))
    {
        let cells = [0.1, 0.3, 0.7].map(|share| {
            let alarms =
                (0..seeds).map(|seed| opened(&shift, compared(world, rate, share, seed, DAYS, None)).len());
            format!("{:.2}", alarms.sum::<usize>() as f64 / (seeds as f64 * (DAYS - 14) as f64 / 7.0))
        });
        row(&format!("{}, {rate} a day", world.name), &cells);
    }
}
