//! Google News: a search as a feed, in the French and the American edition.

use std::time::Duration;

use std::collections::BTreeMap;

use super::{
    About, Answer, Ask, HOST, HOUR, MINUTE, Progress, SEARCH, Standing, address, any_of, base, terms,
};
use crate::model::{Preset, Timestamp};
use crate::sources::{Document, Limits, decode};
use crate::text::html;

pub(super) const ABOUT: About = About {
    hears: "press articles that Google News finds, in its French and American editions",
    keys: &[SEARCH, HOST],
    needs: &[&["search"]],
    standing: Standing::OptIn,
    notice: Some(
        "its terms allow personal, non-commercial reading only, and its robots.txt forbids `/rss/`: \
         whether you may use it is for you to judge",
    ),
    limits: "at most 100 articles a search; links lead through Google, and are left as they are",
    back: None,
    every: HOUR,
    least: MINUTE.saturating_mul(15),
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

/// The editions, each with the parameters that choose it.
const EDITIONS: [(&str, [(&str, &str); 3]); 2] = [
    ("fr", [("hl", "fr"), ("gl", "FR"), ("ceid", "FR:fr")]),
    ("en", [("hl", "en-US"), ("gl", "US"), ("ceid", "US:en")]),
];

pub(super) fn requests(preset: &Preset, known: &BTreeMap<String, Progress>, now: Timestamp) -> Vec<Ask> {
    let base = base(preset, "https://news.google.com");
    let search = any_of(&terms(preset));
    if search.is_empty() {
        return Vec::new();
    }
    let ask = |(edition, parameters): &(&str, [(&str, &str); 3])| {
        let last = known.get(*edition).and_then(|progress| progress.last_good);
        // Whoever was away for longer asks for longer.
        let day_ago = now.checked_sub(jiff::SignedDuration::from_hours(20)).unwrap_or(now);
        let when = if last.is_some_and(|last| last > day_ago) { "1d" } else { "7d" };
        let search = format!("{search} when:{when}");
        let query: Vec<_> = [("q", search.as_str())].into_iter().chain(parameters.iter().copied()).collect();
        Ask::newest(*edition, address(base, "/rss/search", &query))
    };
    EDITIONS.iter().map(ask).collect()
}

/// An article is known by its publisher and title: Google's link to it changes and says nothing. The title
/// ends in ` - Publisher`, which is no part of it.
pub(super) fn parse(document: Document<'_>, limits: &Limits) -> Answer {
    let mut parsed = crate::sources::parse(document, limits);
    let mut publishers = publishers(&decode::decode(document.bytes, document.content_type).text);
    for entry in &mut parsed.entries {
        let publisher = entry.guid.as_ref().and_then(|guid| publishers.remove(guid));
        let Some((publisher, title)) = publisher.zip(entry.title.take()) else { continue };
        let title = title.strip_suffix(&format!(" - {}", publisher.name)).unwrap_or(&title).to_owned();
        entry.guid = Some(format!("{} {title}", publisher.url));
        entry.author = entry.author.take().or(Some(publisher.name));
        // What it calls a description is the title once more, with a link around it.
        entry.summary = None;
        entry.content = None;
        entry.title = Some(title);
    }
    parsed.into()
}

struct Publisher {
    url: String,
    name: String,
}

/// By the guids of items: `<source url="https://www.lemonde.fr">Le Monde</source>`.
fn publishers(text: &str) -> BTreeMap<String, Publisher> {
    let item = |item: &str| {
        let (_, guid) = item.split_once("<guid")?;
        let (guid, _) = guid.split_once('>')?.1.split_once("</guid>")?;
        let (_, source) = item.split_once("<source url=\"")?;
        let (url, source) = source.split_once('"')?;
        let (name, _) = source.split_once('>')?.1.split_once("</source>")?;
        Some((guid.trim().to_owned(), Publisher { url: url.to_owned(), name: html::plain(name) }))
    };
    text.split("<item>").skip(1).filter_map(item).collect()
}
