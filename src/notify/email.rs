//! Mail, over the user's own server: plain text and HTML, whichever its reader prefers.

use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::plain::{clean, escape, line, web_link, whole};
use super::{Delivery, secret};
use crate::model::{EmailConfig, Encryption, Notification, Severity, Timestamp, Topic};

/// Of each command and its answer; and of the whole exchange.
const STEP_TIMEOUT: Duration = Duration::from_secs(20);
const TIMEOUT: Duration = Duration::from_secs(60);

/// Characters of a subject.
const SUBJECT: usize = 150;

#[derive(Debug)]
pub struct Email {
    config: EmailConfig,
}

impl Email {
    pub fn new(config: EmailConfig) -> Self {
        Self { config }
    }

    pub(super) async fn deliver(&mut self, notification: &Notification, now: Timestamp) -> Delivery {
        let ready =
            message(&self.config, notification, now).and_then(|message| Ok((self.transport()?, message)));
        let (transport, message) = match ready {
            Ok(ready) => ready,
            Err(why) => return Delivery::Unavailable { why },
        };
        let host = &self.config.host;
        match tokio::time::timeout(TIMEOUT, transport.send(message)).await {
            Ok(Ok(_)) => Delivery::Delivered,
            Ok(Err(error)) => judge(host, &error),
            Err(_) => Delivery::Retry { after: None, why: format!("{host}: not done after {TIMEOUT:?}") },
        }
    }

    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
        let EmailConfig { host, port, encryption, login, .. } = &self.config;
        let parameters = || {
            TlsParameters::new(host.clone()).map_err(|error| {
                format!("TLS cannot be spoken, install ca-certificates: {}", line(&error.to_string(), 200))
            })
        };
        let tls = match encryption {
            Encryption::Tls => Tls::Wrapper(parameters()?),
            Encryption::StartTls => Tls::Required(parameters()?),
            Encryption::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(*port)
            .tls(tls)
            .timeout(Some(STEP_TIMEOUT));
        if let Some(login) = login {
            let password = secret::read(&login.password)?;
            builder = builder.credentials(Credentials::new(login.user.clone(), password));
        }
        Ok(builder.build())
    }
}

/// What became of it by the server's answer.
fn judge(host: &str, error: &lettre::transport::smtp::Error) -> Delivery {
    // Its text and its causes repeat each other.
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    let mut said: Vec<&str> = Vec::new();
    for part in text.split(": ") {
        if !said.contains(&part) {
            said.push(part);
        }
    }
    let why = format!("{host}: {}", line(&said.join(": "), 300));
    // 552 and 554 are said of a message; other lasting refusals of who sends it, and to whom.
    match error.status().map(|code| code.to_string()) {
        Some(code) if code == "552" || code == "554" => Delivery::Refused { why },
        Some(code) if code.starts_with('5') => Delivery::Unavailable { why },
        _ => Delivery::Retry { after: None, why },
    }
}

fn message(config: &EmailConfig, notification: &Notification, now: Timestamp) -> Result<Message, String> {
    let mailbox = |text: &str| -> Result<Mailbox, String> {
        text.parse().map_err(|_| format!("`{}` is no mail address", line(text, 100)))
    };
    let from = mailbox(&config.from)?;
    let domain = from.email.domain().to_owned();
    let id = |text: &str| format!("<{}@{domain}>", &blake3::hash(text.as_bytes()).to_hex()[..32]);
    let mut builder = Message::builder()
        .from(from)
        .subject(line(&notification.title, SUBJECT))
        .date(SystemTime::from(now))
        // The same for every attempt: a server or reader that has it need not show it again.
        .message_id(Some(id(&notification.key)))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Vigie-Topic", notification.topic.as_str()));
    for address in &config.to {
        builder = builder.to(mailbox(address)?);
    }
    if let Some(alert) = &notification.alert {
        // All news of one incident in one thread.
        builder = builder.references(id(alert.as_str()));
    }
    if notification.severity == Severity::Critical && notification.topic != Topic::Summary {
        builder = builder.raw_header(header("Importance", "high")).raw_header(header("X-Priority", "1"));
    }
    let part = |content_type, text: String| SinglePart::builder().header(content_type).body(text);
    let parts = MultiPart::alternative()
        .singlepart(part(ContentType::TEXT_PLAIN, whole(notification)))
        .singlepart(part(ContentType::TEXT_HTML, html(notification)));
    builder.multipart(parts).map_err(|error| format!("no message can be made: {error}"))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// The longest texts of a page.
const LONG: usize = 1_000;

/// A page that needs nothing from elsewhere, and reads as well on a telephone as on a dark screen.
fn html(notification: &Notification) -> String {
    let colour = match notification.severity {
        Severity::Low => "#7f8c8d",
        Severity::Normal => "#2980b9",
        Severity::High => "#d35400",
        Severity::Critical => "#c0392b",
    };
    let title = escape(&line(&notification.title, SUBJECT));
    let body = escape(&clean(&notification.body, LONG, true)).replace('\n', "<br>\n");
    let mut page = format!(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title></head>\n\
         <body style=\"font:16px/1.45 system-ui,sans-serif;max-width:42em;margin:1.5em auto;padding:0 1em\">\n\
         <h1 style=\"font-size:1.35em;border-left:.25em solid {colour};padding-left:.6em\">{title}</h1>\n\
         <p>{body}</p>\n"
    );
    for section in &notification.sections {
        page.push_str(&format!(
            "<h2 style=\"font-size:1.05em\">{}</h2>\n<ul style=\"padding-left:1.2em\">\n",
            escape(&line(&section.heading, LONG))
        ));
        for entry in &section.lines {
            let text = escape(&line(&entry.text, LONG));
            let text = match web_link(entry) {
                Some(link) => format!("<a href=\"{}\">{text}</a>", escape(&link)),
                None => text,
            };
            let note = entry
                .note
                .as_ref()
                .map(|note| format!(" <span style=\"color:#777\">– {}</span>", escape(&line(note, LONG))));
            page.push_str(&format!("<li>{text}{}</li>\n", note.unwrap_or_default()));
        }
        page.push_str("</ul>\n");
    }
    if let Some(act) = &notification.act {
        page.push_str(&format!("<p><code>{}</code></p>\n", escape(&line(act, LONG))));
    }
    page.push_str("</body></html>\n");
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::testing::{endless, notification};

    fn config() -> EmailConfig {
        EmailConfig {
            host: "mail.example".into(),
            port: 25,
            encryption: Encryption::None,
            login: None,
            from: "La vigie <vigie@acme.example>".into(),
            to: vec!["a@acme.example".into(), "Bé <b@acme.example>".into()],
        }
    }

    fn written(notification: &Notification) -> String {
        let message = message(&config(), notification, notification.at).unwrap();
        String::from_utf8(message.formatted()).unwrap()
    }

    /// What a feed says may hold line breaks, and what looks like a header.
    #[test]
    fn no_text_makes_a_header() {
        let title = "Acme\r\nBcc: x@evil.example\r\n\r\n<script>é".repeat(9);
        let mut notification = Notification { title, ..notification() };
        notification.severity = Severity::Critical;
        let text = written(&notification);
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let names: Vec<&str> = head
            .lines()
            .filter(|line| !line.starts_with(' '))
            .filter_map(|line| line.split_once(": ").map(|(name, _)| name))
            .collect();
        let expected = [
            "From",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "X-Vigie-Topic",
            "To",
            "References",
            "Importance",
            "X-Priority",
            "MIME-Version",
            "Content-Type",
        ];
        let mut sorted = names.clone();
        sorted.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(sorted, expected, "{head}");
        assert!(text.lines().all(|line| line.len() <= 998), "RFC 5322 knows no longer lines");
        assert!(written(&endless()).lines().all(|line| line.len() <= 998));
    }

    #[test]
    fn the_same_news_has_the_same_id_and_an_incident_one_thread() {
        let id = |text: &str, name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned)).unwrap()
        };
        let (first, again) = (written(&notification()), written(&notification()));
        let grown = written(&Notification { key: "a_1:grown-9".into(), ..notification() });
        assert_eq!(id(&first, "Message-ID: "), id(&again, "Message-ID: "));
        assert_ne!(id(&first, "Message-ID: "), id(&grown, "Message-ID: "));
        assert_eq!(id(&first, "References: "), id(&grown, "References: "));
    }

    #[test]
    fn a_page_holds_no_markup_but_its_own() {
        let page = html(&notification());
        assert!(page.contains("R&amp;D &lt;b&gt;gras&lt;/b&gt;"), "{page}");
        assert!(page.contains("<a href=\"https://news.example/a_%28b%29?x=%3Cy%3E%7Cz\">"), "{page}");
        assert!(!page.contains("<b>") && !page.contains('\u{202e}'), "{page}");
    }
}
