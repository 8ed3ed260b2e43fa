//! Stores and documents for tests: a few words stand for what the real pipeline finds.

use crate::enrich::fingerprint::Fingerprint;
use crate::enrich::repeated::Repeated;
use crate::model::{
    BrandId, Entry, HealthState, Language, Learned, Match, Sentiment, Skip, SourceId, Timestamp, Validators,
};
use crate::prepare::{Batch, Prepared, PreparedMention};
use crate::text::Span;

use super::{Origin, Outcome, Polled, Store};

/// A store in a directory of its own.
pub struct Scene {
    pub dir: tempfile::TempDir,
    pub store: Store,
}

impl Scene {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        Self { dir, store }
    }

    /// A store whose `sources` have been heard before, so that nothing more is back-fill.
    pub fn listening(sources: &[&str]) -> Self {
        let mut scene = Self::new();
        for source in sources {
            scene.store.ingest(&batch(source, &[]), &poll("2026-01-01T00:00Z")).unwrap();
        }
        scene
    }

    pub fn reopen(self) -> Self {
        let Self { dir, store } = self;
        drop(store);
        let store = Store::open(dir.path()).unwrap();
        Self { dir, store }
    }

    /// Gives the mentions of the `most` oldest entries other tones, on which the saved query depends.
    pub fn retell(&mut self, most: usize, is_negative: bool) {
        let entries = self.store.named_entries(None, None, None, most).unwrap();
        let retold = entries.into_iter().map(|(_, kept)| {
            let mut mentions = item("", kept.entry.text()).mentions;
            for mention in &mut mentions {
                mention.sentiment = is_negative.then_some(Sentiment { p: [0.8, 0.15, 0.05] });
                mention.queries = Vec::from_iter(is_negative.then(|| "outage".to_owned()));
            }
            (kept.id, mentions)
        });
        self.store.replace_tones(&retold.collect::<Vec<_>>()).unwrap();
    }
}

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn brand(id: &str) -> BrandId {
    BrandId::new(id)
}

pub fn batch(source: &str, items: &[Prepared]) -> Batch {
    Batch {
        source: SourceId::new(source),
        read: items.len(),
        reach: None,
        dates: Vec::new(),
        entries: items.to_vec(),
        repeated: Repeated::default(),
        problems: Vec::new(),
        wished_interval_s: None,
        skip: Skip::default(),
    }
}

pub fn poll(at: &str) -> Polled {
    Polled { at: time(at), origin: Origin::Poll(Box::new(outcome(HealthState::Ok))) }
}

pub fn import(at: &str) -> Polled {
    Polled { at: time(at), origin: Origin::Import }
}

pub fn outcome(state: HealthState) -> Outcome {
    Outcome {
        state,
        validators: Validators::default(),
        note: None,
        problems: Vec::new(),
        learned: Learned::default(),
        asked: true,
        missed_until: None,
        next_poll: None,
        listening: String::new(),
    }
}

/// An item with this guid, a link made of it, no date, and what [`reword`] finds in `text`.
pub fn item(guid: &str, text: &str) -> Prepared {
    let link = format!("https://news.example/{guid}");
    let mut item = Prepared {
        entry: Entry { guid: Some(guid.to_owned()), link: Some(link.clone()), ..Entry::default() },
        text_hash: [0; 16],
        link_key: Some(link),
        language: Language::English,
        fingerprint: Fingerprint::of("", ""),
        mentions: Vec::new(),
    };
    reword(&mut item, text);
    item
}

pub fn dated(mut item: Prepared, published: &str) -> Prepared {
    item.entry.published = Some(time(published));
    item
}

/// Gives an item another text. It is a mention of `acme` and `globex` where these words occur, negative
/// where `awful` does, French where `panne` does, within the saved query `outage` where that does, and
/// own voice where `ourselves` does.
pub fn reword(item: &mut Prepared, text: &str) {
    item.entry.content = Some(text.to_owned());
    item.text_hash = blake3::hash(text.as_bytes()).as_bytes()[..16].try_into().unwrap();
    item.fingerprint = Fingerprint::of("", text);
    item.language = if text.contains("panne") { Language::French } else { Language::English };
    item.mentions = ["acme", "globex"]
        .into_iter()
        .filter_map(|id| {
            let start = u32::try_from(text.find(id)?).unwrap();
            Some(PreparedMention {
                matched: Match {
                    brand: brand(id),
                    title_spans: Vec::new(),
                    text_spans: vec![Span { start, end: start + 4 }],
                    own_voice: text.contains("ourselves"),
                },
                sentiment: Some(Sentiment {
                    p: if text.contains("awful") { [0.8, 0.15, 0.05] } else { [0.1, 0.7, 0.2] },
                }),
                model: Some("words-1".into()),
                queries: if text.contains("outage") { vec!["outage".to_owned()] } else { Vec::new() },
            })
        })
        .collect();
}

/// Forty words that depend on `subject` alone, then `tail`: two such texts of one subject are
/// near-duplicates, of two subjects they are not.
pub fn long_text(subject: u32, tail: &str) -> String {
    let words: Vec<String> = (0..40).map(|place| format!("w{subject}x{place}")).collect();
    format!("{} {tail}", words.join(" "))
}
