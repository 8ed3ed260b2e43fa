//! `rules`: when one is told, what each rule says right now, and what it would have said of the past.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use super::args::Args;
use super::args::{Rules, RulesCommand};
use super::setup::{Loaded, load, unknown};
use super::{Exit, UsageError, output};
use crate::alerting::{self, Standing};
use crate::config;
use crate::model::{Condition, Rule};
use crate::render;
use crate::rules::Span;
use crate::views::rules::rules;

pub fn run(args: &Args, options: &Rules) -> Result<Exit> {
    let loaded = load(args)?;
    match options.command.as_ref().unwrap_or(&RulesCommand::List) {
        RulesCommand::List => list(args, &loaded),
        RulesCommand::Backtest { id, since, until } => {
            backtest(args, &loaded, id.as_deref(), since, until.as_deref())
        }
        RulesCommand::Tune { id, since, until } => tune(args, &loaded, id, since.as_deref(), until.as_deref()),
        RulesCommand::Test { .. } => Ok(Exit::Done),
    }
}

fn list(args: &Args, loaded: &Loaded) -> Result<Exit> {
    let view = rules(loaded.reader_if_any()?.as_ref(), &loaded.config.rules, args.now())?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::rules::text(&view, loaded.zone(), output::style(args)))?;
    }
    Ok(Exit::Done)
}

fn backtest(args: &Args, loaded: &Loaded, id: Option<&str>, since: &str, until: Option<&str>) -> Result<Exit> {
    loaded.require_store()?;
    let all = &loaded.config.rules;
    let rules: Vec<&Rule> = match id {
        Some(id) => vec![rule(loaded, id)?],
        None if all.is_empty() => {
            return Err(UsageError("feeds.toml has no rule; add a `[[rule]]`, with `notify = []` to try it".into()).into());
        }
        None => all.iter().collect(),
    };
    let span = span(args, loaded, Some(since), until)?;
    let standing = Standing::new(&loaded.config, loaded.tongue());
    let mut view = alerting::backtest(&loaded.configuration.data_dir, &standing, &rules, span)?;
    view.until = view.until.min(args.now());
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::backtest::text(&view, loaded.zone(), output::style(args)))?;
    }
    Ok(Exit::Done)
}

fn tune(args: &Args, loaded: &Loaded, id: &str, since: Option<&str>, until: Option<&str>) -> Result<Exit> {
    loaded.require_store()?;
    let rule = rule(loaded, id)?;
    if rule.condition == Condition::Pattern {
        let help = "a pattern has no budget: it speaks at once";
        return Err(UsageError(format!("{help}; `vigie rules backtest {id} --since 90d` shows what it would have said")).into());
    }
    let span = span(args, loaded, since, until)?;
    let span = match since {
        Some(_) => span,
        None => Span { since: loaded.reader()?.kept_since(&rule.brands)?.unwrap_or(span.until).min(span.until), ..span },
    };
    let standing = Standing::new(&loaded.config, loaded.tongue());
    let budget = |text: &str| config::budget_per_week(text).ok();
    let mut view = alerting::tune(&loaded.configuration.data_dir, &standing, rule, span, budget)?;
    view.until = view.until.min(args.now());
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::backtest::tune(&view, loaded.zone(), output::style(args)))?;
    }
    Ok(Exit::Done)
}

/// The time to replay. What came in at this very second is part of it.
fn span(args: &Args, loaded: &Loaded, since: Option<&str>, until: Option<&str>) -> Result<Span> {
    let (zone, now) = (loaded.zone(), args.now());
    let after_now = now.checked_add(SignedDuration::from_secs(1)).unwrap_or(now);
    let since = output::optional_time(since, zone, now)?.unwrap_or(Timestamp::MIN);
    let until = output::optional_time(until, zone, now)?.unwrap_or(after_now).min(after_now);
    if since >= until {
        return Err(UsageError(format!("there is nothing between {since} and {until}: give an earlier --since")).into());
    }
    Ok(Span { since, until })
}

fn rule<'a>(loaded: &'a Loaded, id: &str) -> Result<&'a Rule> {
    let rules = &loaded.config.rules;
    let found = rules.iter().find(|rule| rule.id.as_str() == id);
    found.ok_or_else(|| unknown("rule", id, rules.iter().map(|rule| rule.id.as_str())).into())
}
