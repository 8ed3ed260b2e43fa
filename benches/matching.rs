//! Which brands an entry of 400 bytes names, by how many names are listened for, and how much they are like the
//! words of the texts.

use vigie::matching::Matcher;
use vigie::model::{Brand, Entry, Language};
use vigie::sources::{self, Limits};

use crate::{Bench, corpus};

const BYTES: usize = 400;

pub fn run(bench: &Bench) {
    for names in [100, 10_000] {
        let text = corpus::documents(1, bench.size(2_000, 100), names).remove(0);
        let document = sources::Document { bytes: text.as_bytes(), content_type: None, base_url: None };
        let entries: Vec<Entry> =
            sources::parse(document, &Limits::default()).entries.into_iter().map(shortened).collect();
        let naming = entries.len().div_ceil(corpus::NAMING);
        let apart = corpus::brands(names);
        let alike: Vec<Brand> = apart.iter().enumerate().map(|(n, brand)| like_a_word(n, brand)).collect();
        for (kind, brands, expected) in [("names", apart, naming), ("names_like_words", alike, 0)] {
            let matcher = Matcher::new(&brands);
            bench.each(
                &format!("match/{names}_{kind}, per entry"),
                || (),
                |()| {
                    let named = entries
                        .iter()
                        .map(|entry| matcher.matches(entry, "s0", &[], &mut || Language::English).len());
                    assert_eq!(named.sum::<usize>(), expected);
                    (entries.len(), ())
                },
            );
        }
    }
}

/// The end of an entry's text, where a brand is named, less what is over.
fn shortened(entry: Entry) -> Entry {
    let text = entry.text();
    let room = BYTES.saturating_sub(entry.title_text().len());
    let text = text[text.ceil_char_boundary(text.len().saturating_sub(room))..].to_owned();
    Entry { summary: None, content: Some(text), ..entry }
}

/// A brand whose name is that of a word of the texts but for its end.
fn like_a_word(n: usize, brand: &Brand) -> Brand {
    Brand { aliases: vec![format!("{}x", corpus::word(n * 3))], ..brand.clone() }
}
