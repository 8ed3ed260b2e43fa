//! Near-duplicates: nearly the same text has nearly the same fingerprint.
//!
//! A fingerprint sketches two sets, each of the words of four letters or more and of the pairs of such words
//! that follow each other: one of title and text, and one of the text's opening, which is what is left of an
//! article that was cut. Of the hashes of a set the smallest that falls into each bin is kept; the share of
//! equal bins estimates how much of two sets is common (Jaccard's index; Broder, "On the Resemblance and
//! Containment of Documents", 1997, in one permutation: Li, Owen and Zhang, "One Permutation Hashing", NIPS
//! 2012). An empty bin borrows from a full one (Shrivastava, "Optimal Densification for Fast and Accurate
//! Minwise Hashing", ICML 2017).
//!
//! Short words say little, and a replaced word takes three of a text's triples but one of its words: with a
//! fifth of the words replaced, triples have 0.35 in common, these sets 0.54, and two texts of one language
//! 0.01 of either.

use std::collections::HashSet;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::text::tokens;

/// Letters of a word that counts; all numbers do.
const LETTERS: usize = 4;
/// Texts with fewer words that count are alike when all their words are, the short ones too.
const SHORT: usize = 6;
/// Words that count of an opening: about 40 of all.
const OPENING: usize = 24;
/// An opening of fewer says too little without its title.
const LEAST_OPENING: usize = 9;
const WHOLE_BINS: usize = 64;
const OPENING_BINS: usize = 32;
/// Equal bins of two near-duplicates.
const NEAR: usize = 20;
/// The same where one of them has fewer than [`SMALL`] words that count: one headline is easily like another.
const NEAR_SMALL: usize = 24;
const SMALL: u8 = 40;
/// The same where both titles have numbers and these differ: two issues of one series.
const NEAR_OTHER_ISSUE: usize = 46;
/// Equal bins of two openings of one text.
const NEAR_OPENING: usize = 17;
/// Pairs of words by which near-duplicates are looked up, from each of the two sets.
const BANDS: usize = 5;

/// A sketch of a text's words and pairs of words, and of those of its opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// So many words count, 255 if more; 1 where too few do, 0 for a text without words.
    size: u8,
    /// Of the numbers in the title; 0 where there are none.
    numbers: u8,
    whole: [u8; WHOLE_BINS],
    /// All zero where there is none.
    opening: [u8; OPENING_BINS],
    bands: [u32; 2 * BANDS],
}

impl Fingerprint {
    pub const BYTES: usize = 2 + WHOLE_BINS + OPENING_BINS + 4 * 2 * BANDS;

    pub fn of(title: &str, text: &str) -> Self {
        Self::without(title, text, &Furniture::default())
    }

    /// As if the passages that the text's document repeats in other entries were not there.
    pub fn without(title: &str, text: &str, furniture: &Furniture) -> Self {
        let title = words(title);
        let text = furniture.removed(words(text));
        let counts = |words: &[Word]| -> Vec<u64> {
            words.iter().filter(|word| word.counts).map(|word| word.hash).collect()
        };
        let opening = counts(&text);
        let whole = [counts(&title), opening.clone()].concat();
        if whole.len() < SHORT {
            return Self::of_short(title.iter().chain(&text).map(|word| word.hash));
        }
        let mut bands = [0; 2 * BANDS];
        let opening = &opening[..opening.len().min(OPENING)];
        let opening = if opening.len() < LEAST_OPENING { &[] } else { opening };
        fill_bands(&whole, 0, &mut bands[..BANDS]);
        fill_bands(opening, 1, &mut bands[BANDS..]);
        let numbers = title.iter().filter(|word| word.is_number).map(|word| word.hash).reduce(pair);
        Self {
            size: whole.len().min(255) as u8,
            numbers: numbers.map_or(0, |hash| (hash as u8).max(1)),
            whole: sketch(&whole),
            opening: sketch(opening),
            bands,
        }
    }

    /// Two texts that share one of these may be near; one lookup each.
    pub fn bands(&self) -> impl Iterator<Item = u32> {
        self.bands.into_iter().filter(|&band| band != 0)
    }

    /// Whether two texts are near-duplicates. Texts without words are like no other.
    pub fn near(&self, other: &Self) -> bool {
        if self.size == 0 {
            return false;
        }
        let whole = equal(&self.whole, &other.whole);
        if self.numbers != other.numbers && self.numbers != 0 && other.numbers != 0 {
            return whole >= NEAR_OTHER_ISSUE;
        }
        whole >= if self.size.min(other.size) < SMALL { NEAR_SMALL } else { NEAR }
            || equal(&self.opening, &other.opening) >= NEAR_OPENING && self.opening != [0; OPENING_BINS]
    }

    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..2].copy_from_slice(&[self.size, self.numbers]);
        bytes[2..][..WHOLE_BINS].copy_from_slice(&self.whole);
        bytes[2 + WHOLE_BINS..][..OPENING_BINS].copy_from_slice(&self.opening);
        for (part, band) in bytes[2 + WHOLE_BINS + OPENING_BINS..].chunks_exact_mut(4).zip(self.bands) {
            part.copy_from_slice(&band.to_le_bytes());
        }
        bytes
    }

    /// `None` unless there are [`Self::BYTES`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&[size, numbers], bytes) = bytes.split_first_chunk()?;
        let (whole, bytes) = bytes.split_first_chunk()?;
        let (opening, bytes) = bytes.split_first_chunk()?;
        let bands: &[u8; 4 * 2 * BANDS] = bytes.try_into().ok()?;
        let bands = std::array::from_fn(|band| {
            u32::from_le_bytes(std::array::from_fn(|byte| bands[4 * band + byte]))
        });
        Some(Self { size, numbers, whole: *whole, opening: *opening, bands })
    }

    /// Equal in all bins when the words are equal, in none (save by chance) when they are not.
    fn of_short(words: impl Iterator<Item = u64>) -> Self {
        let bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
        let mut bands = [0; 2 * BANDS];
        if bytes.is_empty() {
            return Self { size: 0, numbers: 0, whole: [0; WHOLE_BINS], opening: [0; OPENING_BINS], bands };
        }
        bands[0] = band(xxh3_64(&bytes), 2);
        let whole = std::array::from_fn(|bin| xxh3_64_with_seed(&bytes, bin as u64) as u8);
        Self { size: 1, numbers: 0, whole, opening: [0; OPENING_BINS], bands }
    }
}

/// Passages that a document repeats in several entries: credits, share bars, boxes about the author.
#[derive(Clone, Debug, Default)]
pub struct Furniture(HashSet<u64>);

impl Furniture {
    /// Words of a passage.
    const PASSAGE: usize = 4;
    /// A passage is furniture that so many entries of different titles have ...
    const ENTRIES: usize = 3;
    /// ... among so many that follow each other: lists of related stories change with time.
    const AMONG: usize = 40;

    /// From titles and texts of the entries of one document. Copies of one entry count once, by their title.
    pub fn of<'a>(entries: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut titles = HashSet::new();
        let mut found = Vec::new();
        for (title, text) in entries {
            if titles.insert(passage(&words(title))) {
                let entry = titles.len();
                found.extend(words(text).windows(Self::PASSAGE).map(|window| (passage(window), entry)));
            }
        }
        found.sort_unstable();
        found.dedup();
        let dense = |entries: &&[(u64, usize)]| {
            entries.windows(Self::ENTRIES).any(|some| some[Self::ENTRIES - 1].1 - some[0].1 < Self::AMONG)
        };
        let same = found.chunk_by(|(a, _), (b, _)| a == b);
        Self(same.filter(dense).map(|entries| entries[0].0).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words outside of such passages.
    fn removed(&self, words: Vec<Word>) -> Vec<Word> {
        if self.is_empty() {
            return words;
        }
        let mut until = 0;
        let mut kept = Vec::with_capacity(words.len());
        for (at, &word) in words.iter().enumerate() {
            if words.get(at..at + Self::PASSAGE).is_some_and(|window| self.0.contains(&passage(window))) {
                until = at + Self::PASSAGE;
            }
            if at >= until {
                kept.push(word);
            }
        }
        kept
    }
}

#[derive(Clone, Copy)]
struct Word {
    hash: u64,
    /// Whether it has a digit: 12, rc5.
    is_number: bool,
    /// Whether it says something: a number, or long enough.
    counts: bool,
}

fn words(text: &str) -> Vec<Word> {
    let word = |token: tokens::Token<'_>| {
        let is_number = token.word.contains(char::is_numeric);
        let counts = is_number || token.word.chars().nth(LETTERS - 1).is_some();
        Word { hash: xxh3_64(token.word.as_bytes()), is_number, counts }
    };
    tokens::words(text).into_iter().map(word).collect()
}

fn passage(words: &[Word]) -> u64 {
    words.iter().fold(words.len() as u64, |hash, word| pair(hash, word.hash))
}

/// One hash of two, which order tells apart.
fn pair(first: u64, second: u64) -> u64 {
    mixed(first.rotate_left(32) ^ second)
}

/// All bits of the hash depend on all of it (the end of Stafford's and Steele's SplitMix64).
pub(super) fn mixed(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// The words and pairs of words; all zero for none.
fn sketch<const BINS: usize>(words: &[u64]) -> [u8; BINS] {
    if words.is_empty() {
        return [0; BINS];
    }
    let mut smallest = [u64::MAX; BINS];
    let pairs = words.windows(2).map(|two| pair(two[0], two[1]));
    for hash in words.iter().copied().chain(pairs) {
        let bin = (hash % BINS as u64) as usize;
        smallest[bin] = smallest[bin].min(hash);
    }
    let full = |bin: usize| (smallest[bin] != u64::MAX).then_some(smallest[bin]);
    std::array::from_fn(|bin| {
        // The bin and the number of the attempt alone decide from where an empty bin borrows, so that two
        // texts with the same full bins borrow alike. One bin is full, so a walk finds it.
        let found = full(bin).or_else(|| {
            let attempts = (0..16 * BINS as u64)
                .map(|attempt| (mixed(((bin as u64 + 1) << 32) | attempt) % BINS as u64) as usize);
            attempts.chain(0..BINS).find_map(full)
        });
        // The low bits name the bin, the high ones of a minimum are mostly zero.
        (found.unwrap_or(0) >> 16) as u8
    })
}

/// The smallest pair of words in each of as many parts as there are bands.
fn fill_bands(words: &[u64], of: u64, bands: &mut [u32]) {
    let mut smallest = [u64::MAX; BANDS];
    for two in words.windows(2) {
        // Not the hash of the sketch, nor in both sets the same: where one is lost, another may be found.
        let hash = mixed(pair(two[0], two[1]) ^ (of + 1));
        let part = (hash % BANDS as u64) as usize;
        smallest[part] = smallest[part].min(hash);
    }
    for (place, hash) in bands.iter_mut().zip(smallest) {
        if hash != u64::MAX {
            *place = band(hash, of);
        }
    }
}

/// Never 0, which is none.
fn band(hash: u64, of: u64) -> u32 {
    ((mixed(hash ^ (of << 32)) >> 32) as u32).max(1)
}

fn equal(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OUTAGE: &str = "Acme says the outage that cut off two million customers on Tuesday was caused by a \
        faulty update to its routers. Service came back in most regions by the evening, the company said, \
        but some customers in the north were still without a connection on Wednesday morning. Acme has \
        apologised and promised a refund for the day that was lost. The regulator has asked the company \
        for a report within two weeks, and a consumer group called the answer too little and too late.";
    const OUTAGE_ELSEWHERE: &str = "Millions of people could not make calls or go online yesterday after a \
        botched software change at Acme. The operator apologised on Wednesday and offered compensation for \
        the lost day. The watchdog wants an explanation within a fortnight; consumer groups say the offer \
        is not enough. Engineers worked through the night to repair routers, and parts of the north stayed \
        offline until the morning, the company told reporters.";
    const RECALL: &str = "Acme rappelle 40 000 vélos électriques vendus depuis mars : le cadre peut se fendre \
        sous la selle. Aucun accident grave n'a été signalé, mais la marque demande de ne plus s'en servir. \
        Les clients peuvent se faire rembourser en magasin ou attendre une réparation gratuite, promise avant \
        la fin du mois de mai.";

    fn of(text: &str) -> Fingerprint {
        Fingerprint::of("", text)
    }

    fn share_a_band(a: &Fingerprint, b: &Fingerprint) -> bool {
        a.bands().any(|band| b.bands().any(|other| band == other))
    }

    #[track_caller]
    fn check(a: &str, b: &str, near: bool) {
        let (a, b) = (of(a), of(b));
        assert_eq!(a.near(&b), near, "{} bins equal", equal(&a.whole, &b.whole));
        assert_eq!(b.near(&a), near);
    }

    /// The text with one word in `every` replaced.
    fn replaced(text: &str, every: usize, salt: usize) -> String {
        let word = |(i, word): (usize, &str)| match (i + salt) % every {
            0 => format!("other{}", i * 31 + salt),
            _ => word.to_owned(),
        };
        text.split_whitespace().enumerate().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn edits_are_near() {
        for text in [OUTAGE, RECALL] {
            check(text, text, true);
            check(text, &format!("By Jane Doe, Example Press. {text}"), true);
            check(text, &format!("{text} Follow us for more news. Read the full story on our site."), true);
            check(text, &text.to_uppercase(), true);
            let characters = text.chars().count();
            check(text, &text.chars().take(characters * 2 / 3).collect::<String>(), true);
        }
    }

    #[test]
    fn a_tenth_of_the_words_replaced_is_near_and_mostly_shares_a_band() {
        let mut found = 0;
        for salt in 0..10 {
            for text in [OUTAGE, RECALL] {
                check(text, &replaced(text, 10, salt), true);
                found += usize::from(share_a_band(&of(text), &of(&replaced(text, 10, salt))));
            }
        }
        assert!(found >= 15, "{found} of 20");
    }

    #[test]
    fn other_texts_are_not_near() {
        check(OUTAGE, OUTAGE_ELSEWHERE, false);
        check(OUTAGE, RECALL, false);
        check(OUTAGE, "Acme is down", false);
        check(
            "Acme lance un vélo électrique à Lyon ce mardi",
            "Acme lance un casque connecté à Paris ce jeudi",
            false,
        );
        check(OUTAGE, &replaced(OUTAGE, 3, 0), false);
    }

    #[test]
    fn few_words_must_be_equal() {
        check("Acme is down", "acme is DOWN!", true);
        check("Acme is down", "Acme is down again", false);
        check("Acme is down", "down is Acme", false);
        check("", "", false);
        check("…", "Acme", false);
    }

    proptest! {
        #[test]
        fn bytes_come_back(text in "[a-d ]{0,60}") {
            let print = of(&text);
            prop_assert_eq!(Fingerprint::from_bytes(&print.to_bytes()), Some(print));
        }

        #[test]
        fn a_text_is_near_itself_and_shares_all_bands(text in "[a-z]{1,5}( [a-z]{1,5}){0,30}") {
            prop_assert!(of(&text).near(&of(&text)));
            prop_assert!(share_a_band(&of(&text), &of(&text)));
        }
    }

    /// Words that no other number has.
    fn made_up(number: usize, words: usize) -> String {
        let letter = |of: usize| char::from(b'a' + (of % 26) as u8);
        let word = |place| format!("word{}{}{}", letter(number), letter(place / 26), letter(place));
        (0..words).map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn an_article_that_was_cut_is_near_by_its_opening() {
        let article = format!("{OUTAGE} {}", made_up(1, 500));
        check(&article, &format!("{OUTAGE}… Continue reading"), true);
        check(&article, &format!("{} {OUTAGE}", made_up(2, 500)), false);
        let (one, other) =
            (Fingerprint::of("Acme says sorry", OUTAGE), Fingerprint::of("Refund after outage", OUTAGE));
        assert!(one.near(&other));
    }

    #[test]
    fn issues_of_a_series_are_not_near() {
        let of = |day| {
            Fingerprint::of(
                &format!("Pictures of the day: {day} March 2013"),
                &format!("Around the world in photos: {day} March"),
            )
        };
        assert!(!of(15).near(&of(25)));
        assert!(of(15).near(&of(15)));
    }

    #[test]
    fn what_a_document_repeats_makes_no_entry_like_another() {
        const BOX: &str = "Jane Doe writes about telecommunications, bicycles and cheese for readers in the whole \
            country, and has won three prizes for it. Follow her on every network, write to her, or subscribe to \
            the letter that she sends out every Thursday morning.";
        let entries: Vec<(String, String)> = (0..5)
            .map(|n| (format!("Title {}", made_up(n, 3)), format!("{} {BOX}", made_up(n, 12))))
            .collect();
        let furniture = |entries: &[(String, String)]| {
            Furniture::of(entries.iter().map(|(title, text)| (title.as_str(), text.as_str())))
        };
        let near = |furniture: &Furniture| {
            let print = |(title, text): &(String, String)| Fingerprint::without(title, text, furniture);
            print(&entries[0]).near(&print(&entries[1]))
        };
        assert!(near(&Furniture::default()));
        assert!(!near(&furniture(&entries)));
        assert!(furniture(&entries[..2]).is_empty());
        // Copies of one entry repeat nothing.
        assert!(furniture(&vec![entries[0].clone(); 5]).is_empty());
    }

    #[test]
    fn other_lengths_are_no_fingerprint() {
        assert_eq!(Fingerprint::from_bytes(&[0; Fingerprint::BYTES - 1]), None);
    }
}
