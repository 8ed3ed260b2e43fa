//! What a search answers: mentions as people and programs read them.

use std::ops::ControlFlow;

use anyhow::Result;
use serde::Serialize;

use super::nameless;
use crate::index::{Facet, Fold, Options, Searcher, Sort};
use crate::model::{Mention, Timestamp};
use crate::query::{self, Ast, Document, Query, QueryError};
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
    /// Mentions that match, in all; where the query says `brand:none`, kept entries that name no brand too.
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

/// A mention, or an entry that names no brand, as every face shows it. Times are RFC 3339 UTC.
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
    /// The name of the model that told it; `None` where it is not known.
    pub model: Option<String>,
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
    let mut view = SearchView {
        query: query.text.clone(),
        total: found.total,
        hits: mentions.iter().map(hit).collect(),
        facets: facets.collect(),
    };
    if nameless::is_asked(&query.ast) {
        let others = nameless::search(store, &query.ast, options)?;
        others.divide(&mut view.facets, options);
        view.total += others.total;
        let times = mentions.iter().map(Mention::at);
        let mut hits: Vec<(Timestamp, MentionView)> = times.zip(view.hits).chain(others.hits).collect();
        if options.sort == Sort::New {
            hits.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        }
        view.hits = hits.into_iter().map(|(_, hit)| hit).take(options.limit).collect();
    }
    Ok(view)
}

/// The hits alone, one after the other: for as many as one likes in constant memory, but for their ids, and
/// without a count.
pub fn hits(
    store: &Reader,
    index: &Searcher,
    query: &Query,
    options: &Options,
    each: &mut dyn FnMut(MentionView) -> Result<()>,
) -> Result<()> {
    let mut mentions = index.first(&query.ast, options)?.into_iter().filter_map(|id| {
        // It may have been deleted since.
        let mention = store.mention(&id).transpose()?;
        Some(mention.map(|mention| {
            let source_tags = options.source_tags.get(mention.source.as_str()).map_or(&[][..], Vec::as_slice);
            (mention.at(), MentionView::of_query(&mention, &query.ast, source_tags))
        }))
    });
    if !nameless::is_asked(&query.ast) {
        return mentions.try_for_each(|mention| each(mention?.1));
    }
    let mut mentions = mentions.peekable();
    let mut left = options.limit;
    nameless::each(store, &query.ast, options, &mut |at, hit| {
        while left > 0
            && let Some(newer) = mentions.next_if(|m| m.as_ref().map_or(true, |(of, _)| *of >= at))
        {
            each(newer?.1)?;
            left -= 1;
        }
        if left == 0 {
            return Ok(ControlFlow::Break(()));
        }
        left -= 1;
        each(hit)?;
        Ok(ControlFlow::Continue(()))
    })?;
    mentions.take(left).try_for_each(|mention| each(mention?.1))
}

/// What a query finds, before it is saved: as `query preview --json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PreviewView {
    /// As typed.
    pub query: String,
    /// As it is read.
    pub meaning: String,
    pub total: u64,
    /// Those with hits, in their order: `2026-W01`.
    pub weeks: Vec<FacetValue>,
    /// The newest, each story once.
    pub examples: Vec<MentionView>,
}

/// Examples in a preview.
const EXAMPLES: usize = 10;

pub fn preview(store: &Reader, index: &Searcher, query: &Query, options: &Options) -> Result<PreviewView> {
    let options =
        Options { limit: EXAMPLES, fold: Some(Fold::Story), facets: vec![Facet::Week], ..options.clone() };
    let mut found = search(store, index, query, &options)?;
    Ok(PreviewView {
        query: found.query,
        meaning: query.ast.to_string(),
        total: found.total,
        weeks: found.facets.pop().map_or_else(Vec::new, |weeks| weeks.values),
        examples: found.hits,
    })
}

/// What is to be said of a query, as `query lint --json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LintView {
    /// Nothing is wrong; there may be hints.
    pub ok: bool,
    pub query: String,
    /// As it is read; null if it cannot be.
    pub meaning: Option<String>,
    pub problems: Vec<QueryProblem>,
}

/// `start` and `end` in `query`, half-open, in Unicode scalar values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueryProblem {
    pub severity: &'static str,
    pub start: u32,
    pub end: u32,
    pub message: String,
    pub help: Option<String>,
}

pub fn lint(text: &str, read: &std::result::Result<Query, QueryError>) -> LintView {
    let place = |byte: usize| text[..byte.min(text.len())].chars().count() as u32;
    let problem = |severity, start, end, message: &str, help: &Option<String>| QueryProblem {
        severity,
        start: place(start),
        end: place(end),
        message: message.to_owned(),
        help: help.clone(),
    };
    let problems = match read {
        Ok(query) => query::lint(text, &query.ast)
            .iter()
            .map(|hint| problem("warning", hint.start, hint.end, &hint.message, &hint.help))
            .collect(),
        Err(error) => vec![problem("error", error.start, error.end, &error.message, &error.help)],
    };
    LintView {
        ok: read.is_ok(),
        query: text.to_owned(),
        meaning: read.as_ref().ok().map(|query| query.ast.to_string()),
        problems,
    }
}

/// One mention with its whole text and what was done with it, as `mention show --json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HandledView {
    pub mention: MentionView,
    pub text: String,
    /// Oldest first.
    pub handled: Vec<HandlingView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandlingView {
    pub at: String,
    pub who: Option<String>,
    /// tag, untag, note or status.
    pub what: &'static str,
    pub value: String,
}

pub fn handled(store: &Reader, mention: &Mention, source_tags: &[String]) -> Result<HandledView> {
    let handlings = store.handlings(&mention.id)?.into_iter().map(|handling| HandlingView {
        at: handling.at.to_string(),
        what: handling.deed.as_str(),
        value: handling.deed.value().to_owned(),
        who: handling.who,
    });
    Ok(HandledView {
        mention: MentionView::new(mention, &[], source_tags),
        text: mention.text.clone(),
        handled: handlings.collect(),
    })
}

impl MentionView {
    /// `spans`: what to show of the text, in its scalar values; where there are none, the places that made it
    /// a mention are shown. `source_tags`: those of its source.
    pub fn new(mention: &Mention, spans: &[Span], source_tags: &[String]) -> Self {
        let spans = if spans.is_empty() { &mention.text_spans } else { spans };
        let (excerpt, spans) = excerpt_of(&mention.text, spans);
        MentionView {
            id: mention.id.to_string(),
            entry: mention.entry.to_string(),
            brand: mention.brand.to_string(),
            source: mention.source.to_string(),
            title: mention.title.clone(),
            excerpt,
            spans,
            link: mention.link.clone(),
            author: mention.author.clone(),
            published: mention.published.map(|at| at.to_string()),
            observed: mention.observed.to_string(),
            language: mention.language.code().map(str::to_owned),
            sentiment: mention.sentiment.map(|sentiment| SentimentView {
                label: sentiment.label().as_str(),
                score: (f64::from(sentiment.score()) * 10_000.0).round() / 10_000.0,
                model: mention.model.as_deref().map(str::to_owned),
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

/// What is shown of a text, and where the spans stand in it.
pub(super) fn excerpt_of(text: &str, spans: &[Span]) -> (String, Vec<[u32; 2]>) {
    let (excerpt, spans) = excerpt(text, spans, EXCERPT_WIDTH);
    (excerpt, spans.iter().map(|span| [span.start, span.end]).collect())
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

#[cfg(test)]
pub(super) mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::enrich::fingerprint::Fingerprint;
    use crate::index::Index;
    use crate::model::{
        BrandId, EntryId, Language, Match, MentionId, MentionStatus, Sentiment, Skip, SourceId, StoryId,
        Timestamp,
    };
    use crate::prepare::{Batch, Prepared, PreparedMention};
    use crate::store::{Origin, Polled};

    pub fn mention() -> Mention {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        Mention {
            id: MentionId::new("m_1"),
            entry: EntryId::new("e_1"),
            brand: BrandId::new("acme"),
            source: SourceId::new("ecodaily"),
            guid: Some("guid-1".into()),
            link: Some("https://news.example/1".into()),
            title: Some("Acme en panne".into()),
            text: "Élodie dit :\nAcme est en panne.".into(),
            author: None,
            published: Some(at("2026-01-01T08:00:00+01:00")),
            observed: at("2026-01-01T07:05:00Z"),
            language: Language::French,
            sentiment: Some(Sentiment { p: [0.8, 0.1, 0.1] }),
            model: Some("linear-1".into()),
            title_spans: vec![Span { start: 0, end: 4 }],
            text_spans: vec![Span { start: 13, end: 17 }],
            story: StoryId::new("s_1"),
            copies: 2,
            entry_tags: vec!["économie".into()],
            tags: vec!["vu".into()],
            status: MentionStatus::New,
            own_voice: false,
            backfill: false,
        }
    }

    #[track_caller]
    fn check(value: &impl Serialize, expected: Expect) {
        expected.assert_eq(&serde_json::to_string_pretty(value).unwrap());
    }

    #[test]
    fn a_mention_has_the_documented_shape() {
        let view = MentionView::new(&mention(), &[], &["press".into()]);
        check(
            &view,
            expect![[r#"
                {
                  "id": "m_1",
                  "entry": "e_1",
                  "brand": "acme",
                  "source": "ecodaily",
                  "title": "Acme en panne",
                  "excerpt": "Élodie dit : Acme est en panne.",
                  "spans": [
                    [
                      13,
                      17
                    ]
                  ],
                  "link": "https://news.example/1",
                  "author": null,
                  "published": "2026-01-01T07:00:00Z",
                  "observed": "2026-01-01T07:05:00Z",
                  "language": "fr",
                  "sentiment": {
                    "label": "negative",
                    "score": -0.7,
                    "model": "linear-1"
                  },
                  "story": "s_1",
                  "copies": 2,
                  "source_tags": [
                    "press"
                  ],
                  "tags": [
                    "vu"
                  ],
                  "status": "new",
                  "own_voice": false
                }"#]],
        );
    }

    #[test]
    fn what_is_unknown_is_null() {
        let bare = Mention {
            title: None,
            link: None,
            published: None,
            sentiment: None,
            language: Language::Unknown,
            ..mention()
        };
        let value = serde_json::to_value(MentionView::new(&bare, &[], &[])).unwrap();
        for key in ["title", "link", "author", "published", "sentiment", "language"] {
            assert!(value[key].is_null(), "{key}");
        }
    }

    #[test]
    fn the_words_asked_for_are_shown_before_those_of_the_brand() {
        let view = MentionView::new(&mention(), &[Span { start: 25, end: 30 }], &[]);
        assert_eq!(view.spans, [[25, 30]]);
        let cut: String = view.excerpt.chars().skip(25).take(5).collect();
        assert_eq!(cut, "panne");
    }

    #[test]
    fn facets_are_a_map_in_the_order_asked() {
        let facet = |facet, value: &str| FacetView {
            facet,
            values: vec![FacetValue { value: value.into(), count: 3 }],
        };
        let view = SearchView {
            query: "acme".into(),
            total: 3,
            hits: Vec::new(),
            facets: vec![facet("day", "2026-01-01"), facet("brand", "acme")],
        };
        check(
            &view,
            expect![[r#"
            {
              "query": "acme",
              "total": 3,
              "hits": [],
              "facets": {
                "day": [
                  {
                    "value": "2026-01-01",
                    "count": 3
                  }
                ],
                "brand": [
                  {
                    "value": "acme",
                    "count": 3
                  }
                ]
              }
            }"#]],
        );
    }

    #[test]
    fn hits_come_from_the_store_and_say_where_the_words_stand() {
        let home = tempfile::tempdir().unwrap();
        let mut store = crate::store::Store::open(home.path()).unwrap();
        let text = "Rien à dire. Le service Acme est en panne.";
        let entry = crate::model::Entry { content: Some(text.into()), ..crate::model::Entry::default() };
        let batch = Batch {
            source: SourceId::new("ecodaily"),
            read: 1,
            reach: None,
            dates: Vec::new(),
            entries: vec![Prepared {
                entry,
                text_hash: [0; 16],
                link_key: None,
                language: Language::French,
                fingerprint: Fingerprint::of("", text),
                mentions: vec![PreparedMention {
                    matched: Match {
                        brand: BrandId::new("acme"),
                        title_spans: Vec::new(),
                        text_spans: vec![Span { start: 24, end: 28 }],
                        own_voice: false,
                    },
                    sentiment: None,
                    model: None,
                    queries: Vec::new(),
                }],
            }],
            repeated: crate::enrich::repeated::Repeated::default(),
            problems: Vec::new(),
            wished_interval_s: None,
            skip: Skip::default(),
        };
        let at = "2026-01-01T08:00:00Z".parse().unwrap();
        store.ingest(&batch, &Polled { at, origin: Origin::Import }).unwrap();
        let dir = home.path().join("tantivy");
        let (mut index, _) = Index::open(&dir, &store.id().unwrap(), store.rev().unwrap()).unwrap();
        index.apply(&store.changes_since(0, 10).unwrap()).unwrap();
        index.commit(store.rev().unwrap()).unwrap();

        let ask = Query { text: "pannes".into(), ast: Ast::Word("pannes".into()) };
        let options = Options {
            source_tags: [("ecodaily".to_owned(), vec!["press".to_owned()])].into(),
            facets: vec![Facet::Brand],
            ..Options::default()
        };
        let index = Searcher::open(&dir).unwrap().expect("an index");
        let view = search(&store, &index, &ask, &options).unwrap();
        assert_eq!((view.query.as_str(), view.total, view.hits.len()), ("pannes", 1, 1));
        let hit = &view.hits[0];
        assert_eq!((hit.excerpt.as_str(), hit.spans.as_slice()), (text, &[[36, 41]][..]));
        assert_eq!((hit.brand.as_str(), hit.source_tags.as_slice()), ("acme", &["press".to_owned()][..]));
        let brands = vec![FacetValue { value: "acme".into(), count: 1 }];
        assert_eq!(view.facets, [FacetView { facet: "brand", values: brands }]);
    }
}
