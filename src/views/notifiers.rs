//! How the ways to tell people are doing.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use crate::config::Config;
use crate::model::{NotifierConfig, NotifierId};
use crate::store::{GivenUp, NotifierState, Reader, Waiting};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NotifiersView {
    pub notifiers: Vec<NotifierView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NotifierView {
    pub id: String,
    pub kind: &'static str,
    /// Of a webhook, whose messages it sends.
    pub format: Option<&'static str>,
    /// Those that tell it.
    pub rules: Vec<String>,
    pub digests: Vec<String>,
    /// new, ok or failing.
    pub state: &'static str,
    /// When something was told last.
    pub told: Option<Timestamp>,
    /// Attempts in a row that did not reach it, when the latest attempt failed, and why.
    pub failures: u32,
    pub failed: Option<Timestamp>,
    pub note: Option<String>,
    /// It is left alone until then.
    pub waits_until: Option<Timestamp>,
    /// Notices that wait to be told, and since when the oldest does.
    pub waiting: u64,
    pub waiting_since: Option<Timestamp>,
    /// Until when its quiet hours last that are now.
    pub quiet_until: Option<Timestamp>,
    /// Notices that are not tried any more, when the latest was given up, and why.
    pub given_up: u64,
    pub given_up_at: Option<Timestamp>,
    pub given_up_note: Option<String>,
}

/// `reader` is `None` before the first poll.
pub fn notifiers(reader: Option<&Reader>, config: &Config, now: Timestamp) -> Result<NotifiersView> {
    let waiting = reader.map(Reader::waiting).transpose()?.unwrap_or_default();
    let given_up = reader.map(Reader::given_up).transpose()?.unwrap_or_default();
    let view = |notifier| view(config, notifier, &waiting, &given_up, now);
    Ok(NotifiersView { notifiers: config.notifiers.iter().map(view).collect() })
}

fn view(
    config: &Config,
    notifier: &NotifierConfig,
    waiting: &Waiting,
    given_up: &BTreeMap<NotifierId, GivenUp>,
    now: Timestamp,
) -> NotifierView {
    let known = waiting.notifiers.get(&notifier.id).cloned().unwrap_or_default();
    let mine = waiting.notices.iter().filter(|queued| queued.notice.notifier == notifier.id);
    let given_up = given_up.get(&notifier.id);
    let rules = config.rules.iter().filter(|rule| rule.notify.contains(&notifier.id));
    let digests = config.digests.iter().filter(|digest| digest.notify.contains(&notifier.id));
    NotifierView {
        id: notifier.id.to_string(),
        kind: notifier.channel.as_str(),
        format: notifier.channel.format(),
        rules: rules.map(|rule| rule.id.to_string()).collect(),
        digests: digests.map(|digest| digest.id.to_string()).collect(),
        state: state(&known),
        told: known.told,
        failures: known.failures,
        failed: known.failed,
        note: known.note,
        waits_until: known.waits_until.filter(|until| *until > now),
        waiting: mine.clone().count() as u64,
        waiting_since: mine.map(|queued| queued.notice.notification.at).min(),
        quiet_until: notifier.quiet.and_then(|quiet| quiet.end(now, &config.settings.timezone)),
        given_up: given_up.map_or(0, |given_up| given_up.count),
        given_up_at: given_up.and_then(|given_up| given_up.at),
        given_up_note: given_up.and_then(|given_up| given_up.note.clone()),
    }
}

fn state(known: &NotifierState) -> &'static str {
    match (&known.note, known.told) {
        // Only a success takes the note away.
        (Some(_), _) => "failing",
        (None, Some(_)) => "ok",
        (None, None) => "new",
    }
}
