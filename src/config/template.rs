//! The feeds.toml a newcomer starts from: their names, and live sources that need no key.

use std::fmt::Write as _;

use super::{Tongue, values};
use crate::query::NO_BRAND;
use crate::text::fold::fold;

/// Why no file can be written for a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("a brand's name must not be empty")]
    Empty,
    #[error("`{0}` has no letter or digit to listen for")]
    NoWord(String),
    #[error("a brand's name must not be longer than {LONGEST_NAME} characters")]
    TooLong,
    #[error("`{0}` is given twice")]
    Twice(String),
}

impl NameError {
    /// Why, in the language of whoever typed it.
    pub fn say(&self, tongue: Tongue) -> String {
        match (tongue, self) {
            (Tongue::English, _) => self.to_string(),
            (Tongue::French, NameError::Empty) => "une marque doit avoir un nom".to_owned(),
            (Tongue::French, NameError::NoWord(name)) => {
                format!("`{name}` n’a ni lettre ni chiffre à écouter")
            }
            (Tongue::French, NameError::TooLong) => {
                format!("un nom de marque a au plus {LONGEST_NAME} caractères")
            }
            (Tongue::French, NameError::Twice(name)) => format!("`{name}` est donné deux fois"),
        }
    }
}

/// In characters; a search address has to hold it.
const LONGEST_NAME: usize = 80;

/// A commented feeds.toml for these names; [`super::check()`] accepts it without a word. `timezone` is the
/// machine's, if it is known.
pub fn starter(
    brand: &str,
    competitors: &[String],
    language: Tongue,
    timezone: Option<&str>,
) -> Result<String, NameError> {
    let names = names(brand, competitors)?;
    let timezone = timezone.filter(|name| values::timezone(name).is_ok());
    let (tongue, usual_zone) = match language {
        Tongue::French => ("fr", "Europe/Paris"),
        Tongue::English => ("en", "UTC"),
    };
    let words = match language {
        Tongue::French => &FRENCH,
        Tongue::English => &ENGLISH,
    };
    let timezone = quoted(timezone.unwrap_or(usual_zone));
    let mut out = words.head.to_string();
    out += &format!("\n[settings]\ntimezone = {timezone}   # {}\n", words.timezone);
    out += &format!("language = {}   # {}\n", quoted(tongue), words.language);
    out += &format!("data_dir = \"index\"   # {}\n", words.data_dir);
    out += &format!("# contact = \"https://example.org/about\"   # {}\n", words.contact);
    out += words.brands;
    for (index, name) in names.iter().enumerate() {
        write_brand(&mut out, name, (index == 0).then_some(words.brand_hints));
    }
    out += words.queries;
    out += QUERIES;
    out += words.searches;
    out += SEARCHES;
    // The fediverse knows no hashtag of digits alone.
    if names.iter().any(|name| !name.text.chars().filter(|c| c.is_alphanumeric()).all(char::is_numeric)) {
        out += HASHTAGS;
    }
    out += words.news;
    out += NEWS;
    out += words.press;
    out += PRESS;
    out += &rules(words);
    Ok(out)
}

struct Name {
    /// One line, without control characters.
    text: String,
    /// Unique among the names.
    id: String,
}

fn names(brand: &str, competitors: &[String]) -> Result<Vec<Name>, NameError> {
    let mut names: Vec<Name> = Vec::new();
    for written in std::iter::once(brand).chain(competitors.iter().map(String::as_str)) {
        let plain: String = written.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let text = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.chars().count() > LONGEST_NAME {
            return Err(NameError::TooLong);
        }
        if !text.contains(char::is_alphanumeric) {
            return Err(NameError::NoWord(text));
        }
        if names.iter().any(|other| fold(&other.text) == fold(&text)) {
            return Err(NameError::Twice(text));
        }
        let slug = Some(slug(&text)).filter(|slug| !slug.is_empty()).unwrap_or_else(|| "brand".to_owned());
        let free = |id: &String| *id != NO_BRAND && names.iter().all(|other| other.id != *id);
        let mut candidates = std::iter::once(slug.clone()).chain((2..).map(|n| format!("{slug}-{n}")));
        let id = candidates.find(free).unwrap_or(slug);
        names.push(Name { text, id });
    }
    Ok(names)
}

/// Folded ASCII letters and digits with single hyphens between; empty if none is left.
pub(super) fn slug(text: &str) -> String {
    let folded = fold(text).to_lowercase();
    let words = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// `hints`: what may be added to the own brand, which has some.
fn write_brand(out: &mut String, name: &Name, hints: Option<&str>) {
    let mut aliases = vec![quoted(&name.text)];
    aliases.extend(joined(&name.text).map(|joined| quoted(&joined)));
    let role = if hints.is_some() { "own" } else { "competitor" };
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "\n[[brand]]\nid = {}\nname = {}\nrole = \"{role}\"\naliases = [{}]\n",
        quoted(&name.id),
        quoted(&name.text),
        aliases.join(", "),
    );
    *out += hints.unwrap_or_default();
}

/// The name as one word, as hashtags and handles are written; `None` if it is one, or if it would become
/// another: without its signs `C++` is `C`, and a word of three letters means too much else.
fn joined(name: &str) -> Option<String> {
    let (kept, dropped): (Vec<char>, Vec<char>) = name.chars().partition(|c| c.is_alphanumeric());
    let joins = |c: &char| matches!(c, ' ' | '-' | '‐' | '‑' | '–' | '\'' | '’');
    let same = !dropped.is_empty() && dropped.iter().all(joins);
    (same && kept.len() >= 4).then(|| kept.into_iter().collect())
}

/// A TOML string.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn rules(words: &Words) -> String {
    let Words { rules, spike, bad_buzz, trouble, notifiers, .. } = words;
    format!(
        r#"
{rules}
[[rule]]
id = "spike"                 # {spike}
kind = "spike"
budget = "1/week"

[[rule]]
id = "bad-buzz"              # {bad_buzz}
kind = "negative-buzz"
severity = "high"

[[rule]]
id = "trouble"               # {trouble}
kind = "pattern"
query = "trouble"
min = 2

{notifiers}
[[notifier]]
id = "desktop"
kind = "desktop"
"#
    )
}

/// The comments, in the reader's language; keys and values are the same in all.
struct Words {
    head: &'static str,
    timezone: &'static str,
    language: &'static str,
    data_dir: &'static str,
    contact: &'static str,
    brands: &'static str,
    brand_hints: &'static str,
    queries: &'static str,
    searches: &'static str,
    news: &'static str,
    press: &'static str,
    rules: &'static str,
    spike: &'static str,
    bad_buzz: &'static str,
    trouble: &'static str,
    notifiers: &'static str,
}

const ENGLISH: Words = Words {
    head: "\
# What vigie listens to (sources), for whom (brands), and when it shouts (rules).
# After a change: `vigie check`. A first round: `vigie poll`. For good: `vigie run`, which notices changes.
",
    timezone: "an IANA name: days and hours as you live them",
    language: "of notices and reports: fr or en",
    data_dir: "beside this file",
    contact: "lets publishers reach you; sent with every request",
    brands: "
# ── For whom ──
# Aliases are whole words; case and accents do not matter.
",
    brand_hints: "\
# domains = [\"acme.example\"]            # your own site: what it publishes is kept, but not counted as heard
# context = 'bike OR vélo'              # for a name that is also a common word: count it only beside these
# exclude = '\"some other company\"'      # never a mention if this holds
",
    queries: "
# ── What to look for, again and again ──
",
    searches: "
# ── Where to listen ──
# Searches for your names (`{brand}`): Hacker News, headlines of the world's press, hashtags.
# `vigie sources presets` lists the other places it knows.
",
    news: "
# More of the press, by Bing's news search; its feeds are for personal, non-commercial reading. If that is you:
",
    press: "
# The general press and a forum: entries that name none of your brands are not kept.
",
    rules: "\
# ── When to shout ──
# Without `brands`, a rule watches your own. `budget`: how many false alarms you would forgive.
",
    spike: "more talk than such an hour explains",
    bad_buzz: "negative talk stands out, in number and in share",
    trouble: "two stories or more of this kind, at once",
    notifiers: "\
# ── Whom to tell ──
",
};

const FRENCH: Words = Words {
    head: "\
# Ce que vigie écoute (source), pour qui (brand), et quand elle donne l’alerte (rule).
# Après un changement : `vigie check`. Un premier tour : `vigie poll`. Pour de bon : `vigie run`, qui voit
# les changements.
",
    timezone: "un nom IANA : les jours et les heures comme vous les vivez",
    language: "des avis et des rapports : fr ou en",
    data_dir: "à côté de ce fichier",
    contact: "pour que les éditeurs puissent vous joindre ; envoyé à chaque requête",
    brands: "
# ── Pour qui ──
# Les `aliases` sont des mots entiers ; majuscules et accents ne comptent pas.
",
    brand_hints: "\
# domains = [\"acme.example\"]            # votre site : ce qu’il publie est gardé, mais pas compté
# context = 'vélo OR bike'              # si le nom est aussi un mot courant : ne le compter qu’avec ceux-ci
# exclude = '\"une autre société\"'       # jamais une mention si ceci est vrai
",
    queries: "
# ── Ce qu’on cherche encore et encore ──
",
    searches: "
# ── Où écouter ──
# Des recherches de vos noms (`{brand}`) : Hacker News, les titres de la presse mondiale, les mots-dièse.
# `vigie sources presets` donne la liste des autres lieux connus.
",
    news: "
# Plus de presse, par la recherche de Bing ; ses flux sont pour un usage personnel et non commercial. Si c’est le
# vôtre :
",
    press: "
# La presse générale et un forum : ce qui ne nomme aucune de vos marques n’est pas gardé.
",
    rules: "\
# ── Quand donner l’alerte ──
# Sans `brands`, une règle veille sur la vôtre. `budget` : combien de fausses alertes vous pardonneriez.
",
    spike: "on parle de vous plus qu’une telle heure ne l’explique",
    bad_buzz: "le négatif ressort, en nombre et en part",
    trouble: "deux histoires de ce genre ou plus, aussitôt",
    notifiers: "\
# ── Qui prévenir ──
",
};

const QUERIES: &str = r#"
[[query]]
id = "jobs"
text = 'recrute OR recrutement OR hiring OR "offre d’emploi" OR "job offer"'

[[query]]
id = "trouble"
text = '(rappel OR panne OR défaut OR dangereux OR plainte OR recall OR outage OR faulty OR unsafe OR lawsuit) NOT @jobs'
"#;

const SEARCHES: &str = r#"
[[source]]
id = "hn"
kind = "hacker-news"
search = "{brand}"
tags = ["forum", "en"]

[[source]]
id = "gdelt"
kind = "gdelt"
search = "{brand}"
tags = ["press"]
"#;

const HASHTAGS: &str = r#"
[[source]]
id = "mastodon"
kind = "mastodon"
tag = "{brand}"
tags = ["social"]

[[source]]
id = "piaille"
kind = "mastodon"
host = "piaille.fr"
tag = "{brand}"
tags = ["social", "fr"]
"#;

const NEWS: &str = r#"
# [[source]]
# id = "bing"
# kind = "bing-news"
# search = "{brand}"
# tags = ["press"]
"#;

const PRESS: &str = r#"
[[source]]
id = "le-monde"
url = "https://www.lemonde.fr/rss/une.xml"
tags = ["press", "fr"]

[[source]]
id = "france-info"
url = "https://www.francetvinfo.fr/titres.rss"
tags = ["press", "fr"]

[[source]]
id = "numerama"
url = "https://www.numerama.com/feed/"
tags = ["press", "fr", "tech"]

[[source]]
id = "bbc-business"
url = "https://feeds.bbci.co.uk/news/business/rss.xml"
tags = ["press", "en"]

[[source]]
id = "guardian-business"
url = "https://www.theguardian.com/business/rss"
tags = ["press", "en"]

[[source]]
id = "the-verge"
url = "https://www.theverge.com/rss/index.xml"
tags = ["press", "en", "tech"]

[[source]]
id = "lobsters"
kind = "lobsters"
tags = ["forum", "en", "tech"]
"#;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{File, check, show};
    use super::*;

    #[track_caller]
    fn checked(brand: &str, competitors: &[String], tongue: Tongue) -> super::super::Config {
        let text = starter(brand, competitors, tongue, Some("Europe/Brussels")).unwrap();
        let files = [File { path: "feeds.toml".into(), text }];
        let checked = check(&files);
        assert_eq!(show(&checked.problems, &files, false), "");
        checked.config.unwrap()
    }

    #[test]
    fn a_name_is_listened_for_wherever_it_can_be() {
        let config = checked("Crédit \"Coopératif\"", &["C&A".into(), "1664".into()], Tongue::French);
        assert_eq!(config.settings.timezone_name, "Europe/Brussels");
        assert_eq!(config.brands[0].aliases, ["Crédit \"Coopératif\""]);
        assert_eq!(config.brands[1].id.as_str(), "c-a");
        let shown = |id: &str| {
            let found = config.sources.iter().find(|source| source.id.as_str() == id);
            found.unwrap().shown_address().into_owned()
        };
        assert_eq!(shown("hn"), "hacker-news: search Crédit \"Coopératif\", C&A, 1664");
        assert_eq!(shown("mastodon"), "mastodon: tag créditcoopératif, ca");
        assert_eq!(shown("piaille"), "mastodon https://piaille.fr: tag créditcoopératif, ca");
        let digits = checked("1664", &["33".into()], Tongue::English);
        assert!(digits.sources.iter().all(|source| source.id.as_str() != "mastodon"));
    }

    #[test]
    fn a_name_is_joined_only_where_it_stays_the_same() {
        for (name, expected) in [
            ("Crédit Coopératif", Some("CréditCoopératif")),
            ("L’Oréal", Some("LOréal")),
            ("Coca-Cola", Some("CocaCola")),
            ("Acme", None),
            ("C++", None),
            ("A B C", None),
            ("AT&T Wireless", None),
            ("Yahoo! Japan", None),
        ] {
            assert_eq!(joined(name).as_deref(), expected, "{name}");
        }
    }

    /// The comments speak the reader's language; what is configured is the same in both.
    #[test]
    fn only_comments_and_the_language_differ_between_tongues() {
        let written = |tongue| starter("Acme", &["Globex".into()], tongue, Some("Europe/Paris")).unwrap();
        let bare = |text: &str| {
            let lines = text.lines().map(|line| line.split("   #").next().unwrap_or_default().trim_end());
            let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let (english, french) = (written(Tongue::English), written(Tongue::French));
        let spoken: Vec<_> =
            bare(&english).into_iter().filter(|line| !bare(&french).contains(line)).collect();
        assert_eq!(spoken, ["language = \"en\""]);
        assert_eq!(bare(&english).len(), bare(&french).len());
        let comments = |text: &str| {
            text.lines().filter(|line| line.contains('#')).map(str::to_owned).collect::<Vec<_>>()
        };
        let shared: Vec<_> = comments(&english)
            .into_iter()
            .filter(|c| comments(&french).contains(c) && !NEWS.contains(c))
            .collect();
        assert_eq!(shared, Vec::<String>::new());
    }

    #[test]
    fn names_that_cannot_be_heard_are_refused() {
        let refused = |brand: &str, competitor: &str| {
            starter(brand, &[competitor.to_string()], Tongue::English, None).unwrap_err().to_string()
        };
        assert_eq!(refused(" \n", "b"), "a brand's name must not be empty");
        assert_eq!(refused("a", "!?"), "`!?` has no letter or digit to listen for");
        assert_eq!(refused("Acme", " acme "), "`acme` is given twice");
        assert_eq!(refused(&"x".repeat(81), "b"), "a brand's name must not be longer than 80 characters");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_the_names_the_file_is_without_a_flaw(brand in ".{1,30}", other in "[ a-zé'\"\\\\{}#&%+\n東]{1,9}") {
            if starter(&brand, std::slice::from_ref(&other), Tongue::English, None).is_ok() {
                for tongue in [Tongue::English, Tongue::French] {
                    let config = checked(&brand, std::slice::from_ref(&other), tongue);
                    prop_assert_eq!(config.brands.len(), 2);
                }
            }
        }
    }
}
