//! What written tests of rules came to.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::alerts::AlertView;
use crate::model::{Tongue, WrittenTest};
use crate::rules::{self, Found};

/// The answer of `rules test`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WrittenView {
    pub ok: bool,
    pub tests: Vec<TestView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestView {
    pub name: String,
    pub place: String,
    pub rule: String,
    pub ok: bool,
    pub expected: Vec<ExpectationView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExpectationView {
    pub place: String,
    /// As written, and what that is.
    pub written: String,
    pub at: Timestamp,
    pub ok: bool,
    pub firing: bool,
    pub value: Option<u32>,
    /// The alert that fires then.
    pub found: Option<AlertView>,
}

pub fn outcome(tests: &[WrittenTest], zone: &TimeZone, tongue: Tongue) -> WrittenView {
    let view = |test: &WrittenTest| {
        let expected: Vec<ExpectationView> =
            rules::check(test, zone, tongue).into_iter().map(ExpectationView::from).collect();
        TestView {
            name: test.name.clone(),
            place: test.place.clone(),
            rule: test.rule.id.to_string(),
            ok: expected.iter().all(|expected| expected.ok),
            expected,
        }
    };
    let tests: Vec<TestView> = tests.iter().map(view).collect();
    WrittenView { ok: tests.iter().all(|test| test.ok), tests }
}

impl From<Found<'_>> for ExpectationView {
    fn from(found: Found<'_>) -> Self {
        let expected = found.expected;
        Self {
            place: expected.place.clone(),
            written: expected.written.clone(),
            at: expected.at,
            ok: found.holds,
            firing: expected.firing,
            value: expected.value,
            found: found.firing.as_ref().map(|alert| AlertView::new(alert, &[])),
        }
    }
}
