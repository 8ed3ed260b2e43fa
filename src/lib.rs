//! vigie: a lookout for what is said of a brand.
//!
//! The modules in layer order; each may use lower numbers only (`tests/it/tidy.rs` enforces it).
//!
//! | layer | modules |
//! | --- | --- |
//! | 0 | [`text`] |
//! | 1 | [`query`] |
//! | 2 | [`model`] |
//! | 3 | [`sources`], [`matching`], [`enrich`], [`stats`] |
//! | 4 | [`prepare`], [`rules`], [`config`] |
//! | 5 | [`fetch`], [`store`], [`index`], [`notify`] |
//! | 6 | [`views`] |
//! | 7 | [`render`] |
//! | 8 | [`ingest`], [`alerting`], [`digest`] |
//! | 9 | [`daemon`] |
//! | 10 | [`cli`] |
//!
//! Layers 0 to 4 are pure: values in, values out; time is an argument.

#![forbid(unsafe_code)]

pub mod text;

pub mod query;

pub mod model;

pub mod enrich;
pub mod matching;
pub mod sources;
pub mod stats;

pub mod config;
pub mod prepare;
pub mod rules;

pub mod fetch;
pub mod index;
pub mod notify;
pub mod store;

pub mod views;

pub mod render;

pub mod alerting;
pub mod digest;
pub mod ingest;

pub mod daemon;

pub mod cli;
