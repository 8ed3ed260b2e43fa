//! What a search answers: mentions as people and programs read them.

use serde::Serialize;

use crate::model::Mention;
use crate::text::Span;

/// The answer to a search, as `search --json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchView {
    /// As typed.
    pub query: String,
    /// Mentions that match, in all.
    pub total: u64,
    pub hits: Vec<MentionView>,
    /// By name of the facet, in the order asked.
    #[serde(serialize_with = "facets_as_map")]
    pub facets: Vec<FacetView>,
}

/// How the hits divide by one of their facts.
#[derive(Clone, Debug, PartialEq)]
pub struct FacetView {
    pub facet: &'static str,
    pub values: Vec<FacetValue>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FacetValue {
    pub value: String,
    pub count: u64,
}

/// A mention as every face shows it. Times are RFC 3339 UTC.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MentionView {
    pub id: String,
    pub entry: String,
    pub brand: String,
    pub source: String,
    pub title: Option<String>,
    pub excerpt: String,
    /// In `excerpt`, half-open, in Unicode scalar values.
    pub spans: Vec<[u32; 2]>,
    pub link: Option<String>,
    pub author: Option<String>,
    pub published: Option<String>,
    pub observed: String,
    pub language: Option<String>,
    pub sentiment: Option<SentimentView>,
    pub story: String,
    pub copies: u32,
    pub source_tags: Vec<String>,
    /// The user's.
    pub tags: Vec<String>,
    pub status: &'static str,
    pub own_voice: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SentimentView {
    pub label: &'static str,
    pub score: f64,
}

impl MentionView {
    /// `spans`: what to show of the text, in its scalar values (the mention's own where a query gives
    /// none). `source_tags`: those of its source.
    pub fn new(mention: &Mention, spans: &[Span], source_tags: &[String]) -> Self {
        let _ = (mention, spans, source_tags);
        todo!()
    }
}

fn facets_as_map<S: serde::Serializer>(facets: &[FacetView], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(facets.iter().map(|facet| (facet.facet, &facet.values)))
}
