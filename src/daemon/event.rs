//! What the running lookout reacts to.

use super::PollReport;

/// A closed set: everything that can happen to the loop.
#[derive(Debug)]
pub enum Event {
    /// Time to look which sources are due.
    Tick,
    /// A poll ended.
    Polled(Box<PollReport>),
    /// SIGHUP, or a configuration file changed.
    Reload,
    /// SIGINT or SIGTERM.
    Stop,
}
