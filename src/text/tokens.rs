//! The one tokeniser: the same words for matching, search, tone and fingerprints.
//!
//! A word is a run of letters and digits of the folded text, so that `words(fold(text))` are the words of
//! `text`. Each keeps the bytes of the original text it stands for, accents and zero-width characters
//! included. A word that mixes Latin letters with look-alikes of other scripts is read as Latin.

use std::borrow::Cow;
use std::ops::Range;

use frostem::Algorithm;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::fold::{fold_char, is_invisible, is_mark};
use super::{Span, lookalikes};

/// A word: its folded form and the bytes of the original text it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub word: Cow<'a, str>,
    pub start: usize,
    pub end: usize,
}

/// Folded words: runs of letters and digits, French elisions cut (l'Oréal → oreal), as is the English
/// possessive (Acme's → acme).
pub fn words(text: &str) -> Vec<Token<'_>> {
    let mut words = Words { text, done: Vec::with_capacity(text.len() / 6), run: None, joined: false };
    for (at, c) in text.char_indices() {
        if c.is_ascii() {
            words.push(at, c, c.to_ascii_lowercase());
        } else {
            let mut dropped = true;
            fold_char(c, &mut |folded| {
                dropped = false;
                words.push(at, c, folded);
            });
            if dropped && is_mark(c) {
                words.lengthen(at + c.len_utf8());
            }
        }
    }
    words.end();
    words.done
}

/// Tells each of [`words`] in turn: cheaper where only the words are asked for, not where they stand.
pub fn each_word(text: &str, mut tell: impl FnMut(&str)) {
    let mut lower = String::new();
    let bytes = text.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        // A stretch ends at a sign that parts words whatever surrounds it.
        let mut kinds = 0;
        let stretch = bytes[start..].iter().take_while(|&&byte| {
            let kind = KINDS[usize::from(byte)];
            kinds |= kind;
            kind != PARTS
        });
        let end = start + stretch.count();
        let stretch = &text[start..end];
        if kinds & OTHER != 0 {
            words(stretch).iter().for_each(|token| tell(&token.word));
        } else if kinds & UPPER != 0 {
            lower.clear();
            lower.push_str(stretch);
            lower.make_ascii_lowercase();
            tell(&lower);
        } else if kinds != PARTS {
            tell(stretch);
        }
        start = end + 1;
    }
}

/// ASCII that is neither a letter nor a digit, and no apostrophe.
const PARTS: u8 = 0;
const LOWER: u8 = 1;
const UPPER: u8 = 2;
/// Apostrophes, and all that is not ASCII.
const OTHER: u8 = 4;

/// What each byte is, of the above.
const KINDS: [u8; 256] = {
    let mut kinds = [OTHER; 256];
    let mut byte = 0;
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b'a'..=b'z' | b'0'..=b'9' => LOWER,
            b'A'..=b'Z' => UPPER,
            b'\'' => OTHER,
            _ => PARTS,
        };
        byte += 1;
    }
    kinds
};

/// Words as written, for `raw:` and `exact`: runs of letters, digits and the signs that names are made of
/// (C++, C#, .NET, @acme, #acme, AT&T, $ACME). All other punctuation parts them, hyphens and apostrophes
/// too, so that l'ACME and ACME-like hold ACME. Canonically composed (NFC), zero-width characters dropped.
pub fn written(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut run: Option<usize> = None;
    for (at, c) in text.char_indices() {
        let inside = c.is_alphanumeric()
            || "+#@&._$%*€£".contains(c)
            || (!c.is_ascii() && (is_combining_mark(c) || is_invisible(c)));
        match (inside, run) {
            (true, None) => run = Some(at),
            (false, Some(start)) => {
                tokens.extend(trimmed(text, start..at));
                run = None;
            }
            _ => {}
        }
    }
    if let Some(start) = run {
        tokens.extend(trimmed(text, start..text.len()));
    }
    tokens
}

/// Byte ranges of `text`, ordered and on character boundaries, as spans of characters, in one pass.
pub fn char_spans(text: &str, ranges: &[Range<usize>]) -> Vec<Span> {
    let (mut byte, mut chars) = (0, 0);
    let mut count_to = |to: usize| {
        // Ranges may touch or overlap, so that a position can lie before the last one.
        if to < byte {
            return chars - text[to..byte].chars().count() as u32;
        }
        chars += text[byte..to].chars().count() as u32;
        byte = to;
        chars
    };
    ranges.iter().map(|range| Span { start: count_to(range.start), end: count_to(range.end) }).collect()
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
        match self {
            Stemmer::English => frostem::Stemmer::new(Algorithm::English).stem(word),
            Stemmer::French => match feminine_root(word) {
                None => frostem::Stemmer::new(Algorithm::French).stem(singular(word)),
                Some(root) if root.len() >= 4 => {
                    let masculine = format!("{root}e");
                    Cow::Owned(frostem::Stemmer::new(Algorithm::French).stem(&masculine).into_owned())
                }
                Some(root) => Cow::Borrowed(&word[..root.len() + 2]),
            },
        }
    }
}

/// What stands before -ée or -ées. Snowball's French knows these participles by the accent that folding took;
/// so they are told by their letters, and short words (année, musée), mostly nouns, only lose their plural.
fn feminine_root(word: &str) -> Option<&str> {
    word.strip_suffix("ees").or_else(|| word.strip_suffix("ee"))
}

/// Snowball's French leaves the plurals -as, -is, -os and -us (vélos, emplois, menus) and these in -x as they
/// are. Short words (mais, sous) are seldom plurals.
fn singular(word: &str) -> &str {
    if ["jeux", "lieux", "feux"].iter().any(|plural| word.ends_with(plural)) {
        return &word[..word.len() - 1];
    }
    let plural = word.len() >= 5 && ["as", "is", "os", "us"].iter().any(|plural| word.ends_with(plural));
    if plural { &word[..word.len() - 1] } else { word }
}

/// The words so far, and the one being read.
struct Words<'a> {
    text: &'a str,
    done: Vec<Token<'a>>,
    run: Option<Run>,
    /// Only an apostrophe parts the last word from what comes now.
    joined: bool,
}

struct Run {
    start: usize,
    end: usize,
    /// The folded form, once it differs from the text.
    folded: Option<String>,
}

impl<'a> Words<'a> {
    /// Takes one folded character of the original character `c` at byte `at`.
    fn push(&mut self, at: usize, c: char, folded: char) {
        if !folded.is_alphanumeric() {
            let ended = self.run.is_some();
            self.end();
            self.joined = ended && folded == '\'';
            return;
        }
        let run = self.run.get_or_insert(Run { start: at, end: at, folded: None });
        // Equal so far only if each character folds to itself and nothing between was dropped.
        if run.folded.is_none() && (c != folded || run.end != at) {
            let mut prefix = String::with_capacity(16);
            self.text[run.start..at].chars().for_each(|c| fold_char(c, &mut |c| prefix.push(c)));
            run.folded = Some(prefix);
        }
        if let Some(word) = &mut run.folded {
            word.push(folded);
        }
        run.end = at + c.len_utf8();
    }

    /// A mark belongs to the word before it.
    fn lengthen(&mut self, end: usize) {
        if let Some(run) = &mut self.run {
            if run.folded.is_none() {
                run.folded = Some(self.text[run.start..run.end].to_owned());
            }
            run.end = end;
        }
    }

    fn end(&mut self) {
        let Some(run) = self.run.take() else { return };
        let word = match run.folded {
            Some(word) => Cow::Owned(word),
            None => Cow::Borrowed(&self.text[run.start..run.end]),
        };
        let word = lookalikes::unmixed(&word).map_or(word, Cow::Owned);
        if std::mem::take(&mut self.joined) {
            if word == "s" {
                return;
            }
            if self.done.last().is_some_and(|before| is_elided(&before.word)) {
                self.done.pop();
            }
        }
        self.done.push(Token { word, start: run.start, end: run.end });
    }
}

/// French words that lose their vowel to an apostrophe. `aujourd` and `presqu` are parts of words.
fn is_elided(word: &str) -> bool {
    matches!(
        word,
        "l" | "d" | "j" | "qu" | "n" | "s" | "c" | "m" | "t" | "lorsqu" | "puisqu" | "jusqu" | "quoiqu"
    )
}

/// A run less the signs that are punctuation at its ends; `None` if no letter or digit is left.
fn trimmed(text: &str, range: Range<usize>) -> Option<Token<'_>> {
    let run = &text[range.clone()];
    let letters = run.find(char::is_alphanumeric)?;
    let signs = &run[..letters];
    // A single full stop begins a name, several end a sentence.
    let lead = match signs.chars().next_back() {
        Some(sign @ ('@' | '#' | '$' | '€' | '£')) => sign.len_utf8(),
        Some('.') if signs == "." => 1,
        _ => 0,
    };
    let start = range.start + letters - lead;
    let word = text[start..range.end].trim_end_matches(|c: char| {
        !(c.is_alphanumeric() || is_combining_mark(c) || matches!(c, '+' | '#' | '%' | '$' | '€' | '£'))
    });
    let composed = if word.is_ascii() {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(word.chars().filter(|&c| !is_invisible(c)).nfc().collect())
    };
    Some(Token { word: composed, start, end: start + word.len() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::fold::fold;

    /// The tokens as `word` or, where the text differs, `word<text>`.
    fn show(text: &str, tokens: &[Token<'_>]) -> String {
        let shown = tokens.iter().map(|token| match &text[token.start..token.end] {
            original if original == token.word => original.to_owned(),
            original => format!("{}<{original}>", token.word),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_are_folded_runs_of_letters_and_digits() {
        for (text, expected) in [
            ("", ""),
            ("acme's down, 12h after v2.0", "acme down 12h after v2 0"),
            ("Acme", "acme<Acme>"),
            ("L'Oréal d’Orange", "oreal<Oréal> orange<Orange>"),
            ("qu'il n'a lorsqu’on s'est", "il a on est"),
            ("aujourd'hui presqu'île", "aujourd hui presqu ile<île>"),
            ("Acme's Acme’s McDonald's.", "acme<Acme> acme<Acme> mcdonald<McDonald>"),
            ("l'Oréal's C's don't", "oreal<Oréal> c<C> don t"),
            ("l' x d", "l x d"),
            ("e\u{301}lan", "elan<e\u{301}lan>"),
            ("cafe\u{301}s, the\u{301}", "cafes<cafe\u{301}s> the<the\u{301}>"),
            ("Ac\u{200b}me\u{200b} x", "acme<Ac\u{200b}me> x"),
            ("data\u{ad}base", "database<data\u{ad}base>"),
            ("Go-Sport_x", "go<Go> sport<Sport> x"),
            ("C++ #acme @acme", "c<C> acme acme"),
            ("½ cœur", "1<½> 2<½> coeur<cœur>"),
            ("日本 ЁЖ", "日本 еж<ЁЖ>"),
            ("acme™ corp®", "acme corp"),
            ("Аcme асме smsка iPhoneы", "acme<Аcme> асме smska<smsка> iphoneы<iPhoneы>"),
        ] {
            assert_eq!(show(text, &words(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn written_tokens_keep_the_signs_of_names() {
        for (text, expected) in [
            ("C++, C# and .NET (or R).", "C++ C# and .NET or R"),
            ("AT&T's @acme: #acme!", "AT&T s @acme #acme"),
            ("@acme@mastodon.example.", "@acme@mastodon.example"),
            ("l'ACME, ACME-like TCP/IP", "l ACME ACME like TCP IP"),
            ("fin. ...ACME... & co", "fin ACME co"),
            ("**ACME** _ACME_ $ACME 100%", "ACME ACME $ACME 100%"),
            ("«\u{a0}Élan\u{a0}» ❤️ACME❤️", "Élan ACME"),
            ("e\u{301}lan A\u{200b}B", "élan<e\u{301}lan> AB<A\u{200b}B>"),
            ("++ @ # .", ""),
        ] {
            assert_eq!(show(text, &written(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn inflections_share_a_stem() {
        for (stemmer, forms) in [
            (
                Stemmer::French,
                "annonce annonces annoncer annoncé annoncée annoncées annonçant annonçait annoncera",
            ),
            (Stemmer::French, "cheval chevaux"),
            (Stemmer::French, "recrute recrutement recrutements recruter recruté recrutée"),
            (Stemmer::French, "panne pannes"),
            (Stemmer::French, "année années"),
            (Stemmer::French, "vélo vélos"),
            (Stemmer::French, "emploi emplois"),
            (Stemmer::French, "jeu jeux"),
            (Stemmer::French, "vendu vendus vendue vendues"),
            (Stemmer::French, "français française françaises"),
            (Stemmer::French, "annonçais annonçait"),
            (Stemmer::French, "réseau réseaux"),
            (Stemmer::French, "journal journaux"),
            (Stemmer::French, "rappel rappels"),
            (Stemmer::English, "outage outages"),
            (Stemmer::English, "company companies"),
            (Stemmer::English, "run running runs"),
            (Stemmer::English, "hire hiring hired"),
        ] {
            let mut stems: Vec<_> =
                forms.split(' ').map(|form| (form, stemmer.stem(&fold(form)).into_owned())).collect();
            stems.dedup_by(|a, b| a.1 == b.1);
            assert_eq!(stems.len(), 1, "{stems:?}");
        }
        for (stemmer, one, other) in [
            (Stemmer::French, "année", "Anne"),
            (Stemmer::French, "panne", "pain"),
            (Stemmer::French, "mais", "mai"),
            (Stemmer::English, "outage", "outing"),
        ] {
            assert_ne!(stemmer.stem(&fold(one)), stemmer.stem(&fold(other)), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn words_of_the_folded_text_are_the_same(text in "([a-zA-Z'’éœÉ \u{301}\u{200b}½ﬁ-]|.)*") {
            let folded = fold(&text);
            let of_text: Vec<_> = words(&text).into_iter().map(|token| token.word).collect();
            let of_folded: Vec<_> = words(&folded).into_iter().map(|token| token.word).collect();
            prop_assert_eq!(of_text, of_folded);
        }

        #[test]
        fn each_word_is_told_as_words_has_it(text in "([a-zA-Z0-9'’éœÉ .-]|[sldqu]['’]|.){0,40}") {
            let mut told = Vec::new();
            each_word(&text, |word| told.push(word.to_owned()));
            let words: Vec<_> = words(&text).into_iter().map(|token| token.word).collect();
            prop_assert_eq!(told, words);
        }

        #[test]
        fn a_word_is_the_folded_text_it_stands_for(text in "([a-zA-Z'’éœÉ \u{301}\u{200b}ﬁ-]|[^½]){0,40}") {
            for token in words(&text) {
                let original = fold(&text[token.start..token.end]).into_owned();
                // A character may fold to several words (½), of which each stands for all of it.
                let read = lookalikes::unmixed(&original).unwrap_or_default();
                let stands = original.contains(&*token.word) || read.contains(&*token.word);
                prop_assert!(stands, "{:?} {:?}", token, original);
            }
        }

        #[test]
        fn spans_count_characters(text in ".{0,40}") {
            let tokens = words(&text);
            let ranges: Vec<_> = tokens.iter().map(|token| token.start..token.end).collect();
            let chars: Vec<char> = text.chars().collect();
            for (span, range) in char_spans(&text, &ranges).iter().zip(&ranges) {
                let cut: String = chars[span.start as usize..span.end as usize].iter().collect();
                prop_assert_eq!(&cut, &text[range.clone()]);
            }
        }
    }
}
