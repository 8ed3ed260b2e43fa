//! When and why to speak, and in which words.

use super::settled;
use crate::model::{Alert, Condition, CountBy, Rule, SeenBaseline, SeenVoice, SentimentLabel, Tongue};

/// Days of listening below which what is usual is hardly known.
pub const FEW_DAYS: f64 = 21.0;

/// Whether a look is worth telling, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// An incident fires.
    First,
    /// A firing incident has grown a lot: its count has quadrupled past the line once more, or, of a
    /// rule that speaks at once, there is more after a whole cooldown.
    NewEvidence,
    Resolved,
    NothingNew(Silence),
}

/// Why there is nothing to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// The condition does not hold, and did not.
    Calm,
    /// It holds, but not yet for as long as the rule asks.
    Waiting,
    /// It has stopped holding before it fired.
    Passed,
    /// It fires and was told.
    StillFiring,
    /// It holds again, too soon after the last incident.
    CoolingDown,
    /// Someone looks after it.
    Acknowledged,
    /// The silence of this number covers it.
    Muted(i64),
}

impl Notice {
    pub fn speaks(self) -> bool {
        !matches!(self, Notice::NothingNew(_))
    }

    /// What to tell of two looks at one incident together: the more telling, of equals the later.
    pub fn with_later(self, later: Notice) -> Notice {
        let weight = |notice| match notice {
            Notice::First => 3,
            Notice::NewEvidence => 2,
            Notice::Resolved => 1,
            Notice::NothingNew(_) => 0,
        };
        if weight(later) >= weight(self) { later } else { self }
    }
}

/// One line for people: what was seen, what is usual, and how rare that is.
pub fn reason(rule: &Rule, alert: &Alert, tongue: Tongue) -> String {
    let seen = &alert.observed;
    let length_s = seen.window.1.as_second() - seen.window.0.as_second();
    let what = |count: u32| unit(seen.count, count, tongue);
    let value = seen.value;
    if !seen.voices.is_empty() {
        return whose_voice(&seen.voices, tongue);
    }
    let Some(baseline) = &alert.baseline else {
        let asked = rule.query.as_deref().unwrap_or(rule.id.as_str());
        return match tongue {
            Tongue::English => {
                let verb = if value == 1 { "matches" } else { "match" };
                format!("{value} new {} {verb} “{asked}”", what(value))
            }
            Tongue::French => {
                let new = if value > 1 { "nouvelles" } else { "nouvelle" };
                format!("{value} {new} {} pour « {asked} »", what(value))
            }
        };
    };
    let volume = match seen.count {
        CountBy::Stories => seen.stories,
        CountBy::Mentions => seen.mentions,
    };
    let window = span(length_s as f64, tongue);
    let usual = figure(baseline.expected, tongue);
    let rare = rarity(baseline, length_s as f64, tongue);
    if let Some(share) = settled::share_of(seen, Some(baseline)) {
        let [value_of, low, high, usual] = [share.seen.value, share.seen.low, share.seen.high, share.usual]
            .map(|part| percent(part, tongue));
        let whole = seen.whole.unwrap_or(0);
        return match tongue {
            Tongue::English => format!(
                "{value_of} share of voice in {window} (95 %: {low} to {high}) where {usual} is usual: {value} of {whole} {} ({rare})",
                what(whole)
            ),
            Tongue::French => format!(
                "{value_of} de part de voix en {window} (95 % : {low} à {high}), contre {usual} d’habitude : {value} {} sur {whole} ({rare})",
                what(value)
            ),
        };
    }
    if rule.condition == Condition::Absence {
        let (are, what) = (are(baseline), what(value));
        return match (tongue, value) {
            (Tongue::English, 0) => {
                format!("no {} in {window} where {usual} {are} usual ({rare})", unit(seen.count, 2, tongue))
            }
            (Tongue::English, _) => {
                format!("only {value} {what} in {window} where {usual} {are} usual ({rare})")
            }
            (Tongue::French, 0) => format!("aucune {what} en {window}, contre {usual} d’habitude ({rare})"),
            (Tongue::French, _) => {
                format!("seulement {value} {what} en {window}, contre {usual} d’habitude ({rare})")
            }
        };
    }
    let sources = seen.sources;
    match (tongue, rule.condition.tone()) {
        (Tongue::English, None) => {
            let from = if sources > 1 { format!(" from {sources} sources") } else { String::new() };
            format!(
                "{value} {}{from} in {window} where {usual} {} usual ({rare})",
                what(value),
                are(baseline)
            )
        }
        (Tongue::English, Some(tone)) => format!(
            "{value} of {volume} {} in {window} are {tone} where {usual} {tone} {} usual ({rare})",
            what(volume),
            are(baseline),
            tone = tone.as_str()
        ),
        (Tongue::French, None) => {
            let from = if sources > 1 { format!(" de {sources} sources") } else { String::new() };
            format!("{value} {}{from} en {window}, contre {usual} d’habitude ({rare})", what(value))
        }
        (Tongue::French, Some(tone)) => format!(
            "{value} {} {} sur {volume} en {window}, contre {usual} d’habitude ({rare})",
            what(value),
            in_french(tone, value)
        ),
    }
}

/// What stories or mentions of a tone are.
pub fn in_french(tone: SentimentLabel, number: u32) -> &'static str {
    match (tone, number > 1) {
        (SentimentLabel::Negative, true) => "négatives",
        (SentimentLabel::Negative, false) => "négative",
        (SentimentLabel::Neutral, true) => "neutres",
        (SentimentLabel::Neutral, false) => "neutre",
        (SentimentLabel::Positive, true) => "positives",
        (SentimentLabel::Positive, false) => "positive",
    }
}

/// A part of a whole in percent; below one, a decimal.
pub fn percent(part: f64, tongue: Tongue) -> String {
    let percent = part * 100.0;
    let digits =
        if percent < 0.95 && percent > 0.0 { format!("{percent:.1}") } else { format!("{percent:.0}") };
    match tongue {
        Tongue::English => format!("{digits} %"),
        Tongue::French => format!("{} %", digits.replace('.', ",")),
    }
}

/// The first of several voices stands for all.
fn whose_voice(voices: &[SeenVoice], tongue: Tongue) -> String {
    let Some(first) = voices.first() else { return String::new() };
    let more = match (voices.len() - 1, tongue) {
        (0, _) => String::new(),
        (1, Tongue::English) => ", and another voice".to_owned(),
        (more, Tongue::English) => format!(", and {more} other voices"),
        (1, Tongue::French) => ", et une autre voix".to_owned(),
        (more, Tongue::French) => format!(", et {more} autres voix"),
    };
    format!("{}{more}", voice_heard(first, tongue))
}

/// Who speaks, why that is news, and what gives it weight.
pub fn voice_heard(voice: &SeenVoice, tongue: Tongue) -> String {
    let SeenVoice { name, at, sources, before, carried, .. } = voice;
    let s = if *sources > 1 { "s" } else { "" };
    let silent = before.map(|before| span((at.as_second() - before.as_second()) as f64, tongue));
    match (tongue, silent) {
        (Tongue::English, None) => format!(
            "a new voice, {name}, not heard in the half year before: its story is told in {sources} source{s}"
        ),
        (Tongue::English, Some(silent)) => format!(
            "{name} speaks for the first time in {silent}: {carried} of its stories of the half year before went far"
        ),
        (Tongue::French, None) => format!(
            "une voix nouvelle, {name}, qu’on n’avait pas entendue depuis six mois : son histoire est dans {sources} source{s}"
        ),
        (Tongue::French, Some(silent)) => format!(
            "{name} en reparle pour la première fois en {silent} : {carried} de ses histoires des six mois précédents ont été reprises au loin"
        ),
    }
}

pub fn unit(count: CountBy, number: u32, tongue: Tongue) -> &'static str {
    match (count, tongue, number > 1) {
        (CountBy::Stories, Tongue::English, true) => "stories",
        (CountBy::Stories, Tongue::English, false) => "story",
        (CountBy::Stories, Tongue::French, true) => "histoires",
        (CountBy::Stories, Tongue::French, false) => "histoire",
        (CountBy::Mentions, _, true) => "mentions",
        (CountBy::Mentions, _, false) => "mention",
    }
}

fn are(baseline: &SeenBaseline) -> &'static str {
    if baseline.expected > 1.0 { "are" } else { "is" }
}

/// Whole numbers from ten, one decimal below, "less than 0.1" said so.
pub fn figure(value: f64, tongue: Tongue) -> String {
    let digits = if value < 0.05 {
        "0".to_owned()
    } else if value >= 9.95 || (value - value.round()).abs() < 0.05 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    };
    match tongue {
        Tongue::English => digits,
        Tongue::French => digits.replace('.', ","),
    }
}

/// How often chance alone would do this in windows of this length, and, while that is a rough guess, on how few
/// days of listening it rests.
fn rarity(baseline: &SeenBaseline, length_s: f64, tongue: Tongue) -> String {
    let once_in_s = length_s / baseline.p.max(1e-15);
    let millennium_s = 1_000.0 * 365.25 * 86_400.0;
    let rare = match (tongue, once_in_s > millennium_s) {
        (Tongue::English, true) => "by chance less than once in 1,000 years".to_owned(),
        (Tongue::French, true) => "par hasard moins d’une fois en 1 000 ans".to_owned(),
        (Tongue::English, false) => format!("by chance once in {}", span(once_in_s, tongue)),
        (Tongue::French, false) => format!("par hasard une fois en {}", span(once_in_s, tongue)),
    };
    if baseline.days >= FEW_DAYS {
        return rare;
    }
    let listened = format!("{:.0}", baseline.days.floor());
    match tongue {
        Tongue::English => format!("{rare}; {listened} days of listening"),
        Tongue::French => format!("{rare} ; {listened} jours d’écoute"),
    }
}

/// A length of time in the largest unit it holds two of, rounded; "an hour" and "a day" are said so.
pub fn span(seconds: f64, tongue: Tongue) -> String {
    const UNITS: [(f64, [&str; 2], [&str; 2]); 6] = [
        (365.25 * 86_400.0, ["year", "years"], ["an", "ans"]),
        (30.44 * 86_400.0, ["month", "months"], ["mois", "mois"]),
        (7.0 * 86_400.0, ["week", "weeks"], ["semaine", "semaines"]),
        (86_400.0, ["day", "days"], ["jour", "jours"]),
        (3_600.0, ["hour", "hours"], ["heure", "heures"]),
        (60.0, ["minute", "minutes"], ["minute", "minutes"]),
    ];
    let whole = |unit: f64| (seconds / unit - 1.0).abs() < 1e-9;
    let fits = UNITS.iter().find(|(unit, ..)| whole(*unit) || seconds / unit >= 1.95).unwrap_or(&UNITS[5]);
    let number = (seconds / fits.0).round().max(1.0);
    let words = match tongue {
        Tongue::English => fits.1,
        Tongue::French => fits.2,
    };
    format!("{number:.0} {}", words[usize::from(number > 1.0)])
}
