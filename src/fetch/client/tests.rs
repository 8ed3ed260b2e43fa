//! The client against a loopback server that misbehaves.

use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::model::Validators;

mod private_places;

const FEED: &str = "<rss>é</rss>";

/// What the loopback server does with a connection once it has read the request's head.
#[derive(Clone)]
enum Answer {
    /// Sends these bytes and closes.
    Bytes(Vec<u8>),
    /// Sends the first, then the second for ever, with this pause before each.
    Endless(Vec<u8>, Vec<u8>, Duration),
}

/// A server that answers each request by its path, and what it heard.
struct Server {
    base: String,
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn new(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (answer, log) = (Arc::new(answer), Arc::clone(&heard));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&answer), Arc::clone(&log)));
            }
        });
        Self { base: format!("http://127.0.0.1:{port}"), port, heard }
    }

    /// A server with one answer.
    async fn saying(bytes: impl Into<Vec<u8>>) -> Self {
        let answer = Answer::Bytes(bytes.into());
        Self::new(move |_| answer.clone()).await
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

async fn converse(mut stream: TcpStream, answer: Arc<impl Fn(&str) -> Answer>, log: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    log.lock().unwrap().push(head);
    match answer(&path) {
        Answer::Bytes(bytes) => drop(stream.write_all(&bytes).await),
        Answer::Endless(head, more, pause) => {
            let _ = stream.write_all(&head).await;
            // Ends when the client hangs up.
            loop {
                tokio::time::sleep(pause).await;
                if stream.write_all(&more).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

fn redirect_to(status: &str, location: &str) -> Answer {
    Answer::Bytes(response(status, &format!("Location: {location}\r\n"), b""))
}

fn now() -> Timestamp {
    "2026-11-23T08:00:00Z".parse().unwrap()
}

fn options() -> Options {
    Options { body_limit: 64 << 10, total_timeout: Duration::from_secs(20), ..Options::default() }
}

fn request(url: impl Into<String>) -> Request {
    Request { url: url.into(), allow_private: true, ..Request::default() }
}

async fn fetch(url: impl Into<String>) -> Result<Fetched, FetchError> {
    Client::new(&options()).unwrap().fetch(&request(url), now()).await
}

#[track_caller]
fn document(fetched: Result<Fetched, FetchError>) -> Document {
    match fetched {
        Ok(Fetched::Document(document)) => document,
        other => panic!("no document: {other:?}"),
    }
}

/// A failure in words.
#[track_caller]
fn failure(fetched: Result<Fetched, FetchError>) -> String {
    fetched.expect_err("an error was due").to_string()
}

#[tokio::test]
async fn a_document_comes_with_all_that_its_head_says() {
    let headers = "ETag: W/\"a b\"\r\nLast-Modified: whenever\r\nContent-Type: text/xml\r\nCache-Control: max-age=7200\r\n";
    let server = Server::saying(response("200", headers, FEED.as_bytes())).await;
    let client =
        Client::new(&Options { contact: Some("https://example.org/bot".into()), ..options() }).unwrap();
    let url = format!("{}/feed?a=1", server.base);
    let got = document(client.fetch(&request(&url), now()).await);
    assert_eq!(
        got,
        Document {
            bytes: FEED.into(),
            cut: None,
            room: Room::default(),
            content_type: Some("text/xml".into()),
            final_url: url,
            permanent_url: None,
            etag: Some("W/\"a b\"".into()),
            last_modified: Some("whenever".into()),
            clock_is_denied: false,
            min_interval: Some(Duration::from_secs(7200)),
        }
    );
    let head = server.heard().concat().to_lowercase();
    let agent = concat!("user-agent: vigie/", env!("CARGO_PKG_VERSION"), " (+https://example.org/bot)\r\n");
    for expected in ["get /feed?a=1 http/1.1", agent, "gzip", "br", "deflate", "application/rss+xml"] {
        assert!(head.contains(expected), "no {expected:?} in {head}");
    }
    assert!(!head.contains("if-none-match") && !head.contains("if-modified-since"), "{head}");
}

#[tokio::test]
async fn validators_go_back_as_they_came_and_304_is_no_document() {
    let reply =
        response("304", "ETag: \"2\"\r\nExpires: Mon, 23 Nov 2026 09:00:00 GMT\r\n", b"<rss>a body</rss>");
    let server = Server::saying(reply).await;
    let validators = Validators {
        etag: Some("W/\"é odd, unquoted".into()),
        last_modified: Some("Mon, 23 Nov 2026 07:00:00 +0000".into()),
        body_hash: None,
    };
    let request = Request { validators, ..request(&server.base) };
    let got = Client::new(&options()).unwrap().fetch(&request, now()).await.unwrap();
    let expected = Fetched::NotModified {
        etag: Some("\"2\"".into()),
        last_modified: None,
        min_interval: Some(Duration::from_secs(3600)),
        permanent_url: None,
    };
    assert_eq!(got, expected);
    let head = server.heard().concat();
    assert!(head.contains("if-none-match: W/\"é odd, unquoted\r\n"), "{head}");
    assert!(head.contains("if-modified-since: Mon, 23 Nov 2026 07:00:00 +0000\r\n"), "{head}");
}

#[tokio::test]
async fn answers_that_are_no_document_are_told_apart() {
    let check = async |status: &str, headers: &str, expected: &str| {
        let server = Server::saying(response(status, headers, b"sorry")).await;
        assert_eq!(failure(fetch(&server.base).await), expected, "{status} {headers}");
    };
    check("304", "", "server answered 304").await;
    check("404", "", "server answered 404 (not found; it may come back, so it is asked for again)").await;
    check("410", "", "taken down by its publisher (410 Gone)").await;
    check("401", "WWW-Authenticate: Basic\r\n", "server answered 401 (wants a login)").await;
    check("500", "Retry-After: 60\r\n", "server answered 500 (internal error)").await;
    check("302", "", "server answered 302").await;
    check("403", "Retry-After: 60\r\n", "asked to wait 60 s before the next request").await;
    check("403", "Retry-After: soon\r\n", "server answered 403 (forbidden)").await;
    check("451", "", "server answered 451 (refused for legal reasons)").await;
    check("429", "", "asked to wait").await;
    check("429", "Retry-After: 120\r\n", "asked to wait 120 s before the next request").await;
    check(
        "503",
        "Retry-After: Mon, 23 Nov 2026 08:05:00 GMT\r\n",
        "asked to wait 300 s before the next request",
    )
    .await;
}

#[test]
fn retry_after_in_all_its_forms() {
    let check = |value: &'static str, expected: Option<u64>| {
        let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static(value))]);
        assert_eq!(retry_after(&headers, now()), expected.map(Duration::from_secs), "{value:?}");
    };
    check("0", Some(0));
    check(" 60 ", Some(60));
    check("1000000000", Some(86_400));
    check("99999999999999999999999999", Some(86_400));
    check("Mon, 23 Nov 2026 09:00:00 GMT", Some(3600));
    check("Monday, 23-Nov-26 09:00:00 GMT", Some(3600));
    check("Mon Nov 23 09:00:00 2026", Some(3600));
    check("Wed, 23 Nov 2044 09:00:00 GMT", Some(86_400));
    check("Mon, 23 Nov 2026 07:00:00 GMT", None);
    check("-5", None);
    check("+5", None);
    check("1.5", None);
    check("", None);
    check("soon", None);
}

#[test]
fn freshness_in_all_its_forms() {
    let check = |lines: &[(&'static str, &'static str)], expected: Option<u64>| {
        let headers = lines
            .iter()
            .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        assert_eq!(freshness(&headers, now()), expected.map(Duration::from_secs), "{lines:?}");
    };
    check(&[], None);
    check(&[("cache-control", "max-age=600")], Some(600));
    check(&[("cache-control", "public, Max-Age=\"600\" , must-revalidate")], Some(600));
    check(&[("cache-control", "max-age=600"), ("age", "100")], Some(500));
    check(&[("cache-control", "max-age=600"), ("age", "700")], None);
    check(&[("cache-control", "max-age=0")], None);
    check(&[("cache-control", "max-age=-1")], None);
    check(&[("cache-control", "max-age=31536000")], Some(86_400));
    check(&[("cache-control", "max-age=99999999999999999999999")], Some(86_400));
    check(&[("cache-control", "no-cache, max-age=600")], None);
    check(&[("cache-control", "public"), ("expires", "Mon, 23 Nov 2026 09:00:00 GMT")], None);
    check(&[("expires", "Mon, 23 Nov 2026 09:00:00 GMT")], Some(3600));
    check(
        &[("expires", "Mon, 23 Nov 2026 09:00:00 GMT"), ("date", "Mon, 23 Nov 2026 08:30:00 GMT")],
        Some(1800),
    );
    check(&[("expires", "0")], None);
    check(&[("expires", "Thu, 01 Jan 1970 00:00:00 GMT")], None);
}

#[tokio::test]
async fn compressed_bodies_are_read() {
    for (encoding, body) in
        [("gzip", from_hex(GZIP)), ("deflate", from_hex(DEFLATE)), ("br", from_hex(BROTLI))]
    {
        let headers = format!("Content-Encoding: {encoding}\r\n");
        let server = Server::saying(response("200", &headers, &body)).await;
        let got = document(fetch(&server.base).await);
        assert_eq!(String::from_utf8(got.bytes).unwrap(), FEED, "{encoding}");
    }
}

const BROTLI: &str = "0b06803c7273733ec3a93c2f7273733e03";
const GZIP: &str = "1f8b0800000000000203b3292a2eb63bbcd2461f440300fe3c4a820d000000";
const DEFLATE: &str = "789cb3292a2eb63bbcd2461f440300255d0540";

fn from_hex(digits: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// A gzip stream of a literal zero and then `runs` times 258 more, in 13 bits each (RFC 1951 §3.2.6).
fn bomb(runs: usize) -> Vec<u8> {
    let mut bits: Vec<u8> = Vec::new();
    bits.extend([1, 1, 0]); // last block, fixed codes
    bits.extend([0, 0, 1, 1, 0, 0, 0, 0]); // literal 0
    for _ in 0..runs {
        bits.extend([1, 1, 0, 0, 0, 1, 0, 1]); // length 258
        bits.extend([0, 0, 0, 0, 0]); // distance 1
    }
    bits.extend([0; 7]); // end of block
    let deflated = bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |sum, bit| sum << 1 | bit));
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3].into_iter().chain(deflated).collect()
}

#[tokio::test]
async fn a_bomb_stops_at_the_limit() {
    let bomb = bomb(400_000); // 103 MB in 650 kB
    let server = Server::saying(response("200", "Content-Encoding: gzip\r\n", &bomb)).await;
    let limited = Options { body_limit: 1 << 20, ..options() };
    let got = document(Client::new(&limited).unwrap().fetch(&request(&server.base), now()).await);
    assert_eq!((got.bytes.len(), got.cut), (1 << 20, Some(Cut::TooLarge { limit_bytes: 1 << 20 })));
}

#[tokio::test]
async fn a_body_of_the_limit_is_read_and_one_byte_more_is_not() {
    for (length, fits) in [(64 << 10, true), ((64 << 10) + 1, false)] {
        let body = vec![b'x'; length];
        let announced = Server::saying(response("200", "", &body)).await;
        let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
        let unannounced = Server::saying([head, body.as_slice()].concat()).await;
        for server in [announced, unannounced] {
            let got = document(fetch(&server.base).await);
            assert_eq!(got.bytes.len(), 64 << 10);
            assert_eq!(got.cut.is_none(), fits);
        }
    }
}

#[tokio::test]
async fn few_large_documents_are_in_memory_at_once_and_small_ones_pass_by() {
    let large = Server::saying(response("200", "", &vec![b' '; LARGE + 1])).await;
    let small = Server::saying(response("200", "", FEED.as_bytes())).await;
    let client = Client::new(&Options { body_limit: 2 << 20, ..options() }).unwrap();
    let mut held = Vec::new();
    for _ in 0..LARGE_AT_ONCE {
        held.push(document(client.fetch(&request(&large.base), now()).await));
    }
    let (one_more, little) = (request(&large.base), request(&small.base));
    let mut waiting = std::pin::pin!(client.fetch(&one_more, now()));
    let passed_by = tokio::select! {
        biased;
        _ = &mut waiting => panic!("there was no room"),
        got = client.fetch(&little, now()) => document(got),
    };
    assert_eq!(passed_by.bytes, FEED.as_bytes());
    held.pop();
    assert_eq!(document(waiting.await).bytes.len(), LARGE + 1);
}

#[tokio::test]
async fn an_endless_body_stops_at_the_limit() {
    let head = b"HTTP/1.1 200 OK\r\n\r\n<rss>".to_vec();
    let answer = Answer::Endless(head, vec![b' '; 4096], Duration::ZERO);
    let server = Server::new(move |_| answer.clone()).await;
    let got = document(fetch(&server.base).await);
    assert_eq!((got.bytes.len(), got.cut), (64 << 10, Some(Cut::TooLarge { limit_bytes: 64 << 10 })));
}

#[tokio::test]
async fn a_server_that_drips_or_keeps_silent_meets_the_deadline() {
    let limit = Duration::from_millis(300);
    let hasty = Options { total_timeout: limit, ..options() };
    let drip = Duration::from_millis(20);
    let fetch_from = async |head: &str, more: &str| {
        let answer = Answer::Endless(head.into(), more.into(), drip);
        let server = Server::new(move |_| answer.clone()).await;
        Client::new(&hasty).unwrap().fetch(&request(&server.base), now()).await
    };
    for (head, more) in [
        ("", ""),                                 // silence
        ("HTTP/1.1 200 OK\r\n", "X-Slow: 1\r\n"), // a head that never ends
    ] {
        assert_eq!(failure(fetch_from(head, more).await), "no whole answer within 300ms", "{head:?}");
    }
    for (head, more) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", "<"), // a body by the byte
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<rss", ""),  // a body that stops
    ] {
        let got = document(fetch_from(head, more).await);
        assert_eq!(got.cut, Some(Cut::Timeout(limit)), "{head:?}");
        assert!(got.bytes.starts_with(b"<"), "what had come is kept");
    }
}

#[tokio::test]
async fn redirects_that_drip_share_one_deadline() {
    let hasty = Options { total_timeout: Duration::from_millis(300), ..options() };
    let server = Server::new(|_| {
        let head =
            b"HTTP/1.1 302 X\r\nConnection: close\r\nLocation: /again\r\nContent-Length: 0\r\n".to_vec();
        Answer::Endless(head, b"X-Slow: 1\r\n\r\n".to_vec(), Duration::from_millis(100))
    })
    .await;
    let got = Client::new(&hasty).unwrap().fetch(&request(&server.base), now()).await;
    assert_eq!(failure(got), "no whole answer within 300ms");
}

#[tokio::test]
async fn of_a_body_that_breaks_off_what_came_is_kept() {
    let server = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<rss>").await;
    let got = document(fetch(&server.base).await);
    assert_eq!(got.bytes, b"<rss>");
    assert!(matches!(got.cut, Some(Cut::BrokeOff(_))), "{:?}", got.cut);
    let server = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<rss>and more").await;
    let got = document(fetch(&server.base).await);
    assert_eq!((got.bytes.as_slice(), got.cut), (&b"<rss>"[..], None));
    let cut = &from_hex(GZIP)[..20];
    let server = Server::saying(response("200", "Content-Encoding: gzip\r\n", cut)).await;
    let got = document(fetch(&server.base).await);
    assert!(matches!(got.cut, Some(Cut::BrokeOff(_))), "{:?}", got.cut);
    assert!(FEED.as_bytes().starts_with(&got.bytes));
}

#[tokio::test]
async fn an_encoding_nobody_asked_for_is_named() {
    for encoding in ["zstd", "gzip, gzip", "x-own"] {
        let headers = format!("Content-Encoding: {encoding}\r\n");
        let server = Server::saying(response("200", &headers, b"?")).await;
        let expected = format!("the answer is encoded as `{encoding}`, which was not asked for");
        assert_eq!(failure(fetch(&server.base).await), expected);
    }
    let server = Server::saying(response("200", "Content-Encoding: identity\r\n", b"<rss/>")).await;
    assert_eq!(document(fetch(&server.base).await).bytes, b"<rss/>");
}

#[tokio::test]
async fn what_cannot_be_reached_is_said_without_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://user:secret@{}/?token=secret", listener.local_addr().unwrap());
    drop(listener);
    let error = fetch(url).await.unwrap_err();
    assert!(error.to_string().starts_with("could not connect: Connection refused"), "{error}");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    let server = Server::saying("220 mail.example ESMTP\r\n").await;
    let message = failure(fetch(&server.base).await);
    assert!(message.starts_with("the request failed: "), "{message}");
}

#[tokio::test]
async fn an_empty_answer_is_an_empty_document() {
    let server = Server::saying(response("200", "", b"")).await;
    assert_eq!(document(fetch(&server.base).await).bytes, b"");
}

#[tokio::test]
async fn redirects_are_followed_and_only_a_wholly_permanent_move_is_told() {
    let server = Server::new(|path| match path {
        "/a" => redirect_to("301", "/b"),
        "/b" => redirect_to("308", "feed"),
        "/c" => redirect_to("302", "/b"),
        "/d" => redirect_to("301", "/e"),
        "/e" => redirect_to("307", "/feed"),
        "/feed" => Answer::Bytes(response("200", "", FEED.as_bytes())),
        _ => Answer::Bytes(response("404", "", b"")),
    })
    .await;
    let feed = format!("{}/feed", server.base);
    for (path, permanent) in [("/a", true), ("/b", true), ("/c", false), ("/d", false), ("/feed", false)] {
        let got = document(fetch(format!("{}{path}", server.base)).await);
        assert_eq!(got.final_url, feed, "{path}");
        assert_eq!(got.permanent_url, permanent.then(|| feed.clone()), "{path}");
    }
    let with_password = format!("http://user:secret@127.0.0.1:{}/a", server.port);
    let got = document(fetch(with_password).await);
    assert_eq!((got.final_url, got.permanent_url), (feed, None));
    assert!(server.heard().last().unwrap().contains("authorization: Basic"));
}

#[tokio::test]
async fn a_redirect_loop_ends() {
    let server = Server::new(|_| redirect_to("302", "/")).await;
    assert_eq!(failure(fetch(&server.base).await), "redirected more than 10 times");
    assert_eq!(server.heard().len(), 11);
}

/// What a poll of `path` from `from` reports, in turn.
async fn in_turn(gate: &HostGate, from: &Server, host: &str, path: &str) -> Result<Fetched, FetchError> {
    let url = format!("http://{host}:{}{path}", from.port);
    Client::new(&options()).unwrap().fetch_in_turn(&request(url), gate, now).await
}

#[tokio::test]
async fn a_redirect_waits_for_the_turn_of_the_host_it_leads_to() {
    let feed = Server::saying(response("200", "", FEED.as_bytes())).await;
    let target = format!("http://127.0.0.2:{}/", feed.port);
    let (there, back) = (target.clone(), format!("http://127.0.0.1:{}/", feed.port));
    // The server of feeds listens on one address only: what is led away from it is led by it.
    let server =
        Server::new(move |path| redirect_to("302", if path == "/there" { &there } else { &back })).await;
    let gate = Arc::new(HostGate::new(8, Duration::ZERO));
    let pass = gate.enter(&Url::parse(&target).unwrap()).await;
    let waiting = {
        let (gate, port) = (Arc::clone(&gate), server.port);
        tokio::spawn(async move {
            let url = format!("http://127.0.0.1:{port}/there");
            Client::new(&options()).unwrap().fetch_in_turn(&request(url), &gate, now).await
        })
    };
    // Its own host is free again while it waits, so that whoever is there first is served.
    while server.heard().is_empty() {
        tokio::task::yield_now().await;
    }
    document(in_turn(&gate, &server, "127.0.0.1", "/back").await);
    assert!(!waiting.is_finished(), "it did not wait for its turn");
    drop(pass);
    // Nothing listens there; but it was asked.
    assert!(failure(waiting.await.unwrap()).starts_with("could not connect"));
}

#[tokio::test]
async fn hosts_that_lead_to_each_other_do_not_wait_for_ever() {
    let server = Server::new(|path| match path.split_once("-to-") {
        Some((_, to)) => redirect_to("302", to),
        None => Answer::Bytes(response("200", "", FEED.as_bytes())),
    })
    .await;
    let gate = HostGate::new(1, Duration::ZERO);
    let (a, b) = (format!("127.0.0.1:{}", server.port), format!("localhost:{}", server.port));
    let polls = (0..20).map(|number| {
        let (from, to) = if number % 2 == 0 { ("127.0.0.1", &b) } else { ("localhost", &a) };
        let path = format!("/{number}-to-http://{to}/");
        let (gate, server) = (&gate, &server);
        async move { in_turn(gate, server, from, &path).await }
    });
    for got in futures_util::future::join_all(polls).await {
        document(got);
    }
}

#[tokio::test]
async fn a_host_that_asks_for_time_is_left_alone_by_all_its_documents() {
    let server = Server::new(|path| match path {
        "/busy" => Answer::Bytes(response("429", "Retry-After: 120\r\n", b"")),
        "/to-busy" => redirect_to("302", "/busy"),
        _ => Answer::Bytes(response("200", "", FEED.as_bytes())),
    })
    .await;
    let gate = HostGate::new(4, Duration::ZERO);
    document(in_turn(&gate, &server, "127.0.0.1", "/a").await);
    assert_eq!(gate.take_waits(), []);
    assert!(
        failure(in_turn(&gate, &server, "127.0.0.1", "/to-busy").await).starts_with("asked to wait 120 s")
    );
    let expected = "not asked: its host wants to be left alone for 120 s more";
    assert_eq!(failure(in_turn(&gate, &server, "127.0.0.1", "/b").await), expected);
    assert_eq!(server.heard().len(), 3);
    // What was heard of it is kept by someone else, and given back after a restart.
    let waits = gate.take_waits();
    assert_eq!(waits, [("127.0.0.1".to_owned(), now() + Duration::from_secs(120))]);
    assert_eq!(gate.take_waits(), []);
    let restarted = HostGate::new(4, Duration::ZERO);
    restarted.remember_waits(waits);
    assert_eq!(failure(in_turn(&restarted, &server, "127.0.0.1", "/b").await), expected);
    restarted.forget_waits();
    document(in_turn(&restarted, &server, "127.0.0.1", "/b").await);
    // By a clock that was wrong.
    restarted.remember_waits(vec![("127.0.0.1".to_owned(), now() + Duration::from_secs(3 * 86_400))]);
    document(in_turn(&restarted, &server, "127.0.0.1", "/b").await);
}

#[tokio::test]
async fn other_schemes_are_refused_even_for_a_private_source() {
    for target in [
        "file:///etc/passwd",
        "file:/etc/passwd",
        "gopher://127.0.0.1/",
        "data:text/xml,<rss/>",
        "javascript:alert(1)",
        "ftp://example.org/",
        "ws://example.org/",
        "source:file:///etc/passwd",
    ] {
        let server = Server::new(move |_| redirect_to("302", target)).await;
        let scheme = target.split(':').next().unwrap();
        let expected = format!("refused: `{scheme}:` is not http or https");
        assert_eq!(failure(fetch(&server.base).await), expected);
        assert_eq!(failure(fetch(target).await), expected);
    }
    assert_eq!(failure(fetch("feeds.example").await), "refused: the address: relative URL without a base");
}

#[test]
fn https_is_not_left_for_http() {
    let check = |from: &str, location: &'static str| {
        let headers = HeaderMap::from_iter([(header::LOCATION, HeaderValue::from_static(location))]);
        next_hop(&Url::parse(from).unwrap(), StatusCode::FOUND, &headers).map(|url| url.unwrap().to_string())
    };
    assert!(matches!(check("https://a.example/", "http://a.example/"), Err(FetchError::Refused(_))));
    assert!(matches!(check("https://a.example/", "http://"), Err(FetchError::Refused(_))));
    assert_eq!(check("https://a.example/x/y", "z").unwrap(), "https://a.example/x/z");
    assert_eq!(check("http://a.example/", "https://b.example").unwrap(), "https://b.example/");
}

#[test]
fn a_contact_that_cannot_be_sent_is_an_error_at_the_start() {
    let options = Options { contact: Some("line\nbreak".into()), ..Options::default() };
    assert!(Client::new(&options).is_err());
}
