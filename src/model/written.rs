//! A series that somebody wrote, and what a rule is expected to say of it.

use std::time::Duration;

use super::{BrandId, Rule, Timestamp};

#[derive(Clone, Debug)]
pub struct WrittenTest {
    pub name: String,
    /// The file and the line at which it stands.
    pub place: String,
    pub rule: Rule,
    pub brand: BrandId,
    /// Start of the first step.
    pub start: Timestamp,
    pub step: Duration,
    /// Mentions by step, each a story of its own; `None` where nobody listened.
    pub values: Vec<Option<u32>>,
    /// How many of them are negative, by step; steps that it lacks have none.
    pub negative: Vec<Option<u32>>,
    /// And how many positive.
    pub positive: Vec<Option<u32>>,
    /// Of a rule for shares: mentions of all other brands together, by step.
    pub others: Vec<Option<u32>>,
    /// Over how many sources the mentions of a step are spread.
    pub sources: u32,
    pub expectations: Vec<Expectation>,
}

/// What is expected at one time.
#[derive(Clone, Debug)]
pub struct Expectation {
    pub place: String,
    /// As written.
    pub written: String,
    pub at: Timestamp,
    /// Whether an alert fires then.
    pub firing: bool,
    /// The count it was raised for.
    pub value: Option<u32>,
}
