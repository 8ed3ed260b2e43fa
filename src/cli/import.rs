//! `import`: entries from elsewhere, as JSON lines, tables or saved feeds, by the same path as polled ones.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Serialize;

use super::args::{Args, Format, Import};
use super::setup::{Loaded, load};
use super::{Exit, output};
use crate::daemon::{kept_since, listening};
use crate::ingest::{Engines, Imported, Line, each_row, import_lines, inbox, read_line};
use crate::model::{SourceId, Timestamp};
use crate::prepare::Listening;
use crate::render::counted;
use crate::sources::{self, Limits};
use crate::store::Lock;

/// Lines stored in one transaction.
const BATCH: usize = 2_000;

/// What some programs begin UTF-8 with.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// In bytes.
const LONGEST_LINE: u64 = 8 << 20;

/// Between two looks at what a running vigie has taken in.
const LOOK: Duration = Duration::from_millis(200);

/// It takes in what is parked within seconds, unless it cannot.
const PATIENCE: Duration = Duration::from_secs(30);

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
    let mut import = Taking::begin(&loaded, args.now())?;
    let mut all_read = true;
    for path in &options.files {
        let read = import.file(path, options);
        // What came before an unreadable place is kept.
        import.store()?;
        if let Err(problem) = read {
            all_read = false;
            eprintln!("vigie: {problem:#}");
        }
    }
    let view = import.finish()?;
    if args.json {
        output::print_json(&view)?;
    } else {
        let expired =
            if view.expired > 0 { format!("{} too old to be kept, ", view.expired) } else { String::new() };
        output::print(&format!(
            "{} read: {}, {} known, {} revised, {expired}{} naming no brand; {}; {} rejected",
            counted(view.read, "entry", "entries"),
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

/// An import under way.
struct Taking<'a> {
    loaded: &'a Loaded,
    now: Timestamp,
    listening: Listening,
    tags: BTreeMap<String, Vec<String>>,
    /// Where the lines go; `None` while another process writes.
    engines: Option<Engines>,
    parked: Vec<PathBuf>,
    lines: Vec<Line>,
    view: ImportView,
}

impl<'a> Taking<'a> {
    fn begin(loaded: &'a Loaded, now: Timestamp) -> Result<Self> {
        let data_dir = &loaded.configuration.data_dir;
        let engines = match Lock::is_held_for_long(data_dir)? {
            true => {
                eprintln!(
                    "vigie: another vigie is at work and takes it in; interrupted, it stays in {} until then",
                    data_dir.join("inbox").display()
                );
                None
            }
            false => Some(open(loaded, now)?),
        };
        Ok(Taking {
            loaded,
            now,
            listening: listening(&loaded.config)?,
            tags: loaded.config.source_tags(),
            engines,
            parked: Vec::new(),
            lines: Vec::new(),
            view: ImportView::default(),
        })
    }

    fn file(&mut self, path: &Path, options: &Import) -> Result<()> {
        let mut input = reader(path)?;
        let head = input.fill_buf().with_context(|| format!("{} could not be read", path.display()))?;
        let source = options.source.as_str();
        let format = match options.format {
            Some(format) => format,
            None => guess(path, head)?,
        };
        match format {
            Format::Jsonl => self.json_lines(path, input, source),
            Format::Csv => each_row(input, source, |number, line| self.take(path, number, line))
                .with_context(|| path.display().to_string()),
            Format::Feed => self.feed(path, input, source),
        }
    }

    fn json_lines(&mut self, path: &Path, mut input: impl BufRead, source: &str) -> Result<()> {
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
            if read.with_context(|| format!("{}:{number}: could not be read", path.display()))? == 0 {
                break;
            }
            if line.len() as u64 == LONGEST_LINE && !line.ends_with(b"\n") {
                input.skip_until(b'\n')?;
                self.take(path, number, Err(format!("longer than {} MiB", LONGEST_LINE >> 20)))?;
                continue;
            }
            let bare = if number == 1 { line.strip_prefix(BOM).unwrap_or(&line) } else { &line };
            let bare = bare.trim_ascii();
            if !bare.is_empty() {
                self.take(path, number, read_line(bare, source))?;
            }
        }
        Ok(())
    }

    fn feed(&mut self, path: &Path, input: impl Read, source: &str) -> Result<()> {
        let limits = Limits { entries: 1_000_000, ..Limits::default() };
        let mut bytes = Vec::new();
        input
            // A byte more, by which the reader knows that something is missing.
            .take(limits.document_bytes as u64 + 1)
            .read_to_end(&mut bytes)
            .with_context(|| format!("{} could not be read", path.display()))?;
        let document = sources::Document { bytes: &bytes, content_type: None, base_url: None };
        let parsed = sources::parse(document, &limits);
        for problem in &parsed.problems {
            eprintln!("vigie: {}: {}", path.display(), problem.message);
        }
        if parsed.problems.iter().any(|problem| problem.kind == sources::ProblemKind::NotAFeed) {
            bail!("{} is no feed", path.display());
        }
        for (number, entry) in (1..).zip(parsed.entries) {
            let line = Line { source: SourceId::new(source), entry, observed: None };
            self.take(path, number, Ok(line))?;
        }
        Ok(())
    }

    /// `number` is the line, or in a feed the entry.
    fn take(&mut self, path: &Path, number: u64, line: Result<Line, String>) -> Result<()> {
        self.view.read += 1;
        match line {
            Ok(line) => self.lines.push(line),
            Err(problem) => {
                self.view.rejected += 1;
                eprintln!("vigie: {}:{number}: {problem}", path.display());
            }
        }
        if self.lines.len() >= BATCH { self.store() } else { Ok(()) }
    }

    fn store(&mut self) -> Result<()> {
        let lines = std::mem::take(&mut self.lines);
        if lines.is_empty() {
            return Ok(());
        }
        match &mut self.engines {
            Some(engines) => {
                let imported = import_lines(engines, lines, &self.tags, &self.listening, self.now)?;
                self.view.add(&imported);
            }
            None => {
                self.parked.push(inbox::park(
                    &self.loaded.configuration.data_dir,
                    &lines,
                    self.parked.len(),
                )?);
            }
        }
        Ok(())
    }

    /// Waits for what was parked to be taken in, and takes it in itself once nobody else writes.
    fn finish(mut self) -> Result<ImportView> {
        let data_dir = &self.loaded.configuration.data_dir;
        let mut told = false;
        let mut progress = Instant::now();
        while !self.parked.is_empty() {
            let mut left = Vec::new();
            for parked in std::mem::take(&mut self.parked) {
                match inbox::collect(&parked)? {
                    Some(imported) => {
                        self.view.add(&imported);
                        progress = Instant::now();
                    }
                    None => left.push(parked),
                }
            }
            self.parked = left;
            if self.parked.is_empty() {
                break;
            }
            match Engines::open_if_free(data_dir, self.loaded.zone())? {
                Some(mut engines) => {
                    engines.store.set_horizon(kept_since(&self.loaded.config.settings, self.now));
                    for parked in inbox::waiting(data_dir) {
                        inbox::take_in(&mut engines, &parked, &self.tags, &self.listening, self.now)?;
                    }
                    engines.catch_up()?;
                }
                None => {
                    if !told && progress.elapsed() > PATIENCE {
                        told = true;
                        eprintln!(
                            "vigie: the other vigie does not take it in; its log says why (interrupted, this stays parked)"
                        );
                    }
                    std::thread::sleep(LOOK);
                }
            }
        }
        if let Some(engines) = &mut self.engines {
            engines.catch_up()?;
        }
        Ok(self.view)
    }
}

/// What a file holds, by its name, else by how it begins.
fn guess(path: &Path, head: &[u8]) -> Result<Format> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("").to_lowercase();
    let head = head.strip_prefix(BOM).unwrap_or(head).trim_ascii_start();
    let says = |words: &[u8]| head.windows(words.len()).any(|window| window == words);
    Ok(match (extension.as_str(), head.first()) {
        ("jsonl" | "ndjson", _) => Format::Jsonl,
        ("csv" | "tsv", _) => Format::Csv,
        ("xml" | "rss" | "atom" | "rdf", _) | (_, Some(b'<')) => Format::Feed,
        (_, Some(b'{')) if says(b"jsonfeed.org/version") => Format::Feed,
        (_, Some(b'{') | None) => Format::Jsonl,
        (_, Some(b'[')) => {
            let file = path.display();
            bail!("{file} is one JSON array; write its objects a line each, as `jq -c '.[]' {file}` does")
        }
        (_, Some(_)) => Format::Csv,
    })
}

fn open(loaded: &Loaded, now: Timestamp) -> Result<Engines> {
    let mut engines = Engines::open(&loaded.configuration.data_dir, loaded.zone())?;
    engines.store.set_horizon(kept_since(&loaded.config.settings, now));
    Ok(engines)
}

fn reader(path: &Path) -> Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("{} could not be opened", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}
