//! Alerts as they were seen, and the notices still to be delivered.

use anyhow::Result;

use super::{Reader, Store};
use crate::model::{
    Acknowledgement, Alert, AlertId, AlertState, BrandId, Notification, NotifierId, RuleId, Timestamp,
};

/// Which alerts are asked for; `None` leaves a fact open.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlertFilter<'a> {
    pub rule: Option<&'a RuleId>,
    pub brand: Option<&'a BrandId>,
    pub state: Option<AlertState>,
    /// Alerts of incidents that began at or after it.
    pub since: Option<Timestamp>,
    pub limit: Option<usize>,
}

/// News for one notifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub notifier: NotifierId,
    /// Its key and the notifier together are told at most once.
    pub notification: Notification,
    pub due: Timestamp,
}

/// A notice that waits for its delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedNotice {
    pub number: i64,
    pub notice: Notice,
    /// Deliveries that failed so far.
    pub attempts: u32,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    Done { at: Timestamp },
    Retry { due: Timestamp, note: String },
    GaveUp { note: String },
}

impl Reader {
    pub fn alert(&self, id: &AlertId) -> Result<Option<Alert>> {
        let _ = id;
        todo!()
    }

    /// Newest incident first.
    pub fn alerts(&self, filter: &AlertFilter<'_>) -> Result<Vec<Alert>> {
        let _ = filter;
        todo!()
    }

    /// The latest incident of a rule for a brand, over or not.
    pub fn current_alert(&self, rule: &RuleId, brand: &BrandId) -> Result<Option<Alert>> {
        let _ = (rule, brand);
        todo!()
    }

    /// Notices whose time has come, oldest first.
    pub fn due_notices(&self, now: Timestamp) -> Result<Vec<QueuedNotice>> {
        let _ = now;
        todo!()
    }
}

impl Store {
    /// Stores alerts and what is to be said of them in one transaction. A notice that was queued before,
    /// delivered or not, is not queued again.
    pub fn save_alerts(&mut self, alerts: &[(Alert, Vec<Notice>)]) -> Result<()> {
        let _ = alerts;
        todo!()
    }

    /// Queues a notice; whether it was not there before.
    pub fn enqueue_notice(&mut self, notice: &Notice) -> Result<bool> {
        let _ = notice;
        todo!()
    }

    pub fn mark_notice(&mut self, number: i64, delivery: &Delivery) -> Result<()> {
        let _ = (number, delivery);
        todo!()
    }

    /// Whether there is such an alert.
    pub fn acknowledge(&mut self, id: &AlertId, acknowledgement: &Acknowledgement) -> Result<bool> {
        let _ = (id, acknowledgement);
        todo!()
    }
}
