//! Notifications for the tests of every medium, with all that feed text may hold.

use crate::model::{AlertId, Line, Notification, RuleId, Section, Severity, Topic};

pub fn notification() -> Notification {
    Notification {
        key: "a_1:first".into(),
        topic: Topic::Alert,
        alert: Some(AlertId::new("a_1")),
        rule: Some(RuleId::new("spike")),
        severity: Severity::High,
        at: "2026-03-02T07:40:00Z".parse().unwrap(),
        title: "Lumora: \"14\" stories".into(),
        headline: Some("“R&D <b>gras</b>”".into()),
        body: "14 stories in 1 hour where 2 are usual".into(),
        sections: vec![Section {
            heading: "What to read".into(),
            lines: vec![
                Line {
                    text: "R&D <b>gras</b> *x* _y_ [z](http://evil.example) @everyone <!channel> `c`".into(),
                    link: Some("https://news.example/a_(b)?x=<y>|z".into()),
                    note: Some("news, 3 copies".into()),
                },
                Line { text: "l'éclat\u{202e}\r\nBcc: x@evil.example".into(), ..Line::default() },
            ],
        }],
        act: Some("vigie alerts ack 12345678".into()),
        parts: Vec::new(),
    }
}

/// One that is longer than any medium takes.
pub fn endless() -> Notification {
    let line = |n: usize| Line {
        text: format!("{n} {}", "é<&*".repeat(300)),
        link: Some(format!("https://news.example/{n}/{}", "x".repeat(1_500))),
        note: Some("news".repeat(100)),
    };
    let section = |n: usize| Section { heading: "é&".repeat(300 + n), lines: (0..40).map(line).collect() };
    Notification {
        title: "Lumora ".repeat(100),
        body: "é&\n".repeat(20_000),
        sections: (0..30).map(section).collect(),
        ..notification()
    }
}
