//! Kept entries matched again after a change of brands or queries.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::prepare::{Listening, find_mentions};
use crate::store::Store;

/// Entries matched in one transaction.
const PAGE: usize = 1_000;

/// Matches what is kept again if brands or queries are others than the last time; `hash` is theirs. Whether they
/// are.
pub fn rematch_if_changed(
    store: &mut Store,
    hash: &str,
    listening: &Listening,
    tags: &BTreeMap<String, Vec<String>>,
) -> Result<bool> {
    if store.listens_for(hash)? {
        return Ok(false);
    }
    // Killed in between, the next start matches all that is kept again, whatever it listens for.
    store.forget_listening()?;
    rematch(store, listening, tags)?;
    store.note_listening(hash)?;
    Ok(true)
}

/// Matches every kept entry with the brands and queries of `listening`; what is a mention already keeps its tone.
/// Entries that were never kept, because they named nobody then, are not known here: the next poll hears what the
/// feeds still hold. `tags` are those of the configured sources, by their ids.
fn rematch(store: &mut Store, listening: &Listening, tags: &BTreeMap<String, Vec<String>>) -> Result<()> {
    let mut after = 0;
    loop {
        let page = store.kept_entries(after, PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        let matched: Vec<_> = page
            .into_iter()
            .map(|(_, kept)| {
                let source = kept.source.as_str();
                let tags = tags.get(source).map_or(&[][..], Vec::as_slice);
                let known = kept.mentions.as_slice();
                (kept.id, find_mentions(source, tags, &kept.entry, &kept.language, known, listening))
            })
            .collect();
        store.replace_matches(&matched)?;
    }
}
