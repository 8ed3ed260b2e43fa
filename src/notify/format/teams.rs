//! Microsoft Teams' workflows: an adaptive card.

use serde_json::{Value, json};

use super::{Markup, escape_markdown, markdown_bold, markdown_link};
use crate::model::{Notification, Severity};
use crate::notify::plain::{line, within};

/// Bytes of a message (learn.microsoft.com, "Create Incoming Webhooks": 28 KB), less what JSON and the card's
/// frame take.
const ALL: usize = 28 * 1024 - 4 * 1024;
const TITLE: usize = 200;
const TEXT: usize = 2_000;

const MARKDOWN: Markup =
    Markup { escape: escape_markdown, bold: markdown_bold, link: markdown_link, bullet: "- " };

pub(super) fn body(notification: &Notification) -> Value {
    let block = |text: String| json!({ "type": "TextBlock", "text": text, "wrap": true });
    let mut title = block(escape_markdown(&line(&notification.title, TITLE)));
    title["weight"] = "Bolder".into();
    title["size"] = "Large".into();
    title["color"] = match notification.severity {
        Severity::Low | Severity::Normal => "Default",
        Severity::High => "Warning",
        Severity::Critical => "Attention",
    }
    .into();
    let mut blocks = vec![title, block(MARKDOWN.text(&notification.body, TEXT))];
    let mut left = ALL - blocks.iter().map(|block| block.to_string().len()).sum::<usize>();
    for section in &notification.sections {
        let mut heading = block(escape_markdown(&line(&section.heading, TITLE)));
        heading["weight"] = "Bolder".into();
        let room = left.saturating_sub(heading.to_string().len() + 64);
        let lines = within(section.lines.iter().map(|entry| MARKDOWN.line(entry)), room, in_json);
        let lines = block(lines.trim_end().to_owned());
        let Some(rest) = left.checked_sub(heading.to_string().len() + lines.to_string().len()) else { break };
        left = rest;
        blocks.extend([heading, lines]);
    }
    blocks.extend(notification.act.as_ref().map(|act| {
        let mut text = block(line(act, TITLE));
        text["fontType"] = "Monospace".into();
        text["isSubtle"] = true.into();
        text
    }));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.5",
                "msteams": { "width": "Full" },
                "body": blocks,
            },
        }],
    })
}

/// Bytes a text takes as part of a JSON string, and some for its line break.
fn in_json(text: &str) -> usize {
    Value::from(text).to_string().len()
}
