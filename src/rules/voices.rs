//! Voices: who speaks of a brand for the first time, or again after long, and carries weight.
//!
//! A new name by itself is no news: most of what is heard is signed by somebody who was not heard of before. What
//! counts is that others take it up. So a voice is called out as *new* when a story that it began reaches the
//! number of sources that the rule asks for, and none of its other mentions lies in the half year before; and as
//! one *of weight* with its first word after four weeks of silence, if at least two of its earlier stories went as far.
//! How many liked or shared a text is no part of it: sources count that anew at every poll and only the latest
//! number is kept, so nobody could show later what a rule had seen.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use crate::text::fold::fold;
use crate::text::url;

/// What lies further back than this is forgotten: half a year.
pub const REMEMBERED_S: i64 = 182 * 86_400;
/// A voice of weight speaks again after so long.
const QUIET_S: i64 = 28 * 86_400;
/// Before a brand was spoken of and a source was heard for so long, no voice is called new.
pub const LISTENED_S: i64 = 14 * 86_400;
/// So many earlier stories that went far make a voice of weight.
const CARRIED: usize = 2;
/// A story in fewer sources went nowhere, whatever the rule asks for.
const FEWEST_SOURCES: u32 = 2;

/// Whose voice a mention is: its author's, else that of the site it stands on, else its source's.
pub fn voice<'a>(author: Option<&'a str>, link: Option<&str>, source: &'a str) -> Cow<'a, str> {
    let author = author.map(str::trim).filter(|author| !author.is_empty());
    let site = || url::host(link?);
    author.map(Cow::Borrowed).or_else(|| site().map(Cow::Owned)).unwrap_or(Cow::Borrowed(source))
}

/// The same for one name in whatever case and accents.
pub fn voice_key(name: &str) -> u64 {
    let words: Vec<String> = fold(name).split_whitespace().map(str::to_owned).collect();
    let hash = blake3::hash(words.join(" ").as_bytes());
    u64::from_le_bytes(std::array::from_fn(|i| hash.as_bytes()[i]))
}

/// A mention as far as it tells who speaks. Times in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voiced {
    /// Its number in the store.
    pub mention: i64,
    /// Since when it is known.
    pub known: i64,
    pub at: i64,
    /// It is no back-fill.
    pub live: bool,
    pub source: i64,
    pub story: i64,
    /// A hash of the name.
    pub voice: u64,
}

/// A voice that is worth telling of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The voice's own mention, that with which its story began.
    pub first: i64,
    /// All that is known of the story, oldest first.
    pub story: Vec<i64>,
    pub sources: u32,
    /// When it spoke of the brand before; `None` for a voice that is new.
    pub before: Option<i64>,
    /// How many of its earlier stories went far.
    pub carried: u32,
}

/// All that was said of a brand in the last half year, by voice and by story.
#[derive(Clone, Debug, Default)]
pub struct Voices {
    mentions: HashMap<i64, Voiced>,
    by_voice: HashMap<u64, Vec<i64>>,
    by_story: HashMap<i64, Vec<i64>>,
    /// Since when the brand is spoken of.
    begun: i64,
    /// Since when each source is heard.
    heard_from: HashMap<i64, i64>,
}

impl Voices {
    pub fn new(begun: i64, heard_from: HashMap<i64, i64>) -> Self {
        Self { begun, heard_from, ..Self::default() }
    }

    /// Takes in a mention, new or as it is now.
    pub fn put(&mut self, voiced: Voiced) {
        let number = voiced.mention;
        if let Some(before) = self.mentions.insert(number, voiced) {
            let leave = |list: Option<&mut Vec<i64>>| {
                if let Some(list) = list {
                    list.retain(|other| *other != number);
                }
            };
            leave(self.by_voice.get_mut(&before.voice));
            leave(self.by_story.get_mut(&before.story));
        }
        self.by_voice.entry(voiced.voice).or_default().push(number);
        self.by_story.entry(voiced.story).or_default().push(number);
    }

    /// Who is worth telling of in the light of some mentions, each once, with what is known at a time.
    pub fn hear(&self, mentions: impl IntoIterator<Item = i64>, now: i64, min_sources: u32) -> Vec<Spoken> {
        let mut heard: Vec<Spoken> = Vec::new();
        for spoken in mentions.into_iter().filter_map(|mention| self.judge(mention, min_sources)) {
            if heard.iter().all(|other| other.first != spoken.first) {
                let story = self.mentions.get(&spoken.first).map(|first| self.story(first.story, now));
                let story = story.unwrap_or_default();
                heard.push(Spoken {
                    sources: sources(story.iter().copied()),
                    story: story.iter().map(|mention| mention.mention).collect(),
                    ..spoken
                });
            }
        }
        heard
    }

    /// What a mention makes of the voice that began its story, with what was known in the second in which it became
    /// known. `min_sources`: how far a story must go.
    fn judge(&self, mention: i64, min_sources: u32) -> Option<Spoken> {
        let news = self.mentions.get(&mention)?;
        let known = news.known;
        let story = self.story(news.story, known);
        let first = *story.first()?;
        let by_then = |mention: &&Voiced| mention.known < known;
        let before = sources(story.iter().copied().filter(by_then));
        let sources = sources(story.iter().copied());
        if !first.live || !news.live || !self.is_listened_to(first) {
            return None;
        }
        let earlier = self.earlier(first, known);
        let last = earlier.iter().map(|mention| mention.at).max();
        let (holds, carried) = match last {
            None => (before < min_sources && sources >= min_sources, 0),
            // With its first word only.
            Some(last) if first.known == known && first.at - last >= QUIET_S => {
                let carried = self.carried(&earlier, known, min_sources.max(FEWEST_SOURCES));
                (carried >= CARRIED, carried)
            }
            Some(_) => (false, 0),
        };
        let spoken = || Spoken {
            first: first.mention,
            story: story.iter().map(|mention| mention.mention).collect(),
            sources,
            before: last,
            carried: u32::try_from(carried).unwrap_or(u32::MAX),
        };
        holds.then(spoken)
    }

    /// What of a voice and its story was known by a time: how many sources told the story, when it had spoken
    /// before, and how many of its earlier stories had gone far. `None` if that mention is not kept.
    pub fn known_of(&self, first: i64, known: i64, min_sources: u32) -> Option<(u32, Option<i64>, u32)> {
        let first = self.mentions.get(&first)?;
        let story = self.story(first.story, known);
        let earlier = self.earlier(first, known);
        let last = earlier.iter().map(|mention| mention.at).max();
        let carried = match last {
            Some(_) => self.carried(&earlier, known, min_sources.max(FEWEST_SOURCES)),
            None => 0,
        };
        Some((sources(story.into_iter()), last, u32::try_from(carried).unwrap_or(u32::MAX)))
    }

    fn is_listened_to(&self, first: &Voiced) -> bool {
        let from = self.heard_from.get(&first.source).copied().unwrap_or(i64::MAX);
        first.at.saturating_sub(LISTENED_S) >= from.max(self.begun)
    }

    /// The mentions of a story that were known by a time, oldest first.
    fn story(&self, story: i64, known: i64) -> Vec<&Voiced> {
        let mut all = self.all(self.by_story.get(&story), known);
        all.sort_by_key(|mention| (mention.at, mention.mention));
        all
    }

    /// What the voice of a mention said before it in other stories.
    fn earlier(&self, first: &Voiced, known: i64) -> Vec<&Voiced> {
        let mut all = self.all(self.by_voice.get(&first.voice), known);
        let remembered = first.at - REMEMBERED_S..first.at;
        all.retain(|mention| mention.story != first.story && remembered.contains(&mention.at));
        all
    }

    /// How many stories that these mentions began went far.
    fn carried(&self, mentions: &[&Voiced], known: i64, min_sources: u32) -> usize {
        let began = |mention: &&&Voiced| {
            let story = self.story(mention.story, known);
            story.first().is_some_and(|first| first.mention == mention.mention)
                && sources(story.into_iter()) >= min_sources
        };
        mentions.iter().filter(began).count()
    }

    fn all(&self, numbers: Option<&Vec<i64>>, known: i64) -> Vec<&Voiced> {
        let numbers = numbers.map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|number| self.mentions.get(number)).filter(|m| m.known <= known).collect()
    }
}

fn sources<'a>(mentions: impl Iterator<Item = &'a Voiced>) -> u32 {
    u32::try_from(mentions.map(|mention| mention.source).collect::<BTreeSet<_>>().len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_S: i64 = 86_400;

    /// A story told in each of several sources, by one voice first and nobody known after.
    fn story(voices: &mut Voices, number: i64, day: i64, voice: u64, in_sources: i64) {
        for source in 0..in_sources {
            let mention = number * 100 + source;
            let voice = if source == 0 { voice } else { 1_000 + mention as u64 };
            let at = day * DAY_S + source * 60;
            voices.put(Voiced { mention, known: mention, at, live: true, source, story: number, voice });
        }
    }

    fn voices() -> Voices {
        Voices::new(0, (0..9).map(|source| (source, 0)).collect())
    }

    /// Which of the mentions of the story is told of its voice, and why.
    fn told(voices: &Voices, number: i64) -> Vec<(i64, u32, Option<i64>, u32)> {
        let judged = (0..9).filter_map(|source| {
            let spoken = voices.judge(number * 100 + source, 3)?;
            assert_eq!(spoken.first, number * 100);
            Some((source, spoken.sources, spoken.before.map(|at| at / DAY_S), spoken.carried))
        });
        judged.collect()
    }

    #[test]
    fn a_new_voice_is_told_once_when_others_take_it_up() {
        let mut voices = voices();
        story(&mut voices, 1, 20, 7, 5);
        assert_eq!(told(&voices, 1), [(2, 3, None, 0)]);
        story(&mut voices, 2, 30, 7, 5);
        assert_eq!(told(&voices, 2), [], "it was heard ten days ago");
        story(&mut voices, 3, 30 + 183, 7, 5);
        assert_eq!(told(&voices, 3), [(2, 3, None, 0)], "half a year is long");
        story(&mut voices, 4, 40, 8, 2);
        assert_eq!(told(&voices, 4), [], "nobody takes it up");
    }

    #[test]
    fn a_voice_whose_stories_went_far_is_told_with_its_first_word_after_weeks() {
        let mut voices = voices();
        story(&mut voices, 1, 20, 7, 5);
        story(&mut voices, 2, 30, 7, 3);
        story(&mut voices, 3, 58, 7, 1);
        assert_eq!(told(&voices, 3), [(0, 1, Some(30), 2)]);
        story(&mut voices, 4, 60, 7, 4);
        assert_eq!(told(&voices, 4), [], "it has spoken two days ago");
        story(&mut voices, 5, 20, 8, 5);
        story(&mut voices, 6, 60, 8, 1);
        assert_eq!(told(&voices, 6), [], "one story may have been luck");
    }

    #[test]
    fn the_first_weeks_of_a_brand_and_of_a_source_have_no_new_voices() {
        let mut young = voices();
        story(&mut young, 1, 13, 7, 5);
        assert_eq!(told(&young, 1), []);
        let mut voices = Voices::new(0, (0..9).map(|source| (source, 10 * DAY_S)).collect());
        story(&mut voices, 1, 20, 7, 5);
        story(&mut voices, 2, 24, 8, 5);
        assert_eq!((told(&voices, 1).len(), told(&voices, 2).len()), (0, 1));
    }

    #[test]
    fn back_fill_is_heard_and_tells_nothing() {
        let mut voices = voices();
        story(&mut voices, 1, 20, 7, 5);
        let old = Voiced { mention: 1, known: 9, at: 3 * DAY_S, live: false, source: 0, story: 9, voice: 7 };
        voices.put(old);
        assert_eq!(told(&voices, 1), [], "it was heard before");
        voices.put(Voiced { voice: 8, ..old });
        assert_eq!(told(&voices, 1).len(), 1, "an edit signs it otherwise");
        for source in 0..5 {
            let mention = 100 + source;
            voices.put(Voiced { live: false, ..voices.mentions[&mention] });
        }
        assert_eq!(told(&voices, 1), []);
    }
}
