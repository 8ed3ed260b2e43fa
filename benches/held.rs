//! What stories take: bytes in the store by what holds them, and memory at the peak. The index is left out.

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use vigie::model::Timestamp;
use vigie::store::FILE_NAME;

use crate::{corpus, ingest};

const ENTRIES: usize = 40;
/// Over which the entries are spread.
const DAYS: usize = 90;

pub fn run(stories: usize) -> Result<()> {
    let (home, mut engines) = ingest::engines();
    let listening = ingest::listening();
    let begin: Timestamp = "2025-10-01T00:00:00Z".parse()?;
    let published = |number: usize| {
        let second = begin.as_second() + (number * DAYS * 86_400 / stories) as i64;
        Timestamp::from_second(second).expect("a valid time").to_string()
    };
    for from in (0..stories).step_by(ENTRIES) {
        let document = corpus::stories(from..stories.min(from + ENTRIES), published);
        ingest::ingest(&mut engines, &ingest::batches(&[document], &listening));
    }
    drop(engines);
    let db = Connection::open(home.path().join(FILE_NAME))?;
    let held: usize = db.query_row("SELECT count(DISTINCT story) FROM entries", [], |row| row.get(0))?;
    ensure!(held == stories, "each entry is a story of its own: {held} of {stories}");
    println!("{held} stories, {} of memory at the peak", peak()?);
    let mut statement = db.prepare(
        "SELECT name, sum(pgsize), sum(payload) FROM dbstat GROUP BY name HAVING sum(pgsize) > 8192 ORDER BY 2 DESC",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (name, bytes, payload): (String, f64, f64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        println!(
            "{:>8.1} MB {:>8.1} bytes each, {:>8.1} of them payload  {name}",
            bytes / 1e6,
            bytes / stories as f64,
            payload / stories as f64
        );
    }
    Ok(())
}

/// As `proc(5)` has it; Linux alone tells.
fn peak() -> Result<String> {
    let status = std::fs::read_to_string("/proc/self/status").context("memory is told by Linux alone")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(line.context("the kernel tells no peak")?.trim().to_owned())
}
