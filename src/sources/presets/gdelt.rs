//! GDELT: the world's press as its DOC 2.0 search sees it,
//! <https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/>.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::{About, Answer, Ask, HOST, HOUR, MINUTE, SEARCH, Standing, address, base, json, terms};
use crate::model::{Entry, Preset, Timestamp};
use crate::sources::feed::not_a_feed;
use crate::sources::{Document, Limits, Parsed};

pub(super) const ABOUT: About = About {
    hears: "headlines of the world's press, in 65 languages, as GDELT reads them",
    keys: &[SEARCH, HOST],
    needs: &[&["search"]],
    standing: Standing::Degraded,
    notice: Some("a server that is often overloaded: in July 2026 even first requests were refused (429)"),
    limits: "titles only, at most 250 of the last day, dated when GDELT saw them; a request each 5 seconds",
    back: None,
    every: HOUR,
    least: MINUTE.saturating_mul(15),
    after_failure: Duration::ZERO,
    pause: Duration::from_secs(5),
    checked: "2026-11",
};

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let base = base(preset, "https://api.gdeltproject.org");
    let terms = terms(preset);
    let search = match &terms[..] {
        [] => return Vec::new(),
        [only] => only.clone(),
        // Its grammar wants parentheses around alternatives.
        several => format!("({})", several.join(" OR ")),
    };
    let query = [
        ("query", &*search),
        ("mode", "artlist"),
        ("format", "json"),
        ("maxrecords", "250"),
        ("timespan", "1d"),
        ("sort", "datedesc"),
    ];
    vec![Ask::newest("articles", address(base, "/api/v2/doc/doc", &query))]
}

pub(super) fn parse(document: Document<'_>, limits: &Limits) -> Result<Answer, Parsed> {
    // It complains in plain text, as a good answer: "The specified phrase is too short."
    let text = String::from_utf8_lossy(document.bytes);
    let text = text.trim();
    if !text.is_empty() && !text.starts_with(['{', '[', '<']) {
        let said: String = text.chars().take(200).collect();
        return Err(not_a_feed(format!("GDELT says \u{201c}{said}\u{201d}")));
    }
    let answer = json::read(document)?;
    // Without any article it leaves the list out.
    let Value::Object(fields) = &answer else { return Err(json::unexpected(&answer, "`articles`")) };
    let articles = match fields.get("articles") {
        Some(Value::Array(articles)) => &articles[..],
        None if fields.is_empty() => &[],
        _ => return Err(json::unexpected(&answer, "`articles`")),
    };
    let entries = articles.iter().filter_map(|article| entry(article, limits)).take(limits.entries).collect();
    Ok(Parsed { entries, ..Parsed::default() }.into())
}

fn entry(article: &Value, limits: &Limits) -> Option<Entry> {
    let link = json::text(article, "url")?;
    let language = match json::text(article, "language") {
        Some("English") => Some("en"),
        Some("French") => Some("fr"),
        _ => None,
    };
    Some(Entry {
        link: Some(link.to_owned()),
        // It writes spaces around signs: "Acme : une panne".
        title: json::html(article, "title", limits),
        author: json::plain(article, "domain", limits),
        published: json::text(article, "seendate").and_then(seen),
        language: language.map(str::to_owned),
        ..Entry::default()
    })
}

/// `20261127T081500Z`
fn seen(text: &str) -> Option<Timestamp> {
    let at = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    TimeZone::UTC.to_timestamp(at).ok()
}
