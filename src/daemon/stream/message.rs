//! One message of a stream, and the count of many.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::time::Instant;

use crate::model::Source;
use crate::prepare::{Listening, Prepared, prepare_one};
use crate::sources::presets::jetstream::{self, Event};
use crate::sources::{Problem, ProblemKind};

/// What a message says that is one.
pub(super) struct Message {
    pub time_us: u64,
    pub is_post: bool,
    /// The post if it names a brand.
    pub kept: Option<Prepared>,
}

/// Reads one message and matches what it tells.
///
/// # Errors
/// Why it is no message, in words.
pub(super) fn read(text: &str, source: &Source, listening: &Listening) -> Result<Message, String> {
    let read = || match jetstream::read(text) {
        Event::Post { time_us, entry } => {
            let kept = prepare_one(source.id.as_str(), &source.tags, *entry, listening);
            Ok(Message { time_us, is_post: true, kept })
        }
        Event::Other { time_us } => Ok(Message { time_us, is_post: false, kept: None }),
        Event::Odd(why) => Err(why),
    };
    // One message must not end the stream, and again after each connection.
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err("a fault of vigie".to_owned()))
}

/// What was told since the last note.
pub(super) struct Tally {
    pub since: Instant,
    pub messages: u64,
    pub posts: usize,
    pub kept: u64,
    pub odd: u64,
    /// Why the latest odd message was odd.
    pub why: String,
}

impl Tally {
    pub fn new() -> Self {
        Self { since: Instant::now(), messages: 0, posts: 0, kept: 0, odd: 0, why: String::new() }
    }

    pub fn odd(&mut self, why: String) {
        self.odd += 1;
        self.why = why;
    }

    pub fn problems(&self) -> Vec<Problem> {
        let message = match self.odd {
            0 => return Vec::new(),
            1 => format!("1 odd message: {}", self.why),
            odd => format!("{odd} odd messages, the last one: {}", self.why),
        };
        vec![Problem { kind: ProblemKind::Lost, message }]
    }
}
