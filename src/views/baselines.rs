//! The frozen baselines. The shape of `baseline list`.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use crate::store::{Baseline, Reader};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BaselinesView {
    /// The oldest first.
    pub baselines: Vec<BaselineView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BaselineView {
    pub name: String,
    pub saved: Timestamp,
    pub query: Option<String>,
    pub since: Timestamp,
    pub until: Timestamp,
    pub brands: Vec<FrozenView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FrozenView {
    pub brand: String,
    pub mentions: u64,
    pub stories: u64,
}

pub fn baselines(reader: &Reader) -> Result<BaselinesView> {
    let baselines = reader.baselines()?.into_iter().map(baseline);
    Ok(BaselinesView { baselines: baselines.collect() })
}

fn baseline(baseline: Baseline) -> BaselineView {
    let mut brands: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for row in &baseline.rows {
        let sums = brands.entry(row.brand.as_str()).or_default();
        sums.0 += u64::from(row.mentions);
        sums.1 += u64::from(row.stories);
    }
    let frozen = |(brand, (mentions, stories)): (&str, (u64, u64))| FrozenView {
        brand: brand.to_owned(),
        mentions,
        stories,
    };
    BaselineView {
        brands: brands.into_iter().map(frozen).collect(),
        name: baseline.name,
        saved: baseline.saved,
        query: baseline.query,
        since: baseline.since,
        until: baseline.until,
    }
}
