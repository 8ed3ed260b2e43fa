//! `parse`: the entries of documents as JSON lines; plumbing that needs no configuration.

use std::io::{Read, Write};

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::Serialize;

use super::args::{Args, Parse};
use super::{Exit, setup};
use crate::fetch::{Client, Cut, Options};
use crate::sources::{self, Limits, Problem, ProblemKind};
use crate::views::entry::ParsedEntry;

#[derive(Serialize)]
struct ProblemLine<'a> {
    document: &'a str,
    problem: &'a str,
    kind: &'static str,
}

pub fn run(args: &Args, options: &Parse) -> Result<Exit> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut exit = Exit::Done;
    for name in &options.documents {
        let read = match read(args, name) {
            Ok(read) => read,
            Err(error) => {
                eprintln!("vigie: {name}: {error:#}");
                exit = Exit::Failed;
                continue;
            }
        };
        let document = sources::Document {
            bytes: &read.bytes,
            content_type: options.content_type.as_deref().or(read.content_type.as_deref()),
            base_url: options.base_url.as_deref().or(read.base_url.as_deref()),
        };
        let mut parsed = sources::parse(document, &Limits::default());
        parsed.problems.extend(read.cut);
        for entry in &parsed.entries {
            serde_json::to_writer(&mut out, &ParsedEntry::new(name, entry))?;
            out.write_all(b"\n")?;
        }
        out.flush()?;
        for problem in &parsed.problems {
            let line = ProblemLine { document: name, problem: &problem.message, kind: problem.kind.as_str() };
            eprintln!("{}", serde_json::to_string(&line)?);
            if problem.kind == ProblemKind::NotAFeed {
                exit = Exit::Failed;
            }
        }
    }
    Ok(exit)
}

struct Bytes {
    bytes: Vec<u8>,
    content_type: Option<String>,
    base_url: Option<String>,
    /// What did not come.
    cut: Option<Problem>,
}

impl Bytes {
    fn bare(bytes: Vec<u8>) -> Self {
        Bytes { bytes, content_type: None, base_url: None, cut: None }
    }
}

fn read(args: &Args, name: &str) -> Result<Bytes> {
    if name == "-" {
        return Ok(Bytes::bare(beginning(std::io::stdin().lock())?));
    }
    if name.starts_with("http://") || name.starts_with("https://") {
        return fetch(args.now(), name);
    }
    let file = std::fs::File::open(name).context("could not be read")?;
    Ok(Bytes::bare(beginning(file).context("could not be read")?))
}

/// What the reader looks at, and a byte more if there is more.
fn beginning(input: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(Limits::default().document_bytes as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The person at the terminal named the address, so it may be a private one.
fn fetch(now: Timestamp, url: &str) -> Result<Bytes> {
    let client = Client::new(&Options::default())?;
    let document = setup::runtime()?.block_on(client.document(url, true, now))?;
    Ok(Bytes {
        cut: document.cut.as_ref().map(Cut::problem),
        bytes: document.bytes,
        content_type: document.content_type,
        base_url: Some(document.final_url),
    })
}
