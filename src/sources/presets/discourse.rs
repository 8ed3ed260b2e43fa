//! Discourse forums: the newest posts, replies included, or the topics under a tag or in a category.

use std::time::Duration;

use super::{About, Ask, HALF_HOUR, Key, MINUTE, Standing, base, step};
use crate::model::Preset;

pub(super) const ABOUT: About = About {
    hears: "posts and replies of a Discourse forum, or its topics by tag or category",
    keys: &[
        Key { name: "host", example: "forum.example" },
        Key { name: "tag", example: "acme" },
        Key { name: "community", example: "support/6" },
    ],
    needs: &[&["host"]],
    standing: Standing::Open,
    notice: None,
    limits: "the newest 50 posts or 30 topics; a forum may want a login (then: blocked)",
    back: None,
    every: HALF_HOUR,
    least: MINUTE,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let base = base(preset, "");
    let tags = preset
        .tags
        .iter()
        .map(|tag| Ask::newest(format!("tag {tag}"), format!("{base}/tag/{}.rss", step(tag))));
    let categories = preset.communities.iter().map(|name| {
        let steps: Vec<String> = name.split('/').map(step).collect();
        Ask::newest(format!("category {name}"), format!("{base}/c/{}.rss", steps.join("/")))
    });
    let mut asks: Vec<Ask> = tags.chain(categories).collect();
    if asks.is_empty() {
        asks.push(Ask::newest("posts", format!("{base}/posts.rss")));
    }
    asks
}
