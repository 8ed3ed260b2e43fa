//! Feeds that were found, and sources that were added.

use jiff::tz::TimeZone;

use super::terminal::clean;
use super::{counted, minute_or_dash};
use crate::views::discovery::{AdditionView, DiscoveryView, Found};

/// Each address stands whole in a line of its own, to be copied.
pub fn discovery(view: &DiscoveryView, zone: &TimeZone) -> String {
    let how = match view.found {
        Found::Itself => "This is a feed:",
        Found::ByRule => "The feed of this place:",
        Found::Advertised => "The page offers:",
        Found::Guessed => "The page offers no feed, but there is one where feeds often lie:",
    };
    let mut out = format!("{how}\n");
    for (number, feed) in (1..).zip(&view.feeds) {
        let title = clean(feed.title.as_deref().unwrap_or("(no title)"));
        let (entries, newest) =
            (counted(feed.entries, "entry", "entries"), minute_or_dash(feed.newest, zone));
        out +=
            &format!("\n{number:>3}  {title}\n     {}\n     {entries}, newest {newest}\n", clean(&feed.url));
    }
    out
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
