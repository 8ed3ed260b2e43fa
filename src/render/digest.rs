//! A digest as a notification: title, a few sentences, and sections of lines.

use jiff::tz::TimeZone;

use super::causes::{cause, state};
use super::notices::{date, moment, plain, reading, section};
use super::{decimal, stories};
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
        section(tongue.of("Alerts", "Alertes"), alerts(view, zone, tongue)),
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
        let change = change(self.now.stories, self.before.stories);
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
                    .map(|share| format!(", {} {}", tongue.of("before", "avant"), percent(share.value)))
                    .unwrap_or_default(),
            ));
        }
        if let (Some(net), Some(low), Some(high)) = (now.sentiment.net, now.sentiment.low, now.sentiment.high)
        {
            let before = before.sentiment.net;
            let before = before.map(|net| format!(", {} {}", tongue.of("before", "avant"), signed(net)));
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
            let negative = now.sentiment.negative;
            let s = if negative > 1 { "s" } else { "" };
            facts.push(match tongue {
                Tongue::English => format!("{negative} negative mention{s}"),
                Tongue::French => format!("{negative} mention{s} négative{s}"),
            });
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

fn alerts(view: &DigestView, zone: &TimeZone, tongue: Tongue) -> Vec<Line> {
    if view.alerts.is_empty() {
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
        let brand = view.now.brands.iter().find(|brand| brand.brand == alert.brand);
        let brand = brand.map_or(alert.brand.as_str(), |brand| brand.name.as_str());
        let text = format!("{brand}{} {}", tongue.of(":", " :"), alert.reason);
        Line { text, link: None, note: Some(facts.join(", ")) }
    };
    view.alerts.iter().map(line).collect()
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
        facts.extend(source.note.as_deref().map(|note| cause(note, tongue).into_owned()));
        let note = (!facts.is_empty()).then(|| facts.join(", "));
        Line { text: format!("{} ({})", source.source, state(source.state, tongue)), link: None, note }
    };
    let mut lines: Vec<Line> = view.unwell.iter().map(line).collect();
    let well = view.sources.saturating_sub(view.unwell.len());
    if well > 0 {
        lines.push(plain(&match tongue {
            Tongue::English if well == 1 => "the other one was heard".to_owned(),
            Tongue::English => format!("the other {well} were heard"),
            Tongue::French if well == 1 => "l’autre : entendue".to_owned(),
            Tongue::French => format!("les {well} autres : entendues"),
        }));
    }
    lines
}

/// In percent of what was before; of a few, the difference says nothing.
fn change(now: u64, before: u64) -> Option<String> {
    const FEW: u64 = 10;
    if before < FEW {
        return None;
    }
    let percent = ((now as f64 - before as f64) / before as f64 * 100.0).round();
    let sign = if percent < 0.0 { "−" } else { "+" };
    Some(format!("{sign}{} %", percent.abs()))
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
    decimal(digits, tongue)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::views::alerts::{AcknowledgedView, ObservedView};
    use crate::views::compare::{ComparisonView, IntervalView, PlaceView, SentimentCounts};
    use crate::views::health::{SourceHealth, not_polled};

    fn brand(name: &str, role: &'static str, stories: u64, share: f64) -> BrandView {
        BrandView {
            brand: name.to_lowercase(),
            name: name.into(),
            role,
            mentions: stories + stories / 2,
            stories,
            share: Some(IntervalView { value: share, low: share - 0.04, high: share + 0.04 }),
            sentiment: SentimentCounts {
                negative: 7,
                neutral: 3,
                positive: 1,
                net: Some(-0.545),
                low: Some(-0.7),
                high: Some(-0.2),
                change: None,
            },
            sources: vec![PlaceView { value: "ecodaily".into(), mentions: 12, ..PlaceView::default() }],
            ..BrandView::default()
        }
    }

    fn view(every: Every) -> DigestView {
        let (since, until): (jiff::Timestamp, jiff::Timestamp) =
            ("2026-02-22T07:00:00Z".parse().unwrap(), "2026-03-01T07:00:00Z".parse().unwrap());
        let comparison = |brands| ComparisonView {
            query: None,
            since,
            until,
            count: "stories",
            against: Default::default(),
            basis: Default::default(),
            brands,
            swot: None,
            goals: Vec::new(),
            yields: Vec::new(),
        };
        let alert = AlertView {
            fired_at: None,
            id: "a_1".into(),
            rule: "acme-spike".into(),
            brand: "acme".into(),
            state: "resolved",
            severity: "high",
            since,
            until: Some(until),
            reason: "42 stories".into(),
            observed: ObservedView {
                count: "stories",
                value: 42,
                mentions: 51,
                stories: 42,
                negative: 7,
                positive: Some(0),
                sources: 3,
                window: [since, until],
                whole: None,
                share: None,
                voices: Vec::new(),
            },
            baseline: None,
            evidence: Vec::new(),
            terms: Vec::new(),
            annotations: Vec::new(),
            playbook: None,
            config_hash: "0".into(),
            acknowledged: Some(AcknowledgedView { at: until, false_alarm: true, by: None, comment: None }),
        };
        let source = SourceHealth { state: "broken", note: Some("server answered 500".into()), ..blank() };
        DigestView {
            every,
            since,
            until,
            now: comparison(vec![brand("Acme", "own", 42, 0.41), brand("Globex", "competitor", 1, 0.59)]),
            before: comparison(vec![brand("Acme", "own", 32, 0.36), brand("Globex", "competitor", 0, 0.64)]),
            usual: vec![Some(30.25), None],
            stories: Vec::new(),
            alerts: vec![alert],
            sources: 9,
            unwell: vec![Unwell { source, missed_s: 18_000 }],
        }
    }

    fn blank() -> SourceHealth {
        let source = crate::model::Source {
            id: crate::model::SourceId::new("forum"),
            kind: crate::model::SourceKind::Feed { url: "https://a.example/".into() },
            every: None,
            tags: Vec::new(),
            allow_private: false,
            enabled: true,
        };
        not_polled(&[source]).sources.remove(0)
    }

    #[track_caller]
    fn check(view: &DigestView, tongue: Tongue, expect: Expect) {
        let Text { title, body, sections } = text(view, &TimeZone::UTC, tongue);
        let mut all = format!("{title}\n{body}\n");
        for Section { heading, lines } in sections {
            all.push_str(&format!("{heading}\n"));
            let line = |line: &Line| format!("- {} | {}\n", line.text, line.note.as_deref().unwrap_or(""));
            all.extend(lines.iter().map(line));
        }
        expect.assert_eq(&all);
    }

    #[test]
    fn a_week_in_english() {
        check(
            &view(Every::Week(jiff::civil::Weekday::Sunday)),
            Tongue::English,
            expect![[r#"
                Week to 1 March: Acme 42 stories (+31 %)
                Acme: 42 stories (63 mentions); 32 the week before, 30 usual.
                Figures
                - Acme 42 stories (+31 %) | share of voice 41 % (37–45, before 36 %), net tone −55 (−70 to −20, before −55), 7 negative mentions
                - Globex 1 story | share of voice 59 % (55–63, before 64 %), net tone −55 (−70 to −20, before −55), 7 negative mentions
                Who spoke most
                - Acme | ecodaily 12
                Alerts
                - Acme: 42 stories | acme-spike, 22 Feb 07:00, false alarm
                Sources
                - forum (broken) | not heard for 5 h, server answered 500
                - the other 8 were heard | 
            "#]],
        );
    }

    #[test]
    fn a_calm_day_in_french() {
        let mut calm = view(Every::Day);
        (calm.alerts, calm.unwell, calm.usual) = (Vec::new(), Vec::new(), vec![None, None]);
        check(
            &calm,
            Tongue::French,
            expect![[r#"
                Journée au 1er mars : Acme, 42 histoires (+31 %)
                Acme : 42 histoires (63 mentions) ; 32 la veille ; ce qui est habituel n’est pas encore connu.
                Chiffres
                - Acme, 42 histoires (+31 %) | part de voix 41 % (37–45, avant 36 %), ton net −55 (−70 à −20, avant −55), 7 mentions négatives
                - Globex, 1 histoire | part de voix 59 % (55–63, avant 64 %), ton net −55 (−70 à −20, avant −55), 7 mentions négatives
                Qui a le plus parlé
                - Acme | ecodaily 12
                Alertes
                - aucune | 
                Sources
                - toutes entendues (9) | 
            "#]],
        );
    }
}
