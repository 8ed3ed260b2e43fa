//! The past once more: what a rule would have said of it.
//!
//! Kept mentions come in again, each when it was known, and after each minute in which something came the rule looks
//! as it does live ([`Sight::look`]), with no other memory than what was known by then. A mention is known since it
//! was observed, if that was soon after it was published. One that came with a source's first document, by import or
//! long after it was published is taken to have been heard as late as its source usually is (*reconstructed*), and
//! counts as heard live until the time at which it really came in as back-fill.
//!
//! Live, a rule looks after every poll; here, after each minute that brought something, and while an incident is open
//! at the end of each slot. So the two agree wherever polls came at least once in a slot. Which mentions are copies of
//! one story, and what each says, is taken as known today.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::normal::{Keeps, SLOT_S, Vigil, begun};
use super::observe::{Finds, observe_at_once};
use super::settled;
use super::step::{Step, step};
use super::walk::Sight;
use crate::model::{
    Alert, AlertState, BrandId, Bucket, Heard, History, Rule, SeenVoice, SentimentLabel, Series, Side,
    Timestamp, Tongue,
};
use crate::stats::stock::{self, JUDGED_S, Share, Slots, Told};

/// A mention heard so long after it was published at most was heard as it came.
const PROMPT_S: i64 = 48 * 3_600;
/// How late a source is heard of which nothing else is known.
const USUAL_LAG_S: i64 = 900;
const STEP_S: i64 = SLOT_S as i64;
const NOT_TOLD: u32 = u32::MAX;

/// A mention that counts. Times in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// Where it counts: published, else observed.
    pub at: i64,
    pub published: bool,
    pub observed: i64,
    pub backfill: bool,
    /// Back-fill that nobody knows the time of: nothing is learned from it.
    pub unplaced: bool,
    /// Its place among [`Past::sources`].
    pub source: u32,
    /// The number of its story, from 0 without gaps.
    pub story: u32,
    pub tone: Option<SentimentLabel>,
    /// It has a word of crisis beside the brand's name.
    pub alarming: bool,
    /// Its number in the store.
    pub mention: i64,
}

/// How a source was listened to.
#[derive(Clone, Debug, PartialEq)]
pub struct Listened {
    /// Its number in the store.
    pub source: i64,
    /// How far back its first document reaches.
    pub reach: Option<i64>,
    /// When it was not heard, oldest first.
    pub gaps: Vec<(i64, Option<i64>)>,
    /// Since when it is not listened to any more.
    pub ended: Option<i64>,
}

/// What is kept of one brand, or of a brand within a saved query, ready to come in again.
#[derive(Debug)]
pub struct Past {
    /// By time, then id: of a story the first of those known counts.
    arrivals: Vec<Arrival>,
    /// By arrival, since when it is known, and the start of the day it counts in.
    known_at: Vec<i64>,
    days: Vec<i64>,
    reconstructed: Vec<bool>,
    /// What happens, in the order of time.
    events: Vec<Event>,
    sources: Vec<Listened>,
    stories: usize,
    /// When sources were first heard, oldest first.
    first_heard: Vec<i64>,
    /// Since when which time was that of the earliest mention of the brand.
    earliest: Vec<(i64, i64)>,
    zone: TimeZone,
}

#[derive(Clone, Copy, Debug)]
struct Event {
    at_s: i64,
    arrival: u32,
    /// It comes in as back-fill; what was reconstructed of it ends here.
    as_backfill: bool,
}

/// The time that is replayed, `[since, until)`.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub since: Timestamp,
    pub until: Timestamp,
}

impl Past {
    /// `arrivals` by time, then id. `first_heard`: when each source of all was first heard. `brand`: what is kept of
    /// the brand as a whole, if this is a query's. `earlier`: a time before all of them at which it was spoken of.
    pub fn new(
        arrivals: Vec<Arrival>,
        sources: Vec<Listened>,
        mut first_heard: Vec<i64>,
        brand: Option<&Past>,
        earlier: Option<i64>,
        zone: &TimeZone,
    ) -> Self {
        let lags = lags(&arrivals, sources.len());
        let known = |arrival: &Arrival| {
            let Arrival { at, observed, .. } = *arrival;
            let prompt = !arrival.published || !arrival.backfill && observed - at <= PROMPT_S;
            if prompt {
                (observed, false)
            } else {
                ((at + lags[arrival.source as usize]).min(observed), true)
            }
        };
        let (known_at, reconstructed): (Vec<i64>, Vec<bool>) = arrivals.iter().map(known).unzip();
        let events = events(&arrivals, &known_at);
        first_heard.sort_unstable();
        let earliest = match brand {
            Some(brand) => brand.earliest.clone(),
            None => beginnings(&arrivals, &events, earlier),
        };
        Self {
            stories: arrivals.iter().map(|arrival| arrival.story as usize + 1).max().unwrap_or(0),
            days: days(&arrivals, zone),
            arrivals,
            known_at,
            reconstructed,
            events,
            sources,
            first_heard,
            earliest,
            zone: zone.clone(),
        }
    }

    /// The same of some of its mentions only, for a rule that speaks at once.
    pub fn only(&self, mentions: &BTreeSet<i64>) -> Past {
        let wanted: Vec<usize> =
            (0..self.arrivals.len()).filter(|n| mentions.contains(&self.arrivals[*n].mention)).collect();
        let arrivals: Vec<Arrival> = wanted.iter().map(|n| self.arrivals[*n]).collect();
        let known_at: Vec<i64> = wanted.iter().map(|n| self.known_at[*n]).collect();
        Past {
            events: events(&arrivals, &known_at),
            days: wanted.iter().map(|n| self.days[*n]).collect(),
            reconstructed: wanted.iter().map(|n| self.reconstructed[*n]).collect(),
            arrivals,
            known_at,
            sources: self.sources.clone(),
            stories: self.stories,
            first_heard: self.first_heard.clone(),
            earliest: self.earliest.clone(),
            zone: self.zone.clone(),
        }
    }

    /// When the first mention of the brand was.
    pub fn begins(&self) -> Option<i64> {
        self.earliest.last().map(|(_, at)| *at)
    }

    /// How many mentions come in within a span, and how many of them are reconstructed.
    pub fn heard_in(&self, span: Span) -> (u64, u64) {
        let within = |at_s: &i64| (span.since.as_second()..span.until.as_second()).contains(at_s);
        let all = self.known_at.iter().zip(&self.reconstructed).filter(|(at_s, _)| within(at_s));
        all.fold((0, 0), |(all, of), (_, reconstructed)| (all + 1, of + u64::from(*reconstructed)))
    }

    /// All mentions, with the time since when each is known and whether it came in as heard live.
    pub fn as_known(&self) -> impl Iterator<Item = (&Arrival, i64, bool)> {
        let is_news = |arrival: &Arrival, known_at| {
            !arrival.backfill || arrival.unplaced || known_at < arrival.observed
        };
        let known = self.arrivals.iter().zip(&self.known_at);
        known.map(move |(arrival, &known_at)| (arrival, known_at, is_news(arrival, known_at)))
    }

    /// The mentions known from some time on that come in by the end of a span.
    pub fn known_within(&self, span: Span) -> impl Iterator<Item = &Arrival> {
        let within = move |at_s: i64| (span.since.as_second()..span.until.as_second()).contains(&at_s);
        self.arrivals.iter().zip(&self.known_at).filter(move |(_, at_s)| within(**at_s)).map(|(a, _)| a)
    }

    /// The mentions that an alert of a rule over windows rests on, newest first.
    pub fn evidence(&self, rule: &Rule, alert: &Alert) -> Vec<&Arrival> {
        let seen_at = alert.seen_at.as_second();
        let range = self.within(alert.observed.window);
        let counts = |&number: &usize| {
            let arrival = &self.arrivals[number];
            self.known_at[number] <= seen_at
                && (rule.condition.is_settled() || !arrival.backfill || arrival.observed > seen_at)
                && is_told(rule, arrival)
        };
        range.rev().filter(counts).map(|number| &self.arrivals[number]).collect()
    }

    fn within(&self, (since, until): (Timestamp, Timestamp)) -> std::ops::Range<usize> {
        let before = |time: Timestamp| self.arrivals.partition_point(|arrival| arrival.at < time.as_second());
        before(since)..before(until)
    }

    /// The time of the earliest mention of the brand that was known by then.
    fn earliest_by(&self, now_s: i64) -> Option<i64> {
        let known = self.earliest.partition_point(|(since, _)| *since <= now_s);
        known.checked_sub(1).map(|last| self.earliest[last].1)
    }

    fn newest_source(&self, now_s: i64) -> Option<i64> {
        let heard = self.first_heard.partition_point(|at_s| *at_s <= now_s);
        heard.checked_sub(1).map(|last| self.first_heard[last])
    }
}

/// Whether it is among what a rule speaks of, where it counts as live.
fn is_told(rule: &Rule, arrival: &Arrival) -> bool {
    let alarms = rule.alarming.is_some() && arrival.alarming;
    match rule.condition.tone() {
        None => true,
        Some(tone) => arrival.tone == Some(tone) || alarms && arrival.tone != Some(SentimentLabel::Positive),
    }
}

/// As what mentions are counted: a story begins with the first of them.
#[derive(Clone, Copy)]
enum Lens {
    All,
    /// Those with a word of crisis.
    Alarming,
}

impl Lens {
    const ALL: [Lens; 2] = [Lens::All, Lens::Alarming];

    fn sees(self, arrival: &Arrival) -> bool {
        match self {
            Lens::All => true,
            Lens::Alarming => arrival.alarming,
        }
    }

    fn counts(self, mentions: u32, stories: u32, tone: Option<SentimentLabel>) -> Bucket {
        let counts = Bucket::of(mentions, stories, tone);
        match self {
            Lens::All => counts,
            Lens::Alarming => Bucket::default().with_alarming(&counts),
        }
    }
}

fn events(arrivals: &[Arrival], known_at: &[i64]) -> Vec<Event> {
    let mut events = Vec::with_capacity(arrivals.len());
    for (number, (arrival, known_at)) in arrivals.iter().zip(known_at).enumerate() {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let late = arrival.backfill && *known_at < arrival.observed;
        let as_backfill = arrival.backfill && !late;
        events.push(Event { at_s: *known_at, arrival: number, as_backfill });
        if late {
            events.push(Event { at_s: arrival.observed, arrival: number, as_backfill: true });
        }
    }
    events.sort_by_key(|event| event.at_s);
    events
}

fn beginnings(arrivals: &[Arrival], events: &[Event], earlier: Option<i64>) -> Vec<(i64, i64)> {
    let mut earliest: Vec<(i64, i64)> = earlier.map(|at| (i64::MIN, at)).into_iter().collect();
    for event in events {
        let at = arrivals[event.arrival as usize].at;
        if earliest.last().is_none_or(|(_, before)| at < *before) {
            earliest.push((event.at_s, at));
        }
    }
    earliest
}

/// From when on mentions are needed to replay what is since `since`: what is usual then was learned from the
/// half year before, and a story may have begun some weeks before that.
pub fn read_from(since: Timestamp) -> Timestamp {
    let stories_s = 28 * 86_400;
    instant(begun(instant(stock::taken(since.as_second(), None))).as_second() - stories_s)
}

/// By source, the median time between a mention and its being heard.
fn lags(arrivals: &[Arrival], sources: usize) -> Vec<i64> {
    let mut lags: Vec<Vec<i64>> = vec![Vec::new(); sources];
    for arrival in arrivals.iter().filter(|arrival| arrival.published && !arrival.backfill) {
        let lag = arrival.observed - arrival.at;
        if lag <= PROMPT_S {
            lags[arrival.source as usize].push(lag.max(0));
        }
    }
    let median = |mut lags: Vec<i64>| {
        lags.sort_unstable();
        lags.get(lags.len() / 2).copied().unwrap_or(USUAL_LAG_S)
    };
    lags.into_iter().map(median).collect()
}

/// By arrival, the start of the day it is in.
fn days(arrivals: &[Arrival], zone: &TimeZone) -> Vec<i64> {
    let mut day = 0..0;
    let day_of = |arrival: &Arrival| {
        if !day.contains(&arrival.at) {
            day = span_of_day(arrival.at, zone).unwrap_or(arrival.at..arrival.at + 1);
        }
        day.start
    };
    arrivals.iter().map(day_of).collect()
}

fn span_of_day(at_s: i64, zone: &TimeZone) -> Option<std::ops::Range<i64>> {
    let start = Timestamp::from_second(at_s).ok()?.to_zoned(zone.clone()).start_of_day().ok()?;
    let end = start.tomorrow().ok()?.start_of_day().ok()?;
    Some(start.timestamp().as_second()..end.timestamp().as_second())
}

/// All incidents that a rule over windows opens within a span, oldest first, as they are at its end; those that
/// never fired left out. `others` are the pasts of the brands that it is compared with, if it is.
pub fn replay(
    rule: &Rule,
    brand: &BrandId,
    (past, others): (&Past, &[&Past]),
    span: Span,
    tongue: Tongue,
) -> Vec<Alert> {
    let frame = Frame::of(rule, others.iter().copied().chain([past]), span);
    let mut course = Course::new(rule, brand, past, (span, frame), tongue);
    let (since, until) = (span.since.as_second(), span.until.as_second());
    let events = &past.events[..past.events.partition_point(|event| event.at_s < until)];
    let (before, during) = events.split_at(events.partition_point(|event| event.at_s < since));
    for event in before {
        course.hear(event);
    }
    course.changed.clear();
    if rule.condition.is_settled() {
        let others = others.iter().map(|past| Course::new(rule, brand, past, (span, frame), tongue));
        course.settle(since..until, &mut others.collect::<Vec<_>>());
        course.alerts.retain(|alert| alert.fired_at.is_some());
        return course.alerts;
    }
    for minute in during.chunk_by(|a, b| a.at_s.div_euclid(60) == b.at_s.div_euclid(60)) {
        course.wait(minute[0].at_s);
        for event in minute {
            course.hear(event);
        }
        if !course.changed.is_empty() || course.is_open() {
            course.look(minute[minute.len() - 1].at_s);
        }
    }
    course.wait(until);
    if course.is_open() && slot_of(until - 1) > slot_of(course.looked) {
        course.look(until - 1);
    }
    course.alerts.retain(|alert| alert.fired_at.is_some());
    course.alerts
}

/// Slots of a quarter of an hour that hold some pasts, and what a rule looks at before them.
#[derive(Clone, Copy)]
struct Frame {
    start: i64,
    slots: usize,
}

impl Frame {
    fn of<'a>(rule: &Rule, pasts: impl Iterator<Item = &'a Past> + Clone, span: Span) -> Self {
        let longest = rule.windows().into_iter().max().unwrap_or_default();
        let longest_s =
            i64::try_from(longest.as_secs()).unwrap_or(0) + i64::try_from(rule.late.as_secs()).unwrap_or(0);
        let first = pasts.clone().filter_map(|past| past.arrivals.first()).map(|arrival| arrival.at).min();
        let start = (first.unwrap_or(span.since.as_second()) - longest_s).div_euclid(STEP_S) * STEP_S;
        let last = pasts.filter_map(|past| past.arrivals.last()).map(|arrival| arrival.at).max();
        let last = last.unwrap_or(0).max(span.until.as_second());
        Self { start, slots: usize::try_from((last - start).div_euclid(STEP_S)).unwrap_or(0) + 2 }
    }
}

/// One rule and brand while the past goes by.
struct Course<'a> {
    rule: &'a Rule,
    brand: &'a BrandId,
    past: &'a Past,
    tongue: Tongue,
    /// Start of the first slot of the two series.
    start: i64,
    live: Series,
    all: Vec<Bucket>,
    history: History,
    /// Of a share: the same beside what is said of the others.
    compared: History,
    /// The first event that was not heard yet.
    next: usize,
    /// Which arrivals are known, and by lens, which count as live.
    known: Vec<bool>,
    counts: [Vec<bool>; 2],
    /// By lens and story, the first of its mentions that are known.
    firsts: [Vec<u32>; 2],
    stock: Option<Stock>,
    vigil: Option<Vigil>,
    /// The first slot that the vigil may have learned otherwise than it is now.
    stale: usize,
    /// Slots whose live counts have changed since the last look, and when that was.
    changed: Vec<usize>,
    looked: i64,
    alerts: Vec<Alert>,
}

/// What history is scaled by.
struct Stock {
    taken: i64,
    since: i64,
    /// The days from which on, up to which, and before which mentions tell a source's share.
    first_day: i64,
    judged: i64,
    told: Vec<Told>,
    /// `None` before they were computed.
    shares: Option<Vec<Share>>,
    /// How long is waited for what comes late; `None` before it was computed.
    lag_s: Option<i64>,
    /// A mention came in that tells another share.
    stale: bool,
}

impl Stock {
    fn tells(&self, day: i64) -> bool {
        day >= self.first_day && day < self.taken
    }

    fn add(&mut self, source: u32, day: i64) {
        if self.tells(day) {
            let told = &mut self.told[source as usize];
            told.mentions += 1.0;
            told.before += f64::from(u8::from(day < self.judged));
            self.stale = true;
        }
    }
}

impl<'a> Course<'a> {
    fn new(
        rule: &'a Rule,
        brand: &'a BrandId,
        past: &'a Past,
        (span, Frame { start, slots }): (Span, Frame),
        tongue: Tongue,
    ) -> Self {
        let start_at = instant(start);
        Self {
            rule,
            brand,
            past,
            tongue,
            start,
            live: Series { start: start_at, step_s: SLOT_S, buckets: vec![Bucket::default(); slots] },
            all: vec![Bucket::default(); slots],
            history: History { start: start_at, step_s: SLOT_S, slots: vec![None; slots] },
            compared: History { start: start_at, step_s: SLOT_S, slots: Vec::new() },
            next: 0,
            known: vec![false; past.arrivals.len()],
            counts: [vec![false; past.arrivals.len()], vec![false; past.arrivals.len()]],
            firsts: [vec![NOT_TOLD; past.stories], vec![NOT_TOLD; past.stories]],
            stock: None,
            vigil: None,
            stale: 0,
            changed: Vec::new(),
            looked: span.since.as_second() - 1,
            alerts: Vec::new(),
        }
    }

    fn slot(&self, at_s: i64) -> usize {
        usize::try_from((at_s - self.start).div_euclid(STEP_S)).unwrap_or(0)
    }

    fn is_open(&self) -> bool {
        self.alerts.last().is_some_and(|alert| alert.state != AlertState::Resolved)
    }

    /// Takes in what an event brings.
    fn hear(&mut self, event: &Event) {
        let number = event.arrival as usize;
        let arrival = self.past.arrivals[number];
        let is_known = std::mem::replace(&mut self.known[number], true);
        for lens in Lens::ALL.into_iter().filter(|lens| lens.sees(&arrival)) {
            if is_known {
                self.becomes_backfill(event.arrival, lens);
            } else {
                self.count_first(event.arrival, lens, event.as_backfill);
            }
        }
        if is_known {
            return;
        }
        self.count(self.slot(arrival.at));
        if let Some(stock) = &mut self.stock {
            stock.add(arrival.source, self.past.days[number]);
        }
    }

    /// What came in as back-fill is live no more; the counts of the past stay.
    fn becomes_backfill(&mut self, event: u32, lens: Lens) {
        let number = event as usize;
        let arrival = &self.past.arrivals[number];
        if std::mem::replace(&mut self.counts[lens as usize][number], false) {
            let begins = self.firsts[lens as usize][arrival.story as usize] == event;
            let slot = self.slot(arrival.at);
            self.live.buckets[slot].take(lens.counts(1, u32::from(begins), arrival.tone));
        }
    }

    /// Counts what is new, and its story, if that has none earlier.
    fn count_first(&mut self, event: u32, lens: Lens, as_backfill: bool) {
        let number = event as usize;
        let arrival = self.past.arrivals[number];
        let slot = self.slot(arrival.at);
        let first = &mut self.firsts[lens as usize][arrival.story as usize];
        let before = *first;
        let begins = before == NOT_TOLD || event < before;
        if begins {
            *first = event;
        }
        if begins && before != NOT_TOLD {
            let before = before as usize;
            let Arrival { at, tone, unplaced, .. } = self.past.arrivals[before];
            let (other, story) = (self.slot(at), lens.counts(0, 1, tone));
            if !unplaced {
                self.all[other].take(story);
            }
            if self.counts[lens as usize][before] {
                self.live.buckets[other].take(story);
                self.changed.push(other);
            }
            self.count(other);
        }
        let heard = lens.counts(1, u32::from(begins), arrival.tone);
        if !arrival.unplaced {
            self.all[slot] += heard;
        }
        if !as_backfill {
            self.live.buckets[slot] += heard;
            self.counts[lens as usize][number] = true;
            self.changed.push(slot);
        }
    }

    /// Notes that a slot holds another number.
    fn count(&mut self, slot: usize) {
        if let Some(heard) = &mut self.history.slots[slot] {
            heard.counts = self.all[slot];
            self.stale = self.stale.min(slot);
        }
    }

    /// Looks at the end of each slot that passes by `until_s` while an incident is open.
    fn wait(&mut self, until_s: i64) {
        while self.is_open() {
            let end_of_next = (slot_of(self.looked) + 2) * STEP_S - 1;
            if end_of_next >= until_s {
                break;
            }
            self.look(end_of_next);
        }
    }

    /// Looks, at the end of each slot, at the windows that have been heard as a whole by then.
    fn settle(&mut self, span: std::ops::Range<i64>, others: &mut [Course<'_>]) {
        self.next = self.past.events.partition_point(|event| event.at_s < span.start);
        let mut judged = None;
        let first = (span.start + STEP_S - 1).div_euclid(STEP_S) * STEP_S;
        for now_s in (first..span.end).step_by(STEP_S as usize) {
            let Some((start, mut lag_s)) = self.hear_all(now_s) else { continue };
            let mut all_heard = true;
            for other in others.iter_mut() {
                match other.hear_all(now_s) {
                    Some((_, lag_of_other_s)) => lag_s = lag_s.max(lag_of_other_s),
                    None => all_heard = false,
                }
            }
            if !all_heard {
                continue;
            }
            self.compare(others, self.slot(now_s));
            let newest = (now_s - lag_s).div_euclid(STEP_S) * STEP_S;
            let late_s = i64::try_from(self.rule.late.as_secs()).unwrap_or(i64::MAX / 2);
            let oldest = (now_s - late_s).div_euclid(STEP_S) * STEP_S;
            let from = judged.unwrap_or(newest - STEP_S).max(oldest);
            if from < newest && newest > self.start {
                let slots = self.slot(from)..self.slot(newest);
                self.look_at(start, slots, now_s);
                judged = Some(newest);
            }
        }
    }

    /// Hears all that comes in by a time. Answers where what is usual is learned from, and how long is waited.
    fn hear_all(&mut self, now_s: i64) -> Option<(i64, i64)> {
        let past = self.past;
        while let Some(event) = past.events.get(self.next).filter(|event| event.at_s <= now_s) {
            self.hear(event);
            self.next += 1;
        }
        self.changed.clear();
        let start = self.take_stock(now_s)?;
        let stock = self.stock.as_ref()?;
        let (taken, lag_s) = (stock.taken, stock.lag_s);
        Some((start, lag_s.unwrap_or_else(|| self.lag(taken))))
    }

    /// Puts what is said of the brand beside what is said of the others, in slots up to `newest` that have changed.
    fn compare(&mut self, others: &mut [Course<'_>], newest: usize) {
        if self.rule.condition.side() != Side::Either {
            return;
        }
        for other in others.iter_mut() {
            self.stale = self.stale.min(std::mem::replace(&mut other.stale, usize::MAX));
        }
        let from = self.stale.min(self.compared.slots.len());
        self.compared.slots.truncate(from);
        for slot in from..=newest {
            let of = |course: &Course<'_>| course.history.slots.get(slot).copied().flatten();
            self.compared.slots.push(settled::shared(of(self), others.iter().map(of)));
        }
    }

    /// How long to wait for what comes late, by what came before stock was taken.
    fn lag(&mut self, taken: i64) -> i64 {
        let told = |arrival: &&Arrival| {
            let Arrival { at, published, observed, backfill, .. } = **arrival;
            published && !backfill && observed < taken && (taken - settled::LAGS_S..taken).contains(&at)
        };
        let lags = self.past.arrivals.iter().filter(told).map(|arrival| arrival.observed - arrival.at);
        let lag_s = settled::lag(self.rule, lags.collect());
        if let Some(stock) = &mut self.stock {
            stock.lag_s = Some(lag_s);
        }
        lag_s
    }

    /// Looks as live: at the windows in which something has changed, and at the newest.
    fn look(&mut self, now_s: i64) {
        self.looked = now_s;
        let newest = self.slot(now_s);
        let oldest = self.slot(now_s - i64::try_from(self.rule.late.as_secs()).unwrap_or(now_s - self.start));
        let changed = self.changed.drain(..).filter(|slot| *slot >= oldest);
        let from = changed.min().unwrap_or(newest).min(newest);
        let Some(start) = self.take_stock(now_s) else { return };
        self.look_at(start, from..newest + 1, now_s);
    }

    /// Looks at the windows that end with each of some slots; what is usual is learned from `start` on.
    fn look_at(&mut self, start: i64, ends: std::ops::Range<usize>, now_s: i64) {
        let learned = self.go_back(start, ends.start);
        let mut vigil =
            learned.unwrap_or_else(|| Vigil::new(self.rule, instant(start), &self.past.zone, Keeps::REPLAY));
        let (rule, past, counts) = (self.rule, self.past, &self.counts);
        let [all, alarming] = counts;
        let all = if rule.condition.is_settled() { &self.known } else { all };
        let sources = |window| {
            let counts = |&number: &usize| match rule.condition.tone() {
                None => all[number],
                Some(tone) => {
                    let Arrival { tone: told, .. } = past.arrivals[number];
                    all[number] && told == Some(tone)
                        || rule.alarming.is_some()
                            && alarming[number]
                            && told != Some(SentimentLabel::Positive)
                }
            };
            let heard = past.within(window).filter(counts);
            let sources: BTreeSet<u32> = heard.map(|number| past.arrivals[number].source).collect();
            Ok::<_, std::convert::Infallible>(u32::try_from(sources.len()).unwrap_or(u32::MAX))
        };
        let Course { rule, brand, tongue, .. } = *self;
        let history = if rule.condition.side() == Side::Either { &self.compared } else { &self.history };
        let sight = Sight { rule, brand, history, live: &self.live, now: instant(now_s), tongue };
        let mut steps: Vec<Alert> = Vec::new();
        for slot in ends {
            let end = instant(self.start + (slot as i64 + 1) * STEP_S);
            let current = steps.last().or(self.alerts.last());
            let Ok(seen) = sight.look(&mut vigil, current, end, sources);
            steps.extend(seen.and_then(|step| step.alert));
        }
        steps.into_iter().for_each(|alert| keep(&mut self.alerts, alert));
        forget(&mut self.alerts);
        self.vigil = Some(vigil);
    }

    /// The vigil, gone back to before all that has changed; `None` where it is to learn anew.
    fn go_back(&mut self, start: i64, from: usize) -> Option<Vigil> {
        let stale = std::mem::replace(&mut self.stale, usize::MAX).max(self.slot(start));
        let mut vigil = self.vigil.take().filter(|vigil| vigil.start() == instant(start))?;
        let back = instant(self.start + stale.min(from) as i64 * STEP_S);
        vigil.go_back(back).then_some(vigil)
    }

    /// Scales history to the sources of now; answers where what is usual is learned from, `None` while nothing
    /// was heard.
    fn take_stock(&mut self, now_s: i64) -> Option<i64> {
        let taken = stock::taken(now_s, self.past.newest_source(now_s));
        if self.stock.as_ref().is_none_or(|stock| stock.taken != taken) {
            self.stock = Some(self.stock_of(taken));
        }
        let stock = self.stock.as_mut()?;
        if std::mem::take(&mut stock.stale) {
            let told = stock.told.iter().filter(|told| told.mentions > 0.0).copied();
            let shares = stock::shares(told, stock.judged, stock.taken);
            if stock.shares.as_ref() != Some(&shares) {
                stock.shares = Some(shares);
                self.scale();
            }
        }
        let stock = self.stock.as_ref()?;
        let enough = stock.shares.as_deref().and_then(stock::enough).unwrap_or(stock.since);
        let since = self.past.earliest_by(now_s)?.max(stock.since).max(enough);
        Some((since + STEP_S - 1).div_euclid(STEP_S) * STEP_S)
    }

    /// What the mentions known by now tell of their sources.
    fn stock_of(&self, taken: i64) -> Stock {
        let since = begun(instant(taken)).as_second();
        let day = |at_s: i64| span_of_day(at_s, &self.past.zone).map_or(at_s, |day| day.start);
        let told = |listened: &Listened| Told {
            source: listened.source,
            from: listened.reach.unwrap_or(0).max(since),
            mentions: 0.0,
            before: 0.0,
        };
        let mut stock = Stock {
            taken,
            since,
            first_day: day(since),
            judged: day(taken - JUDGED_S),
            told: self.past.sources.iter().map(told).collect(),
            shares: None,
            lag_s: None,
            stale: true,
        };
        for (number, arrival) in self.past.arrivals.iter().enumerate() {
            if self.known[number] {
                stock.add(arrival.source, self.past.days[number]);
            }
        }
        stock
    }

    /// Puts beside each slot the share of it that was heard; notes the first that is another.
    fn scale(&mut self) {
        let Some(shares) = self.stock.as_ref().and_then(|stock| stock.shares.as_deref()) else { return };
        let slots = Slots { start: self.start, step_s: STEP_S, number: self.all.len() };
        let gaps = |source: i64| {
            let listened = self.past.sources.iter().find(|listened| listened.source == source);
            let gaps = listened.map(|listened| listened.gaps.clone()).unwrap_or_default();
            let ended = listened.and_then(|listened| listened.ended);
            let gaps = if self.rule.condition.is_settled() { stock::ended(gaps, ended) } else { gaps };
            Ok::<_, std::convert::Infallible>(gaps)
        };
        let Ok(known) = stock::heard(slots, shares, gaps);
        for (slot, (heard, counts)) in known.into_iter().zip(&self.all).enumerate() {
            let heard =
                heard.map(|(share, deaf)| Heard { counts: *counts, share, deaf, whole: Bucket::default() });
            if heard != self.history.slots[slot] {
                self.history.slots[slot] = heard;
                self.stale = self.stale.min(slot);
            }
        }
    }
}

/// All incidents that a rule that speaks at once opens within a span, oldest first, as they are at its end, each with
/// the mentions it rests on; all of `past` are worth telling. `voices` tells, for some of them and a time, whom one
/// heard in them, and all that was known then of what these set going; for a pattern, nothing.
pub fn replay_at_once(
    rule: &Rule,
    brand: &BrandId,
    past: &Past,
    span: Span,
    tongue: Tongue,
    voices: impl Fn(&[Arrival], Timestamp) -> Option<(Vec<SeenVoice>, Vec<Arrival>)>,
) -> Vec<(Alert, Vec<Arrival>)> {
    let (since, until) = (span.since.as_second(), span.until.as_second());
    let cooldown_s = i64::try_from(rule.cooldown.as_secs()).unwrap_or(i64::MAX / 2);
    let mut found: Vec<(Alert, Vec<Arrival>)> = Vec::new();
    // What did not suffice yet, and since when it is known.
    let mut waiting: Vec<(i64, Arrival)> = Vec::new();
    let mut looked = since;
    let mut look = |now_s: i64, news: &[&Event], found: &mut Vec<(Alert, Vec<Arrival>)>| {
        let oldest = now_s - cooldown_s;
        waiting.retain(|(known_at, _)| *known_at >= oldest);
        waiting.extend(news.iter().map(|event| (event.at_s, past.arrivals[event.arrival as usize])));
        let together: Vec<Arrival> = waiting.iter().map(|(_, arrival)| *arrival).collect();
        let (voices, together) =
            voices(&together, instant(now_s)).unwrap_or_else(|| (Vec::new(), together.clone()));
        let sources: BTreeSet<u32> = together.iter().map(|arrival| arrival.source).collect();
        let sources = u32::try_from(sources.len()).unwrap_or(u32::MAX);
        let window = (instant(looked.min(now_s)), instant(now_s));
        let finds = Finds {
            counts: Bucket::count(together.iter().map(|arrival| (arrival.story, arrival.tone))),
            sources,
            voices,
        };
        let seen = observe_at_once(rule, finds, window);
        let current = found.last().map(|(alert, _)| alert);
        let Step { alert, renewed, .. } = step(rule, brand, current, &seen, instant(now_s), tongue);
        if let Some(alert) = alert {
            let evidence = if renewed { together.as_slice() } else { &[] };
            match found.last_mut().filter(|(last, _)| last.id == alert.id) {
                Some((last, all)) => {
                    *last = alert;
                    all.extend_from_slice(evidence);
                }
                None => found.push((alert, evidence.to_vec())),
            }
        }
        if seen.holds {
            waiting.clear();
        }
        looked = if waiting.is_empty() { now_s } else { looked.min(now_s).max(oldest) };
    };
    let is_over = |found: &[(Alert, Vec<Arrival>)], by_s: i64| {
        let firing = found.last().map(|(alert, _)| alert).filter(|alert| alert.state != AlertState::Resolved);
        firing.map(|alert| alert.last_held.as_second() + cooldown_s).filter(|over_s| *over_s < by_s)
    };
    // What is heard after a gap is new all the same, whenever in between it was said.
    let is_new = |event: &&Event| !event.as_backfill || past.arrivals[event.arrival as usize].unplaced;
    let live = past.events.iter().filter(is_new).filter(|event| (since..until).contains(&event.at_s));
    let live: Vec<&Event> = live.collect();
    for second in live.chunk_by(|a, b| a.at_s == b.at_s) {
        if let Some(over_s) = is_over(&found, second[0].at_s) {
            look(over_s, &[], &mut found);
        }
        look(second[0].at_s, second, &mut found);
    }
    if let Some(over_s) = is_over(&found, until) {
        look(over_s, &[], &mut found);
    }
    found
}

/// An incident as it is now takes the place of what it was.
fn keep(alerts: &mut Vec<Alert>, alert: Alert) {
    let alert = Alert { series: None, ..alert };
    match alerts.last_mut().filter(|last| last.id == alert.id) {
        Some(last) => *last = alert,
        None => alerts.push(alert),
    }
}

/// One that is over and never fired leaves no trace.
fn forget(alerts: &mut Vec<Alert>) {
    alerts.retain(|alert| alert.state != AlertState::Resolved || alert.fired_at.is_some());
}

fn slot_of(at_s: i64) -> i64 {
    at_s.div_euclid(STEP_S)
}

fn instant(at_s: i64) -> Timestamp {
    Timestamp::from_second(at_s).unwrap_or(if at_s < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
