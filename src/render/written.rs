//! Written tests of rules as text: what held, and what was found instead of what was expected.

use jiff::tz::TimeZone;

use super::terminal::{BOLD, GREEN, RED, clean, paint};
use super::{Style, counted, minute};
use crate::views::written::{ExpectationView, WrittenView};

pub fn text(view: &WrittenView, zone: &TimeZone, style: Style) -> String {
    let mut out = String::new();
    for test in &view.tests {
        let (word, colour) = if test.ok { ("ok", GREEN) } else { ("FAILED", RED) };
        let name = paint(&clean(&test.name), BOLD, style);
        out.push_str(&format!("{:<8}{name}\n", paint(word, colour, style)));
        for expected in test.expected.iter().filter(|expected| !expected.ok) {
            out.push_str(&format!(
                "  {}: at {} ({})\n    expected  {}\n    found     {}\n",
                expected.place,
                clean(&expected.written),
                minute(expected.at, zone),
                wanted(expected),
                found(expected, zone),
            ));
        }
    }
    let failed = view.tests.iter().filter(|test| !test.ok).count();
    let all = counted(view.tests.len(), "test", "tests");
    out.push_str(&match failed {
        0 => format!("{all}, all as expected\n"),
        failed => format!("{all}, {failed} failed\n"),
    });
    out
}

fn wanted(expected: &ExpectationView) -> String {
    match (expected.firing, expected.value) {
        (false, _) => "none".to_owned(),
        (true, None) => "firing".to_owned(),
        (true, Some(value)) => format!("firing, value {value}"),
    }
}

fn found(expected: &ExpectationView, zone: &TimeZone) -> String {
    let Some(alert) = &expected.found else { return "none".to_owned() };
    let fired = minute(alert.fired_at.unwrap_or(alert.since), zone);
    format!("firing, value {}, since {fired}: {}", alert.observed.value, clean(&alert.reason))
}
