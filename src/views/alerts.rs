//! What was called out, why, and what became of it.

use anyhow::{Context, Result, bail};
use serde::Serialize;

use super::annotations::AnnotationView;
use crate::model::{
    Acknowledgement, Alert, AlertId, AlertState, Annotation, SeenBaseline, SeenVoice, Timestamp,
};
use crate::rules::settled;
use crate::store::{AlertFilter, Reader};

/// Alerts listed unless all are asked for.
const LISTED: usize = 20;

/// What was done or published so many seconds before a window may be what people speak of in it.
pub(super) const CAUSE_BEFORE_S: i64 = 86_400;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertList {
    pub alerts: Vec<AlertView>,
    /// How many there are, listed or not.
    pub total: usize,
    /// One of them fires, listed or not.
    #[serde(skip)]
    pub fires: bool,
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
    /// Near its beginning: likely causes, which hide nothing.
    pub annotations: Vec<AnnotationView>,
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
    /// `None` where an earlier vigie counted, which did not.
    pub positive: Option<u32>,
    pub sources: u32,
    pub window: [Timestamp; 2],
    /// Of a rule for shares: the same of all brands that are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whole: Option<u32>,
    /// And the share, with the interval that holds it, beside the usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<ShareView>,
    /// Whom a rule for new voices heard.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub voices: Vec<VoiceView>,
}

/// A share of voice, from 0 to 1, at 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ShareView {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub usual: f64,
}

/// Someone who spoke, and what was known of that then.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VoiceView {
    pub name: String,
    /// The mention with which the story began.
    pub first: String,
    pub at: Timestamp,
    /// In how many sources the story was.
    pub sources: u32,
    /// When the voice had spoken before, within half a year.
    pub before: Option<Timestamp>,
    /// How many of its stories of that time went far.
    pub carried: u32,
}

impl From<&SeenVoice> for VoiceView {
    fn from(voice: &SeenVoice) -> Self {
        let SeenVoice { name, first, at, sources, before, carried } = voice.clone();
        VoiceView { name, first: first.to_string(), at, sources, before, carried }
    }
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
    pub by: Option<String>,
    pub comment: Option<String>,
}

impl From<&Acknowledgement> for AcknowledgedView {
    fn from(acknowledged: &Acknowledgement) -> Self {
        let Acknowledgement { at, false_alarm, by, comment } = acknowledged.clone();
        AcknowledgedView { at, false_alarm, by, comment }
    }
}

impl AlertView {
    /// `annotations` are all there are.
    pub fn new(alert: &Alert, annotations: &[Annotation]) -> Self {
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
                positive: seen.positive,
                sources: seen.sources,
                window: [seen.window.0, seen.window.1],
                whole: seen.whole,
                share: settled::share_of(seen, alert.baseline.as_ref()).map(|share| ShareView {
                    value: share.seen.value,
                    low: share.seen.low,
                    high: share.seen.high,
                    usual: share.usual,
                }),
                voices: seen.voices.iter().map(VoiceView::from).collect(),
            },
            baseline: alert.baseline.as_ref().map(BaselineView::from),
            evidence: alert.evidence.iter().map(ToString::to_string).collect(),
            terms: alert.terms.clone(),
            annotations: annotations.iter().filter(|a| is_near(a, alert)).map(AnnotationView::from).collect(),
            playbook: alert.playbook.clone(),
            config_hash: alert.config_hash.clone(),
            acknowledged: alert.acknowledged.as_ref().map(AcknowledgedView::from),
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

/// Whether it may be a cause: it concerns the brand, and is of the day before the alert's window or of the window.
fn is_near(annotation: &Annotation, alert: &Alert) -> bool {
    let (since, until) = alert.observed.window;
    annotation.brand.as_ref().is_none_or(|brand| *brand == alert.brand)
        && annotation.at.as_second() >= since.as_second() - CAUSE_BEFORE_S
        && annotation.at < until
}

/// Those that pass the filter, newest first, all of them or the newest; pending ones, which may still come to nothing,
/// only where they are asked for.
pub fn list(reader: &Reader, filter: &AlertFilter<'_>, all: bool) -> Result<AlertList> {
    let mut alerts = reader.alerts(filter)?;
    alerts.retain(|alert| alert.state != AlertState::Pending || filter.state.is_some());
    let annotations = reader.annotations()?;
    let listed = alerts.iter().take(if all { usize::MAX } else { LISTED });
    Ok(AlertList {
        alerts: listed.map(|alert| AlertView::new(alert, &annotations)).collect(),
        total: alerts.len(),
        fires: alerts.iter().any(|alert| alert.state == AlertState::Firing),
    })
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
