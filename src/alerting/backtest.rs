//! Rules over the past: what they would have said of it, and what they would say if they were set otherwise.
//!
//! The store is only read. What is kept of each brand is read once, however many rules look at it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZero;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;

use super::{EVIDENCE, Standing, pattern};
use crate::model::{Alert, Annotation, BrandId, Condition, Rule, SeenVoice, Timestamp, Tongue};
use crate::rules::{self, Arrival, Past, Span, Voiced};
use crate::stats::rate;
use crate::store::{AlertFilter, Reader, Scope};
use crate::views::alerts::AlertView;
use crate::views::backtest::{BacktestView, RaisedView, ReplayedRule, SettingView, TuneView};
use crate::views::compare::IntervalView;
use crate::views::search::MentionView;

/// What is counted: a brand, or a brand within a saved query.
type Subject<'a> = (&'a BrandId, Option<&'a str>);

/// An incident, and the mentions it rests on, newest first.
type Raised = (Alert, Vec<Arrival>);

/// What these rules would have raised within a span, with what is needed to judge each.
///
/// # Errors
/// If the store cannot be read.
pub fn backtest(data_dir: &Path, standing: &Standing, rules: &[&Rule], span: Span) -> Result<BacktestView> {
    let pasts = Pasts::read(data_dir, standing, rules, span)?;
    let jobs: Vec<(&Rule, &BrandId)> =
        rules.iter().flat_map(|rule| rule.brands.iter().map(move |brand| (*rule, brand))).collect();
    let raised = shared_out(data_dir, &jobs, |reader, (rule, brand)| {
        let others = pasts.others(rule, brand);
        let mut raised = replay(reader, standing, (rule, brand), (pasts.of(rule, brand), &others), span)?;
        let kept = kept_alerts(reader, rule, brand)?;
        for (alert, _) in &mut raised {
            let same = kept.iter().find(|kept| kept.id == alert.id);
            let same = same.or_else(|| kept.iter().find(|kept| meet(kept, alert, span)));
            alert.acknowledged = same.and_then(|same| same.acknowledged.clone());
        }
        let annotations = reader.annotations()?;
        let views = raised.iter_mut().map(|raised| raised_view(reader, &annotations, raised));
        let views = views.collect::<Result<Vec<_>>>()?;
        Ok((raised.into_iter().map(|(alert, _)| alert).collect::<Vec<_>>(), views))
    })?;
    let mut view = BacktestView {
        since: span.since,
        until: span.until,
        weeks: weeks(span),
        mentions: 0,
        reconstructed: 0,
        rules: Vec::new(),
        alerts: Vec::new(),
    };
    for past in pasts.counted_once() {
        let (mentions, reconstructed) = past.heard_in(span);
        view.mentions += mentions;
        view.reconstructed += reconstructed;
    }
    for ((rule, brand), (alerts, views)) in jobs.into_iter().zip(raised) {
        let alerts: Vec<&Alert> = alerts.iter().collect();
        let weeks = judged_weeks(rule, pasts.of(rule, brand), span);
        view.rules.push(ReplayedRule::new(rule, brand.as_str(), &alerts, weeks));
        view.alerts.extend(views);
    }
    view.alerts.sort_by(|a, b| (a.alert.since, &a.alert.id).cmp(&(b.alert.since, &b.alert.id)));
    Ok(view)
}

/// Budgets that are tried beside the one a rule has.
const BUDGETS: [&str; 6] = ["1/month", "2/month", "1/week", "2/week", "4/week", "1/day"];
/// Values of `min` that are tried beside the one a rule has.
const MINIMA: [u32; 6] = [1, 3, 5, 10, 20, 50];

/// What a rule over windows would do within a span under other budgets, and with other values of `min`. `budget`
/// reads a budget as feeds.toml has it.
///
/// # Errors
/// If the store cannot be read.
pub fn tune(
    data_dir: &Path,
    standing: &Standing,
    rule: &Rule,
    span: Span,
    budget: impl Fn(&str) -> Option<f64>,
) -> Result<TuneView> {
    let pasts = Pasts::read(data_dir, standing, &[rule], span)?;
    let mut budgets: Vec<(String, f64)> =
        BUDGETS.iter().filter_map(|text| Some(((*text).to_owned(), budget(text)?))).collect();
    let same = |per_week: f64| (per_week / rule.budget_per_week - 1.0).abs() < 1e-9;
    let today = budgets.iter().find(|(_, per_week)| same(*per_week)).map(|(text, _)| text.clone());
    let today = today.unwrap_or_else(|| {
        let text = format!("{:.3}/week", rule.budget_per_week);
        budgets.push((text.clone(), rule.budget_per_week));
        text
    });
    budgets.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    let minima: BTreeSet<u32> = MINIMA.into_iter().chain([rule.min]).collect();
    let first_minimum = budgets.len();
    let settings: Vec<(String, Rule)> = budgets
        .into_iter()
        .map(|(text, budget_per_week)| (text, Rule { budget_per_week, ..rule.clone() }))
        .chain(minima.into_iter().map(|min| (today.clone(), Rule { min, ..rule.clone() })))
        .collect();
    let jobs: Vec<(usize, &BrandId)> = (0..settings.len())
        .flat_map(|setting| rule.brands.iter().map(move |brand| (setting, brand)))
        .collect();
    let replayed = shared_out(data_dir, &jobs, |_, (setting, brand)| {
        let past = pasts.of(rule, brand);
        let others = pasts.others(rule, brand);
        Ok(rules::replay(&settings[*setting].1, brand, (past, &others), span, standing.tongue))
    })?;
    let mut raised: Vec<Vec<Alert>> = vec![Vec::new(); settings.len()];
    for ((setting, _), alerts) in jobs.iter().zip(replayed) {
        raised[*setting].extend(alerts);
    }
    let reader = Reader::open(data_dir)?;
    let mut kept = Vec::new();
    for brand in &rule.brands {
        kept.extend(kept_alerts(&reader, rule, brand)?);
    }
    kept.retain(|alert| alert.since >= span.since && alert.since < span.until);
    let called = |as_false: bool| -> Vec<&Alert> {
        let wanted =
            |alert: &&Alert| alert.acknowledged.as_ref().is_some_and(|ack| ack.false_alarm == as_false);
        kept.iter().filter(wanted).collect()
    };
    let weeks = rule.brands.iter().map(|brand| judged_weeks(rule, pasts.of(rule, brand), span)).sum();
    let is_today = |setting: &Rule| same(setting.budget_per_week) && setting.min == rule.min;
    let raised_today: Vec<&Alert> = match settings.iter().position(|(_, setting)| is_today(setting)) {
        Some(today) => raised[today].iter().collect(),
        None => Vec::new(),
    };
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let view = |((budget, setting), alerts): (&(String, Rule), &Vec<Alert>)| {
        let caught =
            |of: &[&Alert]| of.iter().filter(|one| alerts.iter().any(|a| meet(a, one, span))).count();
        SettingView {
            budget: budget.clone(),
            min: setting.min,
            today: is_today(setting),
            alerts: number(alerts.len()),
            per_week: rate::rate(number(alerts.len()), weeks).map(IntervalView::from),
            true_caught: number(caught(&called(false))),
            false_raised: number(caught(&called(true))),
            raised_today_caught: number(caught(&raised_today)),
            delay_s: delay_s(&raised_today, alerts, span),
        }
    };
    let mut views: Vec<SettingView> = settings.iter().zip(&raised).map(view).collect();
    let minima = views.split_off(first_minimum);
    Ok(TuneView {
        rule: rule.id.to_string(),
        since: span.since,
        until: span.until,
        weeks,
        called_true: number(called(false).len()),
        called_false: number(called(true).len()),
        budgets: views,
        minima,
    })
}

/// How much later, in the middle one of those that are caught, an incident is told. Earlier is negative.
fn delay_s(reference: &[&Alert], alerts: &[Alert], span: Span) -> Option<i64> {
    let fired_s = |alert: &Alert| alert.fired_at.map(Timestamp::as_second);
    let delay = |one: &&Alert| {
        let first = alerts.iter().filter(|alert| meet(alert, one, span)).filter_map(fired_s).min()?;
        Some(first - fired_s(one)?)
    };
    let mut delays: Vec<i64> = reference.iter().filter_map(delay).collect();
    delays.sort_unstable();
    delays.get(delays.len() / 2).copied()
}

/// Whether two incidents of one brand are of one event: the times from their first window to their end overlap.
fn meet(a: &Alert, b: &Alert, span: Span) -> bool {
    let time = |alert: &Alert| {
        let since = alert.since.min(alert.observed.window.0);
        (since, alert.until.unwrap_or(span.until).max(alert.observed.window.1))
    };
    let ((a_since, a_until), (b_since, b_until)) = (time(a), time(b));
    a.brand == b.brand && a_since < b_until && b_since < a_until
}

fn kept_alerts(reader: &Reader, rule: &Rule, brand: &BrandId) -> Result<Vec<Alert>> {
    reader.alerts(&AlertFilter { rule: Some(&rule.id), brand: Some(brand), ..AlertFilter::default() })
}

/// The incidents of a rule and a brand, and the mentions of each.
fn replay(
    reader: &Reader,
    standing: &Standing,
    (rule, brand): (&Rule, &BrandId),
    (past, others): (&Past, &[&Past]),
    span: Span,
) -> Result<Vec<Raised>> {
    if rule.condition == Condition::NewVoice {
        return replay_voices(reader, rule, brand, past, span, standing.tongue);
    }
    if rule.condition == Condition::Pattern {
        let mut matching = BTreeSet::new();
        for arrival in past.known_within(span) {
            for mention in reader.numbered_mentions([arrival.mention])? {
                if pattern::matches(standing, rule, &mention) {
                    matching.insert(arrival.mention);
                }
            }
        }
        let past = past.only(&matching);
        return Ok(rules::replay_at_once(rule, brand, &past, span, standing.tongue, |_, _| None));
    }
    let alerts = rules::replay(rule, brand, (past, others), span, standing.tongue);
    let evidence = |alert: &Alert| past.evidence(rule, alert).into_iter().copied().collect();
    Ok(alerts
        .into_iter()
        .map(|alert| {
            let evidence = evidence(&alert);
            (alert, evidence)
        })
        .collect())
}

fn replay_voices(
    reader: &Reader,
    rule: &Rule,
    brand: &BrandId,
    past: &Past,
    span: Span,
    tongue: Tongue,
) -> Result<Vec<Raised>> {
    let scope = Scope {
        brand,
        query: rule.within.as_deref(),
        since: Timestamp::MIN,
        until: Timestamp::MAX,
        backfill: true,
    };
    let kept: HashMap<i64, Voiced> =
        reader.voiced(&scope, 0)?.into_iter().map(|voiced| (voiced.mention, voiced)).collect();
    let mut voices = reader.no_voices(&scope)?;
    let mut arrivals = HashMap::new();
    for (arrival, known, live) in past.as_known() {
        if let Some(voiced) = kept.get(&arrival.mention) {
            voices.put(Voiced { known, live, ..*voiced });
            arrivals.insert(arrival.mention, *arrival);
        }
    }
    let hear = |numbers: &[i64], at: Timestamp| {
        voices.hear(numbers.iter().copied(), at.as_second(), rule.min_sources)
    };
    let mut telling: BTreeSet<i64> = BTreeSet::new();
    let mut names: HashMap<i64, SeenVoice> = HashMap::new();
    for arrival in past.known_within(span) {
        for spoken in hear(&[arrival.mention], span.until) {
            telling.insert(arrival.mention);
            names.insert(spoken.first, pattern::seen_voice(reader, &spoken, span.until)?);
        }
    }
    let told = |together: &[Arrival], at: Timestamp| {
        let numbers: Vec<i64> = together.iter().map(|arrival| arrival.mention).collect();
        let mut stories = BTreeMap::new();
        let mut seen = Vec::new();
        for spoken in hear(&numbers, at) {
            let name = names.get(&spoken.first)?;
            seen.push(SeenVoice { at, sources: spoken.sources, ..name.clone() });
            stories.extend(spoken.story.iter().filter_map(|number| Some((*number, *arrivals.get(number)?))));
        }
        Some((seen, stories.into_values().collect()))
    };
    Ok(rules::replay_at_once(rule, brand, &past.only(&telling), span, tongue, told))
}

fn raised_view(
    reader: &Reader,
    annotations: &[Annotation],
    (alert, evidence): &mut Raised,
) -> Result<RaisedView> {
    alert.evidence = reader.numbered_ids(evidence.iter().take(EVIDENCE).map(|arrival| arrival.mention))?;
    let mut copies: BTreeMap<u32, (usize, i64, i64)> = BTreeMap::new();
    for arrival in evidence.iter() {
        let story = copies.entry(arrival.story).or_insert((0, i64::MAX, arrival.mention));
        story.0 += 1;
        if arrival.at < story.1 {
            (story.1, story.2) = (arrival.at, arrival.mention);
        }
    }
    // Of stories with as many copies, the one that began first.
    let loudest = copies.values().max_by_key(|(copies, at, _)| (*copies, std::cmp::Reverse(*at)));
    let to_read = reader.numbered_mentions(loudest.map(|(_, _, mention)| *mention))?;
    Ok(RaisedView {
        alert: AlertView::new(alert, annotations),
        to_read: to_read.first().map(|mention| MentionView::new(mention, &[], &[])),
    })
}

fn weeks(span: Span) -> f64 {
    let seconds = span.until.as_second() - span.since.as_second();
    seconds.max(0) as f64 / (7.0 * 86_400.0)
}

/// The weeks of a span in which a rule could judge a brand.
fn judged_weeks(rule: &Rule, past: &Past, span: Span) -> f64 {
    let begins = past.begins().and_then(|at_s| Timestamp::from_second(at_s).ok());
    let from = begins.and_then(|begins| rules::judged_from(begins, rule));
    from.map_or(0.0, |from| weeks(Span { since: span.since.max(from), until: span.until }))
}

/// What is kept of each subject that rules look at.
struct Pasts<'a>(BTreeMap<Subject<'a>, Past>);

impl<'a> Pasts<'a> {
    fn read(data_dir: &Path, standing: &Standing, rules: &[&'a Rule], span: Span) -> Result<Self> {
        let mut brands: BTreeSet<&BrandId> = BTreeSet::new();
        let mut within: BTreeSet<(&BrandId, &str)> = BTreeSet::new();
        for rule in rules {
            brands.extend(&rule.brands);
            let compared: BTreeSet<&BrandId> =
                rule.brands.iter().flat_map(|brand| rule.condition.others(brand)).collect();
            brands.extend(&compared);
            // A pattern looks at all that is said of the brand.
            if let Some(query) = rule.within.as_deref().filter(|_| rule.condition != Condition::Pattern) {
                within.extend(rule.brands.iter().chain(compared).map(|brand| (brand, query)));
            }
        }
        let scope = |brand, query| Scope {
            brand,
            query,
            since: rules::read_from(span.since),
            until: Timestamp::MAX,
            backfill: true,
        };
        let brands: Vec<&BrandId> = brands.into_iter().collect();
        let read = shared_out(data_dir, &brands, |reader, brand| {
            reader.past(&scope(brand, None), None, &standing.zone)
        })?;
        let mut pasts: BTreeMap<Subject<'a>, Past> =
            brands.into_iter().map(|brand| (brand, None)).zip(read).collect();
        let within: Vec<(&BrandId, &str)> = within.into_iter().collect();
        let read = shared_out(data_dir, &within, |reader, (brand, query)| {
            reader.past(&scope(brand, Some(query)), pasts.get(&(*brand, None)), &standing.zone)
        })?;
        pasts.extend(within.into_iter().map(|(brand, query)| (brand, Some(query))).zip(read));
        Ok(Self(pasts))
    }

    fn of(&self, rule: &'a Rule, brand: &'a BrandId) -> &Past {
        let query = rule.within.as_deref().filter(|_| rule.condition != Condition::Pattern);
        &self.0[&(brand, query)]
    }

    /// The pasts of the brands that one is compared with.
    fn others(&self, rule: &'a Rule, brand: &'a BrandId) -> Vec<&Past> {
        rule.condition.others(brand).map(|other| self.of(rule, other)).collect()
    }

    /// The subjects that are not part of others.
    fn counted_once(&self) -> impl Iterator<Item = &Past> {
        self.0.iter().filter(|((_, query), _)| query.is_none()).map(|(_, past)| past)
    }
}

/// Does jobs on all cores, each thread with a connection of its own; answers in the order of the jobs.
fn shared_out<J: Sync, R: Send>(
    data_dir: &Path,
    jobs: &[J],
    work: impl Fn(&Reader, &J) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(jobs.len())));
    let worker = || -> Result<()> {
        let reader = Reader::open(data_dir)?;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(number) else { break };
            let result = work(&reader, job)?;
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((number, result));
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores.min(jobs.len())).map(|_| scope.spawn(worker)).collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}
