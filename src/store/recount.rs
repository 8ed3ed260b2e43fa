//! The proof of the counts: made again from the rows and compared.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::expiry::GONE;
use super::rollups::{BACKFILL, COUNTS, HOW_IT_COUNTS, minute};
use super::{Reader, instant, list_from_json};
use crate::model::is_dated;

impl Reader {
    /// Compares every count with the rows it is of; one line per difference, empty when all is well.
    pub fn recount(&self) -> Result<Vec<String>> {
        let expected = self.expected_rollups()?;
        let stored = self.stored_rollups()?;
        let cells: BTreeSet<_> = expected.keys().chain(stored.keys()).collect();
        let describe = |counts: Option<&(i64, i64)>| match counts {
            Some((mentions, stories)) => format!("{mentions} mentions, {stories} stories"),
            None => "nothing".to_owned(),
        };
        let mut wrong: Vec<String> = cells
            .into_iter()
            .filter(|cell| expected.get(cell) != stored.get(cell))
            .map(|cell| {
                let query = if cell.query.is_empty() { String::new() } else { format!("@{}", cell.query) };
                format!(
                    "{}{query}, minute {}, source {}, language `{}`, tone {}, back-fill {}: {} stored, {} counted",
                    cell.brand,
                    instant(cell.bucket),
                    cell.source,
                    cell.language,
                    cell.tone,
                    cell.backfill,
                    describe(stored.get(cell)),
                    describe(expected.get(cell)),
                )
            })
            .collect();
        wrong.extend(self.wrong_sums()?);
        Ok(wrong)
    }

    /// The rollups as they should be: from entries and mentions, and what was noted of those that expired.
    fn expected_rollups(&self) -> Result<BTreeMap<Cell, (i64, i64)>> {
        let mut statement = self.db.prepare(&format!(
            "SELECT b.brand, m.queries, e.at, e.source, e.language, m.tone, {HOW_IT_COUNTS}, e.story, m.late_queries,
                 e.published IS NOT NULL
             FROM entries e JOIN mentions m USING (entry) JOIN subjects b ON b.subject = m.brand
             WHERE {COUNTS} ORDER BY e.at, e.id"
        ))?;
        let mut expected = self.expired_rollups()?;
        let mut begun = self.begun_before()?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (brand, story): (String, i64) = (row.get(0)?, row.get(7)?);
            let queries: Option<String> = row.get(1)?;
            let late = list_from_json(row.get::<_, Option<String>>(8)?.as_deref())?;
            let at: i64 = row.get(2)?;
            let dated: bool = row.get(9)?;
            for query in std::iter::once(String::new()).chain(list_from_json(queries.as_deref())?) {
                if is_dated(&query) && !dated {
                    continue;
                }
                let begins = begun.insert((story, brand.clone(), query.clone()));
                let cell = Cell {
                    brand: brand.clone(),
                    bucket: minute(at),
                    source: row.get(3)?,
                    language: row.get(4)?,
                    tone: row.get(5)?,
                    backfill: match row.get(6)? {
                        how if late.contains(&query) => BACKFILL.max(how),
                        how => how,
                    },
                    query,
                };
                let counts: &mut (i64, i64) = expected.entry(cell).or_default();
                counts.0 += 1;
                counts.1 += i64::from(begins);
            }
        }
        Ok(expected)
    }

    /// The stories that count where an expired mention did, by number, brand and query.
    fn begun_before(&self) -> Result<BTreeSet<(i64, String, String)>> {
        let mut statement = self.db.prepare(
            "SELECT story, s.brand, s.query FROM story_firsts JOIN subjects s USING (subject) WHERE mention = ?1",
        )?;
        let rows = statement.query_map([GONE], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn stored_rollups(&self) -> Result<BTreeMap<Cell, (i64, i64)>> {
        self.rollup_cells("mentions, stories FROM rollups")
    }

    fn expired_rollups(&self) -> Result<BTreeMap<Cell, (i64, i64)>> {
        self.rollup_cells(
            "expired_mentions, expired_stories
             FROM (SELECT * FROM rollups WHERE expired_mentions != 0 OR expired_stories != 0)",
        )
    }

    fn rollup_cells(&self, counts: &str) -> Result<BTreeMap<Cell, (i64, i64)>> {
        let mut statement = self.db.prepare(&format!(
            "SELECT s.brand, s.query, bucket, source, language, tone, backfill, {counts}
             JOIN subjects s USING (subject)"
        ))?;
        let rows = statement.query_map([], |row| {
            let cell = Cell {
                brand: row.get(0)?,
                query: row.get(1)?,
                bucket: row.get(2)?,
                source: row.get(3)?,
                language: row.get(4)?,
                tone: row.get(5)?,
                backfill: row.get(6)?,
            };
            Ok((cell, (row.get(7)?, row.get(8)?)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The key of a rollup, in words.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    brand: String,
    query: String,
    bucket: i64,
    source: i64,
    language: String,
    tone: u8,
    backfill: u8,
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, batch, dated, item, poll};

    #[test]
    fn a_wrong_count_is_found() {
        let mut scene = Scene::listening(&["news"]);
        let document = batch("news", &[dated(item("1", "acme"), "2026-01-02T10:00Z")]);
        scene.store.ingest(&document, &poll("2026-01-02T11:00Z")).unwrap();
        assert_eq!(scene.store.recount().unwrap(), Vec::<String>::new());
        scene.store.reader.db.execute("UPDATE rollups SET mentions = 2", []).unwrap();
        assert_eq!(
            scene.store.recount().unwrap(),
            [
                "acme, minute 2026-01-02T10:00:00Z, source 1, language `en`, tone 1, back-fill 0: \
              2 mentions, 1 stories stored, 1 mentions, 1 stories counted",
                "subject 1, day 2026-01-02T00:00:00Z: 1 mentions, 1 stories, [0, 1, 0] by tone stored, \
              2 mentions, 1 stories, [0, 2, 0] by tone by minute",
                "subject 1, month 2026-01-01T00:00:00Z, source 1, language `en`: \
              1 mentions, 1 stories, [0, 1, 0] by tone stored, 2 mentions, 1 stories, [0, 2, 0] by tone by minute"
            ]
        );
    }
}
