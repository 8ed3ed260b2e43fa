//! What a digest says of its period: figures, stories, alerts, and how well the sources were heard.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use super::alerts::AlertView;
use super::compare::{Comparison, ComparisonView, compare};
use super::health::{HealthView, SourceHealth, health};
use super::search::MentionView;
use crate::model::{AlertState, Brand, BrandId, CountBy, Every, HealthState, Mention, Role, Side, Source};
use crate::store::{AlertFilter, Reader, Scope};

/// Stories shown, and the newest mentions of a brand that they are drawn from.
const STORIES: usize = 5;
const READ: usize = 2_000;

/// What is usual is taken from so many days before the period, and at least from so many of them.
const USUAL_DAYS: i64 = 28;
const FEWEST_DAYS: i64 = 7;
const HOUR_S: u32 = 3_600;

#[derive(Clone, Debug, PartialEq)]
pub struct DigestView {
    pub every: Every,
    pub since: Timestamp,
    pub until: Timestamp,
    /// Own brands and competitors, in the period and in the one before.
    pub now: ComparisonView,
    pub before: ComparisonView,
    /// Stories usual in a period as long, in the order of the brands; `None` where too little is known.
    pub usual: Vec<Option<f64>>,
    /// Of own brands: one mention for each, the most copied story first.
    pub stories: Vec<MentionView>,
    /// That fired in the period, oldest first.
    pub alerts: Vec<AlertView>,
    /// Enabled sources, and those of them that are not heard well or had gaps in the period.
    pub sources: usize,
    pub unwell: Vec<Unwell>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Unwell {
    pub source: SourceHealth,
    /// Seconds of the period in which it was not heard.
    pub missed_s: i64,
}

/// The period that ends at `until`; `before` and `since` are when it and the one before began.
pub struct Period {
    pub every: Every,
    pub before: Timestamp,
    pub since: Timestamp,
    pub until: Timestamp,
}

pub fn digest(reader: &Reader, brands: &[Brand], sources: &[Source], period: &Period) -> Result<DigestView> {
    let Period { every, before, since, until } = *period;
    let compared: Vec<&Brand> =
        brands.iter().filter(|brand| matches!(brand.role, Role::Own | Role::Competitor)).collect();
    let comparison = |since, until| {
        let asked = Comparison {
            brands: compared.clone(),
            query: None,
            since,
            until,
            count: CountBy::Stories,
            against: None,
            sources,
            goals: &[],
        };
        compare(reader, &asked)
    };
    let own = compared.iter().filter(|brand| brand.role == Role::Own);
    let health = health(reader, sources)?;
    Ok(DigestView {
        every,
        since,
        until,
        now: comparison(since, until)?,
        before: comparison(before, since)?,
        usual: compared.iter().map(|brand| usual(reader, &brand.id, since, until)).collect::<Result<_>>()?,
        stories: stories(reader, own.map(|brand| &brand.id), since, until)?,
        alerts: alerts(reader, since, until)?,
        sources: health.sources.iter().filter(|s| s.state != HealthState::Disabled.as_str()).count(),
        unwell: unwell(health, since, until),
    })
}

/// Stories per period over the weeks before it, as today's sources would have heard them.
fn usual(reader: &Reader, brand: &BrandId, since: Timestamp, until: Timestamp) -> Result<Option<f64>> {
    let from = since.checked_sub(SignedDuration::from_hours(24 * USUAL_DAYS))?;
    let scope = Scope { brand, query: None, since: from, until: since, backfill: true };
    let Some(history) = reader.usual(&scope, HOUR_S, reader.stock_taken(since)?, from, Side::More)? else {
        return Ok(None);
    };
    let known: Vec<f64> =
        history.slots.iter().flatten().map(|heard| f64::from(heard.counts.stories) / heard.share).collect();
    let known_s = i64::from(history.step_s) * known.len() as i64;
    let period_s = until.as_second() - since.as_second();
    if known_s < (FEWEST_DAYS * 86_400).max(2 * period_s) {
        return Ok(None);
    }
    Ok(Some(known.iter().sum::<f64>() * period_s as f64 / known_s as f64))
}

fn stories<'a>(
    reader: &Reader,
    brands: impl Iterator<Item = &'a BrandId>,
    since: Timestamp,
    until: Timestamp,
) -> Result<Vec<MentionView>> {
    let mut first: BTreeMap<String, Mention> = BTreeMap::new();
    for brand in brands {
        let scope = Scope { brand, query: None, since, until, backfill: true };
        for mention in reader.mention_rows(&scope, None, READ)? {
            let known = first.entry(mention.story.to_string()).or_insert_with(|| mention.clone());
            // Who told it first, of those who gave it a title.
            if (mention.title.is_none(), mention.at()) < (known.title.is_none(), known.at()) {
                *known = mention;
            }
        }
    }
    let mut stories: Vec<Mention> = first.into_values().collect();
    stories.sort_by(|a, b| b.copies.cmp(&a.copies).then(b.at().cmp(&a.at())));
    Ok(stories.iter().take(STORIES).map(|mention| MentionView::new(mention, &[], &[])).collect())
}

fn alerts(reader: &Reader, since: Timestamp, until: Timestamp) -> Result<Vec<AlertView>> {
    let mut alerts = reader.alerts(&AlertFilter::default())?;
    alerts.retain(|alert| {
        let fired = alert.fired_at.filter(|_| alert.state != AlertState::Pending);
        fired.is_some_and(|at| since <= at && at < until)
    });
    alerts.sort_by_key(|alert| alert.fired_at);
    let annotations = reader.annotations()?;
    Ok(alerts.iter().map(|alert| AlertView::new(alert, &annotations)).collect())
}

fn unwell(health: HealthView, since: Timestamp, until: Timestamp) -> Vec<Unwell> {
    let is_well = |state: &str| {
        [HealthState::New, HealthState::Ok, HealthState::Disabled].iter().any(|good| good.as_str() == state)
    };
    let missed = |source: &SourceHealth| -> i64 {
        let gap = |gap: &super::health::GapView| {
            let end = gap.until.unwrap_or(until).min(until);
            (end.as_second() - gap.since.max(since).as_second()).max(0)
        };
        source.gaps.iter().map(gap).sum()
    };
    let all = health.sources.into_iter().map(|source| Unwell { missed_s: missed(&source), source });
    all.filter(|unwell| {
        unwell.source.state != HealthState::Disabled.as_str()
            && (!is_well(unwell.source.state) || unwell.missed_s > 0)
    })
    .collect()
}
