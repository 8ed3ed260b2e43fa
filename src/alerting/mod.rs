//! Stored series → rules → alerts, and the notices that follow from them.
//!
//! [`evaluate`] is one look of every rule: at the newest windows, and, oldest first, at those of the past
//! whose counts have changed since, because what was said at 9:05 may be heard at 10:10. Alerts and their
//! notices are stored in one transaction; [`Deliverer`] then tells what is due.

mod backtest;
mod deliver;
mod gone;
mod memory;
mod muting;
mod outbox;
mod pattern;
mod settled;
mod summary;
mod telling;
#[cfg(test)]
mod testing;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::tz::TimeZone;

use crate::config::Config;
use crate::matching::triggers::Triggers;
use crate::model::{
    Alert, AlertState, Brand, BrandId, Condition, History, Mention, MentionId, Muted, NotifierId, Rule,
    RuleId, Timestamp, Tongue,
};
use crate::query::Query;
use crate::rules::{self, Notice, SLOT_S, Sight, Silence, Step};
use crate::stats::terms;
use crate::store::{self, Reader, Scope, Store};

pub use backtest::{backtest, tune};
pub use deliver::{Delivered, Deliverer};
pub use memory::Memory;

/// Under which the time of the last evaluation is kept.
const LAST_LOOK: &str = "evaluated";

/// The most mentions an alert keeps as evidence, and those before it that its words are held against.
const EVIDENCE: usize = 500;

/// Words are held against what was said in so long before.
const COMPARED: Duration = Duration::from_secs(35 * 86_400);

/// Words kept with an alert.
const TERMS: usize = 6;

/// The part of a configuration that alerting works by.
pub struct Standing {
    rules: Vec<Rule>,
    brands: BTreeMap<BrandId, Brand>,
    /// The saved queries by id.
    queries: BTreeMap<String, Query>,
    /// By rule, its words of crisis.
    triggers: BTreeMap<RuleId, Triggers>,
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
            triggers: config.rules.iter().filter_map(triggers_of).collect(),
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
pub fn evaluate(store: &mut Store, standing: &Standing, memory: &mut Memory, now: Timestamp) -> Result<()> {
    end_unasked(store, standing, now)?;
    gone::tell(store, standing, now)?;
    let touched = store.touched()?;
    let last: Option<Timestamp> = store.meta(LAST_LOOK)?.and_then(|time| time.parse().ok());
    // Nothing is new; and after a clock was set back, windows of then are full of what was heard since.
    if touched.minutes.is_empty() && last.is_some_and(|last| now <= last) {
        return Ok(());
    }
    store.set_meta(LAST_LOOK, &now.to_string())?;
    let stock_taken = store.stock_taken(now)?;
    let mut told = BTreeSet::new();
    for rule in &standing.rules {
        for brand in &rule.brands {
            let subjects = [Some(rule.within.as_deref()), rule.alarming.as_deref().map(Some)];
            let changed = touched
                .minutes
                .iter()
                .filter(|(of, within, _)| {
                    let looked_at = of == brand || rule.condition.others(brand).any(|other| other == of);
                    looked_at && subjects.contains(&Some(within.as_deref()))
                })
                .map(|(_, _, minute)| *minute);
            let changed: Vec<Timestamp> = changed.collect();
            let mut course = Course::new(store, standing, rule, brand)?;
            let mut place = None;
            match rule.condition {
                Condition::Pattern | Condition::NewVoice => {
                    let (step, evidence, noted) = pattern::look(&course, (memory, stock_taken), brand, now)?;
                    place = Some(noted);
                    course.take(step, Some(&evidence))?;
                }
                Condition::Absence | Condition::ShareShift { .. } => {
                    let memory = (&mut *memory, stock_taken);
                    place = settled::look(&mut course, memory, brand, &changed, now)?;
                }
                Condition::Spike | Condition::NegativeBuzz { .. } | Condition::PositiveBuzz => {
                    // Where nothing was heard, nothing can begin; what goes on may end.
                    let goes_on =
                        course.current.as_ref().is_some_and(|alert| alert.state != AlertState::Resolved);
                    if !changed.is_empty() || goes_on {
                        look_at_windows(&mut course, (memory, stock_taken), brand, &changed, now)?;
                    }
                }
            }
            let (changes, muted) = course.end(now)?;
            if changes.is_empty() && place.is_none() {
                continue;
            }
            // First: an alert that is stored is not judged again.
            store.mute(&muted)?;
            let speaking = changes.iter().filter(|(_, notices)| !notices.is_empty());
            told.extend(speaking.map(|(alert, _)| alert.id.clone()));
            store.save_alerts(&changes, place.as_slice())?;
        }
    }
    muting::tell(store, standing, &told, now)?;
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

/// An incident as it is to be stored, and what is to be told of it.
type Change = (Alert, Vec<store::Notice>);

/// The incident of a rule and a brand while looks move it along, and what is to be told of it.
struct Course<'a> {
    store: &'a Store,
    standing: &'a Standing,
    rule: &'a Rule,
    current: Option<Alert>,
    /// Each incident that changed, as it is after the last look.
    changed: Vec<(Alert, Notice)>,
}

impl<'a> Course<'a> {
    fn new(store: &'a Store, standing: &'a Standing, rule: &'a Rule, brand: &BrandId) -> Result<Self> {
        let current = store.current_alert(&rule.id, brand)?;
        Ok(Self { store, standing, rule, current, changed: Vec::new() })
    }

    /// Takes over what a look made of the incident, with the mentions it rests on where the window does not tell
    /// them.
    fn take(&mut self, step: Step, evidence: Option<&[MentionId]>) -> Result<()> {
        let Step { alert, notice, renewed } = step;
        let Some(mut alert) = alert else { return Ok(()) };
        if renewed {
            gather(self.store, self.standing, self.rule, &mut alert, evidence)?;
        }
        log(&alert, notice);
        self.current = Some(alert.clone());
        match self.changed.last_mut().filter(|(last, _)| last.id == alert.id) {
            Some(last) => *last = (alert, last.1.with_later(notice)),
            None => self.changed.push((alert, notice)),
        }
        Ok(())
    }

    /// Each incident that changed, with what is to be told of it: news of several looks is told once, with the
    /// latest numbers; and the news that is muted.
    fn end(self, now: Timestamp) -> Result<(Vec<Change>, Vec<Muted>)> {
        let (mut changes, mut muted) = (Vec::new(), Vec::new());
        for (alert, notice) in self.changed {
            let heard = muting::heard(self.store, &alert, notice, now)?;
            if let (Notice::NothingNew(Silence::Muted(silence)), Some(news)) = (heard, news(&alert, notice)) {
                muted.push(Muted { alert: alert.id.clone(), news, silence, at: now, told: None });
            }
            let notices = notices(self.store, self.standing, self.rule, &alert, heard, now)?;
            changes.push((alert, notices));
        }
        Ok((changes, muted))
    }
}

/// Looks at the windows in which something has changed, oldest first, and at the newest, which ends with the
/// quarter of an hour under way, so that the mention just heard is in it.
fn look_at_windows(
    course: &mut Course<'_>,
    (memory, stock_taken): (&mut Memory, Timestamp),
    brand: &BrandId,
    changed: &[Timestamp],
    now: Timestamp,
) -> Result<()> {
    let (store, standing, rule) = (course.store, course.standing, course.rule);
    let oldest = slot(back(now, rule.late)?, 0)?;
    let newest = slot(now, 0)?;
    let mut from = newest;
    for minute in changed {
        let changed = slot(*minute, 0)?;
        from = if changed >= oldest { from.min(changed) } else { from };
    }
    let Some(remembered) = memory.recall(store, standing, rule, brand, (from, stock_taken))? else {
        return Ok(());
    };
    let until = slot(newest, 1)?;
    let query = rule.within.as_deref();
    let scope = |since| Scope { brand, query, since, until, backfill: false };
    let longest = rule.windows().into_iter().max().unwrap_or_default();
    let live = store.series_with(&scope(back(from, longest)?), rule.alarming.as_deref(), SLOT_S)?;
    let vigil = &mut remembered.vigil;
    let scope_of_all = scope(remembered.since);
    let history = memory::history(store, rule, &scope_of_all, remembered.stock_taken, vigil.end())?;
    let history = history.unwrap_or(History { start: until, step_s: SLOT_S, slots: Vec::new() });
    let sight = Sight { rule, brand, history: &history, live: &live, now, tongue: standing.tongue };
    let sources = |(since, until)| {
        let scope = Scope { brand, query, since, until, backfill: false };
        match rule.condition.tone() {
            Some(tone) => store.toned_source_count(&scope, tone, rule.alarming.as_deref()),
            None => store.source_count(&scope),
        }
    };
    let mut end = slot(from, 1)?;
    while end <= until {
        if let Some(step) = sight.look(vigil, course.current.as_ref(), end, sources)? {
            course.take(step, None)?;
        }
        end = slot(end, 1)?;
    }
    Ok(())
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
    let scope = |since, until, backfill| Scope {
        brand: &brand,
        query: rule.within.as_deref(),
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
            let scope = scope(since, until, rule.condition.is_settled());
            let mut counted = store.mention_rows(&scope, rule.condition.tone(), EVIDENCE)?;
            if let Some(name) = &rule.alarming {
                let known: BTreeSet<MentionId> = counted.iter().map(|mention| mention.id.clone()).collect();
                let alarming = store.mention_rows(&Scope { query: Some(name), ..scope }, None, EVIDENCE)?;
                let new = |mention: &Mention| !mention.is_positive() && !known.contains(&mention.id);
                counted.extend(alarming.into_iter().filter(new));
                counted.sort_by_key(|mention| std::cmp::Reverse(mention.at()));
                counted.truncate(EVIDENCE);
            }
            alert.evidence = counted.iter().map(|m| m.id.clone()).collect();
            counted
        }
    };
    let before = back(since, COMPARED)?;
    let usual = store.mention_rows(&scope(before, since, true), None, EVIDENCE)?;
    let texts = |mentions: &[Mention]| -> Vec<String> { mentions.iter().map(Mention::whole_text).collect() };
    let (here, there) = (texts(&mentions), texts(&usual));
    let names = standing.brands.get(&brand).map(Brand::names).unwrap_or_default();
    alert.terms = terms::stand_out(&borrowed(&here), &borrowed(&there), &names, TERMS);
    alert.triggers = standing.triggers.get(&rule.id).map_or_else(Vec::new, |words| heard(words, &mentions));
    let sources: BTreeSet<_> = mentions.iter().map(|m| m.source.clone()).collect();
    alert.evidence_sources = sources.into_iter().collect();
    Ok(())
}

/// The words of crisis that stand beside the brand's name, those of most mentions first.
fn heard(triggers: &Triggers, mentions: &[Mention]) -> Vec<String> {
    let mut heard: BTreeMap<&str, usize> = BTreeMap::new();
    for mention in mentions.iter().filter(|mention| !mention.is_positive()) {
        let title = (mention.title.as_deref().unwrap_or(""), mention.title_spans.as_slice());
        let text = (mention.text.as_str(), mention.text_spans.as_slice());
        for word in triggers.beside(title, text, mention.language.code()) {
            *heard.entry(word).or_default() += 1;
        }
    }
    let mut words: Vec<(&str, usize)> = heard.into_iter().collect();
    words.sort_by_key(|(_, mentions)| std::cmp::Reverse(*mentions));
    words.into_iter().take(TERMS).map(|(word, _)| word.to_owned()).collect()
}

fn triggers_of(rule: &Rule) -> Option<(RuleId, Triggers)> {
    let Condition::NegativeBuzz { triggers } = &rule.condition else { return None };
    Some((rule.id.clone(), Triggers::new(triggers)))
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// What is told, to each of the rule's notifiers. The end of an incident is stored but not told.
fn notices(
    store: &Reader,
    standing: &Standing,
    rule: &Rule,
    alert: &Alert,
    notice: Notice,
    now: Timestamp,
) -> Result<Vec<store::Notice>> {
    let Some(news) = news(alert, notice) else { return Ok(Vec::new()) };
    let title = title(rule, alert, standing.name(&alert.brand), standing.tongue);
    let key = format!("{}:{news}", alert.id);
    let notification = telling::notification(store, standing, alert, key, title, now)?;
    Ok(store::Notice::to_each(&rule.notify, &notification, now))
}

/// What a notice tells, as part of its key; `None` if it tells nothing.
fn news(alert: &Alert, notice: Notice) -> Option<String> {
    match notice {
        Notice::First => Some("first".to_owned()),
        Notice::NewEvidence => Some(format!("grown-{}", alert.observed.value)),
        Notice::Resolved | Notice::NothingNew(_) => None,
    }
}

/// Brand and number first: desktops cut titles after some 27 characters. A pattern says what it found, and a new
/// voice is named.
fn title(rule: &Rule, alert: &Alert, name: &str, tongue: Tongue) -> String {
    let seen = &alert.observed;
    if let Some(voice) = seen.voices.first() {
        let more = if seen.value > 1 { format!(" (+ {})", seen.value - 1) } else { String::new() };
        let voice = format!("{}{more}", voice.name);
        return match tongue {
            Tongue::English => format!("{name}: {voice} speaks"),
            Tongue::French => format!("{name} : {voice} en parle"),
        };
    }
    // What weighs twice is there once.
    let (value, of_crisis) = match seen.alarming {
        Some(alarming) if alarming > seen.negative => (alarming, true),
        Some(_) => (seen.negative, false),
        None => (seen.value, false),
    };
    let what = rules::unit(rule.count, value, tongue);
    if let Some(share) = rules::settled::share_of(&alert.observed, alert.baseline.as_ref()) {
        let seen = rules::percent(share.seen.value, tongue);
        return match tongue {
            Tongue::English => format!("{name}: {seen} share of voice"),
            Tongue::French => format!("{name} : {seen} de part de voix"),
        };
    }
    if rule.condition == Condition::Absence {
        return match (tongue, value) {
            (Tongue::English, 0) => format!("{name}: no {}", rules::unit(rule.count, 2, tongue)),
            (Tongue::English, _) => format!("{name}: only {value} {what}"),
            (Tongue::French, 0) => format!("{name} : aucune {what}"),
            (Tongue::French, _) => format!("{name} : seulement {value} {what}"),
        };
    }
    let title = match (tongue, rule.condition.tone()) {
        (Tongue::English, _) if of_crisis => format!("{name}: {value} {what} of crisis"),
        (Tongue::French, _) if of_crisis => format!("{name} : {value} {what} de crise"),
        (Tongue::English, None) => format!("{name}: {value} {what}"),
        (Tongue::English, Some(tone)) => format!("{name}: {value} {} {what}", tone.as_str()),
        (Tongue::French, None) => format!("{name} : {value} {what}"),
        (Tongue::French, Some(tone)) => format!("{name} : {value} {what} {}", rules::in_french(tone, value)),
    };
    match rule.condition {
        Condition::Pattern => format!("{title} ({})", rule.id),
        _ => title,
    }
}

/// The start of the slot `time` lies in, `more` slots later.
fn slot(time: Timestamp, more: i64) -> Result<Timestamp> {
    let slot_s = i64::from(SLOT_S);
    Ok(Timestamp::from_second((time.as_second().div_euclid(slot_s) + more) * slot_s)?)
}

fn back(time: Timestamp, by: Duration) -> Result<Timestamp> {
    time.checked_sub(by).context("the clock is set too far back")
}
