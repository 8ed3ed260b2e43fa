//! What is normal, what stands out, who has which share.
//!
//! Arithmetic over counts, without a clock. [`watch`] says what is usual in a stream of counts and what stands
//! out from it, by the rhythm of the week ([`season`]), the level of now ([`level`]), how far counts stray
//! ([`spread`]) and where the line is beyond which an alarm is worth its cost ([`line`]); [`detector`] runs it
//! along any series. [`share`] gives proportions with their intervals, [`rate`] how
//! often something happens, [`stock`] what of the past today's sources could hear, [`terms`] the words that tell some texts
//! from others.

#[cfg(test)]
pub(crate) mod chance;
pub mod detector;
mod level;
mod line;
pub mod rate;
mod season;
pub mod share;
mod spread;
pub mod stock;
pub mod terms;
pub mod watch;

pub use detector::Detector;
pub use season::HOURS_OF_WEEK;
pub use share::{Change, Interval};
pub use watch::{Learned, Usual, Watch};
