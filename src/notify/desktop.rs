//! The desktop's notification daemon, over the session's D-Bus.
//!
//! Bodies are plain text here; they are escaped when the daemon says that it reads markup, because raw
//! markup makes some daemons drop the whole body. Every delivery asks and connects anew, so a daemon
//! that was restarted or replaced is simply found again; numbers of notifications are those of one daemon,
//! and are forgotten with it.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::oneshot;

use super::Delivery;
use super::plain::{clean, escape, line};
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
    /// By alert: the notification on show.
    shown: HashMap<AlertId, Shown>,
}

impl Desktop {
    pub(super) async fn deliver(&mut self, notification: &Notification) -> Delivery {
        let (answer, answered) = oneshot::channel();
        let call = Call {
            title: line(&notification.title, LONGEST_TITLE),
            body: clean_body(&notification.in_short()),
            severity: notification.severity,
            replaces: notification.alert.as_ref().and_then(|alert| self.shown.get(alert).cloned()),
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
            Ok(Ok(Ok(shown))) => {
                self.remember(notification, shown);
                Delivery::Delivered
            }
            Ok(Ok(Err(error))) => unavailable(error),
            Ok(Err(_)) => unavailable("the notification library gave up".to_owned()),
            Err(_) => unavailable(format!("no answer from the session's D-Bus within {TIMEOUT:?}")),
        }
    }

    fn remember(&mut self, notification: &Notification, shown: Shown) {
        let Some(alert) = &notification.alert else { return };
        if self.shown.len() >= REMEMBERED && !self.shown.contains_key(alert) {
            // So many alerts later the old ones are off the screen; their numbers start over.
            self.shown.clear();
        }
        self.shown.insert(alert.clone(), shown);
    }
}

/// A notification on show, by the number that the daemon of that name on the bus gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    daemon: String,
    number: u32,
}

/// What is asked of the daemon; not yet escaped.
struct Call {
    title: String,
    body: String,
    severity: Severity,
    replaces: Option<Shown>,
}

fn unavailable(why: String) -> Delivery {
    Delivery::Unavailable { why }
}

/// Shows one notification. Blocks.
#[cfg(all(unix, not(target_os = "macos")))]
fn show(call: &Call) -> Result<Shown, String> {
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
    // Another daemon's number may be on show for somebody else's notification.
    let daemon = daemon().map_err(in_words)?;
    if let Some(shown) = call.replaces.as_ref().filter(|shown| shown.daemon == daemon) {
        message.id(shown.number);
    }
    message.show().map(|handle| Shown { daemon, number: handle.id() }).map_err(in_words)
}

/// The name that the bus gave to the daemon of now; a daemon that is started again has another.
#[cfg(all(unix, not(target_os = "macos")))]
fn daemon() -> zbus::Result<String> {
    zbus::block_on(async {
        let bus = zbus::Connection::session().await?;
        let (name, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
        let asked = "org.freedesktop.Notifications";
        let answer = bus.call_method(Some(name), path, Some(name), "GetNameOwner", &asked).await?;
        answer.body().deserialize()
    })
}

/// Shows one notification; these systems have neither markup nor numbers to replace by. Blocks.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn show(call: &Call) -> Result<Shown, String> {
    let _ = (call.severity, &call.replaces);
    let mut message = notify_rust::Notification::new();
    message.appname("vigie").summary(&call.title).body(&call.body);
    message.show().map(|_| Shown { daemon: String::new(), number: 0 }).map_err(in_words)
}

/// One line for people from what D-Bus says.
fn in_words(error: impl std::fmt::Display) -> String {
    let detail = error.to_string();
    if detail.contains("ServiceUnknown") {
        return "no notification daemon is running on the session's D-Bus".to_owned();
    }
    format!("no desktop session to notify: {}", line(&detail, 200))
}

/// A body whose last line, which says what to do, survives the cutting of what comes before it.
fn clean_body(body: &str) -> String {
    let (text, last) = body.trim().rsplit_once('\n').unwrap_or((body, ""));
    let last = line(last, LONGEST_TITLE);
    let text = clean(text, LONGEST_BODY - last.chars().count(), true);
    if last.is_empty() { text } else { format!("{text}\n{last}") }
}

#[cfg(test)]
mod tests {
    use super::*;

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
