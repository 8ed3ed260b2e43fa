//! The tone of a mention changes by an explicit command only, and then everywhere.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::pipeline::CONFIG;
use crate::scenario::{Scenario, item, rss};

/// Words of a trade, often enough in [`document`] to turn any tone.
const TRADE: &str = "\n[tone]\nnegative = [\"shop\", \"counter\", \"till\", \"shelf\", \"contrat\"]\n";

/// Saved queries that ask for a tone.
const QUERIES: &str = "\n[[query]]\nid = \"bad\"\ntext = \"sentiment:negative\"\n\
    [[query]]\nid = \"calm\"\ntext = \"NOT sentiment:negative\"\n";

const INITECH: &str = "\n[[brand]]\nid = \"initech\"\nname = \"Initech\"\nrole = \"competitor\"\n";

fn document() -> String {
    let long = "The place is at the corner of the old square, between the baker and the library, and opens at \
        nine in the morning on all days of the week but Monday, when everybody there is on the road.";
    rss(&[
        item(
            "1",
            "Acme opens a shop",
            &format!("Acme has a shop with a till, a counter and a shelf. {long}"),
            "Sun, 01 Feb 2026 10:00:00 GMT",
        ),
        item(
            "2",
            "Acme opens a shop",
            &format!("Acme has a shop with a till, a counter and a shelf. {long}"),
            "Mon, 02 Feb 2026 10:00:00 GMT",
        ),
        item("3", "Globex et Acme", "Globex et Acme signent un contrat.", "Tue, 03 Feb 2026 12:00:00 GMT"),
        item(
            "4",
            "Acme is great",
            "A wonderful day for Acme, and for Initech.",
            "Wed, 04 Feb 2026 12:00:00 GMT",
        ),
        item(
            "5",
            "Acme im Herbst",
            "Der neue Laden von Acme ist seit heute in der Stadt geöffnet, wie die \
            Firma und die Zeitung am Morgen sagten.",
            "Thu, 05 Feb 2026 12:00:00 GMT",
        ),
        item(
            "6",
            "A shop of Globex",
            "Globex runs this shop, counter, till and shelf included.",
            "Fri, 06 Feb 2026 12:00:00 GMT",
        ),
    ])
}

fn heard(config: &str) -> Scenario {
    let scenario = Scenario::new(config);
    scenario.publisher.publish("/news.xml", &document());
    scenario.run(&["poll"]).ok();
    scenario
}

/// Of each mention, by guid and brand, the sentiment as `export` tells it.
fn tones(scenario: &Scenario) -> BTreeMap<String, Value> {
    let exported = scenario.run(&["export", "*"]).ok().stdout;
    let entries = exported.lines().map(|line| serde_json::from_str::<Value>(line).expect("a JSON line"));
    let tones = entries.flat_map(|entry| {
        let guid = entry["id"].as_str().expect("a guid").to_owned();
        let mentions = entry["mentions"].as_array().expect("mentions").clone();
        mentions.into_iter().map(move |mention| {
            (format!("{guid} {}", mention["brand"].as_str().expect("a brand")), mention["sentiment"].clone())
        })
    });
    tones.collect()
}

fn label<'a>(tones: &'a BTreeMap<String, Value>, mention: &str) -> &'a str {
    tones[mention]["label"].as_str().unwrap_or("none")
}

/// All that is counted by tone, and what searches by it find.
fn counts(scenario: &Scenario) -> Vec<Value> {
    let benchmark = |query: &[&str]| {
        let args =
            [&["benchmark"], query, &["--since", "2026-01-25", "--until", "2026-03-01", "--json"]].concat();
        scenario.run(&args).ok().json()["brands"].clone()
    };
    let found = |query: &str| scenario.run(&["search", query, "--json", "--facets", "sentiment"]).ok().json();
    vec![
        benchmark(&[]),
        benchmark(&["bad"]),
        benchmark(&["calm"]),
        found("sentiment:negative")["total"].clone(),
        found("*")["facets"].clone(),
    ]
}

#[test]
fn tones_change_by_a_rescore_only_and_are_then_those_of_a_fresh_start() {
    let before = format!("{CONFIG}{QUERIES}");
    let mut scenario = heard(&before);
    let first = tones(&scenario);
    assert_eq!(first.len(), 7, "{first:?}");
    assert_ne!(label(&first, "1 acme"), "negative", "{first:?}");
    assert_eq!(label(&first, "5 acme"), "none", "{first:?}");
    let model = first["4 acme"]["model"].as_str().expect("a name");

    // Other words, then another brand, for which entries are matched again: what is told stays told.
    scenario.configure(&format!("{before}{TRADE}"));
    scenario.at("2026-03-02T10:00:00Z").run(&["poll"]).ok();
    assert_eq!(tones(&scenario), first);
    let after = format!("{before}{INITECH}{TRADE}");
    scenario.configure(&after);
    scenario.at("2026-03-02T10:01:00Z").run(&["poll"]).ok();
    let mut matched = tones(&scenario);
    assert!(matched.remove("4 initech").is_some(), "{matched:?}");
    assert_eq!(matched, first);

    let fresh = heard(&after);
    let ids = scenario.mention_ids();
    let rescored = scenario.run(&["rescore", "--json"]).ok().json();
    let numbers = ["mentions", "untold", "left"].map(|key| rescored[key].as_u64());
    assert_eq!(numbers, [Some(7), Some(1), Some(0)], "{rescored}");
    assert_eq!(rescored["models"], serde_json::json!([{"model": model, "mentions": 7}]));
    let labels = rescored["labels"].as_array().unwrap().iter();
    let negative = labels.filter(|l| l["now"] == "negative").filter_map(|l| l["mentions"].as_u64());
    assert!(negative.sum::<u64>() >= 3, "{rescored}");
    assert_eq!(label(&tones(&scenario), "1 acme"), "negative");
    assert_eq!(tones(&scenario), tones(&fresh));
    assert_eq!(counts(&scenario), counts(&fresh));
    assert_eq!(scenario.mention_ids(), ids);
    let doctor = scenario.run(&["doctor"]).ok().stdout;
    assert!(doctor.contains(&format!("tones: 7 by {model}\n")), "{doctor}");

    let again = scenario.run(&["rescore"]).ok().stdout;
    let nothing_new = format!(
        "7 mentions scored anew by {model}: all labels stay as they were\n\
         1 mention without a tone: neither French nor English\n"
    );
    assert_eq!(again, nothing_new);
    assert_eq!(scenario.run(&["rescore", "--json"]).ok().json()["changed"], 0);
}

#[test]
fn a_rescore_may_be_of_a_time_and_says_what_it_changed() {
    let scenario = heard(CONFIG);
    let first = tones(&scenario);
    scenario.configure(&format!("{CONFIG}{TRADE}"));
    let text = scenario.run(&["rescore", "--since", "2026-02-02", "--until", "2026-02-03"]).ok().stdout;
    let (model, before) = (&first["2 acme"]["model"].as_str().unwrap(), label(&first, "2 acme"));
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0].join(" "), format!("1 mention scored anew by {model}: 1 with another label"));
    assert_eq!(lines[2..], [["before", "now", "mentions"], [before, "negative", "1"]]);
    let second = tones(&scenario);
    assert_eq!(label(&second, "2 acme"), "negative");
    let others = |tones: &BTreeMap<String, Value>| {
        let mut tones = tones.clone();
        tones.remove("2 acme");
        tones
    };
    assert_eq!(others(&second), others(&first));
    let none = scenario.run(&["rescore", "--since", "2026-02-20"]).ok().stdout;
    assert_eq!(none, "no mentions to score\n");
    let wrong = scenario.run(&["rescore", "--since", "2026-02-02", "--until", "2026-02-02"]);
    assert_eq!((wrong.code, wrong.stderr.as_str()), (2, "vigie: --since must lie before --until\n"));
    let empty = Scenario::new(CONFIG);
    let nothing = empty.run(&["rescore"]);
    assert_eq!(nothing.code, 2);
    assert!(nothing.stderr.contains("nothing is stored"), "{}", nothing.stderr);
    assert!(!empty.data_dir().exists());
}

#[test]
fn a_mention_whose_brand_an_edit_took_out_keeps_its_tone() {
    let mut scenario = heard(CONFIG);
    let first = tones(&scenario);
    // An entry that names nobody any more would be passed over.
    let edited = document().replace("Globex", "Acme");
    scenario.publisher.publish("/news.xml", &edited);
    scenario.at("2026-03-02T10:00:00Z").run(&["poll"]).ok();
    assert_eq!(tones(&scenario)["6 globex"], first["6 globex"]);
    scenario.configure(&format!("{CONFIG}{TRADE}"));
    let text = scenario.run(&["rescore"]).ok().stdout;
    assert!(text.contains("\n2 mentions left alone: an edit took the brand out of the text\n"), "{text}");
    assert_eq!(label(&tones(&scenario), "6 acme"), "negative");
    assert_eq!(tones(&scenario)["6 globex"], first["6 globex"]);
    scenario.run(&["doctor"]).ok();
}

#[test]
fn brands_that_no_poll_has_heard_of_yet_are_scored_too() {
    let scenario = heard(CONFIG);
    scenario.configure(&format!("{CONFIG}{INITECH}{TRADE}"));
    let rescored = scenario.run(&["rescore", "--json"]).ok().json();
    assert_eq!(rescored["mentions"], 7, "{rescored}");
    assert_eq!(tones(&scenario), tones(&heard(&format!("{CONFIG}{INITECH}{TRADE}"))));
}
