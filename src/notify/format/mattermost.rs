//! Mattermost's incoming webhooks: a message in Markdown.

use serde_json::{Value, json};

use super::{Markup, escape_markdown, markdown_bold, markdown_link};
use crate::model::Notification;
use crate::notify::plain::{characters, line};

/// Characters of a message; a longer one is cut into several (developers.mattermost.com, Incoming webhooks).
const ALL: usize = 16_383;
const TITLE: usize = 200;
const TEXT: usize = 4_000;
const SECTION: usize = 3_000;

const MARKDOWN: Markup = Markup { escape, bold: markdown_bold, link: markdown_link, bullet: "- " };

pub(super) fn body(notification: &Notification) -> Value {
    let act = notification.act.as_ref().map(|act| format!("`{}`", line(act, TITLE).replace('`', "'")));
    let mut text = format!(
        "#### {}\n{}",
        escape(&line(&notification.title, TITLE)),
        MARKDOWN.text(&notification.body, TEXT)
    );
    let mut left = ALL - characters(&text) - act.as_deref().map_or(0, characters) - 2;
    for section in &notification.sections {
        let section = format!("\n\n{}", MARKDOWN.section(section, SECTION));
        let Some(rest) = left.checked_sub(characters(&section)) else { break };
        left = rest;
        text.push_str(&section);
    }
    if let Some(act) = act {
        text.push_str(&format!("\n\n{act}"));
    }
    json!({ "username": "vigie", "text": text })
}

/// Mattermost calls whoever stands behind an `@`, in a webhook's message too; not behind an invisible space.
fn escape(text: &str) -> String {
    escape_markdown(text).replace('@', "@\u{200b}")
}
