//! Reddit's search as a feed: one request for all names, since hardly more is answered.

use std::time::Duration;

use super::{About, Ask, HOST, Key, MINUTE, SEARCH, Standing, address, any_of, base, step, terms};
use crate::model::Preset;

pub(super) const ABOUT: About = About {
    hears: "posts on Reddit that a search finds, or all new ones of communities",
    keys: &[
        SEARCH,
        Key { name: "community", example: "velo" },
        Key { name: "token_env", example: "REDDIT_FEED_TOKEN" },
        HOST,
    ],
    needs: &[&["search", "community"]],
    standing: Standing::Degraded,
    notice: Some(
        "since June 2026 Reddit answers strangers about once a minute; with the `feed=…&user=…` of your own \
         feeds (reddit.com/prefs/feeds) in the environment variable that `token_env` names it answers you",
    ),
    limits: "one search for all names, no comments, no scores; at most each 15 minutes, after a failure an hour later",
    back: None,
    every: MINUTE.saturating_mul(30),
    least: MINUTE.saturating_mul(15),
    // Reddit's refusals last for an hour.
    after_failure: MINUTE.saturating_mul(61),
    pause: Duration::ZERO,
    checked: "2026-11",
};

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let base = base(preset, "https://www.reddit.com");
    let communities = preset.communities.iter().map(|name| name.trim_start_matches("r/"));
    let communities: Vec<String> = communities.map(step).collect();
    let communities = communities.join("+");
    let search = any_of(&terms(preset));
    let (key, url) = match (search.is_empty(), communities.is_empty()) {
        (true, true) => return Vec::new(),
        (true, false) => (format!("r/{communities}"), format!("{base}/r/{communities}/new.rss")),
        (false, true) => {
            ("search".to_owned(), address(base, "/search.rss", &[("q", &search), ("sort", "new")]))
        }
        (false, false) => {
            let query = [("q", &*search), ("restrict_sr", "1"), ("sort", "new")];
            (
                format!("r/{communities} search"),
                address(base, &format!("/r/{communities}/search.rss"), &query),
            )
        }
    };
    vec![Ask { with_token: preset.token_env.is_some(), ..Ask::newest(key, url) }]
}
