//! The one writer: a thread that owns the store's write connection and the index writer.
//!
//! Work reaches it as closures through a bounded channel; when the channel is full, polling waits.

use anyhow::{Result, anyhow};
use tokio::sync::{mpsc, oneshot};

use crate::ingest::Engines;

/// Jobs that may wait; whoever brings more waits with them.
const QUEUE: usize = 64;

type Job = Box<dyn FnOnce(&mut Engines) + Send>;

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
            while let Some(job) = inbox.blocking_recv() {
                job(&mut engines);
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
        let job: Job = Box::new(move |engines| {
            // Nobody waits for the answer of a cancelled poll; the work itself is done all the same.
            let _ = answer.send(work(engines));
        });
        self.jobs.send(job).await.map_err(|_| anyhow!("the writer thread has ended"))?;
        reply.await.map_err(|_| anyhow!("the writer thread has ended"))?
    }
}
