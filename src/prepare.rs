//! One document → what the store needs of it, in one pure call: parse, clean, match, enrich.

use crate::enrich::fingerprint::Fingerprint;
use crate::model::{Entry, Language, Match, Sentiment, SourceId};
use crate::sources::Problem;

/// One document, ready to be stored.
#[derive(Clone, Debug)]
pub struct Batch {
    pub source: SourceId,
    /// How many entries the document holds, those that name no brand included.
    pub read: usize,
    /// The entries that are kept: those that name a brand.
    pub entries: Vec<Prepared>,
    pub problems: Vec<Problem>,
    /// The interval the publisher asks for, in seconds.
    pub wished_interval_s: Option<u64>,
}

/// An entry and all that was found in it.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub entry: Entry,
    /// Hash over title and text: equal hashes, equal words.
    pub text_hash: [u8; 16],
    /// The link in canonical form; `None` if it has none, or one that cannot tell entries apart (another
    /// entry of the document has it too, or it leads to a home page).
    pub link_key: Option<String>,
    pub language: Language,
    pub fingerprint: Fingerprint,
    pub mentions: Vec<PreparedMention>,
}

#[derive(Clone, Debug)]
pub struct PreparedMention {
    pub matched: Match,
    /// `None` where the language is neither French nor English.
    pub sentiment: Option<Sentiment>,
    /// Ids of the saved queries that hold for it.
    pub queries: Vec<String>,
}
