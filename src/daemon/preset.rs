//! One poll of a known place: its requests one after the other, each answer stored at once.
//!
//! A guest is brief: a poll makes a bounded number of requests, those that waited longest first, then a few
//! for what is older; a server that asks to wait, or cannot be reached, is asked nothing more this time.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;

use super::failure::Failure;
use super::polling::{Ended, PollOutcome, PollReport, Shared, tell_aside};
use super::token::Token;
use crate::fetch::{self, Client, Cut, Document, FetchError, Fetched, HostGate, Pace, Request, next_poll};
use crate::model::{Health, HealthState, Preset, Skip, Source, Timestamp, Validators};
use crate::prepare::{Batch, Known, Listening, prepare_untold, tell};
use crate::sources::presets::{self, About, Ask, Attention, Progress};
use crate::sources::{self, Limits, Problem, ProblemKind};
use crate::store::{Asked, Ingested, Origin, Outcome, Polled, QuietPoll};

/// Requests for the newest things in one poll; a source with more makes the others next time.
const MOST_NEWEST: usize = 12;
/// Requests for older things in one poll.
const MOST_OLDER: usize = 4;

/// Polls a preset once. Failures of the outside world are in the report and become the source's health.
///
/// # Errors
/// If the store fails.
pub(super) async fn poll(shared: Shared, source: &Source, preset: &Preset, health: &Health) -> Result<Ended> {
    let id = source.id.clone();
    let known = shared.writer.call(move |engines| engines.store.progress(&id)).await?;
    let about = presets::about(preset.name);
    let mut visit = Visit {
        shared,
        source,
        preset,
        about,
        token: None,
        known,
        unstored: BTreeMap::new(),
        round: Round::default(),
    };
    match preset.token_env.as_deref().map(Token::from_environment).transpose() {
        Ok(token) => {
            visit.token = token;
            visit.newest().await?;
            visit.older().await?;
        }
        Err(why) => visit.round.failures.push(Failure::broken(why)),
    }
    visit.end(health).await
}

/// What one request of a preset answers right now.
#[derive(Debug)]
pub struct Tried {
    pub key: String,
    /// Without the user's token.
    pub url: String,
    /// Bytes, what they hold, and how many days of attention; or why there is nothing.
    pub outcome: Result<(usize, Batch, usize), String>,
}

/// Makes the requests for the newest things of a preset, and stores nothing.
///
/// # Errors
/// If the token is missing.
pub async fn try_out(
    client: &Client,
    gate: &HostGate,
    listening: &Listening,
    (source, preset): (&Source, &Preset),
    now: Timestamp,
) -> Result<Vec<Tried>> {
    let token = preset.token_env.as_deref().map(Token::from_environment).transpose();
    let token = token.map_err(anyhow::Error::msg)?;
    let mut tried = Vec::new();
    for ask in presets::requests(preset, &BTreeMap::new(), now) {
        let request = request(source, &ask, token.as_ref(), Validators::default());
        let fetched = client.fetch_in_turn(&request, gate, || now).await;
        let outcome = match fetched {
            Ok(Fetched::Document(mut document)) => {
                if let Some(token) = &token {
                    token.wipe(&mut document.bytes);
                }
                let answer = presets::parse(preset, &ask, readable(&document, &ask), &Limits::default());
                let days = answer.attention.len();
                let mut batch = prepare_untold(source, answer.parsed, listening);
                tell(&mut batch, source, listening, &Known::default());
                batch.problems.extend(document.cut.as_ref().map(Cut::problem));
                Ok((document.bytes.len(), batch, days))
            }
            Ok(Fetched::NotModified { .. }) => {
                Err("the server sent 304 to an unconditional request".to_owned())
            }
            Err(error) => Err(error.to_string()),
        };
        tried.push(Tried { key: ask.key, url: ask.url, outcome });
    }
    Ok(tried)
}

struct Visit<'a> {
    shared: Shared,
    source: &'a Source,
    preset: &'a Preset,
    about: &'static About,
    token: Option<Token>,
    /// What is kept of the requests, by their keys.
    known: BTreeMap<String, Progress>,
    /// What answers without a document left, by the keys of their requests; what is stored later replaces it.
    unstored: BTreeMap<String, Asked>,
    round: Round,
}

/// What the requests of one poll brought together.
#[derive(Default)]
struct Round {
    made: usize,
    read: Option<Ingested>,
    problems: Vec<Problem>,
    failures: Vec<Failure>,
    min_interval: Option<Duration>,
    has_validators: bool,
    /// Nothing more is asked this time.
    over: bool,
}

enum Answered {
    Document(Document),
    Unchanged(Validators),
    /// There is no such thing at this place, and there need not be.
    Nothing,
}

/// A document made ready to be stored.
struct Ready {
    batch: Batch,
    attention: Vec<Attention>,
    progress: Progress,
}

impl Visit<'_> {
    async fn newest(&mut self) -> Result<()> {
        let mut asks = presets::requests(self.preset, &self.known, self.now());
        asks.sort_by_key(|ask| self.known.get(&ask.key).and_then(|progress| progress.last_good));
        for ask in asks.into_iter().take(MOST_NEWEST) {
            let before = self.known.get(&ask.key).cloned().unwrap_or_default();
            let validators = before.validators.clone();
            self.make(ask, before, validators).await?;
            if self.round.over {
                break;
            }
        }
        Ok(())
    }

    /// Goes on with what is older, a document of each request in turn.
    async fn older(&mut self) -> Result<()> {
        let asks = presets::requests(self.preset, &self.known, self.now());
        let mut left = MOST_OLDER;
        for ask in asks.iter().cycle().take(asks.len() * MOST_OLDER) {
            let progress = self.known.get(&ask.key).cloned().unwrap_or_default();
            let stretch = progress.stretches.first();
            let older = stretch.and_then(|stretch| presets::older(self.preset, ask, &stretch.at));
            let Some(older) = older else { continue };
            if self.round.over || left == 0 {
                break;
            }
            left -= 1;
            self.make(older, progress, Validators::default()).await?;
        }
        Ok(())
    }

    /// Makes one request and takes over what comes of it; a failure is noted.
    async fn make(&mut self, ask: Ask, before: Progress, validators: Validators) -> Result<()> {
        let answered = self.ask(&ask, &validators).await;
        self.round.made += 1;
        let progress = match answered {
            Ok(Answered::Document(document)) => match self.read(&ask, before, document).await? {
                Ok(ready) => return self.store(ask, ready).await,
                Err(failure) => {
                    self.fail(&ask, failure);
                    return Ok(());
                }
            },
            Ok(Answered::Unchanged(validators)) => {
                Progress { validators, last_good: Some(self.now()), ..before }
            }
            Ok(Answered::Nothing) if ask.older.is_some() => before.after_older(&presets::Answer::default()),
            Ok(Answered::Nothing) => Progress { last_good: Some(self.now()), ..before },
            Err(error) => {
                self.round.over = matches!(
                    error,
                    FetchError::RateLimited { .. }
                        | FetchError::HostWaits { .. }
                        | FetchError::Timeout(_)
                        | FetchError::Network(_)
                );
                self.fail(&ask, failure(&error));
                return Ok(());
            }
        };
        self.known.insert(ask.key.clone(), progress.clone());
        let asked = self.asked(&ask, progress, Vec::new());
        self.unstored.insert(ask.key, asked);
        Ok(())
    }

    async fn ask(&mut self, ask: &Ask, validators: &Validators) -> Result<Answered, FetchError> {
        let token = self.token.as_ref().filter(|_| ask.with_token);
        let request = request(self.source, ask, token, validators.clone());
        let clock = self.shared.clock;
        let fetched = self.shared.client.fetch_in_turn(&request, &self.shared.gate, || clock.now()).await;
        if !self.source.allow_private && !self.about.pause.is_zero() {
            let (gate, url, pause) = (self.shared.gate.clone(), ask.url.clone(), self.about.pause);
            tokio::spawn(async move { gate.hold(&url, pause).await });
        }
        match fetched {
            Ok(Fetched::NotModified { etag, last_modified, min_interval, .. }) => {
                self.round.min_interval = self.round.min_interval.max(min_interval);
                self.round.has_validators = true;
                Ok(Answered::Unchanged(Validators {
                    etag: etag.or_else(|| validators.etag.clone()),
                    last_modified: last_modified.or_else(|| validators.last_modified.clone()),
                    body_hash: validators.body_hash,
                }))
            }
            Ok(Fetched::Document(mut document)) => {
                self.round.min_interval = self.round.min_interval.max(document.min_interval);
                self.round.has_validators |= document.etag.is_some() || document.last_modified.is_some();
                if let Some(token) = token {
                    token.wipe(&mut document.bytes);
                }
                let now = validators_of(&document);
                let same = now.body_hash.is_some() && now.body_hash == validators.body_hash;
                Ok(if same { Answered::Unchanged(now) } else { Answered::Document(document) })
            }
            Err(FetchError::Status(404)) if ask.optional || ask.older.is_some() => Ok(Answered::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Parsing and matching take CPU.
    async fn read(&self, ask: &Ask, before: Progress, document: Document) -> Result<Result<Ready, Failure>> {
        let (source, preset, ask) = (self.source.clone(), self.preset.clone(), ask.clone());
        let (listening, now, back) = (self.shared.listening.clone(), self.now(), self.about.back);
        let work = move || {
            let answer = presets::parse(&preset, &ask, readable(&document, &ask), &Limits::default());
            let progress = match ask.older {
                Some(_) => before.after_older(&answer),
                None => before.after_newest(&answer, validators_of(&document), now, back),
            };
            let attention = answer.attention;
            let mut batch = prepare_untold(&source, answer.parsed, &listening);
            if let Some(cut) = &document.cut {
                // What is older than what came is still to be read, so that the next try is of the same.
                if batch.read == 0 || ask.older.is_some() {
                    batch.problems = vec![Problem { kind: ProblemKind::NotAFeed, message: cut.to_string() }];
                } else {
                    batch.problems.push(cut.problem());
                }
            }
            Ready { batch, attention, progress }
        };
        let Ok(mut ready) = self.shared.workers.run(work).await? else { return Ok(Err(Failure::of_vigie())) };
        let Ok(batch) = tell_aside(&self.shared, self.source, ready.batch).await? else {
            return Ok(Err(Failure::of_vigie()));
        };
        ready.batch = batch;
        Ok(match ready.batch.problems.iter().find(|p| p.kind == ProblemKind::NotAFeed) {
            Some(problem) => Err(Failure::broken(problem.message.clone())),
            None => Ok(ready),
        })
    }

    async fn store(&mut self, ask: Ask, ready: Ready) -> Result<()> {
        let Ready { batch, attention, progress } = ready;
        self.round.problems.extend(batch.problems.iter().cloned());
        let asked = self.asked(&ask, progress.clone(), attention);
        let polled = Polled { at: self.now(), origin: Origin::Ask(Box::new(asked)) };
        let ingested = self.shared.writer.call(move |engines| engines.store.ingest(&batch, &polled)).await?;
        self.unstored.remove(&ask.key);
        self.known.insert(ask.key, progress);
        self.round.read = Some(match self.round.read.take() {
            Some(so_far) => so_far.and(ingested),
            None => ingested,
        });
        Ok(())
    }

    fn fail(&mut self, ask: &Ask, failure: Failure) {
        let older = if ask.older.is_some() { "what is older of " } else { "" };
        let why = format!("{older}`{}`: {}", ask.key, failure.why);
        self.round.failures.push(Failure { why, ..failure });
    }

    fn asked(&self, ask: &Ask, progress: Progress, attention: Vec<Attention>) -> Asked {
        let listening = self.shared.listening_hash.to_string();
        Asked { key: ask.key.clone(), progress, older: ask.older.is_some(), attention, listening }
    }

    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// The source's health is good if any request was; what failed is named.
    async fn end(mut self, health: &Health) -> Result<Ended> {
        if !self.unstored.is_empty() {
            let id = self.source.id.clone();
            let unstored: Vec<Asked> = std::mem::take(&mut self.unstored).into_values().collect();
            self.shared.writer.call(move |engines| engines.store.keep_progress(&id, &unstored)).await?;
        }
        let round = std::mem::take(&mut self.round);
        let failed = round.failures.iter().map(|failure| failure.why.as_str());
        let failed = failed.collect::<Vec<_>>().join("; ");
        let waits = round.failures.iter().find(|failure| failure.state == HealthState::Throttled);
        let all_failed = !round.failures.is_empty() && round.failures.len() >= round.made;
        let worst = waits.or_else(|| round.failures.first().filter(|_| all_failed));
        let state = worst.map_or(HealthState::Ok, |failure| failure.state);
        // What is kept of requests that are no longer made does not count.
        let asks = presets::requests(self.preset, &self.known, self.now());
        let unread = |ask: &Ask| self.known.get(&ask.key).is_some_and(|known| !known.stretches.is_empty());
        let unread = asks.iter().any(unread);
        let notes = [
            (!failed.is_empty()).then(|| failed.clone()),
            sources::in_a_line(&round.problems),
            (unread && worst.is_none()).then(|| "what is older is still being read".to_owned()),
        ];
        let note = notes.into_iter().flatten().collect::<Vec<_>>().join("; ");
        let failures = if worst.is_some() { health.failures.saturating_add(1) } else { 0 };
        let pace = pace(self.source, self.about, &round, failures);
        let ended = worst.map_or(fetch::Outcome::Good, |failure| failure.outcome);
        let outcome = Outcome {
            state,
            validators: Validators::default(),
            note: Some(note).filter(|note| !note.is_empty()),
            problems: round.problems.clone(),
            learned: health.learned.clone(),
            next_poll: Some(next_poll(self.now(), ended, &pace)),
            asked: !matches!(ended, fetch::Outcome::HostWaits { .. }),
            missed_until: None,
            listening: self.shared.listening_hash.to_string(),
        };
        let reported = match (round.read, worst) {
            (Some(ingested), _) => {
                let failures = round.failures.iter().map(|failure| failure.why.clone());
                let lost = failures.map(|message| Problem { kind: ProblemKind::Lost, message });
                PollOutcome::Read { ingested, problems: round.problems.into_iter().chain(lost).collect() }
            }
            (None, Some(worst)) => PollOutcome::Failed { state: worst.state, why: failed },
            (None, None) => PollOutcome::Unchanged,
        };
        let id = &self.source.id;
        let quiet = QuietPoll { source: id.clone(), at: self.shared.clock.now(), outcome };
        Ok(Ended { report: PollReport { source: id.clone(), outcome: reported }, quiet: Some(quiet) })
    }
}

/// When to ask next. A place is never asked more often than it bears; one on this machine or the local
/// network sets its own pace.
fn pace<'a>(source: &'a Source, about: &About, round: &Round, failures: u32) -> Pace<'a> {
    let every = source.every.unwrap_or(about.every);
    let own = source.allow_private;
    Pace {
        source: &source.id,
        every: Some(if own { every } else { every.max(about.least) }),
        wished_interval: (failures > 0 && !own).then_some(about.after_failure),
        skip: Skip::default(),
        min_interval: round.min_interval,
        has_validators: round.has_validators,
        failures,
    }
}

fn request(source: &Source, ask: &Ask, token: Option<&Token>, validators: Validators) -> Request {
    let url = match token.filter(|_| ask.with_token) {
        Some(token) => token.added_to(&ask.url),
        None => ask.url.clone(),
    };
    Request { url, validators, allow_private: source.allow_private }
}

/// Links are relative to the address without the token: they would inherit it.
fn readable<'a>(document: &'a Document, ask: &'a Ask) -> sources::Document<'a> {
    let content_type = document.content_type.as_deref();
    sources::Document { bytes: &document.bytes, content_type, base_url: Some(&ask.url) }
}

fn validators_of(document: &Document) -> Validators {
    // What broke off is asked for again, whole.
    if document.cut.as_ref().is_some_and(|cut| !cut.is_lasting()) {
        return Validators::default();
    }
    Validators {
        etag: document.etag.clone(),
        last_modified: document.last_modified.clone(),
        body_hash: Some(*blake3::hash(&document.bytes).as_bytes()),
    }
}

/// What is gone is one of several things asked for, or of several places: it is asked for again.
pub(super) fn failure(error: &FetchError) -> Failure {
    match error {
        FetchError::Gone => Failure::broken(error.to_string()),
        other => Failure::from(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PresetName, SourceId, SourceKind};

    #[test]
    fn a_place_is_not_asked_more_often_than_it_bears() {
        const MINUTE: Duration = Duration::from_secs(60);
        let wait = |every: Option<Duration>, allow_private: bool, failures: u32| {
            let source = Source {
                id: SourceId::new("reddit"),
                kind: SourceKind::Feed { url: String::new() },
                every,
                tags: Vec::new(),
                allow_private,
                enabled: true,
            };
            let now = Timestamp::UNIX_EPOCH;
            let about = presets::about(PresetName::Reddit);
            let pace = pace(&source, about, &Round::default(), failures);
            let ended = if failures > 0 { fetch::Outcome::Failed } else { fetch::Outcome::Good };
            Duration::try_from(next_poll(now, ended, &pace).duration_since(now)).unwrap()
        };
        assert_eq!(wait(None, false, 0), 30 * MINUTE);
        assert_eq!(wait(Some(MINUTE), false, 0), 15 * MINUTE);
        assert_eq!(wait(Some(MINUTE), true, 0), MINUTE);
        assert!(wait(Some(MINUTE), false, 1) >= 61 * MINUTE);
        assert!(wait(Some(MINUTE), true, 1) < 2 * MINUTE);
    }
}
