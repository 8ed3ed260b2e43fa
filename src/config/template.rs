//! The feeds.toml a newcomer starts from: their names, and live sources that need no key.

use std::fmt::Write as _;

use url::form_urlencoded;

use super::{Tongue, values};
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
    let mut out = HEAD.to_string();
    out += &format!("\n[settings]\ntimezone = {}", quoted(timezone.unwrap_or(usual_zone)));
    out += "   # an IANA name: days and hours as you live them\n";
    out += &format!("language = {}   # of notices and reports: fr or en\n", quoted(tongue));
    out += "data_dir = \"index\"   # beside this file\n";
    out +=
        "# contact = \"https://example.org/about\"   # lets publishers reach you; sent with every request\n";
    out += BRANDS;
    for (index, name) in names.iter().enumerate() {
        write_brand(&mut out, name, index == 0);
    }
    out += QUERIES;
    out += SEARCHES;
    for name in &names {
        write_searches(&mut out, name);
    }
    let all: Vec<String> = names.iter().map(|name| phrase(&name.text)).collect();
    let all = all.join(" OR ");
    for (id, address) in
        [("hn", "https://hnrss.org/newest"), ("hn-comments", "https://hnrss.org/newcomments")]
    {
        write_source(&mut out, id, &with_parameters(address, &[("q", &all)]), "\"forum\", \"en\"");
    }
    out += PRESS;
    out += RULES;
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
        let slug = slug(&text);
        let free = |id: &String| names.iter().all(|other| other.id != *id);
        let mut candidates = std::iter::once(slug.clone()).chain((2..).map(|n| format!("{slug}-{n}")));
        let id = candidates.find(free).unwrap_or(slug);
        names.push(Name { text, id });
    }
    Ok(names)
}

/// Folded ASCII letters and digits with single hyphens between; "brand" if none is left.
fn slug(text: &str) -> String {
    let folded = fold(text).to_lowercase();
    let words = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-");
    if slug.is_empty() { "brand".to_string() } else { slug }
}

fn write_brand(out: &mut String, name: &Name, own: bool) {
    let mut aliases = vec![quoted(&name.text)];
    let joined: String = name.text.chars().filter(|c| c.is_alphanumeric()).collect();
    if joined != name.text {
        // As one word: hashtags and handles are written so.
        aliases.push(quoted(&joined));
    }
    let role = if own { "own" } else { "competitor" };
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "\n[[brand]]\nid = {}\nname = {}\nrole = \"{role}\"\naliases = [{}]\n",
        quoted(&name.id),
        quoted(&name.text),
        aliases.join(", "),
    );
    if own {
        *out += BRAND_HINTS;
    }
}

fn write_searches(out: &mut String, name: &Name) {
    let searched = phrase(&name.text);
    for (language, market, country) in [("fr", "fr-FR", "FR"), ("en", "en-US", "US")] {
        let parameters = [
            ("q", searched.as_str()),
            ("format", "rss"),
            ("mkt", market),
            ("setlang", language),
            ("cc", country),
        ];
        let address = with_parameters("https://www.bing.com/news/search", &parameters);
        let tags = format!("\"press\", \"{language}\"");
        write_source(out, &format!("bing-{language}-{}", name.id), &address, &tags);
    }
    let tag: String = name.text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    // The fediverse knows no hashtag of digits alone.
    if tag.chars().all(char::is_numeric) {
        return;
    }
    let tag = form_urlencoded::byte_serialize(tag.as_bytes()).collect::<String>();
    for (id, host) in [("mastodon", "mastodon.social"), ("piaille", "piaille.fr")] {
        let address = format!("https://{host}/tags/{tag}.rss");
        write_source(out, &format!("{id}-{}", name.id), &address, "\"social\"");
    }
}

fn write_source(out: &mut String, id: &str, address: &str, tags: &str) {
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "\n[[source]]\nid = {}\nurl = {}\nevery = \"1h\"\ntags = [{tags}]\n",
        quoted(id),
        quoted(address)
    );
}

/// Several words in quotes, so that search engines keep them together.
fn phrase(name: &str) -> String {
    let words: Vec<&str> = name.split(['"', ' ']).filter(|word| !word.is_empty()).collect();
    let plain = words.join(" ");
    if words.len() > 1 { format!("\"{plain}\"") } else { plain }
}

fn with_parameters(address: &str, parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{address}?{query}")
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

const HEAD: &str = "\
# What vigie listens to (sources), for whom (brands), and when it shouts (rules).
# After a change: `vigie check`. A first round: `vigie poll`. For good: `vigie run`, which notices changes.
";

const BRANDS: &str = "
# ── For whom ──
# Aliases are whole words; case and accents do not matter.
";

const BRAND_HINTS: &str = "\
# domains = [\"acme.example\"]            # your own site: what it publishes is kept, but not counted as heard
# context = 'bike OR vélo'              # for a name that is also a common word: count it only beside these
# exclude = '\"some other company\"'      # never a mention if this holds
";

const QUERIES: &str = r#"
# ── What to look for, again and again ──

[[query]]
id = "jobs"
text = 'recrute OR recrutement OR hiring OR "offre d’emploi" OR "job offer"'

[[query]]
id = "trouble"
text = '(rappel OR panne OR défaut OR dangereux OR plainte OR recall OR outage OR faulty OR unsafe OR lawsuit) NOT @jobs'
"#;

const SEARCHES: &str = "
# ── Where to listen ──
# Searches for your names: the news in French and English, hashtags, Hacker News.
";

const PRESS: &str = r#"
# The general press and a forum: entries that name none of your brands are not kept.

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
url = "https://lobste.rs/rss"
every = "1h"
tags = ["forum", "en", "tech"]
"#;

const RULES: &str = r#"
# ── When to shout ──
# Without `brands`, a rule watches your own. `budget`: how many false alarms you would forgive.

[[rule]]
id = "spike"                 # more talk than such an hour explains
kind = "spike"
budget = "1/week"

[[rule]]
id = "bad-buzz"              # negative talk stands out, in number and in share
kind = "negative-buzz"
triggers = ["boycott", "scandale", "rappel", "recall"]
severity = "high"

[[rule]]
id = "trouble"               # two stories or more of this kind, at once
kind = "pattern"
query = "trouble"
min = 2

# ── Whom to tell ──

[[notifier]]
id = "desktop"
kind = "desktop"
"#;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{File, check, show};
    use super::*;

    #[track_caller]
    fn checked(brand: &str, competitors: &[String]) -> super::super::Config {
        let text = starter(brand, competitors, Tongue::French, Some("Europe/Brussels")).unwrap();
        let files = [File { path: "feeds.toml".into(), text }];
        let checked = check(&files);
        assert_eq!(show(&checked.problems, &files, false), "");
        checked.config.unwrap()
    }

    #[test]
    fn a_name_is_listened_for_wherever_it_can_be() {
        let config = checked("Crédit \"Coopératif\"", &["C&A".into(), "1664".into()]);
        assert_eq!(config.settings.timezone_name, "Europe/Brussels");
        assert_eq!(config.brands[0].aliases, ["Crédit \"Coopératif\"", "CréditCoopératif"]);
        assert_eq!(config.brands[1].id.as_str(), "c-a");
        let address = |id: &str| {
            config.sources.iter().find(|source| source.id.as_str() == id).map(|source| source.url())
        };
        assert_eq!(
            address("bing-en-c-a"),
            Some("https://www.bing.com/news/search?q=C%26A&format=rss&mkt=en-US&setlang=en&cc=US")
        );
        assert_eq!(address("mastodon-c-a"), Some("https://mastodon.social/tags/ca.rss"));
        assert_eq!(address("mastodon-1664"), None);
        assert!(address("hn").unwrap().ends_with("+OR+C%26A+OR+1664"), "{:?}", address("hn"));
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
                let config = checked(&brand, &[other]);
                prop_assert_eq!(config.brands.len(), 2);
            }
        }
    }
}
