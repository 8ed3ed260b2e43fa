//! `reindex`: the full-text index anew from the store.

use anyhow::Result;

use super::args::Args;
use super::setup::load;
use super::{Exit, output};
use crate::ingest::Engines;

pub fn run(args: &Args) -> Result<Exit> {
    let loaded = load(args)?;
    loaded.reader()?;
    let engines = Engines::open(&loaded.configuration.data_dir, loaded.zone())?;
    let mentions = engines.reindex()?;
    output::print(&format!("{mentions} mentions indexed anew"))?;
    Ok(Exit::Done)
}
