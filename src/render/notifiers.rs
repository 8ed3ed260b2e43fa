//! Notifiers as text.

use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::terminal::clean;
use super::{Style, minute, minute_or_dash};
use crate::model::Tongue;
use crate::views::notifiers::{NotifierView, NotifiersView};

pub fn text(view: &NotifiersView, zone: &TimeZone, style: Style) -> String {
    if view.notifiers.is_empty() {
        let none = style.say(
            "no notifiers; alerts are shown by `vigie poll` and `vigie run` only\n",
            "personne à prévenir ; seuls `vigie poll` et `vigie run` montrent les alertes\n",
        );
        return none.to_owned();
    }
    let columns = [
        ("notifier", Align::Left),
        (style.say("kind", "genre"), Align::Left),
        (style.say("state", "état"), Align::Left),
        (style.say("last told", "prévenu le"), Align::Left),
        (style.say("waiting", "en attente"), Align::Right),
        (style.say("given up", "abandonnés"), Align::Right),
        (style.say("told by", "prévenu par"), Align::Left),
    ];
    let row = |n: &NotifierView| {
        vec![
            n.id.clone(),
            n.format.map_or_else(|| n.kind.to_owned(), |format| format!("{} ({format})", n.kind)),
            state(n.state, style.tongue).to_owned(),
            minute_or_dash(n.told, zone),
            n.waiting.to_string(),
            n.given_up.to_string(),
            [n.rules.as_slice(), n.digests.as_slice()].concat().join(", "),
        ]
    };
    let rows: Vec<Vec<String>> = view.notifiers.iter().map(row).collect();
    let mut out = format!("{}\n", table(&columns, &rows, style).trim_end());
    for notifier in &view.notifiers {
        for remark in remarks(notifier, zone) {
            out.push_str(&format!("{}: {}\n", notifier.id, clean(&remark)));
        }
    }
    out
}

fn state(state: &str, tongue: Tongue) -> &str {
    match (state, tongue) {
        ("new", Tongue::French) => "nouveau",
        ("failing", Tongue::French) => "en échec",
        (state, _) => state,
    }
}

/// What a person may want to mend, or to know.
fn remarks(n: &NotifierView, zone: &TimeZone) -> Vec<String> {
    let mut remarks = Vec::new();
    if let (Some(note), Some(failed)) = (&n.note, n.failed) {
        let again = n.waits_until.map(|until| format!("; tried again at {}", minute(until, zone)));
        let times = if n.failures > 1 { format!(", {} times in a row", n.failures) } else { String::new() };
        remarks.push(format!("{note} ({}{times}{})", minute(failed, zone), again.unwrap_or_default()));
    }
    if let Some(since) = n.waiting_since {
        let held = n.quiet_until.map(|until| format!(", held in quiet hours until {}", minute(until, zone)));
        remarks.push(format!("what waits does so since {}{}", minute(since, zone), held.unwrap_or_default()));
    }
    if n.given_up > 0 {
        let at = n.given_up_at.map(|at| format!(", the latest at {}", minute(at, zone))).unwrap_or_default();
        let why = n.given_up_note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        remarks.push(format!("{} given up{at}{why}; the alerts themselves are kept", n.given_up));
    }
    remarks
}
