//! What a text is in itself: its language, its tone, its fingerprint.

pub mod encoder;
pub mod fingerprint;
pub mod language;
pub mod linear;
pub mod pieces;
pub mod repeated;
pub mod sentiment;
