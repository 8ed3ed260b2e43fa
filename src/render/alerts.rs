//! Alerts as text: a list, a colleague's message, and every number.

use jiff::tz::TimeZone;

use super::search::mention;
use super::table::{Align, table};
use super::terminal::{BOLD, RED, YELLOW, clean, paint, sparkline};
use super::{Style, minute, minute_or_dash};
use crate::model::{Alert, AlertState};
use crate::views::alerts::{AlertList, BaselineView, ExplainView, ToldAlert};

pub fn list(view: &AlertList, zone: &TimeZone, style: Style) -> String {
    if view.alerts.is_empty() {
        return "no alerts\n".into();
    }
    let columns = [
        ("since", Align::Left),
        ("state", Align::Left),
        ("alert", Align::Left),
        ("rule", Align::Left),
        ("brand", Align::Left),
        ("reason", Align::Left),
    ];
    let rows: Vec<Vec<String>> = view
        .alerts
        .iter()
        .map(|alert| {
            let state = match &alert.acknowledged {
                Some(ack) if ack.false_alarm => format!("{}, false alarm", alert.state),
                Some(_) => format!("{}, acknowledged", alert.state),
                None => alert.state.to_owned(),
            };
            vec![
                minute(alert.since, zone),
                state,
                alert.id.clone(),
                alert.rule.clone(),
                alert.brand.clone(),
                alert.reason.clone(),
            ]
        })
        .collect();
    table(&columns, &rows, style)
}

pub fn show(view: &ToldAlert, zone: &TimeZone, style: Style) -> String {
    let alert = &view.alert;
    let colour = if alert.state == AlertState::Firing { RED } else { YELLOW };
    let state = paint(alert.state.as_str(), colour, style);
    let reason = paint(&clean(&alert.reason), BOLD, style);
    let mut out = format!("{reason}\n{state} since {}", minute(alert.since, zone));
    if let Some(until) = alert.until {
        out.push_str(&format!(", over at {}", minute(until, zone)));
    }
    let severity = alert.severity.as_str();
    out.push_str(&format!(" · rule {} · severity {severity} · {}\n", alert.rule, alert.id));
    if !alert.terms.is_empty() {
        out.push_str(&format!("words that stand out: {}\n", clean(&alert.terms.join(", "))));
    }
    if !alert.evidence_sources.is_empty() {
        let sources: Vec<&str> = alert.evidence_sources.iter().map(|s| s.as_str()).collect();
        out.push_str(&format!("heard in: {}\n", sources.join(", ")));
    }
    if let Some(first) = &view.first {
        out.push_str(&format!("\nWho said it first\n{}", mention(first, false, zone, style)));
    }
    if !view.to_read.is_empty() {
        out.push_str("\nWhat to read\n");
        for hit in &view.to_read {
            out.push_str(&mention(hit, true, zone, style));
        }
    }
    if let Some(playbook) = &alert.playbook {
        out.push_str(&format!("\nwho answers, and how: {}\n", clean(playbook)));
    }
    match &alert.acknowledged {
        Some(ack) => out.push_str(&format!("\nacknowledged {}\n", minute(ack.at, zone))),
        None => out.push_str(&format!(
            "\nvigie alerts explain {0}   every number\nvigie alerts ack {0}       someone looks after it\n",
            alert.id
        )),
    }
    out
}

pub fn explain(view: &ExplainView, alert: &Alert, zone: &TimeZone, style: Style) -> String {
    let seen = &alert.observed;
    let mut out = format!("{}\n\n", paint(&clean(&alert.reason), BOLD, style));
    let mut line = |name: &str, value: String| out.push_str(&format!("{name:<22}{value}\n"));
    line("alert", format!("{} ({})", alert.id, alert.state.as_str()));
    line("window", format!("{} – {}", minute(seen.window.0, zone), minute(seen.window.1, zone)));
    line("seen at", minute(alert.seen_at, zone));
    line("fired at", minute_or_dash(alert.fired_at, zone));
    line("observed", format!("{} {}", seen.value, seen.count.as_str()));
    line("  of", format!("{} mentions, {} stories, {} negative", seen.mentions, seen.stories, seen.negative));
    line("  in", format!("{} sources", seen.sources));
    if let Some(then) = &view.alert.baseline {
        let now = view.recomputed.baseline.as_ref();
        for (name, number) in NUMBERS {
            let again = now.map_or_else(|| "–".to_owned(), number);
            line(name, format!("{}   recomputed {again}", number(then)));
        }
        let again = &view.recomputed;
        let counts =
            format!("{} mentions, {} stories, {} negative", again.mentions, again.stories, again.negative);
        line("counted again", counts);
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
    for text in view.rule_text.lines() {
        line("", text.to_owned());
    }
    if view.equal {
        out.push_str("\nrecomputed: equal\n");
    } else {
        out.push_str("\nrecomputed: different\n");
        for difference in &view.differences {
            out.push_str(&format!("  {difference}\n"));
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
