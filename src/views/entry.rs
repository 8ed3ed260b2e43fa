//! Entries as lines: what `parse` reads from documents and `export` gives back to `import`.

use serde::Serialize;

use super::search::{MentionView, holds};
use crate::model::Entry;
use crate::query::Ast;
use crate::store::KeptEntry;

/// A line of `parse`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParsedEntry<'a> {
    /// As typed.
    pub document: &'a str,
    pub id: Option<&'a str>,
    pub link: Option<&'a str>,
    pub title: Option<&'a str>,
    pub summary: Option<&'a str>,
    pub content: Option<&'a str>,
    pub text: &'a str,
    pub author: Option<&'a str>,
    pub published: Option<String>,
    pub updated: Option<String>,
    pub language: Option<&'a str>,
    pub image: Option<&'a str>,
    pub tags: &'a [String],
}

impl<'a> ParsedEntry<'a> {
    pub fn new(document: &'a str, entry: &'a Entry) -> Self {
        ParsedEntry {
            document,
            id: entry.guid.as_deref(),
            link: entry.link.as_deref(),
            title: entry.title.as_deref(),
            summary: entry.summary.as_deref(),
            content: entry.content.as_deref(),
            text: entry.text(),
            author: entry.author.as_deref(),
            published: entry.published.map(|at| at.to_string()),
            updated: entry.updated.map(|at| at.to_string()),
            language: entry.language.as_deref(),
            image: entry.image.as_deref(),
            tags: &entry.tags,
        }
    }
}

/// A line of `export`: an entry with its mentions, in the shape that `import` reads.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExportedEntry<'a> {
    /// The guid.
    pub id: Option<&'a str>,
    pub link: Option<&'a str>,
    pub title: Option<&'a str>,
    pub text: &'a str,
    pub author: Option<&'a str>,
    pub published: Option<String>,
    pub observed: String,
    pub source: &'a str,
    pub language: Option<&'a str>,
    pub tags: &'a [String],
    pub mentions: Vec<MentionView>,
}

impl<'a> ExportedEntry<'a> {
    /// The entry with those of its mentions for which the query holds; `None` if it holds for none.
    pub fn matching(kept: &'a KeptEntry, ast: &Ast, source_tags: &[String]) -> Option<Self> {
        let matching = kept.mentions.iter().filter(|mention| holds(ast, mention, source_tags));
        let mentions: Vec<MentionView> =
            matching.map(|mention| MentionView::of_query(mention, ast, source_tags)).collect();
        if mentions.is_empty() {
            return None;
        }
        let entry = &kept.entry;
        Some(ExportedEntry {
            id: entry.guid.as_deref(),
            link: entry.link.as_deref(),
            title: entry.title.as_deref(),
            text: entry.text(),
            author: entry.author.as_deref(),
            published: entry.published.map(|at| at.to_string()),
            observed: kept.observed.to_string(),
            source: kept.source.as_str(),
            language: entry.language.as_deref(),
            tags: &entry.tags,
            mentions,
        })
    }
}
