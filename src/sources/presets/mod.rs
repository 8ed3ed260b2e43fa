//! Known places: the requests to make of each, and how to read the answers. Pure, one file a place.
//!
//! A place is asked by one or several requests ([`requests`]), each with a key by which its state is kept
//! from poll to poll. Where a place tells of older things than a document shows, they are read bit by bit
//! ([`Progress`]), a few requests a poll.
//!
//! What is written here of the places rests on their documentation and on what was publicly known of them at
//! the date each file gives ([`About::checked`]).

mod app_store;
mod bing_news;
mod bluesky;
mod dev_to;
mod discourse;
mod gdelt;
mod github;
mod google_alerts;
mod google_news;
mod hacker_news;
pub mod jetstream;
mod json;
mod lemmy;
mod lobsters;
mod mastodon;
mod medium;
mod progress;
mod reddit;
mod stack_exchange;
mod substack;
#[cfg(test)]
mod tests;
mod wikipedia;
mod wordpress;
mod youtube;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;

use crate::model::{Preset, PresetName, Timestamp};

use super::{Document, Limits, Parsed};
pub use progress::{Progress, Stretch};

/// What a person is told of a place before they listen to it.
#[derive(Clone, Copy, Debug)]
pub struct About {
    pub hears: &'static str,
    /// What it takes beside what every source takes.
    pub keys: &'static [Key],
    /// Of each group, at least one key must be given.
    pub needs: &'static [&'static [&'static str]],
    pub standing: Standing,
    /// What to know of its terms, or of the state it is in.
    pub notice: Option<&'static str>,
    /// What it gives at most, and how often it may be asked.
    pub limits: &'static str,
    /// How far it is read back, at most; `None`: to the beginning, where there is a way.
    pub back: Option<Duration>,
    /// How often it is asked unless the user says otherwise; zero for a stream.
    pub every: Duration,
    /// How often it may be asked, whatever the user says.
    pub least: Duration,
    /// For how long it is left alone after a failure, at least.
    pub after_failure: Duration,
    /// What it wants between two requests, beside what every host is given.
    pub pause: Duration,
    /// When this was last held against what is publicly known of the place, as a month.
    pub checked: &'static str,
}

/// A key of `[[source]]` that a place takes, and an example of what to write.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    pub example: &'static str,
}

/// Whether a place is there for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Open,
    /// Its terms restrict what for: who writes its kind has chosen to.
    OptIn,
    /// It answers only some of the time, or less than it did.
    Degraded,
}

impl Standing {
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Open => "open",
            Standing::OptIn => "opt-in",
            Standing::Degraded => "degraded",
        }
    }
}

const SEARCH: Key = Key { name: "search", example: "{brand}" };
const HOST: Key = Key { name: "host", example: "https://mirror.example" };

const MINUTE: Duration = Duration::from_secs(60);
const HALF_HOUR: Duration = Duration::from_secs(30 * 60);
const HOUR: Duration = Duration::from_secs(3600);

/// What is known of a place.
pub fn about(name: PresetName) -> &'static About {
    match name {
        PresetName::HackerNews => &hacker_news::ABOUT,
        PresetName::Mastodon => &mastodon::ABOUT,
        PresetName::Bluesky => &bluesky::ABOUT,
        PresetName::BlueskyJetstream => &jetstream::ABOUT,
        PresetName::Reddit => &reddit::ABOUT,
        PresetName::Lemmy => &lemmy::ABOUT,
        PresetName::Lobsters => &lobsters::ABOUT,
        PresetName::StackExchange => &stack_exchange::ABOUT,
        PresetName::Discourse => &discourse::ABOUT,
        PresetName::GitHub => &github::ABOUT,
        PresetName::YouTube => &youtube::ABOUT,
        PresetName::WordPress => &wordpress::ABOUT,
        PresetName::Medium => &medium::ABOUT,
        PresetName::DevTo => &dev_to::ABOUT,
        PresetName::Substack => &substack::ABOUT,
        PresetName::GoogleAlerts => &google_alerts::ABOUT,
        PresetName::GoogleNews => &google_news::ABOUT,
        PresetName::BingNews => &bing_news::ABOUT,
        PresetName::Gdelt => &gdelt::ABOUT,
        PresetName::AppStore => &app_store::ABOUT,
        PresetName::Wikipedia => &wikipedia::ABOUT,
    }
}

/// Why a value cannot be asked for: the key, and what to write instead.
pub type Unfit = (&'static str, String);

/// Whether the values of a preset's keys are such as its place knows.
///
/// # Errors
/// The first that is not.
pub fn check(preset: &Preset) -> Result<(), Unfit> {
    match preset.name {
        PresetName::YouTube => youtube::check(preset),
        PresetName::GitHub => github::check(preset),
        PresetName::GoogleAlerts => google_alerts::check(preset),
        PresetName::AppStore => app_store::check(preset),
        PresetName::Mastodon => mastodon::check(preset),
        _ => Ok(()),
    }
}

/// One request of a poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// What it is known by within its source, from poll to poll, to people as well. It holds no secret.
    pub key: String,
    pub url: String,
    /// The user's token is sent along.
    pub with_token: bool,
    /// Not every place of the kind has it: that it is not found is no failure.
    pub optional: bool,
    /// Where older things are read from; `None` for the request that shows the newest ones.
    pub older: Option<String>,
}

impl Ask {
    fn newest(key: impl Into<String>, url: String) -> Ask {
        Ask { key: key.into(), url, with_token: false, optional: false, older: None }
    }
}

/// What an answer holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    pub parsed: Parsed,
    pub attention: Vec<Attention>,
    /// Where to go on for what is older than all of this; `None` if there is nothing, or no way to it.
    pub older: Option<String>,
}

impl From<Parsed> for Answer {
    fn from(parsed: Parsed) -> Answer {
        Answer { parsed, ..Answer::default() }
    }
}

/// How often an article was looked at on one day (UTC).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    pub article: String,
    pub day: Date,
    pub views: u64,
}

/// The requests that show the newest of what a place has. `known` is what is kept of them, by their keys.
pub fn requests(preset: &Preset, known: &BTreeMap<String, Progress>, now: Timestamp) -> Vec<Ask> {
    match preset.name {
        PresetName::HackerNews => hacker_news::requests(preset),
        PresetName::Mastodon => mastodon::requests(preset),
        PresetName::Bluesky => bluesky::requests(preset),
        PresetName::BlueskyJetstream => Vec::new(),
        PresetName::Reddit => reddit::requests(preset),
        PresetName::Lemmy => lemmy::requests(preset),
        PresetName::Lobsters => lobsters::requests(preset),
        PresetName::StackExchange => stack_exchange::requests(preset),
        PresetName::Discourse => discourse::requests(preset),
        PresetName::GitHub => github::requests(preset),
        PresetName::YouTube => youtube::requests(preset),
        PresetName::WordPress => wordpress::requests(preset),
        PresetName::Medium => medium::requests(preset),
        PresetName::DevTo => dev_to::requests(preset),
        PresetName::Substack => substack::requests(preset),
        PresetName::GoogleAlerts => google_alerts::requests(preset),
        PresetName::GoogleNews => google_news::requests(preset, known, now),
        PresetName::BingNews => bing_news::requests(preset),
        PresetName::Gdelt => gdelt::requests(preset),
        PresetName::AppStore => app_store::requests(preset),
        PresetName::Wikipedia => wikipedia::requests(preset, known, now),
    }
}

/// The request for what is older, from `at` on, where `ask` shows the newest.
pub fn older(preset: &Preset, ask: &Ask, at: &str) -> Option<Ask> {
    let url = match preset.name {
        PresetName::HackerNews => hacker_news::older(&ask.url, at),
        PresetName::Mastodon => mastodon::older(&ask.url, at),
        PresetName::Bluesky => bluesky::older(&ask.url, at),
        PresetName::WordPress => wordpress::older(&ask.url, at),
        PresetName::AppStore => app_store::older(&ask.url, at),
        _ => return None,
    };
    Some(Ask { url, older: Some(at.to_owned()), ..ask.clone() })
}

/// Reads an answer. Never fails and never panics: what could not be read is a problem of what was parsed.
pub fn parse(preset: &Preset, ask: &Ask, document: Document<'_>, limits: &Limits) -> Answer {
    let answer = match preset.name {
        PresetName::HackerNews => hacker_news::parse(document, limits),
        PresetName::Mastodon => mastodon::parse(ask, document, limits),
        PresetName::Bluesky => bluesky::parse(document, limits),
        PresetName::Gdelt => gdelt::parse(document, limits),
        PresetName::AppStore => app_store::parse(ask, document, limits),
        PresetName::Wikipedia => wikipedia::parse(document),
        PresetName::WordPress => Ok(wordpress::parse(ask, document, limits)),
        PresetName::YouTube => Ok(youtube::parse(document, limits)),
        PresetName::GoogleAlerts => Ok(google_alerts::parse(document, limits)),
        PresetName::GoogleNews => Ok(google_news::parse(document, limits)),
        PresetName::BingNews => Ok(bing_news::parse(document, limits)),
        PresetName::BlueskyJetstream
        | PresetName::Reddit
        | PresetName::Lemmy
        | PresetName::Lobsters
        | PresetName::StackExchange
        | PresetName::Discourse
        | PresetName::GitHub
        | PresetName::Medium
        | PresetName::DevTo
        | PresetName::Substack => Ok(super::parse(document, limits).into()),
    };
    answer.unwrap_or_else(Answer::from)
}

/// Where a place lives: the mirror the user names, else `usual`.
fn base<'p>(preset: &'p Preset, usual: &'p str) -> &'p str {
    preset.host.as_deref().unwrap_or(usual)
}

/// `base`, a path as it is, and a query whose values are encoded.
fn address(base: &str, path: &str, query: &[(&str, &str)]) -> String {
    let mut address = format!("{base}{path}");
    for (place, (name, value)) in query.iter().enumerate() {
        let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        address.push_str(&format!("{}{name}={value}", if place == 0 { '?' } else { '&' }));
    }
    address
}

/// A value as one step of a path.
fn step(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@+,".contains(&byte);
    value.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// A name in straight quotes if it is of several words.
fn quoted(name: &str) -> String {
    let words: Vec<&str> = name.split(['"', ' ']).filter(|word| !word.is_empty()).collect();
    let name = words.join(" ");
    if name.chars().all(char::is_alphanumeric) { name } else { format!("\"{name}\"") }
}

/// The searches of a preset, names of several words in quotes.
fn terms(preset: &Preset) -> Vec<String> {
    preset.search.as_ref().map(|search| search.terms(quoted)).unwrap_or_default()
}

/// The searches of a preset as one that finds what any of them finds.
fn any_of(terms: &[String]) -> String {
    terms.join(" OR ")
}

/// The feeds below `/feed/tag/`, as several places have them.
fn tag_feeds(base: &str, tags: &[String]) -> Vec<Ask> {
    let ask = |tag: &String| Ask::newest(format!("tag {tag}"), format!("{base}/feed/tag/{}", step(tag)));
    tags.iter().map(ask).collect()
}

/// The address that a link through a search engine's own page at `path` leads to.
fn behind(link: &str, path: &str) -> Option<String> {
    let url = url::Url::parse(link).ok().filter(|url| url.path() == path)?;
    let (_, article) = url.query_pairs().find(|(name, _)| name == "url")?;
    (article.starts_with("http://") || article.starts_with("https://")).then(|| article.into_owned())
}
