//! One file per kind of source: the bytes a server sent → entries. Pure.

mod attributes;
mod capture;
mod dates;
mod decode;
mod draft;
mod feed;
mod json_feed;
mod known_places;
pub mod opml;
mod page;
pub mod presets;
mod second_opinion;
mod tolerant;
mod vocabulary;

#[cfg(test)]
mod tests;

use crate::model::{Entry, Skip, Timestamp};

pub use crate::model::{Problem, ProblemKind};
pub use known_places::feed_of;

/// A document as it came over the wire, decompressed.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    pub bytes: &'a [u8],
    /// The `Content-Type` header, if any.
    pub content_type: Option<&'a str>,
    /// The address it was finally read from, against which relative links are resolved.
    pub base_url: Option<&'a str>,
}

/// What a reader gives up on before it hurts.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the document; the rest is not looked at. Larger than what a server may send.
    pub document_bytes: usize,
    pub entries: usize,
    pub depth: usize,
    /// Bytes of one text; the rest is cut on a character boundary.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { document_bytes: 32 << 20, entries: 10_000, depth: 256, text_bytes: 1 << 20 }
    }
}

/// What worked and what did not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    pub title: Option<String>,
    /// Primary subtag the feed declares for itself.
    pub language: Option<String>,
    /// The interval the publisher asks for (ttl, sy:updatePeriod), in seconds.
    pub wished_interval_s: Option<u64>,
    /// When the publisher wants no polls.
    pub skip: Skip,
    /// In the document's order.
    pub entries: Vec<Entry>,
    pub problems: Vec<Problem>,
}

/// What was repaired or lost, in one line; `None` if nothing was.
pub fn in_a_line(problems: &[Problem]) -> Option<String> {
    let messages: Vec<&str> = problems.iter().map(|p| p.message.as_str()).collect();
    (!messages.is_empty()).then(|| messages.join("; "))
}

/// A feed that a page offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advertised {
    /// Absolute.
    pub url: String,
    pub title: Option<String>,
    /// RSS, Atom or JSON Feed, as the page says.
    pub kind: &'static str,
}

/// The feeds that an HTML page offers by `<link rel="alternate">`, in its order, each once.
pub fn advertised(document: Document<'_>) -> Vec<Advertised> {
    let decoded = decode::decode(document.bytes, document.content_type);
    page::advertised_in(&decoded.text, document.base_url)
}

/// The text of bytes in whatever encoding: by its mark, UTF-8 where it is valid, else windows-1252.
pub fn decoded(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    decode::decode(bytes, None).text
}

/// The instant that a date as feeds write it speaks of. A missing zone means UTC, a missing
/// time midnight. `None` if it cannot be read or lies before 1990.
pub fn date(text: &str) -> Option<Timestamp> {
    dates::parse(text)
}

/// Reads a feed document. Never fails and never panics: what could not be read is a [`Problem`].
pub fn parse(document: Document<'_>, limits: &Limits) -> Parsed {
    feed::parse(document, limits)
}
