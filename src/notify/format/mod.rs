//! A notification in the words of whoever receives a webhook: its JSON, its markup, its limits.

mod discord;
mod mattermost;
mod ntfy;
mod slack;
mod teams;

use serde_json::{Value, json};

use super::object::object;
use super::plain::{characters, clean, line, web_link, within};
use crate::model::{Line, Notification, Section, WebhookFormat};

/// What is posted; `topic` is where, of ntfy only.
pub(super) fn body(format: WebhookFormat, notification: &Notification, topic: &str) -> Value {
    match format {
        WebhookFormat::Slack => slack::body(notification),
        WebhookFormat::Discord => discord::body(notification),
        WebhookFormat::Teams => teams::body(notification),
        WebhookFormat::Mattermost => mattermost::body(notification),
        WebhookFormat::Ntfy => ntfy::body(notification, topic),
        // The payload that the Standard Webhooks specification recommends.
        WebhookFormat::Json => json!({
            "type": notification.topic.as_str(),
            "timestamp": notification.at.to_string(),
            "data": object(notification),
        }),
    }
}

/// How a medium marks text up. Each function is given clean text, which it escapes.
struct Markup {
    escape: fn(&str) -> String,
    bold: fn(&str) -> String,
    link: fn(&str, &str) -> String,
    /// Before each line of a list.
    bullet: &'static str,
}

/// The longest line of a list, before it is escaped.
const LINE: usize = 300;

impl Markup {
    fn line(&self, entry: &Line) -> String {
        let text = line(&entry.text, LINE);
        let mut marked = match web_link(entry) {
            Some(link) => (self.link)(&(self.escape)(&text), &link),
            None => (self.escape)(&text),
        };
        if let Some(note) = &entry.note {
            marked.push_str(&format!(" – {}", (self.escape)(&line(note, LINE))));
        }
        format!("{}{marked}", self.bullet)
    }

    /// A section, as many of its lines as fit into `longest` characters.
    fn section(&self, section: &Section, longest: usize) -> String {
        let heading = (self.bold)(&(self.escape)(&line(&section.heading, LINE)));
        let room = longest.saturating_sub(characters(&heading) + 1);
        let lines = within(section.lines.iter().map(|entry| self.line(entry)), room, characters);
        format!("{heading}\n{}", lines.trim_end())
    }

    /// Text in paragraphs, at most `longest` characters once it is escaped.
    fn text(&self, text: &str, longest: usize) -> String {
        let mut room = longest;
        loop {
            let escaped = (self.escape)(&clean(text, room, true));
            match characters(&escaped).checked_sub(longest) {
                None | Some(0) => return escaped,
                Some(over) => room = room.saturating_sub(over.max(1)),
            }
        }
    }
}

/// Signs that Markdown, in any of its kinds, makes something of.
fn escape_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(c, '\\' | '*' | '_' | '~' | '`' | '|' | '[' | ']' | '(' | ')' | '<' | '>' | '#') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn markdown_link(text: &str, link: &str) -> String {
    format!("[{text}]({link})")
}

fn markdown_bold(text: &str) -> String {
    format!("**{text}**")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::notify::testing::{endless, notification};

    #[track_caller]
    fn check(format: WebhookFormat, expect: Expect) {
        let value = body(format, &notification(), "lookout");
        let text = serde_json::to_string_pretty(&value).unwrap() + "\n";
        expect.assert_eq(&text.replace('\u{202e}', "[RLO]").replace('\u{200b}', "[ZWSP]"));
    }

    #[test]
    fn slack() {
        check(
            WebhookFormat::Slack,
            expect![[r#"
            {
              "blocks": [
                {
                  "text": {
                    "text": "Lumora: \"14\" stories",
                    "type": "plain_text"
                  },
                  "type": "header"
                },
                {
                  "text": {
                    "text": "14 stories in 1 hour where 2 are usual",
                    "type": "mrkdwn"
                  },
                  "type": "section"
                },
                {
                  "text": {
                    "text": "*What to read*\n• <https://news.example/a_%28b%29?x=%3Cy%3E%7Cz|R&amp;D &lt;b&gt;gras&lt;/b&gt; *x* _y_ [z](http://evil.example) @everyone &lt;!channel&gt; `c`> – news, 3 copies\n• l'éclat Bcc: x@evil.example",
                    "type": "mrkdwn"
                  },
                  "type": "section"
                },
                {
                  "elements": [
                    {
                      "text": "`vigie alerts ack 12345678`",
                      "type": "mrkdwn"
                    }
                  ],
                  "type": "context"
                }
              ],
              "text": "Lumora: \"14\" stories\n“R&amp;D &lt;b&gt;gras&lt;/b&gt;”\n14 stories in 1 hour where 2 are usual\nvigie alerts ack 12345678",
              "unfurl_links": false,
              "unfurl_media": false
            }
        "#]],
        );
    }

    #[test]
    fn discord() {
        check(
            WebhookFormat::Discord,
            expect![[r#"
            {
              "allowed_mentions": {
                "parse": []
              },
              "embeds": [
                {
                  "color": 15105570,
                  "description": "14 stories in 1 hour where 2 are usual",
                  "fields": [
                    {
                      "name": "What to read",
                      "value": "- [R&D \\<b\\>gras\\</b\\> \\*x\\* \\_y\\_ \\[z\\]\\(http://evil.example\\) @everyone \\<!channel\\> \\`c\\`](https://news.example/a_%28b%29?x=%3Cy%3E%7Cz) – news, 3 copies\n- l'éclat Bcc: x@evil.example"
                    }
                  ],
                  "footer": {
                    "text": "vigie alerts ack 12345678"
                  },
                  "timestamp": "2026-03-02T07:40:00Z",
                  "title": "Lumora: \"14\" stories"
                }
              ],
              "username": "vigie"
            }
        "#]],
        );
    }

    #[test]
    fn teams() {
        check(
            WebhookFormat::Teams,
            expect![[r#"
            {
              "attachments": [
                {
                  "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "body": [
                      {
                        "color": "Warning",
                        "size": "Large",
                        "text": "Lumora: \"14\" stories",
                        "type": "TextBlock",
                        "weight": "Bolder",
                        "wrap": true
                      },
                      {
                        "text": "14 stories in 1 hour where 2 are usual",
                        "type": "TextBlock",
                        "wrap": true
                      },
                      {
                        "text": "What to read",
                        "type": "TextBlock",
                        "weight": "Bolder",
                        "wrap": true
                      },
                      {
                        "text": "- [R&D \\<b\\>gras\\</b\\> \\*x\\* \\_y\\_ \\[z\\]\\(http://evil.example\\) @everyone \\<!channel\\> \\`c\\`](https://news.example/a_%28b%29?x=%3Cy%3E%7Cz) – news, 3 copies\n- l'éclat Bcc: x@evil.example",
                        "type": "TextBlock",
                        "wrap": true
                      },
                      {
                        "fontType": "Monospace",
                        "isSubtle": true,
                        "text": "vigie alerts ack 12345678",
                        "type": "TextBlock",
                        "wrap": true
                      }
                    ],
                    "msteams": {
                      "width": "Full"
                    },
                    "type": "AdaptiveCard",
                    "version": "1.5"
                  },
                  "contentType": "application/vnd.microsoft.card.adaptive",
                  "contentUrl": null
                }
              ],
              "type": "message"
            }
        "#]],
        );
    }

    #[test]
    fn mattermost() {
        check(
            WebhookFormat::Mattermost,
            expect![[r#####"
            {
              "text": "#### Lumora: \"14\" stories\n14 stories in 1 hour where 2 are usual\n\n**What to read**\n- [R&D \\<b\\>gras\\</b\\> \\*x\\* \\_y\\_ \\[z\\]\\(http://evil.example\\) @[ZWSP]everyone \\<!channel\\> \\`c\\`](https://news.example/a_%28b%29?x=%3Cy%3E%7Cz) – news, 3 copies\n- l'éclat Bcc: x@[ZWSP]evil.example\n\n`vigie alerts ack 12345678`",
              "username": "vigie"
            }
        "#####]],
        );
    }

    #[test]
    fn ntfy() {
        check(
            WebhookFormat::Ntfy,
            expect![[r#"
                {
                  "click": "https://news.example/a_%28b%29?x=%3Cy%3E%7Cz",
                  "message": "14 stories in 1 hour where 2 are usual\n\nWhat to read\n- R&D <b>gras</b> *x* _y_ [z](http://evil.example) @everyone <!channel> `c` – news, 3 copies\n  https://news.example/a_%28b%29?x=%3Cy%3E%7Cz\n- l'éclat Bcc: x@evil.example\n\nvigie alerts ack 12345678",
                  "priority": 4,
                  "tags": [
                    "warning"
                  ],
                  "title": "Lumora: \"14\" stories",
                  "topic": "lookout"
                }
            "#]],
        );
    }

    #[test]
    fn json() {
        check(
            WebhookFormat::Json,
            expect![[r#"
            {
              "data": {
                "alert": "a_1",
                "at": "2026-03-02T07:40:00Z",
                "body": "“R&D <b>gras</b>”\n14 stories in 1 hour where 2 are usual\nvigie alerts ack 12345678",
                "key": "a_1:first",
                "notices": [],
                "rule": "spike",
                "sections": [
                  {
                    "heading": "What to read",
                    "lines": [
                      {
                        "link": "https://news.example/a_(b)?x=<y>|z",
                        "note": "news, 3 copies",
                        "text": "R&D <b>gras</b> *x* _y_ [z](http://evil.example) @everyone <!channel> `c`"
                      },
                      {
                        "link": null,
                        "note": null,
                        "text": "l'éclat[RLO]\r\nBcc: x@evil.example"
                      }
                    ]
                  }
                ],
                "severity": "high",
                "title": "Lumora: \"14\" stories",
                "topic": "alert"
              },
              "timestamp": "2026-03-02T07:40:00Z",
              "type": "alert"
            }
        "#]],
        );
    }

    /// Every text of a message, with the path to it.
    fn texts<'v>(path: &str, value: &'v Value, found: &mut Vec<(String, &'v str)>) {
        match value {
            Value::String(text) => found.push((path.to_owned(), text)),
            Value::Array(items) => items.iter().for_each(|item| texts(path, item, found)),
            Value::Object(keys) => {
                keys.iter().for_each(|(key, value)| texts(&format!("{path}.{key}"), value, found));
            }
            _ => {}
        }
    }

    /// The limits as the services document them.
    #[test]
    fn what_is_endless_is_cut_to_what_each_service_takes() {
        let endless = endless();
        let of = |format| body(format, &endless, "lookout");
        let (slack, discord) = (of(WebhookFormat::Slack), of(WebhookFormat::Discord));
        assert!(slack["blocks"].as_array().unwrap().len() <= 50);
        for block in slack["blocks"].as_array().unwrap() {
            let limit = if block["type"] == "header" { 150 } else { 3_000 };
            let text = block["text"]["text"].as_str().or(block["elements"][0]["text"].as_str()).unwrap();
            assert!(characters(text) <= limit, "{}", characters(text));
        }
        let mut found = Vec::new();
        texts("", &discord["embeds"], &mut found);
        let shown = found.iter().filter(|(path, _)| !path.ends_with("timestamp"));
        assert!(shown.map(|(_, text)| characters(text)).sum::<usize>() <= 6_000);
        let embed = &discord["embeds"][0];
        assert!(characters(embed["title"].as_str().unwrap()) <= 256);
        assert!(characters(embed["description"].as_str().unwrap()) <= 4_096);
        assert!(embed["fields"].as_array().unwrap().len() <= 25);
        for field in embed["fields"].as_array().unwrap() {
            assert!(characters(field["name"].as_str().unwrap()) <= 256);
            assert!((1..=1_024).contains(&characters(field["value"].as_str().unwrap())));
        }
        assert!(of(WebhookFormat::Teams).to_string().len() <= 28 * 1024);
        assert!(characters(of(WebhookFormat::Mattermost)["text"].as_str().unwrap()) <= 16_383);
        assert!(of(WebhookFormat::Ntfy)["message"].as_str().unwrap().len() <= 4_096);
    }
}
