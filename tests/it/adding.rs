//! Sources found by an address and added to feeds.toml; lists of other readers taken over and handed on.

use serde_json::Value;

use crate::pipeline::CONFIG;
use crate::scenario::{Answer, Run, Scenario, item, rss};

/// A scenario whose publisher has two feeds, and a page that offers both.
fn scenario() -> Scenario {
    let scenario = Scenario::new(CONFIG);
    let feed = rss(&[item("1", "Acme opens a shop", "New.", "Sun, 01 Mar 2026 10:00:00 GMT")]);
    for path in ["/a.xml", "/b.xml", "/rss"] {
        scenario.publisher.publish(path, &feed.replace("<title>News", &format!("<title>L’Actu {path}")));
    }
    page(&scenario, "/page", &["/a.xml", "b.xml"]);
    page(&scenario, "/one", &["/a.xml"]);
    page(&scenario, "/none", &[]);
    scenario
}

fn page(scenario: &Scenario, path: &str, feeds: &[&str]) {
    let links: String = feeds
        .iter()
        .map(|feed| format!("<link rel=alternate type='application/rss+xml' title='{feed}' href='{feed}'>"))
        .collect();
    let body = format!("<!doctype html><title>Page</title>{links}").into_bytes();
    scenario.publisher.answer(path, Answer { status: 200, headers: vec![], body });
}

fn add(scenario: &Scenario, path: &str, more: &[&str]) -> Run {
    let url = format!("{}{path}", scenario.publisher.base_url);
    scenario.run(&[&["sources", "add", "--allow-private", &url], more].concat())
}

fn file(scenario: &Scenario) -> String {
    std::fs::read_to_string(scenario.path().join("feeds.toml")).expect("it is there")
}

#[test]
fn a_feed_is_added_behind_what_a_person_wrote() {
    let scenario = scenario();
    let commented = format!("# my own words\n{CONFIG}# the end");
    scenario.configure(&commented);
    let before = file(&scenario);
    let run = add(&scenario, "/a.xml", &["--tag", "press"]).ok();
    assert!(run.stdout.contains("l-actu-a-xml"), "{}", run.stdout);
    let after = file(&scenario);
    assert!(after.starts_with(&before), "{after}");
    assert!(after.contains("tags = [\"press\"]\nallow_private = true\n"), "{after}");
    scenario.run(&["check"]).ok();
    let polled = scenario.run(&["poll", "--source", "l-actu-a-xml", "--json"]).ok().json();
    assert_eq!(polled["sources"][0]["new_mentions"], 1);
    // Once more, in another spelling: it is known.
    let again = add(&scenario, "/a.xml#top", &["--json"]).ok().json();
    assert_eq!(again["known"][0]["source"], "l-actu-a-xml");
    assert_eq!(file(&scenario), after);
}

#[test]
fn a_page_leads_to_its_feeds() {
    let scenario = scenario();
    let before = file(&scenario);
    let url = format!("{}/page", scenario.publisher.base_url);
    let found = scenario.run(&["sources", "discover", "--allow-private", &url, "--json"]).ok().json();
    assert_eq!(found["found"], "advertised");
    let titles: Vec<&str> =
        found["feeds"].as_array().unwrap().iter().map(|f| f["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["L’Actu /a.xml", "L’Actu /b.xml"]);
    assert_eq!(found["feeds"][0]["newest"], "2026-03-01T10:00:00Z");
    let shown = scenario.run(&["sources", "discover", "--allow-private", &url]).ok().stdout;
    let line =
        format!("\n     {}/b.xml\n     1 entry, newest 2026-03-01 10:00\n", scenario.publisher.base_url);
    assert!(shown.contains(&line), "{shown}");
    // Which of the two is for a person to say.
    let several = add(&scenario, "/page", &[]);
    assert_eq!(several.code, 2, "{}", several.stderr);
    assert!(several.stderr.contains("/b.xml"), "{}", several.stderr);
    assert_eq!(file(&scenario), before);
    add(&scenario, "/one", &["--id", "mine"]).ok();
    assert!(file(&scenario).contains("id = \"mine\""));
    // The page says nothing: it lies where feeds often do, or nowhere.
    let guessed = add(&scenario, "/none", &["--json"]).ok().json();
    assert!(guessed["added"][0]["url"].as_str().unwrap().ends_with("/rss"), "{guessed}");
    // Below a folder the folder's own feed goes before that of the site.
    page(&scenario, "/blog/none", &[]);
    scenario.publisher.publish("/blog/feed.xml", &rss(&[]));
    let below = add(&scenario, "/blog/none", &["--json"]).ok().json();
    assert!(below["added"][0]["url"].as_str().unwrap().ends_with("/blog/feed.xml"), "{below}");
}

#[test]
fn an_address_that_only_looks_like_a_known_place_is_asked_itself() {
    let scenario = scenario();
    // Mastodon's accounts look like this, and have their feeds at /@jo.rss.
    page(&scenario, "/@jo", &["/b.xml"]);
    let added = add(&scenario, "/@jo", &["--json"]).ok().json();
    assert!(added["added"][0]["url"].as_str().unwrap().ends_with("/b.xml"), "{added}");
}

#[test]
fn what_is_no_feed_is_told_and_nothing_is_written() {
    let scenario = Scenario::new(CONFIG);
    page(&scenario, "/none", &["/gone.xml"]);
    let before = file(&scenario);
    let run = add(&scenario, "/none", &[]);
    assert_eq!(run.code, 1);
    for expected in ["an HTML page", "/gone.xml: server answered 404", "nor is there one at feed"] {
        assert!(run.stderr.contains(expected), "{expected}: {}", run.stderr);
    }
    let private = scenario.run(&["sources", "add", &format!("{}/none", scenario.publisher.base_url)]);
    assert_eq!(private.code, 1);
    assert!(private.stderr.contains("allow"), "{}", private.stderr);
    assert_eq!(scenario.run(&["sources", "add", "|touch x"]).code, 2);
    assert_eq!(file(&scenario), before);
    scenario.configure("[[brand]\n");
    assert_eq!(add(&scenario, "/none", &[]).code, 2);
}

#[test]
fn a_list_comes_in_and_goes_out() {
    let scenario = Scenario::new(CONFIG);
    let list = format!(
        "<opml version='1.0'><body><outline text='Presse'><outline text='FR'>\
         <outline text='Le Journal' xmlUrl='https://journal.example/rss'/></outline>\
         <outline text='Le Journal' xmlUrl='https://autre.example/rss'/></outline>\
         <outline text='News' xmlUrl='{}/news.xml'/><outline text='Bad' xmlUrl='|touch /tmp/x'/></body></opml>",
        scenario.publisher.base_url
    );
    let run = scenario.run_with(&["opml", "import", "-", "--json"], &list);
    assert_eq!(run.code, 1, "one was rejected");
    assert!(run.stderr.contains("Bad: `|touch /tmp/x` is no http"), "{}", run.stderr);
    let view = run.json();
    let ids = |key: &str| -> Vec<Value> {
        view[key].as_array().unwrap().iter().map(|source| source["source"].clone()).collect()
    };
    assert_eq!(ids("added"), ["le-journal", "le-journal-2"]);
    assert_eq!(ids("known"), ["news"]);
    scenario.run(&["check"]).ok();

    let out = scenario.run(&["opml", "export"]).ok().stdout;
    let other = Scenario::new("[[brand]]\nid = \"acme\"\n");
    let back = other.run_with(&["opml", "import", "-", "--json"], &out).ok().json();
    assert_eq!(back["added"].as_array().unwrap().len(), 3, "{out}");
    let tags = |url: &str| {
        let added = back["added"].as_array().unwrap().iter().find(|added| added["url"] == url).unwrap();
        added["tags"].clone()
    };
    assert_eq!(tags("https://journal.example/rss"), serde_json::json!(["Presse", "FR"]));
    assert_eq!(tags("https://autre.example/rss"), serde_json::json!(["Presse"]));
    let again = other.run_with(&["opml", "import", "-", "--json"], &out).ok().json();
    assert_eq!(again["added"], serde_json::json!([]));
}

#[test]
fn a_test_tells_what_a_server_and_its_feed_say() {
    let scenario = scenario();
    let items: Vec<String> = (1..=6)
        .map(|day| item(&day.to_string(), "Acme", "x", &format!("{day} Feb 2026 10:00:00 GMT")))
        .collect();
    let body = rss(&items).replace("<title>News", "<ttl>90</ttl><title>News").into_bytes();
    let headers = vec![("ETag".to_owned(), "\"1\"".to_owned())];
    scenario.publisher.answer("/c.xml", Answer { status: 200, headers, body });
    let before = file(&scenario);
    let url = format!("{}/c.xml", scenario.publisher.base_url);
    let test = scenario.run(&["sources", "test", "--allow-private", &url]).ok().stdout;
    for expected in [
        "known by: its ETag\n",
        "asks for a pause of: 90 min\n",
        "newest entry: 2026-02-06 10:00, seldom more than 24 h apart\n",
        "6 entries, 6 name a brand\n",
    ] {
        assert!(test.contains(expected), "{expected}: {test}");
    }
    let view = scenario.run(&["sources", "test", "--allow-private", &url, "--json"]).ok().json();
    assert_eq!((&view["answer"]["etag"], &view["answer"]["last_modified"]), (&true.into(), &false.into()));
    assert_eq!(scenario.run(&["sources", "test", &url]).code, 1, "it is on the local network");
    assert_eq!(scenario.run(&["sources", "test", "nowhere"]).code, 2);
    assert_eq!(file(&scenario), before);
}
