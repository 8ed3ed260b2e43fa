//! Hits of a search as text.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::terminal::{DIM, GREEN, RED, clean, cut, marked, paint, wrapped};
use super::{Style, minute};
use crate::text::Span;
use crate::views::search::{MentionView, SearchView};

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
        0 => out.push_str("no mentions\n"),
        total if total > shown && shown > 0 => {
            out.push_str(&format!("{shown} of {total} mentions; --limit N or --all shows more\n"));
        }
        1 => out.push_str("1 mention\n"),
        total => out.push_str(&format!("{total} mentions\n")),
    }
    out
}

/// One mention in three lines at most, and a blank one's worth of facts first.
pub fn mention(hit: &MentionView, folded: bool, zone: &TimeZone, style: Style) -> String {
    let at = hit.published.as_ref().unwrap_or(&hit.observed);
    let at = at.parse::<Timestamp>().map_or_else(|_| at.clone(), |at| minute(at, zone));
    let mut facts = vec![at, hit.brand.clone(), hit.source.clone()];
    facts.extend(hit.author.as_ref().map(|a| cut(&clean(a), 40)));
    if let Some(sentiment) = &hit.sentiment {
        let colour = match sentiment.label {
            "negative" => RED,
            "positive" => GREEN,
            _ => DIM,
        };
        facts.push(paint(sentiment.label, colour, style));
    }
    if folded && hit.copies > 1 {
        facts.push(format!("{} copies", hit.copies));
    }
    if hit.own_voice {
        facts.push("own voice".into());
    }
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
