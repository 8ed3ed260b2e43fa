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

/// The words that stand out in `texts` against `others`, the strongest first, at most `limit`, as they are
/// most often written there, in lower case. With no others to compare with, the most frequent ones. The words
/// of `names`, those of whom the texts speak, say nothing of them and are left out.
pub fn stand_out(texts: &[&str], others: &[&str], names: &[&str], limit: usize) -> Vec<String> {
    let named: HashSet<String> =
        names.iter().flat_map(|name| tokens::words(name)).map(|token| token.word.into_owned()).collect();
    let (here, there) = (Counted::of(texts), Counted::of(others));
    let (here_total, there_total) = (here.total(), there.total());
    let total = here_total + there_total;
    // A single text has no word that more than one of its like share.
    let fewest = if texts.len() > 1 { 2 } else { 1 };
    let mut ranked: Vec<(f64, &str)> = Vec::new();
    for (word, spellings) in &here.texts {
        let in_here = spellings.values().sum::<u32>();
        let in_there = there.texts.get(word).map_or(0, |spellings| spellings.values().sum::<u32>());
        if in_here < fewest || named.contains(word.as_str()) {
            continue;
        }
        let (in_here, in_there) = (f64::from(in_here), f64::from(in_there));
        let prior_total = PRIOR_TEXTS * total / (texts.len() + others.len()) as f64;
        let prior = prior_total * (in_here + in_there) / total;
        let log_odds = |count: f64, of: f64| ((count + prior) / (of + prior_total - count - prior)).ln();
        let variance = 1.0 / (in_here + prior) + 1.0 / (in_there + prior);
        let deviations = if others.is_empty() {
            in_here
        } else {
            (log_odds(in_here, here_total) - log_odds(in_there, there_total)) / variance.sqrt()
        };
        if others.is_empty() || deviations >= STANDS_OUT {
            ranked.push((deviations, word));
        }
    }
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    ranked.into_iter().take(limit).map(|(_, word)| here.spelling(word)).collect()
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

/// In how many texts each folded word is, by spelling.
struct Counted {
    texts: HashMap<String, HashMap<String, u32>>,
}

impl Counted {
    fn of(texts: &[&str]) -> Self {
        let mut counted: HashMap<String, HashMap<String, u32>> = HashMap::new();
        for text in texts {
            let mut seen = HashSet::new();
            for token in tokens::words(text) {
                let says_something = token.word.chars().count() >= 3
                    && token.word.chars().any(char::is_alphabetic)
                    && !is_stop_word(&token.word);
                if says_something && seen.insert(token.word.clone()) {
                    let spelling = text[token.start..token.end].to_lowercase();
                    *counted.entry(token.word.into_owned()).or_default().entry(spelling).or_default() += 1;
                }
            }
        }
        Self { texts: counted }
    }

    fn total(&self) -> f64 {
        self.texts.values().flat_map(HashMap::values).map(|&count| f64::from(count)).sum()
    }

    fn spelling(&self, word: &str) -> String {
        let spellings = self.texts.get(word).into_iter().flatten();
        let most = spellings.max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0)));
        most.map_or_else(|| word.to_owned(), |(spelling, _)| spelling.clone())
    }
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
