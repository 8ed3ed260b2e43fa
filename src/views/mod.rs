//! Answers as plain structs: the only way to read what is stored.

pub mod entry;
pub mod search;
