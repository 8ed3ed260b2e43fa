//! What a text must hold for a query to hold: the sieve before a query is evaluated.

use std::borrow::Cow;

use crate::query::Ast;
use crate::text::tokens::{Stemmer, words};

/// Beginnings of folded words, one of which every document that matches holds in its title or text; `None` if
/// there are no such.
pub(super) fn any_of(ast: &Ast) -> Option<Vec<String>> {
    match ast {
        Ast::Word(word) => longest(word, beginning),
        Ast::Phrase { words, .. } => best(words.iter().map(|word| longest(word, beginning))),
        // Words begin with a prefix, and a raw token holds its words whole.
        Ast::Prefix(text) | Ast::Raw(text) => longest(text, |word| word.to_owned()),
        Ast::Near { left, right, .. } => best([any_of(left), any_of(right)].into_iter()),
        Ast::In(_, inner) => any_of(inner),
        Ast::And(all) => best(all.iter().map(any_of)),
        Ast::Or(any) => {
            let each: Option<Vec<Vec<String>>> = any.iter().map(any_of).collect();
            each.map(|each| each.concat()).filter(|beginnings| !beginnings.is_empty())
        }
        Ast::All | Ast::Fact(..) | Ast::Time { .. } | Ast::Not(_) => None,
    }
}

/// Shorter ones would stand in nearly every text.
const SHORTEST: usize = 3;

/// The most selective of several that are all needed.
fn best(each: impl Iterator<Item = Option<Vec<String>>>) -> Option<Vec<String>> {
    each.flatten().max_by_key(|any| any.iter().map(String::len).min())
}

fn longest(typed: &str, needed: impl Fn(&str) -> String) -> Option<Vec<String>> {
    let needed = words(typed).into_iter().map(|token| needed(&token.word)).max_by_key(String::len)?;
    (needed.chars().count() >= SHORTEST).then(|| vec![needed])
}

/// What all words with the same stem begin with. Snowball's English and French only change endings, by at most
/// two of the letters that the stem keeps (-bility → -ble), and short words in odd ways (dying → die).
fn beginning(word: &str) -> String {
    let stems: [Cow<'_, str>; 2] = [Stemmer::English.stem(word), Stemmer::French.stem(word)];
    let kept = stems.iter().map(|stem| stem.chars().count().saturating_sub(2)).min().unwrap_or(0);
    let shared = |(at, c): &(usize, char)| stems.iter().all(|stem| stem.chars().nth(*at) == Some(*c));
    word.chars().enumerate().take(kept).take_while(shared).map(|(_, c)| c).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{Context, parse};
    use crate::text::fold::fold;

    #[test]
    fn the_rarest_word_is_needed() {
        for (query, expected) in [
            ("recrutement", "recr"),
            ("pan", "-"),
            ("die", "-"),
            ("ab*", "-"),
            ("vél*", "vel"),
            ("raw:\"@AcmeCorp\"", "acmecorp"),
            ("\"de la recrutement\"", "recr"),
            ("go AND recrutement AND NOT outage", "recr"),
            ("recrutement OR incident", "recr inc"),
            ("recrutement OR go", "-"),
            ("recrutement OR lang:fr", "-"),
            ("(a OR b) NEAR/5 recrutement", "recr"),
            ("title:recrutement", "recr"),
            ("NOT recrutement", "-"),
            ("*", "-"),
        ] {
            let needed = any_of(&parse(query, &Context::default()).unwrap().ast);
            assert_eq!(needed.map_or("-".to_owned(), |any| any.join(" ")), expected, "{query}");
        }
    }

    #[test]
    fn words_with_the_same_stem_begin_so() {
        let families = "annonce annonces annoncée annonçait annoncer annonceront | cheval chevaux | journal journaux \
            | company companies | dying die dies died | lying lie | sky skies | gently gentle gentler \
            | rational rationalize rationalization | operational operate operator operation operative \
            | relational relate relation | possibility possible possibly | activité actives actif active \
            | heureux heureuse heureusement | fréquence fréquent fréquemment | logique logiques logiquement \
            | psychologie psychologue psychology psychologist | yeux yeuse | jeu jeux enjeu enjeux lieux lieu \
            | conditional condition | triplicate triplic | hopefulness hopeful | electricity electrical electric \
            | running runs run | générosité généreux généreuse | organisation organiser organisateur organisatrice \
            | nationalement national nationaux nationales | franchement franc | recrute recrutement recruteur";
        for family in families.split('|') {
            let family: Vec<String> = family.split_whitespace().map(|word| fold(word).into_owned()).collect();
            for (one, other) in family.iter().flat_map(|one| family.iter().map(move |other| (one, other))) {
                for stemmer in [Stemmer::English, Stemmer::French] {
                    let same = stemmer.stem(one) == stemmer.stem(other);
                    assert!(!same || other.starts_with(&beginning(one)), "{one} {other}");
                }
            }
        }
    }
}
