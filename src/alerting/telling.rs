//! What is said of an alert.

use anyhow::Result;
use jiff::Timestamp;

use super::Standing;
use crate::model::{Alert, AlertId, Notification, Topic};
use crate::render::notices;
use crate::store::Reader;
use crate::views::told::reading;

/// Digits of an alert's id that a notice shows; two alerts hardly ever share them.
const ID_SHOWN: usize = 8;

/// Why it is told, what to read of it, and how to say that someone looks after it; the beginning of the alert's
/// id is enough for that, and fits on a line.
pub(super) fn notification(
    store: &Reader,
    standing: &Standing,
    alert: &Alert,
    key: String,
    title: String,
    now: Timestamp,
) -> Result<Notification> {
    let tongue = standing.tongue;
    let to_read = reading(store, alert)?;
    Ok(Notification {
        key,
        topic: Topic::Alert,
        alert: Some(alert.id.clone()),
        rule: Some(alert.rule.clone()),
        severity: alert.severity,
        at: now,
        title,
        headline: to_read
            .iter()
            .find_map(|read| read.mention.title.as_deref())
            .map(|title| tongue.quoted(title)),
        body: alert.reason.clone(),
        sections: notices::alert(alert, &to_read, &standing.zone, tongue),
        act: Some(format!("vigie alerts ack {}", shown(&alert.id))),
        parts: Vec::new(),
    })
}

/// As much of an id as it takes to name it.
pub(super) fn shown(id: &AlertId) -> &str {
    let id = id.as_str().trim_start_matches("a_");
    id.get(..ID_SHOWN).unwrap_or(id)
}
