//! An entry that matched one brand, and what is known of it.

use std::sync::Arc;

use super::{BrandId, EntryId, SourceId, Timestamp, id_type};
use crate::text::Span;

id_type!(
    /// `m_` and 32 hexadecimal digits: a hash of entry and brand.
    MentionId
);
id_type!(
    /// `s_` and the digits of its earliest entry's id.
    StoryId
);

/// The language of a text: a primary subtag, or unknown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    English,
    French,
    /// Another language, by its ISO 639-1 code.
    Other(Box<str>),
    Unknown,
}

impl Language {
    /// `None` when unknown.
    pub fn code(&self) -> Option<&str> {
        match self {
            Language::English => Some("en"),
            Language::French => Some("fr"),
            Language::Other(code) => Some(code),
            Language::Unknown => None,
        }
    }

    pub fn from_code(code: Option<&str>) -> Self {
        match code {
            None | Some("") => Language::Unknown,
            Some("en") => Language::English,
            Some("fr") => Language::French,
            Some(other) => Language::Other(other.into()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SentimentLabel {
    Negative,
    Neutral,
    Positive,
}

impl SentimentLabel {
    pub const ALL: [SentimentLabel; 3] =
        [SentimentLabel::Negative, SentimentLabel::Neutral, SentimentLabel::Positive];

    pub fn as_str(self) -> &'static str {
        match self {
            SentimentLabel::Negative => "negative",
            SentimentLabel::Neutral => "neutral",
            SentimentLabel::Positive => "positive",
        }
    }
}

/// The tone of a text: probabilities that sum to one, in the order negative, neutral, positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sentiment {
    pub p: [f32; 3],
}

impl Sentiment {
    /// Softmax.
    pub fn from_logits(logits: [f32; 3]) -> Self {
        let most = logits.iter().copied().fold(f32::MIN, f32::max);
        Self { p: logits.map(|logit| (logit - most).exp()) }.weighed([1.0; 3])
    }

    /// With each class that many times as probable against the others.
    pub fn weighed(self, weights: [f32; 3]) -> Self {
        let weighed: [f32; 3] = std::array::from_fn(|class| self.p[class] * weights[class]);
        let sum: f32 = weighed.iter().sum();
        Self { p: weighed.map(|p| p / sum) }
    }

    /// The most probable label; on a tie neutral first, then negative.
    pub fn label(&self) -> SentimentLabel {
        let [negative, neutral, positive] = self.p;
        if neutral >= negative && neutral >= positive {
            SentimentLabel::Neutral
        } else if negative >= positive {
            SentimentLabel::Negative
        } else {
            SentimentLabel::Positive
        }
    }

    /// p(positive) − p(negative), in [−1, 1].
    pub fn score(&self) -> f32 {
        self.p[2] - self.p[0]
    }
}

/// Where and why an entry matched a brand. Spans point into the entry's original title and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    pub brand: BrandId,
    pub title_spans: Vec<Span>,
    pub text_spans: Vec<Span>,
    /// The entry comes from the brand's own domain or account.
    pub own_voice: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MentionStatus {
    New,
    Open,
    Done,
    Ignored,
}

/// Something a person did with a mention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handling {
    pub at: Timestamp,
    /// As they call themselves; `None` where it is not known.
    pub who: Option<String>,
    pub deed: Deed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Tagged(String),
    Untagged(String),
    Noted(String),
    Moved(MentionStatus),
}

impl Deed {
    /// In one word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Deed::Tagged(_) => "tag",
            Deed::Untagged(_) => "untag",
            Deed::Noted(_) => "note",
            Deed::Moved(_) => "status",
        }
    }

    pub fn value(&self) -> &str {
        match self {
            Deed::Tagged(text) | Deed::Untagged(text) | Deed::Noted(text) => text,
            Deed::Moved(status) => status.as_str(),
        }
    }
}

impl MentionStatus {
    pub const ALL: [MentionStatus; 4] =
        [MentionStatus::New, MentionStatus::Open, MentionStatus::Done, MentionStatus::Ignored];

    pub fn as_str(self) -> &'static str {
        match self {
            MentionStatus::New => "new",
            MentionStatus::Open => "open",
            MentionStatus::Done => "done",
            MentionStatus::Ignored => "ignored",
        }
    }

    pub fn read(name: &str) -> Option<Self> {
        MentionStatus::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// A stored mention with the parts of its entry that people read.
#[derive(Clone, Debug, PartialEq)]
pub struct Mention {
    pub id: MentionId,
    pub entry: EntryId,
    pub brand: BrandId,
    pub source: SourceId,
    pub guid: Option<String>,
    pub link: Option<String>,
    pub title: Option<String>,
    /// The entry's body, whole.
    pub text: String,
    pub author: Option<String>,
    pub published: Option<Timestamp>,
    pub observed: Timestamp,
    pub language: Language,
    /// `None` where the language is neither French nor English.
    pub sentiment: Option<Sentiment>,
    /// The name of the model that told `sentiment`; `None` where it is not known.
    pub model: Option<Arc<str>>,
    pub title_spans: Vec<Span>,
    pub text_spans: Vec<Span>,
    pub story: StoryId,
    /// Mentions of this brand in the story, itself included.
    pub copies: u32,
    /// The tags the entry's publisher gave.
    pub entry_tags: Vec<String>,
    /// The user's tags.
    pub tags: Vec<String>,
    pub status: MentionStatus,
    pub own_voice: bool,
    /// Heard in a source's first document or by import: never raises an alert.
    pub backfill: bool,
}

impl Mention {
    /// `None` where the language is neither French nor English.
    pub fn tone(&self) -> Option<SentimentLabel> {
        self.sentiment.map(|sentiment| sentiment.label())
    }

    pub fn is_negative(&self) -> bool {
        self.tone() == Some(SentimentLabel::Negative)
    }

    pub fn is_positive(&self) -> bool {
        self.tone() == Some(SentimentLabel::Positive)
    }

    /// Title and body, each on its own line.
    pub fn whole_text(&self) -> String {
        format!("{}\n{}", self.title.as_deref().unwrap_or(""), self.text)
    }

    /// When it counts, sorts and filters: published, else observed.
    pub fn at(&self) -> Timestamp {
        self.published.unwrap_or(self.observed)
    }
}

/// One step of the store's history, for whoever keeps a derived copy.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The mention as it is now, told for the first time.
    New(Box<Mention>),
    /// The mention as it is now.
    Put(Box<Mention>),
    Gone(MentionId),
}
