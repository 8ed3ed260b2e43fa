//! The text of feeds.toml → a configuration, or all its problems with line and column. Pure.
//!
//! [`check`] reads the whole file and its includes before it answers, so that a person mends everything
//! in one go. Whoever reads the disk is [`crate::daemon::configuration`].

pub mod addition;
mod check;
mod listening;
mod preset;
mod problem;
mod raw;
mod rule;
mod subjects;
mod telling;
pub mod template;
#[cfg(test)]
mod tests;
mod values;
mod written;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::model::{Brand, Digest, Goal, NotifierConfig, Rule, SavedQuery, Source, Tongue};
pub use check::{check, includes, missing_include, wrong_model};
pub use problem::{Problem, Severity, show};
pub use values::{budget as budget_per_week, duration};
pub use written::written_tests;

/// What to listen to, for whom, and when to shout. Every reference in it is resolved.
#[derive(Clone, Debug)]
pub struct Config {
    pub settings: Settings,
    pub brands: Vec<Brand>,
    pub sources: Vec<Source>,
    pub queries: Vec<SavedQuery>,
    pub rules: Vec<Rule>,
    pub notifiers: Vec<NotifierConfig>,
    pub digests: Vec<Digest>,
    pub goals: Vec<Goal>,
    pub tone: ToneWords,
}

#[derive(Clone, Debug)]
pub struct Settings {
    /// UTC unless given.
    pub timezone: TimeZone,
    /// Its IANA name.
    pub timezone_name: String,
    /// `None`: as the environment says.
    pub language: Option<Tongue>,
    /// As written: relative to feeds.toml, or absolute.
    pub data_dir: String,
    /// An address for publishers, sent in the User-Agent.
    pub contact: Option<String>,
    pub keep: Keep,
    /// How long mentions are kept; `None`: for ever.
    pub retention: Option<Duration>,
    /// Requests at once.
    pub concurrency: usize,
    /// Between two requests to one host.
    pub host_pause: Duration,
    /// File name patterns of further files, relative to feeds.toml.
    pub include: Vec<String>,
    /// A tone model of the user's own: an ONNX file.
    pub model: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timezone: TimeZone::UTC,
            timezone_name: "UTC".into(),
            language: None,
            data_dir: DEFAULT_DATA_DIR.into(),
            contact: None,
            keep: Keep::Mentions,
            retention: None,
            concurrency: 16,
            host_pause: Duration::from_secs(1),
            include: Vec::new(),
            model: None,
        }
    }
}

/// What is kept of entries that name no brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    Mentions,
    All,
    /// All for so long, then those that name a brand.
    For(Duration),
}

/// Where data is kept unless the file says otherwise.
pub const DEFAULT_DATA_DIR: &str = "index";

/// Words that carry a tone in the user's trade.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToneWords {
    pub negative: Vec<String>,
    pub positive: Vec<String>,
}

/// A configuration file as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// As it shall be shown to people.
    pub path: String,
    pub text: String,
}

/// The outcome of [`check`].
#[derive(Clone, Debug)]
pub struct Checked {
    /// `None` if any problem is an error.
    pub config: Option<Config>,
    /// In the order of the files and their lines.
    pub problems: Vec<Problem>,
}

impl Config {
    /// The tags of each source, by its id.
    pub fn source_tags(&self) -> BTreeMap<String, Vec<String>> {
        self.sources.iter().map(|s| (s.id.to_string(), s.tags.clone())).collect()
    }

    /// A hash (32 hexadecimal digits) over everything that decides what is a mention: brands, saved
    /// queries, what rules count, and the tags of sources, which queries ask for. When it changes, every source is to be heard again. The order in the file does not matter.
    pub fn listening_hash(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for brand in &self.brands {
            let text = |query: &Option<crate::query::Query>| query.as_ref().map(|query| query.text.clone());
            parts.push(format!(
                "brand {:?}",
                (
                    brand.id.as_str(),
                    (&brand.aliases, &brand.exact),
                    (text(&brand.query), text(&brand.context), text(&brand.exclude)),
                    (&brand.domains, &brand.accounts),
                )
            ));
        }
        for query in self.subjects() {
            parts.push(format!("query {:?}", (&query.id, &query.query.text)));
        }
        // A source without tags is like one that is not configured.
        for source in self.sources.iter().filter(|source| !source.tags.is_empty()) {
            parts.push(format!("source {:?}", (source.id.as_str(), &source.tags)));
        }
        parts.sort_unstable();
        blake3::hash(parts.join("\n").as_bytes()).to_hex()[..32].to_string()
    }
}
