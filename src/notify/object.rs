//! A notification as one JSON object, for programs. Keys are only ever added.

use serde_json::{Value, json};

use crate::model::{Line, Notification, Section};

pub(super) fn object(notification: &Notification) -> Value {
    let Notification { key, topic, alert, rule, severity, at, title, sections, parts, .. } = notification;
    json!({
        "key": key,
        "topic": topic.as_str(),
        "alert": alert.as_ref().map(|id| id.as_str()),
        "rule": rule.as_ref().map(|id| id.as_str()),
        "severity": severity.as_str(),
        "at": at.to_string(),
        "title": title,
        "body": notification.in_short(),
        "sections": sections.iter().map(section).collect::<Vec<_>>(),
        "notices": parts.iter().map(object).collect::<Vec<_>>(),
    })
}

fn section(Section { heading, lines }: &Section) -> Value {
    let line = |Line { text, link, note }: &Line| json!({ "text": text, "link": link, "note": note });
    json!({ "heading": heading, "lines": lines.iter().map(line).collect::<Vec<_>>() })
}
