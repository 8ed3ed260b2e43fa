//! A stream heard for a bounded time: a round of `poll`, and a trial.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, timeout_at};

use super::message::{Message, Tally, read};
use super::{CALM, Connection, End, Failure, Listener, Told, Until, failure, instant, micros};
use crate::daemon::PollOutcome;
use crate::daemon::polling::{Ended, Shared};
use crate::enrich::repeated::Repeated;
use crate::fetch::{Client, FetchError};
use crate::model::{Health, Preset, Skip, Source, Timestamp};
use crate::prepare::{Batch, Listening};
use crate::sources::presets::jetstream;
use crate::sources::{Problem, ProblemKind};
use crate::store::Ingested;

/// A round of `poll` reads a stream for so long at most.
const ROUND: Duration = Duration::from_secs(20);
/// A trial listens for so long.
pub const TRIAL: Duration = Duration::from_secs(5);

/// Reads on where a stream was left until all that has been said is heard, or the time of a round is up. A
/// stream that was never heard begins now.
pub(in crate::daemon) async fn catch_up(
    shared: Shared,
    source: Arc<Source>,
    health: Health,
) -> Result<Ended> {
    let mut listener = Listener::new(shared, source, &health, Told::Round(Ingested::default())).await?;
    let now = micros(listener.shared.clock.now());
    let mut until = Until::CaughtUp { with: now, by: Instant::now() + ROUND };
    let mut problems = Vec::new();
    if listener.cursor.is_none() {
        let message = "heard from now on; the next poll reads on from here".to_owned();
        problems.push(Problem { kind: ProblemKind::Limit, message });
    }
    let mut unreachable = 0;
    // Twice more than there are hosts: what cannot be read is left behind the second time.
    let mut attempts = listener.hosts.len() + 2;
    let failure = loop {
        attempts -= 1;
        let failure = match listener.open().await {
            Err(error) => {
                unreachable += 1;
                failure(&error)
            }
            Ok(mut stream) => {
                listener.connected().await?;
                let end = match until.is_reached(listener.cursor) {
                    true => End::CaughtUp,
                    false => listener.hear(&mut stream, &mut until).await?,
                };
                problems.extend(listener.tally.problems());
                listener.store(Connection::Ended).await?;
                let End::Broken(broken) = end else {
                    stream.close().await;
                    problems.extend(listener.behind());
                    let ingested = match &mut listener.told {
                        Told::Round(sum) => std::mem::take(sum),
                        Told::Loop(_) => Ingested::default(),
                    };
                    let report = listener.report(PollOutcome::Read { ingested, problems });
                    return Ok(Ended { report, quiet: None });
                };
                listener.note_unreadable(&broken);
                Failure::from(broken)
            }
        };
        if attempts == 0 || unreachable == listener.hosts.len() {
            break failure;
        }
    };
    let quiet = Some(listener.failed_poll(&failure));
    let report = listener.report(PollOutcome::Failed { state: failure.state, why: failure.why });
    Ok(Ended { report, quiet })
}

impl Listener {
    /// How far a round came that ended before all was heard, if that is worth a word.
    fn behind(&self) -> Option<Problem> {
        let now = micros(self.shared.clock.now());
        let cursor = self.cursor.filter(|cursor| cursor + 2 * CALM.as_secs() * 1_000_000 < now)?;
        let message = format!("read up to {}; the rest comes with the next poll", instant(cursor));
        Some(Problem { kind: ProblemKind::Limit, message })
    }
}

/// What a stream tells in a few seconds, from now on; nothing is stored.
///
/// # Errors
/// If no host gives the stream.
pub async fn listen_in(
    client: &Client,
    listening: &Listening,
    (source, preset): (&Source, &Preset),
    now: Timestamp,
) -> Result<Heard, FetchError> {
    let mut hosts = jetstream::hosts(preset).into_iter().peekable();
    let (host, mut stream) = loop {
        let host = hosts.next().unwrap_or_default();
        match client.open(&jetstream::address(&host, None), source.allow_private, now).await {
            Ok(stream) => break (host, stream),
            Err(error) if hosts.peek().is_none() => return Err(error),
            Err(_) => {}
        }
    };
    let (mut tally, mut entries, mut bytes) = (Tally::new(), Vec::new(), 0);
    let by = Instant::now() + TRIAL;
    let mut problems = Vec::new();
    while let Ok(heard) = timeout_at(by, stream.next()).await {
        let text = match heard {
            Ok(text) => text,
            Err(broken) => {
                problems.push(Problem { kind: ProblemKind::Lost, message: broken.to_string() });
                break;
            }
        };
        bytes += text.len();
        tally.messages += 1;
        match read(&text, source, listening) {
            Ok(Message { is_post, kept, .. }) => {
                tally.posts += usize::from(is_post);
                entries.extend(kept);
            }
            Err(why) => tally.odd(why),
        }
    }
    problems.extend(tally.problems());
    let batch = Batch {
        source: source.id.clone(),
        read: tally.posts,
        reach: None,
        dates: Vec::new(),
        entries,
        repeated: Repeated::default(),
        problems,
        wished_interval_s: None,
        skip: Skip::default(),
    };
    Ok(Heard { host, bytes, batch })
}

/// What a trial heard.
#[derive(Debug)]
pub struct Heard {
    pub host: String,
    pub bytes: usize,
    pub batch: Batch,
}
