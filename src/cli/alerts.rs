//! `alerts`: what was called out, why, and what became of it.

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use super::args::{Alerts, AlertsCommand, Args};
use super::setup::{Loaded, load};
use super::{Exit, output};
use crate::model::{Acknowledgement, AlertState};
use crate::render;
use crate::store::Store;
use crate::views::alerts::{self, AlertView};

pub fn run(args: &Args, options: &Alerts) -> Result<Exit> {
    let loaded = load(args)?;
    match options.command.as_ref().unwrap_or(&AlertsCommand::List) {
        AlertsCommand::List => list(args, &loaded),
        AlertsCommand::Show { id } => show(args, &loaded, id),
        AlertsCommand::Explain { id } => explain(args, &loaded, id),
        AlertsCommand::Ack { id, false_alarm } => acknowledge(args, &loaded, id, *false_alarm),
    }
}

fn list(args: &Args, loaded: &Loaded) -> Result<Exit> {
    let view = alerts::list(&loaded.reader()?)?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::alerts::list(&view, loaded.zone(), output::style(args)))?;
    }
    let firing = view.alerts.iter().any(|a| a.state == AlertState::Firing.as_str());
    Ok(if firing { Exit::Firing } else { Exit::Done })
}

fn show(args: &Args, loaded: &Loaded, id: &str) -> Result<Exit> {
    let reader = loaded.reader()?;
    let alert = alerts::find(&reader, id)?;
    if args.json {
        output::print_json(&AlertView::from(&alert))?;
    } else {
        let view = alerts::told(&reader, &alert)?;
        output::print(&render::alerts::show(&view, loaded.zone(), output::style(args)))?;
    }
    Ok(Exit::Done)
}

fn explain(args: &Args, loaded: &Loaded, id: &str) -> Result<Exit> {
    let reader = loaded.reader()?;
    let alert = alerts::find(&reader, id)?;
    let view = alerts::explain(&reader, &alert)?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::alerts::explain(&view, &alert, loaded.zone(), output::style(args)))?;
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Acknowledged<'a> {
    id: &'a str,
    at: Timestamp,
    #[serde(rename = "false")]
    false_alarm: bool,
}

/// A row of its own, short enough to be written beside a running vigie. What was once called a false alarm
/// stays one: rules are tuned by it.
fn acknowledge(args: &Args, loaded: &Loaded, id: &str, false_alarm: bool) -> Result<Exit> {
    let alert = alerts::find(&loaded.reader()?, id)?;
    let mut store = Store::open(&loaded.configuration.data_dir)?;
    let was_false = alert.acknowledged.as_ref().is_some_and(|before| before.false_alarm);
    let acknowledgement = Acknowledgement { at: args.now(), false_alarm: false_alarm || was_false };
    store.acknowledge(&alert.id, &acknowledgement)?;
    if args.json {
        let Acknowledgement { at, false_alarm } = acknowledgement;
        output::print_json(&Acknowledged { id: alert.id.as_str(), at, false_alarm })?;
    } else {
        let as_what = match (false_alarm, was_false) {
            (true, _) => " as a false alarm",
            (false, true) => "; it stays marked as a false alarm",
            (false, false) => "",
        };
        output::print(&format!("{} acknowledged{as_what}", alert.id))?;
    }
    Ok(Exit::Done)
}
