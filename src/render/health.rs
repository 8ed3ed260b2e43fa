//! Sources and their health as text.

use jiff::tz::TimeZone;

use super::causes::{cause, state};
use super::table::{Align, table};
use super::terminal::{clean, cut};
use super::{Style, minute_or_dash, told_count};
use crate::model::Tongue;
use crate::views::health::{HealthView, SourceTest, TestAnswer};

pub fn list(view: &HealthView, style: Style) -> String {
    let columns = [
        ("source", Align::Left),
        (style.say("state", "état"), Align::Left),
        ("mentions", Align::Right),
        ("tags", Align::Left),
        (style.say("address", "adresse"), Align::Left),
    ];
    let rows: Vec<Vec<String>> = view
        .sources
        .iter()
        .map(|s| {
            let mentions = s.mentions.to_string();
            let state = state(s.state, style.tongue).to_owned();
            vec![s.source.clone(), state, mentions, s.tags.join(", "), s.url.clone()]
        })
        .collect();
    table(&columns, &rows, style)
}

pub fn health(view: &HealthView, zone: &TimeZone, style: Style) -> String {
    let columns = [
        ("source", Align::Left),
        (style.say("state", "état"), Align::Left),
        (style.say("last good", "entendue le"), Align::Left),
        (style.say("next poll", "prochaine écoute"), Align::Left),
        ("note", Align::Left),
    ];
    let rows: Vec<Vec<String>> = view
        .sources
        .iter()
        .map(|s| {
            let failures = match s.failures {
                0 | 1 => String::new(),
                times => format!("{times}× {} ", style.say("in a row:", "de suite :")),
            };
            let note = |note: &str| format!("{failures}{}", cut(&cause(note, style.tongue), 200));
            vec![
                s.source.clone(),
                state(s.state, style.tongue).to_owned(),
                minute_or_dash(s.last_good, zone),
                minute_or_dash(s.next_poll, zone),
                s.note.as_deref().map_or_else(String::new, note),
            ]
        })
        .collect();
    table(&columns, &rows, style)
}

pub fn test(view: &SourceTest, zone: &TimeZone, style: Style) -> String {
    let tongue = style.tongue;
    let mut out = format!(
        "{}{} {} {}\n",
        view.source,
        tongue.of(":", " :"),
        told_count(view.bytes as u64, ["byte from", "bytes from"], ["octet de", "octets de"], tongue),
        clean(&view.url)
    );
    if let Some(answer) = view.answer.as_ref().filter(|_| view.is_feed) {
        out.push_str(&told(answer, zone, tongue));
    }
    for request in &view.requests {
        let outcome = match (&request.failed, request.days) {
            (Some(why), _) => cause(why, tongue).into_owned(),
            (None, 0) => entries(request.entries, tongue),
            (None, days) => told_count(
                days as u64,
                ["day of attention", "days of attention"],
                ["jour d’attention", "jours d’attention"],
                tongue,
            ),
        };
        let colon = tongue.of(":", " :");
        out.push_str(&format!(
            "  {}{colon} {}\n    {}\n",
            clean(&request.request),
            clean(&outcome),
            clean(&request.url)
        ));
    }
    for problem in &view.problems {
        out.push_str(&format!("  {}\n", clean(&cause(problem, tongue))));
    }
    if view.is_feed {
        let named = told_count(
            view.mentions.len() as u64,
            ["names a brand", "name a brand"],
            ["nomme une marque", "nomment une marque"],
            tongue,
        );
        out.push_str(&format!("{}, {named}\n", entries(view.entries, tongue)));
    }
    for mention in view.mentions.iter().take(10) {
        let title = clean(mention.title.as_deref().unwrap_or(&mention.text)).into_owned();
        out.push_str(&format!(
            "  {}  {}  {}\n",
            minute_or_dash(mention.published, zone),
            mention.brands.join(", "),
            cut(&title, style.width.saturating_sub(30)),
        ));
    }
    out
}

pub(super) fn entries(count: usize, tongue: Tongue) -> String {
    told_count(count as u64, ["entry", "entries"], ["entrée", "entrées"], tongue)
}

fn told(answer: &TestAnswer, zone: &TimeZone, tongue: Tongue) -> String {
    let known_by = match (answer.etag, answer.last_modified) {
        (true, true) => tongue.of("its ETag and Last-Modified", "son ETag et Last-Modified"),
        (true, false) => tongue.of("its ETag", "son ETag"),
        (false, true) => tongue.of("its Last-Modified", "son Last-Modified"),
        (false, false) => {
            tongue.of("nothing; it is sent whole each time", "rien ; il est envoyé en entier chaque fois")
        }
    };
    let rhythm = answer.usual_pause_s.map_or(String::new(), |s| match tongue {
        Tongue::English => format!(", seldom more than {} apart", about(s, tongue)),
        Tongue::French => format!(", rarement plus de {} entre deux", about(s, tongue)),
    });
    let newest = minute_or_dash(answer.newest_entry, zone);
    let fact = |english: &str, french: &str, fact: &str| format!("{} {fact}", tongue.of(english, french));
    let lines = [
        answer.content_type.as_ref().map(|kind| fact("sent as:", "envoyé comme :", kind)),
        answer.moved_to.as_ref().map(|to| fact("moved for good to:", "a déménagé pour de bon à :", to)),
        Some(fact("unchanged documents are known by:", "un document inchangé se reconnaît à :", known_by)),
        answer
            .wished_interval_s
            .map(|s| fact("asks for a pause of:", "demande une pause de :", &about(s, tongue))),
        Some(fact("newest entry:", "entrée la plus récente :", &format!("{newest}{rhythm}"))),
    ];
    lines.iter().flatten().map(|line| format!("  {}\n", clean(line))).collect()
}

/// In the largest unit that is not coarser than it.
fn about(seconds: u64, tongue: Tongue) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} {}", seconds / 86_400, tongue.of("d", "j")),
    }
}
