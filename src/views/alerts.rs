//! What was called out, why, and what became of it.

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde::Serialize;

use crate::model::{Alert, AlertId, AlertState, Mention};
use crate::store::Reader;

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
            baseline: alert.baseline.as_ref().map(|b| BaselineView {
                expected: b.expected,
                threshold: b.threshold,
                p: b.p,
                p_budget: b.p_budget,
                dispersion: b.dispersion,
            }),
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

/// All alerts, newest first; pending ones, which may still come to nothing, left out.
pub fn list(reader: &Reader) -> Result<AlertList> {
    let alerts = reader.alerts()?;
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
    let mut found: Vec<Alert> =
        reader.alerts()?.into_iter().filter(|a| a.id.as_str().starts_with(&wanted)).collect();
    match found.len() {
        1 => found.pop().context("one was found"),
        0 => bail!("there is no alert `{id}`; `vigie alerts list` shows them all"),
        n => bail!("{n} alerts begin with `{id}`; give more of the id"),
    }
}

/// The mentions an alert rests on that are still kept, best first.
pub fn evidence(reader: &Reader, alert: &Alert) -> Result<Vec<Mention>> {
    reader.mentions(&alert.evidence)
}
