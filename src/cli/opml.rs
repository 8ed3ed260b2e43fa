//! `opml`: sources from and for other readers. Folders are tags.

use anyhow::{Context, Result};

use super::args::{Args, Opml, OpmlCommand};
use super::discover::{added, known, show, taken_ids, write};
use super::setup::load;
use super::{Exit, output};
use crate::config::addition::{Addition, free_id};
use crate::model::SourceKind;
use crate::sources::ProblemKind;
use crate::sources::opml::{self, Outline};
use crate::views::discovery::AdditionView;

pub fn run(args: &Args, options: &Opml) -> Result<Exit> {
    match &options.command {
        OpmlCommand::Import { file } => {
            let bytes = match file.as_os_str() == "-" {
                true => {
                    let mut bytes = Vec::new();
                    std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)?;
                    bytes
                }
                false => {
                    std::fs::read(file).with_context(|| format!("{} could not be read", file.display()))?
                }
            };
            import(args, &bytes)
        }
        OpmlCommand::Export => export(args),
    }
}

/// Writes the feeds of a list into feeds.toml, those that are new there.
fn import(args: &Args, bytes: &[u8]) -> Result<Exit> {
    let loaded = load(args)?;
    let list = opml::read(bytes);
    if let Some(problem) = list.problems.iter().find(|problem| problem.kind == ProblemKind::NotAFeed) {
        anyhow::bail!("{}", problem.message);
    }
    let mut taken = taken_ids(&loaded);
    let mut additions = Vec::new();
    let mut view = AdditionView::default();
    for outline in list.outlines {
        if let Some(known) = known(&loaded, &outline.url) {
            view.known.push(known);
            continue;
        }
        let id = free_id(outline.title.as_deref(), &outline.url, &mut taken);
        let Outline { title, url, tags, .. } = outline;
        let addition = Addition { id, title, url, tags, allow_private: false };
        view.added.push(added(&addition));
        additions.push(addition);
    }
    view.rejected = list.problems.into_iter().map(|problem| problem.message).collect();
    for message in &view.rejected {
        eprintln!("vigie: {message}");
    }
    write(&loaded, &additions)?;
    show(args, &loaded, &view)
}

/// Prints the configured feeds as a list.
fn export(args: &Args) -> Result<Exit> {
    let loaded = load(args)?;
    let mut outlines = Vec::new();
    let mut left_out = Vec::new();
    for source in &loaded.config.sources {
        match &source.kind {
            SourceKind::Feed { url } => outlines.push(Outline {
                title: Some(source.id.to_string()),
                url: url.clone(),
                page: None,
                tags: source.tags.clone(),
            }),
            _ => left_out.push(source.id.as_str()),
        }
    }
    if !left_out.is_empty() {
        eprintln!("vigie: left out, for want of one address of a feed: {}", left_out.join(", "));
    }
    output::print(&opml::write("vigie", &outlines))?;
    Ok(Exit::Done)
}
