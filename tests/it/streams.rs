//! A stream: what it tells is kept exactly once, whatever breaks off, comes twice or makes no sense.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};

use vigie::store::Reader;

use crate::jetstream::{Fault, Jetstream, commit, post, text_frame};
use crate::running::{signal, start, wait_until};
use crate::scenario::{Scenario, read_all};

/// 2026-03-02T07:00:00Z; the scenario's clock stands at 08:00.
const SEVEN: u64 = 1_772_434_800_000_000;
const SECOND: u64 = 1_000_000;

const CONFIG: &str = r#"
[[brand]]
id = "acme"

[[source]]
id = "sky"
kind = "bluesky-jetstream"
host = "{sky}"
allow_private = true
"#;

struct Sky {
    server: Jetstream,
    scenario: Scenario,
}

impl Sky {
    fn new() -> Sky {
        let server = Jetstream::start();
        let scenario = Scenario::new(&CONFIG.replace("{sky}", &server.base_url));
        Sky { server, scenario }
    }

    /// Starts the daemon and waits until it listens.
    fn listen(&self) -> Child {
        let before = self.server.requests().len();
        let child = start(&self.scenario);
        wait_until("a connection", || self.server.requests().len() > before);
        child
    }

    /// The daemon has listened before, from seven o'clock on.
    fn listened() -> Sky {
        let sky = Sky::new();
        let mut child = sky.listen();
        sky.server.say(SEVEN, &post(SEVEN, "first", "Acme"));
        sky.wait_for(1);
        stop(&mut child);
        sky
    }

    fn say(&self, seconds: u64, rkey: &str, text: &str) {
        let time_us = SEVEN + seconds * SECOND;
        self.server.say(time_us, &post(time_us, rkey, text));
    }

    fn wait_for(&self, mentions: u64) {
        wait_until(&format!("{mentions} mentions"), || self.mentions() == mentions);
    }

    fn mentions(&self) -> u64 {
        let reader = Reader::open(&self.scenario.data_dir());
        // Not there yet.
        let Ok(reader) = reader else { return 0 };
        reader.totals().expect("totals").iter().map(|total| total.mentions).sum()
    }

    /// The last part of the guids of what is kept, each once.
    fn kept(&self) -> BTreeSet<String> {
        let exported = self.scenario.run(&["export", "*"]).ok().stdout;
        let mut kept = BTreeSet::new();
        for line in exported.lines() {
            let entry: serde_json::Value = serde_json::from_str(line).expect("a JSON line");
            let guid = entry["id"].as_str().expect("a guid");
            assert!(kept.insert(guid.rsplit('/').next().expect("a part").to_owned()), "{guid} twice");
        }
        kept
    }

    #[track_caller]
    fn check_kept(&self, expected: &[&str]) {
        assert_eq!(self.kept(), expected.iter().map(|rkey| (*rkey).to_owned()).collect());
        let doctor = self.scenario.run(&["doctor"]);
        assert_eq!(doctor.code, 0, "{}", doctor.stdout);
    }

    fn health(&self) -> serde_json::Value {
        self.scenario.run(&["sources", "health", "--json"]).ok().json()["sources"][0].clone()
    }
}

fn stop(child: &mut Child) -> String {
    signal(child, "-TERM");
    assert!(child.wait().expect("it ends").success());
    read_all(child.stderr.take().expect("piped"))
}

#[test]
fn what_is_said_from_now_on_is_heard_and_nothing_older() {
    let sky = Sky::new();
    sky.say(0, "before", "Acme was here before");
    let mut child = sky.listen();
    sky.say(1, "one", "Acme opens a shop");
    sky.say(2, "two", "Nothing of interest");
    let deleted = commit(SEVEN + 3 * SECOND, "delete", "one", "").replace(",\"record\":", ",\"was\":");
    sky.server.say(SEVEN + 3 * SECOND, &deleted);
    sky.say(4, "three", "What does acme want?");
    sky.wait_for(2);
    let note = sky.health()["note"].as_str().map(str::to_owned);
    assert!(note.as_ref().is_some_and(|note| note.starts_with("open at 127.0.0.1")), "{note:?}");
    stop(&mut child);
    sky.check_kept(&["one", "three"]);
    let entry = sky.scenario.run(&["search", "shop", "--json"]).ok().json()["hits"][0].clone();
    assert_eq!(entry["link"], "https://bsky.app/profile/did:plc:eygmaihciaxprqvxpfvl6flk/post/one");
    assert_eq!(entry["published"], "2026-03-02T07:00:01Z");
    let request = &sky.server.requests()[0];
    assert!(request.starts_with("get /subscribe?wantedcollections=app.bsky.feed.post&"), "{request}");
    assert!(!request.contains("cursor="), "{request}");
    assert!(request.contains("user-agent: vigie/"), "{request}");
    let health = sky.health();
    assert_eq!((health["state"].as_str(), health["note"].as_str()), (Some("ok"), None), "{health}");
}

#[test]
fn a_stream_that_breaks_off_goes_on_where_it_was() {
    let sky = Sky::listened();
    // Each connection gets a little further; what overlaps comes twice.
    sky.server.fail(&[Fault::CutAfter(3), Fault::CloseAfter(4), Fault::CutAfter(2)]);
    let mut expected = BTreeSet::from(["first".to_owned()]);
    let mut say = |number: u64, about: &str| {
        sky.say(number, &format!("p{number}"), &format!("Post {number} is about {about}"));
        if about == "Acme" {
            expected.insert(format!("p{number}"));
        }
    };
    for number in 0..40 {
        say(number, if number % 4 == 0 { "the weather" } else { "Acme" });
        // Doubled by the server and out of order; of two, an edit that names the brand at last.
        if number % 5 == 3 {
            say(number - 2, "Acme");
        }
    }
    let mut child = sky.listen();
    wait_until("four connections", || sky.server.requests().len() >= 5);
    wait_until("all mentions", || sky.mentions() as usize == expected.len());
    stop(&mut child);
    let kept: Vec<&str> = expected.iter().map(String::as_str).collect();
    sky.check_kept(&kept);
    let cursors: Vec<bool> =
        sky.server.requests()[1..].iter().map(|head| head.contains("&cursor=17")).collect();
    assert!(cursors.iter().all(|with_cursor| *with_cursor), "{:?}", sky.server.requests());
}

#[test]
fn killed_at_any_moment_a_stream_loses_and_doubles_nothing() {
    let sky = Sky::listened();
    let mut expected = vec!["first".to_owned()];
    for kill in 0..12_u64 {
        let mut child = sky.listen();
        for number in kill * 30..kill * 30 + 30 {
            sky.say(1 + number, &format!("p{number}"), &format!("Post {number} names Acme"));
            expected.push(format!("p{number}"));
        }
        // Sooner or later after the first batch.
        std::thread::sleep(std::time::Duration::from_millis(kill * 977 % 1500));
        child.kill().expect("it lives");
        child.wait().expect("it ends");
    }
    let mut child = sky.listen();
    sky.wait_for(expected.len() as u64);
    stop(&mut child);
    sky.check_kept(&expected.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn messages_that_make_no_sense_stop_nothing() {
    let sky = Sky::listened();
    let mut child = sky.listen();
    sky.server.say(SEVEN, "hello");
    sky.server.say(SEVEN, "");
    sky.server.say(SEVEN, r#"{"kind":"commit","commit":{"collection":"app.bsky.feed.post"}}"#);
    sky.server.say(SEVEN, &post(SEVEN, "../../evil", "Acme").replace("did:plc", "javascript:"));
    // Not a text, and a text with a bad time.
    let mut binary = text_frame(b"\xff\xfe");
    binary[0] = 0x82;
    sky.server.say_frame(SEVEN, binary);
    let far = u64::MAX / 2;
    sky.server.say(SEVEN, &post(SEVEN, "future", "Acme").replace(&SEVEN.to_string(), &far.to_string()));
    sky.say(9, "good", "Acme is fine");
    sky.wait_for(3);
    stop(&mut child);
    sky.check_kept(&["first", "future", "good"]);
    let note = sky.health()["note"].as_str().unwrap().to_owned();
    assert!(note.contains("6 odd messages"), "{note}");
    // A time that has not come yet does not move the place: what is said is heard after the next start.
    sky.say(10, "next", "Acme again");
    let mut child = sky.listen();
    sky.wait_for(4);
    stop(&mut child);
}

#[test]
fn a_message_that_cannot_be_read_is_left_behind_and_a_gap_is_noted() {
    let sky = Sky::listened();
    let mut child = sky.listen();
    sky.say(1, "before", "Acme before");
    sky.wait_for(2);
    sky.server.say_frame(SEVEN + 2 * SECOND, text_frame(&vec![b' '; (15 << 20) + 1]));
    sky.say(3, "after", "Acme after");
    // Once as it comes, once again; then the stream goes on from now.
    wait_until("another start", || sky.server.requests().len() == 4);
    wait_until("the gap", || {
        let reader = Reader::open(&sky.scenario.data_dir()).expect("a store");
        let (since, until) = ("2026-03-02T07:30:00Z", "2026-03-02T07:31:00Z");
        let gaps = reader.gaps(since.parse().unwrap(), until.parse().unwrap()).expect("gaps");
        gaps.iter().any(|gap| gap.since.to_string() == "2026-03-02T07:00:01Z")
    });
    assert!(!sky.server.requests()[3].contains("cursor="), "{:?}", sky.server.requests());
    sky.say(4, "then", "Acme then");
    sky.wait_for(3);
    stop(&mut child);
    sky.check_kept(&["before", "first", "then"]);
}

#[test]
fn what_a_server_does_not_hold_any_more_is_a_gap() {
    let sky = Sky::listened();
    for minute in 1..40 {
        sky.say(minute * 60, &format!("p{minute}"), "Acme all day long");
    }
    sky.server.forget_before(SEVEN + 30 * 60 * SECOND);
    let mut child = sky.listen();
    sky.wait_for(11);
    stop(&mut child);
    let reader = Reader::open(&sky.scenario.data_dir()).expect("a store");
    let (since, until) = ("2026-03-02T07:10:00Z", "2026-03-02T07:11:00Z");
    let gaps = reader.gaps(since.parse().unwrap(), until.parse().unwrap()).expect("gaps");
    let gaps: Vec<String> =
        gaps.iter().map(|gap| format!("{} {}", gap.since, gap.until.expect("closed"))).collect();
    assert_eq!(gaps, ["2026-03-02T07:00:00Z 2026-03-02T07:30:00Z"]);
}

#[test]
fn a_flood_is_taken_in_whole() {
    let sky = Sky::listened();
    for number in 0..20_000_u64 {
        let text =
            if number % 100 == 7 { format!("Acme, number {number}") } else { format!("Hello {number}") };
        let time_us = SEVEN + number * 1000;
        sky.server.say(time_us, &post(time_us, &format!("p{number}"), &text));
    }
    let mut child = sky.listen();
    sky.wait_for(201);
    stop(&mut child);
    assert_eq!(sky.kept().len(), 201);
}

#[test]
fn other_brands_are_heard_without_a_new_start_of_the_program() {
    let sky = Sky::listened();
    let mut child = sky.listen();
    sky.say(1, "one", "Globex is not listened for");
    let other = CONFIG.replace("{sky}", &sky.server.base_url);
    sky.scenario.configure(&format!("{other}\n[[brand]]\nid = \"globex\"\nrole = \"competitor\"\n"));
    wait_until("a connection for the new brands", || sky.server.requests().len() == 3);
    // Said a little before the change, it comes again; whoever listens to it now keeps it.
    sky.say(60, "two", "Now Globex is");
    sky.wait_for(3);
    sky.say(61, "three", "Acme still is");
    sky.wait_for(4);
    stop(&mut child);
    sky.check_kept(&["first", "one", "three", "two"]);
}

#[test]
fn a_round_of_poll_reads_on_and_the_first_one_begins_now() {
    let mut sky = Sky::new();
    sky.say(0, "before", "Acme was here before");
    sky.scenario.at("2026-03-02T07:00:10Z");
    let first = sky.scenario.run(&["poll", "--all", "--json"]).ok().json();
    assert_eq!(first["sources"][0]["outcome"], "read", "{first}");
    assert_eq!(first["sources"][0]["new_mentions"], 0);
    sky.say(20, "one", "Acme opens a shop");
    sky.say(30, "two", "Nothing");
    sky.say(3600, "three", "Acme closes a shop");
    sky.scenario.at("2026-03-02T08:00:00Z");
    // Cut off halfway, it is taken up at once.
    sky.server.fail(&[Fault::CutAfter(1)]);
    let second = sky.scenario.run(&["poll", "--all", "--json"]).ok().json();
    assert_eq!(second["sources"][0]["new_mentions"], 2, "{second}");
    assert_eq!(second["sources"][0]["backfill"], false, "{second}");
    sky.scenario.at("2026-03-02T08:00:05Z");
    sky.say(3605, "four", "Nothing more");
    let third = sky.scenario.run(&["poll", "--all", "--json"]).ok().json();
    assert_eq!(third["sources"][0]["new_mentions"], 0, "{third}");
    sky.check_kept(&["one", "three"]);
}

#[test]
fn what_comes_over_a_stream_is_news_for_rules() {
    let mut sky = Sky::new();
    let rule = "\n[[rule]]\nid = \"recall\"\nkind = \"pattern\"\ntext = \"recall\"\n";
    let config = CONFIG.replace("{sky}", &sky.server.base_url);
    sky.scenario.configure(&format!("{config}{rule}"));
    sky.scenario.at("2026-03-02T07:00:10Z").run(&["poll"]).ok();
    sky.say(20, "one", "Acme must recall its lamps");
    sky.say(120, "two", "Nothing");
    let alerted = sky.scenario.at("2026-03-02T07:02:00Z").run(&["poll"]);
    assert_eq!(alerted.code, 3, "{}\n{}", alerted.stdout, alerted.stderr);
}

#[test]
fn servers_that_give_no_stream_are_told_of() {
    let sky = Sky::new();
    let poll = |fault: Fault| {
        sky.server.fail(&[fault]);
        sky.scenario.run(&["poll", "--all"]).ok();
        let health = sky.health();
        (health["state"].as_str().unwrap().to_owned(), health["note"].as_str().unwrap().to_owned())
    };
    let (state, note) = poll(Fault::Status(429, "Retry-After: 120"));
    assert_eq!((state.as_str(), note.as_str()), ("throttled", "asked to wait 120 s before the next request"));
    assert_eq!(sky.health()["next_poll"], "2026-03-02T08:02:00Z");
    let (state, note) = poll(Fault::Status(404, "A: b"));
    assert_eq!(
        (state.as_str(), note.as_str()),
        ("broken", "server answered 404 (not found; it may come back, so it is asked for again)")
    );
    let (state, note) = poll(Fault::Status(301, "Location: http://127.0.0.1/"));
    assert_eq!((state.as_str(), note.as_str()), ("broken", "server answered 301"));
    let (state, note) = poll(Fault::Status(200, "A: b"));
    assert_eq!(
        (state.as_str(), note.as_str()),
        ("blocked", "refused: the server answered with a document, not a stream")
    );
    let (state, note) = poll(Fault::WrongKey);
    assert_eq!(state, "blocked");
    assert!(note.contains("another protocol"), "{note}");
    sky.scenario.run(&["poll", "--all"]).ok();
    assert_eq!(sky.health()["state"], "ok");
}

#[test]
fn a_round_of_poll_leaves_behind_what_cannot_be_read() {
    let mut sky = Sky::listened();
    sky.say(1, "one", "Acme before");
    sky.server.say_frame(SEVEN + 2 * SECOND, text_frame(&vec![b' '; (15 << 20) + 1]));
    let view = sky.scenario.run(&["poll", "--all", "--json"]).ok().json();
    assert_eq!(view["sources"][0]["new_mentions"], 1, "{view}");
    assert_eq!(sky.health()["state"], "ok");
    sky.say(3610, "then", "Acme then");
    sky.scenario.at("2026-03-02T08:00:10Z");
    assert_eq!(sky.scenario.run(&["poll", "--all", "--json"]).ok().json()["sources"][0]["new_mentions"], 1);
    sky.check_kept(&["first", "one", "then"]);
}

#[test]
fn where_one_server_fails_the_next_one_goes_on_a_little_earlier() {
    let sky = Sky::new();
    let other = Jetstream::start();
    let both = format!("{}, {}", sky.server.base_url, other.base_url);
    sky.scenario.configure(&CONFIG.replace("{sky}", &both));
    let mut child = sky.listen();
    // The other one saw it earlier; both tell all of it.
    let say = |seconds: u64, rkey: &str| {
        for (server, earlier) in [(&sky.server, 0), (&other, 7)] {
            let time_us = SEVEN + (seconds - earlier) * SECOND;
            server.say(time_us, &post(time_us, rkey, &format!("Acme has {rkey}")));
        }
    };
    say(60, "one");
    sky.wait_for(1);
    sky.server.say_frame(SEVEN, vec![0x88, 0]);
    say(61, "two");
    wait_until("the other server", || other.requests().len() == 1);
    sky.wait_for(2);
    stop(&mut child);
    sky.check_kept(&["one", "two"]);
    let before = SEVEN + 60 * SECOND - 30 * SECOND;
    assert!(other.requests()[0].contains(&format!("cursor={before} ")), "{:?}", other.requests());
}

#[test]
fn a_private_address_is_refused_before_anything_is_sent() {
    let sky = Sky::new();
    for host in [sky.server.base_url.clone(), sky.server.base_url.replace("127.0.0.1", "localhost")] {
        let config = CONFIG.replace("{sky}", &host).replace("allow_private = true", "");
        sky.scenario.configure(&config);
        sky.scenario.run(&["poll", "--all"]).ok();
        let health = sky.health();
        assert_eq!(health["state"], "blocked");
        assert!(health["note"].as_str().unwrap().contains("not on the public internet"), "{health}");
    }
    assert_eq!(sky.server.requests(), Vec::<String>::new());
}

#[test]
fn a_trial_shows_what_passes_and_stores_nothing() {
    let sky = Sky::new();
    let child = sky.scenario.command(&["sources", "test", "sky"]).stdout(Stdio::piped()).spawn().unwrap();
    wait_until("a connection", || sky.server.requests().len() == 1);
    sky.say(1, "one", "Acme opens a shop");
    sky.say(2, "two", "Nothing");
    sky.server.say(SEVEN, "nonsense");
    let shown = read_all(child.wait_with_output().expect("it ends").stdout.as_slice());
    assert!(shown.contains("2 entries, 1 names a brand"), "{shown}");
    assert!(shown.contains("acme  Acme opens a shop"), "{shown}");
    assert!(shown.contains("1 odd message"), "{shown}");
    assert!(!sky.scenario.data_dir().exists());
}
