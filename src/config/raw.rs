//! Keys and values with their places.
