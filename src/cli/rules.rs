//! `rules`: when one is told, and what each rule says right now.

use anyhow::Result;

use super::args::Args;
use super::args::{Rules, RulesCommand};
use super::setup::load;
use super::{Exit, output};
use crate::render;
use crate::views::rules::rules;

pub fn run(args: &Args, options: &Rules) -> Result<Exit> {
    let loaded = load(args)?;
    match options.command.as_ref().unwrap_or(&RulesCommand::List) {
        RulesCommand::List => {
            let view = rules(loaded.reader_if_any()?.as_ref(), &loaded.config.rules, args.now())?;
            if args.json {
                output::print_json(&view)?;
            } else {
                output::print(&render::rules::text(&view, loaded.zone(), output::style(args)))?;
            }
            Ok(Exit::Done)
        }
    }
}
