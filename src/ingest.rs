//! Documents → stored, indexed mentions.
