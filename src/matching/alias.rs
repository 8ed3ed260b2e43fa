//! The names of a brand, and where they stand in a text.

use std::ops::Range;

use crate::text::fold::fold;
use crate::text::tokens::{Token, words, written};

/// A name found in any case and accents, on whole words.
///
/// Its words may be parted by any white space or a hyphen; other signs between them (AT&T) must be there.
/// Before it, `@`, `#`, `$` and a full stop (.NET) must stand if they are part of it, and behind it `+` and
/// `#` (C++). Names of four letters and more have a plural in -s.
pub(super) struct Alias {
    words: Vec<String>,
    /// Between a word and the next.
    gaps: Vec<Gap>,
    before: String,
    after: String,
    plural: bool,
}

/// A name as written, signs, case and accents included.
pub(super) struct Exact {
    tokens: Vec<String>,
    /// Between a token and the next, as of [`signs`].
    gaps: Vec<String>,
    pattern: String,
}

#[derive(PartialEq)]
enum Gap {
    /// White space, a hyphen or an underscore.
    Loose,
    /// As `Loose`, or behind a full stop (Dr. Martens).
    Abbreviated,
    /// These signs.
    Signs(String),
}

impl Alias {
    /// `None` if it has no letter or digit.
    pub fn new(name: &str) -> Option<Self> {
        let tokens = words(name);
        let (first, last) = (tokens.first()?, tokens.last()?);
        let is_lead = |c: char| matches!(c, '@' | '#' | '$' | '.');
        let lead = fold(&name[..first.start]);
        let before = lead.trim_start_matches(|c| !is_lead(c)).to_owned();
        let after: String = fold(&name[last.end..]).chars().take_while(|&c| matches!(c, '+' | '#')).collect();
        let letters: usize = tokens.iter().map(|token| token.word.chars().count()).sum();
        let inflected = last.word.ends_with(|c: char| c.is_alphabetic() && c != 's');
        Some(Self {
            plural: letters >= 4 && inflected && before.is_empty() && after.is_empty(),
            gaps: between(&tokens).map(|gap| Gap::of(&name[gap])).collect(),
            words: tokens.into_iter().map(|token| token.word.into_owned()).collect(),
            before,
            after,
        })
    }

    /// Its longest word.
    pub fn pattern(&self) -> &str {
        self.words.iter().max_by_key(|word| word.len()).map_or("", String::as_str)
    }

    /// Bytes of `text`, of which `tokens` are the words.
    pub fn find<'a>(
        &'a self,
        text: &'a str,
        tokens: &'a [Token<'_>],
    ) -> impl Iterator<Item = Range<usize>> + 'a {
        tokens.windows(self.words.len()).filter_map(move |window| self.stands(text, window))
    }

    fn stands(&self, text: &str, window: &[Token<'_>]) -> Option<Range<usize>> {
        let last = window.len() - 1;
        let same = window.iter().zip(&self.words).enumerate().all(|(at, (token, word))| {
            token.word == *word
                || (self.plural && at == last && token.word.strip_suffix('s') == Some(word.as_str()))
        });
        if !same || !between(window).zip(&self.gaps).all(|(gap, own)| own.allows(&text[gap])) {
            return None;
        }
        let (start, end) = (window[0].start, window[last].end);
        let lead = lead(&text[..start], &self.before)?;
        let trail = text[end..].starts_with(&self.after);
        trail.then(|| start - lead..end + self.after.len())
    }
}

impl Exact {
    /// `None` if it has no letter or digit.
    pub fn new(name: &str) -> Option<Self> {
        let tokens = written(name);
        let pattern = words(name).into_iter().max_by_key(|token| token.word.len())?.word.into_owned();
        let gaps = between(&tokens).map(|gap| signs(&name[gap])).collect();
        let tokens: Vec<String> = tokens.into_iter().map(|token| token.word.into_owned()).collect();
        (!tokens.is_empty()).then_some(Self { tokens, gaps, pattern })
    }

    /// Its longest word, folded.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Bytes of `text`, of which `tokens` are the tokens as written.
    pub fn find<'a>(
        &'a self,
        text: &'a str,
        tokens: &'a [Token<'_>],
    ) -> impl Iterator<Item = Range<usize>> + 'a {
        let stands = move |window: &&[Token<'_>]| {
            window.iter().zip(&self.tokens).all(|(token, own)| token.word == *own)
                && between(window).zip(&self.gaps).all(|(gap, own)| signs(&text[gap]) == *own)
        };
        let windows = tokens.windows(self.tokens.len()).filter(stands);
        windows.map(|window| window[0].start..window[window.len() - 1].end)
    }
}

impl Gap {
    fn of(text: &str) -> Self {
        match signs(text).as_str() {
            "" | "-" | "_" => Gap::Loose,
            "." if text.contains(char::is_whitespace) => Gap::Abbreviated,
            signs => Gap::Signs(signs.to_owned()),
        }
    }

    fn allows(&self, text: &str) -> bool {
        let signs = signs(text);
        // A hyphen with spaces around it is a dash.
        let loose = match signs.as_str() {
            "" => true,
            "-" | "_" => !text.contains(char::is_whitespace),
            _ => false,
        };
        match self {
            Gap::Loose => loose,
            Gap::Abbreviated => loose || signs == ".",
            Gap::Signs(own) => signs == *own,
        }
    }
}

/// Bytes between a token and the next; one character can be several words.
fn between<'a>(tokens: &'a [Token<'_>]) -> impl Iterator<Item = Range<usize>> + 'a {
    tokens.windows(2).map(|pair| pair[0].end.min(pair[1].start)..pair[1].start)
}

/// Folded, without white space.
fn signs(text: &str) -> String {
    fold(text).chars().filter(|c| !c.is_whitespace()).collect()
}

/// How many bytes the signs `wanted` take at the end of `text`; `None` if they do not stand there.
fn lead(text: &str, wanted: &str) -> Option<usize> {
    let mut chars = text.char_indices().rev();
    let mut taken = 0;
    for sign in wanted.chars().rev() {
        let (at, c) = chars.next()?;
        if fold(c.encode_utf8(&mut [0; 4])) != sign.encode_utf8(&mut [0; 4]) as &str {
            return None;
        }
        taken = text.len() - at;
    }
    Some(taken)
}
