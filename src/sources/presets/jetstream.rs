//! Bluesky's Jetstream: every post of the network as it is made, matched here.

use std::time::Duration;

use super::{About, HOST, MINUTE, Standing};

pub(super) const ABOUT: About = About {
    hears: "every public post on Bluesky, as it is made",
    keys: &[HOST],
    needs: &[],
    standing: Standing::Open,
    notice: None,
    limits: "no key; a connection that stays open, with the volume of the whole network",
    back: None,
    every: MINUTE,
    least: MINUTE,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};
