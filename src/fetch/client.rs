//! Conditional GET with a deadline, a byte limit, and redirects followed by hand.
//!
//! By hand, because every hop must be judged (scheme, address, downgrade) and because only the whole
//! chain tells whether a document has moved for good.

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{ClientBuilder, Response, StatusCode, Url, redirect};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::address::{NotPublic, PublicOnly, System, is_public, literal};
use super::politeness::{HostGate, Pass, host_of};
use super::{Cut, Document, FetchError, Fetched, Options, Request, Room};
use crate::model::Timestamp;

const MAX_REDIRECTS: usize = 10;

/// Servers' clocks are wrong too, but seldom by as much.
const WRONG_BY: Duration = Duration::from_secs(24 * 3600);

/// No server's wish is granted for longer.
const LONGEST_WISH: Duration = Duration::from_secs(24 * 3600);

/// How long a host is left alone that asks for patience and does not say how much.
const UNTOLD_WAIT: Duration = Duration::from_secs(5 * 60);

/// Documents larger than this are few; so many of them are in memory at once, whoever serves them.
const LARGE: usize = 1 << 20;
const LARGE_AT_ONCE: usize = 4;

const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
                      application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5";

/// Makes requests; cheap to share by reference between tasks.
#[derive(Debug)]
pub struct Client {
    /// Reaches public addresses only.
    guarded: Schemes,
    /// For sources with `allow_private`.
    unguarded: Schemes,
    pub(super) options: Options,
    /// Places in memory for large documents.
    rooms: Arc<Semaphore>,
    /// Answers whose `Date` is that of this machine's clock, and those whose is another.
    confirmed: AtomicUsize,
    denied: AtomicUsize,
}

/// A client for plain http, and one for https that is made when it is first needed: to load the system's
/// certificates costs more than to ask some hundred feeds whether they have changed.
#[derive(Debug)]
struct Schemes {
    http: reqwest::Client,
    https: OnceLock<reqwest::Client>,
}

impl Schemes {
    fn new(builder: ClientBuilder) -> anyhow::Result<Self> {
        let http = builder.tls_certs_only([]).build();
        let http = http.context("the HTTP client cannot start; is `contact` on one line?")?;
        Ok(Self { http, https: OnceLock::new() })
    }

    fn of(&self, url: &Url, builder: impl FnOnce() -> ClientBuilder) -> &reqwest::Client {
        if url.scheme() != "https" {
            return &self.http;
        }
        self.https.get_or_init(|| {
            builder().build().unwrap_or_else(|error| {
                let reason = innermost(&error);
                tracing::warn!("no https source can be read, install ca-certificates: {reason}");
                // It trusts nobody, so that each request fails with its reason.
                self.http.clone()
            })
        })
    }
}

impl Client {
    /// Installs the TLS provider, once per process. Fails if `contact` cannot stand in a header.
    pub fn new(options: &Options) -> anyhow::Result<Self> {
        // An error means that a provider is installed already: ours, by an earlier call.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (guarded, unguarded) = (Schemes::new(guarded(options))?, Schemes::new(unguarded(options))?);
        let rooms = Arc::new(Semaphore::new(LARGE_AT_ONCE));
        let (confirmed, denied) = Default::default();
        Ok(Self { guarded, unguarded, options: options.clone(), rooms, confirmed, denied })
    }

    /// Whether every server that said what time it is since the last call said another one than this machine, by
    /// more than a day.
    pub fn clock_is_denied(&self) -> bool {
        let confirmed = self.confirmed.swap(0, Ordering::Relaxed);
        self.denied.swap(0, Ordering::Relaxed) > 0 && confirmed == 0
    }

    /// One document, at once. `now` is what the dates in `Retry-After` and `Expires` are measured from.
    pub async fn fetch(&self, request: &Request, now: Timestamp) -> Result<Fetched, FetchError> {
        self.follow(request, None, || now).await
    }

    /// The document at `url` as it is now, for one who has none yet.
    pub async fn document(
        &self,
        url: &str,
        allow_private: bool,
        now: Timestamp,
    ) -> Result<Document, FetchError> {
        let request = Request { url: url.to_owned(), allow_private, ..Request::default() };
        match self.fetch(&request, now).await? {
            Fetched::Document(document) => Ok(document),
            Fetched::NotModified { .. } => Err(FetchError::Status(StatusCode::NOT_MODIFIED.as_u16())),
        }
    }

    /// One document, when it is the turn of its host; each host it is led to is waited for in the same way. One
    /// that wants to be left alone is not asked, and what a host asks for is noted. `now` tells what time it is
    /// when the turn has come.
    pub async fn fetch_in_turn(
        &self,
        request: &Request,
        gate: &HostGate,
        now: impl Fn() -> Timestamp,
    ) -> Result<Fetched, FetchError> {
        self.follow(request, Some(gate), now).await
    }

    async fn follow(
        &self,
        request: &Request,
        gate: Option<&HostGate>,
        clock: impl Fn() -> Timestamp,
    ) -> Result<Fetched, FetchError> {
        let mut url =
            Url::parse(&request.url).map_err(|e| FetchError::Refused(format!("the address: {e}")))?;
        let mut permanent = true;
        // Waiting for one's turn is not the server's fault.
        let mut left = self.options.total_timeout;
        let mut pass: Option<Pass> = None;
        for hop in 0..=MAX_REDIRECTS {
            check(&url, request.allow_private)?;
            if let Some(gate) = gate
                && pass.is_none()
            {
                pass = Some(gate.enter(&url).await);
            }
            let now = clock();
            if let Some(gate) = gate {
                // Asked for here, since who was ahead in the queue may have heard of it.
                if let Some(after) = gate.wait(&url, now) {
                    return Err(FetchError::HostWaits { after });
                }
            }
            let started = Instant::now();
            let response = match timeout_at(started + left, self.send(&url, request)).await {
                Ok(response) => response?,
                Err(_) => return Err(FetchError::Timeout(self.options.total_timeout)),
            };
            let status = response.status();
            if let Some(next) = next_hop(&url, status, response.headers())? {
                permanent &= matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT);
                left = left.saturating_sub(started.elapsed());
                if host_of(&next) != host_of(&url) {
                    // Given back before the next one is waited for, so that no two can wait for each other.
                    pass = None;
                }
                url = next;
                continue;
            }
            // An address with a password in it is not handed on: it would end up where people read it.
            let moved = hop > 0 && permanent && url.username().is_empty() && url.password().is_none();
            let permanent_url = moved.then(|| url.to_string());
            let read = self.read(response, url.clone(), permanent_url, request, now, started + left).await;
            if let (Some(gate), Err(FetchError::RateLimited { after })) = (gate, &read) {
                gate.note_wait(&url, now, after.unwrap_or(UNTOLD_WAIT));
            }
            return read;
        }
        Err(FetchError::TooManyRedirects(MAX_REDIRECTS))
    }

    async fn send(&self, url: &Url, request: &Request) -> Result<Response, FetchError> {
        let client = match request.allow_private {
            true => self.unguarded.of(url, || unguarded(&self.options)),
            false => self.guarded.of(url, || guarded(&self.options)),
        };
        let mut builder = client.get(url.clone());
        for (name, value) in [
            (header::IF_NONE_MATCH, &request.validators.etag),
            (header::IF_MODIFIED_SINCE, &request.validators.last_modified),
        ] {
            // What was once a header's value is one again; anything else was never given by a server.
            if let Some(value) = value.as_ref().and_then(|v| HeaderValue::from_bytes(v.as_bytes()).ok()) {
                builder = builder.header(name, value);
            }
        }
        builder.send().await.map_err(|e| self.failure(url, e))
    }

    async fn read(
        &self,
        response: Response,
        mut url: Url,
        permanent_url: Option<String>,
        request: &Request,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Fetched, FetchError> {
        let status = response.status();
        let headers = response.headers();
        let etag = text(headers, header::ETAG);
        let last_modified = text(headers, header::LAST_MODIFIED);
        let min_interval = freshness(headers, now);
        let date = text(headers, header::DATE).and_then(|date| http_date(&date));
        let differs = date.map(|date| now.duration_since(date).unsigned_abs() > WRONG_BY);
        if let Some(differs) = differs {
            let witnesses = if differs { &self.denied } else { &self.confirmed };
            witnesses.fetch_add(1, Ordering::Relaxed);
        }
        let asked_for_changes =
            request.validators.etag.is_some() || request.validators.last_modified.is_some();
        match status {
            // Whatever body follows is not read.
            StatusCode::NOT_MODIFIED if asked_for_changes => {
                Ok(Fetched::NotModified { etag, last_modified, min_interval, permanent_url })
            }
            StatusCode::GONE => Err(FetchError::Gone),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                Err(FetchError::RateLimited { after: retry_after(headers, now) })
            }
            // Some say 403 when they mean 429.
            StatusCode::FORBIDDEN if let Some(after) = retry_after(headers, now) => {
                Err(FetchError::RateLimited { after: Some(after) })
            }
            _ if !status.is_success() => Err(FetchError::Status(status.as_u16())),
            _ => {
                let content_type = text(headers, header::CONTENT_TYPE);
                // What can be undone is undone by now, and its header gone.
                if let Some(encoding) = text(headers, header::CONTENT_ENCODING)
                    && !encoding.trim().eq_ignore_ascii_case("identity")
                {
                    return Err(FetchError::Encoding(encoding));
                }
                let (bytes, cut, room) = self.body(response, deadline).await;
                // Neither can fail for http and https; a URL that kept them would only be less discreet.
                let _ = url.set_username("");
                let _ = url.set_password(None);
                Ok(Fetched::Document(Document {
                    bytes,
                    cut,
                    room,
                    content_type,
                    final_url: url.into(),
                    permanent_url,
                    etag,
                    last_modified,
                    min_interval,
                    clock_is_denied: differs == Some(true),
                }))
            }
        }
    }

    /// The decompressed body, as far as it came. A chunk is decompressed at a time, so a bomb stops at the
    /// limit. A large one waits for room, which is not the server's fault.
    async fn body(&self, mut response: Response, mut deadline: Instant) -> (Vec<u8>, Option<Cut>, Room) {
        let limit_bytes = self.options.body_limit;
        let limit = usize::try_from(limit_bytes).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        let mut room = Room::default();
        let cut = loop {
            match timeout_at(deadline, response.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    let left = limit - bytes.len();
                    bytes.extend_from_slice(&chunk[..chunk.len().min(left)]);
                    if chunk.len() > left {
                        break Some(Cut::TooLarge { limit_bytes });
                    }
                    if room.0.is_none() && bytes.len() > LARGE {
                        let waited = Instant::now();
                        let permit = Arc::clone(&self.rooms).acquire_owned().await;
                        room = Room(Some(Arc::new(permit.expect("the semaphore is never closed"))));
                        deadline += waited.elapsed();
                    }
                }
                Ok(Ok(None)) => break None,
                Ok(Err(error)) => break Some(Cut::BrokeOff(innermost(&error).to_string())),
                Err(_) => break Some(Cut::Timeout(self.options.total_timeout)),
            }
        };
        (bytes, cut, room)
    }

    fn failure(&self, url: &Url, error: reqwest::Error) -> FetchError {
        failure(&self.options, url, error)
    }
}

pub(super) fn failure(options: &Options, url: &Url, error: reqwest::Error) -> FetchError {
    if causes(&error).any(|cause| cause.is::<NotPublic>()) {
        return not_public(url);
    }
    if error.is_timeout() {
        return FetchError::Timeout(options.connect_timeout);
    }
    FetchError::Network(error.without_url())
}

/// For people: what broke, and the innermost reason.
pub(super) fn network_failure(error: &reqwest::Error) -> String {
    let what = if error.is_connect() { "could not connect" } else { "the request failed" };
    let why = innermost(error).to_string();
    // What the system says of it is long and misleading.
    if why.starts_with("failed to lookup address information") {
        return format!("{what}: no such host, or no network");
    }
    format!("{what}: {why}")
}

/// The error and what lies beneath it, outermost first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&outer| outer.source())
}

fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    causes(error).last().unwrap_or(error)
}

pub(super) fn unguarded(options: &Options) -> ClientBuilder {
    let mut user_agent = concat!("vigie/", env!("CARGO_PKG_VERSION")).to_owned();
    if let Some(contact) = &options.contact {
        user_agent.push_str(&format!(" (+{contact})"));
    }
    let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(ACCEPT))]);
    reqwest::Client::builder()
        .user_agent(user_agent)
        .default_headers(headers)
        .redirect(redirect::Policy::none())
        .connect_timeout(options.connect_timeout)
        // Long enough for the next feed of the same host; a round over a thousand hosts must not leave
        // a thousand open connections behind it.
        .pool_idle_timeout(Duration::from_secs(5))
        .no_proxy()
}

pub(super) fn guarded(options: &Options) -> ClientBuilder {
    unguarded(options).dns_resolver(PublicOnly(System))
}

/// Whether a request may be made to `url` at all; names are judged when they are resolved.
pub(super) fn check(url: &Url, allow_private: bool) -> Result<(), FetchError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(FetchError::Refused(format!("`{}:` is not http or https", url.scheme())));
    }
    match literal(url) {
        Some(address) if !allow_private && !is_public(address) => Err(not_public(url)),
        _ => Ok(()),
    }
}

fn not_public(url: &Url) -> FetchError {
    let host = url.host_str().unwrap_or("the address");
    FetchError::Refused(format!(
        "`{host}` is not on the public internet; if it is meant, write `allow_private = true` for the source, or `--allow-private` for an address"
    ))
}

/// Where a redirect leads; `None` if the answer is no redirect, or leads nowhere.
fn next_hop(url: &Url, status: StatusCode, headers: &HeaderMap) -> Result<Option<Url>, FetchError> {
    let redirect = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let Some(location) = redirect.then(|| headers.get(header::LOCATION)).flatten() else {
        return Ok(None);
    };
    let next = std::str::from_utf8(location.as_bytes()).ok().and_then(|location| url.join(location).ok());
    let Some(next) = next else {
        return Err(FetchError::Refused("a redirect to an unreadable address".to_owned()));
    };
    if url.scheme() == "https" && next.scheme() == "http" {
        return Err(FetchError::Refused("a redirect from https to http".to_owned()));
    }
    Ok(Some(next))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    std::str::from_utf8(headers.get(name)?.as_bytes()).ok().map(str::to_owned)
}

/// `Retry-After` as seconds or as a date (RFC 9110 §10.2.3), at most a day; nonsense and the past are
/// `None`.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = text(headers, header::RETRY_AFTER)?;
    let value = value.trim();
    let wish = if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        seconds(value)
    } else {
        until(http_date(value)?, now)?
    };
    Some(wish.min(LONGEST_WISH))
}

/// How long the answer stays fresh (RFC 9111 §4.2), at most a day; `None` if it is stale at once or does
/// not say.
fn freshness(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let fresh = match text(headers, header::CACHE_CONTROL) {
        Some(directives) => max_age(&directives, headers),
        None => {
            let date = text(headers, header::DATE).and_then(|date| http_date(&date)).unwrap_or(now);
            text(headers, header::EXPIRES).and_then(|expires| until(http_date(&expires)?, date))
        }
    };
    fresh.map(|fresh| fresh.min(LONGEST_WISH)).filter(|fresh| !fresh.is_zero())
}

/// `max-age` less the age the answer already has; `None` if caches must ask every time.
fn max_age(directives: &str, headers: &HeaderMap) -> Option<Duration> {
    let mut fresh = None;
    for directive in directives.split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return None,
            "max-age" if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) => {
                fresh = Some(seconds(value));
            }
            _ => {}
        }
    }
    let age = text(headers, header::AGE).and_then(|age| age.trim().parse().ok()).unwrap_or(0);
    fresh.map(|fresh| fresh.saturating_sub(Duration::from_secs(age)))
}

/// A string of digits; too many of them are as good as for ever.
fn seconds(digits: &str) -> Duration {
    Duration::from_secs(digits.parse().unwrap_or(u64::MAX))
}

fn http_date(text: &str) -> Option<Timestamp> {
    Timestamp::try_from(httpdate::parse_http_date(text.trim()).ok()?).ok()
}

/// `None` if `instant` is past.
fn until(instant: Timestamp, now: Timestamp) -> Option<Duration> {
    Duration::try_from(instant.duration_since(now)).ok().filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests;
