//! From a served document to a stored, searchable mention.

use crate::scenario::{Answer, Scenario, item, rss};

pub const CONFIG: &str = r#"
[settings]
host_pause = "0s"

[[brand]]
id = "acme"
name = "Acme"
role = "own"

[[brand]]
id = "globex"
name = "Globex"
role = "competitor"

[[source]]
id = "news"
url = "{base}/news.xml"
allow_private = true
"#;

fn three_items() -> String {
    rss(&[
        item("1", "Acme opens a shop", "Everybody likes the new shop.", "Sun, 01 Mar 2026 10:00:00 GMT"),
        item("2", "Weather", "Nothing of interest.", "Sun, 01 Mar 2026 11:00:00 GMT"),
        item("3", "Globex et Acme", "Deux marques, un accord.", "Sun, 01 Mar 2026 12:00:00 GMT"),
    ])
}

#[test]
fn a_document_becomes_mentions_once() {
    let mut scenario = Scenario::new(CONFIG);
    scenario.publisher.publish("/news.xml", &three_items());
    let first = scenario.run(&["poll", "--json"]).ok().json();
    assert_eq!(first["sources"][0]["entries"], 3);
    assert_eq!(first["sources"][0]["new_mentions"], 3);
    assert_eq!(first["sources"][0]["backfill"], true);
    let ids = scenario.mention_ids();
    assert_eq!(ids.len(), 3);

    // The same document under another tag, as after a deploy of the publisher's: nothing is new.
    let again = Answer {
        status: 200,
        headers: vec![("ETag".into(), "\"other\"".into())],
        body: format!("{} ", three_items()).into_bytes(),
    };
    scenario.publisher.answer("/news.xml", again);
    scenario.at("2026-03-02T10:00:00Z");
    let second = scenario.run(&["poll", "--json"]).ok().json();
    assert_eq!(second["sources"][0]["outcome"], "read");
    assert_eq!(second["sources"][0]["new_mentions"], 0);
    assert_eq!(scenario.mention_ids(), ids);
}

#[test]
fn validators_are_sent_back_verbatim_and_no_source_is_polled_before_its_time() {
    let mut scenario = Scenario::new(CONFIG);
    let answer = Answer {
        status: 200,
        headers: vec![
            ("ETag".into(), "W/\"a-1\"".into()),
            ("Last-Modified".into(), "Sun,  1 Mar 2026 1:02:03 GMT".into()),
        ],
        body: three_items().into_bytes(),
    };
    scenario.publisher.answer("/news.xml", answer);
    scenario.run(&["poll"]).ok();
    let early = scenario.at("2026-03-02T08:01:00Z").run(&["poll"]).ok();
    assert!(early.stdout.contains("no source is due"), "{}", early.stdout);
    assert_eq!(scenario.publisher.asked("/news.xml"), 1);

    let later = scenario.at("2026-03-02T10:00:00Z").run(&["poll", "--json"]).ok().json();
    assert_eq!(later["sources"][0]["outcome"], "unchanged");
    let head = scenario.publisher.requests("/news.xml")[1].to_lowercase();
    assert!(head.contains("if-none-match: w/\"a-1\"\r\n"), "{head}");
    assert!(head.contains("if-modified-since: sun,  1 mar 2026 1:02:03 gmt\r\n"), "{head}");
}

#[test]
fn an_edit_is_a_revision_of_the_same_mention() {
    let mut scenario = Scenario::new(CONFIG);
    scenario.publisher.publish("/news.xml", &three_items());
    scenario.run(&["poll"]).ok();
    let ids = scenario.mention_ids();
    let edited =
        three_items().replace("Everybody likes the new shop.", "Everybody hates the awful new shop.");
    scenario.publisher.publish("/news.xml", &edited);
    let view = scenario.at("2026-03-02T10:00:00Z").run(&["poll", "--json"]).ok().json();
    assert_eq!(view["sources"][0]["revised"], 1);
    assert_eq!(view["sources"][0]["new_mentions"], 0);
    assert_eq!(scenario.mention_ids(), ids);
    let found = scenario.run(&["search", "awful", "--json"]).ok().json();
    assert_eq!(found["total"], 1);
    assert_eq!(scenario.run(&["search", "likes", "--json"]).ok().json()["total"], 0);
}

#[test]
fn a_change_of_brands_is_heard_at_once() {
    let mut scenario = Scenario::new(&CONFIG.replace("name = \"Globex\"", "name = \"Initech\""));
    scenario.publisher.publish("/news.xml", &three_items());
    scenario.run(&["poll"]).ok();
    assert_eq!(scenario.mention_ids().len(), 2);

    scenario.configure(CONFIG);
    let view = scenario.at("2026-03-02T08:01:00Z").run(&["poll", "--json"]).ok().json();
    assert_eq!(view["sources"][0]["outcome"], "read", "the unchanged document is read whole once more");
    assert_eq!(scenario.mention_ids().len(), 3);
    let head = scenario.publisher.requests("/news.xml")[1].to_lowercase();
    assert!(!head.contains("if-none-match"), "{head}");
}

#[test]
fn a_bad_source_disturbs_no_other() {
    let config = format!(
        "{CONFIG}\n[[source]]\nid = \"page\"\nurl = \"{{base}}/page\"\nallow_private = true\n\
         [[source]]\nid = \"lost\"\nurl = \"{{base}}/lost\"\nallow_private = true\n"
    );
    let scenario = Scenario::new(&config);
    scenario.publisher.publish("/news.xml", &three_items());
    scenario.publisher.publish("/page", "<!doctype html><html><head><title>Hello</title></head></html>");
    let view = scenario.run(&["poll", "--json"]).ok().json();
    let outcomes: Vec<&str> =
        view["sources"].as_array().unwrap().iter().map(|s| s["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["read", "failed", "failed"]);
    let health = scenario.run(&["sources", "health", "--json"]).ok().json();
    assert_eq!(health["sources"][0]["state"], "ok");
    assert_eq!(health["sources"][0]["mentions"], 3);
    assert_eq!(health["sources"][1]["state"], "broken");
    assert!(health["sources"][1]["note"].as_str().unwrap().contains("HTML"), "{}", health["sources"][1]);
    assert!(health["sources"][2]["note"].as_str().unwrap().contains("404"), "{}", health["sources"][2]);
}

#[test]
fn a_search_finds_in_both_languages_and_shows_where() {
    let scenario = Scenario::new(CONFIG);
    scenario.publisher.publish("/news.xml", &three_items());
    scenario.run(&["poll"]).ok();
    let view = scenario.run(&["search", "accords", "--json"]).ok().json();
    // Two brands, two mentions of the one entry.
    assert_eq!(view["total"], 2, "{view}");
    let hit = &view["hits"][0];
    let excerpt: Vec<char> = hit["excerpt"].as_str().unwrap().chars().collect();
    let [start, end] = [0, 1].map(|i| hit["spans"][0][i].as_u64().unwrap() as usize);
    assert_eq!(excerpt[start..end].iter().collect::<String>(), "accord");
    let none = scenario.run(&["search", "zebra"]).ok();
    assert_eq!(none.stdout, "no mentions\n");
    let wrong = scenario.run(&["search", "shop AND"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains('^'), "{}", wrong.stderr);
}

#[test]
fn the_index_is_made_anew_when_it_is_lost_or_damaged() {
    let scenario = Scenario::new(CONFIG);
    scenario.publisher.publish("/news.xml", &three_items());
    scenario.run(&["poll"]).ok();
    let index = scenario.data_dir().join("tantivy");
    std::fs::remove_dir_all(&index).unwrap();
    assert_eq!(scenario.run(&["search", "shop", "--json"]).ok().json()["total"], 1);
    for entry in std::fs::read_dir(&index).unwrap().flatten() {
        if entry.path().is_file() {
            std::fs::write(entry.path(), b"rubbish").unwrap();
        }
    }
    let found = scenario.run(&["search", "shop", "--json"]).ok();
    assert_eq!(found.json()["total"], 1);
    assert!(found.stderr.contains("anew"), "the repair is spoken of: {}", found.stderr);
    scenario.run(&["doctor"]).ok();
    assert!(scenario.run(&["reindex"]).ok().stdout.starts_with("3 mentions"));
}

#[test]
fn what_is_exported_is_imported_as_known() {
    let scenario = Scenario::new(CONFIG);
    scenario.publisher.publish("/news.xml", &three_items());
    scenario.run(&["poll"]).ok();
    let exported = scenario.run(&["export", "*"]).ok().stdout;
    assert_eq!(exported.lines().count(), 2, "one line per entry");
    let other = Scenario::new(CONFIG);
    let first = other.run_with(&["import", "--json"], &exported).ok().json();
    assert_eq!((first["new"].as_u64(), first["mentions"].as_u64()), (Some(2), Some(3)), "{first}");
    assert_eq!(other.mention_ids(), scenario.mention_ids(), "ids are the same on every machine");
    let again = other.run_with(&["import", "--json"], &exported).ok().json();
    assert_eq!((again["new"].as_u64(), again["known"].as_u64()), (Some(0), Some(2)), "{again}");
    let bad = other.run_with(&["import", "--json"], "{\"title\":\"Acme again\"}\n{\"id\":1}\n");
    assert_eq!(bad.code, 1);
    assert_eq!(bad.json()["rejected"], 1);
    assert!(bad.stderr.contains("-:2: "), "{}", bad.stderr);
}

#[test]
fn what_a_new_brand_finds_in_the_past_raises_no_alert() {
    let mut scenario = Scenario::new(CONFIG);
    let items = [
        item("1", "Initech recalls a lamp", "It burns.", "Mon, 02 Mar 2026 07:30:00 GMT"),
        item("2", "Acme says Initech must recall more", "It burns.", "Mon, 02 Mar 2026 07:40:00 GMT"),
    ];
    scenario.publisher.publish("/news.xml", &rss(&[]));
    scenario.at("2026-03-02T07:00:00Z").run(&["poll"]).ok();
    scenario.publisher.publish("/news.xml", &rss(&items));
    scenario.at("2026-03-02T08:00:00Z").run(&["poll"]).ok();
    assert_eq!(scenario.mention_ids().len(), 1, "only Acme is listened for");
    let brand = "\n[[brand]]\nid = \"initech\"\nname = \"Initech\"\nrole = \"competitor\"\n";
    let rule = "\n[[rule]]\nid = \"recall\"\nkind = \"pattern\"\ntext = \"recall\"\nbrands = [\"initech\"]\n";
    scenario.configure(&format!("{CONFIG}{brand}{rule}"));
    // One is found in what is kept, the other in the document, and neither is news.
    let round = scenario.at("2026-03-02T08:01:00Z").run(&["poll", "--json"]).ok().json();
    assert_eq!(round["sources"][0]["new_mentions"], 1, "{round}");
    assert_eq!(scenario.mention_ids().len(), 3);
    let newer = item("3", "Initech recalls all lamps", "They burn.", "Mon, 02 Mar 2026 08:30:00 GMT");
    scenario.publisher.publish("/news.xml", &rss(&[&items[..], &[newer]].concat()));
    let alerted = scenario.at("2026-03-02T09:00:00Z").run(&["poll"]);
    assert_eq!(alerted.code, 3, "news is told: {}\n{}", alerted.stdout, alerted.stderr);
}

#[test]
fn what_a_source_repeats_is_nobody_s_mention() {
    const RELATED: &str =
        "More from us: what is the best price plan for the new Acme phone; Globex moves to Turin";
    let day = |number: u32, title: &str, text: &str| {
        item(
            &number.to_string(),
            title,
            &format!("{text}. {RELATED}"),
            &format!("Sun, 01 Mar 2026 1{number}:00:00 GMT"),
        )
    };
    let items = [
        day(
            0,
            "Stolen tortoise",
            "A tortoise was taken from a park in the north and found in a garden the next day",
        ),
        day(
            1,
            "Trains again",
            "Trains between Lyon and Nice run again after three weeks of work on the whole line",
        ),
        day(
            2,
            "Leek soup",
            "With cheese and a little patience it takes half an hour and feeds six in the evening",
        ),
        day(3, "A shop", "Acme opens a shop in Lyon where its phones can be tried and repaired by a person"),
    ];
    let mut scenario = Scenario::new(CONFIG);
    scenario.publisher.publish("/news.xml", &rss(&items));
    let first = scenario.run(&["poll", "--json"]).ok().json();
    assert_eq!(
        (&first["sources"][0]["entries"], &first["sources"][0]["new_mentions"]),
        (&4.into(), &1.into())
    );
    let exported = scenario.run(&["export", "*"]).ok().stdout;
    assert!(exported.contains("Acme opens a shop") && !exported.contains("price plan"), "{exported}");

    // A later document of two entries repeats nothing by itself; what the source repeats is remembered.
    let later =
        day(5, "Rain", "It rains in the north until the evening and then it will be dry for a week at least");
    scenario.publisher.publish("/news.xml", &rss(&[items[0].clone(), later]));
    scenario.at("2026-03-02T10:00:00Z");
    let second = scenario.run(&["poll", "--json"]).ok().json();
    assert_eq!(
        (&second["sources"][0]["entries"], &second["sources"][0]["new_mentions"]),
        (&2.into(), &0.into())
    );
    scenario.run(&["doctor"]).ok();
}
