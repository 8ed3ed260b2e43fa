//! The life of an incident: inactive, pending, firing, resolved.

use std::time::Duration;

use super::normal::LONGEST_CALM;
use super::notice::{Notice, Silence, reason};
use super::observe::Observation;
use crate::model::{Alert, AlertId, AlertState, BrandId, Rule, Timestamp, Tongue};

/// How long a condition must not hold before its incident is over: its window's length, within these.
const SHORTEST_CALM: Duration = Duration::from_secs(3_600);

/// What a look made of an incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The incident, new or changed; `None` if nothing changed. One that is resolved without `fired_at` never
    /// fired and is to be forgotten.
    pub alert: Option<Alert>,
    pub notice: Notice,
    /// The numbers are this look's: gather the evidence of its window anew.
    pub renewed: bool,
}

/// Moves the current or last incident of a rule and brand along by one look.
///
/// Looks may come late: a window of the past whose count has changed belongs to the incident that was open
/// then. One event is one incident: while it fires, further looks only add to it, and for a cooldown after it
/// is resolved none opens. Series, evidence and terms are the caller's to fill, where `renewed`.
pub fn step(
    rule: &Rule,
    brand: &BrandId,
    state: Option<&Alert>,
    seen: &Observation,
    now: Timestamp,
    tongue: Tongue,
) -> Step {
    let at = seen.observed.window.1;
    // An incident that never fired leaves no trace.
    let state = state.filter(|alert| alert.state != AlertState::Resolved || alert.fired_at.is_some());
    match state {
        Some(alert) if alert.state == AlertState::Pending => pending(rule, alert, seen, now, tongue),
        Some(alert) if alert.state == AlertState::Firing => firing(rule, alert, seen, now, tongue),
        _ if !seen.holds => quiet(Silence::Calm),
        // A rule that speaks at once sees each mention once, and its last incident has lasted a cooldown.
        _ if rule.condition.is_at_once() => open(rule, brand, seen, now, tongue),
        Some(last) if at >= last.since && last.until.is_some_and(|until| at <= until) => {
            late_evidence(rule, last, seen, now, tongue)
        }
        Some(last) if at < cooled_down(rule, last) => quiet(Silence::CoolingDown),
        _ => open(rule, brand, seen, now, tongue),
    }
}

/// `a_` and 16 hexadecimal digits.
pub fn alert_id(rule: &Rule, brand: &BrandId, since: Timestamp) -> AlertId {
    let key = format!("{}\0{brand}\0{}", rule.id, since.as_second());
    let hash = blake3::hash(key.as_bytes()).to_hex();
    AlertId::new(format!("a_{}", &hash[..16]))
}

fn quiet(silence: Silence) -> Step {
    Step { alert: None, notice: Notice::NothingNew(silence), renewed: false }
}

fn open(rule: &Rule, brand: &BrandId, seen: &Observation, now: Timestamp, tongue: Tongue) -> Step {
    let since = seen.observed.window.1;
    // The later looks of a rule that speaks at once see other mentions, so it has nothing to wait for.
    let fires = rule.hold.is_zero() || rule.condition.is_at_once();
    let mut alert = Alert {
        id: alert_id(rule, brand, since),
        rule: rule.id.clone(),
        brand: brand.clone(),
        query: rule.within.clone(),
        state: if fires { AlertState::Firing } else { AlertState::Pending },
        severity: rule.severity,
        since,
        fired_at: fires.then_some(now),
        until: None,
        last_held: since,
        reason: String::new(),
        observed: seen.observed.clone(),
        baseline: seen.baseline.clone(),
        series: None,
        evidence: Vec::new(),
        evidence_sources: Vec::new(),
        terms: Vec::new(),
        playbook: rule.playbook.clone(),
        rule_text: rule.canonical.clone(),
        config_hash: rule.config_hash.clone(),
        seen_at: now,
        acknowledged: None,
    };
    alert.reason = reason(rule, &alert, tongue);
    let notice = if fires { Notice::First } else { Notice::NothingNew(Silence::Waiting) };
    Step { alert: Some(alert), notice, renewed: true }
}

fn pending(rule: &Rule, alert: &Alert, seen: &Observation, now: Timestamp, tongue: Tongue) -> Step {
    let at = seen.observed.window.1;
    if at < alert.last_held {
        return quiet(Silence::Waiting);
    }
    let mut next = alert.clone();
    if !seen.holds {
        next.state = AlertState::Resolved;
        next.until = Some(at);
        return Step { alert: Some(next), notice: Notice::NothingNew(Silence::Passed), renewed: false };
    }
    next.last_held = at;
    let renewed = take_numbers(rule, &mut next, seen, now, tongue);
    if seconds_between(alert.since, at) < seconds(rule.hold) {
        return Step { alert: Some(next), notice: Notice::NothingNew(Silence::Waiting), renewed };
    }
    next.state = AlertState::Firing;
    next.fired_at = Some(now);
    Step { alert: Some(next), notice: Notice::First, renewed }
}

fn firing(rule: &Rule, alert: &Alert, seen: &Observation, now: Timestamp, tongue: Tongue) -> Step {
    let at = seen.observed.window.1;
    if !seen.holds {
        if seconds_between(alert.last_held, at) < calm_s(rule, alert) {
            return quiet(Silence::StillFiring);
        }
        let next = Alert { state: AlertState::Resolved, until: Some(at), ..alert.clone() };
        return Step { alert: Some(next), notice: Notice::Resolved, renewed: false };
    }
    // A window that was over before this incident began shows another event; what is found at once has no window.
    if !rule.condition.is_at_once() && at < alert.since && at <= alert.observed.window.0 {
        return quiet(Silence::StillFiring);
    }
    let mut next = alert.clone();
    next.last_held = at.max(alert.last_held);
    let before = (growth(alert), told_in(rule, alert, alert.seen_at));
    let renewed = take_numbers(rule, &mut next, seen, now, tongue);
    let grown = if rule.condition.is_at_once() {
        renewed && told_in(rule, &next, now) > before.1
    } else {
        growth(&next) > before.0
    };
    let notice = if grown { Notice::NewEvidence } else { Notice::NothingNew(Silence::StillFiring) };
    let changed = renewed || next.last_held != alert.last_held;
    Step { alert: changed.then_some(next), notice, renewed }
}

/// What comes in late of an incident that is over makes its numbers right, and is not told.
fn late_evidence(rule: &Rule, last: &Alert, seen: &Observation, now: Timestamp, tongue: Tongue) -> Step {
    let mut next = last.clone();
    let renewed = take_numbers(rule, &mut next, seen, now, tongue);
    let notice = Notice::NothingNew(Silence::CoolingDown);
    Step { alert: renewed.then_some(next), notice, renewed }
}

/// Takes over the numbers of a look if they are more unusual than those kept. A rule that speaks at once knows no
/// unusual and sees each mention once: it adds up what is new. Answers whether it did.
fn take_numbers(rule: &Rule, alert: &mut Alert, seen: &Observation, now: Timestamp, tongue: Tongue) -> bool {
    match (&alert.baseline, &seen.baseline) {
        (Some(kept), Some(new)) => {
            let (new, kept) = (new.p / new.p_budget, kept.p / kept.p_budget);
            // Where both are too improbable for numbers, the count decides.
            if new > kept || (new == kept && seen.observed.value <= alert.observed.value) {
                return false;
            }
            alert.observed = seen.observed.clone();
        }
        _ => {
            let (kept, new) = (&mut alert.observed, &seen.observed);
            kept.value += new.value;
            kept.mentions += new.mentions;
            kept.stories += new.stories;
            kept.negative += new.negative;
            kept.positive = kept.positive.zip(new.positive).map(|(kept, new)| kept + new);
            kept.sources = kept.sources.max(new.sources);
            kept.window.1 = kept.window.1.max(new.window.1);
            kept.voices.extend_from_slice(&new.voices);
        }
    }
    alert.baseline = seen.baseline.clone();
    alert.seen_at = now;
    alert.reason = reason(rule, alert, tongue);
    true
}

/// How many times the count has quadrupled past the line.
fn growth(alert: &Alert) -> u32 {
    let line = alert.baseline.as_ref().map_or(0, |baseline| baseline.threshold);
    (alert.observed.value / line.max(1)).max(1).ilog(4)
}

/// The number of the cooldown, counted from firing, in which an instant lies.
fn told_in(rule: &Rule, alert: &Alert, at: Timestamp) -> i64 {
    alert.fired_at.map_or(0, |fired_at| seconds_between(fired_at, at) / seconds(rule.cooldown).max(1))
}

/// Of a rule that speaks at once, whose looks are as short as the time between polls, an incident lasts a cooldown.
fn calm_s(rule: &Rule, alert: &Alert) -> i64 {
    if rule.condition.is_at_once() {
        return seconds(rule.cooldown);
    }
    let window_s = seconds_between(alert.observed.window.0, alert.observed.window.1);
    window_s.clamp(seconds(SHORTEST_CALM), seconds(LONGEST_CALM))
}

fn cooled_down(rule: &Rule, last: &Alert) -> Timestamp {
    let until = last.until.unwrap_or(last.last_held);
    let over_s = until.as_second().saturating_add(seconds(rule.cooldown));
    Timestamp::from_second(over_s).unwrap_or(Timestamp::MAX)
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second() - from.as_second()
}
