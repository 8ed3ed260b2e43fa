//! What is missing: windows that are judged once they are heard as a whole, each once.

use anyhow::Result;

use super::{Course, Memory, back, memory, slot};
use crate::model::{BrandId, Series, Timestamp};
use crate::rules::{SLOT_S, Sight};
use crate::store::Scope;

/// Looks at the windows that have been heard as a whole since the last look, oldest first, no older than `late`.
/// `changed` are the minutes whose counts changed. Answers the note, by key and value, of how far it has come.
pub(super) fn look(
    course: &mut Course<'_>,
    (remembering, stock_taken): (&mut Memory, Timestamp),
    brand: &BrandId,
    changed: &[Timestamp],
    now: Timestamp,
) -> Result<Option<(String, String)>> {
    let (store, standing, rule) = (course.store, course.standing, course.rule);
    let key = format!("settled {} {brand}", rule.id);
    let judged: Option<Timestamp> = store.meta(&key)?.and_then(|time| time.parse().ok());
    let oldest = slot(back(now, rule.late)?, 0)?;
    // What changed while nothing is judged must be learned again as well; no window that is judged for the first time
    // ends before the oldest.
    let last = slot(judged.unwrap_or(oldest).min(now), -1)?;
    let from = changed.iter().copied().filter(|minute| *minute >= oldest).min();
    let from = slot(from.unwrap_or(last), 0)?.min(last);
    let Some(remembered) = remembering.recall(store, standing, rule, brand, (from, stock_taken))? else {
        return Ok(None);
    };
    let waited = slot(Timestamp::from_second(now.as_second() - remembered.lag_s)?, 0)?;
    if judged.is_some_and(|judged| waited <= judged) {
        return Ok(None);
    }
    let query = rule.within.as_deref();
    let scope = |since, until| Scope { brand, query, since, until, backfill: true };
    let whole = scope(remembered.since, now);
    let mut newest = waited;
    for brand in std::iter::once(brand).chain(rule.condition.others(brand)) {
        let heard = store.heard_until(&Scope { brand, ..whole }, remembered.stock_taken)?;
        let Some(heard) = heard else { return Ok(None) };
        newest = newest.min(slot(heard, 0)?);
    }
    let before_newest = slot(newest, -1)?;
    let mut end = judged.unwrap_or(before_newest).max(oldest);
    if end >= newest {
        return Ok(None);
    }
    let vigil = &mut remembered.vigil;
    // The vigil learns on from where it is, and a window is counted as a whole.
    let longest = rule.windows().into_iter().max().unwrap_or_default();
    let read_from = vigil.end().min(back(end, longest)?);
    let scope_of_all = scope(remembered.since, newest);
    let history = memory::history(store, rule, &scope_of_all, remembered.stock_taken, read_from)?;
    let Some(history) = history else { return Ok(None) };
    let no_window = Series { start: newest, step_s: SLOT_S, buckets: Vec::new() };
    let sight = Sight { rule, brand, history: &history, live: &no_window, now, tongue: standing.tongue };
    let sources = |(since, until)| store.source_count(&scope(since, until));
    while end < newest {
        end = slot(end, 1)?;
        if let Some(step) = sight.look(vigil, course.current.as_ref(), end, sources)? {
            course.take(step, None)?;
        }
    }
    Ok(Some((key, newest.to_string())))
}
