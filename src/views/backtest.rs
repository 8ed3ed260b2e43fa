//! What rules would have said of the past, and what another budget would have changed.

use jiff::Timestamp;
use serde::Serialize;

use super::alerts::AlertView;
use super::compare::IntervalView;
use super::search::MentionView;
use crate::model::{Alert, Rule};
use crate::stats::rate;

/// The answer of `rules backtest`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BacktestView {
    pub since: Timestamp,
    pub until: Timestamp,
    pub weeks: f64,
    /// Mentions that came in within that time, and how many of them are reconstructed: when they came in is not
    /// known, but how late their sources usually are.
    pub mentions: u64,
    pub reconstructed: u64,
    pub rules: Vec<ReplayedRule>,
    /// Oldest first.
    pub alerts: Vec<RaisedView>,
}

/// A rule, one of its brands, and how often it spoke of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReplayedRule {
    pub rule: String,
    pub brand: String,
    /// False alarms tolerated per week; `None` for a rule that speaks at once, which has no budget.
    pub budget_per_week: Option<f64>,
    /// Weeks in which it could judge.
    pub weeks: f64,
    pub alerts: u32,
    /// `None` where it could never judge.
    pub per_week: Option<IntervalView>,
    /// Those that somebody acknowledged as true, and as false alarms.
    pub called_true: u32,
    pub called_false: u32,
    /// With a confidence of 95 % there are no more false alarms per week, were all false that nobody called true.
    pub false_at_most: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RaisedView {
    #[serde(flatten)]
    pub alert: AlertView,
    /// The first mention of the story with the most copies.
    pub to_read: Option<MentionView>,
}

impl ReplayedRule {
    /// `alerts`: those of this rule and brand, raised in so many weeks.
    pub fn new(rule: &Rule, brand: &str, alerts: &[&Alert], weeks: f64) -> Self {
        let number = |wanted: &dyn Fn(&Alert) -> bool| {
            u32::try_from(alerts.iter().filter(|alert| wanted(alert)).count()).unwrap_or(u32::MAX)
        };
        let all = number(&|_| true);
        let called_true = number(&|alert| alert.acknowledged.as_ref().is_some_and(|ack| !ack.false_alarm));
        Self {
            rule: rule.id.to_string(),
            brand: brand.to_owned(),
            budget_per_week: (!rule.condition.is_at_once()).then_some(rule.budget_per_week),
            weeks,
            alerts: all,
            per_week: rate::rate(all, weeks).map(IntervalView::from),
            called_true,
            called_false: number(&|alert| alert.acknowledged.as_ref().is_some_and(|ack| ack.false_alarm)),
            false_at_most: rate::at_most(all - called_true, weeks),
        }
    }
}

/// The answer of `rules tune`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TuneView {
    pub rule: String,
    pub since: Timestamp,
    pub until: Timestamp,
    /// Weeks in which it could judge, over all its brands.
    pub weeks: f64,
    /// Incidents that were acknowledged as true, and as false alarms.
    pub called_true: u32,
    pub called_false: u32,
    /// Other budgets, the smallest first; then other values of `min` under today's budget.
    pub budgets: Vec<SettingView>,
    pub minima: Vec<SettingView>,
}

/// What a rule would do if it were set otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SettingView {
    pub budget: String,
    pub min: u32,
    /// As it is set today.
    pub today: bool,
    pub alerts: u32,
    pub per_week: Option<IntervalView>,
    /// Of the incidents that were acknowledged as true, those it speaks of.
    pub true_caught: u32,
    pub false_raised: u32,
    /// Of the incidents that it raises as it is set today, those it speaks of, and how much later in the middle
    /// one.
    pub raised_today_caught: u32,
    pub delay_s: Option<i64>,
}
