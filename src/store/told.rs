//! What was told of a brand, as far as counting and comparing needs it: many mentions, little of each.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use rusqlite::params;

use super::mentions::tone_label;
use super::rollups::known_subject;
use super::{Reader, Scope, engagement_from_json, hex, instant, rows};
use crate::model::{Format, MentionId, SentimentLabel, SourceId, StoryId, Timestamp};

/// A mention, and its place in its story.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub id: MentionId,
    pub at: Timestamp,
    pub source: SourceId,
    /// The title; where there is none, the beginning of the text.
    pub title: String,
    pub link: Option<String>,
    pub author: Option<String>,
    /// `None`: not judged.
    pub tone: Option<SentimentLabel>,
    pub format: Format,
    pub engagement: BTreeMap<String, u64>,
    pub story: StoryId,
    /// Mentions of the brand in the story.
    pub copies: u32,
    /// Whether it is where the story counts.
    pub first: bool,
}

/// Characters of a text without a title.
const BEGINNING: u32 = 160;

impl Reader {
    /// Of each scope so many at most, its newest, newest first; of all sources but `without`.
    pub fn told(&self, parts: &[(Scope<'_>, usize)], without: &[SourceId]) -> Result<Vec<Told>> {
        let left_out = self.numbers(without)?;
        let mut names: HashMap<i64, SourceId> = HashMap::new();
        let mut places = HashMap::new();
        let mut statement = self.db.prepare_cached(
            "SELECT c.mention, c.source, c.at, c.tone, m.id, m.brand, e.story,
                 coalesce(nullif(e.title, ''), substr(e.text, 1, ?6)), e.link, e.author, e.engagement, e.format
             FROM counted c JOIN mentions m USING (mention) JOIN entries e USING (entry)
             WHERE c.subject = ?1 AND c.at >= ?2 AND c.at < ?3 AND c.backfill <= ?4
             ORDER BY c.at DESC, c.mention DESC LIMIT ?5",
        )?;
        let mut told = Vec::new();
        for (scope, limit) in parts {
            let Some(subject) = known_subject(&self.db, scope.brand, scope.query.unwrap_or(""))? else {
                continue;
            };
            let part = told.len();
            let (since, until) = (scope.since.as_second(), scope.until.as_second());
            let mut found =
                statement.query(params![subject, since, until, scope.most(), rows(*limit), BEGINNING])?;
            while let Some(row) = found.next()? {
                let source: i64 = row.get(1)?;
                if left_out.contains(&source) {
                    continue;
                }
                let name = match names.get(&source) {
                    Some(name) => name,
                    None => names.entry(source).or_insert(self.source_name(source)?),
                };
                let (mention, story): (i64, i64) = (row.get(0)?, row.get(6)?);
                let place = match places.get(&(story, subject)) {
                    Some(place) => place,
                    None => {
                        let place = self.story_place(story, row.get(5)?, subject)?;
                        places.entry((story, subject)).or_insert(place)
                    }
                };
                let engagement = row.get_ref(10)?.as_str_or_null()?;
                told.push(Told {
                    id: MentionId::new(format!("m_{}", hex(&row.get::<_, [u8; 16]>(4)?))),
                    at: instant(row.get(2)?),
                    source: name.clone(),
                    title: row.get(7)?,
                    link: row.get(8)?,
                    author: row.get(9)?,
                    tone: tone_label(row.get(3)?),
                    format: Format::from_number(row.get(11)?),
                    engagement: engagement_from_json(engagement)?,
                    story: place.id.clone(),
                    copies: place.copies,
                    first: place.first == Some(mention),
                });
            }
            // Numbers of mentions differ from store to store, ids do not.
            told[part..].sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
        }
        Ok(told)
    }

    fn source_name(&self, source: i64) -> Result<SourceId> {
        let mut statement = self.db.prepare_cached("SELECT id FROM sources WHERE source = ?1")?;
        Ok(SourceId::new(statement.query_row([source], |row| row.get::<_, String>(0))?))
    }

    /// `brand` is the subject of the brand as a whole, whose mentions are the copies.
    fn story_place(&self, story: i64, brand: i64, subject: i64) -> Result<Place> {
        let mut statement = self.db.prepare_cached(
            "SELECT (SELECT id FROM entries WHERE entry = ?1),
                 (SELECT count(*) FROM entries e JOIN mentions m USING (entry)
                     WHERE e.story = ?1 AND m.brand = ?2 AND m.own_voice = 0),
                 (SELECT mention FROM story_firsts WHERE story = ?1 AND subject = ?3)",
        )?;
        Ok(statement.query_row([story, brand, subject], |row| {
            Ok(Place {
                id: StoryId::new(format!("s_{}", hex(&row.get::<_, [u8; 16]>(0)?))),
                copies: row.get(1)?,
                first: row.get(2)?,
            })
        })?)
    }
}

struct Place {
    id: StoryId,
    copies: u32,
    first: Option<i64>,
}
