//! Series → observation → alert state → when and why to speak. Pure.
//!
//! A [`Vigil`] learns what is usual for a rule and a brand. A [`Sight`] compares the windows that end at one time with
//! it, picks the one that speaks loudest, and moves the incident of the rule and the brand along ([`step`]),
//! which says whether to speak. All memory is in the alert and in what was counted, so a restart changes
//! nothing. [`recompute`] shows the same numbers from what an alert stored.

mod calendar;
mod normal;
mod notice;
mod observe;
mod replay;
pub mod settled;
mod step;
mod voices;
mod walk;
mod written;

pub use normal::{FEWEST_DAYS, HISTORY_DAYS, Keeps, SLOT_S, Vigil, begun, judged_from, recompute};
pub use notice::{FEW_DAYS, Notice, Silence, figure, in_french, percent, reason, span, unit, voice_heard};
pub use observe::{Finds, Observation, observe_at_once};
pub use replay::{Arrival, Listened, Past, Span, read_from, replay, replay_at_once};
pub use step::{Step, alert_id, step};
pub use voices::{REMEMBERED_S, Spoken, Voiced, Voices, voice, voice_key};
pub use walk::Sight;
pub use written::{Found, check};

#[cfg(test)]
mod tests;
