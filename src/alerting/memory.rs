//! What is usual, remembered from one look to the next.
//!
//! Nothing rests on it: what is forgotten is learned again from the store, and comes out the same.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::SignedDuration;

use super::Standing;
use crate::model::{BrandId, Rule, RuleId, Timestamp};
use crate::rules::{Keeps, REMEMBERED_S, SLOT_S, Vigil, Voices, begun};
use crate::store::{Gaps, Reader, Scope, Stock, StockMark};

/// What each rule has learned of each of its brands.
#[derive(Debug, Default)]
pub struct Memory {
    vigils: HashMap<(RuleId, BrandId), Remembered>,
    voices: HashMap<(BrandId, Option<String>), RememberedVoices>,
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

#[derive(Debug)]
struct RememberedVoices {
    voices: Voices,
    /// What changed up to this rev is in it, and no mention has gone since that one.
    rev: u64,
    gone: u64,
    stock_taken: Timestamp,
}

/// What holds for all that is looked at at one time.
pub(super) struct Hearing {
    look: u64,
    /// When stock was last taken of the sources.
    pub stock_taken: Timestamp,
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

    /// All voices that were heard of a brand, or within what the rule counts.
    pub(super) fn voices(
        &mut self,
        store: &Reader,
        rule: &Rule,
        brand: &BrandId,
        stock_taken: Timestamp,
    ) -> Result<&Voices> {
        let remembered_s = SignedDuration::from_secs(2 * REMEMBERED_S);
        let scope = Scope {
            brand,
            query: rule.within.as_deref(),
            since: stock_taken.checked_sub(remembered_s)?,
            until: Timestamp::MAX,
            backfill: true,
        };
        let (rev, gone) = (store.rev()?, store.last_gone()?);
        let key = (brand.clone(), rule.within.clone());
        let fits = |kept: &RememberedVoices| kept.gone == gone && kept.stock_taken == stock_taken;
        if !self.voices.get(&key).is_some_and(fits) {
            let voices = store.no_voices(&scope)?;
            self.voices.insert(key.clone(), RememberedVoices { voices, rev: 0, gone, stock_taken });
        }
        let kept = self.voices.get_mut(&key).context("it was put there")?;
        for voiced in store.voiced(&scope, kept.rev)? {
            kept.voices.put(voiced);
        }
        kept.rev = rev;
        Ok(&kept.voices)
    }
}
