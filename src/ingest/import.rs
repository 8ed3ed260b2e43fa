//! Entries from elsewhere: JSON objects in the shape `export` writes, a line each.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Engines;
use crate::model::{Entry, Skip, SourceId};
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    pub new: usize,
    pub known: usize,
    /// Older than what is kept.
    pub expired: usize,
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
    tags: Option<Vec<String>>,
    engagement: Option<BTreeMap<String, u64>>,
    /// Unknown keys of a line that was exported.
    extra: Option<Map<String, Value>>,
    /// `export` writes them; they are found again.
    #[serde(rename = "mentions")]
    _mentions: Option<IgnoredAny>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

/// Reads one line, which should be UTF-8. `source` stands in where the line names none.
///
/// # Errors
/// What is wrong with the line, in words.
pub fn read_line(line: &[u8], source: &str) -> Result<Line, String> {
    let text = std::str::from_utf8(line)
        .map_err(|error| format!("not UTF-8 from byte {} of the line on", error.valid_up_to() + 1))?;
    let raw = serde_json::from_str(text).map_err(|error| format!("no such object: {error}"))?;
    line_of(raw, source)
}

/// Reads one object, as [`read_line`] does.
///
/// # Errors
/// What is wrong with it, in words.
pub fn read_object(object: Map<String, Value>, source: &str) -> Result<Line, String> {
    let raw = serde_json::from_value(object.into()).map_err(|error| error.to_string())?;
    line_of(raw, source)
}

fn line_of(raw: Raw, source: &str) -> Result<Line, String> {
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
    let mut extra = raw.extra.unwrap_or_default();
    extra.extend(raw.unknown);
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
            tags: raw.tags.unwrap_or_default(),
            engagement: raw.engagement.unwrap_or_default(),
            extra: (!extra.is_empty()).then(|| Value::from(extra).to_string()),
        },
    })
}

impl Line {
    /// What [`read_line`] reads as this line.
    pub fn to_json(&self) -> Value {
        let Line { source, entry, observed } = self;
        let extra: Option<Value> = entry.extra.as_deref().and_then(|extra| serde_json::from_str(extra).ok());
        serde_json::json!({
            "id": entry.guid,
            "link": entry.link,
            "title": entry.title,
            "text": entry.text(),
            "author": entry.author,
            "published": entry.published,
            "observed": observed,
            "source": source.as_str(),
            "language": entry.language,
            "tags": entry.tags,
            "engagement": entry.engagement,
            "extra": extra,
        })
    }
}

/// RFC 3339, a date (in UTC) or Unix seconds, as a number or in quotes.
fn time(key: &str, value: Option<Value>) -> Result<Option<Timestamp>, String> {
    let wrong = |value: &Value| {
        format!("`{key}` is no time: {value}; write 2026-01-31T08:00:00Z, 2026-01-31 or Unix seconds")
    };
    let time = match &value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => {
            number.as_f64().and_then(|seconds| Timestamp::from_second(seconds as i64).ok())
        }
        Some(Value::String(text)) => written_time(text.trim()),
        Some(_) => None,
    };
    time.map(Some).ok_or_else(|| wrong(value.as_ref().unwrap_or(&Value::Null)))
}

fn written_time(text: &str) -> Option<Timestamp> {
    // Eight digits are a date (20260131): as Unix seconds they would lie in 1970.
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.len() != 8 && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Timestamp::from_second(text.parse().ok()?).ok();
    }
    text.parse::<Timestamp>().ok().or_else(|| {
        let date: Date = text.parse().ok()?;
        TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
    })
}

/// Stores lines as back-fill, those of one source and one time of observation as one document, all in one
/// transaction. `tags` are those of the configured sources, by their ids. The index is not brought up to date.
pub fn import_lines(
    engines: &mut Engines,
    lines: Vec<Line>,
    tags: &BTreeMap<String, Vec<String>>,
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
            let tags = tags.get(source.as_str()).map_or(&[][..], Vec::as_slice);
            let batch = Batch {
                read: entries.len(),
                reach: None,
                dates: Vec::new(),
                entries: prepare_entries(source.as_str(), tags, entries, listening),
                problems: Vec::new(),
                wished_interval_s: None,
                skip: Skip::default(),
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
        imported.expired += ingested.expired;
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
            br#"{"id": 7, "title": "Acme", "text": " ", "published": 1767254400, "observed": "2026-01-02", "more": {}, "tags": null}"#,
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
    fn times_as_people_write_them() {
        for (written, expected) in [
            ("\"1767254400\"", "2026-01-01T08:00:00Z"),
            ("\"-86400\"", "1969-12-31T00:00:00Z"),
            ("\"20260131\"", "2026-01-31T00:00:00Z"),
            ("\" 2026-01-31 \"", "2026-01-31T00:00:00Z"),
            ("\"2026-01-31T08:00:00+02:00\"", "2026-01-31T06:00:00Z"),
        ] {
            let value = serde_json::from_str(written).unwrap();
            assert_eq!(time("at", Some(value)).unwrap().unwrap().to_string(), expected, "{written}");
        }
    }

    #[test]
    fn wrong_lines_say_what_is_wrong() {
        let wrong: [(&[u8], &str); 6] = [
            (b"[]", "no such object"),
            (br#"{"id":"x"}"#, "neither `text` nor `title`"),
            (br#"{"text":"x","published":"soon"}"#, "`published` is no time"),
            (br#"{"text":"x","published":"99999999999999"}"#, "`published` is no time"),
            (br#"{"text":"x","id":[1]}"#, "`id` must be"),
            (b"{\"text\":\"caf\xe9\"}", "not UTF-8 from byte 13"),
        ];
        for (line, expected) in wrong {
            let problem = read_line(line, "import").unwrap_err();
            assert!(problem.contains(expected), "{expected}: {problem}");
        }
    }
}
