//! Answers in JSON: reading one tolerantly, by the names of its values.

use serde_json::Value;

use crate::model::Timestamp;
use crate::sources::draft::{self, Markup};
use crate::sources::feed::not_a_feed;
use crate::sources::{Document, Limits, Parsed, dates, decode, page};

/// The answer as a value; where it is no JSON, what it is instead.
pub(super) fn read(document: Document<'_>) -> Result<Value, Parsed> {
    let decoded = decode::decode(document.bytes, document.content_type);
    let text = decoded.text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    match text.as_bytes().first() {
        None => Err(not_a_feed("an empty answer".to_owned())),
        Some(b'{' | b'[') => {
            serde_json::from_str(text).map_err(|error| not_a_feed(format!("not valid JSON: {error}")))
        }
        Some(_) => Err(not_a_feed(page::describe(text, None, document.base_url))),
    }
}

/// An answer that is valid JSON but not what was asked for, with what it says of itself.
pub(super) fn unexpected(value: &Value, wanted: &str) -> Parsed {
    let said = ["message", "error_description", "error", "detail"]
        .iter()
        .find_map(|name| value[*name].as_str())
        .map(|said| format!(" (\u{201c}{}\u{201d})", said.chars().take(200).collect::<String>()));
    not_a_feed(format!("a JSON answer{} without {wanted}", said.unwrap_or_default()))
}

/// A text that is not blank; `None` for anything else.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value[name].as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// A number, or the digits of a text: some places write ids either way.
pub(super) fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Texts with markup become plain ones.
pub(super) fn html(value: &Value, name: &str, limits: &Limits) -> Option<String> {
    draft::plain(text(value, name)?, Markup::Html, limits)
}

/// Texts that are plain already.
pub(super) fn plain(value: &Value, name: &str, limits: &Limits) -> Option<String> {
    draft::plain(text(value, name)?, Markup::Text, limits)
}

pub(super) fn date(value: &Value, name: &str) -> Option<Timestamp> {
    dates::parse(text(value, name)?)
}

/// Those of the counts that the place gives, each under the name it is kept by.
pub(super) fn counts(value: &Value, names: &[(&str, &str)]) -> std::collections::BTreeMap<String, u64> {
    let count = |(theirs, ours): &(&str, &str)| Some(((*ours).to_owned(), value[*theirs].as_u64()?));
    names.iter().filter_map(count).collect()
}
