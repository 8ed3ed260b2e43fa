//! Kept entries matched again after a change of brands or queries.

use std::collections::HashMap;

use anyhow::Result;

use crate::model::Source;
use crate::prepare::{Listening, find_mentions};
use crate::store::Store;

/// Entries matched in one transaction.
const PAGE: usize = 1_000;

/// Matches every kept entry with the brands and queries of `listening`. Entries that were never kept,
/// because they named nobody then, are not known here: the next poll hears what the feeds still hold.
pub fn rematch(store: &mut Store, listening: &Listening, sources: &[Source]) -> Result<()> {
    let tags: HashMap<&str, &[String]> = sources.iter().map(|s| (s.id.as_str(), s.tags.as_slice())).collect();
    let mut after = 0;
    loop {
        let page = store.kept_entries(after, PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        let matched: Vec<_> = page
            .into_iter()
            .map(|(_, kept)| {
                let source = kept.source.as_str();
                let tags = tags.get(source).copied().unwrap_or_default();
                (kept.id, find_mentions(source, tags, &kept.entry, &kept.language, listening))
            })
            .collect();
        store.replace_matches(&matched)?;
    }
}
