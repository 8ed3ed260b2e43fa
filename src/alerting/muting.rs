//! Silences: what is not told, and what is told once they are over.

use std::collections::BTreeSet;

use anyhow::Result;

use super::{Standing, telling, title};
use crate::model::{Alert, AlertId, AlertState, Timestamp, Tongue};
use crate::rules::{Notice, Silence};
use crate::store::{self, Reader, Store};

/// A notice as people get to hear it: none while someone looks after the incident or a silence covers it.
pub(super) fn heard(store: &Reader, alert: &Alert, notice: Notice, now: Timestamp) -> Result<Notice> {
    if !notice.speaks() {
        return Ok(notice);
    }
    if alert.acknowledged.is_some() {
        return Ok(Notice::NothingNew(Silence::Acknowledged));
    }
    Ok(match store.silence_over(&alert.rule, &alert.brand, now)? {
        Some(silence) => {
            let (number, rule, brand) = (silence.number, &alert.rule, &alert.brand);
            tracing::info!(alert.id = %alert.id, "`{rule}` for {brand} is muted by silence {number}");
            Notice::NothingNew(Silence::Muted(number))
        }
        None => notice,
    })
}

/// Queues what was muted of incidents that still fire, once nothing covers them any more: one notice of each, with
/// its numbers of now; none of those that have just `spoken`.
pub(super) fn tell(
    store: &mut Store,
    standing: &Standing,
    spoken: &BTreeSet<AlertId>,
    now: Timestamp,
) -> Result<()> {
    for alert in store.open_alerts()? {
        let Some(rule) = standing.rules.iter().find(|rule| rule.id == alert.rule) else { continue };
        let waiting = store.muted(&alert.id)?.into_iter().rfind(|muted| muted.told.is_none());
        let Some(last) = waiting.filter(|_| alert.state == AlertState::Firing) else { continue };
        if alert.acknowledged.is_some() || store.silence_over(&alert.rule, &alert.brand, now)?.is_some() {
            continue;
        }
        if spoken.contains(&alert.id) {
            store.tell_muted(&alert.id, &[], now)?;
            continue;
        }
        let key = format!("{}:after-silence-{}", alert.id, last.news);
        let title = title(rule, &alert, standing.name(&alert.brand), standing.tongue);
        let mut notification = telling::notification(store, standing, &alert, key, title, now)?;
        notification.body = format!("{}\n{}", after(last.silence, standing.tongue), notification.body);
        let notices = store::Notice::to_each(&rule.notify, &notification, now);
        store.tell_muted(&alert.id, &notices, now)?;
    }
    Ok(())
}

fn after(silence: i64, tongue: Tongue) -> String {
    match tongue {
        Tongue::English => format!("Silence {silence} is over, and it still fires."),
        Tongue::French => format!("Le silence {silence} est fini, et l’alerte dure encore."),
    }
}
