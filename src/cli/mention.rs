//! `mention`: one mention, and what people do with it.

use anyhow::Result;

use super::args::{Args, By, MentionArgs, MentionCommand};
use super::setup::{Loaded, load};
use super::{Exit, UsageError, output};
use crate::model::{Deed, Handling, Mention, MentionStatus};
use crate::render;
use crate::store::{Reader, Store};
use crate::views::search::handled;

pub fn run(args: &Args, options: &MentionArgs) -> Result<Exit> {
    let loaded = load(args)?;
    match &options.command {
        MentionCommand::Show { id } => {
            let reader = loaded.reader()?;
            show(args, &loaded, &reader, &find(&reader, id)?)
        }
        MentionCommand::Tag { id, tag, remove, by } => {
            let tags = tag.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()).map(str::to_owned);
            let deeds = tags.map(|tag| if *remove { Deed::Untagged(tag) } else { Deed::Tagged(tag) });
            handle(args, &loaded, id, deeds.collect(), by)
        }
        MentionCommand::Note { id, text, by } => {
            let text = text.join(" ");
            let deeds = (!text.trim().is_empty()).then(|| Deed::Noted(text.trim().to_owned()));
            handle(args, &loaded, id, deeds.into_iter().collect(), by)
        }
        MentionCommand::Status { id, status, by } => {
            let status = MentionStatus::read(status).ok_or_else(|| {
                let all: Vec<&str> = MentionStatus::ALL.iter().map(|status| status.as_str()).collect();
                UsageError(format!("`{status}` is no status; there are {}", all.join(", ")))
            })?;
            handle(args, &loaded, id, vec![Deed::Moved(status)], by)
        }
    }
}

/// Rows of their own, short enough to be written beside a running vigie, which takes them into the index.
fn handle(args: &Args, loaded: &Loaded, id: &str, deeds: Vec<Deed>, by: &By) -> Result<Exit> {
    if deeds.is_empty() {
        return Err(UsageError("there is nothing in it".to_owned()).into());
    }
    let mention = find(&loaded.reader()?, id)?;
    let who = by.by.clone().or_else(user);
    let mut store = Store::open(&loaded.configuration.data_dir)?;
    for deed in deeds {
        store.handle(&mention.id, &Handling { at: args.now(), who: who.clone(), deed })?;
    }
    show(args, loaded, &store, &find(&store, mention.id.as_str())?)
}

fn show(args: &Args, loaded: &Loaded, reader: &Reader, mention: &Mention) -> Result<Exit> {
    let tags = loaded.config.source_tags();
    let view = handled(reader, mention, tags.get(mention.source.as_str()).map_or(&[], Vec::as_slice))?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::search::handled(&view, loaded.zone(), loaded.style(args)))?;
    }
    Ok(Exit::Done)
}

fn find(reader: &Reader, id: &str) -> Result<Mention> {
    let mut found = reader.mentions_beginning(id.trim())?;
    match (found.pop(), found.is_empty()) {
        (Some(mention), true) => Ok(mention),
        (Some(_), false) => {
            Err(UsageError(format!("several mentions begin with `{id}`; write more of it")).into())
        }
        (None, _) => Err(UsageError(format!(
            "there is no mention `{id}`; `search` shows their ids, and the beginning of one is enough"
        ))
        .into()),
    }
}

/// As the system calls whoever is at work.
fn user() -> Option<String> {
    ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}
