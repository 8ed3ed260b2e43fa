//! What of a mention is indexed, and how.
