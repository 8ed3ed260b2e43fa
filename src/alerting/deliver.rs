//! Telling what is due: at least once, each notifier on its own, and in order.
//!
//! Before a notice is tried, the key it is tried under is noted; after it, what became of it. Whatever happens in
//! between, it is tried again under that key, by which its receiver knows that it has it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use anyhow::Result;
use futures_util::future::try_join_all;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::outbox::{self, LONGEST_WAIT_S, Lane, Parcel, Plan, lane};
use super::summary::summary;
use crate::config::Config;
use crate::model::{Notification, NotifierConfig, NotifierId, Timestamp, Tongue};
use crate::notify::{self, Notifier};
use crate::store::{Delivery, NotifierState, QueuedNotice, Waiting};

/// The wait after the first failure; it doubles with each further one, up to the longest.
const FIRST_WAIT_S: i64 = 30;
const LONGEST_BACKOFF_S: i64 = 3_600;

/// A notice is given up when it is this old and was tried, or its notifier was, at least so often.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(72);
const FEWEST_ATTEMPTS: u32 = 8;

/// What a notifier did with a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Told,
    Failed,
    /// It waits for the end of quiet hours.
    Held,
}

/// The configured notifiers, kept so that a growing incident replaces its own notification.
pub struct Deliverer {
    ways: BTreeMap<NotifierId, Way>,
    zone: TimeZone,
    tongue: Tongue,
}

struct Way {
    config: NotifierConfig,
    notifier: Notifier,
}

/// One piece of news and what became of it at each notifier. Shown as one line for people.
#[derive(Clone, Debug)]
pub struct Delivered {
    pub notification: Notification,
    /// In the order in which it was queued.
    by: Vec<(NotifierId, Outcome)>,
    /// It was never shown before.
    first: bool,
}

impl Deliverer {
    pub fn new(config: &Config, tongue: Tongue) -> Self {
        let way = |config: &NotifierConfig| Way { config: config.clone(), notifier: Notifier::new(config) };
        Self {
            ways: config.notifiers.iter().map(|config| (config.id.clone(), way(config))).collect(),
            zone: config.settings.timezone.clone(),
            tongue,
        }
    }

    /// Tries what is due of all that waits, and gives `note` what becomes of each notice as it happens. Answers
    /// what is worth showing: news that reached someone, or that was never shown before.
    ///
    /// # Errors
    /// What `note` fails with.
    pub async fn deliver<F>(
        &mut self,
        waiting: Waiting,
        now: Timestamp,
        note: impl Fn(Delivery) -> F,
    ) -> Result<Vec<Delivered>>
    where
        F: Future<Output = Result<()>>,
    {
        let mut queues: BTreeMap<NotifierId, Vec<QueuedNotice>> = BTreeMap::new();
        for queued in waiting.notices {
            queues.entry(queued.notice.notifier.clone()).or_default().push(queued);
        }
        let (zone, tongue, note) = (&self.zone, self.tongue, &note);
        let turns = self.ways.iter_mut().filter_map(|(id, way)| {
            let queue = queues.remove(id)?;
            let state = waiting.notifiers.get(id).cloned().unwrap_or_default();
            let turn = Turn { way, zone, tongue, now, state, left: queue.iter().map(age).collect(), note };
            Some(turn.take(queue))
        });
        let mut outcomes = try_join_all(turns.collect::<Vec<_>>()).await?.concat();
        for queue in queues.into_values() {
            let note_text = "no longer configured".to_owned();
            let numbers = numbers(&queue);
            note(Delivery::GivenUp { numbers, at: now, note: note_text }).await?;
            outcomes.extend(queue.into_iter().map(|queued| (queued, Outcome::Failed)));
        }
        outcomes.sort_by_key(|(queued, _)| queued.number);
        let mut delivered: Vec<Delivered> = Vec::new();
        for (queued, outcome) in outcomes {
            let first = queued.note.is_none() && queued.sent_as.is_none();
            let by = (queued.notice.notifier, outcome);
            let notification = queued.notice.notification;
            match delivered.iter_mut().find(|d| d.notification.key == notification.key) {
                Some(same) => {
                    same.by.push(by);
                    same.first &= first;
                }
                None => delivered.push(Delivered { notification, by: vec![by], first }),
            }
        }
        delivered.retain(|d| d.first || d.by.iter().any(|(_, outcome)| *outcome == Outcome::Told));
        Ok(delivered)
    }
}

fn age(queued: &QueuedNotice) -> (i64, Timestamp) {
    (queued.number, queued.notice.notification.at)
}

fn numbers(queue: &[QueuedNotice]) -> Vec<i64> {
    queue.iter().map(|queued| queued.number).collect()
}

/// All that is done for one notifier.
struct Turn<'a, N> {
    way: &'a mut Way,
    zone: &'a TimeZone,
    tongue: Tongue,
    now: Timestamp,
    state: NotifierState,
    /// What still waits, and since when.
    left: BTreeMap<i64, Timestamp>,
    note: &'a N,
}

impl<N, F> Turn<'_, N>
where
    N: Fn(Delivery) -> F,
    F: Future<Output = Result<()>>,
{
    async fn take(mut self, queue: Vec<QueuedNotice>) -> Result<Vec<(QueuedNotice, Outcome)>> {
        let mut outcomes = Vec::with_capacity(queue.len());
        if self.state.waits_until.is_some_and(|until| outbox::is_ahead(until, self.now)) {
            let why = self.state.note.clone().unwrap_or_else(|| "it is left alone for a while".to_owned());
            self.postpone(queue, Outcome::Failed, &why, &mut outcomes).await?;
            return Ok(outcomes);
        }
        let Plan { parcels, held } = outbox::plan(queue, &self.way.config, self.zone, self.now);
        self.postpone(held, Outcome::Held, "held in quiet hours", &mut outcomes).await?;
        let mut parcels = parcels.into_iter();
        let mut behind: BTreeSet<Lane> = BTreeSet::new();
        while let Some(parcel) = parcels.next() {
            let lanes: BTreeSet<Lane> = parcel.members.iter().map(lane).collect();
            if !lanes.is_disjoint(&behind) {
                let why = "it waits for earlier news of its rule";
                self.postpone(parcel.members, Outcome::Failed, why, &mut outcomes).await?;
                continue;
            }
            let (outcome, why) = match self.try_one(&parcel).await? {
                notify::Delivery::Delivered => {
                    self.told(&parcel).await?;
                    (Outcome::Told, None)
                }
                notify::Delivery::Refused { why } => {
                    behind.extend(lanes);
                    self.refused(&parcel, &why).await?;
                    (Outcome::Failed, None)
                }
                notify::Delivery::Retry { after, why } => {
                    self.unreached(&parcel, after, &why).await?;
                    (Outcome::Failed, Some(why))
                }
                notify::Delivery::Unavailable { why } => {
                    self.unreached(&parcel, None, &why).await?;
                    (Outcome::Failed, Some(why))
                }
            };
            outcomes.extend(parcel.members.into_iter().map(|queued| (queued, outcome.clone())));
            if let Some(why) = why {
                // Nothing else will reach it now.
                let rest = parcels.flat_map(|parcel| parcel.members).collect();
                self.postpone(rest, Outcome::Failed, &why, &mut outcomes).await?;
                break;
            }
        }
        Ok(outcomes)
    }

    async fn try_one(&mut self, parcel: &Parcel) -> Result<notify::Delivery> {
        let untold = parcel.members.iter().any(|queued| queued.sent_as.is_none());
        if untold {
            (self.note)(Delivery::Begun { numbers: numbers(&parcel.members), key: parcel.key.clone() })
                .await?;
        }
        let parts: Vec<Notification> =
            parcel.members.iter().map(|queued| queued.notice.notification.clone()).collect();
        // A summary of which but one part is left is a summary still: its key is known.
        let message = match parts.as_slice() {
            [one] if one.key == parcel.key => one.clone(),
            _ => summary(&parcel.key, parts, self.zone, self.tongue),
        };
        Ok(self.way.notifier.deliver(&message, self.now).await)
    }

    async fn told(&mut self, parcel: &Parcel) -> Result<()> {
        let numbers = numbers(&parcel.members);
        self.left.retain(|number, _| !numbers.contains(number));
        self.state.failures = 0;
        (self.note)(Delivery::Told { numbers, notifier: self.way.config.id.clone(), at: self.now }).await
    }

    async fn refused(&mut self, parcel: &Parcel, why: &str) -> Result<()> {
        let attempts = 1 + parcel.members.iter().map(|queued| queued.attempts).max().unwrap_or(0);
        self.state.failures = 0;
        let (given_up, tried_again): (Vec<&QueuedNotice>, Vec<&QueuedNotice>) = parcel
            .members
            .iter()
            .partition(|queued| attempts >= FEWEST_ATTEMPTS && self.is_old(age(queued).1));
        self.warn(why, !given_up.is_empty());
        let numbers = |queue: &[&QueuedNotice]| queue.iter().map(|queued| queued.number).collect::<Vec<_>>();
        let due = self.after(wait_s(attempts, &parcel.key));
        let (notifier, note, at) = (self.way.config.id.clone(), why.to_owned(), self.now);
        let refused =
            Delivery::Refused { numbers: numbers(&tried_again), notifier, at, due, note: note.clone() };
        (self.note)(refused).await?;
        if !given_up.is_empty() {
            (self.note)(Delivery::GivenUp { numbers: numbers(&given_up), at, note }).await?;
        }
        Ok(())
    }

    async fn unreached(&mut self, parcel: &Parcel, after: Option<Duration>, why: &str) -> Result<()> {
        self.state.failures += 1;
        let asked_s = after.map_or(0, |after| i64::try_from(after.as_secs()).unwrap_or(i64::MAX));
        let until = self.after(wait_s(self.state.failures, &parcel.key).max(asked_s.min(LONGEST_WAIT_S)));
        let (numbers, notifier, note) =
            (numbers(&parcel.members), self.way.config.id.clone(), why.to_owned());
        let unreached = Delivery::Unreached { numbers, notifier, at: self.now, until, note: note.clone() };
        (self.note)(unreached).await?;
        let mut given_up = Vec::new();
        if self.state.failures >= FEWEST_ATTEMPTS {
            let old = self.left.iter().filter(|(_, at)| self.is_old(**at));
            given_up.extend(old.map(|(number, _)| *number));
        }
        self.warn(why, !given_up.is_empty());
        if !given_up.is_empty() {
            (self.note)(Delivery::GivenUp { numbers: given_up, at: self.now, note }).await?;
        }
        Ok(())
    }

    async fn postpone(
        &self,
        queue: Vec<QueuedNotice>,
        outcome: Outcome,
        why: &str,
        outcomes: &mut Vec<(QueuedNotice, Outcome)>,
    ) -> Result<()> {
        // Said once, when it is shown for the first time.
        let unseen: Vec<i64> =
            queue.iter().filter(|queued| queued.note.is_none()).map(|queued| queued.number).collect();
        if !unseen.is_empty() {
            (self.note)(Delivery::Postponed { numbers: unseen, note: why.to_owned() }).await?;
        }
        outcomes.extend(queue.into_iter().map(|queued| (queued, outcome.clone())));
        Ok(())
    }

    fn warn(&self, why: &str, given_up: bool) {
        let given_up = if given_up { "; what has waited for three days is given up" } else { "" };
        tracing::warn!("notifier `{}`: {why}{given_up}", self.way.config.id);
    }

    fn is_old(&self, at: Timestamp) -> bool {
        self.now.duration_since(at) >= GIVEN_UP_AFTER
    }

    fn after(&self, seconds: i64) -> Timestamp {
        self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
    }
}

/// How long to wait after so many failures. A fifth more or less, so that not all who failed together come back
/// together; which, the key decides, so that a replay waits as long.
fn wait_s(failures: u32, key: &str) -> i64 {
    let doubled = FIRST_WAIT_S << failures.saturating_sub(1).min(16);
    let wait_s = doubled.min(LONGEST_BACKOFF_S);
    let hash = blake3::hash(format!("{key} {failures}").as_bytes());
    let [low, high, ..] = *hash.as_bytes();
    let fraction = f64::from(u16::from_le_bytes([low, high])) / f64::from(u16::MAX);
    (wait_s as f64 * (0.8 + 0.4 * fraction)).round() as i64
}

impl fmt::Display for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.notification.title)?;
        for line in self.notification.in_short().lines() {
            writeln!(f, "  {line}")?;
        }
        let names = |wanted: Outcome, before: &str| {
            let named = self.by.iter().filter(|(_, outcome)| *outcome == wanted);
            let names = named.map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ");
            (!names.is_empty()).then(|| format!("{before} {names}"))
        };
        let told = names(Outcome::Told, "told by").unwrap_or_else(|| "shown here".to_owned());
        let failed = if told == "shown here" { "not told by" } else { "not by" };
        let parts =
            [Some(told), names(Outcome::Failed, failed), names(Outcome::Held, "later, for quiet hours, by")];
        write!(f, "  ({})", parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::super::testing::queued;
    use super::*;
    use crate::model::Channel;
    use crate::notify::Memory;

    const NOON: &str = "2026-03-02T12:00:00Z";

    /// A notifier that keeps what it is told, and answers as it is asked to.
    struct Desk {
        deliverer: Deliverer,
        queue: Vec<QueuedNotice>,
        state: NotifierState,
        given_up: Vec<i64>,
    }

    impl Desk {
        fn new(queue: Vec<QueuedNotice>) -> Self {
            let id = NotifierId::new("team");
            let config = NotifierConfig { id: id.clone(), channel: Channel::Desktop, quiet: None };
            let way = Way { config, notifier: Notifier::Memory(Memory::default()) };
            let deliverer =
                Deliverer { ways: BTreeMap::from([(id, way)]), zone: TimeZone::UTC, tongue: Tongue::English };
            Self { deliverer, queue, state: NotifierState::default(), given_up: Vec::new() }
        }

        fn memory(&mut self) -> &mut Memory {
            match self.deliverer.ways.values_mut().next().map(|way| &mut way.notifier) {
                Some(Notifier::Memory(memory)) => memory,
                _ => panic!("the desk has one notifier"),
            }
        }

        fn keys(&mut self) -> Vec<String> {
            self.memory().delivered.iter().map(|told| told.key.clone()).collect()
        }

        /// Takes a turn as the store would have it noted.
        async fn turn(&mut self, now: Timestamp) -> Vec<Delivered> {
            let noted = RefCell::new(Vec::new());
            let waiting = Waiting {
                notices: self.queue.clone(),
                notifiers: BTreeMap::from([(NotifierId::new("team"), self.state.clone())]),
            };
            let note = |delivery| {
                noted.borrow_mut().push(delivery);
                std::future::ready(Ok(()))
            };
            let shown = self.deliverer.deliver(waiting, now, note).await.unwrap();
            for delivery in noted.into_inner() {
                self.note(delivery);
            }
            shown
        }

        fn note(&mut self, delivery: Delivery) {
            let mut each = |numbers: &[i64], change: &dyn Fn(&mut QueuedNotice)| {
                self.queue.iter_mut().filter(|queued| numbers.contains(&queued.number)).for_each(change);
            };
            match delivery {
                Delivery::Begun { numbers, key } => each(&numbers, &|q| q.sent_as = Some(key.clone())),
                Delivery::Told { numbers, .. } => {
                    self.queue.retain(|queued| !numbers.contains(&queued.number));
                    self.state = NotifierState::default();
                }
                Delivery::Refused { numbers, due, note, .. } => each(&numbers, &|q| {
                    (q.notice.due, q.note, q.attempts) = (due, Some(note.clone()), q.attempts + 1);
                    q.sent_as = q.sent_as.take().filter(|_| numbers.len() == 1);
                }),
                Delivery::Unreached { numbers, until, note, .. } => {
                    each(&numbers, &|q| (q.note, q.attempts) = (Some(note.clone()), q.attempts + 1));
                    self.state.failures += 1;
                    (self.state.waits_until, self.state.note) = (Some(until), Some(note));
                }
                Delivery::Postponed { numbers, note } => each(&numbers, &|q| q.note = Some(note.clone())),
                Delivery::GivenUp { numbers, .. } => {
                    self.queue.retain(|queued| !numbers.contains(&queued.number));
                    self.given_up.extend(numbers);
                }
            }
        }
    }

    fn noon() -> Timestamp {
        NOON.parse().unwrap()
    }

    fn minutes(time: Timestamp, minutes: i64) -> Timestamp {
        time.checked_add(SignedDuration::from_mins(minutes)).unwrap()
    }

    fn retry(after: Option<Duration>) -> Option<notify::Delivery> {
        Some(notify::Delivery::Retry { after, why: "no answer".into() })
    }

    #[tokio::test]
    async fn a_day_without_the_receiver_costs_few_attempts_and_loses_nothing() {
        let mut desk = Desk::new(vec![queued(1, "a", NOON), queued(2, "b", NOON), queued(3, "a", NOON)]);
        desk.memory().answer = retry(None);
        let mut now = noon();
        let mut attempts = 0;
        while now < minutes(noon(), 24 * 60) {
            let before = desk.state.failures;
            desk.turn(now).await;
            attempts += desk.state.failures - before;
            now = minutes(now, 1);
        }
        assert!((25..=40).contains(&attempts), "{attempts}");
        assert_eq!(desk.queue.len(), 3);
        desk.memory().answer = None;
        for _ in 0..75 {
            desk.turn(now).await;
            now = minutes(now, 1);
        }
        assert_eq!(desk.queue, []);
        let keys = desk.keys();
        assert!(keys.iter().position(|key| key == "1") < keys.iter().position(|key| key == "3"), "{keys:?}");
        assert_eq!(keys.len(), 3, "{keys:?}");
    }

    #[tokio::test]
    async fn what_the_receiver_asks_for_is_granted_up_to_a_day() {
        for (asked_h, waits_h) in [(5, 5), (24 * 30, 24)] {
            let mut desk = Desk::new(vec![queued(1, "a", NOON)]);
            desk.memory().answer = retry(Some(Duration::from_secs(asked_h * 3_600)));
            desk.turn(noon()).await;
            assert_eq!(desk.state.waits_until, Some(minutes(noon(), waits_h * 60)));
        }
    }

    #[tokio::test]
    async fn after_three_days_it_is_given_up_but_not_what_came_later() {
        let mut desk = Desk::new(vec![queued(1, "a", NOON), queued(2, "b", "2026-03-05T11:00:00Z")]);
        desk.memory().answer = retry(None);
        let mut now = noon();
        while now <= minutes(noon(), 3 * 24 * 60 + 75) {
            desk.turn(now).await;
            now = minutes(now, 5);
        }
        assert_eq!((desk.given_up.as_slice(), desk.queue.len()), (&[1][..], 1));
        // After a week without this machine a notice still has its attempts.
        let mut desk = Desk::new(vec![queued(1, "a", NOON)]);
        desk.memory().answer = retry(None);
        desk.turn(minutes(noon(), 7 * 24 * 60)).await;
        assert!(desk.given_up.is_empty());
    }

    #[tokio::test]
    async fn what_is_refused_keeps_nobody_waiting_but_its_own_rule() {
        let mut desk = Desk::new(vec![queued(1, "a", NOON)]);
        desk.memory().answer = Some(notify::Delivery::Refused { why: "too long".into() });
        desk.turn(noon()).await;
        desk.memory().answer = None;
        desk.queue.extend([queued(2, "a", NOON), queued(3, "b", NOON)]);
        desk.turn(noon()).await;
        assert_eq!(desk.keys(), ["3"]);
        desk.turn(minutes(noon(), 1)).await;
        assert_eq!(desk.keys(), ["3", "1", "2"]);
    }

    /// The process may end between the attempt and the note of it.
    #[tokio::test]
    async fn what_may_have_been_told_is_told_again_under_the_same_key_only() {
        let mut desk = Desk::new((1..=5).map(|number| queued(number, "a", NOON)).collect());
        let before = desk.queue.clone();
        desk.turn(noon()).await;
        let first = desk.keys();
        assert_eq!(first.len(), 1);
        // Only that it began is known, and more has come.
        desk.queue = before;
        desk.queue.iter_mut().for_each(|queued| queued.sent_as = Some(first[0].clone()));
        desk.queue.extend((6..=9).map(|number| queued(number, "a", NOON)));
        desk.turn(noon()).await;
        let told = desk.memory().delivered.clone();
        assert_eq!(told[1].key, first[0]);
        assert_eq!(told[1].parts, told[0].parts);
        assert_eq!((told.len(), told[2].parts.len()), (3, 4), "what came later goes by itself");
    }

    #[tokio::test]
    async fn news_is_shown_once_and_says_who_told_it() {
        let mut desk = Desk::new(vec![queued(1, "a", NOON)]);
        desk.memory().answer = retry(None);
        let last = |shown: Vec<Delivered>| {
            shown
                .iter()
                .map(|d| d.to_string().lines().last().unwrap_or_default().trim().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(last(desk.turn(noon()).await), ["(shown here; not told by team)"]);
        desk.queue.push(queued(2, "b", NOON));
        assert_eq!(last(desk.turn(noon()).await), ["(shown here; not told by team)"], "that of the second");
        assert_eq!(last(desk.turn(noon()).await), [""; 0]);
        desk.memory().answer = None;
        assert_eq!(last(desk.turn(minutes(noon(), 1)).await), ["(told by team)", "(told by team)"]);
    }

    #[test]
    fn waits_double_up_to_an_hour_and_differ_by_key() {
        let waits: Vec<i64> = (1..=9).map(|failures| wait_s(failures, "a")).collect();
        for (wait, plain) in waits.iter().zip([30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]) {
            assert!((plain * 8 / 10..=plain * 12 / 10).contains(wait), "{waits:?}");
        }
        assert_eq!(wait_s(3, "a"), wait_s(3, "a"));
        assert_ne!(wait_s(9, "a"), wait_s(9, "b"));
    }
}
