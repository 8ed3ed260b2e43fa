//! `query`: a query tried before it is saved.

use anyhow::Result;

use super::args::{Args, QueryArgs, QueryCommand};
use super::search::{parse_query, read_query, under};
use super::setup::load;
use super::{Exit, output};
use crate::index;
use crate::render;
use crate::views::search::{lint, preview};

pub fn run(args: &Args, options: &QueryArgs) -> Result<Exit> {
    match &options.command {
        QueryCommand::Lint { text } => show_problems(args, &text.join(" ")),
        QueryCommand::Preview { text } => show_hits(args, &text.join(" ")),
    }
}

fn show_problems(args: &Args, text: &str) -> Result<Exit> {
    let loaded = load(args)?;
    let read = read_query(&loaded, text, args.now());
    let view = lint(text, &read);
    if args.json {
        output::print_json(&view)?;
    } else {
        let hints = read.as_ref().map(|query| crate::query::lint(text, &query.ast)).unwrap_or_default();
        let error = read.as_ref().err();
        let places = error.into_iter().map(|e| ("error", e.start, e.end, &e.message, &e.help));
        let places = places.chain(hints.iter().map(|h| ("warning", h.start, h.end, &h.message, &h.help)));
        let mut out: String = places
            .map(|(severity, start, end, message, help)| {
                format!("{severity}: {message}\n{}\n", under(text, start, end, help.as_deref()))
            })
            .collect();
        if let Some(meaning) = &view.meaning {
            out.push_str(&format!("reads as: {meaning}\n"));
        }
        output::print(&out)?;
    }
    Ok(if view.ok { Exit::Done } else { Exit::Usage })
}

fn show_hits(args: &Args, text: &str) -> Result<Exit> {
    let loaded = load(args)?;
    let query = parse_query(&loaded, text, args.now())?;
    let options = index::Options {
        zone: loaded.zone().clone(),
        source_tags: loaded.config.source_tags(),
        ..index::Options::default()
    };
    let view = preview(&loaded.reader()?, &loaded.searcher()?, &query, &options)?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::search::preview(&view, loaded.zone(), output::style(args)))?;
    }
    Ok(Exit::Done)
}
