//! Stored series → rules → alerts, and the notices that follow from them.
//!
//! [`evaluate`] is one look of every rule: at the newest windows, and, oldest first, at those of the past
//! whose counts have changed since, because what was said at 9:05 may be heard at 10:10. Alerts and their
//! notices are stored in one transaction; [`Deliverer`] then tells what is due.

mod deliver;
mod gone;
mod outbox;
mod pattern;
mod summary;
mod telling;
#[cfg(test)]
mod testing;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::tz::TimeZone;

use crate::config::Config;
use crate::model::{
    Alert, AlertState, Brand, BrandId, Condition, CountBy, Mention, MentionId, NotifierId, Rule, Series,
    Timestamp, Tongue,
};
use crate::query::Query;
use crate::rules::{self, HISTORY_DAYS, Notice, Observation, Step};
use crate::stats::terms;
use crate::store::{self, Reader, Scope, Store};

pub use deliver::{Delivered, Deliverer};

/// Live counts are looked at by the minute.
const MINUTE_S: u32 = 60;

/// What is usual is computed from quarters of an hour, which every window is made of.
const QUARTER_S: u32 = 900;

/// Under which the time of the last evaluation is kept.
const LAST_LOOK: &str = "evaluated";

/// The most mentions an alert keeps as evidence, and those before it that its words are held against.
const EVIDENCE: usize = 500;

/// Words kept with an alert.
const TERMS: usize = 6;

/// The part of a configuration that alerting works by.
pub struct Standing {
    rules: Vec<Rule>,
    brands: BTreeMap<BrandId, Brand>,
    /// The saved queries by id.
    queries: BTreeMap<String, Query>,
    source_tags: BTreeMap<String, Vec<String>>,
    notifiers: Vec<NotifierId>,
    zone: TimeZone,
    tongue: Tongue,
}

impl Standing {
    pub fn new(config: &Config, tongue: Tongue) -> Self {
        Self {
            rules: config.rules.clone(),
            brands: config.brands.iter().map(|b| (b.id.clone(), b.clone())).collect(),
            queries: config.queries.iter().map(|q| (q.id.clone(), q.query.clone())).collect(),
            source_tags: config.source_tags(),
            notifiers: config.notifiers.iter().map(|notifier| notifier.id.clone()).collect(),
            zone: config.settings.timezone.clone(),
            tongue,
        }
    }

    fn has(&self, alert: &Alert) -> bool {
        self.rules.iter().any(|rule| rule.id == alert.rule && rule.brands.contains(&alert.brand))
    }

    fn name<'a>(&'a self, brand: &'a BrandId) -> &'a str {
        self.brands.get(brand).map_or(brand.as_str(), |b| b.name.as_str())
    }
}

/// Looks at every rule for every of its brands, and at which sources are gone, and stores what changed and what
/// is to be told of it.
///
/// # Errors
/// If the store fails; what was decided for earlier rules is kept.
pub fn evaluate(store: &mut Store, standing: &Standing, now: Timestamp) -> Result<()> {
    end_unasked(store, standing, now)?;
    gone::tell(store, standing, now)?;
    let touched = store.touched()?;
    let last: Option<Timestamp> = store.meta(LAST_LOOK)?.and_then(|time| time.parse().ok());
    // Nothing is new; and after a clock was set back, windows of then are full of what was heard since.
    if touched.minutes.is_empty() && last.is_some_and(|last| now <= last) {
        return Ok(());
    }
    store.set_meta(LAST_LOOK, &now.to_string())?;
    for rule in &standing.rules {
        for brand in &rule.brands {
            let query = rule.query.as_deref();
            let changed = touched
                .minutes
                .iter()
                .filter(|(of, within, _)| of == brand && within.as_deref() == query)
                .map(|(_, _, minute)| *minute);
            let (looks, place) = match rule.condition {
                Condition::Pattern => {
                    let (look, place) = pattern::look(store, standing, rule, brand, now)?;
                    (Vec::from_iter(look), Some(place))
                }
                Condition::Spike | Condition::NegativeBuzz { .. } => {
                    (windows(store, rule, brand, &changed.collect::<Vec<_>>(), now)?, None)
                }
            };
            let changes = apply(store, standing, rule, brand, &looks, now)?;
            store.save_alerts(&changes, place.as_slice())?;
        }
    }
    store.clear_touched(touched.up_to)
}

/// Ends, silently, the incidents of rules and brands that are no longer configured: nobody looks at them.
fn end_unasked(store: &mut Store, standing: &Standing, now: Timestamp) -> Result<()> {
    let unasked = store.open_alerts()?.into_iter().filter(|alert| !standing.has(alert));
    let ended: Vec<_> = unasked
        .map(|alert| (Alert { state: AlertState::Resolved, until: Some(now), ..alert }, Vec::new()))
        .collect();
    store.save_alerts(&ended, &[])
}

/// One look, and the mentions it rests on where the window does not tell them.
struct Look {
    seen: Observation,
    evidence: Option<Vec<MentionId>>,
}

/// The looks at changed windows of the past, oldest first, and at the newest.
fn windows(
    store: &Store,
    rule: &Rule,
    brand: &BrandId,
    changed: &[Timestamp],
    now: Timestamp,
) -> Result<Vec<Look>> {
    // The window ends with the minute under way, so that the mention just heard is in it.
    let newest = whole_minutes(now, 1)?;
    let ends = window_ends(rule, changed, newest)?;
    let longest = rule.window.lengths().into_iter().max().unwrap_or_default();
    let oldest = ends.keys().next().copied().unwrap_or(newest);
    let query = rule.query.as_deref();
    let scope = |since: Timestamp, backfill: bool| Scope { brand, query, since, until: newest, backfill };
    let live = store.series(&scope(back(oldest, longest)?, false), MINUTE_S)?;
    let history_since = back(oldest, Duration::from_secs(HISTORY_DAYS as u64 * 86_400) + longest)?;
    let Some(history) = store.usual(&scope(quarter(history_since)?, true), QUARTER_S)? else {
        return Ok(Vec::new());
    };
    let mut looks = Vec::new();
    for (end, lengths) in ends {
        let mut seen = Vec::with_capacity(lengths.len());
        for length in lengths {
            seen.extend(look(
                store,
                rule,
                &scope(back(end, length)?, false),
                (&live, &history),
                length,
                end,
            )?);
        }
        looks.extend(rules::strongest(seen).map(|seen| Look { seen, evidence: None }));
    }
    Ok(looks)
}

/// Sources are counted only where the rest of the condition holds.
fn look(
    store: &Reader,
    rule: &Rule,
    scope: &Scope<'_>,
    (live, history): (&Series, &Series),
    length: Duration,
    end: Timestamp,
) -> Result<Option<Observation>> {
    let with = |sources: u32| rules::observe(rule, length, live, history, end, sources);
    match with(u32::MAX) {
        Some(seen) if seen.holds => {
            let sources = store.source_count(&Scope { until: end, ..*scope })?;
            Ok(with(sources))
        }
        Some(_) => Ok(with(0)),
        None => Ok(None),
    }
}

/// When the windows to look at end, and how long they are: those of the newest, and, for every changed minute
/// not older than the rule cares for, those on a grid of half windows that hold it.
fn window_ends(
    rule: &Rule,
    changed: &[Timestamp],
    newest: Timestamp,
) -> Result<BTreeMap<Timestamp, BTreeSet<Duration>>> {
    let mut ends: BTreeMap<Timestamp, BTreeSet<Duration>> = BTreeMap::new();
    let oldest = back(newest, rule.late)?;
    for length in rule.window.lengths() {
        ends.entry(newest).or_default().insert(length);
        let length_s = length.as_secs() as i64;
        let half_s = (length_s / 2).max(i64::from(MINUTE_S));
        for minute in changed.iter().filter(|minute| **minute >= oldest) {
            let first = (minute.as_second() / half_s + 1) * half_s;
            for end in [first, first + half_s] {
                if end < newest.as_second() {
                    ends.entry(Timestamp::from_second(end)?).or_default().insert(length);
                }
            }
        }
    }
    Ok(ends)
}

/// Moves the incident along by all looks. Answers each incident that changed, as it is after the last of them,
/// with what is to be told of it: news of several looks is told once, with the latest numbers.
fn apply(
    store: &Store,
    standing: &Standing,
    rule: &Rule,
    brand: &BrandId,
    looks: &[Look],
    now: Timestamp,
) -> Result<Vec<(Alert, Vec<store::Notice>)>> {
    let mut current = store.current_alert(&rule.id, brand)?;
    let mut changed: Vec<(Alert, Notice)> = Vec::new();
    for look in looks {
        let Step { alert, notice, renewed } =
            rules::step(rule, brand, current.as_ref(), &look.seen, now, standing.tongue);
        let Some(mut alert) = alert else { continue };
        if renewed {
            gather(store, standing, rule, &mut alert, look.evidence.as_deref())?;
        }
        log(&alert, notice);
        current = Some(alert.clone());
        match changed.last_mut().filter(|(last, _)| last.id == alert.id) {
            Some(last) => *last = (alert, last.1.with_later(notice)),
            None => changed.push((alert, notice)),
        }
    }
    let with_notices = |(alert, notice): (Alert, Notice)| {
        let notices = notices(store, standing, rule, &alert, notice, now)?;
        Ok((alert, notices))
    };
    changed.into_iter().map(with_notices).collect()
}

fn log(alert: &Alert, notice: Notice) {
    let Alert { id, rule, brand, reason, .. } = alert;
    match notice {
        Notice::First => tracing::info!(alert.id = %id, "`{rule}` fires for {brand}: {reason}"),
        Notice::NewEvidence => tracing::info!(alert.id = %id, "`{rule}` has grown for {brand}: {reason}"),
        Notice::Resolved => tracing::info!(alert.id = %id, "`{rule}` is over for {brand}"),
        Notice::NothingNew(_) => {}
    }
}

/// Fills in what the window's mentions tell: which they are, their sources, and the words that stand out.
fn gather(
    store: &Reader,
    standing: &Standing,
    rule: &Rule,
    alert: &mut Alert,
    given: Option<&[MentionId]>,
) -> Result<()> {
    let (since, until) = alert.observed.window;
    let brand = alert.brand.clone();
    let negative_only = matches!(rule.condition, Condition::NegativeBuzz { .. });
    let scope = |since, until, backfill| Scope {
        brand: &brand,
        query: rule.query.as_deref(),
        since,
        until,
        backfill,
    };
    let mentions = match given {
        Some(given) => {
            alert.evidence.extend_from_slice(given);
            alert.evidence.truncate(EVIDENCE);
            store.mentions(&alert.evidence)?
        }
        None => {
            let counted = store.mention_rows(&scope(since, until, false), negative_only, EVIDENCE)?;
            alert.evidence = counted.iter().map(|m| m.id.clone()).collect();
            counted
        }
    };
    let before = back(since, Duration::from_secs(HISTORY_DAYS as u64 * 86_400))?;
    let usual = store.mention_rows(&scope(before, since, true), false, EVIDENCE)?;
    let texts = |mentions: &[Mention]| -> Vec<String> { mentions.iter().map(Mention::whole_text).collect() };
    let (here, there) = (texts(&mentions), texts(&usual));
    let names = standing.brands.get(&brand).map(Brand::names).unwrap_or_default();
    alert.terms = terms::stand_out(&borrowed(&here), &borrowed(&there), &names, TERMS);
    let sources: BTreeSet<_> = mentions.iter().map(|m| m.source.clone()).collect();
    alert.evidence_sources = sources.into_iter().collect();
    Ok(())
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// What is told, to each of the rule's notifiers. The end of an incident is stored but not told, and nothing
/// more is told of one that someone looks after.
fn notices(
    store: &Reader,
    standing: &Standing,
    rule: &Rule,
    alert: &Alert,
    notice: Notice,
    now: Timestamp,
) -> Result<Vec<store::Notice>> {
    let news = match notice {
        Notice::First => "first".to_owned(),
        Notice::NewEvidence => format!("grown-{}", alert.observed.value),
        Notice::Resolved | Notice::NothingNew(_) => return Ok(Vec::new()),
    };
    if alert.acknowledged.is_some() {
        return Ok(Vec::new());
    }
    let title = title(rule, alert, standing.name(&alert.brand), standing.tongue);
    let key = format!("{}:{news}", alert.id);
    let notification = telling::notification(store, standing, alert, key, title, now)?;
    let to = |notifier: &NotifierId| store::Notice {
        notifier: notifier.clone(),
        notification: notification.clone(),
        due: now,
    };
    Ok(rule.notify.iter().map(to).collect())
}

/// Brand and number first: desktops cut titles after some 27 characters. A pattern says what it found.
fn title(rule: &Rule, alert: &Alert, name: &str, tongue: Tongue) -> String {
    let value = alert.observed.value;
    let negative = matches!(rule.condition, Condition::NegativeBuzz { .. });
    let stories = rule.count == CountBy::Stories;
    let s = if value > 1 { "s" } else { "" };
    let title = match tongue {
        Tongue::English => {
            let what = match (stories, value > 1) {
                (true, true) => "stories",
                (true, false) => "story",
                (false, true) => "mentions",
                (false, false) => "mention",
            };
            format!("{name}: {value} {}{what}", if negative { "negative " } else { "" })
        }
        Tongue::French => {
            let what = if stories { "histoire" } else { "mention" };
            let tone = if negative { format!(" négative{s}") } else { String::new() };
            format!("{name} : {value} {what}{s}{tone}")
        }
    };
    match rule.condition {
        Condition::Pattern => format!("{title} ({})", rule.id),
        Condition::Spike | Condition::NegativeBuzz { .. } => title,
    }
}

/// `time` cut to its minute, `more` minutes later.
fn whole_minutes(time: Timestamp, more: i64) -> Result<Timestamp> {
    let minute_s = i64::from(MINUTE_S);
    Ok(Timestamp::from_second((time.as_second().div_euclid(minute_s) + more) * minute_s)?)
}

fn quarter(time: Timestamp) -> Result<Timestamp> {
    let quarter_s = i64::from(QUARTER_S);
    Ok(Timestamp::from_second(time.as_second().div_euclid(quarter_s) * quarter_s)?)
}

fn back(time: Timestamp, by: Duration) -> Result<Timestamp> {
    time.checked_sub(by).context("the clock is set too far back")
}
