//! The daemon: it ends cleanly, starts again without loss or repeat, and lets no second one in.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use crate::pipeline::CONFIG;
use crate::scenario::{Scenario, item, read_all, rss};

/// Long enough for a slow machine; nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn start(scenario: &Scenario) -> Child {
    let mut command = scenario.command(&["run", "-v"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub fn signal(child: &Child, name: &str) {
    let status = std::process::Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(status.expect("kill exists").success());
}

fn document() -> String {
    rss(&[item("1", "Acme opens a shop", "New.", "Sun, 01 Mar 2026 10:00:00 GMT")])
}

#[test]
fn it_polls_ends_cleanly_and_does_not_poll_again_after_a_restart() {
    let scenario = Scenario::new(CONFIG);
    scenario.publisher.publish("/news.xml", &document());
    let mut first = start(&scenario);
    wait_until("the first poll", || scenario.publisher.asked("/news.xml") == 1);
    // A second one is refused with the first one's pid.
    wait_until("the lock", || {
        let second = scenario.run(&["poll"]);
        second.code == 1 && second.stderr.contains(&format!("pid {}", first.id()))
    });
    for command in ["reindex", "rescore"] {
        let refused = scenario.run(&[command]);
        assert_eq!(refused.code, 1, "{command}");
        assert!(refused.stderr.contains(&format!("pid {}", first.id())), "{command}: {}", refused.stderr);
    }
    signal(&first, "-TERM");
    assert!(first.wait().unwrap().success());
    assert_eq!(scenario.mention_ids().len(), 1);

    let mut again = start(&scenario);
    wait_until("the lock of the second run", || scenario.run(&["poll"]).code == 1);
    std::thread::sleep(Duration::from_millis(1_500));
    signal(&again, "-INT");
    assert!(again.wait().unwrap().success());
    assert_eq!(scenario.publisher.asked("/news.xml"), 1, "the next poll is kept in the store");
    assert_eq!(scenario.mention_ids().len(), 1);
}

#[test]
fn a_broken_configuration_leaves_the_old_one_at_work_and_a_good_one_is_taken_over() {
    let scenario = Scenario::new(CONFIG);
    scenario.publisher.publish("/news.xml", &document());
    scenario
        .publisher
        .publish("/more.xml", &rss(&[item("2", "Acme again", "More.", "Sun, 01 Mar 2026 11:00:00 GMT")]));
    let mut child = start(&scenario);
    wait_until("the first poll", || scenario.publisher.asked("/news.xml") == 1);
    scenario.configure("[[brand]\n");
    signal(&child, "-HUP");
    std::thread::sleep(Duration::from_millis(1_500));
    assert!(child.try_wait().unwrap().is_none(), "a broken file stops nothing");
    let more =
        format!("{CONFIG}\n[[source]]\nid = \"more\"\nurl = \"{{base}}/more.xml\"\nallow_private = true\n");
    scenario.configure(&more);
    wait_until("the new source", || scenario.publisher.asked("/more.xml") == 1);
    // What is asked for when the end comes is not waited for.
    wait_until("its mention", || scenario.mention_ids().len() == 2);
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().success());
    let said = read_all(child.stderr.take().expect("piped"));
    assert!(said.contains("the old configuration stays at work"), "{said}");
    assert!(said.contains("feeds.toml:1:"), "{said}");
    assert_eq!(scenario.mention_ids().len(), 2);
}

#[test]
fn a_notifier_that_hangs_holds_up_neither_the_polls_nor_the_stop() {
    let rule = "\n[[rule]]\nid = \"lamp\"\nkind = \"pattern\"\ntext = \"lamp\"\nnotify = [\"slow\"]\n";
    let told_by = |script: &str| {
        let argv = format!("argv = [\"sh\", \"-c\", \"{script}\"]\n");
        format!("{CONFIG}{rule}\n[[notifier]]\nid = \"slow\"\nkind = \"command\"\n{argv}")
    };
    let slow = told_by("touch started; sleep 25; touch ended");
    let mut scenario = Scenario::new(&slow);
    scenario.publisher.publish("/news.xml", &rss(&[]));
    scenario.at("2026-03-02T07:00:00Z").run(&["poll"]).ok();
    let lamp = item("1", "Acme recalls a lamp", "It burns.", "Mon, 02 Mar 2026 07:30:00 GMT");
    scenario.publisher.publish("/news.xml", &rss(&[lamp]));
    scenario.publisher.publish("/more.xml", &rss(&[]));
    scenario.at("2026-03-02T08:00:00Z");
    let mut child = start(&scenario);
    wait_until("the notifier", || scenario.path().join("started").exists());
    let more = "\n[[source]]\nid = \"more\"\nurl = \"{base}/more.xml\"\nallow_private = true\n";
    scenario.configure(&format!("{slow}{more}"));
    wait_until("the new source", || scenario.publisher.asked("/more.xml") == 1);
    signal(&child, "-INT");
    assert!(child.wait().unwrap().success());
    assert!(!scenario.path().join("ended").exists(), "it waited for the notifier");

    // What was not told then is told after the next start.
    scenario.configure(&told_by("cat > told.json"));
    let mut again = start(&scenario);
    let told = scenario.path().join("told.json");
    wait_until("the news", || std::fs::read_to_string(&told).is_ok_and(|text| text.ends_with('\n')));
    signal(&again, "-TERM");
    assert!(again.wait().unwrap().success());
}

#[test]
fn a_poll_with_a_clock_that_was_wrong_does_not_silence_the_daemon() {
    let mut scenario = Scenario::new(CONFIG);
    scenario.publisher.publish("/news.xml", &document());
    scenario.at("2030-03-02T08:00:00Z").run(&["poll"]).ok();
    scenario.at("2026-03-02T08:00:00Z");
    let mut child = start(&scenario);
    wait_until("a poll by the right clock", || scenario.publisher.asked("/news.xml") == 2);
    std::thread::sleep(Duration::from_millis(1_500));
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().success());
    assert_eq!(scenario.publisher.asked("/news.xml"), 2);
    let said = read_all(child.stderr.take().expect("piped"));
    assert_eq!(said.matches("by a clock that was wrong").count(), 1, "{said}");
}

#[test]
fn a_brand_added_while_a_poll_is_under_way_is_heard() {
    // A publisher that keeps its first reader waiting until it is told to go on.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let config = CONFIG.replace("{base}", &format!("http://{}", listener.local_addr().expect("an address")));
    let (asked, questions) = channel();
    let (go_on, permission) = channel::<()>();
    std::thread::spawn(move || {
        let body = rss(&[item("1", "Initech opens a shop", "New.", "Sun, 01 Mar 2026 10:00:00 GMT")]);
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let mut stream = stream;
            let mut head = [0; 4096];
            let read = stream.read(&mut head).expect("a request");
            asked.send(String::from_utf8_lossy(&head[..read]).to_lowercase()).expect("someone listens");
            if number == 0 {
                permission.recv().expect("someone says so");
            }
            let length = body.len();
            let head = format!(
                "HTTP/1.1 200 X\r\nContent-Length: {length}\r\nETag: \"1\"\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    let scenario = Scenario::new(&config);
    let mut child = start(&scenario);
    questions.recv_timeout(PATIENCE).expect("the first poll");
    scenario.configure(&format!("{config}\n[[brand]]\nid = \"initech\"\nname = \"Initech\"\n"));
    std::thread::sleep(Duration::from_millis(2_500));
    go_on.send(()).expect("the publisher waits");
    let second = questions.recv_timeout(PATIENCE).expect("it is heard again at once");
    assert!(!second.contains("if-none-match"), "whole: {second}");
    wait_until("the mention", || {
        let found = scenario.run(&["search", "shop", "--json"]);
        found.code == 0 && found.json()["total"] == 1
    });
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().success());
}

/// How often the threads of a process have gone to sleep so far.
#[cfg(target_os = "linux")]
fn sleeps(child: &Child) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", child.id())).expect("it runs");
    let of_task = |task: std::fs::DirEntry| {
        let status = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
    };
    tasks.flatten().map(of_task).sum()
}

/// An upper limit on how often it wakes up, which no slow machine can break.
#[cfg(target_os = "linux")]
#[test]
fn while_nothing_is_due_it_sleeps() {
    let scenario = Scenario::new(CONFIG);
    scenario.publisher.publish("/news.xml", &document());
    let mut child = start(&scenario);
    wait_until("the first poll", || scenario.publisher.asked("/news.xml") == 1);
    // The index is written, and threads that were needed for that end.
    std::thread::sleep(Duration::from_secs(3));
    let before = sleeps(&child);
    std::thread::sleep(Duration::from_secs(3));
    let woken = sleeps(&child) - before;
    assert!(woken <= 60, "it woke up {woken} times in three seconds");
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().success());
}
