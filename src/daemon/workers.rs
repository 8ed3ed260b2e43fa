//! Where documents are read and matched: a few threads that do nothing else.
//!
//! The runtime's blocking pool would do, but it takes a thread for each document under way, and what the
//! allocator keeps for each of so many threads came to a quarter of all memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use anyhow::{Result, anyhow};
use tokio::sync::oneshot;

/// More would wait for documents to come.
const MOST: usize = 4;

type Job = Box<dyn FnOnce() + Send>;

/// A handle to the threads. Cheap to clone; they end when the last one is dropped.
#[derive(Clone)]
pub struct Workers {
    jobs: mpsc::Sender<Job>,
}

/// The work ended in a panic, of which the log tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panicked;

impl Workers {
    /// Starts a thread for each core, up to a few.
    pub fn start() -> Result<Workers> {
        let (jobs, inbox) = mpsc::channel::<Job>();
        let inbox = Arc::new(Mutex::new(inbox));
        for number in 0..thread::available_parallelism().map_or(1, usize::from).min(MOST) {
            let inbox = inbox.clone();
            thread::Builder::new().name(format!("worker {number}")).spawn(move || {
                loop {
                    // The lock is held while waiting, and let go of before the work.
                    let job = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(job) = job else { break };
                    job();
                }
            })?;
        }
        Ok(Workers { jobs })
    }

    /// Does `work` on one of the threads and returns what it answers. It is done even if nobody waits any more.
    ///
    /// # Errors
    /// If the threads are gone. The inner error: `work` panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Result<T, Panicked>> {
        let (answer, reply) = oneshot::channel();
        let job = move || {
            // What the work had in hand is dropped with it.
            let done = catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panicked);
            drop(answer.send(done));
        };
        self.jobs.send(Box::new(job)).map_err(|_| anyhow!("the worker threads have ended"))?;
        reply.await.map_err(|_| anyhow!("the worker threads have ended"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_its_work_alone() {
        let workers = Workers::start().unwrap();
        for round in 0..2 * MOST {
            let fault = move || -> usize { panic!("fault {round}") };
            assert_eq!(workers.run(fault).await.unwrap(), Err(Panicked));
            assert_eq!(workers.run(move || round).await.unwrap(), Ok(round));
        }
    }
}
