//! Stack Exchange: new questions of one of its sites, all or under tags, as a feed.

use std::time::Duration;

use super::{About, Ask, HALF_HOUR, Key, MINUTE, Standing, address, base};
use crate::model::Preset;

pub(super) const ABOUT: About = About {
    hears: "questions on Stack Overflow or a sister site, all or under tags",
    keys: &[
        Key { name: "tag", example: "acme-api" },
        Key { name: "host", example: "bicycles.stackexchange.com" },
    ],
    needs: &[],
    standing: Standing::Open,
    notice: None,
    limits: "the newest 30 questions; no answers, no comments",
    back: None,
    every: HALF_HOUR,
    least: MINUTE,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let base = base(preset, "https://stackoverflow.com");
    if preset.tags.is_empty() {
        return vec![Ask::newest("questions", format!("{base}/feeds"))];
    }
    let ask = |tag: &String| {
        let query = [("tagnames", tag.as_str()), ("sort", "newest")];
        Ask::newest(tag, address(base, "/feeds/tag", &query))
    };
    preset.tags.iter().map(ask).collect()
}
