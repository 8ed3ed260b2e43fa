//! What the inner steps cost: `cargo bench` prints the CPU time of each per item.
//!
//! Every bench asserts its answer. Without `--bench`, as under `cargo test`, each runs once over a small
//! corpus and prints nothing. The whole way is measured by `benches/round.sh`. `cargo bench --bench main -- --held
//! 1000000` prints what so many stories take instead; `--alarms 6`, how many false alarms spike rules raise in so many
//! simulated years, and what they catch; `--missing 2`, the same of rules for what is missing; `--coverage 4000`, how often intervals of so many simulated comparisons hold;
//! `--million FILE FOLDER`, how many mentions are searched beside raw Tantivy and SQLite's FTS5; `--looks FILE FOLDER`,
//! what a look of a thousand rules takes. `--year FILE FOLDER 5` builds what `vigie benchmark` can be timed on.

mod alarms;
mod chance;
mod corpus;
mod coverage;
mod held;
mod ingest;
mod looks;
mod matching;
mod million;
mod missing;
mod search;
mod stories;
mod stream;
mod year;

use std::time::Duration;

use anyhow::Context;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--held") {
        let stories = arguments.get(at + 1).and_then(|number| number.parse().ok());
        return held::run(stories.context("after --held comes how many stories, as in --held 1000000")?);
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "--alarms") {
        let seeds = arguments.get(at + 1).and_then(|number| number.parse().ok());
        alarms::run(seeds.context("after --alarms comes how many years to simulate, as in --alarms 6")?);
        return Ok(());
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "--missing") {
        let seeds = arguments.get(at + 1).and_then(|number| number.parse().ok());
        missing::run(seeds.context("after --missing comes how many years to simulate, as in --missing 2")?);
        return Ok(());
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "--coverage") {
        let number = arguments.get(at + 1).and_then(|number| number.parse().ok());
        coverage::run(
            number.context("after --coverage comes how many comparisons a cell, as in --coverage 4000")?,
        );
        return Ok(());
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "--million") {
        let (file, folder) = arguments
            .get(at + 1)
            .zip(arguments.get(at + 2))
            .context("after --million come a file of JSON lines and a folder to build in")?;
        return million::run(file, folder);
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "--looks") {
        let [file, folder] = arguments.get(at + 1..at + 3).unwrap_or_default() else {
            anyhow::bail!("after --looks come a file of JSON lines and a folder to build in");
        };
        return looks::run(file, folder);
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "--year") {
        let [file, folder, brands] = arguments.get(at + 1..at + 4).unwrap_or_default() else {
            anyhow::bail!(
                "after --year come a file of JSON lines, a folder to build in, and how many brands"
            );
        };
        return year::run(file, folder, brands.parse().context("a number of brands, as in 5")?);
    }
    let bench = Bench { measures: arguments.iter().any(|argument| argument == "--bench") };
    matching::run(&bench);
    stream::run(&bench);
    stories::run(&bench);
    ingest::run(&bench)?;
    search::run(&bench)
}

pub struct Bench {
    measures: bool,
}

impl Bench {
    /// `full` where figures are wanted, `small` where only answers are.
    pub fn size(&self, full: usize, small: usize) -> usize {
        if self.measures { full } else { small }
    }

    /// Runs `work`, on what `make` makes, several times, and prints the median CPU time per item; `work`
    /// answers how many items it did.
    pub fn each<T, U>(&self, name: &str, mut make: impl FnMut() -> T, mut work: impl FnMut(T) -> (usize, U)) {
        let mut rounds: Vec<Duration> = (0..self.size(7, 1))
            .map(|_| {
                let (mut spent, mut items) = (Duration::ZERO, 0);
                // The clock ticks every 10 ms.
                while items == 0 || self.measures && spent < Duration::from_millis(300) {
                    let input = make();
                    let before = cpu_time();
                    let (done, answer) = work(input);
                    spent += cpu_time() - before;
                    items += done;
                    drop(answer);
                }
                spent.div_f64(items as f64)
            })
            .collect();
        rounds.sort_unstable();
        if self.measures {
            println!("{name:<40} {:>9.2} µs", rounds[rounds.len() / 2].as_secs_f64() * 1e6);
        }
    }
}

/// CPU time of all threads of this process so far, in steps of 10 ms (`proc(5)`: user and system time in
/// clock ticks, of which Linux has a hundred a second everywhere); elsewhere, time on the wall.
fn cpu_time() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    let ticks = std::fs::read_to_string("/proc/self/stat").ok().and_then(|stat| {
        // The name of the program, in parentheses, may hold spaces.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
    });
    ticks.map_or_else(|| START.elapsed(), |ticks| Duration::from_millis(ticks * 10))
}
