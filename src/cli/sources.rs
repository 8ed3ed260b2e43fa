//! `sources`: what is listened to, and how it is doing.

use anyhow::Result;

use super::args::{Args, Sources, SourcesCommand};
use super::setup::{Loaded, load, runtime, unknown};
use super::{Exit, output};
use crate::daemon::listening;
use crate::fetch::{Client, Cut, Fetched, Options, Request};
use crate::model::Source;
use crate::prepare::prepare;
use crate::render;
use crate::sources::{Document, Limits};
use crate::views::health::{HealthView, SourceTest, health, not_polled};

pub fn run(args: &Args, options: &Sources) -> Result<Exit> {
    let loaded = load(args)?;
    match options.command.as_ref().unwrap_or(&SourcesCommand::List) {
        SourcesCommand::List => {
            let view = view(&loaded)?;
            show(args, &view, || render::health::list(&view, output::style(args)))
        }
        SourcesCommand::Health => {
            let view = view(&loaded)?;
            show(args, &view, || render::health::health(&view, loaded.zone(), output::style(args)))
        }
        SourcesCommand::Test { id } => test(args, &loaded, id),
    }
}

fn view(loaded: &Loaded) -> Result<HealthView> {
    let sources = &loaded.config.sources;
    match loaded.reader_if_any()? {
        Some(reader) => health(&reader, sources),
        None => Ok(not_polled(sources)),
    }
}

fn show(args: &Args, view: &impl serde::Serialize, text: impl FnOnce() -> String) -> Result<Exit> {
    if args.json {
        output::print_json(view)?
    } else {
        output::print(&text())?
    }
    Ok(Exit::Done)
}

/// Fetches one source now and shows what it holds and whom it names; stores nothing.
fn test(args: &Args, loaded: &Loaded, id: &str) -> Result<Exit> {
    let sources = &loaded.config.sources;
    let Some(source) = sources.iter().find(|s| s.id.as_str() == id) else {
        return Err(unknown("source", id, sources.iter().map(|s| s.id.as_str())).into());
    };
    let document = runtime()?.block_on(fetch(args, loaded, source))?;
    let mut batch = prepare(
        source,
        Document {
            bytes: &document.bytes,
            content_type: document.content_type.as_deref(),
            base_url: Some(&document.final_url),
        },
        &listening(&loaded.config),
        &Limits::default(),
    );
    batch.problems.extend(document.cut.as_ref().map(Cut::problem));
    let view = SourceTest::new(source, &document.final_url, document.bytes.len(), &batch);
    show(args, &view, || render::health::test(&view, loaded.zone(), output::style(args)))?;
    Ok(if view.is_feed { Exit::Done } else { Exit::Failed })
}

async fn fetch(args: &Args, loaded: &Loaded, source: &Source) -> Result<crate::fetch::Document> {
    let contact = loaded.config.settings.contact.clone();
    let client = Client::new(&Options { contact, ..Options::default() })?;
    let request =
        Request { url: source.url().to_owned(), allow_private: source.allow_private, ..Request::default() };
    match client.fetch(&request, args.now()).await? {
        Fetched::Document(document) => Ok(document),
        Fetched::NotModified { .. } => anyhow::bail!("the server sent 304 to an unconditional request"),
    }
}
