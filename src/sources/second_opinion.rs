//! A second opinion on documents in which our reader finds no entry: feed-rs.
//!
//! It reads about half as fast, gives up on many feeds, loses whether a guid is an address, and panics on
//! some inputs; so it is not asked first. But it was written by others, and what one misses the other may see.

use std::panic::{self, AssertUnwindSafe};

use feed_rs::model::{self, Link};

use crate::model::{Entry, Timestamp};
use crate::text::url;

use super::Limits;
use super::draft::{self, Draft, Markup};

/// The entries feed-rs finds; none where it fails. `text` is decoded and without its XML declaration.
pub(super) fn entries(text: &str, base_url: Option<&str>, limits: &Limits) -> Vec<Entry> {
    // It keeps every element in memory, and panics on a declaration in the middle of a document and on an
    // author's address next to a letter that is not ASCII. Others may be found: they are caught below.
    let hurts = text.contains("<?xml") || text.contains('@') && !text.is_ascii();
    if text.len() > MOST_BYTES || hurts {
        return Vec::new();
    }
    let parser = feed_rs::parser::Builder::new()
        .base_uri(base_url)
        // Made-up ids would be new with each poll.
        .id_generator(|_, _, _| String::new())
        .sanitize_content(false);
    let read = panic::catch_unwind(AssertUnwindSafe(|| parser.build().parse(text.as_bytes())));
    let Ok(Ok(feed)) = read else { return Vec::new() };
    let language = feed.language.as_deref().and_then(draft::primary_subtag);
    let entries = feed.entries.into_iter().take(limits.entries);
    entries.filter_map(|entry| normalised(entry, base_url, language.as_deref(), limits)).collect()
}

/// A document without entries is small, or it is none for feed-rs either.
const MOST_BYTES: usize = 1 << 20;

fn normalised(
    entry: model::Entry,
    base_url: Option<&str>,
    language: Option<&str>,
    limits: &Limits,
) -> Option<Entry> {
    let mut draft = Draft::default();
    draft.guid.offer(0, Some(entry.id).filter(|id| !id.is_empty()));
    let is_page =
        |link: &&Link| link.target.is_none() && link.rel.as_deref().is_none_or(|rel| rel == "alternate");
    draft.link.offer(0, entry.links.iter().find(is_page).and_then(|link| url::resolve(base_url, &link.href)));
    draft.title.offer(0, entry.title.and_then(|title| draft::title(&title.content, Markup::Text, limits)));
    draft.summary.offer(0, entry.summary.and_then(|text| draft::plain(&text.content, Markup::Html, limits)));
    let content = entry.content.and_then(|content| content.body);
    draft.content.offer(0, content.and_then(|body| draft::plain(&body, Markup::Html, limits)));
    let author = entry.authors.into_iter().find_map(|person| person.name.or(person.email));
    draft.author.offer(0, author.and_then(|author| draft::person(&author)));
    draft.published.offer(0, entry.published.and_then(|date| Timestamp::from_second(date.timestamp()).ok()));
    draft.updated.offer(0, entry.updated.and_then(|date| Timestamp::from_second(date.timestamp()).ok()));
    draft.language.offer(0, entry.language.as_deref().and_then(draft::primary_subtag));
    entry.categories.iter().filter_map(|category| draft::line(&category.term)).for_each(|tag| draft.tag(tag));
    draft.finish(base_url, language, None)
}
