//! The comparison as text.

use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::terminal::{clean, cut, sparkline};
use super::{Style, counted, minute};
use crate::views::compare::{BrandView, ComparisonView, CountView, IntervalView};

/// Columns before a brand's details.
const MARGIN: usize = 11;

/// Stories below which a share says little.
const FEW: u64 = 30;

pub fn text(view: &ComparisonView, zone: &TimeZone, style: Style) -> String {
    let of = view.query.as_ref().map(|q| format!(" · query {q}")).unwrap_or_default();
    let mut out = format!(
        "{} – {}{of} · shares of {}\n\n",
        minute(view.since, zone),
        minute(view.until, zone),
        view.count
    );
    let columns = [
        ("brand", Align::Left),
        ("mentions", Align::Right),
        ("stories", Align::Right),
        ("share", Align::Right),
        ("change", Align::Right),
        ("net tone", Align::Right),
    ];
    let rows: Vec<Vec<String>> = view.brands.iter().map(row).collect();
    out.push_str(&table(&columns, &rows, style));
    out.push_str("\n\n");
    for brand in view.brands.iter().filter(|b| b.mentions > 0) {
        out.push_str(&details(brand, view, zone, style));
    }
    out.push_str("\n* your own. change: of the share, against as long before; ! more than chance, ~ not.\n");
    if view.brands.iter().any(|b| b.stories < FEW) {
        out.push_str(&format!("Fewer than {FEW} stories say little: read the intervals.\n"));
    }
    out
}

fn row(brand: &BrandView) -> Vec<String> {
    let own = if brand.role == "own" { "*" } else { "" };
    vec![
        format!("{}{own}", brand.name),
        brand.mentions.to_string(),
        brand.stories.to_string(),
        brand.share.map_or_else(dash, percent),
        brand.change.map_or_else(dash, |c| {
            let mark = if c.significant { "!" } else { "~" };
            format!("{:+.0} pt {mark}", c.value * 100.0)
        }),
        brand.sentiment.net.map_or_else(dash, |net| format!("{net:+.2}")),
    ]
}

fn dash() -> String {
    "–".into()
}

fn percent(share: IntervalView) -> String {
    format!("{:.0} % ({:.0}–{:.0})", share.value * 100.0, share.low * 100.0, share.high * 100.0)
}

/// The last `days` days of the window, days without mentions included.
fn stories_per_day(brand: &BrandView, view: &ComparisonView, days: usize) -> Vec<u32> {
    const DAY_S: i64 = 86_400;
    let mut values = vec![0; days];
    for day in &brand.days {
        let ago = (view.until.as_second() - day.day.as_second()) / DAY_S;
        if let Some(place) = usize::try_from(ago).ok().and_then(|ago| days.checked_sub(ago + 1)) {
            values[place] += u32::try_from(day.stories).unwrap_or(u32::MAX);
        }
    }
    values
}

fn details(brand: &BrandView, view: &ComparisonView, zone: &TimeZone, style: Style) -> String {
    let width = style.width.saturating_sub(MARGIN);
    let list = |counts: &[CountView]| {
        let shown = counts.iter().map(|c| format!("{} {}", c.value, c.mentions));
        shown.collect::<Vec<_>>().join(", ")
    };
    let tones = brand.sentiment;
    let window_days = (view.until.as_second() - view.since.as_second()).div_euclid(86_400) + 1;
    let days = usize::try_from(window_days).unwrap_or(0).min(width);
    let mut lines = vec![
        (
            "tone",
            format!("{} negative, {} neutral, {} positive", tones.negative, tones.neutral, tones.positive),
        ),
        ("per day", sparkline(&stories_per_day(brand, view, days))),
    ];
    if let Some(peak) = brand.peak {
        let day = peak.at.to_zoned(zone.clone()).date();
        lines.push(("peak", {
            let stories = counted(peak.stories, "story", "stories");
            format!("{day}: {stories}, {}", counted(peak.mentions, "mention", "mentions"))
        }));
    }
    lines.push(("sources", list(&brand.sources)));
    lines.push(("authors", list(&brand.authors)));
    lines.push(("themes", brand.themes.join(", ")));
    let mut out = format!("{}\n", clean(&brand.name));
    for (name, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
        out.push_str(&format!("  {name:<9}{}\n", cut(&clean(&text), width)));
    }
    out
}
