//! Stored series → alerts → notices.
