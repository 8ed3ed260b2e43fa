//! Questions to the index: which mentions, how many, and how they divide.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use tantivy::columnar::StrColumn;
use tantivy::query::{BooleanQuery, Query};
use tantivy::{DocAddress, ReloadPolicy};

use super::collect::{Gather, Gathered, Hit};
use super::compile::{self, Compiler};
use super::repair::{self, Payload, Trouble};
use super::schema::{self, Fields, column};
use crate::model::{MentionId, Timestamp};
use crate::query::Ast;

/// A reader over the commit that was last when it was opened.
pub struct Searcher {
    searcher: tantivy::Searcher,
    fields: Fields,
    rev: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Newest first.
    #[default]
    New,
    /// By how much the words say, title before text; newest first among equals.
    Relevance,
}

/// What stands for many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// The first mention of each story, in the order asked.
    Story,
}

/// What hits are counted by. Times are of [`Options::zone`]: days are `2026-01-01`, hours
/// `2026-01-01T08`, weeks `2026-W01`, months `2026-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Facet {
    Brand,
    Source,
    Site,
    Author,
    Language,
    Sentiment,
    Tag,
    Status,
    Story,
    Hour,
    Day,
    Week,
    Month,
}

impl Facet {
    pub const ALL: [Facet; 13] = [
        Facet::Brand,
        Facet::Source,
        Facet::Site,
        Facet::Author,
        Facet::Language,
        Facet::Sentiment,
        Facet::Tag,
        Facet::Status,
        Facet::Story,
        Facet::Hour,
        Facet::Day,
        Facet::Week,
        Facet::Month,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Facet::Brand => "brand",
            Facet::Source => "source",
            Facet::Site => "site",
            Facet::Author => "author",
            Facet::Language => "language",
            Facet::Sentiment => "sentiment",
            Facet::Tag => "tag",
            Facet::Status => "status",
            Facet::Story => "story",
            Facet::Hour => "hour",
            Facet::Day => "day",
            Facet::Week => "week",
            Facet::Month => "month",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Options {
    /// Published (else observed) in `[since, until)`, beside what the query says.
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub sort: Sort,
    /// Hits to skip, and how many to give after them.
    pub offset: usize,
    pub limit: usize,
    pub fold: Option<Fold>,
    pub facets: Vec<Facet>,
    /// The most values of one facet; those of time are all given.
    pub facet_limit: usize,
    pub zone: TimeZone,
    /// The tags `feeds.toml` gives a source, by its id: they are not in the index, so that a change of
    /// them is heard at once.
    pub source_tags: BTreeMap<String, Vec<String>>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            since: None,
            until: None,
            sort: Sort::New,
            offset: 0,
            limit: 20,
            fold: None,
            facets: Vec::new(),
            facet_limit: 20,
            zone: TimeZone::UTC,
            source_tags: BTreeMap::new(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// Mentions that match, in all.
    pub total: u64,
    /// At most `limit`, after `offset`; equal times and scores are in the order of their ids.
    pub ids: Vec<MentionId>,
    /// In the order asked; values by count, those of time in their own order.
    pub facets: Vec<(Facet, Vec<(String, u64)>)>,
}

impl Searcher {
    /// `None` where there is none that can answer: not built yet, damaged, or of another version. Opening it
    /// for writing mends that.
    pub fn open(dir: &Path) -> Result<Option<Searcher>> {
        if !dir.exists() {
            return Ok(None);
        }
        let (schema, fields) = schema::schema();
        let read = || -> tantivy::Result<_> {
            let index = repair::open(dir)?;
            // Before the segments, so that it never claims more than they hold.
            let payload = index.load_metas()?.payload;
            let reader: tantivy::IndexReader =
                index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
            Ok((index.schema(), payload, reader.searcher()))
        };
        match read().map_err(Trouble::from) {
            Ok((found, payload, searcher)) => {
                let rev = payload.as_deref().and_then(Payload::read).map_or(0, |payload| payload.rev);
                Ok((found == schema).then_some(Searcher { searcher, fields, rev }))
            }
            Err(Trouble::Damage(_)) => Ok(None),
            Err(Trouble::Moment(error)) => {
                Err(error).with_context(|| format!("the text index in {} cannot be read", dir.display()))
            }
        }
    }

    /// The rev up to which it knows the store's changes.
    pub fn rev(&self) -> u64 {
        self.rev
    }

    pub fn search(&self, ast: &Ast, options: &Options) -> Result<Hits> {
        let wanted = options.offset.saturating_add(options.limit);
        let gather = Gather {
            keep: if options.fold.is_some() { usize::MAX } else { wanted },
            ranked: options.sort == Sort::Relevance,
            facets: options.facets.clone(),
        };
        let found: Gathered = self.searcher.search(&self.query(ast, options), &gather)?;
        let facets = std::iter::zip(&options.facets, found.facets)
            .map(|(&facet, counts)| (facet, counts.into_values(&options.zone, options.facet_limit)))
            .collect();
        let ids = self.ids_in_order(found.hits, wanted, options.fold)?;
        Ok(Hits { total: found.total, ids: ids.into_iter().skip(options.offset).collect(), facets })
    }

    /// Every mention it holds, sorted: to compare with the store.
    pub fn all_ids(&self) -> Result<Vec<MentionId>> {
        let mut ids = Vec::new();
        for segment in self.searcher.segment_readers() {
            let Some(column) = segment.fast_fields().str(column::MENTION)? else { continue };
            let mut ords: Vec<u64> =
                segment.doc_ids_alive().filter_map(|doc| column.term_ords(doc).next()).collect();
            ords.sort_unstable();
            column.dictionary().sorted_ords_to_term_cb(&ords, |id| {
                ids.push(MentionId::new(String::from_utf8_lossy(id).into_owned()));
            })?;
        }
        ids.sort_unstable();
        Ok(ids)
    }

    fn query(&self, ast: &Ast, options: &Options) -> Box<dyn Query> {
        let compiler = Compiler { fields: &self.fields, source_tags: &options.source_tags };
        let query = match options.sort {
            Sort::New => compiler.matching(ast),
            Sort::Relevance => compiler.ranking(ast),
        };
        if options.since.is_none() && options.until.is_none() {
            return query;
        }
        Box::new(BooleanQuery::intersection(vec![query, compile::between(options.since, options.until)]))
    }

    /// The first `wanted` of the hits, best first. Ids are read only for those, and for those equal to the last.
    fn ids_in_order(&self, mut hits: Vec<Hit>, wanted: usize, fold: Option<Fold>) -> Result<Vec<MentionId>> {
        hits.sort_unstable_by_key(|hit| std::cmp::Reverse(hit.key));
        let mut ids = Vec::new();
        let mut stories = HashSet::new();
        for equals in hits.chunk_by(|a, b| a.key == b.key) {
            if ids.len() >= wanted {
                break;
            }
            let mut named = equals
                .iter()
                .map(|hit| Ok((self.value(column::MENTION, hit.address)?, hit.address)))
                .collect::<Result<Vec<_>>>()?;
            named.sort_unstable();
            for (id, address) in named {
                let shown = match fold {
                    None => true,
                    Some(Fold::Story) => stories.insert(self.value(column::STORY, address)?),
                };
                if shown {
                    ids.push(MentionId::new(id));
                }
            }
        }
        ids.truncate(wanted);
        Ok(ids)
    }

    fn value(&self, column: &str, address: DocAddress) -> Result<String> {
        let segment = self.searcher.segment_reader(address.segment_ord);
        let column: Option<StrColumn> = segment.fast_fields().str(column)?;
        let mut value = String::new();
        if let Some(column) = column
            && let Some(ord) = column.term_ords(address.doc_id).next()
        {
            column.ord_to_str(ord, &mut value)?;
        }
        Ok(value)
    }
}
