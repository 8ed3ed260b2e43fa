//! Words that tell some texts from others.
//!
//! The log-odds of a word in the one against the other, with an informative Dirichlet prior, in units of its
//! standard deviation (Monroe, Colaresi and Quinn, "Fightin' Words", Political Analysis 2008). A word counts
//! once per text, so that one long text cannot speak for all.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::text::tokens;

/// How many texts the prior weighs.
const PRIOR_TEXTS: f64 = 4.0;
/// Standard deviations from which a word stands out: one in ten does by chance, but the strongest come first.
const STANDS_OUT: f64 = 1.28;

/// A word that stands out.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// As it is most often written, in lower case.
    pub spelling: String,
    /// How far, in standard deviations; with no others to compare with, in how many texts it is.
    pub weight: f64,
    /// The texts it is in, by their places.
    pub texts: Vec<usize>,
    /// How many of the others it is in.
    pub others: usize,
}

/// The words that stand out in `texts` against `others`, the strongest first, at most `limit`, as they are
/// most often written there, in lower case. With no others to compare with, the most frequent ones. The words
/// of `names`, those of whom the texts speak, say nothing of them and are left out.
pub fn stand_out(texts: &[&str], others: &[&str], names: &[&str], limit: usize) -> Vec<String> {
    weigh(texts, others, names, limit).into_iter().map(|term| term.spelling).collect()
}

/// The same words, with what speaks for them.
pub fn weigh(texts: &[&str], others: &[&str], names: &[&str], limit: usize) -> Vec<Term> {
    let (here, there) = (Counted::of(texts), Counted::of(others));
    let others = Others {
        texts: others.len(),
        total: there.total(),
        with: |word: &str| there.texts.get(word).map_or(0, Vec::len),
    };
    here.against(&others, texts, &named(names), limit)
}

/// [`weigh`]s each group of texts against all other groups.
pub fn weigh_each(groups: &[Vec<&str>], names: &[&str], limit: usize) -> Vec<Vec<Term>> {
    let counted: Vec<Counted> = groups.iter().map(|texts| Counted::of(texts)).collect();
    let mut with: HashMap<&str, usize> = HashMap::new();
    for (word, places) in counted.iter().flat_map(|counted| &counted.texts) {
        *with.entry(word).or_default() += places.len();
    }
    let texts: usize = groups.iter().map(Vec::len).sum();
    let total: f64 = counted.iter().map(Counted::total).sum();
    let named = named(names);
    let of = |(here, group): (&Counted, &Vec<&str>)| {
        let in_here = |word: &str| here.texts.get(word).map_or(0, Vec::len);
        let others = Others {
            texts: texts - group.len(),
            total: total - here.total(),
            with: |word: &str| with.get(word).map_or(0, |with| with - in_here(word)),
        };
        here.against(&others, group, &named, limit)
    };
    counted.iter().zip(groups).map(of).collect()
}

fn named(names: &[&str]) -> HashSet<String> {
    names.iter().flat_map(|name| tokens::words(name)).map(|token| token.word.into_owned()).collect()
}

/// What texts are held against: how many there are, with how many words, and how many have a word.
struct Others<F> {
    texts: usize,
    total: f64,
    with: F,
}

/// Whether a folded word is too common in French or English to say anything.
pub fn is_stop_word(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        include_str!("stop_words.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(str::split_whitespace)
            .collect()
    });
    WORDS.contains(word)
}

/// A text by its place, and where in it a word stands first.
type Place = (usize, (usize, usize));

/// In which texts each folded word is.
struct Counted {
    texts: HashMap<String, Vec<Place>>,
}

impl Counted {
    fn of(texts: &[&str]) -> Self {
        let mut counted: HashMap<String, Vec<Place>> = HashMap::new();
        for (number, text) in texts.iter().enumerate() {
            for token in tokens::words(text) {
                let says_something = token.word.chars().nth(2).is_some()
                    && token.word.chars().any(char::is_alphabetic)
                    && !is_stop_word(&token.word);
                if !says_something {
                    continue;
                }
                let place = (number, (token.start, token.end));
                match counted.get_mut(token.word.as_ref()) {
                    Some(places) if places.last().is_some_and(|(last, _)| *last == number) => {}
                    Some(places) => places.push(place),
                    None => {
                        counted.insert(token.word.into_owned(), vec![place]);
                    }
                }
            }
        }
        Self { texts: counted }
    }

    fn total(&self) -> f64 {
        self.texts.values().map(|places| places.len() as f64).sum()
    }

    /// Of `texts`, which were counted.
    fn against(
        &self,
        others: &Others<impl Fn(&str) -> usize>,
        texts: &[&str],
        named: &HashSet<String>,
        limit: usize,
    ) -> Vec<Term> {
        let here_total = self.total();
        let total = here_total + others.total;
        // A single text has no word that more than one of its like share.
        let fewest = if texts.len() > 1 { 2 } else { 1 };
        let mut ranked: Vec<(f64, &str, usize)> = Vec::new();
        for (word, places) in &self.texts {
            if places.len() < fewest || named.contains(word.as_str()) {
                continue;
            }
            let in_there = (others.with)(word);
            let (in_here, of_there) = (places.len() as f64, in_there as f64);
            let prior_total = PRIOR_TEXTS * total / (texts.len() + others.texts) as f64;
            let prior = prior_total * (in_here + of_there) / total;
            let log_odds = |count: f64, of: f64| ((count + prior) / (of + prior_total - count - prior)).ln();
            let variance = 1.0 / (in_here + prior) + 1.0 / (of_there + prior);
            let deviations = if others.texts == 0 {
                in_here
            } else {
                (log_odds(in_here, here_total) - log_odds(of_there, others.total)) / variance.sqrt()
            };
            if others.texts == 0 || deviations >= STANDS_OUT {
                ranked.push((deviations, word, in_there));
            }
        }
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let term = |(weight, word, others): (f64, &str, usize)| {
            let places = self.texts.get(word).map_or(&[][..], Vec::as_slice);
            Term {
                spelling: spelling(word, places, texts),
                weight,
                texts: places.iter().map(|(text, _)| *text).collect(),
                others,
            }
        };
        ranked.into_iter().take(limit).map(term).collect()
    }
}

fn spelling(word: &str, places: &[Place], texts: &[&str]) -> String {
    let mut spellings: HashMap<String, u32> = HashMap::new();
    for (text, (start, end)) in places {
        *spellings.entry(texts[*text][*start..*end].to_lowercase()).or_default() += 1;
    }
    let most = spellings.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
    most.map_or_else(|| word.to_owned(), |(spelling, _)| spelling)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_an_incident_stand_out() {
        let usual = [
            "Acme ouvre un magasin à Lyon",
            "Acme publie ses résultats du trimestre",
            "Les nouveaux vélos d'Acme sont arrivés en magasin",
            "Acme recrute à Lyon et à Nantes",
            "Test du nouveau vélo Acme",
        ];
        let incident = [
            "Panne géante chez Acme : le réseau coupé",
            "Acme : la panne du réseau continue, les clients en colère",
            "Nouvelle Panne chez Acme ce matin, excuses du patron",
            "La panne d'Acme coûte cher",
        ];
        let terms = stand_out(&incident, &usual.repeat(4), &[], 3);
        assert_eq!(terms.first().map(String::as_str), Some("panne"));
        assert!(terms.contains(&"réseau".to_owned()) && !terms.contains(&"acme".to_owned()), "{terms:?}");
    }

    #[test]
    fn groups_are_held_against_all_others() {
        let groups = [
            ["Acme outage again", "an outage"].repeat(4),
            ["a new shop", "shop"].repeat(3),
            vec!["outage of a shop"],
        ];
        let each = weigh_each(&groups, &["Acme"], 5);
        for (place, terms) in each.iter().enumerate() {
            let mut others = groups.to_vec();
            let texts = others.remove(place);
            assert_eq!(*terms, weigh(&texts, &others.concat(), &["Acme"], 5));
        }
        assert_eq!(each[0][0].spelling, "outage");
    }

    #[test]
    fn without_others_the_most_frequent_words_come_first() {
        assert_eq!(stand_out(&["the outage", "an outage again"], &[], &[], 5), ["outage"]);
        assert!(stand_out(&[], &["the outage"], &[], 5).is_empty());
        assert!(stand_out(&["Acme’s outage", "acme outage"], &[], &["ACME", "outage"], 5).is_empty());
    }

    #[test]
    fn stop_words_are_folded_words() {
        for word in ["the", "les", "meme", "which"] {
            assert!(is_stop_word(word), "{word}");
        }
        assert!(!is_stop_word("panne"));
    }
}
