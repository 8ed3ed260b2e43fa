//! The only way to read what is stored.
