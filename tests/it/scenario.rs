//! A whole pipeline in a temporary folder: a publisher on loopback, a feeds.toml, and the real program with a
//! fixed clock.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// What the publisher answers for one path.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

#[derive(Default)]
struct Shelf {
    answers: HashMap<String, Answer>,
    /// Request heads in the order they came.
    requests: Vec<String>,
}

/// Serves documents on 127.0.0.1, one connection a thread, and remembers what it was asked.
pub struct Publisher {
    pub base_url: String,
    shelf: Arc<Mutex<Shelf>>,
}

impl Publisher {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        let shared = shelf.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shelf = shared.clone();
                std::thread::spawn(move || serve(stream, &shelf));
            }
        });
        Publisher { base_url, shelf }
    }

    /// Answers 200 with the body; an ETag is made from it.
    pub fn publish(&self, path: &str, body: &str) {
        let etag = format!("\"{:x}\"", body.bytes().fold(5381_u64, |h, b| h.wrapping_mul(33) ^ u64::from(b)));
        let headers = vec![("ETag".to_owned(), etag)];
        self.answer(path, Answer { status: 200, headers, body: body.as_bytes().to_vec() });
    }

    pub fn answer(&self, path: &str, answer: Answer) {
        self.shelf.lock().expect("unpoisoned").answers.insert(path.to_owned(), answer);
    }

    /// How often `path` was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.requests(path).len()
    }

    /// The heads of the requests for `path`, oldest first.
    pub fn requests(&self, path: &str) -> Vec<String> {
        let shelf = self.shelf.lock().expect("unpoisoned");
        let start = format!("GET {path} ");
        shelf.requests.iter().filter(|head| head.starts_with(&start)).cloned().collect()
    }
}

fn serve(stream: TcpStream, shelf: &Mutex<Shelf>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        loop {
            let mut line = String::new();
            match reader.read_line(&mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) if line == "\r\n" => break,
                Ok(_) => head.push_str(&line),
            }
        }
        let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
        let answer = {
            let mut shelf = shelf.lock().expect("unpoisoned");
            shelf.requests.push(head.clone());
            shelf.answers.get(&path).cloned()
        };
        let answer = answer.unwrap_or(Answer { status: 404, headers: Vec::new(), body: Vec::new() });
        let etag = answer.headers.iter().find(|(name, _)| name == "ETag").map(|(_, value)| value);
        let known = etag.is_some_and(|etag| head.to_lowercase().contains(&format!("if-none-match: {etag}")));
        let (status, body) = if known { (304, &[][..]) } else { (answer.status, &answer.body[..]) };
        let mut reply = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in &answer.headers {
            reply.push_str(&format!("{name}: {value}\r\n"));
        }
        reply.push_str("\r\n");
        let stream = reader.get_mut();
        if stream.write_all(reply.as_bytes()).and_then(|()| stream.write_all(body)).is_err() {
            return;
        }
    }
}

/// A folder with a feeds.toml whose sources live on the scenario's own publisher.
pub struct Scenario {
    folder: tempfile::TempDir,
    pub publisher: Publisher,
    now: String,
}

/// How a run of the program ended.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr))
    }
}

impl Scenario {
    /// `{base}` in the configuration becomes the publisher's address.
    pub fn new(config: &str) -> Self {
        let scenario = Scenario {
            folder: tempfile::tempdir().expect("a temporary folder"),
            publisher: Publisher::start(),
            now: "2026-03-02T08:00:00Z".into(),
        };
        scenario.configure(config);
        scenario
    }

    pub fn configure(&self, config: &str) {
        let text = config.replace("{base}", &self.publisher.base_url);
        std::fs::write(self.path().join("feeds.toml"), text).expect("written");
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn data_dir(&self) -> PathBuf {
        self.path().join("index")
    }

    /// Sets the clock of the commands that follow.
    pub fn at(&mut self, now: &str) -> &mut Self {
        self.now = now.into();
        self
    }

    /// The program on this scenario's configuration and clock.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vigie"));
        command
            .current_dir(self.path())
            .args(["--config", "feeds.toml", "--now", &self.now])
            .args(args)
            .env("LANG", "C")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env_remove("DISPLAY")
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        finished(self.command(args).output().expect("the program starts"))
    }

    /// Runs with text on standard input.
    pub fn run_with(&self, args: &[&str], input: &str) -> Run {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("written");
        finished(child.wait_with_output().expect("it ends"))
    }

    /// Ids of all mentions, from the store by way of `export`, sorted.
    pub fn mention_ids(&self) -> Vec<String> {
        let exported = self.run(&["export", "*"]).ok().stdout;
        let mut ids: Vec<String> = exported
            .lines()
            .flat_map(|line| {
                let entry: Value = serde_json::from_str(line).expect("a JSON line");
                let mentions = entry["mentions"].as_array().expect("mentions").clone();
                mentions.into_iter().map(|m| m["id"].as_str().expect("an id").to_owned())
            })
            .collect();
        ids.sort();
        ids
    }
}

fn finished(output: Output) -> Run {
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("UTF-8 on stdout"),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// An RSS item. `date` is RFC 822.
pub fn item(guid: &str, title: &str, text: &str, date: &str) -> String {
    format!(
        "<item><guid isPermaLink=\"false\">{guid}</guid><link>https://news.example/{guid}</link>\
         <title>{title}</title><description>{text}</description><pubDate>{date}</pubDate></item>"
    )
}

pub fn rss(items: &[String]) -> String {
    let items = items.concat();
    format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>News</title>{items}</channel></rss>")
}

/// Everything a reader has to say, read to its end.
pub fn read_all(mut reader: impl Read) -> String {
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("UTF-8");
    text
}
