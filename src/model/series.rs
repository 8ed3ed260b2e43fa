//! Counts over time.

use std::collections::BTreeMap;

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
    /// With a word of crisis beside the brand's name, and not positive.
    pub alarming_mentions: u32,
    pub alarming_stories: u32,
    /// Of these, what is negative.
    pub grave_mentions: u32,
    pub grave_stories: u32,
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

    /// What is bad news, each once: negative, or with a word of crisis beside the brand's name.
    pub fn bad(&self, count: CountBy) -> u32 {
        let (alarming, grave) = match count {
            CountBy::Stories => (self.alarming_stories, self.grave_stories),
            CountBy::Mentions => (self.alarming_mentions, self.grave_mentions),
        };
        self.toned(SentimentLabel::Negative, count) + alarming - grave
    }

    pub fn alarming(&self, count: CountBy) -> u32 {
        match count {
            CountBy::Stories => self.alarming_stories,
            CountBy::Mentions => self.alarming_mentions,
        }
    }

    /// Beside the counts of a brand, those of its mentions with a word of crisis.
    pub fn with_alarming(self, of: &Bucket) -> Self {
        Bucket {
            alarming_mentions: of.mentions - of.positive_mentions,
            alarming_stories: of.stories - of.positive_stories,
            grave_mentions: of.negative_mentions,
            grave_stories: of.negative_stories,
            ..self
        }
    }

    /// Takes these away, which are in it.
    pub fn take(&mut self, other: Bucket) {
        self.each(other, |count, other| count - other);
    }

    fn each(&mut self, other: Bucket, to: impl Fn(u32, u32) -> u32) {
        let pairs = [
            (&mut self.mentions, other.mentions),
            (&mut self.stories, other.stories),
            (&mut self.negative_mentions, other.negative_mentions),
            (&mut self.negative_stories, other.negative_stories),
            (&mut self.positive_mentions, other.positive_mentions),
            (&mut self.positive_stories, other.positive_stories),
            (&mut self.alarming_mentions, other.alarming_mentions),
            (&mut self.alarming_stories, other.alarming_stories),
            (&mut self.grave_mentions, other.grave_mentions),
            (&mut self.grave_stories, other.grave_stories),
        ];
        for (count, other) in pairs {
            *count = to(*count, other);
        }
    }

    /// Of mentions, each with its story and its tone: a story counts once, and once among those of each tone.
    pub fn count<S: Ord>(told: impl IntoIterator<Item = (S, Option<SentimentLabel>)>) -> Self {
        let (mut counts, mut stories) = (Bucket::default(), BTreeMap::new());
        for (story, tone) in told {
            counts += Bucket::of(1, 0, tone);
            let [negative, positive]: &mut [bool; 2] = stories.entry(story).or_default();
            *negative |= tone == Some(SentimentLabel::Negative);
            *positive |= tone == Some(SentimentLabel::Positive);
        }
        for [negative, positive] in stories.into_values() {
            counts.stories += 1;
            counts.negative_stories += u32::from(negative);
            counts.positive_stories += u32::from(positive);
        }
        counts
    }

    /// Mentions, and stories that began with one of them, all of one tone.
    pub fn of(mentions: u32, stories: u32, tone: Option<SentimentLabel>) -> Self {
        let in_tone = |wanted| if tone == Some(wanted) { (mentions, stories) } else { (0, 0) };
        let (negative_mentions, negative_stories) = in_tone(SentimentLabel::Negative);
        let (positive_mentions, positive_stories) = in_tone(SentimentLabel::Positive);
        Bucket {
            mentions,
            stories,
            negative_mentions,
            negative_stories,
            positive_mentions,
            positive_stories,
            ..Bucket::default()
        }
    }
}

impl std::ops::AddAssign for Bucket {
    fn add_assign(&mut self, other: Bucket) {
        self.each(other, |count, other| count + other);
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
