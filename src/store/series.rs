//! Counts over time, read from the rollups.

use anyhow::Result;

use super::Reader;
use crate::model::{BrandId, SentimentLabel, Series, SourceId, Timestamp};

/// What is asked about: a brand, or a brand within a saved query, in `[since, until)`.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    pub brand: &'a BrandId,
    /// The id of a saved query.
    pub query: Option<&'a str>,
    pub since: Timestamp,
    pub until: Timestamp,
    /// Whether what was heard in first documents and imports counts.
    pub backfill: bool,
}

/// Counts of one brand on one day, in one source, language and tone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupRow {
    pub brand: BrandId,
    /// Start of the day in the user's zone.
    pub day: Timestamp,
    pub source: SourceId,
    /// `None`: unknown.
    pub language: Option<String>,
    /// `None`: not judged.
    pub tone: Option<SentimentLabel>,
    pub mentions: u32,
    /// Stories that began here.
    pub stories: u32,
}

/// All that was ever heard of one brand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    pub brand: BrandId,
    pub mentions: u64,
    pub stories: u64,
}

impl Reader {
    /// Counts per bucket of `step_s` seconds (a multiple of 60) from `since`, cut to its minute, to `until`.
    pub fn series(&self, scope: &Scope<'_>, step_s: u32) -> Result<Series> {
        let _ = (scope, step_s);
        todo!()
    }

    /// In how many sources it was heard.
    pub fn source_count(&self, scope: &Scope<'_>) -> Result<u32> {
        let _ = scope;
        todo!()
    }

    /// Counts per day, source, language and tone, back-fill included, days cut to `[since, until)`;
    /// ordered by brand as given, then day.
    pub fn rollup(
        &self,
        brands: &[BrandId],
        query: Option<&str>,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<RollupRow>> {
        let _ = (brands, query, since, until);
        todo!()
    }

    /// When the first counted mention was, by its own time.
    pub fn first_mention_at(&self, brand: &BrandId) -> Result<Option<Timestamp>> {
        let _ = brand;
        todo!()
    }

    /// Of every brand ever heard of, ordered by id.
    pub fn totals(&self) -> Result<Vec<Totals>> {
        todo!()
    }
}
