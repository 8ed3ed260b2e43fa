//! Feeds that were found, and sources that were added.

use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::terminal::clean;
use super::{Style, counted, minute_or_dash};
use crate::views::discovery::{AdditionView, DiscoveryView, Found};

pub fn discovery(view: &DiscoveryView, zone: &TimeZone, style: Style) -> String {
    let how = match view.found {
        Found::Itself => "This is a feed:",
        Found::ByRule => "The feed of this place:",
        Found::Advertised => "The page offers:",
        Found::Guessed => "The page offers no feed, but there is one where feeds often lie:",
    };
    let rows: Vec<Vec<String>> = (1..)
        .zip(&view.feeds)
        .map(|(number, feed)| {
            vec![
                format!("{number}"),
                feed.entries.to_string(),
                minute_or_dash(feed.newest, zone),
                format!("{}\n{}", feed.title.as_deref().unwrap_or("(no title)"), feed.url),
            ]
        })
        .collect();
    let columns =
        [("", Align::Right), ("entries", Align::Right), ("newest", Align::Left), ("feed", Align::Left)];
    format!("{how}\n\n{}\n", table(&columns, &rows, style))
}

/// `file` is what was written to.
pub fn addition(view: &AdditionView, file: &str) -> String {
    let mut lines = Vec::new();
    for added in &view.added {
        let tags =
            if added.tags.is_empty() { String::new() } else { format!("  [{}]", added.tags.join(", ")) };
        lines.push(format!("{}  {}{tags}", added.source, added.url));
    }
    for known in &view.known {
        lines.push(format!("{}  {}  (known already)", known.source, known.url));
    }
    let added = counted(view.added.len(), "source", "sources");
    let mut last = format!("{added} added to {file}");
    if !view.known.is_empty() {
        last += &format!(", {} known already", view.known.len());
    }
    if !view.rejected.is_empty() {
        last += &format!(", {} rejected", view.rejected.len());
    }
    lines.push(last);
    lines.iter().map(|line| clean(line).into_owned() + "\n").collect()
}
