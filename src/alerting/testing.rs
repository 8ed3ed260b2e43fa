//! Notices for the tests of the outbox.

use crate::model::{Notification, NotifierId, RuleId, Severity, Topic};
use crate::store::{Notice, QueuedNotice};

/// A notice to `team`, decided and due at a time, and never tried.
pub fn queued(number: i64, rule: &str, at: &str) -> QueuedNotice {
    let at = at.parse().unwrap();
    QueuedNotice {
        number,
        notice: Notice {
            notifier: NotifierId::new("team"),
            notification: Notification {
                key: number.to_string(),
                topic: Topic::Alert,
                alert: None,
                rule: Some(RuleId::new(rule)),
                severity: Severity::High,
                at,
                title: format!("Acme: {number} stories"),
                headline: None,
                body: "so".into(),
                sections: Vec::new(),
                act: None,
                parts: Vec::new(),
            },
            due: at,
        },
        attempts: 0,
        sent_as: None,
        note: None,
    }
}
