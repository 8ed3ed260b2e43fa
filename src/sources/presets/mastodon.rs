//! Mastodon: posts under a hashtag as one server sees them, and what an account posts.
//!
//! Tags by the API (<https://docs.joinmastodon.org/methods/timelines/#tag>), which counts likes and reaches
//! back; accounts by their feed, since the API wants an account's number.

use std::time::Duration;

use serde_json::Value;

use super::{About, Answer, Ask, HALF_HOUR, HOUR, Key, MINUTE, Standing, Unfit, address, json, step};
use crate::model::{Entry, Format, Preset};
use crate::sources::{Document, Limits, Parsed, draft};
use crate::text::url::resolve;

pub(super) const ABOUT: About = About {
    hears: "posts under hashtags, as one Mastodon server sees them; posts of accounts",
    keys: &[
        Key { name: "tag", example: "{brand}" },
        Key { name: "account", example: "acme@mastodon.social" },
        Key { name: "host", example: "piaille.fr" },
    ],
    needs: &[&["tag", "account"]],
    standing: Standing::Open,
    notice: None,
    limits: "tags are read 90 days back; 300 requests in 5 minutes; since 4.5 a server may show hashtags to its members only (then: blocked)",
    back: Some(HOUR.saturating_mul(24 * 90)),
    every: HALF_HOUR,
    least: MINUTE,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

const USUAL_HOST: &str = "https://mastodon.social";

pub(super) fn check(preset: &Preset) -> Result<(), Unfit> {
    match preset.accounts.iter().find(|account| name_and_host(account, "").is_none()) {
        Some(account) => Err(("account", format!("`{account}` is no account; write `acme@mastodon.social`"))),
        None => Ok(()),
    }
}

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let host = preset.host.as_deref().unwrap_or(USUAL_HOST);
    let tags = preset.tags.iter().map(|tag| {
        let path = format!("/api/v1/timelines/tag/{}", step(tag));
        Ask::newest(format!("#{tag}"), address(host, &path, &[("limit", "40")]))
    });
    let accounts = preset.accounts.iter().filter_map(|account| {
        let (name, at) = name_and_host(account, preset.host.as_deref().unwrap_or(USUAL_HOST))?;
        Some(Ask::newest(format!("@{name}"), format!("{at}/@{}.rss", step(name))))
    });
    tags.chain(accounts).collect()
}

/// `acme`, `@acme@piaille.fr`: an account lives where its name says. A server that the user names is asked
/// all the same if the name says nothing.
fn name_and_host<'a>(account: &'a str, host: &str) -> Option<(&'a str, String)> {
    let account = account.strip_prefix('@').unwrap_or(account);
    let good = |text: &str| !text.is_empty() && !text.contains(['/', '?', '#', ' ', '@']);
    match account.split_once('@') {
        Some((name, at)) if good(name) && good(at) => Some((name, format!("https://{at}"))),
        None if good(account) => Some((account, host.to_owned())),
        _ => None,
    }
}

/// `at` is the number of the oldest post read.
pub(super) fn older(newest: &str, at: &str) -> String {
    format!("{newest}&max_id={}", step(at))
}

pub(super) fn parse(ask: &Ask, document: Document<'_>, limits: &Limits) -> Result<Answer, Parsed> {
    if ask.key.starts_with('@') {
        return Ok(crate::sources::parse(document, limits).into());
    }
    let answer = json::read(document)?;
    let Some(posts) = answer.as_array() else { return Err(json::unexpected(&answer, "posts")) };
    let entries =
        posts.iter().filter_map(|post| entry(post, document, limits)).take(limits.entries).collect();
    let older = posts.last().and_then(|post| json::id(&post["id"]));
    Ok(Answer { parsed: Parsed { entries, ..Parsed::default() }, older, ..Answer::default() })
}

fn entry(post: &Value, document: Document<'_>, limits: &Limits) -> Option<Entry> {
    let uri = json::text(post, "uri").or_else(|| json::text(post, "url"))?;
    let link = json::text(post, "url").unwrap_or(uri);
    let account = &post["account"];
    let address = json::text(account, "acct").map(|address| format!("@{address}"));
    let tags = post["tags"].as_array().into_iter().flatten();
    Some(Entry {
        guid: Some(uri.to_owned()),
        link: resolve(document.base_url, link),
        // A content warning is what a post is headed by.
        title: json::plain(post, "spoiler_text", limits),
        content: json::html(post, "content", limits),
        author: address.or_else(|| json::plain(account, "display_name", limits)),
        published: json::date(post, "created_at"),
        updated: json::date(post, "edited_at"),
        language: json::text(post, "language").and_then(draft::primary_subtag),
        format: match json::text(&post["media_attachments"][0], "type") {
            Some("gifv") => Format::Video,
            kind => kind.and_then(Format::of_media).unwrap_or_default(),
        },
        tags: tags.filter_map(|tag| json::plain(tag, "name", limits)).take(64).collect(),
        engagement: json::counts(
            post,
            &[("favourites_count", "likes"), ("reblogs_count", "reposts"), ("replies_count", "comments")],
        ),
        ..Entry::default()
    })
}
