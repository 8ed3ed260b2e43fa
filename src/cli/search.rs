//! `search`: a question asked of the stored mentions.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

use anyhow::Result;
use jiff::Timestamp;

use super::args::{Args, Search, Sort};
use super::setup::{Loaded, load, unknown};
use super::{Exit, UsageError, output};
use crate::config::Keep;
use crate::index::{self, Facet, Fold};
use crate::query::{self, Fact, NO_BRAND, Query};
use crate::render;
use crate::render::search::timeline as timeline_of;
use crate::text::cells::guarded;
use crate::views::nameless;
use crate::views::search::{MentionView, QueryProblem, hits, lint, search};

pub fn run(args: &Args, options: &Search) -> Result<Exit> {
    let loaded = load(args)?;
    let now = args.now();
    let query = parse_query(&loaded, &options.query.join(" "), now)?;
    let mut asked = index::Options {
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
    let searcher = loaded.searcher()?;
    if options.jsonl {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        hits(&reader, &searcher, &query, &asked, &mut |hit| {
            serde_json::to_writer(&mut out, &hit)?;
            Ok(out.write_all(b"\n")?)
        })?;
        out.flush()?;
    } else if options.csv {
        let mut out = csv::Writer::from_writer(std::io::stdout().lock());
        out.write_record(COLUMNS)?;
        hits(&reader, &searcher, &query, &asked, &mut |hit| Ok(out.write_record(cells(&hit))?))?;
        out.flush()?;
    } else if args.json {
        output::print_json(&search(&reader, &searcher, &query, &asked)?)?;
    } else {
        let timeline = std::io::stdout().is_terminal() && !asked.facets.contains(&Facet::Day);
        if timeline {
            asked.facets.push(Facet::Day);
        }
        let mut view = search(&reader, &searcher, &query, &asked)?;
        let days =
            if timeline { view.facets.pop().map_or_else(Vec::new, |days| days.values) } else { Vec::new() };
        if view.total == 0 && !args.quiet {
            tell_unknown(&loaded, &query);
        }
        let folded = options.fold.is_some();
        let style = loaded.style(args);
        output::print(
            &(render::search::text(&view, folded, loaded.zone(), style) + &timeline_of(&days, style)),
        )?;
    }
    Ok(Exit::Done)
}

/// Where nothing is found: brands and sources that are asked for, of which feeds.toml knows nothing, and entries that
/// are not kept.
pub fn tell_unknown(loaded: &Loaded, query: &Query) {
    let config = &loaded.config;
    if config.settings.keep == Keep::Mentions && nameless::is_asked(&query.ast) {
        eprintln!(
            "vigie: entries that name no brand are not kept; `keep = \"all\"` under [settings] keeps them"
        );
    }
    let brands = config.brands.iter().map(|brand| brand.id.as_str()).chain([NO_BRAND]).collect::<Vec<_>>();
    let sources: Vec<&str> = config.sources.iter().map(|source| source.id.as_str()).collect();
    for (fact, what, known) in [(Fact::Brand, "brand", brands), (Fact::Source, "source", sources)] {
        for id in query.ast.values_of(fact) {
            if !known.iter().any(|known| known.eq_ignore_ascii_case(id)) {
                eprintln!("vigie: {}", unknown(what, id, known.iter().copied()));
            }
        }
    }
}

const COLUMNS: [&str; 18] = [
    "id",
    "entry",
    "brand",
    "source",
    "title",
    "excerpt",
    "link",
    "author",
    "published",
    "observed",
    "language",
    "sentiment",
    "score",
    "story",
    "copies",
    "tags",
    "status",
    "own_voice",
];

fn cells(hit: &MentionView) -> [String; COLUMNS.len()] {
    let text = |value: &Option<String>| guarded(value.as_deref().unwrap_or_default()).into_owned();
    let (label, score) =
        hit.sentiment.as_ref().map_or_else(Default::default, |s| (s.label.to_owned(), s.score.to_string()));
    [
        hit.id.clone(),
        hit.entry.clone(),
        guarded(&hit.brand).into_owned(),
        guarded(&hit.source).into_owned(),
        text(&hit.title),
        guarded(&hit.excerpt).into_owned(),
        text(&hit.link),
        text(&hit.author),
        text(&hit.published),
        hit.observed.clone(),
        text(&hit.language),
        label,
        score,
        hit.story.clone(),
        hit.copies.to_string(),
        guarded(&hit.tags.join("; ")).into_owned(),
        hit.status.to_owned(),
        hit.own_voice.to_string(),
    ]
}

/// A query typed on the command line; an error shows where it is wrong.
pub fn parse_query(loaded: &Loaded, text: &str, now: Timestamp) -> Result<Query> {
    let read = read_query(loaded, text, now);
    read.map_err(|error| {
        let message = error.message.clone();
        let shown: Vec<String> =
            lint(text, &Err(error)).problems.iter().map(|wrong| under(text, wrong)).collect();
        UsageError(format!("the query: {message}\n{}", shown.join("\n"))).into()
    })
}

/// As [`parse_query`], with the error as it is.
pub fn read_query(loaded: &Loaded, text: &str, now: Timestamp) -> Result<Query, query::QueryError> {
    let saved: BTreeMap<String, String> =
        loaded.config.queries.iter().map(|q| (q.id.clone(), q.query.text.clone())).collect();
    let context = query::Context {
        saved: Some(&saved),
        times: Some(query::Times { now, zone: loaded.zone().clone() }),
    };
    query::parse(text, &context)
}

/// A query with carets under what is wrong with it, and what to write instead.
pub fn under(text: &str, problem: &QueryProblem) -> String {
    let width = (problem.end - problem.start).max(1) as usize;
    let (indent, carets) = (" ".repeat(problem.start as usize), "^".repeat(width));
    let help = problem.help.as_ref().map(|help| format!(" {help}")).unwrap_or_default();
    format!("  {text}\n  {indent}{carets}{help}")
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
