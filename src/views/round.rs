//! What one round of polling brought.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use super::alerts::{AlertView, list};
use super::search::MentionView;
use crate::model::{AlertState, BrandId, MentionId, Rule};
use crate::store::{AlertFilter, Ingested, Reader};

/// Titles shown.
const SHOWN: usize = 3;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoundView {
    pub sources: Vec<SourceRound>,
    pub brands: Vec<BrandRound>,
    /// The newest of what is new.
    pub newest: Vec<MentionView>,
    /// From when the rules that need a baseline can judge every brand; `None` if no rule needs one, or some
    /// brand was never heard of.
    pub judged_from: Option<Timestamp>,
    /// That time is still to come.
    pub too_early: bool,
    pub firing: Vec<AlertView>,
    /// When the next source is due; `None` if none ever is.
    pub next_due: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceRound {
    pub source: String,
    /// read, unchanged or failed.
    pub outcome: &'static str,
    pub entries: usize,
    pub new_mentions: usize,
    pub revised: usize,
    /// It was heard for the first time: what it brought raises no alert.
    pub backfill: bool,
    /// Nothing new came for far longer than is usual for it.
    pub silent: bool,
    pub note: Option<String>,
}

impl SourceRound {
    pub fn read(source: &str, ingested: &Ingested, note: Option<String>) -> Self {
        SourceRound {
            source: source.to_owned(),
            outcome: "read",
            entries: ingested.read,
            new_mentions: ingested.new_mentions.len(),
            revised: ingested.revised,
            backfill: ingested.backfill,
            silent: false,
            note,
        }
    }

    /// `outcome` is `unchanged` or `failed`.
    pub fn without_document(source: &str, outcome: &'static str, note: Option<String>) -> Self {
        SourceRound {
            source: source.to_owned(),
            outcome,
            entries: 0,
            new_mentions: 0,
            revised: 0,
            backfill: false,
            silent: false,
            note,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BrandRound {
    pub brand: String,
    pub name: String,
    pub new_mentions: usize,
    /// Ever.
    pub mentions: u64,
    pub stories: u64,
}

/// Puts a round's outcomes beside what is kept. `new` are the mentions it brought; `brands` are names by id.
pub fn round(
    reader: &Reader,
    sources: Vec<SourceRound>,
    new: &[(MentionId, BrandId)],
    brands: &BTreeMap<BrandId, String>,
    rules: &[Rule],
    now: Timestamp,
) -> Result<RoundView> {
    let totals = reader.totals()?;
    let brands = brands.iter().map(|(id, name)| {
        let total = totals.iter().find(|t| t.brand == *id);
        BrandRound {
            brand: id.to_string(),
            name: name.clone(),
            new_mentions: new.iter().filter(|(_, brand)| brand == id).count(),
            mentions: total.map_or(0, |t| t.mentions),
            stories: total.map_or(0, |t| t.stories),
        }
    });
    let ids: Vec<MentionId> = new.iter().map(|(id, _)| id.clone()).collect();
    let newest = reader.newest_of(&ids, SHOWN)?;
    let judged_from = judged_from(reader, rules, now)?;
    let filter = AlertFilter { state: Some(AlertState::Firing), ..AlertFilter::default() };
    let firing = list(reader, &filter, true)?.alerts;
    Ok(RoundView {
        sources,
        brands: brands.collect(),
        newest: newest.iter().map(|m| MentionView::new(m, &[], &[])).collect(),
        judged_from,
        too_early: judged_from.is_some_and(|from| from > now),
        firing,
        next_due: reader.next_due()?,
    })
}

fn judged_from(reader: &Reader, all: &[Rule], now: Timestamp) -> Result<Option<Timestamp>> {
    let mut latest = None;
    for rule in all.iter().filter(|rule| !rule.condition.is_at_once()) {
        for brand in &rule.brands {
            let Some(from) = super::rules::judged_from(reader, rule, brand, now)? else { return Ok(None) };
            latest = latest.max(Some(from));
        }
    }
    Ok(latest)
}
