//! Discord's webhooks: one embed.

use serde_json::{Value, json};

use super::{Markup, escape_markdown, markdown_bold, markdown_link};
use crate::model::{Notification, Severity};
use crate::notify::plain::{characters, line, within};

/// Characters of an embed's parts, and of all of them together (docs.discord.com, Embed Limits).
const TITLE: usize = 256;
const DESCRIPTION: usize = 4_096;
const FIELDS: usize = 25;
const VALUE: usize = 1_024;
const ALL: usize = 6_000;

const MARKDOWN: Markup =
    Markup { escape: escape_markdown, bold: markdown_bold, link: markdown_link, bullet: "- " };

pub(super) fn body(notification: &Notification) -> Value {
    let title = escape_markdown(&line(&notification.title, TITLE / 2));
    let act = notification.act.as_ref().map(|act| line(act, TITLE)).unwrap_or_default();
    let description = MARKDOWN.text(&notification.body, DESCRIPTION / 2);
    let mut left = ALL - characters(&title) - characters(&act) - characters(&description);
    let mut fields = Vec::new();
    for section in notification.sections.iter().take(FIELDS) {
        let name = escape_markdown(&line(&section.heading, TITLE / 2));
        let lines = section.lines.iter().map(|entry| MARKDOWN.line(entry));
        let value = within(lines, VALUE.min(left.saturating_sub(characters(&name))), characters);
        // A field without a value is refused.
        if value.is_empty() || characters(&name) + characters(&value) > left {
            continue;
        }
        left -= characters(&name) + characters(&value);
        fields.push(json!({ "name": name, "value": value.trim_end() }));
    }
    let colour = match notification.severity {
        Severity::Low => 0x7f_8c_8d,
        Severity::Normal => 0x34_98_db,
        Severity::High => 0xe6_7e_22,
        Severity::Critical => 0xe7_4c_3c,
    };
    json!({
        "username": "vigie",
        "embeds": [{
            "title": title,
            "description": description,
            "color": colour,
            "fields": fields,
            "footer": { "text": act },
            "timestamp": notification.at.to_string(),
        }],
        // Nobody is called, whatever a feed's text says.
        "allowed_mentions": { "parse": [] },
    })
}
