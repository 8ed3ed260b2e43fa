//! Finding near-duplicates: the fingerprint of a text, what a document repeats, and the comparison of two.

use std::collections::HashMap;

use vigie::enrich::fingerprint::{Fingerprint, Furniture, Neighbour, Words};
use vigie::sources::{self, Limits};

use crate::{Bench, corpus};

const ENTRIES: usize = 40;

pub fn run(bench: &Bench) {
    let documents = corpus::documents(bench.size(100, 3), ENTRIES, 1);
    let texts: Vec<Vec<(String, String)>> = documents
        .iter()
        .map(|document| {
            let bytes = document.as_bytes();
            let document = sources::Document { bytes, content_type: None, base_url: Some(corpus::BASE) };
            let entries = sources::parse(document, &Limits::default()).entries;
            entries.iter().map(|entry| (entry.title_text().to_owned(), short(entry.text()))).collect()
        })
        .collect();
    let count = texts.len() * ENTRIES;
    let fingerprints = || -> Vec<Fingerprint> {
        texts.iter().flatten().map(|(title, text)| Fingerprint::of(title, text)).collect()
    };
    bench.each("fingerprint of 400 bytes, per entry", || (), |()| (count, fingerprints()));
    bench.each(
        "what a document repeats, per entry",
        || (),
        |()| {
            // Of each document one entry is kept.
            let found = texts.iter().map(|document| {
                let words = Words::of(&document[0].0, &document[0].1);
                let others = document[1..].iter().map(|(title, text)| Neighbour::Other { title, text });
                let entries: Vec<_> = std::iter::once(Neighbour::Kept(&words)).chain(others).collect();
                Fingerprint::without(&words, &Furniture::of(&entries))
            });
            (count, found.collect::<Vec<_>>())
        },
    );
    bench.each("look up and compare, per entry", fingerprints, |fingerprints| {
        let mut by_band: HashMap<u32, Vec<usize>> = HashMap::new();
        let mut copies = 0;
        // As if each came twice.
        for (number, fingerprint) in fingerprints.iter().chain(&fingerprints).enumerate() {
            let alike = |other: &usize| fingerprints[other % count].near(fingerprint);
            let known = fingerprint.bands().filter_map(|band| by_band.get(&band));
            copies += usize::from(known.flatten().any(alike));
            for band in fingerprint.bands() {
                by_band.entry(band).or_default().push(number);
            }
        }
        assert!(copies >= count, "each that comes again is found: {copies} of {count}");
        (2 * count, by_band)
    });
}

/// With its title about 400 bytes.
fn short(text: &str) -> String {
    text.chars().take(340).collect()
}
