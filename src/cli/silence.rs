//! `alerts silence`: notices that are not to be told for a while. Rows of their own, short enough to be written beside
//! a running vigie, which heeds them at its next look.

use anyhow::{Context, Result, bail};
use jiff::Span;

use super::args::{Args, Silence as Options, SilenceCommand};
use super::setup::Loaded;
use super::{Exit, UsageError, output};
use crate::model::{BrandId, RuleId, Silence, Timestamp};
use crate::render;
use crate::store::Store;
use crate::views::silences::{self, SilenceView};

pub fn run(args: &Args, loaded: &Loaded, options: &Options) -> Result<Exit> {
    match options.command {
        None => begin(args, loaded, options),
        Some(SilenceCommand::List) => list(args, loaded),
        Some(SilenceCommand::End { number }) => end(args, loaded, number),
    }
}

fn begin(args: &Args, loaded: &Loaded, options: &Options) -> Result<Exit> {
    options.rule.as_deref().map(|id| loaded.rule(id)).transpose()?;
    options.brand.as_deref().map(|id| loaded.brand(id)).transpose()?;
    loaded.require_store()?;
    let given = |text: &Option<String>, option: &str| match text.as_deref().map(str::trim) {
        None | Some("") => Err(UsageError(format!("{option} says nothing"))),
        Some(text) => Ok(text.to_owned()),
    };
    let now = args.now();
    let mut silence = Silence {
        number: 0,
        rule: options.rule.as_deref().map(RuleId::new),
        brand: options.brand.as_deref().map(BrandId::new),
        since: now,
        until: until(options, loaded, now)?,
        by: given(&options.by, "--by")?,
        comment: given(&options.comment, "--comment")?,
    };
    silence.number = Store::open(&loaded.configuration.data_dir)?.add_silence(&silence)?;
    show(args, loaded, &silence, now)
}

fn until(options: &Options, loaded: &Loaded, now: Timestamp) -> Result<Timestamp> {
    let until = match (&options.lasting, &options.until) {
        (Some(text), _) => {
            let problem = || UsageError(format!("`{text}` is no duration: write 90m, 2h, 7d or P1W"));
            let span: Span = text.trim().parse().map_err(|_| problem())?;
            now.to_zoned(loaded.zone().clone()).checked_add(span).map_err(|_| problem())?.timestamp()
        }
        (None, Some(text)) => output::parse_time(text, loaded.zone(), now)?,
        (None, None) => return Err(UsageError("say --for or --until".to_owned()).into()),
    };
    if until <= now {
        let until = render::minute(until, loaded.zone());
        return Err(UsageError(format!("the silence would be over already, at {until}")).into());
    }
    Ok(until)
}

fn list(args: &Args, loaded: &Loaded) -> Result<Exit> {
    let view = silences::list(&loaded.reader()?, args.now())?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::silences::list(&view, loaded.zone(), loaded.style(args)))?;
    }
    Ok(Exit::Done)
}

fn end(args: &Args, loaded: &Loaded, number: i64) -> Result<Exit> {
    loaded.require_store()?;
    let mut store = Store::open(&loaded.configuration.data_dir)?;
    let now = args.now();
    let silence = store.silence(number)?.with_context(|| {
        format!("there is no silence `{number}`; `vigie alerts silence list` shows them all")
    })?;
    if silence.until <= now {
        bail!("silence {number} is over since {}", render::minute(silence.until, loaded.zone()));
    }
    let at = now.max(silence.since);
    store.end_silence(number, at)?;
    show(args, loaded, &Silence { until: at, ..silence }, now)
}

fn show(args: &Args, loaded: &Loaded, silence: &Silence, now: Timestamp) -> Result<Exit> {
    let view = SilenceView::new(silence, now);
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::silences::sentence(&view, loaded.zone(), loaded.style(args)))?;
    }
    Ok(Exit::Done)
}
