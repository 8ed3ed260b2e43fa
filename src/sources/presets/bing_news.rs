//! Bing News: a search as a feed, in French and in English; links lead to the publishers.

use std::time::Duration;

use super::{About, Answer, Ask, HOST, HOUR, MINUTE, SEARCH, Standing, address, base, behind, terms};
use crate::model::Preset;
use crate::sources::{Document, Limits};

pub(super) const ABOUT: About = About {
    hears: "press articles that Bing News finds, in French and in English",
    keys: &[SEARCH, HOST],
    needs: &[&["search"]],
    standing: Standing::OptIn,
    notice: Some(
        "its feeds are undocumented, and made for personal, non-commercial reading: whether you may use them is for you to judge",
    ),
    limits: "about 12 articles a search and language",
    back: None,
    every: HOUR,
    least: MINUTE.saturating_mul(15),
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

const MARKETS: [(&str, [(&str, &str); 3]); 2] = [
    ("fr", [("mkt", "fr-FR"), ("setlang", "fr"), ("cc", "FR")]),
    ("en", [("mkt", "en-US"), ("setlang", "en"), ("cc", "US")]),
];

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let base = base(preset, "https://www.bing.com");
    let ask = |term: &String| {
        MARKETS.map(|(language, parameters)| {
            let search = [("q", term.as_str()), ("format", "rss")];
            let query: Vec<_> = search.into_iter().chain(parameters).collect();
            Ask::newest(format!("{term} ({language})"), address(base, "/news/search", &query))
        })
    };
    terms(preset).iter().flat_map(ask).collect()
}

pub(super) fn parse(document: Document<'_>, limits: &Limits) -> Answer {
    let mut parsed = crate::sources::parse(document, limits);
    for entry in &mut parsed.entries {
        if let Some(article) = entry.link.as_deref().and_then(|link| behind(link, "/news/apiclick.aspx")) {
            // Its guid is the link through Bing, which is never twice the same.
            entry.guid = None;
            entry.link = Some(article);
        }
    }
    parsed.into()
}
