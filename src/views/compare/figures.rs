//! The numbers of each brand, with their intervals and changes.

use jiff::Timestamp;

use super::basis::counted;
use super::{ChangeView, IntervalView, SentimentCounts};
use crate::model::{CountBy, SentimentLabel};
use crate::stats::share::{self, Clumping, Course, Estimate, Figure, Sum};
use crate::store::{Counts, DayCounts};

/// Blocks beyond that would make no difference: days are put together.
const MOST_BLOCKS: usize = 122;

/// What is looked at: all of one set of sources, of each brand in turn.
pub(super) struct Windows<'a> {
    pub now: &'a [Vec<DayCounts>],
    /// Before the window, to learn how clumped talk is.
    pub older: &'a [Vec<DayCounts>],
    pub compared: Option<Compared>,
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
pub(super) struct Compared {
    pub now: Vec<Counts>,
    pub then: Vec<Counts>,
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

    /// Of one brand, by its place among all.
    fn sum(self, brands: &[Counts], place: usize, days: f64) -> Sum {
        let own = &brands[place];
        let tone = |label: SentimentLabel| own.tones[label as usize] as f64;
        match self {
            Made::Share(count) => {
                let whole: u64 = brands.iter().map(|counts| counted(count, counts)).sum();
                Sum { up: counted(count, own) as f64, whole: whole as f64, ..Sum::default() }
            }
            Made::PerDay(count) => Sum { up: counted(count, own) as f64, whole: days, ..Sum::default() },
            Made::Net => Sum {
                up: tone(SentimentLabel::Positive),
                down: tone(SentimentLabel::Negative),
                whole: own.tones.iter().sum::<u64>() as f64,
            },
        }
    }
}

pub(super) fn figures(windows: &Windows<'_>) -> Vec<Figures> {
    let blocks = Blocks::of(windows);
    let sums: Vec<Counts> = windows.now.iter().map(|days| total(days)).collect();
    let other = match windows.count {
        CountBy::Stories => CountBy::Mentions,
        CountBy::Mentions => CountBy::Stories,
    };
    let share = Estimates::of(windows, &sums, &blocks, Made::Share(windows.count));
    let share_other = Estimates::of(windows, &sums, &blocks, Made::Share(other));
    let per_day = Estimates::of(windows, &sums, &blocks, Made::PerDay(windows.count));
    let net = Estimates::of(windows, &sums, &blocks, Made::Net);
    let (share_changes, per_day_changes, net_changes) = (share.changes(), per_day.changes(), net.changes());
    let share_mentions = match windows.count {
        CountBy::Stories => &share_other,
        CountBy::Mentions => &share,
    };
    let of = |(place, counts): (usize, &Counts)| {
        let interval = net.interval(place);
        let [negative, neutral, positive] = counts.tones;
        Figures {
            mentions: counts.mentions,
            stories: counts.stories,
            share: share.interval(place),
            share_mentions: share_mentions.interval(place),
            change: share_changes[place],
            per_day: per_day.interval(place),
            change_per_day: per_day_changes[place],
            sentiment: SentimentCounts {
                negative,
                neutral,
                positive,
                net: interval.map(|i| i.value),
                low: interval.map(|i| i.low),
                high: interval.map(|i| i.high),
                change: net_changes[place],
            },
        }
    };
    sums.iter().enumerate().map(of).collect()
}

fn total(days: &[DayCounts]) -> Counts {
    days.iter().fold(Counts::default(), |mut sum, day| {
        sum += day.counts;
        sum
    })
}

/// One figure of every brand, and of the two sides of its change.
struct Estimates {
    now: Vec<Option<Estimate>>,
    sides: Vec<Option<(Estimate, Estimate)>>,
}

impl Estimates {
    fn of(windows: &Windows<'_>, sums: &[Counts], blocks: &Blocks, made: Made) -> Self {
        let clump = match made {
            Made::Share(CountBy::Stories) | Made::PerDay(CountBy::Stories) => 1.0,
            _ => windows.copies,
        };
        let courses: Vec<Course> = (0..sums.len())
            .map(|place| {
                let cases = Made::Share(CountBy::Stories).sum(sums, place, windows.days);
                // Of a share, those of the others tell as little as its own where they are fewer.
                let cases = match made {
                    Made::Share(_) => cases.up.min(cases.whole - cases.up),
                    _ => cases.up,
                };
                Course { blocks: blocks.sums(made, place), cases }
            })
            .collect();
        let clumping = share::clumping(made.figure(), &courses, clump);
        let estimate = |sums: &[Counts], place: usize, days: f64, clumping: Clumping| {
            Estimate::new(made.figure(), made.sum(sums, place, days), clumping)
        };
        // Nothing of a brand that nobody speaks of: its volume is known no better than its share.
        let silent = windows.now.iter().all(Vec::is_empty);
        let now = clumping.iter().enumerate();
        let now = now.map(|(place, c)| estimate(sums, place, windows.days, *c).filter(|_| !silent)).collect();
        let sides = clumping.iter().enumerate().map(|(place, clumping)| {
            let compared = windows.compared.as_ref()?;
            let now = estimate(&compared.now, place, windows.days, *clumping)?;
            Some((now, estimate(&compared.then, place, compared.days_then, *clumping)?))
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

/// Counts of each brand by equal blocks of whole days, up to the end of the window.
struct Blocks {
    counts: Vec<Vec<Counts>>,
    /// The first of which most of what is counted was heard.
    heard_from: usize,
    days_a_block: i64,
}

impl Blocks {
    fn of(windows: &Windows<'_>) -> Self {
        const DAY_S: i64 = 86_400;
        let of_brands = || windows.older.iter().zip(windows.now).map(|(older, now)| older.iter().chain(now));
        // Before the first of all nothing was listened for.
        let first = of_brands().flatten().map(|day| day.day).min().unwrap_or(windows.since);
        let first = first.min(windows.since).as_second();
        let last = windows.until.as_second();
        let all_days = usize::try_from((last - first).max(DAY_S) / DAY_S).unwrap_or(1);
        let days_a_block = i64::try_from(all_days.div_ceil(MOST_BLOCKS)).unwrap_or(1);
        // Where clocks change, a day begins an hour early.
        let block = |at: i64| (at - first + 3_600).div_euclid(DAY_S).div_euclid(days_a_block);
        let number = usize::try_from(block(last - 1) + 1).unwrap_or_default();
        let mut counts = vec![vec![Counts::default(); windows.now.len()]; number];
        for (place, days) in of_brands().enumerate() {
            for day in days {
                let block = usize::try_from(block(day.day.as_second())).ok();
                if let Some(block) = block.and_then(|block| counts.get_mut(block)) {
                    block[place] += day.counts;
                }
            }
        }
        let heard = (windows.heard_since.as_second() - first).max(0);
        let heard_from = (heard as u64).div_ceil((days_a_block * DAY_S) as u64) as usize;
        Self { counts, heard_from, days_a_block }
    }

    fn sums(&self, made: Made, place: usize) -> Vec<Sum> {
        // Where nothing was heard a share has no whole, but a day is a day.
        let first = if matches!(made, Made::PerDay(_)) { self.heard_from } else { 0 };
        let blocks = self.counts.iter().skip(first);
        blocks.map(|brands| made.sum(brands, place, self.days_a_block as f64)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_S: i64 = 86_400;

    /// A fortnight of five to eleven stories a day; before that a source's first document holds one every tenth day.
    #[test]
    fn how_restless_volume_is_is_learned_from_times_that_were_heard() {
        let day = |number: i64| Timestamp::from_second(number * DAY_S).unwrap();
        let counts = |number: i64, stories: u64| DayCounts {
            day: day(number),
            counts: Counts::of(None, stories, stories),
        };
        let daily = |days: std::ops::Range<i64>| days.map(|at| counts(at, 5 + (at * 5 % 7) as u64));
        let now: Vec<DayCounts> = daily(193..200).collect();
        let then: Vec<DayCounts> = daily(186..193).collect();
        let sparse = (20..186).step_by(10).map(|at| counts(at, 1));
        let older: Vec<DayCounts> = sparse.chain(then.iter().copied()).collect();
        let width = |heard_since: Timestamp| {
            let windows = Windows {
                now: std::slice::from_ref(&now),
                older: std::slice::from_ref(&older),
                compared: Some(Compared { now: vec![total(&now)], then: vec![total(&then)], days_then: 7.0 }),
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
