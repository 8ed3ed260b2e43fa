//! Alerts as text: a list, and every number.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::terminal::{BOLD, clean, paint, sparkline, wrapped};
use super::{Style, decimal, mentions, minute, minute_or_dash, stories, told_count};
use crate::model::{Alert, Tongue};
use crate::rules::{figure, span};
use crate::views::alerts::{AlertList, AlertView, BaselineView};
use crate::views::explain::ExplainView;

/// Digits of an alert's id that are shown; two alerts hardly ever share them.
const ID_SHOWN: usize = 8;

pub fn list(view: &AlertList, zone: &TimeZone, style: Style) -> String {
    if view.alerts.is_empty() {
        let none = style.say(
            "no alerts; `vigie rules list` says from when rules can judge\n",
            "aucune alerte ; `vigie rules list` dit à partir de quand les règles peuvent juger\n",
        );
        return none.to_owned();
    }
    let columns = [
        (style.say("since", "depuis"), Align::Left),
        (style.say("alert", "alerte"), Align::Left),
        (style.say("rule", "règle"), Align::Left),
        (style.say("brand", "marque"), Align::Left),
        (style.say("seen", "vu"), Align::Right),
        (style.say("usual", "d’habitude"), Align::Right),
        (style.say("state", "état"), Align::Left),
    ];
    let row = |alert: &AlertView| {
        let seen = &alert.observed;
        let usual = alert.baseline.as_ref().map_or("–".to_owned(), |b| figure(b.expected, style.tongue));
        vec![
            minute(alert.since, zone),
            short_id(&alert.id).to_owned(),
            alert.rule.clone(),
            alert.brand.clone(),
            counted(seen.value, seen.count, style.tongue),
            usual,
            state(alert, style.tongue),
        ]
    };
    let rows: Vec<Vec<String>> = view.alerts.iter().map(row).collect();
    let mut out = table(&columns, &rows, style);
    if view.total > rows.len() {
        let (shown, total) = (rows.len(), view.total);
        out.push_str(&match style.tongue {
            Tongue::English => format!("\n{shown} of {total} alerts; --all shows more"),
            Tongue::French => format!("\n{shown} alertes sur {total} ; --all les montre toutes"),
        });
    }
    out
}

fn state(alert: &AlertView, tongue: Tongue) -> String {
    let state = state_word(alert.state, tongue);
    match &alert.acknowledged {
        Some(ack) if ack.false_alarm => format!("{state}, {}", tongue.of("false alarm", "fausse alerte")),
        Some(_) => format!("{state}, {}", tongue.of("acknowledged", "prise en charge")),
        None => state.to_owned(),
    }
}

pub(super) fn state_word(state: &str, tongue: Tongue) -> &str {
    match (state, tongue) {
        ("firing", Tongue::French) => "en cours",
        ("pending", Tongue::French) => "à confirmer",
        ("resolved", Tongue::French) => "terminée",
        (state, _) => state,
    }
}

pub(super) fn severity_word(severity: &str, tongue: Tongue) -> &str {
    match (severity, tongue) {
        ("low", Tongue::French) => "faible",
        ("normal", Tongue::French) => "normale",
        ("high", Tongue::French) => "élevée",
        ("critical", Tongue::French) => "critique",
        (severity, _) => severity,
    }
}

/// `count` is what is counted, as views name it.
fn counted(number: u32, count: &str, tongue: Tongue) -> String {
    match count {
        "mentions" => mentions(number.into(), tongue),
        _ => stories(number.into(), tongue),
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
    let tongue = style.tongue;
    let mut line = |name: &str, value: String| out.push_str(&format!("{name:<22}{value}\n"));
    let counts = |all: u32, told: u32, negative: u32, positive: Option<u32>| {
        let toned = |number: u32, english, french| {
            format!(", {}", told_count(number.into(), [english; 2], french, tongue))
        };
        let negative = toned(negative, "negative", ["négative", "négatives"]);
        let positive = positive.map(|positive| toned(positive, "positive", ["positive", "positives"]));
        let (all, told) = (mentions(all.into(), tongue), stories(told.into(), tongue));
        format!("{all}, {told}{negative}{}", positive.unwrap_or_default())
    };
    line(
        tongue.of("alert", "alerte"),
        format!("{} ({})", alert.id, state_word(alert.state.as_str(), tongue)),
    );
    line(
        tongue.of("window", "fenêtre"),
        format!("{} – {}", minute(seen.window.0, zone), minute(seen.window.1, zone)),
    );
    line(tongue.of("seen at", "vue le"), minute(alert.seen_at, zone));
    line(tongue.of("fired at", "déclenchée le"), minute_or_dash(alert.fired_at, zone));
    line(tongue.of("observed", "observé"), counted(seen.value, seen.count.as_str(), tongue));
    line(tongue.of("  of", "  sur"), counts(seen.mentions, seen.stories, seen.negative, seen.positive));
    line(
        tongue.of("  in", "  dans"),
        told_count(seen.sources.into(), ["source", "sources"], ["source", "sources"], tongue),
    );
    if let Some(then) = &view.alert.baseline {
        let now = view.recomputed.baseline.as_ref();
        for (english, french, number) in NUMBERS {
            let again = now.map_or_else(|| "–".to_owned(), |now| number(now, tongue));
            let then = number(then, tongue);
            line(
                tongue.of(english, french),
                format!("{then}   {} {again}", tongue.of("recomputed", "recalculé")),
            );
        }
        let again = &view.recomputed;
        let positive = seen.positive.map(|_| again.positive);
        line(
            tongue.of("counted again", "recompté"),
            counts(again.mentions, again.stories, again.negative, positive),
        );
    }
    for voice in &seen.voices {
        let again = view.recomputed.voices.iter().find(|again| again.first == voice.first.as_str());
        line(tongue.of("voice", "voix"), format!("{} ({})", voice.name, voice.first));
        let told = |sources: u32, carried: u32, before: Option<Timestamp>| {
            let sources = told_count(sources.into(), ["source", "sources"], ["source", "sources"], tongue);
            let before = minute_or_dash(before, zone);
            match tongue {
                Tongue::English => {
                    format!("{sources}; {carried} stories before went far; last heard {before}")
                }
                Tongue::French => {
                    format!(
                        "{sources} ; {carried} histoires d’avant reprises au loin ; entendue avant {before}"
                    )
                }
            }
        };
        line(tongue.of("  then", "  alors"), told(voice.sources, voice.carried, voice.before));
        let again = again.map_or("–".to_owned(), |again| told(again.sources, again.carried, again.before));
        line(tongue.of("  recomputed", "  recalculé"), again);
    }
    if let Some(series) = &view.series {
        let window_s = seen.window.1.as_second() - seen.window.0.as_second();
        let slots = usize::try_from(window_s / i64::from(series.step_s)).unwrap_or(1).max(1);
        let sum = |window: &[Option<f64>]| window.iter().flatten().sum::<f64>().round() as u32;
        let mut windows: Vec<u32> = series.values.rchunks_exact(slots).map(sum).collect();
        windows.truncate(style.width.saturating_sub(24));
        windows.reverse();
        let length = span(window_s as f64, tongue);
        let listened = days(series.values.len() as f64 * f64::from(series.step_s) / 86_400.0, tongue);
        let start = minute(series.start, zone);
        line(
            tongue.of("computed from", "calculé sur"),
            match tongue {
                Tongue::English => format!("{listened} since {start}; the last windows of {length} were"),
                Tongue::French => {
                    format!("{listened} depuis le {start} ; les dernières fenêtres de {length} :")
                }
            },
        );
        line("", sparkline(&windows));
    }
    line(tongue.of("rule", "règle"), format!("{}, configuration {}", alert.rule, alert.config_hash));
    let today = match &view.config_hash_today {
        Some(today) if *today == alert.config_hash => {
            tongue.of("the same in feeds.toml today", "la même dans feeds.toml aujourd’hui").to_owned()
        }
        Some(today) => format!(
            "{} {today}",
            tongue.of(
                "another in feeds.toml today: configuration",
                "une autre dans feeds.toml aujourd’hui : configuration"
            )
        ),
        None => tongue
            .of("no longer in feeds.toml for this brand", "n’est plus dans feeds.toml pour cette marque")
            .to_owned(),
    };
    line("", today);
    for text in view.rule_text.lines() {
        line("", text.to_owned());
    }
    if view.equal {
        out.push_str(tongue.of("\nrecomputed: equal\n", "\nrecalculé : pareil\n"));
    } else {
        out.push_str(tongue.of("\nrecomputed: different\n", "\nrecalculé : autrement\n"));
        for difference in &view.differences {
            out.push_str(&wrapped(&clean(&difference.say(tongue)), 2, style.width));
        }
    }
    out
}

type Number = fn(&BaselineView, Tongue) -> String;

const NUMBERS: [(&str, &str, Number); 6] = [
    ("usual", "d’habitude", |b, tongue| decimal(format!("{:.2}", b.expected), tongue)),
    ("alarms from", "alerte à partir de", |b, _| b.threshold.to_string()),
    ("chance of so many", "probabilité d’autant", |b, tongue| decimal(format!("{:.2e}", b.p), tongue)),
    ("chance allowed", "probabilité admise", |b, tongue| decimal(format!("{:.2e}", b.p_budget), tongue)),
    ("variance ÷ mean", "variance ÷ moyenne", |b, tongue| decimal(format!("{:.2}", b.dispersion), tongue)),
    ("listened to for", "écoutée pendant", |b, tongue| days(b.days, tongue)),
];

fn days(days: f64, tongue: Tongue) -> String {
    told_count(days.round() as u64, ["day", "days"], ["jour", "jours"], tongue)
}
