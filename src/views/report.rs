//! The report: the comparison of a time, with what was called out, what was told most, and how well it was heard.

use std::collections::HashMap;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::alerts::AlertView;
use super::annotations::AnnotationView;
use super::compare::{ChangeView, Comparison, ComparisonView, changes, compare};
use super::health::{GapView, HealthView, health};
use crate::model::{AlertState, Annotation, Brand, Role, SourceId, saved_query};
use crate::store::{AlertFilter, Reader, Scope};

/// Stories shown of an own brand, and of another one.
const SHOWN_OWN: usize = 6;
const SHOWN_OTHER: usize = 3;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReportView {
    pub made: Timestamp,
    pub benchmark: ComparisonView,
    /// What spread furthest, of each brand in turn.
    pub stories: Vec<StoryView>,
    /// Of the brands compared; those that fired in the time, newest first.
    pub alerts: Vec<AlertView>,
    /// What people noted of the time and of the brands compared, newest first.
    pub annotations: Vec<NotedView>,
    /// The gaps are those of the time, each whole.
    pub health: HealthView,
}

/// An annotation, and what changed with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NotedView {
    #[serde(flatten)]
    pub annotation: AnnotationView,
    /// So many days from it on are held against as many before.
    pub days: Option<f64>,
    /// Of the brand it concerns, else of the own ones; none where too little time has passed, or where newer
    /// annotations are enough to read.
    pub effects: Vec<EffectView>,
}

/// Before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EffectView {
    pub brand: String,
    /// Of what is said a day, in the count asked.
    pub per_day: Option<ChangeView>,
    pub net: Option<ChangeView>,
}

/// A story of a brand.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoryView {
    pub brand: String,
    pub story: String,
    pub title: String,
    pub link: Option<String>,
    pub source: String,
    pub author: Option<String>,
    /// Of the earliest mention in the time, as is all above.
    pub at: Timestamp,
    pub sentiment: Option<&'static str>,
    /// In the time.
    pub mentions: u64,
    pub sources: u64,
}

/// Characters shown of a mention without a title.
const BEGINNING: usize = 120;

/// Gathers it.
pub fn report(reader: &Reader, asked: &Comparison<'_>, now: Timestamp) -> Result<ReportView> {
    let overlaps = |since: Timestamp, until: Option<Timestamp>| {
        since < asked.until && until.is_none_or(|until| until > asked.since)
    };
    let mut alerts = reader.alerts(&AlertFilter::default())?;
    alerts.retain(|alert| {
        alert.state != AlertState::Pending
            && overlaps(alert.since, alert.until)
            && asked.brands.iter().any(|brand| brand.id == alert.brand)
            && asked.query.is_none_or(|query| alert.query.as_deref().and_then(saved_query) == Some(query))
    });
    let mut health = health(reader, asked.sources)?;
    let mut gaps = gaps(reader, asked)?;
    for source in &mut health.sources {
        source.gaps = gaps.remove(source.source.as_str()).unwrap_or_default();
    }
    let benchmark = compare(reader, asked)?;
    let uneven = benchmark.basis.uneven.iter().filter(|uneven| !uneven.counted);
    let without: Vec<SourceId> = uneven.map(|uneven| SourceId::new(uneven.source.as_str())).collect();
    let annotations = reader.annotations()?;
    Ok(ReportView {
        made: now,
        annotations: noted(reader, asked, &annotations)?,
        stories: stories(reader, asked, &without)?,
        benchmark,
        alerts: alerts.iter().map(|alert| AlertView::new(alert, &annotations)).collect(),
        health,
    })
}

/// The times of which each source was not heard, newest first; those that touch are one.
fn gaps(reader: &Reader, asked: &Comparison<'_>) -> Result<HashMap<String, Vec<GapView>>> {
    let mut gaps: HashMap<String, Vec<GapView>> = HashMap::new();
    for gap in reader.gaps(asked.since, asked.until)? {
        let of_source = gaps.entry(gap.source.to_string()).or_default();
        match of_source.last_mut() {
            Some(before) if before.until.is_none_or(|until| until >= gap.since) => {
                before.until = before.until.zip(gap.until).map(|(before, until)| before.max(until));
            }
            _ => of_source.push(GapView { since: gap.since, until: gap.until }),
        }
    }
    gaps.values_mut().for_each(|of_source| of_source.reverse());
    Ok(gaps)
}

/// At most so long before and after an annotation is looked at, and at least.
const EFFECT: SignedDuration = SignedDuration::from_hours(7 * 24);
const SHORTEST_EFFECT: SignedDuration = SignedDuration::from_hours(24);

/// Annotations whose effect is looked at, the newest.
const EFFECTS: usize = 5;

fn noted(reader: &Reader, asked: &Comparison<'_>, annotations: &[Annotation]) -> Result<Vec<NotedView>> {
    let mut shown = Vec::new();
    for annotation in annotations {
        let concerned: Vec<&Brand> = asked
            .brands
            .iter()
            .copied()
            .filter(|brand| match &annotation.brand {
                Some(id) => *id == brand.id,
                None => brand.role == Role::Own,
            })
            .collect();
        let of_another = annotation.brand.is_some() && concerned.is_empty();
        if of_another || annotation.at < asked.since || annotation.at >= asked.until {
            continue;
        }
        let until = (annotation.at + EFFECT).min(asked.until);
        let length = until.duration_since(annotation.at);
        let mut view = NotedView { annotation: annotation.into(), days: None, effects: Vec::new() };
        if shown.len() < EFFECTS && length >= SHORTEST_EFFECT {
            view.days = Some(length.as_secs_f64() / 86_400.0);
            let around =
                Comparison { since: annotation.at, until, against: None, goals: &[], ..asked.clone() };
            let changed = changes(reader, &around)?.into_iter();
            let of_concerned =
                changed.filter(|changed| concerned.iter().any(|brand| brand.id == changed.brand));
            view.effects.extend(of_concerned.map(|changed| EffectView {
                brand: changed.brand.to_string(),
                per_day: changed.per_day,
                net: changed.net,
            }));
        }
        shown.push(view);
    }
    Ok(shown)
}

fn stories(reader: &Reader, asked: &Comparison<'_>, without: &[SourceId]) -> Result<Vec<StoryView>> {
    let sizes = reader.story_sizes()?;
    let mut shown = Vec::new();
    for brand in &asked.brands {
        let Comparison { query, since, until, .. } = *asked;
        let scope = Scope { brand: &brand.id, query, since, until, backfill: true };
        let limit = if brand.role == Role::Own { SHOWN_OWN } else { SHOWN_OTHER };
        for story in reader.spread_stories(&scope, without, &sizes, limit)? {
            let first = story.first;
            let title = first.title.clone().filter(|title| !title.trim().is_empty());
            let beginning = || first.text.chars().take(BEGINNING).collect();
            shown.push(StoryView {
                brand: brand.id.to_string(),
                story: first.story.to_string(),
                title: title.unwrap_or_else(beginning),
                at: first.at(),
                sentiment: first.sentiment.map(|sentiment| sentiment.label().as_str()),
                link: first.link,
                source: first.source.to_string(),
                author: first.author,
                mentions: story.mentions,
                sources: story.sources,
            });
        }
    }
    Ok(shown)
}
