//! `search`: a question asked of the stored mentions.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Result;
use jiff::Timestamp;

use super::args::{Args, Search, Sort};
use super::setup::{Loaded, load};
use super::{Exit, UsageError, output};
use crate::index::{self, Facet, Fold};
use crate::query::{self, Query};
use crate::render;
use crate::views::search::search;

pub fn run(args: &Args, options: &Search) -> Result<Exit> {
    let loaded = load(args)?;
    let now = args.now();
    let query = parse_query(&loaded, &options.query.join(" "), now)?;
    let asked = index::Options {
        since: output::optional_time(options.since.as_deref(), loaded.zone(), now)?,
        until: output::optional_time(options.until.as_deref(), loaded.zone(), now)?,
        sort: match options.sort {
            Sort::New => index::Sort::New,
            Sort::Relevance => index::Sort::Relevance,
        },
        limit: if options.all { usize::MAX } else { options.limit },
        fold: options.fold.as_ref().map(|_| Fold::Story),
        facets: facets(&options.facets)?,
        zone: loaded.zone().clone(),
        source_tags: loaded.config.source_tags(),
        ..index::Options::default()
    };
    let reader = loaded.reader()?;
    let view = search(&reader, &loaded.searcher()?, &query, &asked)?;
    if args.json {
        output::print_json(&view)?;
    } else if options.jsonl {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        for hit in &view.hits {
            serde_json::to_writer(&mut out, hit)?;
            out.write_all(b"\n")?;
        }
        out.flush()?;
    } else {
        let folded = options.fold.is_some();
        output::print(&render::search::text(&view, folded, loaded.zone(), output::style(args)))?;
    }
    Ok(Exit::Done)
}

/// A query typed on the command line; an error shows where it is wrong.
pub fn parse_query(loaded: &Loaded, text: &str, now: Timestamp) -> Result<Query> {
    let saved: BTreeMap<String, String> =
        loaded.config.queries.iter().map(|q| (q.id.clone(), q.query.text.clone())).collect();
    let context = query::Context {
        saved: Some(&saved),
        times: Some(query::Times { now, zone: loaded.zone().clone() }),
    };
    query::parse(text, &context).map_err(|error| {
        let before = text[..error.start.min(text.len())].chars().count();
        let width = text[error.start.min(text.len())..error.end.min(text.len())].chars().count().max(1);
        let help = error.help.map(|help| format!(" {help}")).unwrap_or_default();
        let (indent, carets) = (" ".repeat(before), "^".repeat(width));
        UsageError(format!("the query: {}\n  {text}\n  {indent}{carets}{help}", error.message)).into()
    })
}

fn facets(names: &[String]) -> Result<Vec<Facet>> {
    let facet = |name: &String| {
        Facet::ALL.into_iter().find(|f| f.as_str() == name.trim()).ok_or_else(|| {
            let all: Vec<&str> = Facet::ALL.iter().map(|f| f.as_str()).collect();
            UsageError(format!("`{name}` is no facet; there are {}", all.join(", "))).into()
        })
    };
    names.iter().map(facet).collect()
}
