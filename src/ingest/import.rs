//! Entries from elsewhere: JSON objects in the shape `export` writes, a line each.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Engines;
use crate::enrich::repeated::Repeated;
use crate::model::{Entry, Format, Skip, SourceId};
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

/// Reads one line, which should be UTF-8. `source` stands in where the line names none.
///
/// # Errors
/// What is wrong with the line, in words.
pub fn read_line(line: &[u8], source: &str) -> Result<Line, String> {
    let text = std::str::from_utf8(line)
        .map_err(|error| format!("not UTF-8 from byte {} of the line on", error.valid_up_to() + 1))?;
    let object = serde_json::from_str(text).map_err(|error| format!("no JSON object: {error}"))?;
    read_object(object, source)
}

/// Reads one object, as [`read_line`] does.
///
/// # Errors
/// What is wrong with it, in words.
pub fn read_object(mut object: Map<String, Value>, source: &str) -> Result<Line, String> {
    // `export` writes them; they are found again.
    object.remove("mentions");
    let id = written(&mut object, "id")?.map(|id| id.trim().to_owned());
    let link = written(&mut object, "link")?;
    let title = written(&mut object, "title")?;
    let text = written(&mut object, "text")?;
    let content = text.or(written(&mut object, "content")?);
    if title.is_none() && content.is_none() {
        return Err("neither `text` nor `title` is given".into());
    }
    let source = written(&mut object, "source")?.map_or_else(|| SourceId::new(source), SourceId::new);
    let observed = time("observed", object.remove("observed"))?;
    let entry = Entry {
        guid: id,
        link,
        title,
        summary: None,
        content,
        author: written(&mut object, "author")?,
        published: time("published", object.remove("published"))?,
        updated: None,
        language: written(&mut object, "language")?,
        image: None,
        format: Format::default(),
        tags: tags(object.remove("tags"))?,
        engagement: engagement(object.remove("engagement"))?,
        extra: extra(object),
    };
    Ok(Line { source, entry, observed })
}

/// What a key says as text; `None` if nothing.
fn written(object: &mut Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    match object.remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(format!("`{key}` must be text or a number")),
    }
}

/// A list, or one text whose tags are parted by semicolons, else by commas.
fn tags(value: Option<Value>) -> Result<Vec<String>, String> {
    let wrong = || "`tags` must be a list of words: [\"press\", \"fr\"]".to_owned();
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) => {
            let separator = if text.contains(';') { ';' } else { ',' };
            let tags = text.split(separator).map(str::trim).filter(|tag| !tag.is_empty());
            Ok(tags.map(str::to_owned).collect())
        }
        Some(Value::Array(tags)) => {
            tags.into_iter().map(|tag| tag.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

/// Counts by name; one that is not known is left out.
fn engagement(value: Option<Value>) -> Result<BTreeMap<String, u64>, String> {
    let wrong = || "`engagement` must be an object of counts: {\"likes\": 3}".to_owned();
    let counts = match value {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(counts)) => counts,
        Some(_) => return Err(wrong()),
    };
    let known = counts.into_iter().filter(|(_, count)| !count.is_null());
    known.map(|(name, value)| count(&value).map(|count| (name, count)).ok_or_else(wrong)).collect()
}

/// Some programs write whole numbers as 3.0.
fn count(value: &Value) -> Option<u64> {
    let rounded = || value.as_f64().filter(|n| n.fract() == 0.0 && (0.0..9e15).contains(n)).map(|n| n as u64);
    value.as_u64().or_else(rounded)
}

/// What is left of a line: keys nobody here knows, and those that were under `extra` when it was exported.
fn extra(mut unknown: Map<String, Value>) -> Option<String> {
    match unknown.remove("extra") {
        Some(Value::Object(mut exported)) => {
            exported.extend(unknown);
            unknown = exported;
        }
        None | Some(Value::Null) => {}
        Some(other) => {
            unknown.insert("extra".to_owned(), other);
        }
    }
    (!unknown.is_empty()).then(|| Value::from(unknown).to_string())
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
                repeated: Repeated::default(),
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
    fn what_other_programs_write_is_understood() {
        let line = read_line(
            br#"{"title": 2026, "tags": "press, fr", "engagement": {"likes": 3.0, "views": null},
                "extra": {"region": "Lyon"}, "score": 1, "mentions": [{}]}"#,
            "import",
        )
        .unwrap();
        assert_eq!(line.entry.title.as_deref(), Some("2026"));
        assert_eq!(line.entry.tags, ["press", "fr"]);
        assert_eq!(line.entry.engagement, BTreeMap::from([("likes".to_owned(), 3)]));
        assert_eq!(line.entry.extra.as_deref(), Some(r#"{"region":"Lyon","score":1}"#));
        // As it was parked, it is the same line.
        assert_eq!(read_line(line.to_json().to_string().as_bytes(), "import"), Ok(line));
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
        let wrong: [(&[u8], &str); 11] = [
            (b"[]", "no JSON object"),
            (br#"{"text":["x"]}"#, "`text` must be text"),
            (br#"{"text":"x","tags":{}}"#, "`tags` must be a list"),
            (br#"{"text":"x","tags":[1]}"#, "`tags` must be a list"),
            (br#"{"text":"x","engagement":{"likes":-1}}"#, "`engagement` must be an object"),
            (br#"{"text":"x","engagement":7}"#, "`engagement` must be an object"),
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
