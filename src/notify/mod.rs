//! Telling people.
