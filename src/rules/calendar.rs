//! Hours of the week as a brand lives them: in the user's zone, public holidays as Sundays.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use crate::model::Timestamp;

/// The hour of the week of an instant, 0 for Monday's first.
pub fn hour_of_week(at: Timestamp, zone: &TimeZone) -> usize {
    let local = zone.to_datetime(at);
    let weekday = if is_holiday(local.date(), zone) { Weekday::Sunday } else { local.weekday() };
    weekday.to_monday_zero_offset() as usize * 24 + local.hour() as usize
}

/// Countries whose public holidays are known, by zones.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Country {
    France,
    Belgium,
    UnitedKingdom,
    UnitedStates,
    Canada,
}

fn country(zone: &TimeZone) -> Option<Country> {
    Some(match zone.iana_name()? {
        "Europe/Paris" => Country::France,
        "Europe/Brussels" => Country::Belgium,
        "Europe/London" => Country::UnitedKingdom,
        "America/New_York" | "America/Chicago" | "America/Denver" | "America/Los_Angeles" => {
            Country::UnitedStates
        }
        "America/Toronto" | "America/Montreal" | "America/Vancouver" => Country::Canada,
        _ => return None,
    })
}

fn is_holiday(date: Date, zone: &TimeZone) -> bool {
    let Some(country) = country(zone) else { return false };
    let fixed: &[(i8, i8)] = match country {
        Country::France => &[(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)],
        Country::Belgium => &[(1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25)],
        Country::UnitedKingdom => &[(1, 1), (12, 25), (12, 26)],
        Country::UnitedStates => &[(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)],
        Country::Canada => &[(1, 1), (7, 1), (12, 25), (12, 26)],
    };
    // Days after Easter Sunday: Good Friday, Easter Monday, Ascension, Whit Monday.
    let movable: &[i32] = match country {
        Country::France | Country::Belgium => &[1, 39, 50],
        Country::UnitedKingdom => &[-2, 1],
        Country::UnitedStates => &[],
        Country::Canada => &[-2],
    };
    // Month, and which Monday of it (-1: the last).
    let mondays: &[(i8, i8)] = match country {
        Country::France | Country::Belgium => &[],
        Country::UnitedKingdom => &[(5, 1), (5, -1), (8, -1)],
        Country::UnitedStates => &[(1, 3), (2, 3), (5, -1), (9, 1), (10, 2)],
        Country::Canada => &[(9, 1), (10, 2)],
    };
    let nth = |weekday, month: i8, n: i8| {
        date.month() == month && date.nth_weekday_of_month(n, weekday).is_ok_and(|day| day == date)
    };
    fixed.contains(&(date.month(), date.day()))
        || movable.contains(&(day_number(date) - day_number(easter(date.year()))))
        || mondays.iter().any(|(month, n)| nth(Weekday::Monday, *month, *n))
        || (country == Country::UnitedStates && nth(Weekday::Thursday, 11, 4))
}

/// The number of a day within its year.
fn day_number(date: Date) -> i32 {
    i32::from(date.day_of_year())
}

/// Easter Sunday of the Gregorian calendar (Meeus, "Astronomical Algorithms", ch. 8).
fn easter(year: i16) -> Date {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let day = h + l - 7 * m + 114;
    Date::constant(year, (day / 31) as i8, (day % 31 + 1) as i8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(zone: &str, holidays: &[&str], working: &[&str]) {
        let zone = TimeZone::get(zone).unwrap();
        let is = |date: &&str| is_holiday(date.parse().unwrap(), &zone);
        assert!(holidays.iter().all(is), "{holidays:?}");
        assert!(!working.iter().any(is), "{working:?}");
    }

    #[test]
    fn public_holidays_are_known() {
        check(
            "Europe/Paris",
            &["2026-04-06", "2026-05-14", "2026-05-25", "2026-07-14", "2027-03-29"],
            &["2026-04-03", "2026-04-07", "2026-12-26"],
        );
        check("Europe/London", &["2026-04-03", "2026-05-04", "2026-08-31", "2026-12-26"], &["2026-05-11"]);
        check("America/New_York", &["2026-11-26", "2026-09-07", "2026-01-19"], &["2026-11-19", "2026-04-06"]);
        check("Asia/Tokyo", &[], &["2026-01-01"]);
    }

    #[test]
    fn hours_are_those_of_the_zone() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let hour = |at: &str| hour_of_week(at.parse().unwrap(), &paris);
        assert_eq!(hour("2026-03-01T23:30:00Z"), 0, "Monday in Paris");
        assert_eq!(hour("2026-03-29T01:00:00Z"), 6 * 24 + 3, "after the clocks went forward");
        assert_eq!(hour("2026-05-14T08:00:00Z"), 6 * 24 + 10, "Ascension, a Thursday");
    }
}
