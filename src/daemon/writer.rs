//! The one writer: a thread that owns the store's write connection and the index writer.
//!
//! Work reaches it through a bounded channel; when the channel is full, polling waits. Documents that come
//! close upon each other share a transaction, which costs less than one for each.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use tokio::sync::{mpsc, oneshot};

use crate::ingest::Engines;
use crate::prepare::Batch;
use crate::store::{Ingested, Polled};

/// Jobs that may wait; whoever brings more waits with them.
const QUEUE: usize = 64;

/// A document that comes so soon after the last one waits for more to share its transaction with. One that
/// comes alone is stored at once: somebody may be waiting to be told.
const CLOSE: Duration = Duration::from_millis(20);
const GATHERING: Duration = Duration::from_millis(8);

enum Job {
    Call(Call),
    Ingest(Box<Waiting>),
}

type Call = Box<dyn FnOnce(&mut Engines) + Send>;

/// A document that waits to be stored, and who waits for the answer.
struct Waiting {
    batch: Batch,
    polled: Polled,
    answer: oneshot::Sender<Result<Ingested>>,
}

/// A handle to the writer thread. Cheap to clone; the thread ends when the last one is dropped.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the thread. The second value ends when the thread has: join it after dropping the handles.
    pub fn start(mut engines: Engines) -> Result<(Writer, std::thread::JoinHandle<()>)> {
        let (jobs, mut inbox) = mpsc::channel::<Job>(QUEUE);
        let thread = std::thread::Builder::new().name("writer".into()).spawn(move || {
            let mut stored: Option<Instant> = None;
            while let Some(job) = inbox.blocking_recv() {
                let next = match job {
                    Job::Call(work) => Some(work),
                    Job::Ingest(first) => {
                        if stored.is_some_and(|at| at.elapsed() < CLOSE) {
                            std::thread::sleep(GATHERING);
                        }
                        let (documents, next) = gather(*first, &mut inbox);
                        ingest(&mut engines, documents);
                        stored = Some(Instant::now());
                        next
                    }
                };
                if let Some(work) = next {
                    work(&mut engines);
                }
            }
        })?;
        Ok((Writer { jobs }, thread))
    }

    /// Runs `work` on the writer thread and returns what it answers.
    ///
    /// # Errors
    /// What `work` fails with, or that the writer thread is gone (it ends only by a panic).
    pub async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engines) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, reply) = oneshot::channel();
        // Nobody waits for the answer of a cancelled poll; the work itself is done all the same.
        let job = Job::Call(Box::new(move |engines| drop(answer.send(work(engines)))));
        self.send(job, reply).await
    }

    /// Stores a document, whole or not at all.
    ///
    /// # Errors
    /// As [`Writer::call`].
    pub async fn ingest(&self, batch: Batch, polled: Polled) -> Result<Ingested> {
        let (answer, reply) = oneshot::channel();
        self.send(Job::Ingest(Box::new(Waiting { batch, polled, answer })), reply).await
    }

    async fn send<T>(&self, job: Job, reply: oneshot::Receiver<Result<T>>) -> Result<T> {
        self.jobs.send(job).await.map_err(|_| anyhow!("the writer thread has ended"))?;
        reply.await.map_err(|_| anyhow!("the writer thread has ended"))?
    }
}

/// The documents that wait already, and the call that came after them.
fn gather(first: Waiting, inbox: &mut mpsc::Receiver<Job>) -> (Vec<Waiting>, Option<Call>) {
    let mut documents = vec![first];
    while documents.len() < QUEUE {
        match inbox.try_recv() {
            Ok(Job::Ingest(document)) => documents.push(*document),
            Ok(Job::Call(work)) => return (documents, Some(work)),
            Err(_) => break,
        }
    }
    (documents, None)
}

fn ingest(engines: &mut Engines, documents: Vec<Waiting>) {
    let together: Vec<_> = documents.iter().map(|document| (&document.batch, &document.polled)).collect();
    // One that cannot be stored must not take the others with it: then each goes by itself.
    let mut done = engines.store.ingest_all(&together).ok().map(Vec::into_iter);
    for Waiting { batch, polled, answer } in documents {
        let stored = match done.as_mut().and_then(Iterator::next) {
            Some(stored) => Ok(stored),
            None => engines.store.ingest(&batch, &polled),
        };
        // As with a call: the document of a cancelled poll is stored, and nobody is told.
        drop(answer.send(stored));
    }
}
