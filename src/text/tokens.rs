//! The one tokeniser: the same words for matching, search, tone and fingerprints.

use std::borrow::Cow;

/// A word: its folded form and the bytes of the original text it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub word: Cow<'a, str>,
    pub start: usize,
    pub end: usize,
}

/// Folded words: runs of letters and digits, French elisions cut (l'Oréal → oreal).
pub fn words(text: &str) -> Vec<Token<'_>> {
    let _ = text;
    todo!()
}

/// Words as written, for `raw:` and `exact`: runs of anything but white space and clause punctuation
/// (C++, @acme, AT&T).
pub fn written(text: &str) -> Vec<Token<'_>> {
    let _ = text;
    todo!()
}

/// A language whose inflections are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stemmer {
    English,
    French,
}

impl Stemmer {
    /// By ISO 639-1 code.
    pub fn of(language: Option<&str>) -> Option<Self> {
        match language {
            Some("en") => Some(Stemmer::English),
            Some("fr") => Some(Stemmer::French),
            _ => None,
        }
    }

    /// The stem of a folded word, itself folded.
    pub fn stem<'a>(self, word: &'a str) -> Cow<'a, str> {
        let _ = word;
        todo!()
    }
}
