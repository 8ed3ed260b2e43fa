//! Nothing is lost: the real process killed at random moments of what it does.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::pipeline::CONFIG;
use crate::scenario::{Scenario, item, read_all, rss};

/// Kills that must hit a living process; the environment variable asks for another number.
const KILLS: usize = 100;
const KILLS_VARIABLE: &str = "VIGIE_KILLS";

/// Kills of one store, which then is compared with one that was never killed; documents grow meanwhile.
const KILLS_A_STORE: usize = 50;

/// Tries in which they must hit.
const TRIES_A_STORE: usize = 400;

const SOURCES: usize = 12;

fn config() -> String {
    let mut config = String::from(
        "[settings]\nhost_pause = \"0s\"\n[[brand]]\nid = \"acme\"\nname = \"Acme\"\nrole = \"own\"\n\
         [[brand]]\nid = \"globex\"\nname = \"Globex\"\nrole = \"competitor\"\n",
    );
    for i in 0..SOURCES {
        config.push_str(&format!(
            "[[source]]\nid = \"s{i}\"\nurl = \"{{base}}/{i}.xml\"\nallow_private = true\n"
        ));
    }
    config
}

/// A feed after `rounds` rounds: it grows by two entries a round, some copied from its neighbour, and its
/// latest is edited once.
fn document(source: usize, rounds: usize) -> String {
    let mut items = Vec::new();
    for number in 0..rounds * 2 {
        let copied_from = if number % 5 == 0 { 0 } else { source };
        let edit = if number + 2 < rounds * 2 { "" } else { " (to be continued)" };
        let title = format!("Acme and the {number}th matter of {copied_from}");
        let text = format!(
            "Report {copied_from}-{number}: Globex and Acme met at place {} to speak of thing {} and thing {}{edit}.",
            number * 31,
            copied_from * 17 + number,
            number * 7
        );
        let date = format!("Sun, 01 Mar 2026 {:02}:{:02}:00 GMT", number / 60 % 24, number % 60);
        items.push(item(&format!("{source}-{number}"), &title, &text, &date));
    }
    rss(&items)
}

/// A linear congruential generator (Knuth's MMIX constants): the moments differ, the test does not.
struct Moments(u64);

impl Moments {
    fn next(&mut self, below_ms: u64) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis((self.0 >> 33) % below_ms)
    }
}

/// Starts a command and kills it after `moment`. Whether it was still at work; else it ended well, or because a
/// rule fires.
fn kill(command: &mut Command, moment: Duration) -> bool {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    std::thread::sleep(moment);
    let _ = child.kill();
    let status = child.wait().expect("it can be waited for");
    let said = read_all(child.stderr.take().expect("piped"));
    let killed = status.signal() == Some(9);
    assert!(killed || matches!(status.code(), Some(0 | 3)), "it failed by itself: {status}\n{said}");
    killed
}

#[test]
fn killed_at_any_moment_it_loses_and_doubles_nothing() {
    let asked = std::env::var(KILLS_VARIABLE).ok();
    let mut left = asked.map_or(KILLS, |asked| asked.parse().expect("a number of kills"));
    let mut moments = Moments(7);
    while left > 0 {
        let kills = left.min(KILLS_A_STORE);
        killed(kills, &mut moments);
        left -= kills;
    }
}

/// Kills the program `kills` times while it works on one store.
fn killed(kills: usize, moments: &mut Moments) {
    let mut scenario = Scenario::new(&config());
    let (mut hit, mut rounds) = (0, 0);
    for attempt in 0..TRIES_A_STORE {
        if hit == kills {
            break;
        }
        // Three attempts see the same documents, so that work cut short is also taken up again.
        if attempt % 3 == 0 {
            rounds += 1;
            for source in 0..SOURCES {
                scenario.publisher.publish(&format!("/{source}.xml"), &document(source, rounds));
            }
        }
        scenario.at(&format!("2026-03-02T{:02}:{:02}:00Z", 8 + attempt / 60, attempt % 60));
        hit += usize::from(kill(&mut scenario.command(&["poll", "--all"]), moments.next(500)));
    }
    assert_eq!(hit, kills, "the process was too quick to be killed");

    scenario.at("2026-03-03T08:00:00Z").run(&["poll", "--all"]).ok();
    let doctor = scenario.run(&["doctor"]);
    assert_eq!(doctor.code, 0, "{}", doctor.stdout);

    let truth = Scenario::new(&config());
    for source in 0..SOURCES {
        truth.publisher.publish(&format!("/{source}.xml"), &document(source, rounds));
    }
    truth.run(&["poll", "--all"]).ok();
    let expected = truth.mention_ids();
    assert_eq!(expected.len(), SOURCES * rounds * 2 * 2, "every entry names both brands");
    assert_eq!(scenario.mention_ids(), expected);
}

/// Lines to import, each a mention of its own.
fn lines(number: usize) -> String {
    let line = |n: usize| {
        format!(
            "{{\"id\":\"{n}\",\"published\":\"2026-02-{:02}T10:00:00Z\",\"text\":\"Acme and the matter of {} places, \
             {} things and {} days\"}}\n",
            n % 28 + 1,
            n * 31,
            n * 17 + 3,
            n * 7 + 1
        )
    };
    (0..number).map(line).collect()
}

/// How long a command takes that nobody kills, in milliseconds.
fn duration_ms(command: &mut Command) -> u64 {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("it starts");
    assert!(status.success());
    u64::try_from(start.elapsed().as_millis()).expect("not that long").max(1)
}

#[test]
fn killed_while_it_builds_the_index_anew_it_does_so_the_next_time() {
    const MENTIONS: usize = 4_000;
    let scenario = Scenario::new(CONFIG);
    scenario.publisher.publish("/news.xml", &rss(&[]));
    scenario.run_with(&["import"], &lines(MENTIONS)).ok();
    let whole_ms = duration_ms(&mut scenario.command(&["reindex"]));
    let (mut moments, mut hit) = (Moments(3), 0);
    for attempt in 0..200 {
        if hit == 12 {
            break;
        }
        // Some after the index was lost, which every command mends.
        if attempt % 4 == 3 {
            // Where a kill has left one.
            let _ = std::fs::remove_dir_all(scenario.data_dir().join("tantivy"));
        }
        let command = ["reindex", "poll"][usize::from(attempt % 4 == 3)];
        hit += usize::from(kill(&mut scenario.command(&[command]), moments.next(whole_ms)));
        if attempt % 3 == 0 {
            let found = scenario.run(&["search", "acme", "--json"]).ok().json();
            assert_eq!(found["total"], MENTIONS, "after kill {hit}");
            scenario.run(&["doctor"]).ok();
        }
    }
    assert_eq!(hit, 12, "the process was too quick to be killed");
    scenario.run(&["poll"]).ok();
    scenario.run(&["doctor"]).ok();
    assert_eq!(scenario.run(&["search", "acme", "--json"]).ok().json()["total"], MENTIONS);
}

#[test]
fn killed_while_it_imports_it_takes_the_rest_when_asked_again() {
    const MENTIONS: usize = 3_000;
    let truth = Scenario::new(CONFIG);
    std::fs::write(truth.path().join("lines"), lines(MENTIONS)).expect("written");
    let whole_ms = duration_ms(&mut truth.command(&["import", "lines"]));
    let expected = truth.mention_ids();
    assert_eq!(expected.len(), MENTIONS);

    let scenario = Scenario::new(CONFIG);
    std::fs::write(scenario.path().join("lines"), lines(MENTIONS)).expect("written");
    let (mut moments, mut hit) = (Moments(5), 0);
    for _ in 0..200 {
        if hit == 10 {
            break;
        }
        if !kill(&mut scenario.command(&["import", "lines"]), moments.next(whole_ms)) {
            // All of it is in: begin again with none.
            std::fs::remove_dir_all(scenario.data_dir()).expect("removed");
            continue;
        }
        hit += 1;
    }
    assert_eq!(hit, 10, "the process was too quick to be killed");
    scenario.run(&["import", "lines"]).ok();
    assert_eq!(scenario.mention_ids(), expected);
    assert_eq!(scenario.run(&["search", "acme", "--json"]).ok().json()["total"], MENTIONS);
    scenario.run(&["doctor"]).ok();
}

#[test]
fn killed_while_it_scores_anew_it_goes_on_when_asked_again() {
    const MENTIONS: usize = 2_000;
    let trade = format!("{CONFIG}\n[tone]\nnegative = [\"matter\", \"places\", \"things\", \"days\"]\n");
    let scenario = Scenario::new(CONFIG);
    scenario.run_with(&["import"], &lines(MENTIONS)).ok();
    scenario.configure(&trade);
    let whole_ms = duration_ms(&mut scenario.command(&["rescore"]));
    let (mut moments, mut hit) = (Moments(13), 0);
    for attempt in 0..100 {
        if hit == 10 {
            break;
        }
        // There is always something to change.
        scenario.configure([CONFIG, trade.as_str()][attempt % 2]);
        hit += usize::from(kill(&mut scenario.command(&["rescore"]), moments.next(whole_ms)));
    }
    assert_eq!(hit, 10, "the process was too quick to be killed");
    scenario.configure(&trade);
    scenario.run(&["rescore"]).ok();
    let negative = scenario.run(&["search", "sentiment:negative", "--json"]).ok().json();
    assert_eq!(negative["total"], MENTIONS);
    scenario.run(&["doctor"]).ok();
}

#[test]
fn killed_while_it_tells_it_tells_again_under_the_same_key() {
    let rules: String = (0..10)
        .map(|n| {
            format!(
                "\n[[rule]]\nid = \"r{n}\"\nkind = \"pattern\"\ntext = \"alarm{n}\"\nnotify = [\"slow\"]\n"
            )
        })
        .collect();
    // Each takes a while, so that most kills come between two of them.
    let slow = "\n[[notifier]]\nid = \"slow\"\nkind = \"command\"\nargv = [\"sh\", \"-c\", \"sleep 0.05; dd of=told.json oflag=append conv=notrunc status=none\"]\n";
    let mut scenario = Scenario::new(&format!("{CONFIG}{rules}{slow}"));
    scenario.publisher.publish("/news.xml", &rss(&[]));
    scenario.run(&["poll"]).ok();
    let alarms: Vec<String> = (0..10)
        .map(|n| {
            let date = format!("Mon, 02 Mar 2026 08:{:02}:00 GMT", 30 + n);
            item(&n.to_string(), &format!("Acme alarm{n} rings"), &format!("The {n}th of its kind."), &date)
        })
        .collect();
    scenario.publisher.publish("/news.xml", &rss(&alarms));
    let (mut moments, mut hit) = (Moments(11), 0);
    for minute in 0..8 {
        scenario.at(&format!("2026-03-02T09:{minute:02}:00Z"));
        hit += usize::from(kill(&mut scenario.command(&["poll", "--all"]), moments.next(300)));
    }
    assert!(hit >= 2, "the process was too quick to be killed");
    let round = scenario.at("2026-03-02T09:30:00Z").run(&["poll", "--all"]);
    assert_eq!(round.code, 3, "{}", round.stderr);
    let alerts =
        scenario.run(&["alerts", "list", "--json"]).json()["alerts"].as_array().expect("a list").clone();
    assert_eq!(alerts.len(), 10);
    let text = std::fs::read_to_string(scenario.path().join("told.json")).expect("somebody was told");
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for message in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
        let key = message.expect("whole")["key"].as_str().expect("a key").to_owned();
        *told.entry(key).or_default() += 1;
    }
    let keys: Vec<String> =
        alerts.iter().map(|alert| format!("{}:first", alert["id"].as_str().expect("an id"))).collect();
    assert!(keys.iter().all(|key| told.contains_key(key)), "{keys:?} of {told:?}");
    assert_eq!(told.len(), keys.len(), "told of something else: {told:?}");
    // At most the one under way is told again after each kill.
    assert!(told.values().sum::<usize>() <= keys.len() + hit, "{told:?} after {hit} kills");
    scenario.run(&["doctor"]).ok();
}
