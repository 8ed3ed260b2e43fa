//! Counts over time.

use super::{CountBy, SentimentLabel, Timestamp};

/// What was counted in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    pub mentions: u32,
    pub stories: u32,
    pub negative_mentions: u32,
    pub negative_stories: u32,
    pub positive_mentions: u32,
    pub positive_stories: u32,
}

impl Bucket {
    pub fn volume(&self, count: CountBy) -> u32 {
        match count {
            CountBy::Stories => self.stories,
            CountBy::Mentions => self.mentions,
        }
    }

    /// What of it was told in this tone; 0 for neutral, which is not counted apart.
    pub fn toned(&self, tone: SentimentLabel, count: CountBy) -> u32 {
        match (tone, count) {
            (SentimentLabel::Negative, CountBy::Stories) => self.negative_stories,
            (SentimentLabel::Negative, CountBy::Mentions) => self.negative_mentions,
            (SentimentLabel::Positive, CountBy::Stories) => self.positive_stories,
            (SentimentLabel::Positive, CountBy::Mentions) => self.positive_mentions,
            (SentimentLabel::Neutral, _) => 0,
        }
    }

    /// Takes these away, which are in it.
    pub fn take(&mut self, other: Bucket) {
        self.mentions -= other.mentions;
        self.stories -= other.stories;
        self.negative_mentions -= other.negative_mentions;
        self.negative_stories -= other.negative_stories;
        self.positive_mentions -= other.positive_mentions;
        self.positive_stories -= other.positive_stories;
    }

    /// Mentions, and stories that began with one of them, all of one tone.
    pub fn of(mentions: u32, stories: u32, tone: Option<SentimentLabel>) -> Self {
        let in_tone = |wanted| if tone == Some(wanted) { (mentions, stories) } else { (0, 0) };
        let (negative_mentions, negative_stories) = in_tone(SentimentLabel::Negative);
        let (positive_mentions, positive_stories) = in_tone(SentimentLabel::Positive);
        Bucket { mentions, stories, negative_mentions, negative_stories, positive_mentions, positive_stories }
    }
}

impl std::ops::AddAssign for Bucket {
    fn add_assign(&mut self, other: Bucket) {
        self.mentions += other.mentions;
        self.stories += other.stories;
        self.negative_mentions += other.negative_mentions;
        self.negative_stories += other.negative_stories;
        self.positive_mentions += other.positive_mentions;
        self.positive_stories += other.positive_stories;
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
    /// What was counted of all brands that are compared, if some are.
    pub whole: Bucket,
}
