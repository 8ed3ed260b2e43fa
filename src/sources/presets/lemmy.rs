//! Lemmy: new posts of a community, or of a whole server, as a feed.

use std::time::Duration;

use super::{About, Ask, HALF_HOUR, Key, MINUTE, Standing, base, step};
use crate::model::Preset;

pub(super) const ABOUT: About = About {
    hears: "posts of Lemmy communities, of an account, or of a whole server",
    keys: &[
        Key { name: "host", example: "lemmy.world" },
        Key { name: "community", example: "technology" },
        Key { name: "account", example: "acme" },
    ],
    needs: &[&["host"]],
    standing: Standing::Open,
    notice: None,
    limits: "a feed of the newest posts; no comments",
    back: None,
    every: HALF_HOUR,
    least: MINUTE,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let base = base(preset, "https://lemmy.world");
    let feed = |kind: &str, name: &String| {
        let path = format!("{kind}/{}", name.trim_start_matches('!').trim_start_matches('@'));
        let steps: Vec<String> = path.split('/').map(step).collect();
        Ask::newest(path, format!("{base}/feeds/{}.xml?sort=New", steps.join("/")))
    };
    let communities = preset.communities.iter().map(|name| feed("c", name));
    let mut asks: Vec<Ask> = communities.chain(preset.accounts.iter().map(|name| feed("u", name))).collect();
    if asks.is_empty() {
        asks.push(Ask::newest("local", format!("{base}/feeds/local.xml?sort=New")));
    }
    asks
}
