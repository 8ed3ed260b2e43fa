//! A digest as a notification: title, a few sentences, and sections of lines.

use jiff::tz::TimeZone;

use super::notices::{date, moment, reading};
use crate::model::{Every, Line, Section, Tongue};
use crate::views::alerts::AlertView;
use crate::views::compare::BrandView;
use crate::views::digest::{DigestView, Unwell};

/// What a digest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub title: String,
    pub body: String,
    pub sections: Vec<Section>,
}

pub fn text(view: &DigestView, zone: &TimeZone, tongue: Tongue) -> Text {
    let brands: Vec<Figures<'_>> = view
        .now
        .brands
        .iter()
        .zip(&view.before.brands)
        .zip(&view.usual)
        .map(|((now, before), usual)| Figures { now, before, usual: *usual })
        .collect();
    let own = || brands.iter().filter(|figures| figures.now.role == "own");
    let to = date(view.until, zone, tongue);
    let period = match view.every {
        Every::Week(_) => format!("{} {to}", tongue.of("Week to", "Semaine au")),
        Every::Day => format!("{} {to}", tongue.of("Day to", "Journée au")),
    };
    let first = own().next().or(brands.first());
    let title = match first {
        Some(figures) => {
            format!("{period}{} {}", tongue.of(":", " :"), figures.in_short(tongue))
        }
        None => period,
    };
    let body: Vec<String> = own().map(|figures| figures.sentence(view.every, tongue)).collect();
    let section = |heading: &str, lines: Vec<Line>| {
        (!lines.is_empty()).then(|| Section { heading: heading.to_owned(), lines })
    };
    let read = view.stories.iter().map(|mention| reading(mention, zone, tongue)).collect();
    let sections = [
        section(
            tongue.of("Figures", "Chiffres"),
            brands.iter().map(|figures| figures.line(tongue)).collect(),
        ),
        section(tongue.of("What to read", "À lire"), read),
        section(
            tongue.of("Who spoke most", "Qui a le plus parlé"),
            own().filter_map(Figures::speakers).collect(),
        ),
        section(tongue.of("Alerts", "Alertes"), alerts(&view.alerts, zone, tongue)),
        section(tongue.of("Sources", "Sources"), sources(view, tongue)),
    ];
    Text { title, body: body.join("\n"), sections: sections.into_iter().flatten().collect() }
}

/// One brand, now, before, and as usual.
struct Figures<'a> {
    now: &'a BrandView,
    before: &'a BrandView,
    usual: Option<f64>,
}

impl Figures<'_> {
    fn in_short(&self, tongue: Tongue) -> String {
        let change = change(self.now.stories, self.before.stories, tongue);
        let change = change.map(|change| format!(" ({change})")).unwrap_or_default();
        format!("{}{} {}{change}", self.now.name, tongue.of("", ","), stories(self.now.stories, tongue))
    }

    fn sentence(&self, every: Every, tongue: Tongue) -> String {
        let Figures { now, before, usual } = self;
        let period = match every {
            Every::Week(_) => tongue.of("the week before", "la semaine d’avant"),
            Every::Day => tongue.of("the day before", "la veille"),
        };
        let mentions = format!("{} mention{}", now.mentions, if now.mentions > 1 { "s" } else { "" });
        let usual = match (usual, tongue) {
            (Some(usual), Tongue::English) => format!(", {} usual", about(*usual, tongue)),
            (Some(usual), Tongue::French) => format!(", {} d’habitude", about(*usual, tongue)),
            (None, Tongue::English) => "; what is usual is not known yet".to_owned(),
            (None, Tongue::French) => " ; ce qui est habituel n’est pas encore connu".to_owned(),
        };
        format!(
            "{}{} {} ({mentions}); {} {period}{usual}.",
            now.name,
            tongue.of(":", " :"),
            stories(now.stories, tongue),
            before.stories,
        )
        .replace("); ", tongue.of("); ", ") ; "))
    }

    fn line(&self, tongue: Tongue) -> Line {
        let Figures { now, before, .. } = self;
        let mut facts = Vec::new();
        if let Some(share) = now.share {
            facts.push(format!(
                "{} {} ({}–{}{})",
                tongue.of("share of voice", "part de voix"),
                percent(share.value),
                (share.low * 100.0).round(),
                (share.high * 100.0).round(),
                before
                    .share
                    .map(|share| format!("; {} {}", tongue.of("before", "avant"), percent(share.value)))
                    .unwrap_or_default(),
            ));
        }
        if let (Some(net), Some(low), Some(high)) = (now.sentiment.net, now.sentiment.low, now.sentiment.high)
        {
            let before = before.sentiment.net;
            let before = before.map(|net| format!("; {} {}", tongue.of("before", "avant"), signed(net)));
            facts.push(format!(
                "{} {} ({} {} {}{})",
                tongue.of("net tone", "ton net"),
                signed(net),
                signed(low),
                tongue.of("to", "à"),
                signed(high),
                before.unwrap_or_default(),
            ));
        }
        if now.sentiment.negative > 0 {
            let negative = match (tongue, now.sentiment.negative > 1) {
                (Tongue::English, _) => "negative",
                (Tongue::French, true) => "négatives",
                (Tongue::French, false) => "négative",
            };
            facts.push(format!("{} {negative}", now.sentiment.negative));
        }
        Line { text: self.in_short(tongue), link: None, note: (!facts.is_empty()).then(|| facts.join(", ")) }
    }

    fn speakers(&self) -> Option<Line> {
        let speakers: Vec<String> =
            self.now.sources.iter().map(|source| format!("{} {}", source.value, source.mentions)).collect();
        (!speakers.is_empty()).then(|| Line {
            text: self.now.name.clone(),
            link: None,
            note: Some(speakers.join(", ")),
        })
    }
}

fn alerts(alerts: &[AlertView], zone: &TimeZone, tongue: Tongue) -> Vec<Line> {
    if alerts.is_empty() {
        return vec![plain(tongue.of("none", "aucune"))];
    }
    let line = |alert: &AlertView| {
        let mut facts = vec![alert.rule.clone(), moment(alert.since, zone, tongue)];
        facts.push(match (&alert.acknowledged, alert.state) {
            (Some(ack), _) if ack.false_alarm => tongue.of("false alarm", "fausse alerte").to_owned(),
            (Some(_), _) => tongue.of("acknowledged", "prise en charge").to_owned(),
            (None, "firing") => tongue.of("still firing", "toujours en cours").to_owned(),
            (None, _) => tongue.of("over", "terminée").to_owned(),
        });
        Line { text: alert.reason.clone(), link: None, note: Some(facts.join(", ")) }
    };
    alerts.iter().map(line).collect()
}

fn sources(view: &DigestView, tongue: Tongue) -> Vec<Line> {
    if view.unwell.is_empty() {
        return vec![plain(&match tongue {
            Tongue::English => format!("all {} were heard", view.sources),
            Tongue::French => format!("toutes entendues ({})", view.sources),
        })];
    }
    let line = |Unwell { source, missed_s }: &Unwell| {
        let mut facts = Vec::new();
        if *missed_s > 0 {
            let hours = (*missed_s as f64 / 3_600.0).round().max(1.0);
            facts.push(format!("{} {hours} h", tongue.of("not heard for", "pas entendue pendant")));
        }
        facts.extend(source.note.clone());
        let note = (!facts.is_empty()).then(|| facts.join(", "));
        Line { text: format!("{} ({})", source.source, state(source.state, tongue)), link: None, note }
    };
    let mut lines: Vec<Line> = view.unwell.iter().map(line).collect();
    let well = view.sources.saturating_sub(view.unwell.len());
    if well > 0 {
        lines.push(plain(&match tongue {
            Tongue::English => format!("the other {well}: well"),
            Tongue::French => format!("les {well} autres : bien"),
        }));
    }
    lines
}

fn state(state: &str, tongue: Tongue) -> &str {
    match (tongue, state) {
        (Tongue::English, state) => state,
        (Tongue::French, "new") => "nouvelle",
        (Tongue::French, "silent") => "muette",
        (Tongue::French, "moved") => "a déménagé",
        (Tongue::French, "throttled") => "demande de patienter",
        (Tongue::French, "blocked") => "refusée",
        (Tongue::French, "broken") => "en panne",
        (Tongue::French, "gone") => "disparue",
        (Tongue::French, state) => state,
    }
}

fn plain(text: &str) -> Line {
    Line { text: text.to_owned(), ..Line::default() }
}

fn stories(count: u64, tongue: Tongue) -> String {
    let word = match (tongue, count > 1) {
        (Tongue::English, _) if count != 1 => "stories",
        (Tongue::English, _) => "story",
        (Tongue::French, true) => "histoires",
        (Tongue::French, false) => "histoire",
    };
    format!("{count} {word}")
}

/// In percent of what was before; of a few, the difference says nothing.
fn change(now: u64, before: u64, tongue: Tongue) -> Option<String> {
    const FEW: u64 = 10;
    if before < FEW {
        return None;
    }
    let percent = ((now as f64 - before as f64) / before as f64 * 100.0).round();
    let sign = if percent < 0.0 { "−" } else { "+" };
    Some(format!("{sign}{}{}", percent.abs(), tongue.of("%", " %")))
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 100.0).round())
}

/// A net tone, in hundredths.
fn signed(net: f64) -> String {
    let hundredths = (net * 100.0).round();
    match hundredths {
        0.0 => "0".to_owned(),
        h if h < 0.0 => format!("−{}", h.abs()),
        h => format!("+{h}"),
    }
}

fn about(usual: f64, tongue: Tongue) -> String {
    let digits = if usual < 10.0 { format!("{usual:.1}") } else { format!("{usual:.0}") };
    let digits = digits.strip_suffix(".0").map(str::to_owned).unwrap_or(digits);
    match tongue {
        Tongue::English => digits,
        Tongue::French => digits.replace('.', ","),
    }
}
