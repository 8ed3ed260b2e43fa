//! The faces that need no feeds: check, init, import, parse, analyze, detect.

use serde_json::Value;

use crate::scenario::Scenario;

#[test]
fn check_tells_all_problems_with_their_places() {
    let scenario = Scenario::new(
        "[settings]\nconcurency = 3\n\n[[brand]]\nid = \"acme\"\nrole = \"mine\"\n\n\
         [[source]]\nid = \"news\"\nurl = \"https://news.example/feed.xml\"\n",
    );
    let run = scenario.run(&["check", "--json"]);
    assert_eq!(run.code, 2);
    let view = run.json();
    assert_eq!(view["ok"], false);
    let problems = view["problems"].as_array().unwrap();
    let at = |line: u64| problems.iter().find(|p| p["line"] == line).unwrap_or_else(|| panic!("{view}"));
    assert!(at(2)["help"].as_str().unwrap().contains("concurrency"), "{}", at(2));
    assert_eq!(at(6)["severity"], "error");
    let human = scenario.run(&["check"]);
    assert!(human.stdout.starts_with("feeds.toml:2:1:"), "{}", human.stdout);
    // Every other command refuses to work on it, and says why.
    let poll = scenario.run(&["poll"]);
    assert_eq!(poll.code, 2);
    assert!(poll.stderr.contains("feeds.toml:2:1:"), "{}", poll.stderr);
}

#[test]
fn a_configuration_that_cannot_be_read_is_a_problem_like_others() {
    let scenario = Scenario::new("[settings]\ninclude = [\"gone.toml\"]\n");
    std::fs::write(scenario.path().join("latin.toml"), b"# caf\xe9\n").unwrap();
    for (file, line, column) in [("feeds.toml", 2, 12), ("latin.toml", 1, 1), ("no.toml", 1, 1), (".", 1, 1)]
    {
        let run = |command: &[&str]| {
            let output = std::process::Command::new(env!("CARGO_BIN_EXE_vigie"))
                .current_dir(scenario.path())
                .args(["--config", file])
                .args(command)
                .output()
                .unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap())
        };
        let (code, shown) = run(&["check", "--json"]);
        let view: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!((code, &view["ok"]), (Some(2), &Value::Bool(false)), "{file}: {view}");
        let problem = &view["problems"][0];
        assert_eq!(problem["file"], file);
        assert_eq!(
            (problem["line"].as_u64(), problem["column"].as_u64()),
            (Some(line), Some(column)),
            "{view}"
        );
        assert_eq!(run(&["poll"]).0, Some(2), "{file}");
    }
}

#[test]
fn init_writes_a_configuration_that_check_accepts_and_never_overwrites() {
    let scenario = Scenario::new("");
    let arguments = ["init", "mine", "--brand", "L'Étoile \"Nord\"", "--competitor", "Globex & Cie"];
    scenario.run(&arguments).ok();
    scenario.run(&["--config", "mine/feeds.toml", "check"]);
    let checked = std::process::Command::new(env!("CARGO_BIN_EXE_vigie"))
        .current_dir(scenario.path())
        .args(["--config", "mine/feeds.toml", "check", "--json"])
        .output()
        .unwrap();
    let view: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(view["ok"], true, "{view}");
    assert_eq!(scenario.run(&arguments).code, 2);
}

#[test]
fn parse_goes_on_after_a_bad_document() {
    let scenario = Scenario::new("");
    let feed = "<rss><channel><item><title>Caf&eacute;</title><guid>g</guid></item></channel></rss>";
    std::fs::write(scenario.path().join("good.xml"), feed).unwrap();
    std::fs::write(scenario.path().join("bad.xml"), "<html><body>no</body></html>").unwrap();
    let run = scenario.run(&["parse", "missing.xml", "bad.xml", "good.xml"]);
    assert_eq!(run.code, 1);
    let entry: Value = serde_json::from_str(run.stdout.trim()).unwrap();
    assert_eq!(entry["document"], "good.xml");
    assert_eq!(entry["title"], "Café");
    assert_eq!(entry["published"], Value::Null);
    assert!(run.stderr.contains("\"kind\":\"not-a-feed\""), "{}", run.stderr);
    scenario.run(&["parse", "good.xml"]).ok();
}

#[test]
fn analyze_answers_every_line_in_order() {
    let scenario = Scenario::new("");
    std::fs::remove_file(scenario.path().join("feeds.toml")).unwrap();
    let input = concat!(
        "This phone is awful and I hate it\n",
        "\n",
        r#"{"id":7,"text":"Acme est génial, Globex est une arnaque","language":"fr","targets":[{"id":"acme","spans":[[0,4]]}]}"#,
        "\n{\"no\":1}\n"
    );
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_vigie"))
        .current_dir(scenario.path())
        .env("XDG_CONFIG_HOME", scenario.path())
        .arg("analyze")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .and_then(|mut child| {
            use std::io::Write;
            child.stdin.take().expect("piped").write_all(input.as_bytes())?;
            child.wait_with_output()
        })
        .unwrap();
    let lines: Vec<Value> = String::from_utf8(run.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["sentiment"]["label"], "negative", "{}", lines[0]);
    assert_eq!(lines[0]["language"], "en");
    assert_eq!(lines[2]["id"], 7);
    assert_eq!(lines[2]["matches"][0]["brand"], "acme");
    let p = &lines[2]["sentiment"]["p"];
    let sum: f64 = ["negative", "neutral", "positive"].iter().map(|k| p[k].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-4, "{p}");
}

#[test]
fn detect_finds_the_burst_and_refuses_disorder() {
    let scenario = Scenario::new("");
    let mut csv = String::from("timestamp,value\n");
    for hour in 0..400_i64 {
        let at = jiff::Timestamp::from_second(1_767_225_600 + hour * 3_600).unwrap();
        let value = if hour == 350 { 60 } else { 3 + (hour * 7919 % 5) };
        csv.push_str(&format!("{at},{value}\n"));
    }
    let out = scenario.run_with(&["detect"], &csv).ok().stdout;
    let spikes: Vec<&str> = out.lines().filter(|line| line.ends_with(",true")).collect();
    assert_eq!(spikes.len(), 1, "{spikes:?}");
    assert!(spikes[0].starts_with("2026-01-15T14:00:00Z,60,"), "{spikes:?}");
    assert_eq!(out.lines().count(), 401);
    let wrong = scenario.run_with(&["detect"], "timestamp,value\n2026-01-02,1\n2026-01-01,1\n");
    assert_eq!(wrong.code, 1);
    assert!(wrong.stderr.contains("line 3"), "{}", wrong.stderr);
}

const TAGGED: &str = "[[brand]]\nid = \"acme\"\nquery = 'acme tag:forum'\naliases = []\n\n\
    [[source]]\nid = \"board\"\nurl = \"https://board.example/feed.xml\"\ntags = [\"forum\"]\nenabled = false\n";

#[test]
fn import_goes_on_after_a_line_that_is_not_utf_8_and_knows_the_tags_of_sources() {
    let scenario = Scenario::new(TAGGED);
    let lines: [&[u8]; 5] = [
        "\u{feff}{\"title\":\"Acme one\",\"source\":\"board\",\"tags\":null}\n".as_bytes(),
        b"{\"title\":\"Acme caf\xe9\"}\n",
        b"\r\n",
        b"{\"title\":\"Acme two\",\"source\":\"board\",\"published\":\"1767254400\"}\n",
        b"{\"title\":\"Acme three\",\"source\":\"elsewhere\"}",
    ];
    std::fs::write(scenario.path().join("x.jsonl"), lines.concat()).unwrap();
    let run = scenario.run(&["import", "x.jsonl", "missing.jsonl", "--json"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("x.jsonl:2: not UTF-8"), "{}", run.stderr);
    assert!(run.stderr.contains("missing.jsonl could not be opened"), "{}", run.stderr);
    let view = run.json();
    assert_eq!((view["read"].as_u64(), view["rejected"].as_u64()), (Some(4), Some(1)), "{view}");
    assert_eq!(view["mentions"], 2, "those of the tagged source: {view}");
    let found = scenario.run(&["search", "acme date:2026-01-01", "--json"]);
    assert_eq!(found.json()["total"], 1, "{}{}", found.stdout, found.stderr);
}

#[test]
fn small_answers_are_json_too_and_warnings_do_not_disturb_questions() {
    let scenario = Scenario::new(
        "[[goal]]\nbrand = \"acme\"\nmetric = \"share\"\ntarget = 0.3\nby = \"2027-06-30\"\n\n\
         [[brand]]\nid = \"acme\"\n\n\
         [[notifier]]\nid = \"good\"\nkind = \"command\"\nargv = [\"true\"]\n\n\
         [[notifier]]\nid = \"bad\"\nkind = \"command\"\nargv = [\"false\"]\n",
    );
    let checked = scenario.run(&["check"]).ok().stdout;
    assert!(checked.contains("feeds.toml:1:1: warning: "), "{checked}");
    assert!(checked.contains("1 brand, 0 sources, 0 saved queries, 0 rules, 2 notifiers"), "{checked}");
    let poll = scenario.run(&["poll"]).ok();
    assert!(poll.stderr.contains("warning: ") && poll.stdout.contains("[[source]]"), "{}", poll.stdout);
    let imported = scenario.run_with(&["import"], "{\"title\":\"Acme\"}").ok();
    assert_eq!(
        imported.stdout,
        "1 entry read: 1 new entry, 0 known, 0 revised, 0 naming no brand; 1 new mention; 0 rejected\n"
    );
    assert_eq!(imported.stderr, "");
    assert_eq!(scenario.run(&["search", "acme"]).ok().stderr, "");
    assert_eq!(scenario.run(&["reindex", "--json"]).ok().json()["mentions"], 1);
    assert_eq!(scenario.run(&["notifiers", "test", "good", "--json"]).ok().json()["delivered"], true);
    let bad = scenario.run(&["notifiers", "test", "bad", "--json"]);
    assert_eq!((bad.code, &bad.json()["delivered"]), (1, &Value::Bool(false)));
    let far = scenario.run(&["benchmark", "--since", "P9999Y"]);
    assert_eq!(far.code, 2, "{}{}", far.stdout, far.stderr);
    assert!(far.stderr.contains("--since lies too far back"), "{}", far.stderr);
    let written = scenario.run(&["init", "my own", "--brand", "Acme", "--json"]).ok().json();
    assert_eq!(written["file"], "my own/feeds.toml");
    let told = scenario.run(&["init", "new one", "--brand", "A", "--competitor", "B", "--competitor", "C"]);
    assert!(told.stdout.contains("listens for A, B and C."), "{}", told.stdout);
    assert!(told.stdout.contains("vigie --config 'new one/feeds.toml' check"), "{}", told.stdout);
}
