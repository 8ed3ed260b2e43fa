//! Near-duplicates: nearly the same text has nearly the same fingerprint.
//!
//! A fingerprint sketches the set of a text's word triples: of every triple's hash, the smallest that falls
//! into each of 64 bins is kept (one-permutation MinHash: Li, Owen and Zhang, "One Permutation Hashing",
//! NIPS 2012), and an empty bin borrows from a full one (Shrivastava, "Optimal Densification for Fast and
//! Accurate Minwise Hashing", ICML 2017). The share of equal bins estimates how much of the two sets is
//! common (Jaccard's index).

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::text::tokens;

const BINS: usize = 64;
/// Words per shingle.
const SHINGLE: usize = 3;
/// Texts of fewer words have too few shingles to be nearly alike; they are alike when their words are.
const SHORT: usize = 6;
/// Equal bins of two near-duplicates. A tenth of the words replaced leaves 0.57 of the triples common, a
/// text cut by half 0.5; two reports of one event share less than 0.15. At 23 of 64 the first two are
/// found in 97 of 100 trials, the last is never mistaken.
const NEAR: usize = 23;
/// Bins per band. Texts with a tenth of the words replaced share one of eight bands of two 92 times in a
/// hundred, of eight bands of three only 75 times.
const BAND: usize = 2;

/// A sketch of a text's word shingles (one-permutation MinHash).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u16; BINS]);

impl Fingerprint {
    pub fn of(title: &str, text: &str) -> Self {
        let hashes: Vec<u64> = tokens::words(title)
            .iter()
            .chain(&tokens::words(text))
            .map(|token| xxh3_64(token.word.as_bytes()))
            .collect();
        Self::of_hashes(&hashes)
    }

    /// Two texts that share one of these may be near; one lookup each.
    pub fn bands(&self) -> [u64; 8] {
        std::array::from_fn(|band| {
            let mut bytes = [0; 2 * BAND];
            for (pair, value) in bytes.chunks_exact_mut(2).zip(&self.0[band * BAND..]) {
                pair.copy_from_slice(&value.to_le_bytes());
            }
            xxh3_64_with_seed(&bytes, band as u64)
        })
    }

    /// Whether two texts are near-duplicates. Texts without words are like no other.
    pub fn near(&self, other: &Self) -> bool {
        let equal = self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count();
        equal >= NEAR && *self != Self::WORDLESS
    }

    pub fn to_bytes(&self) -> [u8; 2 * BINS] {
        let mut bytes = [0; 2 * BINS];
        for (pair, value) in bytes.chunks_exact_mut(2).zip(&self.0) {
            pair.copy_from_slice(&value.to_le_bytes());
        }
        bytes
    }

    /// `None` unless there are 128 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; 2 * BINS] = bytes.try_into().ok()?;
        Some(Self(std::array::from_fn(|bin| u16::from_le_bytes([bytes[2 * bin], bytes[2 * bin + 1]]))))
    }

    const WORDLESS: Self = Self([0; BINS]);

    /// From the hash of each word, in the order of the text.
    fn of_hashes(words: &[u64]) -> Self {
        if words.is_empty() {
            return Self::WORDLESS;
        }
        if words.len() < SHORT {
            return Self::of_short(words);
        }
        let mut smallest = [u64::MAX; BINS];
        for shingle in words.windows(SHINGLE) {
            let hash = hash_all(shingle, 0);
            let bin = (hash >> 58) as usize;
            smallest[bin] = smallest[bin].min(hash);
        }
        let full = |bin: usize| (smallest[bin] != u64::MAX).then_some(smallest[bin]);
        Self(std::array::from_fn(|bin| {
            // The bin and the number of the attempt alone decide from where an empty bin borrows, so that
            // two texts with the same full bins borrow alike. One bin is full, so a walk finds it.
            let found = full(bin).or_else(|| {
                let attempts = (0..16 * BINS as u64).map(|attempt| {
                    let place = ((bin as u64) << 32) | attempt;
                    (xxh3_64(&place.to_le_bytes()) >> 58) as usize
                });
                attempts.chain(0..BINS).find_map(full)
            });
            // The low bits: the high ones name the bin, and those of a minimum are mostly zero.
            found.unwrap_or(0) as u16
        }))
    }

    /// Equal in all bins when the words are equal, in none (save by chance) when they are not.
    fn of_short(words: &[u64]) -> Self {
        Self(std::array::from_fn(|bin| hash_all(words, bin as u64 + 1) as u16))
    }
}

/// One hash of up to six.
fn hash_all(hashes: &[u64], seed: u64) -> u64 {
    let mut bytes = [0; 8 * SHORT];
    for (part, hash) in bytes.chunks_exact_mut(8).zip(hashes) {
        part.copy_from_slice(&hash.to_le_bytes());
    }
    xxh3_64_with_seed(&bytes[..8 * hashes.len().min(SHORT)], seed)
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
        a.bands().iter().any(|band| b.bands().contains(band))
    }

    #[track_caller]
    fn check(a: &str, b: &str, near: bool) {
        let (a, b) = (of(a), of(b));
        assert_eq!(a.near(&b), near, "{} bins equal", a.0.iter().zip(&b.0).filter(|(a, b)| a == b).count());
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
            prop_assert_eq!(of(&text).bands(), of(&text).bands());
        }
    }

    #[test]
    fn other_lengths_are_no_fingerprint() {
        assert_eq!(Fingerprint::from_bytes(&[0; 127]), None);
    }
}
