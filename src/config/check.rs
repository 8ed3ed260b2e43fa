//! A tree of keys and values → a configuration whose references all hold.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Problem, Report, Severity, problem};
use super::raw::{Section, Text, inside, suggestion, unknown_key};
use super::{Checked, Config, File, Keep, Settings, ToneWords, Tongue, listening, rule, telling, values};
use crate::model::{Brand, SavedQuery};
use crate::query::{self, Query};

/// Reads feeds.toml (the first file) and its includes (the rest); finds every problem before it answers.
pub fn check(files: &[File]) -> Checked {
    let mut report = Report::new(files);
    let trees: Vec<_> = files.iter().map(|file| DeTable::parse(&file.text)).collect();
    for (file, tree) in trees.iter().enumerate() {
        if let Err(error) = tree {
            not_toml(&mut report, file, error);
        }
    }
    // Past a syntax error keys go missing, and everything that refers to them would look wrong too.
    let config = match report.has_errors() {
        true => None,
        false => {
            let trees = trees.iter().flatten().map(Spanned::get_ref);
            let tables = Tables::collect(&mut report, trees);
            let config = tables.read(&mut report);
            (!report.has_errors()).then_some(config)
        }
    };
    Checked { config, problems: report.into_problems() }
}

/// Tells where a file is no TOML.
pub(super) fn not_toml(report: &mut Report<'_>, file: usize, error: &toml::de::Error) {
    let span = error.span().unwrap_or(0..0);
    let (message, help) = match error.message().split_once(", expected ") {
        Some((message, _)) if message.contains("must be quoted") => (message, "put it in quotes".into()),
        Some((message, expected)) => (message, format!("expected {expected}")),
        None => (error.message(), String::new()),
    };
    report.error(&Place { file, span }, message, help);
}

/// The patterns of `settings.include`; none if the text cannot be read.
pub fn includes(text: &str) -> Vec<String> {
    include_places(text).into_iter().map(|(pattern, _)| pattern).collect()
}

/// That a pattern of `settings.include` names no file, told where it stands.
pub fn missing_include(file: &File, pattern: &str) -> Problem {
    let place = include_places(&file.text).into_iter().find(|(written, _)| written == pattern);
    let place = Place { file: 0, span: place.map_or(0..0, |(_, span)| span) };
    let message = format!("`include` names `{pattern}`, which is no file");
    problem(file, &place, Severity::Error, message, "write its path from the folder of this file".into())
}

fn include_places(text: &str) -> Vec<(String, Range<usize>)> {
    // A long list of sources need not be read once more to learn that it includes nothing. (A key may be
    // spelt with escapes.)
    if !text.contains("include") && !text.contains('\\') {
        return Vec::new();
    }
    let places = setting(text, "include", |include| {
        let items = include.get_ref().as_array().into_iter().flatten();
        items.filter_map(|item| Some((item.get_ref().as_str()?.to_owned(), item.span()))).collect()
    });
    places.unwrap_or_default()
}

/// Reads one key of `settings` from the text of a file, be the rest of it right or wrong.
fn setting<T>(text: &str, key: &str, read: impl FnOnce(&Spanned<DeValue<'_>>) -> T) -> Option<T> {
    let tree = DeTable::parse(text).ok()?;
    let settings = tree.get_ref().get("settings")?.get_ref().as_table()?;
    settings.get(key).map(read)
}

/// What is wrong with the file that `settings.model` names, told where it is named.
pub fn wrong_model(files: &[File], message: String, help: &str) -> Problem {
    let named = files
        .iter()
        .enumerate()
        .find_map(|(number, file)| Some((number, setting(&file.text, "model", |model| model.span())?)));
    let (number, span) = named.unwrap_or((0, 0..0));
    problem(&files[number], &Place { file: number, span }, Severity::Error, message, help.into())
}

/// The tables of a kind, and the keys such a table may have.
pub(super) type Kind = (&'static str, &'static [&'static str]);

const SETTINGS: Kind = (
    "settings",
    &[
        "timezone",
        "language",
        "data_dir",
        "contact",
        "keep",
        "retention",
        "concurrency",
        "host_pause",
        "model",
        "include",
    ],
);
const TONE: Kind = ("tone", &["negative", "positive"]);
const BRAND: Kind = (
    "brand",
    &["id", "name", "role", "aliases", "exact", "query", "context", "exclude", "domains", "accounts"],
);
const SOURCE: Kind = (
    "source",
    &[
        "id",
        "url",
        "kind",
        "every",
        "tags",
        "allow_private",
        "enabled",
        "search",
        "host",
        "tag",
        "account",
        "community",
        "repo",
        "app",
        "token_env",
    ],
);
const QUERY: Kind = ("query", &["id", "text", "brands"]);
pub(super) const RULE: Kind = (
    "rule",
    &[
        "id",
        "kind",
        "brands",
        "query",
        "text",
        "window",
        "budget",
        "count",
        "min",
        "min_sources",
        "triggers",
        "for",
        "cooldown",
        "late",
        "undated",
        "severity",
        "notify",
        "playbook",
    ],
);
const NOTIFIER: Kind = (
    "notifier",
    &[
        "id",
        "kind",
        "quiet",
        "argv",
        "format",
        "url_env",
        "url_file",
        "secret_env",
        "secret_file",
        "host",
        "port",
        "encryption",
        "user",
        "password_env",
        "password_file",
        "from",
        "to",
    ],
);
const DIGEST: Kind = ("digest", &["id", "every", "at", "notify"]);
const GOAL: Kind = ("goal", &["brand", "metric", "target", "by"]);
const TOP: [&str; 9] = ["settings", "brand", "source", "query", "rule", "notifier", "digest", "goal", "tone"];

/// Every table of every file, by kind.
#[derive(Default)]
struct Tables<'t> {
    settings: Option<Section<'t>>,
    tone: Option<Section<'t>>,
    brands: Vec<Section<'t>>,
    sources: Vec<Section<'t>>,
    queries: Vec<Section<'t>>,
    rules: Vec<Section<'t>>,
    notifiers: Vec<Section<'t>>,
    digests: Vec<Section<'t>>,
    goals: Vec<Section<'t>>,
}

impl<'t> Tables<'t> {
    fn collect(report: &mut Report<'_>, trees: impl Iterator<Item = &'t DeTable<'t>>) -> Self {
        let mut tables = Tables::default();
        for (file, tree) in trees.enumerate() {
            for (key, value) in tree.iter() {
                let (list, kind) = match key.get_ref().as_ref() {
                    "settings" => {
                        only_one(report, &mut tables.settings, file, SETTINGS, value);
                        continue;
                    }
                    "tone" => {
                        only_one(report, &mut tables.tone, file, TONE, value);
                        continue;
                    }
                    "brand" => (&mut tables.brands, BRAND),
                    "source" => (&mut tables.sources, SOURCE),
                    "query" => (&mut tables.queries, QUERY),
                    "rule" => (&mut tables.rules, RULE),
                    "notifier" => (&mut tables.notifiers, NOTIFIER),
                    "digest" => (&mut tables.digests, DIGEST),
                    "goal" => (&mut tables.goals, GOAL),
                    other => {
                        unknown_key(report, &Place { file, span: key.span() }, "", other, &TOP);
                        continue;
                    }
                };
                many(report, list, file, kind, value);
            }
        }
        tables
    }

    fn read(&self, report: &mut Report<'_>) -> Config {
        let names = Names {
            brands: ids(report, &self.brands),
            queries: ids(report, &self.queries),
            notifiers: ids(report, &self.notifiers),
        };
        ids(report, &self.sources);
        ids(report, &self.rules);
        ids(report, &self.digests);
        let saved: BTreeMap<String, String> = self.queries.iter().filter_map(saved_text).collect();

        let settings = self.settings.as_ref().map(|section| settings(report, section)).unwrap_or_default();
        let brands: Vec<Brand> =
            self.brands.iter().filter_map(|section| listening::brand(report, section, &saved)).collect();
        let queries: Vec<SavedQuery> = self
            .queries
            .iter()
            .filter_map(|section| listening::saved_query(report, section, &names, &saved))
            .collect();
        let sources = listening::sources(report, &self.sources, &brands);
        let notifiers: Vec<_> =
            self.notifiers.iter().filter_map(|section| telling::notifier(report, section)).collect();
        let context = rule::Context {
            names: &names,
            brands: &brands,
            notifiers: &notifiers,
            queries: &queries,
            saved: &saved,
        };
        let rules = self.rules.iter().filter_map(|section| rule::rule(report, section, &context)).collect();
        let digests = self
            .digests
            .iter()
            .filter_map(|section| telling::digest(report, section, &names, &notifiers))
            .collect();
        let goals = self.goals.iter();
        let goals = goals.filter_map(|goal| rule::goal(report, goal, &names, &settings.timezone)).collect();
        let tone = self.tone.as_ref().map(|section| tone(report, section)).unwrap_or_default();
        let top = Place { file: 0, span: 0..0 };
        if self.brands.is_empty() {
            let help = "add a `[[brand]]` with `id = \"acme\"`, or start with `vigie init`";
            report.warning(&top, "there is no brand to listen for", help);
        }
        if self.sources.is_empty() {
            let help = "add a `[[source]]` with `id = \"news\"` and `url = \"https://…\"`";
            report.warning(&top, "there is no source to listen to", help);
        }
        Config { settings, brands, sources, queries, rules, notifiers, digests, goals, tone }
    }
}

/// What may be referred to: every id that is written, whatever else is wrong with its table.
pub(super) struct Names {
    pub brands: Vec<String>,
    pub queries: Vec<String>,
    pub notifiers: Vec<String>,
}

/// Those of the texts that are among `names`; the others are told of.
pub(super) fn known(
    report: &mut Report<'_>,
    section: &Section<'_>,
    what: &str,
    texts: Vec<Text>,
    names: &[String],
) -> Vec<String> {
    let options: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    for text in texts {
        if names.contains(&text.value) {
            if !found.contains(&text.value) {
                found.push(text.value);
            }
        } else {
            let help = match options.is_empty() {
                true => format!("add a `[[{what}]]` with `id = \"{}\"`", text.value),
                false => suggestion(&text.value, &options),
            };
            report.error(&text.place, format!("{}: no {what} `{}`", section.name, text.value), help);
        }
    }
    found
}

/// A standing query, or where it is wrong.
pub(super) fn standing_query(
    report: &mut Report<'_>,
    section: &Section<'_>,
    key: &str,
    saved: &BTreeMap<String, String>,
) -> Option<Query> {
    let text = section.filled(report, key)?;
    match query::parse(&text.value, &query::Context { saved: Some(saved), times: None }) {
        Ok(query) => Some(query),
        Err(error) => {
            let place = inside(report.text(text.place.file), &text, error.start..error.end);
            let message = format!("{}: `{key}`: {}", section.name, error.message);
            report.error(&place, message, error.help.unwrap_or_default());
            None
        }
    }
}

fn only_one<'t>(
    report: &mut Report<'_>,
    slot: &mut Option<Section<'t>>,
    file: usize,
    (kind, keys): Kind,
    value: &'t Spanned<DeValue<'t>>,
) {
    let section = Section::open(report, file, kind, keys, value);
    if let (Some(first), Some(second)) = (&*slot, &section) {
        let first = report.locate(&first.place);
        let message = format!("`[{kind}]` stands in two files");
        report.error(&second.place, message, format!("put it all into the one at {first}"));
    } else if slot.is_none() {
        *slot = section;
    }
}

pub(super) fn many<'t>(
    report: &mut Report<'_>,
    list: &mut Vec<Section<'t>>,
    file: usize,
    (kind, keys): Kind,
    value: &'t Spanned<DeValue<'t>>,
) {
    match value.get_ref() {
        DeValue::Array(items) => {
            list.extend(items.iter().filter_map(|item| Section::open(report, file, kind, keys, item)));
        }
        _ => {
            let place = Place { file, span: value.span() };
            let message = format!("`{kind}` is a list of tables");
            report.error(&place, message, format!("write `[[{kind}]]` with double brackets"));
            // What it holds is looked at all the same.
            if matches!(value.get_ref(), DeValue::Table(_)) {
                list.extend(Section::open(report, file, kind, keys, value));
            }
        }
    }
}

/// The ids of a list of tables; tells of missing, odd and double ones.
fn ids(report: &mut Report<'_>, sections: &[Section<'_>]) -> Vec<String> {
    let mut first: BTreeMap<String, Place> = BTreeMap::new();
    let mut ids = Vec::new();
    for section in sections {
        let Some(id) = section.required(report, "id", "\"…\"") else { continue };
        let good = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !id.value.chars().all(good) || !id.value.starts_with(char::is_alphanumeric) {
            let kept: String = id.value.chars().map(|c| if good(c) { c } else { '-' }).collect();
            let kept = kept.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
            let help = match kept.is_empty() {
                true => "an id is made of letters, digits, `-`, `_` and `.`".to_string(),
                false => format!("an id is made of letters, digits, `-`, `_` and `.`: `{kept}`"),
            };
            report.error(&id.place, format!("{}: this cannot be an id", section.name), help);
        }
        match first.get(&id.value) {
            Some(earlier) => {
                let message = format!("{}: this id is taken", section.name);
                let help = format!("it is first used at {}; choose another", report.locate(earlier));
                report.error(&id.place, message, help);
            }
            None => {
                first.insert(id.value.clone(), id.place);
                ids.push(id.value);
            }
        }
    }
    ids
}

fn settings(report: &mut Report<'_>, section: &Section<'_>) -> Settings {
    let usual = Settings::default();
    let zone = section.parsed(report, "timezone", |name| {
        values::timezone(name).map(|zone| (zone, name.trim().to_string()))
    });
    let (timezone, timezone_name) = zone.unwrap_or((usual.timezone, usual.timezone_name));
    let language = section.choice(report, "language", &[("fr", Tongue::French), ("en", Tongue::English)]);
    let contact = section.parsed(report, "contact", |contact| match contact.trim() {
        // It becomes part of an HTTP header, which knows visible ASCII only.
        plain if plain.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(plain.to_string()),
        _ => Err("write a web or mail address in plain ASCII, without spaces".to_string()),
    });
    let include = section.strings(report, "include").unwrap_or_default();
    for pattern in &include {
        if section.place.file > 0 {
            report.error(&pattern.place, "an included file cannot include others", "move it to feeds.toml");
        } else if pattern.value.rsplit_once('/').is_some_and(|(folder, _)| folder.contains('*')) {
            let message = format!("settings: `include` cannot read `{}`", pattern.value);
            report.error(&pattern.place, message, "`*` may stand in the last part, as in `rules.d/*.toml`");
        }
    }

    let keep = section.parsed(report, "keep", |text| match text.trim() {
        "mentions" => Ok(Keep::Mentions),
        "all" => Ok(Keep::All),
        other => values::some_time(other)
            .map(Keep::For)
            .map_err(|_| "write `mentions`, `all` or a duration such as `14d`".to_string()),
    });
    let retention = section.parsed(report, "retention", |text| match text.trim() {
        "forever" => Ok(None),
        other => values::retention(other).map(Some),
    });
    Settings {
        timezone,
        timezone_name,
        language,
        data_dir: section.filled(report, "data_dir").map_or(usual.data_dir, |text| text.value),
        contact,
        keep: keep.unwrap_or(usual.keep),
        retention: retention.unwrap_or(usual.retention),
        concurrency: section
            .integer(report, "concurrency", 1..257)
            .map_or(usual.concurrency, |number| number as usize),
        host_pause: section.parsed(report, "host_pause", values::duration).unwrap_or(usual.host_pause),
        include: include.into_iter().map(|text| text.value).collect(),
        model: section.filled(report, "model").map(|text| text.value.into()),
    }
}

/// Says that a key is understood but does nothing yet, and what holds until it does.
pub(super) fn later(report: &mut Report<'_>, section: &Section<'_>, key: &str, until_then: &str) {
    let message = format!("{}: `{key}` is accepted but not yet in effect", section.name);
    report.warning(&section.key_place(key), message, format!("until then {until_then}"));
}

fn tone(report: &mut Report<'_>, section: &Section<'_>) -> ToneWords {
    let mut words = |key| {
        let texts = section.strings(report, key).unwrap_or_default();
        texts.into_iter().map(|text| text.value.trim().to_string()).collect()
    };
    ToneWords { negative: words("negative"), positive: words("positive") }
}

fn saved_text(section: &Section<'_>) -> Option<(String, String)> {
    Some((section.quietly("id")?, section.quietly("text")?))
}
