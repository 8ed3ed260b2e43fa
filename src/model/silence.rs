//! A time in which someone does not want to be told.

use super::{AlertId, BrandId, RuleId, Timestamp};

/// Notices of a rule, of a brand, of both or of all are not told between two times. Rules look on as ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Counted up by the store.
    pub number: i64,
    /// `None`: all of them.
    pub rule: Option<RuleId>,
    /// `None`: all of them.
    pub brand: Option<BrandId>,
    pub since: Timestamp,
    /// Exclusive; when it was ended, if that was earlier than planned.
    pub until: Timestamp,
    pub by: String,
    pub comment: String,
}

/// News that a silence kept from being told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Muted {
    pub alert: AlertId,
    /// What was news: `first`, `grown-42`.
    pub news: String,
    /// The number of the silence.
    pub silence: i64,
    pub at: Timestamp,
    /// When it was told after all, because the incident still fired when the silence was over.
    pub told: Option<Timestamp>,
}
