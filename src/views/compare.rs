//! The comparison: the own brand beside its competitors, treated alike. The shape of `benchmark`.
//!
//! Counts come from the rollups. A share is a brand's count ÷ that of all brands compared, with Wilson's
//! interval; a change is against the window of the same length just before, with Newcombe's interval of a
//! difference. Net sentiment is (positive − negative) ÷ scored, in mentions.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use crate::model::{Brand, BrandId, CountBy, Mention, SentimentLabel};
use crate::stats::share::{self, Change, Interval};
use crate::stats::terms;
use crate::store::{Reader, RollupRow, Scope};

/// Sources, authors and themes shown per brand.
const SHOWN: usize = 5;

/// The newest mentions of a brand that authors and themes are drawn from.
const READ: usize = 2_000;

/// What is compared.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    /// In this order.
    pub brands: Vec<&'a Brand>,
    /// A saved query that narrows what counts.
    pub query: Option<&'a str>,
    pub since: Timestamp,
    pub until: Timestamp,
    /// What shares are of.
    pub count: CountBy,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparisonView {
    pub query: Option<String>,
    pub since: Timestamp,
    pub until: Timestamp,
    pub count: &'static str,
    pub brands: Vec<BrandView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BrandView {
    pub brand: String,
    pub name: String,
    pub role: &'static str,
    pub mentions: u64,
    pub stories: u64,
    /// In the count asked; `None` when all brands are at zero.
    pub share: Option<IntervalView>,
    pub share_mentions: Option<IntervalView>,
    /// Of the share, against the window before; `None` when either is empty.
    pub change: Option<ChangeView>,
    pub sentiment: SentimentCounts,
    pub sources: Vec<CountView>,
    pub authors: Vec<CountView>,
    /// Words that set the brand's titles apart from the others'.
    pub themes: Vec<String>,
    /// The day with the most stories, then mentions.
    pub peak: Option<PeakView>,
    /// Stories per day, oldest first.
    pub days: Vec<DayView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct IntervalView {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ChangeView {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub significant: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct SentimentCounts {
    pub negative: u64,
    pub neutral: u64,
    pub positive: u64,
    /// `None` when nothing was scored.
    pub net: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CountView {
    pub value: String,
    pub mentions: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PeakView {
    pub at: Timestamp,
    pub mentions: u64,
    pub stories: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DayView {
    /// Start of the day in the user's zone.
    pub day: Timestamp,
    pub mentions: u64,
    pub stories: u64,
}

/// Compares brands over one window.
pub fn compare(reader: &Reader, asked: &Comparison<'_>) -> Result<ComparisonView> {
    let ids: Vec<BrandId> = asked.brands.iter().map(|b| b.id.clone()).collect();
    let rows = reader.rollup(&ids, asked.query, asked.since, asked.until)?;
    let length = asked.until.duration_since(asked.since);
    let before = asked.since.checked_sub(length)?;
    let rows_before = reader.rollup(&ids, asked.query, before, asked.since)?;
    let of = |rows: &[RollupRow], id: &BrandId| Counts::of(rows.iter().filter(|r| r.brand == *id));
    let all = Counts::of(rows.iter());
    let all_before = Counts::of(rows_before.iter());
    let read: Vec<Vec<Mention>> = ids.iter().map(|id| mentions(reader, asked, id)).collect::<Result<_>>()?;
    let mut view = ComparisonView {
        query: asked.query.map(str::to_owned),
        since: asked.since,
        until: asked.until,
        count: asked.count.as_str(),
        brands: Vec::with_capacity(ids.len()),
    };
    for (place, brand) in asked.brands.iter().enumerate() {
        let now = of(&rows, &brand.id);
        let then = of(&rows_before, &brand.id);
        let counted = |counts: &Counts| match asked.count {
            CountBy::Stories => counts.stories,
            CountBy::Mentions => counts.mentions,
        };
        view.brands.push(BrandView {
            brand: brand.id.to_string(),
            name: brand.name.clone(),
            role: brand.role.as_str(),
            mentions: now.mentions,
            stories: now.stories,
            share: share::share(counted(&now), counted(&all)).map(IntervalView::from),
            share_mentions: share::share(now.mentions, all.mentions).map(IntervalView::from),
            change: share::change((counted(&now), counted(&all)), (counted(&then), counted(&all_before)))
                .map(change),
            sentiment: sentiment(&now),
            sources: top(&now.sources),
            authors: authors(&read[place]),
            themes: themes(&read, place, brand),
            peak: now.peak(),
            days: now.days(),
        });
    }
    Ok(view)
}

/// One brand's rows, added up.
#[derive(Default)]
struct Counts {
    mentions: u64,
    stories: u64,
    tones: [u64; 3],
    sources: BTreeMap<String, u64>,
    days: BTreeMap<Timestamp, (u64, u64)>,
}

impl Counts {
    fn of<'a>(rows: impl Iterator<Item = &'a RollupRow>) -> Self {
        let mut counts = Counts::default();
        for row in rows {
            let (mentions, stories) = (u64::from(row.mentions), u64::from(row.stories));
            counts.mentions += mentions;
            counts.stories += stories;
            if let Some(tone) = row.tone {
                counts.tones[tone as usize] += mentions;
            }
            *counts.sources.entry(row.source.to_string()).or_default() += mentions;
            let day = counts.days.entry(row.day).or_default();
            day.0 += mentions;
            day.1 += stories;
        }
        counts
    }

    fn peak(&self) -> Option<PeakView> {
        let (at, (mentions, stories)) =
            self.days.iter().rev().max_by_key(|(_, (mentions, stories))| (*stories, *mentions))?;
        Some(PeakView { at: *at, mentions: *mentions, stories: *stories })
    }

    fn days(&self) -> Vec<DayView> {
        let day = |(day, (mentions, stories)): (&Timestamp, &(u64, u64))| DayView {
            day: *day,
            mentions: *mentions,
            stories: *stories,
        };
        self.days.iter().map(day).collect()
    }
}

fn sentiment(counts: &Counts) -> SentimentCounts {
    let of = |label: SentimentLabel| counts.tones[label as usize];
    let [negative, neutral, positive] = SentimentLabel::ALL.map(of);
    let net = share::net(negative, neutral, positive);
    SentimentCounts {
        negative,
        neutral,
        positive,
        net: net.map(|n| n.value),
        low: net.map(|n| n.low),
        high: net.map(|n| n.high),
    }
}

fn mentions(reader: &Reader, asked: &Comparison<'_>, brand: &BrandId) -> Result<Vec<Mention>> {
    let scope = Scope { brand, query: asked.query, since: asked.since, until: asked.until, backfill: true };
    reader.mention_rows(&scope, false, READ)
}

fn authors(mentions: &[Mention]) -> Vec<CountView> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for author in mentions.iter().filter_map(|m| m.author.as_ref()) {
        *counts.entry(author.clone()).or_default() += 1;
    }
    top(&counts)
}

fn themes(read: &[Vec<Mention>], place: usize, brand: &Brand) -> Vec<String> {
    let titles = |wanted: bool| -> Vec<&str> {
        let brands = read.iter().enumerate().filter(|(other, _)| (*other == place) == wanted);
        brands.flat_map(|(_, mentions)| mentions).filter_map(|m| m.title.as_deref()).collect()
    };
    terms::stand_out(&titles(true), &titles(false), &brand.names(), SHOWN)
}

/// The most frequent first, ties by name.
fn top(counts: &BTreeMap<String, u64>) -> Vec<CountView> {
    let mut sorted: Vec<_> = counts.iter().collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let shown = sorted.into_iter().take(SHOWN);
    shown.map(|(value, count)| CountView { value: value.clone(), mentions: *count }).collect()
}

impl From<Interval> for IntervalView {
    fn from(i: Interval) -> Self {
        IntervalView { value: i.value, low: i.low, high: i.high }
    }
}

fn change(c: Change) -> ChangeView {
    ChangeView { value: c.value, low: c.low, high: c.high, significant: c.significant }
}
