//! A tone model of the user's own: an ONNX file that adds up what it knows of `good` (+) and `bad` (−), and takes
//! every other word for neutral. Its classes come in the order positive, neutral, negative.

use crate::scenario::Scenario;

const ONNX: &[u8] = include_bytes!("own_model/tone.onnx");
const TOKENIZER: &[u8] = include_bytes!("own_model/tokenizer.json");
const ABOUT: &[u8] = include_bytes!("own_model/config.json");

const CONFIG: &str = "[settings]\nmodel = \"models/tone.onnx\"\n[[brand]]\nid = \"acme\"\n\
                      [[source]]\nid = \"news\"\nurl = \"https://news.example/feed.xml\"\n";

type Files<'a> = &'a [(&'a str, &'a [u8])];

fn scenario(files: Files<'_>) -> Scenario {
    let scenario = Scenario::new(CONFIG);
    std::fs::create_dir(scenario.path().join("models")).expect("a folder");
    for (name, bytes) in files {
        std::fs::write(scenario.path().join("models").join(name), bytes).expect("a file");
    }
    scenario
}

#[test]
fn it_judges_what_is_heard() {
    let scenario = scenario(&[("tone.onnx", ONNX), ("tokenizer.json", TOKENIZER), ("config.json", ABOUT)]);
    scenario.run(&["check"]).ok();
    // The built-in model would say the opposite of each.
    let lines = "{\"text\":\"Acme awful bad good good horrible good\"}\n{\"text\":\"Acme excellent bad bad\"}\n\
                 {\"text\":\"I love and adore my wonderful Acme\"}\n";
    let analysed = scenario.run_with(&["analyze"], lines).ok();
    let views: Vec<serde_json::Value> =
        analysed.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (view, label) in views.iter().zip(["positive", "negative", "neutral"]) {
        assert_eq!(view["sentiment"]["label"], label, "{view}");
        assert_eq!(view["matches"][0]["sentiment"]["label"], label, "{view}");
        let model = view["sentiment"]["model"].as_str().unwrap();
        assert!(model.starts_with("tone.onnx@") && model.len() == 16, "{model}");
    }
    scenario.run_with(&["import", "-"], lines).ok();
    for (label, count) in [("positive", 1), ("negative", 1), ("neutral", 1)] {
        let found = scenario.run(&["search", &format!("sentiment:{label}"), "--json"]).ok().json();
        assert_eq!(found["total"], count, "{found}");
    }
}

#[test]
fn what_is_wrong_with_it_is_told_where_it_is_named() {
    let two = br#"{"id2label":{"0":"NEGATIVE","1":"POSITIVE"}}"#;
    let cases: [(Files<'_>, &str); 5] = [
        (&[], "models/tone.onnx, which is no file"),
        (&[("tone.onnx", ONNX)], "models/tokenizer.json, which is no file"),
        (&[("tone.onnx", b"no model"), ("tokenizer.json", TOKENIZER)], "no ONNX file"),
        (&[("tone.onnx", ONNX), ("tokenizer.json", b"{}")], "tokenizer.json cannot be read"),
        (
            &[("tone.onnx", ONNX), ("tokenizer.json", TOKENIZER), ("config.json", two)],
            "names the classes NEGATIVE, POSITIVE",
        ),
    ];
    for (files, wanted) in cases {
        let scenario = scenario(files);
        let run = scenario.run(&["check", "--json"]);
        let view = run.json();
        let problem = &view["problems"][0];
        assert_eq!((run.code, problem["line"].as_u64(), problem["column"].as_u64()), (2, Some(2), Some(9)));
        assert!(problem["message"].as_str().unwrap().contains(wanted), "{problem}");
        // Nothing is scored by another model meanwhile.
        assert_ne!(scenario.run_with(&["import", "-"], "{\"text\":\"Acme\"}\n").code, 0, "{wanted}");
    }
}
