//! Mentions scored anew with the model of today: nothing else changes the tone of a text that is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;

use crate::model::{Mention, SentimentLabel, Timestamp};
use crate::prepare::{Listening, PreparedMention, find_mentions};
use crate::store::Store;

/// Entries scored before a transaction, and written in it.
const PAGE: usize = 500;

/// What was scored, and what it changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rescored {
    /// Mentions that have a tone now.
    pub mentions: u64,
    /// Those that have none: they are neither French nor English.
    pub untold: u64,
    /// Those whose label, score or model is another.
    pub changed: u64,
    /// Those that keep what they had: an edit took the brand out of their text.
    pub left: u64,
    /// `mentions` by the model that told their tone.
    pub models: BTreeMap<Arc<str>, u64>,
    /// Those that have another label, by the one they had and the one they have.
    pub labels: BTreeMap<(Option<SentimentLabel>, Option<SentimentLabel>), u64>,
}

/// Scores the mentions kept of `[since, until)`; the store must listen for what `listening` is of. Done twice, or
/// once more after it was cut short, it comes to the same.
pub fn rescore(
    store: &mut Store,
    listening: &Listening,
    tags: &BTreeMap<String, Vec<String>>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<Rescored> {
    let mut rescored = Rescored::default();
    let mut after = None;
    loop {
        let page = store.named_entries(since, until, after, PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(rescored) };
        after = Some(*last);
        let mut changed = Vec::new();
        for (_, kept) in page {
            let source = kept.source.as_str();
            let tags = tags.get(source).map_or(&[][..], Vec::as_slice);
            let mut told = find_mentions(source, tags, &kept.entry, &kept.language, &[], listening);
            let is_told = |mention: &&Mention| told.iter().any(|now| now.matched.brand == mention.brand);
            rescored.left += kept.mentions.iter().filter(|mention| !is_told(mention)).count() as u64;
            told.retain(|now| {
                let before = kept.mentions.iter().find(|before| before.brand == now.matched.brand);
                before.is_some_and(|before| rescored.differs(before, now))
            });
            if !told.is_empty() {
                changed.push((kept.id, told));
            }
        }
        store.replace_tones(&changed)?;
        tracing::info!("{} mentions scored anew", rescored.mentions);
    }
}

impl Rescored {
    /// Counts a mention; whether it changes.
    fn differs(&mut self, before: &Mention, now: &PreparedMention) -> bool {
        match &now.model {
            Some(model) => {
                self.mentions += 1;
                *self.models.entry(model.clone()).or_default() += 1;
            }
            None => self.untold += 1,
        }
        let labels = (before.sentiment.map(|s| s.label()), now.sentiment.map(|s| s.label()));
        if labels.0 != labels.1 {
            *self.labels.entry(labels).or_default() += 1;
        }
        let differs = (before.sentiment, &before.model) != (now.sentiment, &now.model);
        self.changed += u64::from(differs);
        differs
    }
}
