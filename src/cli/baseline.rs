//! `baseline`: figures that are frozen, to measure progress against.

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use super::args::{Args, Baselines, BaselinesCommand};
use super::benchmark::{comparison, window};
use super::setup::load;
use super::{Exit, UsageError, output};
use crate::model::Tongue;
use crate::render;
use crate::store::Store;
use crate::views::baselines::{BaselinesView, baselines};
use crate::views::compare::{PREVIOUS, freeze};

pub fn run(args: &Args, options: &Baselines) -> Result<Exit> {
    match &options.command {
        None | Some(BaselinesCommand::List) => list(args),
        Some(BaselinesCommand::Save { name, query, since, until }) => {
            save(args, name, query.as_deref(), since.as_deref(), until.as_deref())
        }
    }
}

#[derive(Serialize)]
struct Saved<'a> {
    name: &'a str,
    saved: Timestamp,
    since: Timestamp,
    until: Timestamp,
    query: Option<&'a str>,
}

fn list(args: &Args) -> Result<Exit> {
    let loaded = load(args)?;
    let view: BaselinesView = baselines(&loaded.reader()?)?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::baselines::text(&view, loaded.zone(), loaded.style(args)))?;
    }
    Ok(Exit::Done)
}

fn save(
    args: &Args,
    name: &str,
    query: Option<&str>,
    since: Option<&str>,
    until: Option<&str>,
) -> Result<Exit> {
    let good = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name == PREVIOUS || !name.starts_with(char::is_alphanumeric) || !name.chars().all(good) {
        let help = "a name is made of letters, digits, `-`, `_` and `.`, and is not `previous`";
        return Err(UsageError(format!("`{name}` cannot be a baseline's name: {help}")).into());
    }
    let loaded = load(args)?;
    let (since, until) = window(args, &loaded, since, until)?;
    loaded.require_store()?;
    let comparison = comparison(&loaded, query, (since, until))?;
    // A row of its own, which a running vigie need not hear of.
    let mut store = Store::open(&loaded.configuration.data_dir)?;
    let baseline = freeze(&store, &comparison, name, args.now())?;
    if baseline.rows.is_empty() {
        return Err(UsageError(
            "nothing was heard of the brands in that time: there is nothing to freeze".into(),
        )
        .into());
    }
    if !store.save_baseline(&baseline)? {
        let message = format!("there is a baseline `{name}`, and what is frozen stays; choose another name");
        return Err(UsageError(message).into());
    }
    if args.json {
        output::print_json(&Saved { name, saved: baseline.saved, since, until, query })?;
    } else {
        let zone = loaded.zone();
        let span = format!("{} – {}", render::minute(since, zone), render::minute(until, zone));
        output::print(&match loaded.tongue() {
            Tongue::English => format!("{span} frozen as {name}; vigie benchmark --against {name}"),
            Tongue::French => format!("{span} figé sous le nom {name} ; vigie benchmark --against {name}"),
        })?;
    }
    Ok(Exit::Done)
}
