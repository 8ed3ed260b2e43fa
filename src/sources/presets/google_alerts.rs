//! Google Alerts: the feeds a person has made of their alerts; links lead to the articles, not through Google.

use std::time::Duration;

use super::{About, Answer, Ask, HALF_HOUR, HOST, Key, MINUTE, Standing, Unfit, base, behind, step};
use crate::model::Preset;
use crate::sources::{Document, Limits};

pub(super) const ABOUT: About = About {
    hears: "what your own Google Alerts find, delivered to a feed",
    keys: &[Key { name: "account", example: "01234567890123456789/9876543210" }, HOST],
    needs: &[&["account"]],
    standing: Standing::Open,
    notice: Some(
        "make the alerts yourself (google.com/alerts, deliver to: RSS feed) and give the end of the feed's address",
    ),
    limits: "what Google chooses to tell, the newest 20",
    back: None,
    every: HALF_HOUR,
    least: MINUTE,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

const FEEDS: &str = "/alerts/feeds/";

/// `uid/id`, as the end of the feed's address or all of it.
fn feed(account: &str) -> Option<String> {
    let path = account.split_once(FEEDS).map_or(account, |(_, rest)| rest);
    let (user, alert) = path.trim_end_matches('/').split_once('/')?;
    let good = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
    (good(user) && good(alert)).then(|| format!("{}/{}", step(user), step(alert)))
}

pub(super) fn check(preset: &Preset) -> Result<(), Unfit> {
    match preset.accounts.iter().find(|account| feed(account).is_none()) {
        Some(account) => Err((
            "account",
            format!("`{account}` is no alert; write the two numbers its feed's address ends in: `0123/4567`"),
        )),
        None => Ok(()),
    }
}

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let base = base(preset, "https://www.google.com");
    let feeds = preset.accounts.iter().filter_map(|account| feed(account));
    // The first number is the person's: only the alert's own is shown.
    let ask = |feed: String| {
        let alert = feed.rsplit('/').next().unwrap_or_default().to_owned();
        Ask::newest(format!("alert {alert}"), format!("{base}{FEEDS}{feed}"))
    };
    feeds.map(ask).collect()
}

pub(super) fn parse(document: Document<'_>, limits: &Limits) -> Answer {
    let mut parsed = crate::sources::parse(document, limits);
    for entry in &mut parsed.entries {
        entry.link = entry.link.take().map(|link| behind(&link, "/url").unwrap_or(link));
    }
    parsed.into()
}
