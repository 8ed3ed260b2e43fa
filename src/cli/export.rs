//! `export`: every matching entry as a JSON line or a row, in the order of time, in constant memory.

use std::io::Write;
use std::ops::ControlFlow;

use anyhow::Result;

use super::Exit;
use super::args::{Args, Export, ExportFormat};
use super::search::parse_query;
use super::setup::load;
use crate::text::cells::guarded;
use crate::views::entry::ExportedEntry;

pub fn run(args: &Args, options: &Export) -> Result<Exit> {
    let loaded = load(args)?;
    let query = parse_query(&loaded, &options.query.join(" "), args.now())?;
    let tags = loaded.config.source_tags();
    let reader = loaded.reader()?;
    let each = |take: &mut dyn FnMut(&ExportedEntry<'_>) -> Result<()>| {
        reader.export(None, None, &mut |kept| {
            let of_source = tags.get(kept.source.as_str()).map_or(&[][..], Vec::as_slice);
            if let Some(line) = ExportedEntry::matching(&kept, &query.ast, of_source) {
                take(&line)?;
            }
            Ok(ControlFlow::Continue(()))
        })
    };
    let stdout = std::io::stdout().lock();
    match options.format {
        ExportFormat::Jsonl => {
            let mut out = std::io::BufWriter::new(stdout);
            each(&mut |line| {
                serde_json::to_writer(&mut out, line)?;
                Ok(out.write_all(b"\n")?)
            })?;
            out.flush()?;
        }
        ExportFormat::Csv => {
            let mut out = csv::Writer::from_writer(stdout);
            out.write_record(COLUMNS)?;
            each(&mut |line| Ok(out.write_record(cells(line)?.map(|cell| guarded(&cell).into_owned()))?))?;
            out.flush()?;
        }
    }
    Ok(Exit::Done)
}

/// Those that `import` reads, and the brands.
const COLUMNS: [&str; 12] = [
    "id",
    "link",
    "title",
    "text",
    "author",
    "published",
    "observed",
    "source",
    "language",
    "tags",
    "engagement",
    "brands",
];

fn cells(line: &ExportedEntry<'_>) -> Result<[String; COLUMNS.len()]> {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let brands: Vec<&str> = line.mentions.iter().map(|mention| mention.brand.as_str()).collect();
    let engagement = match line.engagement.is_empty() {
        true => String::new(),
        false => serde_json::to_string(line.engagement)?,
    };
    Ok([
        text(line.id),
        text(line.link),
        text(line.title),
        line.text.to_owned(),
        text(line.author),
        text(line.published.as_deref()),
        line.observed.clone(),
        line.source.to_owned(),
        text(line.language),
        line.tags.join("; "),
        engagement,
        brands.join("; "),
    ])
}
