//! WordPress: what a site's own search finds in all it ever published, as a feed in pages.

use std::time::Duration;

use super::{About, Answer, Ask, HOUR, Key, MINUTE, SEARCH, Standing, address, base, terms};
use crate::model::Preset;
use crate::sources::{Document, Limits};

pub(super) const ABOUT: About = About {
    hears: "what a WordPress site ever published, by its own search",
    keys: &[Key { name: "host", example: "blog.example" }, SEARCH],
    needs: &[&["host"], &["search"]],
    standing: Standing::Open,
    notice: None,
    limits: "about 10 articles a page, older ones page by page; a site may have switched its search off (then: 404)",
    back: None,
    every: HOUR,
    least: MINUTE,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let base = base(preset, "");
    let ask = |term: String| {
        let url = address(base, "/", &[("s", &*term), ("feed", "rss2")]);
        Ask::newest(term, url)
    };
    terms(preset).into_iter().map(ask).collect()
}

/// `at` is the page.
pub(super) fn older(newest: &str, at: &str) -> String {
    format!("{newest}&paged={at}")
}

pub(super) fn parse(ask: &Ask, document: Document<'_>, limits: &Limits) -> Answer {
    let parsed = crate::sources::parse(document, limits);
    let page: u32 = ask.older.as_deref().and_then(|page| page.parse().ok()).unwrap_or(1);
    let older = (!parsed.entries.is_empty()).then(|| (page + 1).to_string());
    Answer { parsed, older, ..Answer::default() }
}
