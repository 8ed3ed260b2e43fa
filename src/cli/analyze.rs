//! `analyze`: language, tone and matches of the lines on stdin, one line out per line in.

use std::io::{BufRead, Write};

use anyhow::{Context, Result};
use serde_json::Value;

use super::args::Args;
use super::{Exit, setup};
use crate::daemon::{configuration, tone};
use crate::enrich::sentiment::Model;
use crate::prepare::Listening;
use crate::text::Span;
use crate::views::analysis::{Text, analyze};

pub fn run(args: &Args) -> Result<Exit> {
    let listening = listening(args)?;
    let mut input = std::io::stdin().lock();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        if input.read_until(b'\n', &mut bytes).context("stdin could not be read")? == 0 {
            break;
        }
        let line = String::from_utf8_lossy(&bytes);
        let view = analyze(&text_of(line.trim_end_matches(['\n', '\r'])), &listening);
        serde_json::to_writer(&mut out, &view)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// The brands of the configuration, if there is one; without one, only given targets are matched.
fn listening(args: &Args) -> Result<Listening> {
    if !configuration::exists(args.config.as_deref()) {
        return Ok(Listening::new(&[], &[], Model::new(&[], &[])));
    }
    let config = setup::load(args)?.config;
    Ok(Listening::new(&config.brands, &config.subjects(), tone::model(&config)?))
}

/// An object with `text` or `title` is one; anything else is plain text.
fn text_of(line: &str) -> Text {
    let object = serde_json::from_str::<Value>(line).ok().filter(|value| {
        value.get("text").is_some_and(Value::is_string) || value.get("title").is_some_and(Value::is_string)
    });
    let Some(object) = object else {
        return Text { text: line.to_owned(), ..Text::default() };
    };
    let string = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
    let text = string("text").unwrap_or_default();
    let targets = object.get("targets").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    Text {
        id: object.get("id").filter(|id| !id.is_null()).cloned(),
        title: string("title").unwrap_or_default(),
        language: string("language").filter(|language| !language.is_empty()),
        targets: targets.iter().filter_map(|target| target_of(target, &text)).collect(),
        text,
    }
}

/// Spans that do not lie in the text are dropped.
fn target_of(target: &Value, text: &str) -> Option<(String, Vec<Span>)> {
    let id = target.get("id")?.as_str()?.to_owned();
    let length = text.chars().count() as u64;
    let spans = target.get("spans")?.as_array()?.iter().filter_map(|span| {
        let (start, end) = (span.get(0)?.as_u64()?, span.get(1)?.as_u64()?);
        let inside = start < end && end <= length;
        inside.then_some(Span { start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()? })
    });
    Some((id, spans.collect()))
}
