//! Replays of the past as text.

use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::terminal::{BOLD, DIM, clean, cut, paint};
use super::{Style, counted, minute};
use crate::views::backtest::{BacktestView, RaisedView, SettingView, TuneView};
use crate::views::compare::IntervalView;

pub fn text(view: &BacktestView, zone: &TimeZone, style: Style) -> String {
    let mut out = String::new();
    for raised in &view.alerts {
        out.push_str(&raised_text(raised, zone, style));
        out.push('\n');
    }
    out.push_str(&format!(
        "{} – {}, {}: {}\n\n",
        minute(view.since, zone),
        minute(view.until, zone),
        weeks(view.weeks),
        counted(view.alerts.len(), "alert", "alerts")
    ));
    let columns = [
        ("rule", Align::Left),
        ("brand", Align::Left),
        ("alerts", Align::Right),
        ("a week (95 %)", Align::Left),
        ("budget", Align::Right),
        ("true", Align::Right),
        ("false", Align::Right),
        ("false at most", Align::Left),
    ];
    let rows: Vec<Vec<String>> = view
        .rules
        .iter()
        .map(|rule| {
            vec![
                rule.rule.clone(),
                rule.brand.clone(),
                rule.alerts.to_string(),
                rule.per_week.as_ref().map_or_else(|| "cannot judge yet".to_owned(), per_week),
                rule.budget_per_week.map_or_else(|| "–".to_owned(), |budget| format!("{budget:.2}")),
                rule.called_true.to_string(),
                rule.called_false.to_string(),
                rule.false_at_most.map_or_else(String::new, |most| format!("{most:.2} a week")),
            ]
        })
        .collect();
    out.push_str(&table(&columns, &rows, style));
    out.push_str("\n\n");
    for line in known(view) {
        out.push_str(&paint(&line, DIM, style));
        out.push('\n');
    }
    out
}

/// How much of the past is what came in then, and what the columns mean.
fn known(view: &BacktestView) -> Vec<String> {
    let BacktestView { mentions, reconstructed, .. } = view;
    let all = counted(*mentions, "mention", "mentions");
    let mut lines = match (*mentions, *reconstructed) {
        (0, _) => vec!["No mention came in within this time.".to_owned()],
        (_, 0) => vec![format!("{all}, each replayed at the time at which it came in: so it was said live.")],
        (_, reconstructed) => vec![
            format!("{all}, {reconstructed} ({}) reconstructed: back-fill, imports and what was", share(reconstructed, *mentions)),
            "heard days late count as heard as late as its source usually is. Of the others it was said live.".to_owned(),
        ],
    };
    lines.push(
        "true, false: as you acknowledged them; false at most: were all false but those called true."
            .to_owned(),
    );
    lines
}

fn share(part: u64, whole: u64) -> String {
    match (part * 1_000 / whole.max(1)) as f64 / 10.0 {
        percent if percent < 0.1 => "less than 0.1 %".to_owned(),
        percent if percent >= 10.0 => format!("{percent:.0} %"),
        percent => format!("{percent:.1} %"),
    }
}

fn raised_text(raised: &RaisedView, zone: &TimeZone, style: Style) -> String {
    let alert = &raised.alert;
    let called = match &alert.acknowledged {
        Some(ack) if ack.false_alarm => " · you called it a false alarm",
        Some(_) => " · acknowledged",
        None => "",
    };
    let fired = minute(alert.fired_at.unwrap_or(alert.since), zone);
    let [from, to] = alert.observed.window;
    let over = alert.until.map_or_else(
        || "still firing at the end".to_owned(),
        |until| format!("over at {}", minute(until, zone)),
    );
    let reason = paint(&clean(&alert.reason), BOLD, style);
    // A pattern is as strong at one time as at another.
    let strongest = match &alert.baseline {
        Some(_) => format!("strongest {} – {} · ", minute(from, zone), clock(to, from, zone)),
        None => String::new(),
    };
    let mut out =
        format!("{fired}  {} · {}{called}\n  {reason}\n  {strongest}{over}\n", alert.rule, alert.brand);
    if let Some(mention) = &raised.to_read {
        let title = mention.title.as_deref().unwrap_or(&mention.excerpt);
        let width = style.width.saturating_sub(4 + mention.source.chars().count());
        out.push_str(&format!("  {}: {}\n", mention.source, cut(&clean(title), width)));
        if let Some(link) = &mention.link {
            out.push_str(&format!("  {}\n", paint(&clean(link), DIM, style)));
        }
    }
    out
}

/// A time on the same day needs no date.
fn clock(time: jiff::Timestamp, beside: jiff::Timestamp, zone: &TimeZone) -> String {
    let (whole, other) = (minute(time, zone), minute(beside, zone));
    match whole.split_once(' ').zip(other.split_once(' ')) {
        Some(((day, clock), (other, _))) if day == other => clock.to_owned(),
        _ => whole,
    }
}

pub fn tune(view: &TuneView, zone: &TimeZone, style: Style) -> String {
    let mut out = format!(
        "{} on its past, {} – {}, {} of one brand in which it could judge\n",
        paint(&view.rule, BOLD, style),
        minute(view.since, zone),
        minute(view.until, zone),
        weeks(view.weeks),
    );
    let acknowledged = view.called_true + view.called_false > 0;
    let called = match (view.called_true, view.called_false) {
        (0, 0) => {
            "No alert of it was acknowledged: `vigie alerts ack ID`, with `--false` for a false alarm, tells \
                   which were worth it."
                .to_owned()
        }
        (yes, no) => format!(
            "acknowledged as true: {}, as false: {}",
            counted(yes, "alert", "alerts"),
            counted(no, "alert", "alerts")
        ),
    };
    out.push_str(&format!("{called}\n\n"));
    for (settings, name, shown) in [
        (&view.budgets, "budget", (|s: &SettingView| s.budget.clone()) as fn(&SettingView) -> String),
        (&view.minima, "min", |s: &SettingView| s.min.to_string()),
    ] {
        let mut columns = vec![
            (name, Align::Left),
            ("", Align::Left),
            ("alerts", Align::Right),
            ("a week (95 %)", Align::Left),
            ("of today’s", Align::Right),
            ("told later by", Align::Left),
        ];
        if acknowledged {
            columns.extend([("called true", Align::Right), ("called false", Align::Right)]);
        }
        let all_today = settings.iter().find(|setting| setting.today).map_or(0, |setting| setting.alerts);
        let row = |setting: &SettingView| {
            let mut row = vec![
                shown(setting),
                if setting.today { "today".to_owned() } else { String::new() },
                setting.alerts.to_string(),
                setting.per_week.as_ref().map_or_else(|| "–".to_owned(), per_week),
                format!("{} of {all_today}", setting.raised_today_caught),
                setting.delay_s.map_or_else(|| "–".to_owned(), delay),
            ];
            if acknowledged {
                row.push(format!("{} of {}", setting.true_caught, view.called_true));
                row.push(format!("{} of {}", setting.false_raised, view.called_false));
            }
            row
        };
        let rows: Vec<Vec<String>> = settings.iter().map(row).collect();
        out.push_str(&table(&columns, &rows, style));
        out.push_str("\n\n");
    }
    for line in [
        "a week: for each brand. of today’s: of the incidents that it raises as it is set today, those it catches still,",
        "and how much later the middle one of them is told.",
    ] {
        out.push_str(&paint(line, DIM, style));
        out.push('\n');
    }
    out
}

fn per_week(rate: &IntervalView) -> String {
    // In one piece.
    format!("{:.2}\u{a0}({:.2}–{:.2})", rate.value, rate.low, rate.high)
}

fn weeks(weeks: f64) -> String {
    if weeks < 10.0 { format!("{weeks:.1} weeks") } else { format!("{weeks:.0} weeks") }
}

fn delay(seconds: i64) -> String {
    let minutes = seconds / 60;
    let sign = if minutes < 0 { "−" } else { "" };
    match minutes.abs() {
        minutes if minutes < 120 => format!("{sign}{minutes} min"),
        minutes => format!("{sign}{:.1} h", minutes as f64 / 60.0),
    }
}
