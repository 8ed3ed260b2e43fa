//! What is usual, remembered from one look to the next.
//!
//! Nothing rests on it: what is forgotten is learned again from the store, and comes out the same.

use std::collections::HashMap;

use anyhow::{Context, Result};
use jiff::SignedDuration;

use super::Standing;
use crate::model::{BrandId, History, Rule, RuleId, Side, Timestamp};
use crate::rules::settled;
use crate::rules::{Keeps, REMEMBERED_S, SLOT_S, Vigil, Voices, begun};
use crate::store::{Reader, Scope};

/// What each rule has learned of each of its brands.
#[derive(Debug, Default)]
pub struct Memory {
    remembered: HashMap<(RuleId, BrandId), Remembered>,
    voices: HashMap<(BrandId, Option<String>), RememberedVoices>,
}

#[derive(Debug)]
struct RememberedVoices {
    voices: Voices,
    /// What changed up to this rev is in it, and no mention has gone since that one.
    rev: u64,
    gone: u64,
    stock_taken: Timestamp,
}

#[derive(Debug)]
pub(super) struct Remembered {
    pub vigil: Vigil,
    /// Since when history is read.
    pub since: Timestamp,
    /// When it was taken stock of the sources that history is scaled to.
    pub stock_taken: Timestamp,
    /// How long a rule waits that looks for what is missing, seconds.
    pub lag_s: i64,
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
        let fits = self.remembered.get_mut(&key).is_some_and(|remembered| {
            remembered.stock_taken == stock_taken
                && remembered.config_hash == rule.config_hash
                && remembered.vigil.go_back(from)
        });
        if !fits {
            let since = begun(stock_taken);
            let scope = Scope { brand, query: rule.within.as_deref(), since, until: from, backfill: true };
            let Some(history) = history(store, rule, &scope, stock_taken, since)? else { return Ok(None) };
            let lag_s = match rule.condition.is_settled() {
                true => lag_s(store, rule, &scope, stock_taken)?,
                false => 0,
            };
            let mut vigil = Vigil::new(rule, history.start, &standing.zone, Keeps::LIVE);
            vigil.learn(rule, &history, from);
            let config_hash = rule.config_hash.clone();
            self.remembered.insert(key.clone(), Remembered { vigil, since, stock_taken, lag_s, config_hash });
        }
        Ok(self.remembered.get_mut(&key))
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

/// What a rule learns from; of a share, beside what is said of all that are compared. `None` while too little was heard.
pub(super) fn history(
    store: &Reader,
    rule: &Rule,
    scope: &Scope<'_>,
    stock_taken: Timestamp,
    from: Timestamp,
) -> Result<Option<History>> {
    let side = rule.condition.side();
    let of = |brand| store.usual(&Scope { brand, ..*scope }, SLOT_S, stock_taken, from, side);
    let Some(own) = of(scope.brand)? else { return Ok(None) };
    if side != Side::Either {
        return Ok(Some(own));
    }
    let others = rule.condition.others(scope.brand).map(of).collect::<Result<Option<Vec<_>>>>()?;
    Ok(others.map(|others| settled::shares(own, &others)))
}

/// How long a rule waits for what comes late: as the slowest of the brands it looks at.
fn lag_s(store: &Reader, rule: &Rule, scope: &Scope<'_>, stock_taken: Timestamp) -> Result<i64> {
    let mut longest = 0;
    for brand in std::iter::once(scope.brand).chain(rule.condition.others(scope.brand)) {
        let lags = store.lags(&Scope { brand, ..*scope }, stock_taken)?;
        longest = longest.max(settled::lag(rule, lags));
    }
    Ok(longest)
}
