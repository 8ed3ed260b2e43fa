//! Medium: stories under a tag, of a person or of a publication, as feeds.

use std::time::Duration;

use super::{About, Ask, HOST, HOUR, Key, MINUTE, Standing, base, step, tag_feeds};
use crate::model::Preset;

pub(super) const ABOUT: About = About {
    hears: "stories on Medium by tag, person or publication",
    keys: &[Key { name: "tag", example: "cycling" }, Key { name: "account", example: "@acme" }, HOST],
    needs: &[&["tag", "account"]],
    standing: Standing::Degraded,
    notice: Some("Medium refuses some readers (403); what it answers is taken"),
    limits: "the newest 10 stories, members' stories in part",
    back: None,
    every: HOUR,
    least: MINUTE,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let base = base(preset, "https://medium.com");
    let tags = tag_feeds(base, &preset.tags);
    let accounts =
        preset.accounts.iter().map(|account| Ask::newest(account, format!("{base}/feed/{}", step(account))));
    tags.into_iter().chain(accounts).collect()
}
