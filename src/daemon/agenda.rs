//! What the loop has to do next, and when: it sleeps until then.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::Timestamp;

/// How often the files of the configuration are looked at for a change, and the clock for a jump.
const FILES: Duration = Duration::from_secs(2);

/// Rules are looked at this often even if nothing was heard: an absence of mentions ends an incident.
const QUIET_LOOK: Duration = Duration::from_secs(60);

/// News is judged at once, but while there is more and more of it only so often.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Polls that ended are recorded together, so long after the first of them, and what is due next is asked then.
const TOGETHER: Duration = Duration::from_secs(1);

/// The index follows what was heard so much later: a commit costs more than to store and to judge.
const INDEX_LATER: Duration = Duration::from_secs(1);

/// How often it is asked whether a day has passed since what is too old was deleted.
const EXPIRY: Duration = Duration::from_secs(3600);

/// After a start or a jump of the clock, so much later: servers have then said what time it is.
const EXPIRY_AFTER: Duration = Duration::from_secs(30);

/// A clock that goes so much faster or slower was set, or the machine has slept.
const JUMP: Duration = Duration::from_secs(5);

/// What is to be done now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Chores {
    /// Record the polls that ended, and poll what is due.
    pub poll: bool,
    pub judge: bool,
    /// Bring the index up to date.
    pub index: bool,
    /// Nothing was heard for a while: memory may be given back.
    pub rest: bool,
    /// Delete what is too old, if a day has passed since.
    pub expire: bool,
}

/// The plan. Polls are planned by the clock on the wall, all else by time that passes.
#[derive(Debug)]
pub(super) struct Agenda {
    /// The next poll; `None` if none is planned.
    due: Option<Timestamp>,
    /// When polls that ended are to be recorded.
    settle: Option<Instant>,
    judge: Instant,
    judged: Option<Instant>,
    /// News came since the last look.
    news: bool,
    index: Option<Instant>,
    files: Instant,
    expire: Instant,
    /// Both clocks as they were seen last.
    seen: (Instant, Timestamp),
}

impl Agenda {
    /// Everything is to be done at once.
    pub fn new(now: Instant, time: Timestamp) -> Self {
        Self {
            due: Some(time),
            settle: None,
            judge: now,
            judged: None,
            news: false,
            index: None,
            files: now + FILES,
            expire: now + EXPIRY_AFTER,
            seen: (now, time),
        }
    }

    /// When to wake up, at the latest.
    pub fn next(&self, now: Instant, time: Timestamp) -> Instant {
        let due = self.due.map(|due| now + Duration::try_from(due.duration_since(time)).unwrap_or_default());
        [due, self.settle, self.index]
            .into_iter()
            .flatten()
            .fold(self.judge.min(self.files).min(self.expire), Instant::min)
    }

    /// Whether to look if the configuration has changed.
    pub fn files(&mut self, now: Instant) -> bool {
        let look = self.files <= now;
        if look {
            self.files = now + FILES;
        }
        look
    }

    /// What is to be done now; the caller does all of it.
    pub fn take(&mut self, now: Instant, time: Timestamp) -> Chores {
        let is_over = |deadline: Option<Instant>| deadline.is_some_and(|deadline| deadline <= now);
        let expected = self.seen.1.checked_add(now - self.seen.0).unwrap_or(Timestamp::MAX);
        let jumped = time.duration_since(expected).unsigned_abs() > JUMP;
        self.seen = (now, time);
        let chores = Chores {
            poll: jumped || is_over(self.settle) || self.due.is_some_and(|due| due <= time),
            judge: self.judge <= now,
            index: is_over(self.index),
            rest: self.judge <= now && !self.news && self.index.is_none(),
            expire: !jumped && self.expire <= now,
        };
        if chores.expire {
            self.expire = now + EXPIRY;
        }
        if jumped {
            self.expire = now + EXPIRY_AFTER;
        }
        if chores.poll {
            self.settle = None;
        }
        if chores.judge {
            self.news = false;
            self.judge = now + QUIET_LOOK;
            self.judged = Some(now);
        }
        if chores.index {
            self.index = None;
        }
        chores
    }

    /// All sources whose time had come are being polled; the next one's comes `due`.
    pub fn plan(&mut self, due: Option<Timestamp>) {
        self.due = due;
    }

    /// A poll ended.
    pub fn polled(&mut self, now: Instant) {
        self.settle.get_or_insert(now + TOGETHER);
    }

    /// What is stored changed, by another hand.
    pub fn changed(&mut self, now: Instant) {
        self.index.get_or_insert(now + INDEX_LATER);
    }

    /// Something was heard.
    pub fn heard(&mut self, now: Instant) {
        self.news = true;
        self.judge = self.judged.map_or(now, |judged| (judged + BETWEEN_LOOKS).max(now)).min(self.judge);
        self.index.get_or_insert(now + INDEX_LATER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Clocks {
        now: Instant,
        time: Timestamp,
    }

    impl Clocks {
        fn pass(&mut self, passed: Duration) {
            self.now += passed;
            self.time = self.time.checked_add(passed).unwrap();
        }
    }

    fn agenda() -> (Agenda, Clocks) {
        let clocks = Clocks { now: Instant::now(), time: "2026-03-02T08:00:00Z".parse().unwrap() };
        let mut agenda = Agenda::new(clocks.now, clocks.time);
        let first = agenda.take(clocks.now, clocks.time);
        assert_eq!((first.poll, first.judge), (true, true), "a start does all there is to do");
        agenda.plan(None);
        (agenda, clocks)
    }

    /// Sleeps until there is something to do, and answers what and how long that took.
    fn sleep(agenda: &mut Agenda, clocks: &mut Clocks) -> (Duration, Chores) {
        let slept = agenda.next(clocks.now, clocks.time) - clocks.now;
        clocks.pass(slept);
        let files = agenda.files(clocks.now);
        let chores = agenda.take(clocks.now, clocks.time);
        assert!(files || chores != Chores::default(), "woken for nothing");
        (slept, chores)
    }

    /// Sleeps until there is something to do other than to look at files.
    fn sleep_on(agenda: &mut Agenda, clocks: &mut Clocks) -> (Duration, Chores) {
        let mut passed = Duration::ZERO;
        loop {
            let (slept, chores) = sleep(agenda, clocks);
            passed += slept;
            if chores != Chores::default() {
                return (passed, chores);
            }
        }
    }

    #[test]
    fn an_idle_hour_has_few_wakings() {
        let (mut agenda, mut clocks) = agenda();
        agenda.plan(Some(clocks.time.checked_add(Duration::from_secs(2 * 3600)).unwrap()));
        let (mut passed, mut wakings, mut looks) = (Duration::ZERO, 0, 0);
        while passed < Duration::from_secs(3600) {
            let (slept, chores) = sleep(&mut agenda, &mut clocks);
            assert!(!chores.poll && !chores.index);
            passed += slept;
            wakings += 1;
            looks += usize::from(chores.judge);
        }
        assert_eq!((wakings, looks), (1800, 60));
    }

    #[test]
    fn a_poll_begins_when_it_is_due_and_those_that_ended_are_recorded_together() {
        let (mut agenda, mut clocks) = agenda();
        agenda.plan(Some(clocks.time.checked_add(Duration::from_millis(700)).unwrap()));
        let (slept, chores) = sleep_on(&mut agenda, &mut clocks);
        assert_eq!((slept, chores), (Duration::from_millis(700), Chores { poll: true, ..Chores::default() }));
        agenda.plan(None);
        agenda.polled(clocks.now);
        clocks.pass(Duration::from_millis(200));
        agenda.polled(clocks.now);
        let (slept, chores) = sleep_on(&mut agenda, &mut clocks);
        assert_eq!((slept, chores), (Duration::from_millis(800), Chores { poll: true, ..Chores::default() }));
    }

    #[test]
    fn it_is_asked_once_an_hour_whether_something_is_too_old() {
        let (mut agenda, mut clocks) = agenda();
        let (mut passed, mut asked) = (Duration::ZERO, Vec::new());
        while passed <= Duration::from_secs(2 * 3600) {
            let (slept, chores) = sleep(&mut agenda, &mut clocks);
            passed += slept;
            asked.extend(chores.expire.then_some(passed.as_secs()));
        }
        assert_eq!(asked, [30, 3630]);
    }

    #[test]
    fn news_is_judged_at_once_and_a_flood_of_it_once_a_second() {
        let (mut agenda, mut clocks) = agenda();
        clocks.pass(Duration::from_millis(1_500));
        let mut judged = Vec::new();
        for step in 0..30 {
            agenda.heard(clocks.now);
            if agenda.next(clocks.now, clocks.time) <= clocks.now
                && agenda.take(clocks.now, clocks.time).judge
            {
                judged.push(step);
            }
            clocks.pass(Duration::from_millis(100));
        }
        assert_eq!(judged, [0, 10, 20]);
    }

    #[test]
    fn the_index_follows_the_news_and_memory_is_given_back_after_it() {
        let (mut agenda, mut clocks) = agenda();
        clocks.pass(Duration::from_millis(1_500));
        agenda.heard(clocks.now);
        let mut next = || sleep_on(&mut agenda, &mut clocks).1;
        assert_eq!(next(), Chores { judge: true, ..Chores::default() });
        assert_eq!(next(), Chores { index: true, ..Chores::default() });
        assert_eq!(next(), Chores { expire: true, ..Chores::default() });
        assert_eq!(next(), Chores { judge: true, rest: true, ..Chores::default() });
    }

    #[test]
    fn a_clock_that_jumps_asks_what_is_due() {
        for jump in ["2026-03-02T16:00:00Z", "2026-03-01T08:00:00Z"] {
            let (mut agenda, mut clocks) = agenda();
            agenda.plan(Some("2026-03-03T08:00:00Z".parse().unwrap()));
            clocks.time = jump.parse().unwrap();
            let (slept, chores) = sleep(&mut agenda, &mut clocks);
            assert!(slept <= FILES && chores.poll, "{jump}: {slept:?} {chores:?}");
            assert!(!sleep(&mut agenda, &mut clocks).1.poll, "once");
        }
    }
}
