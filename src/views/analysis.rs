//! What a single text is: its language, its tone, whose it is. The shape of `analyze`.

use serde::Serialize;

use crate::enrich::fingerprint::Fingerprint;
use crate::enrich::language;
use crate::enrich::sentiment::{Model, Scored};
use crate::model::{Entry, Language, Sentiment};
use crate::prepare::Listening;
use crate::text::Span;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnalysisView {
    /// Echoed.
    pub id: Option<serde_json::Value>,
    pub language: Option<String>,
    pub sentiment: SentimentView,
    pub matches: Vec<MatchView>,
    /// Hexadecimal.
    pub fingerprint: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SentimentView {
    pub label: &'static str,
    pub score: f32,
    pub p: Probabilities,
    /// In `text`.
    pub spans: Vec<[u32; 2]>,
    pub model: String,
}

/// They sum to one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Probabilities {
    pub negative: f32,
    pub neutral: f32,
    pub positive: f32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MatchView {
    pub brand: String,
    /// In `text`.
    pub spans: Vec<[u32; 2]>,
    pub title_spans: Vec<[u32; 2]>,
    pub sentiment: MatchSentimentView,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MatchSentimentView {
    pub label: &'static str,
    pub score: f32,
    pub p: Probabilities,
}

/// A text to look at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    pub id: Option<serde_json::Value>,
    pub title: String,
    pub text: String,
    /// Overrides detection.
    pub language: Option<String>,
    /// Given places of something spoken of, in `text`, by id.
    pub targets: Vec<(String, Vec<Span>)>,
}

/// Looks at one text for the brands of `listening` and for its targets.
pub fn analyze(text: &Text, listening: &Listening) -> AnalysisView {
    let whole =
        if text.title.is_empty() { text.text.clone() } else { format!("{}\n{}", text.title, text.text) };
    let offset = if text.title.is_empty() { 0 } else { text.title.chars().count() as u32 + 1 };
    let language = match &text.language {
        Some(code) => Language::from_code(Some(code)),
        None => language::detect(&whole, None),
    };
    let model = listening.tone();
    let spans = |title_spans: &[Span], text_spans: &[Span]| -> Vec<Span> {
        let moved = text_spans.iter().map(|s| Span { start: s.start + offset, end: s.end + offset });
        title_spans.iter().copied().chain(moved).collect()
    };
    let entry = Entry {
        title: (!text.title.is_empty()).then(|| text.title.clone()),
        content: Some(text.text.clone()),
        ..Entry::default()
    };
    // Of what a given target is, and how often it is spoken of in which tone, nothing is known.
    let given = |target: &[Span]| model.score(&whole, &language, &spans(&[], target)).sentiment;
    let mut matches: Vec<MatchView> =
        text.targets.iter().map(|(id, target)| match_view(id, &[], target, given(target))).collect();
    for matched in listening.matches(&entry, "", &[], &mut || language.clone()) {
        let targets = spans(&matched.title_spans, &matched.text_spans);
        let sentiment = model.score_mention(&whole, &language, &targets).sentiment;
        matches.push(match_view(
            matched.brand.as_str(),
            &matched.title_spans,
            &matched.text_spans,
            sentiment,
        ));
    }
    AnalysisView {
        id: text.id.clone(),
        language: language.code().map(str::to_owned),
        sentiment: sentiment_view(model, &model.score(&whole, &language, &[]), offset),
        matches,
        fingerprint: hexadecimal(&Fingerprint::of(&text.title, &text.text)),
    }
}

fn match_view(id: &str, title_spans: &[Span], spans: &[Span], sentiment: Sentiment) -> MatchView {
    let (label, score, p) = tone(sentiment);
    MatchView {
        brand: id.to_owned(),
        spans: spans.iter().map(|s| [s.start, s.end]).collect(),
        title_spans: title_spans.iter().map(|s| [s.start, s.end]).collect(),
        sentiment: MatchSentimentView { label, score, p },
    }
}

fn sentiment_view(model: &Model, scored: &Scored, offset: u32) -> SentimentView {
    let (label, score, p) = tone(scored.sentiment);
    let in_text = scored.spans.iter().filter(|s| s.start >= offset);
    SentimentView {
        label,
        score,
        p,
        spans: in_text.map(|s| [s.start - offset, s.end - offset]).collect(),
        model: model.name().to_string(),
    }
}

fn tone(sentiment: Sentiment) -> (&'static str, f32, Probabilities) {
    let [negative, neutral, positive] = sentiment.p;
    (sentiment.label().as_str(), sentiment.score(), Probabilities { negative, neutral, positive })
}

fn hexadecimal(fingerprint: &Fingerprint) -> String {
    fingerprint.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
