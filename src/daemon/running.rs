//! The loop of `run`: polls what is due, tells what there is to tell, re-reads its configuration, and ends
//! cleanly. Between that it sleeps: [`Agenda`] knows until when.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::agenda::Agenda;
use super::configuration::Configuration;
use super::polling::Ended;
use super::{Clock, Event, Lookout, PollOutcome, PollReport};
use crate::alerting::Delivered;
use crate::config::{self, Config};
use crate::ingest::inbox;
use crate::model::{SourceId, Tongue};

/// What is being told when the loop is stopped may still be told for so long; the rest waits for the next start.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Runs until SIGINT or SIGTERM. `told` is called for all that is told to people.
pub async fn run(
    config: Config,
    mut configuration: Configuration,
    clock: Clock,
    tongue_of: fn(&Config) -> Tongue,
    mut told: impl FnMut(&Delivered),
) -> Result<()> {
    let tongue = tongue_of(&config);
    let mut lookout = Lookout::open(config, &configuration.data_dir, clock, tongue).await?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut streams = lookout.streams().await?;
    let mut agenda = Agenda::new(Instant::now(), clock.now());
    let mut polls: JoinSet<Result<Ended>> = JoinSet::new();
    let mut under_way: HashSet<SourceId> = HashSet::new();
    // At most one of each; the loop goes on meanwhile.
    let mut telling: JoinSet<Result<Vec<Delivered>>> = JoinSet::new();
    let mut expiring: JoinSet<Result<()>> = JoinSet::new();
    let mut judged = false;
    let mut stored = lookout.rev().await?;
    loop {
        let event = tokio::select! {
            biased;
            _ = interrupt.recv() => Event::Stop,
            _ = terminate.recv() => Event::Stop,
            _ = hang_up.recv() => Event::Reload,
            () = sleep_until(agenda.next(Instant::now(), clock.now())) => {
                let look = agenda.files(Instant::now());
                match () {
                    () if look && configuration.changed() => Event::Reload,
                    () if look && !inbox::waiting(&configuration.data_dir).is_empty() => Event::Parked,
                    () => Event::Tick,
                }
            }
            Some(ended) = polls.join_next() => Event::Polled(Box::new(lookout.end(ended??))),
            report = streams.next() => Event::Polled(Box::new(report?)),
            Some(told) = telling.join_next() => Event::Told(told??),
            Some(expired) = expiring.join_next() => {
                if let Err(error) = expired? {
                    tracing::error!("what is too old cannot be deleted: {error:#}");
                }
                continue;
            }
        };
        match event {
            Event::Stop => break,
            Event::Polled(report) => {
                under_way.remove(&report.source);
                agenda.polled(Instant::now());
                if log(&report) {
                    agenda.heard(Instant::now());
                }
            }
            Event::Told(news) => news.iter().for_each(&mut told),
            Event::Reload => {
                if let Some(config) = reload(&mut configuration) {
                    let tongue = tongue_of(&config);
                    // It may delete what is to be kept from now on.
                    expiring.shutdown().await;
                    // What they hold was heard for the old brands.
                    streams.stop().await?;
                    lookout.reconfigure(config, tongue).await?;
                    streams = lookout.streams().await?;
                    agenda.heard(Instant::now());
                    agenda.plan(Some(clock.now()));
                }
            }
            Event::Parked => {
                if lookout.take_in_parked().await? {
                    agenda.heard(Instant::now());
                }
            }
            Event::Tick => {
                // A command beside us may have tagged a mention.
                let now_stored = lookout.rev().await?;
                if std::mem::replace(&mut stored, now_stored) != now_stored {
                    agenda.changed(Instant::now());
                }
                let chores = agenda.take(Instant::now(), clock.now());
                if chores.judge {
                    lookout.judge().await?;
                    judged = true;
                }
                if chores.poll {
                    // Before asking what is due: a source that is not recorded still is.
                    lookout.record_quiet().await?;
                    for (source, health) in lookout.due().await? {
                        if !source.is_stream() && under_way.insert(source.id.clone()) {
                            lookout.begin(&mut polls, source, health);
                        }
                    }
                    agenda.plan(lookout.next_due().await?);
                }
                if chores.index {
                    lookout.keep_up().await?;
                }
                if chores.expire && expiring.is_empty() {
                    expiring.spawn(lookout.expire());
                }
                if chores.rest {
                    lookout.rest().await?;
                }
            }
        }
        if judged && telling.is_empty() {
            judged = false;
            telling.spawn(lookout.tell());
        }
    }
    tracing::info!("stopping: what is in hand is finished first");
    // A fetch under way is dropped; a document already handed to the writer is stored.
    polls.shutdown().await;
    streams.stop().await?;
    if let Ok(Some(news)) = timeout(LAST_WORDS, telling.join_next()).await {
        news??.iter().for_each(&mut told);
    }
    telling.shutdown().await;
    // The part in hand is deleted; the next start goes on.
    expiring.shutdown().await;
    lookout.close().await
}

/// Reads the configuration again. A broken one leaves the old one at work, loudly.
fn reload(configuration: &mut Configuration) -> Option<Config> {
    let mut read = configuration.reread();
    if !read.checked.problems.is_empty() {
        eprint!("{}", config::show(&read.checked.problems, &read.files, false));
    }
    let moved = read.data_dir != configuration.data_dir;
    read.data_dir.clone_from(&configuration.data_dir);
    *configuration = read;
    let path = configuration.path.display();
    let config = configuration.checked.config.take();
    if config.is_none() {
        tracing::error!("{path} has errors; the old configuration stays at work");
    } else if moved {
        tracing::error!(
            "{path} names another data_dir, which takes a restart; the old configuration stays at work"
        );
        return None;
    } else {
        tracing::warn!("{path} was read again and is at work");
    }
    config
}

/// One line per poll that says something. Whether anything new was heard.
fn log(report: &PollReport) -> bool {
    let source = &report.source;
    match &report.outcome {
        PollOutcome::Unchanged => {
            tracing::debug!("polled `{source}`: nothing new");
            false
        }
        PollOutcome::Failed { why, .. } => {
            tracing::warn!("`{source}`: {why}");
            false
        }
        PollOutcome::Read { ingested, problems } => {
            for problem in problems {
                tracing::info!("`{source}`: {}", problem.message);
            }
            let (new, revised) = (ingested.new_mentions.len(), ingested.revised);
            tracing::info!("polled `{source}`: {new} new mentions, {revised} revised entries");
            new > 0 || revised > 0
        }
    }
}
