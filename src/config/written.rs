//! Files for `rules test`: written series, and what rules are expected to say of them.

use std::time::Duration;

use toml::Spanned;
use toml::de::DeTable;

use super::check::{Kind, Names, RULE, many, not_toml};
use super::problem::{Place, Problem, Report};
use super::raw::{Section, suggestion, unknown_key};
use super::{Config, File, rule, values};
use crate::model::{BrandId, Expectation, Rule, Timestamp, WrittenTest};

const TEST: Kind = (
    "test",
    &[
        "name", "rule", "brand", "start", "step", "values", "negative", "positive", "others", "sources",
        "expect",
    ],
);
const EXPECT: [&str; 3] = ["at", "is", "value"];
/// A Monday.
const USUAL_START: &str = "2026-01-05T00:00:00Z";
const USUAL_STEP: Duration = Duration::from_secs(900);
/// At most so many steps, and mentions.
const STEPS: usize = 100_000;
const MENTIONS: u64 = 1_000_000;
/// Something may be expected so long after the last step.
const AFTERWARDS: Duration = Duration::from_secs(14 * 86_400);

/// Reads a file of tests; rules they name are those of `config`, and those they hold may name its brands and queries.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn written_tests(file: &File, config: &Config) -> Result<Vec<WrittenTest>, Vec<Problem>> {
    let files = std::slice::from_ref(file);
    let mut report = Report::new(files);
    let mut tests = Vec::new();
    match DeTable::parse(&file.text) {
        Err(error) => not_toml(&mut report, 0, &error),
        Ok(tree) => tests = read(&mut report, tree.get_ref(), config),
    }
    if report.has_errors() { Err(report.into_problems()) } else { Ok(tests) }
}

fn read(report: &mut Report<'_>, tree: &DeTable<'_>, config: &Config) -> Vec<WrittenTest> {
    let mut sections = Vec::new();
    for (key, value) in tree.iter() {
        match key.get_ref().as_ref() {
            "test" => many(report, &mut sections, 0, TEST, value),
            other => unknown_key(report, &Place { file: 0, span: Spanned::span(key) }, "", other, &["test"]),
        }
    }
    if sections.is_empty() && !report.has_errors() {
        let help = "add a `[[test]]` with `rule`, `values` and `expect`";
        report.error(&Place { file: 0, span: 0..0 }, "there is no test in it", help);
    }
    sections.iter().filter_map(|section| test(report, section, config)).collect()
}

fn test(report: &mut Report<'_>, section: &Section<'_>, config: &Config) -> Option<WrittenTest> {
    let rule = the_rule(report, section, config);
    let start = section.parsed(report, "start", time).or_else(|| time(USUAL_START).ok())?;
    let step = section.parsed(report, "step", a_step).unwrap_or(USUAL_STEP);
    section.required(report, "values", "\"0x40 5 3x8\"");
    let values = section.parsed(report, "values", series);
    let negative = section.parsed(report, "negative", series).unwrap_or_default();
    let positive = section.parsed(report, "positive", series).unwrap_or_default();
    let others = section.parsed(report, "others", series).unwrap_or_default();
    let sources = section.integer(report, "sources", 1..10_001).unwrap_or(1);
    let all: u64 = values.iter().flatten().flatten().map(|value| u64::from(*value)).sum();
    if all > MENTIONS {
        let message = format!("{}: `values` holds {all} mentions", section.name);
        report.error(&section.place_of("values"), message, "a million at most are replayed");
    }
    let steps = values.as_ref().and_then(|values| u32::try_from(values.len()).ok());
    let ends = steps.and_then(|steps| start.checked_add(step * steps).ok());
    let expected = section.tables(report, "expect", &EXPECT);
    if expected.is_empty() {
        let message = format!("{}: it expects nothing", section.name);
        report.error(&section.place, message, "add `expect = [{ at = \"10d5h\", is = \"firing\" }]`");
    }
    let expectations: Vec<Expectation> =
        expected.iter().filter_map(|section| expectation(report, section, start, ends)).collect();
    let rule = rule?;
    let brand = match section.filled(report, "brand") {
        None => rule.brands.first()?.clone(),
        Some(text) => match rule.brands.iter().find(|brand| brand.as_str() == text.value) {
            Some(brand) => brand.clone(),
            None => {
                let brands: Vec<&str> = rule.brands.iter().map(BrandId::as_str).collect();
                let message = format!("{}: `{}` is no brand of rule `{}`", section.name, text.value, rule.id);
                report.error(&text.place, message, suggestion(&text.value, &brands));
                return None;
            }
        },
    };
    Some(WrittenTest {
        name: section.quietly("name").unwrap_or_else(|| rule.id.to_string()),
        place: report.locate(&section.place),
        rule,
        brand,
        start,
        step,
        values: values?,
        negative,
        positive,
        others,
        sources,
        expectations,
    })
}

/// The rule that a test names, or holds.
fn the_rule(report: &mut Report<'_>, section: &Section<'_>, config: &Config) -> Option<Rule> {
    if let Some(written) = section.table(report, "rule", RULE.1) {
        let ids = |ids: &mut dyn Iterator<Item = String>| ids.collect::<Vec<String>>();
        let names = Names {
            brands: ids(&mut config.brands.iter().map(|brand| brand.id.to_string())),
            queries: ids(&mut config.queries.iter().map(|query| query.id.clone())),
            notifiers: ids(&mut config.notifiers.iter().map(|notifier| notifier.id.to_string())),
        };
        let saved = config.queries.iter().map(|query| (query.id.clone(), query.query.text.clone())).collect();
        written.required(report, "id", "\"try\"");
        let context = rule::Context {
            names: &names,
            brands: &config.brands,
            notifiers: &config.notifiers,
            queries: &config.queries,
            saved: &saved,
        };
        return rule::rule(report, &written, &context);
    }
    let id = section.required(report, "rule", "\"…\"")?;
    let rules: Vec<&str> = config.rules.iter().map(|rule| rule.id.as_str()).collect();
    let found = config.rules.iter().find(|rule| rule.id.as_str() == id.value);
    if found.is_none() {
        let help = match rules.is_empty() {
            true => "write it here: `rule = { id = \"try\", kind = \"spike\" }`".to_owned(),
            false => suggestion(&id.value, &rules),
        };
        report.error(&id.place, format!("{}: there is no rule `{}`", section.name, id.value), help);
    }
    found.cloned()
}

fn expectation(
    report: &mut Report<'_>,
    section: &Section<'_>,
    start: Timestamp,
    ends: Option<Timestamp>,
) -> Option<Expectation> {
    let written = section.required(report, "at", "\"10d5h\"");
    section.required(report, "is", "\"firing\"");
    let is = section.choice(report, "is", &[("firing", true), ("none", false)]);
    let value = section.integer(report, "value", 0..u32::MAX);
    if is == Some(false) && value.is_some() {
        let message = format!("{}: where nothing fires there is no `value`", section.name);
        report.error(&section.place_of("value"), message, "drop it");
    }
    let at = section.parsed(report, "at", |text| moment(text, start));
    let last = ends.and_then(|ends| ends.checked_add(AFTERWARDS).ok());
    if at.is_some_and(|at| at < start || last.is_some_and(|last| at > last)) {
        let message = format!("{}: `at` lies outside of the series", section.name);
        let help = format!("it goes from {start} to {}", ends.unwrap_or(start));
        report.error(&section.place_of("at"), message, help);
    }
    Some(Expectation {
        place: report.locate(&section.place),
        written: written?.value,
        at: at?,
        firing: is?,
        value,
    })
}

fn time(text: &str) -> Result<Timestamp, String> {
    text.trim().parse().map_err(|_| "write a time such as `2026-01-05T00:00:00Z`".to_owned())
}

fn a_step(text: &str) -> Result<Duration, String> {
    values::duration(text).and_then(|step| match step.as_secs() {
        60.. => Ok(step),
        _ => Err("a step is a minute at least".to_owned()),
    })
}

/// A time, or how long after the start: `90m`, `10d5h`.
fn moment(text: &str, start: Timestamp) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let help = || "write how long after the start, such as `10d5h`, or a time".to_owned();
    let parts = text.split_inclusive(|c: char| c.is_ascii_alphabetic());
    let after = parts.map(values::duration).sum::<Result<Duration, String>>().map_err(|_| help())?;
    start.checked_add(after).map_err(|_| help())
}

/// Counts by step: `5`, `_` where nobody listened, and either as often as is said behind an `x`.
fn series(text: &str) -> Result<Vec<Option<u32>>, String> {
    let help = || "write counts by step, such as `0x40 5 3x8`, and `_` where nobody listened".to_owned();
    let mut all = Vec::new();
    for part in text.split_whitespace() {
        let (value, times) = part.split_once('x').unwrap_or((part, "1"));
        let value = match value {
            "_" => None,
            value => Some(value.parse::<u32>().map_err(|_| format!("`{part}` is no count: {}", help()))?),
        };
        let times: usize = times.parse().map_err(|_| format!("`{part}` is no count: {}", help()))?;
        if all.len() + times.min(STEPS + 1) > STEPS {
            return Err(format!("at most {STEPS} steps are replayed"));
        }
        all.extend(std::iter::repeat_n(value, times));
    }
    if all.is_empty() { Err(help()) } else { Ok(all) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_short_to_write() {
        assert_eq!(
            series("0x3 5 _x2 1"),
            Ok([Some(0), Some(0), Some(0), Some(5), None, None, Some(1)].to_vec())
        );
        for wrong in ["", "x", "3x", "-1", "1.5", "5x100001", "4 99999999999"] {
            assert!(series(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn moments_are_counted_from_the_start() {
        let start = time(USUAL_START).unwrap();
        assert_eq!(moment("10d5h", start).unwrap().to_string(), "2026-01-15T05:00:00Z");
        assert_eq!(moment("2026-01-06T00:00:00Z", start).unwrap().to_string(), "2026-01-06T00:00:00Z");
        assert!(moment("10", start).is_err() && moment("d", start).is_err());
    }
}
