//! One poll of one source: fetch, prepare off the async threads, store on the writer thread.
//!
//! A document is stored at once. A poll that brought none only leaves a note, which [`super::Lookout`] records
//! together with others: a transaction for each would be most of the work of an unchanged source.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinError;

use super::{Clock, Writer, preset};
use crate::fetch::{self, Client, Document, FetchError, Fetched, HostGate, Pace, Request, next_poll};
use crate::model::{Health, HealthState, Source, SourceId, SourceKind, Validators};
use crate::prepare::{Batch, Listening, prepare};
use crate::sources::{self, Limits, Problem, ProblemKind};
use crate::store::{Ingested, Origin, Outcome, Polled, QuietPoll};

/// What every poll shares; cheap to clone.
#[derive(Clone)]
pub(super) struct Shared {
    pub client: Arc<Client>,
    pub gate: Arc<HostGate>,
    pub listening: Arc<Listening>,
    /// [`crate::config::Config::listening_hash`] of it.
    pub listening_hash: Arc<str>,
    pub writer: Writer,
    pub clock: Clock,
}

/// What became of one poll.
#[derive(Clone, Debug)]
pub struct PollReport {
    pub source: SourceId,
    pub outcome: PollOutcome,
}

#[derive(Clone, Debug)]
pub enum PollOutcome {
    Read {
        ingested: Ingested,
        problems: Vec<Problem>,
    },
    /// The server said so, or its document is the same byte for byte.
    Unchanged,
    Failed {
        state: HealthState,
        why: String,
    },
}

/// A poll that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub report: PollReport,
    /// What is still to be recorded; `None` if a document was stored.
    pub quiet: Option<QuietPoll>,
}

/// Polls `source` once and stores the document it brought. Failures of the outside world are in the report
/// and become the source's health.
///
/// # Errors
/// If the store fails.
pub(super) async fn poll(shared: Shared, source: Source, health: Health) -> Result<Ended> {
    let url = match &source.kind {
        SourceKind::Feed { url } => url.clone(),
        SourceKind::Preset(preset) => return preset::poll(shared, &source, preset, &health).await,
        SourceKind::Stream(_) => anyhow::bail!("`{}` is a stream, which is not polled", source.id),
    };
    let pass = shared.gate.enter(&url).await;
    let request = Request { url, validators: health.validators.clone(), allow_private: source.allow_private };
    let fetched = shared.client.fetch(&request, shared.clock.now()).await;
    drop(pass);
    match fetched {
        Ok(Fetched::NotModified { etag, last_modified, min_interval, .. }) => {
            let kept = &health.validators;
            let validators = Validators {
                etag: etag.or_else(|| kept.etag.clone()),
                last_modified: last_modified.or_else(|| kept.last_modified.clone()),
                body_hash: kept.body_hash,
            };
            let schedule = Schedule { min_interval, ..Schedule::default() };
            Ok(unchanged(&shared, &source, &health, validators, schedule))
        }
        Ok(Fetched::Document(document)) => read(&shared, &source, &health, document).await,
        Err(error) => Ok(failed(&shared, &source, &health, &error)),
    }
}

/// What the publisher and the server wish.
#[derive(Clone, Copy, Debug, Default)]
struct Schedule {
    wished_interval: Option<Duration>,
    min_interval: Option<Duration>,
}

async fn read(shared: &Shared, source: &Source, health: &Health, document: Document) -> Result<Ended> {
    let validators = Validators {
        etag: document.etag.clone(),
        last_modified: document.last_modified.clone(),
        body_hash: Some(*blake3::hash(&document.bytes).as_bytes()),
    };
    let schedule = Schedule { min_interval: document.min_interval, ..Schedule::default() };
    if validators.body_hash == health.validators.body_hash {
        return Ok(unchanged(shared, source, health, validators, schedule));
    }
    let batch = prepare_aside(shared, source, document).await;
    store(shared, source, health, batch, (validators, schedule)).await
}

/// Stores a document that was prepared, or tells why there is none.
async fn store(
    shared: &Shared,
    source: &Source,
    health: &Health,
    batch: Result<Batch, JoinError>,
    (validators, schedule): (Validators, Schedule),
) -> Result<Ended> {
    let batch = match batch {
        Ok(batch) => batch,
        Err(error) if error.is_panic() => {
            // One document must not end the program, and again after each restart.
            let why = "the document could not be read: a fault of vigie".to_owned();
            let failure = Failure { state: HealthState::Broken, outcome: fetch::Outcome::Failed, why };
            return Ok(failure_of(shared, source, health, failure));
        }
        Err(stopped) => return Err(stopped.into()),
    };
    if let Some(problem) = batch.problems.iter().find(|p| p.kind == ProblemKind::NotAFeed) {
        let failure = Failure {
            state: HealthState::Broken,
            outcome: fetch::Outcome::Failed,
            why: problem.message.clone(),
        };
        return Ok(failure_of(shared, source, health, failure));
    }
    let problems = batch.problems.clone();
    let schedule = Schedule { wished_interval: batch.wished_interval_s.map(Duration::from_secs), ..schedule };
    let outcome =
        Outcome { note: sources::in_a_line(&problems), ..good(shared, source, health, validators, schedule) };
    let polled = Polled { at: shared.clock.now(), origin: Origin::Poll(outcome) };
    let ingested = shared.writer.call(move |engines| engines.store.ingest(&batch, &polled)).await?;
    let report = PollReport { source: source.id.clone(), outcome: PollOutcome::Read { ingested, problems } };
    Ok(Ended { report, quiet: None })
}

/// Parsing and matching take CPU, so they run on the blocking pool, many documents at once.
async fn prepare_aside(shared: &Shared, source: &Source, document: Document) -> Result<Batch, JoinError> {
    let (source, listening) = (source.clone(), shared.listening.clone());
    tokio::task::spawn_blocking(move || {
        let document = sources::Document {
            bytes: &document.bytes,
            content_type: document.content_type.as_deref(),
            base_url: Some(&document.final_url),
        };
        prepare(&source, document, &listening, &Limits::default())
    })
    .await
}

fn unchanged(
    shared: &Shared,
    source: &Source,
    health: &Health,
    validators: Validators,
    schedule: Schedule,
) -> Ended {
    let outcome = good(shared, source, health, validators, schedule);
    quiet(shared, source, outcome, PollOutcome::Unchanged)
}

fn good(
    shared: &Shared,
    source: &Source,
    health: &Health,
    validators: Validators,
    schedule: Schedule,
) -> Outcome {
    let at = shared.clock.now();
    let pace = Pace {
        source: &source.id,
        every: source.every,
        wished_interval: schedule.wished_interval,
        min_interval: schedule.min_interval,
        failures: 0,
        has_validators: validators.etag.is_some() || validators.last_modified.is_some(),
    };
    Outcome {
        state: HealthState::Ok,
        validators,
        // An unchanged document has the problems it had.
        note: health.note.clone().filter(|_| health.state == HealthState::Ok),
        next_poll: Some(next_poll(at, fetch::Outcome::Good, &pace)),
        listening: shared.listening_hash.to_string(),
    }
}

struct Failure {
    state: HealthState,
    outcome: fetch::Outcome,
    why: String,
}

fn failed(shared: &Shared, source: &Source, health: &Health, error: &FetchError) -> Ended {
    let (state, outcome) = match error {
        FetchError::RateLimited { after } => {
            (HealthState::Throttled, fetch::Outcome::RateLimited { after: *after })
        }
        FetchError::Gone => (HealthState::Gone, fetch::Outcome::Failed),
        FetchError::Refused(_) | FetchError::Status(401 | 403) => {
            (HealthState::Blocked, fetch::Outcome::Failed)
        }
        FetchError::TooLarge { .. }
        | FetchError::Status(_)
        | FetchError::TooManyRedirects(_)
        | FetchError::Timeout(_)
        | FetchError::Network(_) => (HealthState::Broken, fetch::Outcome::Failed),
    };
    failure_of(shared, source, health, Failure { state, outcome, why: error.to_string() })
}

fn failure_of(shared: &Shared, source: &Source, health: &Health, failure: Failure) -> Ended {
    let at = shared.clock.now();
    let pace = Pace {
        source: &source.id,
        every: source.every,
        wished_interval: None,
        min_interval: None,
        failures: health.failures + 1,
        has_validators: true,
    };
    let outcome = Outcome {
        state: failure.state,
        // Kept, so that the next answer is compared with the last good one.
        validators: health.validators.clone(),
        note: Some(failure.why.clone()),
        next_poll: Some(next_poll(at, failure.outcome, &pace)),
        listening: shared.listening_hash.to_string(),
    };
    quiet(shared, source, outcome, PollOutcome::Failed { state: failure.state, why: failure.why })
}

fn quiet(shared: &Shared, source: &Source, outcome: Outcome, reported: PollOutcome) -> Ended {
    let quiet = QuietPoll { source: source.id.clone(), at: shared.clock.now(), outcome };
    Ended { report: PollReport { source: source.id.clone(), outcome: reported }, quiet: Some(quiet) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{File, check};
    use crate::daemon::listening;
    use crate::fetch::Options;
    use crate::ingest::Engines;

    const CONFIG: &str =
        "brand = [{ id = \"acme\" }]\nsource = [{ id = \"news\", url = \"https://a.example/f\" }]\n";

    #[tokio::test]
    async fn a_document_that_vigie_cannot_read_is_a_failure_of_its_source_alone() {
        let folder = tempfile::tempdir().unwrap();
        let config = check(&[File { path: "feeds.toml".into(), text: CONFIG.into() }]).config.unwrap();
        let mut engines = Engines::open(folder.path(), &config.settings.timezone).unwrap();
        engines.store.sync_sources(&config.sources).unwrap();
        let health = engines.store.health().unwrap().remove(0);
        let (writer, thread) = Writer::start(engines).unwrap();
        let shared = Shared {
            client: Arc::new(Client::new(&Options::default()).unwrap()),
            gate: Arc::new(HostGate::new(1, Duration::ZERO)),
            listening: Arc::new(listening(&config)),
            listening_hash: config.listening_hash().into(),
            writer,
            clock: Clock::Fixed("2026-01-01T00:00:00Z".parse().unwrap()),
        };
        let batch = tokio::task::spawn_blocking(|| panic!("a fault in a parser")).await;
        let schedule = (Validators::default(), Schedule::default());
        let ended = store(&shared, &config.sources[0], &health, batch, schedule).await.unwrap();
        let quiet = ended.quiet.unwrap();
        assert_eq!(quiet.outcome.state, HealthState::Broken);
        assert!(quiet.outcome.next_poll.unwrap() > quiet.at);
        assert!(quiet.outcome.note.unwrap().contains("a fault of vigie"));
        drop(shared);
        thread.join().unwrap();
    }
}
