//! Passages that a source repeats in entries that have nothing else in common: lists of related stories, share bars,
//! sponsors. A brand that is named there only is not spoken of.
//!
//! Such templates are known by their repetition across pages of one site (Bar-Yossef and Rajagopalan, "Template
//! Detection via Data Mining and its Applications", WWW 2002), here by passages of words in place of page blocks.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::fingerprint::{Neighbour, pair, word_hash};
use crate::text::Span;
use crate::text::tokens::{self, Token};

/// Hashes of passages of [`Repeated::WORDS`] words, each of which a source repeats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repeated(HashSet<u64>);

impl Repeated {
    /// Words of a passage. Shorter ones are told twice by chance, or by all who speak of one thing.
    pub const WORDS: usize = 8;
    /// So many entries have it, whose titles have no long word in common: they are no issues or updates of one.
    const ENTRIES: usize = 3;
    /// Among so many entries that follow each other: lists of related stories change with time.
    const AMONG: usize = 40;
    /// What stands in place of a passage that is left out.
    const LEFT_OUT: &str = " […] ";

    /// Of the passages around the `named` places of texts, those that the document repeats. `entries` are all of the
    /// document, in order; a named place is a text with the spans of what it names, in characters.
    pub fn of(entries: &[Neighbour<'_>], named: &[(&str, Vec<Span>)]) -> Self {
        if entries.len() < Self::ENTRIES {
            return Self::default();
        }
        let mut found: HashMap<u64, Found> = HashMap::new();
        for (text, spans) in named {
            let words = tokens::words(text);
            let hashes = hashes(&words);
            for at in places(text, &words, spans) {
                // All passages of which the word is a part.
                let first = at.saturating_sub(Self::WORDS - 1);
                let passages = hashes[first..(at + Self::WORDS).min(hashes.len())].windows(Self::WORDS);
                found.extend(passages.map(|passage| (hash_of(passage), Found::default())));
            }
        }
        if found.is_empty() {
            return Self::default();
        }
        for (number, entry) in entries.iter().enumerate() {
            let (title, text) = entry.long_words_and_text();
            if title.is_empty() {
                continue;
            }
            for passage in text.windows(Self::WORDS) {
                if let Some(found) = found.get_mut(&hash_of(passage)) {
                    found.in_entry(number, &title);
                }
            }
        }
        Self(found.into_iter().filter(|(_, found)| found.is_repeated).map(|(passage, _)| passage).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In no order.
    pub fn passages(&self) -> impl Iterator<Item = u64> {
        self.0.iter().copied()
    }

    pub fn extend(&mut self, passages: impl IntoIterator<Item = u64>) {
        self.0.extend(passages);
    }

    /// `text` without the repeated passages that hold one of the spans, in characters; `None` if none does, or if
    /// these make up more than half of the text: then they are what it has to say.
    pub fn left_out(&self, text: &str, spans: &[Span]) -> Option<String> {
        if self.is_empty() || spans.is_empty() {
            return None;
        }
        let words = tokens::words(text);
        let places = places(text, &words, spans);
        let stretches: Vec<Range<usize>> = self
            .stretches(&hashes(&words))
            .into_iter()
            .filter(|stretch| places.iter().any(|place| stretch.contains(place)))
            .collect();
        let taken: usize = stretches.iter().map(ExactSizeIterator::len).sum();
        if taken == 0 || taken * 2 > words.len() {
            return None;
        }
        let mut rest = String::with_capacity(text.len());
        let mut from = 0;
        for stretch in stretches {
            rest += text[from..words[stretch.start].start].trim_end();
            rest += Self::LEFT_OUT;
            from = words[stretch.end - 1].end;
            let after = &text[from..];
            from += after.len() - after.trim_start().len();
        }
        rest += &text[from..];
        Some(rest.trim().to_owned())
    }

    /// The stretches of words that such passages cover.
    fn stretches(&self, hashes: &[u64]) -> Vec<Range<usize>> {
        let mut stretches: Vec<Range<usize>> = Vec::new();
        for (at, passage) in hashes.windows(Self::WORDS).enumerate() {
            if !self.0.contains(&hash_of(passage)) {
                continue;
            }
            match stretches.last_mut().filter(|last| last.end >= at) {
                Some(last) => last.end = at + Self::WORDS,
                None => stretches.push(at..at + Self::WORDS),
            }
        }
        stretches
    }
}

/// Where a passage was found: by entry its number and the long words of its title.
#[derive(Default)]
struct Found {
    entries: Vec<(usize, Vec<u64>)>,
    is_repeated: bool,
}

impl Found {
    fn in_entry(&mut self, number: usize, title: &[u64]) {
        if self.is_repeated {
            return;
        }
        self.entries.retain(|(earlier, _)| number - earlier < Repeated::AMONG);
        let is_related = self.entries.iter().any(|(_, other)| other.iter().any(|word| title.contains(word)));
        if !is_related {
            self.entries.push((number, title.to_vec()));
            self.is_repeated = self.entries.len() >= Repeated::ENTRIES;
        }
    }
}

/// The numbers of the words in which the spans begin.
fn places(text: &str, words: &[Token<'_>], spans: &[Span]) -> Vec<usize> {
    let mut starts: Vec<u32> = spans.iter().map(|span| span.start).collect();
    starts.sort_unstable();
    let mut starts = starts.into_iter().peekable();
    let mut places = Vec::new();
    for (character, (byte, _)) in text.char_indices().enumerate() {
        if starts.peek().is_none() {
            break;
        }
        while starts.next_if(|&start| start as usize == character).is_some() {
            // A span may begin with a sign: with the word after it.
            places.push(words.partition_point(|word| word.end <= byte));
        }
    }
    places.retain(|&place| place < words.len());
    places
}

fn hashes(words: &[Token<'_>]) -> Vec<u64> {
    words.iter().map(|word| word_hash(&word.word)).collect()
}

fn hash_of(words: &[u64]) -> u64 {
    words.iter().copied().fold(0, pair)
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint::Words;
    use super::*;

    const RELATED: &str = "Related: What is the best price plan for the Acme phone; Jane Doe retires";

    /// Of `document`, what `Repeated` finds around `Acme`, and what it leaves of its first text.
    fn left(document: &[(&str, String)]) -> Option<String> {
        let words: Vec<Words> = document.iter().map(|(title, text)| Words::of(title, text)).collect();
        let named: Vec<(&str, Vec<Span>)> =
            document.iter().map(|(_, text)| (text.as_str(), spans(text))).collect();
        // The first is kept, as one that names the brand is.
        let others = document[1..].iter().map(|(title, text)| Neighbour::Other { title, text });
        let entries: Vec<Neighbour<'_>> = [Neighbour::Kept(&words[0])].into_iter().chain(others).collect();
        let (text, spans) = &named[0];
        Repeated::of(&entries, &named[..1]).left_out(text, spans)
    }

    fn spans(text: &str) -> Vec<Span> {
        let start = |byte: usize| text[..byte].chars().count() as u32;
        text.match_indices("Acme").map(|(at, _)| Span { start: start(at), end: start(at) + 4 }).collect()
    }

    fn document(titles: [&'static str; 3]) -> Vec<(&'static str, String)> {
        let bodies = [
            "A tortoise was stolen from a park in the north, and was found again in the garden of a thief",
            "Trains between Lyon and Turin run again after three weeks of work on the line, says its owner",
            "A recipe for soup with leeks and cheese, which takes half an hour and feeds six in the evening",
        ];
        titles.into_iter().zip(bodies).map(|(title, body)| (title, format!("{body}. {RELATED}"))).collect()
    }

    #[test]
    fn a_list_of_related_stories_is_left_out_and_all_else_stays() {
        let unrelated = document(["Stolen tortoise", "Trains again", "Soup of the day"]);
        let text = left(&unrelated).unwrap();
        assert!(text.starts_with("A tortoise was stolen") && !text.contains("Acme"), "{text}");
        // Named in the text too: that stays.
        let mut named = unrelated.clone();
        named[0].1 = format!("Acme says that {}", named[0].1);
        assert!(left(&named).unwrap().starts_with("Acme says that A tortoise"));
    }

    #[test]
    fn what_is_said_of_one_thing_again_and_again_stays() {
        // Updates of one story, posts without titles, two entries, and a text that is hardly anything else.
        assert_eq!(left(&document(["Tortoise stolen", "Tortoise found", "Thief of tortoise held"])), None);
        assert_eq!(left(&document(["", "", ""])), None);
        assert_eq!(left(&document(["Stolen tortoise", "Trains again", "Soup of the day"])[..2]), None);
        let mut agency = document(["Stolen tortoise", "Trains again", "Soup of the day"]);
        agency[0].1 = format!("Two words. {RELATED}");
        assert_eq!(left(&agency), None);
    }
}
