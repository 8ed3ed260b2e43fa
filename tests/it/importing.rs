//! Entries from elsewhere: JSON lines, tables and saved feeds, alone and beside a running vigie.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::pipeline::CONFIG;
use crate::scenario::{Scenario, item, rss};

/// Long enough for a slow machine; nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(60);

fn exported(scenario: &Scenario) -> Vec<Value> {
    let lines = scenario.run(&["export", "*"]).ok().stdout;
    lines.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
}

#[test]
fn a_table_and_a_saved_feed_go_the_way_of_polled_entries() {
    let scenario = Scenario::new(CONFIG);
    let table = "id;title;text;tags;published;region\n\
                 1;Acme;\"Deux\nlignes\";presse, fr;2026-01-05;Lyon\n\
                 2;Nobody;named;;;\n3;Globex;trop;peu\n";
    std::fs::write(scenario.path().join("table.csv"), table).unwrap();
    let saved = rss(&[item("f1", "Acme in a saved feed", "Old.", "Sun, 01 Feb 2026 10:00:00 GMT")]);
    std::fs::write(scenario.path().join("saved.xml"), saved).unwrap();
    let run = scenario.run(&["import", "table.csv", "saved.xml", "--source", "archive", "--json"]);
    assert_eq!(run.code, 1, "a row was rejected");
    assert!(
        run.stderr.contains("table.csv:5: 4 cells where the first line names 6 columns"),
        "{}",
        run.stderr
    );
    assert_eq!(
        run.json(),
        json!({"read": 4, "new": 2, "known": 0, "expired": 0, "revised": 0, "mentions": 2, "rejected": 1})
    );
    let entries = exported(&scenario);
    let of = |id: &str| entries.iter().find(|entry| entry["id"] == id).unwrap();
    assert_eq!(of("1")["tags"], json!(["presse", "fr"]));
    assert_eq!(of("1")["extra"], json!({"region": "Lyon"}));
    assert_eq!(of("1")["published"], "2026-01-05T00:00:00Z");
    assert_eq!(of("f1")["source"], "archive");
    // Once more, and what `export` wrote: nothing is new.
    let again = scenario.run(&["import", "table.csv", "saved.xml", "--source", "archive", "--json"]).json();
    assert_eq!((&again["new"], &again["known"]), (&json!(0), &json!(2)));
    let lines: String = entries.iter().map(|entry| format!("{entry}\n")).collect();
    let back = scenario.run_with(&["import", "--json"], &lines).ok().json();
    assert_eq!((&back["new"], &back["known"]), (&json!(0), &json!(2)));
    assert_eq!(exported(&scenario), entries);
    // Back-fill raises no alert.
    assert_eq!(scenario.run(&["alerts", "list", "--json"]).ok().json()["alerts"], json!([]));
}

#[test]
fn a_format_is_told_from_how_the_input_begins() {
    let scenario = Scenario::new(CONFIG);
    for (input, mentions) in [
        ("{\"title\": \"Acme 1\"}\n", 1),
        ("title,text\nAcme 2,x\n", 1),
        ("<rss><item><title>Acme 3</title></item></rss>", 1),
        ("{\"version\": \"https://jsonfeed.org/version/1.1\",\n \"items\": [{\"title\": \"Acme 4\"}]}", 1),
        ("", 0),
    ] {
        let view = scenario.run_with(&["import", "--json"], input).ok().json();
        assert_eq!(view["mentions"], mentions, "{input}");
    }
    let wrong = scenario.run_with(&["import", "--format", "feed"], "{\"title\": \"Acme\"}");
    assert_eq!(wrong.code, 1);
    assert!(wrong.stderr.contains("- is no feed"), "{}", wrong.stderr);
    let nameless = scenario.run_with(&["import"], "a,b\n1,2\n");
    assert!(nameless.stderr.contains("no column is called `text` or `title`"), "{}", nameless.stderr);
}

#[test]
fn what_cannot_be_taken_is_told_and_the_rest_goes_on() {
    let scenario = Scenario::new(CONFIG);
    let array = scenario.run_with(&["import"], "[{\"title\": \"Acme\"}]");
    assert_eq!(array.code, 1);
    assert!(array.stderr.contains("- is one JSON array; write its objects a line each"), "{}", array.stderr);
    // A quote that is not closed would swallow the rest of the table.
    let open = scenario.run_with(&["import", "--json"], "title,text\nAcme 1,x\nAcme 2,\"y\nAcme 3,z\n");
    assert_eq!(open.code, 1);
    assert!(open.stderr.contains("-: line 3: a quote is opened and never closed"), "{}", open.stderr);
    assert_eq!(open.json()["mentions"], 1);
    let lines = format!("{{\"title\": \"Acme {}\"}}\n{{\"title\": \"Acme 4\"}}\n", "x".repeat(9 << 20));
    let long = scenario.run_with(&["import", "--json"], &lines);
    assert_eq!(long.code, 1);
    assert!(long.stderr.contains("-:1: longer than 8 MiB"), "{}", long.stderr);
    assert_eq!((&long.json()["mentions"], &long.json()["rejected"]), (&json!(1), &json!(1)));
}

struct Running(Child);

impl Running {
    fn start(scenario: &Scenario) -> Running {
        let mut command = scenario.command(&["run"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let asked = || scenario.publisher.asked("/news.xml") > 0;
        let start = Instant::now();
        while !asked() {
            assert!(start.elapsed() < PATIENCE, "it never polled");
            std::thread::sleep(Duration::from_millis(20));
        }
        Running(child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn beside_a_running_vigie_it_parks_its_input_and_is_told_what_became_of_it() {
    let scenario = Scenario::new(CONFIG);
    scenario.publisher.publish("/news.xml", &rss(&[]));
    let running = Running::start(&scenario);
    let lines: String =
        (0..4_500).map(|i| format!("{{\"id\": {i}, \"title\": \"Acme {i}\", \"score\": {i}}}\n")).collect();
    let run = scenario.run_with(&["import", "--json"], &format!("{lines}[]\n"));
    assert_eq!(run.code, 1, "one line was rejected: {}", run.stderr);
    assert!(run.stderr.contains("another vigie is at work"), "{}", run.stderr);
    let view = run.json();
    assert_eq!((&view["new"], &view["mentions"]), (&json!(4_500), &json!(4_500)), "{view}");
    assert_eq!(std::fs::read_dir(scenario.data_dir().join("inbox")).unwrap().count(), 0);
    drop(running);
    let entries = exported(&scenario);
    assert_eq!(entries.len(), 4_500);
    assert!(
        entries
            .iter()
            .all(|entry| entry["extra"]["score"] == entry["id"].as_str().unwrap().parse::<u64>().unwrap())
    );
    scenario.run(&["doctor"]).ok();
}

#[test]
fn what_a_killed_vigie_left_parked_is_taken_in_by_whoever_comes_next() {
    let scenario = Scenario::new(CONFIG);
    scenario.publisher.publish("/news.xml", &rss(&[]));
    let running = Running::start(&scenario);
    let mut import = scenario.command(&["import", "--json"]);
    import.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut import = import.spawn().expect("it starts");
    let mut input = import.stdin.take().expect("piped");
    std::io::Write::write_all(&mut input, b"{\"title\": \"Acme parked\"}\n").unwrap();
    // It has found the other one at work, and waits for more: that one dies.
    std::thread::sleep(Duration::from_millis(500));
    drop(running);
    drop(input);
    let done = import.wait_with_output().expect("it ends");
    assert!(done.status.success());
    let view: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!(view["mentions"], 1, "{view}");
    assert_eq!(scenario.mention_ids().len(), 1);
}
