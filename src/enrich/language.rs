//! Which language a text is in.
//!
//! whichlang knows sixteen languages by their letter groups and always answers, even to three letters or
//! a brand's name. So it is one voice of three: the second are function words (the, les, und), which tell
//! a headline's language when its nouns do not, the third is what the feed says of itself.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::model::Language;
use crate::text::tokens;

/// Bytes that are looked at: more say nothing new.
const ENOUGH_BYTES: usize = 400;
/// Texts of fewer words are too short for letter groups alone.
const SHORT_WORDS: usize = 6;
/// The votes below which nobody knows.
const LEAST_VOTES: f32 = 1.6;

/// `claimed` is what the feed says of itself, a prior that a clear text overrules.
pub fn detect(text: &str, claimed: Option<&str>) -> Language {
    let claimed = claimed.and_then(primary_subtag);
    let head = &text[..text.floor_char_boundary(ENOUGH_BYTES)];
    let prose = without_handles(head);
    let words = tokens::words(&prose);
    let words: Vec<&str> = words
        .iter()
        .map(|token| token.word.as_ref())
        .filter(|word| word.chars().any(char::is_alphabetic))
        .collect();
    // Scripts without spaces: two signs are about a word.
    let signs = prose.chars().filter(|&c| c > '\u{370}' && c.is_alphabetic()).count();
    let length = words.len().max(signs / 2);
    let mut votes: Vec<(&str, f32)> = Vec::new();
    let mut vote = |code, weight| match votes.iter_mut().find(|(known, _)| *known == code) {
        Some((_, sum)) => *sum += weight,
        None => votes.push((code, weight)),
    };
    if let Some(code) = &claimed {
        // A language that letter groups cannot tell has only the claim to speak for it.
        let told = CODES.iter().any(|(_, known)| known == code);
        vote(
            code,
            match (told, length < SHORT_WORDS) {
                (false, _) => 3.0,
                (true, true) => 2.0,
                (true, false) => 1.0,
            },
        );
    }
    for word in &words {
        for (code, weight) in FUNCTION_WORDS.get(word).into_iter().flatten() {
            vote(code, *weight);
        }
    }
    vote("fr", 0.5 * elisions(&prose) as f32);
    if !words.is_empty() {
        let certainty = 1.5 + 0.15 * length.saturating_sub(SHORT_WORDS - 2) as f32;
        let guess = whichlang::detect_language(&prose);
        let code = CODES.iter().find(|(language, _)| *language == guess);
        vote(code.map_or("", |(_, code)| code), certainty.min(4.0));
    }
    let best = votes.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    match best {
        Some((code, sum)) if *sum >= LEAST_VOTES => Language::from_code(Some(code)),
        _ => Language::Unknown,
    }
}

/// The languages whichlang tells, by ISO 639-1 code.
const CODES: [(whichlang::Lang, &str); 16] = {
    use whichlang::Lang;
    [
        (Lang::Ara, "ar"),
        (Lang::Cmn, "zh"),
        (Lang::Deu, "de"),
        (Lang::Eng, "en"),
        (Lang::Fra, "fr"),
        (Lang::Hin, "hi"),
        (Lang::Ita, "it"),
        (Lang::Jpn, "ja"),
        (Lang::Kor, "ko"),
        (Lang::Nld, "nl"),
        (Lang::Por, "pt"),
        (Lang::Rus, "ru"),
        (Lang::Spa, "es"),
        (Lang::Swe, "sv"),
        (Lang::Tur, "tr"),
        (Lang::Vie, "vi"),
    ]
};

/// Words that one language uses all the time, folded; a word of several counts a part for each.
const LISTS: [(&str, &str); 7] = [
    (
        "en",
        "the of and to is are was were for with that this it its he she you we they his her their from by as at \
         be been has have had not but what how why who when will would can could after before over into about \
         new says said your our my all more than out up off i if or an just don on in do so no us get here",
    ),
    (
        "fr",
        "le la les des du une un et est sont dans pour sur avec qui que ne pas plus par au aux ce cette ces son \
         sa ses il elle nous vous ils leur mais ou je tu on sans entre apres avant chez comme quand ca c'est \
         etre avoir fait tres tout tous deux contre depuis selon votre notre mon ma mes y a de en se si meme",
    ),
    (
        "es",
        "el la los las de del y en un una que es por para con no se su sus al lo como mas pero le ya o este esta \
         si porque son entre cuando muy sin sobre tambien me hasta hay donde quien desde todo nos uno ni contra \
         ese yo hoy fue ha tras",
    ),
    (
        "de",
        "der die das und ist nicht ein eine einen einem den dem des zu im in mit auf fur von sich auch es an \
         werden aus er hat dass sie nach wird bei noch wie ich du wir ihr mir mich so am oder aber vor zur bis \
         mehr durch uber nur war sind kann vom zum",
    ),
    (
        "it",
        "il lo la i gli le di del della dei delle e che in un una per con non si da al alla ai sono ha ma come \
         piu anche nel nella su dal dalla questo questa se ci mi ti o era essere dopo tra ho hanno cosa tutti \
         sul sulla nei contro",
    ),
    (
        "nl",
        "de het een en van ik te dat die in is niet zijn op aan met voor er maar om hem dan zou of wat mijn men \
         dit zo door over ze bij ook tot je mij uit der daar naar heb hoe heeft hebben deze want nog zal me zij \
         nu geen wel meer na worden wordt was",
    ),
    (
        "pt",
        "o a os as de do da dos das e em um uma que nao se na no nas nos por para com mais como mas ao foi sua \
         seu ele ela eu tem ja ou quando muito isso entre depois sem mesmo aos ter seus quem nas me esse eles \
         voce essa era pelo pela ate sobre apos",
    ),
];

static FUNCTION_WORDS: LazyLock<HashMap<&str, Vec<(&str, f32)>>> = LazyLock::new(|| {
    let mut words: HashMap<&str, Vec<(&str, f32)>> = HashMap::new();
    for (code, list) in LISTS {
        for word in list.split_whitespace() {
            words.entry(word).or_default().push((code, 1.0));
        }
    }
    for languages in words.values_mut() {
        let share = 1.0 / (languages.len() * languages.len()) as f32;
        languages.iter_mut().for_each(|(_, weight)| *weight = share);
    }
    words
});

/// The text without links, handles and tags, which have no language.
fn without_handles(text: &str) -> String {
    let is_word = |part: &&str| !part.starts_with(['@', '#']) && !part.contains("://");
    text.split_whitespace().filter(is_word).collect::<Vec<_>>().join(" ")
}

/// `fr` of `fr-CA`, in lower case; `None` if it is no language code.
fn primary_subtag(claimed: &str) -> Option<String> {
    let subtag = claimed.trim().split(['-', '_']).next()?.to_ascii_lowercase();
    let is_code = matches!(subtag.len(), 2 | 3) && subtag.bytes().all(|b| b.is_ascii_lowercase());
    (is_code && subtag != "und").then_some(subtag)
}

/// Words cut before an apostrophe as in French: l', d', qu'.
fn elisions(text: &str) -> usize {
    const CUT: [&str; 9] = ["l", "d", "s", "n", "j", "m", "t", "c", "qu"];
    let before_apostrophes = text.split(['\'', '’']).rev().skip(1);
    let cut = |before: &str| {
        let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        CUT.iter().any(|elided| word.eq_ignore_ascii_case(elided))
    };
    before_apostrophes.filter(|before| cut(before)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, claimed: Option<&str>, wanted: &str) {
        assert_eq!(detect(text, claimed).code().unwrap_or("?"), wanted, "{text}");
    }

    #[test]
    fn titles_are_told_without_a_claim() {
        for (language, titles) in [
            (
                "fr",
                &[
                    "La panne d’Acme dure depuis deux jours",
                    "Acme : les clients en colère",
                    "Rappel de produits chez Acme",
                    "Le patron d’Acme s’excuse",
                    "Test du nouveau casque Acme",
                    "Grève à la SNCF : trafic très perturbé ce mardi",
                    "Incendie dans une usine près de Lyon",
                    "Bourse : le CAC 40 termine en baisse",
                    "Pourquoi le prix de l’électricité augmente",
                    "Un accord a été trouvé cette nuit",
                    "Comment choisir son vélo électrique ?",
                    "Une faille de sécurité touche des millions de comptes",
                ][..],
            ),
            (
                "en",
                &[
                    "Acme is down again",
                    "Acme customers are furious",
                    "The outage at Acme lasted two days",
                    "Recall of Acme bikes after accidents",
                    "Why Acme raised its prices",
                    "Acme apologises for the data breach",
                    "Hands on with the new Acme headphones",
                    "Shares fall as Acme misses forecasts",
                    "What we know about the fire in Lyon",
                    "How to choose your electric bike",
                    "Markets close lower for a third day",
                    "Acme hires 200 people in Leeds",
                ],
            ),
            (
                "es",
                &[
                    "El presidente viaja a Madrid para firmar el acuerdo",
                    "Los precios suben otra vez en mayo",
                ],
            ),
            ("de", &["Der Streik bei der Bahn geht weiter", "Die Preise steigen im Mai wieder an"]),
            (
                "it",
                &["Il governo approva la riforma delle pensioni", "Gli italiani spendono di più per la casa"],
            ),
            ("nl", &["De prijzen van het gas stijgen weer", "Het kabinet wil een nieuwe wet voor boeren"]),
            (
                "pt",
                &[
                    "O governo anuncia um novo pacote para a economia",
                    "Os preços não param de subir no Brasil",
                ],
            ),
        ] {
            titles.iter().for_each(|title| check(title, None, language));
        }
    }

    #[test]
    fn what_says_nothing_is_as_claimed_or_unknown() {
        for text in ["", "…", "2026", "Acme", "https://example.org/les/des/une", "@les_des #une", "iPhone 15"]
        {
            check(text, None, "?");
            check(text, Some("fr-CA"), "fr");
            check(text, Some("EN_us"), "en");
        }
        check("", Some("français"), "?");
        check("", Some("und"), "?");
    }

    #[test]
    fn a_clear_text_overrules_the_claim() {
        check("The company said on Tuesday that the outage was over", Some("fr"), "en");
        check("Le groupe a annoncé mardi que la panne était terminée", Some("en"), "fr");
        check("Acme Velo 3000", Some("fr"), "fr");
        check("Spółka ogłosiła we wtorek koniec awarii", Some("pl"), "pl");
    }

    #[test]
    fn other_scripts_are_told() {
        check("今日は新しい製品を発表しました", None, "ja");
        check("Компания объявила о новом продукте", None, "ru");
    }
}
