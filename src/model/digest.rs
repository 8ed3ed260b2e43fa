//! Notifications that sum a period up, at a fixed time.

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};

use super::{NotifierId, Timestamp, id_type};

id_type!(
    /// The id of a digest as written in `feeds.toml`.
    DigestId
);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    pub id: DigestId,
    pub every: Every,
    /// In the user's zone.
    pub at: Time,
    pub notify: Vec<NotifierId>,
}

/// How often, and of which period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    Day,
    Week(Weekday),
}

impl Digest {
    /// The latest moment of it that is not after `now`: the end of the period it is of.
    pub fn last_moment(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let local = now.to_zoned(zone.clone());
        let since = match self.every {
            Every::Day => 0,
            Every::Week(weekday) => i64::from(local.weekday().since(weekday)),
        };
        let moment = self.moment(&local, since)?;
        if moment <= now { Some(moment) } else { self.moment(&local, since + self.days()) }
    }

    fn days(&self) -> i64 {
        match self.every {
            Every::Day => 1,
            Every::Week(_) => 7,
        }
    }

    fn moment(&self, local: &Zoned, days_ago: i64) -> Option<Timestamp> {
        let date = local.date().checked_sub(Span::new().days(days_ago)).ok()?;
        Some(date.to_datetime(self.at).to_zoned(local.time_zone().clone()).ok()?.timestamp())
    }

    /// The moment so many periods before one, at the same time of day.
    pub fn before(&self, moment: Timestamp, periods: i64, zone: &TimeZone) -> Option<Timestamp> {
        self.moment(&moment.to_zoned(zone.clone()), self.days() * periods)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_moment_is_at_the_same_hour_all_year() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let digest = |every| Digest {
            id: DigestId::new("d"),
            every,
            at: Time::constant(8, 0, 0, 0),
            notify: Vec::new(),
        };
        let week = digest(Every::Week(Weekday::Monday));
        let day = digest(Every::Day);
        for (digest, now, moment, before) in [
            (&week, "2026-03-02T06:59:59Z", "2026-02-23T07:00:00Z", "2026-02-16T07:00:00Z"),
            (&week, "2026-03-02T07:00:00Z", "2026-03-02T07:00:00Z", "2026-02-23T07:00:00Z"),
            (&week, "2026-03-08T22:00:00Z", "2026-03-02T07:00:00Z", "2026-02-23T07:00:00Z"),
            // Clocks were put forward in between.
            (&week, "2026-03-30T06:00:00Z", "2026-03-30T06:00:00Z", "2026-03-23T07:00:00Z"),
            (&day, "2026-03-02T06:00:00Z", "2026-03-01T07:00:00Z", "2026-02-28T07:00:00Z"),
            (&day, "2026-03-29T12:00:00Z", "2026-03-29T06:00:00Z", "2026-03-28T07:00:00Z"),
        ] {
            let found = digest.last_moment(now.parse().unwrap(), &paris).unwrap();
            assert_eq!(found.to_string(), moment, "{now}");
            assert_eq!(digest.before(found, 1, &paris).unwrap().to_string(), before, "{now}");
        }
    }
}
