//! `import`: entries from elsewhere, as JSON lines, by the same path as polled ones.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use super::args::{Args, Import};
use super::setup::load;
use super::{Exit, output};
use crate::daemon::listening;
use crate::ingest::{Engines, Imported, Line, import_lines, read_line};

/// Lines stored in one transaction.
const BATCH: usize = 2_000;

#[derive(Debug, Default, Serialize)]
struct ImportView {
    read: usize,
    new: usize,
    known: usize,
    revised: usize,
    mentions: usize,
    rejected: usize,
}

impl ImportView {
    fn add(&mut self, imported: &Imported) {
        self.new += imported.new;
        self.known += imported.known;
        self.revised += imported.revised;
        self.mentions += imported.mentions;
    }
}

pub fn run(args: &Args, options: &Import) -> Result<Exit> {
    let loaded = load(args)?;
    let listening = listening(&loaded.config);
    let mut engines = Engines::open(&loaded.configuration.data_dir, loaded.zone())?;
    let mut view = ImportView::default();
    let mut store = |lines: &mut Vec<Line>, view: &mut ImportView| -> Result<()> {
        let imported = import_lines(&mut engines, std::mem::take(lines), &listening, args.now())?;
        view.add(&imported);
        Ok(())
    };
    for path in &options.files {
        let mut lines = Vec::new();
        for (number, text) in (1..).zip(open(path)?.lines()) {
            let text = text.with_context(|| format!("{}:{number}: could not be read", path.display()))?;
            if text.trim().is_empty() {
                continue;
            }
            view.read += 1;
            match read_line(&text, &options.source) {
                Ok(line) => lines.push(line),
                Err(problem) => {
                    view.rejected += 1;
                    eprintln!("vigie: {}:{number}: {problem}", path.display());
                }
            }
            if lines.len() >= BATCH {
                store(&mut lines, &mut view)?;
            }
        }
        store(&mut lines, &mut view)?;
    }
    engines.catch_up()?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&format!(
            "{} lines read: {} new entries, {} known, {} revised, {} that name no brand; {} new mentions; {} rejected",
            view.read,
            view.new,
            view.known,
            view.revised,
            view.read - view.rejected - view.new - view.known - view.revised,
            view.mentions,
            view.rejected,
        ))?;
    }
    Ok(if view.rejected == 0 { Exit::Done } else { Exit::Failed })
}

fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("{} could not be opened", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}
