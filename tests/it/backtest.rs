//! A replay of the past says what was said live, alert for alert.

use std::collections::BTreeMap;

use jiff::Timestamp;
use vigie::alerting::{self, Memory, Standing};
use vigie::config::{self, Config, File};
use vigie::enrich::sentiment;
use vigie::ingest::Engines;
use vigie::model::{Alert, AlertState, HealthState, Learned, Rule, SourceId, Tongue, Validators};
use vigie::prepare::{Listening, prepare};
use vigie::rules::Span;
use vigie::sources::{Document, Limits};
use vigie::store::{AlertFilter, Origin, Outcome, Polled, QuietPoll};
use vigie::views::alerts::AlertView;

use crate::scenario::{item, rss};

const CONFIG: &str = r#"
[settings]
timezone = "Europe/Paris"

[[brand]]
id = "acme"
name = "Acme"

[[source]]
id = "news"
url = "https://news.example/feed.xml"

[[source]]
id = "blog"
url = "https://blog.example/feed.xml"

[[query]]
id = "smoke"
text = "smoke OR fumée"

[[rule]]
id = "auto"
kind = "spike"
budget = "4/week"

[[rule]]
id = "copies"
kind = "spike"
count = "mentions"
window = "1h"
for = "30m"
min_sources = 2

[[rule]]
id = "bad"
kind = "negative-buzz"
budget = "1/day"

[[rule]]
id = "within"
kind = "spike"
query = "smoke"
budget = "1/day"

[[rule]]
id = "recall"
kind = "pattern"
text = "recall"
min = 2
cooldown = "2h"
"#;

/// 2026-02-02, a Monday.
const START_S: i64 = 1_769_990_400;
const SLOT_S: i64 = 900;

/// What is published: when, when it is heard, in which source, and its item.
struct Said {
    heard_s: i64,
    source: &'static str,
    item: String,
}

/// Numbers that come out the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

const WORDS: [&str; 24] = [
    "wheel", "market", "garden", "window", "river", "teacher", "engine", "bottle", "mountain", "paper",
    "harbour", "letter", "bridge", "colour", "kitchen", "planet", "silver", "forest", "museum", "ticket",
    "camera", "island", "winter", "orange",
];

fn said(dice: &mut Dice, number: usize, at_s: i64, heard_s: i64, about: &str) -> Said {
    let words: Vec<&str> = (0..14).map(|_| WORDS[dice.below(24) as usize]).collect();
    let source = if dice.below(3) == 0 { "blog" } else { "news" };
    let date = Timestamp::from_second(at_s).unwrap().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let text = format!("Acme {about} {} {number}", words.join(" "));
    Said {
        heard_s,
        source,
        item: item(&format!("g{number}"), &format!("Acme {} {number}", words[0]), &text, &date),
    }
}

/// Five weeks of talk with three events; `late`: one in four is heard hours later, up to a day and a half.
fn weeks(late: bool) -> Vec<Said> {
    let mut dice = Dice(7);
    let mut all = Vec::new();
    let mut number = 0;
    let mut say = |dice: &mut Dice, at_s: i64, about: &str| {
        number += 1;
        let lag_s = match dice.below(4) {
            0 if late => dice.below(36 * 3_600) as i64,
            _ => dice.below(1_200) as i64,
        };
        all.push(said(dice, number, at_s, at_s + lag_s, about));
    };
    for hour in 0..5 * 7 * 24 {
        let busy = (8..20).contains(&(hour % 24));
        for _ in 0..2 {
            if dice.below(if busy { 4 } else { 16 }) == 0 {
                let at_s = START_S + hour * 3_600 + dice.below(3_600) as i64;
                let about = match dice.below(9) {
                    0 => "is a terrible, awful disaster for",
                    1..=3 => "speaks of smoke and",
                    _ => "goes to",
                };
                say(&mut dice, at_s, about);
            }
        }
    }
    for (day, hour, times, about) in [
        (16, 10, 22, "is a terrible, awful disaster, everybody is furious about the smoke of"),
        (23, 22, 25, "recall of"),
        (30, 15, 18, "celebrates a wonderful"),
    ] {
        for _ in 0..times {
            let at_s = START_S + (day * 24 + hour) * 3_600 + dice.below(2 * 3_600) as i64;
            say(&mut dice, at_s, about);
        }
    }
    all.sort_by_key(|said| said.heard_s);
    all
}

struct Live {
    dir: tempfile::TempDir,
    config: Config,
    standing: Standing,
    alerts: Vec<Alert>,
    first_poll: Timestamp,
    now: Timestamp,
}

fn outcome(state: HealthState, listening: &str) -> Outcome {
    Outcome {
        state,
        validators: Validators::default(),
        next_poll: None,
        note: None,
        problems: Vec::new(),
        learned: Learned::default(),
        asked: true,
        missed_until: None,
        listening: listening.to_owned(),
    }
}

/// Polls both sources every quarter of an hour, from ten days on; `news` is deaf for a night.
fn live(said: &[Said]) -> Live {
    let file = File { path: "feeds.toml".into(), text: CONFIG.into() };
    let config = config::check(&[file]).config.expect("a good configuration");
    let dir = tempfile::tempdir().expect("a folder");
    let mut engines = Engines::open(dir.path(), &config.settings.timezone).expect("engines");
    let listening = Listening::new(&config.brands, &config.queries, sentiment::Model::new(&[], &[]));
    let hash = config.listening_hash();
    engines.store.sync_sources(&config.sources).expect("stored");
    engines.store.note_listening(&hash).expect("stored");
    let standing = Standing::new(&config, Tongue::English);
    let mut memory = Memory::default();
    let first_poll = START_S + 10 * 86_400;
    let deaf = START_S + 26 * 86_400..START_S + 26 * 86_400 + 9 * 3_600;
    let mut waiting: BTreeMap<&str, Vec<&Said>> =
        BTreeMap::from([("news", Vec::new()), ("blog", Vec::new())]);
    let mut next = 0;
    let mut now = Timestamp::UNIX_EPOCH;
    for at_s in (first_poll..START_S + 36 * 86_400).step_by(SLOT_S as usize) {
        now = Timestamp::from_second(at_s).expect("a time");
        while let Some(one) = said.get(next).filter(|one| one.heard_s <= at_s) {
            waiting.get_mut(one.source).expect("a source").push(one);
            next += 1;
        }
        for (number, source) in ["news", "blog"].into_iter().enumerate() {
            let items = waiting.get_mut(source).expect("a source");
            if source == "news" && deaf.contains(&at_s) {
                let poll = QuietPoll {
                    source: SourceId::new(source),
                    at: now,
                    outcome: outcome(HealthState::Broken, &hash),
                };
                engines.store.record_polls(&[poll]).expect("stored");
            } else if !items.is_empty() || at_s == first_poll {
                let document = rss(&items.drain(..).map(|said| said.item.clone()).collect::<Vec<_>>());
                let document = Document { bytes: document.as_bytes(), content_type: None, base_url: None };
                let batch = prepare(&config.sources[number], document, &listening, &Limits::default());
                let origin = Origin::Poll(Box::new(outcome(HealthState::Ok, &hash)));
                engines.store.ingest(&batch, &Polled { at: now, origin }).expect("stored");
            }
        }
        // What is remembered is lost now and then.
        if (at_s / SLOT_S) % 701 == 0 {
            memory = Memory::default();
        }
        alerting::evaluate(&mut engines.store, &standing, &mut memory, now).expect("judged");
    }
    let mut alerts = engines.store.alerts(&AlertFilter::default()).expect("read");
    alerts.retain(|alert| alert.state != AlertState::Pending);
    alerts.sort_by(|a, b| (a.since, &a.id).cmp(&(b.since, &b.id)));
    let first_poll = Timestamp::from_second(first_poll).expect("a time");
    Live { dir, config, standing, alerts, first_poll, now }
}

/// What must be equal. A pattern's window begins with the look before, which a replay does not know.
fn told(alert: &AlertView, is_pattern: bool) -> String {
    let AlertView { id, rule, since, fired_at, until, reason, observed, baseline, state, .. } = alert;
    let mut observed = observed.clone();
    if is_pattern {
        observed.window[0] = observed.window[1];
    }
    format!("{rule} {id} {state} {since} {fired_at:?} {until:?}\n  {reason}\n  {observed:?}\n  {baseline:?}")
}

#[track_caller]
fn check(said: &[Said], rules_that_spoke: &[&str]) {
    let live = live(said);
    let rules: Vec<&Rule> = live.config.rules.iter().collect();
    let until = live.now.checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
    let span = Span { since: live.first_poll, until };
    let replayed = alerting::backtest(live.dir.path(), &live.standing, &rules, span).expect("replayed");
    let is_pattern = |rule: &str| rule == "recall";
    let was: Vec<String> = live
        .alerts
        .iter()
        .map(|alert| told(&AlertView::from(alert), is_pattern(alert.rule.as_str())))
        .collect();
    let is: Vec<String> = replayed.alerts.iter().map(|r| told(&r.alert, is_pattern(&r.alert.rule))).collect();
    assert_eq!(is.join("\n"), was.join("\n"));
    for rule in rules_that_spoke {
        assert!(replayed.alerts.iter().any(|r| r.alert.rule == *rule), "{rule} never spoke");
    }
    for (raised, alert) in replayed.alerts.iter().zip(&live.alerts) {
        let ids: Vec<&str> = alert.evidence.iter().map(|id| id.as_str()).collect();
        let (mut replayed, mut live) = (raised.alert.evidence.clone(), ids);
        replayed.sort();
        live.sort_unstable();
        assert_eq!(replayed, live, "{}", alert.id);
    }
}

#[test]
fn a_backtest_says_what_was_said_live() {
    check(&weeks(false), &["auto", "copies", "bad", "within", "recall"]);
}

#[test]
fn a_backtest_says_what_was_said_live_of_what_came_late() {
    check(&weeks(true), &["auto", "bad", "recall"]);
}
