//! Series → observation → alert state → when and why to speak. Pure.
//!
//! [`observe`] compares a window with what is normal and says whether the rule's condition holds; with
//! several windows [`strongest`] picks the one that speaks loudest. [`step`] moves the incident of one rule
//! and brand along and says whether to speak. All memory is in the alert, so a restart changes nothing.
//! [`recompute`] shows the same numbers from what an alert stored.

mod explain;
mod notice;
mod observe;
mod step;

pub use explain::recompute;
pub use notice::{Notice, Silence, reason};
pub use observe::{HISTORY_DAYS, Observation, judged_from, observe, strongest};
pub use step::{Step, alert_id, step};

#[cfg(test)]
mod tests;
