//! Letters of the Greek and Cyrillic alphabets that are drawn as Latin ones: with them a name is made to pass
//! unseen (Аcme). A selection of the confusables of Unicode TS 39, in folded form: those that hardly anybody
//! tells apart, in one case at least.
//!
//! A word that mixes such letters with Latin ones, and holds no other, is read as Latin wherever words are
//! read (TS 39 calls it a mixed-script confusable). A word made of nothing else (АСМЕ) may as well be Russian:
//! only what looks for a name, and knows the text around it, can take it for one.

use std::borrow::Cow;

/// The Latin letter that a folded letter is drawn like.
pub(crate) fn latin(c: char) -> Option<char> {
    if !('\u{370}'..='\u{52f}').contains(&c) {
        return None;
    }
    Some(match c {
        'а' | 'α' => 'a',
        'в' | 'β' => 'b',
        'с' => 'c',
        'ԁ' => 'd',
        'е' | 'ε' => 'e',
        'ԍ' => 'g',
        'н' | 'һ' => 'h',
        'і' | 'ι' => 'i',
        'ј' | 'ϳ' => 'j',
        'к' | 'κ' => 'k',
        'ӏ' => 'l',
        'м' => 'm',
        'η' => 'n',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        'ζ' => 'z',
        _ => return None,
    })
}

/// Folded text with all look-alikes as the Latin letters they are drawn like.
pub(crate) fn latinised(folded: &str) -> Cow<'_, str> {
    if folded.is_ascii() {
        return Cow::Borrowed(folded);
    }
    Cow::Owned(folded.chars().map(|c| latin(c).unwrap_or(c)).collect())
}

/// How a folded word is read that mixes Latin letters with look-alikes of them; `None` for all other words.
pub(crate) fn unmixed(word: &str) -> Option<String> {
    if word.is_ascii() {
        return None;
    }
    let (mut has_latin, mut is_masked) = (false, false);
    for c in word.chars() {
        if c.is_ascii_alphabetic() {
            has_latin = true;
        } else if latin(c).is_some() {
            is_masked = true;
        } else if c.is_alphabetic() {
            return None;
        }
    }
    (has_latin && is_masked).then(|| latinised(word).into_owned())
}

/// How a folded word is read that holds look-alikes and nothing else; `None` for all other words and short ones.
pub(crate) fn unmasked(word: &str) -> Option<String> {
    const SHORTEST: usize = 3;
    if word.is_ascii() || word.chars().any(|c| latin(c).is_none()) {
        return None;
    }
    (word.chars().count() >= SHORTEST).then(|| latinised(word).into_owned())
}

/// Whether a folded word holds a Greek or Cyrillic letter that looks like no Latin one.
pub(crate) fn is_foreign(word: &str) -> bool {
    !word.is_ascii() && word.chars().any(|c| matches!(c, '\u{370}'..='\u{52f}') && latin(c).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold::fold;

    #[test]
    fn only_words_of_two_scripts_are_unmixed() {
        for (word, expected) in [
            ("Аcme", Some("acme")),
            ("ACMΕ", Some("acme")),
            ("Раypаl24", Some("paypal24")),
            ("acme", None),
            ("асме", None),
            ("iPhoneы", None),
            ("5μm", None),
            ("日本a", None),
            ("", None),
        ] {
            assert_eq!(unmixed(&fold(word)).as_deref(), expected, "{word}");
        }
    }

    #[test]
    fn all_look_alikes_are_in_folded_form() {
        for c in '\u{370}'..='\u{52f}' {
            let own = c.to_string();
            assert!(latin(c).is_none() || fold(&own) == own, "{c}");
        }
    }
}
