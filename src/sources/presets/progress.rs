//! How far a place has been read by one of its requests.
//!
//! The newest things come with every poll. What lies before them is read from the newest to the oldest, a
//! [`Stretch`] at a time: all that there was when the request was first made, and later whatever more than
//! one document's worth appeared between two polls.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::model::{Timestamp, Validators};

use super::Answer;

/// What is kept of a request from poll to poll.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub validators: Validators,
    /// When it was last answered.
    pub last_good: Option<Timestamp>,
    /// The date of the newest thing read.
    pub newest: Option<Timestamp>,
    /// What is still to be read, newest first.
    pub stretches: Vec<Stretch>,
}

/// Older things still to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Where to go on, in the place's own terms.
    pub at: String,
    /// What is older was read before; `None`: to the very first.
    pub floor: Option<Timestamp>,
}

/// Of more, those in the middle are read as one, what lies between them a second time.
const MOST_STRETCHES: usize = 8;

impl Progress {
    /// After the request that shows the newest things. `back`: how far what was there before is read, at most.
    pub fn after_newest(
        &self,
        answer: &Answer,
        validators: Validators,
        now: Timestamp,
        back: Option<Duration>,
    ) -> Progress {
        let mut stretches = self.stretches.clone();
        let (oldest, newest) = span(answer);
        if let Some(at) = &answer.older {
            let unread = match (self.last_good, self.newest, oldest) {
                (None, _, _) => true,
                // Nothing of what was known shows any more.
                (Some(_), Some(known), Some(oldest)) => oldest > known,
                (Some(_), _, _) => false,
            };
            if unread {
                let floor = self.newest.max(back.and_then(|back| now.checked_sub(back).ok()));
                stretches.insert(0, Stretch { at: at.clone(), floor });
            }
        }
        if stretches.len() > MOST_STRETCHES {
            let last = stretches.remove(MOST_STRETCHES - 1);
            stretches[MOST_STRETCHES - 2].floor = last.floor;
        }
        Progress { validators, last_good: Some(now), newest: self.newest.max(newest), stretches }
    }

    /// After the request for what is older, from where the first stretch goes on.
    pub fn after_older(&self, answer: &Answer) -> Progress {
        let mut stretches = self.stretches.clone();
        if let Some(first) = stretches.first_mut() {
            let (oldest, _) = span(answer);
            let reached = matches!((oldest, first.floor), (Some(oldest), Some(floor)) if oldest <= floor);
            match &answer.older {
                Some(at) if !reached && *at != first.at => first.at.clone_from(at),
                _ => drop(stretches.remove(0)),
            }
        }
        Progress { stretches, ..self.clone() }
    }
}

/// The dates of the oldest and the newest thing.
fn span(answer: &Answer) -> (Option<Timestamp>, Option<Timestamp>) {
    let day = |day: Date| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok();
    let days = || answer.attention.iter().filter_map(|attention| day(attention.day));
    let dates = || answer.parsed.entries.iter().filter_map(|entry| entry.published).chain(days());
    (dates().min(), dates().max())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Entry;
    use crate::sources::Parsed;

    fn answer(days: std::ops::RangeInclusive<i64>, older: Option<&str>) -> Answer {
        let dated = |day| Entry { published: Some(at(day)), ..Entry::default() };
        let parsed = Parsed { entries: days.rev().map(dated).collect(), ..Parsed::default() };
        Answer { parsed, older: older.map(str::to_owned), ..Answer::default() }
    }

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(1_767_225_600 + day * 86_400).unwrap()
    }

    fn newest(progress: &Progress, answer: &Answer, day: i64) -> Progress {
        progress.after_newest(answer, Validators::default(), at(day), None)
    }

    #[track_caller]
    fn check(progress: &Progress, expected: &[(&str, Option<i64>)]) {
        let expected: Vec<Stretch> =
            expected.iter().map(|(a, floor)| Stretch { at: (*a).into(), floor: floor.map(at) }).collect();
        assert_eq!(progress.stretches, expected);
    }

    #[test]
    fn everything_is_read_once_to_the_very_first() {
        let first = newest(&Progress::default(), &answer(90..=100, Some("a")), 100);
        check(&first, &[("a", None)]);
        let second = first.after_older(&answer(80..=89, Some("b")));
        check(&second, &[("b", None)]);
        check(&second.after_older(&answer(70..=79, None)), &[]);
        check(&second.after_older(&answer(70..=79, Some("b"))), &[]);
    }

    #[test]
    fn a_place_that_is_read_back_so_far_only_is_left_there() {
        let back = Some(Duration::from_secs(15 * 86_400));
        let first = Progress::default().after_newest(
            &answer(90..=100, Some("a")),
            Validators::default(),
            at(100),
            back,
        );
        check(&first, &[("a", Some(85))]);
        check(&first.after_older(&answer(84..=89, Some("b"))), &[]);
    }

    #[test]
    fn what_appeared_between_two_polls_is_read_down_to_what_is_known() {
        let first = newest(&Progress::default(), &answer(90..=100, Some("a")), 100);
        // Known things still show: nothing was missed.
        check(&newest(&first, &answer(95..=105, Some("x")), 105), &[("a", None)]);
        let gap = newest(&first, &answer(110..=120, Some("c")), 120);
        check(&gap, &[("c", Some(100)), ("a", None)]);
        assert_eq!(gap.newest, Some(at(120)));
        check(&gap.after_older(&answer(99..=109, Some("d"))), &[("a", None)]);
    }

    #[test]
    fn stretches_are_bounded_and_nothing_between_them_is_lost() {
        let mut progress = newest(&Progress::default(), &answer(0..=1, Some("0")), 1);
        for round in 1..20 {
            progress =
                newest(&progress, &answer(round * 10..=round * 10 + 1, Some(&round.to_string())), round * 10);
        }
        assert_eq!(progress.stretches.len(), MOST_STRETCHES);
        assert_eq!(progress.stretches[MOST_STRETCHES - 1], Stretch { at: "0".into(), floor: None });
    }
}
