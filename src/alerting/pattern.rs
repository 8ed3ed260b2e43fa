//! Patterns: anything that matches, at once.

use std::time::Duration;

use anyhow::Result;

use super::{Look, Standing, back};
use crate::model::{BrandId, Bucket, Change, Mention, Rule, SentimentLabel, Series, Timestamp};
use crate::query;
use crate::rules;
use crate::store::Store;

/// A rule that never looked before cares for what was heard this long ago.
const FIRST_LOOK: Duration = Duration::from_secs(3_600);

/// Changes read from the store at once.
const PAGE: usize = 2_000;

/// The mentions of `brand` that match and were heard since the rule's last look, as one look.
pub(super) fn look(
    store: &mut Store,
    standing: &Standing,
    rule: &Rule,
    brand: &BrandId,
    now: Timestamp,
) -> Result<Vec<Look>> {
    let key = format!("pattern {} {brand}", rule.id);
    let (rev, since) = match store.meta(&key)?.as_deref().and_then(parse) {
        Some(last) => last,
        None => (0, back(now, FIRST_LOOK)?),
    };
    let newest = store.rev()?;
    let known = store.current_alert(&rule.id, brand)?.map(|alert| alert.evidence).unwrap_or_default();
    let mut found = heard_since(store, rev)?;
    found.retain(|m| {
        let news = m.brand == *brand && !m.backfill && !m.own_voice && m.observed >= since;
        news && !known.contains(&m.id) && matches(standing, rule, m)
    });
    let seen = observe(rule, &found, since, now);
    store.set_meta(&key, &format!("{newest} {now}"))?;
    Ok(seen.map(|seen| Look { seen, evidence: Some(found) }).into_iter().collect())
}

fn parse(text: &str) -> Option<(u64, Timestamp)> {
    let (rev, time) = text.split_once(' ')?;
    Some((rev.parse().ok()?, time.parse().ok()?))
}

fn heard_since(store: &Store, mut rev: u64) -> Result<Vec<Mention>> {
    let mut found = Vec::new();
    loop {
        let page = store.changes_since(rev, PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        rev = *last;
        found.extend(page.into_iter().filter_map(|(_, change)| match change {
            Change::Put(mention) => Some(*mention),
            Change::Gone(_) => None,
        }));
    }
}

fn matches(standing: &Standing, rule: &Rule, mention: &Mention) -> bool {
    let document = query::Document {
        title: mention.title.as_deref().unwrap_or(""),
        text: &mention.text,
        author: mention.author.as_deref(),
        link: mention.link.as_deref(),
        source: mention.source.as_str(),
        tags: &mention.entry_tags,
        language: mention.language.code(),
        sentiment: mention.sentiment.map(|s| s.label().as_str()),
        brand: Some(mention.brand.as_str()),
        ..query::Document::default()
    };
    let saved = rule.query.as_ref().and_then(|id| standing.queries.get(id));
    let mut all = saved.into_iter().chain(rule.text.as_ref());
    all.all(|query| query::matches(&query.ast, &document))
}

/// The matching mentions as a series of one bucket that ends now.
fn observe(rule: &Rule, found: &[Mention], since: Timestamp, now: Timestamp) -> Option<rules::Observation> {
    let step_s = u32::try_from(now.as_second() - since.as_second()).ok()?.max(1);
    let start = Timestamp::from_second(now.as_second() - i64::from(step_s)).ok()?;
    let negative = |m: &Mention| m.sentiment.is_some_and(|s| s.label() == SentimentLabel::Negative);
    let distinct = |mentions: &mut dyn Iterator<Item = &Mention>| -> u32 {
        let mut stories: Vec<&str> = mentions.map(|m| m.story.as_str()).collect();
        stories.sort_unstable();
        stories.dedup();
        stories.len() as u32
    };
    let bucket = Bucket {
        mentions: found.len() as u32,
        stories: distinct(&mut found.iter()),
        negative_mentions: found.iter().filter(|m| negative(m)).count() as u32,
        negative_stories: distinct(&mut found.iter().filter(|m| negative(m))),
    };
    let mut sources: Vec<&str> = found.iter().map(|m| m.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    let live = Series { start, step_s, buckets: vec![bucket] };
    let length = Duration::from_secs(u64::from(step_s));
    rules::observe(rule, length, &live, &live, live.end(), sources.len() as u32)
}
