//! The one integration binary: features through the real engines, and the rules of the code base.

mod adding;
mod alerts;
mod backtest;
mod clocks;
mod commands;
mod crash;
mod delivery;
mod docs;
mod faults;
mod fuzz_corpus;
mod identity;
mod importing;
mod jetstream;
mod keeping;
mod own_model;
mod pipeline;
mod presets;
mod rescoring;
mod running;
mod scenario;
mod searching;
mod streams;
mod tidy;
