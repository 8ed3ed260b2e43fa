//! Mentions to index.

use crate::model::{
    BrandId, Change, EntryId, Language, Mention, MentionId, MentionStatus, SourceId, StoryId, Timestamp,
};

/// A mention numbered `n`, published `n` seconds after 2026-01-01.
pub fn mention(n: u64, title: &str, text: &str) -> Mention {
    let at = "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap().as_second() + n as i64;
    let at = Timestamp::from_second(at).unwrap();
    Mention {
        id: MentionId::new(format!("m_{n:032}")),
        entry: EntryId::new(format!("e_{n:04}")),
        brand: BrandId::new("acme"),
        source: SourceId::new("ecodaily"),
        guid: None,
        link: None,
        title: Some(title.to_owned()).filter(|title| !title.is_empty()),
        text: text.to_owned(),
        author: None,
        published: Some(at),
        observed: at,
        language: Language::English,
        sentiment: None,
        model: None,
        title_spans: Vec::new(),
        text_spans: Vec::new(),
        story: StoryId::new(format!("s_{n:032}")),
        copies: 1,
        entry_tags: Vec::new(),
        tags: Vec::new(),
        status: MentionStatus::New,
        own_voice: false,
        backfill: false,
    }
}

pub fn put(rev: u64, mention: Mention) -> (u64, Change) {
    (rev, Change::Put(Box::new(mention)))
}
