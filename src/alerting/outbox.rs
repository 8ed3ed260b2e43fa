//! Which notices go out now, which of them together, and which wait. Pure.
//!
//! News of one rule is told in order: a later notice never overtakes an earlier one to the same notifier. Once
//! notices were tried together they stay together, under one key, since their receiver may know them by it.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::model::{NotifierConfig, RuleId, Severity, Timestamp, Topic};
use crate::store::QueuedNotice;

/// So many at once are told to people as one.
const MANY: usize = 4;

/// Nothing is put off for longer than this; a time further ahead was told by a clock that was wrong.
pub(super) const LONGEST_WAIT_S: i64 = 86_400;

/// Notices that go out as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parcel {
    pub key: String,
    /// At least one, oldest first.
    pub members: Vec<QueuedNotice>,
    /// What failed often is tried after what did not, lest it keep others waiting.
    rank: (u32, i64),
}

/// What is to be done for one notifier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// In the order in which to try them.
    pub parcels: Vec<Parcel>,
    /// Held back until its quiet hours are over.
    pub held: Vec<QueuedNotice>,
}

/// Within a lane the order is kept.
pub(super) type Lane = (bool, Option<RuleId>);

pub(super) fn lane(queued: &QueuedNotice) -> Lane {
    let notification = &queued.notice.notification;
    // A digest is read by itself, and never summed up.
    (notification.topic == Topic::Digest, notification.rule.clone())
}

/// Whether a time that something waits for lies ahead.
pub(super) fn is_ahead(time: Timestamp, now: Timestamp) -> bool {
    (1..=LONGEST_WAIT_S).contains(&(time.as_second() - now.as_second()))
}

/// `waiting`: all that waits for this notifier, oldest first.
pub(super) fn plan(waiting: Vec<QueuedNotice>, to: &NotifierConfig, zone: &TimeZone, now: Timestamp) -> Plan {
    let quiet_at = |time| to.quiet.and_then(|quiet| quiet.end(time, zone)).is_some();
    let is_quiet = quiet_at(now);
    let mut lanes: BTreeMap<Lane, Vec<QueuedNotice>> = BTreeMap::new();
    for queued in waiting {
        lanes.entry(lane(&queued)).or_default().push(queued);
    }
    let mut plan = Plan::default();
    // What was never tried, of rules of which nothing else waits, and behind what was tried.
    let (mut fresh, mut behind) = (Group::default(), Group::default());
    for ((is_digest, _), mut ready) in lanes {
        // What stands behind one that is tried again later waits with it.
        let due = ready.iter().position(|queued| is_ahead(queued.notice.due, now)).unwrap_or(ready.len());
        ready.truncate(due);
        if is_quiet {
            // What is critical breaks through, and takes along what came before it.
            let critical = |queued: &QueuedNotice| queued.notice.notification.severity == Severity::Critical;
            let through = ready.iter().rposition(critical).map_or(0, |last| last + 1);
            plan.held.extend(ready.split_off(through));
        }
        let tries = ready.iter().rposition(|queued| queued.sent_as.is_some() || queued.attempts > 0);
        let untried = match tries {
            _ if is_digest => Vec::new(),
            Some(last) => ready.split_off(last + 1),
            None => std::mem::take(&mut ready),
        };
        let attempts = tried(ready, &mut plan.parcels);
        let group = if tries.is_some() { &mut behind } else { &mut fresh };
        group.attempts = group.attempts.max(attempts);
        group.members.extend(untried);
    }
    // A part of what was tried together would be taken for all of it.
    let parcels = &plan.parcels;
    let is_part =
        |queued: &QueuedNotice| parcels.iter().any(|parcel| queued.sent_as.as_ref() == Some(&parcel.key));
    let (parts, held) = plan.held.into_iter().partition(is_part);
    plan.held = held;
    tried(parts, &mut plan.parcels);
    for Group { mut members, attempts } in [fresh, behind] {
        members.sort_by_key(|queued| queued.number);
        let slept = members.iter().filter(|queued| quiet_at(queued.notice.notification.at)).count();
        let many = members.len() >= MANY && to.channel.is_read_by_people();
        if many || slept > 1 && !is_quiet {
            plan.parcels.push(together(members, attempts));
        } else {
            plan.parcels.extend(members.into_iter().map(|queued| alone(queued, attempts)));
        }
    }
    plan.parcels.sort_by_key(|parcel| parcel.rank);
    plan
}

/// Notices that may be told as one.
#[derive(Default)]
struct Group {
    members: Vec<QueuedNotice>,
    /// The most attempts of what stands before one of them.
    attempts: u32,
}

/// Those of one lane up to the last that was tried before: each by itself, or with those it was tried with.
/// Answers the most attempts of one.
fn tried(ready: Vec<QueuedNotice>, parcels: &mut Vec<Parcel>) -> u32 {
    let mut attempts = 0;
    for queued in ready {
        attempts = attempts.max(queued.attempts);
        let known = queued.sent_as.as_ref();
        match parcels.iter_mut().find(|parcel| known == Some(&parcel.key)) {
            Some(parcel) => {
                parcel.rank = (parcel.rank.0.max(attempts), parcel.rank.1.min(queued.number));
                parcel.members.push(queued);
                parcel.members.sort_by_key(|queued| queued.number);
            }
            None => parcels.push(alone(queued, attempts)),
        }
    }
    attempts
}

fn alone(queued: QueuedNotice, attempts: u32) -> Parcel {
    Parcel {
        key: queued.sent_as.clone().unwrap_or_else(|| queued.notice.notification.key.clone()),
        rank: (attempts, queued.number),
        members: vec![queued],
    }
}

fn together(members: Vec<QueuedNotice>, attempts: u32) -> Parcel {
    let keys: Vec<&str> = members.iter().map(|queued| queued.notice.notification.key.as_str()).collect();
    let key = format!("s_{}", &blake3::hash(keys.join("\n").as_bytes()).to_hex()[..32]);
    // Behind all that stands before one of them.
    Parcel { key, rank: (attempts, members.last().map_or(0, |queued| queued.number)), members }
}

#[cfg(test)]
mod tests {
    use super::super::testing::queued;
    use super::*;
    use crate::model::{Channel, NotifierId, Quiet};

    const DAY: &str = "2026-03-02T12:00:00Z";
    const NIGHT: &str = "2026-03-02T23:00:00Z";

    fn to(channel: Channel) -> NotifierConfig {
        let time = |hour| jiff::civil::Time::constant(hour, 0, 0, 0);
        let quiet = Some(Quiet { from: time(22), until: time(7) });
        NotifierConfig { id: NotifierId::new("team"), channel, quiet }
    }

    fn people() -> NotifierConfig {
        to(Channel::Desktop)
    }

    fn program() -> NotifierConfig {
        to(Channel::Command { argv: vec!["true".into()] })
    }

    /// The numbers of each parcel in order, then of what is held.
    #[track_caller]
    fn check(waiting: Vec<QueuedNotice>, to: &NotifierConfig, now: &str, expected: &str) {
        let plan = plan(waiting, to, &TimeZone::UTC, now.parse().unwrap());
        let numbers = |members: &[QueuedNotice]| {
            members.iter().map(|queued| queued.number.to_string()).collect::<Vec<_>>().join("+")
        };
        let mut told: Vec<String> = plan.parcels.iter().map(|parcel| numbers(&parcel.members)).collect();
        told.extend((!plan.held.is_empty()).then(|| format!("held {}", numbers(&plan.held))));
        assert_eq!(told.join(" "), expected);
    }

    fn of_rules(rules: &[&str]) -> Vec<QueuedNotice> {
        rules.iter().zip(1..).map(|(rule, number)| queued(number, rule, "2026-03-02T11:00:00Z")).collect()
    }

    #[test]
    fn a_few_are_told_one_by_one_and_many_as_one_but_to_programs() {
        check(of_rules(&["a", "b", "a"]), &people(), DAY, "1 2 3");
        check(of_rules(&["a", "b", "a", "c"]), &people(), DAY, "1+2+3+4");
        check(of_rules(&["a", "b", "a", "c"]), &program(), DAY, "1 2 3 4");
    }

    #[test]
    fn news_of_a_rule_waits_for_its_earlier_news() {
        let mut waiting = of_rules(&["a", "b", "a", "b"]);
        waiting[0].notice.due = "2026-03-02T12:01:00Z".parse().unwrap();
        (waiting[0].attempts, waiting[0].sent_as) = (1, Some("1".into()));
        check(waiting.clone(), &people(), DAY, "2 4");
        check(waiting.clone(), &people(), "2026-03-02T12:01:00Z", "2 4 1 3");
        // A wait that a wrong clock has told is none.
        waiting[0].notice.due = "2027-03-02T12:01:00Z".parse().unwrap();
        check(waiting, &people(), DAY, "2 4 1 3");
    }

    #[test]
    fn what_was_tried_together_stays_together() {
        let mut waiting = of_rules(&["a", "b", "a", "c", "d"]);
        for queued in &mut waiting[..3] {
            (queued.attempts, queued.sent_as) = (2, Some("s_1".into()));
        }
        check(waiting.clone(), &people(), DAY, "4 5 1+2+3");
        let mut more = of_rules(&["a", "b", "a", "c", "d", "e", "f", "a"]);
        more[..3].clone_from_slice(&waiting[..3]);
        check(more, &people(), DAY, "4+5+6+7 1+2+3 8");
        let mut tails = of_rules(&["a", "b", "c", "b", "a", "b", "a", "c"]);
        for (number, attempts) in [(1, 3), (2, 1), (3, 2)] {
            let queued = &mut tails[number - 1];
            (queued.attempts, queued.sent_as) = (attempts, Some(number.to_string()));
        }
        check(tails, &people(), DAY, "2 3 1 4+5+6+7+8");
        // At night too: a part of it would be taken for the whole.
        waiting[1].notice.notification.severity = Severity::Critical;
        check(waiting, &people(), NIGHT, "1+2+3 held 4+5");
    }

    #[test]
    fn at_night_only_what_is_critical_is_told_and_the_rest_summed_up_in_the_morning() {
        let mut waiting: Vec<QueuedNotice> =
            ["a", "b"].iter().zip(1..).map(|(rule, number)| queued(number, rule, NIGHT)).collect();
        check(waiting.clone(), &people(), NIGHT, "held 1+2");
        check(waiting.clone(), &people(), "2026-03-03T07:00:00Z", "1+2");
        check(waiting.clone(), &program(), "2026-03-03T07:00:00Z", "1+2");
        check(waiting[..1].to_vec(), &people(), "2026-03-03T07:00:00Z", "1");
        waiting.push(queued(3, "b", NIGHT));
        waiting[2].notice.notification.severity = Severity::Critical;
        check(waiting, &people(), NIGHT, "2 3 held 1");
    }

    #[test]
    fn a_digest_is_no_part_of_a_summary() {
        let mut waiting = of_rules(&["a", "b", "c", "d", "e"]);
        waiting[1].notice.notification.topic = Topic::Digest;
        check(waiting, &people(), DAY, "2 1+3+4+5");
    }
}
