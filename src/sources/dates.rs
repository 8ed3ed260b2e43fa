//! Dates in every form feeds use: ISO 8601 and its cousins, RFC 822 and its variants, French and English
//! month names.
//!
//! Two readers by hand, no formats to try in turn: one for numbers with the year first, one that goes
//! through the words and takes each for what it can be.

use jiff::civil::{Date, ISOWeekDate, Time, Weekday};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// The instant `text` speaks of; a missing zone means UTC, a missing time midnight. `None` if it cannot be
/// read or lies before 1990, where no feed has an entry but many have a broken clock.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    let timestamp = year_first(text).or_else(|| in_words(text))?;
    (timestamp.as_second() >= EARLIEST_S).then_some(timestamp)
}

/// Longer texts are no dates.
const LONGEST: usize = 120;

/// 1990-01-01T00:00:00Z.
const EARLIEST_S: i64 = 631_152_000;

#[derive(Clone, Copy, Default)]
struct Parts {
    year: i16,
    month: i8,
    day: i8,
    time: Clock,
    offset_s: i32,
}

#[derive(Clone, Copy, Default)]
struct Clock {
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i32,
}

impl Parts {
    /// The beginning of a day.
    fn of(date: Date) -> Self {
        Parts { year: date.year(), month: date.month(), day: date.day(), ..Parts::default() }
    }

    fn timestamp(self) -> Option<Timestamp> {
        let date = Date::new(self.year, self.month, self.day).ok()?;
        // 24:00 is midnight at the end of the day; a leap second is the second before it.
        let (hour, next_day) = if self.time.hour == 24 { (0, true) } else { (self.time.hour, false) };
        let time = Time::new(hour, self.time.minute, self.time.second.min(59), self.time.nanosecond).ok()?;
        let timestamp =
            Offset::from_seconds(self.offset_s).ok()?.to_timestamp(date.to_datetime(time)).ok()?;
        if next_day { timestamp.checked_add(SignedDuration::from_hours(24)).ok() } else { Some(timestamp) }
    }
}

/// `2003`, `2003-12`, `2003-12-31`, `20031231`, `2003-335`, `2003-W01-4`, `2003/12/31`, each with or without a time.
fn year_first(text: &str) -> Option<Timestamp> {
    let digits = leading_digits(text);
    let (mut parts, rest) = match digits {
        4 => after_year(text)?,
        8 | 14 => {
            let day_of = Parts {
                year: number(&text[..4])?,
                month: number(&text[4..6])?,
                day: number(&text[6..8])?,
                ..Parts::default()
            };
            if digits == 14 {
                let time = Clock {
                    hour: number(&text[8..10])?,
                    minute: number(&text[10..12])?,
                    second: number(&text[12..14])?,
                    nanosecond: 0,
                };
                (Parts { time, ..day_of }, &text[14..])
            } else {
                (day_of, &text[8..])
            }
        }
        _ => return None,
    };
    let rest =
        rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, 'T' | 't' | ',' | '-' | '.'));
    if rest.starts_with(|c: char| c.is_ascii_digit()) {
        let (time, behind) = clock(rest)?;
        parts.time = time;
        let behind = half_day(behind.trim_start(), &mut parts.time);
        parts.offset_s = zone(behind.trim()).unwrap_or(0);
    } else {
        parts.offset_s = zone(rest.trim()).unwrap_or(0);
    }
    parts.timestamp()
}

fn after_year(text: &str) -> Option<(Parts, &str)> {
    let year = number(&text[..4])?;
    let start = Parts { year, month: 1, day: 1, ..Parts::default() };
    let Some(rest) = text[4..].strip_prefix(['-', '/', '.']) else {
        // Only a bare year may stand for its first day.
        return text[4..].is_empty().then_some((start, ""));
    };
    match leading_digits(rest) {
        0 => of_week(year, rest.strip_prefix('W')?),
        3 => {
            let ordinal: i16 = number(&rest[..3])?;
            let date = Date::new(year, 1, 1).ok()?.with().day_of_year(ordinal).build().ok()?;
            Some((Parts::of(date), &rest[3..]))
        }
        digits @ (1 | 2) => {
            let month = number(&rest[..digits])?;
            let behind = &rest[digits..];
            let Some(day_text) = behind.strip_prefix(['-', '/', '.']) else {
                return Some((Parts { month, ..start }, behind));
            };
            let digits = leading_digits(day_text);
            if !matches!(digits, 1 | 2) {
                return None;
            }
            Some((Parts { month, day: number(&day_text[..digits])?, ..start }, &day_text[digits..]))
        }
        _ => None,
    }
}

/// `01-4`, `01`: a week of ISO 8601 and, if it is named, the day of it; else its Monday.
fn of_week(year: i16, text: &str) -> Option<(Parts, &str)> {
    let week = number(text.get(..2)?)?;
    let rest = &text[2..];
    let (weekday, rest) = match rest.as_bytes() {
        [b'-', day @ b'1'..=b'7', ..] => (day - b'0', &rest[2..]),
        _ => (1, rest),
    };
    let weekday = Weekday::from_monday_one_offset(weekday as i8).ok()?;
    Some((Parts::of(ISOWeekDate::new(year, week, weekday).ok()?.date()), rest))
}

/// Goes through the words: `Thu, 01 Jan 2004 19:48:21 GMT`, `1er janvier 2004 à 19h48`, `Jan 1, 2004`,
/// `Thu Jan  1 19:48:21 2004`, `01-Jan-04 7:48 PM EST`, `31/12/2003 10:00`.
fn in_words(text: &str) -> Option<Timestamp> {
    let mut found = Found::default();
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '|')) {
        found.take(word)?;
    }
    found.timestamp()
}

#[derive(Default)]
struct Found {
    numbers: [Option<(i16, usize)>; 3],
    month: Option<i8>,
    time: Option<Clock>,
    offset_s: Option<i32>,
}

impl Found {
    /// `None` where no date can come of it any more.
    fn take(&mut self, word: &str) -> Option<()> {
        let Some(first) = word.chars().next() else { return Some(()) };
        if matches!(first, '+' | '-') && self.time.is_some() {
            self.offset_s = self.offset_s.or_else(|| offset(word));
        } else if first.is_ascii_digit() {
            self.take_digits(word)?;
        } else if let Some(time) = self.time.as_mut()
            && half_day(word, time).is_empty()
        {
            // Taken by half_day.
        } else if let Some(offset_s) = zone(word) {
            self.offset_s = self.offset_s.or(Some(offset_s));
        } else if let Some((name, rest)) = word.split_once('-')
            && let Some(month) = month(name)
        {
            self.month = Some(month);
            rest.split('-').try_for_each(|piece| self.take(piece))?;
        } else if let Some(month) = month(word) {
            // The last one: « mar. 2 janv. » begins with a Tuesday.
            self.month = Some(month);
        }
        Some(())
    }

    fn take_digits(&mut self, word: &str) -> Option<()> {
        let digits = leading_digits(word);
        let behind = &word[digits..];
        match behind.chars().next() {
            Some(':') => self.take_time(word),
            Some('h' | 'H') if digits <= 2 => self.take_time(word),
            Some('-' | '/' | '.') if behind.len() > 1 => {
                word.split(['-', '/', '.']).try_for_each(|piece| self.take(piece))
            }
            _ => {
                let time = self.time.as_mut();
                if digits <= 2
                    && time.is_none()
                    && matches!(behind.to_ascii_lowercase().as_str(), "am" | "pm" | "a.m." | "p.m.")
                {
                    return self.take_time(word);
                }
                let slot = self.numbers.iter_mut().find(|slot| slot.is_none())?;
                *slot = Some((number(&word[..digits])?, digits));
                Some(())
            }
        }
    }

    fn take_time(&mut self, word: &str) -> Option<()> {
        let (mut time, rest) = clock(word)?;
        let rest = half_day(rest, &mut time);
        self.time = Some(time);
        if let Some(offset_s) = zone(rest) {
            self.offset_s = Some(offset_s);
        }
        Some(())
    }

    fn timestamp(self) -> Option<Timestamp> {
        let (year, month, day) = match (self.month, self.numbers) {
            (Some(month), [Some(first), Some(second), None]) => {
                let (year, day) =
                    if first.1 >= 3 || first.0 > 31 { (first, second) } else { (second, first) };
                (year, month, day.0)
            }
            // All in numbers: a day above twelve shows which it is, otherwise nobody can know.
            (None, [Some(first), Some(second), Some(year)]) if year.1 == 4 => match (first.0, second.0) {
                (day @ 13..=31, month @ 1..=12) => (year, i8::try_from(month).ok()?, day),
                (month @ 1..=12, day @ 13..=31) => (year, i8::try_from(month).ok()?, day),
                (day @ 1..=12, month) if day == month => (year, i8::try_from(month).ok()?, day),
                _ => return None,
            },
            _ => return None,
        };
        let year = match year {
            (year, 1 | 2) if year < 70 => year + 2000,
            (year, 1 | 2) => year + 1900,
            (year, _) => year,
        };
        let parts = Parts {
            year,
            month,
            day: i8::try_from(day).ok()?,
            time: self.time.unwrap_or_default(),
            offset_s: self.offset_s.unwrap_or(0),
        };
        parts.timestamp()
    }
}

/// `19:48`, `19:48:21.5`, `19h48`, `7`, and what follows it.
fn clock(text: &str) -> Option<(Clock, &str)> {
    let mut time = Clock::default();
    let digits = leading_digits(text);
    if digits == 4 || digits == 6 {
        // ISO 8601's basic form.
        time.hour = number(&text[..2])?;
        time.minute = number(&text[2..4])?;
        time.second = if digits == 6 { number(&text[4..6])? } else { 0 };
        return Some((time, fraction(&text[digits..], &mut time)));
    }
    if !matches!(digits, 1 | 2) {
        return None;
    }
    time.hour = number(&text[..digits])?;
    let rest = &text[digits..];
    let Some(behind) = rest.strip_prefix([':', 'h', 'H']) else { return Some((time, rest)) };
    let digits = leading_digits(behind);
    if digits == 0 || digits > 2 {
        return (digits == 0 && !rest.starts_with(':')).then_some((time, behind));
    }
    time.minute = number(&behind[..digits])?;
    let rest = &behind[digits..];
    let Some(behind) = rest.strip_prefix(':') else { return Some((time, rest)) };
    let digits = leading_digits(behind);
    if digits == 0 || digits > 2 {
        return Some((time, behind));
    }
    time.second = number(&behind[..digits])?;
    let rest = fraction(&behind[digits..], &mut time);
    Some((time, rest))
}

/// Reads `.123` and answers what follows.
fn fraction<'a>(text: &'a str, time: &mut Clock) -> &'a str {
    let Some(rest) = text.strip_prefix(['.', ',']) else { return text };
    let digits = leading_digits(rest);
    let kept = format!("{:0<9}", &rest[..digits.min(9)]);
    time.nanosecond = kept.parse().unwrap_or(0);
    &rest[digits..]
}

/// Reads `am` or `pm` and answers what follows.
fn half_day<'a>(text: &'a str, time: &mut Clock) -> &'a str {
    for (mark, shift) in [("am", 0), ("pm", 12), ("a.m.", 0), ("p.m.", 12)] {
        if text.len() >= mark.len()
            && text.is_char_boundary(mark.len())
            && text[..mark.len()].eq_ignore_ascii_case(mark)
            && !text[mark.len()..].starts_with(|c: char| c.is_ascii_alphabetic())
        {
            if (1..=12).contains(&time.hour) {
                time.hour = time.hour % 12 + shift;
            }
            return &text[mark.len()..];
        }
    }
    text
}

/// Seconds east of Greenwich: `Z`, `EST`, `+0200`, `-5:30`, `GMT+2`.
fn zone(text: &str) -> Option<i32> {
    let text = text.trim_end_matches('.');
    if text.starts_with(['+', '-', '\u{2212}']) {
        return offset(text);
    }
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    if letters == 0 || letters > 5 {
        return None;
    }
    let name = &text[..letters];
    let hours = ZONES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?.1;
    let rest = text[letters..].trim_start();
    match rest.chars().next() {
        Some('+' | '-') => offset(rest),
        _ => Some((hours * 3600.0) as i32),
    }
}

/// `+02`, `+0200`, `+02:00`, `-530`.
fn offset(text: &str) -> Option<i32> {
    let mut chars = text.chars();
    let sign = if chars.next()? == '+' { 1 } else { -1 };
    let rest = chars.as_str();
    let digits = leading_digits(rest);
    let (hours, minutes): (i32, i32) = match digits {
        1 | 2 => {
            let behind = rest[digits..].strip_prefix(':').unwrap_or("");
            let minutes = leading_digits(behind).min(2);
            (number(&rest[..digits])?, if minutes == 2 { number(&behind[..2])? } else { 0 })
        }
        3 | 4 => (number(&rest[..digits - 2])?, number(&rest[digits - 2..digits])?),
        _ => return None,
    };
    // Offsets end at 14 hours; beyond it is no offset, and the time is best read as UTC.
    Some(if hours <= 14 && minutes < 60 { sign * (hours * 3600 + minutes * 60) } else { 0 })
}

/// Zone names in hours. RFC 822 knows the American ones; where a name is used in several places it is
/// read as the one met in feeds.
#[rustfmt::skip]
const ZONES: &[(&str, f32)] = &[
    ("GMT", 0.0), ("UTC", 0.0), ("UT", 0.0), ("Z", 0.0), ("EST", -5.0), ("EDT", -4.0), ("CST", -6.0),
    ("CDT", -5.0), ("MST", -7.0), ("MDT", -6.0), ("PST", -8.0), ("PDT", -7.0), ("CET", 1.0),
    ("CEST", 2.0), ("MET", 1.0), ("MEST", 2.0), ("MESZ", 2.0), ("MEZ", 1.0), ("BST", 1.0), ("IST", 5.5),
    ("WET", 0.0), ("WEST", 1.0), ("EET", 2.0), ("EEST", 3.0), ("MSK", 3.0), ("MSD", 4.0), ("JST", 9.0),
    ("KST", 9.0), ("HKT", 8.0), ("SGT", 8.0), ("AEST", 10.0), ("AEDT", 11.0), ("ACST", 9.5),
    ("ACDT", 10.5), ("AWST", 8.0), ("NZST", 12.0), ("NZDT", 13.0), ("AKST", -9.0), ("AKDT", -8.0),
    ("HST", -10.0), ("AST", -4.0), ("ADT", -3.0), ("NST", -3.5), ("NDT", -2.5), ("BRT", -3.0),
    ("ART", -3.0),
];

/// By its first letters: English, French, and what German, Spanish and Italian write differently.
fn month(word: &str) -> Option<i8> {
    let folded: String = word
        .chars()
        .take_while(|c| c.is_alphabetic())
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'é' | 'è' => 'e',
            'û' | 'ù' => 'u',
            'ä' => 'a',
            other => other,
        })
        .collect();
    // Days of the week that begin like a month.
    if matches!(folded.as_str(), "mardi" | "martes" | "martedi") {
        return None;
    }
    let at = MONTHS.iter().find(|(start, _)| folded.starts_with(start))?;
    Some(at.1)
}

#[rustfmt::skip]
const MONTHS: &[(&str, i8)] = &[
    ("jan", 1), ("feb", 2), ("fev", 2), ("mar", 3), ("mrz", 3), ("apr", 4), ("avr", 4), ("may", 5),
    ("mai", 5), ("juin", 6), ("jun", 6), ("juil", 7), ("jul", 7), ("aug", 8), ("aou", 8), ("sep", 9),
    ("oct", 10), ("okt", 10), ("nov", 11), ("dec", 12), ("dez", 12), ("ene", 1), ("gen", 1), ("abr", 4),
    ("mag", 5), ("giu", 6), ("lug", 7), ("ago", 8), ("set", 9), ("ott", 10), ("dic", 12),
];

fn leading_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn number<T: std::str::FromStr>(digits: &str) -> Option<T> {
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let read = parse(text).map_or("-".to_owned(), |timestamp| timestamp.to_string());
        assert_eq!(read, expected, "of {text:?}");
    }

    #[test]
    fn iso_8601() {
        check("2004-01-01T19:48:21Z", "2004-01-01T19:48:21Z");
        check("2004-01-01T19:48:21.125+02:00", "2004-01-01T17:48:21.125Z");
        check("2004-01-01 19:48:21 -0530", "2004-01-02T01:18:21Z");
        check("2004-01-01T19:48", "2004-01-01T19:48:00Z");
        check("2004-01-01T24:00:00Z", "2004-01-02T00:00:00Z");
        check("2004-01-01T9:05-05:00", "2004-01-01T14:05:00Z");
        check("20040101T194821Z", "2004-01-01T19:48:21Z");
        check("20040101194821", "2004-01-01T19:48:21Z");
        check("2004-1-2", "2004-01-02T00:00:00Z");
        check("2004/01/31 10:00", "2004-01-31T10:00:00Z");
        check("2004-02", "2004-02-01T00:00:00Z");
        check("2004", "2004-01-01T00:00:00Z");
        check("2003-335T01:00Z", "2003-12-01T01:00:00Z");
        check("2004-W53-6T10:00:00+01:00", "2005-01-01T09:00:00Z");
        check("2003-W01", "2002-12-30T00:00:00Z");
        check("2003-W54-1", "-");
        check("2004-02-30", "-");
        check("2004-13-01", "-");
    }

    #[test]
    fn rfc_822_and_its_variants() {
        check("Thu, 01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21Z");
        check("Thu, 1 Jan 04 19:48 EST", "2004-01-02T00:48:00Z");
        check("Thursday, 01 January 2004 19:48:21 +0100 (CET)", "2004-01-01T18:48:21Z");
        check("Wed, 01 Jan 2004 19:48:21 -05:00", "2004-01-02T00:48:21Z");
        check("1 Jan 2004 19:48:60 UT", "2004-01-01T19:48:59Z");
        check("01-Jan-2004 7:48 PM PST", "2004-01-02T03:48:00Z");
        check("Thu, 01-Jan-04 19:48:21 GMT+2", "2004-01-01T17:48:21Z");
        check("Thu Jan  1 19:48:21 2004", "2004-01-01T19:48:21Z");
        check("Thu Jan 01 19:48:21 UTC 2004", "2004-01-01T19:48:21Z");
        check("January 1st, 2004 12:05am", "2004-01-01T00:05:00Z");
        check("Jan 1, 2004", "2004-01-01T00:00:00Z");
        check("Jan-01-2004", "2004-01-01T00:00:00Z");
        check("Thu, 01 Jan 2004 19:48:21 +9900", "2004-01-01T19:48:21Z");
        check("Thu, 31 Jun 2004 19:48:21 GMT", "-");
    }

    #[test]
    fn french() {
        check("jeudi 1er janvier 2004 à 19h48", "2004-01-01T19:48:00Z");
        check("mar. 2 févr. 2021 08:00:00 +0100", "2021-02-02T07:00:00Z");
        check("mardi 3 août 2021 7h", "2021-08-03T07:00:00Z");
        check("15 déc 2020", "2020-12-15T00:00:00Z");
        check("Ven, 05 Juil 2019 10:11:12 CEST", "2019-07-05T08:11:12Z");
    }

    #[test]
    fn numbers_are_read_only_where_they_are_clear() {
        check("31/12/2003 10:00", "2003-12-31T10:00:00Z");
        check("12/31/2003 10:00 PM", "2003-12-31T22:00:00Z");
        check("05/05/2003", "2003-05-05T00:00:00Z");
        check("01/02/2003", "-");
    }

    #[test]
    fn what_is_no_date() {
        for text in
            ["", "yesterday", "0000-00-00", "Thu, 01 Jan 1970 00:00:00 GMT", "1", "1700000000", "Jan", "é"]
        {
            check(text, "-");
        }
    }

    proptest! {
        #[test]
        fn every_instant_survives_each_form(second in EARLIEST_S..4_000_000_000_i64) {
            let timestamp = Timestamp::from_second(second).unwrap();
            let zoned = timestamp.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(-3)));
            for format in ["%Y-%m-%dT%H:%M:%S%:z", "%a, %d %b %Y %H:%M:%S %z", "%A %d-%b-%Y %I:%M:%S %p %z",
                           "%B %d, %Y %H:%M:%S%z"] {
                prop_assert_eq!(parse(&zoned.strftime(format).to_string()), Some(timestamp), "{}", format);
            }
        }

        #[test]
        fn nothing_panics(text in r"([0-9]{1,4}|[-+:/., Tzh]|[a-zé]{1,4}|Jan|pm|GMT|\PC){0,12}") {
            parse(&text);
        }
    }
}
