//! ntfy: a message published as JSON, in plain text.

use serde_json::{Value, json};

use crate::model::{Notification, Severity, Topic};
use crate::notify::plain::{line, web_link, whole, within};

/// Bytes of a message; a longer one becomes a file (docs.ntfy.sh, Limitations).
const MESSAGE: usize = 4_096;
const TITLE: usize = 200;

pub(super) fn body(notification: &Notification, topic: &str) -> Value {
    let tag = match (notification.topic, notification.severity) {
        (Topic::Digest, _) => "newspaper",
        (Topic::Source, _) => "mute",
        (Topic::Test, _) => "white_check_mark",
        (_, Severity::Critical) => "rotating_light",
        (_, Severity::High) => "warning",
        (_, Severity::Normal | Severity::Low) => "loudspeaker",
    };
    let message = within(whole(notification).lines().map(str::to_owned), MESSAGE, str::len);
    let mut body = json!({
        "topic": topic,
        "title": line(&notification.title, TITLE),
        "message": message.trim_end(),
        "priority": match notification.severity {
            Severity::Low => 2,
            Severity::Normal => 3,
            Severity::High => 4,
            Severity::Critical => 5,
        },
        "tags": [tag],
    });
    // A tap opens what to read first.
    if let Some(link) = notification.sections.iter().flat_map(|section| &section.lines).find_map(web_link) {
        body["click"] = link.into();
    }
    body
}
