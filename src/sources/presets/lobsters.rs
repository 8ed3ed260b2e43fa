//! Lobsters: new stories, all or under tags, as a feed.

use std::time::Duration;

use super::{About, Ask, HOST, HOUR, Key, MINUTE, Standing, base, step};
use crate::model::Preset;

pub(super) const ABOUT: About = About {
    hears: "stories on Lobsters, all or under tags",
    keys: &[Key { name: "tag", example: "rust, privacy" }, HOST],
    needs: &[],
    standing: Standing::Open,
    notice: None,
    limits: "the newest 25 stories; no comments",
    back: None,
    every: HOUR,
    least: MINUTE,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let base = base(preset, "https://lobste.rs");
    if preset.tags.is_empty() {
        return vec![Ask::newest("stories", format!("{base}/rss"))];
    }
    let tags = preset.tags.join(",");
    let url = format!("{base}/t/{}.rss", step(&tags));
    vec![Ask::newest(tags, url)]
}
