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

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

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
/// The same where one of them is small and the other so many times as large: what is left of an article that
/// was cut ends before the opening does, and has that much less in common with it.
const NEAR_OPENING_CUT: usize = 12;
const CUT: u8 = 2;
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
    /// Of three bytes each.
    bands: [u32; 2 * BANDS],
}

impl Fingerprint {
    pub const BYTES: usize = Self::BANDS_AT + 3 * 2 * BANDS;
    /// Where the bands begin.
    /// That one text has.
    pub const MOST_BANDS: usize = 2 * BANDS;

    const BANDS_AT: usize = 2 + WHOLE_BINS + OPENING_BINS;

    pub fn of(title: &str, text: &str) -> Self {
        Self::without(&Words::of(title, text), &Furniture::default())
    }

    /// As if the passages that the text's document repeats in other entries were not there.
    pub fn without(words: &Words, furniture: &Furniture) -> Self {
        let title = &words.title;
        let text = furniture.removed(&words.text);
        let counting = |words: &[Word], into: &mut Vec<u64>| {
            into.extend(words.iter().filter(|word| word.counts).map(|word| word.hash));
        };
        let mut whole = Vec::with_capacity(title.len() + text.len());
        counting(title, &mut whole);
        let of_title = whole.len();
        counting(&text, &mut whole);
        if whole.len() < SHORT {
            return Self::of_short(title.iter().chain(&*text).map(|word| word.hash));
        }
        let mut bands = [0; 2 * BANDS];
        let opening = &whole[of_title..];
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

    pub fn shares_band(&self, other: &Self) -> bool {
        self.bands().any(|band| other.bands.contains(&band))
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
        let (least, most) = (self.size.min(other.size), self.size.max(other.size));
        let (near, near_opening) = match least < SMALL {
            true if most >= CUT * least => (NEAR, NEAR_OPENING_CUT),
            true => (NEAR_SMALL, NEAR_OPENING),
            false => (NEAR, NEAR_OPENING),
        };
        whole >= near
            || equal(&self.opening, &other.opening) >= near_opening && self.opening != [0; OPENING_BINS]
    }

    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..2].copy_from_slice(&[self.size, self.numbers]);
        bytes[2..][..WHOLE_BINS].copy_from_slice(&self.whole);
        bytes[2 + WHOLE_BINS..][..OPENING_BINS].copy_from_slice(&self.opening);
        for (part, band) in bytes[Self::BANDS_AT..].chunks_exact_mut(3).zip(self.bands) {
            part.copy_from_slice(&band.to_le_bytes()[..3]);
        }
        bytes
    }

    /// `None` unless there are [`Self::BYTES`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&[size, numbers], bytes) = bytes.split_first_chunk()?;
        let (whole, bytes) = bytes.split_first_chunk()?;
        let (opening, bytes) = bytes.split_first_chunk()?;
        let bands: &[u8; 3 * 2 * BANDS] = bytes.try_into().ok()?;
        let bands = std::array::from_fn(|band| {
            u32::from_le_bytes([bands[3 * band], bands[3 * band + 1], bands[3 * band + 2], 0])
        });
        Some(Self { size, numbers, whole: *whole, opening: *opening, bands })
    }

    /// The bytes of one whose bands had four bytes each; `None` unless it is one.
    pub fn narrowed(bytes: &[u8]) -> Option<Vec<u8>> {
        let (sketches, bands) = bytes.split_at_checked(Self::BANDS_AT)?;
        if bands.len() != 4 * 2 * BANDS {
            return None;
        }
        let mut narrow = sketches.to_vec();
        for wide in bands.chunks_exact(4) {
            // The three high bytes; only a band that is none is 0.
            let low = if wide[0] > 0 && wide[1..] == [0; 3] { 1 } else { wide[1] };
            narrow.extend([low, wide[2], wide[3]]);
        }
        Some(narrow)
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

/// The words of an entry, as fingerprints are taken of them.
pub struct Words {
    title: Vec<Word>,
    text: Vec<Word>,
}

impl Words {
    pub fn of(title: &str, text: &str) -> Self {
        let words = |text: &str| {
            let mut words = Vec::with_capacity(text.len() / 5);
            tokens::each_word(text, |word| words.push(Word::of(word)));
            words
        };
        Self { title: words(title), text: words(text) }
    }
}

/// An entry of the document in which [`Furniture`] is sought.
pub enum Neighbour<'a> {
    /// One of which a fingerprint is wanted.
    Kept(&'a Words),
    Other {
        title: &'a str,
        text: &'a str,
    },
}

impl Neighbour<'_> {
    /// The hashes of the title's words that say something, and of all words of the text.
    pub(super) fn long_words_and_text(&self) -> (Vec<u64>, Vec<u64>) {
        let long = |words: &[Word]| words.iter().filter(|word| word.counts).map(|word| word.hash).collect();
        match self {
            Self::Kept(words) => (long(&words.title), words.text.iter().map(|word| word.hash).collect()),
            Self::Other { title, text } => {
                let mut words = Vec::with_capacity(text.len() / 5);
                tokens::each_word(text, |word| words.push(word_hash(word)));
                (long(&Words::of(title, "").title), words)
            }
        }
    }

    /// The same for the same words in the title.
    fn title_hash(&self) -> u64 {
        let mut hash = 0;
        match self {
            Self::Kept(words) => words.title.iter().for_each(|word| hash = pair(hash, word.hash)),
            Self::Other { title, .. } => {
                tokens::each_word(title, |word| hash = pair(hash, word_hash(word)));
            }
        }
        hash
    }
}

/// Passages that a document repeats in several entries, of those that its kept entries have: credits, share
/// bars, boxes about the author.
#[derive(Clone, Debug, Default)]
pub struct Furniture(HashSet<u64>);

impl Furniture {
    /// Words of a passage.
    const PASSAGE: usize = 4;
    /// A passage is furniture that so many entries of different titles have ...
    const ENTRIES: usize = 3;
    /// ... among so many that follow each other: lists of related stories change with time.
    const AMONG: usize = 40;

    /// From all entries of one document, in order. Copies of one entry count once, by their title.
    pub fn of(entries: &[Neighbour<'_>]) -> Self {
        if entries.len() < Self::ENTRIES {
            return Self::default();
        }
        let mut sought = Sought::default();
        for entry in entries {
            if let Neighbour::Kept(words) = entry {
                sought.seek(words);
            }
        }
        let mut titles = HashSet::new();
        for entry in entries {
            if titles.insert(entry.title_hash()) {
                let mut reader = Reader { sought: &mut sought, entry: titles.len(), latest: [0; _], run: 0 };
                match entry {
                    Neighbour::Kept(words) => words.text.iter().for_each(|word| reader.read(word.hash)),
                    Neighbour::Other { text, .. } => {
                        tokens::each_word(text, |word| reader.read(word_hash(word)));
                    }
                }
            }
        }
        let repeated = sought.passages.into_iter().filter(|(_, found)| found.is_repeated);
        Self(repeated.map(|(passage, _)| passage).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words outside of such passages.
    fn removed<'a>(&self, words: &'a [Word]) -> Cow<'a, [Word]> {
        if self.0.is_empty() {
            return Cow::Borrowed(words);
        }
        let mut until = 0;
        let mut kept = Vec::with_capacity(words.len());
        for (at, &word) in words.iter().enumerate() {
            if words.get(at..at + Self::PASSAGE).is_some_and(|window| self.0.contains(&passage_of(window))) {
                until = at + Self::PASSAGE;
            }
            if at >= until {
                kept.push(word);
            }
        }
        Cow::Owned(kept)
    }
}

/// The passages of the kept entries, and where they were found.
#[derive(Default)]
struct Sought {
    passages: HashMap<u64, Found>,
    /// Which words they are made of, by some bits of the hash: most words of others are none of them.
    words: Bits,
}

impl Sought {
    fn seek(&mut self, words: &Words) {
        words.text.iter().for_each(|word| self.words.set(word.hash));
        let passages = words.text.windows(Furniture::PASSAGE).map(passage_of);
        self.passages.extend(passages.map(|passage| (passage, Found::default())));
    }
}

#[derive(Clone, Copy, Default)]
struct Found {
    /// The latest entries that have it, by their numbers from 1 on; 0 for none.
    latest: [usize; Furniture::ENTRIES - 1],
    is_repeated: bool,
}

impl Found {
    fn in_entry(&mut self, entry: usize) {
        if self.latest.contains(&entry) {
            return;
        }
        let first = self.latest[0];
        self.is_repeated |= first > 0 && entry - first < Furniture::AMONG;
        self.latest.rotate_left(1);
        self.latest[Furniture::ENTRIES - 2] = entry;
    }
}

/// Reads an entry word by word for the passages that are sought.
struct Reader<'a> {
    sought: &'a mut Sought,
    entry: usize,
    /// The hashes of the latest words ...
    latest: [u64; Furniture::PASSAGE],
    /// ... of which so many in a row are sought.
    run: usize,
}

impl Reader<'_> {
    fn read(&mut self, word: u64) {
        if !self.sought.words.has(word) {
            self.run = 0;
            return;
        }
        self.latest.rotate_left(1);
        self.latest[Furniture::PASSAGE - 1] = word;
        self.run += 1;
        if self.run >= Furniture::PASSAGE
            && let Some(found) = self.sought.passages.get_mut(&passage(self.latest))
        {
            found.in_entry(self.entry);
        }
    }
}

/// A set of hashes that may hold more than was put in.
struct Bits([u64; 128]);

impl Default for Bits {
    fn default() -> Self {
        Self([0; 128])
    }
}

impl Bits {
    fn set(&mut self, hash: u64) {
        self.0[(hash >> 6) as usize % 128] |= 1 << (hash % 64);
    }

    fn has(&self, hash: u64) -> bool {
        self.0[(hash >> 6) as usize % 128] & (1 << (hash % 64)) != 0
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

impl Word {
    fn of(word: &str) -> Self {
        // Most are ASCII, which is cheap to tell.
        let (is_number, is_long) = if word.is_ascii() {
            (word.bytes().any(|byte| byte.is_ascii_digit()), word.len() >= LETTERS)
        } else {
            (word.contains(char::is_numeric), word.chars().nth(LETTERS - 1).is_some())
        };
        let counts = is_number || is_long;
        Self { hash: word_hash(word), is_number, counts }
    }
}

pub(super) fn word_hash(word: &str) -> u64 {
    xxh3_64(word.as_bytes())
}

fn passage_of(words: &[Word]) -> u64 {
    passage(std::array::from_fn(|at| words[at].hash))
}

/// One hash of the words of a passage.
fn passage(words: [u64; Furniture::PASSAGE]) -> u64 {
    words.into_iter().fold(0, pair)
}

/// One hash of two, which order tells apart.
pub(super) fn pair(first: u64, second: u64) -> u64 {
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
    ((mixed(hash ^ (of << 32)) >> 40) as u32).max(1)
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
                found += usize::from(of(text).shares_band(&of(&replaced(text, 10, salt))));
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
            prop_assert!(of(&text).shares_band(&of(&text)));
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
    fn a_dozen_words_that_are_left_of_an_article_are_mostly_near_it() {
        let of_beginning = |number| of(&made_up(number, 500)).near(&of(&made_up(number, 12)));
        let found = (0..20).filter(|&number| of_beginning(number)).count();
        assert!(found >= 15, "{found} of 20");
        let of_another = |number| of(&made_up(number, 500)).near(&of(&made_up(number + 1, 12)));
        assert_eq!((0..20).filter(|&number| of_another(number)).count(), 0);
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
        let words: Vec<Words> = entries.iter().map(|(title, text)| Words::of(title, text)).collect();
        // The first two are kept.
        let furniture = |entries: &[(String, String)]| {
            let kept = words[..2].iter().map(Neighbour::Kept);
            let others = entries[2..].iter().map(|(title, text)| Neighbour::Other { title, text });
            Furniture::of(&kept.chain(others).collect::<Vec<_>>())
        };
        let near = |furniture: &Furniture| {
            let print = |words: &Words| Fingerprint::without(words, furniture);
            print(&words[0]).near(&print(&words[1]))
        };
        assert!(near(&Furniture::default()));
        assert!(!near(&furniture(&entries)));
        assert!(near(&furniture(&entries[..2])));
        // Copies of one entry repeat nothing.
        let mut copies = entries.clone();
        copies[2..].fill(entries[0].clone());
        assert!(near(&furniture(&copies)));
    }

    #[test]
    fn other_lengths_are_no_fingerprint() {
        assert_eq!(Fingerprint::from_bytes(&[0; Fingerprint::BYTES - 1]), None);
    }
}
