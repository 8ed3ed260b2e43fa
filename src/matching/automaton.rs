//! All names at once: the automaton of Aho and Corasick ("Efficient string matching: an aid to bibliographic
//! search", 1975), walked by hand.

use std::borrow::Cow;

use aho_corasick::automaton::{Automaton as Walk, StateID};
use aho_corasick::{Anchored, dfa, nfa::contiguous};

use crate::text::fold::{fold, fold_char};
use crate::text::lookalikes;

/// Finds all patterns, which are as [`sieved`], wherever they stand in a text, words or not.
pub(super) enum Automaton {
    /// The faster, at one to three kilobytes a pattern.
    Dense(dfa::DFA),
    Sparse(contiguous::NFA),
}

/// Up to so many patterns the automaton is a dense one: at 10,000 names like the words of the texts the other is
/// slower by 40 % and smaller by 20 MB.
const DENSE_PATTERNS: usize = 20_000;

/// The form in which patterns and texts are compared: folded, and look-alikes of Latin letters as these, in
/// Cyrillic and Greek words too. More is found than stands there; whoever looks closer tells.
pub(super) fn sieved(text: &str) -> Cow<'_, str> {
    match fold(text) {
        Cow::Borrowed(folded) => lookalikes::latinised(folded),
        Cow::Owned(folded) => Cow::Owned(lookalikes::latinised(&folded).into_owned()),
    }
}

impl Automaton {
    pub fn new(patterns: &[String]) -> Self {
        const FEW: &str = "the patterns are a few words of a configuration, far below 2^31 states";
        match patterns.len() {
            ..=DENSE_PATTERNS => Self::Dense(
                dfa::Builder::new().ascii_case_insensitive(true).prefilter(false).build(patterns).expect(FEW),
            ),
            _ => Self::Sparse(
                contiguous::Builder::new()
                    .ascii_case_insensitive(true)
                    .prefilter(false)
                    .build(patterns)
                    .expect(FEW),
            ),
        }
    }

    /// Whether any pattern stands in `text` as [`sieved`], which is not made for it.
    pub fn finds_any(&self, text: &str) -> bool {
        match self {
            Self::Dense(dfa) => finds_any(dfa, text),
            Self::Sparse(nfa) => finds_any(nfa, text),
        }
    }

    /// Calls `found` with the number of each pattern that stands in `sieved`, and where: from which byte to
    /// which.
    pub fn each(&self, sieved: &str, found: impl FnMut(usize, usize, usize)) {
        match self {
            Self::Dense(dfa) => each(dfa, sieved, found),
            Self::Sparse(nfa) => each(nfa, sieved, found),
        }
    }
}

fn finds_any(automaton: &impl Walk, text: &str) -> bool {
    let Some(mut state) = start(automaton) else { return false };
    let mut at = 0;
    while let Some(&byte) = text.as_bytes().get(at) {
        let mut found = false;
        let mut step = |byte| {
            state = automaton.next_state(Anchored::No, state, byte);
            found |= is_match(automaton, state);
        };
        if byte.is_ascii() {
            step(byte);
            at += 1;
        } else if let Some(c) = text[at..].chars().next() {
            fold_char(c, &mut |folded| {
                let letter = lookalikes::latin(folded).unwrap_or(folded);
                letter.encode_utf8(&mut [0; 4]).bytes().for_each(&mut step);
            });
            at += c.len_utf8();
        }
        if found {
            return true;
        }
    }
    false
}

fn each(automaton: &impl Walk, sieved: &str, mut found: impl FnMut(usize, usize, usize)) {
    let Some(mut state) = start(automaton) else { return };
    for (at, &byte) in sieved.as_bytes().iter().enumerate() {
        state = automaton.next_state(Anchored::No, state, byte);
        if is_match(automaton, state) {
            for index in 0..automaton.match_len(state) {
                let pattern = automaton.match_pattern(state, index);
                found(pattern.as_usize(), at + 1 - automaton.pattern_len(pattern), at + 1);
            }
        }
    }
}

/// `None` where the automaton can be walked from no state, which a search that is not anchored always can.
fn start(automaton: &impl Walk) -> Option<StateID> {
    automaton.start_state(Anchored::No).ok()
}

fn is_match(automaton: &impl Walk, state: StateID) -> bool {
    automaton.is_special(state) && automaton.is_match(state)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn both(patterns: &[String]) -> [Automaton; 2] {
        let sparse = contiguous::Builder::new().ascii_case_insensitive(true).build(patterns).unwrap();
        [Automaton::new(patterns), Automaton::Sparse(sparse)]
    }

    proptest! {
        #[test]
        fn it_finds_what_is_there(
            patterns in prop::collection::vec("[abéа' ]{1,3}", 1..6),
            text in "[abABАаβéÉ’œ\u{200b} ]{0,20}",
        ) {
            let patterns: Vec<String> = patterns.iter().map(|pattern| sieved(pattern).into_owned()).collect();
            let folded = sieved(&text);
            let mut expected = Vec::new();
            for start in 0..folded.len() {
                for (number, pattern) in patterns.iter().enumerate() {
                    if folded.as_bytes()[start..].starts_with(pattern.as_bytes()) {
                        expected.push((number, start, start + pattern.len()));
                    }
                }
            }
            expected.sort_unstable();
            for automaton in both(&patterns) {
                let mut found = Vec::new();
                automaton.each(&folded, |pattern, start, end| found.push((pattern, start, end)));
                found.sort_unstable();
                prop_assert_eq!(&found, &expected);
                prop_assert_eq!(automaton.finds_any(&text), !expected.is_empty());
            }
        }
    }
}
