//! A message posted to an address that is itself a secret.
//!
//! The address is the user's own, so it may be anywhere; where it would send on to is not asked: a redirect is a
//! failure that says so. No proxy is used, as for sources.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{self, HeaderMap};
use reqwest::{StatusCode, Url, redirect};
use ring::hmac;

use super::{Delivery, format, secret};
use crate::model::{Notification, Timestamp, WebhookConfig, WebhookFormat};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(20);

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

#[derive(Debug)]
pub struct Webhook {
    config: WebhookConfig,
    /// Made when it is first needed: the system's certificates are read then.
    client: Option<(bool, reqwest::Client)>,
}

impl Webhook {
    pub fn new(config: WebhookConfig) -> Self {
        Self { config, client: None }
    }

    pub(super) async fn deliver(&mut self, notification: &Notification, now: Timestamp) -> Delivery {
        match self.request(notification, now) {
            Ok(request) => self.send(request, now).await,
            Err(why) => Delivery::Unavailable { why },
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder, now: Timestamp) -> Delivery {
        let host = self.url().ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        match request.send().await {
            Ok(response) => {
                let after = retry_after(response.headers(), now);
                judge(response.status(), after, &host, secret::place(&self.config.url).as_str())
            }
            Err(error) => Delivery::Retry { after: None, why: format!("{host}: {}", network_failure(error)) },
        }
    }

    fn url(&self) -> Result<Url, String> {
        let place = || secret::place(&self.config.url);
        let url = Url::parse(&secret::read(&self.config.url)?)
            .map_err(|error| format!("{} holds no address: {error}", place()))?;
        match url.scheme() {
            "https" | "http" => Ok(url),
            _ => Err(format!("{} holds an address that does not begin with https://", place())),
        }
    }

    fn request(
        &mut self,
        notification: &Notification,
        now: Timestamp,
    ) -> Result<reqwest::RequestBuilder, String> {
        let mut url = self.url()?;
        let mut topic = String::new();
        if self.config.format == WebhookFormat::Ntfy {
            // JSON goes to the server itself, and names the topic.
            topic =
                url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default().to_owned();
            if topic.is_empty() {
                return Err(format!(
                    "{} names no topic: https://ntfy.sh/TOPIC",
                    secret::place(&self.config.url)
                ));
            }
            let rest = url.path().strip_suffix(&topic).unwrap_or("/").to_owned();
            url.set_path(&rest);
        }
        let body = format::body(self.config.format, notification, &topic).to_string();
        let id = id(&notification.key);
        let seconds = now.as_second().to_string();
        let secret = self.config.secret.as_ref().map(secret::read).transpose()?;
        let request = self
            .client(url.scheme() == "https")?
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(ID, &id)
            .header(TIMESTAMP, &seconds);
        let request = match (self.config.format, secret) {
            (WebhookFormat::Json, Some(secret)) => {
                request.header(SIGNATURE, signature(&secret, &id, &seconds, &body)?)
            }
            (WebhookFormat::Ntfy, Some(token)) => request.bearer_auth(token),
            _ => request,
        };
        Ok(request.body(body))
    }

    fn client(&mut self, encrypted: bool) -> Result<&reqwest::Client, String> {
        if self.client.as_ref().is_none_or(|(for_https, _)| *for_https != encrypted) {
            // An error means that a provider is installed already: the same one.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let mut builder = reqwest::Client::builder()
                .user_agent(concat!("vigie/", env!("CARGO_PKG_VERSION")))
                .redirect(redirect::Policy::none())
                .no_proxy()
                .connect_timeout(CONNECT_TIMEOUT)
                .timeout(TIMEOUT);
            if !encrypted {
                builder = builder.tls_certs_only([]);
            }
            let client = builder.build().map_err(|error| {
                format!("https cannot be spoken, install ca-certificates: {}", network_failure(error))
            })?;
            self.client = Some((encrypted, client));
        }
        self.client.as_ref().map(|(_, client)| client).ok_or_else(|| "there is no client".to_owned())
    }
}

/// A key that may stand in a header and before a full stop, which Standard Webhooks asks of an id.
fn id(key: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_:".contains(&b);
    match key.bytes().all(plain) {
        true => key.to_owned(),
        false => format!("k_{}", &blake3::hash(key.as_bytes()).to_hex()[..32]),
    }
}

/// By the Standard Webhooks specification: HMAC-SHA256 over id, time and body.
fn signature(secret: &str, id: &str, seconds: &str, body: &str) -> Result<String, String> {
    let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
    let key = STANDARD
        .decode(encoded)
        .map_err(|_| "the secret to sign with is not `whsec_` and base64".to_owned())?;
    let tag =
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), format!("{id}.{seconds}.{body}").as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(tag)))
}

fn judge(status: StatusCode, after: Option<Duration>, host: &str, place: &str) -> Delivery {
    let answered = format!("{host} answered {}", status.as_u16());
    match status {
        _ if status.is_success() => Delivery::Delivered,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Delivery::Retry { after, why: answered }
        }
        _ if status.is_server_error() => Delivery::Retry { after, why: answered },
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
            Delivery::Refused { why: format!("{answered}: it does not take this message") }
        }
        _ if status.is_redirection() => Delivery::Unavailable {
            why: format!("{answered}: it has moved; put its new address into {place}"),
        },
        _ => Delivery::Unavailable { why: format!("{answered}: is the address in {place} still right?") },
    }
}

/// Seconds, which some give with a fraction, or a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds.ceil()).ok(),
        Err(_) => {
            let date = Timestamp::try_from(httpdate::parse_http_date(text).ok()?).ok()?;
            Duration::try_from(date.duration_since(now)).ok()
        }
    }
}

/// In words, without the address.
fn network_failure(error: reqwest::Error) -> String {
    let what = match () {
        () if error.is_timeout() => return format!("no answer within {TIMEOUT:?}"),
        () if error.is_connect() => "no connection",
        () => "the exchange failed",
    };
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    format!("{what}: {}", super::plain::line(&cause.to_string(), 200))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn a_signature_is_that_of_the_specification() {
        let body = "{\"test\": 2432232314}";
        let signature = signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            body,
        );
        assert_eq!(signature.as_deref(), Ok("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
        assert!(super::signature("whsec_ no base64", "a", "1", "").is_err());
    }

    #[test]
    fn a_receiver_may_ask_for_patience_in_seconds_fractions_or_until_a_date() {
        let now: Timestamp = "2026-03-02T07:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("120", Some(120)),
            ("0.3", Some(1)),
            ("Mon, 02 Mar 2026 07:01:00 GMT", Some(60)),
            ("Mon, 02 Mar 2026 06:01:00 GMT", None),
            ("-5", None),
            ("NaN", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, text.parse().unwrap())]);
            assert_eq!(retry_after(&headers, now).map(|after| after.as_secs()), expected, "{text}");
        }
    }

    #[test]
    fn an_id_has_no_full_stop_and_is_ascii() {
        assert_eq!(id("a_1:first"), "a_1:first");
        for key in ["digest:été:1", "gone:news.example:1", "a b"] {
            let id = id(key);
            assert!(id.starts_with("k_") && id.len() == 34, "{id}");
        }
    }
}
