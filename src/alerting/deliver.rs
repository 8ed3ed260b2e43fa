//! Telling what is due: at least once, each notifier on its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use anyhow::Result;

use crate::model::{Notification, NotifierConfig, NotifierId, Timestamp};
use crate::notify::{self, Notifier};
use crate::store::{Delivery, Notice, QueuedNotice};

/// A notice is tried this often before it is given up; the alert itself stays.
const ATTEMPTS: u32 = 8;

/// The wait after the first failure; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(30);

/// What a notifier did: it told, or why it did not.
type Outcome = std::result::Result<(), String>;

/// The configured notifiers, kept so that a growing incident replaces its own notification.
pub struct Deliverer {
    notifiers: BTreeMap<NotifierId, Notifier>,
}

/// One piece of news and what became of it at each notifier that was tried. Shown as one line for people.
#[derive(Clone, Debug)]
pub struct Delivered {
    pub notification: Notification,
    /// What each notifier did, in words.
    pub by: Vec<(NotifierId, Outcome)>,
    /// No notifier was tried before.
    first: bool,
}

impl Deliverer {
    pub fn new(notifiers: &[NotifierConfig]) -> Self {
        let notifiers = notifiers.iter().map(|config| (config.id.clone(), Notifier::new(config)));
        Self { notifiers: notifiers.collect() }
    }

    /// Tries every due notice once, and gives `mark` the number of each and how it ended before it tries the
    /// next: one that cannot be told now is tried again later. Answers what is worth showing: news that reached
    /// someone, or that was tried for the first time.
    ///
    /// # Errors
    /// What `mark` fails with.
    pub async fn deliver<F>(
        &mut self,
        due: Vec<QueuedNotice>,
        now: Timestamp,
        mut mark: impl FnMut(i64, Delivery) -> F,
    ) -> Result<Vec<Delivered>>
    where
        F: Future<Output = Result<()>>,
    {
        let mut delivered: Vec<Delivered> = Vec::new();
        let mut complaints = BTreeSet::new();
        for queued in due {
            let (outcome, ended) = self.try_one(&queued, now).await;
            mark(queued.number, ended).await?;
            let QueuedNotice { notice: Notice { notifier, notification, .. }, attempts, .. } = queued;
            if let Err(why) = &outcome
                && complaints.insert((notifier.clone(), why.clone()))
            {
                tracing::warn!("notifier `{notifier}`: {why}");
            }
            let by = (notifier, outcome);
            match delivered.iter_mut().find(|d| d.notification.key == notification.key) {
                Some(same) => {
                    same.by.push(by);
                    same.first &= attempts == 0;
                }
                None => delivered.push(Delivered { notification, by: vec![by], first: attempts == 0 }),
            }
        }
        delivered.retain(|d| d.first || d.by.iter().any(|(_, outcome)| outcome.is_ok()));
        Ok(delivered)
    }

    async fn try_one(&mut self, queued: &QueuedNotice, now: Timestamp) -> (Outcome, Delivery) {
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
        let names = |told: bool| {
            let named = self.by.iter().filter(|(_, outcome)| outcome.is_ok() == told);
            named.map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ")
        };
        match (names(true), names(false)) {
            (told, failed) if failed.is_empty() => write!(f, "  (told by {told})"),
            (told, failed) if told.is_empty() => write!(f, "  (shown here; not told by {failed})"),
            (told, failed) => write!(f, "  (told by {told}; not by {failed})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Channel, Severity};

    /// Two notifiers, of which `broken` never tells; each notice is of the same news.
    async fn tell(due: &[(&str, u32)]) -> (Vec<String>, usize) {
        let notifier = |id: &str, program: &str| NotifierConfig {
            id: NotifierId::new(id),
            channel: Channel::Command { argv: vec![program.to_owned()] },
        };
        let mut deliverer = Deliverer::new(&[notifier("good", "true"), notifier("broken", "false")]);
        let notice = |(number, (id, attempts)): (usize, &(&str, u32))| QueuedNotice {
            number: number as i64,
            notice: Notice {
                notifier: NotifierId::new(*id),
                notification: Notification {
                    key: "a_1:first".into(),
                    alert: None,
                    severity: Severity::High,
                    title: "Acme: 4 stories".into(),
                    body: "so".into(),
                },
                due: Timestamp::UNIX_EPOCH,
            },
            attempts: *attempts,
        };
        let due = due.iter().enumerate().map(notice).collect();
        let mut marked = 0;
        let mark = |_, _| {
            marked += 1;
            std::future::ready(Ok(()))
        };
        let told = deliverer.deliver(due, Timestamp::UNIX_EPOCH, mark).await.unwrap();
        let last = |d: &Delivered| d.to_string().lines().last().unwrap_or_default().trim().to_owned();
        (told.iter().map(last).collect(), marked)
    }

    #[tokio::test]
    async fn news_is_shown_once_and_says_who_told_it() {
        for (due, expected) in [
            (&[("good", 0), ("broken", 0)][..], &["(told by good; not by broken)"][..]),
            (&[("good", 0)], &["(told by good)"]),
            (&[("broken", 0)], &["(shown here; not told by broken)"]),
            (&[("broken", 1)], &[]),
            (&[("good", 3), ("broken", 3)], &["(told by good; not by broken)"]),
        ] {
            let (told, marked) = tell(due).await;
            assert_eq!(
                (told.as_slice(), marked),
                (&*expected.iter().map(|s| s.to_string()).collect::<Vec<_>>(), due.len())
            );
        }
    }
}
