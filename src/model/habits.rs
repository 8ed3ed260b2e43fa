//! What a source does by habit: where it has moved, when it wants no visitors, how often it speaks.

use std::time::Duration;

use super::Timestamp;

const HOUR_S: i64 = 3600;
const DAY_S: i64 = 24 * HOUR_S;

/// A permanent redirect, as polls in a row have met it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    pub to: String,
    /// The first and the latest of the polls that were led there.
    pub since: Timestamp,
    pub latest: Timestamp,
    pub times: u32,
}

impl Move {
    /// So many polls in a row must be led to the same place, over so long, before it is taken for good: a
    /// server that is set up wrong for an afternoon moves nothing.
    const TIMES: u32 = 3;
    const SPAN_S: i64 = DAY_S;

    pub fn is_confirmed(&self) -> bool {
        self.times >= Self::TIMES && self.latest.as_second() - self.since.as_second() >= Self::SPAN_S
    }

    /// What is known after one more poll of the address in feeds.toml, which was led to `to`, if anywhere.
    pub fn after(known: Option<&Move>, to: Option<String>, at: Timestamp) -> Option<Move> {
        let to = to?;
        Some(match known.filter(|known| known.to == to) {
            Some(known) => Move { latest: at, times: known.times.saturating_add(1), ..known.clone() },
            None => Move { to, since: at, latest: at, times: 1 },
        })
    }
}

/// Hours and days, in UTC, at which a publisher wants no polls (RSS's skipHours and skipDays).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skip {
    hours: u32,
    /// Monday first.
    days: u8,
}

impl Skip {
    const ALL_HOURS: u32 = (1 << 24) - 1;
    const ALL_DAYS: u8 = (1 << 7) - 1;

    pub fn from_bits(hours: u32, days: u8) -> Self {
        Self { hours: hours & Self::ALL_HOURS, days: days & Self::ALL_DAYS }
    }

    pub fn bits(self) -> (u32, u8) {
        (self.hours, self.days)
    }

    /// One more hour; some count to 24, which is the first of the next day.
    pub fn hour(&mut self, hour: u8) {
        if hour <= 24 {
            self.hours |= 1 << (hour % 24);
        }
    }

    /// One more day, by its English name.
    pub fn day(&mut self, name: &str) {
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        if let Some(day) = days.iter().position(|day| name.eq_ignore_ascii_case(day)) {
            self.days |= 1 << day;
        }
    }

    /// The first moment from `time` on at which polls are welcome, at most `limit`. A publisher that rules
    /// out every hour, or every day, has ruled out nothing.
    pub fn next_welcome(self, time: Timestamp, limit: Timestamp) -> Timestamp {
        let hours = if self.hours == Self::ALL_HOURS { 0 } else { self.hours };
        let days = if self.days == Self::ALL_DAYS { 0 } else { self.days };
        let mut at_s = time.as_second();
        // Whole hours from here on; eight days hold every hour of every day.
        for _ in 0..8 * 24 {
            let hour = at_s.div_euclid(HOUR_S).rem_euclid(24);
            // 1970 began on a Thursday.
            let day = (at_s.div_euclid(DAY_S) + 3).rem_euclid(7);
            if hours >> hour & 1 == 0 && days >> day & 1 == 0 {
                break;
            }
            at_s = (at_s.div_euclid(HOUR_S) + 1) * HOUR_S;
        }
        if at_s == time.as_second() {
            return time;
        }
        Timestamp::from_second(at_s).unwrap_or(limit).min(limit).max(time)
    }
}

/// How often a source brings something, by the dates of its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    pub newest: Timestamp,
    /// The longest time between two of its latest entries, the odd pause left out; `None` with too few dates.
    pub pause_s: Option<u64>,
}

impl Rhythm {
    /// Dates fewer than this tell no rhythm.
    const FEWEST: usize = 5;
    /// Only the latest entries tell how it is now.
    pub const LATEST: usize = 50;
    /// A source is silent after so many times its usual pause, and never before so long.
    const PAUSES: u64 = 4;
    const LEAST: Duration = Duration::from_secs(3 * DAY_S as u64);

    /// `dates` oldest first. Those ahead of `now` are no sign of life.
    pub fn of(dates: &[Timestamp], now: Timestamp) -> Option<Rhythm> {
        let known = dates.partition_point(|date| *date <= now);
        let mut past: Vec<Timestamp> = dates[..known].to_vec();
        past.dedup();
        let latest = &past[past.len().saturating_sub(Self::LATEST)..];
        let newest = *latest.last()?;
        let mut pauses: Vec<u64> = latest
            .windows(2)
            .map(|pair| (pair[1].as_second() - pair[0].as_second()).unsigned_abs())
            .collect();
        pauses.sort_unstable();
        let usual = (pauses.len() * 9).div_ceil(10).saturating_sub(1);
        let pause_s = pauses.get(usual).copied().filter(|_| latest.len() >= Self::FEWEST);
        Some(Rhythm { newest, pause_s })
    }

    /// Whether nothing new came for so long that something may be wrong.
    pub fn is_silent(self, now: Timestamp) -> bool {
        let Some(pause_s) = self.pause_s else { return false };
        let silent_s = now.as_second() - self.newest.as_second();
        let patience_s = pause_s.saturating_mul(Self::PAUSES).max(Self::LEAST.as_secs());
        u64::try_from(silent_s).is_ok_and(|silent_s| silent_s > patience_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_move_is_confirmed_by_three_polls_over_a_day() {
        let to = || Some("https://b.example/".to_owned());
        let mut known = None;
        let mut see = |to: Option<String>, at: &str| {
            known = Move::after(known.as_ref(), to, time(at));
            known.as_ref().is_some_and(Move::is_confirmed)
        };
        assert!(!see(to(), "2026-01-01T00:00Z"));
        assert!(!see(to(), "2026-01-01T08:00Z"));
        assert!(!see(to(), "2026-01-01T16:00Z"), "too soon");
        assert!(see(to(), "2026-01-02T00:00Z"));
        assert!(!see(None, "2026-01-02T01:00Z"), "the old address answers again");
        assert!(!see(to(), "2026-01-03T00:00Z"));
        assert!(!see(to(), "2026-01-05T00:00Z"), "too few");
        assert!(!see(Some("https://c.example/".to_owned()), "2026-01-06T00:00Z"), "elsewhere");
        assert!(!see(to(), "2026-01-07T00:00Z"), "from the start");
    }

    #[test]
    fn polls_wait_for_a_welcome_hour() {
        // 2026-01-01 was a Thursday.
        let check = |hours: &[u8], days: &[&str], at: &str, expected: &str| {
            let mut skip = Skip::default();
            hours.iter().for_each(|hour| skip.hour(*hour));
            days.iter().for_each(|day| skip.day(day));
            let limit = time("2026-01-02T09:00Z");
            assert_eq!(skip.next_welcome(time(at), limit), time(expected), "{hours:?} {days:?} {at}");
        };
        let all: Vec<u8> = (0..24).collect();
        check(&[], &[], "2026-01-01T09:30Z", "2026-01-01T09:30Z");
        check(&[9, 10, 11], &[], "2026-01-01T09:30Z", "2026-01-01T12:00Z");
        check(&[9, 10, 11], &[], "2026-01-01T12:30Z", "2026-01-01T12:30Z");
        check(&[24], &[], "2026-01-01T00:10Z", "2026-01-01T01:00Z");
        check(&[22, 23, 24], &[], "2026-01-01T22:10Z", "2026-01-02T01:00Z");
        check(&all, &[], "2026-01-01T09:30Z", "2026-01-01T09:30Z");
        check(&all[..23], &[], "2026-01-01T09:30Z", "2026-01-01T23:00Z");
        check(&[25, 99], &[], "2026-01-01T01:30Z", "2026-01-01T01:30Z");
        check(&[], &["Thursday"], "2026-01-01T09:30Z", "2026-01-02T00:00Z");
        check(&[0], &["THURSDAY", "someday"], "2026-01-01T09:30Z", "2026-01-02T01:00Z");
        check(&[], &["Thursday", "Friday", "Saturday"], "2026-01-01T09:30Z", "2026-01-02T09:00Z");
        let week = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        check(&[], &week, "2026-01-01T09:30Z", "2026-01-01T09:30Z");
        check(&all[..12], &week[..6], "2026-01-01T09:30Z", "2026-01-02T09:00Z");
    }

    #[test]
    fn a_rhythm_tells_when_silence_is_unusual() {
        let daily = |days: i64| -> Vec<Timestamp> {
            (0..days).map(|day| Timestamp::from_second(1_767_225_600 + day * DAY_S).unwrap()).collect()
        };
        let after = |dates: &[Timestamp], days: i64| {
            let newest = dates.last().unwrap();
            let now = Timestamp::from_second(newest.as_second() + days * DAY_S + 1).unwrap();
            Rhythm::of(dates, now).unwrap().is_silent(now)
        };
        assert!(!after(&daily(10), 3));
        assert!(after(&daily(10), 4));
        assert!(!after(&daily(4), 300), "too few dates");
        // One long holiday is not its rhythm; minutes apart, it is silent after days, not minutes.
        let holiday: Vec<Timestamp> = daily(50)
            .into_iter()
            .enumerate()
            .filter(|(day, _)| !(20..40).contains(day))
            .map(|(_, date)| date)
            .collect();
        assert!(after(&holiday, 5));
        let busy: Vec<Timestamp> =
            (0..30).map(|minute| Timestamp::from_second(1_767_225_600 + minute * 60).unwrap()).collect();
        assert!(!after(&busy, 2));
        assert!(after(&busy, 3));
        // Dates to come say nothing; without any of the past there is no rhythm.
        let now = time("2026-01-05T12:00Z");
        assert_eq!(Rhythm::of(&daily(50), now).unwrap().newest, time("2026-01-05T00:00Z"));
        assert_eq!(Rhythm::of(&daily(50), time("2025-01-01T00:00Z")), None);
        assert_eq!(Rhythm::of(&[], now), None);
    }
}
