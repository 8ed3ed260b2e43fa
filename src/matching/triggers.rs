//! Words of crisis: whether one stands beside a brand's name.
//!
//! “Acme recalls 20,000 bicycles” is told without a word of blame, and is bad news all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

use super::automaton::{Automaton, sieved};
use super::required;
use crate::query::{Ast, Compiled, Document, Prepared};
use crate::text::Span;

/// What vigie knows by itself, in both of its languages, whatever language a text is in.
const BUILT_IN: &[&str] = &[
    // English
    "boycott",
    "recall",
    "scandal",
    "outage",
    "lawsuit",
    "sue",
    "sued",
    "class action",
    "data breach",
    "data leak",
    "leaked data",
    "hacked",
    "hackers",
    "cyberattack",
    "cyber attack",
    "ransomware",
    "fraud",
    "scam",
    "bankruptcy",
    "insolvency",
    "layoffs",
    "laid off",
    "walkout",
    "whistleblower",
    "antitrust",
    "fined",
    "defective",
    "toxic",
    "contaminated",
    "contamination",
    "food poisoning",
    "explosion",
    "caught fire",
    "catches fire",
    "injured",
    "fatal",
    "harassment",
    "discrimination",
    "racism",
    "racist",
    "sexism",
    "sexist",
    "child labour",
    "child labor",
    "forced labour",
    "forced labor",
    "greenwashing",
    "misleading advertising",
    "backlash",
    "outcry",
    "uproar",
    "outrage",
    // French
    "boycottage",
    "rappel",
    "scandale",
    "panne",
    "plainte",
    "procès",
    "poursuivi en justice",
    "action de groupe",
    "mise en demeure",
    "mis en examen",
    "perquisition",
    "condamné",
    "condamnation",
    "amende",
    "fuite de données",
    "vol de données",
    "données volées",
    "piraté",
    "piratage",
    "cyberattaque",
    "rançongiciel",
    "fraude",
    "arnaque",
    "escroquerie",
    "tromperie",
    "faillite",
    "redressement judiciaire",
    "liquidation judiciaire",
    "licenciement",
    "plan social",
    "grève",
    "lanceur d’alerte",
    "défectueux",
    "toxique",
    "contaminé",
    "intoxication",
    "listeria",
    "salmonelle",
    "retrait de la vente",
    "retiré de la vente",
    "incendie",
    "prend feu",
    "pris feu",
    "blessé",
    "mortel",
    "harcèlement",
    "racisme",
    "raciste",
    "sexisme",
    "sexiste",
    "travail des enfants",
    "travail forcé",
    "écoblanchiment",
    "publicité mensongère",
    "pratiques commerciales trompeuses",
    "polémique",
    "tollé",
    "bad buzz",
];

/// How many characters beside the name are read: about a sentence.
const BESIDE: usize = 100;

/// Words of crisis, those of a rule beside the built-in ones.
pub struct Triggers {
    own: Words,
}

impl Triggers {
    /// `own`: words, beginnings of words (`explos*`) and phrases.
    pub fn new(own: &[String]) -> Self {
        Self { own: Words::new(others(own)) }
    }

    /// Those that stand at most a hundred characters from a name, in the order of the list. A name stands in `title`
    /// or `text` at these spans, in characters; where none is known, anywhere counts. `language`: that of the text.
    pub fn beside(
        &self,
        (title, title_spans): (&str, &[Span]),
        (text, text_spans): (&str, &[Span]),
        language: Option<&str>,
    ) -> Vec<&str> {
        // All rules share them: they take longer to compile than most configurations to be read.
        static ALL_RULES: LazyLock<Words> = LazyLock::new(|| Words::new(BUILT_IN.iter().copied()));
        let whole = format!("{title}\n{text}");
        let offset = title.chars().count() + 1;
        let place = |span: &Span, offset: usize| span.start as usize + offset..span.end as usize + offset;
        let names = title_spans.iter().map(|span| place(span, 0));
        let names = names.chain(text_spans.iter().map(|span| place(span, offset)));
        let passages = passages(&whole, names);
        [&*ALL_RULES, &self.own].into_iter().flat_map(|words| words.heard(&passages, language)).collect()
    }
}

/// Words that are looked for together.
struct Words {
    words: Vec<(String, Compiled)>,
    /// Finds beginnings of words without which most of them cannot stand.
    automaton: Automaton,
    /// By pattern of the automaton, the places of the words that it may be.
    may_be: Vec<Vec<usize>>,
    /// The places of the others, which are too short for that.
    short: Vec<usize>,
}

impl Words {
    fn new<'a>(all: impl Iterator<Item = &'a str>) -> Self {
        let (mut words, mut short) = (Vec::new(), Vec::new());
        let mut patterns: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, word) in all.enumerate() {
            let ast = meaning(word);
            match required::any_of(&ast) {
                Some(beginnings) => {
                    for beginning in beginnings {
                        patterns.entry(sieved(&beginning).into_owned()).or_default().push(place);
                    }
                }
                None => short.push(place),
            }
            words.push((word.to_owned(), Compiled::new(&ast)));
        }
        let (patterns, may_be): (Vec<String>, Vec<Vec<usize>>) = patterns.into_iter().unzip();
        Self { words, automaton: Automaton::new(&patterns), may_be, short }
    }

    /// Those that stand in the passages of a text.
    fn heard(&self, passages: &[&str], language: Option<&str>) -> Vec<&str> {
        let mut heard = BTreeSet::new();
        for &text in passages {
            let new: Vec<usize> = self.candidates(text).difference(&heard).copied().collect();
            if new.is_empty() {
                continue;
            }
            let document = Document { text, language, ..Document::default() };
            let prepared = Prepared::new(&document);
            heard.extend(new.into_iter().filter(|place| self.words[*place].1.matches(&prepared)));
        }
        heard.into_iter().map(|place| self.words[place].0.as_str()).collect()
    }

    /// The places of words that may stand in a text.
    fn candidates(&self, text: &str) -> BTreeSet<usize> {
        let text = sieved(text);
        let mut candidates: BTreeSet<usize> = self.short.iter().copied().collect();
        self.automaton.each(&text, |pattern, start, _| {
            if !text[..start].ends_with(char::is_alphanumeric) {
                candidates.extend(&self.may_be[pattern]);
            }
        });
        candidates
    }
}

/// The built-in words of crisis, then those of a rule that are others.
pub fn all_words(own: &[String]) -> impl Iterator<Item = &str> {
    BUILT_IN.iter().copied().chain(others(own))
}

/// Those of a rule that are not built in.
fn others(own: &[String]) -> impl Iterator<Item = &str> {
    own.iter().map(String::as_str).filter(|word| !BUILT_IN.contains(word))
}

fn meaning(word: &str) -> Ast {
    let words: Vec<String> = word.split_whitespace().map(str::to_owned).collect();
    match words.as_slice() {
        [word] => match word.strip_suffix('*') {
            Some(beginning) => Ast::Prefix(beginning.to_owned()),
            None => Ast::Word(word.clone()),
        },
        _ => Ast::Phrase { words, slop: 0 },
    }
}

/// What of a text stands beside these places, given in characters: whole words, in order, each once.
fn passages(text: &str, names: impl Iterator<Item = Range<usize>>) -> Vec<&str> {
    let mut wanted: Vec<Range<usize>> =
        names.map(|name| name.start.saturating_sub(BESIDE)..name.end + BESIDE).collect();
    if wanted.is_empty() {
        return vec![text];
    }
    wanted.sort_unstable_by_key(|range| range.start);
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(wanted.len());
    for range in wanted {
        match apart.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    let bounds: Vec<usize> = text.char_indices().map(|(byte, _)| byte).chain([text.len()]).collect();
    let byte = |character: usize| bounds[character.min(bounds.len() - 1)];
    let whole_words = |range: Range<usize>| {
        let (start, end) = (byte(range.start), byte(range.end));
        let rest_of_word = |from: usize| {
            from + text[from..].find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len() - from)
        };
        let is_cut = text[..start].ends_with(char::is_alphanumeric);
        let (start, end) = (if is_cut { rest_of_word(start) } else { start }, rest_of_word(end));
        &text[start.min(end)..end]
    };
    apart.into_iter().map(whole_words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name is `Acme`, wherever it stands.
    fn heard(own: &[&str], title: &str, text: &str, language: &str) -> String {
        let names = |text: &str| -> Vec<Span> {
            let places = text.match_indices("Acme").map(|(byte, _)| text[..byte].chars().count() as u32);
            places.map(|start| Span { start, end: start + 4 }).collect()
        };
        let own: Vec<String> = own.iter().map(|word| (*word).to_owned()).collect();
        let (in_title, in_text) = (names(title), names(text));
        let triggers = Triggers::new(&own);
        triggers.beside((title, &in_title), (text, &in_text), Some(language)).join(" | ")
    }

    #[test]
    fn words_of_crisis_are_heard_in_both_languages_and_any_form() {
        for (title, text, language, expected) in [
            ("Acme recalls 20,000 bicycles", "", "en", "recall"),
            ("Acme rappelle 20 000 vélos", "", "fr", "rappel"),
            (
                "",
                "Des fuites de données chez Acme, déjà visée par deux plaintes.",
                "fr",
                "plainte | fuite de données",
            ),
            ("", "Acme was SUED over a Data Breach", "en", "sued | data breach"),
            ("Acme en panne", "", "fr", "panne"),
            ("Acme: Rückruf nach scandal", "", "de", "scandal"),
            ("Acme opens a shop", "A fair price.", "en", ""),
            ("Acme", "Le patron présente ses vœux. Une polémique.", "fr", "polémique"),
        ] {
            assert_eq!(heard(&[], title, text, language), expected, "{title} {text}");
        }
    }

    #[test]
    fn a_word_far_from_the_name_is_of_somebody_else() {
        let filler = "word ".repeat(30);
        assert_eq!(heard(&[], "", &format!("Acme opens a shop. {filler} Globex faces a boycott."), "en"), "");
        assert_eq!(
            heard(&[], "", &format!("Acme opens. {filler} A boycott of Acme. {filler} panne"), "fr"),
            "boycott"
        );
        // Where it is not known what names it, all of it is read.
        assert_eq!(heard(&[], "", &format!("{filler} a boycott"), "en"), "boycott");
    }

    #[test]
    fn a_rule_has_words_of_its_own() {
        let own = ["batterie", "surchauf*", "service client", "rappel"];
        assert_eq!(
            heard(&own, "Acme", "Le service client d'Acme et des batteries qui surchauffent", "fr"),
            "batterie | surchauf* | service client"
        );
        assert_eq!(all_words(&["rappel".to_owned()]).filter(|word| *word == "rappel").count(), 1);
    }

    #[test]
    fn passages_are_of_whole_words() {
        let text = format!("{} Acmé {}", "mot ".repeat(40), "mot ".repeat(40));
        let at = text.chars().position(|c| c == 'A').unwrap();
        let passages = passages(&text, [at..at + 4, at + 1..at + 4].into_iter());
        assert_eq!(passages.len(), 1);
        assert!(passages[0].split_whitespace().all(|word| word == "mot" || word == "Acmé"), "{passages:?}");
        assert_eq!(passages[0].split_whitespace().count(), 50, "the first is cut and left out");
    }
}
