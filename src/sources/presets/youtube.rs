//! YouTube: the videos of a channel or playlist, as a feed that is often missing and comes back.

use std::time::Duration;

use std::collections::BTreeMap;

use super::{About, Answer, Ask, HOST, HOUR, Key, MINUTE, Standing, Unfit, address, base};
use crate::model::{Format, Preset};
use crate::sources::{Document, Limits, decode};

pub(super) const ABOUT: About = About {
    hears: "videos of YouTube channels and playlists: titles and descriptions",
    keys: &[Key { name: "account", example: "UCxxxxxxxxxxxxxxxxxxxxxx" }, HOST],
    needs: &[&["account"]],
    standing: Standing::Degraded,
    notice: Some(
        "from February to September 2026 these feeds answered 404 or 500 for days on end; they are asked again",
    ),
    limits: "the newest 15 videos; no comments",
    back: None,
    every: HOUR,
    least: MINUTE,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

pub(super) fn check(preset: &Preset) -> Result<(), Unfit> {
    match preset.accounts.iter().find(|account| parameter(account).is_none()) {
        Some(account) => Err((
            "account",
            format!(
                "`{account}` is no channel's number; write that of the channel (`UC…`) or of a playlist (`PL…`)"
            ),
        )),
        None => Ok(()),
    }
}

fn parameter(account: &str) -> Option<&'static str> {
    let id = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match account.get(..2)? {
        "UC" if account.len() == 24 && account.chars().all(id) => Some("channel_id"),
        "PL" | "UU" | "FL" | "OL" if account.chars().all(id) => Some("playlist_id"),
        _ => None,
    }
}

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let base = base(preset, "https://www.youtube.com");
    let ask = |account: &String| {
        let query = [(parameter(account)?, account.as_str())];
        Some(Ask::newest(account, address(base, "/feeds/videos.xml", &query)))
    };
    preset.accounts.iter().filter_map(ask).collect()
}

pub(super) fn parse(document: Document<'_>, limits: &Limits) -> Answer {
    let mut parsed = crate::sources::parse(document, limits);
    let mut counts = counts(&decode::decode(document.bytes, document.content_type).text);
    for entry in &mut parsed.entries {
        entry.format = Format::Video;
        entry.engagement = entry.guid.as_ref().and_then(|guid| counts.remove(guid)).unwrap_or_default();
    }
    parsed.into()
}

/// Views and likes by the ids of entries, which `media:community` tells of:
/// `<media:starRating count="12"/><media:statistics views="345"/>`.
fn counts(text: &str) -> BTreeMap<String, BTreeMap<String, u64>> {
    let mut all = BTreeMap::new();
    for entry in text.split("<entry>").skip(1) {
        let Some((_, rest)) = entry.split_once("<id>") else { continue };
        let Some((id, rest)) = rest.split_once("</id>") else { continue };
        let count = |element: &str, attribute: &str| {
            let (_, element) = rest.split_once(element)?;
            let (attributes, _) = element.split_once('>')?;
            let (_, value) = attributes.split_once(&format!("{attribute}=\""))?;
            value.split_once('"')?.0.parse::<u64>().ok()
        };
        let views = count("<media:statistics ", "views").map(|views| ("views".to_owned(), views));
        let likes = count("<media:starRating ", "count").map(|likes| ("likes".to_owned(), likes));
        all.insert(id.trim().to_owned(), views.into_iter().chain(likes).collect());
    }
    all
}
