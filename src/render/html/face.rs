//! Numbers, times and foreign text as a reader of French or English expects them, for HTML.
//!
//! A number stands in `<data value>` with the value it was rounded from, a time in `<time datetime>`.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::model::Tongue;
use crate::render::notices::day_of_year;
use crate::render::terminal::clean;

/// For whom the page is written.
pub(super) struct Face<'a> {
    pub tongue: Tongue,
    pub zone: &'a TimeZone,
}

/// Between groups of digits, and before % and units in French.
const THIN: char = '\u{202f}';
const MINUS: char = '\u{2212}';

impl Face<'_> {
    /// The words of the reader's language.
    pub fn say<'b>(&self, english: &'b str, french: &'b str) -> &'b str {
        self.tongue.of(english, french)
    }

    pub fn count(&self, number: u64) -> String {
        data(number as f64, &self.whole(number))
    }

    /// A date as plain text, for pictures.
    pub fn plain_day(&self, at: Timestamp) -> String {
        self.date(&at.to_zoned(self.zone.clone()), false)
    }

    /// `3 stories`: each language's pair is of one and of several.
    pub fn counted(&self, number: u64, english: [&str; 2], french: [&str; 2]) -> String {
        let word = match self.tongue {
            Tongue::English => english[usize::from(number != 1)],
            Tongue::French => french[usize::from(number > 1)],
        };
        format!("{}\u{a0}{word}", self.count(number))
    }

    /// A part of a whole: `26%`, `26 %`; below ten with a decimal.
    pub fn part(&self, value: f64) -> String {
        data(value, &self.percent(self.percents(value)))
    }

    /// `22–30%`.
    pub fn parts(&self, low: f64, high: f64) -> String {
        let low_text = self.percents(low);
        format!("{}–{}", data(low, &low_text), data(high, &self.percent(self.percents(high))))
    }

    /// Of a share, in percentage points: `+4.1`.
    pub fn points(&self, value: f64) -> String {
        data(value, &self.signed(value * 100.0, 1))
    }

    /// A net tone, or a change of one: `+0.08`.
    pub fn net(&self, value: f64) -> String {
        data(value, &self.signed(value, 2))
    }

    /// Of a count a day: `−4.3`.
    pub fn change(&self, value: f64) -> String {
        data(value, &self.signed(value, 1))
    }

    pub fn decimal(&self, value: f64, digits: usize) -> String {
        let text = if value.abs() >= 1_000.0 {
            self.whole(value.round().abs() as u64)
        } else {
            self.comma(&format!("{:.digits$}", value.abs()))
        };
        let sign = if value < 0.0 { MINUS.to_string() } else { String::new() };
        data(value, &format!("{sign}{text}"))
    }

    /// `from −1.2 to +1.8`.
    pub fn between(&self, low: &str, high: &str) -> String {
        let (from, to) = (self.say("from", "de"), self.say("to", "à"));
        format!("{from}\u{a0}{low} {to}\u{a0}{high}")
    }

    /// `4 April 2013`.
    pub fn day(&self, at: Timestamp) -> String {
        time(at, &self.date(&at.to_zoned(self.zone.clone()), true))
    }

    /// `4 April`.
    pub fn day_of_year(&self, at: Timestamp) -> String {
        time(at, &self.date(&at.to_zoned(self.zone.clone()), false))
    }

    /// `4 April, 15:32`.
    pub fn minute(&self, at: Timestamp) -> String {
        let zoned = at.to_zoned(self.zone.clone());
        let clock = match self.tongue {
            Tongue::English => format!("{:02}:{:02}", zoned.hour(), zoned.minute()),
            Tongue::French => format!("{}{THIN}h{THIN}{:02}", zoned.hour(), zoned.minute()),
        };
        time(at, &format!("{}, {clock}", self.date(&zoned, false)))
    }

    /// The first and the last day of a half-open time: `18 March – 4 April 2013`.
    pub fn span(&self, since: Timestamp, until: Timestamp) -> String {
        let last = until.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(until);
        let (first, end) = (since.to_zoned(self.zone.clone()), last.to_zoned(self.zone.clone()));
        let first = self.date(&first, first.year() != end.year());
        format!("{} – {}", time(since, &first), time(last, &self.date(&end, true)))
    }

    /// An hour of the day: `14:00`, `14 h`.
    pub fn hour(&self, hour: usize) -> String {
        format!("<time datetime=\"{:02}:00\">{}</time>", hour % 24, self.plain_hour(hour))
    }

    /// The same as plain text, for pictures.
    pub fn plain_hour(&self, hour: usize) -> String {
        match self.tongue {
            Tongue::English => format!("{hour}:00"),
            Tongue::French => format!("{hour}{THIN}h"),
        }
    }

    /// Of Monday = 0.
    pub fn weekday(&self, day: usize) -> &'static str {
        const ENGLISH: [&str; 7] =
            ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        const FRENCH: [&str; 7] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
        match self.tongue {
            Tongue::English => ENGLISH[day % 7],
            Tongue::French => FRENCH[day % 7],
        }
    }

    /// `a, b and c`.
    pub fn list(&self, words: &[String]) -> String {
        match words {
            [] => String::new(),
            [word] => word.clone(),
            [first @ .., last] => format!("{} {} {last}", first.join(", "), self.say("and", "et")),
        }
    }

    /// In the quotation marks of the language. `text` is foreign.
    pub fn quoted(&self, foreign: &str) -> String {
        match self.tongue {
            Tongue::English => format!("“{}”", text(foreign)),
            Tongue::French => format!("«\u{a0}{}\u{a0}»", text(foreign)),
        }
    }

    /// A colon, which French sets off.
    pub fn colon(&self) -> &'static str {
        self.say(":", "\u{a0}:")
    }

    fn date(&self, zoned: &Zoned, year: bool) -> String {
        // Day and month stay on one line.
        let day = day_of_year(zoned, self.tongue).replace(' ', "\u{a0}");
        if year { format!("{day} {}", zoned.year()) } else { day }
    }

    /// A count as plain text, for pictures.
    pub fn whole(&self, number: u64) -> String {
        let digits = number.to_string();
        let separator = match self.tongue {
            Tongue::English => ',',
            Tongue::French => THIN,
        };
        let mut out = String::with_capacity(digits.len() * 2);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                out.push(separator);
            }
            out.push(digit);
        }
        out
    }

    fn percents(&self, value: f64) -> String {
        let percents = value * 100.0;
        let digits = usize::from(percents > 0.0 && percents < 9.95);
        self.comma(&format!("{percents:.digits$}"))
    }

    fn percent(&self, number: String) -> String {
        match self.tongue {
            Tongue::English => number + "%",
            Tongue::French => format!("{number}{THIN}%"),
        }
    }

    fn signed(&self, value: f64, digits: usize) -> String {
        let text = format!("{:.digits$}", value.abs());
        let zero = text.chars().all(|c| matches!(c, '0' | '.'));
        let sign = match (zero, value < 0.0) {
            (true, _) => String::new(),
            (false, true) => MINUS.to_string(),
            (false, false) => "+".to_owned(),
        };
        sign + &self.comma(&text)
    }

    fn comma<'b>(&self, number: &'b str) -> String {
        let number: Cow<'b, str> = match self.tongue {
            Tongue::English => number.into(),
            Tongue::French => number.replace('.', ",").into(),
        };
        number.into_owned()
    }
}

/// Foreign text, harmless: what HTML reads as markup escaped, what turns lines around dropped.
pub(super) fn text(foreign: &str) -> String {
    let mut out = String::with_capacity(foreign.len());
    for c in clean(foreign).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Foreign text as a link, if its address is one of the web; else the text alone.
pub(super) fn linked(foreign: &str, address: Option<&str>) -> String {
    let web = |address: &&str| {
        let scheme = address.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        matches!(scheme.as_deref(), Some("http" | "https"))
    };
    match address.filter(web) {
        Some(address) => {
            format!("<a href=\"{}\" rel=\"noopener noreferrer\">{}</a>", text(address), text(foreign))
        }
        None => text(foreign),
    }
}

fn data(value: f64, shown: &str) -> String {
    format!("<data value=\"{value}\">{shown}</data>")
}

fn time(at: Timestamp, shown: &str) -> String {
    format!("<time datetime=\"{at}\">{shown}</time>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(html: &str) -> String {
        let mut parts = html.split('<');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + part.split_once('>').map_or("", |(_, rest)| rest))
    }

    fn check(tongue: Tongue, expected: &[&str]) {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let face = Face { tongue, zone: &zone };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let shown = [
            face.count(1_234_567),
            face.counted(1, ["story", "stories"], ["histoire", "histoires"]),
            face.counted(0, ["story", "stories"], ["histoire", "histoires"]),
            face.part(0.2634),
            face.parts(0.0951, 0.3),
            face.points(-0.0412),
            face.points(0.0001),
            face.net(0.0812),
            face.decimal(1_234.4, 1),
            face.decimal(-4.26, 1),
            face.day(at("2013-03-31T22:30:00Z")),
            face.minute(at("2013-04-04T13:02:00Z")),
            face.span(at("2013-03-17T23:00:00Z"), at("2013-04-04T22:00:00Z")),
            face.quoted("a<b"),
            face.list(&["a".into(), "b".into(), "c".into()]),
        ];
        let shown: Vec<String> =
            shown.iter().map(|s| bare(s).replace('\u{a0}', "~").replace(THIN, "_")).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn english() {
        check(
            Tongue::English,
            &[
                "1,234,567",
                "1~story",
                "0~stories",
                "26%",
                "9.5–30%",
                "−4.1",
                "0.0",
                "+0.08",
                "1,234",
                "−4.3",
                "1~April 2013",
                "4~April, 15:02",
                "18~March – 4~April 2013",
                "“a&lt;b”",
                "a, b and c",
            ],
        );
    }

    #[test]
    fn french() {
        check(
            Tongue::French,
            &[
                "1_234_567",
                "1~histoire",
                "0~histoire",
                "26_%",
                "9,5–30_%",
                "−4,1",
                "0,0",
                "+0,08",
                "1_234",
                "−4,3",
                "1er~avril 2013",
                "4~avril, 15_h_02",
                "18~mars – 4~avril 2013",
                "«~a&lt;b~»",
                "a, b et c",
            ],
        );
    }

    #[test]
    fn numbers_keep_the_value_they_were_rounded_from() {
        let face = Face { tongue: Tongue::English, zone: &TimeZone::UTC };
        assert_eq!(face.part(0.26339), "<data value=\"0.26339\">26%</data>");
    }

    #[test]
    fn only_addresses_of_the_web_are_links() {
        assert_eq!(
            linked("<a>", Some("HTTPS://x.example/?a=\"b\"")),
            "<a href=\"HTTPS://x.example/?a=&quot;b&quot;\" rel=\"noopener noreferrer\">&lt;a&gt;</a>"
        );
        for address in [
            Some("javascript:alert(1)"),
            Some("data:text/html,x"),
            Some("//x.example"),
            Some("file:///x"),
            None,
        ] {
            assert_eq!(linked("x", address), "x", "{address:?}");
        }
    }

    #[test]
    fn foreign_text_is_harmless() {
        assert_eq!(text("<b onclick='x'>&\u{202e}\"\u{1b}"), "&lt;b onclick=&#39;x&#39;&gt;&amp;&quot;");
    }
}
