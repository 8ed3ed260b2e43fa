//! Hacker News by its search, <https://hn.algolia.com/api>: stories and comments, all of them.
//!
//! A search shows at most 1,000 hits, so what is older is read in slices of time.

use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::{About, Answer, Ask, HALF_HOUR, HOST, MINUTE, SEARCH, Standing, address, base, json, terms};
use crate::model::{Entry, Preset, Timestamp};
use crate::sources::{Document, Limits, Parsed};

pub(super) const ABOUT: About = About {
    hears: "stories and comments on Hacker News, back to 2006",
    keys: &[SEARCH, HOST],
    needs: &[&["search"]],
    standing: Standing::Open,
    notice: None,
    limits: "10,000 requests an hour for each address; 1,000 hits a search, older ones in slices of time",
    back: None,
    every: HALF_HOUR,
    least: MINUTE,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

/// Hits of the request for the newest ones, and of one for older ones.
const NEWEST_HITS: &str = "100";
const OLDER_HITS: &str = "500";

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let base = base(preset, "https://hn.algolia.com");
    let ask = |term: String| {
        let query = [("query", &*term), ("tags", "(story,comment)"), ("hitsPerPage", NEWEST_HITS)];
        let url = address(base, "/api/v1/search_by_date", &query);
        Ask::newest(term, url)
    };
    terms(preset).into_iter().map(ask).collect()
}

/// `at` is the second up to which hits are wanted.
pub(super) fn older(newest: &str, at: &str) -> String {
    let url = newest.replace(&format!("hitsPerPage={NEWEST_HITS}"), &format!("hitsPerPage={OLDER_HITS}"));
    format!("{url}&numericFilters=created_at_i%3C%3D{at}")
}

pub(super) fn parse(document: Document<'_>, limits: &Limits) -> Result<Answer, Parsed> {
    let answer = json::read(document)?;
    let Some(hits) = answer["hits"].as_array() else { return Err(json::unexpected(&answer, "`hits`")) };
    let entries = hits.iter().filter_map(|hit| entry(hit, limits)).take(limits.entries).collect();
    let all = answer["nbHits"].as_u64().unwrap_or(0);
    let asked_until = document.base_url.and_then(slice);
    let oldest = hits.iter().filter_map(|hit| hit["created_at_i"].as_i64()).min();
    let older = oldest.filter(|_| all > hits.len() as u64).map(|oldest| match asked_until {
        // More hits in one second than an answer holds: their rest is out of reach.
        Some(until) if oldest >= until => until - 1,
        _ => oldest,
    });
    let parsed = Parsed { title: Some("Hacker News".to_owned()), entries, ..Parsed::default() };
    Ok(Answer { parsed, older: older.map(|at| at.to_string()), ..Answer::default() })
}

/// The second up to which an address asks for hits.
fn slice(address: &str) -> Option<i64> {
    let url = Url::parse(address).ok()?;
    let (_, filter) = url.query_pairs().find(|(name, _)| name == "numericFilters")?;
    filter.strip_prefix("created_at_i<=")?.parse().ok()
}

fn entry(hit: &Value, limits: &Limits) -> Option<Entry> {
    let id = json::id(&hit["objectID"])?;
    let discussion = format!("https://news.ycombinator.com/item?id={id}");
    let text = json::html(hit, "story_text", limits).or_else(|| json::html(hit, "comment_text", limits));
    let is_comment = hit["comment_text"].is_string();
    Some(Entry {
        guid: Some(discussion.clone()),
        // Not the article's: it may be handed in again, and what others say below it is not its publisher's.
        link: Some(discussion),
        // A comment is headed by its story, which may name a brand that the comment does not.
        title: json::plain(hit, "title", limits),
        content: text,
        author: json::plain(hit, "author", limits),
        published: hit["created_at_i"].as_i64().and_then(|at| Timestamp::from_second(at).ok()),
        tags: vec![if is_comment { "comment" } else { "story" }.to_owned()],
        engagement: json::counts(hit, &[("points", "points"), ("num_comments", "comments")]),
        ..Entry::default()
    })
}
