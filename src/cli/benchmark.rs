//! `benchmark`: the own brand beside its competitors.

use anyhow::Result;
use jiff::SignedDuration;

use super::args::{Args, Benchmark, Count};
use super::setup::{load, unknown};
use super::{Exit, UsageError, output};
use crate::model::{BrandId, CountBy, Role};
use crate::render;
use crate::views::compare::{Comparison, compare};

/// What is compared when no time is given.
pub const DEFAULT_WINDOW: SignedDuration = SignedDuration::from_hours(30 * 24);

pub fn run(args: &Args, options: &Benchmark) -> Result<Exit> {
    let loaded = load(args)?;
    let config = &loaded.config;
    let now = args.now();
    let until = output::optional_time(options.until.as_deref(), loaded.zone(), now)?.unwrap_or(now);
    let since = match output::optional_time(options.since.as_deref(), loaded.zone(), now)? {
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
    let saved =
        match &options.query {
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
    let comparison = Comparison {
        brands: config.brands.iter().filter(|b| brands.contains(&b.id)).collect(),
        query: saved.map(|q| q.id.as_str()),
        since,
        until,
        count: match options.count {
            Count::Stories => CountBy::Stories,
            Count::Mentions => CountBy::Mentions,
        },
    };
    let view = compare(&loaded.reader()?, &comparison)?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::compare::text(&view, loaded.zone(), output::style(args)))?;
    }
    Ok(Exit::Done)
}
