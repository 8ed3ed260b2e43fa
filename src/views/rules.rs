//! The configured rules, and where each stands for each of its brands.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::model::{AlertState, BrandId, Rule};
use crate::rules::{self, HISTORY_DAYS};
use crate::store::Reader;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RulesView {
    pub rules: Vec<RuleView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleView {
    pub id: String,
    pub kind: &'static str,
    pub severity: &'static str,
    /// False alarms tolerated per week, for each brand.
    pub budget_per_week: f64,
    pub notify: Vec<String>,
    pub config_hash: String,
    pub brands: Vec<RuleBrandView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleBrandView {
    pub brand: String,
    /// inactive, pending or firing.
    pub state: &'static str,
    /// The alert that is pending or firing.
    pub alert: Option<String>,
    /// From when a baseline is known; `None` if nothing was heard yet, or for a rule that needs none.
    pub judged_from: Option<Timestamp>,
}

/// `reader` is `None` before the first poll.
pub fn rules(reader: Option<&Reader>, rules: &[Rule], now: Timestamp) -> Result<RulesView> {
    let rules = rules.iter().map(|rule| rule_view(reader, rule, now)).collect::<Result<_>>()?;
    Ok(RulesView { rules })
}

fn rule_view(reader: Option<&Reader>, rule: &Rule, now: Timestamp) -> Result<RuleView> {
    let mut brands = Vec::with_capacity(rule.brands.len());
    for brand in &rule.brands {
        let current = reader.map(|r| r.current_alert(&rule.id, brand)).transpose()?.flatten();
        let open = current.filter(|alert| alert.state != AlertState::Resolved);
        let judged = reader.map(|r| judged_from(r, rule, brand, now)).transpose()?.flatten();
        brands.push(RuleBrandView {
            brand: brand.to_string(),
            state: open.as_ref().map_or("inactive", |alert| alert.state.as_str()),
            alert: open.map(|alert| alert.id.to_string()),
            judged_from: judged,
        });
    }
    Ok(RuleView {
        id: rule.id.to_string(),
        kind: rule.condition.as_str(),
        severity: rule.severity.as_str(),
        budget_per_week: rule.budget_per_week,
        notify: rule.notify.iter().map(ToString::to_string).collect(),
        config_hash: rule.config_hash.clone(),
        brands,
    })
}

/// From when on a rule can judge a brand; `None` if it was never heard of.
pub(super) fn judged_from(
    reader: &Reader,
    rule: &Rule,
    brand: &BrandId,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let since = now.checked_sub(SignedDuration::from_hours(24 * HISTORY_DAYS))?;
    let usual_since = reader.usual_since(brand, since, now)?;
    Ok(usual_since.and_then(|since| rules::judged_from(since, rule)))
}
