//! Telling what is due: at least once, each notifier on its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use crate::model::{Notification, NotifierConfig, NotifierId, Timestamp};
use crate::notify::{self, Notifier};
use crate::store::{Delivery, QueuedNotice};

/// A notice is tried this often before it is given up; the alert itself stays.
const ATTEMPTS: u32 = 8;

/// The wait after the first failure; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(30);

/// The configured notifiers, kept so that a growing incident replaces its own notification.
pub struct Deliverer {
    notifiers: BTreeMap<NotifierId, Notifier>,
}

/// One notice and what became of it at each notifier. Shown as one line for people.
#[derive(Clone, Debug)]
pub struct Delivered {
    pub notification: Notification,
    /// What each notifier did, in words.
    pub by: Vec<(NotifierId, Result<(), String>)>,
    /// For the store: the number of each queued notice and how it ended.
    pub marks: Vec<(i64, Delivery)>,
}

impl Deliverer {
    pub fn new(notifiers: &[NotifierConfig]) -> Self {
        let notifiers = notifiers.iter().map(|config| (config.id.clone(), Notifier::new(config)));
        Self { notifiers: notifiers.collect() }
    }

    /// Tries every due notice once. One that cannot be told now is tried again later; it never holds up the
    /// next.
    pub async fn deliver(&mut self, due: Vec<QueuedNotice>, now: Timestamp) -> Vec<Delivered> {
        let mut delivered: Vec<Delivered> = Vec::new();
        let mut complaints = BTreeSet::new();
        for queued in due {
            let (outcome, mark) = self.try_one(&queued, now).await;
            if let Err(why) = &outcome
                && complaints.insert((queued.notice.notifier.clone(), why.clone()))
            {
                tracing::warn!("notifier `{}`: {why}", queued.notice.notifier);
            }
            let by = (queued.notice.notifier.clone(), outcome);
            let mark = (queued.number, mark);
            let key = &queued.notice.notification.key;
            match delivered.iter_mut().find(|d| d.notification.key == *key) {
                Some(same) => {
                    same.by.push(by);
                    same.marks.push(mark);
                }
                None => delivered.push(Delivered {
                    notification: queued.notice.notification,
                    by: vec![by],
                    marks: vec![mark],
                }),
            }
        }
        delivered
    }

    async fn try_one(&mut self, queued: &QueuedNotice, now: Timestamp) -> (Result<(), String>, Delivery) {
        let Some(notifier) = self.notifiers.get_mut(&queued.notice.notifier) else {
            let note = "no longer configured".to_owned();
            return (Err(note.clone()), Delivery::GaveUp { note });
        };
        let (wait, why) = match notifier.deliver(&queued.notice.notification).await {
            notify::Delivery::Delivered => return (Ok(()), Delivery::Done { at: now }),
            notify::Delivery::Retry { after, why } => (after, why),
            notify::Delivery::Unavailable { why } => (Duration::ZERO, why),
        };
        if queued.attempts + 1 >= ATTEMPTS {
            return (Err(format!("{why}; given up")), Delivery::GaveUp { note: why });
        }
        let wait = wait.max(FIRST_WAIT * 2_u32.pow(queued.attempts));
        let due = now.checked_add(wait).unwrap_or(Timestamp::MAX);
        (Err(why.clone()), Delivery::Retry { due, note: why })
    }
}

impl fmt::Display for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Notification { title, body, .. } = &self.notification;
        writeln!(f, "{title}")?;
        for line in body.lines() {
            writeln!(f, "  {line}")?;
        }
        let told: Vec<&str> = self.by.iter().filter(|(_, r)| r.is_ok()).map(|(id, _)| id.as_str()).collect();
        match told.as_slice() {
            [] => write!(f, "  (told here only: no notifier could be reached)"),
            ids => write!(f, "  (told by {})", ids.join(", ")),
        }
    }
}
