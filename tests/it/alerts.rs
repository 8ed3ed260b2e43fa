//! From a rise in what is said to a person being told, once.

use serde_json::Value;

use crate::pipeline::CONFIG;
use crate::scenario::{Scenario, item, rss};

const RULES: &str = r#"
[[rule]]
id = "acme-spike"
kind = "spike"
budget = "1/week"
notify = ["desktop", "file"]

[[rule]]
id = "recall"
kind = "pattern"
text = "recall"
severity = "critical"
notify = ["file"]

[[notifier]]
id = "desktop"
kind = "desktop"

[[notifier]]
id = "file"
kind = "command"
argv = ["dd", "of=told.json", "oflag=append", "conv=notrunc", "status=none"]
"#;

/// Two mentions a day for four weeks.
fn history() -> Vec<String> {
    (0..28)
        .flat_map(|day| {
            let date = jiff::civil::date(2026, 2, 1).saturating_add(jiff::Span::new().days(day));
            [9, 17].map(|hour| {
                let date =
                    date.at(hour, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).expect("a time that exists");
                let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                let text = format!(
                    "Ordinary words of the day {day} at {hour} about wheels number {}",
                    day * 31 + i64::from(hour)
                );
                item(&format!("h{day}-{hour}"), &format!("Acme on day {day}, {hour} h"), &text, &date)
            })
        })
        .collect()
}

fn incident(number: usize) -> Vec<String> {
    const WORDS: [&str; 6] = ["battery", "smoke", "garage", "customer", "refund", "charger"];
    (0..number)
        .map(|i| {
            let a = WORDS[i % 6];
            let b = WORDS[(i / 6) % 6];
            let text = format!("Witness {i} speaks of {a} and {b} at place {} in street {}", i * 7, i * 13);
            let date = format!("Mon, 02 Mar 2026 07:{:02}:00 GMT", 10 + i);
            item(&format!("i{i}"), &format!("Acme {a} trouble, report {i}"), &text, &date)
        })
        .collect()
}

fn told(scenario: &Scenario) -> Vec<Value> {
    let text = std::fs::read_to_string(scenario.path().join("told.json")).unwrap_or_default();
    serde_json::Deserializer::from_str(&text).into_iter::<Value>().map(Result::unwrap).collect()
}

fn with_history() -> Scenario {
    let mut scenario = Scenario::new(&format!("{CONFIG}{RULES}"));
    scenario.publisher.publish("/news.xml", &rss(&history()));
    scenario.at("2026-03-02T06:00:00Z").run(&["poll"]).ok();
    scenario
}

#[test]
fn a_spike_is_told_once_and_explains_itself() {
    let mut scenario = with_history();
    assert!(told(&scenario).is_empty(), "back-fill raises no alert");

    let items = [history(), incident(20)].concat();
    scenario.publisher.publish("/news.xml", &rss(&items));
    let round = scenario.at("2026-03-02T07:40:00Z").run(&["poll", "--json"]);
    assert_eq!(round.code, 3, "something fires: {}{}", round.stdout, round.stderr);
    assert!(
        round.stderr.contains("notifier `desktop`: no desktop session"),
        "the desktop could not be reached: {}",
        round.stderr
    );
    let messages = told(&scenario);
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0]["title"].as_str().unwrap().starts_with("Acme: 20 stories"), "{}", messages[0]);

    // The same again, and a restart: nobody is told twice.
    scenario.at("2026-03-02T07:41:00Z").run(&["poll", "--all"]);
    assert_eq!(told(&scenario).len(), 1);

    let list = scenario.run(&["alerts", "list", "--json"]);
    assert_eq!(list.code, 3);
    let alert = &list.json()["alerts"][0];
    assert_eq!(alert["observed"]["value"], 20);
    assert_eq!(alert["evidence"].as_array().unwrap().len(), 20);
    let id = alert["id"].as_str().unwrap();

    let explained = scenario.run(&["alerts", "explain", id, "--json"]).ok().json();
    assert_eq!(explained["equal"], true, "{explained}");
    assert_eq!(explained["recomputed"]["baseline"], explained["alert"]["baseline"]);
    let shown = scenario.run(&["alerts", "show", id]).ok().stdout;
    assert!(shown.contains("What to read"), "{shown}");

    let acknowledged = scenario.run(&["alerts", "ack", id, "--false", "--json"]).ok().json();
    assert_eq!((acknowledged["id"].as_str(), acknowledged["false"].as_bool()), (Some(id), Some(true)));
    let again = scenario.run(&["alerts", "ack", id]).ok().stdout;
    assert!(again.contains("stays marked as a false alarm"), "{again}");
    let after = scenario.run(&["alerts", "show", id, "--json"]).ok().json();
    assert_eq!(after["acknowledged"]["false"], true);

    // When it is calm again the incident is over, silently.
    scenario.at("2026-03-03T20:00:00Z").run(&["poll", "--all"]).ok();
    assert_eq!(scenario.run(&["alerts", "list", "--json"]).ok().json()["alerts"][0]["state"], "resolved");
    assert_eq!(told(&scenario).len(), 1);
}

#[test]
fn late_mentions_are_judged_in_the_window_they_belong_to() {
    let mut scenario = with_history();
    let items = [history(), incident(20)].concat();
    scenario.publisher.publish("/news.xml", &rss(&items));
    // What was said at 7:10 is heard at 20:00.
    let round = scenario.at("2026-03-02T20:00:00Z").run(&["poll", "--json"]);
    assert!(!told(&scenario).is_empty(), "{}{}", round.stdout, round.stderr);
    let alert = scenario.run(&["alerts", "list", "--json"]).json()["alerts"][0].clone();
    let until: jiff::Timestamp = alert["observed"]["window"][1].as_str().unwrap().parse().unwrap();
    assert!(until <= "2026-03-03T08:00:00Z".parse().unwrap(), "{alert}");
}

#[test]
fn a_pattern_is_told_at_once_and_names_its_words() {
    let mut scenario = with_history();
    let new = item("r1", "Acme announces a recall", "It concerns chargers.", "Mon, 02 Mar 2026 07:00:00 GMT");
    scenario.publisher.publish("/news.xml", &rss(&[history(), vec![new]].concat()));
    scenario.at("2026-03-02T07:05:00Z").run(&["poll"]);
    let messages = told(&scenario);
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!(messages[0]["severity"], "critical");
    assert!(messages[0]["body"].as_str().unwrap().contains("Acme announces a recall"));
    scenario.at("2026-03-02T07:30:00Z").run(&["poll", "--all"]);
    assert_eq!(told(&scenario).len(), 1);
}
