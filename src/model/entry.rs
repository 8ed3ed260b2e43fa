//! One normalised item of a feed, whoever it speaks of.

use std::collections::BTreeMap;

use super::{Timestamp, id_type};

id_type!(
    /// `e_` and 32 hexadecimal digits: a hash of the key the entry was first filed under.
    EntryId
);

/// What a document says in one of its items. Texts are plain: no markup, entities decoded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// As written, trimmed.
    pub guid: Option<String>,
    /// Absolute, not canonicalised.
    pub link: Option<String>,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub content: Option<String>,
    /// Name, else address.
    pub author: Option<String>,
    /// Never taken from `updated`; `None` if missing or unreadable.
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    /// Primary subtag as declared by the entry, else the feed; never detected.
    pub language: Option<String>,
    pub image: Option<String>,
    pub format: Format,
    pub tags: Vec<String>,
    /// What readers did with it, as far as the source says: likes, reposts, comments, points, views, stars.
    pub engagement: BTreeMap<String, u64>,
    /// What an import said beside all that: a JSON object.
    pub extra: Option<String>,
}

/// What an entry carries, as far as its source says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    #[default]
    Text,
    Image,
    Audio,
    Video,
}

impl Format {
    pub const ALL: [Format; 4] = [Format::Text, Format::Image, Format::Audio, Format::Video];

    pub fn as_str(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Image => "image",
            Format::Audio => "audio",
            Format::Video => "video",
        }
    }

    /// As it is stored: its place in [`Format::ALL`].
    pub fn from_number(number: usize) -> Self {
        Self::ALL.get(number).copied().unwrap_or_default()
    }

    /// Of a media type (`audio/mpeg`) or medium (`video`).
    pub fn of_media(media: &str) -> Option<Self> {
        let kind = media.trim().split('/').next()?.to_ascii_lowercase();
        Self::ALL[1..].iter().copied().find(|format| format.as_str() == kind)
    }
}

impl Entry {
    /// The body: content, else summary, else empty.
    pub fn text(&self) -> &str {
        self.content.as_deref().or(self.summary.as_deref()).unwrap_or("")
    }

    pub fn title_text(&self) -> &str {
        self.title.as_deref().unwrap_or("")
    }
}
