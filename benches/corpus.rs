//! A made-up corpus: the same on every machine, no file needed.

use std::fmt::Write;

use vigie::model::{Brand, BrandId, Role, Source, SourceId, SourceKind};

pub const BASE: &str = "https://news.example/";

/// One entry in so many names a brand.
pub const NAMING: usize = 50;

/// `count` RSS documents of `entries` entries each. Entry *n* of all names brand *n* / [`NAMING`] of
/// `brands` in turn if [`NAMING`] divides *n*.
pub fn documents(count: usize, entries: usize, brands: usize) -> Vec<String> {
    let mut chance = Chance(1);
    (0..count)
        .map(|document| {
            let mut text = String::from("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>News</title>");
            for n in document * entries..(document + 1) * entries {
                let name = if n % NAMING == 0 { name(n / NAMING % brands) } else { String::new() };
                let (title, body) = (sentence(&mut chance, 9), sentence(&mut chance, 120));
                let (day, hour, minute) = (1 + n / 1440 % 28, n / 60 % 24, n % 60);
                write!(
                    text,
                    "<item><title>{title}</title><link>{BASE}{n}</link><guid>{n}</guid>\
                     <pubDate>{day:02} Jan 2026 {hour:02}:{minute:02}:00 GMT</pubDate>\
                     <description>&lt;p&gt;{body} {name}, caf&#233; &amp;amp; more.&lt;/p&gt;</description></item>"
                )
                .expect("writing to a string cannot fail");
            }
            text + "</channel></rss>"
        })
        .collect()
}

pub fn source(document: usize) -> Source {
    Source {
        id: SourceId::new(format!("s{document}")),
        kind: SourceKind::Feed { url: format!("{BASE}{document}.xml") },
        every: None,
        tags: Vec::new(),
        allow_private: false,
        enabled: true,
    }
}

pub fn brands(count: usize) -> Vec<Brand> {
    (0..count)
        .map(|n| Brand {
            id: BrandId::new(format!("b{n}")),
            name: name(n),
            role: Role::Topic,
            aliases: vec![name(n)],
            exact: Vec::new(),
            query: None,
            context: None,
            exclude: None,
            domains: Vec::new(),
            accounts: Vec::new(),
        })
        .collect()
}

/// The name of a brand; no word of the texts is one.
fn name(n: usize) -> String {
    format!("Zyx{}", word(n))
}

/// An RSS document of entries of 72 words that name the first brand, each a story of its own.
pub fn stories(numbers: std::ops::Range<usize>, published: impl Fn(usize) -> String) -> String {
    let mut chance = Chance(numbers.start as u64 + 1);
    let mut words = |count| (0..count).map(|_| word(chance.below(1 << 24))).collect::<Vec<_>>().join(" ");
    let mut text = String::from("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>News</title>");
    for n in numbers {
        let (title, body, name) = (words(9), words(62), name(0));
        let published = published(n);
        write!(
            text,
            "<item><title>{title}</title><link>{BASE}{n}</link><guid>{n}</guid><pubDate>{published}</pubDate>\
             <description>{body} {name}</description></item>"
        )
        .expect("writing to a string cannot fail");
    }
    text + "</channel></rss>"
}

fn sentence(chance: &mut Chance, words: usize) -> String {
    const COMMON: [&str; 8] = ["the", "of", "and", "to", "in", "was", "that", "with"];
    let mut text = String::with_capacity(words * 7);
    for at in 0..words {
        text.push_str(if at == 0 { "" } else { " " });
        if chance.below(2) == 0 {
            text.push_str(COMMON[chance.below(COMMON.len())]);
        } else {
            // Some words are frequent and most are rare.
            text.push_str(&word(chance.below(100) * chance.below(100) * chance.below(3)));
        }
    }
    text
}

/// A word of the texts.
pub fn word(mut n: usize) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "bo", "cu", "da"];
    let mut word = String::from(SYLLABLES[n % 16]);
    while n >= 16 {
        n /= 16;
        word.push_str(SYLLABLES[n % 16]);
    }
    word
}

/// A linear congruential generator with Knuth's constants (MMIX); its high bits are good enough.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}
