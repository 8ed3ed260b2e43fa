//! What most commands begin with: the configuration, the clock, the engines.

use std::io::{self, IsTerminal};
use std::path::Path;

use anyhow::{Context, Result};
use jiff::tz::TimeZone;

use super::args::{Args, Command};
use super::{UsageError, output};
use crate::config::{self, Config, Severity};
use crate::daemon::Clock;
use crate::daemon::configuration::{self, Configuration};
use crate::index::Searcher;
use crate::ingest;
use crate::model::{Brand, Rule, Tongue};
use crate::render::Style;
use crate::store::Reader;

/// A configuration without errors, and where it came from.
pub struct Loaded {
    pub config: Config,
    pub configuration: Configuration,
}

impl Loaded {
    pub fn zone(&self) -> &TimeZone {
        &self.config.settings.timezone
    }

    /// feeds.toml, as it is shown to people.
    pub fn file_name(&self) -> String {
        self.configuration.files.first().map_or_else(String::new, |file| file.path.clone())
    }

    pub fn tongue(&self) -> Tongue {
        tongue(&self.config)
    }

    /// How text for people may look on stdout.
    pub fn style(&self, args: &Args) -> Style {
        output::style(args, self.tongue())
    }

    /// The stored mentions, read-only.
    ///
    /// # Errors
    /// If nothing was polled yet, with what to do.
    pub fn reader(&self) -> Result<Reader> {
        self.require_store()?;
        Reader::open(&self.configuration.data_dir)
    }

    /// For a command that opens the store to write, which would make one.
    ///
    /// # Errors
    /// As [`Loaded::reader`].
    pub fn require_store(&self) -> Result<()> {
        if self.is_stored() {
            return Ok(());
        }
        let folder = self.configuration.data_dir.display();
        Err(UsageError(format!("nothing is stored in {folder} yet; `vigie poll` listens for the first time"))
            .into())
    }

    fn is_stored(&self) -> bool {
        self.configuration.data_dir.join(crate::store::FILE_NAME).exists()
    }

    /// The stored mentions, read-only; `None` before the first poll.
    pub fn reader_if_any(&self) -> Result<Option<Reader>> {
        self.is_stored().then(|| Reader::open(&self.configuration.data_dir)).transpose()
    }

    /// The rule of this id.
    ///
    /// # Errors
    /// If there is none, with those there are; so too of a brand.
    pub fn rule(&self, id: &str) -> Result<&Rule, UsageError> {
        let rules = &self.config.rules;
        let found = rules.iter().find(|rule| rule.id.as_str() == id);
        found.ok_or_else(|| unknown("rule", id, rules.iter().map(|rule| rule.id.as_str())))
    }

    pub fn brand(&self, id: &str) -> Result<&Brand, UsageError> {
        let brands = &self.config.brands;
        let found = brands.iter().find(|brand| brand.id.as_str() == id);
        found.ok_or_else(|| unknown("brand", id, brands.iter().map(|brand| brand.id.as_str())))
    }

    /// The full-text index, caught up first if no other process writes; otherwise stderr says how far behind
    /// it answers.
    pub fn searcher(&self) -> Result<Searcher> {
        let (searcher, behind) = ingest::searcher(&self.configuration.data_dir, self.zone())?;
        if behind > 0 {
            eprintln!("vigie: another vigie is writing; search is {behind} changes behind");
        }
        searcher.context("the index is being built for the first time; try again in a moment")
    }
}

/// Reads the configuration; what is wrong goes to stderr, its warnings only where listening is the business:
/// a question need not hear them each time.
///
/// # Errors
/// [`UsageError`] if it has errors, after all of them were shown on stderr.
pub fn load(args: &Args) -> Result<Loaded> {
    checked(args, configuration::read(args.config.as_deref())?)
}

/// Like [`load`], of a file the program itself names.
pub fn load_from(args: &Args, path: &Path) -> Result<Loaded> {
    checked(args, configuration::read(Some(path))?)
}

fn checked(args: &Args, mut configuration: Configuration) -> Result<Loaded> {
    show_problems(args, &configuration);
    match configuration.checked.config.take() {
        Some(config) => Ok(Loaded { config, configuration }),
        None => {
            let errors =
                configuration.checked.problems.iter().filter(|p| p.severity == Severity::Error).count();
            let s = if errors == 1 { "" } else { "s" };
            let path = configuration.path.display();
            Err(UsageError(format!("{errors} error{s} in {path}; nothing was done")).into())
        }
    }
}

fn show_problems(args: &Args, configuration: &Configuration) {
    let listens = matches!(args.command, Command::Poll(_) | Command::Run);
    let shown: Vec<_> = configuration
        .checked
        .problems
        .iter()
        .filter(|p| p.severity == Severity::Error || listens && !args.quiet)
        .cloned()
        .collect();
    if !shown.is_empty() {
        let colour = output::coloured(args.color, io::stderr().is_terminal());
        eprint!("{}", config::show(&shown, &configuration.files, colour));
    }
}

/// What to say of a name that feeds.toml does not have. `what` is a source, a notifier…
pub fn unknown<'a>(what: &str, id: &str, known: impl Iterator<Item = &'a str>) -> UsageError {
    let known: Vec<&str> = known.collect();
    UsageError(format!("there is no {what} `{id}`; feeds.toml has: {}", known.join(", ")))
}

/// The language vigie speaks: the configured one, else that of the environment, else English.
pub fn tongue(config: &Config) -> Tongue {
    config.settings.language.unwrap_or_else(environment_tongue)
}

pub fn environment_tongue() -> Tongue {
    let language = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    if language.is_some_and(|l| l.starts_with("fr")) { Tongue::French } else { Tongue::English }
}

pub fn clock(args: &Args) -> Clock {
    args.now.map_or(Clock::System, Clock::Fixed)
}

/// A runtime for the commands that reach the network or a notifier.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    // One thread for what waits; what computes runs on threads of its own and the writer's thread. More would
    // mostly wake each other.
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime could not be started")
}
