//! Entries that name no brand, as far as they are kept: what a search finds among them.
//!
//! The index holds mentions, so these are read from the store one after the other, newest first, and the query is
//! evaluated in memory. They are only asked where the query says `brand:none`.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use anyhow::Result;
use jiff::Timestamp;

use super::entry::{document, language_of, tags_of};
use super::search::{FacetValue, FacetView, MentionView};
use crate::index::{Facet, Options, facet_of_time};
use crate::model::MentionStatus;
use crate::query::{Ast, Compiled, Fact, NO_BRAND, Prepared};
use crate::store::{KeptEntry, Reader};
use crate::text::{Span, url};

/// Whether a query speaks of entries that name no brand.
pub fn is_asked(ast: &Ast) -> bool {
    ast.values_of(Fact::Brand).iter().any(|brand| brand.eq_ignore_ascii_case(NO_BRAND))
}

/// Hands each one that matches to `take`, newest first, with its time, until it breaks.
pub fn each(
    store: &Reader,
    ast: &Ast,
    options: &Options,
    take: &mut dyn FnMut(Timestamp, MentionView) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let compiled = Compiled::new(ast);
    store.nameless(options.since, options.until, &mut |kept| {
        let source_tags = options.source_tags.get(kept.source.as_str()).map_or(&[][..], Vec::as_slice);
        let tags = tags_of(&kept, source_tags);
        let document = document(&kept, &tags);
        let mut language = || language_of(&kept);
        let prepared = Prepared::asking(&document, &mut language);
        if !compiled.matches(&prepared) {
            return Ok(ControlFlow::Continue(()));
        }
        let spans = compiled.spans(&prepared);
        take(kept.entry.published.unwrap_or(kept.observed), view(&kept, &spans.text, source_tags))
    })
}

/// As a mention is shown. It has no id of a mention and no story: those of the entry stand there.
fn view(kept: &KeptEntry, spans: &[Span], source_tags: &[String]) -> MentionView {
    let (excerpt, spans) = super::search::excerpt_of(kept.entry.text(), spans);
    MentionView {
        id: kept.id.to_string(),
        entry: kept.id.to_string(),
        brand: NO_BRAND.to_owned(),
        source: kept.source.to_string(),
        title: kept.entry.title.clone(),
        excerpt,
        spans,
        link: kept.entry.link.clone(),
        author: kept.entry.author.clone(),
        published: kept.entry.published.map(|at| at.to_string()),
        observed: kept.observed.to_string(),
        language: language_of(kept),
        sentiment: None,
        story: kept.id.to_string(),
        copies: 1,
        source_tags: source_tags.to_vec(),
        tags: Vec::new(),
        status: MentionStatus::New.as_str(),
        own_voice: false,
    }
}

/// How many match, the newest of them, and how they divide.
pub struct Found {
    pub total: u64,
    /// With their times, newest first, at most as many as asked.
    pub hits: Vec<(Timestamp, MentionView)>,
    facets: Vec<(Facet, BTreeMap<String, u64>)>,
}

pub fn search(store: &Reader, ast: &Ast, options: &Options) -> Result<Found> {
    let facets = options.facets.iter().map(|&facet| (facet, BTreeMap::new())).collect();
    let mut found = Found { total: 0, hits: Vec::new(), facets };
    each(store, ast, options, &mut |at, hit| {
        found.total += 1;
        for (facet, counts) in &mut found.facets {
            for value in values(*facet, at, &hit, options) {
                *counts.entry(value).or_default() += 1;
            }
        }
        if found.hits.len() < options.limit {
            found.hits.push((at, hit));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

fn values(facet: Facet, at: Timestamp, hit: &MentionView, options: &Options) -> Vec<String> {
    match facet {
        Facet::Brand => vec![hit.brand.clone()],
        Facet::Source => vec![hit.source.clone()],
        Facet::Site => hit.link.as_deref().and_then(url::host).into_iter().collect(),
        Facet::Author => hit.author.iter().cloned().collect(),
        Facet::Language => hit.language.iter().cloned().collect(),
        Facet::Story => vec![hit.story.clone()],
        // They have no tone, and nobody can have worked on them.
        Facet::Sentiment | Facet::Tag | Facet::Status => Vec::new(),
        time => facet_of_time(time, at, &options.zone).into_iter().collect(),
    }
}

impl Found {
    /// Adds how they divide to how mentions do.
    pub fn divide(&self, facets: &mut [FacetView], options: &Options) {
        for (shown, (facet, counts)) in facets.iter_mut().zip(&self.facets) {
            let mut all: BTreeMap<String, u64> =
                shown.values.drain(..).map(|value| (value.value, value.count)).collect();
            for (value, count) in counts {
                *all.entry(value.clone()).or_default() += count;
            }
            let mut values: Vec<FacetValue> =
                all.into_iter().map(|(value, count)| FacetValue { value, count }).collect();
            // Times stay in their order, and are all given.
            if facet_of_time(*facet, Timestamp::UNIX_EPOCH, &options.zone).is_none() {
                values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
                values.truncate(options.facet_limit);
            }
            shown.values = values;
        }
    }
}
