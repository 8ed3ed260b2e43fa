//! Views → bytes for people or programs.
