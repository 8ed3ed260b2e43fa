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

use crate::scenario::{Run, Scenario, item, rss};

const CONFIG: &str = r#"
[settings]
timezone = "Europe/Paris"

[[brand]]
id = "acme"
name = "Acme"

[[brand]]
id = "globex"
name = "Globex"
role = "competitor"

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
id = "good"
kind = "positive-buzz"
budget = "1/day"

[[rule]]
id = "dated"
kind = "spike"
query = "smoke"
undated = "ignore"

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

[[rule]]
id = "who"
kind = "new-voice"
min_sources = 2
cooldown = "3h"

[[rule]]
id = "silent"
kind = "absence"
count = "mentions"
budget = "1/day"

[[rule]]
id = "share"
kind = "share-shift"
count = "mentions"
budget = "1/day"

[[rule]]
id = "many"
kind = "new-voice"
min_sources = 2
min = 2
cooldown = "1d"
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

/// `undated`: it has no date in any case.
fn said(dice: &mut Dice, number: usize, (at_s, heard_s): (i64, i64), about: &str, undated: bool) -> Said {
    let words: Vec<&str> = (0..14).map(|_| WORDS[dice.below(24) as usize]).collect();
    let source = if dice.below(3) == 0 { "blog" } else { "news" };
    let date =
        Timestamp::from_second(at_s).expect("a time").strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let text = format!("Acme {about} {} {number}", words.join(" "));
    let item = item(&format!("g{number}"), &format!("Acme {} {number}", words[0]), &text, &date);
    // Some have no date, and count when they are heard; after a night in which nobody listened, for no rule.
    let date = format!("<pubDate>{date}</pubDate>");
    let item = if undated || dice.below(7) == 0 { item.replace(&date, "") } else { item };
    Said { heard_s, source, item }
}

/// Four weeks of talk with three events; `late`: one in four is heard hours later, up to a day and a half.
fn weeks(late: bool) -> Vec<Said> {
    let mut dice = Dice(7);
    let mut all = Vec::new();
    let mut number = 0;
    let mut say = |dice: &mut Dice, at_s: i64, about: &str, undated: bool| {
        number += 1;
        let lag_s = match dice.below(4) {
            0 if late => dice.below(36 * 3_600) as i64,
            _ => dice.below(1_200) as i64,
        };
        all.push(said(dice, number, (at_s, at_s + lag_s), about, undated));
    };
    for hour in 0..4 * 7 * 24 {
        // Nobody says anything for two days.
        if (22 * 24 + 12..24 * 24 + 14).contains(&hour) {
            continue;
        }
        let busy = (8..20).contains(&(hour % 24));
        if dice.below(if busy { 3 } else { 12 }) == 0 {
            let at_s = START_S + hour * 3_600 + dice.below(3_600) as i64;
            let about = match dice.below(9) {
                0 => "is a terrible, awful disaster for",
                1..=3 => "speaks of smoke and",
                _ => "goes to",
            };
            say(&mut dice, at_s, about, false);
        }
    }
    for (day, hour, times, about, undated) in [
        (13, 10, 22, "is a terrible, awful disaster, everybody is furious about the smoke of", false),
        (18, 22, 25, "recall of", false),
        // In the night in which `news` is deaf.
        (21, 3, 20, "goes to", true),
        (24, 15, 18, "celebrates a wonderful", false),
    ] {
        for _ in 0..times {
            let at_s = START_S + (day * 24 + hour) * 3_600 + dice.below(2 * 3_600) as i64;
            say(&mut dice, at_s, about, undated);
        }
    }
    all.extend(voices());
    all.extend(rivals(late));
    all.sort_by_key(|said| said.heard_s);
    all
}

/// What is said of the competitor: a quarter as often again, and for two days five times as much.
fn rivals(late: bool) -> Vec<Said> {
    let mut dice = Dice(23);
    let mut all = Vec::new();
    for hour in 0..4 * 7 * 24 {
        let times = if (18 * 24..20 * 24).contains(&hour) { 5 } else { 1 };
        for _ in 0..times {
            if dice.below(5) == 0 {
                let at_s = START_S + hour * 3_600 + dice.below(3_600) as i64;
                let lag_s = if late { dice.below(5 * 3_600) } else { dice.below(1_200) } as i64;
                let said = said(&mut dice, 100_000 + all.len(), (at_s, at_s + lag_s), "builds", false);
                all.push(Said { item: said.item.replace("Acme", "Globex"), ..said });
            }
        }
    }
    all
}

/// Stories that an author begins in one source; some of them stand in the other as well, an hour later.
fn voices() -> Vec<Said> {
    let mut dice = Dice(11);
    let mut all = Vec::new();
    for (number, (author, day, hour, is_copied)) in [
        ("Ada", 12, 9, true),
        ("Bea", 19, 9, false),
        ("Cid", 20, 9, true),
        ("Ada", 20, 15, true),
        ("Dan", 20, 17, true),
        ("cid", 22, 9, true),
        ("Eve", 25, 9, true),
        ("Fay", 25, 10, true),
    ]
    .into_iter()
    .enumerate()
    {
        let words: Vec<&str> = (0..60).map(|_| WORDS[dice.below(24) as usize]).collect();
        for (copy, source) in ["news", "blog"].into_iter().enumerate().take(1 + usize::from(is_copied)) {
            let at_s = START_S + (day * 24 + hour + copy as i64) * 3_600;
            let date = Timestamp::from_second(at_s).expect("a time");
            let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            let title = format!("Acme and {} {}", words[0], words[1]);
            let item = item(&format!("v{number}-{copy}"), &title, &words.join(" "), &date);
            let author = if copy == 0 { author } else { "Desk" };
            let item = item.replace("</item>", &format!("<author>{author}</author></item>"));
            all.push(Said { heard_s: at_s + 600, source, item });
        }
    }
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
    let listening = Listening::new(&config.brands, &config.subjects(), sentiment::Model::new(&[], &[]));
    let hash = config.listening_hash();
    engines.store.sync_sources(&config.sources).expect("stored");
    engines.store.note_listening(&hash).expect("stored");
    let standing = Standing::new(&config, Tongue::English);
    let mut memory = Memory::default();
    let first_poll = START_S + 10 * 86_400;
    let deaf = START_S + 21 * 86_400..START_S + 21 * 86_400 + 9 * 3_600;
    let mut waiting: BTreeMap<&str, Vec<&Said>> =
        BTreeMap::from([("news", Vec::new()), ("blog", Vec::new())]);
    let mut next = 0;
    let mut now = Timestamp::UNIX_EPOCH;
    for at_s in (first_poll..START_S + 27 * 86_400).step_by(SLOT_S as usize) {
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
            } else {
                let outcome = outcome(HealthState::Ok, &hash);
                let poll = QuietPoll { source: SourceId::new(source), at: now, outcome };
                engines.store.record_polls(&[poll]).expect("stored");
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
    let until = live.now.checked_add(jiff::SignedDuration::from_secs(1)).expect("a time");
    let span = Span { since: live.first_poll, until };
    let replayed = alerting::backtest(live.dir.path(), &live.standing, &rules, span).expect("replayed");
    let is_pattern = |rule: &str| ["recall", "who", "many"].contains(&rule);
    let was: Vec<String> = live
        .alerts
        .iter()
        .map(|alert| told(&AlertView::new(alert, &[]), is_pattern(alert.rule.as_str())))
        .collect();
    let is: Vec<String> = replayed.alerts.iter().map(|r| told(&r.alert, is_pattern(&r.alert.rule))).collect();
    assert_eq!(is.join("\n"), was.join("\n"));
    for rule in rules_that_spoke {
        assert!(replayed.alerts.iter().any(|r| r.alert.rule == *rule), "{rule} never spoke");
    }
    let reader = vigie::store::Reader::open(live.dir.path()).expect("opened");
    for alert in live.alerts.iter().filter(|alert| ["silent", "share"].contains(&alert.rule.as_str())) {
        let explained =
            vigie::views::explain::explain(&reader, alert, &live.config.rules).expect("explained");
        assert!(explained.differences.is_empty(), "{alert:?} {:?}", explained.differences);
        let outage = START_S + 21 * 86_400..START_S + 21 * 86_400 + 9 * 3_600;
        assert!(!outage.contains(&alert.since.as_second()), "an outage is no silence: {}", alert.reason);
    }
    for alert in live.alerts.iter().filter(|alert| !alert.observed.voices.is_empty()) {
        let explained =
            vigie::views::explain::explain(&reader, alert, &live.config.rules).expect("explained");
        assert!(explained.differences.is_empty(), "{:?}", explained.differences);
        assert_eq!(explained.recomputed.voices, explained.alert.observed.voices);
        assert_eq!(explained.recomputed.mentions, alert.observed.mentions);
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
    check(
        &weeks(false),
        &["auto", "copies", "bad", "good", "dated", "within", "recall", "who", "many", "silent", "share"],
    );
}

#[test]
fn a_backtest_says_what_was_said_live_of_what_came_late() {
    check(&weeks(true), &["auto", "bad", "good", "recall"]);
}

const ONE_RULE: &str = r#"
[[brand]]
id = "acme"
name = "Acme"

[[rule]]
id = "spike"
kind = "spike"
notify = []

[[rule]]
id = "recall"
kind = "pattern"
text = "recall"
notify = []
"#;

/// Eight weeks of three mentions a day, and twenty within an hour of 2026-02-11, as lines to import.
fn lines() -> String {
    let mut dice = Dice(3);
    let line = |number: usize, at_s: i64, about: &str, dice: &mut Dice| {
        let words: Vec<&str> = (0..12).map(|_| WORDS[dice.below(24) as usize]).collect();
        let text = format!("Acme {about} {} {number}", words.join(" "));
        serde_json::json!({"id": number.to_string(), "title": format!("Acme {about} {number}"), "text": text, "published": at_s, "source": "forum"}).to_string()
    };
    let start = START_S - 28 * 86_400;
    let mut lines: Vec<String> = (0..56 * 3)
        .map(|number| {
            let at_s = start + number as i64 / 3 * 86_400 + dice.below(86_400) as i64;
            line(number, at_s, "goes to", &mut dice)
        })
        .collect();
    lines.extend((0..20).map(|number| {
        let at_s = START_S + 9 * 86_400 + 9 * 3_600 + dice.below(3_600) as i64;
        line(1_000 + number, at_s, "begins a recall of", &mut dice)
    }));
    lines.join("\n")
}

fn imported() -> Scenario {
    let mut scenario = Scenario::new(ONE_RULE);
    std::fs::write(scenario.path().join("past.jsonl"), lines()).expect("written");
    scenario.at("2026-03-02T08:00:00Z").run(&["import", "past.jsonl"]).ok();
    scenario
}

fn replayed(scenario: &Scenario, rule: &str) -> serde_json::Value {
    scenario.run(&["rules", "backtest", rule, "--since", "2026-01-05", "--json"]).ok().json()
}

#[test]
fn what_was_imported_is_judged_and_raises_nothing() {
    let scenario = imported();
    let view = replayed(&scenario, "spike");
    assert_eq!((view["mentions"].as_u64(), view["reconstructed"].as_u64()), (Some(188), Some(188)));
    let alerts = view["alerts"].as_array().expect("a list");
    let event = alerts
        .iter()
        .find(|alert| alert["observed"]["value"].as_u64() >= Some(20))
        .unwrap_or_else(|| panic!("{view}"));
    // Heard a quarter of an hour after it was published.
    assert!(event["fired_at"].as_str().unwrap() < "2026-02-11T10:00:00Z", "{event}");
    assert_eq!(
        event["evidence"].as_array().unwrap().len() as u64,
        event["observed"]["value"].as_u64().unwrap()
    );
    assert!(event["to_read"]["title"].as_str().unwrap().contains("recall"));
    let rule = &view["rules"][0];
    assert_eq!(rule["alerts"], alerts.len());
    assert!(rule["per_week"]["low"].as_f64() < rule["per_week"]["value"].as_f64());
    let pattern = replayed(&scenario, "recall");
    assert_eq!(pattern["alerts"].as_array().unwrap().len(), 1, "{pattern}");
    assert_eq!(pattern["alerts"][0]["observed"]["mentions"], 20);
    let text = scenario.run(&["rules", "backtest", "--since", "2026-01-05"]).ok().stdout;
    assert!(text.contains("188 mentions, 188 (100 %) reconstructed"), "{text}");
    let kept = scenario.run(&["alerts", "list", "--json"]).ok().json();
    assert_eq!(kept["alerts"], serde_json::json!([]), "a replay leaves no trace");
}

/// The latest weeks were not heard when it is replayed up to before them.
#[test]
fn what_comes_after_changes_nothing() {
    let scenario = imported();
    let whole = replayed(&scenario, "spike");
    let part = scenario
        .run(&["rules", "backtest", "spike", "--since", "2026-01-05", "--until", "2026-02-20", "--json"])
        .ok()
        .json();
    let before: Vec<_> = whole["alerts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|alert| alert["until"].as_str().is_some_and(|until| until < "2026-02-20"))
        .collect();
    assert!(!before.is_empty());
    assert_eq!(part["alerts"].as_array().unwrap().iter().collect::<Vec<_>>(), before);
}

#[test]
fn a_rule_is_tuned_on_its_own_past() {
    let scenario = imported();
    let view = scenario.run(&["rules", "tune", "spike", "--json"]).ok().json();
    let budgets = view["budgets"].as_array().expect("a list");
    let alerts: Vec<u64> = budgets.iter().map(|setting| setting["alerts"].as_u64().unwrap()).collect();
    assert!(alerts.first() < alerts.last(), "a larger budget is spent: {alerts:?}");
    let today: Vec<_> = budgets.iter().filter(|setting| setting["today"] == true).collect();
    assert_eq!((today.len(), today[0]["budget"].as_str()), (1, Some("1/week")));
    assert_eq!(today[0]["raised_today_caught"], today[0]["alerts"]);
    assert_eq!(today[0]["delay_s"], 0);
    let minima = view["minima"].as_array().expect("a list");
    let most = minima.iter().find(|setting| setting["min"] == 20).expect("it is tried");
    assert_eq!(most["alerts"], 1, "only the event reaches twenty: {most}");
    let text = scenario.run(&["rules", "tune", "spike"]).ok().stdout;
    assert!(text.contains("1/week") && text.contains("today"), "{text}");
    let refused = scenario.run(&["rules", "tune", "recall"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("`pattern` has no budget"), "{}", refused.stderr);
}

#[test]
fn there_must_be_something_to_replay() {
    let scenario = Scenario::new(ONE_RULE);
    assert_eq!(scenario.run(&["rules", "backtest", "--since", "30d"]).code, 2, "nothing is stored");
    let scenario = imported();
    let unknown = scenario.run(&["rules", "backtest", "spyke", "--since", "30d"]);
    assert!(
        unknown.code == 2 && unknown.stderr.contains("feeds.toml has: spike, recall"),
        "{}",
        unknown.stderr
    );
    let turned = scenario.run(&["rules", "backtest", "--since", "7d", "--until", "30d"]);
    assert!(turned.code == 2 && turned.stderr.contains("there is nothing between"), "{}", turned.stderr);
}

/// A rule of feeds.toml, and written tests of it.
fn tested(tests: &str) -> Run {
    let scenario = Scenario::new(ONE_RULE);
    std::fs::write(scenario.path().join("tests.toml"), tests).expect("written");
    scenario.run(&["rules", "test", "tests.toml"])
}

#[test]
fn a_written_test_holds_or_says_what_was_found() {
    let good = r#"
[[test]]
name = "a burst on a quiet brand"
rule = "spike"
step = "1h"
values = "2x240 0x20 25 30 3x8 2x24"
sources = 5
expect = [
  { at = "9d", is = "none" },
  { at = "10d21h59m", is = "firing", value = 30 },
  { at = "12d", is = "none" },
]

[[test]]
name = "nobody listened for a night"
rule = { id = "try", kind = "spike", min = 1 }
step = "1h"
values = "2x240 _x12 2x24"
expect = [{ at = "11d", is = "none" }]

[[test]]
name = "praise"
rule = { id = "good", kind = "positive-buzz" }
step = "1h"
values = "2x240 9x2 2x24"
negative = "0x240 9 0"
positive = "0x240 0 8"
expect = [{ at = "10d59m", is = "none" }, { at = "10d1h59m", is = "firing", value = 8 }]

[[test]]
rule = { id = "found", kind = "pattern", text = "recall", min = 2 }
values = "0x4 2 0x4"
expect = [{ at = "1h", is = "none" }, { at = "75m", is = "firing", value = 2 }]
"#;
    let run = tested(good).ok();
    assert!(run.stdout.contains("4 tests, all as expected"), "{}", run.stdout);
    let wrong = tested(
        &good
            .replace("value = 30", "value = 31")
            .replace("at = \"12d\", is = \"none\"", "at = \"12d\", is = \"firing\""),
    );
    assert_eq!(wrong.code, 1);
    for part in [
        "FAILED  a burst on a quiet brand",
        "tests.toml:10: at 10d21h59m (2026-01-15 21:59)\n    expected  firing, value 31\n    found     firing, value 30",
        "at 12d (2026-01-17 00:00)\n    expected  firing\n    found     none",
        "4 tests, 1 failed",
    ] {
        assert!(wrong.stdout.contains(part), "{part}\n{}", wrong.stdout);
    }
}

#[test]
fn a_test_that_cannot_be_read_says_where_and_why() {
    let wrong = r#"
[[test]]
rule = "spyke"
values = "2x24O"
expect = [{ at = "soon", is = "fireing" }]
speed = 1
"#;
    let run = tested(wrong);
    assert_eq!(run.code, 2);
    for part in [
        "tests.toml:3:8: test: there is no rule `spyke`",
        "did you mean `spike`?",
        "tests.toml:4:10: test: `values` cannot be `2x24O`",
        "tests.toml:5:18: expect: `at` cannot be `soon`",
        "did you mean `firing`?",
        "tests.toml:6:1: test: unknown key `speed`",
        "5 errors in tests.toml; nothing was tested",
    ] {
        assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
    }
}
