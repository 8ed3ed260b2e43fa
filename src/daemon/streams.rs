//! The streams that are listened to while the loop runs: started together, stopped together.

use std::sync::Arc;

use anyhow::Result;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::PollReport;
use super::polling::Shared;
use super::stream::{Listener, Told};
use crate::model::{Health, Source};

/// Tasks that listen, each to a stream.
pub(super) struct Streams {
    tasks: JoinSet<Result<()>>,
    stop: watch::Sender<bool>,
    reports: mpsc::Receiver<PollReport>,
}

/// Reports that may wait; a stream that brings more waits with them.
const QUEUE: usize = 16;

impl Streams {
    /// Begins to listen to each of `sources`.
    pub fn start(shared: &Shared, sources: Vec<(Arc<Source>, Health)>) -> Streams {
        let (stop, stopped) = watch::channel(false);
        let (sender, reports) = mpsc::channel(QUEUE);
        let mut tasks = JoinSet::new();
        for (source, health) in sources {
            let (shared, stopped, told) = (shared.clone(), stopped.clone(), sender.clone());
            tasks.spawn(async move {
                Listener::new(shared, source, &health, Told::Loop(told)).await?.listen(stopped).await
            });
        }
        Streams { tasks, stop, reports }
    }

    /// What the streams bring next; waits for ever if there are none.
    ///
    /// # Errors
    /// If one of them cannot store what it hears.
    pub async fn next(&mut self) -> Result<PollReport> {
        loop {
            tokio::select! {
                Some(report) = self.reports.recv() => return Ok(report),
                Some(ended) = self.tasks.join_next() => ended??,
                else => std::future::pending().await,
            }
        }
    }

    /// Ends them all: what is in hand is stored, with the places they came to.
    pub async fn stop(mut self) -> Result<()> {
        self.reports.close();
        self.stop.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            ended??;
        }
        Ok(())
    }
}
