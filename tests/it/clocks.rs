//! Clocks that are wrong, jump, or change to summer time.

use serde_json::{Value, json};

use crate::pipeline::CONFIG;
use crate::scenario::{Scenario, item, rss};

const RULES: &str =
    "\n[[rule]]\nid = \"spike\"\nkind = \"spike\"\n[[rule]]\nid = \"buzz\"\nkind = \"negative-buzz\"\n";

fn document(items: &[(&str, &str)]) -> String {
    let items: Vec<String> = items
        .iter()
        .map(|(id, date)| item(id, &format!("Acme matter {id} of {date}"), &format!("About {id}."), date))
        .collect();
    rss(&items)
}

fn next_poll(scenario: &Scenario) -> String {
    let health = scenario.run(&["sources", "health", "--json"]).ok().json();
    health["sources"][0]["next_poll"].as_str().expect("planned").to_owned()
}

#[test]
fn a_clock_that_was_far_ahead_or_a_day_behind_alerts_nobody_and_keeps_no_source_waiting() {
    let mut scenario = Scenario::new(&format!("{CONFIG}{RULES}"));
    let old: Vec<(String, String)> =
        (1..28).map(|day| (format!("d{day}"), format!("{day:02} Feb 2026 10:00:00 GMT"))).collect();
    let old: Vec<(&str, &str)> = old.iter().map(|(id, date)| (id.as_str(), date.as_str())).collect();
    scenario.publisher.publish("/news.xml", &document(&old));
    scenario.at("2026-03-02T08:00:00Z").run(&["poll"]).ok();
    let mut entries = old.clone();
    // 400 days ahead, a day back, and right again; each time one entry more, of its own hour.
    for (now, id, date, latest) in [
        ("2027-04-06T08:00:00Z", "ahead", "02 Mar 2026 09:00:00 GMT", "2027-04-07T08:00:00Z"),
        ("2026-03-01T08:00:00Z", "behind", "28 Feb 2026 09:00:00 GMT", "2026-03-02T08:00:00Z"),
        ("2026-03-02T10:00:00Z", "right", "28 Feb 2026 20:30:00 GMT", "2026-03-03T10:00:00Z"),
        ("2026-03-02T12:00:00Z", "later", "02 Mar 2026 11:30:00 GMT", "2026-03-03T12:00:00Z"),
    ] {
        entries.push((id, date));
        scenario.publisher.publish("/news.xml", &document(&entries));
        // Due again, whatever the wrong clock had planned.
        let view = scenario.at(now).run(&["poll", "--json"]);
        assert_eq!(view.code, 0, "at {now} something fires: {}", view.stdout);
        assert_eq!(view.json()["sources"][0]["new_mentions"], 1, "at {now}: {}", view.stdout);
        let next = next_poll(&scenario);
        assert!(
            next.as_str() > now && next.as_str() <= latest,
            "at {now} the next poll is planned for {next}"
        );
    }
    assert_eq!(scenario.run(&["alerts", "list", "--json"]).ok().json()["alerts"], json!([]));
    assert_eq!(scenario.mention_ids().len(), entries.len());
    scenario.run(&["doctor"]).ok();
}

/// The days that entries of these dates count on, in a zone.
#[track_caller]
fn check_days(zone: &str, dates: &[&str], now: &str, expected: Value) {
    let mut scenario =
        Scenario::new(&CONFIG.replace("[settings]", &format!("[settings]\ntimezone = \"{zone}\"")));
    let ids: Vec<String> = (0..dates.len()).map(|number| format!("e{number}")).collect();
    let items: Vec<(&str, &str)> = ids.iter().map(String::as_str).zip(dates.iter().copied()).collect();
    scenario.publisher.publish("/news.xml", &document(&items));
    scenario.at(now).run(&["poll"]).ok();
    let found = scenario.run(&["search", "acme", "--facets", "day", "--json"]).ok().json();
    let mut days: Vec<(String, u64)> = found["facets"]["day"]
        .as_array()
        .expect("days")
        .iter()
        .map(|day| {
            (day["value"].as_str().expect("a day").to_owned(), day["count"].as_u64().expect("a count"))
        })
        .collect();
    days.sort();
    assert_eq!(json!(days), expected, "in {zone}");
    scenario.run(&["doctor"]).ok();
}

#[test]
fn days_have_23_and_25_hours_where_clocks_change() {
    check_days(
        "Europe/Paris",
        &[
            "28 Mar 2026 22:59:00 GMT",
            "28 Mar 2026 23:30:00 GMT",
            "29 Mar 2026 21:59:00 GMT",
            "29 Mar 2026 22:00:00 GMT",
        ],
        "2026-03-30T08:00:00Z",
        json!([["2026-03-28", 1], ["2026-03-29", 2], ["2026-03-30", 1]]),
    );
    check_days(
        "Europe/Paris",
        &[
            "24 Oct 2026 21:59:00 GMT",
            "24 Oct 2026 22:00:00 GMT",
            "25 Oct 2026 22:59:00 GMT",
            "25 Oct 2026 23:00:00 GMT",
        ],
        "2026-10-26T08:00:00Z",
        json!([["2026-10-24", 1], ["2026-10-25", 2], ["2026-10-26", 1]]),
    );
    check_days(
        "America/New_York",
        &[
            "08 Mar 2026 04:59:00 GMT",
            "08 Mar 2026 05:00:00 GMT",
            "09 Mar 2026 03:59:00 GMT",
            "09 Mar 2026 04:00:00 GMT",
        ],
        "2026-03-10T08:00:00Z",
        json!([["2026-03-07", 1], ["2026-03-08", 2], ["2026-03-09", 1]]),
    );
}
