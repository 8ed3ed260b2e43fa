//! Views → bytes for people or programs.
//!
//! Feed text is hostile: everything that goes to a terminal passes [`terminal::clean`] first.

pub mod alerts;
pub mod annotations;
pub mod backtest;
pub mod baselines;
pub mod causes;
pub mod compare;
pub mod digest;
pub mod discovery;
pub mod health;
pub mod html;
pub mod notices;
pub mod notifiers;
pub mod presets;
pub mod round;
pub mod rules;
pub mod search;
pub mod silences;
pub mod table;
pub mod terminal;
pub mod told;
pub mod written;

use std::fmt::Display;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::Tongue;

/// How text for people may look, and in which language it is.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub tongue: Tongue,
    pub colour: bool,
    /// Columns.
    pub width: usize,
}

impl Style {
    /// The wording in the reader's language.
    pub fn say<T>(self, english: T, french: T) -> T {
        self.tongue.of(english, french)
    }
}

/// Minutes are enough for people: `2026-01-31 08:05` in their zone.
pub fn minute(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A time that may be unknown.
pub fn minute_or_dash(time: Option<Timestamp>, zone: &TimeZone) -> String {
    time.map_or_else(|| "–".to_owned(), |t| minute(t, zone))
}

/// `1 entry`, `2 entries`.
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let word = if count == N::from(1) { one } else { many };
    format!("{count} {word}")
}

/// As [`counted`], in the tongue of the reader: none is one in French.
pub fn told_count(count: u64, english: [&str; 2], french: [&str; 2], tongue: Tongue) -> String {
    let word = match tongue {
        Tongue::English => english[usize::from(count != 1)],
        Tongue::French => french[usize::from(count > 1)],
    };
    format!("{count} {word}")
}

pub fn stories(count: u64, tongue: Tongue) -> String {
    told_count(count, ["story", "stories"], ["histoire", "histoires"], tongue)
}

pub fn mentions(count: u64, tongue: Tongue) -> String {
    told_count(count, ["mention", "mentions"], ["mention", "mentions"], tongue)
}

/// Digits as the reader writes them: French has a decimal comma.
pub fn decimal(digits: String, tongue: Tongue) -> String {
    match tongue {
        Tongue::English => digits,
        Tongue::French => digits.replace('.', ","),
    }
}
