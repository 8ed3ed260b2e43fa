//! One pass over what matches: how many, the best of them, and how they divide.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::index::SegmentReader;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal};

use super::compile::IdColumns;
use super::schema::{self, column};
use super::search::Facet;

/// The finest slice of time in which no zone of today changes its date or hour.
const QUARTER_US: i64 = 15 * 60 * 1_000_000;

/// What to gather.
pub struct Gather {
    /// How many of the best hits; all those equal to the last of them come too.
    pub keep: usize,
    /// Best by score, then time; else by time alone.
    pub ranked: bool,
    pub facets: Vec<Facet>,
}

pub struct Gathered {
    pub total: u64,
    /// In no order.
    pub hits: Vec<Hit>,
    /// One for each facet asked.
    pub facets: Vec<Counts>,
}

#[derive(Clone, Copy, Debug)]
pub struct Hit {
    pub key: Key,
    pub address: DocAddress,
}

/// Greater is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The bits of a score that is not negative rise with it; 0 where only time counts.
    score_bits: u32,
    at: i64,
}

impl Key {
    pub fn of_time(at: i64) -> Self {
        Key { score_bits: 0, at }
    }

    pub fn of_score(score: Score, at: i64) -> Self {
        Key { score_bits: score.max(0.0).to_bits(), at }
    }
}

/// How hits divide by one facet.
pub enum Counts {
    Values(BTreeMap<String, u64>),
    /// By the number of a story.
    Stories(HashMap<u128, u64>),
    /// By quarters of an hour since 1970.
    Quarters(BTreeMap<i64, u64>, Facet),
}

impl Counts {
    /// Values by count, then by name, at most `limit`; those of time all, in their order.
    pub fn into_values(self, zone: &TimeZone, limit: usize) -> Vec<(String, u64)> {
        match self {
            Counts::Values(values) => {
                let mut values: Vec<_> = values.into_iter().collect();
                values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
                values.truncate(limit);
                values
            }
            Counts::Stories(stories) => {
                let mut stories: Vec<_> = stories.into_iter().collect();
                stories.sort_unstable_by_key(|&(story, count)| (Reverse(count), story));
                stories.truncate(limit);
                stories.into_iter().map(|(story, count)| (schema::story_id(story), count)).collect()
            }
            Counts::Quarters(quarters, facet) => {
                let mut labels: BTreeMap<String, u64> = BTreeMap::new();
                for (quarter, count) in quarters {
                    *labels.entry(label(quarter, facet, zone)).or_default() += count;
                }
                labels.into_iter().collect()
            }
        }
    }

    fn empty(facet: Facet) -> Self {
        match facet_column(facet) {
            Some(_) => Counts::Values(BTreeMap::new()),
            None if facet == Facet::Story => Counts::Stories(HashMap::new()),
            None => Counts::Quarters(BTreeMap::new(), facet),
        }
    }

    fn add(&mut self, other: Counts) {
        match (self, other) {
            (Counts::Values(all), Counts::Values(more)) => add_all(all, more),
            (Counts::Quarters(all, _), Counts::Quarters(more, _)) => add_all(all, more),
            (Counts::Stories(all), Counts::Stories(more)) => {
                more.into_iter().for_each(|(story, count)| *all.entry(story).or_default() += count);
            }
            // The counts of one facet are of one kind.
            (Counts::Values(_) | Counts::Quarters(..) | Counts::Stories(_), _) => {}
        }
    }
}

fn add_all<K: Ord>(all: &mut BTreeMap<K, u64>, more: BTreeMap<K, u64>) {
    for (key, count) in more {
        *all.entry(key).or_default() += count;
    }
}

fn facet_column(facet: Facet) -> Option<&'static str> {
    Some(match facet {
        Facet::Brand => column::BRAND,
        Facet::Source => column::SOURCE,
        Facet::Site => column::HOST,
        Facet::Author => column::AUTHOR,
        Facet::Language => column::LANGUAGE,
        Facet::Sentiment => column::SENTIMENT,
        Facet::Tag => column::TAG,
        Facet::Status => column::STATUS,
        Facet::Story | Facet::Hour | Facet::Day | Facet::Week | Facet::Month | Facet::HourOfWeek => {
            return None;
        }
    })
}

/// What a facet of time is called at a time; `None` of another facet.
pub fn facet_of_time(facet: Facet, at: Timestamp, zone: &TimeZone) -> Option<String> {
    let quarter = at.as_microsecond().div_euclid(QUARTER_US);
    facet_column(facet).is_none().then(|| label(quarter, facet, zone))
}

fn label(quarter: i64, facet: Facet, zone: &TimeZone) -> String {
    let at = Timestamp::from_microsecond(quarter.saturating_mul(QUARTER_US)).unwrap_or(Timestamp::MIN);
    let at = at.to_zoned(zone.clone());
    match facet {
        Facet::Hour => at.strftime("%Y-%m-%dT%H").to_string(),
        Facet::Week => at.strftime("%G-W%V").to_string(),
        Facet::Month => at.strftime("%Y-%m").to_string(),
        // The number of the weekday first, so that they are in the order of a week.
        Facet::HourOfWeek => at.strftime("%u-%a-%H").to_string(),
        _ => at.strftime("%Y-%m-%d").to_string(),
    }
}

impl Collector for Gather {
    type Fruit = Gathered;
    type Child = SegmentGather;

    fn for_segment(
        &self,
        ordinal: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<SegmentGather> {
        let columns = segment.fast_fields();
        let counters = self.facets.iter().map(|&facet| {
            Ok(match facet_column(facet) {
                None if facet == Facet::Story => {
                    let ids = IdColumns::open(segment, [column::STORY_HIGH, column::STORY_LOW])?;
                    Counter::Stories { ids, counts: HashMap::new() }
                }
                None => Counter::Quarters { facet, runs: Vec::new() },
                Some(name) => match columns.str(name)? {
                    Some(column) => {
                        Counter::Values { counts: vec![0; column.dictionary().num_terms()], column }
                    }
                    None => Counter::Nothing,
                },
            })
        });
        Ok(SegmentGather {
            ordinal,
            at: columns.i64(column::AT)?,
            best: Best::new(self.keep),
            ranked: self.ranked,
            total: 0,
            settled: false,
            counters: counters.collect::<tantivy::Result<_>>()?,
        })
    }

    fn requires_scoring(&self) -> bool {
        self.ranked
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Gathered>>) -> tantivy::Result<Gathered> {
        let facets = self.facets.iter().map(|&facet| Counts::empty(facet)).collect();
        let mut all = Gathered { total: 0, hits: Vec::new(), facets };
        for segment in segments {
            let segment = segment?;
            all.total += segment.total;
            all.hits.extend(segment.hits);
            std::iter::zip(&mut all.facets, segment.facets).for_each(|(all, more)| all.add(more));
        }
        Ok(all)
    }
}

pub struct SegmentGather {
    ordinal: SegmentOrdinal,
    at: Column<i64>,
    best: Best,
    ranked: bool,
    total: u64,
    /// By time: documents come newest first, and all that follow are too old.
    settled: bool,
    counters: Vec<Counter>,
}

impl SegmentCollector for SegmentGather {
    type Fruit = tantivy::Result<Gathered>;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.total += 1;
        if self.settled && self.counters.is_empty() {
            return;
        }
        let at = self.at.first(doc).unwrap_or(i64::MIN);
        for counter in &mut self.counters {
            counter.count(doc, at);
        }
        let address = DocAddress::new(self.ordinal, doc);
        if self.ranked {
            self.best.push(Hit { key: Key::of_score(score, at), address });
        } else if !self.settled {
            self.push_newest(Hit { key: Key::of_time(at), address });
        }
    }

    fn harvest(self) -> tantivy::Result<Gathered> {
        let facets = self.counters.into_iter().map(Counter::counts).collect::<tantivy::Result<_>>()?;
        Ok(Gathered { total: self.total, hits: self.best.hits, facets })
    }
}

impl SegmentGather {
    fn push_newest(&mut self, hit: Hit) {
        let hits = &mut self.best.hits;
        let equals_last = hits.last().is_some_and(|last| last.key == hit.key);
        if hits.len() < self.best.keep || equals_last {
            hits.push(hit);
        } else {
            self.settled = true;
        }
    }
}

/// So many of the best hits, and all those equal to the last of them; a few more until it is asked again.
pub struct Best {
    keep: usize,
    /// In no order.
    pub hits: Vec<Hit>,
    /// What is below is not among the best.
    least: Option<Key>,
    prune_at: usize,
}

impl Best {
    pub fn new(keep: usize) -> Self {
        Best { keep, hits: Vec::new(), least: None, prune_at: keep.saturating_mul(2).saturating_add(64) }
    }

    pub fn push(&mut self, hit: Hit) {
        if self.keep == 0 || self.least.is_some_and(|least| hit.key < least) {
            return;
        }
        self.hits.push(hit);
        if self.hits.len() >= self.prune_at {
            let (_, last, _) = self.hits.select_nth_unstable_by(self.keep - 1, |a, b| b.key.cmp(&a.key));
            let least = last.key;
            self.hits.retain(|hit| hit.key >= least);
            self.least = Some(least);
            // Equal hits all stay: with many of them, wait longer.
            self.prune_at = self.prune_at.max(2 * self.hits.len());
        }
    }

    /// A score that must be passed to be among the best: among equals, the newer one may.
    pub fn enough(&self) -> Score {
        self.least.map_or(Score::MIN, |least| Score::from_bits(least.score_bits).next_down())
    }
}

/// Counts one facet over one segment.
enum Counter {
    Values {
        column: StrColumn,
        /// By the value's number in the segment.
        counts: Vec<u64>,
    },
    Stories {
        ids: IdColumns,
        counts: HashMap<u128, u64>,
    },
    /// Runs of equal quarters, as they come.
    Quarters {
        facet: Facet,
        runs: Vec<(i64, u64)>,
    },
    /// No document of the segment has a value.
    Nothing,
}

impl Counter {
    fn count(&mut self, doc: DocId, at: i64) {
        match self {
            Counter::Values { column, counts } => {
                for ord in column.term_ords(doc) {
                    counts[ord as usize] += 1;
                }
            }
            Counter::Stories { ids, counts } => *counts.entry(ids.id(doc)).or_default() += 1,
            Counter::Quarters { runs, .. } => {
                let quarter = at.div_euclid(QUARTER_US);
                match runs.last_mut() {
                    Some((last, count)) if *last == quarter => *count += 1,
                    _ => runs.push((quarter, 1)),
                }
            }
            Counter::Nothing => {}
        }
    }

    fn counts(self) -> tantivy::Result<Counts> {
        match self {
            Counter::Nothing => Ok(Counts::Values(BTreeMap::new())),
            Counter::Stories { counts, .. } => Ok(Counts::Stories(counts)),
            Counter::Quarters { facet, runs } => {
                let mut quarters = BTreeMap::new();
                for (quarter, count) in runs {
                    *quarters.entry(quarter).or_default() += count;
                }
                Ok(Counts::Quarters(quarters, facet))
            }
            Counter::Values { column, counts } => {
                let seen = || counts.iter().zip(0u64..).filter(|(count, _)| **count > 0);
                let ords: Vec<u64> = seen().map(|(_, ord)| ord).collect();
                let mut names = Vec::new();
                column.dictionary().sorted_ords_to_term_cb(&ords, |name| {
                    names.push(String::from_utf8_lossy(name).into_owned());
                })?;
                Ok(Counts::Values(names.into_iter().zip(seen().map(|(&count, _)| count)).collect()))
            }
        }
    }
}
