//! The comparison: the own brand beside its competitors, treated alike. The shape of `benchmark`.
//!
//! Counts come from the rollups, of one window and one set of sources for all brands: those that were heard for
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
use crate::store::{Baseline, Reader, RollupRow, Told};

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

/// Compares brands over one window.
pub fn compare(reader: &Reader, asked: &Comparison<'_>) -> Result<ComparisonView> {
    let ids: Vec<BrandId> = asked.brands.iter().map(|b| b.id.clone()).collect();
    let length = asked.until.duration_since(asked.since);
    let before = asked.since.checked_sub(length).context("what was before lies too far back")?;
    let rows = reader.rollup(&ids, asked.query, asked.since, asked.until)?;
    let rows_before = match asked.against {
        Some(baseline) => baseline.rows.iter().filter(|row| ids.contains(&row.brand)).cloned().collect(),
        None => reader.rollup(&ids, asked.query, before, asked.since)?,
    };
    let begin = asked.until.checked_sub(LOOK_BACK).unwrap_or(before).min(before);
    let older = reader.rollup(&ids, asked.query, begin, asked.since)?;

    let hearing = basis::Heard::read(reader, asked)?;
    let (basis, counted) = basis::basis(&hearing, asked, &rows);
    let in_basis = |row: &&RollupRow| counted.as_ref().is_none_or(|sources| sources.contains(&row.source));
    let rows: Vec<&RollupRow> = rows.iter().filter(in_basis).collect();
    let older: Vec<&RollupRow> = older.iter().filter(in_basis).collect();
    let (against, comparable) = basis::against(&hearing, asked, (before, asked.since), &rows, &rows_before);

    let without: Vec<SourceId> =
        basis.uneven.iter().filter(|u| !u.counted).map(|u| SourceId::new(u.source.as_str())).collect();
    let told: Vec<Vec<Told>> =
        ids.iter().map(|id| portrait::read(reader, asked, id, &rows, &without)).collect::<Result<_>>()?;
    let windows = figures::Windows {
        brands: &ids,
        now: &rows,
        older: &older,
        compared: comparable.as_ref().map(|sources| figures::Compared {
            now: rows.iter().copied().filter(|row| sources.contains(&row.source)).collect(),
            then: rows_before.iter().filter(|row| sources.contains(&row.source)).collect(),
            days_then: days(against.until.duration_since(against.since)),
        }),
        since: asked.since,
        until: asked.until,
        heard_since: hearing.mostly_from(asked, &rows),
        days: days(length),
        copies: portrait::mean_copies(&told),
        count: asked.count,
    };
    let figures = figures::figures(&windows);
    let hours = portrait::hours(reader, asked, &rows, &without)?;
    let themes = portrait::themes(&told, &asked.brands);
    let places = portrait::Places::of(&rows, asked.sources);

    let mut brands = Vec::with_capacity(ids.len());
    for (place, (brand, figures)) in asked.brands.iter().zip(figures).enumerate() {
        let own: Vec<&RollupRow> = rows.iter().copied().filter(|row| row.brand == brand.id).collect();
        let theme_weights = themes[place].clone();
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
            sources: places.sources(&brand.id),
            tags: places.tags(&brand.id),
            languages: places.languages(&brand.id),
            formats: portrait::formats(&told[place]),
            authors: portrait::authors(&told[place]),
            themes: theme_weights.iter().map(|theme| theme.word.clone()).collect(),
            theme_weights,
            peak: portrait::peak(reader, asked, &brand.id, &own, &without)?,
            days: portrait::days(&own),
            hours: hours.of[place].clone(),
            hours_weeks: hours.weeks,
            read: told[place].len() as u64,
        });
    }
    let swot = swot::swot(&asked.brands, &told);
    let goals = goals::goals(asked, &brands, &against);
    let yields = basis::yields(&hearing, asked, reader, &rows)?;
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
