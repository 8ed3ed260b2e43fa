//! What tone a text has, and toward whom.
//!
//! A linear model ([`super::linear`]) over the words of the sentences that speak of the brand, where they stand to
//! it, and the sums of a lexicon whose words are turned by negation, intensity and contrast. Where it is not sure, a
//! sentence encoder ([`super::encoder`]) reads the sentences too, and both are heard. `docs/models/tone.md` says what
//! they were trained on, how well they do and where they fail.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::encoder::{self, Encoder};
use super::language::is_common;
use super::linear::{DENSE, Features, Weights, is_touched};
use crate::model::{Language, Sentiment, SentimentLabel};
use crate::text::Span;
use crate::text::tokens::{self, Token};

/// The tone of a text and the words that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    pub sentiment: Sentiment,
    /// In the text, ordered: the words that weigh most in the linear model, whoever judged in the end.
    pub spans: Vec<Span>,
}

/// The tone model: a lexicon and weights for each language, and an encoder.
pub struct Model {
    english: Tongue,
    french: Tongue,
    /// Of a language that is neither: words of both, weighed as English.
    other: Tongue,
    /// The user's own, which then judges alone.
    own: Option<Encoder>,
    name: Arc<str>,
}

struct Tongue {
    lexicon: Lexicon,
    weights: Weights<'static>,
}

impl Model {
    /// `negative` and `positive` are words of the user's trade.
    pub fn new(negative: &[String], positive: &[String]) -> Self {
        let lexicon = |texts: &[&str]| {
            let mut lexicon = Lexicon::default();
            texts.iter().for_each(|text| lexicon.read(text));
            negative.iter().for_each(|words| lexicon.insert_phrase(words, -TRADE_WEIGHT));
            positive.iter().for_each(|words| lexicon.insert_phrase(words, TRADE_WEIGHT));
            lexicon
        };
        let weights = Weights::read_all(WEIGHTS).expect("the weights are those that were built in");
        let [english, french] = weights.try_into().expect("of two languages");
        Self {
            other: Tongue { lexicon: lexicon(&[FRENCH, ENGLISH]), weights: english.clone() },
            english: Tongue { lexicon: lexicon(&[ENGLISH]), weights: english },
            french: Tongue { lexicon: lexicon(&[FRENCH]), weights: french },
            own: None,
            name: BUILT_IN.into(),
        }
    }

    /// Lets a user's own encoder judge, under this name.
    pub fn with_own(self, encoder: Encoder, name: &str) -> Self {
        Self { own: Some(encoder), name: name.into(), ..self }
    }

    /// Names the model and its version.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The tone of `text`; with `targets`, of the sentences that hold one of those spans.
    pub fn score(&self, text: &str, language: &Language, targets: &[Span]) -> Scored {
        self.judge(text, language, targets, [1.0; 3], false)
    }

    /// [`Model::score`] of a mention, knowing how often mentions are negative, neutral and positive: the built-in
    /// model was trained as if each were as frequent (Saerens, Latinne and Decaestecker, "Adjusting the outputs of a
    /// classifier to new a priori probabilities", 2002).
    pub fn score_mention(&self, text: &str, language: &Language, targets: &[Span]) -> Scored {
        if is_addressed(text, targets) {
            self.judge(text, language, targets, USUAL_OF_ADDRESSED, false)
        } else {
            self.judge(text, language, targets, USUAL, true)
        }
    }

    /// How often each tone is `usual`; in haste fewer texts are shown to the encoder.
    fn judge(
        &self,
        text: &str,
        language: &Language,
        targets: &[Span],
        usual: [f32; 3],
        in_haste: bool,
    ) -> Scored {
        let tongue = self.tongue(language);
        let Read { features, tone, sentences, targets } = tongue.read(text, targets);
        let (linear, pulls) = tongue.weights.score(&features);
        let said = |sentiment: Sentiment| {
            tone.with_trade(sentiment).weighed(usual).weighed([1.0, tone.softness(), 1.0])
        };
        let targets = targets.as_deref().unwrap_or_default();
        let sentiment = match &self.own {
            // How often it found which tone in what it learned from, nobody here knows.
            Some(own) => own
                .logits(&shown(text, &sentences, targets, false))
                .map_or_else(|_| said(linear), |logits| tone.with_trade(Sentiment::from_logits(logits))),
            None if is_settled(said(linear), in_haste, tone.negates) => said(linear),
            None => {
                let logits = Encoder::built_in().logits(&shown(text, &sentences, targets, true));
                said(logits.map_or(linear, |logits| both(linear, logits, tone.negates)))
            }
        };
        // A word says something by itself, or stands in the lexicon; "chez" only stands where people complain.
        let is_common =
            |word: &Range<usize>| tokens::words(&text[word.clone()]).iter().any(|word| is_common(&word.word));
        let said = features.words.iter().zip(&pulls);
        let said = said.filter(|(word, pull)| pull.abs() >= SAYS_MUCH && !is_common(word));
        let mut marks: Vec<Range<usize>> = tone.marks;
        marks.extend(said.map(|(word, _)| word.clone()));
        Scored { sentiment, spans: tokens::char_spans(text, &joined(marks)) }
    }

    /// What the tone of a text is judged by; for training.
    pub fn features(&self, text: &str, language: &Language, targets: &[Span]) -> Features {
        self.tongue(language).read(text, targets).features
    }

    fn tongue(&self, language: &Language) -> &Tongue {
        match language {
            Language::English => &self.english,
            Language::French => &self.french,
            Language::Other(_) | Language::Unknown => &self.other,
        }
    }
}

/// What was found in a text.
struct Read {
    features: Features,
    tone: Tone,
    /// Those that were read, in bytes of the text, each with the signs before its first word.
    sentences: Vec<Range<usize>>,
    /// What is spoken of, in bytes of the text; ordered, and none within or beside another.
    targets: Option<Vec<Range<usize>>>,
}

impl Tongue {
    fn read(&self, text: &str, targets: &[Span]) -> Read {
        let words = tokens::words(text);
        let wanted = wanted(text, targets);
        let mut tone = Tone::default();
        let mut features = Features::default();
        let mut sentences = Vec::new();
        let mut rest = words.as_slice();
        let mut begins = 0;
        while let Some(first) = rest.first() {
            let count =
                1 + rest.windows(2).take_while(|pair| !ends_sentence(gap(text, &pair[0], &pair[1]))).count();
            let (sentence, later) = rest.split_at(count);
            let end = later.first().map_or(text.len(), |next| next.start);
            let whole = first.start..end;
            if wanted.as_ref().is_none_or(|wanted| is_touched(wanted, &whole)) {
                tone.add_sentence(&self.lexicon, text, sentence, end);
                let negated = |at| negated(text, sentence, at);
                features.add_sentence(text, sentence, end, wanted.as_deref(), negated);
                sentences.push(begins..end);
            }
            begins = end;
            rest = later;
        }
        if words.is_empty() {
            tone.add_signs(text, 0);
            sentences.push(0..text.len());
        }
        features.dense = tone.numbers(wanted.is_some());
        Read { features, tone, sentences, targets: wanted }
    }
}

/// Whether a text begins with the handle of what it speaks of, after other handles or a greeting.
fn is_addressed(text: &str, targets: &[Span]) -> bool {
    let Some(first) = targets.iter().map(|span| span.start as usize).min() else { return false };
    let at = text.char_indices().nth(first).map_or(text.len(), |(at, _)| at);
    let (before, named) = text.split_at(at);
    let before = before.strip_suffix('@').or_else(|| named.starts_with('@').then_some(before));
    before.is_some_and(|before| {
        let mut words = tokens::words(before).into_iter();
        let is_handle = |word: &Token| before[..word.start].ends_with('@');
        words.all(|word| is_handle(&word) || is(&word, &GREETINGS))
    })
}

/// The sentences as an encoder is given them: of one that names what is spoken of, what stands near the first place.
/// With `hides`, that name is hidden, and so are names and addresses of the net, as in the texts that the built-in
/// encoder learned from.
fn shown(text: &str, sentences: &[Range<usize>], targets: &[Range<usize>], hides: bool) -> String {
    let mut shown = String::new();
    for sentence in sentences {
        let first = targets.partition_point(|target| target.end <= sentence.start);
        let within = targets[first..].iter().take_while(|target| target.start < sentence.end);
        let near = within.clone().next().map_or(sentence.clone(), |target| {
            let start = text.floor_char_boundary(target.start.saturating_sub(SHOWN_BEFORE));
            let end = text.ceil_char_boundary(target.end + SHOWN_BEHIND);
            start.max(sentence.start)..end.min(sentence.end)
        });
        let mut at = near.start;
        for target in within.take_while(|target| hides && target.end <= near.end) {
            shown += &text[at..target.start.max(at)];
            shown.extend([" ", encoder::TARGET, " "]);
            at = target.end;
        }
        shown += &text[at..near.end];
        shown.push(' ');
        if shown.len() > SHOWN || !targets.is_empty() && shown.len() > SHOWN_BEHIND {
            break;
        }
    }
    if !hides {
        return shown;
    }
    let hidden = shown.split_whitespace().map(|word| match word {
        _ if word.len() > 1 && word.starts_with('@') => "@user",
        _ if word.starts_with("http") => "http",
        _ => word,
    });
    hidden.collect::<Vec<_>>().join(" ")
}

/// Whether the linear model judges alone: of a negation it knows little. Of mentions, it is what is called negative
/// that raises alerts.
fn is_settled(said: Sentiment, in_haste: bool, negates: bool) -> bool {
    let most = said.p.iter().copied().fold(0.0, f32::max);
    if in_haste && said.label() != SentimentLabel::Negative {
        most >= SURE_OF_A_MENTION
    } else {
        most >= SURE && !negates
    }
}

/// What both say, each with its weight.
fn both(linear: Sentiment, encoder: encoder::Logits, negates: bool) -> Sentiment {
    let [of_linear, of_encoder] = if negates { OF_NEGATING } else { OF_PLAIN };
    let logits =
        [0, 1, 2].map(|class| of_linear * linear.p[class].max(1e-6).ln() + of_encoder * encoder[class]);
    Sentiment::from_logits(logits)
}

/// Ordered, and none within or beside another.
fn joined(mut marks: Vec<Range<usize>>) -> Vec<Range<usize>> {
    marks.sort_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(marks.len());
    for mark in marks {
        match joined.last_mut() {
            Some(last) if mark.start < last.end => last.end = last.end.max(mark.end),
            _ => joined.push(mark),
        }
    }
    joined
}

/// Trained by `tests/train`: English, then French.
const WEIGHTS: &[u8] = include_bytes!("tone.bin");

/// The model as a whole: when the weights or how they are read change, so does this.
const BUILT_IN: &str = "vigie-3";

/// The linear model judges alone if it gives one class at least this much.
const SURE: f32 = 0.7;
/// The same for a mention that is not negative: they come by hundreds, and an encoder takes milliseconds for each.
const SURE_OF_A_MENTION: f32 = 0.42;
/// What the linear model and the encoder say counts for, where both are heard: fitted on texts that neither learned
/// from; and where a negation stands.
const OF_PLAIN: [f32; 2] = [0.7, 0.5];
const OF_NEGATING: [f32; 2] = [0.4, 0.8];
/// Bytes after which no further sentence is shown to an encoder: more than it reads.
const SHOWN: usize = 1_000;
/// Bytes before and behind what is spoken of; no further sentence is shown after that many either.
const SHOWN_BEFORE: usize = 120;
const SHOWN_BEHIND: usize = 180;

/// How often mentions in feeds are negative, neutral and positive, by the reading of some hundred.
const USUAL: [f32; 3] = [0.15, 0.65, 0.20];
/// The same of what is addressed to the brand's account, where people write when something is wrong: between those and
/// the tweets to airlines that are widely used, of which 63, 21 and 16 % are so.
const USUAL_OF_ADDRESSED: [f32; 3] = [0.40, 0.42, 0.18];

/// Logits by which a word says enough for positive or negative to be shown to people.
const SAYS_MUCH: f32 = 0.3;

const ENGLISH: &str = include_str!("lexicon_en.txt");
const FRENCH: &str = include_str!("lexicon_fr.txt");
/// What a word of the user's trade weighs, in logits.
const TRADE_WEIGHT: f32 = 3.0;
/// A negated word says the opposite, less strongly.
const NEGATED: f32 = -0.6;
const NEGATION_REACH: usize = 3;
/// A text whose words all are softened is neutral by so much more.
const SOFTENS: f32 = 0.6;
/// Before and after a "but" in one sentence.
const BEFORE_CONTRAST: f32 = 0.6;
const AFTER_CONTRAST: f32 = 1.3;
/// Texts of more words are scaled to this many, by the root of their length.
const USUAL_WORDS: f32 = 15.0;

const NEGATORS: [&str; 29] = [
    "not",
    "no",
    "never",
    "nobody",
    "nothing",
    "neither",
    "nor",
    "cannot",
    "without",
    "cant",
    "dont",
    "isnt",
    "didnt",
    "doesnt",
    "wasnt",
    "wont",
    "pas",
    "jamais",
    "aucun",
    "aucune",
    "sans",
    "ni",
    "rien",
    "personne",
    "nullement",
    "guere",
    "zero",
    "none",
    "nowhere",
];
/// French verbs stand before the word that negates them (il n'aime pas).
const NEGATE_BACKWARDS: [&str; 4] = ["pas", "jamais", "rien", "guere"];
const STRENGTHEN: [&str; 20] = [
    "very",
    "really",
    "so",
    "extremely",
    "totally",
    "absolutely",
    "completely",
    "utterly",
    "highly",
    "too",
    "such",
    "tres",
    "trop",
    "vraiment",
    "tellement",
    "completement",
    "extremement",
    "totalement",
    "absolument",
    "si",
];
const WEAKEN: [&str; 9] =
    ["hardly", "barely", "slightly", "somewhat", "rather", "peu", "peine", "plutot", "assez"];
const GREETINGS: [&str; 9] = ["hi", "hey", "hello", "dear", "bonjour", "salut", "coucou", "he", "cher"];
const CONTRASTS: [&str; 6] = ["but", "however", "mais", "pourtant", "cependant", "toutefois"];
const SMILES: [&str; 25] = [
    ":)", ":-)", ";)", ";-)", "😀", "😃", "😄", "😁", "😊", "🙂", "😍", "🥰", "😘", "😂", "🤣", "👍", "❤",
    "♥", "🎉", "👏", "💪", "🔥", "😎", "💕", "🙌",
];
const FROWNS: [&str; 21] = [
    ":(", ":-(", ":'(", "😡", "😠", "🤬", "😢", "😭", "😞", "😔", "☹", "🙁", "😒", "👎", "💩", "🤮", "😤",
    "😩", "💔", "😱", "🤦",
];
const SIGN_WEIGHT: f32 = 2.0;

/// Words with a weight; folded.
#[derive(Default)]
struct Lexicon {
    words: HashMap<String, f32>,
    /// Beginnings of words by their first three bytes, the longest first.
    beginnings: HashMap<[u8; 3], Vec<(String, f32)>>,
    /// Of the user's trade, by the first word: the words after it, and the weight.
    phrases: HashMap<String, Vec<(Vec<String>, f32)>>,
}

impl Lexicon {
    /// Lines of a weight and words; a star stands for any ending.
    fn read(&mut self, text: &str) {
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.split_whitespace();
            let Some(weight) = parts.next().and_then(|weight| weight.parse().ok()) else { continue };
            for part in parts {
                let Some(word) = tokens::words(part).into_iter().next().map(|token| token.word.into_owned())
                else {
                    continue;
                };
                match word.as_bytes().first_chunk::<3>() {
                    Some(key) if part.ends_with('*') => {
                        let beginnings = self.beginnings.entry(*key).or_default();
                        beginnings.push((word, weight));
                        beginnings.sort_by_key(|(beginning, _)| std::cmp::Reverse(beginning.len()));
                    }
                    _ => {
                        self.words.insert(word, weight);
                    }
                }
            }
        }
    }

    fn insert_phrase(&mut self, phrase: &str, weight: f32) {
        let mut words = tokens::words(phrase).into_iter().map(|token| token.word.into_owned());
        if let Some(first) = words.next() {
            self.phrases.entry(first).or_default().push((words.collect(), weight));
        }
    }

    /// What the words of the user's trade that start here weigh, and how many they are.
    fn find_trade(&self, words: &[Token]) -> Option<(f32, usize)> {
        let phrases = self.phrases.get(words.first()?.word.as_ref())?;
        let stands = |later: &[String]| {
            words.len() > later.len() && later.iter().zip(&words[1..]).all(|(own, word)| *own == word.word)
        };
        phrases.iter().find(|(later, _)| stands(later)).map(|(later, weight)| (*weight, 1 + later.len()))
    }

    fn find(&self, word: &Token) -> Option<f32> {
        let word: &str = word.word.as_ref();
        if let Some(weight) = self.words.get(word) {
            return Some(*weight);
        }
        let beginnings = self.beginnings.get(word.as_bytes().first_chunk::<3>()?)?;
        beginnings.iter().find(|(beginning, _)| word.starts_with(beginning)).map(|(_, weight)| *weight)
    }
}

/// The sums over a text.
#[derive(Default)]
struct Tone {
    positive: f32,
    negative: f32,
    /// What words of the user's trade say, for negative and for positive.
    trade: [f32; 2],
    exclaims: bool,
    frowns: bool,
    /// A negation stands in what was read.
    negates: bool,
    /// Of what is positive and negative, what "slightly" and its like stand before.
    softened: f32,
    words: usize,
    /// Bytes of the text that made the tone; not those of words as common as "not".
    marks: Vec<Range<usize>>,
}

impl Tone {
    fn add_sentence(&mut self, lexicon: &Lexicon, text: &str, words: &[Token], end: usize) {
        self.words += words.len();
        self.negates |= (0..words.len()).any(|at| is_negator(words, at) || follows_ne(text, &words[at]));
        let contrast = words.iter().rposition(|token| is(token, &CONTRASTS));
        let mut at = 0;
        while at < words.len() {
            if let Some((weight, count)) = lexicon.find_trade(&words[at..]) {
                let is_positive = (weight > 0.0) != negated(text, words, at);
                self.trade[usize::from(is_positive)] += weight.abs();
                self.marks.push(words[at].start..words[at + count - 1].end);
                at += count;
                continue;
            }
            let Some(weight) = lexicon.find(&words[at]) else {
                at += 1;
                continue;
            };
            let says_much = weight.abs() >= 1.0;
            let intensity = intensity(words, at);
            let mut weight = weight * intensity;
            if negated(text, words, at) {
                weight *= NEGATED;
            }
            weight *= match contrast {
                Some(contrast) if at < contrast => BEFORE_CONTRAST,
                Some(_) => AFTER_CONTRAST,
                None => 1.0,
            };
            self.add(weight, says_much.then(|| words[at].start..words[at].end));
            if intensity < 1.0 {
                self.softened += weight.abs();
            }
            at += 1;
        }
        for pair in words.windows(2) {
            self.add_signs(gap(text, &pair[0], &pair[1]), pair[0].end);
        }
        if let Some(last) = words.last() {
            self.add_signs(&text[last.end..end], last.end);
        }
    }

    fn add(&mut self, weight: f32, mark: Option<Range<usize>>) {
        if weight > 0.0 {
            self.positive += weight;
        } else {
            self.negative -= weight;
        }
        self.marks.extend(mark);
    }

    /// What stands between words, from this byte of the text on.
    fn add_signs(&mut self, signs: &str, from: usize) {
        if signs.len() < 2 && !matches!(signs, "!" | "?") {
            return;
        }
        self.exclaims |= signs.contains('!');
        if signs.bytes().all(|b| b == b' ' || b == b',' || b == b'.') {
            return;
        }
        for (list, weight) in [(&SMILES[..], SIGN_WEIGHT), (&FROWNS[..], -SIGN_WEIGHT)] {
            let first = list.iter().filter_map(|sign| Some((signs.find(sign)?, sign.len()))).min();
            if let Some((at, length)) = first {
                self.frowns |= weight < 0.0;
                self.add(weight, Some(from + at..from + at + length));
            }
        }
    }

    /// What the model is told beside the words.
    fn numbers(&self, has_target: bool) -> [f32; DENSE] {
        let scale = (USUAL_WORDS / self.words.max(1) as f32).sqrt().min(1.0);
        let (positive, negative) = ((self.positive * scale).ln_1p(), (self.negative * scale).ln_1p());
        let yes = |is: bool| f32::from(u8::from(is));
        [
            1.0,
            positive,
            negative,
            yes(self.exclaims),
            yes(self.frowns),
            yes(has_target),
            (self.words as f32 / USUAL_WORDS).ln_1p(),
            positive.min(negative),
        ]
    }

    /// By how much more a text is neutral for its softened words.
    fn softness(&self) -> f32 {
        let all = self.positive + self.negative;
        if all > 0.0 { 1.0 + SOFTENS * self.softened / all } else { 1.0 }
    }

    /// The words of the user's trade, which the model was not trained with, have their say.
    fn with_trade(&self, sentiment: Sentiment) -> Sentiment {
        let [negative, positive] = self.trade;
        sentiment.weighed([negative.exp(), 1.0, positive.exp()])
    }
}

/// Byte ranges of the spans, which count characters, [`joined`]; `None` if there are none.
fn wanted(text: &str, targets: &[Span]) -> Option<Vec<Range<usize>>> {
    if targets.is_empty() {
        return None;
    }
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let byte = |position: u32| bytes.get(position as usize).copied().unwrap_or(text.len());
    Some(joined(targets.iter().map(|span| byte(span.start)..byte(span.end)).collect()))
}

fn gap<'a>(text: &'a str, before: &Token, after: &Token) -> &'a str {
    text.get(before.end..after.start).unwrap_or("")
}

/// A full stop counts only before a space: 3.5 and example.org are no sentences.
fn ends_sentence(gap: &str) -> bool {
    gap.contains(['!', '?', '\n', '…']) || gap.contains(". ") || gap.ends_with(".\"")
}

fn ends_clause(gap: &str) -> bool {
    gap.contains([',', ';', ':', '(', ')', '—'])
}

fn is(token: &Token, list: &[&str]) -> bool {
    list.contains(&token.word.as_ref())
}

fn intensity(words: &[Token], at: usize) -> f32 {
    let before = &words[at.saturating_sub(2)..at];
    let mut intensity = 1.0;
    for token in before {
        if is(token, &STRENGTHEN) {
            intensity *= 1.4;
        } else if is(token, &WEAKEN) {
            intensity *= 0.5;
        }
    }
    intensity
}

/// Whether a negator stands up to three words before, in the same clause, or, in French, right after.
fn negated(text: &str, words: &[Token], at: usize) -> bool {
    let after = words.get(at + 1).is_some_and(|next| is(next, &NEGATE_BACKWARDS));
    let mut here = at;
    while here > 0 && at - here < NEGATION_REACH {
        if ends_clause(gap(text, &words[here - 1], &words[here])) {
            break;
        }
        here -= 1;
        if is_negator(words, here) {
            return !after;
        }
    }
    after
}

/// "don't" is cut into "don" and "t".
fn is_negator(words: &[Token], at: usize) -> bool {
    let is_cut = words[at].word == "t" && at > 0 && words[at - 1].word.ends_with('n');
    is_cut || is(&words[at], &NEGATORS)
}

/// Of "je n'ai que" the "n" is no word.
fn follows_ne(text: &str, word: &Token) -> bool {
    let before = &text[..word.start];
    let before = before.strip_suffix(['\'', '’']).and_then(|before| before.strip_suffix(['n', 'N']));
    before.is_some_and(|before| !before.ends_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SentimentLabel::{self, Negative, Neutral, Positive};
    use proptest::prelude::*;

    fn score(text: &str, language: &Language) -> Scored {
        Model::new(&[], &[]).score(text, language, &[])
    }

    #[track_caller]
    fn check(language: Language, text: &str, wanted: SentimentLabel) {
        let sentiment = score(text, &language).sentiment;
        assert_eq!(sentiment.label(), wanted, "{text}: {sentiment:?}");
    }

    #[test]
    fn english_texts() {
        for (text, wanted) in [
            ("Acme is down again, what an awful service", Negative),
            ("Recall of Acme bikes after a fatal defect", Negative),
            ("Lawsuit over the data breach at Acme", Negative),
            ("I don't like the new Acme, not good at all", Negative),
            ("Acme publishes its results on Tuesday", Neutral),
            ("Acme opens an office in Leeds", Neutral),
            ("I love my new Acme, best bike ever!", Positive),
            ("Great support by Acme, very helpful, thanks", Positive),
            ("The screen is nice but the battery is terrible", Negative),
            ("My Acme arrived :-)", Positive),
            ("My Acme arrived 😡", Negative),
        ] {
            check(Language::English, text, wanted);
        }
    }

    #[test]
    fn french_texts() {
        for (text, wanted) in [
            ("Panne géante chez Acme, les clients en colère", Negative),
            ("Scandale : Acme visé par une plainte, appel au boycott", Negative),
            ("Rappel de produits : un défaut dangereux", Negative),
            ("Je n’aime pas du tout ce casque", Negative),
            ("Acme publie ses résultats mardi", Neutral),
            ("J’adore mon Acme, un vélo magnifique !", Positive),
            ("Un service excellent, bravo et merci", Positive),
            ("L’écran est joli mais le son est horrible", Negative),
            ("Aucune panne depuis un an", Positive),
            ("Je ne suis pas satisfait du service", Negative),
        ] {
            check(Language::French, text, wanted);
        }
    }

    #[test]
    fn news_of_a_brand_is_neutral() {
        let model = Model::new(&[], &[]);
        for (text, language) in [
            ("Acme présente sa nouvelle gamme au salon de Paris", Language::French),
            ("Acme nomme une directrice financière", Language::French),
            ("Acme will present its new range in Berlin on Monday", Language::English),
        ] {
            let scored = model.score_mention(text, &language, &[Span { start: 0, end: 4 }]);
            assert_eq!(scored.sentiment.label(), Neutral, "{text}: {:?}", scored.sentiment);
        }
    }

    #[test]
    fn negation_turns_and_intensity_strengthens() {
        let at = |text| score(text, &Language::English).sentiment.score();
        assert!(at("a good day") > 0.0 && at("not a good day") < at("a good day"));
        let negative = |text| score(text, &Language::English).sentiment.p[0];
        assert!(negative("a very bad day") > negative("a bad day"));
        assert!(negative("a bad day") > negative("a slightly bad day"));
        let at = |text| score(text, &Language::French).sentiment.score();
        assert!(at("c’est bon") > at("ce n’est pas bon"));
        assert!(at("un accueil très froid") < at("un accueil froid"));
        assert!(at("une journée sans problème") > at("une journée, un problème"));
        let negative = |text| score(text, &Language::French).sentiment.p[0];
        assert!(negative("un service lent") > negative("un service un peu lent"));
    }

    /// Tables of a part, a language, a label and a text with brackets around what is spoken of.
    #[track_caller]
    fn check_table(table: &str, least_right: usize) {
        let model = Model::new(&[], &[]);
        let mut wrong = Vec::new();
        let lines: Vec<&str> = table.lines().filter(|line| !line.starts_with('#')).collect();
        for line in &lines {
            let [_, language, label, marked] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let place = |sign| marked[..marked.find(sign).expect(marked)].chars().count() as u32;
            let span = Span { start: place('['), end: place(']') - 1 };
            let text = marked.replace(['[', ']'], "");
            let sentiment = model.score(&text, &Language::from_code(Some(language)), &[span]).sentiment;
            if sentiment.label().as_str() != label {
                wrong.push(*line);
            }
        }
        assert!(lines.len() - wrong.len() >= least_right, "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    }

    #[test]
    fn most_negations_and_complaints_are_told() {
        check_table(include_str!("../../tests/tone/negations.tsv"), 104);
        check_table(include_str!("../../tests/tone/complaints.tsv"), 96);
    }

    #[test]
    fn what_begins_with_a_handle_is_addressed_to_it() {
        let is_so = |text: &str, name: &str| {
            let start = text[..text.find(name).unwrap()].chars().count() as u32;
            is_addressed(text, &[Span { start, end: start + name.len() as u32 }])
        };
        for text in
            ["@Acme où est mon colis ?", "\n@Acme where is it?", "Hé @Acme, rien reçu", "@globex @Acme why?"]
        {
            assert!(is_so(text, "Acme") && is_so(text, "@Acme"), "{text}");
        }
        for text in
            ["Acme is down", "Hi Acme", "RT @Acme: our new shop", "Thanks to all at @Acme", "at @Acme"]
        {
            assert!(!is_so(text, "Acme"), "{text}");
        }
    }

    #[test]
    fn with_targets_only_their_sentences_count() {
        let text = "Été magnifique pour Globex. Panne horrible chez Acme. Il pleut.";
        let model = Model::new(&[], &[]);
        let toward = |word: &str| {
            let start = text[..text.find(word).unwrap()].chars().count() as u32;
            let span = Span { start, end: start + word.chars().count() as u32 };
            model.score_mention(text, &Language::French, &[span])
        };
        assert_eq!(toward("Globex").sentiment.label(), Positive);
        assert_eq!(toward("Acme").sentiment.label(), Negative);
        assert_eq!(toward("pleut").sentiment.label(), Neutral);
        let words: Vec<String> = toward("Acme")
            .spans
            .iter()
            .map(|span| {
                text.chars().skip(span.start as usize).take((span.end - span.start) as usize).collect()
            })
            .collect();
        assert_eq!(words, ["Panne", "horrible"]);
    }

    #[test]
    fn words_of_a_trade_weigh() {
        let model = Model::new(&["rappel produit".to_owned()], &["zéro gramme".to_owned()]);
        let label = |text| model.score(text, &Language::French, &[]).sentiment.label();
        assert_eq!(label("Un rappel produit est en cours"), Negative);
        assert_eq!(label("Voici le casque zéro gramme"), Positive);
    }

    #[test]
    fn an_encoder_is_shown_what_stands_near_the_name_and_not_the_name() {
        let far = "élan ".repeat(400);
        let text = format!("{far}Acme est en panne @marie https://a.example/1 {far}. Rien. Acme revient.");
        let at = |place| (text.match_indices("Acme").nth(place).unwrap().0..).start;
        let targets = [at(0)..at(0) + 4, at(1)..at(1) + 4];
        let sentences = [0..at(1) - 6, at(1) - 6..text.len()];
        let near = shown(&text, &sentences, &targets, true);
        assert!(near.contains("élan <mask> est en panne @user http élan"), "{near}");
        assert!(near.len() < 400 && !near.contains("Acme"), "{near}");
        assert!(shown(&text, &sentences, &targets, false).contains("Acme est en panne @marie"));
        let short = shown("Rien. Acme revient, Acme repart.", &[0..5, 5..32], &[6..10, 20..24], true);
        assert_eq!(short, "Rien. <mask> revient, <mask> repart.");
    }

    proptest! {
        #[test]
        fn probabilities_sum_to_one_and_spans_are_ordered(text in "(bon|bad|pas|not|mais|😡|:\\)|\\.|!|é| |panne|xyz){0,40}") {
            let scored = score(&text, &Language::Unknown);
            prop_assert!((scored.sentiment.p.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            prop_assert!(scored.spans.windows(2).all(|pair| pair[0].end <= pair[1].start));
            prop_assert!(scored.spans.iter().all(|span| span.end as usize <= text.chars().count()));
        }
    }
}
