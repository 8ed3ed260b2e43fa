//! Slack's incoming webhooks: blocks of its own markup, `mrkdwn`.

use serde_json::{Value, json};

use super::Markup;
use crate::model::Notification;
use crate::notify::plain::{escape, line, within};

/// Characters of a header, of a block's text; blocks of a message (docs.slack.dev, Block Kit).
const HEADER: usize = 150;
const TEXT: usize = 3_000;
const BLOCKS: usize = 50;

/// No sign but the three that are escaped can name a person or a channel.
const MRKDWN: Markup = Markup {
    escape,
    bold: |text| format!("*{text}*"),
    link: |text, link| format!("<{}|{text}>", escape(link)),
    bullet: "• ",
};

pub(super) fn body(notification: &Notification) -> Value {
    let title = line(&notification.title, HEADER);
    let mrkdwn = |text: String| json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } });
    let mut blocks = vec![json!({ "type": "header", "text": { "type": "plain_text", "text": title } })];
    let body = MRKDWN.text(&notification.body, TEXT);
    blocks.extend((!body.is_empty()).then(|| mrkdwn(body)));
    // The last place is for what to do.
    let room = BLOCKS - 1 - blocks.len();
    blocks
        .extend(notification.sections.iter().take(room).map(|section| mrkdwn(MRKDWN.section(section, TEXT))));
    blocks.extend(notification.act.as_ref().map(|act| {
        let text = format!("`{}`", escape(&line(act, HEADER)).replace('`', "'"));
        json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": text }] })
    }));
    // Shown where blocks are not: on a lock screen.
    let short = within(notification.in_short().lines().map(|text| escape(&line(text, TEXT))), TEXT, str::len);
    json!({
        "text": format!("{}\n{short}", escape(&title)).trim_end(),
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}
