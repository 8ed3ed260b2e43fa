//! What servers do wrong, row by row: a server that can misbehave in every way, and the real program beside it.
//!
//! What needs a deadline shorter than a minute, a resolver of the test's own or another clock is tested where
//! the client is (`src/fetch/client/tests.rs`).

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::scenario::{Scenario, item, rss};

/// Says for a path, and for how many times it was asked, what to send: bytes as they are, and then it hangs up.
type Script = dyn Fn(&str, usize) -> Vec<u8> + Send + Sync;

struct Server {
    base: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(script: impl Fn(&str, usize) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1:0", script)
    }

    fn start_at(place: &str, script: impl Fn(&str, usize) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(place).expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (script, log): (Arc<Script>, _) = (Arc::new(script), heard.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, log) = (script.clone(), log.clone());
                std::thread::spawn(move || answer(stream, &*script, &log));
            }
        });
        Server { base, heard }
    }

    fn heads(&self, path: &str) -> Vec<String> {
        let heard = self.heard.lock().expect("unpoisoned");
        heard.iter().filter(|head| head.starts_with(&format!("GET {path} "))).cloned().collect()
    }
}

fn answer(mut stream: TcpStream, script: &Script, log: &Mutex<Vec<String>>) {
    let mut head = String::new();
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
    let times = {
        let mut log = log.lock().expect("unpoisoned");
        log.push(head);
        log.iter().filter(|head| head.starts_with(&format!("GET {path} "))).count()
    };
    // The client may well have had enough.
    let _ = stream.write_all(&script(&path, times));
}

fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

fn redirect(status: &str, to: &str) -> Vec<u8> {
    response(status, &format!("Location: {to}\r\n"), b"")
}

/// A feed of one mention.
fn feed(guid: &str) -> String {
    rss(&[item(guid, &format!("Acme and {guid}"), "New.", "Sun, 01 Mar 2026 10:00:00 GMT")])
}

fn good(guid: &str) -> Vec<u8> {
    response("200", "ETag: \"1\"\r\n", feed(guid).as_bytes())
}

const HEAD: &str =
    "[settings]\nhost_pause = \"0s\"\n[[brand]]\nid = \"acme\"\nname = \"Acme\"\nrole = \"own\"\n";

fn source(id: &str, url: &str) -> String {
    format!("[[source]]\nid = \"{id}\"\nurl = \"{url}\"\nallow_private = true\n")
}

fn scenario(sources: &[(&str, String)]) -> Scenario {
    let sources = sources.iter().map(|(id, url)| source(id, url)).collect::<String>();
    Scenario::new(&(HEAD.to_owned() + &sources))
}

fn all_health(scenario: &Scenario) -> HashMap<String, Value> {
    let health = scenario.run(&["sources", "health", "--json"]).ok().json();
    let all = health["sources"].as_array().expect("sources").clone();
    all.into_iter().map(|source| (source["source"].as_str().expect("an id").to_owned(), source)).collect()
}

fn minutes_between(since: &str, until: &Value) -> Option<i64> {
    let until: jiff::Timestamp = until.as_str()?.parse().expect("a time");
    let since: jiff::Timestamp = since.parse().expect("a time");
    Some((until.as_second() - since.as_second()) / 60)
}

const NOW: &str = "2026-03-02T08:00:00Z";
const DAY: i64 = 24 * 60;

/// A gzip stream of a literal zero and then `runs` times 258 more, in 13 bits each (RFC 1951, 3.2.6).
fn gzip_bomb(runs: usize) -> Vec<u8> {
    let mut bits: Vec<u8> = vec![1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0];
    for _ in 0..runs {
        bits.extend([1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
    }
    bits.extend([0; 7]);
    let deflated = bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |sum, bit| sum << 1 | bit));
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3].into_iter().chain(deflated).collect()
}

/// What a server does when it is asked for the second time, and what is required of the source then: its state, a
/// part of its note, and the mentions it has; it had one.
struct Row {
    name: &'static str,
    answer: Vec<u8>,
    state: &'static str,
    note: &'static str,
    mentions: u64,
}

fn rows() -> Vec<Row> {
    let row = |name, answer, state, note, mentions| Row { name, answer, state, note, mentions };
    let lost = |name, answer, note| row(name, answer, "broken", note, 1);
    let refused = |name, to: &str, note| row(name, redirect("302", to), "blocked", note, 1);
    let moved = |name, status| row(name, redirect(status, "/elsewhere"), "ok", "", 2);
    // A whole mention, and one that is cut.
    let cut = feed("later").replace("</channel></rss>", "<item><title>Acme is cu");
    let short = |length: usize, body: &str| {
        format!("HTTP/1.1 200 X\r\nContent-Length: {length}\r\nETag: \"2\"\r\n\r\n{body}").into_bytes()
    };
    let chunked = format!(
        "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\nETag: \"2\"\r\n\r\n{:x}\r\n{cut}\r\nffff\r\n<it",
        cut.len()
    );
    let plain = |body: &str| response("200", "", body.as_bytes());
    let encoded =
        |encoding: &str, body: &[u8]| response("200", &format!("Content-Encoding: {encoding}\r\n"), body);
    let endless = |start: &str, piece: &str| {
        feed("later").replace("</channel></rss>", start) + &piece.repeat((16 << 20) / piece.len())
    };
    vec![
        moved("moved-301", "301"),
        moved("moved-308", "308"),
        moved("found-302", "302"),
        moved("temporary-307", "307"),
        row("gone-410", response("410", "", b""), "gone", "taken down", 1),
        lost("missing-404", response("404", "", b"<html>"), "it may come back"),
        lost("error-500", response("500", "", feed("later").as_bytes()), "500"),
        row("forbidden-403", response("403", "", b""), "blocked", "forbidden", 1),
        row("login-401", response("401", "", b""), "blocked", "login", 1),
        row("not-modified-with-a-body", response("304", "", feed("later").as_bytes()), "ok", "", 1),
        lost("empty", plain(""), "an empty answer"),
        lost("no-content", response("204", "", b""), "an empty answer"),
        row("feed-without-entries", plain(&rss(&[])), "ok", "", 1),
        lost("loop", redirect("301", "/loop-back"), "redirected more than 10 times"),
        lost("eleven-redirects", redirect("302", "/hop-1"), "redirected more than 10 times"),
        row("ten-redirects", redirect("302", "/hop-2"), "ok", "", 2),
        lost("redirect-to-nowhere", response("302", "", b""), "302"),
        refused("to-file", "file:///etc/passwd", "`file:` is not http"),
        refused("to-gopher", "gopher://127.0.0.1/", "`gopher:` is not http"),
        refused("to-data", "data:text/xml,<rss/>", "`data:` is not http"),
        refused("to-script", "javascript:alert(1)", "`javascript:` is not http"),
        refused("to-nonsense", "http://[::1", "unreadable address"),
        lost("page", plain("<!doctype html><html><head></head><body>Sorry</body></html>"), "HTML"),
        lost("error-in-json", plain("{\"error\":\"quota\"}"), ""),
        row("shorter-than-announced", short(99_999, &cut), "ok", "broke off", 2),
        row("longer-than-announced", short(feed("later").len(), &(feed("later") + &cut)), "ok", "", 2),
        row("cut-in-a-chunk", chunked.into_bytes(), "ok", "broke off", 2),
        lost("cut-before-an-entry", short(99_999, "<rss><channel><tit"), "holds no entry"),
        row("ends-inside-an-entry", plain(&cut), "ok", "ends inside an entry", 2),
        lost("hangs-up", Vec::new(), "the request failed"),
        lost("speaks-no-http", b"220 mail.example ESMTP\r\n".to_vec(), "the request failed"),
        row(
            "endless",
            short(usize::MAX >> 1, &endless("", "<item><link>/x</link></item>")),
            "ok",
            "larger than 15728640 bytes",
            2,
        ),
        row(
            "endless-title",
            short(usize::MAX >> 1, &endless("<item><title>", "a")),
            "ok",
            "larger than 15728640 bytes",
            2,
        ),
        row(
            "too-many",
            plain(&endless("", "<item><link>/x</link></item>")[..8 << 20]),
            "ok",
            "more than 10000 entries",
            2,
        ),
        lost("gzip-bomb", encoded("gzip", &gzip_bomb(1_200_000)), "larger than 15728640 bytes"),
        lost("no-gzip", encoded("gzip", feed("later").as_bytes()), "broke off"),
        lost("no-brotli", encoded("br", feed("later").as_bytes()), "broke off"),
        lost("gzip-in-gzip", encoded("gzip, gzip", &gzip_bomb(10)), "encoded as `gzip, gzip`"),
        lost("zstd", encoded("zstd", b"\x28\xb5\x2f\xfd"), "encoded as `zstd`"),
    ]
}

/// The paths that answers lead to.
fn aside(path: &str) -> Option<Vec<u8>> {
    let hop = path.strip_prefix("/hop-").map(|hop| hop.parse::<u32>().expect("a number"));
    match (path, hop) {
        ("/elsewhere" | "/hop-11", _) => Some(good("later")),
        ("/loop-back", _) => Some(redirect("302", "/loop-back")),
        (_, Some(hop)) => Some(redirect("302", &format!("/hop-{}", hop + 1))),
        _ => None,
    }
}

/// Rows 31 to 60 as far as one server and the usual deadline can show them: each fault stays with its source, loses
/// nothing, is said, and passes.
#[test]
fn whatever_a_server_does_stays_with_its_source() {
    let rows = rows();
    let answers: Vec<(String, Vec<u8>)> =
        rows.iter().map(|row| (format!("/{}", row.name), row.answer.clone())).collect();
    let server = Server::start(move |path, times| {
        aside(path).unwrap_or_else(|| match times {
            1 => good("first"),
            2 => answers
                .iter()
                .find(|(known, _)| known == path)
                .map_or(good("first"), |(_, answer)| answer.clone()),
            _ => good("back"),
        })
    });
    let name = |name: &'static str| (name, format!("{}/{name}", server.base));
    let sources: Vec<_> = rows.iter().map(|row| name(row.name)).chain([name("healthy")]).collect();
    let mut scenario = scenario(&sources);
    scenario.run(&["poll"]).ok();

    scenario.at("2026-03-02T09:00:00Z");
    let peak_kib = peak_memory_of(&scenario, &["poll"]);
    assert!(peak_kib < 256 << 10, "{peak_kib} KiB at the most");
    let after_fault = all_health(&scenario);
    for row in &rows {
        let health = &after_fault[row.name];
        assert_eq!(health["state"], row.state, "{}: {health}", row.name);
        assert!(health["note"].as_str().unwrap_or("").contains(row.note), "{}: {health}", row.name);
        assert_eq!(health["mentions"], row.mentions, "{}: {health}", row.name);
        let minutes = minutes_between("2026-03-02T09:00:00Z", &health["next_poll"]);
        match (row.state, minutes) {
            ("gone", None) => {}
            // Half an hour or an hour without validators; after a failure up to a quarter more.
            (_, Some(minutes)) => assert!((30..=60).contains(&minutes), "{}: {minutes}", row.name),
            _ => panic!("{}: {health}", row.name),
        }
    }
    assert_eq!(after_fault["healthy"]["state"], "ok");

    scenario.at("2026-03-02T12:00:00Z").run(&["poll"]).ok();
    let after_all = all_health(&scenario);
    for row in &rows {
        let (health, heads) = (&after_all[row.name], server.heads(&format!("/{}", row.name)));
        if row.state == "gone" {
            assert_eq!((health["state"].as_str(), heads.len()), (Some("gone"), 2), "it is not asked again");
            continue;
        }
        assert_eq!(health["state"], "ok", "{}: {health}", row.name);
        let heard = if row.state == "ok" && row.answer.starts_with(b"HTTP/1.1 304") { 1 } else { 2 };
        assert!(health["mentions"].as_u64() >= Some(heard), "{}: {health}", row.name);
        let gaps = health["gaps"].as_array().expect("gaps");
        let expected = usize::from(row.state != "ok");
        assert_eq!(gaps.len(), expected, "{}: {health}", row.name);
        if let Some(gap) = gaps.first() {
            assert_eq!(gap["since"], "2026-03-02T08:00:00Z", "{}: {health}", row.name);
            assert_eq!(gap["until"], "2026-03-02T12:00:00Z", "{}: {health}", row.name);
        }
        // What broke off is asked for whole; after a failure the last good document is compared with.
        let conditional = heads.last().expect("asked").to_lowercase().contains("if-none-match");
        let broke_off = row.note == "broke off" && row.state == "ok";
        if broke_off || row.state != "ok" {
            assert_eq!(conditional, !broke_off, "{}", row.name);
        }
    }
    assert_eq!(server.heads("/healthy").len(), 3);
}

#[test]
fn a_304_to_a_request_that_named_no_version_is_a_failure() {
    let server = Server::start(|_, _| response("304", "", feed("first").as_bytes()));
    let scenario = scenario(&[("news", format!("{}/", server.base))]);
    scenario.run(&["poll"]).ok();
    assert_eq!(all_health(&scenario)["news"]["state"], "broken");
}

#[test]
fn a_server_that_asks_for_time_gets_it_from_all_its_sources() {
    for (status, after, minutes) in [
        ("429", "18000", 300..=300),
        ("503", "18000", 300..=300),
        ("429", "Mon, 02 Mar 2026 13:00:00 GMT", 300..=300),
        ("503", "Monday, 02-Mar-26 13:00:00 GMT", 300..=300),
        ("429", "1000000000", DAY..=DAY),
        ("503", "Fri, 01 Jan 2100 00:00:00 GMT", DAY..=DAY),
        ("429", "-5", 30..=38),
        ("429", "soon", 30..=38),
        ("503", "Mon, 02 Mar 2026 07:00:00 GMT", 30..=38),
    ] {
        let answer = response(status, &format!("Retry-After: {after}\r\n"), b"");
        let server = Server::start(move |path, _| if path == "/a" { answer.clone() } else { good("first") });
        // Another port is the same host; another address is not.
        let other = Server::start_at("127.0.0.2:0", |_, _| good("first"));
        let (a, b) = (format!("{}/a", server.base), format!("{}/b", server.base));
        let mut scenario = scenario(&[("a", a), ("b", b), ("other", format!("{}/", other.base))]);
        scenario.run(&["poll"]).ok();
        let health = all_health(&scenario);
        let wait = |source: &str| minutes_between(NOW, &health[source]["next_poll"]).expect("a next poll");
        assert_eq!(health["a"]["state"], "throttled", "{after}: {health:?}");
        assert!(minutes.contains(&wait("a")), "{status} {after}: {} minutes", wait("a"));
        assert_eq!(health["other"]["state"], "ok", "{after}: {health:?}");
        let told = *minutes.start() >= 300;
        let host_wait = if told { *minutes.start() } else { 5 };
        assert_eq!(health["b"]["state"], "throttled", "{after}: {health:?}");
        assert_eq!(wait("b"), host_wait, "{after}: {health:?}");
        assert_eq!(health["b"]["failures"], 0, "it was not asked");
        assert_eq!(server.heads("/b").len(), 0);

        // A source that is new after a restart waits as well.
        let c = format!("{HEAD}{}", source("c", &format!("{}/c", server.base)));
        scenario.configure(&c);
        scenario.at("2026-03-02T08:04:00Z").run(&["poll"]).ok();
        assert_eq!(server.heads("/c").len(), 0, "{after}");
        let over = if host_wait == DAY { "2026-03-03T08:00:00Z" } else { "2026-03-02T13:00:00Z" };
        scenario.at(over).run(&["poll"]).ok();
        assert_eq!(server.heads("/c").len(), 1, "{after}");
    }
}

#[test]
fn a_source_that_is_gone_is_told_of_once_and_asked_when_the_user_asks() {
    let server = Server::start(|path, times| match (path, times) {
        ("/a", 2..=4) => response("410", "", b""),
        (_, times) => good(&format!("n{times}")),
    });
    let notifier =
        "[[notifier]]\nid = \"log\"\nkind = \"command\"\nargv = [\"sh\", \"-c\", \"cat >> told.jsonl\"]\n";
    let config =
        |path: &str| format!("{HEAD}{}{notifier}", source("news", &format!("{}{path}", server.base)));
    let mut scenario = Scenario::new(&config("/a"));
    let told = |scenario: &Scenario| {
        let text = std::fs::read_to_string(scenario.path().join("told.jsonl")).unwrap_or_default();
        text.lines().filter(|line| line.contains("410 Gone")).count()
    };
    scenario.run(&["poll"]).ok();
    assert_eq!(told(&scenario), 0);
    for (at, args, asked, state) in [
        ("2026-03-02T09:00:00Z", &["poll"][..], 2, "gone"),
        ("2026-03-03T09:00:00Z", &["poll"], 2, "gone"),
        ("2026-05-02T09:00:00Z", &["poll"], 2, "gone"),
        ("2026-05-02T10:00:00Z", &["poll", "--source", "news"], 3, "gone"),
        ("2026-05-02T11:00:00Z", &["poll"], 3, "gone"),
        ("2026-05-02T12:00:00Z", &["poll", "--all"], 4, "gone"),
        ("2026-05-02T13:00:00Z", &["poll", "--source", "news"], 5, "ok"),
        ("2026-05-02T14:00:00Z", &["poll"], 6, "ok"),
    ] {
        scenario.at(at).run(args).ok();
        let health = &all_health(&scenario)["news"];
        assert_eq!(
            (server.heads("/a").len(), health["state"].as_str()),
            (asked, Some(state)),
            "{at}: {health}"
        );
        assert_eq!(told(&scenario), 1, "{at}");
    }
    assert!(scenario.mention_ids().len() > 1, "nothing is lost, and it is heard again");
}

#[test]
fn a_source_that_is_gone_is_asked_at_another_address() {
    let server = Server::start(|path, _| if path == "/a" { response("410", "", b"") } else { good("n") });
    let config = |path: &str| HEAD.to_owned() + &source("news", &format!("{}{path}", server.base));
    let mut scenario = Scenario::new(&config("/a"));
    scenario.run(&["poll"]).ok();
    assert_eq!(all_health(&scenario)["news"]["state"], "gone");
    scenario.configure(&config("/b"));
    scenario.at("2026-03-02T08:01:00Z").run(&["poll"]).ok();
    assert_eq!(all_health(&scenario)["news"]["state"], "ok");
    assert_eq!(server.heads("/a").len(), 1);
}

/// Polls once a day from the scenario's usual day on.
fn poll_daily(scenario: &mut Scenario, days: std::ops::Range<u32>) {
    for day in days {
        scenario.at(&format!("2026-03-{:02}T08:00:00Z", 2 + day)).run(&["poll"]).ok();
    }
}

#[test]
fn a_permanent_move_is_stored_after_it_was_confirmed() {
    let server = Server::start(|path, times| match (path, times) {
        ("/old", _) => redirect("301", "/older"),
        ("/older", _) => redirect("308", "/new"),
        (_, times) => response("200", "", feed(&format!("n{times}")).as_bytes()),
    });
    let config = |path: &str| HEAD.to_owned() + &source("news", &format!("{}{path}", server.base));
    let mut scenario = Scenario::new(&config("/old"));
    // Three polls within the hour confirm nothing.
    for minute in [0, 20, 40] {
        scenario.at(&format!("2026-03-02T08:{minute:02}:00Z")).run(&["poll", "--all"]).ok();
    }
    assert_eq!(all_health(&scenario)["news"]["state"], "ok");
    assert_eq!(all_health(&scenario)["news"]["moved_to"], Value::Null);
    poll_daily(&mut scenario, 1..3);
    let health = all_health(&scenario)["news"].clone();
    let new = format!("{}/new", server.base);
    assert_eq!((health["state"].as_str(), health["moved_to"].as_str()), (Some("moved"), Some(new.as_str())));
    assert!(health["note"].as_str().expect("a note").contains(&new), "{health}");
    let asked_old = server.heads("/old").len();
    poll_daily(&mut scenario, 3..5);
    assert_eq!(server.heads("/old").len(), asked_old, "it is asked where it lives");
    assert_eq!(all_health(&scenario)["news"]["state"], "moved");

    // The user writes the new address: nothing is heard as new, nothing is forgotten.
    let before = (scenario.mention_ids(), all_health(&scenario)["news"]["next_poll"].clone());
    scenario.configure(&config("/new"));
    scenario.run(&["poll"]).ok();
    let health = all_health(&scenario)["news"].clone();
    assert_eq!((scenario.mention_ids(), health["next_poll"].clone()), before);
    assert_eq!((health["state"].as_str(), &health["moved_to"]), (Some("ok"), &Value::Null));
    let round = scenario.at("2026-03-07T08:00:00Z").run(&["poll", "--json"]).ok().json();
    assert_eq!(
        (&round["sources"][0]["backfill"], &round["sources"][0]["new_mentions"]),
        (&false.into(), &1.into())
    );
}

#[test]
fn a_move_that_is_taken_back_or_leads_nowhere_is_forgotten() {
    // Asked at its new address for the fourth time, it is not there; the old one knows where it is now.
    let server = Server::start(|path, times| match (path, times) {
        ("/old", 1..=3) => redirect("301", "/new"),
        ("/new", 4) => response("410", "", b""),
        (_, _) => good("n"),
    });
    let mut scenario = scenario(&[("news", format!("{}/old", server.base))]);
    poll_daily(&mut scenario, 0..3);
    assert_eq!(all_health(&scenario)["news"]["state"], "moved");
    poll_daily(&mut scenario, 3..4);
    assert_eq!(all_health(&scenario)["news"]["state"], "broken");
    poll_daily(&mut scenario, 4..5);
    let health = all_health(&scenario)["news"].clone();
    assert_eq!((health["state"].as_str(), &health["moved_to"]), (Some("ok"), &Value::Null));
    assert_eq!(server.heads("/old").len(), 4);
}

#[test]
fn what_is_temporary_moves_nothing() {
    let server = Server::start(|path, _| match path {
        "/found" => redirect("302", "/new"),
        "/mixed" => redirect("301", "/mixed-on"),
        "/mixed-on" => redirect("302", "/new"),
        _ => good("n"),
    });
    let sources = ["found", "mixed"].map(|name| (name, format!("{}/{name}", server.base)));
    let mut scenario = scenario(&sources);
    poll_daily(&mut scenario, 0..5);
    let health = all_health(&scenario);
    for name in ["found", "mixed"] {
        assert_eq!((health[name]["state"].as_str(), &health[name]["moved_to"]), (Some("ok"), &Value::Null));
        assert_eq!(server.heads(&format!("/{name}")).len(), 5);
    }
}

#[test]
fn publishers_say_how_often_and_when() {
    let channel = |what: &str| {
        let feed = feed("n").replace("<title>News</title>", &format!("<title>News</title>{what}"));
        response("200", "ETag: \"1\"\r\n", feed.as_bytes())
    };
    let hours = |hours: std::ops::Range<u32>| {
        let hours: String = hours.map(|hour| format!("<hour>{hour}</hour>")).collect();
        format!("<skipHours>{hours}</skipHours>")
    };
    let sy = |period: &str, times: u32| {
        format!(
            "<sy:updatePeriod xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">{period}</sy:updatePeriod>\
             <sy:updateFrequency xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">{times}</sy:updateFrequency>"
        )
    };
    let with = |header: &str| response("200", &format!("ETag: \"1\"\r\n{header}\r\n"), feed("n").as_bytes());
    // It is 8:00 on a Monday.
    let rows: Vec<(&'static str, Vec<u8>, i64)> = vec![
        ("nothing", channel(""), 30),
        ("ttl", channel("<ttl>120</ttl>"), 120),
        ("ttl-short", channel("<ttl>5</ttl>"), 30),
        ("ttl-ten-years", channel("<ttl>5256000</ttl>"), DAY),
        ("ttl-more-than-a-number", channel("<ttl>99999999999999999999999</ttl>"), 30),
        ("ttl-negative", channel("<ttl>-60</ttl>"), 30),
        ("sy", channel(&sy("daily", 4)), 360),
        ("sy-yearly", channel(&sy("yearly", 1)), DAY),
        ("sy-never", channel(&sy("hourly", 0)), 60),
        ("the-longest", channel(&("<ttl>120</ttl>".to_owned() + &sy("daily", 4))), 360),
        ("max-age", with("Cache-Control: max-age=7200"), 120),
        ("max-age-for-ever", with("Cache-Control: max-age=99999999999"), DAY),
        ("age", with("Cache-Control: max-age=7200\r\nAge: 3600"), 60),
        ("expires", with("Expires: Mon, 02 Mar 2026 11:00:00 GMT"), 180),
        ("expired", with("Expires: 0"), 30),
        ("hours", channel(&hours(8..12)), 240),
        ("hours-all", channel(&hours(0..24)), 30),
        ("hours-none-of-a-day", channel(&hours(25..99)), 30),
        ("hours-then", channel(&("<ttl>120</ttl>".to_owned() + &hours(10..11))), 180),
        ("days", channel("<skipDays><day>Monday</day></skipDays>"), 16 * 60),
        ("days-two", channel("<skipDays><day>Monday</day><day>Tuesday</day></skipDays>"), DAY),
        ("max-age-and-ttl", with("Cache-Control: max-age=60"), 30),
    ];
    let answers = rows.clone();
    let server = Server::start(move |path, times| {
        let (_, answer, _) = answers.iter().find(|(name, _, _)| path == format!("/{name}")).expect("a row");
        // What was said holds on while the document stays as it is.
        if times == 1 { answer.clone() } else { response("304", "", b"") }
    });
    let sources: Vec<_> =
        rows.iter().map(|(name, _, _)| (*name, format!("{}/{name}", server.base))).collect();
    let mut scenario = scenario(&sources);
    scenario.run(&["poll"]).ok();
    let health = all_health(&scenario);
    for (name, _, minutes) in &rows {
        let next = minutes_between(NOW, &health[*name]["next_poll"]);
        assert_eq!(next, Some(*minutes), "{name}: {}", health[*name]);
    }
    // A day later all are unchanged, and wait as long for what the document said.
    scenario.at("2026-03-03T08:00:00Z").run(&["poll"]).ok();
    let health = all_health(&scenario);
    for (name, minutes) in [("ttl", 120), ("sy", 360), ("hours", 240), ("days-two", 16 * 60)] {
        let next = minutes_between("2026-03-03T08:00:00Z", &health[name]["next_poll"]);
        assert_eq!(next, Some(minutes), "{name}: {}", health[name]);
    }
}

#[test]
fn a_source_is_silent_when_it_says_less_than_is_usual_for_it() {
    let entries: Vec<String> = (1..=9)
        .map(|day| {
            item(&format!("d{day}"), "Acme daily", "News.", &format!("{day:02} Feb 2026 10:00:00 GMT"))
        })
        .collect();
    let daily = response("200", "ETag: \"1\"\r\n", rss(&entries).as_bytes());
    let few = response("200", "ETag: \"1\"\r\n", rss(&entries[..3]).as_bytes());
    let server = Server::start(move |path, times| match (path, times) {
        ("/daily", 1) => daily.clone(),
        ("/daily", 2) => response("304", "", b""),
        ("/few", 1) => few.clone(),
        _ => response("200", "", feed("back").as_bytes()),
    });
    let mut scenario =
        scenario(&[("daily", format!("{}/daily", server.base)), ("few", format!("{}/few", server.base))]);
    let mut state = |at: &str| {
        scenario.at(at).run(&["poll", "--all"]).ok();
        let health = all_health(&scenario);
        let of = |source: &str| health[source]["state"].as_str().expect("a state").to_owned();
        (of("daily"), of("few"), health["daily"].clone())
    };
    let (daily, few, _) = state("2026-02-10T08:00:00Z");
    assert_eq!((daily.as_str(), few.as_str()), ("ok", "ok"));
    let (daily, few, health) = state("2026-02-14T08:00:00Z");
    assert_eq!((daily.as_str(), few.as_str()), ("silent", "ok"), "too few dates tell no rhythm: {health}");
    assert!(health["note"].as_str().expect("a note").contains("nothing new since 2026-02-09"), "{health}");
    assert_eq!(
        (&health["newest_entry"], &health["gaps"]),
        (&"2026-02-09T10:00:00Z".into(), &Value::Array(vec![]))
    );
    let (daily, ..) = state("2026-03-02T08:00:00Z");
    assert_eq!(daily, "ok", "it speaks again");
}

#[test]
fn what_came_and_went_unheard_is_a_gap() {
    let at = |day: u32| {
        item(&format!("d{day}"), "Acme daily", "News.", &format!("{day:02} Mar 2026 10:00:00 GMT"))
    };
    let window = move |days: std::ops::Range<u32>| rss(&days.map(at).collect::<Vec<_>>());
    let undated = |text: &str| rss(&[format!("<item><guid>{text}</guid><title>Acme {text}</title></item>")]);
    let server = Server::start(move |path, times| match (path, times) {
        // It holds the last five days.
        ("/short", times) => response("200", "", window([1..6, 20..25][times - 1].clone()).as_bytes()),
        // It holds them all.
        ("/long", times) => response("200", "", window([1..6, 1..25][times - 1].clone()).as_bytes()),
        (_, times) => response("200", "", undated(&format!("n{times}")).as_bytes()),
    });
    let sources = ["short", "long", "undated"].map(|name| (name, format!("{}/{name}", server.base)));
    let mut scenario = scenario(&sources);
    scenario.at("2026-03-05T12:00:00Z").run(&["poll"]).ok();
    // The machine sleeps.
    scenario.at("2026-03-24T12:00:00Z").run(&["poll"]).ok();
    let health = all_health(&scenario);
    let gaps = |source: &str| health[source]["gaps"].to_string();
    assert_eq!(gaps("short"), r#"[{"since":"2026-03-05T12:00:00Z","until":"2026-03-20T10:00:00Z"}]"#);
    assert_eq!(gaps("long"), "[]", "it was heard late, and whole");
    assert_eq!(gaps("undated"), r#"[{"since":"2026-03-05T12:00:00Z","until":"2026-03-24T12:00:00Z"}]"#);
}

/// The most memory the program had while it ran, in KiB.
fn peak_memory_of(scenario: &Scenario, args: &[&str]) -> u64 {
    let mut child = scenario
        .command(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak_kib = kib.unwrap_or(0).max(peak_kib);
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            assert!(status.success(), "{status}");
            return peak_kib;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
