//! A configuration at work: the writer, the client and what is listened for, made ready once.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;
use jiff::SignedDuration;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::polling::{self, Ended, PollReport, Shared};
use super::stream;
use super::streams::Streams;
use super::workers::Workers;
use super::{Clock, Writer};
use crate::alerting::{self, Delivered, Deliverer, Memory, Standing};
use crate::config::{Config, Keep, Settings};
use crate::digest::{self, Digests};
use crate::fetch::{Client, HostGate, Options, longest_wait};
use crate::ingest::{Engines, inbox, rematch_if_changed};
use crate::model::{Health, Source, SourceId, Timestamp, Tongue};
use crate::prepare::Listening;
use crate::store::{Delivery, Horizon, Progress, QuietPoll};

/// Everything a round of polling needs. Its writer thread ends when it is dropped or [`Lookout::close`]d.
pub struct Lookout {
    shared: Shared,
    data_dir: PathBuf,
    sources: HashMap<SourceId, Arc<Source>>,
    /// Their tags, by their ids.
    tags: Arc<BTreeMap<String, Vec<String>>>,
    concurrency: usize,
    standing: Arc<Standing>,
    digests: Arc<Digests>,
    /// What rules have learned; only the writer's thread takes it.
    memory: Arc<std::sync::Mutex<Memory>>,
    /// Locked while it tells.
    deliverer: Arc<Mutex<Deliverer>>,
    keep: Keep,
    retention: Option<Duration>,
    /// Polls that brought no document and are not recorded yet.
    quiet: Vec<QuietPoll>,
    thread: JoinHandle<()>,
}

/// So many polls without a document are recorded together, at most. A crash forgets them, and the sources
/// are polled once more.
const QUIET_AT_ONCE: usize = 256;

/// What is too old is deleted once a day, so many entries in one transaction.
const BETWEEN_EXPIRIES: SignedDuration = SignedDuration::from_hours(24);
const EXPIRED_AT_ONCE: usize = 500;

/// A machine's clock may be set back by as much without anyone minding.
const CLOCK_SLACK: Duration = Duration::from_secs(3600);

impl Lookout {
    /// Opens the engines in `data_dir` and takes the configuration over. If brands or queries are not those
    /// of last time, every source is heard again.
    pub async fn open(config: Config, data_dir: &Path, clock: Clock, tongue: Tongue) -> Result<Lookout> {
        let engines = Engines::open(data_dir, &config.settings.timezone)?;
        let (writer, thread) = Writer::start(engines)?;
        let shared = Shared {
            client: Arc::new(client(&config)?),
            gate: Arc::new(HostGate::new(config.settings.concurrency, config.settings.host_pause)),
            listening: Arc::new(listening(&config)?),
            listening_hash: config.listening_hash().into(),
            workers: Workers::start()?,
            writer,
            clock,
        };
        let mut lookout = Lookout {
            shared,
            data_dir: data_dir.to_owned(),
            sources: HashMap::new(),
            tags: Arc::default(),
            concurrency: config.settings.concurrency,
            keep: config.settings.keep,
            retention: config.settings.retention,
            standing: Arc::new(Standing::new(&config, tongue)),
            digests: Arc::new(Digests::new(&config, tongue)),
            memory: Arc::default(),
            deliverer: Arc::new(Mutex::new(Deliverer::new(&config, tongue))),
            quiet: Vec::new(),
            thread,
        };
        lookout.listen(&config).await?;
        lookout.take_in_parked().await?;
        Ok(lookout)
    }

    /// Puts another configuration to work, on the same data folder.
    pub async fn reconfigure(&mut self, config: Config, tongue: Tongue) -> Result<()> {
        // Recorded later, they would count as polls of other brands.
        self.record_quiet().await?;
        self.shared.client = Arc::new(client(&config)?);
        self.shared.gate = Arc::new(HostGate::new(config.settings.concurrency, config.settings.host_pause));
        self.shared.listening = Arc::new(listening(&config)?);
        self.shared.listening_hash = config.listening_hash().into();
        self.concurrency = config.settings.concurrency;
        (self.keep, self.retention) = (config.settings.keep, config.settings.retention);
        self.standing = Arc::new(Standing::new(&config, tongue));
        self.digests = Arc::new(Digests::new(&config, tongue));
        self.memory = Arc::default();
        self.deliverer = Arc::new(Mutex::new(Deliverer::new(&config, tongue)));
        let zone = config.settings.timezone.clone();
        self.shared.writer.call(move |engines| engines.store.set_zone(&zone)).await?;
        self.listen(&config).await
    }

    async fn listen(&mut self, config: &Config) -> Result<()> {
        self.sources = config.sources.iter().map(|s| (s.id.clone(), Arc::new(s.clone()))).collect();
        self.tags = Arc::new(config.source_tags());
        let (sources, tags) = (config.sources.clone(), self.tags.clone());
        let hash = self.shared.listening_hash.clone();
        let listening = self.shared.listening.clone();
        let (gate, now) = (self.shared.gate.clone(), self.shared.clock.now());
        let horizon = horizon(self.keep, self.retention, now);
        self.shared
            .writer
            .call(move |engines| {
                engines.store.set_horizon(horizon);
                engines.store.sync_sources(&sources)?;
                gate.remember_waits(engines.store.host_waits(now)?);
                if rematch_if_changed(&mut engines.store, &hash, &listening, &tags)? {
                    tracing::info!("brands or queries changed: every source is heard whole once more");
                }
                Ok(())
            })
            .await
    }

    /// Takes in what commands have parked, file by file, so that polls are stored in between. Whether there was
    /// anything.
    pub async fn take_in_parked(&self) -> Result<bool> {
        let waiting = inbox::waiting(&self.data_dir);
        for parked in &waiting {
            let (parked, now) = (parked.clone(), self.shared.clock.now());
            let (listening, tags) = (self.shared.listening.clone(), self.tags.clone());
            let take_in = move |engines: &mut Engines| {
                // Whoever parked it waits for what was wrong with it; the lookout goes on.
                match inbox::take_in(engines, &parked, &tags, &listening, now) {
                    Ok(imported) => tracing::info!("{} imported mentions", imported.mentions),
                    Err(error) => tracing::error!("an import could not be taken in: {error:#}"),
                }
                Ok(())
            };
            self.shared.writer.call(take_in).await?;
        }
        if !waiting.is_empty() {
            inbox::sweep(&self.data_dir);
        }
        Ok(!waiting.is_empty())
    }

    /// The configured sources whose time has come, with their health, longest due first.
    pub async fn due(&self) -> Result<Vec<(Arc<Source>, Health)>> {
        let now = self.shared.clock.now();
        let writer = &self.shared.writer;
        let far = latest(now, None)?;
        let mut wrong = writer.call(move |engines| engines.store.sources_after(far)).await?;
        let every = |id: &SourceId| self.sources.get(id).and_then(|source| source.every);
        wrong.retain(|(id, next)| latest(now, every(id)).is_ok_and(|latest| *next > latest));
        let healths = writer.call(move |engines| {
            for (id, next) in wrong {
                tracing::warn!("`{id}` was to be polled at {next}, by a clock that was wrong; it is due");
                engines.store.make_due(&id, now)?;
            }
            engines.store.due(now)
        });
        Ok(self.with_sources(healths.await?))
    }

    /// When the next source will be due; `None` if none is planned.
    pub(super) async fn next_due(&self) -> Result<Option<Timestamp>> {
        let now = self.shared.clock.now();
        self.shared.writer.call(move |engines| engines.store.next_due_after(now)).await
    }

    /// Sources whether due or not: those named, or all enabled ones if none is. Whoever asks for that asks
    /// hosts again that wanted to be left alone.
    pub async fn chosen(&self, ids: &[SourceId]) -> Result<Vec<(Arc<Source>, Health)>> {
        self.shared.gate.forget_waits();
        let healths = self.shared.writer.call(|engines| engines.store.health()).await?;
        let mut chosen = self.with_sources(healths);
        chosen.retain(|(source, _)| if ids.is_empty() { source.enabled } else { ids.contains(&source.id) });
        Ok(chosen)
    }

    fn with_sources(&self, healths: Vec<Health>) -> Vec<(Arc<Source>, Health)> {
        let mut sources = Vec::with_capacity(healths.len());
        sources.extend(healths.into_iter().filter_map(|h| Some((self.sources.get(&h.source)?.clone(), h))));
        sources
    }

    /// Begins to poll one source, or to read on in a stream; what comes out of `polls` goes to [`Lookout::end`].
    pub(super) fn begin(&self, polls: &mut JoinSet<Result<Ended>>, source: Arc<Source>, health: Health) {
        if source.is_stream() {
            polls.spawn(stream::catch_up(self.shared.clone(), source, health));
        } else {
            polls.spawn(polling::poll(self.shared.clone(), source, health));
        }
    }

    /// Begins to listen to all streams.
    pub(super) async fn streams(&self) -> Result<Streams> {
        let mut sources = self.chosen(&[]).await?;
        sources.retain(|(source, _)| source.is_stream());
        Ok(Streams::start(&self.shared, sources))
    }

    /// Takes over what a poll leaves to be recorded with others, by [`Lookout::record_quiet`].
    pub(super) fn end(&mut self, ended: Ended) -> PollReport {
        self.quiet.extend(ended.quiet);
        ended.report
    }

    /// Records the polls that brought no document.
    pub(super) async fn record_quiet(&mut self) -> Result<()> {
        let quiet = std::mem::take(&mut self.quiet);
        if quiet.is_empty() {
            return Ok(());
        }
        // A wait comes of a poll without a document.
        let waits = self.shared.gate.take_waits();
        let record = move |engines: &mut Engines| {
            if !waits.is_empty() {
                engines.store.keep_host_waits(&waits)?;
            }
            engines.store.record_polls(&quiet)
        };
        self.shared.writer.call(record).await
    }

    /// Polls `sources`, a bounded number at once, and brings the index up to date. `each` sees every report
    /// as it comes.
    pub async fn round(
        &mut self,
        sources: Vec<(Arc<Source>, Health)>,
        mut each: impl FnMut(&PollReport),
    ) -> Result<Vec<PollReport>> {
        let mut waiting = sources.into_iter();
        let mut polls = JoinSet::new();
        let mut reports = Vec::new();
        loop {
            // Twice the requests at once, so that one may be prepared while another is fetched.
            while polls.len() < self.concurrency * 2 {
                let Some((source, health)) = waiting.next() else { break };
                self.begin(&mut polls, source, health);
            }
            let Some(ended) = polls.join_next().await else { break };
            let report = self.end(ended??);
            each(&report);
            reports.push(report);
            if self.quiet.len() >= QUIET_AT_ONCE {
                self.record_quiet().await?;
            }
        }
        self.record_quiet().await?;
        self.keep_up().await?;
        Ok(reports)
    }

    /// The number of the latest change of what is stored, whoever made it.
    pub async fn rev(&self) -> Result<u64> {
        self.shared.writer.call(|engines| engines.store.rev()).await
    }

    /// Brings the index up to date.
    pub async fn keep_up(&self) -> Result<()> {
        let keep_up = |engines: &mut Engines| {
            engines.keep_up();
            Ok(())
        };
        self.shared.writer.call(keep_up).await
    }

    /// Deletes what is too old to be kept, a bounded part at a time, if a day has passed since that was last
    /// done. What others bring to the writer is done in between. Nothing is deleted while all servers say that
    /// this machine's clock is wrong.
    pub fn expire(&self) -> impl Future<Output = Result<()>> + Send + use<> {
        let (writer, now) = (self.shared.writer.clone(), self.shared.clock.now());
        let horizon = horizon(self.keep, self.retention, now);
        let denied = self.shared.client.clock_is_denied();
        async move {
            if horizon.is_endless() {
                return Ok(());
            }
            if denied {
                tracing::error!(
                    "every server says that this machine's clock is wrong: nothing is deleted for its age"
                );
                return Ok(());
            }
            let last = writer.call(|engines| engines.store.last_expiry()).await?;
            // One that lies ahead is of a clock that was wrong.
            if last.is_some_and(|last| last <= now && now.duration_since(last) < BETWEEN_EXPIRIES) {
                return Ok(());
            }
            let mut progress = Progress::default();
            while !progress.done {
                let part = move |engines: &mut Engines| {
                    engines.store.set_horizon(horizon);
                    engines.store.expire(progress, EXPIRED_AT_ONCE)
                };
                progress = writer.call(part).await?;
            }
            writer
                .call(move |engines| {
                    engines.store.note_expiry(now)?;
                    engines.keep_up();
                    Ok(())
                })
                .await?;
            if progress.deleted > 0 {
                tracing::info!("{} entries were older than what is kept, and are deleted", progress.deleted);
            }
            Ok(())
        }
    }

    /// Gives back what the index takes to be written; it is taken up again when there is something to write.
    pub(super) async fn rest(&self) -> Result<()> {
        self.shared.writer.call(|engines| engines.index.rest()).await
    }

    /// Looks at every rule once and tells what there is to tell. Returns what was told, and by whom.
    pub async fn evaluate(&self) -> Result<Vec<Delivered>> {
        self.judge().await?;
        self.tell().await
    }

    /// Looks at every rule once, and queues what there is to tell, digests whose time has come among it.
    pub(super) async fn judge(&self) -> Result<()> {
        let (standing, memory) = (self.standing.clone(), self.memory.clone());
        let (digests, now) = (self.digests.clone(), self.shared.clock.now());
        let judge = move |engines: &mut Engines| {
            let mut memory = memory.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            alerting::evaluate(&mut engines.store, &standing, &mut memory, now)?;
            digest::queue_due(&mut engines.store, &digests, now)
        };
        self.shared.writer.call(judge).await
    }

    /// Tells what is due, to each notifier one notice after the other. Cut short, it leaves what is not told yet in the queue.
    pub(super) fn tell(&self) -> impl Future<Output = Result<Vec<Delivered>>> + Send + use<> {
        let (deliverer, writer) = (self.deliverer.clone(), self.shared.writer.clone());
        let now = self.shared.clock.now();
        async move {
            let mut deliverer = deliverer.lock().await;
            let waiting = writer.call(|engines| engines.store.waiting()).await?;
            let note = |delivery: Delivery| {
                let writer = writer.clone();
                async move { writer.call(move |engines| engines.store.note_delivery(&delivery)).await }
            };
            deliverer.deliver(waiting, now, note).await
        }
    }

    /// Ends the writer thread after what it has in hand, the index brought up to date.
    pub async fn close(mut self) -> Result<()> {
        self.record_quiet().await?;
        self.keep_up().await?;
        drop(self.shared);
        let thread = self.thread;
        tokio::task::spawn_blocking(move || thread.join())
            .await?
            .map_err(|_| anyhow::anyhow!("the writer thread panicked"))
    }
}

/// The latest time a poll can have been put off to.
fn latest(now: Timestamp, every: Option<Duration>) -> Result<Timestamp> {
    Ok(now.checked_add(longest_wait(every) + CLOCK_SLACK)?)
}

fn client(config: &Config) -> Result<Client> {
    Client::new(&Options { contact: config.settings.contact.clone(), ..Options::default() })
}

/// What one listens for, from a configuration.
///
/// # Errors
/// If the user's own tone model cannot be used.
pub fn listening(config: &Config) -> Result<Listening> {
    let listening = Listening::new(&config.brands, &config.subjects(), super::tone::model(config)?);
    Ok(match config.settings.keep {
        Keep::Mentions => listening,
        Keep::All | Keep::For(_) => listening.keeping_all(),
    })
}

/// Since when what is kept, by a configuration.
pub fn kept_since(settings: &Settings, now: Timestamp) -> Horizon {
    horizon(settings.keep, settings.retention, now)
}

fn horizon(keep: Keep, retention: Option<Duration>, now: Timestamp) -> Horizon {
    // Before the first of all times nothing was said.
    let before = |length: Duration| now.checked_sub(length).unwrap_or(Timestamp::MIN);
    Horizon {
        mentions: retention.map(before),
        others: match keep {
            Keep::Mentions | Keep::All => None,
            Keep::For(length) => Some(before(length)),
        },
    }
}
