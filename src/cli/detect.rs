//! `detect`: the spike rule over any CSV series; plumbing that needs no configuration.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::args::{Args, Detect};
use super::{Exit, UsageError};
use crate::config;
use crate::stats::detector::Detector;

pub fn run(_args: &Args, options: &Detect) -> Result<Exit> {
    let budget = config::budget_per_week(&options.budget).map_err(UsageError)?;
    let step_s = options.step.as_deref().map(step).transpose()?;
    let mut input = csv::ReaderBuilder::new().flexible(true).from_reader(open(&options.file)?);
    let headers = input.headers().context("the header could not be read")?.clone();
    let column = |name: &str| {
        headers.iter().position(|h| h.trim().eq_ignore_ascii_case(name)).with_context(|| {
            format!("line 1: there is no column `{name}`; the header must name `timestamp` and `value`")
        })
    };
    let (time_column, value_column) = (column("timestamp")?, column("value")?);
    let mut out = csv::Writer::from_writer(std::io::stdout().lock());
    out.write_record(["timestamp", "value", "expected", "upper", "score", "spike"])?;
    let mut detector = Detector::new(budget, step_s);
    let mut before: Option<Timestamp> = None;
    for record in input.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let written = record.get(time_column).unwrap_or("");
        let at = time(written).with_context(|| format!("line {line}: `{written}` is no time"))?;
        if before.is_some_and(|before| at <= before) {
            bail!("line {line}: {written} does not come after the row before it");
        }
        before = Some(at);
        let value = record.get(value_column).unwrap_or("").trim();
        let number = match value {
            "" => None,
            value => Some(
                value
                    .parse::<f64>()
                    .ok()
                    .filter(|v| v.is_finite())
                    .with_context(|| format!("line {line}: `{value}` is no number"))?,
            ),
        };
        let verdict = detector.push(at.as_second(), number);
        let shown = |number: Option<f64>| number.map_or_else(String::new, |n| format!("{n:.3}"));
        out.write_record([
            written,
            value,
            &shown(verdict.expected),
            &shown(verdict.upper),
            &format!("{:.3}", verdict.score),
            if verdict.spike { "true" } else { "false" },
        ])?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    Ok(Box::new(File::open(path).with_context(|| format!("{} could not be opened", path.display()))?))
}

/// RFC 3339, or `YYYY-MM-DD HH:MM:SS` in UTC.
fn time(text: &str) -> Result<Timestamp> {
    let text = text.trim();
    match text.parse::<Timestamp>() {
        Ok(time) => Ok(time),
        Err(_) => Ok(TimeZone::UTC.to_timestamp(text.parse::<DateTime>()?)?),
    }
}

fn step(text: &str) -> Result<u32> {
    let seconds = config::duration(text).map_err(UsageError)?.as_secs();
    match u32::try_from(seconds) {
        Ok(seconds) if seconds > 0 => Ok(seconds),
        _ => Err(UsageError(format!("--step {text} is no step between rows")).into()),
    }
}
