//! What counts do not tell: who speaks of a brand, what of, in which form, when in the week.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use super::{AuthorView, Comparison, ExampleView, FormatView, PeakView, PlaceView, ReactionView, ThemeView};
use crate::model::{Brand, BrandId, Format, SentimentLabel, Source, SourceId};
use crate::stats::terms;
use crate::store::{Counts, DayCounts, Reader, Scope, SourceCounts, Told};

/// Sources, authors and themes shown per brand.
const SHOWN: usize = 10;
/// Mentions of a brand that are read, at most, about.
const READ: u64 = 1_000;
/// Of the peak's day.
const READ_AT_PEAK: usize = 200;
/// Mentions that hours of the week are counted of, at most, about.
const COUNTED_BY_HOUR: u64 = 100_000;

fn scope<'a>(asked: &Comparison<'a>, brand: &'a BrandId, since: Timestamp, until: Timestamp) -> Scope<'a> {
    Scope { brand, query: asked.query, since, until, backfill: true }
}

/// All mentions of a brand; of many, from each day a part as large as the day's of all, its newest.
pub(super) fn read(
    reader: &Reader,
    asked: &Comparison<'_>,
    brand: &BrandId,
    days: &[DayCounts],
    without: &[SourceId],
) -> Result<Vec<Told>> {
    let all: u64 = days.iter().map(|day| day.counts.mentions).sum();
    if all <= READ {
        return reader.told(&[(scope(asked, brand, asked.since, asked.until), usize::MAX)], without);
    }
    let mut parts = Vec::new();
    // What is left of one day's part is added to the next one's.
    let mut due = 0.0;
    for (place, DayCounts { day, counts }) in days.iter().enumerate().rev() {
        due += counts.mentions as f64 * READ as f64 / all as f64;
        let part = due.floor();
        due -= part;
        let until = days.get(place + 1).map_or(asked.until, |next| next.day);
        let of_day = scope(asked, brand, (*day).max(asked.since), until.min(asked.until));
        if part >= 1.0 {
            parts.push((of_day, part as usize));
        }
    }
    reader.told(&parts, without)
}

/// Mentions in the story of a mention, on average.
pub(super) fn mean_copies(told: &[Vec<Told>]) -> f64 {
    let copies = || told.iter().flatten().map(|told| f64::from(told.copies.max(1)));
    copies().sum::<f64>() / (copies().count().max(1)) as f64
}

/// By hour of the week.
pub(super) struct Hours {
    pub of: Vec<Vec<u32>>,
    pub weeks: f64,
}

/// Of the whole window; of one with many mentions in all, of weeks spread over it.
pub(super) fn hours(
    reader: &Reader,
    asked: &Comparison<'_>,
    all: u64,
    without: &[SourceId],
) -> Result<Hours> {
    const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
    let length = asked.until.duration_since(asked.since);
    let weeks = length.as_secs_f64() / WEEK.as_secs_f64();
    let spans: Vec<(Timestamp, Timestamp)> = if all <= COUNTED_BY_HOUR || weeks < 2.0 {
        vec![(asked.since, asked.until)]
    } else {
        let wanted = (weeks * COUNTED_BY_HOUR as f64 / all as f64).max(1.0);
        let every = (weeks / wanted).ceil().max(1.0) as i64;
        let starts = (0..weeks as i64).step_by(usize::try_from(every)?);
        starts
            .map(|week| {
                let start = asked.since.checked_add(WEEK * i32::try_from(week)?)?;
                Ok((start, start.checked_add(WEEK)?.min(asked.until)))
            })
            .collect::<Result<_>>()?
    };
    let counted = spans.iter().map(|(since, until)| until.duration_since(*since).as_secs_f64());
    let weeks = counted.sum::<f64>() / WEEK.as_secs_f64();
    let mut of = Vec::with_capacity(asked.brands.len());
    for brand in &asked.brands {
        let mut sums: Vec<u32> = Vec::new();
        for (since, until) in &spans {
            let hours = reader.hours_of_week(&scope(asked, &brand.id, *since, *until), without)?;
            sums.resize(hours.len(), 0);
            sums.iter_mut().zip(hours).for_each(|(sum, hour)| *sum += hour);
        }
        of.push(sums);
    }
    Ok(Hours { of, weeks })
}

/// Each story once, by the first of it that was read.
fn stories(told: &[Told]) -> Vec<&Told> {
    let mut seen = HashSet::new();
    told.iter().filter(|told| seen.insert(&told.story)).collect()
}

/// What sets each brand apart from the others: a story counts once.
pub(super) fn themes(told: &[Vec<Told>], brands: &[&Brand]) -> Vec<Vec<ThemeView>> {
    let texts: Vec<Vec<&str>> =
        told.iter().map(|told| stories(told).iter().map(|t| t.title.as_str()).collect()).collect();
    let names: Vec<&str> = brands.iter().flat_map(|brand| brand.names()).collect();
    let theme = |term: terms::Term| ThemeView {
        word: term.spelling,
        weight: term.weight,
        mentions: term.texts.len() as u64,
        others: term.others as u64,
    };
    let each = terms::weigh_each(&texts, &names, SHOWN);
    each.into_iter().map(|terms| terms.into_iter().map(theme).collect()).collect()
}

pub(super) fn authors(told: &[Told]) -> Vec<AuthorView> {
    struct Seen {
        mentions: u64,
        copies: Vec<u32>,
        tones: [u64; 3],
    }
    let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
    for told in told {
        let Some(author) = told.author.as_deref().filter(|author| !author.trim().is_empty()) else {
            continue;
        };
        let author = seen.entry(author).or_insert(Seen { mentions: 0, copies: Vec::new(), tones: [0; 3] });
        author.mentions += 1;
        if told.first {
            author.copies.push(told.copies);
        }
        if let Some(tone) = told.tone {
            author.tones[tone as usize] += 1;
        }
    }
    let author = |(name, seen): (&str, Seen)| {
        let first = seen.copies.len();
        let copies = seen.copies.iter().map(|copies| f64::from(*copies)).sum::<f64>();
        AuthorView {
            value: name.to_owned(),
            mentions: seen.mentions,
            first: first as u64,
            spread: (first > 0).then(|| copies / first as f64),
            positive: seen.tones[SentimentLabel::Positive as usize],
            negative: seen.tones[SentimentLabel::Negative as usize],
        }
    };
    let mut authors: Vec<AuthorView> = seen.into_iter().map(author).collect();
    authors.sort_by_key(|author| Reverse((author.mentions, author.first)));
    authors.truncate(SHOWN);
    authors
}

/// Those there are, in the order of [`Format::ALL`].
pub(super) fn formats(told: &[Told]) -> Vec<FormatView> {
    let of = |format: Format| {
        let here = || told.iter().filter(move |told| told.format == format);
        let mut reactions: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for (kind, count) in here().flat_map(|told| &told.engagement) {
            reactions.entry(kind).or_default().push(*count);
        }
        let reaction = |(kind, mut counts): (&str, Vec<u64>)| {
            counts.sort_unstable();
            ReactionView {
                kind: kind.to_owned(),
                mentions: counts.len() as u64,
                median: counts[counts.len() / 2],
                sum: counts.iter().sum(),
            }
        };
        FormatView {
            format: format.as_str(),
            mentions: here().count() as u64,
            reactions: reactions.into_iter().map(reaction).collect(),
        }
    };
    Format::ALL.into_iter().map(of).filter(|format| format.mentions > 0).collect()
}

/// The day with the most stories, then mentions, the first of several; and what spread furthest on it.
pub(super) fn peak(
    reader: &Reader,
    asked: &Comparison<'_>,
    brand: &BrandId,
    days: &[DayCounts],
    without: &[SourceId],
) -> Result<Option<PeakView>> {
    let most = days.iter().rev().max_by_key(|day| (day.counts.stories, day.counts.mentions));
    let Some(DayCounts { day: start, counts }) = most else { return Ok(None) };
    // No day is longer, and what comes after midnight is no longer than an hour off.
    let end = start.checked_add(SignedDuration::from_hours(24)).unwrap_or(asked.until);
    let day = scope(asked, brand, (*start).max(asked.since), end.min(asked.until));
    let told = reader.told(&[(day, READ_AT_PEAK)], without)?;
    // Of the stories of that day, the one with the most mentions on it.
    let mut on_day: HashMap<&str, u32> = HashMap::new();
    for told in &told {
        *on_day.entry(told.story.as_str()).or_default() += 1;
    }
    let story = told
        .iter()
        .max_by_key(|told| (on_day[told.story.as_str()], told.copies, Reverse(told.at), told.id.as_str()));
    Ok(Some(PeakView {
        at: *start,
        mentions: counts.mentions,
        stories: counts.stories,
        story: story.map(example),
    }))
}

pub(super) fn example(told: &Told) -> ExampleView {
    ExampleView {
        id: told.id.to_string(),
        title: told.title.clone(),
        link: told.link.clone(),
        source: told.source.to_string(),
        author: told.author.clone(),
        at: told.at,
        story: told.story.to_string(),
        copies: u64::from(told.copies),
    }
}

/// Counts by where something was said.
pub(super) struct Places<'a> {
    sources: ByPlace<'a>,
    tags: ByPlace<'a>,
    languages: ByPlace<'a>,
    /// Mentions of each brand.
    mentions: Vec<u64>,
}

impl<'a> Places<'a> {
    /// `rows` are of each brand in turn.
    pub fn of(rows: &'a [Vec<SourceCounts>], sources: &'a [Source]) -> Self {
        let tags: HashMap<&SourceId, &[String]> =
            sources.iter().map(|source| (&source.id, source.tags.as_slice())).collect();
        let new = || ByPlace { of: HashMap::new(), brands: rows.len() };
        let mut places = Self {
            sources: new(),
            tags: new(),
            languages: new(),
            mentions: rows.iter().map(|rows| rows.iter().map(|row| row.counts.mentions).sum()).collect(),
        };
        for (brand, row) in
            rows.iter().enumerate().flat_map(|(brand, rows)| rows.iter().map(move |row| (brand, row)))
        {
            places.sources.add(row.source.as_str(), brand, row.counts);
            // A source has one place, and may have several tags.
            for tag in tags.get(&row.source).into_iter().copied().flatten() {
                places.tags.add(tag, brand, row.counts);
            }
            places.languages.add(row.language.as_deref().unwrap_or(UNKNOWN), brand, row.counts);
        }
        places
    }

    pub fn sources(&self, brand: usize) -> Vec<PlaceView> {
        self.sources.top(brand, self.mentions[brand])
    }

    pub fn tags(&self, brand: usize) -> Vec<PlaceView> {
        self.tags.top(brand, self.mentions[brand])
    }

    pub fn languages(&self, brand: usize) -> Vec<PlaceView> {
        self.languages.top(brand, self.mentions[brand])
    }
}

/// The language of what is written in none that is known.
const UNKNOWN: &str = "unknown";

/// Of each place, the counts of each brand.
struct ByPlace<'a> {
    of: HashMap<&'a str, Vec<Counts>>,
    brands: usize,
}

impl<'a> ByPlace<'a> {
    fn add(&mut self, place: &'a str, brand: usize, counts: Counts) {
        self.of.entry(place).or_insert_with(|| vec![Counts::default(); self.brands])[brand] += counts;
    }

    /// The most frequent first, ties by name.
    fn top(&self, brand: usize, of_brand: u64) -> Vec<PlaceView> {
        let mut places: Vec<(&str, &[Counts])> = self
            .of
            .iter()
            .filter(|(_, brands)| brands[brand].mentions > 0)
            .map(|(place, brands)| (*place, brands.as_slice()))
            .collect();
        places.sort_unstable_by_key(|(place, brands)| (Reverse(brands[brand].mentions), *place));
        places.truncate(SHOWN);
        let view = |(place, brands): (&str, &[Counts])| {
            let Counts { mentions, stories, tones } = brands[brand];
            let of_place: u64 = brands.iter().map(|counts| counts.mentions).sum();
            let of = |label: SentimentLabel| tones[label as usize] as f64;
            let scored: f64 = tones.iter().sum::<u64>() as f64;
            PlaceView {
                value: place.to_owned(),
                mentions,
                stories,
                of_brand: mentions as f64 / of_brand.max(1) as f64,
                of_place: mentions as f64 / of_place.max(1) as f64,
                net: (scored > 0.0)
                    .then(|| (of(SentimentLabel::Positive) - of(SentimentLabel::Negative)) / scored),
            }
        };
        places.into_iter().map(view).collect()
    }
}
