//! Questions to the index: which mentions, how many, and how they divide.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use jiff::tz::TimeZone;

use crate::model::{MentionId, Timestamp};
use crate::query::Ast;

/// A reader over the commit that was last when it was opened.
pub struct Searcher {}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Newest first.
    #[default]
    New,
    /// By how much the words say, title before text; newest first among equals.
    Relevance,
}

/// What stands for many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// The first mention of each story, in the order asked.
    Story,
}

/// What hits are counted by. Times are of [`Options::zone`]: days are `2026-01-01`, hours
/// `2026-01-01T08`, weeks `2026-W01`, months `2026-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Facet {
    Brand,
    Source,
    Site,
    Author,
    Language,
    Sentiment,
    Tag,
    Status,
    Story,
    Hour,
    Day,
    Week,
    Month,
}

impl Facet {
    pub const ALL: [Facet; 13] = [
        Facet::Brand,
        Facet::Source,
        Facet::Site,
        Facet::Author,
        Facet::Language,
        Facet::Sentiment,
        Facet::Tag,
        Facet::Status,
        Facet::Story,
        Facet::Hour,
        Facet::Day,
        Facet::Week,
        Facet::Month,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Facet::Brand => "brand",
            Facet::Source => "source",
            Facet::Site => "site",
            Facet::Author => "author",
            Facet::Language => "language",
            Facet::Sentiment => "sentiment",
            Facet::Tag => "tag",
            Facet::Status => "status",
            Facet::Story => "story",
            Facet::Hour => "hour",
            Facet::Day => "day",
            Facet::Week => "week",
            Facet::Month => "month",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Options {
    /// Published (else observed) in `[since, until)`, beside what the query says.
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub sort: Sort,
    /// Hits to skip, and how many to give after them.
    pub offset: usize,
    pub limit: usize,
    pub fold: Option<Fold>,
    pub facets: Vec<Facet>,
    /// The most values of one facet; those of time are all given.
    pub facet_limit: usize,
    pub zone: TimeZone,
    /// The tags `feeds.toml` gives a source, by its id: they are not in the index, so that a change of
    /// them is heard at once.
    pub source_tags: BTreeMap<String, Vec<String>>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            since: None,
            until: None,
            sort: Sort::New,
            offset: 0,
            limit: 20,
            fold: None,
            facets: Vec::new(),
            facet_limit: 20,
            zone: TimeZone::UTC,
            source_tags: BTreeMap::new(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// Mentions that match, in all.
    pub total: u64,
    /// At most `limit`, after `offset`; equal times and scores are in the order of their ids.
    pub ids: Vec<MentionId>,
    /// In the order asked; values by count, those of time in their own order.
    pub facets: Vec<(Facet, Vec<(String, u64)>)>,
}

impl Searcher {
    /// `None` where there is no index yet (or it is being built for the first time).
    pub fn open(dir: &Path) -> Result<Option<Searcher>> {
        let _ = dir;
        todo!()
    }

    /// The rev up to which it knows the store's changes.
    pub fn rev(&self) -> u64 {
        todo!()
    }

    pub fn search(&self, ast: &Ast, options: &Options) -> Result<Hits> {
        let _ = (ast, options);
        todo!()
    }

    /// Every mention it holds, sorted: to compare with the store.
    pub fn all_ids(&self) -> Result<Vec<MentionId>> {
        todo!()
    }
}
