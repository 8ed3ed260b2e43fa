//! One look after the other: what live evaluation and a backtest do alike.

use super::normal::{SLOT_S, Vigil};
use super::observe::{observe, strongest};
use super::settled;
use super::step::{Step, step};
use crate::model::{Alert, BrandId, History, Rule, Series, Timestamp, Tongue};

/// What a rule can see of a brand now.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    pub rule: &'a Rule,
    pub brand: &'a BrandId,
    /// What the vigil learns from; where a rule waits, it must hold the windows.
    pub history: &'a History,
    /// What was heard live (no back-fill), in slots of [`SLOT_S`]; a rule that waits does not look at it.
    pub live: &'a Series,
    pub now: Timestamp,
    pub tongue: Tongue,
}

impl Sight<'_> {
    /// Looks at all windows that end at `end`, the end of a slot, and moves the `current` or last incident along;
    /// `vigil` has learned no further than to the slot before. `sources` tells how many distinct sources there are
    /// between two times. `None` while too little is known.
    ///
    /// # Errors
    /// What `sources` fails with.
    pub fn look<E>(
        &self,
        vigil: &mut Vigil,
        current: Option<&Alert>,
        end: Timestamp,
        mut sources: impl FnMut((Timestamp, Timestamp)) -> Result<u32, E>,
    ) -> Result<Option<Step>, E> {
        let Sight { rule, brand, history, live, now, tongue } = *self;
        let last_slot = Timestamp::from_second(end.as_second() - i64::from(SLOT_S)).unwrap_or(end);
        vigil.learn(rule, history, last_slot);
        let mut seen = Vec::new();
        for length in rule.windows() {
            let normal = vigil.normal();
            seen.extend(if rule.condition.is_settled() {
                settled::observe(rule, length, history, normal, end, &mut sources)?
            } else {
                observe(rule, length, live, normal, end, &mut sources)?
            });
        }
        let strongest = if rule.condition.is_settled() {
            settled::strongest(seen, current)
        } else {
            strongest(rule, seen, current)
        };
        let Some(seen) = strongest else { return Ok(None) };
        let mut step = step(rule, brand, current, &seen, now, tongue);
        if let Some(alert) = step.alert.as_mut().filter(|_| step.renewed) {
            alert.series = Some(vigil.seen(rule, end, settled::exposure(rule, history, end)));
        }
        Ok(Some(step))
    }
}
