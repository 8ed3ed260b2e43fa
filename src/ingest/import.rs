//! Entries from elsewhere: one JSON object a line, in the shape `export` writes.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::Engines;
use crate::model::{Entry, SourceId};
use crate::prepare::{Batch, Listening, prepare_entries};
use crate::store::{Origin, Polled};

/// A line that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub source: SourceId,
    pub entry: Entry,
    /// When it was first known, if the line says so.
    pub observed: Option<Timestamp>,
}

/// What lines brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub new: usize,
    pub known: usize,
    pub revised: usize,
    pub mentions: usize,
}

#[derive(Deserialize)]
struct Raw {
    id: Option<Value>,
    link: Option<String>,
    title: Option<String>,
    text: Option<String>,
    content: Option<String>,
    author: Option<String>,
    published: Option<Value>,
    observed: Option<Value>,
    source: Option<String>,
    language: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
}

/// Reads one line. `source` stands in where the line names none.
///
/// # Errors
/// What is wrong with the line, in words.
pub fn read_line(text: &str, source: &str) -> Result<Line, String> {
    let raw: Raw = serde_json::from_str(text).map_err(|error| format!("no such object: {error}"))?;
    let filled = |text: Option<String>| text.filter(|t| !t.trim().is_empty());
    let (title, content) = (filled(raw.title), filled(raw.text).or(filled(raw.content)));
    if title.is_none() && content.is_none() {
        return Err("neither `text` nor `title` is given".into());
    }
    let id = match raw.id {
        None | Some(Value::Null) => None,
        Some(Value::String(id)) => Some(id.trim().to_owned()).filter(|id| !id.is_empty()),
        Some(Value::Number(id)) => Some(id.to_string()),
        Some(_) => return Err("`id` must be text or a number".into()),
    };
    let source = filled(raw.source).unwrap_or_else(|| source.to_owned());
    Ok(Line {
        source: SourceId::new(source),
        observed: time("observed", raw.observed)?,
        entry: Entry {
            guid: id,
            link: filled(raw.link),
            title,
            summary: None,
            content,
            author: filled(raw.author),
            published: time("published", raw.published)?,
            updated: None,
            language: filled(raw.language),
            image: None,
            tags: raw.tags,
        },
    })
}

/// RFC 3339, a date (in UTC) or Unix seconds.
fn time(key: &str, value: Option<Value>) -> Result<Option<Timestamp>, String> {
    let wrong = |value: &Value| {
        format!("`{key}` is no time: {value}; write 2026-01-31T08:00:00Z, 2026-01-31 or Unix seconds")
    };
    let time = match &value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => {
            number.as_f64().and_then(|seconds| Timestamp::from_second(seconds as i64).ok())
        }
        Some(Value::String(text)) => text.trim().parse::<Timestamp>().ok().or_else(|| {
            let date: Date = text.trim().parse().ok()?;
            TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
        }),
        Some(_) => None,
    };
    time.map(Some).ok_or_else(|| wrong(value.as_ref().unwrap_or(&Value::Null)))
}

/// Stores lines as back-fill, those of one source and one time of observation as one document, all in one
/// transaction. The index is not brought up to date.
pub fn import_lines(
    engines: &mut Engines,
    lines: Vec<Line>,
    listening: &Listening,
    now: Timestamp,
) -> Result<Imported> {
    let mut documents: BTreeMap<(SourceId, Timestamp), Vec<Entry>> = BTreeMap::new();
    for line in lines {
        let observed = line.observed.unwrap_or(now).min(now);
        documents.entry((line.source, observed)).or_default().push(line.entry);
    }
    let prepared: Vec<(Batch, Polled)> = documents
        .into_iter()
        .map(|((source, at), entries)| {
            let batch = Batch {
                read: entries.len(),
                reach: None,
                entries: prepare_entries(source.as_str(), &[], entries, listening),
                problems: Vec::new(),
                wished_interval_s: None,
                source,
            };
            (batch, Polled { at, origin: Origin::Import })
        })
        .collect();
    let borrowed: Vec<(&Batch, &Polled)> = prepared.iter().map(|(batch, polled)| (batch, polled)).collect();
    let mut imported = Imported::default();
    for ingested in engines.store.ingest_all(&borrowed)? {
        imported.new += ingested.new_entries;
        imported.known += ingested.known;
        imported.revised += ingested.revised;
        imported.mentions += ingested.new_mentions.len();
    }
    Ok(imported)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_people_write_them() {
        let line = read_line(
            r#"{"id": 7, "title": "Acme", "text": " ", "published": 1767254400, "observed": "2026-01-02", "more": {}}"#,
            "import",
        )
        .unwrap();
        assert_eq!(line.source.as_str(), "import");
        assert_eq!(line.entry.guid.as_deref(), Some("7"));
        assert_eq!(line.entry.content, None);
        assert_eq!(line.entry.published.unwrap().to_string(), "2026-01-01T08:00:00Z");
        assert_eq!(line.observed.unwrap().to_string(), "2026-01-02T00:00:00Z");
    }

    #[test]
    fn wrong_lines_say_what_is_wrong() {
        for (text, expected) in [
            ("[]", "no such object"),
            (r#"{"id":"x"}"#, "neither `text` nor `title`"),
            (r#"{"text":"x","published":"soon"}"#, "`published` is no time"),
            (r#"{"text":"x","id":[1]}"#, "`id` must be"),
        ] {
            let problem = read_line(text, "import").unwrap_err();
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }
}
