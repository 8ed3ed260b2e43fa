//! One document → what the store needs of it, in one pure call: parse, clean, match, enrich.

use std::collections::HashMap;
use std::sync::Arc;

use crate::enrich::fingerprint::{Fingerprint, Furniture, Neighbour, Words};
use crate::enrich::repeated::Repeated;
use crate::enrich::{language, sentiment};
use crate::matching::Matcher;
use crate::model::{
    Brand, Entry, Language, Match, Mention, Rhythm, SavedQuery, Sentiment, Skip, Source, SourceId, Timestamp,
};
use crate::query;
use crate::sources::{self, Limits, Problem};
use crate::text::{Span, url};

/// What one listens for, compiled once per configuration.
pub struct Listening {
    matcher: Matcher,
    /// The saved queries by id.
    queries: Vec<(String, query::Compiled)>,
    tone: sentiment::Model,
    /// Whether entries that name nobody are kept too.
    keeps_all: bool,
}

impl Listening {
    pub fn new(brands: &[Brand], queries: &[SavedQuery], tone: sentiment::Model) -> Self {
        let compiled = queries.iter().map(|q| (q.id.clone(), query::Compiled::new(&q.query.ast)));
        Self { matcher: Matcher::new(brands), queries: compiled.collect(), tone, keeps_all: false }
    }

    /// Keeps every entry of a document, be there a brand in it or not.
    pub fn keeping_all(self) -> Self {
        Self { keeps_all: true, ..self }
    }

    pub fn tone(&self) -> &sentiment::Model {
        &self.tone
    }

    /// The brands an entry names; `language` is asked only if a query needs it.
    pub fn matches(
        &self,
        entry: &Entry,
        source: &str,
        source_tags: &[String],
        language: &mut dyn FnMut() -> Language,
    ) -> Vec<Match> {
        self.matcher.matches(entry, source, source_tags, language)
    }
}

/// Reads one document of `source` and keeps the entries that name a brand, or all of them.
pub fn prepare(
    source: &Source,
    document: sources::Document<'_>,
    listening: &Listening,
    limits: &Limits,
) -> Batch {
    let mut batch = prepare_untold(source, sources::parse(document, limits), listening);
    tell(&mut batch, source, listening, &Known::default());
    batch
}

/// What was read, without what costs the most: the tones of its mentions, and the saved queries that hold for them,
/// are left to [`tell`].
pub fn prepare_untold(source: &Source, parsed: sources::Parsed, listening: &Listening) -> Batch {
    let (read, dates) = (parsed.entries.len(), dates(&parsed.entries));
    let (entries, repeated) = entries_untold(source.id.as_str(), &source.tags, parsed.entries, listening);
    Batch {
        source: source.id.clone(),
        read,
        reach: dates.get(dates.len() / 10).copied(),
        dates: dates[dates.len().saturating_sub(LATEST_DATES)..].to_vec(),
        entries,
        repeated,
        problems: parsed.problems,
        wished_interval_s: parsed.wished_interval_s,
        skip: parsed.skip,
    }
}

/// What the store knows of a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// By entry, whether it is kept with the very words it has here: nothing more is asked of it.
    pub entries: Vec<bool>,
    /// Passages that earlier documents of the source repeated.
    pub repeated: Repeated,
}

/// Tells what a batch says of whom: passages that the source repeats are left out, and with them the mentions that
/// rest on nothing else; then come the tones of the mentions. What is `known` stays as it is.
pub fn tell(batch: &mut Batch, source: &Source, listening: &Listening, known: &Known) {
    let mut repeated = known.repeated.clone();
    repeated.extend(batch.repeated.passages());
    let mut number = 0;
    batch.entries.retain_mut(|prepared| {
        let is_known = known.entries.get(number).copied().unwrap_or(false);
        number += 1;
        if is_known {
            return true;
        }
        let named_somebody = !prepared.mentions.is_empty();
        prepared.leave_out(&repeated, source.id.as_str(), &source.tags, listening);
        prepared.tell(source.id.as_str(), &source.tags, listening);
        !named_somebody || listening.keeps_all || !prepared.mentions.is_empty()
    });
}

/// So many dates tell a source's rhythm, even if some of them lie ahead.
const LATEST_DATES: usize = 2 * Rhythm::LATEST;

/// When its entries were published, oldest first.
fn dates(entries: &[Entry]) -> Vec<Timestamp> {
    let mut dates: Vec<Timestamp> = entries.iter().filter_map(|entry| entry.published).collect();
    dates.sort_unstable();
    dates
}

/// The part of [`prepare`] that entries from elsewhere (an import) go through too. Fingerprints are taken as of the
/// entries of one document; as they may be of many sources, no passage is left out.
pub fn prepare_entries(
    source: &str,
    source_tags: &[String],
    entries: Vec<Entry>,
    listening: &Listening,
) -> Vec<Prepared> {
    let (mut prepared, _) = entries_untold(source, source_tags, entries, listening);
    prepared.iter_mut().for_each(|prepared| prepared.tell(source, source_tags, listening));
    prepared
}

fn entries_untold(
    source: &str,
    source_tags: &[String],
    entries: Vec<Entry>,
    listening: &Listening,
) -> (Vec<Prepared>, Repeated) {
    let sifted: Vec<Result<Kept, Box<Entry>>> =
        entries.into_iter().map(|entry| sift(source, source_tags, entry, listening)).collect();
    // Most documents name nobody, and a canonical link costs as much as to look for names in a short text.
    if sifted.iter().all(Result::is_err) {
        return (Vec::new(), Repeated::default());
    }
    let entries = || sifted.iter().map(|item| item.as_ref().map_or_else(Box::as_ref, |kept| &kept.entry));
    let links: Vec<Option<String>> =
        entries().map(|entry| entry.link.as_deref().and_then(identifying_link)).collect();
    // `None`: several entries have that link.
    let mut seen: HashMap<&str, Option<Told>> = HashMap::new();
    for (entry, link) in entries().zip(&links) {
        if let Some(link) = link {
            let told = Told::of(entry);
            let first = seen.entry(link).or_insert_with(|| Some(told.clone()));
            first.take_if(|first| *first != told);
        }
    }
    let is_shared: Vec<bool> =
        links.iter().map(|link| link.as_ref().is_some_and(|link| seen[link.as_str()].is_none())).collect();
    let neighbours = sifted.iter().map(|item| match item {
        Ok(kept) => Neighbour::Kept(&kept.words),
        Err(entry) => Neighbour::Other { title: entry.title_text(), text: entry.text() },
    });
    let neighbours: Vec<Neighbour<'_>> = neighbours.collect();
    let furniture = Furniture::of(&neighbours);
    // A passage of more words is repeated only if its pieces are.
    let repeated = if furniture.is_empty() {
        Repeated::default()
    } else {
        let kept = sifted.iter().filter_map(|item| item.as_ref().ok());
        let named: Vec<_> = kept.map(|kept| (kept.entry.text(), text_spans(&kept.matches))).collect();
        Repeated::of(&neighbours, &named)
    };
    let kept = sifted.into_iter().zip(links).zip(is_shared).filter_map(|((item, link), is_shared)| {
        Some(item.ok()?.prepared(link.filter(|_| !is_shared), &furniture))
    });
    (kept.collect(), repeated)
}

fn text_spans<'a>(matches: impl IntoIterator<Item = &'a Match>) -> Vec<Span> {
    matches.into_iter().flat_map(|matched| matched.text_spans.iter().copied()).collect()
}

/// What tells entries of one document apart that have the same link.
#[derive(Clone, PartialEq)]
enum Told {
    Guid(String),
    /// It has no guid.
    Text([u8; 16]),
}

impl Told {
    fn of(entry: &Entry) -> Self {
        match &entry.guid {
            Some(guid) => Self::Guid(guid.clone()),
            None => Self::Text(text_hash(entry.title_text(), entry.text())),
        }
    }
}

/// An entry that came by itself, from a stream; `None` if it names no brand.
pub fn prepare_one(
    source: &str,
    source_tags: &[String],
    entry: Entry,
    listening: &Listening,
) -> Option<Prepared> {
    let kept = sift(source, source_tags, entry, listening).ok()?;
    // All that a stream tells is never kept: it may be all that a network says.
    if kept.matches.is_empty() {
        return None;
    }
    let link_key = kept.entry.link.as_deref().and_then(identifying_link);
    let mut prepared = kept.prepared(link_key, &Furniture::default());
    prepared.tell(source, source_tags, listening);
    Some(prepared)
}

/// An entry that is kept, and what was found in it by itself.
struct Kept {
    entry: Entry,
    language: Language,
    matches: Vec<Match>,
    words: Words,
}

impl Kept {
    /// With what its document tells of it.
    fn prepared(self, link_key: Option<String>, furniture: &Furniture) -> Prepared {
        Prepared {
            text_hash: text_hash(self.entry.title_text(), self.entry.text()),
            link_key,
            fingerprint: Fingerprint::without(&self.words, furniture),
            language: self.language,
            mentions: self.matches.into_iter().map(PreparedMention::untold).collect(),
            entry: self.entry,
        }
    }
}

/// The entry itself comes back if it is not kept.
fn sift(
    source: &str,
    source_tags: &[String],
    entry: Entry,
    listening: &Listening,
) -> Result<Kept, Box<Entry>> {
    let mut detected = None;
    let mut detect = || detected.get_or_insert_with(|| detect_language(&entry)).clone();
    let matches = listening.matches(&entry, source, source_tags, &mut detect);
    if matches.is_empty() && !listening.keeps_all {
        return Err(Box::new(entry));
    }
    let language = detect();
    let words = Words::of(entry.title_text(), entry.text());
    Ok(Kept { entry, language, matches, words })
}

/// The mentions in an entry whose language is known: the part that is done again for kept entries. Those that are
/// among its mentions in `known` keep the tone they have there.
pub fn find_mentions(
    source: &str,
    source_tags: &[String],
    entry: &Entry,
    language: &Language,
    known: &[Mention],
    listening: &Listening,
) -> Vec<PreparedMention> {
    let of = Of { source, source_tags, entry, language, listening };
    let matches = listening.matches(entry, source, source_tags, &mut || language.clone());
    let known = |matched: &Match| known.iter().find(|mention| mention.brand == matched.brand);
    matches
        .into_iter()
        .map(|matched| match known(&matched) {
            Some(known) => of.mention_of_tone(matched, known.sentiment, known.model.clone()),
            None => of.mention(matched),
        })
        .collect()
}

/// What an entry's mentions are drawn from.
struct Of<'a> {
    source: &'a str,
    source_tags: &'a [String],
    entry: &'a Entry,
    language: &'a Language,
    listening: &'a Listening,
}

impl Of<'_> {
    fn mention(&self, matched: Match) -> PreparedMention {
        let sentiment = self.tone_toward(&matched);
        let model = sentiment.map(|_| self.listening.tone.name().clone());
        self.mention_of_tone(matched, sentiment, model)
    }

    fn mention_of_tone(
        &self,
        matched: Match,
        sentiment: Option<Sentiment>,
        model: Option<Arc<str>>,
    ) -> PreparedMention {
        let queries = self.queries_that_hold(&matched, sentiment);
        PreparedMention { matched, sentiment, model, queries }
    }

    /// The tone of the sentences, the title's among them, that speak of the brand; `None` where the language
    /// is neither French nor English.
    fn tone_toward(&self, matched: &Match) -> Option<Sentiment> {
        if !matches!(self.language, Language::French | Language::English) {
            return None;
        }
        let title = self.entry.title_text();
        let whole = format!("{title}\n{}", self.entry.text());
        let offset = title.chars().count() as u32 + 1;
        let moved = matched.text_spans.iter().map(|s| Span { start: s.start + offset, end: s.end + offset });
        let targets: Vec<Span> = matched.title_spans.iter().copied().chain(moved).collect();
        Some(self.listening.tone.score_mention(&whole, self.language, &targets).sentiment)
    }

    fn queries_that_hold(&self, matched: &Match, sentiment: Option<Sentiment>) -> Vec<String> {
        if self.listening.queries.is_empty() {
            return Vec::new();
        }
        let tags: Vec<String> = self.entry.tags.iter().chain(self.source_tags).cloned().collect();
        let document = query::Document {
            title: self.entry.title_text(),
            text: self.entry.text(),
            author: self.entry.author.as_deref(),
            link: self.entry.link.as_deref(),
            source: self.source,
            tags: &tags,
            language: self.language.code(),
            sentiment: sentiment.map(|s| s.label().as_str()),
            brand: Some(matched.brand.as_str()),
            ..query::Document::default()
        };
        let prepared = query::Prepared::new(&document);
        let holding = self.listening.queries.iter().filter(|(_, query)| query.matches(&prepared));
        holding.map(|(id, _)| id.clone()).collect()
    }
}

/// The language of title and text together.
pub fn detect_language(entry: &Entry) -> Language {
    let whole = format!("{}\n{}", entry.title_text(), entry.text());
    language::detect(&whole, entry.language.as_deref())
}

/// 128 bits over title and text: equal hashes, equal words.
pub fn text_hash(title: &str, text: &str) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(title.as_bytes()).update(&[0]).update(text.as_bytes());
    let mut hash = [0; 16];
    hash.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    hash
}

/// The canonical link, unless it leads to a home page, which tells no entries apart.
fn identifying_link(link: &str) -> Option<String> {
    let canonical = url::canonical(link)?;
    let after_scheme = canonical.split_once("://")?.1;
    let path = after_scheme.split_once('/').map_or("", |(_, path)| path);
    (!path.is_empty()).then_some(canonical)
}

/// One document, ready to be stored.
#[derive(Clone, Debug)]
pub struct Batch {
    pub source: SourceId,
    /// How many entries the document holds, those that name no brand included.
    pub read: usize,
    /// Since when the document tells of all there was, by the dates of its entries; a tenth of them, old
    /// ones that stay pinned, may be older. `None` without dates.
    pub reach: Option<Timestamp>,
    /// When its latest entries were published, oldest first, a bounded number.
    pub dates: Vec<Timestamp>,
    /// The entries that are kept: those that name a brand, or all of them.
    pub entries: Vec<Prepared>,
    /// Passages that it repeats, of those that name a brand.
    pub repeated: Repeated,
    pub problems: Vec<Problem>,
    /// The interval the publisher asks for, in seconds.
    pub wished_interval_s: Option<u64>,
    /// When the publisher wants no polls.
    pub skip: Skip,
}

/// An entry and all that was found in it.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub entry: Entry,
    /// Hash over title and text as they came: equal hashes, equal words.
    pub text_hash: [u8; 16],
    /// The link in canonical form; `None` if it has none, or one that cannot tell entries apart (another
    /// entry of the document has it too, or it leads to a home page).
    pub link_key: Option<String>,
    pub language: Language,
    pub fingerprint: Fingerprint,
    /// None if it names nobody and is kept all the same.
    pub mentions: Vec<PreparedMention>,
}

#[derive(Clone, Debug)]
pub struct PreparedMention {
    pub matched: Match,
    /// `None` where the language is neither French nor English.
    pub sentiment: Option<Sentiment>,
    /// The name of the model that told `sentiment`; `None` where it is not known.
    pub model: Option<Arc<str>>,
    /// Ids of the saved queries that hold for it.
    pub queries: Vec<String>,
}

impl Prepared {
    /// Leaves out the repeated passages that name a brand, and looks for brands in what remains.
    fn leave_out(
        &mut self,
        repeated: &Repeated,
        source: &str,
        source_tags: &[String],
        listening: &Listening,
    ) {
        let spans = text_spans(self.mentions.iter().map(|mention| &mention.matched));
        let Some(text) = repeated.left_out(self.entry.text(), &spans) else { return };
        match self.entry.content.is_some() {
            true => self.entry.content = Some(text),
            false => self.entry.summary = Some(text),
        }
        let matches = listening.matches(&self.entry, source, source_tags, &mut || self.language.clone());
        self.mentions = matches.into_iter().map(PreparedMention::untold).collect();
    }

    fn tell(&mut self, source: &str, source_tags: &[String], listening: &Listening) {
        let of = Of { source, source_tags, entry: &self.entry, language: &self.language, listening };
        let matches = std::mem::take(&mut self.mentions).into_iter().map(|mention| mention.matched);
        self.mentions = matches.map(|matched| of.mention(matched)).collect();
    }
}

impl PreparedMention {
    fn untold(matched: Match) -> Self {
        Self { matched, sentiment: None, model: None, queries: Vec::new() }
    }
}
