//! Brands side by side, against what was before and against frozen figures.

use serde_json::json;

use crate::pipeline::CONFIG;
use crate::scenario::Scenario;

const GOALS: &str = r#"
[[goal]]
brand = "acme"
metric = "share"
target = 0.5
by = "2026-06-30"

[[goal]]
brand = "acme"
metric = "volume"
target = 9000
by = "2026-06-30"
"#;

/// Sixty days: two stories of acme and one of globex a day, the first of each day told twice.
fn heard() -> Scenario {
    let mut scenario = Scenario::new(&format!("{CONFIG}{GOALS}"));
    scenario.at("2026-03-02T00:00:00Z");
    let mut lines = String::new();
    for day in 0..60 {
        let date = jiff::civil::date(2026, 1, 1).saturating_add(jiff::Span::new().days(day));
        for (number, (brand, said)) in
            [("Acme", "awful outage"), ("Acme", "great service"), ("Globex", "awful delay")]
                .iter()
                .enumerate()
        {
            // Nothing of one day is like what is said on another.
            let words: Vec<String> = (0..40).map(|word| format!("w{day}x{number}x{word}")).collect();
            let copies = if number == 0 { 2 } else { 1 };
            for copy in 0..copies {
                let line = json!({
                    "id": format!("{day}-{number}-{copy}"), "title": format!("{brand} {said}"),
                    "text": words.join(" "), "author": format!("author{}", day % 3),
                    "published": format!("{date}T{:02}:00:00Z", 8 + number + copy), "source": "archive",
                    "language": "en", "engagement": {"likes": day},
                });
                lines.push_str(&format!("{line}\n"));
            }
        }
    }
    scenario.run_with(&["import"], &lines).ok();
    scenario
}

#[test]
fn brands_are_compared_by_one_set_of_figures() {
    let scenario = heard();
    let view = scenario.run(&["benchmark", "--json"]).ok().json();
    let brands = view["brands"].as_array().unwrap();
    let of = |id: &str| brands.iter().find(|brand| brand["brand"] == id).unwrap();
    let (acme, globex) = (of("acme"), of("globex"));
    assert_eq!((&acme["mentions"], &acme["stories"]), (&json!(90), &json!(60)), "{acme}");
    assert_eq!((&globex["mentions"], &globex["stories"]), (&json!(30), &json!(30)));
    let sum: f64 = brands.iter().filter_map(|brand| brand["share"]["value"].as_f64()).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    for brand in brands.iter().filter(|brand| !brand["share"].is_null()) {
        let figure = |key: &str| brand["share"][key].as_f64().unwrap();
        assert!(figure("low") <= figure("value") && figure("value") <= figure("high"), "{brand}");
        let hours: u64 = brand["hours"].as_array().unwrap().iter().filter_map(|hour| hour.as_u64()).sum();
        assert_eq!(json!(hours), brand["mentions"]);
    }
    assert_eq!(acme["change"]["significant"], false, "{}", acme["change"]);
    assert_eq!(acme["peak"]["story"]["copies"], 2);
    assert_eq!(acme["authors"][0]["spread"], 1.5, "{}", acme["authors"]);
    assert_eq!(acme["formats"][0]["reactions"][0]["kind"], "likes");
    let blamed = view["swot"]["weaknesses"].as_array().unwrap();
    assert_eq!(blamed.len(), 1, "words of the same stories make one point: {blamed:?}");
    assert_eq!(
        (&blamed[0]["brand"], &blamed[0]["example"]["title"]),
        (&json!("acme"), &json!("Acme awful outage"))
    );
    let states: Vec<_> = view["goals"].as_array().unwrap().iter().map(|goal| &goal["state"]).collect();
    assert_eq!(states, ["reached", "behind"], "{}", view["goals"]);
}

#[test]
fn frozen_figures_stay_and_are_compared_with() {
    let mut scenario = heard();
    let none = scenario.run(&["benchmark", "--against", "start"]);
    assert_eq!(none.code, 2);
    assert!(none.stderr.contains("`vigie baseline save start` freezes one"), "{}", none.stderr);
    scenario.run(&["baseline", "save", "start", "--until", "2026-01-31"]).ok();
    let again = scenario.run(&["baseline", "save", "start"]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("what is frozen stays"), "{}", again.stderr);
    // What is told of that time later is not part of it.
    let late =
        json!({"title": "Acme late", "text": "of January", "published": "2026-01-20", "source": "archive"});
    scenario.at("2026-03-02T01:00:00Z").run_with(&["import"], &late.to_string()).ok();
    let listed = scenario.run(&["baseline", "list", "--json"]).ok().json();
    assert_eq!(listed["baselines"][0]["brands"][0], json!({"brand": "acme", "mentions": 90, "stories": 60}));
    let view = scenario.run(&["benchmark", "--against", "start", "--json"]).ok().json();
    assert_eq!(view["against"]["name"], "start");
    let before = view["brands"][0]["change"]["before"].as_f64().unwrap();
    assert!((before - 2.0 / 3.0).abs() < 1e-9, "{before}");
    let text = scenario.run(&["benchmark", "--against", "start"]).ok().stdout;
    assert!(text.contains("baseline start"), "{text}");
}
