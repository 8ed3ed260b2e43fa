//! The names of a brand, and where they stand in a text.

use std::cell::LazyCell;
use std::ops::{Deref, Range};

use crate::text::fold::fold;
use crate::text::lookalikes;
use crate::text::tokens::{Token, words, written};

/// A name found in any case and accents, on whole words.
///
/// Its words may be parted by any white space or a hyphen; other signs between them (AT&T) must be there.
/// Before it, `@`, `#`, `$`, a full stop (.NET) and an article (L'Équipe) must stand if they are part of it,
/// and behind it `+`, `#` (C++) and the possessive (Levi's). Names of four letters and more have a plural
/// in -s.
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
    /// As `Loose`, or behind a full stop (Dr. Martens, E.Leclerc).
    Abbreviated,
    /// These signs.
    Signs(String),
}

const POSSESSIVE: &str = "'s";

impl Alias {
    /// `None` if it has no letter or digit.
    pub fn new(name: &str) -> Option<Self> {
        let tokens = words(name);
        let (first, last) = (tokens.first()?, tokens.last()?);
        let before = lead(&signs(&name[..first.start]));
        let end = signs(&name[last.end..]);
        let after = match end.strip_prefix(POSSESSIVE) {
            Some(rest) if !rest.starts_with(char::is_alphanumeric) => POSSESSIVE.to_owned(),
            _ => end.chars().take_while(|&c| matches!(c, '+' | '#')).collect(),
        };
        let letters: usize = tokens.iter().map(|token| token.word.chars().count()).sum();
        let inflected = last.word.ends_with(|c: char| c.is_alphabetic() && c != 's');
        let is_bare = before.is_empty() && after.is_empty();
        Some(Self {
            plural: letters >= 4 && inflected && is_bare || after == POSSESSIVE,
            gaps: between(&tokens)
                .map(|gap| Gap::of(&name[gap.clone()], is_initial(&name[..gap.start]), is_handle(&before)))
                .collect(),
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
        // In a text that is Russian elsewhere, a word of look-alikes is Russian too.
        let latin_only = LazyCell::new(|| !tokens.iter().any(|token| lookalikes::is_foreign(&token.word)));
        tokens.windows(self.words.len()).filter_map(move |window| self.stands(text, window, &latin_only))
    }

    fn stands(
        &self,
        text: &str,
        window: &[Token<'_>],
        latin_only: &impl Deref<Target = bool>,
    ) -> Option<Range<usize>> {
        let last = window.len() - 1;
        let mut plural = false;
        for (at, (token, word)) in window.iter().zip(&self.words).enumerate() {
            let unmasked = lookalikes::unmasked(&token.word).filter(|_| **latin_only);
            let mut forms = [Some(&*token.word), unmasked.as_deref()].into_iter().flatten();
            let same = forms.clone().any(|read| read == word);
            plural =
                !same && self.plural && at == last && forms.any(|read| read.strip_suffix('s') == Some(word));
            if !same && !plural {
                return None;
            }
        }
        if !between(window).zip(&self.gaps).all(|(gap, own)| own.allows(&text[gap])) {
            return None;
        }
        let (start, end) = (window[0].start, window[last].end);
        let start = start - taken(text[..start].chars().rev(), self.before.chars().rev())?;
        // Wendys is Wendy's without its sign.
        let after = if plural { "" } else { &self.after };
        let end = end + taken(text[end..].chars(), after.chars())?;
        (self.begins_after(&text[..start]) && self.ends_before(&text[end..])).then_some(())?;
        let is_letter = window.len() == 1 && self.before.is_empty() && self.after.is_empty();
        (!is_letter || stands_alone(text, &(start..end))).then_some(start..end)
    }

    /// A sign that is part of a name stands at the beginning of a word: bob@acme.example has no @acme. Scripts
    /// that do not part their words are no words.
    fn begins_after(&self, before: &str) -> bool {
        let joined = |c: char| c.is_alphanumeric() && c < '\u{2e80}';
        self.before.is_empty() || !before.ends_with(joined)
    }

    fn ends_before(&self, after: &str) -> bool {
        let goes_on = |rest: &str| rest.starts_with(char::is_alphanumeric);
        match self.after.as_str() {
            POSSESSIVE => !goes_on(after),
            // Another handle begins with this one.
            _ if is_handle(&self.before) => !after.strip_prefix('_').is_some_and(goes_on),
            _ => true,
        }
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
        let ranges = windows.map(|window| window[0].start..window[window.len() - 1].end);
        ranges.filter(|range| stands_alone(text, range))
    }
}

/// The signs that must stand before a name, of those that do: an article that lost its vowel, or what begins
/// with `@`, `#`, `$` or a full stop.
fn lead(signs: &str) -> String {
    if signs.starts_with(char::is_alphanumeric) && signs.ends_with('\'') {
        return signs.to_owned();
    }
    signs.trim_start_matches(|c| !matches!(c, '@' | '#' | '$' | '.')).to_owned()
}

fn is_handle(before: &str) -> bool {
    before.starts_with(['@', '#'])
}

/// Whether a single letter is the last word of `text`.
fn is_initial(text: &str) -> bool {
    words(text).last().is_some_and(|token| token.word.chars().count() == 1)
}

/// Whether the name in `range`, if it is a single letter, is not part of X-ray, vitamin-C, c'est, R'n'B or
/// 20 °C.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let mut letters = text[range.clone()].chars().filter(|c| c.is_alphanumeric());
    if !letters.next().is_some_and(char::is_alphabetic) || letters.next().is_some() {
        return true;
    }
    let is_word = |rest: &str| rest.starts_with(char::is_alphanumeric);
    let (before, after) = (&text[..range.start], &text[range.end..]);
    let mut next = after.chars();
    let joined_after = match next.next().map(sign) {
        Some('-') => is_word(next.as_str()),
        Some('\'') => {
            is_word(next.as_str()) && words(next.as_str()).first().is_none_or(|token| token.word != "s")
        }
        _ => false,
    };
    let mut last = before.chars();
    let joined_before = match last.next_back().map(sign) {
        Some('°') => true,
        Some('-') => last.as_str().ends_with(char::is_alphanumeric),
        _ => false,
    };
    !joined_after && !joined_before
}

impl Gap {
    fn of(text: &str, behind_initial: bool, in_handle: bool) -> Self {
        match signs(text).as_str() {
            "_" if in_handle => Gap::Signs("_".to_owned()),
            "" | "-" | "_" => Gap::Loose,
            "." if behind_initial || text.contains(char::is_whitespace) => Gap::Abbreviated,
            signs => Gap::Signs(signs.to_owned()),
        }
    }

    fn allows(&self, text: &str) -> bool {
        let signs = signs(text);
        let is_parted = text.contains(char::is_whitespace);
        let loose = match signs.as_str() {
            "" => true,
            // A hyphen with spaces around it is a dash; at the end of a line it parts a word.
            "-" => !is_parted || text.contains('\n') && !text.starts_with(char::is_whitespace),
            "_" => !is_parted,
            _ => false,
        };
        match self {
            Gap::Loose => loose,
            Gap::Abbreviated => loose || signs == ".",
            // What a sentence ends with is no address (notion.so).
            Gap::Signs(own) => signs == *own && !(own == "." && is_parted),
        }
    }
}

/// Bytes between a token and the next; one character can be several words.
fn between<'a>(tokens: &'a [Token<'_>]) -> impl Iterator<Item = Range<usize>> + 'a {
    tokens.windows(2).map(|pair| pair[0].end.min(pair[1].start)..pair[1].start)
}

/// Folded, without white space.
fn signs(text: &str) -> String {
    fold(text).chars().filter(|c| !c.is_whitespace()).map(sign).collect()
}

/// A sign as it is compared; a grave accent of its own is a poor man's apostrophe.
fn sign(c: char) -> char {
    match fold(c.encode_utf8(&mut [0; 4])).chars().next() {
        Some('`') => '\'',
        Some(folded) => folded,
        None => c,
    }
}

/// How many bytes of `chars` the signs `wanted` take; `None` if it does not begin with them.
fn taken(mut chars: impl Iterator<Item = char>, wanted: impl Iterator<Item = char>) -> Option<usize> {
    let mut bytes = 0;
    for wanted in wanted {
        let c = chars.next().filter(|&c| sign(c) == wanted)?;
        bytes += c.len_utf8();
    }
    Some(bytes)
}
