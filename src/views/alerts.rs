//! What was called out, why, and what became of it.

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde::Serialize;

use super::search::MentionView;
use crate::model::{Alert, AlertId, AlertState, Mention, SeenBaseline};
use crate::rules;
use crate::store::{AlertFilter, Reader, Scope};

/// Mentions shown with an alert.
const SHOWN: usize = 3;

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
    let first = mentions.first().map(|m| MentionView::new(m, &m.text_spans, &[]));
    let tone = |m: &Mention| m.sentiment.map_or(0.0, |s| s.score());
    mentions.sort_by(|a, b| b.copies.cmp(&a.copies).then(tone(a).total_cmp(&tone(b))));
    let mut stories = std::collections::HashSet::new();
    mentions.retain(|m| stories.insert(m.story.clone()));
    let to_read = mentions.iter().take(SHOWN).map(|m| MentionView::new(m, &m.text_spans, &[])).collect();
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

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecomputedView {
    /// From the stored series.
    pub baseline: Option<BaselineView>,
    /// Mentions of the window that were known when the alert was seen, counted again today.
    pub mentions: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeriesView {
    pub start: Timestamp,
    pub step_s: u32,
    pub values: Vec<u32>,
}

/// Recomputes an alert: its statistics from the series it stored, its count from the mentions kept today.
pub fn explain(reader: &Reader, alert: &Alert) -> Result<ExplainView> {
    let baseline = rules::recompute(alert);
    let mut differences = Vec::new();
    if baseline != alert.baseline {
        differences.push("the baseline recomputed from the stored series is another".to_owned());
    }
    let (since, until) = alert.observed.window;
    let scope = Scope { brand: &alert.brand, query: None, since, until, backfill: false };
    let known: Vec<Mention> = reader
        .mention_rows(&scope, false, usize::MAX)?
        .into_iter()
        .filter(|mention| mention.observed <= alert.seen_at)
        .collect();
    let mentions = u32::try_from(known.len()).unwrap_or(u32::MAX);
    let counts_all = !alert.rule_text.contains("query");
    if counts_all && alert.baseline.is_some() && mentions != alert.observed.mentions {
        let was = alert.observed.mentions;
        differences
            .push(format!("{was} mentions were counted then, {mentions} of that window are kept today"));
        for id in &alert.evidence {
            if reader.mention(id)?.is_none() {
                differences.push(format!("{id} is no longer kept"));
            } else if !known.iter().any(|mention| mention.id == *id) {
                differences.push(format!("{id} was edited or counts at another time today"));
            }
        }
    }
    Ok(ExplainView {
        alert: AlertView::from(alert),
        recomputed: RecomputedView { baseline: baseline.as_ref().map(BaselineView::from), mentions },
        equal: differences.is_empty(),
        differences,
        series: alert.series.as_ref().map(|s| SeriesView {
            start: s.start,
            step_s: s.step_s,
            values: s.values.clone(),
        }),
        rule_text: alert.rule_text.clone(),
    })
}
