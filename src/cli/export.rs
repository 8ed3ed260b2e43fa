//! `export`: every matching entry as one JSON line, in the order of time, in constant memory.

use std::io::Write;
use std::ops::ControlFlow;

use anyhow::Result;

use super::Exit;
use super::args::{Args, Export};
use super::search::parse_query;
use super::setup::load;
use crate::views::entry::ExportedEntry;

pub fn run(args: &Args, options: &Export) -> Result<Exit> {
    let loaded = load(args)?;
    let query = parse_query(&loaded, &options.query.join(" "), args.now())?;
    let tags = loaded.config.source_tags();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    loaded.reader()?.export(None, None, &mut |kept| {
        let of_source = tags.get(kept.source.as_str()).map_or(&[][..], Vec::as_slice);
        if let Some(line) = ExportedEntry::matching(&kept, &query.ast, of_source) {
            serde_json::to_writer(&mut out, &line)?;
            out.write_all(b"\n")?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    out.flush()?;
    Ok(Exit::Done)
}
