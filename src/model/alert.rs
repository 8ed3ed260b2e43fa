//! One rule's state for one brand, and everything it saw.

use super::{BrandId, Condition, CountBy, MentionId, RuleId, Severity, Side, SourceId, Timestamp, id_type};

id_type!(
    /// `a_` and 16 hexadecimal digits: a hash of rule, brand and the start of the incident.
    AlertId
);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AlertState {
    /// The condition holds, but not yet for as long as the rule asks.
    Pending,
    Firing,
    Resolved,
}

impl AlertState {
    pub const ALL: [AlertState; 3] = [AlertState::Pending, AlertState::Firing, AlertState::Resolved];

    pub fn as_str(self) -> &'static str {
        match self {
            AlertState::Pending => "pending",
            AlertState::Firing => "firing",
            AlertState::Resolved => "resolved",
        }
    }
}

/// What a rule counted in its window.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    pub count: CountBy,
    /// In the unit of `count`.
    pub value: u32,
    pub mentions: u32,
    pub stories: u32,
    pub negative: u32,
    /// `None` where an earlier vigie counted, which did not.
    pub positive: Option<u32>,
    pub sources: u32,
    /// Half-open.
    pub window: (Timestamp, Timestamp),
    /// Of a rule for shares: the same of all brands that are compared, in the unit of `count`.
    pub whole: Option<u32>,
    /// Whom a rule for new voices heard.
    pub voices: Vec<SeenVoice>,
}

/// Someone who spoke, and what gives that weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenVoice {
    /// The author, else the site.
    pub name: String,
    /// The mention with which the story began.
    pub first: MentionId,
    /// When that was told, and what follows was known.
    pub at: Timestamp,
    /// In how many sources the story was.
    pub sources: u32,
    /// When the voice had spoken of the brand before, within half a year; `None` if it had not.
    pub before: Option<Timestamp>,
    /// How many stories it had begun in that time that went as far as the rule asks for.
    pub carried: u32,
}

/// What was normal, and where the line was.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenBaseline {
    /// Expected count in such a window.
    pub expected: f64,
    /// The smallest count that alarms; of an absence, the largest.
    pub threshold: u32,
    /// Probability of the observed count or more, of an absence or fewer, under the baseline.
    pub p: f64,
    /// The probability the budget allows a window.
    pub p_budget: f64,
    /// Variance over mean; 1 is Poisson.
    pub dispersion: f64,
    /// Days of listening it rests on.
    pub days: f64,
}

/// What the baseline was computed from: the counts of the past as they were known, slot by slot up to the last
/// slot of the window, and how they were looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenSeries {
    /// Start of the first slot.
    pub start: Timestamp,
    /// Seconds per slot.
    pub step_s: u32,
    /// Scaled to the sources of then; `None` where too little was heard.
    pub values: Vec<Option<f64>>,
    /// On which side of what is usual was looked.
    pub side: Side,
    /// Where less than usual was looked for: counts are as they were, and here is how much of the talk was heard
    /// in each slot, and last in that with which the window ends.
    pub exposures: Vec<f64>,
    /// The IANA name of the zone whose hours and days were meant.
    pub zone: String,
    /// Seconds of the windows that shared the budget.
    pub lengths_s: Vec<u32>,
    /// False alarms tolerated per week.
    pub budget_per_week: f64,
    /// Seconds without anything unusual after which an incident is over.
    pub pause_s: u32,
    /// The smallest count the rule alarms at.
    pub min: u32,
}

/// An incident: from the first look that held to its end, with the numbers of the look that was most
/// unusual.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    pub id: AlertId,
    pub rule: RuleId,
    pub brand: BrandId,
    /// What was counted, as [`super::Rule::within`].
    pub query: Option<String>,
    pub state: AlertState,
    pub severity: Severity,
    pub since: Timestamp,
    pub fired_at: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// The latest look at which the condition held.
    pub last_held: Timestamp,
    /// One line for people.
    pub reason: String,
    pub observed: Observed,
    /// `None` for a pattern, which has no normal.
    pub baseline: Option<SeenBaseline>,
    pub series: Option<SeenSeries>,
    pub evidence: Vec<MentionId>,
    pub evidence_sources: Vec<SourceId>,
    /// Words that stand out in the evidence.
    pub terms: Vec<String>,
    pub playbook: Option<String>,
    /// The rule's canonical text, as it was.
    pub rule_text: String,
    pub config_hash: String,
    /// When the numbers were seen.
    pub seen_at: Timestamp,
    pub acknowledged: Option<Acknowledgement>,
}

impl Alert {
    /// Whether the rule, as it was, was of this kind.
    pub fn is_of_kind(&self, condition: &Condition) -> bool {
        let line = format!("kind = \"{}\"", condition.as_str());
        self.rule_text.lines().any(|other| other == line)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    pub at: Timestamp,
    /// The person said it was a false alarm.
    pub false_alarm: bool,
    pub by: Option<String>,
    pub comment: Option<String>,
}
