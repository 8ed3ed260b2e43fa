//! `notifiers`: the ways to reach people, how they are doing, and whether they work.

use anyhow::Result;
use serde::Serialize;

use super::args::{Args, Notifiers, NotifiersCommand};
use super::setup::{Loaded, load, runtime, unknown};
use super::{Exit, output};
use crate::model::{Line, Notification, Section, Severity, Timestamp, Tongue, Topic};
use crate::notify::{Delivery, Notifier};
use crate::{render, views};

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
    let reader = loaded.reader_if_any()?;
    let view = views::notifiers::notifiers(reader.as_ref(), &loaded.config, args.now())?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::notifiers::text(&view, loaded.zone(), loaded.style(args)))?;
    }
    Ok(Exit::Done)
}

fn test(args: &Args, loaded: &Loaded, id: &str) -> Result<Exit> {
    let notifiers = &loaded.config.notifiers;
    let Some(config) = notifiers.iter().find(|n| n.id.as_str() == id) else {
        return Err(unknown("notifier", id, notifiers.iter().map(|n| n.id.as_str())).into());
    };
    let now = args.now();
    let notification = notification(id, now, loaded.tongue());
    let delivery = runtime()?.block_on(async { Notifier::new(config).deliver(&notification, now).await });
    let why = match delivery {
        Delivery::Delivered => None,
        Delivery::Retry { why, .. } | Delivery::Unavailable { why } | Delivery::Refused { why } => Some(why),
    };
    if args.json {
        output::print_json(&Tested { id, delivered: why.is_none(), why: why.as_deref() })?;
    } else if let Some(why) = &why {
        eprintln!("vigie: {id}: not delivered: {why}");
    } else {
        output::print(loaded.tongue().of(&format!("{id}: delivered"), &format!("{id} : reçu")))?;
    }
    Ok(if why.is_none() { Exit::Done } else { Exit::Failed })
}

/// As an alert would look there.
fn notification(id: &str, now: Timestamp, tongue: Tongue) -> Notification {
    let works = tongue.of("If you read this, it works:", "Si vous lisez ceci, il fonctionne :");
    let line = Line {
        text: tongue.of("A title to be read", "Un titre à lire").to_owned(),
        link: Some("https://example.org/".to_owned()),
        note: Some(tongue.of("an example", "un exemple").to_owned()),
    };
    Notification {
        key: format!("test-{}", now.as_millisecond()),
        topic: Topic::Test,
        alert: None,
        rule: None,
        severity: Severity::Normal,
        at: now,
        title: tongue.of("vigie: a test", "vigie : un essai").to_owned(),
        headline: None,
        body: format!("{works} {}", tongue.quoted(id)),
        sections: vec![Section {
            heading: tongue.of("What to read", "À lire").to_owned(),
            lines: vec![line],
        }],
        act: None,
        parts: Vec::new(),
    }
}
