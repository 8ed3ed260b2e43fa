//! The long-running loop.

pub mod configuration;
