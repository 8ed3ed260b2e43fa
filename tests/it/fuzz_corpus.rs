//! The laws that fuzzing looks for breaches of, asked of every input that was kept.

use std::fs;
use std::path::Path;

#[path = "../fuzz/laws.rs"]
mod laws;

#[track_caller]
fn replay(target: &str, law: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz_corpus").join(target);
    let inputs = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut replayed = 0;
    for input in inputs {
        let input = input.and_then(|input| fs::read(input.path())).expect("a readable input");
        law(&input);
        replayed += 1;
    }
    assert!(replayed > 0, "{} is empty", folder.display());
}

#[test]
fn feeds() {
    replay("feed", laws::feed);
}

#[test]
fn dates() {
    replay("date", laws::date);
}

#[test]
fn addresses() {
    replay("address", laws::address);
}

#[test]
fn lists_of_feeds() {
    replay("opml", laws::opml);
}
