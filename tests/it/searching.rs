//! What an analyst does with what was heard: searches, tries queries, takes it along, and works on it.

use std::process::Stdio;

use serde_json::Value;

use crate::pipeline::CONFIG;
use crate::running::{signal, wait_until};
use crate::scenario::{Scenario, rss};

const HOSTILE: &str = r#"{"id":"1","title":"=cmd|' /C calc'!A0","text":"Acme est en panne à Lyon, l'appli aussi.","author":"@jean","published":"2026-02-23T08:00:00Z","source":"forum","language":"fr","tags":["-x","press"],"engagement":{"likes":3}}
{"id":"2","title":"'tis Acme","text":"Acme outage;\n\"again\", they said. Globex laughs.","published":"2026-03-01T22:30:00Z","source":"news","language":"en"}
{"id":"3","text":"+1 pour Acme & Globex","published":null,"observed":"2026-03-01T10:00:00Z","source":"forum"}
"#;

fn filled() -> Scenario {
    let scenario = Scenario::new(CONFIG);
    scenario.run_with(&["import", "-"], HOSTILE).ok();
    scenario
}

fn total(scenario: &Scenario, query: &str) -> u64 {
    scenario.run(&["search", query, "--json"]).ok().json()["total"].as_u64().expect("a count")
}

/// The first mention that a search finds.
fn first(scenario: &Scenario, query: &str) -> Value {
    let found = scenario.run(&["search", query, "--jsonl"]).ok().stdout;
    serde_json::from_str(found.lines().next().expect("a hit")).expect("a JSON line")
}

#[test]
fn what_is_done_with_a_mention_is_noted_and_found() {
    let scenario = filled();
    let id = first(&scenario, "panne brand:acme")["id"].as_str().unwrap().to_owned();
    let beginning = &id[..12];
    let shown = scenario.run(&["search", "panne"]).ok().stdout;
    assert!(shown.contains(beginning), "its id can be copied: {shown}");

    scenario.run(&["mention", "tag", beginning, "À suivre", "vip", "--by", "Zoé"]).ok();
    scenario.run(&["mention", "tag", &id, "VIP", "--remove", "--by", "Zoé"]).ok();
    scenario.run(&["mention", "status", &id, "open", "--by", "Léa"]).ok();
    let view = scenario.run(&["mention", "note", &id, "called", "back", "--by", "Léa", "--json"]).ok().json();
    assert_eq!(total(&scenario, "tag:\"a suivre\""), 1);
    assert_eq!((total(&scenario, "tag:vip"), total(&scenario, "status:open")), (0, 1));
    assert_eq!(total(&scenario, "status:new"), total(&scenario, "*") - 1);
    assert_eq!(
        (&view["mention"]["status"], &view["mention"]["tags"][0]),
        (&"open".into(), &"À suivre".into())
    );
    assert!(view["text"].as_str().unwrap().contains("l'appli aussi"));
    let done: Vec<String> = view["handled"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            assert_eq!(one["at"], "2026-03-02T08:00:00Z");
            let part = |name: &str| one[name].as_str().unwrap().to_owned();
            format!("{} {} {}", part("who"), part("what"), part("value"))
        })
        .collect();
    assert_eq!(
        done,
        ["Zoé tag À suivre", "Zoé tag vip", "Zoé untag VIP", "Léa status open", "Léa note called back"]
    );

    for (command, said) in [
        (vec!["mention", "show", "m_ffffffffffffffff"], "there is no mention"),
        (vec!["mention", "show", "m_"], "several mentions begin with"),
        (vec!["mention", "status", &id, "closed"], "there are new, open, done, ignored"),
        (vec!["mention", "note", &id, " "], "nothing in it"),
    ] {
        let run = scenario.run(&command);
        assert_eq!(run.code, 2, "{command:?}");
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
    scenario.run(&["doctor"]).ok();
}

#[test]
fn a_running_vigie_takes_up_what_is_done_beside_it() {
    let scenario = filled();
    scenario.publisher.publish("/news.xml", &rss(&[]));
    let id = first(&scenario, "panne")["id"].as_str().unwrap().to_owned();
    let mut command = scenario.command(&["run"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    wait_until("it polls", || scenario.publisher.asked("/news.xml") > 0);
    scenario.run(&["mention", "status", &id, "done"]).ok();
    wait_until("the index has it", || total(&scenario, "status:done") == 1);
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().success());
}

#[test]
fn export_and_import_make_the_same_index() {
    let scenario = filled();
    let jsonl = scenario.run(&["export", "*"]).ok().stdout;
    let csv = scenario.run(&["export", "*", "--format", "csv"]).ok().stdout;
    let asked = [
        "*",
        "panne",
        "\"acme est\"",
        "acme NEAR/3 outage",
        "source:forum",
        "tag:press",
        "lang:fr",
        "tag:\"-x\"",
        "raw:\"+1\"",
        "author:jean",
        "title:tis",
        "date:2026-02-23",
        "brand:globex",
        "sentiment:negative",
        "cmd",
    ];
    let answers = |scenario: &Scenario| -> Vec<Value> {
        let answer = |query: &&str| {
            scenario
                .run(&["search", query, "--json", "--facets", "brand,tag,day,hour-of-week,language"])
                .ok()
                .json()
        };
        asked.iter().map(answer).collect()
    };
    let expected = answers(&scenario);
    assert!(
        expected.iter().take(13).all(|answer| answer["total"] != 0),
        "each finds something: {expected:?}"
    );
    for (format, exported) in [("jsonl", &jsonl), ("csv", &csv)] {
        let other = Scenario::new(CONFIG);
        other.run_with(&["import", "--format", format, "-"], exported).ok();
        assert_eq!(answers(&other), expected, "{format}");
        assert_eq!(other.run(&["export", "*", "--format", "csv"]).ok().stdout, csv, "{format}");
        other.run(&["doctor"]).ok();
    }
    assert_eq!(
        scenario.run(&["export", "globex", "--format", "csv"]).ok().stdout.matches("acme; globex").count(),
        2
    );
}

#[test]
fn no_cell_is_a_formula() {
    let scenario = filled();
    for command in [["export", "*", "--format=csv"], ["search", "*", "--csv"]] {
        let table = scenario.run(&command).ok().stdout;
        let mut rows = csv::Reader::from_reader(table.as_bytes());
        let columns = rows.headers().unwrap().clone();
        let mut seen = 0;
        for row in rows.records() {
            for (name, cell) in columns.iter().zip(&row.unwrap()) {
                seen += 1;
                // A number is one.
                assert!(name == "score" || !cell.starts_with(['=', '+', '-', '@']), "{name}: {cell}");
            }
        }
        assert!(seen > 30 && table.contains("'=cmd"), "{table}");
    }
}

#[test]
fn a_query_is_tried_before_it_is_saved() {
    let scenario = filled();
    let wrong = scenario.run(&["query", "lint", "acme AND (panne"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stdout.contains("         ^ write `)`"), "{}", wrong.stdout);
    let hint = scenario.run(&["query", "lint", "acme or panne", "--json"]).ok().json();
    assert_eq!((&hint["ok"], &hint["meaning"]), (&true.into(), &"acme or panne".into()));
    assert_eq!(
        (&hint["problems"][0]["severity"], &hint["problems"][0]["start"]),
        (&"warning".into(), &5.into())
    );
    let preview = scenario.run(&["query", "preview", "acme", "OR", "globex", "--json"]).ok().json();
    assert_eq!(preview["total"], 5);
    let weeks: Vec<String> = preview["weeks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|week| format!("{} {}", week["value"].as_str().unwrap(), week["count"]))
        .collect();
    assert_eq!(weeks, ["2026-W09 5"], "in the zone of the configuration");
    assert_eq!(preview["examples"].as_array().unwrap().len(), 3, "each story once");
    let shown = scenario.run(&["query", "preview", "acme"]).ok().stdout;
    assert!(shown.contains("2026-W09") && shown.contains('▇'), "{shown}");
}
