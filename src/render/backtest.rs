//! Replays of the past as text.

use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::terminal::{BOLD, DIM, clean, cut, paint, wrapped};
use super::{Style, decimal, mentions, minute, told_count};
use crate::model::Tongue;
use crate::views::backtest::{BacktestView, RaisedView, SettingView, TuneView};
use crate::views::compare::IntervalView;

pub fn text(view: &BacktestView, zone: &TimeZone, style: Style) -> String {
    let tongue = style.tongue;
    let mut out = String::new();
    for raised in &view.alerts {
        out.push_str(&raised_text(raised, zone, style));
        out.push('\n');
    }
    out.push_str(&format!(
        "{} – {}, {}{} {}\n\n",
        minute(view.since, zone),
        minute(view.until, zone),
        weeks(view.weeks, tongue),
        tongue.of(":", " :"),
        alerts(view.alerts.len() as u64, tongue)
    ));
    let columns = [
        (tongue.of("rule", "règle"), Align::Left),
        (tongue.of("brand", "marque"), Align::Left),
        (tongue.of("alerts", "alertes"), Align::Right),
        (tongue.of("a week (95 %)", "par semaine (95 %)"), Align::Left),
        ("budget", Align::Right),
        (tongue.of("true", "vraies"), Align::Right),
        (tongue.of("false", "fausses"), Align::Right),
        (tongue.of("false at most", "fausses au plus"), Align::Left),
    ];
    let rows: Vec<Vec<String>> = view
        .rules
        .iter()
        .map(|rule| {
            vec![
                rule.rule.clone(),
                rule.brand.clone(),
                rule.alerts.to_string(),
                rule.per_week.as_ref().map_or_else(
                    || tongue.of("cannot judge yet", "ne peut pas encore juger").to_owned(),
                    |rate| per_week(rate, tongue),
                ),
                rule.budget_per_week
                    .map_or_else(|| "–".to_owned(), |budget| decimal(format!("{budget:.2}"), tongue)),
                rule.called_true.to_string(),
                rule.called_false.to_string(),
                rule.false_at_most.map_or_else(String::new, |most| {
                    decimal(format!("{most:.2} {}", tongue.of("a week", "par semaine")), tongue)
                }),
            ]
        })
        .collect();
    out.push_str(&table(&columns, &rows, style));
    out.push_str("\n\n");
    for line in known(view, style.width, tongue) {
        out.push_str(&paint(&line, DIM, style));
        out.push('\n');
    }
    out
}

/// How much of the past is what came in then, and what the columns mean.
fn known(view: &BacktestView, width: usize, tongue: Tongue) -> Vec<String> {
    let BacktestView { mentions: all, reconstructed, .. } = view;
    let counted = mentions(*all, tongue);
    let known = match (*all, *reconstructed, tongue) {
        (0, _, Tongue::English) => "No mention came in within this time.".to_owned(),
        (0, _, Tongue::French) => "Aucune mention n’est arrivée dans cette période.".to_owned(),
        (_, 0, Tongue::English) => {
            format!("{counted}, each replayed at the time at which it came in: so it was said live.")
        }
        (_, 0, Tongue::French) => {
            format!("{counted}, chacune rejouée au moment où elle est arrivée : comme en direct.")
        }
        (_, reconstructed, Tongue::English) => format!(
            "{counted}, {reconstructed} ({}) reconstructed: back-fill, imports and what was heard days late count as \
             heard as late as its source usually is. Of the others it was said live.",
            share(reconstructed, *all, tongue)
        ),
        (_, reconstructed, Tongue::French) => format!(
            "{counted}, dont {reconstructed} ({}) reconstituées : le rattrapage, les imports et ce qui a été entendu \
             des jours plus tard comptent avec le retard habituel de leur source. Le reste est rejoué comme en direct.",
            share(reconstructed, *all, tongue)
        ),
    };
    let columns = tongue.of(
        "true, false: as you acknowledged them; false at most: were all false but those called true.",
        "vraies, fausses : selon vos accusés de réception ; fausses au plus : si toutes l’étaient sauf celles dites vraies.",
    );
    [known.as_str(), columns].iter().flat_map(|text| lines(text, width)).collect()
}

/// Lines no wider than `width`.
fn lines(text: &str, width: usize) -> Vec<String> {
    wrapped(text, 0, width).lines().map(str::to_owned).collect()
}

fn alerts(count: u64, tongue: Tongue) -> String {
    told_count(count, ["alert", "alerts"], ["alerte", "alertes"], tongue)
}

fn share(part: u64, whole: u64, tongue: Tongue) -> String {
    match (part * 1_000 / whole.max(1)) as f64 / 10.0 {
        percent if percent < 0.1 => tongue.of("less than 0.1 %", "moins de 0,1 %").to_owned(),
        percent if percent >= 10.0 => format!("{percent:.0} %"),
        percent => decimal(format!("{percent:.1} %"), tongue),
    }
}

fn raised_text(raised: &RaisedView, zone: &TimeZone, style: Style) -> String {
    let (alert, tongue) = (&raised.alert, style.tongue);
    let called = match &alert.acknowledged {
        Some(ack) if ack.false_alarm => {
            tongue.of(" · you called it a false alarm", " · une fausse alerte, selon vous")
        }
        Some(_) => tongue.of(" · acknowledged", " · prise en charge"),
        None => "",
    };
    let fired = minute(alert.fired_at.unwrap_or(alert.since), zone);
    let [from, to] = alert.observed.window;
    let over = alert.until.map_or_else(
        || tongue.of("still firing at the end", "toujours en cours à la fin").to_owned(),
        |until| format!("{} {}", tongue.of("over at", "terminée le"), minute(until, zone)),
    );
    let reason = paint(&clean(&alert.reason), BOLD, style);
    // A pattern is as strong at one time as at another.
    let strongest = match &alert.baseline {
        Some(_) => {
            let strongest = tongue.of("strongest", "au plus fort");
            format!("{strongest} {} – {} · ", minute(from, zone), clock(to, from, zone))
        }
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
    let tongue = style.tongue;
    let mut out = format!(
        "{} {}, {} – {}, {} {}\n",
        paint(&view.rule, BOLD, style),
        tongue.of("on its past", "sur son passé"),
        minute(view.since, zone),
        minute(view.until, zone),
        weeks(view.weeks, tongue),
        tongue.of("of one brand in which it could judge", "d’une marque où elle pouvait juger"),
    );
    let acknowledged = view.called_true + view.called_false > 0;
    let called = match (view.called_true, view.called_false) {
        (0, 0) => tongue
            .of(
                "No alert of it was acknowledged: `vigie alerts ack ID`, with `--false` for a false alarm, tells \
                 which were worth it.",
                "Aucune de ses alertes n’a été prise en charge : `vigie alerts ack ID`, avec `--false` pour une \
                 fausse alerte, dit lesquelles valaient la peine.",
            )
            .to_owned(),
        (yes, no) => format!(
            "{} {}, {} {}",
            tongue.of("acknowledged as true:", "prises en charge comme vraies :"),
            alerts(yes.into(), tongue),
            tongue.of("as false:", "comme fausses :"),
            alerts(no.into(), tongue)
        ),
    };
    out.push_str(&format!("{}\n", wrapped(&called, 0, style.width)));
    for (settings, name, shown) in [
        (&view.budgets, "budget", (|s: &SettingView| s.budget.clone()) as fn(&SettingView) -> String),
        (&view.minima, "min", |s: &SettingView| s.min.to_string()),
    ] {
        let mut columns = vec![
            (name, Align::Left),
            ("", Align::Left),
            (tongue.of("alerts", "alertes"), Align::Right),
            (tongue.of("a week (95 %)", "par semaine (95 %)"), Align::Left),
            (tongue.of("of today’s", "de celles d’aujourd’hui"), Align::Right),
            (tongue.of("told later by", "dites plus tard de"), Align::Left),
        ];
        if acknowledged {
            columns.extend([
                (tongue.of("called true", "dites vraies"), Align::Right),
                (tongue.of("called false", "dites fausses"), Align::Right),
            ]);
        }
        let all_today = settings.iter().find(|setting| setting.today).map_or(0, |setting| setting.alerts);
        let of = tongue.of("of", "sur");
        let row = |setting: &SettingView| {
            let mut row = vec![
                shown(setting),
                if setting.today { tongue.of("today", "aujourd’hui") } else { "" }.to_owned(),
                setting.alerts.to_string(),
                setting.per_week.as_ref().map_or_else(|| "–".to_owned(), |rate| per_week(rate, tongue)),
                format!("{} {of} {all_today}", setting.raised_today_caught),
                setting.delay_s.map_or_else(|| "–".to_owned(), |late_s| delay(late_s, tongue)),
            ];
            if acknowledged {
                row.push(format!("{} {of} {}", setting.true_caught, view.called_true));
                row.push(format!("{} {of} {}", setting.false_raised, view.called_false));
            }
            row
        };
        let rows: Vec<Vec<String>> = settings.iter().map(row).collect();
        out.push_str(&table(&columns, &rows, style));
        out.push_str("\n\n");
    }
    let columns = tongue.of(
        "a week: for each brand. of today’s: of the incidents that it raises as it is set today, those it catches \
         still, and how much later the middle one of them is told.",
        "par semaine : pour chaque marque. de celles d’aujourd’hui : parmi les incidents qu’elle signale avec son \
         réglage d’aujourd’hui, ceux qu’elle voit encore, et le retard médian avec lequel ils sont dits.",
    );
    for line in lines(columns, style.width) {
        out.push_str(&paint(&line, DIM, style));
        out.push('\n');
    }
    out
}

fn per_week(rate: &IntervalView, tongue: Tongue) -> String {
    // In one piece.
    decimal(format!("{:.2}\u{a0}({:.2}–{:.2})", rate.value, rate.low, rate.high), tongue)
}

fn weeks(weeks: f64, tongue: Tongue) -> String {
    let number = if weeks < 10.0 { decimal(format!("{weeks:.1}"), tongue) } else { format!("{weeks:.0}") };
    format!("{number} {}", tongue.of("weeks", if weeks < 2.0 { "semaine" } else { "semaines" }))
}

fn delay(seconds: i64, tongue: Tongue) -> String {
    let minutes = seconds / 60;
    let sign = if minutes < 0 { "−" } else { "" };
    match minutes.abs() {
        minutes if minutes < 120 => format!("{sign}{minutes} min"),
        minutes => decimal(format!("{sign}{:.1} h", minutes as f64 / 60.0), tongue),
    }
}
