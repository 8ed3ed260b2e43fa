//! A Jetstream server on loopback: it keeps a log of events, sends what was seen since a cursor, goes on with
//! what is added, and misbehaves when told to.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What goes wrong with one connection.
#[derive(Clone, Debug)]
pub enum Fault {
    /// So many messages, then half of the next one.
    CutAfter(usize),
    /// So many messages, then the closing frame.
    CloseAfter(usize),
    /// An answer that is no stream, with a header.
    Status(u16, &'static str),
    /// Another protocol's key.
    WrongKey,
}

#[derive(Default)]
struct State {
    /// The time of each event and the frame it is sent in, in the order they are sent.
    log: Vec<(u64, Vec<u8>)>,
    faults: VecDeque<Fault>,
    /// Nothing older is left.
    oldest: u64,
    /// The requests that opened connections.
    requests: Vec<String>,
}

pub struct Jetstream {
    pub base_url: String,
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Jetstream {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new((Mutex::new(State::default()), Condvar::new()));
        let state = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = state.clone();
                // A connection that breaks off is what is tested.
                std::thread::spawn(move || drop(serve(stream, &state)));
            }
        });
        Jetstream { base_url, shared }
    }

    /// Adds an event seen at `time_us`.
    pub fn say(&self, time_us: u64, message: &str) {
        self.say_frame(time_us, text_frame(message.as_bytes()));
    }

    pub fn say_frame(&self, time_us: u64, frame: Vec<u8>) {
        self.change(|state| state.log.push((time_us, frame)));
    }

    /// The connections that follow go wrong, each in its way.
    pub fn fail(&self, faults: &[Fault]) {
        self.change(|state| state.faults.extend(faults.iter().cloned()));
    }

    pub fn forget_before(&self, time_us: u64) {
        self.change(|state| state.oldest = time_us);
    }

    /// The first lines and headers of the requests so far, in lower case.
    pub fn requests(&self) -> Vec<String> {
        self.shared.0.lock().expect("unpoisoned").requests.clone()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.shared.0.lock().expect("unpoisoned"));
        self.shared.1.notify_all();
    }
}

/// A post as it comes over the stream.
pub fn post(time_us: u64, rkey: &str, text: &str) -> String {
    commit(time_us, "create", rkey, text)
}

pub fn commit(time_us: u64, operation: &str, rkey: &str, text: &str) -> String {
    let at = time_us / 1_000_000 % 86_400;
    let created = format!("2026-03-02T{:02}:{:02}:{:02}.000Z", at / 3600, at / 60 % 60, at % 60);
    let record = serde_json::json!({
        "$type": "app.bsky.feed.post", "createdAt": created, "langs": ["en"], "text": text,
    });
    serde_json::json!({
        "did": "did:plc:eygmaihciaxprqvxpfvl6flk", "time_us": time_us, "kind": "commit",
        "commit": {
            "rev": "3l3qo2vutsw2b", "operation": operation, "collection": "app.bsky.feed.post",
            "rkey": rkey, "record": record,
            "cid": "bafyreidwaivazkwu67xztlmuobx35hs2lnfh3kolmgfmucldvhd3sgzcqi",
        },
    })
    .to_string()
}

/// One unmasked, whole text frame.
pub fn text_frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x81];
    match payload.len() {
        short @ 0..=125 => frame.push(short as u8),
        medium @ 126..=0xffff => {
            frame.push(126);
            frame.extend((medium as u16).to_be_bytes());
        }
        long => {
            frame.push(127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}

fn serve(stream: TcpStream, shared: &(Mutex<State>, Condvar)) -> std::io::Result<()> {
    let (state, changed) = shared;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    let (mut head, mut key) = (String::new(), String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("sec-websocket-key")
        {
            key = value.trim().to_owned();
        }
        head.push_str(&line.to_lowercase());
    }
    let (fault, oldest, already) = {
        let mut state = state.lock().expect("unpoisoned");
        state.requests.push(head.clone());
        (state.faults.pop_front(), state.oldest, state.log.len())
    };
    if let Some(Fault::Status(status, header)) = fault {
        return write!(stream, "HTTP/1.1 {status} X\r\n{header}\r\nContent-Length: 0\r\n\r\n");
    }
    if matches!(fault, Some(Fault::WrongKey)) {
        key.push('x');
    }
    let salted = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let accept =
        STANDARD.encode(ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, salted.as_bytes()));
    write!(
        stream,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )?;
    // What the client says (pongs, its leave) is read over; at its end nothing more is sent.
    let peer = stream.try_clone()?;
    std::thread::spawn(move || {
        let mut buffer = [0; 1024];
        while reader.read(&mut buffer).is_ok_and(|read| read > 0) {}
        let _ = peer.shutdown(std::net::Shutdown::Both);
    });
    let cursor: Option<u64> = head
        .split(['&', '?', ' '])
        .find_map(|part| part.strip_prefix("cursor="))
        .map(|cursor| cursor.parse().expect("a number"));
    let (mut next, mut sent) = (if cursor.is_some() { 0 } else { already }, 0);
    loop {
        let (time_us, frame) = {
            let mut state = state.lock().expect("unpoisoned");
            while state.log.len() <= next {
                // Looked at anew now and then, so that the thread of a client that is gone ends.
                state = changed.wait_timeout(state, Duration::from_secs(1)).expect("unpoisoned").0;
                if state.log.len() <= next {
                    drop(state);
                    stream.write_all(&[0x89, 0])?;
                    state = shared.0.lock().expect("unpoisoned");
                }
            }
            state.log[next].clone()
        };
        next += 1;
        if next <= already && (time_us < oldest || cursor.is_some_and(|cursor| time_us < cursor)) {
            continue;
        }
        match fault {
            Some(Fault::CutAfter(count)) if sent == count => {
                stream.write_all(&frame[..frame.len() / 2])?;
                return stream.shutdown(std::net::Shutdown::Both);
            }
            Some(Fault::CloseAfter(count)) if sent == count => {
                return stream.write_all(&[0x88, 2, 0x03, 0xe8]);
            }
            _ => stream.write_all(&frame)?,
        }
        sent += 1;
    }
}
