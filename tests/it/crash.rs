//! Nothing is lost: the real process killed at random moments of ingestion.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;

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
        let mut command = scenario.command(&["poll", "--all"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        std::thread::sleep(moments.next(500));
        let _ = child.kill();
        let status = child.wait().expect("it can be waited for");
        let said = read_all(child.stderr.take().expect("piped"));
        hit += usize::from(status.signal() == Some(9));
        assert!(status.success() || status.signal() == Some(9), "it failed by itself: {status}\n{said}");
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
