//! Whom to tell and what.

use super::{AlertId, Severity, id_type};

id_type!(
    /// The id of a notifier as written in `feeds.toml`.
    NotifierId
);

/// A language vigie itself speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tongue {
    French,
    English,
}

/// A configured way to reach a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifierConfig {
    pub id: NotifierId,
    pub channel: Channel,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    Desktop,
    /// A program and its arguments; the notification as JSON on its standard input. Never a shell.
    Command {
        argv: Vec<String>,
    },
}

/// What is said: plain text, escaped by whoever delivers it for its medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The same for every attempt to tell the same news.
    pub key: String,
    pub alert: Option<AlertId>,
    pub severity: Severity,
    pub title: String,
    pub body: String,
}
