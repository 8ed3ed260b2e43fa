//! How far one has come: each goal beside the figure it is about.

use super::{AgainstView, BrandView, ChangeView, Comparison, GoalView, IntervalView, days};
use crate::model::{Goal, Metric};

/// A volume is that of so many days.
const VOLUME_DAYS: f64 = 30.0;

/// Goals of the brands compared; none within a saved query, whose figures are others.
pub(super) fn goals(asked: &Comparison<'_>, brands: &[BrandView], against: &AgainstView) -> Vec<GoalView> {
    if asked.query.is_some() {
        return Vec::new();
    }
    let of = |goal: &Goal| {
        let brand = brands.iter().find(|brand| brand.brand == goal.brand.as_str())?;
        Some(progress(asked, goal, brand, against))
    };
    asked.goals.iter().filter_map(of).collect()
}

fn progress(asked: &Comparison<'_>, goal: &Goal, brand: &BrandView, against: &AgainstView) -> GoalView {
    let tone = brand.sentiment;
    let net = tone.net.zip(tone.low.zip(tone.high));
    let (now, change, scale) = match goal.metric {
        Metric::Share => (brand.share, brand.change, 1.0),
        Metric::Net => (net.map(|(value, (low, high))| IntervalView { value, low, high }), tone.change, 1.0),
        Metric::Volume => (brand.per_day, brand.change_per_day, VOLUME_DAYS),
    };
    let now = now.map(|now| IntervalView {
        value: now.value * scale,
        low: now.low * scale,
        high: now.high * scale,
    });
    let then = now.zip(change).and_then(|(now, change)| {
        let left = days(goal.by.duration_since(asked.until));
        // From the middle of one window to the middle of the other.
        let middle = |since: jiff::Timestamp, until: jiff::Timestamp| {
            (since.as_second() + until.as_second()) as f64 / 2.0 / 86_400.0
        };
        let passed = middle(asked.since, asked.until) - middle(against.since, against.until);
        (left > 0.0 && passed > 0.0).then(|| ahead(goal.metric, now, change, scale, left / passed))
    });
    let reached = |figure: IntervalView| figure.value >= goal.target;
    let sure = |figure: IntervalView| figure.low >= goal.target || figure.high < goal.target;
    let (state, sure) = match (now, then) {
        (None, _) => (None, false),
        (Some(now), _) if reached(now) => (Some("reached"), now.low >= goal.target),
        (Some(_), Some(then)) => (Some(if reached(then) { "on-track" } else { "behind" }), sure(then)),
        (Some(now), None) => (Some("behind"), sure(now)),
    };
    GoalView {
        brand: brand.brand.clone(),
        metric: goal.metric.as_str(),
        target: goal.target,
        by: goal.by,
        state,
        sure,
        now,
        then,
    }
}

/// Where a figure comes to if it goes on as it has changed: what is known of the change weighs as often as it is
/// repeated, beside what is known of today.
fn ahead(metric: Metric, now: IntervalView, change: ChangeView, scale: f64, times: f64) -> IntervalView {
    let value = now.value + change.value * scale * times;
    let down = (now.value - now.low).hypot((change.value - change.low) * scale * times);
    let up = (now.high - now.value).hypot((change.high - change.value) * scale * times);
    let (least, most) = match metric {
        Metric::Share => (0.0, 1.0),
        Metric::Net => (-1.0, 1.0),
        Metric::Volume => (0.0, f64::MAX),
    };
    let within = |figure: f64| figure.clamp(least, most);
    IntervalView { value: within(value), low: within(value - down), high: within(value + up) }
}
