//! DEV (dev.to): articles under a tag or of a person, as feeds.

use std::time::Duration;

use super::{About, Ask, HOST, HOUR, Key, MINUTE, Standing, base, step, tag_feeds};
use crate::model::Preset;

pub(super) const ABOUT: About = About {
    hears: "articles on DEV by tag or person",
    keys: &[Key { name: "tag", example: "rust" }, Key { name: "account", example: "acme" }, HOST],
    needs: &[&["tag", "account"]],
    standing: Standing::Open,
    notice: None,
    limits: "the newest 12 articles; no comments",
    back: None,
    every: HOUR,
    least: MINUTE,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let base = base(preset, "https://dev.to");
    let tags = tag_feeds(base, &preset.tags);
    let accounts = preset.accounts.iter().map(|account| {
        let name = account.trim_start_matches('@');
        Ask::newest(format!("@{name}"), format!("{base}/feed/{}", step(name)))
    });
    tags.into_iter().chain(accounts).collect()
}
