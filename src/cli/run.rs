//! `run`: keeps listening and telling until it is stopped.

use anyhow::Result;

use super::Exit;
use super::args::Args;
use super::setup::{self, Loaded, clock, load, runtime};
use crate::daemon;

pub fn run(args: &Args) -> Result<Exit> {
    let Loaded { config, configuration } = load(args)?;
    if !args.quiet {
        eprintln!(
            "vigie {} listens to {} sources for {} brands; ctrl-c stops it",
            env!("CARGO_PKG_VERSION"),
            config.sources.iter().filter(|s| s.enabled).count(),
            config.brands.len(),
        );
    }
    runtime()?.block_on(daemon::run(config, configuration, clock(args), setup::tongue, |delivered| {
        eprintln!("vigie: {delivered}");
    }))?;
    Ok(Exit::Done)
}
