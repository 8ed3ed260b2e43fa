//! The outbox: what is still to be told, to whom, and how each way to tell is doing.
//!
//! A notice that was told stays, so that it is never told again.

use std::collections::BTreeMap;

use anyhow::Result;
use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};

use super::alerts::named;
use super::{Reader, Store, instant};
use crate::model::{AlertId, Line, Notification, NotifierId, RuleId, Section, Severity, Timestamp, Topic};

/// News for one notifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub notifier: NotifierId,
    /// Its key and the notifier together are told at most once.
    pub notification: Notification,
    pub due: Timestamp,
}

impl Notice {
    /// The same news for each of these notifiers.
    pub fn to_each(notifiers: &[NotifierId], notification: &Notification, due: Timestamp) -> Vec<Self> {
        let to = |notifier: &NotifierId| Self {
            notifier: notifier.clone(),
            notification: notification.clone(),
            due,
        };
        notifiers.iter().map(to).collect()
    }
}

/// A notice that waits for its delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedNotice {
    pub number: i64,
    pub notice: Notice,
    /// Deliveries that failed so far.
    pub attempts: u32,
    /// The key it was tried under, which others may share: its receiver may know it by that.
    pub sent_as: Option<String>,
    /// What was said of it last.
    pub note: Option<String>,
}

/// How a way to tell is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotifierState {
    /// When something was told last.
    pub told: Option<Timestamp>,
    /// Attempts in a row that did not reach it.
    pub failures: u32,
    pub failed: Option<Timestamp>,
    /// Why the latest attempt did not reach it.
    pub note: Option<String>,
    /// It is left alone until then.
    pub waits_until: Option<Timestamp>,
}

/// All that waits, and what is known of those it waits for.
#[derive(Clone, Debug, Default)]
pub struct Waiting {
    /// Oldest first.
    pub notices: Vec<QueuedNotice>,
    pub notifiers: BTreeMap<NotifierId, NotifierState>,
}

/// Notices that will not be tried again, of one notifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenUp {
    pub count: u64,
    /// The latest of them.
    pub at: Option<Timestamp>,
    pub note: Option<String>,
}

/// What became of notices, by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// They are about to be tried, as one, under this key.
    Begun {
        numbers: Vec<i64>,
        key: String,
    },
    Told {
        numbers: Vec<i64>,
        notifier: NotifierId,
        at: Timestamp,
    },
    /// The notifier was reached and would not take them. Several that were tried as one are tried one by one.
    Refused {
        numbers: Vec<i64>,
        notifier: NotifierId,
        at: Timestamp,
        due: Timestamp,
        note: String,
    },
    /// The notifier was not reached, and is left alone.
    Unreached {
        numbers: Vec<i64>,
        notifier: NotifierId,
        at: Timestamp,
        until: Timestamp,
        note: String,
    },
    /// They were not tried, and why.
    Postponed {
        numbers: Vec<i64>,
        note: String,
    },
    GivenUp {
        numbers: Vec<i64>,
        at: Timestamp,
        note: String,
    },
}

/// None of an alert that someone looks after.
const WAITS: &str = "due IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM alerts WHERE id = notices.alert AND acknowledged_at IS NOT NULL)";

impl Reader {
    /// What is still to be told, whether its time has come or not.
    pub fn waiting(&self) -> Result<Waiting> {
        let sql = format!("SELECT * FROM notices WHERE {WAITS} ORDER BY notice");
        let mut statement = self.db.prepare_cached(&sql)?;
        let notices = statement.query_and_then([], read_notice)?.collect::<Result<_>>()?;
        Ok(Waiting { notices, notifiers: self.notifier_states()? })
    }

    pub fn notifier_states(&self) -> Result<BTreeMap<NotifierId, NotifierState>> {
        let mut statement = self.db.prepare_cached("SELECT * FROM notifiers")?;
        let rows = statement.query_map([], |row| {
            let time = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(instant));
            let state = NotifierState {
                told: time("told")?,
                failures: row.get("failures")?,
                failed: time("failed")?,
                note: row.get("note")?,
                waits_until: time("waits_until")?,
            };
            Ok((NotifierId::new(row.get::<_, String>("id")?), state))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What will not be tried again, by notifier.
    pub fn given_up(&self) -> Result<BTreeMap<NotifierId, GivenUp>> {
        // SQLite takes the other columns from the row of the latest.
        let mut statement = self.db.prepare_cached(
            "SELECT notifier, count(*) AS number, max(coalesce(given_up, 0)) AS at, note FROM notices
             WHERE due IS NULL AND delivered IS NULL GROUP BY notifier",
        )?;
        let rows = statement.query_map([], |row| {
            let at: i64 = row.get("at")?;
            let given_up = GivenUp {
                count: row.get("number")?,
                at: (at > 0).then(|| instant(at)),
                note: row.get("note")?,
            };
            Ok((NotifierId::new(row.get::<_, String>("notifier")?), given_up))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Store {
    /// Queues notices, and keeps a note under a key in the same transaction; a notice that was queued before,
    /// told or not, is not queued again.
    pub fn queue_notices(&mut self, notices: &[Notice], note: Option<(&str, &str)>) -> Result<()> {
        let tx = self.reader.db.transaction()?;
        for notice in notices {
            write_notice(&tx, notice)?;
        }
        if let Some((key, value)) = note {
            super::set_meta(&tx, key, value)?;
        }
        Ok(tx.commit()?)
    }

    pub fn note_delivery(&mut self, delivery: &Delivery) -> Result<()> {
        let tx = self.reader.db.transaction()?;
        let all = |numbers: &[i64], sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<()> {
            let mut statement = tx.prepare_cached(sql)?;
            for number in numbers {
                statement.execute([&[number as &dyn rusqlite::ToSql], values].concat().as_slice())?;
            }
            Ok(())
        };
        match delivery {
            Delivery::Begun { numbers, key } => {
                all(numbers, "UPDATE notices SET sent_as = ?2 WHERE notice = ?1", &[key])?;
            }
            Delivery::Told { numbers, notifier, at } => {
                let sql = "UPDATE notices SET due = NULL, delivered = ?2, note = NULL WHERE notice = ?1";
                all(numbers, sql, &[&at.as_second()])?;
                tx.prepare_cached(
                    "INSERT INTO notifiers (id, told) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET
                         told = excluded.told, failures = 0, note = NULL, waits_until = NULL",
                )?
                .execute(params![notifier.as_str(), at.as_second()])?;
            }
            Delivery::Refused { numbers, notifier, at, due, note } => {
                let sql = "UPDATE notices SET due = ?2, attempts = attempts + 1, note = ?3,
                               sent_as = CASE WHEN ?4 THEN NULL ELSE sent_as END WHERE notice = ?1";
                all(numbers, sql, &[&due.as_second(), note, &(numbers.len() > 1)])?;
                tx.prepare_cached(
                    "INSERT INTO notifiers (id, failed, note) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET
                         failed = excluded.failed, note = excluded.note, failures = 0, waits_until = NULL",
                )?
                .execute(params![notifier.as_str(), at.as_second(), note])?;
            }
            Delivery::Unreached { numbers, notifier, at, until, note } => {
                let sql = "UPDATE notices SET attempts = attempts + 1, note = ?2 WHERE notice = ?1";
                all(numbers, sql, &[note])?;
                tx.prepare_cached(
                    "INSERT INTO notifiers (id, failures, failed, note, waits_until) VALUES (?1, 1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET failures = failures + 1, failed = excluded.failed,
                         note = excluded.note, waits_until = excluded.waits_until",
                )?
                .execute(params![notifier.as_str(), at.as_second(), note, until.as_second()])?;
            }
            Delivery::Postponed { numbers, note } => {
                all(numbers, "UPDATE notices SET note = ?2 WHERE notice = ?1", &[note])?;
            }
            Delivery::GivenUp { numbers, at, note } => {
                let sql = "UPDATE notices SET due = NULL, given_up = ?2, note = ?3 WHERE notice = ?1";
                all(numbers, sql, &[&at.as_second(), note])?;
            }
        }
        Ok(tx.commit()?)
    }
}

pub(super) fn write_notice(db: &Connection, notice: &Notice) -> Result<()> {
    let Notification {
        key,
        topic,
        alert,
        rule,
        severity,
        at,
        title,
        headline,
        body,
        sections,
        act,
        parts: _, // put together when it is told
    } = &notice.notification;
    let content = json!({
        "headline": headline,
        "sections": sections.iter().map(section_to_json).collect::<Vec<_>>(),
        "act": act,
    });
    db.prepare_cached(
        "INSERT OR IGNORE INTO notices (key, notifier, alert, severity, title, body, due, topic, rule, at, content)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        key,
        notice.notifier.as_str(),
        alert.as_ref().map(AlertId::as_str),
        severity.as_str(),
        title,
        body,
        notice.due.as_second(),
        topic.as_str(),
        rule.as_ref().map(RuleId::as_str),
        at.as_second(),
        content.to_string(),
    ])?;
    Ok(())
}

fn read_notice(row: &Row<'_>) -> Result<QueuedNotice> {
    let text = |column| row.get::<_, String>(column);
    let content: Value = serde_json::from_str(&text("content")?)?;
    Ok(QueuedNotice {
        number: row.get("notice")?,
        notice: Notice {
            notifier: NotifierId::new(text("notifier")?),
            notification: Notification {
                key: text("key")?,
                topic: named(Topic::ALL, Topic::as_str, &text("topic")?)?,
                alert: row.get::<_, Option<String>>("alert")?.map(AlertId::new),
                rule: row.get::<_, Option<String>>("rule")?.map(RuleId::new),
                severity: named(Severity::ALL, Severity::as_str, &text("severity")?)?,
                at: instant(row.get("at")?),
                title: text("title")?,
                headline: text_of(&content["headline"]),
                body: text("body")?,
                sections: items(&content["sections"]).map(section_from_json).collect(),
                act: text_of(&content["act"]),
                parts: Vec::new(),
            },
            due: instant(row.get("due")?),
        },
        attempts: row.get("attempts")?,
        sent_as: row.get("sent_as")?,
        note: row.get("note")?,
    })
}

fn section_to_json(section: &Section) -> Value {
    let Section { heading, lines } = section;
    let line = |Line { text, link, note }: &Line| json!({ "text": text, "link": link, "note": note });
    json!({ "heading": heading, "lines": lines.iter().map(line).collect::<Vec<_>>() })
}

fn section_from_json(value: &Value) -> Section {
    let line = |line: &Value| Line {
        text: text_of(&line["text"]).unwrap_or_default(),
        link: text_of(&line["link"]),
        note: text_of(&line["note"]),
    };
    Section {
        heading: text_of(&value["heading"]).unwrap_or_default(),
        lines: items(&value["lines"]).map(line).collect(),
    }
}

fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, time};
    use super::*;

    fn notice(key: &str, notifier: &str) -> Notice {
        Notice {
            notifier: NotifierId::new(notifier),
            notification: Notification {
                key: key.to_owned(),
                topic: Topic::Alert,
                alert: Some(AlertId::new("a_1")),
                rule: Some(RuleId::new("spike")),
                severity: Severity::Critical,
                at: time("2026-01-01T00:00Z"),
                title: "Acme".to_owned(),
                headline: Some("« Panne »".to_owned()),
                body: "a\nb".to_owned(),
                sections: vec![Section {
                    heading: "À lire".to_owned(),
                    lines: vec![
                        Line {
                            text: "Panne".to_owned(),
                            link: Some("https://a.example/".to_owned()),
                            note: Some("news".to_owned()),
                        },
                        Line { text: "bare".to_owned(), ..Line::default() },
                    ],
                }],
                act: Some("vigie alerts ack 1".to_owned()),
                parts: Vec::new(),
            },
            due: time("2026-01-01T00:00Z"),
        }
    }

    fn waiting(scene: &Scene) -> Vec<QueuedNotice> {
        scene.store.waiting().unwrap().notices
    }

    /// Invariant: no second notice, after a restart included.
    #[test]
    fn a_notice_comes_back_as_it_was_and_is_told_once_to_each_notifier() {
        let mut scene = Scene::new();
        let notices = ["desktop", "team"].map(|id| notice("a_1:first", id));
        scene.store.queue_notices(&notices, Some(("place", "7"))).unwrap();
        assert_eq!(scene.store.meta("place").unwrap().as_deref(), Some("7"));
        let queued = waiting(&scene);
        assert_eq!(queued.iter().map(|queued| queued.notice.clone()).collect::<Vec<_>>(), notices);
        let numbers = |place: usize| vec![queued[place].number];
        let at = time("2026-01-01T00:01Z");
        let notifier = NotifierId::new("desktop");
        scene.store.note_delivery(&Delivery::Told { numbers: numbers(0), notifier, at }).unwrap();
        scene.store.note_delivery(&Delivery::Begun { numbers: numbers(1), key: "s_1".to_owned() }).unwrap();

        let mut scene = scene.reopen();
        scene.store.queue_notices(&notices, None).unwrap();
        let left = waiting(&scene);
        assert_eq!((left.len(), left[0].sent_as.as_deref()), (1, Some("s_1")));
        assert_eq!(left[0].notice, notices[1]);
    }

    #[test]
    fn a_notifier_is_known_by_its_latest_attempt() {
        let mut scene = Scene::new();
        let notices: Vec<Notice> = (0..3).map(|n| notice(&n.to_string(), "team")).collect();
        scene.store.queue_notices(&notices, None).unwrap();
        let numbers: Vec<i64> = waiting(&scene).iter().map(|queued| queued.number).collect();
        let notifier = NotifierId::new("team");
        let at = time("2026-01-01T00:01Z");
        let state = |scene: &Scene| scene.store.notifier_states().unwrap()[&NotifierId::new("team")].clone();
        let note = "no answer".to_owned();
        for failures in 1..=2 {
            let (notifier, numbers, note) = (notifier.clone(), numbers[..1].to_vec(), note.clone());
            let unreached = Delivery::Unreached { numbers, notifier, at, until: at, note };
            scene.store.note_delivery(&unreached).unwrap();
            assert_eq!((state(&scene).failures, state(&scene).waits_until), (failures, Some(at)));
        }
        assert_eq!(waiting(&scene).iter().map(|queued| queued.attempts).collect::<Vec<_>>(), [2, 0, 0]);

        // Reached, but not pleased: the others need not wait, and what was tried together is so no longer.
        let both = numbers[..2].to_vec();
        scene.store.note_delivery(&Delivery::Begun { numbers: both.clone(), key: "s_1".to_owned() }).unwrap();
        let (due, note) = (time("2026-01-02T00:00Z"), "too long".to_owned());
        let refused = Delivery::Refused { numbers: both, notifier: notifier.clone(), at, due, note };
        scene.store.note_delivery(&refused).unwrap();
        let found = waiting(&scene);
        assert_eq!((found[1].attempts, found[1].notice.due, found[1].sent_as.clone()), (1, due, None));
        assert_eq!((state(&scene).failures, state(&scene).waits_until), (0, None));

        let gone = Delivery::GivenUp { numbers: numbers[..1].to_vec(), at, note: "it is over".to_owned() };
        scene.store.note_delivery(&gone).unwrap();
        let expected = GivenUp { count: 1, at: Some(at), note: Some("it is over".to_owned()) };
        assert_eq!(scene.store.given_up().unwrap()[&notifier], expected);
        scene.store.note_delivery(&Delivery::Told { numbers: numbers[1..].to_vec(), notifier, at }).unwrap();
        assert_eq!((state(&scene).told, state(&scene).note), (Some(at), None));
        assert_eq!(waiting(&scene), []);
        assert_eq!(scene.store.given_up().unwrap().len(), 1);
    }
}
