//! Stories: the groups of near-duplicate entries.
