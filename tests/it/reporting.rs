//! `report`: the same numbers as `benchmark`, and nothing of a feed that acts.

use serde_json::Value;

use crate::pipeline::CONFIG;
use crate::scenario::{Scenario, item, rss};

const SINCE: &str = "2026-02-15";

/// Two brands over two weeks, one title and one link meaning harm.
fn heard() -> Scenario {
    let scenario =
        Scenario::new(&format!("{}{GOAL}", CONFIG.replace("[settings]", "[settings]\nlanguage = \"fr\"")));
    let mut items = vec![
        item(
            "x1",
            "Acme &amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;",
            "Acme is awful.",
            "Sun, 01 Mar 2026 09:00:00 GMT",
        ),
        item("x2", "Acme \"onmouseover=alert(1)", "Acme is great.", "Sun, 01 Mar 2026 09:30:00 GMT")
            .replace("<link>", "<link>javascript:alert(1)//"),
    ];
    for day in 15..=28 {
        for hour in [8, 13, 17] {
            let brand = if (day + hour) % 3 == 0 { "Globex" } else { "Acme" };
            let title = format!("{brand} opens shop number {day} at {hour}");
            let text = format!("Everybody in town {hour} likes what {brand} shows them on day {day}.");
            let date = format!("{day} Feb 2026 {hour:02}:00:00 GMT");
            items.push(item(&format!("{day}-{hour}"), &title, &text, &date));
        }
    }
    scenario.publisher.publish("/news.xml", &rss(&items));
    scenario.run(&["poll"]).ok();
    scenario
}

const GOAL: &str = r#"
[[goal]]
brand = "acme"
metric = "share"
target = 0.5
by = "2026-06-30"
"#;

/// The value of every number on a page, in its order.
fn numbers(page: &str) -> Vec<f64> {
    let values = page.split("<data value=\"").skip(1);
    values.map(|rest| rest.split('"').next().expect("a value").parse().expect("a number")).collect()
}

/// The reader of JSON may be off by the last bit.
#[track_caller]
fn same(shown: &[f64], expected: &[f64]) {
    let close = shown.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12);
    assert!(shown.len() == expected.len() && close, "{shown:?} is not {expected:?}");
}

/// A section of the page.
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let (_, rest) =
        page.split_once(&format!("<section id=\"{id}\"")).unwrap_or_else(|| panic!("no section {id}"));
    rest.split("</section>").next().expect("it ends")
}

#[test]
fn its_numbers_are_those_of_the_benchmark() {
    let scenario = heard();
    let benchmark = scenario.run(&["--json", "benchmark", "--since", SINCE]).ok().json();
    let report = scenario.run(&["--json", "report", "--since", SINCE, "--out", "r.html"]).ok().json();
    assert_eq!(report["benchmark"], benchmark);
    let page = std::fs::read_to_string(scenario.path().join("r.html")).expect("written");
    let brands = benchmark["brands"].as_array().expect("brands");
    assert!(
        brands.len() == 2 && brands.iter().all(|brand| brand["mentions"].as_u64() > Some(10)),
        "{benchmark}"
    );
    let shares = numbers(section(&page, "share"));
    let of = |brand: &Value| {
        let share = &brand["share"];
        let mut row = vec![share["value"].clone(), share["low"].clone(), share["high"].clone()];
        row.extend([brand["change"]["value"].clone(), brand["stories"].clone(), brand["mentions"].clone()]);
        row.into_iter().filter_map(|value| value.as_f64()).collect::<Vec<f64>>()
    };
    same(&shares, &brands.iter().flat_map(of).collect::<Vec<f64>>());
    let tones = numbers(section(&page, "tone"));
    let of = |brand: &Value| {
        let tone = &brand["sentiment"];
        let row = ["net", "low", "high", "negative", "neutral", "positive"].map(|key| tone[key].as_f64());
        row.into_iter().flatten().chain(tone["change"]["value"].as_f64()).collect::<Vec<f64>>()
    };
    same(&tones, &brands.iter().flat_map(of).collect::<Vec<f64>>());
    let hours: Vec<f64> =
        brands[0]["hours"].as_array().expect("hours").iter().filter_map(Value::as_f64).collect();
    let shown = numbers(section(&page, "hours"));
    assert_eq!(hours.len(), 168);
    assert!(shown.windows(168).any(|window| window == hours), "{shown:?}");
    assert!(section(&page, "goals").contains("Objectif"));
}

#[test]
fn what_feeds_say_does_nothing() {
    let scenario = heard();
    let said = scenario.run(&["report", "--since", SINCE, "--out", "r.html"]).ok();
    assert!(said.stdout.is_empty() && said.stderr.contains("r.html"), "{}", said.stderr);
    let page = std::fs::read_to_string(scenario.path().join("r.html")).expect("written");
    assert!(page.contains("Acme &lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("Acme &quot;onmouseover=alert(1)"));
    assert!(!page.contains("<script") && !page.contains("\"javascript:"));
    assert!(page.contains("<html lang=\"fr\">") && page.contains(">15\u{a0}février</time> – <time"));
}

#[test]
fn a_wrong_place_is_told() {
    let scenario = heard();
    let folder = scenario.run(&["report", "--out", "."]);
    assert_eq!(folder.code, 2);
    assert!(folder.stderr.contains("./report.html"), "{}", folder.stderr);
    let query = scenario.run(&["report", "nothing", "--out", "r.html"]);
    assert_eq!((query.code, query.stderr.contains("nothing")), (2, true));
    let missing = scenario.run(&["report", "--out", "no/such/r.html"]);
    assert_eq!((missing.code, missing.stderr.contains("no/such/r.html")), (1, true));
    assert!(!scenario.path().join("r.html").exists());
}
