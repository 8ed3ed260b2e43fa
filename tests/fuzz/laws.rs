//! What must hold of any input. Fuzz targets look for one of which it does not; `tests/it/fuzz_corpus.rs` asks
//! again for those that were kept.

use std::net::IpAddr;

use vigie::fetch;
use vigie::sources::{self, Document, Limits};
use vigie::text::url;

/// Reading a document never panics, keeps within its limits and says so where it found nothing. The first byte
/// chooses what the server said of it.
pub fn feed(input: &[u8]) {
    let Some((&choice, bytes)) = input.split_first() else { return };
    let content_type = [None, Some("text/xml"), Some("application/json"), Some("text/xml; charset=utf-16")];
    let base_url = [None, Some("https://acme.example/a/b?c#d")];
    let document = Document {
        bytes,
        content_type: content_type[usize::from(choice) % 4],
        base_url: base_url[usize::from(choice) / 4 % 2],
    };
    let limits = Limits { document_bytes: 4000, entries: 20, depth: 30, text_bytes: 200 };
    let parsed = sources::parse(document, &limits);
    assert!(parsed.entries.len() <= limits.entries);
    for entry in &parsed.entries {
        for text in [&entry.title, &entry.summary, &entry.content].into_iter().flatten() {
            assert!(text.len() <= limits.text_bytes, "{} bytes", text.len());
            assert!(!text.is_empty(), "an empty text instead of none");
        }
    }
    assert_eq!(parsed, sources::parse(document, &limits), "read again, it says something else");
    for feed in sources::advertised(document) {
        assert!(!feed.url.is_empty());
    }
}

/// Reading a date never panics, and what was read is what its standard form says.
pub fn date(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Some(instant) = sources::date(&text) else { return };
    assert!(instant.as_second() >= 631_152_000, "{text:?} is read as {instant}, before 1990");
    // Years have four digits there.
    if instant.as_second() < 253_402_300_800 {
        assert_eq!(sources::date(&instant.to_string()), Some(instant), "of {text:?}");
    }
}

/// Addresses: one canonical form, which stays it; a link is resolved once; an address is as public
/// in IPv4 as it is in IPv6.
pub fn address(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Some(canonical) = url::canonical(&text) {
        assert_eq!(url::canonical(&canonical).as_deref(), Some(&*canonical), "of {text:?}");
        assert_eq!(url::host(&canonical), url::host(&text), "of {text:?}");
    }
    for base in [None, Some("https://acme.example/a/b?c#d")] {
        if let Some(link) = url::resolve(base, &text) {
            assert_eq!(url::resolve(base, &link).as_deref(), Some(&*link), "of {text:?}");
        }
    }
    let host = url::host(&text);
    let literal = host.and_then(|host| host.trim_matches(['[', ']']).parse().ok());
    if let Some(IpAddr::V4(address)) = literal {
        let mapped = IpAddr::V6(address.to_ipv6_mapped());
        assert_eq!(fetch::is_public(IpAddr::V4(address)), fetch::is_public(mapped), "{address}");
    }
}

/// Reading a list of feeds never panics, takes http addresses only, and what is written of it reads back.
pub fn opml(input: &[u8]) {
    let list = sources::opml::read(input);
    let again = sources::opml::read(sources::opml::write("list", &list.outlines).as_bytes());
    let sorted = |list: &sources::opml::Opml| {
        let mut feeds: Vec<_> = list.outlines.iter().map(|o| (o.url.clone(), o.tags.clone())).collect();
        feeds.sort();
        feeds
    };
    assert_eq!(sorted(&again), sorted(&list));
    for outline in &list.outlines {
        assert!(url::canonical(&outline.url).is_some(), "{} is no address", outline.url);
    }
}
