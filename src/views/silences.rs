//! `alerts silence`: who does not want to be told of what, and until when.

use anyhow::Result;
use serde::Serialize;

use crate::model::{Silence, Timestamp};
use crate::store::Reader;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SilenceView {
    pub id: i64,
    /// `None`: all of them.
    pub rule: Option<String>,
    /// `None`: all of them.
    pub brand: Option<String>,
    pub since: Timestamp,
    pub until: Timestamp,
    pub by: String,
    pub comment: String,
    /// It mutes notices now.
    pub lasts: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SilenceList {
    pub silences: Vec<SilenceView>,
}

impl SilenceView {
    pub fn new(silence: &Silence, now: Timestamp) -> Self {
        let Silence { number, rule, brand, since, until, by, comment } = silence;
        SilenceView {
            id: *number,
            rule: rule.as_ref().map(ToString::to_string),
            brand: brand.as_ref().map(ToString::to_string),
            since: *since,
            until: *until,
            by: by.clone(),
            comment: comment.clone(),
            lasts: *since <= now && now < *until,
        }
    }
}

/// All there ever were, the newest first.
pub fn list(reader: &Reader, now: Timestamp) -> Result<SilenceList> {
    let silences = reader.silences()?;
    Ok(SilenceList { silences: silences.iter().map(|silence| SilenceView::new(silence, now)).collect() })
}
