//! Sources and their health as text.

use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::terminal::{clean, cut};
use super::{Style, counted, minute_or_dash};
use crate::views::health::{HealthView, SourceTest, TestAnswer};

pub fn list(view: &HealthView, style: Style) -> String {
    let columns = [
        ("source", Align::Left),
        ("state", Align::Left),
        ("mentions", Align::Right),
        ("tags", Align::Left),
        ("address", Align::Left),
    ];
    let rows: Vec<Vec<String>> = view
        .sources
        .iter()
        .map(|s| {
            let mentions = s.mentions.to_string();
            vec![s.source.clone(), s.state.into(), mentions, s.tags.join(", "), s.url.clone()]
        })
        .collect();
    table(&columns, &rows, style)
}

pub fn health(view: &HealthView, zone: &TimeZone, style: Style) -> String {
    let columns = [
        ("source", Align::Left),
        ("state", Align::Left),
        ("last good", Align::Left),
        ("next poll", Align::Left),
        ("note", Align::Left),
    ];
    let rows: Vec<Vec<String>> = view
        .sources
        .iter()
        .map(|s| {
            let failures =
                if s.failures > 1 { format!("{}× in a row: ", s.failures) } else { String::new() };
            vec![
                s.source.clone(),
                s.state.into(),
                minute_or_dash(s.last_good, zone),
                minute_or_dash(s.next_poll, zone),
                s.note.as_deref().map_or_else(String::new, |note| format!("{failures}{}", cut(note, 160))),
            ]
        })
        .collect();
    table(&columns, &rows, style)
}

pub fn test(view: &SourceTest, zone: &TimeZone, style: Style) -> String {
    let mut out = format!("{}: {} bytes from {}\n", view.source, view.bytes, clean(&view.url));
    if let Some(answer) = view.answer.as_ref().filter(|_| view.is_feed) {
        out.push_str(&told(answer, zone));
    }
    for request in &view.requests {
        let outcome = match (&request.failed, request.days) {
            (Some(why), _) => why.clone(),
            (None, 0) => counted(request.entries, "entry", "entries"),
            (None, days) => counted(days, "day of attention", "days of attention"),
        };
        out.push_str(&format!(
            "  {}: {}\n    {}\n",
            clean(&request.request),
            clean(&outcome),
            clean(&request.url)
        ));
    }
    for problem in &view.problems {
        out.push_str(&format!("  {}\n", clean(problem)));
    }
    if view.is_feed {
        let (entries, named) = (counted(view.entries, "entry", "entries"), view.mentions.len());
        let name = if named == 1 { "names" } else { "name" };
        out.push_str(&format!("{entries}, {named} {name} a brand\n"));
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

fn told(answer: &TestAnswer, zone: &TimeZone) -> String {
    let known_by = match (answer.etag, answer.last_modified) {
        (true, true) => "its ETag and Last-Modified",
        (true, false) => "its ETag",
        (false, true) => "its Last-Modified",
        (false, false) => "nothing; it is sent whole each time",
    };
    let rhythm =
        answer.usual_pause_s.map_or(String::new(), |s| format!(", seldom more than {} apart", about(s)));
    let newest = minute_or_dash(answer.newest_entry, zone);
    let lines = [
        answer.content_type.as_ref().map(|kind| format!("sent as: {kind}")),
        answer.moved_to.as_ref().map(|to| format!("moved for good to: {to}")),
        Some(format!("unchanged documents are known by: {known_by}")),
        answer.wished_interval_s.map(|s| format!("asks for a pause of: {}", about(s))),
        Some(format!("newest entry: {newest}{rhythm}")),
    ];
    lines.iter().flatten().map(|line| format!("  {}\n", clean(line))).collect()
}

/// In the largest unit that is not coarser than it.
fn about(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}
