//! What every command shares: logs, times on the command line, and a careful stdout.

use std::io::{self, IsTerminal, Write};

use anyhow::Result;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tracing_subscriber::EnvFilter;

use super::UsageError;
use super::args::{Args, Command, When};
use crate::model::Tongue;
use crate::query;

/// Logs go to stderr: warnings by default, what is done with `-v`, every step with `-vv`.
/// Only what runs for long says when. `VIGIE_LOG` overrides it in the syntax of `RUST_LOG`.
pub fn init_log(args: &Args) {
    let level = match (args.quiet, args.verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "info,vigie=info",
        (false, _) => "info,vigie=debug",
    };
    let filter = EnvFilter::try_from_env("VIGIE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let ansi = coloured(args.color, io::stderr().is_terminal());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(ansi)
        .with_target(false)
        .compact();
    match args.command {
        Command::Run => log.init(),
        _ => log.without_time().init(),
    }
}

/// Whether colours are wanted on a stream that is a terminal or not.
pub fn coloured(color: When, terminal: bool) -> bool {
    match color {
        When::Always => true,
        When::Never => false,
        When::Auto => terminal && std::env::var_os("NO_COLOR").is_none(),
    }
}

/// How text for people may look on stdout.
pub fn style(args: &Args, tongue: Tongue) -> crate::render::Style {
    let terminal = io::stdout().is_terminal();
    crate::render::Style {
        tongue,
        colour: coloured(args.color, terminal),
        width: terminal.then(terminal_width).flatten().unwrap_or(100),
    }
}

fn terminal_width() -> Option<usize> {
    let (terminal_size::Width(columns), _) = terminal_size::terminal_size()?;
    (columns >= 40).then_some(usize::from(columns))
}

/// Writes text to stdout at once.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') && !text.is_empty() {
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}

/// Writes a view as one JSON document.
pub fn print_json(view: &impl serde::Serialize) -> Result<()> {
    print(&serde_json::to_string_pretty(view)?)
}

/// Whether the reader of stdout went away (`| head`), which ends a command quietly.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| {
        // These two keep the error of the disk or the pipe to themselves instead of naming it as their cause.
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        let csv = cause
            .downcast_ref::<csv::Error>()
            .is_some_and(|error| matches!(error.kind(), csv::ErrorKind::Io(error) if error.kind() == broken));
        let plain = cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == broken);
        plain || csv || json == Some(broken)
    })
}

/// A time as people give it on the command line: RFC 3339, a date (its first instant in `zone`), or a
/// duration back from `now` (`7d`, `P1W`), as in queries.
pub fn parse_time(text: &str, zone: &TimeZone, now: Timestamp) -> Result<Timestamp> {
    query::instant(text.trim(), &query::Times { now, zone: zone.clone() }).ok_or_else(|| {
        let example = "write 2026-01-31, 2026-01-31T08:00:00Z, or 7d for a week ago";
        UsageError(format!("`{text}` is no time: {example}")).into()
    })
}

/// An optional time of an option.
pub fn optional_time(text: Option<&str>, zone: &TimeZone, now: Timestamp) -> Result<Option<Timestamp>> {
    text.map(|t| parse_time(t, zone, now)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_known_through_every_writer() {
        let plain = Gone.write_all(b"x").unwrap_err();
        let json = serde_json::to_writer(Gone, &[1]).unwrap_err();
        let mut writer = csv::WriterBuilder::new().buffer_capacity(1).from_writer(Gone);
        let csv = writer.write_record(["long", "enough"]).unwrap_err();
        for error in [anyhow::Error::from(plain), json.into(), csv.into()] {
            assert!(is_broken_pipe(&error), "{error:?}");
            assert!(is_broken_pipe(&error.context("while writing")));
        }
        assert!(!is_broken_pipe(&serde_json::from_str::<u8>("x").unwrap_err().into()));
    }

    #[test]
    fn times_as_people_give_them() {
        let now: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        let paris = TimeZone::get("Europe/Paris").unwrap();
        for (text, expected) in [
            ("2026-01-31", "2026-01-30T23:00:00Z"),
            ("2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z"),
            ("2026-01-31T08:00", "2026-01-31T07:00:00Z"),
            ("7d", "2026-03-03T12:00:00Z"),
            ("P1W", "2026-03-03T12:00:00Z"),
            ("90s", "2026-03-10T11:58:30Z"),
        ] {
            assert_eq!(parse_time(text, &paris, now).unwrap().to_string(), expected, "{text}");
        }
        assert!(parse_time("yesterday-ish", &paris, now).is_err());
    }
}
