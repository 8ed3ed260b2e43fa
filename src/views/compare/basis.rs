//! Which sources the figures are of, and what each source brings.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Result;
use jiff::Timestamp;

use super::{AgainstProblem, AgainstView, BasisView, Comparison, PREVIOUS, UnevenView, YieldView, days};
use crate::model::{CountBy, Gap, Source, SourceId};
use crate::store::{Counts, Hearing, Reader, SourceCounts};

/// A source heard for less of a window is not one of those that brands are compared by.
const STEADY: f64 = 0.9;
/// What steady sources bring at least, of what all do, for figures to be of them alone.
const ENOUGH: f64 = 0.5;
/// Heard for so long without a mention, a source could be dropped.
const IDLE_DAYS: f64 = 28.0;

/// When each source was heard.
pub(super) struct Heard {
    spans: HashMap<SourceId, Hearing>,
    gaps: HashMap<SourceId, Vec<Gap>>,
}

impl Heard {
    pub fn read(reader: &Reader, asked: &Comparison<'_>) -> Result<Self> {
        let spans = reader.hearing()?.into_iter().map(|span| (span.source.clone(), span)).collect();
        let mut gaps: HashMap<SourceId, Vec<Gap>> = HashMap::new();
        let begin = asked.since.checked_sub(asked.until.duration_since(asked.since)).unwrap_or(asked.since);
        for gap in reader.gaps(begin, asked.until)? {
            gaps.entry(gap.source.clone()).or_default().push(gap);
        }
        Ok(Self { spans, gaps })
    }

    /// Which part of a window a source was heard for, and from when if not from its beginning.
    fn part(&self, source: &SourceId, since: Timestamp, until: Timestamp) -> (f64, Option<Timestamp>) {
        let Some(span) = self.spans.get(source) else { return (1.0, None) };
        let from = span.from.unwrap_or(since).clamp(since, until);
        let to = span.until.unwrap_or(until).clamp(from, until);
        let gaps = self.gaps.get(source).into_iter().flatten().map(|gap| {
            let begin = gap.since.clamp(from, to);
            days(gap.until.unwrap_or(to).clamp(begin, to).duration_since(begin))
        });
        let heard = days(to.duration_since(from)) - gaps.sum::<f64>();
        let part = (heard / days(until.duration_since(since))).clamp(0.0, 1.0);
        (part, (from > since).then_some(from))
    }

    /// From when on those sources were heard that bring nine tenths of what is counted: of what was before, their
    /// first documents hold a few old entries, and the rest was not there to be heard.
    pub fn mostly_from(&self, asked: &Comparison<'_>, rows: &[Vec<SourceCounts>]) -> Timestamp {
        let mut brought: BTreeMap<Timestamp, u64> = BTreeMap::new();
        for row in rows.iter().flatten() {
            let from = self.spans.get(&row.source).and_then(|span| span.from).unwrap_or(Timestamp::MIN);
            *brought.entry(from).or_default() += counted(asked.count, &row.counts);
        }
        let all: u64 = brought.values().sum();
        let mut heard = 0;
        let mostly = brought.into_iter().find(|(_, count)| {
            heard += count;
            heard as f64 >= STEADY * all as f64
        });
        mostly.map_or(asked.since, |(from, _)| from.min(asked.since))
    }

    pub fn is_steady(&self, source: &SourceId, since: Timestamp, until: Timestamp) -> bool {
        self.part(source, since, until).0 >= STEADY
    }
}

/// What all brands have in each source.
pub(super) fn by_source(rows: &[Vec<SourceCounts>]) -> HashMap<&SourceId, Counts> {
    let mut sums: HashMap<&SourceId, Counts> = HashMap::new();
    for row in rows.iter().flatten() {
        *sums.entry(&row.source).or_default() += row.counts;
    }
    sums
}

/// What the figures are of, and the sources they hold; `None`: all.
pub(super) fn basis(
    heard: &Heard,
    asked: &Comparison<'_>,
    rows: &[Vec<SourceCounts>],
) -> (BasisView, Option<HashSet<SourceId>>) {
    let sources = by_source(rows);
    let of = |sources: &mut dyn Iterator<Item = (&&SourceId, &Counts)>| -> u64 {
        sources.map(|(_, counts)| counted(asked.count, counts)).sum()
    };
    let is_steady = |source: &SourceId| heard.is_steady(source, asked.since, asked.until);
    let all = of(&mut sources.iter());
    let of_steady = of(&mut sources.iter().filter(|(source, _)| is_steady(source)));
    let enough = of_steady as f64 >= ENOUGH * all as f64;
    let uneven = sources.iter().filter_map(|(source, counts)| {
        let (part, from) = heard.part(source, asked.since, asked.until);
        // A poll that failed once is no news.
        (part < 0.99).then(|| UnevenView {
            source: source.to_string(),
            heard: part,
            from,
            counted: !enough || part >= STEADY,
            mentions: counts.mentions,
        })
    });
    let mut uneven: Vec<UnevenView> = uneven.collect();
    uneven.sort_by(|a, b| a.source.cmp(&b.source));
    let view = BasisView { sources: if enough { "steady" } else { "all" }, uneven };
    let steady = || sources.keys().filter(|source| is_steady(source)).map(|source| (*source).clone());
    (view, enough.then(|| steady().collect()))
}

/// What changes are against, and the sources they are counted in.
pub(super) fn against(
    heard: &Heard,
    asked: &Comparison<'_>,
    (since, until): (Timestamp, Timestamp),
    rows: &[Vec<SourceCounts>],
    rows_before: &[Vec<SourceCounts>],
) -> (AgainstView, Option<HashSet<SourceId>>) {
    let in_both = |source: &SourceId| {
        heard.is_steady(source, asked.since, asked.until)
            && match asked.against {
                Some(baseline) => baseline.steady.contains(source),
                None => heard.is_steady(source, since, until),
            }
    };
    let (mut both, mut now, mut now_both, mut then, mut then_both) = (HashSet::new(), 0, 0, 0, 0);
    for (source, counts) in by_source(rows) {
        let count = counted(asked.count, &counts);
        now += count;
        if in_both(source) {
            now_both += count;
            both.insert(source.clone());
        }
    }
    for (source, counts) in by_source(rows_before) {
        let count = counted(asked.count, &counts);
        then += count;
        // One that fell silent counts too: it was heard, and had nothing to say.
        if in_both(source) {
            then_both += count;
            both.insert(source.clone());
        }
    }
    let problem = if then == 0 {
        Some(AgainstProblem::Nothing)
    } else if (now_both as f64) < ENOUGH * now as f64 || then_both == 0 {
        Some(AgainstProblem::OtherSources)
    } else {
        None
    };
    let mut sources: Vec<String> = both.iter().map(SourceId::to_string).collect();
    sources.sort_unstable();
    let view = AgainstView {
        name: asked.against.map_or(PREVIOUS, |baseline| baseline.name.as_str()).to_owned(),
        since: asked.against.map_or(since, |baseline| baseline.since),
        until: asked.against.map_or(until, |baseline| baseline.until),
        saved: asked.against.map(|baseline| baseline.saved),
        sources,
        problem,
    };
    let comparable = problem.is_none().then_some(both);
    (view, comparable)
}

/// What each enabled source brought, and whether it earns its polling.
pub(super) fn yields(
    heard: &Heard,
    asked: &Comparison<'_>,
    reader: &Reader,
    rows: &[Vec<SourceCounts>],
) -> Result<Vec<YieldView>> {
    let brought = by_source(rows);
    let enabled: Vec<&Source> = asked.sources.iter().filter(|source| source.enabled).collect();
    let ids: Vec<&SourceId> = enabled.iter().map(|source| &source.id).collect();
    let latest = reader.latest_mentions(&ids)?;
    let window = days(asked.until.duration_since(asked.since));
    let mut yields: Vec<YieldView> = enabled
        .into_iter()
        .zip(latest)
        .map(|(source, latest)| {
            let Counts { mentions, stories, .. } = brought.get(&source.id).copied().unwrap_or_default();
            let known = heard.spans.get(&source.id).is_some_and(|span| span.from.is_some());
            let part = if known { heard.part(&source.id, asked.since, asked.until).0 } else { 0.0 };
            let verdict = match (stories, mentions) {
                (1.., _) => "earns",
                (0, 1..) => "echoes",
                _ if part * window >= IDLE_DAYS => "nothing",
                _ => "unknown",
            };
            YieldView {
                source: source.id.to_string(),
                tags: source.tags.clone(),
                mentions,
                stories,
                heard: part,
                latest,
                verdict,
            }
        })
        .collect();
    yields.sort_by(|a, b| {
        (b.stories, b.mentions).cmp(&(a.stories, a.mentions)).then_with(|| a.source.cmp(&b.source))
    });
    Ok(yields)
}

pub(super) fn counted(count: CountBy, counts: &Counts) -> u64 {
    match count {
        CountBy::Stories => counts.stories,
        CountBy::Mentions => counts.mentions,
    }
}
