//! Entries as lines: what `parse` reads from documents and `export` gives back to `import`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::search::{MentionView, holds};
use crate::model::Entry;
use crate::prepare::detect_language;
use crate::query::{Ast, Compiled, Document, NO_BRAND, Prepared};
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
    pub engagement: &'a BTreeMap<String, u64>,
    /// The unknown keys of its import.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<serde_json::Value>,
    pub mentions: Vec<MentionView>,
}

impl<'a> ExportedEntry<'a> {
    /// The entry with those of its mentions for which the query holds; `None` if it holds for none, nor for an
    /// entry that names nobody.
    pub fn matching(kept: &'a KeptEntry, ast: &Ast, source_tags: &[String]) -> Option<Self> {
        let matching = kept.mentions.iter().filter(|mention| holds(ast, mention, source_tags));
        let mentions: Vec<MentionView> =
            matching.map(|mention| MentionView::of_query(mention, ast, source_tags)).collect();
        let told =
            !mentions.is_empty() || kept.mentions.is_empty() && holds_for_entry(ast, kept, source_tags);
        if !told {
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
            engagement: &entry.engagement,
            extra: entry.extra.as_deref().and_then(|extra| serde_json::from_str(extra).ok()),
            mentions,
        })
    }
}

/// Whether a query holds for an entry without mentions.
fn holds_for_entry(ast: &Ast, kept: &KeptEntry, source_tags: &[String]) -> bool {
    let tags = tags_of(kept, source_tags);
    let document = document(kept, &tags);
    let mut language = || language_of(kept);
    Compiled::new(ast).matches(&Prepared::asking(&document, &mut language))
}

/// As it was told when it was heard, which is done for what names a brand, else as it is told now.
pub(super) fn language_of(kept: &KeptEntry) -> Option<String> {
    let known = kept.language.code().map(str::to_owned);
    known.or_else(|| detect_language(&kept.entry).code().map(str::to_owned))
}

/// Those of the entry and of its source.
pub(super) fn tags_of(kept: &KeptEntry, source_tags: &[String]) -> Vec<String> {
    [&kept.entry.tags, source_tags].concat()
}

/// An entry without mentions as a query sees it, but for its language.
pub(super) fn document<'a>(kept: &'a KeptEntry, tags: &'a [String]) -> Document<'a> {
    Document {
        title: kept.entry.title_text(),
        text: kept.entry.text(),
        author: kept.entry.author.as_deref(),
        link: kept.entry.link.as_deref(),
        source: kept.source.as_str(),
        tags,
        brand: Some(NO_BRAND),
        at: kept.entry.published.or(Some(kept.observed)),
        ..Document::default()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::search::tests::mention;
    use super::*;

    fn entry() -> Entry {
        Entry {
            guid: Some("guid-1".into()),
            link: Some("https://news.example/1".into()),
            title: Some("Acme en panne".into()),
            summary: Some("En bref".into()),
            published: Some("2026-01-01T08:00:00+01:00".parse().unwrap()),
            tags: vec!["économie".into()],
            ..Entry::default()
        }
    }

    #[test]
    fn a_parsed_entry_has_the_documented_shape() {
        let line = serde_json::to_string(&ParsedEntry::new("feed.xml", &entry())).unwrap();
        expect![[r#"{"document":"feed.xml","id":"guid-1","link":"https://news.example/1","title":"Acme en panne","summary":"En bref","content":null,"text":"En bref","author":null,"published":"2026-01-01T07:00:00Z","updated":null,"language":null,"image":null,"tags":["économie"]}"#]].assert_eq(&line);
    }

    #[test]
    fn an_exported_entry_keeps_the_mentions_that_match() {
        let other = crate::model::Mention { brand: crate::model::BrandId::new("globex"), ..mention() };
        let kept = KeptEntry {
            id: mention().entry,
            source: mention().source,
            entry: entry(),
            observed: mention().observed,
            language: mention().language,
            backfill: false,
            mentions: vec![mention(), other],
        };
        let brands = |ast: &Ast| {
            let line = ExportedEntry::matching(&kept, ast, &[])?;
            Some(line.mentions.iter().map(|mention| mention.brand.clone()).collect::<Vec<_>>().join(" "))
        };
        let fact = |brand: &str| Ast::Fact(crate::query::Fact::Brand, brand.into());
        assert_eq!(brands(&Ast::All).as_deref(), Some("acme globex"));
        assert_eq!(brands(&fact("globex")).as_deref(), Some("globex"));
        assert_eq!(brands(&fact("initech")), None);
        let mut line = ExportedEntry::matching(&kept, &Ast::All, &[]).unwrap();
        line.mentions.clear();
        expect![[r#"{"id":"guid-1","link":"https://news.example/1","title":"Acme en panne","text":"En bref","author":null,"published":"2026-01-01T07:00:00Z","observed":"2026-01-01T07:05:00Z","source":"ecodaily","language":null,"tags":["économie"],"engagement":{},"mentions":[]}"#]]
        .assert_eq(&serde_json::to_string(&line).unwrap());
    }
}
