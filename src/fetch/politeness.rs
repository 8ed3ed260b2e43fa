//! When to ask again, and how many at once.
use std::time::Duration;

use crate::model::{SourceId, Timestamp};

/// How the poll that just ended went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A document, or word that it has not changed.
    Good,
    /// 429 or 503: with what the server asked for, if anything.
    RateLimited {
        after: Option<Duration>,
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
    /// The server's (`Document::min_interval`).
    pub min_interval: Option<Duration>,
    /// The server gave an ETag or Last-Modified, so that asking costs it little.
    pub has_validators: bool,
    /// Failures in a row, the one that just happened included.
    pub failures: u32,
}

/// When to poll again.
pub fn next_poll(now: Timestamp, outcome: Outcome, pace: &Pace<'_>) -> Timestamp {
    let _ = (now, outcome, pace);
    todo!()
}

/// One request at a time per host, a pause between two, and a limit on all of them together.
#[derive(Debug)]
pub struct HostGate {}

/// The right to make requests to one host; dropping it starts the host's pause.
#[derive(Debug)]
pub struct Pass {}

impl HostGate {
    pub fn new(concurrency: usize, host_pause: Duration) -> Self {
        let _ = (concurrency, host_pause);
        todo!()
    }

    /// Waits for the turn of `url`'s host.
    pub async fn enter(&self, url: &str) -> Pass {
        let _ = url;
        todo!()
    }
}
