//! When to shout: a named condition on series.

use std::time::Duration;

use super::{BrandId, NotifierId, SentimentLabel, id_type};
use crate::query::Query;

id_type!(
    /// The id of a rule as written in `feeds.toml`.
    RuleId
);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    Low,
    Normal,
    High,
    Critical,
}

impl Severity {
    pub const ALL: [Severity; 4] = [Severity::Low, Severity::Normal, Severity::High, Severity::Critical];

    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Normal => "normal",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A count that stands out from its baseline.
    Spike,
    /// Negative mentions stand out, in number and in their share.
    NegativeBuzz { triggers: Vec<String> },
    /// The same of positive mentions.
    PositiveBuzz,
    /// Anything that matches, at once.
    Pattern,
    /// Somebody speaks who was not heard of before, or not for long, and carries weight.
    NewVoice,
    /// What used to be said is not.
    Absence,
    /// The brand's share of all that is said of these moves, up or down; it is one of them.
    ShareShift { among: Vec<BrandId> },
}

impl Condition {
    pub fn as_str(&self) -> &'static str {
        match self {
            Condition::Spike => "spike",
            Condition::NegativeBuzz { .. } => "negative-buzz",
            Condition::PositiveBuzz => "positive-buzz",
            Condition::Pattern => "pattern",
            Condition::NewVoice => "new-voice",
            Condition::Absence => "absence",
            Condition::ShareShift { .. } => "share-shift",
        }
    }

    pub fn side(&self) -> Side {
        match self {
            Condition::Absence => Side::Less,
            Condition::ShareShift { .. } => Side::Either,
            _ => Side::More,
        }
    }

    /// The brands whose talk is looked at beside one that it watches.
    pub fn others<'a>(&'a self, brand: &'a BrandId) -> impl Iterator<Item = &'a BrandId> {
        let among = match self {
            Condition::ShareShift { among } => &among[..],
            _ => &[],
        };
        among.iter().filter(move |other| *other != brand)
    }

    /// Whether it waits until a window is heard as a whole: what is missing may only be late.
    pub fn is_settled(&self) -> bool {
        self.side() != Side::More
    }

    /// Whether it speaks of each thing it finds at once, without a window and a budget.
    pub fn is_at_once(&self) -> bool {
        matches!(self, Condition::Pattern | Condition::NewVoice)
    }

    /// The tone whose mentions it counts, if it is about tone.
    pub fn tone(&self) -> Option<SentimentLabel> {
        match self {
            Condition::NegativeBuzz { .. } => Some(SentimentLabel::Negative),
            Condition::PositiveBuzz => Some(SentimentLabel::Positive),
            _ => None,
        }
    }
}

/// On which side of what is usual a count alarms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    #[default]
    More,
    Less,
    /// Of a share: either.
    Either,
}

impl Side {
    pub const ALL: [Side; 3] = [Side::More, Side::Less, Side::Either];

    pub fn as_str(self) -> &'static str {
        match self {
            Side::More => "more",
            Side::Less => "less",
            Side::Either => "either",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountBy {
    Stories,
    Mentions,
}

impl CountBy {
    pub fn as_str(self) -> &'static str {
        match self {
            CountBy::Stories => "stories",
            CountBy::Mentions => "mentions",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Several, sharing the budget: [`Rule::windows`].
    Auto,
    Fixed(Duration),
}

/// How an entry without a date counts in live rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undated {
    Observed,
    Ignore,
}

/// What begins the names of counts in which undated mentions do not exist; no id of a saved query begins so.
const DATED: &str = "dated:";

/// Under which name the dated mentions within a saved query, or all of a brand, are counted.
pub fn dated(query: Option<&str>) -> String {
    format!("{DATED}{}", query.unwrap_or_default())
}

/// Whether undated mentions are left out of the counts of this name.
pub fn is_dated(subject: &str) -> bool {
    subject.starts_with(DATED)
}

/// The id of the saved query within which counts of this name are.
pub fn saved_query(subject: &str) -> Option<&str> {
    Some(subject.strip_prefix(DATED).unwrap_or(subject)).filter(|query| !query.is_empty())
}

#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub id: RuleId,
    pub condition: Condition,
    /// Resolved: never empty.
    pub brands: Vec<BrandId>,
    /// The id of a saved query that narrows what counts.
    pub query: Option<String>,
    /// What is counted: `None` for all mentions of the brand, else the id of the saved query, or [`dated`] of it.
    pub within: Option<String>,
    /// A query of the rule's own (`text = …`), for `pattern`.
    pub text: Option<Query>,
    pub window: Window,
    /// False alarms tolerated per week, for this rule and brand over all its windows.
    pub budget_per_week: f64,
    pub count: CountBy,
    pub min: u32,
    pub min_sources: u32,
    /// How long it must hold before it fires.
    pub hold: Duration,
    pub cooldown: Duration,
    /// Windows this old are looked at again when late mentions arrive.
    pub late: Duration,
    pub undated: Undated,
    pub severity: Severity,
    /// All of these are told; one that cannot be reached delays no other.
    pub notify: Vec<NotifierId>,
    pub playbook: Option<String>,
    /// The rule's text in a canonical form, for people and for the hash.
    pub canonical: String,
    /// First 16 hexadecimal digits of blake3 over `canonical`.
    pub config_hash: String,
}

impl Rule {
    /// The lengths of the windows it looks at, shortest first.
    pub fn windows(&self) -> Vec<Duration> {
        let minutes = |minutes: &[u64]| minutes.iter().map(|m| Duration::from_secs(m * 60)).collect();
        match (self.window, self.condition.side()) {
            (Window::Fixed(length), _) => vec![length],
            (Window::Auto, Side::More) => minutes(&[15, 60, 360, 1_440]),
            // A silence takes its time to be one.
            (Window::Auto, Side::Less) => minutes(&[60, 360, 1_440, 7_200]),
            (Window::Auto, Side::Either) => minutes(&[360, 1_440, 7_200]),
        }
    }
}
