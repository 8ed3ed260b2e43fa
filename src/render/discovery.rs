//! Feeds that were found, and sources that were added.

use jiff::tz::TimeZone;

use super::health::entries;
use super::terminal::clean;
use super::{minute_or_dash, told_count};
use crate::model::Tongue;
use crate::views::discovery::{AdditionView, DiscoveryView, Found};

/// Each address stands whole in a line of its own, to be copied.
pub fn discovery(view: &DiscoveryView, zone: &TimeZone, tongue: Tongue) -> String {
    let how = match view.found {
        Found::Itself => tongue.of("This is a feed:", "C’est un flux :"),
        Found::ByRule => tongue.of("The feed of this place:", "Le flux de ce lieu :"),
        Found::Advertised => tongue.of("The page offers:", "La page propose :"),
        Found::Guessed => tongue.of(
            "The page offers no feed, but there is one where feeds often lie:",
            "La page ne propose aucun flux, mais il y en a un là où ils se trouvent souvent :",
        ),
    };
    let mut out = format!("{how}\n");
    for (number, feed) in (1..).zip(&view.feeds) {
        let title = clean(feed.title.as_deref().unwrap_or(tongue.of("(no title)", "(sans titre)")));
        let entries = entries(feed.entries, tongue);
        let newest =
            format!("{} {}", tongue.of("newest", "la plus récente le"), minute_or_dash(feed.newest, zone));
        out += &format!("\n{number:>3}  {title}\n     {}\n     {entries}, {newest}\n", clean(&feed.url));
    }
    out
}

/// `file` is what was written to.
pub fn addition(view: &AdditionView, file: &str, tongue: Tongue) -> String {
    let known_already = tongue.of("known already", "déjà connue");
    let mut lines = Vec::new();
    for added in &view.added {
        let tags =
            if added.tags.is_empty() { String::new() } else { format!("  [{}]", added.tags.join(", ")) };
        lines.push(format!("{}  {}{tags}", added.source, added.url));
    }
    for known in &view.known {
        lines.push(format!("{}  {}  ({known_already})", known.source, known.url));
    }
    let added = told_count(
        view.added.len() as u64,
        ["source added to", "sources added to"],
        ["source ajoutée à", "sources ajoutées à"],
        tongue,
    );
    let mut last = format!("{added} {file}");
    if !view.known.is_empty() {
        let known =
            told_count(view.known.len() as u64, [known_already; 2], [known_already, "déjà connues"], tongue);
        last += &format!(", {known}");
    }
    if !view.rejected.is_empty() {
        let rejected =
            told_count(view.rejected.len() as u64, ["rejected"; 2], ["refusée", "refusées"], tongue);
        last += &format!(", {rejected}");
    }
    lines.push(last);
    if let [added] = view.added.as_slice() {
        let hear = tongue.of("hears it now", "l’écoute tout de suite");
        lines.push(format!("vigie poll --source {}   {hear}", added.source));
    }
    lines.iter().map(|line| clean(line).into_owned() + "\n").collect()
}
