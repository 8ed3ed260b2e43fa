//! RSS, Atom and JSON Feed.

use super::{Document, Limits, Parsed, Problem, ProblemKind};
use super::{decode, json_feed, page, second_opinion, tolerant};

pub(super) fn parse(document: Document<'_>, limits: &Limits) -> Parsed {
    let kept = &document.bytes[..document.bytes.len().min(limits.document_bytes)];
    let decoded = decode::decode(kept, document.content_type);
    let text = without_declaration(&decoded.text);
    let mut parsed = match text.as_bytes().first() {
        None => not_a_feed("an empty answer".to_owned()),
        Some(b'{' | b'[') => json_feed::read(text, document.base_url, limits),
        Some(_) => xml(text, document.base_url, limits),
    };
    if kept.len() < document.bytes.len() {
        let message =
            format!("the document is longer than {} bytes; the rest was left out", limits.document_bytes);
        parsed.problems.insert(0, Problem { kind: ProblemKind::Limit, message });
    }
    if let Some(message) = decoded.repaired {
        parsed.problems.insert(0, Problem { kind: ProblemKind::Repaired, message });
    }
    parsed
}

pub(super) fn not_a_feed(message: String) -> Parsed {
    Parsed { problems: vec![Problem { kind: ProblemKind::NotAFeed, message }], ..Parsed::default() }
}

fn xml(text: &str, base_url: Option<&str>, limits: &Limits) -> Parsed {
    let read = tolerant::read(text, base_url, limits);
    if read.as_ref().is_ok_and(|parsed| !parsed.entries.is_empty()) {
        return read.unwrap_or_default();
    }
    let entries = second_opinion::entries(text, base_url, limits);
    if entries.is_empty() {
        return read
            .unwrap_or_else(|first_element| not_a_feed(page::describe(text, first_element, base_url)));
    }
    let mut parsed = read.unwrap_or_default();
    parsed.entries = entries;
    parsed.problems.push(Problem {
        kind: ProblemKind::Repaired,
        message: "our reader found no entry in it, feed-rs did".to_owned(),
    });
    parsed
}

/// The encoding it declares no longer holds, and nothing else in it matters.
fn without_declaration(text: &str) -> &str {
    let text = trim(text);
    match text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => trim(rest),
        None => text,
    }
}

fn trim(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_documents_take_linear_time() {
        let entry = "<item><title>a</title></item>";
        for (start, piece) in [
            ("<rss><channel>", "<a>"),
            ("<rss><channel>", "</a>"),
            ("<rss><channel><item>", "<description>"),
            ("<rss><channel><item><description>", "<p>"),
            ("<rss><channel>", "<!--"),
            ("<rss><channel>", "<![CDATA["),
            ("<rss><channel>", "<a b=\""),
            ("<rss><channel><item><title>", "&amp;"),
            ("<rss><channel>", "<a xmlns:b='c' xml:base='/d'>"),
            ("<feed><entry>", "<author>"),
            ("", "{\"items\":["),
            ("", "<link rel=alternate "),
        ] {
            crate::text::testing::assert_linear(piece, 40_000, |size| {
                let document = start.to_owned() + &piece.repeat(size / piece.len()) + entry;
                let base_url = Some("https://acme.example/");
                let document = Document { bytes: document.as_bytes(), content_type: None, base_url };
                parse(document, &Limits::default());
            });
        }
    }
}
