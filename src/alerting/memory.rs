//! What is usual, remembered from one look to the next.
//!
//! Nothing rests on it: what is forgotten is learned again from the store, and comes out the same.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;

use super::Standing;
use crate::model::{BrandId, Rule, RuleId, Timestamp};
use crate::rules::{Keeps, SLOT_S, Vigil, begun};
use crate::store::{Gaps, Reader, Scope, Stock, StockMark};

/// What each rule has learned of each of its brands.
#[derive(Debug, Default)]
pub struct Memory {
    vigils: HashMap<(RuleId, BrandId), Remembered>,
    /// What sources bring of each brand, or of what counts within it.
    stocks: HashMap<BrandId, Vec<Taken>>,
    looks: u64,
}

/// Stock as it was taken.
#[derive(Debug)]
struct Taken {
    within: Option<String>,
    at: Timestamp,
    /// What it rests on.
    mark: StockMark,
    /// The last look that found it so.
    look: u64,
    stock: Arc<Stock>,
}

/// What holds for all that is looked at at one time.
pub(super) struct Hearing {
    look: u64,
    /// When stock was last taken of the sources.
    stock_taken: Timestamp,
    pub gaps: Gaps,
}

#[derive(Debug)]
pub(super) struct Remembered {
    pub vigil: Vigil,
    /// Since when history is read.
    pub since: Timestamp,
    /// When it was taken stock of the sources that history is scaled to.
    stock_taken: Timestamp,
    config_hash: String,
}

impl Memory {
    pub(super) fn listen(&mut self, store: &Reader, now: Timestamp) -> Result<Hearing> {
        self.looks += 1;
        Ok(Hearing { look: self.looks, stock_taken: store.stock_taken(now)?, gaps: store.gaps_by_source()? })
    }

    /// What the sources bring of a brand, or of what counts within it: taken anew where something has come that was
    /// published before.
    pub(super) fn stock(
        &mut self,
        store: &Reader,
        (brand, within): (&BrandId, Option<&str>),
        hearing: &Hearing,
    ) -> Result<Arc<Stock>> {
        let Hearing { look, stock_taken: at, .. } = *hearing;
        let of_brand = self.stocks.entry(brand.clone()).or_default();
        let place = of_brand.iter().position(|taken| taken.within.as_deref() == within);
        let known = place.map(|place| of_brand.swap_remove(place));
        let scope = Scope { brand, query: within, since: begun(at), until: at, backfill: true };
        let mark = match &known {
            Some(taken) if taken.look == look => taken.mark,
            _ => store.stock_mark(&scope)?,
        };
        let stock = match known {
            Some(taken) if taken.at == at && taken.mark == mark => taken.stock,
            _ => Arc::new(store.stock(&scope, at)?),
        };
        let within = within.map(str::to_owned);
        of_brand.push(Taken { within, at, mark, look, stock: stock.clone() });
        Ok(stock)
    }

    /// What was learned up to `from`, the start of a slot in which something may have changed, from history scaled to
    /// the sources of when stock was last taken; `None` while nothing was heard of the brand.
    pub(super) fn recall(
        &mut self,
        store: &Reader,
        standing: &Standing,
        rule: &Rule,
        brand: &BrandId,
        (from, stock, hearing): (Timestamp, &Stock, &Hearing),
    ) -> Result<Option<&mut Remembered>> {
        let key = (rule.id.clone(), brand.clone());
        let stock_taken = hearing.stock_taken;
        let fits = self.vigils.get_mut(&key).is_some_and(|remembered| {
            remembered.stock_taken == stock_taken
                && remembered.config_hash == rule.config_hash
                && remembered.vigil.go_back(from)
        });
        if !fits {
            let since = begun(stock_taken);
            let scope = Scope { brand, query: rule.within.as_deref(), since, until: from, backfill: true };
            let heard = (stock, &hearing.gaps);
            let Some(history) = store.usual(&scope, SLOT_S, heard, since)? else { return Ok(None) };
            let mut vigil = Vigil::new(rule, history.start, &standing.zone, Keeps::LIVE);
            vigil.learn(rule, &history, from);
            let config_hash = rule.config_hash.clone();
            self.vigils.insert(key.clone(), Remembered { vigil, since, stock_taken, config_hash });
        }
        Ok(self.vigils.get_mut(&key))
    }
}
