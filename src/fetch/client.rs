//! The client.
use super::{FetchError, Fetched, Options, Request};
use crate::model::Timestamp;

pub struct Client {}

impl Client {
    /// Installs the TLS provider (once per process) and reads the system's certificates.
    pub fn new(options: &Options) -> anyhow::Result<Self> {
        let _ = options;
        todo!()
    }

    /// One document. `now` is what a `Retry-After` or `Expires` date is measured from.
    pub async fn fetch(&self, request: &Request, now: Timestamp) -> Result<Fetched, FetchError> {
        let _ = (request, now);
        todo!()
    }
}

pub(super) fn network_failure(error: &reqwest::Error) -> String {
    error.to_string()
}
