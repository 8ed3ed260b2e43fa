//! The known places, and attention, as text.

use super::Style;
use super::table::{Align, table};
use super::terminal::clean;
use crate::views::presets::{AttentionView, PresetView, PresetsView};

pub fn list(view: &PresetsView, style: Style) -> String {
    let columns = [
        ("kind", Align::Left),
        ("state", Align::Left),
        ("keys", Align::Left),
        ("what it hears", Align::Left),
    ];
    let rows: Vec<Vec<String>> = view
        .presets
        .iter()
        .map(|p| vec![p.kind.into(), p.state.into(), keys(p).join(" "), p.hears.into()])
        .collect();
    let words =
        "a|b: one of them; [a]: may be left out\n`vigie sources presets KIND`: limits, terms, an example";
    format!("{}\n\n{words}", table(&columns, &rows, style))
}

/// `tag|account [host]`: what is needed, then what may be left out.
fn keys(preset: &PresetView) -> Vec<String> {
    let needed = |key: &str| preset.needs.iter().any(|group| group.contains(&key));
    let groups = preset.needs.iter().map(|group| group.join("|"));
    let others = preset.keys.iter().filter(|key| !needed(key.key)).map(|key| format!("[{}]", key.key));
    groups.chain(others).collect()
}

/// One place, with a block to copy.
pub fn one(preset: &PresetView, style: Style) -> String {
    let mut facts = vec![
        ("hears", preset.hears.to_owned()),
        ("state", preset.state.to_owned()),
        ("limits", preset.limits.to_owned()),
        ("asked", asked(preset)),
        ("checked", format!("against what was publicly known in {}", preset.checked)),
    ];
    if let Some(notice) = preset.notice {
        facts.insert(2, ("notice", notice.to_owned()));
    }
    let rows: Vec<Vec<String>> = facts.into_iter().map(|(name, fact)| vec![name.to_owned(), fact]).collect();
    let facts = table(&[(preset.kind, Align::Left), ("", Align::Left)], &rows, style);
    format!("{facts}\n\n{}", block(preset))
}

/// How often: `every 30m, unless …`. A stream is opened and stays so.
pub fn asked(preset: &PresetView) -> String {
    let every = match (preset.every_s / 3600, preset.every_s % 3600 / 60) {
        (0, 0) => return "once; the connection stays open".to_owned(),
        (0, minutes) => format!("{minutes}m"),
        (hours, _) => format!("{hours}h"),
    };
    format!("every {every}, unless `every` says otherwise")
}

/// What to write into feeds.toml; what may be left out is commented out.
pub fn block(preset: &PresetView) -> String {
    let mut block = format!("[[source]]\nid = \"{0}\"\nkind = \"{0}\"\n", preset.kind);
    for key in &preset.keys {
        let first = preset.needs.iter().any(|group| group.first() == Some(&key.key));
        let mark = if first { "" } else { "# " };
        block.push_str(&format!("{mark}{} = \"{}\"\n", key.key, key.example));
    }
    block
}

pub fn attention(view: &AttentionView, style: Style) -> String {
    if view.articles.is_empty() {
        return format!(
            "no article was counted since {}; a source of kind `wikipedia` counts them\n",
            view.since
        );
    }
    let columns = [
        ("article", Align::Left),
        ("latest day", Align::Left),
        ("views", Align::Right),
        ("usual", Align::Right),
        ("days", Align::Right),
    ];
    let rows: Vec<Vec<String>> = view
        .articles
        .iter()
        .filter_map(|article| {
            let latest = article.days.last()?;
            Some(vec![
                clean(&article.article).into_owned(),
                latest.day.to_string(),
                latest.views.to_string(),
                article.usual.map_or_else(|| "–".to_owned(), |usual| usual.to_string()),
                article.days.len().to_string(),
            ])
        })
        .collect();
    table(&columns, &rows, style)
}
