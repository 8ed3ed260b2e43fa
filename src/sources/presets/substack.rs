//! Substack: the posts of a publication, as a feed.

use std::time::Duration;

use super::{About, Ask, HOUR, Key, MINUTE, Standing, step};
use crate::model::Preset;

pub(super) const ABOUT: About = About {
    hears: "posts of Substack publications",
    keys: &[Key { name: "account", example: "acme" }, Key { name: "host", example: "letters.acme.example" }],
    needs: &[&["account", "host"]],
    standing: Standing::Degraded,
    notice: Some("Substack's gatekeeper refuses some servers (403); from a home it mostly answers"),
    limits: "the newest 20 posts, paid ones in part",
    back: None,
    every: HOUR,
    least: MINUTE,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

/// A publication is known by its name below substack.com, or by a domain of its own (`host`).
pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    if let Some(host) = &preset.host {
        return vec![Ask::newest("posts", format!("{host}/feed"))];
    }
    let ask = |name: &String| Ask::newest(name, format!("https://{}.substack.com/feed", step(name)));
    preset.accounts.iter().map(ask).collect()
}
