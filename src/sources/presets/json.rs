//! Answers in JSON: reading one tolerantly, by the names of its values.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::model::{Format, Timestamp};
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
            let mut deserializer = serde_json::Deserializer::from_str(text);
            let value = Bounded(&Cell::new(MOST_VALUES)).deserialize(&mut deserializer);
            value.map_err(|error| not_a_feed(format!("not valid JSON: {error}")))
        }
        Some(_) => Err(not_a_feed(page::describe(text, None, document.base_url))),
    }
}

/// The largest honest answers hold a third of it; each value takes up to some 600 bytes of memory.
const MOST_VALUES: u32 = 100_000;

/// Reads a value of not more than so many values in all.
struct Bounded<'a>(&'a Cell<u32>);

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.0.get().checked_sub(1) {
            Some(left) => self.0.set(left),
            None => return Err(D::Error::custom(format!("more than {MOST_VALUES} values"))),
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = seq.next_element_seed(Bounded(self.0))? {
            list.push(value);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            object.insert(key, map.next_value_seed(Bounded(self.0))?);
        }
        Ok(object.into())
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

/// What a post of Bluesky embeds; one that quotes another has its own inside.
pub(super) fn bluesky_format(embed: &Value) -> Format {
    let embed = if embed["media"].is_null() { embed } else { &embed["media"] };
    if embed["video"].is_object() {
        Format::Video
    } else if embed["images"].as_array().is_some_and(|images| !images.is_empty()) {
        Format::Image
    } else {
        Format::Text
    }
}

/// Those of the counts that the place gives, each under the name it is kept by.
pub(super) fn counts(value: &Value, names: &[(&str, &str)]) -> BTreeMap<String, u64> {
    let count = |(theirs, ours): &(&str, &str)| Some(((*ours).to_owned(), value[*theirs].as_u64()?));
    names.iter().filter_map(count).collect()
}
