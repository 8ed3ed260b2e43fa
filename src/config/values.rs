//! The small notations of feeds.toml: durations, budgets, zones, times of day, addresses.
//!
//! A reader that refuses answers with what to write instead.

use std::time::Duration;

use jiff::civil::{Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::raw::nearest;

const DAY_S: u64 = 86_400;

/// `90s`, `15m`, `6h`, `7d`, `2w`, or ISO 8601 without months and years (a day being 24 hours).
pub fn duration(text: &str) -> Result<Duration, String> {
    let help = || "write a duration such as `90s`, `15m`, `6h`, `7d`, `2w` or `P1W`".to_string();
    let text = text.trim();
    if text.starts_with(['P', 'p']) {
        let span: jiff::Span = text.parse().map_err(|_| help())?;
        let length = span
            .to_duration(jiff::SpanRelativeTo::days_are_24_hours())
            .map_err(|_| "months and years differ in length: write days or weeks".to_string())?;
        return Duration::try_from(length).map_err(|_| "a duration cannot be negative".to_string());
    }
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit_s = match unit.trim() {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => DAY_S,
        "w" => 7 * DAY_S,
        _ => return Err(help()),
    };
    let number: u64 = digits.parse().map_err(|_| help())?;
    let seconds = number.checked_mul(unit_s).filter(|seconds| *seconds <= 36_525 * DAY_S);
    seconds.map(Duration::from_secs).ok_or_else(|| "that is more than a century".to_string())
}

/// [`duration`] that is not zero.
pub(super) fn some_time(text: &str) -> Result<Duration, String> {
    duration(text).and_then(|length| match length.is_zero() {
        true => Err("it must be longer than nothing".to_string()),
        false => Ok(length),
    })
}

/// How long to keep: a [`duration`], or years as in `2y`.
pub(super) fn retention(text: &str) -> Result<Duration, String> {
    let years = text.trim().strip_suffix('y').and_then(|years| years.trim().parse::<u64>().ok());
    match years.filter(|years| (1..=100).contains(years)) {
        Some(years) => Ok(Duration::from_secs(years * 365 * DAY_S)),
        None => some_time(text).map_err(|_| "write `forever`, or as long as `2y` or `90d`".to_string()),
    }
}

/// `N/day`, `N/week` or `N/month` → per week; a month is a twelfth of 365.25 days.
pub fn budget(text: &str) -> Result<f64, String> {
    let help = || "write how many false alarms are fine, such as `1/week`, `2/month` or `1/day`".to_string();
    let (number, unit) = text.split_once('/').ok_or_else(help)?;
    let per_week = match unit.trim() {
        "day" => 7.0,
        "week" => 1.0,
        "month" => 7.0 / (365.25 / 12.0),
        _ => return Err(help()),
    };
    let number: f64 = number.trim().parse().map_err(|_| help())?;
    match number > 0.0 && number <= 1000.0 {
        true => Ok(number * per_week),
        false => Err("it must be above 0 and at most 1000".to_string()),
    }
}

/// An IANA zone, from the database built into the program: the same on every machine.
pub(super) fn timezone(name: &str) -> Result<TimeZone, String> {
    let database = TimeZoneDatabase::bundled();
    database.get(name.trim()).map_err(|_| {
        let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let cities: Vec<&str> = names.iter().map(|name| name.rsplit('/').next().unwrap_or(name)).collect();
        let by_city = nearest(name.trim(), &cities)
            .and_then(|city| names.iter().copied().find(|name| name.rsplit('/').next() == Some(city)));
        match nearest(name.trim(), &names).or(by_city) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write an IANA name such as `Europe/Paris`".to_string(),
        }
    })
}

/// `22:00-07:00`.
pub(super) fn hours(text: &str) -> Result<(Time, Time), String> {
    let help = || "write two times of day, such as `22:00-07:00`".to_string();
    let (from, to) = text.split_once('-').ok_or_else(help)?;
    let (from, to) = (time_of_day(from).ok_or_else(help)?, time_of_day(to).ok_or_else(help)?);
    match from == to {
        true => Err("the two times are the same: that is no time, or all of it".to_string()),
        false => Ok((from, to)),
    }
}

/// When what comes regularly comes unless it is said.
pub(super) const MORNING: Time = Time::constant(8, 0, 0, 0);

/// `08:00`, or `Mon 08:00` for a weekly moment.
pub(super) fn moment(text: &str) -> Result<(Option<Weekday>, Time), String> {
    let help = || "write a time such as `08:00` or `Mon 08:00`".to_string();
    let (day, time) = match text.trim().rsplit_once(' ') {
        Some((day, time)) => (Some(day.trim().to_lowercase()), time),
        None => (None, text),
    };
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let weekdays = Weekday::Monday.cycle_forward();
    let mut known = days.into_iter().zip(weekdays);
    let weekday = match day {
        Some(day) => Some(known.find(|(name, _)| *name == day).ok_or_else(help)?.1),
        None => None,
    };
    Ok((weekday, time_of_day(time).ok_or_else(help)?))
}

pub(super) fn date(text: &str) -> Result<jiff::civil::Date, String> {
    text.trim().parse().map_err(|_| "write a date such as `2027-06-30`".to_string())
}

/// An http(s) address as written, trimmed, and whether it leads to this machine or the local network.
pub(super) fn address(text: &str) -> Result<(String, bool), String> {
    let text = text.trim();
    if text.contains(['{', '}']) {
        return Err("`{brand}` works in `search`; an address is taken as it is".to_string());
    }
    let url = url::Url::parse(text).map_err(|error| match text.contains("://") {
        true => format!("{error}: write an address such as `https://news.example/feed.xml`"),
        false => format!("write the whole address: `https://{text}`"),
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("write an address that begins with `https://` or `http://`".to_string());
    }
    let host = url.host().ok_or_else(|| "the address names no host".to_string())?;
    let private = match host {
        url::Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        url::Host::Ipv4(ip) => {
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified()
        }
        url::Host::Ipv6(ip) => {
            ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified()
        }
    };
    Ok((text.to_string(), private))
}

/// A host name, without scheme and path.
pub(super) fn domain(text: &str) -> Result<String, String> {
    let text = text.trim().to_lowercase();
    let host = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = host.split(['/', '?', '#', ':']).next().unwrap_or("");
    match host == text && !host.is_empty() && !host.contains(char::is_whitespace) {
        true => Ok(text.trim_start_matches("www.").to_string()),
        false if host.is_empty() || host.contains(char::is_whitespace) => {
            Err("write a host such as `acme.example`".to_string())
        }
        false => Err(format!("write the host alone: `{host}`")),
    }
}

fn time_of_day(text: &str) -> Option<Time> {
    Time::strptime("%H:%M", text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in [
            ("90s", Some(90)),
            ("15m", Some(900)),
            ("6h", Some(21_600)),
            ("7d", Some(604_800)),
            ("2w", Some(1_209_600)),
            ("0s", Some(0)),
            ("P1W", Some(604_800)),
            ("PT1H30M", Some(5_400)),
            ("P1M", None),
            ("-P1D", None),
            ("6", None),
            ("6 hours", None),
            ("", None),
            ("99999999999999999w", None),
        ] {
            assert_eq!(duration(text).ok().map(|d| d.as_secs()), seconds, "{text}");
        }
    }

    #[test]
    fn budgets_are_per_week() {
        for (text, expected) in [("1/week", Some(1.0)), ("2/day", Some(14.0)), ("0.5/week", Some(0.5))] {
            assert_eq!(budget(text).ok(), expected, "{text}");
        }
        let monthly = budget("1/month").unwrap();
        assert!((monthly * 52.178_571 - 12.0).abs() < 1e-4, "{monthly}");
        for text in ["1", "0/week", "-1/week", "1/year", "x/day", "inf/day", "NaN/day"] {
            assert!(budget(text).is_err(), "{text}");
        }
    }

    #[test]
    fn zones_are_known_on_every_machine_and_suggested() {
        assert!(timezone("Europe/Paris").is_ok());
        assert_eq!(timezone("Europe/Pari").unwrap_err(), "did you mean `Europe/Paris`?");
        assert_eq!(timezone("Paris").unwrap_err(), "did you mean `Europe/Paris`?");
        assert_eq!(timezone("moon").unwrap_err(), "write an IANA name such as `Europe/Paris`");
    }

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("https://a.example/f?q=x", Some(false)),
            ("http://127.0.0.1:80/f", Some(true)),
            ("http://localhost/f", Some(true)),
            ("http://[::1]/f", Some(true)),
            ("ftp://a.example/f", None),
            ("a.example/f", None),
            ("https://", None),
            ("https://a.example/{brand}", None),
        ] {
            assert_eq!(address(text).ok().map(|(_, private)| private), expected, "{text}");
        }
    }

    #[test]
    fn hours_moments_and_domains() {
        assert!(hours("22:00-07:00").is_ok() && hours("22-7").is_err() && hours("25:00-07:00").is_err());
        assert!(hours("07:00-07:00").is_err());
        assert!(moment("Mon 08:00").is_ok() && moment("08:00").is_ok() && moment("Lun 08:00").is_err());
        assert_eq!(domain("www.Acme.example").unwrap(), "acme.example");
        assert_eq!(domain("https://acme.example/x").unwrap_err(), "write the host alone: `acme.example`");
        assert_eq!(retention("2y").unwrap().as_secs(), 730 * DAY_S);
    }

    proptest! {
        #[test]
        fn no_text_makes_a_reader_panic(text in any::<String>()) {
            let _ = (duration(&text), budget(&text), hours(&text), moment(&text), date(&text));
            let _ = (address(&text), domain(&text), retention(&text));
        }
    }
}
