//! Hits of a search as text.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;

use super::terminal::{DIM, GREEN, RED, clean, cut, marked, paint, sparkline, wrapped};
use super::{Style, mentions, minute};
use crate::model::Tongue;
use crate::query::NO_BRAND;
use crate::text::Span;
use crate::views::search::{FacetValue, HandledView, MentionView, PreviewView, SearchView};

/// Newest first; each hit is a line of facts, its title, and where the words stand.
pub fn text(view: &SearchView, folded: bool, zone: &TimeZone, style: Style) -> String {
    let mut out = String::new();
    for hit in &view.hits {
        out.push_str(&mention(hit, folded, zone, style));
        out.push('\n');
    }
    for facet in &view.facets {
        let values = facet.values.iter().map(|v| format!("{} {}", clean(&v.value), v.count));
        let line = format!("{}: {}", facet.facet, values.collect::<Vec<_>>().join(", "));
        out.push_str(&wrapped(&line, 0, style.width));
    }
    let shown = view.hits.len() as u64;
    match view.total {
        0 => out.push_str(style.say("no mentions\n", "aucune mention\n")),
        total if total > shown && shown > 0 => out.push_str(&match style.tongue {
            Tongue::English => format!("{shown} of {total} mentions; --limit N or --all shows more\n"),
            Tongue::French => {
                format!("{} sur {total} ; --limit N ou --all en montre plus\n", mentions(shown, style.tongue))
            }
        }),
        total => out.push_str(&format!("{}\n", mentions(total, style.tongue))),
    }
    out
}

/// Hits per day from the first to the last as a line that fits, each sign of it as many days; nothing for one day.
pub fn timeline(days: &[FacetValue], style: Style) -> String {
    let days: BTreeMap<Date, u64> =
        days.iter().filter_map(|day| Some((day.value.parse().ok()?, day.count))).collect();
    let (Some((&first, _)), Some((&last, _))) = (days.first_key_value(), days.last_key_value()) else {
        return String::new();
    };
    let number = |day: Date| usize::try_from(day.duration_since(first).as_hours() / 24).unwrap_or(0);
    let length = number(last) + 1;
    if length == 1 {
        return String::new();
    }
    // Beside it stand the first and the last day.
    let each = length.div_ceil(style.width.saturating_sub(24).max(1));
    let mut counts = vec![0_u32; length.div_ceil(each)];
    for (&day, &count) in &days {
        let sum = &mut counts[number(day) / each];
        *sum = sum.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
    }
    let unit = match each {
        1 => String::new(),
        each => format!(" ({each} {})", style.say("days a sign", "jours par signe")),
    };
    format!("{first} {} {last}{unit}\n", sparkline(&counts))
}

/// Weeks of a preview that are shown.
const WEEKS: usize = 26;

/// What a query finds week by week, then examples.
pub fn preview(view: &PreviewView, zone: &TimeZone, style: Style) -> String {
    let mut out = format!("{} {}\n", style.say("reads as:", "se lit :"), clean(&view.meaning));
    out.push_str(&format!("{}\n\n", mentions(view.total, style.tongue)));
    let weeks = filled(&view.weeks);
    if weeks.len() > WEEKS {
        let earlier: u64 = weeks[..weeks.len() - WEEKS].iter().map(|(_, count)| count).sum();
        out.push_str(&format!("{:<10}{earlier:>7}\n", style.say("earlier", "avant")));
    }
    let shown = &weeks[weeks.len().saturating_sub(WEEKS)..];
    let most = shown.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let room = style.width.saturating_sub(20).min(60) as u64;
    for (week, count) in shown {
        let bar = "▇".repeat((count * room).div_ceil(most) as usize);
        out.push_str(format!("{week}  {count:>7}  {bar}").trim_end());
        out.push('\n');
    }
    for example in &view.examples {
        out.push('\n');
        out.push_str(&mention(example, true, zone, style));
    }
    out
}

/// Weeks without hits are told too.
fn filled(weeks: &[FacetValue]) -> Vec<(String, u64)> {
    let monday = |label: &str| {
        let (year, week) = label.split_once("-W")?;
        let date = ISOWeekDate::new(year.parse().ok()?, week.parse().ok()?, Weekday::Monday).ok()?;
        Some(Date::from_iso_week_date(date))
    };
    let found: BTreeMap<Date, u64> =
        weeks.iter().filter_map(|week| Some((monday(&week.value)?, week.count))).collect();
    let (Some((&first, _)), Some((&last, _))) = (found.first_key_value(), found.last_key_value()) else {
        return Vec::new();
    };
    first
        .series(jiff::Span::new().weeks(1))
        .take_while(|week| *week <= last)
        .map(|week| (week.strftime("%G-W%V").to_string(), found.get(&week).copied().unwrap_or(0)))
        .collect()
}

/// All of a mention, and what was done with it.
pub fn handled(view: &HandledView, zone: &TimeZone, style: Style) -> String {
    let whole = MentionView { excerpt: String::new(), spans: Vec::new(), ..view.mention.clone() };
    let mut out = mention(&whole, true, zone, style);
    for paragraph in view.text.lines() {
        out.push_str(&wrapped(&clean(paragraph), 2, style.width));
    }
    out.push_str(&format!("{} {}\n", style.say("status:", "statut :"), view.mention.status));
    if !view.mention.tags.is_empty() {
        let tags = clean(&view.mention.tags.join(", ")).into_owned();
        out.push_str(&format!("tags{} {tags}\n", style.say(":", " :")));
    }
    for handling in &view.handled {
        let at = handling.at.parse::<Timestamp>().map_or_else(|_| handling.at.clone(), |at| minute(at, zone));
        let who = handling.who.as_deref().map(|who| format!(" · {}", clean(who))).unwrap_or_default();
        let line = format!("{at}{who} · {}: {}", handling.what, clean(&handling.value));
        out.push_str(&wrapped(&line, 0, style.width));
    }
    out
}

/// As many digits of an id as tell a million mentions apart.
const DIGITS: usize = 10;

/// One mention in three lines at most, and a blank one's worth of facts first.
pub fn mention(hit: &MentionView, folded: bool, zone: &TimeZone, style: Style) -> String {
    let at = hit.published.as_ref().unwrap_or(&hit.observed);
    let at = at.parse::<Timestamp>().map_or_else(|_| at.clone(), |at| minute(at, zone));
    let brand = match hit.brand.as_str() {
        NO_BRAND => style.say("no brand", "aucune marque").to_owned(),
        brand => brand.to_owned(),
    };
    let mut facts = vec![at, brand, hit.source.clone()];
    facts.extend(hit.author.as_ref().map(|a| cut(&clean(a), 40)));
    if let Some(sentiment) = &hit.sentiment {
        let (word, colour) = match sentiment.label {
            "negative" => (style.say("negative", "négative"), RED),
            "positive" => (style.say("positive", "positive"), GREEN),
            _ => (style.say("neutral", "neutre"), DIM),
        };
        facts.push(paint(word, colour, style));
    }
    if folded && hit.copies > 1 {
        facts.push(format!("{} copies", hit.copies));
    }
    if hit.own_voice {
        facts.push(style.say("own voice", "voix de la marque").into());
    }
    facts.extend((hit.status != "new").then(|| hit.status.to_owned()));
    facts.extend(hit.tags.iter().map(|tag| format!("#{}", clean(tag))));
    facts.push(paint(hit.id.get(..2 + DIGITS).unwrap_or(&hit.id), DIM, style));
    let mut out = format!("{}\n", facts.join(" · "));
    // A post has none.
    if let Some(title) = &hit.title {
        out.push_str(&format!("  {}\n", cut(&clean(title), style.width.saturating_sub(2))));
    }
    if !hit.excerpt.is_empty() {
        let spans: Vec<Span> =
            hit.spans.iter().map(|[start, end]| Span { start: *start, end: *end }).collect();
        out.push_str(&wrapped(&marked(&hit.excerpt, &spans, style), 2, style.width));
    }
    if let Some(link) = &hit.link {
        out.push_str(&format!("  {}\n", paint(&clean(link), DIM, style)));
    }
    out
}
