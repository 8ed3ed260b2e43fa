//! What a person notes of a time: a launch, a post, an event.

use super::{BrandId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// Counted up by the store.
    pub number: i64,
    pub at: Timestamp,
    /// `None`: it concerns all of them.
    pub brand: Option<BrandId>,
    pub text: String,
}
