//! A stream: a connection that stays open. What it tells is matched as it comes.
//!
//! What names a brand is stored about once a second, in one transaction with the place up to which the stream
//! was read: a crash neither loses nor doubles anything. A stream that breaks off is opened again a little
//! before that place, at the next of its hosts; what comes twice is known. While the writer is busy, nothing
//! more is read, and the server waits.

mod message;
mod round;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::failure::Failure;
use super::polling::Shared;
use super::preset::failure;
use super::{PollOutcome, PollReport};
use crate::enrich::repeated::Repeated;
use crate::fetch::{Broken, FetchError, Stream, Text, reconnect_after};
use crate::ingest::Engines;
use crate::model::{Health, HealthState, Learned, Skip, Source, SourceKind, Timestamp, Validators};
use crate::prepare::{Batch, Prepared};
use crate::sources::in_a_line;
use crate::sources::presets::jetstream;
use crate::store::{Ingested, Origin, Outcome, Polled, QuietPoll, StreamPlace};
use message::{Message, Tally, read};
pub(super) use round::catch_up;
pub use round::{Heard, TRIAL, listen_in};

/// What names a brand waits at most so long to be stored together with more.
const TOGETHER: Duration = Duration::from_secs(1);
/// Messages are left to gather for so long.
const LULL: Duration = Duration::from_millis(50);
/// So many entries are stored at once, at most.
const ENTRIES_AT_ONCE: usize = 200;
/// How often the place and the health are noted where nothing names a brand.
const CALM: Duration = Duration::from_secs(60);

/// A connection begins so much before the place where the last one ended.
const OVERLAP: Duration = Duration::from_secs(5);
/// The same where it is another server, which may have seen things later.
const OVERLAP_ELSEWHERE: Duration = Duration::from_secs(30);
/// A server that begins so much later than it was asked to has nothing older.
const TOO_LATE_US: u64 = 5 * 60 * 1_000_000;
/// Clocks may differ by as much without anyone minding.
const CLOCK_SLACK_US: u64 = 60 * 1_000_000;

/// Connections that live for less are failures in a row.
const SHORT_LIVED: Duration = Duration::from_secs(60);
/// So many of them are told of; before that, what breaks off is just opened again.
const TOLD_AFTER: u32 = 3;

/// One stream being listened to.
pub(super) struct Listener {
    shared: Shared,
    source: Arc<Source>,
    hosts: Vec<String>,
    /// Which of the hosts is next.
    host: usize,
    /// Before this, in microseconds of Unix time, all that was told is stored or in hand.
    cursor: Option<u64>,
    /// Where the connection was asked to begin, less the overlap, until it has begun.
    asked_for: Option<u64>,
    overlap: Duration,
    /// The place is the clock's: nothing was told yet.
    from_clock: bool,
    /// Where something came that could not be read.
    stuck: Option<u64>,
    /// The next connection begins at what is said then: what came before cannot be read.
    skips: bool,
    /// The server does not want to be asked before.
    not_before: Option<Timestamp>,
    missed: Option<(Timestamp, Timestamp)>,
    hand: Vec<Prepared>,
    /// When what is in hand is to be stored.
    due: Instant,
    tally: Tally,
    /// How it went, a minute ago at most.
    rate: Option<String>,
    told: Told,
}

/// Who is told what a stream brings.
pub(super) enum Told {
    /// The loop; at its end nobody takes it any more.
    Loop(mpsc::Sender<PollReport>),
    /// Who waits for the end of a round: all of it together.
    Round(Ingested),
}

/// When to leave off listening.
pub(super) enum Until {
    Stopped(watch::Receiver<bool>),
    /// All that had been said by then, in microseconds, was heard; or the time is up.
    CaughtUp {
        with: u64,
        by: Instant,
    },
}

impl Until {
    /// Returns once it is time, whatever was heard.
    async fn over(&mut self) {
        match self {
            // Whoever could say so is gone: that says it too.
            Until::Stopped(stop) => drop(stop.wait_for(|stopped| *stopped).await),
            Until::CaughtUp { by, .. } => sleep_until(*by).await,
        }
    }

    fn is_over(&self) -> bool {
        match self {
            Until::Stopped(stop) => *stop.borrow(),
            Until::CaughtUp { by, .. } => Instant::now() >= *by,
        }
    }

    fn is_reached(&self, cursor: Option<u64>) -> bool {
        matches!(self, Until::CaughtUp { with, .. } if cursor.is_some_and(|cursor| cursor >= *with))
    }
}

/// What the health is to say of the connection.
#[derive(Clone, Copy)]
enum Connection {
    Open,
    Ended,
}

/// Why listening to a connection ended.
enum End {
    Over,
    CaughtUp,
    Broken(Broken),
}

impl Listener {
    /// Takes up where `source` was left.
    pub async fn new(shared: Shared, source: Arc<Source>, health: &Health, told: Told) -> Result<Listener> {
        let hosts = match &source.kind {
            SourceKind::Stream(preset) => jetstream::hosts(preset),
            SourceKind::Feed { .. } | SourceKind::Preset(_) => anyhow::bail!("`{}` is no stream", source.id),
        };
        let id = source.id.clone();
        let cursor = shared.writer.call(move |engines| engines.store.stream_cursor(&id)).await?;
        let latest = micros(shared.clock.now()) + CLOCK_SLACK_US;
        if cursor.is_some_and(|cursor| cursor > latest) {
            tracing::warn!("`{}` was read by a clock that was wrong; it is heard from now on", source.id);
        }
        Ok(Listener {
            cursor: cursor.filter(|cursor| *cursor <= latest),
            // Which server it was last time is not known any more.
            overlap: if hosts.len() > 1 { OVERLAP_ELSEWHERE } else { OVERLAP },
            shared,
            source,
            hosts,
            host: 0,
            asked_for: None,
            from_clock: false,
            stuck: None,
            skips: false,
            not_before: health.next_poll.filter(|_| health.state == HealthState::Throttled),
            missed: None,
            hand: Vec::new(),
            due: Instant::now() + CALM,
            tally: Tally::new(),
            rate: None,
            told,
        })
    }

    /// Listens until it is stopped; a connection that ends is followed by another one.
    pub async fn listen(mut self, stop: watch::Receiver<bool>) -> Result<()> {
        let mut until = Until::Stopped(stop);
        let mut failures = 0;
        let now = self.shared.clock.now();
        let asked = self.not_before.and_then(|at| Duration::try_from(at.duration_since(now)).ok());
        if asked.is_some() && !wait(asked.unwrap_or_default(), &mut until).await {
            return Ok(());
        }
        loop {
            let opened = tokio::select! {
                biased;
                () = until.over() => return Ok(()),
                opened = self.open() => opened,
            };
            let began = Instant::now();
            match opened {
                Err(error) => {
                    failures += 1;
                    let failure = failure(&error);
                    let pause = self.pause(failures).max(failure.after().unwrap_or_default());
                    self.failed(failure).await?;
                    if !wait(pause, &mut until).await {
                        return Ok(());
                    }
                }
                Ok(mut stream) => {
                    self.connected().await?;
                    let end = self.hear(&mut stream, &mut until).await?;
                    self.store(Connection::Ended).await?;
                    let End::Broken(broken) = end else {
                        stream.close().await;
                        return Ok(());
                    };
                    tracing::info!("`{}`: {broken}", self.source.id);
                    failures = if began.elapsed() < SHORT_LIVED { failures + 1 } else { 0 };
                    self.note_unreadable(&broken);
                    if failures >= TOLD_AFTER {
                        self.failed(Failure::from(broken)).await?;
                    }
                    if !wait(self.pause(failures), &mut until).await {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// How long to wait before the next attempt.
    fn pause(&self, failures: u32) -> Duration {
        reconnect_after(&self.source.id, failures.saturating_sub(1))
    }

    /// What cannot be read comes again with the next connection. The second time it is left behind, with all
    /// that was said meanwhile.
    fn note_unreadable(&mut self, broken: &Broken) {
        if broken.is_unreadable() {
            self.skips = self.stuck.is_some() && self.stuck == self.cursor;
            self.stuck = self.cursor;
        }
    }

    /// Opens a connection to the next host, at the place where the last one ended.
    async fn open(&mut self) -> Result<Stream, FetchError> {
        let now = self.shared.clock.now();
        let host = &self.hosts[self.host % self.hosts.len()];
        let from = self.cursor.filter(|_| !self.skips);
        let overlap = u64::try_from(self.overlap.as_micros()).unwrap_or(u64::MAX);
        let url = jetstream::address(host, from.map(|cursor| cursor.saturating_sub(overlap)));
        // Should it break off, the next one is heard.
        self.host += 1;
        self.overlap = if self.hosts.len() > 1 { OVERLAP_ELSEWHERE } else { OVERLAP };
        self.asked_for = from;
        self.shared.client.open(&url, self.source.allow_private, now).await
    }

    /// Notes that the stream is heard. What is heard of it for the first time begins now.
    async fn connected(&mut self) -> Result<()> {
        let now = self.shared.clock.now();
        if let Some(cursor) = self.cursor.filter(|_| self.skips) {
            self.missed = Some((instant(cursor), now));
            self.cursor = self.cursor.max(Some(micros(now)));
            self.skips = false;
        }
        if self.cursor.is_none() {
            (self.cursor, self.from_clock) = (Some(micros(now)), true);
        }
        self.store(Connection::Open).await
    }

    /// Takes in what comes, and stores it from time to time.
    async fn hear(&mut self, stream: &mut Stream, until: &mut Until) -> Result<End> {
        self.tally = Tally::new();
        loop {
            let heard = match stream.next().now_or_never() {
                Some(heard) if !until.is_over() => heard,
                Some(_) => return Ok(End::Over),
                None => tokio::select! {
                    biased;
                    () = until.over() => return Ok(End::Over),
                    () = sleep_until(self.due) => {
                        self.store(Connection::Open).await?;
                        continue;
                    }
                    heard = after_a_lull(stream) => heard,
                },
            };
            match heard {
                Ok(text) => self.take_in(&text),
                Err(broken) => return Ok(End::Broken(broken)),
            }
            if self.hand.len() >= ENTRIES_AT_ONCE || Instant::now() >= self.due {
                self.store(Connection::Open).await?;
            }
            if until.is_reached(self.cursor) {
                return Ok(End::CaughtUp);
            }
        }
    }

    fn take_in(&mut self, text: &str) {
        self.tally.messages += 1;
        let Message { time_us, is_post, kept } = match read(text, &self.source, &self.shared.listening) {
            Ok(message) => message,
            Err(why) => return self.tally.odd(why),
        };
        let now = micros(self.shared.clock.now());
        self.tally.posts += usize::from(is_post);
        if let Some(kept) = kept {
            if self.hand.is_empty() {
                self.due = Instant::now() + TOGETHER;
            }
            self.tally.kept += 1;
            self.hand.push(kept);
        }
        // It must not move the place: all before it would be missed.
        if time_us > now + CLOCK_SLACK_US {
            return self.tally.odd("it was seen in the future; is this machine's clock right?".to_owned());
        }
        if let Some(asked_for) = self.asked_for.take()
            && time_us > asked_for + TOO_LATE_US
        {
            self.missed = Some((instant(asked_for), instant(time_us)));
        }
        let heard = time_us.min(now);
        // They come in about the order of their times.
        self.cursor =
            Some(self.cursor.filter(|_| !self.from_clock).map_or(heard, |cursor| cursor.max(heard)));
        self.from_clock = false;
    }

    /// Stores what is in hand, the place and the health, in one transaction.
    async fn store(&mut self, connection: Connection) -> Result<()> {
        let Some(cursor) = self.cursor else { return Ok(()) };
        let problems = in_a_line(&self.tally.problems());
        let how = match connection {
            Connection::Open => Some(self.in_words()),
            Connection::Ended => None,
        };
        let notes: Vec<String> = how.into_iter().chain(problems).collect();
        let note = Some(notes.join("; ")).filter(|note| !note.is_empty());
        let batch = Batch {
            source: self.source.id.clone(),
            read: std::mem::take(&mut self.tally.posts),
            reach: None,
            dates: Vec::new(),
            entries: std::mem::take(&mut self.hand),
            repeated: Repeated::default(),
            problems: Vec::new(),
            wished_interval_s: None,
            skip: Skip::default(),
        };
        let at = self.shared.clock.now();
        let polled = Polled { at, origin: Origin::Poll(Box::new(self.outcome(HealthState::Ok, note, CALM))) };
        let place = StreamPlace { cursor, missed: self.missed.take() };
        let store = move |engines: &mut Engines| engines.store.ingest_stream(&batch, &polled, &place);
        let ingested = self.shared.writer.call(store).await?;
        self.due = Instant::now() + CALM;
        let is_news = !ingested.new_mentions.is_empty() || ingested.revised > 0;
        match &mut self.told {
            Told::Round(sum) => *sum = std::mem::take(sum).and(ingested),
            Told::Loop(_) if is_news => {
                self.tell(PollOutcome::Read { ingested, problems: Vec::new() }).await;
            }
            Told::Loop(_) => {}
        }
        Ok(())
    }

    /// How it goes, for people; counted anew each minute.
    fn in_words(&mut self) -> String {
        let since = self.tally.since.elapsed();
        if since >= CALM {
            let rate = self.tally.messages as f64 * 60.0 / since.as_secs_f64();
            self.rate = Some(format!(": {rate:.0} messages a minute, {} kept", self.tally.kept));
            self.tally = Tally { posts: self.tally.posts, ..Tally::new() };
        }
        format!("open at {}{}", self.host_name(), self.rate.as_deref().unwrap_or_default())
    }

    fn host_name(&self) -> &str {
        let host = self.hosts[self.host.saturating_sub(1) % self.hosts.len()].as_str();
        host.split_once("://").map_or(host, |(_, host)| host)
    }

    /// `wait` is after how long the next word of the stream is due: a round of `poll` asks it no sooner.
    fn outcome(&self, state: HealthState, note: Option<String>, wait: Duration) -> Outcome {
        Outcome {
            state,
            validators: Validators::default(),
            note,
            problems: Vec::new(),
            learned: Learned::default(),
            asked: true,
            missed_until: None,
            next_poll: self.shared.clock.now().checked_add(wait).ok(),
            listening: self.shared.listening_hash.to_string(),
        }
    }

    async fn failed(&mut self, failure: Failure) -> Result<()> {
        let poll = self.failed_poll(&failure);
        self.shared.writer.call(move |engines| engines.store.record_polls(&[poll])).await?;
        self.tell(PollOutcome::Failed { state: failure.state, why: failure.why }).await;
        Ok(())
    }

    fn failed_poll(&self, failure: &Failure) -> QuietPoll {
        let wait = failure.after().unwrap_or_default().max(CALM);
        let outcome = self.outcome(failure.state, Some(failure.why.clone()), wait);
        QuietPoll { source: self.source.id.clone(), at: self.shared.clock.now(), outcome }
    }

    async fn tell(&self, outcome: PollOutcome) {
        if let Told::Loop(reports) = &self.told {
            let _ = reports.send(self.report(outcome)).await;
        }
    }

    fn report(&self, outcome: PollOutcome) -> PollReport {
        PollReport { source: self.source.id.clone(), outcome }
    }
}

/// The next message, once a few may have come: to wake up for each would cost more than to read it.
async fn after_a_lull(stream: &mut Stream) -> Result<Text, Broken> {
    sleep(LULL).await;
    stream.next().await
}

/// Waits; `false` if it was time to leave off meanwhile.
async fn wait(pause: Duration, until: &mut Until) -> bool {
    tokio::select! {
        biased;
        () = until.over() => false,
        () = sleep(pause) => true,
    }
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Failure {
        Failure::broken(broken.to_string())
    }
}

fn micros(time: Timestamp) -> u64 {
    u64::try_from(time.as_microsecond()).unwrap_or(0)
}

fn instant(micros: u64) -> Timestamp {
    i64::try_from(micros)
        .ok()
        .and_then(|micros| Timestamp::from_microsecond(micros).ok())
        .unwrap_or(Timestamp::MAX)
}
