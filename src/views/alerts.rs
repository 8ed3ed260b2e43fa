//! What was called out, why, and what became of it.

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde::Serialize;

use super::search::MentionView;
use crate::model::{
    Alert, AlertId, AlertState, Bucket, CountBy, Mention, MentionId, SeenBaseline, SeenSeries,
};
use crate::rules;
use crate::store::{AlertFilter, Reader, Scope};

/// Mentions shown with an alert.
const SHOWN: usize = 3;

/// Said where counts differ though every mention of the evidence counts as it did.
const UNTOLD: &str = "the evidence counts as it did: brands, queries, or which mentions are copies of one \
                      story have changed since";

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertList {
    pub alerts: Vec<AlertView>,
}

/// An alert as programs read it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertView {
    pub id: String,
    pub rule: String,
    pub brand: String,
    pub state: &'static str,
    pub severity: &'static str,
    pub since: Timestamp,
    pub fired_at: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub reason: String,
    pub observed: ObservedView,
    pub baseline: Option<BaselineView>,
    pub evidence: Vec<String>,
    pub terms: Vec<String>,
    pub annotations: Vec<String>,
    pub playbook: Option<String>,
    pub config_hash: String,
    pub acknowledged: Option<AcknowledgedView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ObservedView {
    pub count: &'static str,
    pub value: u32,
    pub mentions: u32,
    pub stories: u32,
    pub negative: u32,
    pub sources: u32,
    pub window: [Timestamp; 2],
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BaselineView {
    pub expected: f64,
    pub threshold: u32,
    pub p: f64,
    pub p_budget: f64,
    pub dispersion: f64,
    /// Days of listening it rests on.
    pub days: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AcknowledgedView {
    pub at: Timestamp,
    #[serde(rename = "false")]
    pub false_alarm: bool,
}

impl From<&Alert> for AlertView {
    fn from(alert: &Alert) -> Self {
        let seen = &alert.observed;
        AlertView {
            id: alert.id.to_string(),
            rule: alert.rule.to_string(),
            brand: alert.brand.to_string(),
            state: alert.state.as_str(),
            severity: alert.severity.as_str(),
            since: alert.since,
            fired_at: alert.fired_at,
            until: alert.until,
            reason: alert.reason.clone(),
            observed: ObservedView {
                count: seen.count.as_str(),
                value: seen.value,
                mentions: seen.mentions,
                stories: seen.stories,
                negative: seen.negative,
                sources: seen.sources,
                window: [seen.window.0, seen.window.1],
            },
            baseline: alert.baseline.as_ref().map(BaselineView::from),
            evidence: alert.evidence.iter().map(ToString::to_string).collect(),
            terms: alert.terms.clone(),
            annotations: Vec::new(),
            playbook: alert.playbook.clone(),
            config_hash: alert.config_hash.clone(),
            acknowledged: alert
                .acknowledged
                .as_ref()
                .map(|a| AcknowledgedView { at: a.at, false_alarm: a.false_alarm }),
        }
    }
}

impl From<&SeenBaseline> for BaselineView {
    fn from(b: &SeenBaseline) -> Self {
        BaselineView {
            expected: b.expected,
            threshold: b.threshold,
            p: b.p,
            p_budget: b.p_budget,
            dispersion: b.dispersion,
            days: b.days,
        }
    }
}

/// All alerts, newest first; pending ones, which may still come to nothing, left out.
pub fn list(reader: &Reader) -> Result<AlertList> {
    let alerts = reader.alerts(&AlertFilter::default())?;
    let spoken = alerts.iter().filter(|a| a.state != AlertState::Pending);
    Ok(AlertList { alerts: spoken.map(AlertView::from).collect() })
}

/// An alert by its id or the beginning of it.
///
/// # Errors
/// If none or several alerts begin so.
pub fn find(reader: &Reader, id: &str) -> Result<Alert> {
    if let Some(alert) = reader.alert(&AlertId::new(id))? {
        return Ok(alert);
    }
    let wanted = if id.starts_with("a_") { id.to_owned() } else { format!("a_{id}") };
    let mut found: Vec<Alert> = reader
        .alerts(&AlertFilter::default())?
        .into_iter()
        .filter(|a| a.id.as_str().starts_with(&wanted))
        .collect();
    match found.len() {
        1 => found.pop().context("one was found"),
        0 => bail!("there is no alert `{id}`; `vigie alerts list` shows them all"),
        n => bail!("{n} alerts begin with `{id}`; give more of the id"),
    }
}

/// An alert with what a person reads first.
#[derive(Clone, Debug, PartialEq)]
pub struct ToldAlert {
    pub alert: Alert,
    /// One per story, those of the most copies first, the most negative first among equals.
    pub to_read: Vec<MentionView>,
    /// The earliest mention of the evidence.
    pub first: Option<MentionView>,
}

/// Gathers what to read of an alert.
pub fn told(reader: &Reader, alert: &Alert) -> Result<ToldAlert> {
    let mut mentions = reader.mentions(&alert.evidence)?;
    mentions.sort_by_key(Mention::at);
    let first = mentions.first().map(|m| MentionView::new(m, &[], &[]));
    let tone = |m: &Mention| m.sentiment.map_or(0.0, |s| s.score());
    mentions.sort_by(|a, b| b.copies.cmp(&a.copies).then(tone(a).total_cmp(&tone(b))));
    let mut stories = std::collections::HashSet::new();
    mentions.retain(|m| stories.insert(m.story.clone()));
    let to_read = mentions.iter().take(SHOWN).map(|m| MentionView::new(m, &[], &[])).collect();
    Ok(ToldAlert { alert: alert.clone(), to_read, first })
}

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

/// Recomputes an alert: its statistics from the series it stored, its count from the mentions kept today.
pub fn explain(reader: &Reader, alert: &Alert) -> Result<ExplainView> {
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
        let rescored = reader.last_rescore()?.filter(|at| differs && *at >= alert.seen_at);
        causes.extend(rescored.map(|at| format!("the tones of mentions were scored anew at {at}")));
        if differs && causes.is_empty() {
            causes.push(UNTOLD.to_owned());
        }
        differences.extend(causes);
    }
    Ok(ExplainView {
        alert: AlertView::from(alert),
        recomputed: RecomputedView { baseline: baseline.as_ref().map(BaselineView::from), ..recounted },
        equal: differences.is_empty(),
        differences,
        series: alert.series.as_ref().map(SeriesView::from),
        rule_text: alert.rule_text.clone(),
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
        negative: match alert.observed.count {
            CountBy::Stories => bucket.negative_stories,
            CountBy::Mentions => bucket.negative_mentions,
        },
    })
}

fn bucket_of(mentions: &[Mention]) -> Bucket {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let stories = |mentions: &[&Mention]| {
        number(mentions.iter().map(|m| &m.story).collect::<std::collections::HashSet<_>>().len())
    };
    let all: Vec<&Mention> = mentions.iter().collect();
    let negative: Vec<&Mention> = all.iter().copied().filter(|m| m.is_negative()).collect();
    Bucket {
        mentions: number(all.len()),
        stories: stories(&all),
        negative_mentions: number(negative.len()),
        negative_stories: stories(&negative),
    }
}

/// The counts that are others today. A pattern added up its looks, which cannot be counted again.
fn counted_otherwise(alert: &Alert, today: &RecomputedView) -> Vec<String> {
    if alert.baseline.is_none() {
        return Vec::new();
    }
    let then = &alert.observed;
    [
        ("mentions", then.mentions, today.mentions),
        ("stories", then.stories, today.stories),
        ("negative", then.negative, today.negative),
    ]
    .into_iter()
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
