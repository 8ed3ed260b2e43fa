//! What is called out reaches its receiver: after days without it, in order, and once.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::pipeline::CONFIG;
use crate::scenario::{Run, Scenario, item, rss};

/// A message as it came.
#[derive(Clone, Debug)]
pub struct Post {
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Post {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    fn key(&self) -> &str {
        &self.headers["webhook-id"]
    }
}

#[derive(Default)]
struct Desk {
    /// What is answered to all that comes; 200 if it is not said.
    answer: Option<(u16, String)>,
    pause: Duration,
    /// Messages that were taken, and how many came in all.
    taken: Vec<Post>,
    asked: usize,
}

/// Takes webhooks on 127.0.0.1.
pub struct Receiver {
    pub base_url: String,
    desk: Arc<Mutex<Desk>>,
}

impl Receiver {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        let desk = Arc::new(Mutex::new(Desk::default()));
        let shared = desk.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let desk = shared.clone();
                std::thread::spawn(move || take(stream, &desk));
            }
        });
        Self { base_url, desk }
    }

    /// Answers with this status and these header lines from now on.
    pub fn answer(&self, status: u16, headers: &str) {
        self.desk.lock().expect("unpoisoned").answer = Some((status, headers.to_owned()));
    }

    /// Takes its time after it took a message, before it says so.
    pub fn pause(&self, pause: Duration) {
        self.desk.lock().expect("unpoisoned").pause = pause;
    }

    pub fn taken(&self) -> Vec<Post> {
        self.desk.lock().expect("unpoisoned").taken.clone()
    }

    pub fn asked(&self) -> usize {
        self.desk.lock().expect("unpoisoned").asked
    }
}

fn take(stream: TcpStream, desk: &Mutex<Desk>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            match reader.read_line(&mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) if line == "\r\n" => break,
                Ok(_) => lines.push(line.trim_end().to_owned()),
            }
        }
        let headers: BTreeMap<String, String> = lines
            .iter()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let path = lines[0].split(' ').nth(1).unwrap_or("/").to_owned();
        let body = String::from_utf8(body).expect("UTF-8");
        let (status, more, pause) = {
            let mut desk = desk.lock().expect("unpoisoned");
            desk.asked += 1;
            let (status, more) = desk.answer.clone().unwrap_or((200, String::new()));
            if status == 200 {
                desk.taken.push(Post { path, headers, body });
            }
            (status, more, desk.pause)
        };
        std::thread::sleep(pause);
        let reply = format!("HTTP/1.1 {status} X\r\n{more}Content-Length: 0\r\n\r\n");
        if reader.get_mut().write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}

const RULES: [&str; 3] = ["fire", "flood", "theft"];

/// A pattern for each word, all told by a notifier of which `notifier` says what it is and more.
fn scenario(notifier: &str) -> Scenario {
    let rule = |word: &&str| {
        format!(
            "\n[[rule]]\nid = \"{word}\"\nkind = \"pattern\"\ntext = \"{word}\"\ncooldown = \"5m\"\nnotify = [\"team\"]\n"
        )
    };
    let rules: String = RULES.iter().map(rule).collect();
    let mut scenario = Scenario::new(&format!("{CONFIG}{rules}\n[[notifier]]\nid = \"team\"\n{notifier}\n"));
    scenario.publisher.publish("/news.xml", &rss(&[]));
    scenario.at("2026-03-02T06:00:00Z").run(&["poll"]).ok();
    scenario
}

fn webhook(format: &str, more: &str) -> (Receiver, Scenario) {
    let receiver = Receiver::start();
    let scenario =
        scenario(&format!("kind = \"webhook\"\nformat = \"{format}\"\nurl_file = \"team.url\"\n{more}"));
    std::fs::write(scenario.path().join("team.url"), format!("{}/hook/s3cret\n", receiver.base_url))
        .expect("written");
    (receiver, scenario)
}

/// News of a rule's word, published at a time.
fn news(number: usize, word: &str, at: &str) -> String {
    let at: jiff::Timestamp = at.parse().expect("a time");
    let date = at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let text = format!("Witness {number} of a {word} in street {} of town {}", number * 7, number * 13);
    item(&format!("n{number}"), &format!("Acme {word}, report {number}"), &text, &date)
}

/// Publishes all that was reported so far, and polls.
fn hear(scenario: &mut Scenario, items: &[String], at: &str) -> Run {
    scenario.publisher.publish("/news.xml", &rss(items));
    scenario.at(at).run(&["poll", "--all"])
}

fn list(scenario: &Scenario) -> Value {
    scenario.run(&["notifiers", "list", "--json"]).ok().json()["notifiers"][0].clone()
}

/// The firing alerts' keys, as receivers are told them.
fn first_keys(scenario: &Scenario) -> BTreeSet<String> {
    let alerts =
        scenario.run(&["alerts", "list", "--json"]).json()["alerts"].as_array().expect("a list").clone();
    alerts.iter().map(|alert| format!("{}:first", alert["id"].as_str().expect("an id"))).collect()
}

fn hour(hours: i64) -> String {
    let start: jiff::Timestamp = "2026-03-02T07:00:00Z".parse().expect("a time");
    start.checked_add(jiff::SignedDuration::from_hours(hours)).expect("in time").to_string()
}

#[test]
fn a_receiver_that_was_down_for_a_day_is_told_all_of_it_in_order_and_once() {
    let (receiver, mut scenario) = webhook("json", "");
    receiver.answer(503, "Retry-After: 7200\r\n");
    let mut items = Vec::new();
    // Each poll is a process of its own.
    for hours in 0..26 {
        let word = RULES[hours % RULES.len()];
        items.push(news(hours, word, &hour(hours as i64)));
        let asked = receiver.asked();
        hear(&mut scenario, &items, &hour(hours as i64));
        if hours == 1 {
            assert_eq!(receiver.asked(), asked, "it wanted to be left alone for two hours");
        }
    }
    assert!(receiver.taken().is_empty());
    assert!((12..=14).contains(&receiver.asked()), "{}", receiver.asked());
    let state = list(&scenario);
    assert_eq!((state["state"].as_str(), state["waiting"].as_u64()), (Some("failing"), Some(26)), "{state}");
    assert_eq!(state["note"].as_str().map(|note| note.ends_with(" answered 503")), Some(true), "{state}");

    receiver.answer(200, "");
    hear(&mut scenario, &items, &hour(29));
    let taken = receiver.taken();
    let keys: BTreeSet<String> = taken.iter().map(|post| post.key().to_owned()).collect();
    assert_eq!((taken.len(), &keys), (26, &first_keys(&scenario)), "all of them, each once");
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for post in &taken {
        let data = &post.json()["data"];
        assert_eq!(data["key"], post.key());
        let rule = data["rule"].as_str().expect("a rule").to_owned();
        told.entry(rule).or_default().push(data["at"].as_str().expect("a time").to_owned());
    }
    assert_eq!(told.len(), 3);
    assert!(told.values().all(|times| times.is_sorted()), "{told:?}");
    let state = list(&scenario);
    assert_eq!((state["state"].as_str(), state["waiting"].as_u64()), (Some("ok"), Some(0)), "{state}");
    assert_eq!(state["told"], hour(29));

    hear(&mut scenario, &items, &hour(30));
    assert_eq!(receiver.taken().len(), 26, "nobody is told twice");
}

#[test]
fn people_are_told_of_many_at_once_in_one_message() {
    let (receiver, mut scenario) = webhook("slack", "");
    receiver.answer(500, "");
    let mut items = vec![news(0, "fire", &hour(0))];
    hear(&mut scenario, &items, &hour(0));
    for number in 1..14 {
        items.push(news(number, RULES[number % RULES.len()], &hour(number as i64)));
        hear(&mut scenario, &items, &hour(number as i64));
    }
    // Who was acknowledged meanwhile is told nothing more.
    let alerts = scenario.run(&["alerts", "list", "--json"]).json();
    let of_two = alerts["alerts"].as_array().expect("a list").iter().find(|alert| alert["since"] == hour(2));
    let acknowledged = of_two.expect("the alert of that hour")["id"].as_str().expect("an id").to_owned();
    scenario.run(&["alerts", "ack", &acknowledged]).ok();
    receiver.answer(200, "");
    hear(&mut scenario, &items, &hour(15));
    let taken = receiver.taken();
    let texts: Vec<String> =
        taken.iter().map(|post| post.json()["text"].as_str().expect("a text").to_owned()).collect();
    // What was tried before keeps its key; what was not is one message.
    for number in (0..14).filter(|number| *number != 2) {
        let report = format!("report {number}”");
        let told = taken.iter().filter(|post| post.body.contains(&report)).count();
        assert_eq!(told, 1, "{report} in {texts:#?}");
    }
    assert!(!taken.iter().any(|post| post.body.contains("report 2”")), "{texts:#?}");
    assert!(taken.len() <= 6, "{texts:#?}");
    let place =
        |number: usize| taken.iter().position(|post| post.body.contains(&format!("report {number}”")));
    assert!(place(0) < place(3) && place(1) < place(4), "{texts:#?}");
}

#[test]
fn quiet_hours_are_summed_up_and_what_is_critical_breaks_through() {
    let (receiver, scenario) = webhook("json", "quiet = \"22:00-07:00\"");
    let mut scenario = scenario;
    let config = std::fs::read_to_string(scenario.path().join("feeds.toml")).expect("the configuration");
    let config = config
        .replace("id = \"theft\"\n", "id = \"theft\"\nseverity = \"critical\"\n")
        .replace("[settings]\n", "[settings]\ntimezone = \"America/New_York\"\nlanguage = \"fr\"\n");
    assert!(config.contains("New_York"), "{config}");
    scenario.configure(&config);
    // 23:00 in New York.
    let night = "2026-03-03T04:00:00Z";
    let items = [news(1, "fire", night), news(2, "theft", night), news(3, "flood", night)];
    let round = hear(&mut scenario, &items, night);
    assert!(round.stderr.contains("later, for quiet hours, by team"), "{}", round.stderr);
    let titles = |receiver: &Receiver| -> Vec<String> {
        receiver
            .taken()
            .iter()
            .map(|post| post.json()["data"]["title"].as_str().expect("a title").to_owned())
            .collect()
    };
    assert_eq!(titles(&receiver), ["Acme : 1 histoire (theft)"]);
    assert_eq!(list(&scenario)["quiet_until"], "2026-03-03T12:00:00Z");
    hear(&mut scenario, &items, "2026-03-03T11:59:00Z");
    assert_eq!(receiver.taken().len(), 1);
    hear(&mut scenario, &items, "2026-03-03T12:00:00Z");
    assert_eq!(titles(&receiver)[1..], ["2 alertes : Acme : 1 histoire (fire)…"]);
    let notices = receiver.taken()[1].json()["data"]["notices"].clone();
    let keys: Vec<&str> =
        notices.as_array().expect("a list").iter().map(|n| n["key"].as_str().expect("a key")).collect();
    assert_eq!(keys.len(), 2, "{notices}");
}

#[test]
fn a_signed_message_can_be_verified_and_no_secret_is_told() {
    let (receiver, mut scenario) = webhook("json", "secret_file = \"team.secret\"");
    let secret = STANDARD.encode(b"a key of twenty-four bytes");
    std::fs::write(scenario.path().join("team.secret"), format!("whsec_{secret}")).expect("written");
    hear(&mut scenario, &[news(1, "fire", &hour(0))], &hour(0));
    let post = receiver.taken().remove(0);
    assert_eq!(post.path, "/hook/s3cret");
    let signed = format!("{}.{}.{}", post.key(), post.headers["webhook-timestamp"], post.body);
    let tag =
        STANDARD.decode(post.headers["webhook-signature"].strip_prefix("v1,").expect("v1")).expect("base64");
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"a key of twenty-four bytes");
    ring::hmac::verify(&key, signed.as_bytes(), &tag).expect("the signature of this message");
    let told = post.json();
    assert_eq!((told["type"].as_str(), told["timestamp"].as_str()), (Some("alert"), Some(hour(0).as_str())));
    let read = &told["data"]["sections"][0]["lines"][0];
    assert_eq!(read["text"], "Acme fire, report 1");
    assert_eq!(read["link"], "https://news.example/n1");

    for (status, expected) in
        [(302, "it has moved"), (404, "still right?"), (400, "does not take"), (500, "answered 500")]
    {
        receiver.answer(status, "Location: http://169.254.169.254/\r\n");
        let tested = scenario.run(&["-vv", "notifiers", "test", "team"]);
        assert_eq!(tested.code, 1);
        assert!(tested.stderr.contains(expected), "{status}: {}", tested.stderr);
        for secret in ["s3cret", &secret] {
            assert!(!tested.stderr.contains(secret), "{status}: {}", tested.stderr);
        }
    }
    receiver.answer(200, "");
    scenario.run(&["notifiers", "test", "team"]).ok();
    std::fs::write(scenario.path().join("team.url"), "http://127.0.0.1:1/hook/s3cret").expect("written");
    let tested = scenario.run(&["-vv", "notifiers", "test", "team"]);
    assert!(
        tested.stderr.contains("no connection") && !tested.stderr.contains("s3cret"),
        "{}",
        tested.stderr
    );
    std::fs::remove_file(scenario.path().join("team.url")).expect("removed");
    let tested = scenario.run(&["notifiers", "test", "team"]);
    assert!(tested.stderr.contains("team.url cannot be read"), "{}", tested.stderr);
}

#[test]
fn ntfy_is_posted_to_its_server_with_the_topic_inside() {
    let (receiver, scenario) = webhook("ntfy", "secret_env = \"VIGIE_TEST_TOKEN\"");
    let mut command = scenario.command(&["notifiers", "test", "team"]);
    let status = command.env("VIGIE_TEST_TOKEN", "tk_1").status().expect("it starts");
    assert!(status.success());
    let post = receiver.taken().remove(0);
    assert_eq!(post.path, "/hook/");
    assert_eq!(
        (post.json()["topic"].clone(), post.headers["authorization"].as_str()),
        (json!("s3cret"), "Bearer tk_1")
    );
    let unset = scenario.run(&["notifiers", "test", "team"]);
    assert!(unset.stderr.contains("`VIGIE_TEST_TOKEN` is not set"), "{}", unset.stderr);
}

/// Kills that hit while ten alerts are told by a slow receiver, which takes each message before it says so: the
/// worst moment of all.
#[test]
fn killed_while_it_posts_a_receiver_that_knows_keys_is_told_once() {
    let (receiver, mut scenario) = webhook("slack", "");
    receiver.pause(Duration::from_millis(60));
    let mut items = Vec::new();
    let mut hit = 0;
    for round in 0..16_usize {
        // One by one, or many at once.
        for _ in 0..if round % 4 == 0 { 5 } else { 1 } {
            let number = items.len();
            items.push(news(number, RULES[number % RULES.len()], &hour(round as i64)));
        }
        scenario.publisher.publish("/news.xml", &rss(&items));
        scenario.at(&hour(round as i64));
        let asked = receiver.asked();
        let mut child = scenario
            .command(&["poll", "--all"])
            .stderr(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("it starts");
        while receiver.asked() == asked && child.try_wait().expect("it can be asked").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        // Before the answer, or after it.
        std::thread::sleep(Duration::from_millis(23 * round as u64 % 90));
        hit += usize::from(child.kill().is_ok() && child.wait().expect("it ends").code().is_none());
    }
    assert!(hit >= 8, "the process was too quick to be killed: {hit}");
    receiver.pause(Duration::ZERO);
    for hours in 20..24 {
        hear(&mut scenario, &items, &hour(hours));
    }
    assert_eq!(list(&scenario)["waiting"], 0);
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for post in receiver.taken() {
        let first = known.entry(post.key().to_owned()).or_insert_with(|| post.body.clone());
        assert_eq!(*first, post.body, "the same key says the same");
    }
    let alerts =
        scenario.run(&["alerts", "list", "--json"]).json()["alerts"].as_array().expect("a list").clone();
    assert!(alerts.len() >= 12, "{}", alerts.len());
    // Each piece of news by its alert and title: one that has grown has another title.
    let mut told: BTreeSet<(String, String)> = BTreeSet::new();
    let mut tell = |id: &str, title: &str| {
        assert!(told.insert((id.to_owned(), title.to_owned())), "told twice: {id} {title}\n{known:#?}");
    };
    for body in known.values() {
        let message = serde_json::from_str::<Value>(body).expect("JSON");
        let blocks = message["blocks"].as_array().expect("blocks");
        let title = blocks[0]["text"]["text"].as_str().expect("a title");
        if title.contains(" alerts: ") {
            for line in blocks[1]["text"]["text"].as_str().expect("lines").lines().skip(1) {
                let (_, line) = line.split_once('|').expect("a link");
                let (title, facts) = line.split_once("> – ").expect("facts");
                tell(facts.rsplit(", ack ").next().expect("an id"), title);
            }
        } else {
            let act = message["text"].as_str().expect("a text").rsplit(' ').next().expect("an id");
            tell(act, title);
        }
    }
    let ids: BTreeSet<&str> = told.iter().map(|(id, _)| id.as_str()).collect();
    let raised: BTreeSet<&str> =
        alerts.iter().map(|alert| &alert["id"].as_str().expect("an id")[2..10]).collect();
    assert_eq!(ids, raised);
    scenario.run(&["doctor"]).ok();
}

/// How many messages came, and those that were kept.
type Mailbox = Arc<Mutex<(usize, Vec<String>)>>;

/// A mail server that refuses the first `refusals` messages with 451, and keeps the rest.
fn mail_server(refusals: usize) -> (u16, Mailbox) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let kept = Arc::new(Mutex::new((0, Vec::new())));
    let shared = kept.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let kept = shared.clone();
            std::thread::spawn(move || converse(stream, &kept, refusals));
        }
    });
    (port, kept)
}

fn converse(stream: TcpStream, kept: &Mutex<(usize, Vec<String>)>, refusals: usize) -> Option<()> {
    let mut reader = BufReader::new(stream);
    reader.get_mut().write_all(b"220 mail.example\r\n").ok()?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let command = line.split([' ', '\r', ':']).next().unwrap_or("").to_uppercase();
        let answer = match command.as_str() {
            "EHLO" => "250-mail.example\r\n250 8BITMIME\r\n",
            "QUIT" => "221 bye\r\n",
            "DATA" => {
                reader.get_mut().write_all(b"354 go on\r\n").ok()?;
                let mut message = String::new();
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).ok()?;
                    if line == ".\r\n" {
                        break;
                    }
                    message.push_str(&line);
                }
                let mut kept = kept.lock().expect("unpoisoned");
                kept.0 += 1;
                if kept.0 <= refusals {
                    "451 try again later\r\n"
                } else {
                    kept.1.push(message);
                    "250 kept\r\n"
                }
            }
            _ => "250 fine\r\n",
        };
        reader.get_mut().write_all(answer.as_bytes()).ok()?;
    }
}

#[test]
fn mail_that_is_refused_twice_is_kept_the_third_time() {
    let (port, kept) = mail_server(2);
    let mail = format!(
        "kind = \"email\"\nhost = \"127.0.0.1\"\nport = {port}\nfrom = \"vigie <vigie@acme.example>\"\nto = [\"me@acme.example\"]"
    );
    let mut scenario = scenario(&mail);
    let evil =
        news(1, "fire", &hour(0)).replace("report 1", "report 1&#13;&#10;Bcc: x@evil.example &lt;b&gt;é");
    let items = [evil];
    let first = hear(&mut scenario, &items, &hour(0));
    assert!(first.stderr.contains("try again later"), "{}", first.stderr);
    hear(&mut scenario, &items, &hour(1));
    assert!(kept.lock().unwrap().1.is_empty());
    assert_eq!(list(&scenario)["failures"], 2);
    hear(&mut scenario, &items, &hour(2));
    hear(&mut scenario, &items, &hour(3));
    let (tries, messages) = kept.lock().unwrap().clone();
    assert_eq!((tries, messages.len()), (3, 1));
    let message = &messages[0];
    let (head, body) = message.split_once("\r\n\r\n").expect("a head");
    for line in [
        "From: vigie <vigie@acme.example>",
        "To: me@acme.example",
        "Subject: Acme: 1 story (fire)",
        "Auto-Submitted: auto-generated",
    ] {
        assert!(head.lines().any(|found| found == line), "{line} in {head}");
    }
    assert!(!head.to_lowercase().contains("bcc:"), "{head}");
    assert!(head.contains("Message-ID: <") && head.contains("References: <"), "{head}");
    assert!(body.contains("Content-Type: text/plain") && body.contains("Content-Type: text/html"), "{body}");
    assert_eq!(list(&scenario)["state"], "ok");
}

#[test]
fn a_digest_comes_once_a_period_and_late_only_the_last() {
    let (receiver, mut scenario) = webhook("json", "");
    let config = std::fs::read_to_string(scenario.path().join("feeds.toml")).expect("the configuration");
    scenario.configure(&format!("{config}\n[[digest]]\nid = \"daily\"\nevery = \"day\"\nat = \"08:00\"\n"));
    let items: Vec<String> = (0..12).map(|n| news(n, "parade", &hour(n as i64))).collect();
    let digests = |receiver: &Receiver| -> Vec<Value> {
        let told = receiver.taken().iter().map(Post::json).collect::<Vec<_>>();
        told.into_iter().filter(|told| told["type"] == "digest").collect()
    };
    hear(&mut scenario, &items, "2026-03-02T19:00:00Z");
    assert_eq!(digests(&receiver), [json!(null); 0], "the first period is under way");
    hear(&mut scenario, &items, "2026-03-03T07:59:00Z");
    hear(&mut scenario, &items, "2026-03-03T08:00:00Z");
    hear(&mut scenario, &items, "2026-03-03T08:01:00Z");
    let first = digests(&receiver);
    assert_eq!(first.len(), 1);
    let data = &first[0]["data"];
    assert_eq!(data["title"], "Day to 3 March: Acme 11 stories");
    let read = &data["sections"][1]["lines"];
    assert_eq!(
        (data["sections"][1]["heading"].as_str(), read.as_array().map(Vec::len)),
        (Some("What to read"), Some(5))
    );
    assert!(read[0]["link"].as_str().expect("a link").starts_with("https://news.example/n"));

    // Five days without anybody, then a restart.
    hear(&mut scenario, &items, "2026-03-08T12:00:00Z");
    hear(&mut scenario, &items, "2026-03-08T12:01:00Z");
    let all = digests(&receiver);
    assert_eq!(all.len(), 2);
    assert_eq!(all[1]["data"]["title"], "Day to 8 March: Acme 0 stories");
    // A changed time begins with its next period.
    let config = std::fs::read_to_string(scenario.path().join("feeds.toml")).expect("the configuration");
    scenario.configure(&config.replace("08:00", "11:00"));
    hear(&mut scenario, &items, "2026-03-08T12:02:00Z");
    assert_eq!(digests(&receiver).len(), 2);
    hear(&mut scenario, &items, "2026-03-09T11:00:00Z");
    assert_eq!(digests(&receiver).len(), 3);
}

#[test]
fn notifiers_are_listed_with_what_waits_and_what_was_given_up() {
    let (receiver, mut scenario) = webhook("discord", "");
    let listed = scenario.run(&["notifiers"]).ok().stdout;
    assert!(listed.contains("webhook (discord)") && listed.contains("new"), "{listed}");
    receiver.answer(404, "");
    let items = [news(1, "fire", &hour(0))];
    for hours in [0, 1, 2, 3, 4, 5, 6, 7] {
        hear(&mut scenario, &items, &hour(hours));
    }
    let failing = scenario.run(&["notifiers", "list"]).ok().stdout;
    assert!(failing.contains("failing") && failing.contains("8 times in a row"), "{failing}");
    hear(&mut scenario, &items, &hour(73));
    let given_up = list(&scenario);
    assert_eq!(
        (given_up["waiting"].as_u64(), given_up["given_up"].as_u64()),
        (Some(0), Some(1)),
        "{given_up}"
    );
    assert!(given_up["given_up_note"].as_str().expect("a note").contains("answered 404"), "{given_up}");
    receiver.answer(200, "");
    hear(&mut scenario, &items, &hour(80));
    assert!(receiver.taken().is_empty(), "what was given up is not told any more");
}
