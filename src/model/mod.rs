//! The words of the field as types: what is listened to, what is kept, what is called out.
//!
//! Plain values with public fields; no behaviour that needs a clock, a disk or a network.
//! Times are [`Timestamp`]s in UTC. An unknown is `None`, never a made-up value.

mod alert;
mod annotation;
mod brand;
mod digest;
mod entry;
mod goal;
mod habits;
mod mention;
mod notification;
mod preset;
mod rule;
mod series;
mod silence;
mod source;
mod written;

pub use alert::{Acknowledgement, Alert, AlertId, AlertState, Observed, SeenBaseline, SeenSeries, SeenVoice};
pub use annotation::Annotation;
pub use brand::{Brand, BrandId, Role, SavedQuery};
pub use digest::{Digest, DigestId, Every};
pub use entry::{Entry, EntryId, Format};
pub use goal::{Goal, Metric};
pub use habits::{Move, Rhythm, Skip};
pub use jiff::Timestamp;
pub use mention::{
    Change, Deed, Handling, Language, Match, Mention, MentionId, MentionStatus, Sentiment, SentimentLabel,
    StoryId,
};
pub use notification::{
    Channel, EmailConfig, Encryption, Line, Login, Notification, NotifierConfig, NotifierId, Quiet, Secret,
    Section, Tongue, Topic, WebhookConfig, WebhookFormat,
};
pub use preset::{Preset, PresetName, Search};
pub use rule::{
    Condition, CountBy, Rule, RuleId, Severity, Side, Undated, Window, dated, is_dated, saved_query,
};
pub use series::{Bucket, Heard, History, Series};
pub use silence::{Muted, Silence};
pub use source::{
    Gap, Health, HealthState, Learned, Problem, ProblemKind, Source, SourceId, SourceKind, Validators,
};
pub use written::{Expectation, WrittenTest};

/// Makes a newtype over the identifier a user wrote or the store made.
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            pub fn new(id: impl Into<Box<str>>) -> Self {
                Self(id.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}
pub(crate) use id_type;
