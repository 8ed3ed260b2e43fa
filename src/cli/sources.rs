//! `sources`: what is listened to, and how it is doing.

use anyhow::Result;

use super::args::{Args, Sources, SourcesCommand};
use super::setup::{Loaded, environment_tongue, load, runtime, unknown};
use super::{Exit, UsageError, discover, output};
use crate::daemon::{TRIAL, listen_in, listening, try_out};
use crate::fetch::{Client, Cut, Document, HostGate, Options};
use crate::model::{Preset, PresetName, Rhythm, Source, SourceId, SourceKind, Timestamp};
use crate::prepare::{Batch, prepare};
use crate::render;
use crate::sources::Limits;
use crate::text::url;
use crate::views;
use crate::views::health::{HealthView, SourceTest, TestAnswer, health, not_polled};
use crate::views::presets::attention;

pub fn run(args: &Args, options: &Sources) -> Result<Exit> {
    match options.command.as_ref().unwrap_or(&SourcesCommand::List) {
        SourcesCommand::List => {
            let loaded = load(args)?;
            let view = view(&loaded)?;
            show(args, &view, || render::health::list(&view, loaded.style(args)))
        }
        SourcesCommand::Health => {
            let loaded = load(args)?;
            let view = view(&loaded)?;
            show(args, &view, || render::health::health(&view, loaded.zone(), loaded.style(args)))
        }
        SourcesCommand::Presets { kind } => presets(args, kind.as_deref()),
        SourcesCommand::Attention { days } => {
            let loaded = load(args)?;
            let view = attention(&loaded.reader()?, &loaded.config.sources, *days, args.now())?;
            show(args, &view, || render::presets::attention(&view, loaded.style(args)))
        }
        SourcesCommand::Test { id, allow_private } => test(args, &load(args)?, id, *allow_private),
        SourcesCommand::Discover(options) => discover::discover(args, options),
        SourcesCommand::Add(options) => discover::add(args, options),
    }
}

/// Needs no configuration: one reads it before one writes one.
fn presets(args: &Args, kind: Option<&str>) -> Result<Exit> {
    let Some(kind) = kind else {
        let view = views::presets::presets();
        return show(args, &view, || render::presets::list(&view, output::style(args, environment_tongue())));
    };
    let Some(name) = PresetName::ALL.into_iter().find(|name| name.as_str() == kind) else {
        let known = PresetName::ALL.map(PresetName::as_str).join(", ");
        return Err(UsageError(format!("there is no kind `{kind}`; there are: {known}")).into());
    };
    let view = views::presets::preset(name);
    show(args, &view, || render::presets::one(&view, output::style(args, environment_tongue())))
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
fn test(args: &Args, loaded: &Loaded, id: &str, allow_private: bool) -> Result<Exit> {
    let configured = &loaded.config.sources;
    let source = match configured.iter().find(|s| s.id.as_str() == id) {
        Some(source) => source,
        None if url::canonical(id).is_some() => &Source {
            id: SourceId::new(url::host(id).unwrap_or_default()),
            kind: SourceKind::Feed { url: id.to_owned() },
            every: None,
            tags: Vec::new(),
            allow_private,
            enabled: true,
        },
        None => return Err(unknown("source", id, configured.iter().map(|s| s.id.as_str())).into()),
    };
    let url = match &source.kind {
        SourceKind::Feed { url } => url,
        SourceKind::Preset(preset) => return test_preset(args, loaded, source, preset),
        SourceKind::Stream(preset) => return test_stream(args, loaded, source, preset),
    };
    let contact = loaded.config.settings.contact.clone();
    let client = Client::new(&Options { contact, ..Options::default() })?;
    let document = runtime()?.block_on(client.document(url, source.allow_private, args.now()))?;
    let mut batch = prepare(source, document.readable(), &listening(&loaded.config)?, &Limits::default());
    batch.problems.extend(document.cut.as_ref().map(Cut::problem));
    let mut view = SourceTest::new(source, &document.final_url, document.bytes.len(), &batch);
    view.answer = Some(answer(&document, &batch, args.now()));
    show(args, &view, || render::health::test(&view, loaded.zone(), loaded.style(args)))?;
    Ok(if view.is_feed { Exit::Done } else { Exit::Failed })
}

fn answer(document: &Document, batch: &Batch, now: Timestamp) -> TestAnswer {
    let rhythm = Rhythm::of(&batch.dates, now);
    let wishes = [document.min_interval.map(|wish| wish.as_secs()), batch.wished_interval_s];
    TestAnswer {
        content_type: document.content_type.clone(),
        etag: document.etag.is_some(),
        last_modified: document.last_modified.is_some(),
        moved_to: document.permanent_url.clone(),
        wished_interval_s: wishes.into_iter().flatten().max(),
        newest_entry: rhythm.map(|rhythm| rhythm.newest),
        usual_pause_s: rhythm.and_then(|rhythm| rhythm.pause_s),
    }
}

fn test_preset(args: &Args, loaded: &Loaded, source: &Source, preset: &Preset) -> Result<Exit> {
    let settings = &loaded.config.settings;
    let client = Client::new(&Options { contact: settings.contact.clone(), ..Options::default() })?;
    let gate = HostGate::new(1, settings.host_pause);
    let listening = listening(&loaded.config)?;
    let tried = try_out(&client, &gate, &listening, (source, preset), args.now());
    let tried = runtime()?.block_on(tried)?;
    let answers: Vec<_> =
        tried.iter().map(|tried| (tried.key.as_str(), tried.url.as_str(), &tried.outcome)).collect();
    let view = SourceTest::of_preset(source, &answers);
    show(args, &view, || render::health::test(&view, loaded.zone(), loaded.style(args)))?;
    Ok(if view.is_feed { Exit::Done } else { Exit::Failed })
}

fn test_stream(args: &Args, loaded: &Loaded, source: &Source, preset: &Preset) -> Result<Exit> {
    if !args.quiet {
        eprintln!("vigie: listening for {} s", TRIAL.as_secs());
    }
    let contact = loaded.config.settings.contact.clone();
    let client = Client::new(&Options { contact, ..Options::default() })?;
    let listening = listening(&loaded.config)?;
    let heard = listen_in(&client, &listening, (source, preset), args.now());
    let heard = runtime()?.block_on(heard)?;
    let view = SourceTest::new(source, &heard.host, heard.bytes, &heard.batch);
    show(args, &view, || render::health::test(&view, loaded.zone(), loaded.style(args)))?;
    Ok(Exit::Done)
}
