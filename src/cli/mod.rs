//! The command line: arguments → use cases → bytes on stdout and an exit code.
//!
//! stdout is data, stderr is talk. Every command is a file of this folder.

mod alerts;
mod analyze;
mod annotate;
mod args;
mod benchmark;
mod check;
mod demo;
mod detect;
mod discover;
mod doctor;
mod export;
mod import;
mod init;
mod mention;
mod notifiers;
mod opml;
mod output;
mod parse;
mod poll;
mod query;
mod reindex;
mod rescore;
mod rules;
mod run;
mod search;
mod setup;
mod silence;
mod sources;

use std::process::ExitCode;

use clap::Parser;

pub use args::command;
use args::{Args, Command};

/// How a command ended; the number is the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// Something fires (`poll`, `alerts list`).
    Firing = 3,
    Interrupted = 130,
}

/// An error in what the user wrote rather than in the world: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// Runs the program on the process's own arguments.
pub fn run() -> ExitCode {
    let args = Args::parse();
    output::init_log(&args);
    let exit = match dispatch(&args) {
        Ok(exit) => exit,
        Err(error) if output::is_broken_pipe(&error) => Exit::Done,
        Err(error) => {
            eprintln!("vigie: {error:#}");
            let usage = error.is::<UsageError>() || error.is::<crate::daemon::configuration::NotFound>();
            if usage { Exit::Usage } else { Exit::Failed }
        }
    };
    ExitCode::from(exit as u8)
}

fn dispatch(args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Init(options) => init::run(args, options),
        Command::Check => check::run(args),
        Command::Demo(options) => demo::run(args, options),
        Command::Poll(options) => poll::run(args, options),
        Command::Run => run::run(args),
        Command::Sources(options) => sources::run(args, options),
        Command::Notifiers(options) => notifiers::run(args, options),
        Command::Opml(options) => opml::run(args, options),
        Command::Import(options) => import::run(args, options),
        Command::Search(options) => search::run(args, options),
        Command::Export(options) => export::run(args, options),
        Command::Query(options) => query::run(args, options),
        Command::Mention(options) => mention::run(args, options),
        Command::Benchmark(options) => benchmark::run(args, options),
        Command::Alerts(options) => alerts::run(args, options),
        Command::Annotate(options) => annotate::run(args, options),
        Command::Rules(options) => rules::run(args, options),
        Command::Reindex => reindex::run(args),
        Command::Rescore(options) => rescore::run(args, options),
        Command::Doctor => doctor::run(args),
        Command::Parse(options) => parse::run(args, options),
        Command::Analyze => analyze::run(args),
        Command::Detect(options) => detect::run(args, options),
    }
}
