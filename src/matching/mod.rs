//! Whose an entry is: entry × brands → matches with spans.

use crate::model::{Brand, Entry, Language, Match};

/// All brands compiled into one automaton over folded text.
pub struct Matcher {
    brands: Vec<Brand>,
}

impl Matcher {
    pub fn new(brands: &[Brand]) -> Self {
        Self { brands: brands.to_vec() }
    }

    pub fn brands(&self) -> &[Brand] {
        &self.brands
    }

    /// The brands an entry names, in configuration order. `language` is asked only if a query needs it.
    /// `source` and `source_tags` are those of the source it came from.
    pub fn matches(
        &self,
        entry: &Entry,
        source: &str,
        source_tags: &[String],
        language: &mut dyn FnMut() -> Language,
    ) -> Vec<Match> {
        let _ = (entry, source, source_tags, language);
        todo!()
    }
}
