//! The rules of the code base, as a test: layers, homes of foreign crates, purity, paths named in documents.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers, lowest first. A module uses strictly lower numbers and itself.
const LAYERS: &[(&str, u8)] = &[
    ("text", 0),
    ("query", 1),
    ("model", 2),
    ("sources", 3),
    ("matching", 3),
    ("enrich", 3),
    ("stats", 3),
    ("prepare", 4),
    ("rules", 4),
    ("config", 4),
    ("fetch", 5),
    ("store", 5),
    ("index", 5),
    ("notify", 5),
    ("views", 6),
    ("render", 7),
    ("ingest", 8),
    ("alerting", 8),
    ("digest", 8),
    ("daemon", 9),
    ("cli", 10),
];

/// The last pure layer: no clock, disk, network, environment, threads or printing up to here.
const LAST_PURE: u8 = 4;

/// Where each foreign crate lives. Crates of vocabulary (errors, time, serialisation, logs) live anywhere.
const HOMES: &[(&str, &[&str])] = &[
    ("aho_corasick", &["matching"]),
    ("base64", &["fetch", "notify"]),
    (
        "blake3",
        &["prepare", "rules", "config", "store", "index", "notify", "alerting", "digest", "daemon", "cli"],
    ),
    ("clap", &["cli"]),
    ("comfy_table", &["render"]),
    ("csv", &["cli", "ingest"]),
    ("encoding_rs", &["sources"]),
    ("feed_rs", &["sources"]),
    ("frostem", &["text"]),
    ("futures_util", &["fetch", "alerting", "daemon"]),
    ("html_escape", &["text"]),
    ("http_body_util", &["cli"]),
    ("httpdate", &["fetch", "notify"]),
    ("hyper", &["cli"]),
    ("hyper_util", &["cli"]),
    ("indicatif", &["cli"]),
    ("lettre", &["notify"]),
    ("notify_rust", &["notify"]),
    ("quick_xml", &["sources"]),
    ("reqwest", &["fetch", "notify"]),
    ("ring", &["fetch", "notify"]),
    ("rten", &["enrich"]),
    ("rten_tensor", &["enrich"]),
    ("rusqlite", &["store"]),
    ("rustls", &["fetch", "notify"]),
    ("statrs", &["stats"]),
    ("strsim", &["query", "config"]),
    ("tantivy", &["index"]),
    ("tokenizers", &["enrich"]),
    ("tokio", &["fetch", "notify", "alerting", "daemon", "cli"]),
    ("tokio_tungstenite", &["fetch"]),
    ("toml", &["config"]),
    ("tracing_subscriber", &["cli"]),
    ("unicode_normalization", &["text"]),
    ("unicode_segmentation", &["text", "render"]),
    ("whichlang", &["enrich"]),
    ("xxhash_rust", &["enrich"]),
];

/// What a pure module has no business with.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "TimeZone::system",
    "println!",
    "print!",
    "tokio::",
    "thread_local!",
    "static mut",
];

#[test]
fn layers_are_kept() {
    let mut faults = Vec::new();
    for file in sources() {
        let own = file.layer();
        for module in modules_used(&file.code) {
            let Some(other) = layer_of(&module) else {
                faults.push(format!("{}: crate::{module} is in no layer", file.path.display()));
                continue;
            };
            if module != file.module && other >= own {
                faults.push(format!(
                    "{}: `{}` (layer {own}) uses `{module}` (layer {other})",
                    file.path.display(),
                    file.module
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn foreign_crates_have_a_home() {
    let mut faults = Vec::new();
    let declared = dependencies();
    for (name, _) in HOMES {
        assert!(declared.contains(&(*name).to_owned()), "{name} has a home but is no dependency");
    }
    for file in sources() {
        for (name, homes) in HOMES {
            let is_word = |(at, _): (usize, &str)| {
                !file.code[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            };
            let used = file.code.match_indices(&format!("{name}::")).any(is_word)
                || file.code.contains(&format!("use {name};"));
            if used && !homes.contains(&file.module.as_str()) {
                faults.push(format!("{}: `{name}` lives in {homes:?} only", file.path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn pure_layers_touch_no_outside_world() {
    let mut faults = Vec::new();
    for file in sources().into_iter().filter(|f| f.layer() <= LAST_PURE) {
        for word in IMPURE {
            if file.code.contains(word) {
                faults.push(format!("{}: `{word}` in a pure layer", file.path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_module_has_a_layer_and_says_what_it_is_for() {
    for file in sources() {
        let first = fs::read_to_string(&file.path).expect("readable source");
        assert!(first.starts_with("//! "), "{} does not begin by saying what it is for", file.path.display());
        if file.module != "lib" && file.module != "main" {
            assert!(layer_of(&file.module).is_some(), "{} is in no layer", file.path.display());
        }
    }
}

#[test]
fn paths_named_in_documents_exist() {
    let root = root();
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(root.join(document)).expect("the document exists");
        for quoted in text.split('`').skip(1).step_by(2) {
            let looks_like_a_path = ["src/", "tests/", "docs/", "benches/", "index/", ".ci/"]
                .iter()
                .any(|start| quoted.starts_with(start));
            let made_at_run_time =
                quoted.starts_with("index/tantivy") || quoted.starts_with("index/mentions");
            if looks_like_a_path && !made_at_run_time && !quoted.contains(['*', ' ', '<']) {
                assert!(root.join(quoted).exists(), "{document} names `{quoted}`, which does not exist");
            }
        }
    }
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut documents = vec![PathBuf::from("README.md"), "ARCHITECTURE.md".into(), "CONTRIBUTING.md".into()];
    documents.push("benches/RESULTS.md".into());
    for entry in fs::read_dir(root().join("docs")).expect("docs").flatten() {
        if entry.path().extension().is_some_and(|e| e == "md") {
            documents.push(Path::new("docs").join(entry.file_name()));
        }
    }
    for document in documents {
        let text = fs::read_to_string(root().join(&document)).expect("the document exists");
        for after in text.split("](").skip(1) {
            let link = after.split([')', '#']).next().unwrap_or("");
            if link.is_empty() || link.contains("://") || link.contains(char::is_whitespace) {
                continue;
            }
            let target = root().join(document.parent().unwrap_or(Path::new(""))).join(link);
            assert!(target.exists(), "{} links to `{link}`, which does not exist", document.display());
        }
    }
}

struct Source {
    path: PathBuf,
    /// The first component below `src/`, without `.rs`.
    module: String,
    /// The text without comments, strings' line breaks aside, and without unit tests.
    code: String,
}

impl Source {
    fn layer(&self) -> u8 {
        layer_of(&self.module).unwrap_or(u8::MAX)
    }
}

fn layer_of(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut files = Vec::new();
    collect(&src, &mut files);
    // Unit tests in files of their own may do what tests do.
    let is_test = |path: &PathBuf| path.file_stem().is_some_and(|name| name == "tests" || name == "testing");
    files
        .into_iter()
        .filter(|path| !is_test(path))
        .map(|path| {
            let inside = path.strip_prefix(&src).expect("below src");
            let first = inside.components().next().expect("a name").as_os_str().to_string_lossy();
            let module = first.trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&path).expect("readable source");
            Source { module, code: code_of(&text), path }
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("readable folder") {
        let path = entry.expect("readable entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
}

/// Drops line comments and what follows the unit tests' `#[cfg(test)]`.
fn code_of(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    before_tests
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| line.split(" // ").next().unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The top-level modules that `crate::a`, `crate::{a, b::c}` name.
fn modules_used(code: &str) -> Vec<String> {
    let mut found = BTreeMap::new();
    for after in code.split("crate::").skip(1) {
        if let Some(list) = after.strip_prefix('{') {
            let mut depth = 0usize;
            let mut name = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        found.insert(head(&name), ());
                        name.clear();
                    }
                    c if depth == 0 => name.push(c),
                    _ => {}
                }
            }
            found.insert(head(&name), ());
        } else {
            found.insert(head(after), ());
        }
    }
    found.into_keys().filter(|name| !name.is_empty()).collect()
}

fn head(path: &str) -> String {
    path.trim_start().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

fn dependencies() -> Vec<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    let table = manifest.split("[dependencies]").nth(1).expect("dependencies");
    let table = table.split("\n[").next().expect("a table");
    table
        .lines()
        .filter(|line| !line.starts_with('#') && line.contains('='))
        .map(|line| line.split('=').next().unwrap_or("").trim().replace('-', "_"))
        .collect()
}
