//! Reviews in Apple's App Store, with their stars, as the JSON feeds that Apple no longer documents.

use std::time::Duration;

use serde_json::Value;

use super::{About, Answer, Ask, HOST, HOUR, Key, MINUTE, Standing, Unfit, base, json};
use crate::model::{Entry, Preset};
use crate::sources::{Document, Limits, Parsed};

pub(super) const ABOUT: About = About {
    hears: "reviews of an app in Apple's App Store, with their stars",
    keys: &[Key { name: "app", example: "fr/1234567890" }, HOST],
    needs: &[&["app"]],
    standing: Standing::Degraded,
    notice: Some("the feed is empty or fails (502) at times, and comes back"),
    limits: "the newest 500 reviews a country, in 10 pages; without a country: France and the United States",
    back: None,
    every: HOUR.saturating_mul(2),
    least: MINUTE,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

const LAST_PAGE: u32 = 10;

/// Country and number of `fr/1234567890`, `1234567890` or `id1234567890`.
fn country_and_number(app: &str) -> Option<(Option<&str>, &str)> {
    let (country, number) = match app.split_once('/') {
        Some((country, number)) => (Some(country), number),
        None => (None, app),
    };
    let number = number.strip_prefix("id").unwrap_or(number);
    let good = !number.is_empty() && number.len() <= 12 && number.bytes().all(|b| b.is_ascii_digit());
    let known =
        country.is_none_or(|country| country.len() == 2 && country.bytes().all(|b| b.is_ascii_lowercase()));
    (good && known).then_some((country, number))
}

pub(super) fn check(preset: &Preset) -> Result<(), Unfit> {
    match preset.apps.iter().find(|app| country_and_number(app).is_none()) {
        Some(app) => Err((
            "app",
            format!(
                "`{app}` is no app; write the number its page's address ends in, after a country: `fr/1234567890`"
            ),
        )),
        None => Ok(()),
    }
}

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let base = base(preset, "https://itunes.apple.com");
    let ask = |country: &str, number: &str| {
        let url = format!("{base}/{country}/rss/customerreviews/page=1/id={number}/sortby=mostrecent/json");
        Ask::newest(format!("{country}/{number}"), url)
    };
    let asks = preset.apps.iter().filter_map(|app| country_and_number(app)).flat_map(|(country, number)| {
        let countries = country.map_or(vec!["fr", "us"], |country| vec![country]);
        countries.into_iter().map(|country| ask(country, number)).collect::<Vec<_>>()
    });
    asks.collect()
}

/// `at` is the page.
pub(super) fn older(newest: &str, at: &str) -> String {
    newest.replace("/page=1/", &format!("/page={at}/"))
}

pub(super) fn parse(ask: &Ask, document: Document<'_>, limits: &Limits) -> Result<Answer, Parsed> {
    let answer = json::read(document)?;
    let Value::Object(feed) = &answer["feed"] else { return Err(json::unexpected(&answer, "`feed`")) };
    let reviews = match feed.get("entry") {
        Some(Value::Array(reviews)) => &reviews[..],
        // A single one stands without a list.
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    };
    let entries: Vec<Entry> =
        reviews.iter().filter_map(|review| entry(review, limits)).take(limits.entries).collect();
    let page: u32 = ask.older.as_deref().and_then(|page| page.parse().ok()).unwrap_or(1);
    let older = (page < LAST_PAGE && !entries.is_empty()).then(|| (page + 1).to_string());
    Ok(Answer { parsed: Parsed { entries, ..Parsed::default() }, older, ..Answer::default() })
}

/// `None` for the app itself, which some answers list first: it has no rating. A review has no page of its own,
/// and the app's would make them all one.
fn entry(review: &Value, limits: &Limits) -> Option<Entry> {
    let id = json::id(&review["id"]["label"])?;
    let stars: u64 = json::text(&review["im:rating"], "label")?.parse().ok()?;
    Some(Entry {
        guid: Some(id),
        title: json::plain(&review["title"], "label", limits),
        content: json::plain(&review["content"], "label", limits),
        author: json::plain(&review["author"]["name"], "label", limits),
        published: json::date(&review["updated"], "label"),
        tags: vec![format!("{stars}-star")],
        engagement: [("stars".to_owned(), stars)].into(),
        ..Entry::default()
    })
}
