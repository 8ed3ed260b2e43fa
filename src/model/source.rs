//! Where to listen, and how each place is doing.

use std::borrow::Cow;
use std::time::Duration;

use super::{Preset, Timestamp, id_type};

id_type!(
    /// The id of a source as written in `feeds.toml`; its name everywhere.
    SourceId
);

/// The kind of place a source is: which requests to make, how to read the answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// An RSS, Atom or JSON Feed document at a fixed address.
    Feed { url: String },
    /// A known place, polled by one or several requests.
    Preset(Preset),
    /// A known place that is not polled: it sends what there is over a connection that stays open.
    Stream(Preset),
}

/// A configured place to poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub id: SourceId,
    pub kind: SourceKind,
    /// The wished interval; `None`: 30 minutes, an hour where the server offers no validators.
    pub every: Option<Duration>,
    pub tags: Vec<String>,
    pub allow_private: bool,
    pub enabled: bool,
}

impl Source {
    pub fn is_stream(&self) -> bool {
        matches!(self.kind, SourceKind::Stream(_))
    }

    /// What makes it the place it is, as one line: a source whose address changes starts anew. What a known
    /// place is searched for is no part of it.
    pub fn address(&self) -> Cow<'_, str> {
        match &self.kind {
            SourceKind::Feed { url } => Cow::Borrowed(url),
            SourceKind::Preset(preset) | SourceKind::Stream(preset) => match &preset.host {
                Some(host) => Cow::Owned(format!("{} {host}", preset.name.as_str())),
                None => Cow::Borrowed(preset.name.as_str()),
            },
        }
    }

    /// Where it listens, for people: a feed's address, or the name of a known place and what it is asked for.
    pub fn shown_address(&self) -> Cow<'_, str> {
        match &self.kind {
            SourceKind::Feed { url } => Cow::Borrowed(url),
            SourceKind::Preset(preset) | SourceKind::Stream(preset) => Cow::Owned(preset.to_string()),
        }
    }
}

/// What a server gave to recognise its document by, kept verbatim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// Hash of the decompressed body last read.
    pub body_hash: Option<[u8; 32]>,
}

/// How a source is doing, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HealthState {
    /// Never polled yet.
    New,
    Ok,
    /// Asked to wait (429, 503, Retry-After).
    Throttled,
    /// Refused (401, 403, private address).
    Blocked,
    /// Answered, but not with a feed, or could not be reached.
    Broken,
    /// 410: the publisher took it down.
    Gone,
    Disabled,
}

impl HealthState {
    pub const ALL: [HealthState; 7] = [
        HealthState::New,
        HealthState::Ok,
        HealthState::Throttled,
        HealthState::Blocked,
        HealthState::Broken,
        HealthState::Gone,
        HealthState::Disabled,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            HealthState::New => "new",
            HealthState::Ok => "ok",
            HealthState::Throttled => "throttled",
            HealthState::Blocked => "blocked",
            HealthState::Broken => "broken",
            HealthState::Gone => "gone",
            HealthState::Disabled => "disabled",
        }
    }
}

/// A source's health and schedule as the store keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    pub source: SourceId,
    pub state: HealthState,
    pub validators: Validators,
    /// First and latest poll that read a whole feed (or was told that nothing changed).
    pub first_good: Option<Timestamp>,
    pub last_good: Option<Timestamp>,
    pub last_poll: Option<Timestamp>,
    pub next_poll: Option<Timestamp>,
    /// Failures in a row.
    pub failures: u32,
    /// What was wrong last, or what was repaired, in words; `None` when all is well.
    pub note: Option<String>,
}

/// A time during which a source could not be heard, half-open; `until` is `None` while it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub source: SourceId,
    pub since: Timestamp,
    pub until: Option<Timestamp>,
}
