//! Cuts a text into the pieces of words that the built-in encoder knows, as SentencePiece's unigram model does (Kudo,
//! "Subword Regularization", 2018): of all ways to cut a word, the one whose pieces have the highest scores.
//!
//! Reading the same list through `tokenizers` takes half of what a small round costs; here it is only parted into lines.

use std::collections::HashMap;
use std::ops::Range;

use crate::text::fold::plain_forms;

pub struct Pieces {
    /// In the order of their bytes; a piece's number is its place. Each has a score.
    known: Vec<(&'static str, f32)>,
    /// Where those with this first letter are.
    begins: HashMap<char, Range<usize>>,
    begin: usize,
    end: usize,
    unknown: usize,
    /// What a letter scores that no piece has.
    unknown_score: f64,
}

/// Stands for a space, at the beginning of a word.
const SPACE: char = '▁';
/// Are pieces wherever they stand.
const SIGNS: [&str; 5] = ["<s>", "</s>", "<pad>", "<unk>", "<mask>"];
/// An unknown letter scores less than the least of pieces by this.
const UNKNOWN_PENALTY: f64 = 10.0;

impl Pieces {
    /// `list` has a piece and its score on each line, parted by a tab, in the order of their bytes.
    pub fn read(list: &'static str) -> Option<Self> {
        let lines = list.lines().map(|line| {
            let (piece, score) = line.split_once('\t')?;
            Some((piece, score.parse().ok()?))
        });
        let known: Vec<(&str, f32)> = lines.collect::<Option<_>>()?;
        let mut begins: HashMap<char, Range<usize>> = HashMap::new();
        for (number, (piece, _)) in known.iter().enumerate() {
            begins.entry(piece.chars().next()?).or_insert(number..number).end = number + 1;
        }
        let number = |sign: &str| known.binary_search_by_key(&sign, |(piece, _)| piece).ok();
        let least = known.iter().map(|(_, score)| f64::from(*score)).fold(0.0, f64::min);
        Some(Self {
            begin: number("<s>")?,
            end: number("</s>")?,
            unknown: number("<unk>")?,
            unknown_score: least - UNKNOWN_PENALTY,
            known,
            begins,
        })
    }

    /// The numbers of a text's pieces between those of its beginning and end; at most so many in all.
    pub fn numbers(&self, text: &str, most: usize) -> Vec<usize> {
        let mut numbers = vec![self.begin];
        let mut rest = text;
        while !rest.is_empty() && numbers.len() < most {
            let next = rest.match_indices('<').find_map(|(at, _)| {
                let sign = SIGNS.iter().find(|sign| rest[at..].starts_with(**sign))?;
                Some((at, *sign))
            });
            let (at, sign) = next.unwrap_or((rest.len(), ""));
            self.add_plain(&rest[..at], most, &mut numbers);
            numbers.extend(self.known.binary_search_by_key(&sign, |(piece, _)| piece));
            rest = &rest[at + sign.len()..];
        }
        numbers.truncate(most - 1);
        numbers.push(self.end);
        numbers
    }

    /// Adds those of a text without signs, until there are enough.
    fn add_plain(&self, text: &str, most: usize, numbers: &mut Vec<usize>) {
        let folded = plain_forms(text);
        let mut spaced = String::with_capacity(folded.len() + 8);
        for word in folded.split_whitespace() {
            if !(spaced.is_empty() && word.starts_with(SPACE)) {
                spaced.push(SPACE);
            }
            spaced += word;
        }
        let mut begin = 0;
        while begin < spaced.len() && numbers.len() < most {
            let behind = begin + SPACE.len_utf8();
            let end = spaced[behind..].find(SPACE).map_or(spaced.len(), |at| behind + at);
            self.add_word(&spaced[begin..end], numbers);
            begin = end;
        }
    }

    fn add_word(&self, word: &str, numbers: &mut Vec<usize>) {
        // For each place that a piece may end at, the best way there: its score, where its last piece begins, which.
        let mut ways: Vec<Option<(f64, usize, usize)>> = vec![None; word.len() + 1];
        for (at, letter) in word.char_indices() {
            let score = ways[at].map_or(0.0, |(score, ..)| score);
            let mut improve = |length: usize, more: f64, number| {
                let way = &mut ways[at + length];
                if way.is_none_or(|(best, ..)| score + more > best) {
                    *way = Some((score + more, at, number));
                }
            };
            let mut is_known = false;
            self.each_beginning(&word[at..], letter, |length, number| {
                is_known |= length == letter.len_utf8();
                improve(length, f64::from(self.known[number].1), number);
            });
            if !is_known {
                improve(letter.len_utf8(), self.unknown_score, self.unknown);
            }
        }
        let first = numbers.len();
        let mut end = word.len();
        while let Some((_, at, number)) = ways[end].filter(|_| end > 0) {
            // Unknown letters beside each other are one.
            if !(number == self.unknown && numbers.len() > first && numbers.last() == Some(&number)) {
                numbers.push(number);
            }
            end = at;
        }
        numbers[first..].reverse();
    }

    /// The pieces that `text` begins with, the shortest first: their length and number.
    fn each_beginning(&self, text: &str, letter: char, mut found: impl FnMut(usize, usize)) {
        let Some(mut among) = self.begins.get(&letter).cloned() else { return };
        let mut length = letter.len_utf8();
        loop {
            if self.known[among.start].0.len() == length {
                found(length, among.start);
            }
            let Some(byte) = text.as_bytes().get(length) else { return };
            let within = &self.known[among.clone()];
            let at = |piece: &(&str, f32)| piece.0.as_bytes().get(length).copied();
            let first = within.partition_point(|piece| at(piece) < Some(*byte));
            let count = within[first..].partition_point(|piece| at(piece) == Some(*byte));
            if count == 0 {
                return;
            }
            among = among.start + first..among.start + first + count;
            length += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokenizers::models::unigram::Unigram;
    use tokenizers::normalizers::{NFKC, Replace, Sequence, Strip, replace::ReplacePattern};
    use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
    use tokenizers::processors::template::TemplateProcessing;
    use tokenizers::{AddedToken, Tokenizer, TruncationParams};

    use super::*;

    const LIST: &str = include_str!("encoder.pieces");
    const MOST: usize = 24;

    /// The same made of the parts that the encoder was trained with.
    fn reference(pieces: &Pieces) -> Tokenizer {
        let known = pieces.known.iter().map(|(piece, score)| ((*piece).to_owned(), f64::from(*score)));
        let model = Unigram::from(known.collect(), Some(pieces.unknown), false).unwrap();
        let mut reference = Tokenizer::new(model);
        let spaces = Replace::new(ReplacePattern::Regex(r"\s+".into()), " ").unwrap();
        let folds = Sequence::new(vec![NFKC.into(), spaces.into(), Strip::new(true, true).into()]);
        let ends = [("<s>", pieces.begin as u32), ("</s>", pieces.end as u32)];
        let mut framed = TemplateProcessing::builder();
        framed.try_single("<s> $A </s>").unwrap().special_tokens(ends.to_vec());
        reference
            .with_normalizer(Some(folds))
            .unwrap()
            .with_pre_tokenizer(Some(Metaspace::new(SPACE, PrependScheme::Always, true)))
            .with_post_processor(Some(framed.build().unwrap()));
        reference.add_special_tokens(SIGNS.map(|sign| AddedToken::from(sign, true))).unwrap();
        let truncation = TruncationParams { max_length: MOST, ..TruncationParams::default() };
        reference.with_truncation(Some(truncation)).unwrap();
        reference
    }

    #[test]
    fn the_list_is_in_the_order_of_its_bytes() {
        let pieces = Pieces::read(LIST).unwrap();
        assert!(pieces.known.is_sorted_by(|one, next| one.0 < next.0));
        for sign in SIGNS {
            assert!(pieces.known.binary_search_by_key(&sign, |(piece, _)| piece).is_ok(), "{sign}");
        }
    }

    #[test]
    fn texts_are_cut_as_those_it_was_trained_on() {
        let pieces = Pieces::read(LIST).unwrap();
        let reference = reference(&pieces);
        let check = |text: &str| {
            let wanted = reference.encode_fast(text, true).unwrap();
            let wanted: Vec<usize> = wanted.get_ids().iter().map(|id| *id as usize).collect();
            assert_eq!(pieces.numbers(text, MOST), wanted, "{text:?}");
        };
        for text in [
            "",
            "  ",
            "Le service d'<mask> n'est pas mauvais du tout !",
            "<mask><mask> is ｇｏｏｄ, isn't it? <s>struck</s> out <x> a<b ▁ ▁▁x",
            "Ｆｕｌｌ ｗｉｄｔｈ ＜s＞, ﬁne\u{a0}print´s œuvre, 東京 \u{1F926}\u{1F3FD}\u{200D}♂️ déjà de\u{301}ja\u{300}",
            "a text so long that it must be cut before its end, since more pieces than that are never read by it",
        ] {
            check(text);
        }
        let words = prop::sample::select(vec![
            " ", "  ", "\n", "\u{a0}", "<mask>", " <mask> ", "<s>", "</s>", "<", ">", "▁", "é", "e\u{301}",
            "ﬁ", "…", "service", "après", "n'est", "pas", "ing", "un", "able", "東京", "😀", "́", "Ａ", "ß",
            ".", "!!!", "100", "%",
        ]);
        let texts = prop_oneof![
            prop::collection::vec(words, 0..20).prop_map(|words| words.concat()),
            // Letters that both know: tables of newer Unicode fold more.
            "[\\x01-\u{52f}\u{2000}-\u{206f}\u{2460}-\u{24ff}\u{3001}-\u{30ff}\u{4e00}-\u{4eff}\u{fb00}-\u{fb06}\u{ff01}-\u{ffee}\u{1f300}-\u{1f64f}]{0,40}",
        ];
        proptest!(ProptestConfig::with_cases(500), |(text in texts)| check(&text));
    }
}
