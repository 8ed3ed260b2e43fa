//! The demo's publisher: a few documents on loopback, with validators, until it is dropped.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use hyper::{Request, Response, StatusCode, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[derive(Clone)]
struct Published {
    content_type: &'static str,
    body: Bytes,
    etag: String,
}

type Shelf = Arc<Mutex<HashMap<String, Published>>>;

/// Serves what is [`Server::publish`]ed on a free port of 127.0.0.1.
pub struct Server {
    address: SocketAddr,
    shelf: Shelf,
    accepting: JoinHandle<()>,
}

impl Server {
    pub async fn start() -> Result<Server> {
        let listener =
            TcpListener::bind(("127.0.0.1", 0)).await.context("no port could be opened on 127.0.0.1")?;
        let address = listener.local_addr()?;
        let shelf = Shelf::default();
        let accepting = tokio::spawn(accept(listener, shelf.clone()));
        Ok(Server { address, shelf, accepting })
    }

    /// `http://127.0.0.1:PORT`
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Puts a document at `path` (`/feed.xml`), in place of what was there.
    pub fn publish(&self, path: &str, content_type: &'static str, body: Vec<u8>) {
        let etag = format!("\"{}\"", &blake3::hash(&body).to_hex()[..16]);
        let published = Published { content_type, body: body.into(), etag };
        lock(&self.shelf).insert(path.to_owned(), published);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shelf: Shelf) {
    while let Ok((stream, _)) = listener.accept().await {
        let shelf = shelf.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let answer = answer(&request, &lock(&shelf));
                async move { Ok::<_, Infallible>(answer) }
            });
            // A client that goes away in the middle of an answer is its own business.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn answer<B>(request: &Request<B>, shelf: &HashMap<String, Published>) -> Response<Full<Bytes>> {
    let Some(published) = shelf.get(request.uri().path()) else {
        return status(StatusCode::NOT_FOUND, Bytes::new());
    };
    let known = request.headers().get(IF_NONE_MATCH).is_some_and(|tag| tag == published.etag.as_str());
    let mut response = if known {
        status(StatusCode::NOT_MODIFIED, Bytes::new())
    } else {
        status(StatusCode::OK, published.body.clone())
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, published.content_type.parse().expect("a content type of ours"));
    headers.insert(ETAG, published.etag.parse().expect("hexadecimal digits in quotes"));
    response
}

fn status(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response
}

fn lock(shelf: &Shelf) -> std::sync::MutexGuard<'_, HashMap<String, Published>> {
    shelf.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
