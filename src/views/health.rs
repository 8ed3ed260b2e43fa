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
        url: source.shown_address().into_owned(),
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
    /// Where the document was read from in the end; of a preset, what it asks for.
    pub url: String,
    /// Those of a preset, without secrets; of a plain feed none.
    pub requests: Vec<TestRequest>,
    pub bytes: usize,
    /// Of a plain feed: what its server and its dates tell.
    pub answer: Option<TestAnswer>,
    pub is_feed: bool,
    pub entries: usize,
    pub problems: Vec<String>,
    /// Entries that name a brand.
    pub mentions: Vec<TestMention>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestAnswer {
    pub content_type: Option<String>,
    /// What the server gave to recognise an unchanged document by: without, it is sent whole each time.
    pub etag: bool,
    pub last_modified: bool,
    pub moved_to: Option<String>,
    /// How long server or publisher want to be left alone.
    pub wished_interval_s: Option<u64>,
    pub newest_entry: Option<Timestamp>,
    /// The longest usual time between two entries.
    pub usual_pause_s: Option<u64>,
}

/// One of the requests a preset makes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestRequest {
    pub request: String,
    pub url: String,
    pub bytes: usize,
    pub entries: usize,
    /// Days of which it tells how often an article was looked at.
    pub days: usize,
    /// Why there is nothing.
    pub failed: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestMention {
    pub brands: Vec<String>,
    pub title: Option<String>,
    /// The beginning of its text: posts have no title.
    pub text: String,
    pub link: Option<String>,
    pub published: Option<Timestamp>,
}

/// So much of a text is shown, in characters.
const BEGINNING: usize = 160;

impl SourceTest {
    pub fn new(source: &Source, url: &str, bytes: usize, batch: &Batch) -> Self {
        SourceTest {
            source: source.id.to_string(),
            url: url.to_owned(),
            requests: Vec::new(),
            bytes,
            answer: None,
            is_feed: batch.problems.iter().all(|p| p.kind != ProblemKind::NotAFeed),
            entries: batch.read,
            problems: batch.problems.iter().map(|p| p.message.clone()).collect(),
            mentions: mentions(batch).collect(),
        }
    }

    /// Of a preset: what its requests answered, each with its key and address, and its bytes, entries and days
    /// of attention, or why there are none.
    pub fn of_preset(source: &Source, answers: &[RequestAnswer<'_>]) -> Self {
        let mut test = SourceTest {
            source: source.id.to_string(),
            url: source.shown_address().into_owned(),
            requests: Vec::new(),
            bytes: 0,
            answer: None,
            is_feed: false,
            entries: 0,
            problems: Vec::new(),
            mentions: Vec::new(),
        };
        for (request, url, outcome) in answers {
            let blank = TestRequest {
                request: (*request).to_owned(),
                url: (*url).to_owned(),
                bytes: 0,
                entries: 0,
                days: 0,
                failed: None,
            };
            let request = match outcome {
                Ok((bytes, batch, days)) => {
                    let no_feed = batch.problems.iter().find(|p| p.kind == ProblemKind::NotAFeed);
                    let others = batch.problems.iter().filter(|p| p.kind != ProblemKind::NotAFeed);
                    test.problems.extend(others.map(|p| p.message.clone()));
                    test.mentions.extend(mentions(batch));
                    let failed = no_feed.map(|problem| problem.message.clone());
                    TestRequest { bytes: *bytes, entries: batch.read, days: *days, failed, ..blank }
                }
                Err(why) => TestRequest { failed: Some(why.clone()), ..blank },
            };
            test.bytes += request.bytes;
            test.entries += request.entries;
            test.is_feed |= request.failed.is_none();
            test.requests.push(request);
        }
        test
    }
}

/// Key, address and outcome of a preset's request.
pub type RequestAnswer<'a> = (&'a str, &'a str, &'a Result<(usize, Batch, usize), String>);

fn mentions(batch: &Batch) -> impl Iterator<Item = TestMention> + '_ {
    let named = batch.entries.iter().filter(|prepared| !prepared.mentions.is_empty());
    named.map(|prepared| TestMention {
        brands: prepared.mentions.iter().map(|m| m.matched.brand.to_string()).collect(),
        title: prepared.entry.title.clone(),
        text: prepared.entry.text().chars().take(BEGINNING).collect(),
        link: prepared.entry.link.clone(),
        published: prepared.entry.published,
    })
}
