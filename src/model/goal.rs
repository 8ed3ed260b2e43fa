//! What one set out to reach.

use super::{BrandId, Timestamp};

/// A figure of a brand to reach by a date.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    pub brand: BrandId,
    pub metric: Metric,
    pub target: f64,
    /// The first instant after its last day.
    pub by: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Of voice.
    Share,
    /// Net sentiment.
    Net,
    /// Counted in 30 days.
    Volume,
}

impl Metric {
    pub const ALL: [Metric; 3] = [Metric::Share, Metric::Net, Metric::Volume];

    pub fn as_str(self) -> &'static str {
        match self {
            Metric::Share => "share",
            Metric::Net => "net",
            Metric::Volume => "volume",
        }
    }
}
