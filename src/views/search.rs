//! What a search answers: mentions as people and programs read them.

use anyhow::Result;
use serde::Serialize;

use crate::index::{Options, Searcher};
use crate::model::Mention;
use crate::query::{self, Ast, Document, Query};
use crate::store::Reader;
use crate::text::Span;
use crate::text::excerpt::excerpt;

/// Characters of a text that are shown around the words found.
const EXCERPT_WIDTH: usize = 240;

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

/// Asks the index and fills the hits from the store.
pub fn search(store: &Reader, index: &Searcher, query: &Query, options: &Options) -> Result<SearchView> {
    let found = index.search(&query.ast, options)?;
    let mentions = store.mentions(&found.ids)?;
    let hit = |mention: &Mention| {
        let source_tags = options.source_tags.get(mention.source.as_str()).map_or(&[][..], Vec::as_slice);
        MentionView::of_query(mention, &query.ast, source_tags)
    };
    let facets = found.facets.into_iter().map(|(facet, values)| FacetView {
        facet: facet.as_str(),
        values: values.into_iter().map(|(value, count)| FacetValue { value, count }).collect(),
    });
    Ok(SearchView {
        query: query.text.clone(),
        total: found.total,
        hits: mentions.iter().map(hit).collect(),
        facets: facets.collect(),
    })
}

impl MentionView {
    /// `spans`: what to show of the text, in its scalar values; where there are none, the places that made it
    /// a mention are shown. `source_tags`: those of its source.
    pub fn new(mention: &Mention, spans: &[Span], source_tags: &[String]) -> Self {
        let spans = if spans.is_empty() { &mention.text_spans } else { spans };
        let (excerpt, spans) = excerpt(&mention.text, spans, EXCERPT_WIDTH);
        MentionView {
            id: mention.id.to_string(),
            entry: mention.entry.to_string(),
            brand: mention.brand.to_string(),
            source: mention.source.to_string(),
            title: mention.title.clone(),
            excerpt,
            spans: spans.iter().map(|span| [span.start, span.end]).collect(),
            link: mention.link.clone(),
            author: mention.author.clone(),
            published: mention.published.map(|at| at.to_string()),
            observed: mention.observed.to_string(),
            language: mention.language.code().map(str::to_owned),
            sentiment: mention.sentiment.map(|sentiment| SentimentView {
                label: sentiment.label().as_str(),
                score: (f64::from(sentiment.score()) * 10_000.0).round() / 10_000.0,
            }),
            story: mention.story.to_string(),
            copies: mention.copies,
            source_tags: source_tags.to_vec(),
            tags: mention.tags.clone(),
            status: mention.status.as_str(),
            own_voice: mention.own_voice,
        }
    }

    /// Shows the words of the query, where they stand in the text.
    pub fn of_query(mention: &Mention, ast: &Ast, source_tags: &[String]) -> Self {
        let tags = all_tags(mention, source_tags);
        let spans = query::spans(ast, &document(mention, &tags));
        MentionView::new(mention, &spans.text, source_tags)
    }
}

/// Whether a query holds for a mention, decided without the index.
pub fn holds(ast: &Ast, mention: &Mention, source_tags: &[String]) -> bool {
    query::matches(ast, &document(mention, &all_tags(mention, source_tags)))
}

fn all_tags(mention: &Mention, source_tags: &[String]) -> Vec<String> {
    [&mention.entry_tags, &mention.tags, source_tags].concat()
}

fn document<'a>(mention: &'a Mention, tags: &'a [String]) -> Document<'a> {
    Document {
        title: mention.title.as_deref().unwrap_or_default(),
        text: &mention.text,
        author: mention.author.as_deref(),
        link: mention.link.as_deref(),
        source: mention.source.as_str(),
        tags,
        language: mention.language.code(),
        sentiment: mention.sentiment.map(|sentiment| sentiment.label().as_str()),
        brand: Some(mention.brand.as_str()),
        story: Some(mention.story.as_str()),
        status: Some(mention.status.as_str()),
        at: Some(mention.at()),
    }
}

fn facets_as_map<S: serde::Serializer>(
    facets: &[FacetView],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(facets.iter().map(|facet| (facet.facet, &facet.values)))
}
