//! One poll of one source: fetch, prepare off the async threads, store on the writer thread.
//!
//! A document is stored at once. A poll that brought none only leaves a note, which [`super::Lookout`] records
//! together with others: a transaction for each would be most of the work of an unchanged source.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use super::failure::Failure;
use super::workers::{Panicked, Workers};
use super::{Clock, Writer, preset};
use crate::fetch::{self, Client, Cut, Document, FetchError, Fetched, HostGate, Pace, Request, next_poll};
use crate::ingest::Engines;
use crate::model::{
    Health, HealthState, Learned, Move, Rhythm, Source, SourceId, SourceKind, Timestamp, Validators,
};
use crate::prepare::{Batch, Known, Listening, prepare_untold, tell};
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
    pub workers: Workers,
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
pub(super) async fn poll(shared: Shared, source: Arc<Source>, health: Health) -> Result<Ended> {
    let url = match &source.kind {
        SourceKind::Feed { url } => url,
        SourceKind::Preset(preset) => return preset::poll(shared, &source, preset, &health).await,
        SourceKind::Stream(_) => anyhow::bail!("`{}` is a stream, which is not polled", source.id),
    };
    let (url, is_moved) = address(url, &health);
    let request = Request { url, validators: health.validators.clone(), allow_private: source.allow_private };
    let fetched = shared.client.fetch_in_turn(&request, &shared.gate, || shared.clock.now()).await;
    let moved = |to: Option<String>| match (&health.learned.moved, to) {
        (Some(known), None) if is_moved => Some(known.clone()),
        (known, to) => Move::after(known.as_ref(), to, shared.clock.now()),
    };
    match fetched {
        Ok(Fetched::NotModified { etag, last_modified, min_interval, permanent_url }) => {
            let kept = &health.validators;
            let validators = Validators {
                etag: etag.or_else(|| kept.etag.clone()),
                last_modified: last_modified.or_else(|| kept.last_modified.clone()),
                body_hash: kept.body_hash,
            };
            let learned = Learned { moved: moved(permanent_url), ..health.learned.clone() };
            Ok(unchanged(&shared, &source, &health, Good { validators, min_interval, learned }))
        }
        Ok(Fetched::Document(document)) => {
            let learned = Learned { moved: moved(document.permanent_url.clone()), ..health.learned.clone() };
            read(&shared, &source, &health, document, learned).await
        }
        // It may have moved on: the address in feeds.toml knows.
        Err(error @ FetchError::Gone) if is_moved => {
            Ok(failure_of(&shared, &source, &health, Failure::broken(error.to_string())))
        }
        Err(error) => Ok(failed(&shared, &source, &health, &error)),
    }
}

/// Where to ask, and whether that is the place the source has moved to. When asking there fails, the next poll
/// asks at the address in feeds.toml again: a place that is gone may have a new one.
fn address(url: &str, health: &Health) -> (String, bool) {
    match &health.learned.moved {
        Some(moved) if moved.is_confirmed() && health.failures == 0 => (moved.to.clone(), true),
        _ => (url.to_owned(), false),
    }
}

/// What a poll that heard the source has to say of it.
struct Good {
    validators: Validators,
    /// The server's wish.
    min_interval: Option<Duration>,
    learned: Learned,
}

async fn read(
    shared: &Shared,
    source: &Source,
    health: &Health,
    document: Document,
    learned: Learned,
) -> Result<Ended> {
    let validators = Validators {
        etag: document.etag.clone(),
        last_modified: document.last_modified.clone(),
        body_hash: Some(*blake3::hash(&document.bytes).as_bytes()),
    };
    let cut = document.cut.clone();
    // What broke off is asked for again, whole; and what may have been called too old by a clock that is wrong.
    let again = document.clock_is_denied || cut.as_ref().is_some_and(|cut| !cut.is_lasting());
    let validators = if again { Validators::default() } else { validators };
    let good = Good { validators, min_interval: document.min_interval, learned };
    if good.validators.body_hash.is_some() && good.validators.body_hash == health.validators.body_hash {
        return Ok(unchanged(shared, source, health, good));
    }
    let batch = match prepare_aside(shared, source, document).await? {
        Ok(batch) => tell_aside(shared, source, batch).await?,
        Err(panicked) => Err(panicked),
    };
    store(shared, source, health, batch, (good, cut)).await
}

/// Stores a document that was prepared, or tells why there is none.
async fn store(
    shared: &Shared,
    source: &Source,
    health: &Health,
    batch: Result<Batch, Panicked>,
    (good, cut): (Good, Option<Cut>),
) -> Result<Ended> {
    // One document must not end the program, and again after each restart.
    let Ok(mut batch) = batch else {
        return Ok(failure_of(shared, source, health, Failure::of_vigie()));
    };
    if let Some(cut) = &cut {
        if batch.read == 0 {
            let why = format!("{cut}, and what had come holds no entry");
            return Ok(failure_of(shared, source, health, Failure::broken(why)));
        }
        batch.problems.push(cut.problem());
    }
    if let Some(problem) = batch.problems.iter().find(|p| p.kind == ProblemKind::NotAFeed) {
        return Ok(failure_of(shared, source, health, Failure::broken(problem.message.clone())));
    }
    let at = shared.clock.now();
    let problems = batch.problems.clone();
    let learned = Learned {
        wished_interval_s: batch.wished_interval_s,
        skip: batch.skip,
        rhythm: Rhythm::of(&batch.dates, at).or(health.learned.rhythm),
        ..good.learned
    };
    let good = Good { learned, ..good };
    let missed_until = missed_until(health, &batch, at);
    let outcome = Outcome { missed_until, ..outcome(shared, source, good, problems.clone()) };
    let polled = Polled { at, origin: Origin::Poll(Box::new(outcome)) };
    let ingested = shared.writer.ingest(batch, polled).await?;
    let report = PollReport { source: source.id.clone(), outcome: PollOutcome::Read { ingested, problems } };
    Ok(Ended { report, quiet: None })
}

/// Until when entries may have come and gone since the last good poll. A dated document tells of all there was
/// since it reaches back to; if all it holds is newer than the newest entry of then, something is missing in
/// between. Of one without dates that is not known: it is taken to be so after a poll that came late by more
/// than was planned in the first place, the machine asleep for one.
fn missed_until(health: &Health, batch: &Batch, at: Timestamp) -> Option<Timestamp> {
    let last_good = health.last_good?;
    let known = health.learned.rhythm.map(|rhythm| rhythm.newest);
    match (batch.reach, known) {
        (Some(reach), Some(newest)) => (reach > newest && reach > last_good).then_some(reach),
        (Some(_), None) => None,
        (None, _) => {
            let planned = health.next_poll?.duration_since(health.last_poll?);
            (batch.read > 0 && at.duration_since(health.next_poll?) > planned).then_some(at)
        }
    }
}

/// Parsing and matching take CPU.
async fn prepare_aside(
    shared: &Shared,
    source: &Source,
    document: Document,
) -> Result<Result<Batch, Panicked>> {
    let (source, listening) = (source.clone(), shared.listening.clone());
    let work = move || {
        let parsed = sources::parse(document.readable(), &Limits::default());
        prepare_untold(&source, parsed, &listening)
    };
    shared.workers.run(work).await
}

/// Tones take more: those of entries that are kept as they are, most of a document that has changed, are not told
/// again.
pub(super) async fn tell_aside(
    shared: &Shared,
    source: &Source,
    mut batch: Batch,
) -> Result<Result<Batch, Panicked>> {
    if batch.entries.iter().all(|entry| entry.mentions.is_empty()) {
        return Ok(Ok(batch));
    }
    let look_up = move |engines: &mut Engines| {
        let known = engines.store.knows(&batch)?;
        Ok((batch, known))
    };
    let known: Known;
    (batch, known) = shared.writer.call(look_up).await?;
    if known.entries.iter().all(|known| *known) {
        return Ok(Ok(batch));
    }
    let (source, listening) = (source.clone(), shared.listening.clone());
    let work = move || {
        tell(&mut batch, &source, &listening, &known);
        batch
    };
    shared.workers.run(work).await
}

fn unchanged(shared: &Shared, source: &Source, health: &Health, good: Good) -> Ended {
    // An unchanged document has the problems it had.
    let outcome = outcome(shared, source, good, health.problems.clone());
    quiet(shared, source, outcome, PollOutcome::Unchanged)
}

fn outcome(shared: &Shared, source: &Source, good: Good, problems: Vec<Problem>) -> Outcome {
    let at = shared.clock.now();
    let Good { validators, min_interval, learned } = good;
    let pace = Pace {
        source: &source.id,
        every: source.every,
        wished_interval: learned.wished_interval_s.map(Duration::from_secs),
        skip: learned.skip,
        min_interval,
        failures: 0,
        has_validators: validators.etag.is_some() || validators.last_modified.is_some(),
    };
    let silent = learned.rhythm.filter(|rhythm| rhythm.is_silent(at));
    let moved = learned.moved.as_ref().filter(|moved| moved.is_confirmed());
    let note = [
        silent.map(|rhythm| format!("nothing new since {}", rhythm.newest.strftime("%F"))),
        moved.map(|moved| format!("moved for good to {}: write that address into feeds.toml", moved.to)),
        sources::in_a_line(&problems),
    ];
    let note: Vec<String> = note.into_iter().flatten().collect();
    Outcome {
        state: match (silent, moved) {
            (Some(_), _) => HealthState::Silent,
            (None, Some(_)) => HealthState::Moved,
            (None, None) => HealthState::Ok,
        },
        next_poll: Some(next_poll(at, fetch::Outcome::Good, &pace)),
        note: (!note.is_empty()).then(|| note.join("; ")),
        validators,
        problems,
        learned,
        asked: true,
        missed_until: None,
        listening: shared.listening_hash.to_string(),
    }
}

fn failed(shared: &Shared, source: &Source, health: &Health, error: &FetchError) -> Ended {
    failure_of(shared, source, health, Failure::from(error))
}

fn failure_of(shared: &Shared, source: &Source, health: &Health, failure: Failure) -> Ended {
    let at = shared.clock.now();
    let asked = !matches!(failure.outcome, fetch::Outcome::HostWaits { .. });
    let pace = Pace {
        source: &source.id,
        every: source.every,
        wished_interval: None,
        skip: health.learned.skip,
        min_interval: None,
        failures: health.failures.saturating_add(u32::from(asked)),
        has_validators: true,
    };
    let is_gone = failure.state == HealthState::Gone;
    let outcome = Outcome {
        state: failure.state,
        // Kept, so that the next answer is compared with the last good one.
        validators: health.validators.clone(),
        note: Some(failure.why.clone()),
        problems: health.problems.clone(),
        learned: health.learned.clone(),
        asked,
        missed_until: None,
        next_poll: (!is_gone).then(|| next_poll(at, failure.outcome, &pace)),
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
            listening: Arc::new(listening(&config).unwrap()),
            listening_hash: config.listening_hash().into(),
            workers: Workers::start().unwrap(),
            writer,
            clock: Clock::Fixed("2026-01-01T00:00:00Z".parse().unwrap()),
        };
        let batch = shared.workers.run(|| panic!("a fault in a parser")).await.unwrap();
        let good =
            Good { validators: Validators::default(), min_interval: None, learned: Learned::default() };
        let ended = store(&shared, &config.sources[0], &health, batch, (good, None)).await.unwrap();
        let quiet = ended.quiet.unwrap();
        assert_eq!(quiet.outcome.state, HealthState::Broken);
        assert!(quiet.outcome.next_poll.unwrap() > quiet.at);
        assert!(quiet.outcome.note.unwrap().contains("a fault of vigie"));
        drop(shared);
        thread.join().unwrap();
    }
}
