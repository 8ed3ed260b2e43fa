//! A round of polling as text.

use jiff::tz::TimeZone;

use super::search::mention;
use super::table::{Align, table};
use super::terminal::{BOLD, clean, cut, paint, wrapped};
use super::{Style, minute};
use crate::views::round::{RoundView, SourceRound};

/// `enabled`: how many sources are polled at all.
pub fn text(view: &RoundView, enabled: usize, zone: &TimeZone, style: Style) -> String {
    if view.sources.is_empty() {
        let nothing = match enabled {
            0 => NO_SOURCE.to_owned(),
            _ => {
                let next = view.next_due.map(|due| format!(": the next one at {}", minute(due, zone)));
                let next = next.unwrap_or_default();
                format!("no source is due yet{next};\n`vigie poll --all` polls them all now\n")
            }
        };
        return nothing + &firing(view, style);
    }
    let mut out = sources(view, style);
    out.push_str("\n\n");
    out.push_str(&brands(view, style));
    out.push('\n');
    if view.brands.iter().all(|b| b.mentions == 0) {
        out.push_str(NOTHING_HEARD);
    }
    for hit in &view.newest {
        out.push('\n');
        out.push_str(&mention(hit, false, zone, style));
    }
    match view.judged_from {
        Some(from) if view.too_early => out.push_str(&format!(
            "\nSpikes can be judged from {}: until then there is too little past to know what is usual.\n",
            minute(from, zone)
        )),
        _ => {}
    }
    out + &firing(view, style)
}

fn firing(view: &RoundView, style: Style) -> String {
    let told = view.firing.iter().map(|alert| {
        let name = view.brands.iter().find(|b| b.brand == alert.brand).map_or(&alert.brand, |b| &b.name);
        let what = paint(&clean(&format!("FIRING {}: {name}", alert.rule)), BOLD, style);
        let reason = wrapped(&clean(&alert.reason), 2, style.width);
        format!("\n{what}\n{reason}  vigie alerts show {}\n", alert.id)
    });
    told.collect()
}

const NO_SOURCE: &str = "\
no source is polled: feeds.toml has no [[source]] that is enabled
  add one, such as           [[source]]
                             id = \"news\"
                             url = \"https://news.example/feed.xml\"
  or begin with live ones    vigie init DIR --brand NAME
";

const NOTHING_HEARD: &str = "
Nothing that names your brands was heard yet. What to try:
  vigie sources test ID    shows what a source holds and whom it names
  more aliases             spellings, handles and hashtags people use (feeds.toml, [[brand]])
  more sources             feeds of your trade's press, blogs and forums (feeds.toml, [[source]])
  vigie run                keeps listening: most feeds hold only the last hours
";

fn sources(view: &RoundView, style: Style) -> String {
    let columns = [
        ("source", Align::Left),
        ("", Align::Left),
        ("entries", Align::Right),
        ("new mentions", Align::Right),
        ("note", Align::Left),
    ];
    // A row for each of hundreds of sources in which nothing has changed would bury the others.
    let is_plain =
        |source: &&SourceRound| source.outcome == "unchanged" && (source.note.is_none() || source.silent);
    let plain = view.sources.iter().filter(is_plain).count();
    let silent = view.sources.iter().filter(is_plain).filter(|source| source.silent).count();
    let is_shown = |source: &&SourceRound| plain <= MOST_UNCHANGED || !is_plain(source);
    let rows: Vec<Vec<String>> = view
        .sources
        .iter()
        .filter(is_shown)
        .map(|source| {
            let first = source.backfill.then(|| "first heard: back-fill".to_owned());
            let revised = (source.revised > 0).then(|| format!("{} edited", source.revised));
            let said = [first, revised, source.note.as_deref().map(|note| cut(note, 160))];
            vec![
                source.source.clone(),
                source.outcome.to_owned(),
                source.entries.to_string(),
                source.new_mentions.to_string(),
                said.into_iter().flatten().collect::<Vec<_>>().join("; "),
            ]
        })
        .collect();
    let mut text = if rows.is_empty() { String::new() } else { table(&columns, &rows, style) };
    if plain > MOST_UNCHANGED {
        let also = if rows.is_empty() { "" } else { "\n\nand " };
        text.push_str(&format!("{also}{plain} sources unchanged since their last poll"));
        if silent > 0 {
            text.push_str(&format!(
                ", {silent} of them silent for longer than is usual (vigie sources health)"
            ));
        }
    }
    text
}

/// So many sources without news have rows of their own.
const MOST_UNCHANGED: usize = 20;

fn brands(view: &RoundView, style: Style) -> String {
    let columns = [
        ("brand", Align::Left),
        ("new mentions", Align::Right),
        ("in all", Align::Right),
        ("stories", Align::Right),
    ];
    let rows: Vec<Vec<String>> = view
        .brands
        .iter()
        .map(|brand| {
            vec![
                brand.name.clone(),
                brand.new_mentions.to_string(),
                brand.mentions.to_string(),
                brand.stories.to_string(),
            ]
        })
        .collect();
    table(&columns, &rows, style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_source_it_says_what_to_do_and_when_none_is_due_when_one_will_be() {
        let view = RoundView {
            sources: Vec::new(),
            brands: Vec::new(),
            newest: Vec::new(),
            judged_from: None,
            too_early: false,
            firing: Vec::new(),
            next_due: Some("2026-03-02T08:15:00Z".parse().unwrap()),
        };
        let style = Style { colour: false, width: 80 };
        assert!(text(&view, 0, &TimeZone::UTC, style).contains("[[source]]"));
        let waiting = text(&view, 2, &TimeZone::UTC, style);
        assert!(waiting.starts_with("no source is due yet: the next one at 2026-03-02 08:15;"), "{waiting}");
    }

    #[test]
    fn many_sources_without_news_are_told_in_a_line() {
        let told = |unchanged: usize| {
            let quiet = |at: usize| {
                let note = (at < 2).then(|| "nothing new since 2026-01-01".to_owned());
                let silent = note.is_some();
                SourceRound { silent, ..SourceRound::without_document(&format!("s{at}"), "unchanged", note) }
            };
            let mut rounds: Vec<SourceRound> = (0..unchanged).map(quiet).collect();
            rounds.push(SourceRound::without_document("bad", "failed", Some("broken: why".to_owned())));
            let view = RoundView {
                sources: rounds,
                brands: Vec::new(),
                newest: Vec::new(),
                judged_from: None,
                too_early: false,
                firing: Vec::new(),
                next_due: None,
            };
            sources(&view, Style { colour: false, width: 80 })
        };
        assert_eq!(told(MOST_UNCHANGED).lines().count(), MOST_UNCHANGED + 2);
        let many = told(MOST_UNCHANGED + 1);
        assert!(many.contains("broken: why") && !many.contains("s1 "), "{many}");
        let told =
            "and 21 sources unchanged since their last poll, 2 of them silent for longer than is usual";
        assert!(many.contains(&format!("\n\n{told}")), "{many}");
    }
}
