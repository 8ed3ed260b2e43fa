//! Bluesky: what an account posts,
//! <https://docs.bsky.app/docs/api/app-bsky-feed-get-author-feed>. Searching all of Bluesky wants a login.

use std::time::Duration;

use serde_json::Value;

use super::{About, Answer, Ask, HALF_HOUR, HOST, Key, MINUTE, Standing, address, base, json, step};
use crate::model::{Entry, Preset};
use crate::sources::{Document, Limits, Parsed, draft};

pub(super) const ABOUT: About = About {
    hears: "posts and replies of Bluesky accounts, as far back as they go",
    keys: &[Key { name: "account", example: "acme.bsky.social" }, HOST],
    needs: &[&["account"]],
    standing: Standing::Open,
    notice: None,
    limits: "an account's own posts only: search is for members; what others say comes by bluesky-jetstream",
    back: None,
    every: HALF_HOUR,
    least: MINUTE,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let base = base(preset, "https://public.api.bsky.app");
    let ask = |account: &String| {
        let actor = account.trim_start_matches('@');
        let query = [("actor", actor), ("limit", "30")];
        Ask::newest(format!("@{actor}"), address(base, "/xrpc/app.bsky.feed.getAuthorFeed", &query))
    };
    preset.accounts.iter().map(ask).collect()
}

/// `at` is the cursor the answer before it gave.
pub(super) fn older(newest: &str, at: &str) -> String {
    format!("{newest}&cursor={}", step(at))
}

pub(super) fn parse(document: Document<'_>, limits: &Limits) -> Result<Answer, Parsed> {
    let answer = json::read(document)?;
    let Some(feed) = answer["feed"].as_array() else { return Err(json::unexpected(&answer, "`feed`")) };
    // What the account only passes on is somebody else's.
    let own = feed.iter().filter(|item| item["reason"].is_null());
    let entries = own.filter_map(|item| entry(&item["post"], limits)).take(limits.entries).collect();
    let older = json::text(&answer, "cursor").map(str::to_owned).filter(|_| !feed.is_empty());
    Ok(Answer { parsed: Parsed { entries, ..Parsed::default() }, older, ..Answer::default() })
}

fn entry(post: &Value, limits: &Limits) -> Option<Entry> {
    // at://did:plc:…/app.bsky.feed.post/3k…
    let uri = json::text(post, "uri")?;
    let key = uri.rsplit('/').next()?;
    let author = json::text(&post["author"], "handle")?;
    let record = &post["record"];
    let languages = record["langs"].as_array().map_or(&[][..], Vec::as_slice);
    let only_language = match languages {
        [Value::String(language)] => draft::primary_subtag(language),
        _ => None,
    };
    Some(Entry {
        guid: Some(uri.to_owned()),
        link: Some(format!("https://bsky.app/profile/{}/post/{}", step(author), step(key))),
        content: json::plain(record, "text", limits),
        author: Some(format!("@{author}")),
        published: json::date(record, "createdAt"),
        language: only_language,
        format: json::bluesky_format(&record["embed"]),
        engagement: json::counts(
            post,
            &[
                ("likeCount", "likes"),
                ("repostCount", "reposts"),
                ("replyCount", "comments"),
                ("quoteCount", "quotes"),
            ],
        ),
        ..Entry::default()
    })
}
