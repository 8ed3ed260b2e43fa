//! What is kept and for how long: `keep` and `retention` over months of the program's clock.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use serde_json::Value;

use crate::running::{signal, start, wait_until};
use crate::scenario::{Answer, Scenario, item, read_all, rss};

/// One brand, one source, and what `settings` say.
fn config(settings: &str) -> String {
    format!(
        "[settings]\nhost_pause = \"0s\"\n{settings}\n[[brand]]\nid = \"acme\"\nname = \"Acme\"\nrole = \"own\"\n\
         [[source]]\nid = \"news\"\nurl = \"{{base}}/news.xml\"\nallow_private = true\n"
    )
}

const OTHER: &str = "\n[[brand]]\nid = \"globex\"\nname = \"Globex\"\nrole = \"competitor\"\n";

fn exported(scenario: &Scenario) -> Vec<Value> {
    let lines = scenario.run(&["export", "*"]).ok().stdout;
    lines.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
}

fn guids(scenario: &Scenario) -> String {
    let ids: Vec<String> =
        exported(scenario).iter().map(|e| e["id"].as_str().expect("a guid").to_owned()).collect();
    ids.join(" ")
}

/// Mentions and stories of acme over the whole time, by `benchmark`.
fn counted(scenario: &Scenario) -> (u64, u64) {
    let view = scenario.run(&["benchmark", "--since", "2026-01-01", "--json"]).ok().json();
    let row = &view["brands"][0];
    let number = |key: &str| row[key].as_u64().unwrap_or_else(|| panic!("{key} in {view}"));
    (number("mentions"), number("stories"))
}

fn found(scenario: &Scenario, query: &str) -> u64 {
    scenario.run(&["search", query, "--json"]).ok().json()["total"].as_u64().expect("a number")
}

#[track_caller]
fn sound(scenario: &Scenario) {
    let doctor = scenario.run(&["doctor"]);
    assert_eq!(doctor.code, 0, "{}{}", doctor.stdout, doctor.stderr);
}

/// A story of three copies over six days, an undated entry, one of another story and one that names nobody.
fn items() -> Vec<String> {
    let text = "Acme recalls the lamp that it sold in March because its cable may melt and burn the table";
    let copy = |guid: &str, day: &str| item(guid, "Recall", text, &format!("{day} Mar 2026 10:00:00 GMT"));
    vec![
        copy("first", "Mon, 02"),
        copy("second", "Thu, 05"),
        copy("third", "Sun, 08"),
        item("shop", "Acme opens a shop", "Everybody likes the new shop.", "Mon, 02 Mar 2026 11:00:00 GMT"),
        item("nobody", "Weather", "Globex says it rains.", "Mon, 02 Mar 2026 12:00:00 GMT"),
        "<item><guid>undated</guid><title>Acme hires a gardener for its roof</title></item>".to_owned(),
    ]
}

/// `items` heard live on 9 March.
fn heard(settings: &str) -> Scenario {
    let mut scenario = Scenario::new(&config(settings));
    scenario.publisher.publish("/news.xml", &rss(&[]));
    scenario.at("2026-03-01T08:00:00Z").run(&["poll"]).ok();
    scenario.publisher.publish("/news.xml", &rss(&items()));
    scenario.at("2026-03-09T08:00:00Z").run(&["poll"]).ok();
    scenario.at("2026-03-09T09:00:00Z");
    scenario
}

#[test]
fn without_a_word_everything_is_kept() {
    let mut scenario = heard("");
    let ids = scenario.mention_ids();
    scenario.at("2046-03-09T08:00:00Z").run(&["poll"]).ok();
    assert_eq!(scenario.mention_ids(), ids);
    assert_eq!(guids(&scenario), "first shop second third undated");
}

/// A clock years ahead would call everything old; servers say what time it is.
#[test]
fn nothing_is_deleted_by_a_clock_that_servers_deny() {
    let mut scenario = heard("retention = \"90d\"");
    let ids = scenario.mention_ids();
    let answer = |date: &str| Answer {
        status: 200,
        headers: vec![("Date".into(), date.into())],
        body: rss(&items()).into_bytes(),
    };
    scenario.publisher.answer("/news.xml", answer("Tue, 10 Mar 2026 08:00:00 GMT"));
    let denied = scenario.at("2027-06-04T08:00:00Z").run(&["poll"]).ok();
    assert!(denied.stderr.contains("this machine's clock is wrong"), "{}", denied.stderr);
    assert_eq!(scenario.mention_ids(), ids);
    // The same instant, and servers agree: what is old goes.
    scenario.publisher.answer("/news.xml", answer("Fri, 04 Jun 2027 12:00:00 GMT"));
    scenario.at("2027-06-04T12:00:00Z").run(&["poll", "--all"]).ok();
    assert!(scenario.mention_ids().is_empty());
}

/// What was called too old while the clock was wrong is taken in when it is right, from the same document.
#[test]
fn what_a_wrong_clock_refuses_is_heard_when_it_is_right() {
    let mut scenario = Scenario::new(&config("retention = \"90d\""));
    let answer = Answer {
        status: 200,
        headers: vec![
            ("Date".into(), "Tue, 10 Mar 2026 08:00:00 GMT".into()),
            ("ETag".into(), "\"1\"".into()),
        ],
        body: rss(&items()).into_bytes(),
    };
    scenario.publisher.answer("/news.xml", answer);
    scenario.at("2027-06-04T08:00:00Z").run(&["poll"]).ok();
    let refused = scenario.mention_ids().len();
    scenario.at("2026-03-10T08:00:00Z").run(&["poll", "--all"]).ok();
    let heard = scenario.mention_ids().len();
    assert!(refused < heard, "{refused} and {heard}");
    // From then on nothing is read again.
    let same = scenario.at("2026-03-10T10:00:00Z").run(&["poll", "--all", "--json"]).ok().json();
    assert_eq!(same["sources"][0]["outcome"], "unchanged", "{same}");
}

#[test]
fn what_expires_is_gone_from_everywhere_but_the_counts() {
    let mut scenario = heard("retention = \"90d\"");
    let before = counted(&scenario);
    assert_eq!(before, (5, 3), "mentions and stories");
    let story = exported(&scenario)[0]["mentions"][0]["story"].clone();
    assert_eq!(found(&scenario, "shop"), 1);

    // 90 days before 4 June is 6 March: two copies of the story are older, one is not.
    scenario.at("2026-06-04T08:00:00Z").run(&["poll"]).ok();
    assert_eq!(guids(&scenario), "third undated");
    assert_eq!((found(&scenario, "shop"), found(&scenario, "recalls")), (0, 1));
    assert_eq!(exported(&scenario)[0]["mentions"][0]["story"], story, "a story keeps its id");
    assert_eq!(counted(&scenario), before);
    sound(&scenario);

    // A late copy joins the story, which has been counted.
    let late = items()[2].replace("third", "fourth").replace("Sun, 08", "Mon, 09");
    scenario.publisher.publish("/news.xml", &rss(&[late]));
    scenario.at("2026-06-04T12:00:00Z").run(&["poll"]).ok();
    assert_eq!(counted(&scenario), (before.0 + 1, before.1));
    sound(&scenario);

    scenario.publisher.publish("/news.xml", &rss(&[]));
    scenario.at("2026-09-01T08:00:00Z").run(&["poll"]).ok();
    assert_eq!(guids(&scenario), "");
    assert_eq!(found(&scenario, "acme"), 0);
    assert_eq!(counted(&scenario), (before.0 + 1, before.1));
    sound(&scenario);
    assert!(scenario.run(&["reindex", "--json"]).ok().json()["mentions"] == 0);

    // Days of another zone are made from what stays.
    scenario.configure(&config("retention = \"90d\"\ntimezone = \"Pacific/Auckland\""));
    scenario.at("2026-09-02T08:00:00Z").run(&["poll"]).ok();
    assert_eq!(counted(&scenario), (before.0 + 1, before.1));
    sound(&scenario);
}

#[test]
fn what_a_feed_tells_again_after_it_expired_is_no_news() {
    let mut scenario = heard("retention = \"90d\"");
    let before = counted(&scenario);
    scenario.at("2026-09-01T08:00:00Z").run(&["poll"]).ok();
    assert_eq!(guids(&scenario), "");
    // The same entries, one of them with another text, one with another link, and one never seen that is old.
    let mut items = items();
    items[3] = items[3].replace("likes", "hates");
    items[4] = items[4].replace("Globex", "Acme");
    items.push("<item><guid>undated</guid><title>Acme hires two gardeners</title></item>".to_owned());
    items[0] = items[0].replace("https://news.example/first", "https://new.example/1");
    scenario.publisher.publish("/news.xml", &rss(&items));
    let round = scenario.at("2026-09-01T12:00:00Z").run(&["poll", "--json"]).ok().json();
    assert_eq!(round["sources"][0]["new_mentions"], 0, "{round}");
    assert_eq!(guids(&scenario), "");
    assert_eq!(counted(&scenario), before);
    sound(&scenario);
    // What is really new still is.
    items.push(item("new", "Acme closes", "For good.", "Tue, 01 Sep 2026 13:00:00 GMT"));
    scenario.publisher.publish("/news.xml", &rss(&items));
    let round = scenario.at("2026-09-01T16:00:00Z").run(&["poll", "--json"]).ok().json();
    assert_eq!(round["sources"][0]["new_mentions"], 1, "{round}");
    // Of an import, what is too old is told.
    let old = "{\"title\":\"Acme once\",\"published\":\"2020-01-01\"}\n";
    let told = scenario.run_with(&["import"], old).ok().stdout;
    assert!(told.contains("0 new entries, 0 known, 0 revised, 1 too old to be kept, 0 naming"), "{told}");
}

#[test]
fn it_is_deleted_once_a_day() {
    let mut scenario = heard("retention = \"90d\"");
    // 5 March, 10:00, is not 90 days ago yet.
    scenario.at("2026-06-03T09:00:00Z").run(&["poll"]).ok();
    assert_eq!(guids(&scenario), "second third undated");
    scenario.at("2026-06-03T20:00:00Z").run(&["poll"]).ok();
    assert_eq!(guids(&scenario), "second third undated", "no day has passed");
    scenario.at("2026-06-04T09:00:00Z").run(&["poll"]).ok();
    assert_eq!(guids(&scenario), "third undated");
}

#[test]
fn run_deletes_too_and_the_index_follows() {
    let mut scenario = heard("retention = \"90d\"");
    scenario.at("2026-09-01T08:00:00Z");
    let mut child = start(&scenario);
    wait_until("the deletion", || guids(&scenario).is_empty());
    signal(&child, "-TERM");
    assert!(child.wait().expect("it can be waited for").success());
    assert_eq!(found(&scenario, "acme"), 0);
    sound(&scenario);
}

#[test]
fn an_alert_says_that_its_evidence_expired() {
    let rule = "\n[[rule]]\nid = \"recall\"\nkind = \"pattern\"\ntext = \"recalls\"\n";
    let settings = format!("{}{rule}", config("retention = \"90d\""));
    let mut scenario = Scenario::new(&settings);
    scenario.publisher.publish("/news.xml", &rss(&[]));
    scenario.at("2026-03-01T08:00:00Z").run(&["poll"]).ok();
    scenario.publisher.publish("/news.xml", &rss(&items()));
    scenario.at("2026-03-09T08:00:00Z").run(&["poll"]);
    let alerts = scenario.run(&["alerts", "list", "--json"]).json();
    let id = alerts["alerts"][0]["id"].as_str().unwrap_or_else(|| panic!("{alerts}")).to_owned();
    let all = alerts["alerts"][0]["evidence"].as_array().expect("a list").len();
    let explained = |scenario: &Scenario| {
        let view = scenario.run(&["alerts", "explain", &id, "--json"]).json();
        view["differences"].as_array().unwrap_or_else(|| panic!("{view}")).clone()
    };
    assert_eq!(explained(&scenario), [""; 0]);
    scenario.at("2026-09-01T08:00:00Z").run(&["poll"]);
    let told = explained(&scenario);
    let expected = format!("expired: {all} of the {all} mentions of the evidence are deleted for their age");
    assert!(told.contains(&Value::from(expected)), "{told:?}");
    scenario.run(&["alerts", "show", &id]).ok();
}

#[test]
fn a_new_competitor_is_heard_back_in_entries_that_named_nobody() {
    let mut scenario = heard("keep = \"all\"");
    assert_eq!(guids(&scenario), "first shop nobody second third undated");
    let nobody = &exported(&scenario)[2];
    assert_eq!((&nobody["mentions"], &nobody["language"]), (&Value::Array(Vec::new()), &Value::Null));
    assert_eq!(found(&scenario, "rains"), 0, "a search is one of mentions");
    assert_eq!(scenario.run(&["export", "rains"]).ok().stdout.lines().count(), 1);
    let before = counted(&scenario);
    sound(&scenario);

    // The feed has forgotten it meanwhile.
    scenario.publisher.publish("/news.xml", &rss(&[]));
    scenario.configure(&format!("{}{OTHER}", config("keep = \"all\"")));
    scenario.at("2026-03-20T08:00:00Z").run(&["poll"]).ok();
    assert_eq!(found(&scenario, "brand:globex rains"), 1);
    assert_eq!(counted(&scenario), before);
    sound(&scenario);
    // A copy of it joins its story.
    let copy = items()[4].replace("nobody", "copy").replace("02 Mar", "04 Mar");
    scenario.publisher.publish("/news.xml", &rss(&[copy]));
    scenario.at("2026-03-20T12:00:00Z").run(&["poll"]).ok();
    let stories: Vec<Value> = exported(&scenario)
        .iter()
        .filter(|e| e["title"] == "Weather")
        .map(|e| e["mentions"][0]["story"].clone())
        .collect();
    assert!(stories.len() == 2 && stories[0] == stories[1], "{stories:?}");
    sound(&scenario);
}

/// The ids of what a search finds, of their entries and brands, in its order.
fn hits(scenario: &Scenario, arguments: &[&str]) -> Vec<String> {
    let lines = scenario.run(&[&["search", "--jsonl"], arguments].concat()).ok().stdout;
    let hit = |line: &str| serde_json::from_str::<Value>(line).expect("a JSON line");
    let title = |hit: Value| hit["title"].as_str().expect("a title").to_owned();
    lines
        .lines()
        .map(|line| format!("{} {}", hit(line)["brand"].as_str().expect("a brand"), title(hit(line))))
        .collect()
}

#[test]
fn entries_that_name_nobody_are_found_where_they_are_asked_for() {
    let mut scenario = heard("keep = \"all\"");
    let more = item("fog", "Fog", "Lamps were lit at noon.", "Sat, 07 Mar 2026 12:00:00 GMT");
    scenario.publisher.publish("/news.xml", &rss(&[&items()[..], &[more]].concat()));
    scenario.at("2026-03-10T08:00:00Z").run(&["poll"]).ok();
    assert_eq!(hits(&scenario, &["brand:none"]), ["none Fog", "none Weather"]);
    assert_eq!(hits(&scenario, &["brand:none", "--limit", "1"]), ["none Fog"]);
    // By stem, as mentions are; and beside these, in the order of time.
    assert_eq!(hits(&scenario, &["brand:none lamp"]), ["none Fog"]);
    assert_eq!(
        hits(&scenario, &["(brand:acme OR brand:none) (shop OR rain OR lamp) NOT recalls"]),
        ["none Fog", "none Weather", "acme Acme opens a shop"]
    );
    assert_eq!(hits(&scenario, &["brand:none", "--since", "2026-03-03"]), ["none Fog"]);
    assert!(hits(&scenario, &["rain"]).is_empty() && hits(&scenario, &["NOT brand:acme"]).is_empty());
    let both = "brand:none OR brand:acme";
    let view = scenario.run(&["search", both, "--facets", "brand,day", "--limit", "3", "--json"]).ok().json();
    let exported = scenario.run(&["export", both]).ok().stdout.lines().count();
    assert_eq!((&view["total"], exported), (&7.into(), 7), "{view}");
    assert_eq!(view["hits"].as_array().expect("hits").len(), 3);
    let facet = |name: &str| -> Vec<(String, u64)> {
        let values = view["facets"][name].as_array().expect("a facet").iter();
        values.map(|v| (v["value"].as_str().unwrap().to_owned(), v["count"].as_u64().unwrap())).collect()
    };
    assert_eq!(facet("brand"), [("acme".to_owned(), 5), ("none".to_owned(), 2)]);
    assert!(facet("day").contains(&("2026-03-02".to_owned(), 3)), "{view}");
    assert_eq!(scenario.run(&["export", "brand:none"]).ok().stdout.lines().count(), 2);
    let text = scenario.run(&["search", "brand:none rains"]).ok().stdout;
    assert!(text.contains("· no brand · news") && text.contains("1 mention"), "{text}");
    // One that becomes a mention is none of them.
    scenario.configure(&format!("{}{OTHER}", config("keep = \"all\"")));
    scenario.at("2026-03-20T08:00:00Z").run(&["poll"]).ok();
    assert_eq!(hits(&scenario, &["brand:none"]), ["none Fog"]);
    scenario.configure(&config("").replace("id = \"acme\"", "id = \"none\""));
    let refused = scenario.run(&["check"]);
    assert!(refused.code == 2 && refused.stdout.contains("give it another id"), "{}", refused.stdout);
}

#[test]
fn an_entry_kept_without_a_brand_becomes_a_mention_by_an_edit() {
    let mut scenario = heard("keep = \"all\"");
    let edited: Vec<String> = items().iter().map(|item| item.replace("Globex says", "Acme says")).collect();
    scenario.publisher.publish("/news.xml", &rss(&edited));
    let round = scenario.at("2026-03-10T08:00:00Z").run(&["poll", "--json"]).ok().json();
    assert_eq!(
        (&round["sources"][0]["new_mentions"], &round["sources"][0]["revised"]),
        (&1.into(), &1.into())
    );
    assert_eq!(found(&scenario, "rains"), 1);
    sound(&scenario);
}

#[test]
fn entries_that_name_nobody_are_kept_for_as_long_as_asked() {
    let mut scenario = heard("keep = \"14d\"");
    assert_eq!(guids(&scenario), "first shop nobody second third undated");
    let before = counted(&scenario);
    scenario.at("2026-03-17T08:00:00Z").run(&["poll"]).ok();
    assert_eq!(guids(&scenario), "first shop second third undated");
    assert_eq!(counted(&scenario), before);
    sound(&scenario);
    // The feed still has it: it is not taken in again, but heard if a brand is asked for that it names.
    scenario.publisher.publish("/news.xml", &rss(&[&items()[..], &[String::new()]].concat()));
    scenario.at("2026-03-18T12:00:00Z").run(&["poll"]).ok();
    assert_eq!(guids(&scenario), "first shop second third undated");
    scenario.configure(&format!("{}{OTHER}", config("keep = \"14d\"")));
    scenario.at("2026-03-19T12:00:00Z").run(&["poll"]).ok();
    assert_eq!(found(&scenario, "brand:globex"), 1);
    sound(&scenario);
}

#[test]
fn killed_while_it_deletes_it_goes_on_and_nothing_is_wrong() {
    const ENTRIES: usize = 3_000;
    const LAST_DAY: usize = 200;
    const TRIES: usize = 20;
    let mut scenario = Scenario::new(&config(""));
    let line = |n: usize| {
        let (day, minute, copied) = (n / 200 + 1, n % 60, if n.is_multiple_of(5) { n / 25 } else { n });
        format!(
            "{{\"id\":\"{n}\",\"published\":\"2026-03-{day:02}T10:{minute:02}:00Z\",\"text\":\"Acme and the matter of \
             {copied} places, {} things, {} words and {} days\"}}\n",
            copied * 31,
            copied * 17 + 3,
            copied * 7 + 1
        )
    };
    let lines: String = (0..ENTRIES).map(line).collect();
    scenario.publisher.publish("/news.xml", &rss(&[]));
    scenario.at("2026-03-20T08:00:00Z").run_with(&["import"], &lines).ok();
    let before = counted(&scenario);
    assert_eq!(before.0, ENTRIES as u64);
    // All but the last day's.
    scenario.configure(&config("retention = \"90d\""));
    scenario.at("2026-06-13T09:00:00Z");
    let mut left = ENTRIES;
    for _ in 0..TRIES {
        let mut command = scenario.command(&["poll"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        // Some of it is deleted, and there is more to delete.
        while child.try_wait().expect("it can be waited for").is_none() && exported(&scenario).len() == left {
        }
        let _ = child.kill();
        let status = child.wait().expect("it can be waited for");
        let said = read_all(child.stderr.take().expect("piped"));
        assert!(status.success() || status.signal() == Some(9), "it failed by itself: {status}\n{said}");
        left = exported(&scenario).len();
        if status.success() {
            break;
        }
        sound(&scenario);
        assert_eq!(counted(&scenario), before);
    }
    scenario.run(&["poll"]).ok();
    assert_eq!(exported(&scenario).len(), LAST_DAY);
    scenario.at("2026-06-14T09:30:00Z").run(&["poll"]).ok();
    assert_eq!(counted(&scenario), before);
    sound(&scenario);
    assert_eq!(scenario.mention_ids().len() as u64, found(&scenario, "acme"));
    assert_eq!(exported(&scenario).len(), 0);
}
