//! The comparison: the own brand beside its competitors, treated alike. The shape of `benchmark`.
//!
//! Counts come from sums over the rollups, of one window and one set of sources for all brands: those that were heard for
//! all of it. A share is a brand's count ÷ that of all brands compared; a change is against the window of the
//! same length just before, or against a frozen baseline; net sentiment is (positive − negative) ÷ scored, in
//! mentions. Intervals are those of [`crate::stats::share`]. What needs more than counts is drawn from mentions
//! that are read: all, or where there are many a sample spread over the days.

mod basis;
mod figures;
mod goals;
mod portrait;
mod shape;
mod swot;

use std::collections::HashSet;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};

pub use self::shape::*;
use crate::model::{Brand, BrandId, CountBy, Goal, Source, SourceId};
use crate::store::{Baseline, Counts, DayCounts, Reader, SourceCounts, Told};

/// Stories below which a figure says little.
pub const FEW: u64 = 30;

/// The name of the window just before.
pub const PREVIOUS: &str = "previous";

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
    /// The baseline that changes are against; `None`: the window just before.
    pub against: Option<&'a Baseline>,
    /// The configured sources.
    pub sources: &'a [Source],
    /// What is to be reached.
    pub goals: &'a [Goal],
}

/// How far back blocks are looked at, from the window's end, to learn how clumped talk is.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(26 * 7 * 24);

/// What figures are made of, and the figures.
struct Measured {
    hearing: basis::Heard,
    basis: BasisView,
    against: AgainstView,
    /// Sources that do not count.
    without: Vec<SourceId>,
    /// Of each brand in turn, as is all below.
    by_source: Vec<Vec<SourceCounts>>,
    by_day: Vec<Vec<DayCounts>>,
    /// Mentions that were read.
    told: Vec<Vec<Told>>,
    figures: Vec<figures::Figures>,
}

fn measure(reader: &Reader, asked: &Comparison<'_>) -> Result<Measured> {
    let ids: Vec<BrandId> = asked.brands.iter().map(|b| b.id.clone()).collect();
    let Comparison { query, since, until, .. } = *asked;
    let length = until.duration_since(since);
    let before = since.checked_sub(length).context("what was before lies too far back")?;
    let begin = until.checked_sub(LOOK_BACK).unwrap_or(before).min(before);
    let mut by_source = reader.by_source(&ids, query, since, until)?;
    let older = reader.by_source(&ids, query, begin, since)?;
    let then = match asked.against {
        Some(baseline) => Some(frozen(baseline, &ids)),
        None if begin < before => Some(reader.by_source(&ids, query, before, since)?),
        None => None,
    };
    let then = then.as_deref().unwrap_or(&older);

    let hearing = basis::Heard::read(reader, asked)?;
    let (basis, counted) = basis::basis(&hearing, asked, &by_source);
    let brands = (ids.as_slice(), query);
    let days_of = |all: &[Vec<SourceCounts>], since, until| match &counted {
        Some(sources) => reader.by_day_in(sources, all, brands, since, until),
        None => reader.by_day(&ids, query, since, until),
    };
    let by_day = days_of(&by_source, since, until)?;
    let older = days_of(&older, begin, since)?;
    if let Some(sources) = &counted {
        by_source.iter_mut().for_each(|rows| rows.retain(|row| sources.contains(&row.source)));
    }
    let (against, comparable) = basis::against(&hearing, asked, (before, since), &by_source, then);

    let uneven = basis.uneven.iter().filter(|uneven| !uneven.counted);
    let without: Vec<SourceId> = uneven.map(|uneven| SourceId::new(uneven.source.as_str())).collect();
    let told: Vec<Vec<Told>> = ids
        .iter()
        .zip(&by_day)
        .map(|(id, days)| portrait::read(reader, asked, id, days, &without))
        .collect::<Result<_>>()?;
    let figures = figures::figures(&figures::Windows {
        now: &by_day,
        older: &older,
        compared: comparable.as_ref().map(|sources| figures::Compared {
            now: sums_in(sources, &by_source),
            then: sums_in(sources, then),
            days_then: days(against.until.duration_since(against.since)),
        }),
        since,
        until,
        heard_since: hearing.mostly_from(asked, &by_source),
        days: days(length),
        copies: portrait::mean_copies(&told),
        count: asked.count,
    });
    Ok(Measured { hearing, basis, against, without, by_source, by_day, told, figures })
}

/// Counts of each brand in some sources.
fn sums_in(sources: &HashSet<SourceId>, rows: &[Vec<SourceCounts>]) -> Vec<Counts> {
    let of = |rows: &Vec<SourceCounts>| {
        rows.iter().filter(|row| sources.contains(&row.source)).fold(Counts::default(), |mut sum, row| {
            sum += row.counts;
            sum
        })
    };
    rows.iter().map(of).collect()
}

/// What a baseline holds of each of these brands.
fn frozen(baseline: &Baseline, brands: &[BrandId]) -> Vec<Vec<SourceCounts>> {
    let mut of_brands = vec![Vec::new(); brands.len()];
    for row in &baseline.rows {
        let Some(place) = brands.iter().position(|brand| *brand == row.brand) else { continue };
        of_brands[place].push(SourceCounts {
            source: row.source.clone(),
            language: row.language.clone(),
            counts: Counts::of(row.tone, row.mentions.into(), row.stories.into()),
        });
    }
    of_brands
}

/// Compares brands over one window.
pub fn compare(reader: &Reader, asked: &Comparison<'_>) -> Result<ComparisonView> {
    let Measured { hearing, basis, against, without, by_source, by_day, told, figures } =
        measure(reader, asked)?;
    let all = by_day.iter().flatten().map(|day| day.counts.mentions).sum();
    let hours = portrait::hours(reader, asked, all, &without)?;
    let themes = portrait::themes(&told, &asked.brands);
    let places = portrait::Places::of(&by_source, asked.sources);

    let mut brands = Vec::with_capacity(asked.brands.len());
    for (place, ((brand, figures), theme_weights)) in asked.brands.iter().zip(figures).zip(themes).enumerate()
    {
        let of_day = |of: &DayCounts| DayView {
            day: of.day,
            mentions: of.counts.mentions,
            stories: of.counts.stories,
        };
        brands.push(BrandView {
            brand: brand.id.to_string(),
            name: brand.name.clone(),
            role: brand.role.as_str(),
            mentions: figures.mentions,
            stories: figures.stories,
            small: figures.stories < FEW,
            share: figures.share,
            share_mentions: figures.share_mentions,
            change: figures.change,
            per_day: figures.per_day,
            change_per_day: figures.change_per_day,
            sentiment: figures.sentiment,
            sources: places.sources(place),
            tags: places.tags(place),
            languages: places.languages(place),
            formats: portrait::formats(&told[place]),
            authors: portrait::authors(&told[place]),
            themes: theme_weights.iter().map(|theme| theme.word.clone()).collect(),
            theme_weights,
            peak: portrait::peak(reader, asked, &brand.id, &by_day[place], &without)?,
            days: by_day[place].iter().map(of_day).collect(),
            hours: hours.of[place].clone(),
            hours_weeks: hours.weeks,
            read: told[place].len() as u64,
        });
    }
    let swot = swot::swot(&asked.brands, &told);
    let goals = goals::goals(asked, &brands, &against);
    let yields = basis::yields(&hearing, asked, reader, &by_source)?;
    Ok(ComparisonView {
        query: asked.query.map(str::to_owned),
        since: asked.since,
        until: asked.until,
        count: asked.count.as_str(),
        against,
        basis,
        brands,
        swot,
        goals,
        yields,
    })
}

/// What changed of a brand against the window just before.
pub struct Changed {
    pub brand: BrandId,
    /// In what a day brings, in the count asked.
    pub per_day: Option<ChangeView>,
    pub net: Option<ChangeView>,
}

/// What [`compare`] says of changes, of each brand in turn, without what that does not take.
pub fn changes(reader: &Reader, asked: &Comparison<'_>) -> Result<Vec<Changed>> {
    let figures = measure(reader, asked)?.figures;
    let of = |(brand, figures): (&&Brand, figures::Figures)| Changed {
        brand: brand.id.clone(),
        per_day: figures.change_per_day,
        net: figures.sentiment.change,
    };
    Ok(asked.brands.iter().zip(figures).map(of).collect())
}

/// Today's figures, to be frozen under a name.
pub fn freeze(reader: &Reader, asked: &Comparison<'_>, name: &str, saved: Timestamp) -> Result<Baseline> {
    let ids: Vec<BrandId> = asked.brands.iter().map(|b| b.id.clone()).collect();
    let rows = reader.rollup(&ids, asked.query, asked.since, asked.until)?;
    let hearing = basis::Heard::read(reader, asked)?;
    let heard: HashSet<&SourceId> = rows.iter().map(|row| &row.source).collect();
    let mut steady: Vec<SourceId> =
        heard.into_iter().filter(|s| hearing.is_steady(s, asked.since, asked.until)).cloned().collect();
    steady.sort();
    Ok(Baseline {
        name: name.to_owned(),
        saved,
        query: asked.query.map(str::to_owned),
        since: asked.since,
        until: asked.until,
        steady,
        rows,
    })
}

fn days(length: SignedDuration) -> f64 {
    length.as_secs_f64() / 86_400.0
}
