//! Several notifications as one.

use jiff::tz::TimeZone;

use super::telling::shown;
use crate::model::{Line, Notification, Section, Tongue, Topic};

/// Titles shown where there is no room for sections.
const TITLES: usize = 6;

/// `parts`: at least one, oldest first.
pub(super) fn summary(key: &str, parts: Vec<Notification>, zone: &TimeZone, tongue: Tongue) -> Notification {
    let gravest = parts.iter().rev().max_by_key(|part| part.severity);
    let severity = gravest.map_or(crate::model::Severity::Normal, |part| part.severity);
    let at = parts.iter().map(|part| part.at).max().unwrap_or_default();
    let all_alerts = parts.iter().all(|part| part.topic == Topic::Alert);
    let what = match all_alerts {
        true => tongue.of("alerts", "alertes"),
        false => tongue.of("notices", "nouvelles"),
    };
    let days = |part: &Notification| part.at.to_zoned(zone.clone()).date();
    let one_day = parts.iter().all(|part| days(part) == at.to_zoned(zone.clone()).date());
    let time = |part: &Notification| {
        let format = if one_day { "%H:%M" } else { "%d/%m %H:%M" };
        part.at.to_zoned(zone.clone()).strftime(format).to_string()
    };
    let colon = tongue.of(":", " :");
    let first = gravest.map(|part| part.title.as_str()).unwrap_or_default();
    let mut titles: Vec<String> =
        parts.iter().take(TITLES).map(|part| format!("{} {}", time(part), part.title)).collect();
    if parts.len() > TITLES {
        titles.push(format!("… (+{})", parts.len() - TITLES));
    }
    let link = |part: &Notification| {
        part.sections.iter().flat_map(|section| &section.lines).find_map(|l| l.link.clone())
    };
    let line = |part: &Notification| {
        let mut facts = vec![time(part), part.body.replace('\n', " ")];
        facts.extend(part.headline.clone());
        facts.extend(part.alert.as_ref().map(|alert| format!("ack {}", shown(alert))));
        Line { text: part.title.clone(), link: link(part), note: Some(facts.join(", ")) }
    };
    let mut times: Vec<String> = parts.first().into_iter().chain(parts.last()).map(time).collect();
    times.dedup();
    Notification {
        key: key.to_owned(),
        topic: Topic::Summary,
        alert: None,
        rule: None,
        severity,
        at,
        title: format!("{} {what}{colon} {first}{}", parts.len(), if parts.len() > 1 { "…" } else { "" }),
        headline: Some(titles.join("\n")),
        body: String::new(),
        sections: vec![Section { heading: times.join(" – "), lines: parts.iter().map(line).collect() }],
        act: all_alerts.then(|| "vigie alerts list".to_owned()),
        parts,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::testing::queued;
    use super::*;
    use crate::model::Severity;

    #[track_caller]
    fn check(tongue: Tongue, zone: &str, expect: Expect) {
        let mut parts: Vec<Notification> = [(1, "2026-03-02T22:10:00Z"), (2, "2026-03-02T23:30:00Z")]
            .into_iter()
            .map(|(number, at)| queued(number, "r", at).notice.notification)
            .collect();
        parts[0].severity = Severity::Critical;
        parts[0].alert = Some(crate::model::AlertId::new("a_0123456789"));
        parts[0].headline = Some(tongue.quoted("Panne"));
        parts[0].sections = vec![Section {
            heading: "x".into(),
            lines: vec![Line { link: Some("https://a.example/".into()), ..Line::default() }],
        }];
        let whole = summary("s_1", parts, &TimeZone::get(zone).unwrap(), tongue);
        assert_eq!((whole.severity, whole.parts.len()), (Severity::Critical, 2));
        let section = &whole.sections[0];
        let lines = section.lines.iter().map(|line| {
            format!(
                "{} [{}] {}\n",
                line.text,
                line.link.as_deref().unwrap_or(""),
                line.note.as_deref().unwrap_or("")
            )
        });
        let lines: String = lines.collect();
        expect.assert_eq(&format!("{}\n{}\n{}\n{lines}", whole.title, whole.in_short(), section.heading));
    }

    #[test]
    fn a_summary_leads_with_the_gravest_and_lists_all() {
        check(
            Tongue::English,
            "UTC",
            expect![[r#"
                2 alerts: Acme: 1 stories…
                22:10 Acme: 1 stories
                23:30 Acme: 2 stories
                vigie alerts list
                22:10 – 23:30
                Acme: 1 stories [https://a.example/] 22:10, so, “Panne”, ack 01234567
                Acme: 2 stories [] 23:30, so
            "#]],
        );
        check(
            Tongue::French,
            "Europe/Paris",
            expect![[r#"
                2 alertes : Acme: 1 stories…
                02/03 23:10 Acme: 1 stories
                03/03 00:30 Acme: 2 stories
                vigie alerts list
                02/03 23:10 – 03/03 00:30
                Acme: 1 stories [https://a.example/] 02/03 23:10, so, « Panne », ack 01234567
                Acme: 2 stories [] 03/03 00:30, so
            "#]],
        );
    }
}
