//! Which brands an entry names, by how many names are listened for.

use vigie::matching::Matcher;
use vigie::model::Language;
use vigie::sources::{self, Limits};

use crate::{Bench, corpus};

pub fn run(bench: &Bench) {
    for names in [100, 10_000] {
        let text = corpus::documents(1, bench.size(2_000, 100), names).remove(0);
        let document = sources::Document { bytes: text.as_bytes(), content_type: None, base_url: None };
        let entries = sources::parse(document, &Limits::default()).entries;
        let matcher = Matcher::new(&corpus::brands(names));
        let naming = entries.len().div_ceil(corpus::NAMING);
        bench.each(
            &format!("match/{names}_names, per entry"),
            || (),
            |()| {
                let named = entries
                    .iter()
                    .map(|entry| matcher.matches(entry, "s0", &[], &mut || Language::English).len());
                assert_eq!(named.sum::<usize>(), naming);
                (entries.len(), ())
            },
        );
    }
}
