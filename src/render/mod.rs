//! Views → bytes for people or programs.
//!
//! Feed text is hostile: everything that goes to a terminal passes [`terminal::clean`] first.

pub mod alerts;
pub mod annotations;
pub mod backtest;
pub mod compare;
pub mod digest;
pub mod discovery;
pub mod health;
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

/// How text for people may look.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub colour: bool,
    /// Columns.
    pub width: usize,
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
