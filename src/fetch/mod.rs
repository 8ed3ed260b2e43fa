//! HTTP: one polite, careful request for one document, and connections that stay open.
//!
//! The caller says what it already has ([`Request::validators`]) and is told either that nothing
//! changed or what the document is now. Whatever a server does (never answers, answers for ever, sends a
//! bomb, points at the local network), a fetch ends within its deadline and its byte limit.
//!
//! No proxy is used, whatever the environment says: a proxy resolves names itself, out of reach of the
//! check of addresses. No cookies are kept.

mod address;
mod client;
mod politeness;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use crate::model::{Problem, ProblemKind, Validators};
use crate::sources;

pub use address::is_public;
pub use client::Client;
pub use politeness::{HostGate, Outcome, Pace, longest_wait, next_poll};
pub use stream::{Broken, Stream, Text, reconnect_after};

/// How every request of a [`Client`] is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the operator can be reached; goes into the User-Agent.
    pub contact: Option<String>,
    /// From the first packet to the last byte, redirects included.
    pub total_timeout: Duration,
    pub connect_timeout: Duration,
    /// Bytes of one body after decompression, or of one message of a stream.
    pub body_limit: u64,
    /// A stream is asked for a sign of life after so long without one, and given up after as long again.
    pub idle_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            contact: None,
            total_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(15),
            body_limit: 15 << 20,
            idle_timeout: Duration::from_secs(30),
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub url: String,
    /// What the server gave the last time; sent back verbatim.
    pub validators: Validators,
    /// The address may be on loopback or the local network.
    pub allow_private: bool,
}

/// An answer that is no failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// 304. A header that the answer repeats is given; where it is `None` the old one stays valid.
    NotModified {
        etag: Option<String>,
        last_modified: Option<String>,
        min_interval: Option<Duration>,
        permanent_url: Option<String>,
    },
    Document(Document),
}

/// A document as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Decompressed; may be empty.
    pub bytes: Vec<u8>,
    /// Why the rest of it is missing, if it is.
    pub cut: Option<Cut>,
    /// Held while it is in memory.
    pub room: Room,
    pub content_type: Option<String>,
    /// Where it was read from in the end, without user name and password: the base of relative links.
    pub final_url: String,
    /// Where it lives for good: there were redirects, and every one of them was permanent (301, 308).
    pub permanent_url: Option<String>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// How long the server wants to be left alone (Cache-Control, else Expires), at most a day.
    pub min_interval: Option<Duration>,
    /// The server's clock and this machine's are more than a day apart.
    pub clock_is_denied: bool,
}

impl Document {
    /// As readers take it.
    pub fn readable(&self) -> sources::Document<'_> {
        sources::Document {
            bytes: &self.bytes,
            content_type: self.content_type.as_deref(),
            base_url: Some(&self.final_url),
        }
    }
}

/// The right of a large document to be in memory; there are few of them. It says nothing of the document itself.
#[derive(Clone, Debug, Default)]
pub struct Room(Option<Arc<OwnedSemaphorePermit>>);

impl PartialEq for Room {
    fn eq(&self, _: &Room) -> bool {
        true
    }
}

impl Eq for Room {}

/// Why a document ends before its end. What came before may hold whole entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    TooLarge { limit_bytes: u64 },
    BrokeOff(String),
    Timeout(Duration),
}

impl Cut {
    /// Whether the same document will be cut at the same place again.
    pub fn is_lasting(&self) -> bool {
        matches!(self, Cut::TooLarge { .. })
    }

    /// As a problem of the document, of which something was read.
    pub fn problem(&self) -> Problem {
        let kind = if self.is_lasting() { ProblemKind::Limit } else { ProblemKind::Lost };
        Problem { kind, message: format!("{self}; what had come was read") }
    }
}

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cut::TooLarge { limit_bytes } => write!(f, "the answer is larger than {limit_bytes} bytes"),
            Cut::BrokeOff(why) => write!(f, "the answer broke off ({why})"),
            Cut::Timeout(limit) => write!(f, "no whole answer within {limit:?}"),
        }
    }
}

/// Why there is no answer to use. A message names a host, never a whole address: that may hold a secret.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("asked to wait{}", wait_in_words(*.after))]
    RateLimited { after: Option<Duration> },
    /// Not asked, because its host had asked to wait when it was asked for something else.
    #[error("not asked: its host wants to be left alone for {} s more", .after.as_secs())]
    HostWaits { after: Duration },
    #[error("refused: {0}")]
    Refused(String),
    #[error("the answer is encoded as `{0}`, which was not asked for")]
    Encoding(String),
    #[error("server answered {0}{meaning}", meaning = meaning(*.0))]
    Status(u16),
    #[error("taken down by its publisher (410 Gone)")]
    Gone,
    #[error("redirected more than {0} times")]
    TooManyRedirects(usize),
    #[error("no whole answer within {0:?}")]
    Timeout(Duration),
    #[error("{}", client::network_failure(.0))]
    Network(reqwest::Error),
}

fn wait_in_words(after: Option<Duration>) -> String {
    match after {
        Some(after) => format!(" {} s before the next request", after.as_secs()),
        None => String::new(),
    }
}

/// The codes that a person running a monitor meets, in words.
fn meaning(status: u16) -> &'static str {
    match status {
        400 => " (bad request)",
        401 => " (wants a login)",
        403 => " (forbidden)",
        404 => " (not found; it may come back, so it is asked for again)",
        451 => " (refused for legal reasons)",
        500 => " (internal error)",
        502 => " (bad gateway)",
        504 => " (gateway timeout)",
        _ => "",
    }
}
