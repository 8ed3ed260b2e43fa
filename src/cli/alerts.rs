//! `alerts`: what was called out, why, and what became of it.

use anyhow::Result;
use serde::Serialize;

use super::args::{AlertsCommand, AlertsList, Args, State};
use super::setup::{Loaded, load};
use super::{Exit, output, silence};
use crate::model::{Acknowledgement, AlertState, BrandId, RuleId};
use crate::render;
use crate::store::{AlertFilter, Reader, Store};
use crate::views::alerts::{self, AcknowledgedView};
use crate::views::explain;
use crate::views::told::{self, ToldAlert};

pub fn run(args: &Args, options: &super::args::Alerts) -> Result<Exit> {
    let loaded = load(args)?;
    match &options.command {
        None => list(args, &loaded, &AlertsList::default()),
        Some(AlertsCommand::List(options)) => list(args, &loaded, options),
        Some(AlertsCommand::Show { id }) => show(args, &loaded, id),
        Some(AlertsCommand::Explain { id }) => explain(args, &loaded, id),
        Some(AlertsCommand::Ack { id, false_alarm, by, comment }) => {
            let said = Acknowledgement {
                at: args.now(),
                false_alarm: *false_alarm,
                by: by.clone(),
                comment: comment.clone(),
            };
            acknowledge(args, &loaded, id, said)
        }
        Some(AlertsCommand::Silence(options)) => silence::run(args, &loaded, options),
    }
}

fn list(args: &Args, loaded: &Loaded, options: &AlertsList) -> Result<Exit> {
    let reader = loaded.reader()?;
    let rule = options.rule.as_deref().map(RuleId::new);
    let brand = options.brand.as_deref().map(BrandId::new);
    let state = options.state.map(|state| match state {
        State::Pending => AlertState::Pending,
        State::Firing => AlertState::Firing,
        State::Resolved => AlertState::Resolved,
    });
    let since = output::optional_time(options.since.as_deref(), loaded.zone(), args.now())?;
    require_known(&reader, loaded, rule.as_ref(), brand.as_ref())?;
    let filter = AlertFilter { rule: rule.as_ref(), brand: brand.as_ref(), state, since, limit: None };
    let view = alerts::list(&reader, &filter, options.all)?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::alerts::list(&view, loaded.zone(), loaded.style(args)))?;
    }
    Ok(if view.fires { Exit::Firing } else { Exit::Done })
}

/// An id that neither feeds.toml nor any alert has is misspelt.
fn require_known(
    reader: &Reader,
    loaded: &Loaded,
    rule: Option<&RuleId>,
    brand: Option<&BrandId>,
) -> Result<()> {
    let has_alert = |filter: AlertFilter<'_>| Ok::<_, anyhow::Error>(!reader.alerts(&filter)?.is_empty());
    if let Some(rule) = rule
        && let Err(misspelt) = loaded.rule(rule.as_str())
        && !has_alert(AlertFilter { rule: Some(rule), limit: Some(1), ..AlertFilter::default() })?
    {
        return Err(misspelt.into());
    }
    if let Some(brand) = brand
        && let Err(misspelt) = loaded.brand(brand.as_str())
        && !has_alert(AlertFilter { brand: Some(brand), limit: Some(1), ..AlertFilter::default() })?
    {
        return Err(misspelt.into());
    }
    Ok(())
}

fn show(args: &Args, loaded: &Loaded, id: &str) -> Result<Exit> {
    let reader = loaded.reader()?;
    let alert = alerts::find(&reader, id)?;
    let view = told::told(&reader, &alert, &loaded.config.rules, loaded.tongue())?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&message(loaded, &view, loaded.style(args)))?;
    }
    Ok(Exit::Done)
}

/// What `alerts show` says.
pub fn message(loaded: &Loaded, view: &ToldAlert, style: render::Style) -> String {
    let brand = loaded.brand(&view.alert.brand);
    let name = brand.map_or(view.alert.brand.as_str(), |brand| brand.name.as_str());
    render::told::message(view, name, loaded.tongue(), loaded.zone(), style)
}

fn explain(args: &Args, loaded: &Loaded, id: &str) -> Result<Exit> {
    let reader = loaded.reader()?;
    let alert = alerts::find(&reader, id)?;
    let view = explain::explain(&reader, &alert, &loaded.config.rules)?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::alerts::explain(&view, &alert, loaded.zone(), loaded.style(args)))?;
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Acknowledged<'a> {
    id: &'a str,
    #[serde(flatten)]
    acknowledged: AcknowledgedView,
}

/// A row of its own, short enough to be written beside a running vigie. What was once called a false alarm
/// stays one: rules are tuned by it; so does who said what, unless something else is said.
fn acknowledge(args: &Args, loaded: &Loaded, id: &str, said: Acknowledgement) -> Result<Exit> {
    let alert = alerts::find(&loaded.reader()?, id)?;
    let mut store = Store::open(&loaded.configuration.data_dir)?;
    let before = alert.acknowledged.as_ref();
    let was_false = before.is_some_and(|before| before.false_alarm);
    let says_false = said.false_alarm;
    let acknowledgement = Acknowledgement {
        at: said.at,
        false_alarm: says_false || was_false,
        by: said.by.or_else(|| before?.by.clone()),
        comment: said.comment.or_else(|| before?.comment.clone()),
    };
    store.acknowledge(&alert.id, &acknowledgement)?;
    if args.json {
        let acknowledged = AcknowledgedView::from(&acknowledgement);
        output::print_json(&Acknowledged { id: alert.id.as_str(), acknowledged })?;
    } else {
        let tongue = loaded.tongue();
        let by = acknowledgement.by.map(|by| format!(" {} {by}", tongue.of("by", "par")));
        let as_what = match (says_false, was_false) {
            (true, _) => tongue.of(" as a false alarm", " comme fausse alerte"),
            (false, true) => {
                tongue.of("; it stays marked as a false alarm", " ; elle reste marquée comme fausse alerte")
            }
            (false, false) => "",
        };
        let done = tongue.of("acknowledged", "prise en charge");
        output::print(&format!("{} {done}{}{as_what}", alert.id, by.unwrap_or_default()))?;
    }
    Ok(Exit::Done)
}
