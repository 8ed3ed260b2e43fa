//! `notifiers`: the ways to reach people, and whether they work.

use anyhow::Result;
use serde::Serialize;

use super::args::{Args, Notifiers, NotifiersCommand};
use super::setup::{Loaded, load, runtime, unknown};
use super::{Exit, output};
use crate::model::{Channel, Notification, Severity};
use crate::notify::{Delivery, Notifier};
use crate::render::table::{Align, table};

#[derive(Serialize)]
struct NotifierList<'a> {
    notifiers: Vec<NotifierView<'a>>,
}

#[derive(Serialize)]
struct NotifierView<'a> {
    id: &'a str,
    kind: &'static str,
    rules: Vec<&'a str>,
}

#[derive(Serialize)]
struct Tested<'a> {
    id: &'a str,
    delivered: bool,
    /// Why not.
    why: Option<&'a str>,
}

pub fn run(args: &Args, options: &Notifiers) -> Result<Exit> {
    let loaded = load(args)?;
    match options.command.as_ref().unwrap_or(&NotifiersCommand::List) {
        NotifiersCommand::List => list(args, &loaded),
        NotifiersCommand::Test { id } => test(args, &loaded, id),
    }
}

fn list(args: &Args, loaded: &Loaded) -> Result<Exit> {
    let views = loaded.config.notifiers.iter().map(|notifier| NotifierView {
        id: notifier.id.as_str(),
        kind: match notifier.channel {
            Channel::Desktop => "desktop",
            Channel::Command { .. } => "command",
        },
        rules: loaded
            .config
            .rules
            .iter()
            .filter(|rule| rule.notify.contains(&notifier.id))
            .map(|rule| rule.id.as_str())
            .collect(),
    });
    let list = NotifierList { notifiers: views.collect() };
    if args.json {
        output::print_json(&list)?;
    } else {
        let rows: Vec<Vec<String>> = list
            .notifiers
            .iter()
            .map(|n| vec![n.id.to_owned(), n.kind.to_owned(), n.rules.join(", ")])
            .collect();
        let columns = [("notifier", Align::Left), ("kind", Align::Left), ("told by rules", Align::Left)];
        output::print(&table(&columns, &rows, output::style(args)))?;
    }
    Ok(Exit::Done)
}

fn test(args: &Args, loaded: &Loaded, id: &str) -> Result<Exit> {
    let notifiers = &loaded.config.notifiers;
    let Some(config) = notifiers.iter().find(|n| n.id.as_str() == id) else {
        return Err(unknown("notifier", id, notifiers.iter().map(|n| n.id.as_str())).into());
    };
    let notification = Notification {
        key: format!("test-{}", args.now()),
        alert: None,
        severity: Severity::Normal,
        title: "vigie: a test".into(),
        body: format!("If you read this, the notifier `{id}` works."),
    };
    let delivery = runtime()?.block_on(async { Notifier::new(config).deliver(&notification).await });
    let why = match delivery {
        Delivery::Delivered => None,
        Delivery::Retry { why, .. } | Delivery::Unavailable { why } => Some(why),
    };
    if args.json {
        output::print_json(&Tested { id, delivered: why.is_none(), why: why.as_deref() })?;
    } else if let Some(why) = &why {
        eprintln!("vigie: {id}: not delivered: {why}");
    } else {
        output::print(&format!("{id}: delivered"))?;
    }
    Ok(if why.is_none() { Exit::Done } else { Exit::Failed })
}
