//! What is told at once: anything that matches a pattern, and voices of weight.
//!
//! The store's rev decides what is new, never a clock, which may be set back and counts only seconds.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Course, EVIDENCE, Memory, Standing, back};
use crate::model::{
    BrandId, Bucket, Condition, Mention, MentionId, Rule, SeenVoice, SentimentLabel, SourceId, StoryId,
    Timestamp, Undated,
};
use crate::rules::{self, Finds, Spoken, Step};
use crate::store::{Heard, Reader};
use crate::views;

/// A rule that never looked before cares for what was heard this long ago.
const FIRST_LOOK: Duration = Duration::from_secs(3_600);

/// Mentions read from the store at once.
const PAGE: usize = 500;

/// What becomes of the incident by the mentions of `brand` that are new to the rule and worth telling, what it rests
/// on, and the note, by key and value, of where the next look starts: to be stored together with what follows from this one.
///
/// While there are fewer than the rule wants, the next look starts where this one did, but no more than a
/// cooldown ago: what trickles in adds up.
pub(super) fn look(
    course: &Course<'_>,
    (memory, stock_taken): (&mut Memory, Timestamp),
    brand: &BrandId,
    now: Timestamp,
) -> Result<(Step, Vec<MentionId>, (String, String))> {
    let Course { store, standing, rule, current, .. } = course;
    let key = format!("{} {} {brand}", rule.condition.as_str(), rule.id);
    let (heard, looked, since) = match store.meta(&key)?.as_deref().and_then(parse) {
        Some(Place { from, looked, since }) => (Heard::After(from), looked, since),
        None => {
            let since = back(now, FIRST_LOOK)?;
            (Heard::Since(since), 0, since)
        }
    };
    let newest = store.rev()?;
    let oldest = back(now, rule.cooldown)?;
    let mut news = Vec::new();
    let mut after = None;
    loop {
        let page = store.news(brand, heard, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = Some(last.rev);
        for one in page {
            // One that was found in an entry heard before has no place in the order of news.
            let waits = one.born_rev > 0 && one.mention.observed >= oldest;
            let unseen = one.born_rev > looked || looked == 0;
            let waits_from = waits.then_some(one.born_rev);
            if (waits || unseen) && matches(standing, rule, &one.mention) {
                news.push((one.number, one.mention, waits_from));
            }
        }
    }
    let mut found = Found::default();
    if rule.condition != Condition::NewVoice {
        news.iter().for_each(|(_, mention, waits_from)| found.add(mention, *waits_from));
    } else if !news.is_empty() {
        let voices = memory.voices(store, rule, brand, stock_taken)?;
        let told = current.as_ref().map_or(&[][..], |alert| &alert.observed.voices);
        let numbers = news.iter().map(|(number, ..)| *number);
        for spoken in voices.hear(numbers, now.as_second(), rule.min_sources) {
            let voice = seen_voice(store, &spoken, now)?;
            let is_told = told.iter().any(|other| other.first == voice.first);
            let Some(voice) = Some(voice).filter(|_| !is_told) else { continue };
            found.voices.push(voice);
            for mention in store.numbered_mentions(spoken.story.iter().copied())? {
                found.add(&mention, None);
            }
        }
        let waiting = news.iter().filter_map(|(.., waits_from)| *waits_from).min();
        found.waits_from = waiting.filter(|_| !found.voices.is_empty());
    }
    let seen = rules::observe_at_once(rule, found.finds(), (since.min(now), now));
    let place = match found.waits_from {
        Some(born_rev) if !seen.holds => {
            Place { from: born_rev - 1, looked: newest, since: since.min(now).max(oldest) }
        }
        _ => Place { from: newest, looked: newest, since: now },
    };
    let step = rules::step(rule, brand, current.as_ref(), &seen, now, standing.tongue);
    let Place { from, looked, since } = place;
    Ok((step, found.evidence, (key, format!("{from} {looked} {since}"))))
}

/// Where the next look of a rule starts.
struct Place {
    /// The rev after which it reads.
    from: u64,
    /// The rev up to which everything has been looked at; what was born later counts however old it is.
    looked: u64,
    /// The start of its window.
    since: Timestamp,
}

fn parse(text: &str) -> Option<Place> {
    let mut parts = text.split(' ');
    Some(Place {
        from: parts.next()?.parse().ok()?,
        looked: parts.next()?.parse().ok()?,
        since: parts.next()?.parse().ok()?,
    })
}

/// A voice that speaks, by its name.
pub(super) fn seen_voice(store: &Reader, spoken: &Spoken, now: Timestamp) -> Result<SeenVoice> {
    let first = store.numbered_mentions([spoken.first])?.pop().context("a mention vanished")?;
    let name = rules::voice(first.author.as_deref(), first.link.as_deref(), first.source.as_str());
    Ok(SeenVoice {
        name: name.into_owned(),
        at: now,
        sources: spoken.sources,
        before: spoken.before.map(Timestamp::from_second).transpose()?,
        carried: spoken.carried,
        first: first.id,
    })
}

/// Whether a rule asks for a mention.
pub(super) fn matches(standing: &Standing, rule: &Rule, mention: &Mention) -> bool {
    if rule.undated == Undated::Ignore && mention.published.is_none() {
        return false;
    }
    let source_tags = standing.source_tags.get(mention.source.as_str()).map_or(&[][..], Vec::as_slice);
    let saved = rule.query.as_ref().and_then(|id| standing.queries.get(id));
    let mut all = saved.into_iter().chain(rule.text.as_ref());
    all.all(|query| views::search::holds(&query.ast, mention, source_tags))
}

/// What is kept of the mentions that are worth telling.
#[derive(Default)]
struct Found {
    voices: Vec<SeenVoice>,
    /// Of each mention its story and its tone.
    told: Vec<(StoryId, Option<SentimentLabel>)>,
    sources: BTreeSet<SourceId>,
    /// The first of them.
    evidence: Vec<MentionId>,
    /// The least rev at which one was born that is young enough to wait for more.
    waits_from: Option<u64>,
}

impl Found {
    /// `waits_from`: the rev at which it was born, if it may wait for more.
    fn add(&mut self, mention: &Mention, waits_from: Option<u64>) {
        self.told.push((mention.story.clone(), mention.tone()));
        self.sources.insert(mention.source.clone());
        if self.evidence.len() < EVIDENCE {
            self.evidence.push(mention.id.clone());
        }
        self.waits_from = self.waits_from.into_iter().chain(waits_from).min();
    }

    fn finds(&self) -> Finds {
        let counts = Bucket::count(self.told.iter().map(|(story, tone)| (story, *tone)));
        let sources = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        Finds { counts, sources, voices: self.voices.clone() }
    }
}
