//! What the running lookout reacts to.

use super::PollReport;
use crate::alerting::Delivered;

/// A closed set: everything that can happen to the loop.
#[derive(Debug)]
pub enum Event {
    /// It is time for something the agenda has.
    Tick,
    /// A poll ended.
    Polled(Box<PollReport>),
    /// What was to be told is told, or will be tried again.
    Told(Vec<Delivered>),
    /// SIGHUP, or a configuration file changed.
    Reload,
    /// A command has parked an import.
    Parked,
    /// SIGINT or SIGTERM.
    Stop,
}
