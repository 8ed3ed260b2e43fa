//! The desktop's notification daemon, over the session's D-Bus.
//!
//! Bodies are plain text here; they are escaped when the daemon says that it reads markup, because raw
//! markup makes some daemons drop the whole body. Every delivery asks and connects anew, so a daemon
//! that was restarted or replaced is simply found again.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::oneshot;

use super::Delivery;
use crate::model::{AlertId, Notification, Severity};

/// A daemon that has to be started by the bus needs a moment; who has none falls back after this.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Characters of a title and of a body, counted before escaping; daemons cut or overflow beyond.
const LONGEST_TITLE: usize = 120;
const LONGEST_BODY: usize = 400;

/// Alerts whose notifications can still be replaced.
const REMEMBERED: usize = 256;

#[derive(Debug, Default)]
pub struct Desktop {
    /// By alert: the daemon's number for the notification on show.
    shown: HashMap<AlertId, u32>,
}

impl Desktop {
    pub(super) async fn deliver(&mut self, notification: &Notification) -> Delivery {
        let (answer, answered) = oneshot::channel();
        let call = Call {
            title: clean(&notification.title, LONGEST_TITLE, false),
            body: clean_body(&notification.body),
            severity: notification.severity,
            replaces: notification.alert.as_ref().and_then(|alert| self.shown.get(alert).copied()),
        };
        // A thread of its own, not tokio's pool: a bus that never answers would keep the pool, and with
        // it the whole process, from ending.
        let started = std::thread::Builder::new().name("desktop-notification".to_owned()).spawn(move || {
            // The receiver is gone when the time is up; nobody is left to tell.
            let _ = answer.send(show(&call));
        });
        if let Err(error) = started {
            return unavailable(format!("no thread to notify from: {error}"));
        }
        match tokio::time::timeout(TIMEOUT, answered).await {
            Ok(Ok(Ok(id))) => {
                self.remember(notification, id);
                Delivery::Delivered
            }
            Ok(Ok(Err(error))) => unavailable(error),
            Ok(Err(_)) => unavailable("the notification library gave up".to_owned()),
            Err(_) => unavailable(format!("no answer from the session's D-Bus within {TIMEOUT:?}")),
        }
    }

    fn remember(&mut self, notification: &Notification, id: u32) {
        let Some(alert) = &notification.alert else { return };
        if self.shown.len() >= REMEMBERED && !self.shown.contains_key(alert) {
            // So many alerts later the old ones are off the screen; their numbers start over.
            self.shown.clear();
        }
        self.shown.insert(alert.clone(), id);
    }
}

/// What is asked of the daemon; not yet escaped.
struct Call {
    title: String,
    body: String,
    severity: Severity,
    replaces: Option<u32>,
}

fn unavailable(why: String) -> Delivery {
    Delivery::Unavailable { why }
}

/// Shows one notification and returns the daemon's number for it. Blocks.
#[cfg(all(unix, not(target_os = "macos")))]
fn show(call: &Call) -> Result<u32, String> {
    use notify_rust::{Timeout, Urgency, get_capabilities};

    let capabilities = get_capabilities().map_err(in_words)?;
    let markup = capabilities.iter().any(|capability| capability == "body-markup");
    let mut message = notify_rust::Notification::new();
    let icon = if call.severity >= Severity::High { "dialog-warning" } else { "dialog-information" };
    message.appname("vigie").icon(icon).summary(&call.title);
    message.body(&if markup { escape(&call.body) } else { call.body.clone() });
    message.urgency(match call.severity {
        Severity::Low => Urgency::Low,
        Severity::Normal | Severity::High => Urgency::Normal,
        Severity::Critical => Urgency::Critical,
    });
    // A critical one stays until it is dismissed; how long the others stay is the desktop's business.
    message.timeout(if call.severity == Severity::Critical { Timeout::Never } else { Timeout::Default });
    if let Some(id) = call.replaces {
        message.id(id);
    }
    message.show().map(|handle| handle.id()).map_err(in_words)
}

/// Shows one notification; these systems have neither markup nor numbers to replace by. Blocks.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn show(call: &Call) -> Result<u32, String> {
    let _ = (call.severity, call.replaces);
    let mut message = notify_rust::Notification::new();
    message.appname("vigie").summary(&call.title).body(&call.body);
    message.show().map(|_| 0).map_err(in_words)
}

/// One line for people from what D-Bus says.
fn in_words(error: notify_rust::error::Error) -> String {
    let detail = error.to_string();
    if detail.contains("ServiceUnknown") {
        return "no notification daemon is running on the session's D-Bus".to_owned();
    }
    format!("no desktop session to notify: {}", clean(&detail, 200, false))
}

/// Text that shows what it says: no control, bidirectional or invisible characters, at most `longest`
/// characters, the last of them `…` if any were cut. Line breaks stay if `lines`, else become spaces.
fn clean(text: &str, longest: usize, lines: bool) -> String {
    let mut kept = String::new();
    let mut count = 0;
    for c in text.trim().chars() {
        let c = match c {
            '\n' if lines => '\n',
            '\n' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
            c if is_hidden(c) => continue,
            c => c,
        };
        if count == longest {
            kept.pop();
            kept.push('…');
            break;
        }
        kept.push(c);
        count += 1;
    }
    kept
}

/// A body whose last line, which says what to do, survives the cutting of what comes before it.
fn clean_body(body: &str) -> String {
    let (text, last) = body.trim().rsplit_once('\n').unwrap_or((body, ""));
    let last = clean(last, LONGEST_TITLE, false);
    let text = clean(text, LONGEST_BODY - last.chars().count(), true);
    if last.is_empty() { text } else { format!("{text}\n{last}") }
}

/// Characters that change how others are shown, or are not shown at all.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// For daemons that read a body as a subset of HTML.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping_leaves_no_markup_and_no_entity() {
        assert_eq!(
            escape("R&D <b>gras</b> &lt; \"é\" 'x'"),
            "R&amp;D &lt;b&gt;gras&lt;/b&gt; &amp;lt; \"é\" 'x'"
        );
    }

    #[test]
    fn clean_text_shows_what_it_says() {
        let check = |text: &str, lines: bool, expected: &str| {
            assert_eq!(clean(text, 20, lines), expected, "{text:?}")
        };
        check("  L’Été à Noël  ", true, "L’Été à Noël");
        check("one\r\ntwo\tthree", true, "one\ntwo three");
        check("one\r\ntwo\tthree", false, "one two three");
        check("pay\u{202e}lap\u{202c} a\u{200b}c\u{2060}me\u{feff}", true, "paylap acme");
        check("\u{2066}x\u{2069}\u{61c}\u{ad}\u{7}\u{1b}[31m\0", true, "x[31m");
        check("tag\u{e0041}\u{e007f}", true, "tag");
        check("twenty characters !!", true, "twenty characters !!");
        check("twenty-one characters", true, "twenty-one characte…");
        check("é".repeat(10_000).as_str(), true, &format!("{}…", "é".repeat(19)));
        check("", true, "");
    }

    #[test]
    fn a_long_body_is_cut_but_its_last_line_stays() {
        assert_eq!(clean_body("one line"), "one line");
        assert_eq!(clean_body("why\n\u{200b}what to do\n"), "why\nwhat to do");
        let cut = clean_body(&format!("{}\nvigie alerts ack a_1", "é\n".repeat(5000)));
        assert!(cut.ends_with("…\nvigie alerts ack a_1"), "{cut}");
        assert_eq!(cut.chars().count(), LONGEST_BODY + 1);
        assert_eq!(clean_body(&format!("x\n{}", "y".repeat(5000))).chars().count(), LONGEST_TITLE + 2);
    }
}
