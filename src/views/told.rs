//! An alert as a colleague would tell it: what happened, who began, what to read, what was tried before.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Result;
use serde::Serialize;

use super::alerts::{AcknowledgedView, AlertView, CAUSE_BEFORE_S};
use super::search::MentionView;
use crate::model::{Alert, Bucket, Condition, CountBy, Mention, Rule, SourceId, Timestamp, Tongue};
use crate::rules;
use crate::store::{AlertFilter, Reader, Scope};

/// Mentions to read.
const TO_READ: usize = 3;

/// The brand's own publications named beside an alert.
const OWN: usize = 3;

/// Earlier incidents told of.
const EARLIER: usize = 5;

const HOUR_S: i64 = 3_600;

/// Hours drawn, of which this many come before the window.
const HOURS: i64 = 54;
const HOURS_BEFORE: i64 = 24;

/// As `alerts show --json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ToldAlert {
    #[serde(flatten)]
    pub alert: AlertView,
    pub evidence_sources: Vec<String>,
    /// Of a rule for new voices: whom it heard, in words.
    pub heard: Vec<String>,
    /// The earliest mention of the evidence.
    pub first: Option<MentionView>,
    pub to_read: Vec<ToRead>,
    /// The counts around it.
    pub hours: HoursView,
    /// How many sources had spoken by the end of each hour in which a new one did.
    pub spread: Vec<SpreadView>,
    /// What the brand published itself shortly before, the latest first.
    pub own_publications: Vec<MentionView>,
    /// The latest incidents of the rule and the brand before it, the latest first.
    pub earlier: Vec<EarlierView>,
    /// How many there were in all.
    pub earlier_total: usize,
    pub muted: Vec<MutedView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ToRead {
    /// `first`, `most-copied`, `most-negative` (`most-positive` where the rule is about that); none where it is merely one more.
    pub why: Vec<&'static str>,
    pub mention: MentionView,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HoursView {
    pub start: Timestamp,
    /// Per hour, in the unit the rule counts.
    pub counts: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpreadView {
    pub hour: Timestamp,
    pub sources: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EarlierView {
    pub id: String,
    pub since: Timestamp,
    pub until: Option<Timestamp>,
    pub state: &'static str,
    pub reason: String,
    pub acknowledged: Option<AcknowledgedView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MutedView {
    /// `first`, or `grown-` and the count.
    pub news: String,
    pub at: Timestamp,
    /// When it was told after all.
    pub told: Option<Timestamp>,
    pub silence: i64,
    pub by: Option<String>,
    pub comment: Option<String>,
}

/// Gathers what to tell of an alert. `all` are the rules of today, by which its reason is said in the tongue of the
/// reader where its rule is still the same.
pub fn told(reader: &Reader, alert: &Alert, all: &[Rule], tongue: Tongue) -> Result<ToldAlert> {
    let mut view = AlertView::new(alert, &reader.annotations()?);
    if let Some(rule) = all.iter().find(|rule| rule.id == alert.rule && rule.config_hash == alert.config_hash)
    {
        view.reason = rules::reason(rule, alert, tongue);
    }
    let mentions = evidence(reader, alert)?;
    let (since, until) = alert.observed.window;
    let before = Timestamp::from_second(since.as_second() - CAUSE_BEFORE_S)?;
    let own = reader.own_voice(&alert.brand, before, until, OWN)?;
    let (earlier, earlier_total) = earlier(reader, alert)?;
    Ok(ToldAlert {
        alert: view,
        heard: alert.observed.voices.iter().map(|voice| rules::voice_heard(voice, tongue)).collect(),
        evidence_sources: alert.evidence_sources.iter().map(ToString::to_string).collect(),
        first: mentions.first().map(|m| MentionView::new(m, &[], &[])),
        to_read: to_read(&mentions, alert.is_of_kind(&Condition::PositiveBuzz)),
        hours: hours(reader, alert, &mentions)?,
        spread: spread(&mentions)?,
        own_publications: own.iter().map(|m| MentionView::new(m, &[], &[])).collect(),
        earlier,
        earlier_total,
        muted: muted(reader, alert)?,
    })
}

/// What to read of an alert.
pub fn reading(reader: &Reader, alert: &Alert) -> Result<Vec<ToRead>> {
    Ok(to_read(&evidence(reader, alert)?, alert.is_of_kind(&Condition::PositiveBuzz)))
}

/// In the order of time.
fn evidence(reader: &Reader, alert: &Alert) -> Result<Vec<Mention>> {
    let mut mentions = reader.mentions(&alert.evidence)?;
    mentions.sort_by(|a, b| (a.at(), &a.id).cmp(&(b.at(), &b.id)));
    Ok(mentions)
}

/// One mention of a story at most. `mentions` are in the order of time; `praise`: what was raised is that.
fn to_read(mentions: &[Mention], praise: bool) -> Vec<ToRead> {
    let tone = |m: &&Mention| m.sentiment.map_or(0.0, |s| s.score());
    // Of equals the earliest.
    let most_copied = mentions.iter().rev().max_by_key(|m| m.copies).filter(|m| m.copies > 1);
    let most_toned = match praise {
        true => {
            let positive = mentions.iter().rev().filter(|m| m.is_positive());
            ("most-positive", positive.max_by(|a, b| tone(a).total_cmp(&tone(b))))
        }
        false => {
            let negative = mentions.iter().filter(|m| m.is_negative());
            ("most-negative", negative.min_by(|a, b| tone(a).total_cmp(&tone(b))))
        }
    };
    let reasons = [("first", mentions.first()), ("most-copied", most_copied), most_toned];
    let mut chosen: Vec<(&Mention, Vec<&'static str>)> = Vec::new();
    for (why, mention) in reasons.into_iter().filter_map(|(why, mention)| Some((why, mention?))) {
        match chosen.iter_mut().find(|(other, _)| other.story == mention.story) {
            Some((_, whys)) => whys.push(why),
            None => chosen.push((mention, vec![why])),
        }
    }
    let mut rest: Vec<&Mention> = mentions.iter().collect();
    rest.sort_by(|a, b| b.copies.cmp(&a.copies).then(tone(a).total_cmp(&tone(b))));
    for mention in rest {
        if chosen.len() < TO_READ && chosen.iter().all(|(other, _)| other.story != mention.story) {
            chosen.push((mention, Vec::new()));
        }
    }
    let view = |(mention, why): (&Mention, _)| ToRead { why, mention: MentionView::new(mention, &[], &[]) };
    chosen.into_iter().map(view).collect()
}

/// Of a pattern the evidence, since its words have no counts of their own. `mentions` are in the order of time.
fn hours(reader: &Reader, alert: &Alert, mentions: &[Mention]) -> Result<HoursView> {
    let hour = |time: Timestamp| time.as_second().div_euclid(HOUR_S) * HOUR_S;
    let (window_start, window_end) = alert.observed.window;
    let start = hour(window_start) - HOURS_BEFORE * HOUR_S;
    let end = (hour(window_end.max(alert.last_held)) + HOUR_S).min(start + HOURS * HOUR_S);
    let by_stories = alert.observed.count == CountBy::Stories;
    if alert.baseline.is_none() {
        let mut counts = vec![0; usize::try_from((end - start) / HOUR_S)?];
        let mut stories = HashSet::new();
        for mention in mentions.iter().filter(|m| !by_stories || stories.insert(&m.story)) {
            let place = usize::try_from((hour(mention.at()) - start) / HOUR_S).ok();
            if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
                *count += 1;
            }
        }
        return Ok(HoursView { start: Timestamp::from_second(start)?, counts });
    }
    let scope = Scope {
        brand: &alert.brand,
        query: alert.query.as_deref(),
        since: Timestamp::from_second(start)?,
        until: Timestamp::from_second(end)?,
        backfill: true,
    };
    let series = reader.series(&scope, HOUR_S as u32)?;
    let count = |bucket: &Bucket| if by_stories { bucket.stories } else { bucket.mentions };
    Ok(HoursView { start: series.start, counts: series.buckets.iter().map(count).collect() })
}

/// `mentions` are in the order of time.
fn spread(mentions: &[Mention]) -> Result<Vec<SpreadView>> {
    let mut first: HashMap<&SourceId, i64> = HashMap::new();
    for mention in mentions {
        first.entry(&mention.source).or_insert(mention.at().as_second().div_euclid(HOUR_S) * HOUR_S);
    }
    let mut new: BTreeMap<i64, usize> = BTreeMap::new();
    for hour in first.into_values() {
        *new.entry(hour).or_default() += 1;
    }
    let mut sources = 0;
    new.into_iter()
        .map(|(hour, new)| {
            sources += new;
            Ok(SpreadView { hour: Timestamp::from_second(hour)?, sources })
        })
        .collect()
}

fn earlier(reader: &Reader, alert: &Alert) -> Result<(Vec<EarlierView>, usize)> {
    let filter = AlertFilter { rule: Some(&alert.rule), brand: Some(&alert.brand), ..AlertFilter::default() };
    let mut all = reader.alerts(&filter)?;
    all.retain(|other| other.since < alert.since && other.fired_at.is_some());
    let view = |other: &Alert| EarlierView {
        id: other.id.to_string(),
        since: other.since,
        until: other.until,
        state: other.state.as_str(),
        reason: other.reason.clone(),
        acknowledged: other.acknowledged.as_ref().map(AcknowledgedView::from),
    };
    Ok((all.iter().take(EARLIER).map(view).collect(), all.len()))
}

fn muted(reader: &Reader, alert: &Alert) -> Result<Vec<MutedView>> {
    let muted = reader.muted(&alert.id)?.into_iter().map(|muted| {
        let silence = reader.silence(muted.silence)?;
        Ok(MutedView {
            news: muted.news,
            at: muted.at,
            told: muted.told,
            silence: muted.silence,
            by: silence.as_ref().map(|silence| silence.by.clone()),
            comment: silence.map(|silence| silence.comment),
        })
    });
    muted.collect()
}
