//! `benchmark`: the own brand beside its competitors.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use super::args::{Args, Benchmark, Count};
use super::setup::{Loaded, load, unknown};
use super::{Exit, UsageError, output};
use crate::model::{BrandId, CountBy, Role};
use crate::render;
use crate::store::{Baseline, Reader};
use crate::views::compare::{Comparison, PREVIOUS, compare};

/// What is compared when no time is given.
pub const DEFAULT_WINDOW: SignedDuration = SignedDuration::from_hours(30 * 24);

pub fn run(args: &Args, options: &Benchmark) -> Result<Exit> {
    let loaded = load(args)?;
    let reader = loaded.reader()?;
    let baseline = frozen(&reader, options)?;
    let view = compare(&reader, &compared(args, &loaded, options, baseline.as_ref())?)?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::compare::text(&view, loaded.zone(), loaded.style(args)))?;
    }
    Ok(Exit::Done)
}

/// What is compared, as the options say.
pub fn compared<'a>(
    args: &Args,
    loaded: &'a Loaded,
    options: &Benchmark,
    against: Option<&'a Baseline>,
) -> Result<Comparison<'a>> {
    let window = window(args, loaded, options.since.as_deref(), options.until.as_deref())?;
    let count = match options.count {
        Count::Stories => CountBy::Stories,
        Count::Mentions => CountBy::Mentions,
    };
    Ok(Comparison { count, against, ..comparison(loaded, options.query.as_deref(), window)? })
}

/// The times asked for, or the last thirty days.
pub fn window(
    args: &Args,
    loaded: &Loaded,
    since: Option<&str>,
    until: Option<&str>,
) -> Result<(Timestamp, Timestamp)> {
    let now = args.now();
    let until = output::optional_time(until, loaded.zone(), now)?.unwrap_or(now);
    let since = match output::optional_time(since, loaded.zone(), now)? {
        Some(since) => since,
        None => until.checked_sub(DEFAULT_WINDOW)?,
    };
    if since >= until {
        return Err(UsageError("--since must lie before --until".into()).into());
    }
    // It is compared with as long a time before it.
    if since.checked_sub(until.duration_since(since)).is_err() {
        return Err(
            UsageError("--since lies too far back to be compared with what was before it".into()).into()
        );
    }
    Ok((since, until))
}

/// The brands of a saved query, or the own ones and their competitors, in stories, against what was before.
///
/// # Errors
/// [`UsageError`] if there is no such query.
pub fn comparison<'a>(
    loaded: &'a Loaded,
    query: Option<&str>,
    (since, until): (Timestamp, Timestamp),
) -> Result<Comparison<'a>> {
    let config = &loaded.config;
    let saved =
        match query {
            None => None,
            Some(id) => {
                Some(config.queries.iter().find(|q| q.id == *id).ok_or_else(|| {
                    unknown("saved query", id, config.queries.iter().map(|q| q.id.as_str()))
                })?)
            }
        };
    let own_and_competitors = || {
        let compared = config.brands.iter().filter(|b| matches!(b.role, Role::Own | Role::Competitor));
        compared.map(|b| b.id.clone()).collect::<Vec<BrandId>>()
    };
    let brands = saved.and_then(|q| q.brands.clone()).unwrap_or_else(own_and_competitors);
    Ok(Comparison {
        brands: config.brands.iter().filter(|b| brands.contains(&b.id)).collect(),
        query: saved.map(|q| q.id.as_str()),
        since,
        until,
        count: CountBy::Stories,
        against: None,
        sources: &config.sources,
        goals: &config.goals,
    })
}

/// The baseline that is asked for; `None`: what was just before.
///
/// # Errors
/// [`UsageError`] if there is none of that name, or it is of another query.
pub fn frozen(reader: &Reader, options: &Benchmark) -> Result<Option<Baseline>> {
    let (name, query) = (&options.against, options.query.as_deref());
    if name == PREVIOUS {
        return Ok(None);
    }
    let Some(baseline) = reader.baseline(name)? else {
        let all = reader.baselines()?;
        let known: Vec<&str> = all.iter().map(|baseline| baseline.name.as_str()).collect();
        let message = match known.is_empty() {
            true => format!("there is no baseline `{name}`; `vigie baseline save {name}` freezes one"),
            false => format!("there is no baseline `{name}`; there are: {}", known.join(", ")),
        };
        return Err(UsageError(message).into());
    };
    if baseline.query.as_deref() != query {
        let message = match &baseline.query {
            Some(of) => {
                format!("baseline `{name}` is of the query `{of}`: `vigie benchmark {of} --against {name}`")
            }
            None => format!("baseline `{name}` is of no saved query: `vigie benchmark --against {name}`"),
        };
        return Err(UsageError(message).into());
    }
    Ok(Some(baseline))
}
