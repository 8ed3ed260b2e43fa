//! Alerts as text: a list, and every number.

use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::terminal::{BOLD, clean, paint, sparkline, wrapped};
use super::{Style, minute, minute_or_dash};
use crate::model::{Alert, Tongue};
use crate::rules::figure;
use crate::views::alerts::{AlertList, AlertView, BaselineView};
use crate::views::explain::ExplainView;

/// Digits of an alert's id that are shown; two alerts hardly ever share them.
const ID_SHOWN: usize = 8;

pub fn list(view: &AlertList, zone: &TimeZone, style: Style) -> String {
    if view.alerts.is_empty() {
        return "no alerts\n".into();
    }
    let columns = [
        ("since", Align::Left),
        ("alert", Align::Left),
        ("rule", Align::Left),
        ("brand", Align::Left),
        ("seen", Align::Right),
        ("usual", Align::Right),
        ("state", Align::Left),
    ];
    let row = |alert: &AlertView| {
        let seen = &alert.observed;
        let unit = if seen.value == 1 {
            seen.count.replace("ies", "y").replace("ons", "on")
        } else {
            seen.count.to_owned()
        };
        let usual = alert.baseline.as_ref().map_or("–".to_owned(), |b| figure(b.expected, Tongue::English));
        vec![
            minute(alert.since, zone),
            short_id(&alert.id).to_owned(),
            alert.rule.clone(),
            alert.brand.clone(),
            format!("{} {unit}", seen.value),
            usual,
            state(alert),
        ]
    };
    let rows: Vec<Vec<String>> = view.alerts.iter().map(row).collect();
    let mut out = table(&columns, &rows, style);
    if view.total > rows.len() {
        out.push_str(&format!("\n{} of {} alerts; --all shows more", rows.len(), view.total));
    }
    out
}

fn state(alert: &AlertView) -> String {
    match &alert.acknowledged {
        Some(ack) if ack.false_alarm => format!("{}, false alarm", alert.state),
        Some(_) => format!("{}, acknowledged", alert.state),
        None => alert.state.to_owned(),
    }
}

/// Enough of an id to ask for the alert.
fn short_id(id: &str) -> &str {
    let digits = id.trim_start_matches("a_");
    digits.get(..ID_SHOWN).unwrap_or(digits)
}

pub fn explain(view: &ExplainView, alert: &Alert, zone: &TimeZone, style: Style) -> String {
    let seen = &alert.observed;
    let mut out = format!("{}\n", paint(&wrapped(&clean(&alert.reason), 0, style.width), BOLD, style));
    let mut line = |name: &str, value: String| out.push_str(&format!("{name:<22}{value}\n"));
    line("alert", format!("{} ({})", alert.id, alert.state.as_str()));
    line("window", format!("{} – {}", minute(seen.window.0, zone), minute(seen.window.1, zone)));
    line("seen at", minute(alert.seen_at, zone));
    line("fired at", minute_or_dash(alert.fired_at, zone));
    line("observed", format!("{} {}", seen.value, seen.count.as_str()));
    let toned = |negative: u32, positive: Option<u32>| {
        let positive = positive.map(|positive| format!(", {positive} positive")).unwrap_or_default();
        format!("{negative} negative{positive}")
    };
    let tones = toned(seen.negative, seen.positive);
    line("  of", format!("{} mentions, {} stories, {tones}", seen.mentions, seen.stories));
    line("  in", format!("{} sources", seen.sources));
    if let Some(then) = &view.alert.baseline {
        let now = view.recomputed.baseline.as_ref();
        for (name, number) in NUMBERS {
            let again = now.map_or_else(|| "–".to_owned(), number);
            line(name, format!("{}   recomputed {again}", number(then)));
        }
        let again = &view.recomputed;
        let tones = toned(again.negative, seen.positive.map(|_| again.positive));
        line("counted again", format!("{} mentions, {} stories, {tones}", again.mentions, again.stories));
    }
    if let Some(series) = &view.series {
        let window_s = seen.window.1.as_second() - seen.window.0.as_second();
        let slots = usize::try_from(window_s / i64::from(series.step_s)).unwrap_or(1).max(1);
        let sum = |window: &[Option<f64>]| window.iter().flatten().sum::<f64>().round() as u32;
        let mut windows: Vec<u32> = series.values.rchunks_exact(slots).map(sum).collect();
        windows.truncate(style.width.saturating_sub(24));
        windows.reverse();
        let length = span(u32::try_from(window_s).unwrap_or(u32::MAX));
        line(
            "computed from",
            format!(
                "{} since {}; the last windows of {length} were",
                days(series.values.len() as f64 * f64::from(series.step_s) / 86_400.0),
                minute(series.start, zone)
            ),
        );
        line("", sparkline(&windows));
    }
    line("rule", format!("{}, configuration {}", alert.rule, alert.config_hash));
    match &view.config_hash_today {
        Some(today) if *today == alert.config_hash => line("", "the same in feeds.toml today".to_owned()),
        Some(today) => line("", format!("another in feeds.toml today: configuration {today}")),
        None => line("", "no longer in feeds.toml for this brand".to_owned()),
    }
    for text in view.rule_text.lines() {
        line("", text.to_owned());
    }
    if view.equal {
        out.push_str("\nrecomputed: equal\n");
    } else {
        out.push_str("\nrecomputed: different\n");
        for difference in &view.differences {
            out.push_str(&wrapped(&clean(difference), 2, style.width));
        }
    }
    out
}

type Number = fn(&BaselineView) -> String;

const NUMBERS: [(&str, Number); 6] = [
    ("usual", |b| format!("{:.2}", b.expected)),
    ("alarms from", |b| b.threshold.to_string()),
    ("chance of so many", |b| format!("{:.2e}", b.p)),
    ("chance allowed", |b| format!("{:.2e}", b.p_budget)),
    ("variance ÷ mean", |b| format!("{:.2}", b.dispersion)),
    ("listened to for", |b| days(b.days)),
];

fn days(days: f64) -> String {
    format!("{days:.0} days")
}

fn span(seconds: u32) -> String {
    match seconds {
        s if s.is_multiple_of(86_400) => format!("{} d", s / 86_400),
        s if s.is_multiple_of(3_600) => format!("{} h", s / 3_600),
        s => format!("{} min", s / 60),
    }
}
