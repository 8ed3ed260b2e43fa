//! What is usual, remembered from one look to the next.
//!
//! Nothing rests on it: what is forgotten is learned again from the store, and comes out the same.

use std::collections::HashMap;

use anyhow::Result;

use super::Standing;
use crate::model::{BrandId, Rule, RuleId, Timestamp};
use crate::rules::{Keeps, SLOT_S, Vigil, begun};
use crate::store::{Reader, Scope};

/// What each rule has learned of each of its brands.
#[derive(Debug, Default)]
pub struct Memory(HashMap<(RuleId, BrandId), Remembered>);

#[derive(Debug)]
pub(super) struct Remembered {
    pub vigil: Vigil,
    /// Since when history is read.
    pub since: Timestamp,
    /// When it was taken stock of the sources that history is scaled to.
    pub stock_taken: Timestamp,
    config_hash: String,
}

impl Memory {
    /// What was learned up to `from`, the start of a slot in which something may have changed, from history scaled to
    /// the sources of when stock was last taken; `None` while nothing was heard of the brand.
    pub(super) fn recall(
        &mut self,
        store: &Reader,
        standing: &Standing,
        rule: &Rule,
        brand: &BrandId,
        (from, stock_taken): (Timestamp, Timestamp),
    ) -> Result<Option<&mut Remembered>> {
        let key = (rule.id.clone(), brand.clone());
        let fits = self.0.get_mut(&key).is_some_and(|remembered| {
            remembered.stock_taken == stock_taken
                && remembered.config_hash == rule.config_hash
                && remembered.vigil.go_back(from)
        });
        if !fits {
            let since = begun(stock_taken);
            let scope = Scope { brand, query: rule.within.as_deref(), since, until: from, backfill: true };
            let Some(history) = store.usual(&scope, SLOT_S, stock_taken, since)? else { return Ok(None) };
            let mut vigil = Vigil::new(rule, history.start, &standing.zone, Keeps::LIVE);
            vigil.learn(rule, &history, from);
            let config_hash = rule.config_hash.clone();
            self.0.insert(key.clone(), Remembered { vigil, since, stock_taken, config_hash });
        }
        Ok(self.0.get_mut(&key))
    }
}
