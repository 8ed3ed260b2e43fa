//! The only way to read what is stored: plain structs with public fields, and how to fill them.
//!
//! `Serialize` is here: the shapes are those of `--json`, and keys never disappear.

pub mod alerts;
pub mod analysis;
pub mod annotations;
pub mod backtest;
pub mod baselines;
pub mod compare;
pub mod digest;
pub mod discovery;
pub mod entry;
pub mod explain;
pub mod health;
pub mod nameless;
pub mod notifiers;
pub mod presets;
pub mod report;
pub mod round;
pub mod rules;
pub mod search;
pub mod silences;
pub mod told;
pub mod written;
