//! `import`: entries from elsewhere, as JSON lines, by the same path as polled ones.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use super::args::{Args, Import};
use super::setup::load;
use super::{Exit, output};
use crate::daemon::{kept_since, listening};
use crate::ingest::{Engines, Imported, Line, import_lines, read_line};
use crate::render::counted;

/// Lines stored in one transaction.
const BATCH: usize = 2_000;

/// What some programs begin UTF-8 with.
const BOM: &[u8] = "\u{feff}".as_bytes();

#[derive(Debug, Default, Serialize)]
struct ImportView {
    read: usize,
    new: usize,
    known: usize,
    /// Older than what is kept.
    expired: usize,
    revised: usize,
    mentions: usize,
    rejected: usize,
}

impl ImportView {
    fn add(&mut self, imported: &Imported) {
        self.new += imported.new;
        self.known += imported.known;
        self.expired += imported.expired;
        self.revised += imported.revised;
        self.mentions += imported.mentions;
    }
}

pub fn run(args: &Args, options: &Import) -> Result<Exit> {
    let loaded = load(args)?;
    let (listening, tags) = (listening(&loaded.config), loaded.config.source_tags());
    let mut engines = Engines::open(&loaded.configuration.data_dir, loaded.zone())?;
    engines.store.set_horizon(kept_since(&loaded.config.settings, args.now()));
    let mut view = ImportView::default();
    let mut all_read = true;
    let mut store = |lines: &mut Vec<Line>, view: &mut ImportView| -> Result<()> {
        let imported = import_lines(&mut engines, std::mem::take(lines), &tags, &listening, args.now())?;
        view.add(&imported);
        Ok(())
    };
    for path in &options.files {
        let mut lines = Vec::new();
        let read = each_line(path, |number, text| {
            view.read += 1;
            match read_line(text, &options.source) {
                Ok(line) => lines.push(line),
                Err(problem) => {
                    view.rejected += 1;
                    eprintln!("vigie: {}:{number}: {problem}", path.display());
                }
            }
            if lines.len() >= BATCH { store(&mut lines, &mut view) } else { Ok(()) }
        })?;
        // What came before an unreadable place is kept.
        store(&mut lines, &mut view)?;
        if let Err(problem) = read {
            all_read = false;
            eprintln!("vigie: {problem:#}");
        }
    }
    engines.catch_up()?;
    if args.json {
        output::print_json(&view)?;
    } else {
        let expired =
            if view.expired > 0 { format!("{} too old to be kept, ", view.expired) } else { String::new() };
        output::print(&format!(
            "{} read: {}, {} known, {} revised, {expired}{} naming no brand; {}; {} rejected",
            counted(view.read, "line", "lines"),
            counted(view.new, "new entry", "new entries"),
            view.known,
            view.revised,
            view.read - view.rejected - view.new - view.known - view.revised - view.expired,
            counted(view.mentions, "new mention", "new mentions"),
            view.rejected,
        ))?;
    }
    Ok(if all_read && view.rejected == 0 { Exit::Done } else { Exit::Failed })
}

/// Hands out the lines that are not blank, with their numbers from 1, as bytes: a line may be anything.
///
/// # Errors
/// The outer one is `take`'s; the inner one says what could not be read of the file.
fn each_line(path: &Path, mut take: impl FnMut(usize, &[u8]) -> Result<()>) -> Result<Result<()>> {
    let mut input = match open(path) {
        Ok(input) => input,
        Err(error) => return Ok(Err(error)),
    };
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = input
            .read_until(b'\n', &mut line)
            .with_context(|| format!("{}:{number}: could not be read", path.display()));
        match read {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => return Ok(Err(error)),
        }
        let bare = if number == 1 { line.strip_prefix(BOM).unwrap_or(&line) } else { &line };
        let bare = bare.trim_ascii();
        if !bare.is_empty() {
            take(number, bare)?;
        }
    }
    Ok(Ok(()))
}

fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("{} could not be opened", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}
