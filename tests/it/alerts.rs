//! From a rise in what is said to a person being told, once.

use serde_json::Value;

use crate::pipeline::CONFIG;
use crate::scenario::{Scenario, item, rss};

const RULES: &str = r#"
[[rule]]
id = "acme-spike"
kind = "spike"
budget = "1/week"
notify = ["desktop", "file"]

[[rule]]
id = "recall"
kind = "pattern"
text = "recall"
severity = "critical"
notify = ["file"]

[[notifier]]
id = "desktop"
kind = "desktop"

[[notifier]]
id = "file"
kind = "command"
argv = ["dd", "of=told.json", "oflag=append", "conv=notrunc", "status=none"]
"#;

/// Two mentions a day for four weeks.
fn history() -> Vec<String> {
    (0..28)
        .flat_map(|day| {
            let date = jiff::civil::date(2026, 2, 1).saturating_add(jiff::Span::new().days(day));
            [9, 17].map(|hour| {
                let date =
                    date.at(hour, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).expect("a time that exists");
                let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                let text = format!(
                    "Ordinary words of the day {day} at {hour} about wheels number {}",
                    day * 31 + i64::from(hour)
                );
                item(&format!("h{day}-{hour}"), &format!("Acme on day {day}, {hour} h"), &text, &date)
            })
        })
        .collect()
}

fn incident(number: usize) -> Vec<String> {
    const WORDS: [&str; 6] = ["battery", "smoke", "garage", "customer", "refund", "charger"];
    (0..number)
        .map(|i| {
            let a = WORDS[i % 6];
            let b = WORDS[(i / 6) % 6];
            let text = format!("Witness {i} speaks of {a} and {b} at place {} in street {}", i * 7, i * 13);
            let date = format!("Mon, 02 Mar 2026 07:{:02}:00 GMT", 10 + i);
            item(&format!("i{i}"), &format!("Acme {a} trouble, report {i}"), &text, &date)
        })
        .collect()
}

/// A pattern of which `rules` says what it is and more.
fn with_pattern(rules: &str) -> Scenario {
    let rules =
        format!("{RULES}\n[[rule]]\nid = \"drop\"\nkind = \"pattern\"\nnotify = [\"file\"]\n{rules}\n");
    let mut scenario = Scenario::new(&format!("{CONFIG}{rules}"));
    scenario.publisher.publish("/news.xml", &rss(&history()));
    scenario.at("2026-03-02T06:00:00Z").run(&["poll"]).ok();
    scenario
}

fn drop_item(number: usize) -> String {
    let text = format!("Witness {number} of a voltage drop in street {} of town {}", number * 7, number * 13);
    item(&format!("d{number}"), &format!("Acme report {number}"), &text, "Mon, 02 Mar 2026 06:30:00 GMT")
}

/// Polls with the first `number` reports published.
fn hear(scenario: &mut Scenario, number: usize, at: &str) -> crate::scenario::Run {
    let items = [history(), (0..number).map(drop_item).collect()].concat();
    scenario.publisher.publish("/news.xml", &rss(&items));
    scenario.at(at).run(&["poll", "--all", "--json"])
}

fn alerts(scenario: &Scenario) -> Vec<Value> {
    scenario.run(&["alerts", "list", "--json"]).json()["alerts"].as_array().expect("a list").clone()
}

fn told(scenario: &Scenario) -> Vec<Value> {
    let text = std::fs::read_to_string(scenario.path().join("told.json")).unwrap_or_default();
    serde_json::Deserializer::from_str(&text).into_iter::<Value>().map(Result::unwrap).collect()
}

/// A laptop sleeps for three days; what was said meanwhile comes all at once.
#[test]
fn what_comes_after_a_pause_is_no_spike() {
    let undated = |number: usize| {
        let items = incident(number).into_iter().map(|item| {
            let (head, tail) = (item.split("<pubDate>").next(), item.split("</pubDate>").nth(1));
            format!("{}{}", head.expect("a head"), tail.expect("an end"))
        });
        items.collect::<Vec<_>>()
    };
    let meanwhile = (2..5).flat_map(|day| {
        [9, 15].map(|hour| {
            let text = format!("Ordinary words of wheel {day} and street {}", day * 31 + hour);
            let date = format!("{:02} Mar 2026 {hour:02}:00:00 GMT", day);
            item(&format!("m{day}-{hour}"), &format!("Acme on day {day}, {hour} h"), &text, &date)
        })
    });
    let meanwhile: Vec<String> = meanwhile.collect();
    let hear = |at: &str, items: &[Vec<String>]| {
        let mut scenario = with_history();
        scenario.publisher.publish("/news.xml", &rss(&items.concat()));
        let round = scenario.at(at).run(&["poll", "--all", "--json"]);
        (scenario, round)
    };
    // Half an hour after the last poll it is one.
    let (_, round) = hear("2026-03-02T06:30:00Z", &[history(), undated(12)]);
    assert_eq!(round.code, 3, "{}", round.stdout);
    let (mut scenario, round) = hear("2026-03-05T06:30:00Z", &[history(), meanwhile.clone(), undated(12)]);
    assert_eq!(round.code, 0, "{}", round.stdout);
    assert_eq!(round.json()["sources"][0]["new_mentions"], 18, "{}", round.stdout);
    let found = scenario.run(&["search", "trouble", "--json"]).ok().json();
    assert_eq!(found["total"], 12, "{found}");
    let compared = scenario
        .at("2026-03-05T06:31:00Z")
        .run(&["benchmark", "--since", "2026-03-02", "--json"])
        .ok()
        .json();
    assert_eq!(compared["brands"][0]["mentions"], 18, "{compared}");
    scenario.run(&["doctor"]).ok();
    // A pattern is about what was said, not about when.
    let recall = "<item><guid>r1</guid><title>Acme begins a recall</title></item>".to_owned();
    scenario
        .publisher
        .publish("/news.xml", &rss(&[history(), meanwhile, undated(12), vec![recall]].concat()));
    let round = scenario.at("2026-03-09T06:30:00Z").run(&["poll", "--all", "--json"]);
    let fired: Vec<Value> = alerts(&scenario).into_iter().map(|alert| alert["rule"].clone()).collect();
    assert_eq!((round.code, fired), (3, vec![Value::from("recall")]));
}

/// Of what has no date, a rule may hear nothing at all.
#[test]
fn undated_mentions_do_not_exist_for_a_rule_that_ignores_them() {
    let undated = |items: Vec<String>| -> Vec<String> {
        let without = |item: String| item.replace("<pubDate>Mon, 02 Mar 2026", "<pubDate>some day");
        items.into_iter().map(without).collect()
    };
    let ignoring = RULES.replace("kind = \"spike\"", "kind = \"spike\"\nundated = \"ignore\"");
    let ignoring = ignoring.replace("kind = \"pattern\"", "kind = \"pattern\"\nundated = \"ignore\"");
    let mut scenario = Scenario::new(&format!("{CONFIG}{ignoring}"));
    scenario.publisher.publish("/news.xml", &rss(&history()));
    scenario.at("2026-03-02T06:30:00Z").run(&["poll"]).ok();
    let recall = |hour: &str| {
        item(&format!("r{hour}"), "Acme begins a recall", hour, &format!("Mon, 02 Mar 2026 {hour}:00 GMT"))
    };
    let first = [history(), undated(incident(20)), undated(vec![recall("07:01")])].concat();
    scenario.publisher.publish("/news.xml", &rss(&first));
    let round = scenario.at("2026-03-02T07:00:00Z").run(&["poll", "--all", "--json"]).ok();
    assert_eq!(round.json()["sources"][0]["new_mentions"], 21, "{}", round.stdout);
    let more = incident(20)
        .into_iter()
        .map(|item| item.replace("<guid isPermaLink=\"false\">i", "<guid>j").replace("street", "road"));
    let more: Vec<String> = more.map(|item| item.replace("news.example/i", "news.example/j")).collect();
    scenario.publisher.publish("/news.xml", &rss(&[first, more, vec![recall("07:20")]].concat()));
    let round = scenario.at("2026-03-02T07:40:00Z").run(&["poll", "--all", "--json"]);
    assert_eq!(round.code, 3, "{}", round.stdout);
    for (rule, value) in [("acme-spike", 21), ("recall", 1)] {
        let alerts = alerts(&scenario);
        let alert =
            alerts.iter().find(|alert| alert["rule"] == rule).unwrap_or_else(|| panic!("{rule}: {alerts:?}"));
        assert_eq!((rule, alert["observed"]["mentions"].as_u64()), (rule, Some(value)), "{alert}");
        let explained =
            scenario.run(&["alerts", "explain", alert["id"].as_str().unwrap(), "--json"]).ok().json();
        assert_eq!(explained["equal"], true, "{explained}");
    }
    scenario.run(&["doctor"]).ok();
}

fn with_history() -> Scenario {
    let mut scenario = Scenario::new(&format!("{CONFIG}{RULES}"));
    scenario.publisher.publish("/news.xml", &rss(&history()));
    scenario.at("2026-03-02T06:00:00Z").run(&["poll"]).ok();
    scenario
}

#[test]
fn a_spike_is_told_once_and_explains_itself() {
    let mut scenario = with_history();
    assert!(told(&scenario).is_empty(), "back-fill raises no alert");

    let items = [history(), incident(20)].concat();
    scenario.publisher.publish("/news.xml", &rss(&items));
    let round = scenario.at("2026-03-02T07:40:00Z").run(&["poll", "--json"]);
    assert_eq!(round.code, 3, "something fires: {}{}", round.stdout, round.stderr);
    assert!(
        round.stderr.contains("notifier `desktop`: no desktop session"),
        "the desktop could not be reached: {}",
        round.stderr
    );
    let messages = told(&scenario);
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0]["title"].as_str().unwrap().starts_with("Acme: 20 stories"), "{}", messages[0]);

    // The same again, and a restart: nobody is told twice.
    scenario.at("2026-03-02T07:41:00Z").run(&["poll", "--all"]);
    assert_eq!(told(&scenario).len(), 1);

    let list = scenario.run(&["alerts", "list", "--json"]);
    assert_eq!(list.code, 3);
    let alert = &list.json()["alerts"][0];
    assert_eq!(alert["observed"]["value"], 20);
    assert_eq!(alert["evidence"].as_array().unwrap().len(), 20);
    let id = alert["id"].as_str().unwrap();

    let explained = scenario.run(&["alerts", "explain", id, "--json"]).ok().json();
    assert_eq!(explained["equal"], true, "{explained}");
    assert_eq!(explained["recomputed"]["baseline"], explained["alert"]["baseline"]);
    let shown = scenario.run(&["alerts", "show", id]).ok().stdout;
    assert!(shown.contains("What to read"), "{shown}");

    let ack = ["alerts", "ack", id, "--false", "--by", "Anna", "--comment", "a fair", "--json"];
    let acknowledged = scenario.run(&ack).ok().json();
    assert_eq!((acknowledged["id"].as_str(), acknowledged["false"].as_bool()), (Some(id), Some(true)));
    let again = scenario.run(&["alerts", "ack", id]).ok().stdout;
    assert!(again.contains("stays marked as a false alarm"), "{again}");
    let after = scenario.run(&["alerts", "show", id, "--json"]).ok().json();
    assert_eq!(after["acknowledged"]["false"], true);
    assert_eq!(
        (&after["acknowledged"]["by"], &after["acknowledged"]["comment"]),
        (&"Anna".into(), &"a fair".into())
    );

    // When it is calm again the incident is over, silently.
    scenario.at("2026-03-03T20:00:00Z").run(&["poll", "--all"]).ok();
    assert_eq!(scenario.run(&["alerts", "list", "--json"]).ok().json()["alerts"][0]["state"], "resolved");
    assert_eq!(told(&scenario).len(), 1);
}

#[test]
fn late_mentions_are_judged_in_the_window_they_belong_to() {
    let mut scenario = with_history();
    let items = [history(), incident(20)].concat();
    scenario.publisher.publish("/news.xml", &rss(&items));
    // What was said at 7:10 is heard at 20:00.
    let round = scenario.at("2026-03-02T20:00:00Z").run(&["poll", "--json"]);
    assert!(!told(&scenario).is_empty(), "{}{}", round.stdout, round.stderr);
    let alert = scenario.run(&["alerts", "list", "--json"]).json()["alerts"][0].clone();
    let until: jiff::Timestamp = alert["observed"]["window"][1].as_str().unwrap().parse().unwrap();
    assert!(until <= "2026-03-03T08:00:00Z".parse().unwrap(), "{alert}");
}

#[test]
fn a_pattern_is_told_at_once_and_names_its_words() {
    let mut scenario = with_history();
    let new = item("r1", "Acme announces a recall", "It concerns chargers.", "Mon, 02 Mar 2026 07:00:00 GMT");
    scenario.publisher.publish("/news.xml", &rss(&[history(), vec![new]].concat()));
    scenario.at("2026-03-02T07:05:00Z").run(&["poll"]);
    let messages = told(&scenario);
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!(messages[0]["severity"], "critical");
    assert!(messages[0]["body"].as_str().unwrap().contains("Acme announces a recall"));
    scenario.at("2026-03-02T07:30:00Z").run(&["poll", "--all"]);
    assert_eq!(told(&scenario).len(), 1);
}

/// Heard half a day late, the incident is no news any more; a clock set back does not make it news again.
#[test]
fn a_clock_set_back_calls_nothing_out() {
    let late = RULES.replace("budget = ", "window = \"1h\"\nlate = \"15m\"\nbudget = ");
    let mut scenario = Scenario::new(&format!("{CONFIG}{late}"));
    scenario.publisher.publish("/news.xml", &rss(&history()));
    scenario.at("2026-03-02T06:00:00Z").run(&["poll"]).ok();
    scenario.publisher.publish("/news.xml", &rss(&[history(), incident(12)].concat()));
    scenario.at("2026-03-02T20:00:00Z").run(&["poll"]).ok();
    scenario.at("2026-03-02T07:30:00Z").run(&["poll", "--all"]).ok();
    assert_eq!(scenario.run(&["--json", "alerts", "list"]).json()["alerts"], serde_json::json!([]));
}

#[test]
fn a_pattern_hears_what_came_in_the_second_of_its_last_look() {
    let mut scenario = with_pattern(r#"text = "voltage""#);
    hear(&mut scenario, 1, "2026-03-02T07:00:00.900Z");
    hear(&mut scenario, 2, "2026-03-02T07:00:00.950Z");
    // The clock is set back by an hour.
    hear(&mut scenario, 3, "2026-03-02T06:00:30Z");
    let alerts = alerts(&scenario);
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!(alerts[0]["observed"]["mentions"], 3);
    assert_eq!(alerts[0]["evidence"].as_array().unwrap().len(), 3);
    assert_eq!(told(&scenario).len(), 1);
}

#[test]
fn a_pattern_knows_the_tags_of_sources() {
    for (tag, alarms) in [("trade", 1), ("gossip", 0)] {
        let config = CONFIG.replace("[[source]]", "[[source]]\ntags = [\"trade\"]");
        let rule = format!(
            "[[rule]]\nid = \"drop\"\nkind = \"pattern\"\nnotify = []\ntext = \"voltage AND tag:{tag}\""
        );
        let mut scenario = Scenario::new(&format!("{config}\n{rule}\n"));
        hear(&mut scenario, 0, "2026-03-02T06:00:00Z");
        hear(&mut scenario, 1, "2026-03-02T07:00:00Z");
        assert_eq!(alerts(&scenario).len(), alarms, "{tag}");
    }
}

#[test]
fn a_trickle_reaches_the_least_number_within_a_cooldown() {
    let trickle = |cooldown: &str| {
        let mut scenario = with_pattern(&format!("text = \"voltage\"\nmin = 3\ncooldown = \"{cooldown}\""));
        for (number, hour) in [(1, 8), (2, 9), (3, 10), (3, 11)] {
            hear(&mut scenario, number, &format!("2026-03-02T{hour:02}:00:00Z"));
        }
        let mut alerts = alerts(&scenario);
        alerts.retain(|alert| alert["rule"] == "drop");
        let of_it = |message: &Value| message["title"].as_str().unwrap().contains("(drop)");
        (alerts, told(&scenario).iter().filter(|message| of_it(message)).count())
    };
    let (alerts, told) = trickle("6h");
    assert_eq!((alerts.len(), told), (1, 1));
    assert_eq!(alerts[0]["observed"]["value"], 3);
    assert_eq!(alerts[0]["evidence"].as_array().unwrap().len(), 3);
    assert_eq!(trickle("90m"), (Vec::new(), 0), "three are never that close");
}

/// Invariant: how documents are cut into polls makes no other alert. They grow too little to be told again.
#[test]
fn one_poll_or_three_raise_the_same_alert() {
    let raised = |parts: &[(usize, &str)]| {
        let mut scenario = with_pattern(r#"text = "voltage""#);
        for (number, at) in parts {
            hear(&mut scenario, *number, at);
        }
        let mut alerts = alerts(&scenario);
        alerts.sort_by_key(|alert| alert["rule"].as_str().unwrap().to_owned());
        let seen = |alert: &Value| {
            let mut evidence: Vec<_> = alert["evidence"]
                .as_array()
                .unwrap()
                .iter()
                .map(|id| id.as_str().unwrap().to_owned())
                .collect();
            evidence.sort();
            (alert["rule"].clone(), alert["state"].clone(), alert["observed"]["mentions"].clone(), evidence)
        };
        (alerts.iter().map(seen).collect::<Vec<_>>(), told(&scenario).len())
    };
    let at_once = raised(&[(11, "2026-03-02T07:02:00Z")]);
    assert_eq!(
        (at_once.0.len(), at_once.1),
        (2, 2),
        "the spike and the pattern, each told once: {at_once:?}"
    );
    let in_three =
        raised(&[(5, "2026-03-02T07:00:00Z"), (8, "2026-03-02T07:01:00Z"), (11, "2026-03-02T07:02:00Z")]);
    assert_eq!(in_three, at_once);
}

#[test]
fn the_alert_of_a_rule_that_is_gone_is_over() {
    let mut scenario = with_pattern(r#"text = "voltage""#);
    assert_eq!(hear(&mut scenario, 1, "2026-03-02T07:00:00Z").code, 3);
    scenario.configure(&format!("{CONFIG}{RULES}"));
    hear(&mut scenario, 1, "2026-03-02T07:01:00Z");
    let alerts = alerts(&scenario);
    assert_eq!((alerts.len(), alerts[0]["state"].as_str()), (1, Some("resolved")));
    assert_eq!(alerts[0]["until"], "2026-03-02T07:01:00Z");
    assert_eq!(told(&scenario).len(), 1);
}

#[test]
fn an_alert_tells_that_tones_were_scored_anew() {
    let mut scenario = with_history();
    scenario.publisher.publish("/news.xml", &rss(&[history(), incident(20)].concat()));
    scenario.at("2026-03-02T07:40:00Z").run(&["poll"]);
    let id = alerts(&scenario)[0]["id"].as_str().unwrap().to_owned();
    scenario.configure(&format!("{CONFIG}{RULES}\n[tone]\nnegative = [\"trouble\"]\n"));
    scenario.at("2026-03-02T08:00:00Z").run(&["rescore"]).ok();
    let explained = scenario.run(&["alerts", "explain", &id, "--json"]).ok().json();
    let differences = explained["differences"].as_array().unwrap();
    assert!(differences[0].as_str().unwrap().starts_with("negative: "), "{explained}");
    assert_eq!(differences[1..], ["the tones of mentions were scored anew at 2026-03-02T08:00:00Z"]);
}

/// A count within a saved query is counted again within it, and what differs is named.
#[test]
fn an_alert_within_a_query_is_counted_again() {
    let query = "\n[[query]]\nid = \"drops\"\ntext = \"voltage\"\n";
    let rule = "\n[[rule]]\nid = \"drops-spike\"\nkind = \"spike\"\nquery = \"drops\"\nnotify = []\n";
    let mut scenario = Scenario::new(&format!("{CONFIG}{query}{rule}"));
    scenario.publisher.publish("/news.xml", &rss(&history()));
    scenario.at("2026-03-02T06:00:00Z").run(&["poll"]).ok();
    hear(&mut scenario, 12, "2026-03-02T06:40:00Z");
    let raised = alerts(&scenario);
    assert_eq!(raised.len(), 1, "{raised:?}");
    let id = raised[0]["id"].as_str().unwrap().to_owned();
    let explain = |scenario: &Scenario| scenario.run(&["alerts", "explain", &id, "--json"]).ok().json();
    let explained = explain(&scenario);
    assert_eq!(explained["equal"], true, "{explained}");
    assert_eq!(explained["recomputed"]["mentions"], 12);
    assert_eq!(explained["recomputed"]["stories"], explained["alert"]["observed"]["stories"]);

    let corrected = drop_item(0).replace("a voltage drop", "nothing");
    let items = [history(), vec![corrected], (1..12).map(drop_item).collect()].concat();
    scenario.publisher.publish("/news.xml", &rss(&items));
    scenario.at("2026-03-02T06:41:00Z").run(&["poll", "--all"]);
    let explained = explain(&scenario);
    assert_eq!(explained["equal"], false);
    let differences = explained["differences"].to_string();
    assert!(differences.contains("mentions: 12 counted then, 11 of the same window today"), "{differences}");
    assert!(differences.contains("matches otherwise today, edited after the alert"), "{differences}");
}

/// History and an incident of so many reports are published.
fn publish_incident(scenario: &Scenario, number: usize) {
    scenario.publisher.publish("/news.xml", &rss(&[history(), incident(number)].concat()));
}

fn first_id(scenario: &Scenario) -> String {
    alerts(scenario)[0]["id"].as_str().expect("an id").to_owned()
}

fn differences(scenario: &Scenario, id: &str) -> Vec<String> {
    let explained = scenario.run(&["alerts", "explain", id, "--json"]).ok().json();
    let differences = explained["differences"].as_array().expect("a list");
    differences.iter().map(|difference| difference.as_str().expect("text").to_owned()).collect()
}

#[test]
fn a_silence_mutes_notices_never_evaluation_and_what_still_fires_is_told_after_it() {
    let mut scenario = with_history();
    let silence = [
        "alerts",
        "silence",
        "--brand",
        "acme",
        "--for",
        "2h",
        "--by",
        "Anna",
        "--comment",
        "a fair",
        "--json",
    ];
    let begun = scenario.run(&silence).ok().json();
    assert_eq!((&begun["id"], &begun["until"]), (&1.into(), &"2026-03-02T08:00:00Z".into()));
    publish_incident(&scenario, 20);
    assert_eq!(scenario.at("2026-03-02T07:40:00Z").run(&["poll"]).code, 3, "it fires all the same");
    assert!(told(&scenario).is_empty());
    let id = first_id(&scenario);
    let shown = scenario.run(&["alerts", "show", &id, "--json"]).ok().json();
    let muted = &shown["muted"][0];
    assert_eq!(
        (&muted["news"], &muted["silence"], &muted["told"]),
        (&"first".into(), &1.into(), &Value::Null)
    );
    let text = scenario.run(&["alerts", "show", &id]).ok().stdout;
    assert!(text.contains("2026-03-02 07:40, that it began: silence 1 of Anna, “a fair”"), "{text}");

    scenario.at("2026-03-02T07:59:00Z").run(&["poll", "--all"]);
    assert!(told(&scenario).is_empty());
    for at in ["2026-03-02T08:00:00Z", "2026-03-02T08:01:00Z"] {
        scenario.at(at).run(&["poll", "--all"]);
        let told = told(&scenario);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0]["body"].as_str().unwrap().contains("\nSilence 1 is over"), "{told:?}");
    }
    let shown = scenario.run(&["alerts", "show", &id, "--json"]).ok().json();
    assert_eq!(shown["muted"][0]["told"], "2026-03-02T08:00:00Z");
}

#[test]
fn a_silence_can_be_ended_and_what_is_over_by_then_is_not_told() {
    let mut scenario = with_history();
    let silence = |rule: &str, lasting: &str| {
        vec!["alerts", "silence", "--rule", rule, "--for", lasting, "--by", "Anna", "--comment", "a fair"]
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let run = |scenario: &Scenario, args: &[String]| {
        scenario.run(&args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert_eq!(run(&scenario, &silence("no-such", "2h")).code, 2);
    assert_eq!(run(&scenario, &silence("recall", "soon")).code, 2);
    run(&scenario, &silence("recall", "7d")).ok();
    run(&scenario, &silence("acme-spike", "7d")).ok();
    publish_incident(&scenario, 20);
    scenario.at("2026-03-02T07:40:00Z").run(&["poll"]);
    assert!(told(&scenario).is_empty());
    scenario.at("2026-03-03T20:00:00Z").run(&["poll", "--all"]).ok();
    scenario.run(&["alerts", "silence", "end", "2"]).ok();
    assert_eq!(scenario.run(&["alerts", "silence", "end", "2"]).code, 1, "it is over");
    assert_eq!(scenario.run(&["alerts", "silence", "end", "9"]).code, 1, "there is none");
    scenario.at("2026-03-03T20:01:00Z").run(&["poll", "--all"]).ok();
    assert!(told(&scenario).is_empty());
    let silences = scenario.run(&["alerts", "silence", "list", "--json"]).ok().json();
    let lasts: Vec<_> =
        silences["silences"].as_array().unwrap().iter().map(|s| s["lasts"].as_bool()).collect();
    assert_eq!(lasts, [Some(false), Some(true)]);
}

#[test]
fn annotations_are_named_beside_the_alerts_they_come_before() {
    let mut scenario = with_history();
    for (text, at, brand) in [
        ("launch", "2026-03-01T18:00:00Z", "acme"),
        ("long ago", "2026-02-20", "acme"),
        ("another’s launch", "2026-03-02T07:00:00Z", "globex"),
    ] {
        scenario.run(&["annotate", text, "--at", at, "--brand", brand]).ok();
    }
    assert_eq!(scenario.run(&["annotate", "x", "--brand", "no-such"]).code, 2);
    assert_eq!(scenario.run(&["annotate", "  "]).code, 2);
    publish_incident(&scenario, 20);
    scenario.at("2026-03-02T07:40:00Z").run(&["poll"]);
    scenario.run(&["annotate", "everywhere", "--at", "30m"]).ok();
    let texts = |scenario: &Scenario| {
        let all = alerts(scenario)[0]["annotations"].as_array().unwrap().clone();
        all.iter().map(|a| a["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&scenario), ["everywhere", "launch"]);
    let shown = scenario.run(&["alerts", "show", &first_id(&scenario)]).ok().stdout;
    assert!(shown.contains("2026-03-01 18:00, noted: launch"), "{shown}");
    scenario.run(&["annotate", "remove", "1"]).ok();
    assert_eq!(scenario.run(&["annotate", "remove", "1"]).code, 1);
    assert_eq!(texts(&scenario), ["everywhere"]);
    let list = scenario.run(&["annotate", "list", "--json"]).ok().json();
    assert_eq!(list["annotations"].as_array().unwrap().len(), 3);
}

#[test]
fn the_message_names_the_brands_own_voice_and_speaks_french() {
    let config = CONFIG.replace("[settings]", "[settings]\nlanguage = \"fr\"").replace(
        "role = \"own\"",
        "role = \"own\"\naccounts = [\"Press Office\"]\ndomains = [\"acme.example\"]",
    );
    let mut scenario = Scenario::new(&format!("{config}{RULES}"));
    scenario.publisher.publish("/news.xml", &rss(&history()));
    scenario.at("2026-03-02T06:00:00Z").run(&["poll"]).ok();
    let own = "<item><guid>own</guid><link>https://acme.example/new</link><title>Acme presents the wheel</title>\
               <description>Acme is proud.</description><pubDate>Mon, 02 Mar 2026 05:00:00 GMT</pubDate></item>";
    let items = [history(), incident(20), vec![own.to_owned()]].concat();
    scenario.publisher.publish("/news.xml", &rss(&items));
    scenario.at("2026-03-02T07:40:00Z").run(&["poll"]);
    let id = first_id(&scenario);
    let shown = scenario.run(&["alerts", "show", &id, "--json"]).ok().json();
    assert_eq!(shown["own_publications"][0]["title"], "Acme presents the wheel");
    assert_eq!(shown["first"]["title"], "Acme battery trouble, report 0");
    assert_eq!(shown["spread"][0]["sources"], 1);
    assert_eq!(shown["hours"]["counts"].as_array().unwrap().iter().filter_map(Value::as_u64).max(), Some(20));
    let text = scenario.run(&["alerts", "show", &id]).ok().stdout;
    for part in [
        "Acme : 20 histoires",
        "Ce qui s’est passé",
        "on a compté 20 histoires",
        "(20 mentions) sur Acme, dans 1 source.",
        "D’habitude, une seule toutes les 14 fenêtres de 1 heure ; ici, 20 en une.",
        "Cela repose sur 27 jours d’écoute",
        "Aucune autre source ne l’a repris.",
        "publié par la marque elle-même dans news",
        "encore jamais rien signalé",
    ] {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(part), "{part}:\n{text}");
    }
}

#[test]
fn alerts_are_listed_as_asked() {
    let mut scenario = with_history();
    publish_incident(&scenario, 20);
    scenario.at("2026-03-02T07:40:00Z").run(&["poll"]);
    let listed = |scenario: &Scenario, options: &[&str]| {
        let run = scenario.run(&[&["alerts", "list", "--json"], options].concat());
        (run.code, run.json()["alerts"].as_array().unwrap().len())
    };
    assert_eq!(listed(&scenario, &["--rule", "acme-spike"]), (3, 1));
    assert_eq!(listed(&scenario, &["--rule", "recall"]), (0, 0));
    assert_eq!(listed(&scenario, &["--brand", "globex"]), (0, 0));
    assert_eq!(listed(&scenario, &["--state", "firing", "--since", "1h"]), (3, 1));
    assert_eq!(listed(&scenario, &["--state", "resolved", "--all"]), (0, 0));
    assert_eq!(listed(&scenario, &["--since", "2026-03-03"]), (0, 0));
    assert_eq!(scenario.run(&["alerts", "list", "--rule", "acme-spiek"]).code, 2);
}

#[test]
fn a_mention_that_was_stored_late_is_named() {
    let mut scenario = with_history();
    publish_incident(&scenario, 20);
    scenario.at("2026-03-02T07:40:00Z").run(&["poll"]);
    let id = first_id(&scenario);
    // Without its rule nobody looks again.
    scenario.configure(CONFIG);
    let late = incident(21).remove(20).replace("07:30:00", "07:20:00");
    scenario.publisher.publish("/news.xml", &rss(&[history(), incident(20), vec![late]].concat()));
    let round = scenario.run(&["poll", "--all", "--json"]).ok().json();
    assert_eq!(
        (&round["sources"][0]["new_mentions"], &round["sources"][0]["backfill"]),
        (&1.into(), &false.into())
    );
    let told = differences(&scenario, &id);
    assert!(!told.is_empty(), "{}", scenario.run(&["alerts", "explain", &id]).stdout);
    assert_eq!(told[0], "mentions: 20 counted then, 21 of the same window today");
    assert!(
        told.iter().any(|cause| cause.ends_with("came late: it was stored after the alert had been seen")),
        "{told:?}"
    );
    let explained = scenario.run(&["alerts", "explain", &id, "--json"]).ok().json();
    assert_eq!(explained["config_hash_today"], Value::Null);
}

#[test]
fn mentions_that_have_become_one_story_are_named() {
    let mut scenario = with_history();
    publish_incident(&scenario, 20);
    scenario.at("2026-03-02T07:40:00Z").run(&["poll"]);
    let id = first_id(&scenario);
    // A copy of the one report that is then edited to be one of the other.
    for (minute, of) in [(41, 0), (42, 1)] {
        let copy = incident(20)[of].replace(&format!(">i{of}</guid>"), ">copy</guid>");
        let copy = copy.replace(&format!("/i{of}<"), "/copy<");
        scenario.publisher.publish("/news.xml", &rss(&[history(), incident(20), vec![copy]].concat()));
        scenario.at(&format!("2026-03-02T07:{minute}:00Z")).run(&["poll", "--all"]);
    }
    let told = differences(&scenario, &id);
    assert_eq!(told[0], "stories: 20 counted then, 19 of the same window today");
    assert!(
        told[1].starts_with("merged: m_") && told[1].ends_with(", heard at 2026-03-02T07:41:00Z"),
        "{told:?}"
    );
}

#[test]
fn what_another_query_no_longer_counts_is_named_with_the_rule_that_is_another() {
    let config = |text: &str| {
        let query = format!("\n[[query]]\nid = \"drops\"\ntext = \"{text}\"\n");
        format!(
            "{CONFIG}{query}\n[[rule]]\nid = \"drops-spike\"\nkind = \"spike\"\nquery = \"drops\"\nnotify = []\n"
        )
    };
    let mut scenario = Scenario::new(&config("voltage"));
    scenario.publisher.publish("/news.xml", &rss(&history()));
    scenario.at("2026-03-02T06:00:00Z").run(&["poll"]).ok();
    hear(&mut scenario, 12, "2026-03-02T06:40:00Z");
    let id = first_id(&scenario);
    let same = scenario.run(&["alerts", "explain", &id, "--json"]).ok().json();
    assert_eq!(same["config_hash_today"], same["alert"]["config_hash"]);
    scenario.configure(&config("hydrogen"));
    scenario.at("2026-03-02T06:41:00Z").run(&["poll", "--all"]);
    let told = differences(&scenario, &id);
    assert!(told.iter().any(|cause| cause.ends_with(" matches otherwise today")), "{told:?}");
    let text = scenario.run(&["alerts", "explain", &id]).ok().stdout;
    assert!(text.contains("another in feeds.toml today"), "{text}");
}
