//! A linear model over hashed features: which words, pieces of words and pairs of words a text has, and where
//! they stand to what it speaks of.
//!
//! Features are hashed into a table of fixed size (Weinberger et al., "Feature Hashing for Large Scale Multitask
//! Learning", ICML 2009), pieces of words as in fastText (Bojanowski et al., TACL 2017). The model is multinomial
//! logistic regression; its weights are signed bytes with a common scale, trained by `tests/train`.

use std::ops::Range;

use anyhow::{Context, Result, ensure};

use super::fingerprint::mixed;
use crate::model::Sentiment;
use crate::text::tokens::Token;

/// How many numbers beside the hashed features a text is told by.
pub const DENSE: usize = 8;

const CLASSES: usize = 3;

/// Begins a file of weights, its version included.
const MAGIC: &[u8; 4] = b"vgt1";

/// Pieces of words, in characters, the signs of beginning and end among them.
const PIECES: Range<usize> = 3..6;

/// A word so far from the target is still told as near it.
const NEAR: usize = 4;

/// One hashed feature of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feature {
    pub hash: u64,
    /// The word it comes of, by its place among those that were added; [`Feature::OF_NONE`] for signs.
    pub word: u32,
}

impl Feature {
    pub const OF_NONE: u32 = u32::MAX;

    /// Its place in a table of `2^bits` features.
    pub fn place(self, bits: u32) -> usize {
        (self.hash >> (64 - bits)) as usize
    }
}

/// What a text is told by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    pub hashed: Vec<Feature>,
    pub dense: [f32; DENSE],
    /// Bytes of the text of each word.
    pub words: Vec<Range<usize>>,
}

impl Features {
    /// Adds one sentence: its words, what stands between them and behind (up to byte `end`), and which of them are
    /// targets: ordered ranges of bytes, none within another. `negated` are those that a negation reaches.
    pub fn add_sentence(
        &mut self,
        text: &str,
        words: &[Token<'_>],
        end: usize,
        targets: Option<&[Range<usize>]>,
        negated: impl Fn(usize) -> bool,
    ) {
        let is_target: Vec<bool> = words
            .iter()
            .map(|word| targets.is_some_and(|targets| is_touched(targets, &(word.start..word.end))))
            .collect();
        let distances = to_nearest(&is_target);
        // A brand's name must not weigh: what is said of it does.
        let shown = |at: usize| if is_target[at] { "\u{1}" } else { words[at].word.as_ref() };
        for (at, word) in words.iter().enumerate() {
            let number = self.words.len() as u32;
            self.words.push(word.start..word.end);
            self.push(number, &[b"w", shown(at).as_bytes()]);
            if at + 1 < words.len() {
                self.push(number, &[b"b", shown(at).as_bytes(), shown(at + 1).as_bytes()]);
            }
            if is_target[at] {
                continue;
            }
            if negated(at) {
                self.push(number, &[b"n", word.word.as_bytes()]);
            }
            if let Some(distance) = distances[at] {
                let side: &[u8] = match (distance.unsigned_abs() <= NEAR, distance > 0) {
                    (true, true) => b"<",
                    (true, false) => b">",
                    (false, _) => b"-",
                };
                self.push(number, &[b"t", side, word.word.as_bytes()]);
            }
            self.pieces(number, &word.word, if negated(at) { b"np" } else { b"p" });
        }
        for (at, word) in words.iter().enumerate() {
            let until = words.get(at + 1).map_or(end, |next| next.start);
            let mut run = None;
            // Who asks in the French texts of training asks about one quarrel.
            for sign in text
                .get(word.end..until)
                .unwrap_or("")
                .chars()
                .filter(|sign| !sign.is_whitespace() && *sign != '?')
            {
                let mut bytes = [0; 4];
                self.push(Feature::OF_NONE, &[b"s", sign.encode_utf8(&mut bytes).as_bytes()]);
                if run == Some(sign) {
                    self.push(Feature::OF_NONE, &[b"ss", sign.encode_utf8(&mut bytes).as_bytes()]);
                }
                run = Some(sign);
            }
        }
    }

    /// Those of negated words are others.
    fn pieces(&mut self, number: u32, word: &str, kind: &[u8]) {
        let mut ends: Vec<usize> = Vec::with_capacity(word.len() + 3);
        let marked = format!("<{word}>");
        ends.extend(marked.char_indices().map(|(at, _)| at));
        ends.push(marked.len());
        let chars = ends.len() - 1;
        for length in PIECES.filter(|length| *length < chars) {
            for start in 0..=chars - length {
                self.push(number, &[kind, &marked.as_bytes()[ends[start]..ends[start + length]]]);
            }
        }
    }

    fn push(&mut self, word: u32, parts: &[&[u8]]) {
        // FNV-1a, whose high bits alone would not tell enough apart.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for part in parts {
            for &byte in *part {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
            hash = (hash ^ 0xff).wrapping_mul(0x0100_0000_01b3);
        }
        self.hashed.push(Feature { hash: mixed(hash), word });
    }

    /// What each hashed feature counts for: long texts must not be surer than short ones.
    pub fn unit(&self) -> f32 {
        1.0 / (self.hashed.len().max(1) as f32).sqrt()
    }
}

/// The weights for one language, to be written.
pub struct Packed {
    /// The table has `2^bits` features.
    pub bits: u32,
    pub scale: f32,
    /// Of negative, neutral and positive.
    pub dense: [[f32; DENSE]; CLASSES],
    /// Class by class for each feature, in units of the scale.
    pub table: Vec<i8>,
}

/// The weights for one language.
#[derive(Clone, Debug)]
pub struct Weights<'a> {
    bits: u32,
    scale: f32,
    dense: [[f32; DENSE]; CLASSES],
    table: &'a [u8],
}

impl<'a> Weights<'a> {
    /// Reads the weights of all languages that a file holds, in its order.
    ///
    /// # Errors
    /// If it is no such file, or one of another version.
    pub fn read_all(mut bytes: &'a [u8]) -> Result<Vec<Self>> {
        ensure!(take(&mut bytes, MAGIC.len())? == MAGIC, "no weights of this version");
        let mut all = Vec::new();
        while !bytes.is_empty() {
            let bits = u32::from_le_bytes(take(&mut bytes, 4)?.try_into()?);
            ensure!((1..=24).contains(&bits), "a table of 2^{bits} features");
            let scale = number(&mut bytes)?;
            let mut dense = [[0.0; DENSE]; CLASSES];
            for weight in dense.iter_mut().flatten() {
                *weight = number(&mut bytes)?;
            }
            all.push(Self { bits, scale, dense, table: take(&mut bytes, CLASSES << bits)? });
        }
        Ok(all)
    }

    /// What [`Weights::read_all`] reads.
    pub fn write(languages: &[Packed]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for Packed { bits, scale, dense, table } in languages {
            bytes.extend(bits.to_le_bytes());
            bytes.extend(scale.to_le_bytes());
            bytes.extend(dense.iter().flatten().flat_map(|weight| weight.to_le_bytes()));
            bytes.extend(table.iter().map(|weight| weight.cast_unsigned()));
        }
        bytes
    }

    fn weight(&self, place: usize, class: usize) -> f32 {
        f32::from(self.table[place * CLASSES + class].cast_signed()) * self.scale
    }

    /// Probabilities, and how much each word says for positive and against negative, in logits.
    pub fn score(&self, features: &Features) -> (Sentiment, Vec<f32>) {
        let unit = features.unit();
        let mut logits = [0.0_f32; CLASSES];
        let mut pulls = vec![0.0; features.words.len()];
        for feature in &features.hashed {
            let place = feature.place(self.bits);
            let weights = [0, 1, 2].map(|class| self.weight(place, class) * unit);
            for (logit, weight) in logits.iter_mut().zip(weights) {
                *logit += weight;
            }
            if let Some(pull) = pulls.get_mut(feature.word as usize) {
                *pull += weights[2] - weights[0];
            }
        }
        for (logit, row) in logits.iter_mut().zip(&self.dense) {
            *logit += row.iter().zip(features.dense).map(|(weight, value)| weight * value).sum::<f32>();
        }
        (Sentiment::from_logits(logits), pulls)
    }
}

/// Whether one of some ordered ranges, none within another, has a byte of `range`.
pub(super) fn is_touched(ranges: &[Range<usize>], range: &Range<usize>) -> bool {
    let first = ranges.partition_point(|known| known.end <= range.start);
    ranges.get(first).is_some_and(|known| known.start < range.end)
}

/// How far each place is from the nearest target, the earlier one of two as near; negative behind it.
fn to_nearest(is_target: &[bool]) -> Vec<Option<isize>> {
    let mut distances: Vec<Option<isize>> = vec![None; is_target.len()];
    let mut last = None;
    for (at, is_target) in is_target.iter().enumerate() {
        last = if *is_target { Some(at) } else { last };
        distances[at] = last.map(|last| last as isize - at as isize);
    }
    let mut next = None;
    for (at, is_target) in is_target.iter().enumerate().rev() {
        next = if *is_target { Some(at) } else { next };
        let ahead = next.map(|next| next as isize - at as isize);
        if let Some(ahead) = ahead
            && distances[at].is_none_or(|behind| ahead < -behind)
        {
            distances[at] = Some(ahead);
        }
    }
    distances
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length).context("the weights are cut short")?;
    *bytes = rest;
    Ok(taken)
}

fn number(bytes: &mut &[u8]) -> Result<f32> {
    Ok(f32::from_le_bytes(take(bytes, 4)?.try_into()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_nearest_target_is_the_nearest(is_target in prop::collection::vec(any::<bool>(), 0..20)) {
            let by_definition: Vec<Option<isize>> = (0..is_target.len())
                .map(|at| {
                    let targets = (0..is_target.len()).filter(|&other| is_target[other]);
                    targets.map(|other| other as isize - at as isize).min_by_key(|d| d.unsigned_abs())
                })
                .collect();
            prop_assert_eq!(to_nearest(&is_target), by_definition);
        }
    }
}
