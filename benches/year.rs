//! A year of many mentions, of few brands, as `benchmark` and `report` are asked about it.
//!
//! The mentions are those of the file that `--million` takes, given to so many brands; the thousand sources that most
//! come from are polled, some of them from the middle of the year on only, the others imported. One mention in
//! four is a copy of one of the last hundred of its brand.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use vigie::daemon::configuration;
use vigie::model::{HealthState, Learned, SourceId, Timestamp, Validators};
use vigie::prepare::{Batch, Prepared};
use vigie::store::{Origin, Outcome, Polled, Store};

use crate::chance::Chance;
use crate::cpu_time;
use crate::million::{self, Line, START, YEAR_S};

/// Sources that are polled, those of the smallest numbers: most mentions come from them.
const POLLED: usize = 1_000;
/// One of so many of them is heard in the second half of the year only.
const LATE: usize = 40;
/// Mentions in one transaction.
const CHUNK: usize = 2_000;

pub fn run(file: &str, folder: &str, brands: usize) -> Result<()> {
    let folder = Path::new(folder);
    if !folder.join("index").exists() {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("feeds.toml"), feeds(brands))?;
        build(million::read(file)?, folder, brands)?;
    }
    Ok(())
}

pub fn feeds(brands: usize) -> String {
    let mut text = "[settings]\ntimezone = \"UTC\"\n".to_owned();
    for n in 0..brands {
        let role = if n == 0 { "own" } else { "competitor" };
        write!(text, "\n[[brand]]\nid = \"b{n}\"\nname = \"Brand{n}\"\nrole = \"{role}\"\n").expect(WRITES);
    }
    for n in 0..POLLED {
        let address = format!("https://site{n}.example/feed.xml");
        write!(text, "\n[[source]]\nid = \"site{n}\"\nurl = \"{address}\"\ntags = [\"t{}\"]\n", n % 7)
            .expect(WRITES);
    }
    text
}

const WRITES: &str = "writing to a string cannot fail";

/// Fills the store beside `feeds.toml` in `folder`.
pub fn build(mut lines: Vec<Line>, folder: &Path, brands: usize) -> Result<()> {
    change(&mut lines, brands)?;
    let configured = configuration::read(Some(&folder.join("feeds.toml")))?.checked;
    let sources = configured.config.context("feeds.toml has errors")?.sources;
    let mut store = Store::open(&folder.join("index"))?;
    store.sync_sources(&sources)?;
    let before = cpu_time();
    for chunk in lines.chunks(CHUNK) {
        take(&mut store, chunk)?;
    }
    million::rate("preparing and storing", lines.len(), cpu_time() - before);
    Ok(())
}

/// Stores mentions as their sources tell them, at the time of the last.
pub fn take(store: &mut Store, lines: &[Line]) -> Result<()> {
    let mut by_source: BTreeMap<&str, Vec<Prepared>> = BTreeMap::new();
    for line in lines {
        by_source.entry(&line.source).or_default().push(million::prepared(line, "the"));
    }
    let at = Timestamp::from_second(lines.last().context("no mentions")?.ts)?;
    let document = |(source, entries): (&str, Vec<Prepared>)| {
        let reach = entries.iter().filter_map(|entry| entry.entry.published).min();
        let origin = if number(source) < POLLED { poll() } else { Origin::Import };
        (Batch { reach, ..million::batch(SourceId::new(source), entries) }, Polled { at, origin })
    };
    let documents: Vec<(Batch, Polled)> = by_source.into_iter().map(document).collect();
    store.ingest_all(&documents.iter().map(|(batch, polled)| (batch, polled)).collect::<Vec<_>>())?;
    Ok(())
}

/// Gives the mentions to other brands and sources, and makes some of them copies.
fn change(lines: &mut [Line], brands: usize) -> Result<()> {
    let mut chance = Chance::new(1);
    let mut latest: Vec<VecDeque<(String, String)>> = vec![VecDeque::new(); brands];
    for line in lines {
        let brand = line.brand.trim_start_matches('b').parse::<usize>()? % brands;
        line.brand = format!("b{brand}");
        let source = number(&line.source);
        if source < POLLED && source % LATE == LATE - 1 && line.ts < START + YEAR_S / 2 {
            line.source = format!("site{}", source - 1);
        }
        let latest = &mut latest[brand];
        if !latest.is_empty() && chance.uniform() < 0.25 {
            (line.title, line.body) = latest[(chance.uniform() * latest.len() as f64) as usize].clone();
        }
        latest.push_back((line.title.clone(), line.body.clone()));
        if latest.len() > 100 {
            latest.pop_front();
        }
    }
    Ok(())
}

fn number(source: &str) -> usize {
    source.trim_start_matches("site").parse().unwrap_or(usize::MAX)
}

fn poll() -> Origin {
    Origin::Poll(Box::new(Outcome {
        state: HealthState::Ok,
        validators: Validators::default(),
        note: None,
        problems: Vec::new(),
        learned: Learned::default(),
        asked: true,
        missed_until: None,
        next_poll: None,
        listening: String::new(),
    }))
}
