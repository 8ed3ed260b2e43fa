//! Polling, streams, the writer thread, and the loop that runs until it is told to stop.

mod agenda;
pub mod configuration;
mod event;
mod failure;
mod lookout;
mod polling;
mod preset;
mod running;
mod stream;
mod streams;
mod token;
pub mod tone;
mod workers;
mod writer;

use jiff::Timestamp;

pub use event::Event;
pub use lookout::{Lookout, kept_since, listening};
pub use polling::{PollOutcome, PollReport};
pub use preset::{Tried, try_out};
pub use running::run;
pub use stream::{Heard, TRIAL, listen_in};
pub use writer::Writer;

/// What time it is: the machine's, or a fixed one (`--now`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    System,
    Fixed(Timestamp),
}

impl Clock {
    pub fn now(self) -> Timestamp {
        match self {
            Clock::System => Timestamp::now(),
            Clock::Fixed(now) => now,
        }
    }
}
