//! What is normal, what stands out, who has which share.
//!
//! Arithmetic over counts, without a clock. [`baseline`] says what is normal, [`spike`] where the line is
//! beyond which an alarm is worth its cost, [`detector`] runs both along any series; [`share`] gives
//! proportions with their intervals, [`terms`] the words that tell some texts from others.

pub mod baseline;
#[cfg(test)]
pub(crate) mod chance;
pub mod detector;
pub mod share;
pub mod spike;
pub mod terms;

pub use baseline::Baseline;
pub use detector::Detector;
pub use share::{Change, Interval};
pub use spike::Line;
