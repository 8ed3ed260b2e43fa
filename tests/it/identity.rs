//! Exactly once: what a feed tells again, edits, renames or cuts off is the mention it was.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;
use vigie::config;
use vigie::daemon::listening;
use vigie::ingest::Engines;
use vigie::model::{Change, HealthState, Learned, Validators};
use vigie::prepare::prepare;
use vigie::sources::{Document, Limits};
use vigie::store::{Origin, Outcome, Polled};

use crate::pipeline::CONFIG;
use crate::scenario::{Scenario, item, rss};

/// An item whose guid and link need not belong together.
fn entry(guid: &str, link: &str, title: &str, text: &str) -> String {
    format!(
        "<item><guid isPermaLink=\"false\">{guid}</guid><link>https://news.example/{link}</link>\
         <title>{title}</title><description>{text}</description><pubDate>Mon, 02 Mar 2026 07:00:00 GMT</pubDate></item>"
    )
}

const FIRST: &str = "The first of many reports.";

/// Polls documents two hours apart, and answers of each how many mentions were new and how many entries revised,
/// and how many mentions there are in the end. No search finds one of them twice.
#[track_caller]
fn check(documents: &[Vec<String>], expected: &[(u64, u64)], mentions: usize) {
    let rules = "\n[[query]]\nid = \"word\"\ntext = \"acme\"\n[[rule]]\nid = \"word\"\nkind = \"pattern\"\nquery = \"word\"\n";
    let mut scenario = Scenario::new(&format!("{CONFIG}{rules}"));
    // What a source holds when it is first heard raises no alert.
    scenario.publisher.publish("/news.xml", &rss(&[]));
    scenario.run(&["poll"]).ok();
    let mut said = Vec::new();
    let mut told = Vec::new();
    for (hour, document) in documents.iter().enumerate() {
        scenario.publisher.publish("/news.xml", &rss(document));
        let round =
            scenario.at(&format!("2026-03-02T{:02}:00:00Z", 10 + 2 * hour)).run(&["poll", "--all", "--json"]);
        let source = &round.json()["sources"][0];
        let count = |key: &str| source[key].as_u64().expect("a number");
        said.push((count("new_mentions"), count("revised")));
        let alerts = scenario.run(&["alerts", "list", "--json"]).json();
        told.push(alerts["alerts"].as_array().expect("alerts").len());
    }
    assert_eq!(said, expected);
    assert_eq!(scenario.mention_ids().len(), mentions);
    assert_eq!(scenario.run(&["search", "acme", "--json"]).ok().json()["total"], json!(mentions));
    assert_eq!(told[0], 1, "the rule watches");
    for (alerts, (new, _)) in told.windows(2).zip(&expected[1..]) {
        assert!(alerts[0] == alerts[1] || *new > 0, "what is no news raised an alert: {told:?}");
    }
    scenario.run(&["doctor"]).ok();
}

#[test]
fn a_guid_used_again_for_something_else_is_a_new_entry() {
    let first = entry("1", "one", "Acme opens a shop", FIRST);
    let second = entry("1", "two", "Acme closes a mine", "Something else altogether happened.");
    check(&[vec![first.clone()], vec![second.clone()], vec![first, second]], &[(1, 0), (1, 0), (0, 0)], 2);
}

#[test]
fn a_guid_that_is_another_at_each_poll_is_the_same_entry() {
    let at = |guid: &str| vec![entry(guid, "one", "Acme opens a shop", FIRST)];
    check(&[at("1"), at("2"), at("3"), at("1")], &[(1, 0), (0, 0), (0, 0), (0, 0)], 1);
}

#[test]
fn a_link_that_is_edited_under_a_new_guid_is_a_revision() {
    let first = entry("1", "one", "Acme opens a shop", FIRST);
    let second = entry("2", "one", "Acme opens a shop", "The first of many reports, corrected.");
    check(&[vec![first.clone()], vec![second.clone()], vec![first, second]], &[(1, 0), (0, 1), (0, 0)], 1);
}

#[test]
fn a_guid_that_stands_twice_in_a_document_is_one_entry() {
    let twice = entry("1", "one", "Acme opens a shop", FIRST);
    let other = entry("1", "one", "Acme opens a shop", "Said with other words this time.");
    check(&[vec![twice.clone(), twice.clone()], vec![twice, other]], &[(1, 0), (0, 1)], 1);
}

#[test]
fn without_a_guid_what_stands_twice_is_one_entry_too() {
    let twice =
        "<item><link>https://news.example/one</link><title>Acme opens a shop</title></item>".to_owned();
    check(&[vec![twice.clone(), twice.clone()], vec![twice]], &[(1, 0), (0, 0)], 1);
}

#[test]
fn entries_of_one_page_without_guids_stay_themselves() {
    let on_page = |title: &str| {
        format!("<item><link>https://news.example/log</link><title>Acme {title}</title></item>")
    };
    let (first, second, third) = (on_page("2.1 is out"), on_page("2.2 is out"), on_page("3 is out"));
    let documents = [
        vec![second.clone(), first.clone()],
        vec![third.clone(), second.clone()],
        vec![third],
        vec![second, first],
    ];
    check(&documents, &[(2, 0), (1, 0), (0, 0), (0, 0)], 3);
}

#[test]
fn an_item_that_appears_again_after_a_week_is_no_news() {
    let first = item("1", "Acme opens a shop", FIRST, "Mon, 02 Mar 2026 07:00:00 GMT");
    let other = item("2", "Weather", "Nothing of interest.", "Mon, 02 Mar 2026 08:00:00 GMT");
    let mut scenario = Scenario::new(CONFIG);
    for (now, document) in [
        ("2026-03-02T08:00:00Z", rss(std::slice::from_ref(&first))),
        ("2026-03-03T08:00:00Z", rss(std::slice::from_ref(&other))),
        ("2026-03-10T08:00:00Z", rss(&[first, other])),
    ] {
        scenario.publisher.publish("/news.xml", &document);
        scenario.at(now).run(&["poll"]).ok();
    }
    let found = scenario.run(&["search", "acme", "--json"]).ok().json();
    assert_eq!(found["total"], 1);
    assert!(found["hits"][0]["observed"].as_str().is_none_or(|at| at.starts_with("2026-03-02")), "{found}");
    scenario.run(&["doctor"]).ok();
}

/// How an entry of a history is told.
#[derive(Clone, Debug)]
struct Told {
    /// Without one, it goes by its link.
    has_guid: bool,
    /// The guid is another one in each version.
    renamed: bool,
    is_dated: bool,
}

/// A poll: which entries, each in which of its versions, and how much of the document came.
#[derive(Clone, Debug)]
struct Poll {
    entries: Vec<(usize, usize)>,
    /// Thousandths of the bytes; beyond 1000 the whole.
    came: usize,
}

fn history() -> impl Strategy<Value = (Vec<Told>, Vec<Poll>)> {
    let told = (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(has_guid, renamed, is_dated)| Told {
        has_guid,
        renamed,
        is_dated,
    });
    prop::collection::vec(told, 1..6).prop_flat_map(|told| {
        let entry = (0..told.len(), 0_usize..3);
        let poll = (prop::collection::vec(entry, 0..7), 0_usize..2000);
        let polls = prop::collection::vec(poll.prop_map(|(entries, came)| Poll { entries, came }), 1..8);
        (Just(told), polls)
    })
}

fn told_as((number, version): (usize, usize), told: &Told) -> String {
    let guid = match (told.has_guid, told.renamed) {
        (false, _) => String::new(),
        (true, false) => format!("<guid isPermaLink=\"false\">g{number}</guid>"),
        (true, true) => format!("<guid isPermaLink=\"false\">g{number}v{version}</guid>"),
    };
    let date = if told.is_dated { "<pubDate>Mon, 02 Mar 2026 07:00:00 GMT</pubDate>" } else { "" };
    format!(
        "<item>{guid}<link>https://news.example/{number}</link><title>Acme, matter {number}</title>\
         <description>Version {version} of what is said of matter {number} &amp; more</description>{date}</item>"
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Documents late, twice, out of order, with entries doubled, edited and renamed between them, each cut at some
    /// byte: at the end each link is one mention, and all that ever came whole is there.
    #[test]
    fn whatever_the_history_each_entry_is_one_mention((told, polls) in history()) {
        let text = CONFIG.replace("{base}", "https://news.example");
        let config = config::check(&[config::File { path: "feeds.toml".into(), text }]).config.expect("it is right");
        let listening = listening(&config).unwrap();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut engines = Engines::open(folder.path(), &config.settings.timezone).expect("it opens");
        engines.store.sync_sources(&config.sources).expect("stored");
        let mut whole = BTreeMap::new();
        for (minute, poll) in polls.iter().enumerate() {
            // In one document other guids, or texts without any, are other entries.
            let mut versions = BTreeMap::new();
            let items: Vec<String> = poll
                .entries
                .iter()
                .map(|&(number, version)| (number, *versions.entry(number).or_insert(version)))
                .map(|of| told_as(of, &told[of.0]))
                .collect();
            let document = rss(&items);
            let came = document.len().min(document.len() * poll.came / 1000);
            let bytes = &document.as_bytes()[..came];
            for (of, item) in poll.entries.iter().zip(&items) {
                let ends = document.find(item).expect("it is in the document") + item.len();
                if ends <= came {
                    *whole.entry(format!("https://news.example/{}", of.0)).or_insert(0) += 1;
                }
            }
            let document = Document { bytes, content_type: None, base_url: None };
            let batch = prepare(&config.sources[0], document, &listening, &Limits::default());
            let at = format!("2026-03-02T08:{minute:02}:00Z").parse().expect("a time");
            let outcome = Outcome {
                state: HealthState::Ok, validators: Validators::default(), next_poll: None, note: None,
                problems: Vec::new(), learned: Learned::default(), asked: true, missed_until: None,
                listening: config.listening_hash(),
            };
            engines.store.ingest(&batch, &Polled { at, origin: Origin::Poll(Box::new(outcome)) }).expect("stored");
        }
        let mut mentions: BTreeMap<String, usize> = BTreeMap::new();
        for (_, change) in engines.store.changes_since(0, 1000).expect("read") {
            if let Change::New(mention) | Change::Put(mention) = change {
                *mentions.entry(mention.link.clone().expect("a link")).or_default() += 1;
            }
        }
        let once: BTreeMap<String, usize> = whole.into_keys().map(|link| (link, 1)).collect();
        prop_assert_eq!(mentions, once);
    }
}

/// Tones of entries that are kept as they are, are not told again; what is new has one, though its words are known.
#[test]
fn every_mention_has_a_tone_however_its_words_came() {
    let text = "The new Acme bike is awful, its battery fails every week.";
    let mut scenario = Scenario::new(CONFIG);
    scenario.publisher.publish("/news.xml", &rss(&[entry("1", "one", "Acme fails", text)]));
    scenario.at("2026-03-02T10:00:00Z").run(&["poll"]).ok();
    let first = entry("1", "one", "Acme fails", "The new Acme bike is a wonderful ride, we love it.");
    let again = entry("2", "two", "Acme fails", text);
    scenario.publisher.publish("/news.xml", &rss(&[first, again, entry("3", "three", "Acme fails", text)]));
    scenario.at("2026-03-02T12:00:00Z").run(&["poll", "--all"]).ok();
    let hits = scenario.run(&["search", "acme", "--json"]).ok().json();
    let mut tones: Vec<_> =
        hits["hits"].as_array().expect("hits").iter().map(|hit| hit["sentiment"]["label"].clone()).collect();
    tones.sort_by_key(ToString::to_string);
    assert_eq!(tones, ["negative", "negative", "positive"]);
}
