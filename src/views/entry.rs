//! Entries as lines: what `parse` reads from documents and `export` gives back to `import`.

use serde::Serialize;

use crate::model::{Entry, Mention};

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
        let _ = (document, entry);
        todo!()
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
    pub mentions: Vec<super::search::MentionView>,
}

impl<'a> ExportedEntry<'a> {
    /// `mentions` are of one entry; `None` if there are none.
    pub fn new(mentions: &'a [Mention], source_tags: &[String]) -> Option<Self> {
        let _ = (mentions, source_tags);
        todo!()
    }
}
