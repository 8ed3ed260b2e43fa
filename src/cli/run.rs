//! `run`: keeps listening and telling until it is stopped.

use anyhow::Result;

use super::Exit;
use super::args::Args;
use super::setup::{self, Loaded, clock, load, runtime};
use crate::daemon;
use crate::render::counted;

pub fn run(args: &Args) -> Result<Exit> {
    let Loaded { config, configuration } = load(args)?;
    if !args.quiet {
        eprintln!(
            "vigie {} listens to {} for {}; ctrl-c stops it",
            env!("CARGO_PKG_VERSION"),
            counted(config.sources.iter().filter(|s| s.enabled).count(), "source", "sources"),
            counted(config.brands.len(), "brand", "brands"),
        );
    }
    runtime()?.block_on(daemon::run(config, configuration, clock(args), setup::tongue, |delivered| {
        eprintln!("vigie: {delivered}");
    }))?;
    Ok(Exit::Done)
}
