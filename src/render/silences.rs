//! Silences as text.

use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::terminal::{clean, wrapped};
use super::{Style, minute};
use crate::views::silences::{SilenceList, SilenceView};

pub fn list(view: &SilenceList, zone: &TimeZone, style: Style) -> String {
    if view.silences.is_empty() {
        return "no silences\n".into();
    }
    let columns = [
        ("silence", Align::Right),
        ("until", Align::Left),
        ("rule", Align::Left),
        ("brand", Align::Left),
        ("by", Align::Left),
        ("comment", Align::Left),
    ];
    let rows = view.silences.iter().map(|silence| {
        let until = minute(silence.until, zone);
        vec![
            silence.id.to_string(),
            if silence.lasts { until } else { format!("over {until}") },
            silence.rule.clone().unwrap_or_else(|| "all".to_owned()),
            silence.brand.clone().unwrap_or_else(|| "all".to_owned()),
            silence.by.clone(),
            silence.comment.clone(),
        ]
    });
    table(&columns, &rows.collect::<Vec<_>>(), style)
}

/// What it mutes and until when, or that it is over.
pub fn sentence(silence: &SilenceView, zone: &TimeZone, style: Style) -> String {
    let id = silence.id;
    let text = if silence.lasts {
        let rule = silence.rule.as_ref().map_or("all rules".to_owned(), |rule| format!("rule `{rule}`"));
        let brand = silence.brand.as_ref().map_or("all brands".to_owned(), |brand| format!("`{brand}`"));
        format!(
            "silence {id} until {}: notices of {rule} for {brand} are not told. Rules look on; \
             `vigie alerts silence end {id}` ends it.",
            minute(silence.until, zone)
        )
    } else {
        format!("silence {id} is over; what it muted is told if it still fires.")
    };
    wrapped(&clean(&text), 0, style.width)
}
