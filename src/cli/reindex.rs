//! `reindex`: the full-text index anew from the store.

use anyhow::Result;
use serde::Serialize;

use super::args::Args;
use super::setup::load;
use super::{Exit, output};
use crate::ingest::Engines;
use crate::render::counted;

#[derive(Serialize)]
struct Reindexed {
    mentions: u64,
}

pub fn run(args: &Args) -> Result<Exit> {
    let loaded = load(args)?;
    loaded.require_store()?;
    let engines = Engines::open(&loaded.configuration.data_dir, loaded.zone())?;
    let mentions = engines.reindex()?;
    if args.json {
        output::print_json(&Reindexed { mentions })?;
    } else {
        output::print(&format!("{} indexed anew", counted(mentions, "mention", "mentions")))?;
    }
    Ok(Exit::Done)
}
