//! Counts, kept as they happen.

use anyhow::Result;
use jiff::tz::TimeZone;

use super::{Reader, Store};
use crate::model::{BrandId, Timestamp};

/// Minutes whose live counts changed since they were last cleared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// What to hand to [`Store::clear_touched`].
    pub up_to: u64,
    /// Brand, saved query within it (`None`: the brand as a whole), start of the minute; ordered.
    pub minutes: Vec<(BrandId, Option<String>, Timestamp)>,
}

impl Reader {
    pub fn touched(&self) -> Result<Touched> {
        todo!()
    }

    /// Compares every count with the rows it is of; one line per difference, empty when all is well.
    pub fn recount(&self) -> Result<Vec<String>> {
        todo!()
    }
}

impl Store {
    /// Forgets the minutes that were touched up to then.
    pub fn clear_touched(&mut self, up_to: u64) -> Result<()> {
        let _ = up_to;
        todo!()
    }

    /// Says whose days are meant; counts per day are made again if it is another zone than before. The
    /// zone must have an IANA name.
    pub fn set_zone(&mut self, zone: &TimeZone) -> Result<()> {
        let _ = zone;
        todo!()
    }
}
