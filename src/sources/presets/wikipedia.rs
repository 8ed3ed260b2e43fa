//! Wikipedia: how often articles are looked at, day by day. Attention, not mentions.
//!
//! <https://doc.wikimedia.org/generated-data-platform/aqs/analytics-api/reference/page-views.html>

use std::time::Duration;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::{About, Answer, Ask, Attention, HOST, HOUR, Key, MINUTE, Progress, Standing, base, json};
use crate::model::{Preset, Timestamp};
use crate::sources::{Document, Parsed};

pub(super) const ABOUT: About = About {
    hears: "how often Wikipedia articles are read, day by day (`vigie sources attention`)",
    keys: &[
        Key { name: "search", example: "Decathlon (entreprise)" },
        Key { name: "community", example: "fr.wikipedia" },
        HOST,
    ],
    needs: &[&["search"]],
    standing: Standing::Open,
    notice: None,
    limits: "Wikimedia wants `contact` to be set; the title of an article as it is written, redirects not followed; a day is known the day after",
    back: None,
    every: HOUR.saturating_mul(12),
    least: MINUTE.saturating_mul(15),
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

/// So many days are asked for at first.
const FIRST_DAYS: i64 = 365;
/// Days that were counted are counted once more: late ones are added for a while.
const AGAIN_DAYS: i64 = 3;

pub(super) fn requests(preset: &Preset, known: &BTreeMap<String, Progress>, now: Timestamp) -> Vec<Ask> {
    let base = base(preset, "https://wikimedia.org");
    let titles = preset.search.as_ref().map(|search| search.terms(str::to_owned)).unwrap_or_default();
    let projects = match preset.communities.is_empty() {
        true => vec!["en.wikipedia".to_owned()],
        false => preset.communities.clone(),
    };
    let ask = |project: &str, title: &str| {
        let article = title.trim().replace(' ', "_");
        let key = format!("{project} {title}");
        // Of an article never read the last day is unknown, and so is the first one to ask for.
        let days = known.get(&key).and_then(|progress| progress.newest).map_or(FIRST_DAYS, |newest| {
            (now.duration_since(newest).as_hours() / 24 + AGAIN_DAYS).clamp(1, FIRST_DAYS)
        });
        let day = |days: i64| {
            let at = now.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(now);
            at.to_zoned(TimeZone::UTC).date().strftime("%Y%m%d").to_string()
        };
        let url = format!(
            "{base}/api/rest_v1/metrics/pageviews/per-article/{}/all-access/user/{}/daily/{}/{}",
            path(project),
            path(&article),
            day(days),
            day(1),
        );
        Ask::newest(key, url)
    };
    projects.iter().flat_map(|project| titles.iter().map(move |title| ask(project, title))).collect()
}

/// A value as one step of a path; unlike elsewhere nothing but letters, digits and `-._` stays as it is.
fn path(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    value.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

pub(super) fn parse(document: Document<'_>) -> Result<Answer, Parsed> {
    let answer = json::read(document)?;
    let Some(items) = answer["items"].as_array() else { return Err(json::unexpected(&answer, "`items`")) };
    Ok(Answer { attention: items.iter().filter_map(attention).collect(), ..Answer::default() })
}

fn attention(item: &Value) -> Option<Attention> {
    let article =
        format!("{} {}", json::text(item, "project")?, json::text(item, "article")?.replace('_', " "));
    let stamp = json::text(item, "timestamp")?.get(..8)?;
    let day = Date::strptime("%Y%m%d", stamp).ok()?;
    Some(Attention { article, day, views: item["views"].as_u64()? })
}
