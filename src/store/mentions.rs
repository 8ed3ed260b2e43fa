//! Mentions as people read them, and the history of their changes.

use std::ops::ControlFlow;

use anyhow::Result;

use super::{Reader, Scope, Store};
use crate::model::{Change, Entry, EntryId, Language, Mention, MentionId, SourceId, StoryId, Timestamp};
use crate::prepare::PreparedMention;

/// An entry as it is kept. Its body is in `entry.content`.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptEntry {
    pub id: EntryId,
    pub source: SourceId,
    pub entry: Entry,
    pub observed: Timestamp,
    /// As detected; `entry.language` is what the feed declared.
    pub language: Language,
    pub backfill: bool,
    /// One per brand, ordered by brand.
    pub mentions: Vec<Mention>,
}

impl Reader {
    pub fn mention(&self, id: &MentionId) -> Result<Option<Mention>> {
        let _ = id;
        todo!()
    }

    /// In the order of `ids`; those that do not exist (any more) are left out.
    pub fn mentions(&self, ids: &[MentionId]) -> Result<Vec<Mention>> {
        let _ = ids;
        todo!()
    }

    /// What counts in `scope` (never the brand's own voice), newest first.
    pub fn mention_rows(&self, scope: &Scope<'_>, negative_only: bool, limit: usize) -> Result<Vec<Mention>> {
        let _ = (scope, negative_only, limit);
        todo!()
    }

    /// The story's id today, for any id it ever had.
    pub fn story_of(&self, id: &StoryId) -> Result<Option<StoryId>> {
        let _ = id;
        todo!()
    }

    /// All mentions of a story, under any id it ever had, oldest first.
    pub fn story(&self, id: &StoryId) -> Result<Vec<Mention>> {
        let _ = id;
        todo!()
    }

    /// What changed after `rev`, each mention once, as it is now; ordered by rev.
    pub fn changes_since(&self, rev: u64, limit: usize) -> Result<Vec<(u64, Change)>> {
        let _ = (rev, limit);
        todo!()
    }

    /// Hands every entry of `[since, until)` that has mentions to `each`, in the order of time, in constant
    /// memory, until it breaks.
    pub fn export(
        &self,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        each: &mut dyn FnMut(KeptEntry) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let _ = (since, until, each);
        todo!()
    }

    /// A page of all kept entries, in the order they were stored: pass 0 first, then the number that came
    /// with the last one.
    pub fn kept_entries(&self, after: i64, limit: usize) -> Result<Vec<(i64, KeptEntry)>> {
        let _ = (after, limit);
        todo!()
    }
}

impl Store {
    /// Replaces whom kept entries are mentions of, in one transaction: after a change of brands or queries.
    pub fn replace_matches(&mut self, entries: &[(EntryId, Vec<PreparedMention>)]) -> Result<()> {
        let _ = entries;
        todo!()
    }
}
