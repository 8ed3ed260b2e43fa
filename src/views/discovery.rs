//! The feeds that belong to an address.

use jiff::Timestamp;
use serde::Serialize;

use crate::sources::Parsed;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DiscoveryView {
    /// As typed.
    pub url: String,
    /// How the feeds were found.
    pub found: Found,
    pub feeds: Vec<FoundFeed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// The address is that of a feed.
    Itself,
    /// The place is well known, and where its feeds lie.
    ByRule,
    /// The page says so.
    Advertised,
    /// The page says nothing; they lie where feeds often do.
    Guessed,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundFeed {
    pub url: String,
    /// The feed's own, else the page's for it.
    pub title: Option<String>,
    pub entries: usize,
    pub newest: Option<Timestamp>,
}

impl FoundFeed {
    /// `advertised` is what the page calls it.
    pub fn new(url: &str, advertised: Option<String>, feed: &Parsed) -> Self {
        FoundFeed {
            url: url.to_owned(),
            title: feed.title.clone().or(advertised),
            entries: feed.entries.len(),
            newest: feed.entries.iter().filter_map(|entry| entry.published.or(entry.updated)).max(),
        }
    }
}

/// What was done to feeds.toml.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AdditionView {
    pub added: Vec<Added>,
    /// Addresses that feeds.toml has already, with the sources of that address.
    pub known: Vec<Added>,
    /// What could not be taken, and why.
    pub rejected: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Added {
    pub source: String,
    pub url: String,
    pub tags: Vec<String>,
}
