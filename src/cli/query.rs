//! `query`: a query tried before it is saved.

use anyhow::Result;

use super::args::{Args, QueryArgs, QueryCommand};
use super::search::{parse_query, read_query, tell_unknown, under};
use super::setup::load;
use super::{Exit, output};
use crate::index;
use crate::render;
use crate::views::search::{QueryProblem, lint, preview};

pub fn run(args: &Args, options: &QueryArgs) -> Result<Exit> {
    match &options.command {
        QueryCommand::Lint { text } => show_problems(args, &text.join(" ")),
        QueryCommand::Preview { text } => show_hits(args, &text.join(" ")),
    }
}

fn show_problems(args: &Args, text: &str) -> Result<Exit> {
    let loaded = load(args)?;
    let view = lint(text, &read_query(&loaded, text, args.now()));
    if args.json {
        output::print_json(&view)?;
    } else {
        let problem =
            |wrong: &QueryProblem| format!("{}: {}\n{}\n", wrong.severity, wrong.message, under(text, wrong));
        let mut out: String = view.problems.iter().map(problem).collect();
        if let Some(meaning) = &view.meaning {
            out.push_str(&format!("{} {meaning}\n", loaded.tongue().of("reads as:", "se lit :")));
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
    if view.total == 0 && !args.quiet {
        tell_unknown(&loaded, &query);
    }
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::search::preview(&view, loaded.zone(), loaded.style(args)))?;
    }
    Ok(Exit::Done)
}
