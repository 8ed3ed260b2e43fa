//! Where to listen, and how each place is doing.

use std::borrow::Cow;
use std::time::Duration;

use super::{Move, Preset, Rhythm, Skip, Timestamp, id_type};

id_type!(
    /// The id of a source as written in `feeds.toml`; its name everywhere.
    SourceId
);

/// The kind of place a source is: which requests to make, how to read the answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
    /// Heard, but nothing new has come for far longer than is usual for it.
    Silent,
    /// Heard at the address it has moved to for good, which feeds.toml does not have yet.
    Moved,
    /// Asked to wait (429, 503, Retry-After).
    Throttled,
    /// Refused (401, 403, 451, private address).
    Blocked,
    /// Answered, but not with a feed, or could not be reached.
    Broken,
    /// 410: the publisher took it down.
    Gone,
    Disabled,
}

impl HealthState {
    pub const ALL: [HealthState; 9] = [
        HealthState::New,
        HealthState::Ok,
        HealthState::Silent,
        HealthState::Moved,
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
            HealthState::Silent => "silent",
            HealthState::Moved => "moved",
            HealthState::Throttled => "throttled",
            HealthState::Blocked => "blocked",
            HealthState::Broken => "broken",
            HealthState::Gone => "gone",
            HealthState::Disabled => "disabled",
        }
    }

    /// Whether the last poll heard the source.
    pub fn is_good(self) -> bool {
        matches!(self, HealthState::Ok | HealthState::Silent | HealthState::Moved)
    }
}

/// What was repaired in a document, lost, or found instead of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// For people: what was repaired, lost or found instead.
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    Repaired,
    Lost,
    NotAFeed,
    Limit,
}

impl ProblemKind {
    pub const ALL: [ProblemKind; 4] =
        [ProblemKind::Repaired, ProblemKind::Lost, ProblemKind::NotAFeed, ProblemKind::Limit];

    pub fn as_str(self) -> &'static str {
        match self {
            ProblemKind::Repaired => "repaired",
            ProblemKind::Lost => "lost",
            ProblemKind::NotAFeed => "not-a-feed",
            ProblemKind::Limit => "limit",
        }
    }
}

/// What polls have taught of a source, kept for the polls that follow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    pub moved: Option<Move>,
    /// The interval the publisher asks for, in seconds.
    pub wished_interval_s: Option<u64>,
    pub skip: Skip,
    pub rhythm: Option<Rhythm>,
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
    /// What was wrong last, or what there is to say of a source that was heard; `None` when all is well.
    pub note: Option<String>,
    /// What had to be repaired in the last whole document.
    pub problems: Vec<Problem>,
    pub learned: Learned,
}

/// A time of which a source was not heard, half-open; `until` is `None` while it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub source: SourceId,
    pub since: Timestamp,
    pub until: Option<Timestamp>,
}
