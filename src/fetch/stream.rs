//! A connection that stays open: WebSocket (RFC 6455), text messages from the server only.
//!
//! It is opened as any other request is, so that addresses are judged by the same guard, and TLS and the
//! User-Agent are the same. A redirect is not followed.

use std::ops::Deref;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{StatusCode, Upgraded, Url};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::client::{Client, check, failure, guarded, retry_after, unguarded};
use super::politeness::jitter;
use super::{FetchError, Options};
use crate::model::{SourceId, Timestamp};

/// An open stream.
#[derive(Debug)]
pub struct Stream {
    socket: WebSocketStream<Upgraded>,
    idle_timeout: Duration,
    limit_bytes: u64,
    /// The latest sign of life, or the request for one.
    at: Instant,
    /// A sign of life was asked for and has not come.
    asked: bool,
}

/// One message.
#[derive(Debug)]
pub struct Text(Utf8Bytes);

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.as_str()
    }
}

/// Why an open stream ended.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("the server closed the stream{0}")]
    Closed(String),
    #[error("the stream broke off: {0}")]
    Lost(std::io::Error),
    #[error("no sign of life for {} s", .0.as_secs())]
    Silent(Duration),
    #[error("a message larger than {limit_bytes} bytes")]
    TooLarge { limit_bytes: u64 },
    #[error("what the server sent is no stream of texts: {0}")]
    Garbled(String),
}

impl Broken {
    /// Whether it was what the server sent that could not be read: sent again, it would end the stream again.
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Broken::TooLarge { .. } | Broken::Garbled(_))
    }
}

impl Client {
    /// Opens the stream at `url`, a ws or wss address, within the deadline for connecting. `now` is what a
    /// date in `Retry-After` is measured from.
    pub async fn open(&self, url: &str, allow_private: bool, now: Timestamp) -> Result<Stream, FetchError> {
        let options = &self.options;
        let url = http_url(url)?;
        check(&url, allow_private)?;
        let opening = open(&url, allow_private, options, now);
        let socket = timeout(options.connect_timeout, opening)
            .await
            .map_err(|_| FetchError::Timeout(options.connect_timeout))??;
        Ok(Stream {
            socket,
            idle_timeout: options.idle_timeout,
            limit_bytes: options.body_limit,
            at: Instant::now(),
            asked: false,
        })
    }
}

impl Stream {
    /// The next message. Cut short, it loses none.
    pub async fn next(&mut self) -> Result<Text, Broken> {
        loop {
            let message = match timeout_at(self.at + self.idle_timeout, self.socket.next()).await {
                Ok(Some(Ok(message))) => message,
                Ok(Some(Err(error))) => return Err(self.broken(error)),
                Ok(None) => return Err(Broken::Closed(String::new())),
                Err(_) if self.asked => return Err(Broken::Silent(self.idle_timeout * 2)),
                Err(_) => {
                    (self.at, self.asked) = (Instant::now(), true);
                    // A server that does not even take it shows no sign of life either.
                    let ask = self.socket.send(Message::Ping(Default::default()));
                    match timeout(self.idle_timeout, ask).await {
                        Ok(Ok(())) => continue,
                        Ok(Err(error)) => return Err(self.broken(error)),
                        Err(_) => return Err(Broken::Silent(self.idle_timeout * 2)),
                    }
                }
            };
            (self.at, self.asked) = (Instant::now(), false);
            match message {
                Message::Text(text) => return Ok(Text(text)),
                // Whoever reads texts can make nothing of others than these.
                Message::Binary(bytes) => return Ok(Text(Utf8Bytes::try_from(bytes).unwrap_or_default())),
                Message::Close(frame) => {
                    let reason = frame.map(|frame| reason(&frame.reason)).unwrap_or_default();
                    return Err(Broken::Closed(reason));
                }
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    /// Takes leave of the server, briefly.
    pub async fn close(mut self) {
        // Whether the server hears it changes nothing.
        let _ = timeout(LEAVE, self.socket.close(None)).await;
    }

    fn broken(&self, error: Error) -> Broken {
        match error {
            Error::ConnectionClosed | Error::AlreadyClosed => Broken::Closed(String::new()),
            Error::Io(error) => Broken::Lost(error),
            Error::Capacity(_) => Broken::TooLarge { limit_bytes: self.limit_bytes },
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                Broken::Closed(" without taking leave".to_owned())
            }
            error => Broken::Garbled(error.to_string()),
        }
    }
}

/// How long to wait before the next attempt to connect, after so many failures in a row: a second, doubled
/// with each failure up to five minutes, and up to a quarter more, so that what a server dropped together does
/// not come back together.
pub fn reconnect_after(source: &SourceId, failures: u32) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << failures.min(16)).min(LONGEST_WAIT);
    doubled + doubled.mul_f64(0.25 * jitter(source, failures))
}

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);
const LEAVE: Duration = Duration::from_secs(1);

/// The address of the request that opens the stream.
fn http_url(url: &str) -> Result<Url, FetchError> {
    let refused = |why: String| Err(FetchError::Refused(why));
    match url.split_once("://") {
        Some((scheme @ ("ws" | "wss"), rest)) => {
            let scheme = if scheme == "ws" { "http" } else { "https" };
            Url::parse(&format!("{scheme}://{rest}"))
                .or_else(|error| refused(format!("the address: {error}")))
        }
        Some((scheme, _)) => refused(format!("`{scheme}:` is not ws or wss")),
        None => refused("the address does not begin with wss://".to_owned()),
    }
}

async fn open(
    url: &Url,
    allow_private: bool,
    options: &Options,
    now: Timestamp,
) -> Result<WebSocketStream<Upgraded>, FetchError> {
    // Already installed if there was a request before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = if allow_private { unguarded(options) } else { guarded(options) };
    // A connection of its own, which only HTTP/1.1 can hand over.
    let client = builder.http1_only().build().map_err(FetchError::Network)?;
    let mut nonce = [0; 16];
    if SystemRandom::new().fill(&mut nonce).is_err() {
        return Err(FetchError::Refused("the system gives no random numbers".to_owned()));
    }
    let key = STANDARD.encode(nonce);
    let request = client
        .get(url.clone())
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, &key);
    let response = request.send().await.map_err(|error| failure(options, url, error))?;
    let status = response.status();
    match status {
        StatusCode::SWITCHING_PROTOCOLS if is_accepted(response.headers(), &key) => {}
        StatusCode::SWITCHING_PROTOCOLS => {
            return Err(FetchError::Refused("the server speaks another protocol than WebSocket".to_owned()));
        }
        StatusCode::GONE => return Err(FetchError::Gone),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            return Err(FetchError::RateLimited { after: retry_after(response.headers(), now) });
        }
        _ if status.is_success() => {
            return Err(FetchError::Refused("the server answered with a document, not a stream".to_owned()));
        }
        _ => return Err(FetchError::Status(status.as_u16())),
    }
    let connection = response.upgrade().await.map_err(|error| failure(options, url, error))?;
    let limit = usize::try_from(options.body_limit).unwrap_or(usize::MAX);
    let config = WebSocketConfig::default().max_message_size(Some(limit)).max_frame_size(Some(limit));
    Ok(WebSocketStream::from_raw_socket(connection, Role::Client, Some(config)).await)
}

/// Whether the server has understood the request as one for WebSocket (RFC 6455, 4.1).
fn is_accepted(headers: &HeaderMap, key: &str) -> bool {
    let says = |name, expected: &str| {
        headers
            .get(name)
            .is_some_and(|value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(expected.as_bytes()))
    };
    let accept = headers.get(header::SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes);
    says(header::UPGRADE, "websocket")
        && accept == Some(accept_key(key).as_bytes())
        // None was asked for.
        && headers.get(header::SEC_WEBSOCKET_EXTENSIONS).is_none()
}

/// What a server answers to a key.
fn accept_key(key: &str) -> String {
    let salted = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, salted.as_bytes()))
}

/// A server's last words, on one line.
fn reason(said: &str) -> String {
    let line: String = said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(120).collect();
    if line.is_empty() { line } else { format!(": {line}") }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    /// A server that does as `then` says once the stream is open.
    async fn serve<F>(options: Options, then: impl FnOnce(TcpStream) -> F) -> Stream
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/subscribe", listener.local_addr().unwrap());
        let client = Client::new(&options).unwrap();
        let open = client.open(&url, true, NOW);
        let answer = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(socket.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            let key = head.lines().find_map(|line| line.strip_prefix("sec-websocket-key: ")).unwrap();
            let answer = format!(
                "HTTP/1.1 101 X\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\n\
                 Sec-WebSocket-Accept: {}\r\n\r\n",
                accept_key(key)
            );
            socket.write_all(answer.as_bytes()).await.unwrap();
            socket
        };
        let (stream, socket) = tokio::join!(open, answer);
        tokio::spawn(then(socket));
        stream.unwrap()
    }

    fn brief() -> Options {
        Options { idle_timeout: Duration::from_millis(50), body_limit: 100, ..Options::default() }
    }

    #[test]
    fn the_standards_own_example() {
        // RFC 6455, 1.3.
        assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[tokio::test]
    async fn a_server_without_a_sign_of_life_is_asked_for_one_and_given_up() {
        let (heard, mut hears) = tokio::sync::mpsc::channel(64);
        let mut stream = serve(brief(), |mut socket| async move {
            // What the client sends is read and never answered.
            while let Ok(byte) = socket.read_u8().await {
                let _ = heard.send(byte).await;
            }
        })
        .await;
        let broken = stream.next().await.unwrap_err();
        assert!(matches!(broken, Broken::Silent(_)), "{broken}");
        assert_eq!(hears.recv().await, Some(0x89), "a ping");
    }

    #[tokio::test]
    async fn a_server_that_answers_pings_is_waited_for() {
        let mut stream = serve(brief(), |mut socket| async move {
            for _ in 0..4 {
                // A masked ping without payload; its answer is a pong.
                let mut ping = [0; 6];
                socket.read_exact(&mut ping).await.unwrap();
                assert_eq!(ping[..2], [0x89, 0x80]);
                socket.write_all(&[0x8a, 0]).await.unwrap();
            }
            socket.write_all(b"\x81\x05hello\x88\x07\x03\xe8 bye\n").await.unwrap();
            let _ = socket.read_u8().await;
        })
        .await;
        assert_eq!(&*stream.next().await.unwrap(), "hello");
        let broken = stream.next().await.unwrap_err();
        assert_eq!(broken.to_string(), "the server closed the stream: bye");
        assert!(!broken.is_unreadable());
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_told_from_what_breaks_off() {
        for (bytes, expected, unreadable) in [
            (&b"\x81\x7e\x01\x00"[..], "a message larger than 100 bytes", true),
            (b"\x81\x02\xff\xff", "no stream of texts", true),
            (b"\xc1\x00", "no stream of texts", true),
            (b"\x81\x80mask", "no stream of texts", true),
            (b"\x81\x05he", "closed the stream", false),
            (b"", "closed the stream", false),
        ] {
            let bytes = bytes.to_vec();
            let options = Options { body_limit: 100, ..Options::default() };
            let mut stream = serve(options, |mut socket| async move {
                socket.write_all(&bytes).await.unwrap();
                socket.shutdown().await.unwrap();
            })
            .await;
            let broken = stream.next().await.unwrap_err();
            assert!(broken.to_string().contains(expected), "{broken}");
            assert_eq!(broken.is_unreadable(), unreadable, "{broken}");
        }
    }

    #[tokio::test]
    async fn a_message_in_pieces_and_one_of_bytes_are_texts() {
        let mut stream = serve(Options::default(), |mut socket| async move {
            let pieces = b"\x01\x03hel\x89\x00\x80\x02lo\x82\x02hi\x82\x01\xff";
            socket.write_all(pieces).await.unwrap();
            let _ = socket.read_u8().await;
        })
        .await;
        assert_eq!(&*stream.next().await.unwrap(), "hello");
        assert_eq!(&*stream.next().await.unwrap(), "hi");
        assert_eq!(&*stream.next().await.unwrap(), "");
        stream.close().await;
    }

    #[tokio::test]
    async fn other_addresses_than_public_ones_and_other_schemes_are_refused() {
        let client = Client::new(&Options::default()).unwrap();
        for (url, expected) in [
            ("ws://127.0.0.1:9/", "not on the public internet"),
            ("wss://[::ffff:10.0.0.1]/", "not on the public internet"),
            ("ws://2130706433/", "not on the public internet"),
            ("ws://localhost:9/", "not on the public internet"),
            ("http://example.org/", "`http:` is not ws or wss"),
            ("example.org", "does not begin with wss://"),
            ("wss://", "the address"),
        ] {
            let error = client.open(url, false, NOW).await.unwrap_err();
            assert!(matches!(error, FetchError::Refused(_)), "{url}: {error}");
            assert!(error.to_string().contains(expected), "{url}: {error}");
        }
    }

    #[test]
    fn attempts_become_rare() {
        let source = SourceId::new("sky");
        let waits: Vec<u64> = (0..12).map(|failures| reconnect_after(&source, failures).as_secs()).collect();
        assert!(waits.is_sorted(), "{waits:?}");
        assert!(waits[0] == 1 && waits[11] >= 300 && waits[11] < 375, "{waits:?}");
        assert_eq!(reconnect_after(&source, u32::MAX).as_secs() / 100, 3);
    }
}
