//! `demo`: the main job on made-up feeds: no network, no configuration.
//!
//! The feeds are served on loopback and go through the very path of `poll`: several weeks of history
//! first, then, in a second round, an incident with its syndicated copies.

mod feeds;
mod server;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};

use super::args::{self, Args, Demo};
use super::setup::{Loaded, load_from, runtime};
use super::{Exit, UsageError, output, poll};
use crate::alerting::Delivered;
use crate::daemon::{Clock, Lookout};
use crate::index;
use crate::model::CountBy;
use crate::render;
use crate::store::AlertFilter;
use crate::views::compare::{Comparison, compare};
use crate::views::{alerts, explain, search, told};
use server::Server;

/// How long before now the history was heard: so long ago that the incident is news.
const HISTORY_HEARD: SignedDuration = SignedDuration::from_hours(3);

/// What is searched for: a word of both languages.
const SEARCH: &str = "batterie OR battery";

pub fn run(args: &Args, options: &Demo) -> Result<Exit> {
    let folder = folder(options)?;
    let now = args.now();
    let shown = runtime()?.block_on(listen(args, &folder, now))?;
    output::print(&shown)?;
    Ok(Exit::Done)
}

fn folder(options: &Demo) -> Result<PathBuf> {
    let folder = match &options.dir {
        Some(folder) => folder.clone(),
        None => std::env::temp_dir().join(format!("vigie-demo-{}", std::process::id())),
    };
    if folder.join("feeds.toml").exists() {
        let shown = folder.display();
        return Err(UsageError(format!("{shown} holds a feeds.toml already; name an empty folder")).into());
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("{} could not be made", folder.display()))?;
    Ok(folder)
}

/// Publishes, polls twice, and writes down what a person would look at.
async fn listen(args: &Args, folder: &Path, now: Timestamp) -> Result<String> {
    let server = Server::start().await?;
    let documents = feeds::documents(now);
    let path = folder.join("feeds.toml");
    std::fs::write(&path, feeds::configuration(&server.base_url()))
        .with_context(|| format!("{} could not be written", path.display()))?;
    let loaded = load_from(args, &path)?;

    for feed in &documents {
        server.publish(&feed.path, feed.content_type, feed.history.clone());
    }
    let mut page = Page::new(args, &loaded);
    page.title(&format!(
        "vigie demo: {} made-up feeds on loopback, kept in {}",
        documents.len(),
        folder.display()
    ));
    round(&loaded, now.checked_sub(HISTORY_HEARD)?).await?;
    page.note("First round: several weeks of history. Old entries are back-fill: they teach what is usual and raise no alert.");

    for feed in documents {
        server.publish(&feed.path, feed.content_type, feed.now);
    }
    let (round, told) = round(&loaded, now).await?;
    page.note("Second round: this is what `vigie poll` prints when something happens.\n");
    page.text(&render::round::text(&round, loaded.config.sources.len(), loaded.zone(), page.style));
    page.told(&told);
    page.alert()?;
    page.search()?;
    page.benchmark(now)?;
    page.further(&path);
    Ok(page.out)
}

async fn round(loaded: &Loaded, now: Timestamp) -> Result<(crate::views::round::RoundView, Vec<Delivered>)> {
    let (config, data_dir) = (loaded.config.clone(), &loaded.configuration.data_dir);
    let mut lookout = Lookout::open(config, data_dir, Clock::Fixed(now), loaded.tongue()).await?;
    let sources = lookout.chosen(&[]).await?;
    let reports = lookout.round(sources, |_| ()).await?;
    let told = lookout.evaluate().await?;
    lookout.close().await?;
    Ok((poll::view(loaded, &reports, now)?, told))
}

/// What the demo shows, written down as it goes.
struct Page<'a> {
    loaded: &'a Loaded,
    style: render::Style,
    out: String,
}

impl<'a> Page<'a> {
    fn new(args: &Args, loaded: &'a Loaded) -> Self {
        Page { loaded, style: loaded.style(args), out: String::new() }
    }

    fn title(&mut self, text: &str) {
        let painted = render::terminal::paint(text, render::terminal::BOLD, self.style);
        self.out.push_str(&format!("\n{painted}\n\n"));
    }

    fn note(&mut self, text: &str) {
        self.out.push_str(&format!("{text}\n"));
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn told(&mut self, told: &[Delivered]) {
        self.out.push('\n');
        for delivered in told {
            self.note(&delivered.to_string());
        }
    }

    fn alert(&mut self) -> Result<()> {
        let reader = self.loaded.reader()?;
        let zone = self.loaded.zone().clone();
        // A pattern has no numbers to explain.
        let all = alerts::list(&reader, &AlertFilter::default(), true)?.alerts;
        for shown in all.iter().filter(|alert| alert.baseline.is_some()).take(1) {
            let alert = alerts::find(&reader, &shown.id)?;
            self.title(&format!("vigie alerts show {}", shown.id));
            let view = told::told(&reader, &alert, &self.loaded.config.rules, self.loaded.tongue())?;
            self.text(&super::alerts::message(self.loaded, &view, self.style));
            self.title(&format!("vigie alerts explain {}", shown.id));
            let view = explain::explain(&reader, &alert, &self.loaded.config.rules)?;
            self.text(&render::alerts::explain(&view, &alert, &zone, self.style));
        }
        Ok(())
    }

    fn search(&mut self) -> Result<()> {
        let text = SEARCH;
        self.title(&format!("vigie search '{text}' --fold story --limit 3"));
        let query = super::search::parse_query(self.loaded, text, Timestamp::UNIX_EPOCH)?;
        let options = index::Options {
            limit: 3,
            fold: Some(index::Fold::Story),
            zone: self.loaded.zone().clone(),
            ..index::Options::default()
        };
        let view = search::search(&self.loaded.reader()?, &self.loaded.searcher()?, &query, &options)?;
        self.text(&render::search::text(&view, true, self.loaded.zone(), self.style));
        Ok(())
    }

    fn benchmark(&mut self, now: Timestamp) -> Result<()> {
        self.title("vigie benchmark");
        let comparison = Comparison {
            brands: self.loaded.config.brands.iter().collect(),
            query: None,
            since: now.checked_sub(super::benchmark::DEFAULT_WINDOW)?,
            until: now,
            count: CountBy::Stories,
            against: None,
            sources: &self.loaded.config.sources,
            goals: &self.loaded.config.goals,
        };
        let view = compare(&self.loaded.reader()?, &comparison)?;
        self.text(&render::compare::text(&view, self.loaded.zone(), self.style));
        Ok(())
    }

    /// What a person would type next. The feeds themselves are gone with the demo.
    fn further(&mut self, path: &Path) {
        self.title("Look further");
        let binary = args::program();
        let config = path.display();
        for (command, what) in [
            ("search 'battery OR batterie' --facets source,sentiment", "search, counted by source and tone"),
            ("alerts list", "every alert"),
            ("rules list", "what is watched for"),
            ("export '*'", "everything as JSON lines"),
            ("doctor", "store and index compared"),
        ] {
            self.note(&format!("  {binary} --config {config} {command}\n      {what}"));
        }
        self.note(&format!("\nYour own brand: {binary} init"));
    }
}
