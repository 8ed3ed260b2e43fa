//! Known places, each on a loopback server that speaks the shape its documentation gives.

use serde_json::{Value, json};

use crate::scenario::{Answer, Scenario};

const BRANDS: &str = r##"
[settings]
host_pause = "0s"

[[brand]]
id = "acme"
name = "Acme"
aliases = ["Acme", "#acme", "Acme Corp"]

[[brand]]
id = "globex"
name = "Globex France"
role = "competitor"

"##;

/// A source of `kind` with these further lines, at the scenario's publisher.
fn scenario(kind: &str, lines: &str) -> Scenario {
    Scenario::new(&format!(
        "{BRANDS}[[source]]\nid = \"place\"\nkind = \"{kind}\"\nhost = \"{{base}}\"\nallow_private = true\n{lines}\n"
    ))
}

fn poll(scenario: &Scenario) -> Value {
    scenario.run(&["poll", "--all", "--json"]).ok().json()["sources"][0].clone()
}

/// Everything kept, in the order of time, as `export` tells it.
fn entries(scenario: &Scenario) -> Vec<Value> {
    let exported = scenario.run(&["export", "*"]).ok().stdout;
    exported.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
}

fn texts(entries: &[Value], key: &str) -> Vec<String> {
    entries.iter().map(|entry| entry[key].as_str().unwrap_or("-").to_owned()).collect()
}

fn fail(scenario: &Scenario, path: &str, status: u16, body: &str) {
    let headers = if status == 429 { vec![("Retry-After".into(), "7200".into())] } else { Vec::new() };
    scenario.publisher.answer(path, Answer { status, headers, body: body.as_bytes().to_vec() });
}

fn health(scenario: &Scenario) -> Value {
    scenario.run(&["sources", "health", "--json"]).ok().json()["sources"][0].clone()
}

const HN: &str = "/api/v1/search_by_date?query=Acme&tags=%28story%2Ccomment%29&hitsPerPage=100";
const HN_GLOBEX: &str =
    "/api/v1/search_by_date?query=%22Globex+France%22&tags=%28story%2Ccomment%29&hitsPerPage=100";

fn hit(id: u32, at: i64, text: &str) -> Value {
    json!({"objectID": id.to_string(), "created_at_i": at, "author": "pg", "points": id, "num_comments": 2,
        "title": text, "url": format!("https://news.example/{id}"), "_tags": ["story"]})
}

fn hits(hits: &[Value], all: usize) -> String {
    json!({"hits": hits, "nbHits": all, "page": 0, "hitsPerPage": 100}).to_string()
}

#[test]
fn hacker_news_is_read_back_to_its_beginning_and_raises_no_alert() {
    let mut scenario = scenario("hacker-news", "search = \"{brand}\"");
    let comment = json!({"objectID": "12", "created_at_i": 1_772_400_000, "author": "dang", "points": null,
        "story_title": "Vélos", "comment_text": "<p>J&#x27;aime <i>Acme</i>, merci.", "story_id": 3,
        "_tags": ["comment"]});
    scenario.publisher.publish(HN, &hits(&[comment, hit(11, 1_772_300_000, "Acme ships")], 4));
    scenario.publisher.publish(HN_GLOBEX, &hits(&[], 0));
    let slice = |at: i64| {
        format!("{}&numericFilters=created_at_i%3C%3D{at}", HN.replace("hitsPerPage=100", "hitsPerPage=500"))
    };
    let older = hits(&[hit(11, 1_772_300_000, "Acme ships"), hit(9, 1_500_000_000, "Acme founded")], 3);
    scenario.publisher.publish(&slice(1_772_300_000), &older);
    let oldest = hits(&[hit(9, 1_500_000_000, "Acme founded"), hit(8, 1_400_000_000, "Acme? Who?")], 2);
    scenario.publisher.publish(&slice(1_500_000_000), &oldest);

    let round = poll(&scenario);
    assert_eq!((&round["new_mentions"], &round["backfill"]), (&json!(4), &json!(true)), "{round}");
    let kept = entries(&scenario);
    assert_eq!(texts(&kept, "title"), ["Acme? Who?", "Acme founded", "Acme ships", "Vélos"]);
    assert_eq!(kept[3]["text"], "J'aime Acme, merci.");
    assert_eq!(kept[3]["link"], "https://news.ycombinator.com/item?id=12");
    assert_eq!(kept[2]["link"], "https://news.example/11");
    assert_eq!(kept[2]["engagement"], json!({"points": 11, "comments": 2}));
    assert_eq!(kept[3]["published"], "2026-03-01T21:20:00Z");

    // An hour later: one more, which is news; what was read before is not read again.
    let later = [hit(13, 1_772_445_600, "Acme recalls"), hit(11, 1_772_300_000, "Acme ships")];
    scenario.publisher.publish(HN, &hits(&later, 5));
    scenario.at("2026-03-02T10:30:00Z");
    let round = poll(&scenario);
    assert_eq!((&round["new_mentions"], &round["backfill"]), (&json!(1), &json!(false)), "{round}");
    assert_eq!(scenario.publisher.asked(&slice(1_772_300_000)), 1);
}
