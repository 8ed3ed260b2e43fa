//! `report`: a time as one page to hand on.

use std::fs;

use anyhow::{Context, Result};

use super::args::{Args, Report};
use super::benchmark::{compared, frozen};
use super::setup::load;
use super::{Exit, UsageError, output};
use crate::render::html;
use crate::views::report::report;

pub fn run(args: &Args, options: &Report) -> Result<Exit> {
    let loaded = load(args)?;
    let reader = loaded.reader()?;
    let baseline = frozen(&reader, &options.compared)?;
    let asked = compared(args, &loaded, &options.compared, baseline.as_ref())?;
    let out = &options.out;
    if out.is_dir() {
        let example = out.join("report.html");
        return Err(UsageError(format!(
            "--out names a folder; name a file in it, such as {}",
            example.display()
        ))
        .into());
    }
    let view = report(&reader, &asked, args.now())?;
    let page = html::page(&view, loaded.zone(), loaded.tongue());
    fs::write(out, page).with_context(|| format!("cannot write {}", out.display()))?;
    if args.json {
        output::print_json(&view)?;
    } else if !args.quiet {
        eprintln!("{} {}", loaded.tongue().of("the report is in", "le rapport est dans"), out.display());
    }
    Ok(Exit::Done)
}
