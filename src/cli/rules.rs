//! `rules`: when one is told, what each rule says right now, and what it would have said of the past.

use std::io::IsTerminal;
use std::path::Path;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};

use super::args::Args;
use super::args::{Rules, RulesCommand};
use super::setup::{Loaded, load, tongue};
use super::{Exit, UsageError, output};
use crate::alerting::{self, Standing};
use crate::config::{self, File};
use crate::daemon::configuration;
use crate::model::Rule;
use crate::render;
use crate::rules::Span;
use crate::views::rules::rules;
use crate::views::written;

pub fn run(args: &Args, options: &Rules) -> Result<Exit> {
    match options.command.as_ref().unwrap_or(&RulesCommand::List) {
        RulesCommand::List => list(args, &load(args)?),
        RulesCommand::Backtest { id, since, until } => {
            backtest(args, &load(args)?, id.as_deref(), since, until.as_deref())
        }
        RulesCommand::Tune { id, since, until } => {
            tune(args, &load(args)?, id, since.as_deref(), until.as_deref())
        }
        RulesCommand::Test { file } => test(args, file),
    }
}

fn list(args: &Args, loaded: &Loaded) -> Result<Exit> {
    let view = rules(loaded.reader_if_any()?.as_ref(), &loaded.config.rules, args.now())?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::rules::text(&view, loaded.zone(), loaded.style(args)))?;
    }
    Ok(Exit::Done)
}

fn backtest(
    args: &Args,
    loaded: &Loaded,
    id: Option<&str>,
    since: &str,
    until: Option<&str>,
) -> Result<Exit> {
    loaded.require_store()?;
    let all = &loaded.config.rules;
    let rules: Vec<&Rule> = match id {
        Some(id) => vec![loaded.rule(id)?],
        None if all.is_empty() => {
            return Err(UsageError(
                "feeds.toml has no rule; add a `[[rule]]`, with `notify = []` to try it".into(),
            )
            .into());
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
        output::print(&render::backtest::text(&view, loaded.zone(), loaded.style(args)))?;
    }
    Ok(Exit::Done)
}

fn tune(args: &Args, loaded: &Loaded, id: &str, since: Option<&str>, until: Option<&str>) -> Result<Exit> {
    loaded.require_store()?;
    let rule = loaded.rule(id)?;
    if rule.condition.is_at_once() {
        let kind = rule.condition.as_str();
        let help = format!("a rule of kind `{kind}` has no budget: it speaks at once");
        return Err(UsageError(format!(
            "{help}; `vigie rules backtest {id} --since 90d` shows what it would have said"
        ))
        .into());
    }
    let span = span(args, loaded, since, until)?;
    let span = match since {
        Some(_) => span,
        None => Span {
            since: loaded.reader()?.kept_since(&rule.brands)?.unwrap_or(span.until).min(span.until),
            ..span
        },
    };
    let standing = Standing::new(&loaded.config, loaded.tongue());
    let budget = |text: &str| config::budget_per_week(text).ok();
    let mut view = alerting::tune(&loaded.configuration.data_dir, &standing, rule, span, budget)?;
    view.until = view.until.min(args.now());
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::backtest::tune(&view, loaded.zone(), loaded.style(args)))?;
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
        return Err(UsageError(format!(
            "there is nothing between {since} and {until}: give an earlier --since"
        ))
        .into());
    }
    Ok(Span { since, until })
}

/// A brand for tests that stand beside no configuration.
const A_BRAND: &str = "[[brand]]\nid = \"brand\"\nname = \"Brand\"\n";

/// Needs no store: of a configuration, only rules, brands and queries are asked for.
fn test(args: &Args, path: &Path) -> Result<Exit> {
    let config = if configuration::exists(args.config.as_deref()) {
        load(args)?.config
    } else {
        let file = File { path: String::new(), text: A_BRAND.to_owned() };
        config::check(&[file]).config.context("a brand alone is a configuration")?
    };
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("{shown} could not be read"))?;
    let file = File { path: shown, text };
    let tests = match config::written_tests(&file, &config) {
        Ok(tests) => tests,
        Err(problems) => {
            let colour = output::coloured(args.color, std::io::stderr().is_terminal());
            eprint!("{}", config::show(&problems, std::slice::from_ref(&file), colour));
            let s = if problems.len() == 1 { "" } else { "s" };
            return Err(UsageError(format!(
                "{} error{s} in {}; nothing was tested",
                problems.len(),
                file.path
            ))
            .into());
        }
    };
    let view = written::outcome(&tests, &config.settings.timezone, tongue(&config));
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::written::text(
            &view,
            &config.settings.timezone,
            output::style(args, tongue(&config)),
        ))?;
    }
    Ok(if view.ok { Exit::Done } else { Exit::Failed })
}
