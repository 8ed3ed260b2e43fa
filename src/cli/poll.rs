//! `poll`: one round over the sources that are due, then the rules.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use super::args::{Args, Poll};
use super::setup::{Loaded, clock, load, runtime, unknown};
use super::{Exit, output};
use crate::daemon::{Lookout, PollOutcome, PollReport};
use crate::model::{BrandId, MentionId, Role, SourceId};
use crate::render;
use crate::sources::in_a_line;
use crate::views::round::{RoundView, SourceRound, round};

pub fn run(args: &Args, options: &Poll) -> Result<Exit> {
    let loaded = load(args)?;
    let ids = chosen(&loaded, &options.source)?;
    let runtime = runtime()?;
    let outcome = runtime.block_on(async {
        tokio::select! {
            result = one_round(args, options, &loaded, &ids) => result.map(Some),
            _ = tokio::signal::ctrl_c() => Ok(None),
        }
    });
    // A poll that hangs in a blocking call does not hold the exit up.
    runtime.shutdown_timeout(Duration::from_secs(5));
    let Some(view) = outcome? else { return Ok(Exit::Interrupted) };
    if args.json {
        output::print_json(&view)?;
    } else {
        let enabled = loaded.config.sources.iter().filter(|source| source.enabled).count();
        output::print(&render::round::text(&view, enabled, loaded.zone(), loaded.style(args)))?;
    }
    Ok(if view.firing.is_empty() { Exit::Done } else { Exit::Firing })
}

fn chosen(loaded: &Loaded, names: &[String]) -> Result<Vec<SourceId>> {
    let sources = &loaded.config.sources;
    for name in names {
        if !sources.iter().any(|s| s.id.as_str() == name) {
            return Err(unknown("source", name, sources.iter().map(|s| s.id.as_str())).into());
        }
    }
    Ok(names.iter().map(|name| SourceId::new(name.as_str())).collect())
}

async fn one_round(args: &Args, options: &Poll, loaded: &Loaded, ids: &[SourceId]) -> Result<RoundView> {
    let (config, folder) = (&loaded.config, &loaded.configuration.data_dir);
    let mut lookout = Lookout::open(config.clone(), folder, clock(args), loaded.tongue()).await?;
    let sources =
        if options.all || !ids.is_empty() { lookout.chosen(ids).await? } else { lookout.due().await? };
    let bar = progress(args, sources.len() as u64);
    let reports: Vec<PollReport> = lookout
        .round(sources, |report| {
            bar.set_message(report.source.to_string());
            bar.inc(1);
        })
        .await?;
    bar.finish_and_clear();
    for delivered in lookout.evaluate().await? {
        eprintln!("vigie: {delivered}");
    }
    lookout.expire().await?;
    lookout.close().await?;
    view(loaded, &reports, args.now())
}

/// The round as people and programs read it.
pub fn view(loaded: &Loaded, reports: &[PollReport], now: Timestamp) -> Result<RoundView> {
    let config = &loaded.config;
    let brands: BTreeMap<_, _> = config
        .brands
        .iter()
        .filter(|b| b.role != Role::Partner)
        .map(|b| (b.id.clone(), b.name.clone()))
        .collect();
    let new: Vec<(MentionId, BrandId)> = reports
        .iter()
        .filter_map(|report| match &report.outcome {
            PollOutcome::Read { ingested, .. } => Some(ingested.new_mentions.clone()),
            PollOutcome::Unchanged | PollOutcome::Failed { .. } => None,
        })
        .flatten()
        .collect();
    let mut sources: Vec<SourceRound> = reports.iter().map(source_round).collect();
    let places: HashMap<&str, usize> =
        config.sources.iter().enumerate().map(|(place, source)| (source.id.as_str(), place)).collect();
    sources.sort_by_key(|round| places.get(round.source.as_str()).copied());
    let reader = loaded.reader()?;
    let mut remarks = reader.remarks()?;
    for heard in sources.iter_mut().filter(|round| round.outcome != "failed") {
        if let Some(remark) = remarks.remove(&SourceId::new(heard.source.as_str())) {
            // It holds what was repaired as well.
            heard.note = Some(remark.note);
            heard.silent = remark.silent;
        }
    }
    round(&reader, sources, &new, &brands, &config.rules, now)
}

fn source_round(report: &PollReport) -> SourceRound {
    let source = report.source.as_str();
    match &report.outcome {
        PollOutcome::Read { ingested, problems } => SourceRound::read(source, ingested, in_a_line(problems)),
        PollOutcome::Unchanged => SourceRound::without_document(source, "unchanged", None),
        PollOutcome::Failed { state, why } => {
            SourceRound::without_document(source, "failed", Some(format!("{}: {why}", state.as_str())))
        }
    }
}

/// On a terminal only: elsewhere stderr stays free of it.
fn progress(args: &Args, sources: u64) -> ProgressBar {
    if args.quiet || args.json {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} sources  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(sources).with_style(style)
}
