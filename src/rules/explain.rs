//! An alert explains itself for ever: its numbers again, from what it stored.

use crate::model::{Alert, SeenBaseline};
use crate::stats::{Baseline, spike};

/// The baseline and the line computed anew from the series the alert saw, equal to those it stored bit for
/// bit. `None` for a pattern, which has none.
pub fn recompute(alert: &Alert) -> Option<SeenBaseline> {
    let (series, stored) = (alert.series.as_ref()?, alert.baseline.as_ref()?);
    let baseline = Baseline::of(&series.values, series.step_s)?;
    let line = spike::line_at(&baseline, stored.p_budget);
    Some(SeenBaseline {
        expected: baseline.expected,
        threshold: line.threshold,
        p: baseline.tail(alert.observed.value),
        p_budget: line.p_budget,
        dispersion: baseline.dispersion,
    })
}
