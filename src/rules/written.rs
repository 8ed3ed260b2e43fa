//! Written series, replayed: does a rule say what is expected?

use jiff::tz::TimeZone;

use super::replay::{Arrival, Listened, Past, Span, replay, replay_at_once};
use crate::model::{
    Alert, AlertState, Condition, Expectation, MentionId, Rule, SeenVoice, SentimentLabel, Timestamp, Tongue,
    WrittenTest,
};

/// What an expectation found.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    pub expected: &'a Expectation,
    /// The alert that fires then.
    pub firing: Option<Alert>,
    pub holds: bool,
}

/// Replays a written series up to each time at which something is expected. The mentions of a step come in evenly over
/// it, each as soon as it is published.
pub fn check<'a>(test: &'a WrittenTest, zone: &TimeZone, tongue: Tongue) -> Vec<Found<'a>> {
    let others = past(test, &test.others, zone);
    let past = past(test, &test.values, zone);
    let others: &[&Past] = if test.others.is_empty() { &[] } else { &[&others] };
    let found = |expected: &'a Expectation| {
        let until = Timestamp::from_second(expected.at.as_second() + 1).unwrap_or(Timestamp::MAX);
        let span = Span { since: test.start, until };
        let alerts = match test.rule.condition {
            Condition::Pattern | Condition::NewVoice => {
                let voices = |arrivals: &[Arrival], at| match test.rule.condition {
                    Condition::NewVoice => Some((voices(&test.rule, arrivals, at), arrivals.to_vec())),
                    _ => None,
                };
                let found = replay_at_once(&test.rule, &test.brand, &past, span, tongue, voices);
                found.into_iter().map(|(alert, _)| alert).collect()
            }
            _ => replay(&test.rule, &test.brand, (&past, others), span, tongue),
        };
        let firing = alerts.into_iter().rev().find(|alert| alert.state == AlertState::Firing);
        let value = firing.as_ref().map(|alert| alert.observed.value);
        let holds =
            expected.firing == firing.is_some() && (expected.value.is_none() || expected.value == value);
        Found { expected, firing, holds }
    };
    test.expectations.iter().map(found).collect()
}

/// A voice of weight for each mention: names are not written.
fn voices(rule: &Rule, arrivals: &[Arrival], at: Timestamp) -> Vec<SeenVoice> {
    let voice = |arrival: &Arrival| SeenVoice {
        name: (arrival.mention + 1).to_string(),
        first: MentionId::new(""),
        at,
        sources: rule.min_sources,
        before: None,
        carried: 0,
    };
    arrivals.iter().map(voice).collect()
}

fn past(test: &WrittenTest, values: &[Option<u32>], zone: &TimeZone) -> Past {
    let step_s = i64::try_from(test.step.as_secs()).unwrap_or(i64::MAX);
    let (mut arrivals, mut gaps): (Vec<Arrival>, Vec<(i64, Option<i64>)>) = (Vec::new(), Vec::new());
    for (number, value) in values.iter().enumerate() {
        let start = test.start.as_second() + number as i64 * step_s;
        let Some(value) = *value else {
            gaps.push((start, Some(start + step_s)));
            continue;
        };
        let of = |counts: &[Option<u32>]| counts.get(number).copied().flatten().unwrap_or(0);
        let (negative, positive) = (of(&test.negative), of(&test.positive));
        for i in 0..value {
            let at = start + step_s * i64::from(i) / i64::from(value);
            let told = u32::try_from(arrivals.len()).unwrap_or(u32::MAX);
            arrivals.push(Arrival {
                at,
                published: true,
                observed: at,
                backfill: false,
                unplaced: false,
                source: i % test.sources,
                story: told,
                tone: match i {
                    _ if i < negative => Some(SentimentLabel::Negative),
                    _ if i >= value - positive.min(value) => Some(SentimentLabel::Positive),
                    _ => None,
                },
                mention: i64::from(told),
            });
        }
    }
    // Steps on end are one time in which nobody listened.
    let mut joined: Vec<(i64, Option<i64>)> = Vec::new();
    for (since, until) in gaps {
        match joined.last_mut().filter(|(_, before)| *before == Some(since)) {
            Some(last) => last.1 = until,
            None => joined.push((since, until)),
        }
    }
    let start = test.start.as_second();
    let listened = |source: u32| Listened {
        source: source.into(),
        reach: Some(start),
        gaps: joined.clone(),
        ended: None,
    };
    Past::new(arrivals, (0..test.sources).map(listened).collect(), Vec::new(), None, Some(start), zone)
}
