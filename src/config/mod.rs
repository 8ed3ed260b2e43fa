//! The text of feeds.toml → a configuration, or all its problems with line and column. Pure.
