//! Whom to tell, when, and what.

use std::path::PathBuf;

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::{AlertId, RuleId, Severity, Timestamp, id_type};

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

impl Tongue {
    /// A title or word of somebody else's, in the quotation marks of the language.
    pub fn quoted(self, text: &str) -> String {
        match self {
            Tongue::French => format!("« {text} »"),
            Tongue::English => format!("“{text}”"),
        }
    }

    /// The wording in this language.
    pub fn of<T>(self, english: T, french: T) -> T {
        match self {
            Tongue::English => english,
            Tongue::French => french,
        }
    }
}

/// A configured way to reach a person or a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifierConfig {
    pub id: NotifierId,
    pub channel: Channel,
    /// When nothing but what is critical is told.
    pub quiet: Option<Quiet>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    Desktop,
    /// A program and its arguments; the notification as JSON on its standard input. Never a shell.
    Command {
        argv: Vec<String>,
    },
    Webhook(WebhookConfig),
    Email(EmailConfig),
}

impl Channel {
    pub fn as_str(&self) -> &'static str {
        match self {
            Channel::Desktop => "desktop",
            Channel::Command { .. } => "command",
            Channel::Webhook(_) => "webhook",
            Channel::Email(_) => "email",
        }
    }

    /// Of a webhook, whose messages it sends.
    pub fn format(&self) -> Option<&'static str> {
        match self {
            Channel::Webhook(webhook) => Some(webhook.format.as_str()),
            Channel::Desktop | Channel::Command { .. } | Channel::Email(_) => None,
        }
    }

    /// Whether a person reads what is sent there, rather than a program that wants each piece of news by itself.
    pub fn is_read_by_people(&self) -> bool {
        match self {
            Channel::Desktop | Channel::Email(_) => true,
            Channel::Command { .. } => false,
            Channel::Webhook(webhook) => webhook.format != WebhookFormat::Json,
        }
    }

    /// The files it reads secrets from.
    pub fn secret_files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let secrets = match self {
            Channel::Desktop | Channel::Command { .. } => [None, None],
            Channel::Webhook(webhook) => [Some(&mut webhook.url), webhook.secret.as_mut()],
            Channel::Email(email) => [email.login.as_mut().map(|login| &mut login.password), None],
        };
        secrets.into_iter().flatten().filter_map(|secret| match secret {
            Secret::File(path) => Some(path),
            Secret::Variable(_) => None,
        })
    }
}

/// Where a secret is to be found when it is needed; never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// The name of an environment variable.
    Variable(String),
    File(PathBuf),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookConfig {
    pub format: WebhookFormat,
    pub url: Secret,
    /// What a `json` message is signed with; of `ntfy` an access token.
    pub secret: Option<Secret>,
}

/// Whose messages a webhook is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookFormat {
    Slack,
    Discord,
    Teams,
    Mattermost,
    Ntfy,
    /// One's own program, by the Standard Webhooks specification.
    Json,
}

impl WebhookFormat {
    pub const ALL: [WebhookFormat; 6] = [
        WebhookFormat::Slack,
        WebhookFormat::Discord,
        WebhookFormat::Teams,
        WebhookFormat::Mattermost,
        WebhookFormat::Ntfy,
        WebhookFormat::Json,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            WebhookFormat::Slack => "slack",
            WebhookFormat::Discord => "discord",
            WebhookFormat::Teams => "teams",
            WebhookFormat::Mattermost => "mattermost",
            WebhookFormat::Ntfy => "ntfy",
            WebhookFormat::Json => "json",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailConfig {
    pub host: String,
    pub port: u16,
    pub encryption: Encryption,
    pub login: Option<Login>,
    /// Addresses, alone or as `Name <address>`.
    pub from: String,
    pub to: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: Secret,
}

/// How the way to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte.
    Tls,
    /// After a greeting in the open; without it nothing is sent.
    StartTls,
    None,
}

/// Two times of day between which nobody is to be disturbed. The second may be of the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    pub from: Time,
    pub until: Time,
}

impl Quiet {
    /// When the quiet hours that `now` falls into are over; `None` outside of them.
    pub fn end(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let local = now.to_zoned(zone.clone());
        let (time, today) = (local.time(), local.date());
        let day = match self.from < self.until {
            true if self.from <= time && time < self.until => today,
            false if time < self.until => today,
            false if self.from <= time => today.tomorrow().ok()?,
            _ => return None,
        };
        Some(day.to_datetime(self.until).to_zoned(zone.clone()).ok()?.timestamp())
    }
}

/// What a notification speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    Alert,
    /// A source, of which there is something to be mended.
    Source,
    Digest,
    /// Several other notifications in one.
    Summary,
    Test,
}

impl Topic {
    pub const ALL: [Topic; 5] = [Topic::Alert, Topic::Source, Topic::Digest, Topic::Summary, Topic::Test];

    pub fn as_str(self) -> &'static str {
        match self {
            Topic::Alert => "alert",
            Topic::Source => "source",
            Topic::Digest => "digest",
            Topic::Summary => "summary",
            Topic::Test => "test",
        }
    }
}

/// What is said: plain text, escaped by whoever delivers it for its medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The same for every attempt to tell the same news: a receiver that knows it need not be told again.
    pub key: String,
    pub topic: Topic,
    pub alert: Option<AlertId>,
    pub rule: Option<RuleId>,
    pub severity: Severity,
    /// Since when there is this to be told.
    pub at: Timestamp,
    pub title: String,
    /// The loudest headline, quoted, for where there is no room for `sections`.
    pub headline: Option<String>,
    pub body: String,
    pub sections: Vec<Section>,
    /// A command that a person may want to type.
    pub act: Option<String>,
    /// Of a summary, what it sums up.
    pub parts: Vec<Notification>,
}

impl Notification {
    /// All of it but its sections, in a few lines.
    pub fn in_short(&self) -> String {
        let lines = [self.headline.as_deref(), Some(self.body.as_str()), self.act.as_deref()];
        let lines: Vec<&str> = lines.into_iter().flatten().filter(|line| !line.is_empty()).collect();
        lines.join("\n")
    }
}

/// Lines under a heading, for media that have room for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    pub heading: String,
    pub lines: Vec<Line>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub text: String,
    /// Where `text` leads to.
    pub link: Option<String>,
    /// Said after it, less loudly.
    pub note: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_are_of_the_users_zone_and_may_span_midnight() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let quiet = |from: i8, until: i8| Quiet {
            from: Time::constant(from, 0, 0, 0),
            until: Time::constant(until, 30, 0, 0),
        };
        let (night, noon) = (quiet(22, 7), quiet(12, 13));
        for (quiet, now, end) in [
            (night, "2026-01-31T20:59:59Z", None),
            (night, "2026-01-31T21:00:00Z", Some("2026-02-01T06:30:00Z")),
            (night, "2026-02-01T06:29:59Z", Some("2026-02-01T06:30:00Z")),
            (night, "2026-02-01T06:30:00Z", None),
            // The night in which clocks are put forward.
            (night, "2026-03-28T23:00:00Z", Some("2026-03-29T05:30:00Z")),
            (noon, "2026-07-01T10:00:00Z", Some("2026-07-01T11:30:00Z")),
            (noon, "2026-07-01T11:30:00Z", None),
            (noon, "2026-07-01T09:59:00Z", None),
        ] {
            let found = quiet.end(now.parse().unwrap(), &paris).map(|end| end.to_string());
            assert_eq!(found.as_deref(), end, "{now}");
        }
    }
}
