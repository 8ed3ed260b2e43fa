//! What tone a text has, and toward whom.

use crate::model::{Language, Sentiment};
use crate::text::Span;

/// The tone of a text and the words that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    pub sentiment: Sentiment,
    /// In the text, ordered.
    pub spans: Vec<Span>,
}

/// A tone model; today a bilingual lexicon, behind the seam where a trained one will come.
pub struct Model {}

impl Model {
    /// `negative` and `positive` are words of the user's trade.
    pub fn new(negative: &[String], positive: &[String]) -> Self {
        let _ = (negative, positive);
        Self {}
    }

    /// Names the model and its version.
    pub fn name(&self) -> &'static str {
        "lexicon-1"
    }

    /// The tone of `text`; with `targets`, of the sentences that hold one of those spans.
    pub fn score(&self, text: &str, language: &Language, targets: &[Span]) -> Scored {
        let _ = (text, language, targets);
        todo!()
    }
}
