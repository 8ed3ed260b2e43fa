//! The comparison as text.

use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::terminal::{clean, sparkline};
use super::{Style, minute};
use crate::views::compare::{BrandView, ComparisonView, IntervalView};

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
        ("− / 0 / +", Align::Right),
        ("per day", Align::Left),
    ];
    let longest = view.brands.iter().map(|b| b.days.len()).max().unwrap_or(0);
    let days = longest.min(style.width.saturating_sub(80).clamp(10, 31));
    let rows: Vec<Vec<String>> = view.brands.iter().map(|brand| row(brand, view, days)).collect();
    out.push_str(&table(&columns, &rows, style));
    out.push_str("\n\n");
    for brand in view.brands.iter().filter(|b| b.mentions > 0) {
        out.push_str(&details(brand, zone));
    }
    if view.brands.iter().any(|b| b.stories < FEW) {
        out.push_str(&format!("Fewer than {FEW} stories say little: read the intervals.\n"));
    }
    out
}

fn row(brand: &BrandView, view: &ComparisonView, days: usize) -> Vec<String> {
    let own = if brand.role == "own" { "*" } else { "" };
    let s = brand.sentiment;
    vec![
        format!("{}{own}", brand.name),
        brand.mentions.to_string(),
        brand.stories.to_string(),
        brand.share.map_or_else(dash, percent),
        brand.change.map_or_else(dash, |c| {
            let mark = if c.significant { "!" } else { "~" };
            format!("{:+.0} pt {mark}", c.value * 100.0)
        }),
        s.net.map_or_else(dash, |net| format!("{net:+.2}")),
        format!("{} / {} / {}", s.negative, s.neutral, s.positive),
        sparkline(&stories_per_day(brand, view, days)),
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

fn details(brand: &BrandView, zone: &TimeZone) -> String {
    let list = |counts: &[crate::views::compare::CountView]| {
        let shown = counts.iter().map(|c| format!("{} {}", clean(&c.value), c.mentions));
        shown.collect::<Vec<_>>().join(", ")
    };
    let mut out = format!("{}\n", brand.name);
    if let Some(peak) = brand.peak {
        let day = peak.at.to_zoned(zone.clone()).date();
        out.push_str(&format!("  peak     {day}: {} stories, {} mentions\n", peak.stories, peak.mentions));
    }
    out.push_str(&format!("  sources  {}\n", list(&brand.sources)));
    if !brand.authors.is_empty() {
        out.push_str(&format!("  authors  {}\n", list(&brand.authors)));
    }
    if !brand.themes.is_empty() {
        out.push_str(&format!("  themes   {}\n", clean(&brand.themes.join(", "))));
    }
    out
}
