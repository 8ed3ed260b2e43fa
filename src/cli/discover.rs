//! `sources discover` and `sources add`: from the address a person has to the feed behind it.

use std::collections::HashSet;
use std::io::{BufRead, IsTerminal, Write};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::args::{AddSource, Args, DiscoverSources};
use super::setup::{self, Loaded};
use super::{Exit, UsageError, output};
use crate::config::addition::{Addition, free_id};
use crate::fetch::{Client, Cut, Document, Options};
use crate::model::SourceKind;
use crate::render;
use crate::sources::{self, Limits, Parsed, ProblemKind};
use crate::text::url;
use crate::views::discovery::{Added, AdditionView, DiscoveryView, Found, FoundFeed};

/// Where feeds lie on sites that do not say so, the likeliest first.
const USUAL_PLACES: &[&str] = &["feed", "rss", "rss.xml", "atom.xml", "feed.xml", "index.xml", "feed.json"];

pub fn discover(args: &Args, options: &DiscoverSources) -> Result<Exit> {
    let view = search(args, None, &options.url, options.allow_private)?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::discovery::discovery(&view, &TimeZone::UTC, setup::environment_tongue()))?;
    }
    Ok(Exit::Done)
}

pub fn add(args: &Args, options: &AddSource) -> Result<Exit> {
    let loaded = setup::load(args)?;
    if let Some(known) = known(&loaded, &options.url) {
        return show(args, &loaded, &AdditionView { known: vec![known], ..AdditionView::default() });
    }
    let view = search(args, loaded.config.settings.contact.clone(), &options.url, options.allow_private)?;
    let feed = chosen(args, &loaded, &view)?;
    if let Some(known) = known(&loaded, &feed.url) {
        return show(args, &loaded, &AdditionView { known: vec![known], ..AdditionView::default() });
    }
    let mut taken = taken_ids(&loaded);
    let id = match &options.id {
        Some(id) if taken.contains(id) => {
            return Err(UsageError(format!("there is a source `{id}` already; give another --id")).into());
        }
        Some(id) => id.clone(),
        None => free_id(feed.title.as_deref(), &feed.url, &mut taken),
    };
    let addition = Addition {
        id,
        title: feed.title.clone(),
        url: feed.url.clone(),
        tags: options.tag.clone(),
        allow_private: options.allow_private,
    };
    write(&loaded, std::slice::from_ref(&addition))?;
    show(args, &loaded, &AdditionView { added: vec![added(&addition)], ..AdditionView::default() })
}

/// Writes sources into feeds.toml.
pub fn write(loaded: &Loaded, additions: &[Addition]) -> Result<()> {
    if additions.is_empty() { Ok(()) } else { loaded.configuration.add(additions) }
}

pub fn added(addition: &Addition) -> Added {
    Added { source: addition.id.clone(), url: addition.url.clone(), tags: addition.tags.clone() }
}

pub fn show(args: &Args, loaded: &Loaded, view: &AdditionView) -> Result<Exit> {
    if args.json {
        output::print_json(view)?;
    } else {
        output::print(&render::discovery::addition(view, &loaded.file_name(), loaded.tongue()))?;
    }
    Ok(if view.rejected.is_empty() { Exit::Done } else { Exit::Failed })
}

pub fn taken_ids(loaded: &Loaded) -> HashSet<String> {
    loaded.config.sources.iter().map(|source| source.id.to_string()).collect()
}

/// The source of this address, if there is one; other spellings of an address are the same.
pub fn known(loaded: &Loaded, address: &str) -> Option<Added> {
    let key = url::canonical(address)?;
    loaded.config.sources.iter().find_map(|source| {
        let SourceKind::Feed { url } = &source.kind else { return None };
        (url::canonical(url).as_ref() == Some(&key)).then(|| Added {
            source: source.id.to_string(),
            url: url.clone(),
            tags: source.tags.clone(),
        })
    })
}

/// The one feed that is meant: the only one, or the one a person names on a terminal.
fn chosen<'a>(args: &Args, loaded: &Loaded, view: &'a DiscoveryView) -> Result<&'a FoundFeed> {
    if let [feed] = &view.feeds[..] {
        return Ok(feed);
    }
    let listed = render::discovery::discovery(view, loaded.zone(), loaded.tongue());
    if args.json || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(UsageError(format!("which one? add it by its own address\n\n{listed}")).into());
    }
    eprintln!("{listed}");
    loop {
        eprint!("Which one (1 to {})? ", view.feeds.len());
        std::io::stderr().flush()?;
        let mut answer = String::new();
        if std::io::stdin().lock().read_line(&mut answer)? == 0 {
            bail!("none was chosen");
        }
        let place = answer.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        if let Some(feed) = place.and_then(|place| view.feeds.get(place)) {
            return Ok(feed);
        }
    }
}

fn search(args: &Args, contact: Option<String>, address: &str, allow_private: bool) -> Result<DiscoveryView> {
    let typed = address.trim();
    let address = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    if url::canonical(&address).is_none() {
        return Err(UsageError(format!("`{typed}` is no address of a page or a feed")).into());
    }
    let client = Client::new(&Options { contact, ..Options::default() })?;
    let hunt = Hunt { client, allow_private, now: args.now() };
    let (found, feeds) = setup::runtime()?.block_on(hunt.run(&address))?;
    Ok(DiscoveryView { url: typed.to_owned(), found, feeds })
}

struct Hunt {
    client: Client,
    allow_private: bool,
    now: Timestamp,
}

impl Hunt {
    async fn run(&self, address: &str) -> Result<(Found, Vec<FoundFeed>)> {
        // A page only looks like one of a well-known place, or has no such feed: then the page itself is asked.
        if let Some(known) = sources::feed_of(address)
            && let Some(feed) = self.guess(&known).await
        {
            return Ok((Found::ByRule, vec![feed]));
        }
        let (page, parsed) = self.read(address).await.with_context(|| address.to_owned())?;
        if is_feed(&parsed) {
            return Ok((Found::Itself, vec![FoundFeed::new(address, None, &parsed)]));
        }
        let mut feeds = Vec::new();
        let (mut why, mut tried) = (Vec::new(), Vec::new());
        for offered in sources::advertised(page.readable()) {
            match self.read(&offered.url).await {
                Ok((_, feed)) if is_feed(&feed) => {
                    feeds.push(FoundFeed::new(&offered.url, offered.title, &feed));
                }
                Ok((_, other)) => why.push(format!("{}: {}", offered.url, what_it_is(&other))),
                Err(error) => why.push(format!("{}: {error:#}", offered.url)),
            }
        }
        if !feeds.is_empty() {
            return Ok((Found::Advertised, feeds));
        }
        // A blog below a folder has its feed there; the one of the whole site would be another.
        for folder in ["./", "/"] {
            let Some(folder) = url::resolve(Some(&page.final_url), folder) else { continue };
            if tried.contains(&folder) {
                continue;
            }
            for place in USUAL_PLACES {
                if let Some(feed) = self.guess(&format!("{folder}{place}")).await {
                    return Ok((Found::Guessed, vec![feed]));
                }
            }
            tried.push(folder);
        }
        why.push(format!("nor is there one at {}, below {}", USUAL_PLACES.join(", "), tried.join(" or ")));
        bail!("no feed at {address}: {}\n  {}", what_it_is(&parsed), why.join("\n  "))
    }

    /// The feed at an address where one may lie, if it does.
    async fn guess(&self, url: &str) -> Option<FoundFeed> {
        let (document, feed) = self.read(url).await.ok()?;
        is_feed(&feed).then(|| FoundFeed::new(&document.final_url, None, &feed))
    }

    async fn read(&self, url: &str) -> Result<(Document, Parsed)> {
        let document = self.client.document(url, self.allow_private, self.now).await?;
        let mut parsed = sources::parse(document.readable(), &Limits::default());
        parsed.problems.extend(document.cut.as_ref().map(Cut::problem));
        Ok((document, parsed))
    }
}

fn is_feed(parsed: &Parsed) -> bool {
    parsed.problems.iter().all(|problem| problem.kind != ProblemKind::NotAFeed)
}

fn what_it_is(parsed: &Parsed) -> String {
    sources::in_a_line(&parsed.problems).unwrap_or_else(|| "a feed".to_owned())
}
