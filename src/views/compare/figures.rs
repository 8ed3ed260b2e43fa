//! The numbers of each brand, with their intervals and changes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::basis::counted;
use super::{ChangeView, IntervalView, SentimentCounts};
use crate::model::{BrandId, CountBy, SentimentLabel};
use crate::stats::share::{self, Clumping, Course, Estimate, Figure, Sum};
use crate::store::RollupRow;

/// Blocks beyond that would make no difference: days are put together.
const MOST_BLOCKS: usize = 122;

/// What is looked at: all of one set of sources.
pub(super) struct Windows<'a> {
    pub brands: &'a [BrandId],
    pub now: &'a [&'a RollupRow],
    /// Before the window, to learn how clumped talk is.
    pub older: &'a [&'a RollupRow],
    pub compared: Option<Compared<'a>>,
    pub since: Timestamp,
    pub until: Timestamp,
    /// From when on most of what is counted was heard: how restless volume is, is learned from there.
    pub heard_since: Timestamp,
    pub days: f64,
    /// Mentions in the story of a mention, on average.
    pub copies: f64,
    pub count: CountBy,
}

/// What changes are counted in.
pub(super) struct Compared<'a> {
    pub now: Vec<&'a RollupRow>,
    pub then: Vec<&'a RollupRow>,
    pub days_then: f64,
}

pub(super) struct Figures {
    pub mentions: u64,
    pub stories: u64,
    pub share: Option<IntervalView>,
    pub share_mentions: Option<IntervalView>,
    pub change: Option<ChangeView>,
    pub per_day: Option<IntervalView>,
    pub change_per_day: Option<ChangeView>,
    pub sentiment: SentimentCounts,
}

/// What a figure is made of.
#[derive(Clone, Copy)]
enum Made {
    Share(CountBy),
    Net,
    PerDay(CountBy),
}

impl Made {
    fn figure(self) -> Figure {
        match self {
            Made::Share(_) => Figure::Share,
            Made::Net => Figure::Net,
            Made::PerDay(_) => Figure::Rate,
        }
    }

    /// Of one brand, in rows that are of all brands.
    fn sum<'r>(self, rows: impl Iterator<Item = &'r RollupRow>, brand: &BrandId, days: f64) -> Sum {
        let mut sum = Sum::default();
        for row in rows {
            let own = row.brand == *brand;
            match self {
                Made::Share(count) => {
                    let number = counted(count, row) as f64;
                    sum.whole += number;
                    sum.up += if own { number } else { 0.0 };
                }
                Made::PerDay(count) => sum.up += if own { counted(count, row) as f64 } else { 0.0 },
                Made::Net => {
                    let Some(tone) = row.tone.filter(|_| own) else { continue };
                    let number = f64::from(row.mentions);
                    sum.whole += number;
                    match tone {
                        SentimentLabel::Positive => sum.up += number,
                        SentimentLabel::Negative => sum.down += number,
                        SentimentLabel::Neutral => {}
                    }
                }
            }
        }
        if matches!(self, Made::PerDay(_)) {
            sum.whole = days;
        }
        sum
    }
}

pub(super) fn figures(windows: &Windows<'_>) -> Vec<Figures> {
    let blocks = Blocks::of(windows);
    let other = match windows.count {
        CountBy::Stories => CountBy::Mentions,
        CountBy::Mentions => CountBy::Stories,
    };
    let share = Estimates::of(windows, &blocks, Made::Share(windows.count));
    let share_other = Estimates::of(windows, &blocks, Made::Share(other));
    let per_day = Estimates::of(windows, &blocks, Made::PerDay(windows.count));
    let net = Estimates::of(windows, &blocks, Made::Net);
    let (share_changes, per_day_changes, net_changes) = (share.changes(), per_day.changes(), net.changes());
    let share_mentions = match windows.count {
        CountBy::Stories => &share_other,
        CountBy::Mentions => &share,
    };
    let of = |(place, brand): (usize, &BrandId)| {
        let own = || windows.now.iter().filter(|row| row.brand == *brand);
        let mut tones = [0; 3];
        for (tone, row) in own().filter_map(|row| Some((row.tone?, row))) {
            tones[tone as usize] += u64::from(row.mentions);
        }
        let interval = net.interval(place);
        Figures {
            mentions: own().map(|row| u64::from(row.mentions)).sum(),
            stories: own().map(|row| u64::from(row.stories)).sum(),
            share: share.interval(place),
            share_mentions: share_mentions.interval(place),
            change: share_changes[place],
            per_day: per_day.interval(place),
            change_per_day: per_day_changes[place],
            sentiment: SentimentCounts {
                negative: tones[SentimentLabel::Negative as usize],
                neutral: tones[SentimentLabel::Neutral as usize],
                positive: tones[SentimentLabel::Positive as usize],
                net: interval.map(|i| i.value),
                low: interval.map(|i| i.low),
                high: interval.map(|i| i.high),
                change: net_changes[place],
            },
        }
    };
    windows.brands.iter().enumerate().map(of).collect()
}

/// One figure of every brand, and of the two sides of its change.
struct Estimates {
    now: Vec<Option<Estimate>>,
    sides: Vec<Option<(Estimate, Estimate)>>,
}

impl Estimates {
    fn of(windows: &Windows<'_>, blocks: &Blocks<'_>, made: Made) -> Self {
        let clump = match made {
            Made::Share(CountBy::Stories) | Made::PerDay(CountBy::Stories) => 1.0,
            _ => windows.copies,
        };
        let stories = Made::Share(CountBy::Stories);
        let courses: Vec<Course> = windows
            .brands
            .iter()
            .map(|brand| {
                let cases = stories.sum(windows.now.iter().copied(), brand, windows.days);
                // Of a share, those of the others tell as little as its own where they are fewer.
                let cases = match made {
                    Made::Share(_) => cases.up.min(cases.whole - cases.up),
                    _ => cases.up,
                };
                Course { blocks: blocks.sums(made, brand), cases }
            })
            .collect();
        let clumping = share::clumping(made.figure(), &courses, clump);
        let estimate = |rows: &[&RollupRow], brand: &BrandId, days: f64, clumping: Clumping| {
            let sum = made.sum(rows.iter().copied(), brand, days);
            Estimate::new(made.figure(), sum, clumping)
        };
        // Nothing of a brand that nobody speaks of: its volume is known no better than its share.
        let silent = windows.now.is_empty();
        let now = windows.brands.iter().zip(&clumping);
        let now = now.map(|(b, c)| estimate(windows.now, b, windows.days, *c).filter(|_| !silent)).collect();
        let sides = windows.brands.iter().zip(&clumping).map(|(brand, clumping)| {
            let compared = windows.compared.as_ref()?;
            let now = estimate(&compared.now, brand, windows.days, *clumping)?;
            Some((now, estimate(&compared.then, brand, compared.days_then, *clumping)?))
        });
        Self { now, sides: sides.collect() }
    }

    fn interval(&self, place: usize) -> Option<IntervalView> {
        let interval = self.now[place]?.interval();
        Some(IntervalView { value: interval.value, low: interval.low, high: interval.high })
    }

    fn changes(&self) -> Vec<Option<ChangeView>> {
        let changes: Vec<_> = self
            .sides
            .iter()
            .map(|sides| sides.map(|(now, then)| (now.since(&then), then.value())))
            .collect();
        let p: Vec<Option<f64>> = changes.iter().map(|change| change.map(|(change, _)| change.p)).collect();
        let significant = share::significant(&p);
        let view = |(change, significant): (&Option<(share::Change, f64)>, bool)| {
            change.map(|(change, before)| ChangeView {
                value: change.value,
                low: change.low,
                high: change.high,
                significant,
                before,
            })
        };
        changes.iter().zip(significant).map(view).collect()
    }
}

/// Rows by equal blocks of whole days, up to the end of the window.
struct Blocks<'a> {
    rows: BTreeMap<i64, Vec<&'a RollupRow>>,
    /// One past the last.
    end: i64,
    /// The first of which most of what is counted was heard.
    heard_from: i64,
    days_a_block: i64,
}

impl<'a> Blocks<'a> {
    fn of(windows: &Windows<'a>) -> Self {
        const DAY_S: i64 = 86_400;
        let all = || windows.older.iter().chain(windows.now).copied();
        // Before the first of all nothing was listened for.
        let first = all().map(|row| row.day).min().unwrap_or(windows.since).min(windows.since).as_second();
        let last = windows.until.as_second();
        let all_days = usize::try_from((last - first).max(DAY_S) / DAY_S).unwrap_or(1);
        let days_a_block = i64::try_from(all_days.div_ceil(MOST_BLOCKS)).unwrap_or(1);
        // Where clocks change, a day begins an hour early.
        let block = |at: i64| (at - first + 3_600).div_euclid(DAY_S).div_euclid(days_a_block);
        let mut rows: BTreeMap<i64, Vec<&RollupRow>> = BTreeMap::new();
        for row in all() {
            rows.entry(block(row.day.as_second())).or_default().push(row);
        }
        let heard = (windows.heard_since.as_second() - first).max(0);
        let heard_from = (heard as u64).div_ceil((days_a_block * DAY_S) as u64) as i64;
        Self { rows, end: block(last - 1) + 1, heard_from, days_a_block }
    }

    fn sums(&self, made: Made, brand: &BrandId) -> Vec<Sum> {
        let block = |at: i64| {
            let rows = self.rows.get(&at).map_or(&[][..], Vec::as_slice);
            made.sum(rows.iter().copied(), brand, self.days_a_block as f64)
        };
        // Where nothing was heard a share has no whole, but a day is a day.
        let first = if matches!(made, Made::PerDay(_)) { self.heard_from } else { 0 };
        (first..self.end).map(block).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceId;

    const DAY_S: i64 = 86_400;

    /// A fortnight of five to eleven stories a day; before that a source's first document holds one every tenth day.
    #[test]
    fn how_restless_volume_is_is_learned_from_times_that_were_heard() {
        let day = |number: i64| Timestamp::from_second(number * DAY_S).unwrap();
        let row = |number: i64, stories: u32| RollupRow {
            brand: BrandId::new("acme"),
            day: day(number),
            source: SourceId::new("news"),
            language: None,
            tone: None,
            mentions: stories,
            stories,
        };
        let daily = |days: std::ops::Range<i64>| days.map(|at| row(at, 5 + (at * 5 % 7) as u32));
        let now: Vec<RollupRow> = daily(193..200).collect();
        let then: Vec<RollupRow> = daily(186..193).collect();
        let sparse: Vec<RollupRow> = (20..186).step_by(10).map(|at| row(at, 1)).collect();
        let (now, then): (Vec<_>, Vec<_>) = (now.iter().collect(), then.iter().collect());
        let older: Vec<&RollupRow> = sparse.iter().chain(then.iter().copied()).collect();
        let brands = [BrandId::new("acme")];
        let width = |heard_since: Timestamp| {
            let windows = Windows {
                brands: &brands,
                now: &now,
                older: &older,
                compared: Some(Compared { now: now.clone(), then: then.clone(), days_then: 7.0 }),
                since: day(193),
                until: day(200),
                heard_since,
                days: 7.0,
                copies: 1.0,
                count: CountBy::Stories,
            };
            let change = figures(&windows)[0].change_per_day.unwrap();
            assert!(change.low <= change.value && change.value <= change.high);
            change.high - change.low
        };
        let (heard, all) = (width(day(186)), width(Timestamp::MIN));
        assert!(heard < 12.0, "{heard}");
        assert!(all > 1.5 * heard, "{all} is not much wider than {heard}");
    }
}
