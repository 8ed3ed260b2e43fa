//! Who spoke of a brand.

use std::collections::HashMap;

use anyhow::Result;
use rusqlite::params;

use super::rollups::{BACKFILL, known_subject};
use super::{Reader, Scope};
use crate::model::SourceId;
use crate::rules::{Voiced, Voices, voice, voice_key};

impl Reader {
    /// The voices of a scope, back-fill included, nobody heard yet: since when the brand is spoken of and each source
    /// is listened to.
    pub fn no_voices(&self, scope: &Scope<'_>) -> Result<Voices> {
        // Sums know of what expired, too.
        let mut begun = self.db.prepare_cached("SELECT min(day) FROM day_sums WHERE subject = ?1")?;
        let begun: Option<i64> = match known_subject(&self.db, scope.brand, "")? {
            Some(brand) => begun.query_row([brand], |row| row.get(0))?,
            None => None,
        };
        let mut heard_from = self.db.prepare_cached("SELECT source, coalesce(reach, 0) FROM sources")?;
        let heard_from = heard_from.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Voices::new(begun.unwrap_or(i64::MAX), heard_from.collect::<Result<HashMap<i64, i64>, _>>()?))
    }

    /// What is kept of a scope, mention by mention, as far as it tells who speaks; only what has changed after `rev`.
    pub fn voiced(&self, scope: &Scope<'_>, rev: u64) -> Result<Vec<Voiced>> {
        let Some(subject) = known_subject(&self.db, scope.brand, scope.query.unwrap_or(""))? else {
            return Ok(Vec::new());
        };
        // The whole is read in the order of time, changes in that of revs.
        let from = if rev == 0 {
            "counted c CROSS JOIN mentions m ON m.mention = c.mention CROSS JOIN entries e ON e.entry = m.entry"
        } else {
            "mentions m CROSS JOIN entries e ON e.entry = m.entry
             CROSS JOIN counted c ON c.subject = ?1 AND c.at = e.at AND c.mention = m.mention"
        };
        let mut statement = self.db.prepare_cached(&format!(
            "SELECT c.mention, e.observed, c.at, c.backfill, c.source, e.story, e.author, e.link FROM {from}
             WHERE c.subject = ?1 AND c.at >= ?2 AND c.at < ?3 AND m.rev > ?4"
        ))?;
        let sources = self.source_names()?;
        let nowhere = SourceId::new("");
        let (since, until) = (scope.since.as_second(), scope.until.as_second());
        let mut rows = statement.query(params![subject, since, until, i64::try_from(rev)?])?;
        let mut voiced = Vec::new();
        while let Some(row) = rows.next()? {
            let source: i64 = row.get(4)?;
            let (author, link) = (row.get_ref(6)?.as_str_or_null()?, row.get_ref(7)?.as_str_or_null()?);
            let name = voice(author, link, sources.get(&source).unwrap_or(&nowhere).as_str());
            voiced.push(Voiced {
                mention: row.get(0)?,
                known: row.get(1)?,
                at: row.get(2)?,
                live: row.get::<_, u8>(3)? != BACKFILL,
                source,
                story: row.get(5)?,
                voice: voice_key(&name),
            });
        }
        Ok(voiced)
    }

    /// The rev of the last mention that went.
    pub fn last_gone(&self) -> Result<u64> {
        let mut last = self.db.prepare_cached("SELECT coalesce(max(rev), 0) FROM tombstones")?;
        Ok(last.query_row([], |row| row.get(0))?)
    }
}
