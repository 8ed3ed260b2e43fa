//! How the sources are doing.

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use crate::model::{HealthState, Source};
use crate::store::Reader;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HealthView {
    pub sources: Vec<SourceHealth>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceHealth {
    pub source: String,
    pub url: String,
    pub tags: Vec<String>,
    pub state: &'static str,
    pub last_good: Option<Timestamp>,
    pub last_poll: Option<Timestamp>,
    pub next_poll: Option<Timestamp>,
    /// In a row.
    pub failures: u32,
    pub mentions: u64,
    /// What was wrong last, or what was repaired.
    pub note: Option<String>,
}

/// The health of the configured sources, in their order.
pub fn health(reader: &Reader, sources: &[Source]) -> Result<HealthView> {
    let mut view = HealthView { sources: Vec::with_capacity(sources.len()) };
    for source in sources {
        let known = reader.health_of(&source.id)?;
        let mentions = reader.mention_count_of_source(&source.id)?;
        let state = match &known {
            _ if !source.enabled => HealthState::Disabled,
            Some(health) => health.state,
            None => HealthState::New,
        };
        let known = known.as_ref();
        view.sources.push(SourceHealth {
            source: source.id.to_string(),
            url: source.url().to_owned(),
            tags: source.tags.clone(),
            state: state.as_str(),
            last_good: known.and_then(|h| h.last_good),
            last_poll: known.and_then(|h| h.last_poll),
            next_poll: known.and_then(|h| h.next_poll).filter(|_| source.enabled),
            failures: known.map_or(0, |h| h.failures),
            mentions,
            note: known.and_then(|h| h.note.clone()),
        });
    }
    Ok(view)
}
