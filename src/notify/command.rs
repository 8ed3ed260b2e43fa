//! A program of the user's: the notification as one JSON object on its standard input.
//!
//! The program is started directly, never through a shell, and no text of a notification becomes an
//! argument. Its output is not kept: what it prints may repeat a secret.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process;

use super::Delivery;
use super::object::object;
use crate::model::Notification;

const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub struct Command {
    argv: Vec<String>,
    timeout: Duration,
}

impl Command {
    /// `argv`: the program, found as the system finds programs, and its arguments.
    pub fn new(argv: Vec<String>) -> Self {
        Self { argv, timeout: TIMEOUT }
    }

    pub(super) async fn deliver(&mut self, notification: &Notification) -> Delivery {
        let Some((program, arguments)) = self.argv.split_first() else {
            return Delivery::Unavailable { why: "no program is given".to_owned() };
        };
        let child = process::Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let child = match child {
            Ok(child) => child,
            Err(error) => {
                return Delivery::Unavailable { why: format!("`{program}` cannot be started: {error}") };
            }
        };
        // Dropping the child at the deadline kills it.
        let input = format!("{}\n", object(notification));
        let why = match tokio::time::timeout(self.timeout, feed(child, input)).await {
            Ok(Ok(status)) if status.success() => return Delivery::Delivered,
            Ok(Ok(status)) => return Delivery::Refused { why: format!("`{program}` failed: {status}") },
            Ok(Err(error)) => format!("`{program}` was lost: {error}"),
            Err(_) => format!("`{program}` was not done after {:?} and was ended", self.timeout),
        };
        Delivery::Retry { after: None, why }
    }
}

async fn feed(mut child: process::Child, input: String) -> std::io::Result<ExitStatus> {
    if let Some(mut stdin) = child.stdin.take() {
        // A program may succeed without reading to the end; its exit status alone counts.
        let _ = stdin.write_all(input.as_bytes()).await;
    }
    child.wait().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::testing::notification;

    async fn deliver(argv: &[&str]) -> Delivery {
        let argv = argv.iter().map(|&word| word.to_owned()).collect();
        let mut command = Command { argv, timeout: Duration::from_secs(20) };
        command.deliver(&notification()).await
    }

    #[tokio::test]
    async fn the_program_reads_one_json_object_and_its_arguments_are_no_shell_words() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("it's; $(here)");
        let file = file.to_str().unwrap();
        assert_eq!(deliver(&["tee", file]).await, Delivery::Delivered);
        let written = std::fs::read_to_string(file).unwrap();
        let expected = expect_test::expect![[r#"
            {"alert":"a_1","at":"2026-03-02T07:40:00Z","body":"“R&D <b>gras</b>”\n14 stories in 1 hour where 2 are usual\nvigie alerts ack 12345678","key":"a_1:first","notices":[],"rule":"spike","sections":[{"heading":"What to read","lines":[{"link":"https://news.example/a_(b)?x=<y>|z","note":"news, 3 copies","text":"R&D <b>gras</b> *x* _y_ [z](http://evil.example) @everyone <!channel> `c`"},{"link":null,"note":null,"text":"l'éclat[RLO]\r\nBcc: x@evil.example"}]}],"severity":"high","title":"Lumora: \"14\" stories","topic":"alert"}
        "#]];
        expected.assert_eq(&written.replace('\u{202e}', "[RLO]"));
    }

    #[tokio::test]
    async fn a_program_that_does_not_read_may_still_succeed() {
        let mut command = Command::new(vec!["true".into()]);
        let long = Notification { body: "x".repeat(1 << 20), ..notification() };
        assert_eq!(command.deliver(&long).await, Delivery::Delivered);
    }

    #[tokio::test]
    async fn failures_are_told_apart() {
        let why = "`false` failed: exit status: 1".to_owned();
        assert_eq!(deliver(&["false"]).await, Delivery::Refused { why });
        let why = "`/no/such program` cannot be started: No such file or directory (os error 2)".to_owned();
        assert_eq!(deliver(&["/no/such program"]).await, Delivery::Unavailable { why });
        assert_eq!(deliver(&[]).await, Delivery::Unavailable { why: "no program is given".into() });
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_ended() {
        let mut command =
            Command { argv: vec!["sleep".into(), "600".into()], timeout: Duration::from_millis(50) };
        let why = "`sleep` was not done after 50ms and was ended".to_owned();
        assert_eq!(command.deliver(&notification()).await, Delivery::Retry { after: None, why });
    }
}
