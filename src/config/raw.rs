//! Keys and values with their places: what TOML says, before anyone asks what it means.
//!
//! serde would stop at the first thing it dislikes; here a table is walked by hand, so that every unknown
//! key and every wrong type is told, each with its own place.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Report};

/// A string and where its literal stands.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub value: String,
    pub place: Place,
}

/// One table of a file, whose keys are known to be good.
#[derive(Debug)]
pub(super) struct Section<'t> {
    /// For messages: "brand `acme`".
    pub name: String,
    /// Its header.
    pub place: Place,
    table: &'t DeTable<'t>,
}

impl<'t> Section<'t> {
    /// Takes a value for a table of this kind; tells of keys that are none of `keys`.
    pub fn open(
        report: &mut Report<'_>,
        file: usize,
        kind: &str,
        keys: &[&str],
        value: &'t Spanned<DeValue<'t>>,
    ) -> Option<Self> {
        let place = Place { file, span: value.span() };
        let DeValue::Table(table) = value.get_ref() else {
            let message = format!("`{kind}` must be a table, not {}", with_article(value.get_ref()));
            report.error(&place, message, format!("write `[{kind}]` on a line of its own"));
            return None;
        };
        let id = table.get("id").and_then(|id| id.get_ref().as_str()).filter(|id| !id.trim().is_empty());
        let name = id.map_or(kind.to_string(), |id| format!("{kind} `{id}`"));
        for key in table.keys().filter(|key| !keys.contains(&key.get_ref().as_ref())) {
            let place = Place { file, span: key.span() };
            unknown_key(report, &place, &format!("{name}: "), key.get_ref(), keys);
        }
        Some(Self { name, place, table })
    }

    /// The table that a key holds, if it is one.
    pub fn table(&self, report: &mut Report<'_>, key: &str, keys: &[&str]) -> Option<Section<'t>> {
        let value = self.table.get(key).filter(|value| value.get_ref().is_table())?;
        Section::open(report, self.place.file, key, keys, value)
    }

    /// The tables that a key holds: none if it is absent.
    pub fn tables(&self, report: &mut Report<'_>, key: &str, keys: &[&str]) -> Vec<Section<'t>> {
        let Some(value) = self.table.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            let place = Place { file: self.place.file, span: value.span() };
            let help = format!("write `{key} = [{{ … }}, {{ … }}]`");
            self.wrong_type(report, &place, key, "a list of tables", value.get_ref(), help);
            return Vec::new();
        };
        items.iter().filter_map(|item| Section::open(report, self.place.file, key, keys, item)).collect()
    }

    /// A string that is not blank, without complaint: for what is told elsewhere.
    pub fn quietly(&self, key: &str) -> Option<String> {
        let text = self.table.get(key)?.get_ref().as_str()?;
        (!text.trim().is_empty()).then(|| text.to_string())
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Where a key's value stands; the header if the key is absent.
    pub fn place_of(&self, key: &str) -> Place {
        let span = self.table.get(key).map_or(self.place.span.clone(), Spanned::span);
        Place { file: self.place.file, span }
    }

    /// Where the key itself stands; the header if it is absent.
    pub fn key_place(&self, key: &str) -> Place {
        let span = self.table.get_key_value(key).map_or(self.place.span.clone(), |(key, _)| key.span());
        Place { file: self.place.file, span }
    }

    pub fn string(&self, report: &mut Report<'_>, key: &str) -> Option<Text> {
        let value = self.table.get(key)?;
        let place = Place { file: self.place.file, span: value.span() };
        match value.get_ref() {
            DeValue::String(text) => Some(Text { value: text.to_string(), place }),
            other => {
                let written = report.text(place.file).get(place.span.clone()).unwrap_or("…");
                let help = match other {
                    DeValue::Array(_) | DeValue::Table(_) => format!("write `{key} = \"…\"`"),
                    _ => format!("write `{key} = \"{written}\"`"),
                };
                self.wrong_type(report, &place, key, "a string", other, help);
                None
            }
        }
    }

    /// A string that is not blank.
    pub fn filled(&self, report: &mut Report<'_>, key: &str) -> Option<Text> {
        let text = self.string(report, key)?;
        if text.value.trim().is_empty() {
            report.error(&text.place, format!("{}: `{key}` is empty", self.name), "fill it or drop the line");
            return None;
        }
        Some(text)
    }

    /// A string that must be there and not blank.
    pub fn required(&self, report: &mut Report<'_>, key: &str, example: &str) -> Option<Text> {
        if !self.has(key) {
            let message = format!("{}: `{key}` is missing", self.name);
            report.error(&self.place, message, format!("add `{key} = {example}`"));
        }
        self.filled(report, key)
    }

    /// Strings that are not blank; `None` if the key is absent or no array.
    pub fn strings(&self, report: &mut Report<'_>, key: &str) -> Option<Vec<Text>> {
        let value = self.table.get(key)?;
        let place = Place { file: self.place.file, span: value.span() };
        let DeValue::Array(items) = value.get_ref() else {
            let help = match value.get_ref() {
                DeValue::String(text) => format!("write `{key} = [\"{text}\"]`"),
                _ => format!("write `{key} = [\"…\"]`"),
            };
            self.wrong_type(report, &place, key, "an array of strings", value.get_ref(), help);
            return None;
        };
        let mut texts = Vec::new();
        for item in items {
            let place = Place { file: self.place.file, span: item.span() };
            match item.get_ref() {
                DeValue::String(text) if text.trim().is_empty() => {
                    let message = format!("{}: `{key}` has an empty item", self.name);
                    report.error(&place, message, "fill it or drop it");
                }
                DeValue::String(text) => texts.push(Text { value: text.to_string(), place }),
                other => {
                    let message =
                        format!("{}: `{key}` must hold strings, not {}", self.name, with_article(other));
                    report.error(&place, message, "put it in quotes");
                }
            }
        }
        Some(texts)
    }

    pub fn boolean(&self, report: &mut Report<'_>, key: &str) -> Option<bool> {
        let value = self.table.get(key)?;
        let place = Place { file: self.place.file, span: value.span() };
        match value.get_ref() {
            DeValue::Boolean(yes) => Some(*yes),
            other => {
                let help = format!("write `{key} = true` or `{key} = false`");
                self.wrong_type(report, &place, key, "true or false", other, help);
                None
            }
        }
    }

    pub fn integer(&self, report: &mut Report<'_>, key: &str, allowed: Range<u32>) -> Option<u32> {
        let value = self.table.get(key)?;
        let place = Place { file: self.place.file, span: value.span() };
        let help = format!("write a whole number from {} to {}", allowed.start, allowed.end - 1);
        let DeValue::Integer(integer) = value.get_ref() else {
            self.wrong_type(report, &place, key, "a whole number", value.get_ref(), help);
            return None;
        };
        let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number = number.filter(|number| allowed.contains(number));
        if number.is_none() {
            report.error(&place, format!("{}: `{key}` is out of range", self.name), help);
        }
        number
    }

    /// A number, whole or not.
    pub fn number(&self, report: &mut Report<'_>, key: &str) -> Option<f64> {
        let value = self.table.get(key)?;
        let place = Place { file: self.place.file, span: value.span() };
        let number = match value.get_ref() {
            DeValue::Integer(integer) => integer.as_str().parse().ok(),
            DeValue::Float(float) => float.as_str().parse::<f64>().ok().filter(|number| number.is_finite()),
            other => {
                self.wrong_type(report, &place, key, "a number", other, format!("write `{key} = 0.35`"));
                return None;
            }
        };
        if number.is_none() {
            report.error(&place, format!("{}: `{key}` is out of range", self.name), "write a plain number");
        }
        number
    }

    /// One of a closed set of words.
    pub fn choice<T: Copy>(
        &self,
        report: &mut Report<'_>,
        key: &str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let text = self.filled(report, key)?;
        let found = choices.iter().find(|(word, _)| *word == text.value).map(|(_, choice)| *choice);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let message = format!("{}: `{key}` cannot be `{}`", self.name, text.value);
            report.error(&text.place, message, suggestion(&text.value, &words));
        }
        found
    }

    /// A string that `read` understands, or its complaint.
    pub fn parsed<T>(
        &self,
        report: &mut Report<'_>,
        key: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.table.get(key)?;
        if !matches!(value.get_ref(), DeValue::String(_)) {
            let place = self.place_of(key);
            let written = report.text(place.file).get(place.span.clone()).unwrap_or("");
            let help = read(written).err().unwrap_or_else(|| format!("write `{key} = \"{written}\"`"));
            self.wrong_type(report, &place, key, "a string", value.get_ref(), help);
            return None;
        }
        let text = self.filled(report, key)?;
        match read(&text.value) {
            Ok(value) => Some(value),
            Err(help) => {
                let message = format!("{}: `{key}` cannot be `{}`", self.name, text.value);
                report.error(&text.place, message, help);
                None
            }
        }
    }

    fn wrong_type(
        &self,
        report: &mut Report<'_>,
        place: &Place,
        key: &str,
        wanted: &str,
        found: &DeValue<'_>,
        help: String,
    ) {
        let message = format!("{}: `{key}` must be {wanted}, not {}", self.name, with_article(found));
        report.error(place, message, help);
    }
}

/// Tells of a key that is not one of `keys`, and of the nearest that is.
pub(super) fn unknown_key(report: &mut Report<'_>, place: &Place, prefix: &str, key: &str, keys: &[&str]) {
    report.error(place, format!("{prefix}unknown key `{key}`"), suggestion(key, keys));
}

/// "did you mean …", else all there is.
pub(super) fn suggestion(word: &str, options: &[&str]) -> String {
    match nearest(word, options) {
        Some(near) => format!("did you mean `{near}`?"),
        None if options.is_empty() => String::new(),
        None => format!("one of {}", options.iter().map(|o| format!("`{o}`")).collect::<Vec<_>>().join(", ")),
    }
}

/// The option most like a word, if any is like enough to be what was meant.
pub(super) fn nearest<'o>(word: &str, options: &[&'o str]) -> Option<&'o str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    let word = plain(word);
    let likeness = |option: &&str| {
        let option = plain(option);
        // `url` for `url_env`: the beginning of a word is as good as most of it.
        let begun = word.chars().count() >= 3 && option.starts_with(&word);
        strsim::normalized_damerau_levenshtein(&word, &option).max(if begun { 0.6 } else { 0.0 })
    };
    let best = options.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(&best) >= 0.6).then_some(best)
}

/// The place of a range of a string's value inside its literal in the source.
pub(super) fn inside(source: &str, text: &Text, range: Range<usize>) -> Place {
    let literal = source.get(text.place.span.clone()).unwrap_or("");
    let at = |offset: usize| text.place.span.start + literal_offset(literal, offset);
    Place { file: text.place.file, span: at(range.start)..at(range.end.max(range.start)) }
}

/// Where the byte at `offset` of a decoded TOML string stands in its literal.
fn literal_offset(literal: &str, offset: usize) -> usize {
    let (quote, multiline) = match literal.as_bytes() {
        [b'"', b'"', b'"', ..] => ('"', true),
        [b'\'', b'\'', b'\'', ..] => ('\'', true),
        [b'"', ..] => ('"', false),
        [b'\'', ..] => ('\'', false),
        _ => return offset.min(literal.len()),
    };
    let mut at = if multiline { 3 } else { 1 };
    if multiline {
        // A newline right after the opening quotes is not part of the value.
        at += ["\r\n", "\n"].iter().find(|end| literal[at..].starts_with(**end)).map_or(0, |end| end.len());
    }
    let mut decoded = 0;
    while decoded < offset {
        let Some(character) = literal.get(at..).and_then(|rest| rest.chars().next()) else { break };
        if quote == '"' && character == '\\' {
            let (written, meant) = escape(&literal[at..]);
            at += written;
            decoded += meant;
        } else {
            at += character.len_utf8();
            decoded += character.len_utf8();
        }
    }
    at.min(literal.len())
}

/// How many bytes an escape takes as written and as meant.
fn escape(rest: &str) -> (usize, usize) {
    let digits = match rest.as_bytes().get(1) {
        Some(b'x') => 2,
        Some(b'u') => 4,
        Some(b'U') => 8,
        Some(b'\n' | b'\r' | b' ' | b'\t') => {
            let trimmed = rest[1..].trim_start_matches([' ', '\t', '\r', '\n']);
            return (rest.len() - trimmed.len(), 0);
        }
        Some(_) => {
            let escaped = rest[1..].chars().next().map_or(0, char::len_utf8);
            return (1 + escaped, 1);
        }
        None => return (1, 0),
    };
    let code = rest.get(2..2 + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    let meant = code.and_then(char::from_u32).map_or(1, char::len_utf8);
    ((2 + digits).min(rest.len()), meant)
}

fn with_article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_place_in_a_value_is_found_in_its_literal() {
        for (literal, offset, rest) in [
            ("'a b'", 2, "b'"),
            ("\"a \\\"b\"", 3, "b\""),
            ("\"\\u00e9x\"", 2, "x\""),
            ("\"\"\"\na\\\n   b\"\"\"", 1, "b\"\"\""),
            ("'''\r\nab'''", 1, "b'''"),
            ("'ab'", 99, ""),
        ] {
            let at = literal_offset(literal, offset);
            let found = literal[at..].trim_start_matches(['\\', '\n', ' ']);
            assert_eq!(found, rest, "{literal} {offset}");
        }
    }

    #[test]
    fn the_nearest_word_is_suggested_only_if_near() {
        let keys = ["aliases", "exclude", "min_sources"];
        for (word, expected) in [
            ("alias", Some("aliases")),
            ("excludes", Some("exclude")),
            ("min-source", Some("min_sources")),
            ("min", Some("min_sources")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, &keys), expected, "{word}");
        }
    }

    proptest! {
        #[test]
        fn any_offset_of_any_value_maps_onto_a_boundary(value in any::<String>(), offset in 0usize..64) {
            let document = toml::Table::from_iter([("k".to_string(), toml::Value::from(value))]).to_string();
            let literal = document.trim_start_matches("k = ").trim_end();
            prop_assert!(literal.is_char_boundary(literal_offset(literal, offset)));
        }
    }
}
