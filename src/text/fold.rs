//! Folding: the form in which spellings that people hold equal are equal.
//!
//! Case, accents and compatibility forms go (NFKD of UAX #15 less its marks, then lower case), letters that
//! Unicode does not decompose but keyboards do (œ, ß, ø …) are spelt out, typographic apostrophes, quotes
//! and dashes become ASCII, and what has no width is dropped.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, decompose_compatible, is_combining_mark};

/// Case, accents, compatibility forms and typographic signs folded; borrowed where nothing changes.
/// Folding twice changes nothing.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    let mut folded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(ascii) = rest.bytes().position(|byte| !byte.is_ascii()) {
        let (before, after) = rest.split_at(ascii);
        folded.push_str(before);
        let mut chars = after.chars();
        if let Some(c) = chars.next() {
            fold_char(c, &mut |c| folded.push(c));
        }
        rest = chars.as_str();
    }
    folded.push_str(rest);
    // All else is in lower case already.
    folded.make_ascii_lowercase();
    if folded == text { Cow::Borrowed(text) } else { Cow::Owned(folded) }
}

/// NFKC: compatibility forms become plain letters, marks join theirs, and case and accents stay.
pub fn plain_forms(text: &str) -> String {
    text.nfkc().collect()
}

/// The folded form of one character, which never depends on its neighbours: nothing for marks and what has
/// no width, several characters for ligatures.
pub(crate) fn fold_char(c: char, emit: &mut impl FnMut(char)) {
    if c.is_ascii() {
        emit(c.to_ascii_lowercase());
    } else if let Some(letter) = latin1_letter(c) {
        emit(letter);
    } else if !fold_sign(c, emit) {
        decompose_compatible(c, |part| {
            for lower in part.to_lowercase() {
                if !is_mark(lower) && !fold_sign(lower, emit) && !fold_letter(lower, emit) {
                    emit(lower);
                }
            }
        });
    }
}

/// Whether a character only modifies the one before it. Vowel signs of the scripts of India are letters.
pub(crate) fn is_mark(c: char) -> bool {
    c as u32 >= 0x300 && (canonical_combining_class(c) != 0 || (is_combining_mark(c) && !c.is_alphabetic()))
}

/// Default-ignorable characters (Unicode `DerivedCoreProperties`) found in real text: soft hyphen,
/// zero-width space and joiners, directional marks, word joiner, variation selectors, tags.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// What the decomposition gives for À to ÿ, the accents of French and most of Europe, without looking it up;
/// `None` for the few that need more than one letter.
fn latin1_letter(c: char) -> Option<char> {
    const LETTERS: &[u8; 64] = b"aaaaaa?ceeeeiiiidnooooo?ouuuuy??aaaaaa?ceeeeiiiidnooooo?ouuuuy?y";
    let at = (c as usize).checked_sub(0xc0)?;
    let letter = *LETTERS.get(at)?;
    (letter != b'?').then_some(char::from(letter))
}

/// Signs that Unicode's decomposition would leave or get wrong; `false` if `c` is none of them.
fn fold_sign(c: char, emit: &mut impl FnMut(char)) -> bool {
    match c {
        '’' | '‘' | '‛' | 'ʼ' | 'ʹ' | '′' | '´' | '＇' | 'ʻ' | '՚' | 'ꞌ' => emit('\''),
        '“' | '”' | '„' | '‟' | '«' | '»' | '‹' | '›' | '″' | '＂' | '〝' | '〞' | '〟' => {
            emit('"')
        }
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹘' | '﹣' | '－' | '⁃' => emit('-'),
        // Decomposed they would lengthen the name they stand behind (Acme™ → acmetm).
        '™' | '℠' | '🅪' | '🅫' => emit(c),
        _ if is_invisible(c) => {}
        _ => return false,
    }
    true
}

/// Lower-case letters, small capitals and letters in black circles and squares, which have no decomposition;
/// `false` if `c` is none of them.
fn fold_letter(c: char, emit: &mut impl FnMut(char)) -> bool {
    let first = match c {
        '🅐'..='🅩' => '🅐',
        '🅰'..='🆉' => '🅰',
        _ => return spell_letter(c, emit),
    };
    char::from_u32(u32::from('a') + c as u32 - first as u32).into_iter().for_each(emit);
    true
}

fn spell_letter(c: char, emit: &mut impl FnMut(char)) -> bool {
    let spelt = match c {
        'œ' => "oe",
        'æ' => "ae",
        'ß' => "ss",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'þ' => "th",
        'ς' => "σ",
        'ɑ' | 'ᴀ' => "a",
        'ʙ' => "b",
        'ᴄ' => "c",
        'ᴅ' => "d",
        'ᴇ' => "e",
        'ꜰ' => "f",
        'ɡ' | 'ɢ' => "g",
        'ʜ' => "h",
        'ɪ' => "i",
        'ᴊ' => "j",
        'ᴋ' => "k",
        'ʟ' => "l",
        'ᴍ' => "m",
        'ɴ' => "n",
        'ᴏ' => "o",
        'ᴘ' => "p",
        'ʀ' => "r",
        'ꜱ' => "s",
        'ᴛ' => "t",
        'ᴜ' => "u",
        'ᴠ' => "v",
        'ᴡ' => "w",
        'ʏ' => "y",
        'ᴢ' => "z",
        _ => return false,
    };
    spelt.chars().for_each(emit);
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_held_equal_are_equal() {
        for (text, expected) in [
            ("Acme Corp.", "acme corp."),
            ("ÉLAN élan e\u{301}lan", "elan elan elan"),
            ("Cœur CŒUR", "coeur coeur"),
            ("Ærø", "aero"),
            ("Straße STRASSE ẞ", "strasse strasse ss"),
            ("İstanbul ısı", "istanbul isi"),
            ("l’appli ‘x’", "l'appli 'x'"),
            ("« oui » “yes” „ja“", "\" oui \" \"yes\" \"ja\""),
            ("e‑mail – oui — non", "e-mail - oui - non"),
            ("Ac\u{200b}me Ac\u{ad}me Ac\u{2060}me \u{feff}acme", "acme acme acme acme"),
            ("Ａｃｍｅ　１２", "acme 12"),
            ("𝐀𝐜𝐦𝐞 Ⓐⓒⓜⓔ", "acme acme"),
            ("ᴀᴄᴍᴇ 🅰🅲🅼🅴 🅐🅒🅜🅔", "acme acme acme"),
            ("ﬁnance CO₂ m²", "finance co2 m2"),
            ("Acme™ Acme® ©", "acme™ acme® ©"),
            ("12\u{a0}000\u{202f}€", "12 000 €"),
            ("ΟΔΟΣ οδός", "οδοσ οδοσ"),
            ("Łódź Ñandú Çelik", "lodz nandu celik"),
            ("❤\u{fe0f}", "❤"),
            ("हिन्दी", "हिनदी"),
            ("Ёлка", "елка"),
        ] {
            assert_eq!(fold(text), expected, "{text:?}");
        }
    }

    #[test]
    fn nothing_is_copied_where_nothing_changes() {
        for text in ["", "acme 12 (x)", "日本"] {
            assert!(matches!(fold(text), Cow::Borrowed(_)), "{text:?}");
        }
    }

    #[test]
    fn letters_of_latin1_fold_as_their_decomposition() {
        for c in '\u{80}'..='\u{2ff}' {
            let mut decomposed = String::new();
            decompose_compatible(c, |part| decomposed.extend(part.to_lowercase().filter(|&c| !is_mark(c))));
            if let Some(letter) = latin1_letter(c) {
                let decomposed = decomposed.replace('ð', "d").replace('ø', "o");
                assert_eq!(decomposed, letter.to_string(), "{c}");
            }
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for c in ('\u{80}'..='\u{1ffff}').chain('\u{e0000}'..='\u{e0fff}') {
            let once = fold(c.encode_utf8(&mut [0; 4])).into_owned();
            assert_eq!(fold(&once), once, "U+{:04X}", c as u32);
        }
    }

    proptest! {
        #[test]
        fn folding_is_character_by_character(a in ".*", b in ".*") {
            let both = format!("{a}{b}");
            prop_assert_eq!(fold(&both), format!("{}{}", fold(&a), fold(&b)));
        }
    }
}
