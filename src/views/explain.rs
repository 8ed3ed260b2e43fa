//! Every number of an alert, computed again, and why one may differ today.

use std::collections::{BTreeMap, HashSet};

use anyhow::Result;
use serde::Serialize;

use super::alerts::{AlertView, BaselineView};
use crate::model::{Alert, Bucket, Mention, MentionId, Rule, SeenSeries, SentimentLabel, StoryId, Timestamp};
use crate::rules;
use crate::store::{Reader, Scope};

/// Mentions read to find one that was not counted then.
const READ: usize = 5_000;

/// Mentions named as causes, each.
const NAMED: usize = 20;

/// Said where counts differ though every mention of the evidence counts as it did.
const UNTOLD: &str = "the evidence counts as it did: brands, queries, or which mentions are copies of one \
                      story have changed since";

/// An alert, the same numbers recomputed, and where they differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExplainView {
    pub alert: AlertView,
    pub recomputed: RecomputedView,
    pub equal: bool,
    pub differences: Vec<String>,
    /// The counts the baseline was computed from, oldest first.
    pub series: Option<SeriesView>,
    /// The rule as it was.
    pub rule_text: String,
    /// The hash of the rule of that id in today's feeds.toml; `None` if there is none for that brand.
    pub config_hash_today: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RecomputedView {
    /// From the stored series.
    pub baseline: Option<BaselineView>,
    /// What of the window was known when the alert was seen, counted again today; of a pattern, which has no
    /// window of its own, its evidence.
    pub mentions: u32,
    pub stories: u32,
    pub negative: u32,
    pub positive: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeriesView {
    pub start: Timestamp,
    pub step_s: u32,
    /// `null` where too little was heard.
    pub values: Vec<Option<f64>>,
    pub zone: String,
    pub lengths_s: Vec<u32>,
    pub budget_per_week: f64,
    pub pause_s: u32,
    pub min: u32,
}

impl From<&SeenSeries> for SeriesView {
    fn from(s: &SeenSeries) -> Self {
        SeriesView {
            start: s.start,
            step_s: s.step_s,
            values: s.values.clone(),
            zone: s.zone.clone(),
            lengths_s: s.lengths_s.clone(),
            budget_per_week: s.budget_per_week,
            pause_s: s.pause_s,
            min: s.min,
        }
    }
}

/// Recomputes an alert: its statistics from the series it stored, its count from the mentions kept today. `all` are
/// the rules of today.
pub fn explain(reader: &Reader, alert: &Alert, all: &[Rule]) -> Result<ExplainView> {
    let baseline = rules::recompute(alert);
    let mut differences = Vec::new();
    if alert.baseline.is_some() && alert.series.is_none() {
        differences.push(
            "an earlier vigie judged it, by an arithmetic that is no longer known; its numbers are as it wrote them"
                .to_owned(),
        );
    } else if baseline != alert.baseline {
        differences.push("the baseline recomputed from the stored series is another".to_owned());
    }
    let recounted = recount(reader, alert)?;
    let counted = counted_otherwise(alert, &recounted);
    let differs = !counted.is_empty();
    differences.extend(counted);
    if differs || alert.baseline.is_none() {
        let mut causes = Vec::new();
        let mut expired = 0;
        for id in &alert.evidence {
            if reader.mention(id)?.is_none() && reader.has_expired(id)? {
                expired += 1;
                continue;
            }
            causes.extend(changed(reader, alert, id)?);
        }
        if expired > 0 {
            let all = alert.evidence.len();
            causes.push(format!(
                "expired: {expired} of the {all} mentions of the evidence are deleted for their age"
            ));
        }
        if differs {
            causes.extend(merged(reader, alert)?);
            causes.extend(came_late(reader, alert)?);
        }
        let more = causes.len().saturating_sub(NAMED);
        if more > 0 {
            causes.truncate(NAMED);
            causes.push(format!("and {more} more"));
        }
        let rescored = reader.last_rescore()?.filter(|at| differs && *at >= alert.seen_at);
        causes.extend(rescored.map(|at| format!("the tones of mentions were scored anew at {at}")));
        if differs && causes.is_empty() {
            causes.push(UNTOLD.to_owned());
        }
        differences.extend(causes);
    }
    let today = all.iter().find(|rule| rule.id == alert.rule && rule.brands.contains(&alert.brand));
    Ok(ExplainView {
        alert: AlertView::new(alert, &reader.annotations()?),
        recomputed: RecomputedView { baseline: baseline.as_ref().map(BaselineView::from), ..recounted },
        equal: differences.is_empty(),
        differences,
        series: alert.series.as_ref().map(SeriesView::from),
        rule_text: alert.rule_text.clone(),
        config_hash_today: today.map(|rule| rule.config_hash.clone()),
    })
}

fn recount(reader: &Reader, alert: &Alert) -> Result<RecomputedView> {
    let bucket = if alert.baseline.is_some() {
        let (since, until) = alert.observed.window;
        let query = alert.query.as_deref();
        let scope = Scope { brand: &alert.brand, query, since, until, backfill: false };
        reader.count_known(&scope, alert.seen_at)?
    } else {
        bucket_of(&reader.mentions(&alert.evidence)?)
    };
    Ok(RecomputedView {
        baseline: None,
        mentions: bucket.mentions,
        stories: bucket.stories,
        negative: bucket.toned(SentimentLabel::Negative, alert.observed.count),
        positive: bucket.toned(SentimentLabel::Positive, alert.observed.count),
    })
}

fn bucket_of(mentions: &[Mention]) -> Bucket {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let stories =
        |mentions: &[&Mention]| number(mentions.iter().map(|m| &m.story).collect::<HashSet<_>>().len());
    let all: Vec<&Mention> = mentions.iter().collect();
    let negative: Vec<&Mention> = all.iter().copied().filter(|m| m.is_negative()).collect();
    let positive: Vec<&Mention> = all.iter().copied().filter(|m| m.is_positive()).collect();
    Bucket {
        mentions: number(all.len()),
        stories: stories(&all),
        negative_mentions: number(negative.len()),
        negative_stories: stories(&negative),
        positive_mentions: number(positive.len()),
        positive_stories: stories(&positive),
    }
}

/// The counts that are others today. A pattern added up its looks, which cannot be counted again.
fn counted_otherwise(alert: &Alert, today: &RecomputedView) -> Vec<String> {
    if alert.baseline.is_none() {
        return Vec::new();
    }
    let then = &alert.observed;
    [
        ("mentions", Some(then.mentions), today.mentions),
        ("stories", Some(then.stories), today.stories),
        ("negative", Some(then.negative), today.negative),
        ("positive", then.positive, today.positive),
    ]
    .into_iter()
    .filter_map(|(what, then, today)| Some((what, then?, today)))
    .filter(|(_, then, today)| then != today)
    .map(|(what, then, today)| format!("{what}: {then} counted then, {today} of the same window today"))
    .collect()
}

/// Why a mention of the evidence may no longer count as it did; `None` if nothing tells.
fn changed(reader: &Reader, alert: &Alert, id: &MentionId) -> Result<Option<String>> {
    let Some(mention) = reader.mention(id)? else {
        return Ok(Some(format!("{id} is no longer kept")));
    };
    if alert.baseline.is_none() {
        return Ok(None);
    }
    let (since, until) = alert.observed.window;
    let scope = Scope { brand: &alert.brand, query: alert.query.as_deref(), since, until, backfill: false };
    let edited = reader.edited_since(id, alert.seen_at)?;
    let how = if mention.own_voice {
        "is the brand’s own voice today"
    } else if mention.at() < since || mention.at() >= until {
        "counts at another time today"
    } else if !reader.counts(&scope, id)? {
        "matches otherwise today"
    } else if edited {
        return Ok(Some(format!("{id} was edited after the alert")));
    } else {
        return Ok(None);
    };
    Ok(Some(format!("{id} {how}{}", if edited { ", edited after the alert" } else { "" })))
}

/// Mentions of the evidence that are copies of one story today because of one that was heard after the alert.
fn merged(reader: &Reader, alert: &Alert) -> Result<Vec<String>> {
    let mut stories: BTreeMap<StoryId, Vec<MentionId>> = BTreeMap::new();
    for mention in reader.mentions(&alert.evidence)? {
        stories.entry(mention.story).or_default().push(mention.id);
    }
    let mut merged = Vec::new();
    for (story, copies) in stories.into_iter().filter(|(_, copies)| copies.len() > 1) {
        let told = reader.story(&story)?;
        let of_brand = told.iter().filter(|mention| mention.brand == alert.brand);
        if let Some(bridge) = of_brand.min_by_key(|m| (m.observed <= alert.seen_at, m.observed))
            && bridge.observed > alert.seen_at
        {
            let copies = copies.iter().map(MentionId::as_str).collect::<Vec<_>>().join(", ");
            merged.push(format!(
                "merged: {copies} are copies of one story since {}, heard at {}",
                bridge.id, bridge.observed
            ));
        }
    }
    Ok(merged)
}

/// Mentions that count as known then and are not of the evidence, where that was all of the window.
fn came_late(reader: &Reader, alert: &Alert) -> Result<Vec<String>> {
    if alert.baseline.is_none() || u32::try_from(alert.evidence.len()).ok() != Some(alert.observed.mentions) {
        return Ok(Vec::new());
    }
    let (since, until) = alert.observed.window;
    let scope = Scope { brand: &alert.brand, query: alert.query.as_deref(), since, until, backfill: false };
    let evidence: HashSet<&MentionId> = alert.evidence.iter().collect();
    let counted = reader.mention_rows(&scope, None, READ)?;
    let known = counted.iter().filter(|m| m.observed.as_second() <= alert.seen_at.as_second());
    known
        .filter(|mention| !evidence.contains(&mention.id))
        .map(|mention| {
            let id = &mention.id;
            Ok(match reader.edited_since(id, alert.seen_at)? {
                true => format!("{id} was edited after the alert, and counts since"),
                false => format!("{id} came late: it was stored after the alert had been seen"),
            })
        })
        .collect()
}
