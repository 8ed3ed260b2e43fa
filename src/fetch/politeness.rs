//! When to ask again, and how many requests at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Url;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::model::{Skip, SourceId, Timestamp};

/// Where a conditional request costs the server almost nothing.
const WITH_VALIDATORS: Duration = Duration::from_secs(30 * 60);
const WITHOUT_VALIDATORS: Duration = Duration::from_secs(60 * 60);
/// Neither a publisher's wish nor a row of failures keeps a source waiting for longer.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// How the poll that just ended went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A document, or word that it has not changed.
    Good,
    /// 429 or 503: with what the server asked for, if anything.
    RateLimited {
        after: Option<Duration>,
    },
    /// Not asked: its host wants to be left alone for so long.
    HostWaits {
        after: Duration,
    },
    Failed,
}

/// What the user, the publisher and the server wish for one source.
#[derive(Clone, Copy, Debug)]
pub struct Pace<'a> {
    pub source: &'a SourceId,
    /// The user's interval (`every`).
    pub every: Option<Duration>,
    /// The publisher's (ttl, sy:updatePeriod).
    pub wished_interval: Option<Duration>,
    /// When the publisher wants no polls.
    pub skip: Skip,
    /// The server's (`Document::min_interval`).
    pub min_interval: Option<Duration>,
    /// The server gave an ETag or Last-Modified, so that asking costs it little.
    pub has_validators: bool,
    /// Failures in a row, the one that just happened included.
    pub failures: u32,
}

/// When to poll again: after the source's interval while all is well; after a failure the interval
/// doubles with each further one up to a day, and up to a quarter is added, by source, so that what
/// failed together does not come back together. A server that asks for time gets it, and hours at which a
/// publisher wants no polls are waited out, up to a day.
pub fn next_poll(now: Timestamp, outcome: Outcome, pace: &Pace<'_>) -> Timestamp {
    let wait = match outcome {
        Outcome::Good => interval(pace),
        Outcome::Failed => backoff(pace),
        Outcome::RateLimited { after } => backoff(pace).max(after.unwrap_or_default().min(LONGEST)),
        Outcome::HostWaits { after } => after.min(LONGEST),
    };
    let after = |wait| now.checked_add(wait).unwrap_or(Timestamp::MAX);
    pace.skip.next_welcome(after(wait), after(wait.max(LONGEST)))
}

/// No poll of a source with this interval of the user's lies further ahead.
pub fn longest_wait(every: Option<Duration>) -> Duration {
    LONGEST.max(every.unwrap_or_default())
}

/// The user's interval or the default one; the wishes of those who serve the document win when longer.
fn interval(pace: &Pace<'_>) -> Duration {
    let default = if pace.has_validators { WITH_VALIDATORS } else { WITHOUT_VALIDATORS };
    let wish = pace.wished_interval.max(pace.min_interval).unwrap_or_default().min(LONGEST);
    pace.every.unwrap_or(default).max(wish)
}

fn backoff(pace: &Pace<'_>) -> Duration {
    let interval = interval(pace);
    let doublings = pace.failures.saturating_sub(1).min(20);
    let doubled = interval.saturating_mul(1 << doublings);
    let jittered = doubled.saturating_add(doubled.mul_f64(0.25 * jitter(pace.source, pace.failures)));
    // A user who asked for a longer interval than the limit keeps it.
    jittered.min(LONGEST.max(interval))
}

/// A number in [0, 1) that depends on source and failure only: FNV-1a over both, then mixed, because
/// FNV alone leaves the high bits of short texts alike.
pub(super) fn jitter(source: &SourceId, failures: u32) -> f64 {
    let bytes = source.as_str().bytes().chain(failures.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

/// One request at a time per host, a pause between two, and a limit on all of them together. It also knows
/// which hosts asked to be left alone.
///
/// A host is the name or address in a URL, whatever the port: one machine is not asked twice at once because
/// it listens twice.
#[derive(Debug)]
pub struct HostGate {
    /// By host: when its latest request ended. Grows with the hosts that are asked, not with requests.
    hosts: Mutex<HashMap<String, Arc<AsyncMutex<Option<Instant>>>>>,
    waits: Mutex<Waits>,
    all: Arc<Semaphore>,
    host_pause: Duration,
}

/// Until when hosts want to be left alone.
#[derive(Debug, Default)]
struct Waits {
    until: HashMap<String, Timestamp>,
    /// Those heard of since they were last taken to be kept.
    unkept: Vec<(String, Timestamp)>,
}

/// The right to make requests to one host; dropping it starts the host's pause.
#[derive(Debug)]
pub struct Pass {
    last: OwnedMutexGuard<Option<Instant>>,
    _one_of_all: OwnedSemaphorePermit,
}

impl HostGate {
    /// `concurrency` is taken as at least 1.
    pub fn new(concurrency: usize, host_pause: Duration) -> Self {
        let all = Arc::new(Semaphore::new(concurrency.clamp(1, Semaphore::MAX_PERMITS)));
        Self { hosts: Mutex::default(), waits: Mutex::default(), all, host_pause }
    }

    /// Takes over what hosts asked for earlier.
    pub fn remember_waits(&self, waits: Vec<(String, Timestamp)>) {
        self.waits().until.extend(waits);
    }

    /// What hosts have asked for since the last call.
    pub fn take_waits(&self) -> Vec<(String, Timestamp)> {
        std::mem::take(&mut self.waits().unkept)
    }

    /// Asks hosts again although they asked to be left alone: someone insists.
    pub fn forget_waits(&self) {
        self.waits().until.clear();
    }

    /// How long `url`'s host wants to be left alone from `now`, if it does. A clock that was wrong makes no
    /// wait longer than the longest.
    pub(super) fn wait(&self, url: &Url, now: Timestamp) -> Option<Duration> {
        let until = *self.waits().until.get(&host_of(url))?;
        let wait = Duration::try_from(until.duration_since(now)).ok()?;
        (!wait.is_zero() && wait <= LONGEST).then_some(wait)
    }

    /// Notes that `url`'s host asked to be left alone for so long.
    pub(super) fn note_wait(&self, url: &Url, now: Timestamp, wait: Duration) {
        let until = now.checked_add(wait.min(LONGEST)).unwrap_or(Timestamp::MAX);
        let mut waits = self.waits();
        waits.unkept.push((host_of(url), until));
        waits.until.insert(host_of(url), until);
    }

    fn waits(&self) -> std::sync::MutexGuard<'_, Waits> {
        // A panic elsewhere cannot leave it half changed.
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the turn of `url`'s host.
    pub async fn enter(&self, url: &Url) -> Pass {
        let host = self.host(url);
        // The host comes first: who waits for a slow host must not hold a place that others could use.
        let last = host.lock_owned().await;
        // Even a sleep that is over ends only with the timer's next millisecond.
        if let Some(next) = last.map(|last| last + self.host_pause).filter(|next| *next > Instant::now()) {
            tokio::time::sleep_until(next).await;
        }
        let permit = Arc::clone(&self.all).acquire_owned().await;
        Pass { last, _one_of_all: permit.expect("the semaphore is never closed") }
    }

    /// Lets nobody ask the host of `url` for a while.
    pub async fn hold(&self, url: &str, pause: Duration) {
        if let Ok(url) = Url::parse(url) {
            let _pass = self.enter(&url).await;
            tokio::time::sleep(pause).await;
        }
    }

    fn host(&self, url: &Url) -> Arc<AsyncMutex<Option<Instant>>> {
        // A panic elsewhere cannot leave the map half changed.
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(host_of(url)).or_default())
    }
}

/// The host of an address, by which it takes its turn; `a.example.` is `a.example`.
pub(super) fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().trim_end_matches('.').to_owned()
}

impl Drop for Pass {
    fn drop(&mut self) {
        *self.last = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const MINUTE: Duration = Duration::from_secs(60);

    fn pace(source: &SourceId) -> Pace<'_> {
        Pace {
            source,
            every: None,
            wished_interval: None,
            skip: Skip::default(),
            min_interval: None,
            has_validators: true,
            failures: 0,
        }
    }

    fn wait(outcome: Outcome, pace: &Pace<'_>) -> Duration {
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        next_poll(now, outcome, pace).duration_since(now).try_into().unwrap()
    }

    #[test]
    fn the_interval_is_the_longest_of_what_is_wished() {
        let id = SourceId::new("s");
        let base = pace(&id);
        let check = |pace: Pace<'_>, expected: Duration| {
            assert_eq!(wait(Outcome::Good, &pace), expected, "{pace:?}");
        };
        check(base, 30 * MINUTE);
        check(Pace { has_validators: false, ..base }, HOUR);
        check(Pace { every: Some(10 * MINUTE), has_validators: false, ..base }, 10 * MINUTE);
        check(Pace { every: Some(10 * MINUTE), wished_interval: Some(HOUR), ..base }, HOUR);
        check(Pace { every: Some(2 * HOUR), wished_interval: Some(HOUR), ..base }, 2 * HOUR);
        check(Pace { wished_interval: Some(HOUR), min_interval: Some(3 * HOUR), ..base }, 3 * HOUR);
        check(Pace { min_interval: Some(MINUTE), ..base }, 30 * MINUTE);
        check(Pace { wished_interval: Some(1000 * HOUR), ..base }, 24 * HOUR);
        check(Pace { every: Some(168 * HOUR), wished_interval: Some(1000 * HOUR), ..base }, 168 * HOUR);
        check(Pace { failures: 7, ..base }, 30 * MINUTE);
    }

    #[test]
    fn failures_double_the_interval_up_to_a_day() {
        let id = SourceId::new("ecodaily");
        for (failures, least) in [(1, HOUR / 2), (2, HOUR), (3, 2 * HOUR), (5, 8 * HOUR), (6, 16 * HOUR)] {
            let wait = wait(Outcome::Failed, &Pace { failures, ..pace(&id) });
            assert!((least..least + least / 4).contains(&wait), "{failures} failures: {wait:?}");
        }
        for failures in [7, 100, u32::MAX] {
            assert_eq!(wait(Outcome::Failed, &Pace { failures, ..pace(&id) }), 24 * HOUR);
        }
        let weekly = Pace { every: Some(168 * HOUR), failures: 9, ..pace(&id) };
        assert_eq!(wait(Outcome::Failed, &weekly), 168 * HOUR);
    }

    #[test]
    fn a_server_that_asks_for_time_gets_it() {
        let id = SourceId::new("s");
        let once = Pace { failures: 1, ..pace(&id) };
        let check = |after: Option<Duration>| wait(Outcome::RateLimited { after }, &once);
        assert_eq!(check(Some(5 * HOUR)), 5 * HOUR);
        assert_eq!(check(Some(1000 * HOUR)), 24 * HOUR);
        assert_eq!(check(None), wait(Outcome::Failed, &once));
        assert_eq!(check(Some(MINUTE)), wait(Outcome::Failed, &once));
    }

    #[test]
    fn sources_that_failed_together_come_back_apart() {
        let waits: std::collections::HashSet<Duration> = (0..100)
            .map(|i| {
                let id = SourceId::new(format!("source-{i}"));
                let wait = wait(Outcome::Failed, &Pace { failures: 1, ..pace(&id) });
                Duration::from_secs(wait.as_secs() / 10)
            })
            .collect();
        assert!(waits.len() > 30, "{} different tens of seconds of 45", waits.len());
    }

    proptest! {
        #[test]
        fn the_next_poll_is_later_than_now_and_within_the_longest_wait(
            every in proptest::option::of(60_u64..2_000_000),
            wished in proptest::option::of(any::<u64>()),
            least in proptest::option::of(any::<u64>()),
            after in proptest::option::of(any::<u64>()),
            failures: u32,
            kind in 0_usize..3,
        ) {
            let id = SourceId::new("s");
            let duration = |s: Option<u64>| s.map(Duration::from_secs);
            let pace = Pace {
                every: duration(every), wished_interval: duration(wished), min_interval: duration(least),
                failures, ..pace(&id)
            };
            let outcome =
                [Outcome::Good, Outcome::Failed, Outcome::RateLimited { after: duration(after) }][kind];
            let wait = wait(outcome, &pace);
            prop_assert!(wait >= pace.every.unwrap_or(WITH_VALIDATORS));
            prop_assert!(wait <= longest_wait(pace.every));
        }
    }

    /// Runs `requests` of ten seconds each at once; returns when each began, in seconds, and the most
    /// that ran together.
    async fn run(gate: HostGate, requests: &[&'static str]) -> (Vec<u64>, usize) {
        let start = Instant::now();
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let tasks = requests.iter().map(|url| async {
            let _pass = gate.enter(&Url::parse(url).unwrap()).await;
            let began = start.elapsed().as_secs();
            most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
            tokio::time::sleep(Duration::from_secs(10)).await;
            running.fetch_sub(1, SeqCst);
            began
        });
        (futures_util::future::join_all(tasks).await, most.load(SeqCst))
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_is_asked_one_thing_at_a_time_with_a_pause() {
        let gate = HostGate::new(8, Duration::from_secs(2));
        let urls =
            ["http://a.example/1", "https://A.example:8443/2", "http://b.example/", "http://a.example/3"];
        assert_eq!(run(gate, &urls).await, (vec![0, 12, 0, 24], 2));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_the_limit_run_at_once_and_a_waiting_host_takes_no_place() {
        let gate = HostGate::new(2, Duration::ZERO);
        let urls = ["http://a/1", "http://a/2", "http://b/", "http://c/", "http://d/"];
        let (began, most) = run(gate, &urls).await;
        assert_eq!(most, 2);
        assert_eq!((began[0], began[2]), (0, 0), "the second request to `a` kept `b` waiting");
        assert_eq!(began.iter().max(), Some(&20));
    }
}
