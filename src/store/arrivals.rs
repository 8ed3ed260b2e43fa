//! What is kept of the past, mention by mention, for a replay.

use std::collections::HashMap;

use anyhow::Result;
use jiff::tz::TimeZone;
use rusqlite::params;

use super::mentions::tone_label;
use super::rollups::{LIVE, UNPLACED, known_subject};
use super::{Reader, Scope, hex};
use crate::model::{BrandId, Mention, MentionId, Timestamp};
use crate::rules::{Arrival, Listened, Past};

impl Reader {
    /// The mentions that count in `scope`, back-fill included, as far as they are kept. Within a saved query, `brand`
    /// is the past of the brand as a whole.
    pub fn past(&self, scope: &Scope<'_>, brand: Option<&Past>, zone: &TimeZone) -> Result<Past> {
        let mut first_heard =
            self.db.prepare("SELECT first_good FROM sources WHERE first_good IS NOT NULL")?;
        let first_heard = first_heard.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
        let (arrivals, numbers) = self.arrivals(scope)?;
        let mut sources = Vec::with_capacity(numbers.len());
        let mut reach = self.db.prepare("SELECT reach FROM sources WHERE source = ?1")?;
        for source in numbers {
            let reach = reach.query_row([source], |row| row.get(0))?;
            let gaps = self.gaps_numbered(source)?;
            sources.push(Listened { source, reach, gaps, ended: self.ended(source)? });
        }
        let earlier =
            self.first_mention_at(scope.brand)?.filter(|at| *at < scope.since).map(Timestamp::as_second);
        Ok(Past::new(arrivals, sources, first_heard, brand, earlier, zone))
    }

    /// By time, then id, with the numbers of their sources.
    fn arrivals(&self, scope: &Scope<'_>) -> Result<(Vec<Arrival>, Vec<i64>)> {
        let Some(subject) = known_subject(&self.db, scope.brand, scope.query.unwrap_or(""))? else {
            return Ok((Vec::new(), Vec::new()));
        };
        let mut statement = self.db.prepare_cached(
            "SELECT c.at, e.published IS NOT NULL, e.observed, c.backfill, c.source, e.story, c.tone, c.mention,
                 e.id
             FROM counted c JOIN mentions m USING (mention) JOIN entries e USING (entry)
             WHERE c.subject = ?1 AND c.at >= ?2 AND c.at < ?3 AND c.backfill <= ?4 ORDER BY c.at",
        )?;
        let (since, until) = (scope.since.as_second(), scope.until.as_second());
        let mut rows = statement.query(params![subject, since, until, scope.most()])?;
        let (mut sources, mut stories) = (Numbers::default(), Numbers::default());
        let mut found: Vec<(Arrival, [u8; 16])> = Vec::new();
        while let Some(row) = rows.next()? {
            let arrival = Arrival {
                at: row.get(0)?,
                published: row.get(1)?,
                observed: row.get(2)?,
                backfill: row.get::<_, u8>(3)? > LIVE,
                unplaced: row.get::<_, u8>(3)? == UNPLACED,
                source: sources.of(row.get(4)?),
                story: stories.of(row.get(5)?),
                tone: tone_label(row.get(6)?),
                mention: row.get(7)?,
            };
            found.push((arrival, row.get(8)?));
        }
        found.sort_by_key(|(arrival, id)| (arrival.at, *id));
        Ok((found.into_iter().map(|(arrival, _)| arrival).collect(), sources.all))
    }

    /// Of the mentions of these numbers, those that are still kept.
    pub fn numbered_mentions(&self, numbers: impl IntoIterator<Item = i64>) -> Result<Vec<Mention>> {
        let mut mentions = Vec::new();
        for number in numbers {
            mentions.extend(self.select_mentions("WHERE m.mention = ?1", [number])?);
        }
        Ok(mentions)
    }

    /// The ids of the mentions of these numbers.
    pub fn numbered_ids(&self, numbers: impl IntoIterator<Item = i64>) -> Result<Vec<MentionId>> {
        let mut statement = self.db.prepare_cached("SELECT id FROM mentions WHERE mention = ?1")?;
        let mut ids = Vec::new();
        for number in numbers {
            let id: [u8; 16] = statement.query_row([number], |row| row.get(0))?;
            ids.push(MentionId::new(format!("m_{}", hex(&id))));
        }
        Ok(ids)
    }

    /// The time of the earliest mention of any of these brands that is kept.
    pub fn kept_since<'a>(&self, brands: impl IntoIterator<Item = &'a BrandId>) -> Result<Option<Timestamp>> {
        let mut earliest = None;
        for brand in brands {
            earliest = earliest.into_iter().chain(self.first_mention_at(brand)?).min();
        }
        Ok(earliest)
    }
}

/// Numbers from 0 without gaps for numbers with gaps.
#[derive(Default)]
struct Numbers {
    known: HashMap<i64, u32>,
    all: Vec<i64>,
}

impl Numbers {
    fn of(&mut self, number: i64) -> u32 {
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        *self.known.entry(number).or_insert_with(|| {
            self.all.push(number);
            next
        })
    }
}
