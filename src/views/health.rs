//! How the sources are doing.

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use crate::model::{HealthState, Move, Source};
use crate::prepare::Batch;
use crate::sources::ProblemKind;
use crate::store::Reader;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HealthView {
    pub sources: Vec<SourceHealth>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceHealth {
    pub source: String,
    pub url: String,
    pub tags: Vec<String>,
    pub state: &'static str,
    pub last_good: Option<Timestamp>,
    pub last_poll: Option<Timestamp>,
    pub next_poll: Option<Timestamp>,
    /// In a row.
    pub failures: u32,
    pub mentions: u64,
    /// What was wrong last, or what was repaired.
    pub note: Option<String>,
    /// What had to be repaired in the last whole document, one by one.
    pub problems: Vec<ProblemView>,
    /// Where it has moved to for good.
    pub moved_to: Option<String>,
    /// When its newest entry was published.
    pub newest_entry: Option<Timestamp>,
    /// The latest times of which it was not heard, newest first.
    pub gaps: Vec<GapView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProblemView {
    pub kind: &'static str,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GapView {
    pub since: Timestamp,
    /// `None` while it lasts.
    pub until: Option<Timestamp>,
}

/// Gaps shown of one source.
const GAPS: usize = 10;

/// The health of the configured sources, in their order.
pub fn health(reader: &Reader, sources: &[Source]) -> Result<HealthView> {
    let mut view = not_polled(sources);
    for (shown, source) in view.sources.iter_mut().zip(sources) {
        shown.mentions = reader.mention_count_of_source(&source.id)?;
        let Some(known) = reader.health_of(&source.id)? else { continue };
        shown.last_good = known.last_good;
        shown.last_poll = known.last_poll;
        shown.failures = known.failures;
        shown.note = known.note;
        let problems = known.problems.into_iter();
        shown.problems =
            problems.map(|p| ProblemView { kind: p.kind.as_str(), message: p.message }).collect();
        shown.moved_to = known.learned.moved.filter(Move::is_confirmed).map(|moved| moved.to);
        shown.newest_entry = known.learned.rhythm.map(|rhythm| rhythm.newest);
        let gaps = reader.gaps_of(&source.id, GAPS)?.into_iter();
        shown.gaps = gaps.map(|gap| GapView { since: gap.since, until: gap.until }).collect();
        if source.enabled {
            shown.state = known.state.as_str();
            shown.next_poll = known.next_poll;
        }
    }
    Ok(view)
}

/// The configured sources before anything was stored.
pub fn not_polled(sources: &[Source]) -> HealthView {
    let shown = sources.iter().map(|source| SourceHealth {
        source: source.id.to_string(),
        url: source.url().to_owned(),
        tags: source.tags.clone(),
        state: if source.enabled { HealthState::New } else { HealthState::Disabled }.as_str(),
        last_good: None,
        last_poll: None,
        next_poll: None,
        failures: 0,
        mentions: 0,
        note: None,
        problems: Vec::new(),
        moved_to: None,
        newest_entry: None,
        gaps: Vec::new(),
    });
    HealthView { sources: shown.collect() }
}

/// What a source holds right now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceTest {
    pub source: String,
    /// Where the document was read from in the end.
    pub url: String,
    pub bytes: usize,
    pub is_feed: bool,
    pub entries: usize,
    pub problems: Vec<String>,
    /// Entries that name a brand.
    pub mentions: Vec<TestMention>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestMention {
    pub brands: Vec<String>,
    pub title: Option<String>,
    pub link: Option<String>,
    pub published: Option<Timestamp>,
}

impl SourceTest {
    pub fn new(source: &Source, url: &str, bytes: usize, batch: &Batch) -> Self {
        let mentions = batch.entries.iter().map(|prepared| TestMention {
            brands: prepared.mentions.iter().map(|m| m.matched.brand.to_string()).collect(),
            title: prepared.entry.title.clone(),
            link: prepared.entry.link.clone(),
            published: prepared.entry.published,
        });
        SourceTest {
            source: source.id.to_string(),
            url: url.to_owned(),
            bytes,
            is_feed: batch.problems.iter().all(|p| p.kind != ProblemKind::NotAFeed),
            entries: batch.read,
            problems: batch.problems.iter().map(|p| p.message.clone()).collect(),
            mentions: mentions.collect(),
        }
    }
}
