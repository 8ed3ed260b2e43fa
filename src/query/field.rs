//! The fields of the query language: their names and what their values mean.

use jiff::civil::{Date, DateTime};
use jiff::{Span, Timestamp};

use super::ast::{Ast, Fact, Part};
use super::parser::Times;

/// What stands before a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    In(Part),
    Raw,
    Fact(Fact),
    Since,
    Until,
    Date,
}

const FIELDS: [(&str, Field); 17] = [
    ("title", Field::In(Part::Title)),
    ("text", Field::In(Part::Text)),
    ("raw", Field::Raw),
    ("author", Field::Fact(Fact::Author)),
    ("site", Field::Fact(Fact::Site)),
    ("source", Field::Fact(Fact::Source)),
    ("tag", Field::Fact(Fact::Tag)),
    ("lang", Field::Fact(Fact::Language)),
    ("language", Field::Fact(Fact::Language)),
    ("sentiment", Field::Fact(Fact::Sentiment)),
    ("brand", Field::Fact(Fact::Brand)),
    ("story", Field::Fact(Fact::Story)),
    ("status", Field::Fact(Fact::Status)),
    ("link", Field::Fact(Fact::Link)),
    ("since", Field::Since),
    ("until", Field::Until),
    ("date", Field::Date),
];

impl Field {
    pub fn named(name: &str) -> Option<Self> {
        FIELDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|&(_, field)| field)
    }

    pub fn as_str(self) -> &'static str {
        FIELDS.iter().find(|(_, field)| *field == self).map_or("", |&(name, _)| name)
    }
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|&(name, _)| name)
}

/// The values a fact can have, where they are a closed set.
pub(super) fn values(fact: Fact) -> Option<&'static [&'static str]> {
    match fact {
        Fact::Sentiment => Some(&["negative", "neutral", "positive"]),
        Fact::Status => Some(&["new", "open", "done", "ignored"]),
        _ => None,
    }
}

/// What a time field means; `None` if the value is no time.
///
/// `since:` and `until:` take an instant (RFC 3339), a date (its first moment in the zone) or how long ago;
/// `date:` takes a day, how long back from now, or an interval `START/END` (ISO 8601, END exclusive).
pub(super) fn time(field: Field, value: &str, times: &Times) -> Option<Ast> {
    let (since, until) = match field {
        Field::Since => (Some(instant(value, times)?), None),
        Field::Until => (None, Some(instant(value, times)?)),
        _ => match value.split_once('/') {
            Some((start, end)) => (Some(instant(start, times)?), Some(instant(end, times)?)),
            None => match value.parse::<Date>() {
                Ok(day) if is_date(value) => {
                    (Some(start_of(day, times)?), Some(start_of(day.tomorrow().ok()?, times)?))
                }
                _ => (Some(ago(value, times)?), None),
            },
        },
    };
    Some(Ast::Time { since, until })
}

/// An instant (RFC 3339), a time or a date of the zone, or how long ago (`90s`, `15m`, `6h`, `7d`, `2w`, `P1W`).
/// `None` if it is none of these.
pub fn instant(value: &str, times: &Times) -> Option<Timestamp> {
    if is_date(value) {
        return start_of(value.parse().ok()?, times);
    }
    let local = || times.zone.to_timestamp(value.parse::<DateTime>().ok()?).ok();
    value.parse().ok().or_else(local).or_else(|| ago(value, times))
}

/// jiff also reads a date out of a longer text.
fn is_date(value: &str) -> bool {
    value.len() == "2026-01-01".len()
}

fn start_of(day: Date, times: &Times) -> Option<Timestamp> {
    Some(day.to_zoned(times.zone.clone()).ok()?.timestamp())
}

/// `now` less a duration; days are days of the calendar.
fn ago(value: &str, times: &Times) -> Option<Timestamp> {
    let span: Span = value.parse().ok()?;
    if span.is_negative() {
        return None;
    }
    Some(times.now.to_zoned(times.zone.clone()).checked_sub(span).ok()?.timestamp())
}

/// The candidate most like `name`, if one is like it.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = if name.chars().count() <= 3 { 1 } else { 2 };
    candidates
        .map(|candidate| (distance(&name.to_lowercase(), candidate), candidate))
        .filter(|&(distance, _)| distance <= allowed)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Edits (Levenshtein) between two short names.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &cb) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
