//! What notices say below their reason, in the user's language: plain text with links, which each medium marks
//! up in its own way.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::model::{Alert, Line, Section, Tongue};
use crate::views::search::MentionView;
use crate::views::told::ToRead;

/// Characters of a post, which has no title, that stand for one.
const BEGINNING: usize = 140;

/// The sections of an alert's notice: what to read, the words that stand out, and who answers.
pub fn alert(alert: &Alert, to_read: &[ToRead], zone: &TimeZone, tongue: Tongue) -> Vec<Section> {
    let read = to_read.iter().map(|read| reading(&read.mention, zone, tongue)).collect();
    let words = match alert.terms.is_empty() {
        true => Vec::new(),
        false => vec![plain(&alert.terms.join(", "))],
    };
    let of_crisis = match alert.triggers.is_empty() {
        true => Vec::new(),
        false => vec![plain(&alert.triggers.join(", "))],
    };
    [
        section(tongue.of("What to read", "À lire"), read),
        section(tongue.of("Words of crisis", "Mots de crise"), of_crisis),
        section(tongue.of("Words that stand out", "Mots qui ressortent"), words),
        section(
            tongue.of("Who answers, and how", "Qui répond, et comment"),
            alert.playbook.iter().map(|playbook| plain(playbook)).collect(),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// None without lines.
pub(super) fn section(heading: &str, lines: Vec<Line>) -> Option<Section> {
    (!lines.is_empty()).then(|| Section { heading: heading.to_owned(), lines })
}

pub(super) fn plain(text: &str) -> Line {
    Line { text: text.to_owned(), ..Line::default() }
}

/// A mention to be read: its title, where it leads to, and who said it when.
pub(super) fn reading(mention: &MentionView, zone: &TimeZone, tongue: Tongue) -> Line {
    let text = match &mention.title {
        Some(title) => title.clone(),
        None => beginning(&mention.excerpt),
    };
    let at = mention.published.as_ref().unwrap_or(&mention.observed);
    let mut facts = vec![mention.source.clone()];
    facts.extend(at.parse::<Timestamp>().ok().map(|at| moment(at, zone, tongue)));
    if mention.copies > 1 {
        facts.push(format!("{} copies", mention.copies));
    }
    if let Some(sentiment) = &mention.sentiment {
        facts.extend(match sentiment.label {
            "negative" => Some(tongue.of("negative", "négatif").to_owned()),
            "positive" => Some(tongue.of("positive", "positif").to_owned()),
            _ => None,
        });
    }
    Line { text, link: mention.link.clone(), note: Some(facts.join(", ")) }
}

fn beginning(text: &str) -> String {
    let text: Vec<&str> = text.split_whitespace().collect();
    let text = text.join(" ");
    match text.char_indices().nth(BEGINNING) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text,
    }
}

/// Day and time as they are written in the language.
pub(super) fn moment(time: Timestamp, zone: &TimeZone, tongue: Tongue) -> String {
    let local = time.to_zoned(zone.clone());
    match tongue {
        Tongue::English => local.strftime("%-d %b %H:%M").to_string(),
        Tongue::French => format!("{} {}", date(time, zone, tongue), local.strftime("%H:%M")),
    }
}

/// A day of the year as it is written in the language.
pub(super) fn date(time: Timestamp, zone: &TimeZone, tongue: Tongue) -> String {
    day_of_year(&time.to_zoned(zone.clone()), tongue)
}

/// As [`date`], of a local time.
pub(super) fn day_of_year(local: &Zoned, tongue: Tongue) -> String {
    const MONTHS: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    match tongue {
        Tongue::English => local.strftime("%-d %B").to_string(),
        Tongue::French => {
            let day = if local.day() == 1 { "1er".to_owned() } else { local.day().to_string() };
            format!("{day} {}", MONTHS[local.month().unsigned_abs() as usize - 1])
        }
    }
}
