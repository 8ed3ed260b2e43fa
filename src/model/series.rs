//! Counts over time.

use super::Timestamp;

/// What was counted in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    pub mentions: u32,
    pub stories: u32,
    pub negative_mentions: u32,
    pub negative_stories: u32,
}

impl std::ops::AddAssign for Bucket {
    fn add_assign(&mut self, other: Bucket) {
        self.mentions += other.mentions;
        self.stories += other.stories;
        self.negative_mentions += other.negative_mentions;
        self.negative_stories += other.negative_stories;
    }
}

/// Counts per half-open bucket `[start + i·step, start + (i+1)·step)`, gap-free: an empty bucket is a
/// zero that was observed.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub start: Timestamp,
    /// Seconds per bucket.
    pub step_s: u32,
    pub buckets: Vec<Bucket>,
}

impl Series {
    /// The instant just after the last bucket.
    pub fn end(&self) -> Timestamp {
        let seconds = i64::from(self.step_s) * self.buckets.len() as i64;
        Timestamp::from_second(self.start.as_second() + seconds).unwrap_or(Timestamp::MAX)
    }
}

/// What was heard in the past, slot by slot, beside what of it today's sources could have heard.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    pub start: Timestamp,
    /// Seconds per slot.
    pub step_s: u32,
    /// `None` where too little was heard to tell.
    pub slots: Vec<Option<Heard>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    pub counts: Bucket,
    /// The share of today's talk that comes from the sources that were known then, in (0, 1].
    pub share: f64,
    /// The share of it whose sources could not be heard then.
    pub deaf: f64,
}
