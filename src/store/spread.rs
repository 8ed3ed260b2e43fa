//! Which stories spread furthest.

use anyhow::Result;
use rusqlite::{OptionalExtension, Row, params};

use super::rollups::known_subject;
use super::{Reader, Scope, rows};
use crate::model::{Mention, SourceId};

/// A story, by its earliest mention in what was asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct SpreadStory {
    pub first: Mention,
    /// Mentions of it in what was asked about.
    pub mentions: u64,
    /// In so many sources.
    pub sources: u64,
}

/// How many entries each story of several has, the largest first.
pub struct StorySizes(Vec<(i64, u64)>);

/// Up to so many mentions are gone through one by one; of more, stories are looked at by their size.
const FEW: u64 = 50_000;

/// A story in what was asked about: mentions, sources, when and by which mention it began there.
type Found = (u64, u64, i64, i64);

impl Reader {
    pub fn story_sizes(&self) -> Result<StorySizes> {
        let mut statement = self.db.prepare_cached(
            "SELECT story, count(*) FROM entries GROUP BY story HAVING count(*) > 1 ORDER BY 2 DESC, 1",
        )?;
        let sizes = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(StorySizes(sizes.collect::<Result<_, _>>()?))
    }

    /// The stories of most mentions in `scope`, of all sources but `without`; of equals those in more sources, then
    /// the newer ones.
    pub fn spread_stories(
        &self,
        scope: &Scope<'_>,
        without: &[SourceId],
        sizes: &StorySizes,
        limit: usize,
    ) -> Result<Vec<SpreadStory>> {
        self.spread(scope, without, sizes, limit, FEW)
    }

    fn spread(
        &self,
        scope: &Scope<'_>,
        without: &[SourceId],
        sizes: &StorySizes,
        limit: usize,
        few: u64,
    ) -> Result<Vec<SpreadStory>> {
        let Some(subject) = known_subject(&self.db, scope.brand, scope.query.unwrap_or(""))? else {
            return Ok(Vec::new());
        };
        let left_out = serde_json::json!(self.numbers(without)?).to_string();
        let (since, until) = (scope.since.as_second(), scope.until.as_second());
        let mentions: u64 = self
            .db
            .prepare_cached("SELECT count(*) FROM counted WHERE subject = ?1 AND at >= ?2 AND at < ?3")?
            .query_row([subject, since, until], |row| row.get(0))?;
        // Beside a bare `min`, SQLite takes the other columns from the row of the minimum.
        let select = "SELECT count(*) AS told, count(DISTINCT c.source) AS places, min(c.at), c.mention";
        let holds = "c.subject = ?1 AND c.at >= ?2 AND c.at < ?3 AND c.backfill <= ?4
            AND c.source NOT IN (SELECT value FROM json_each(?5))";
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
        let mut found: Vec<Found> = Vec::new();
        if mentions <= few {
            let mut statement = self.db.prepare_cached(&format!(
                "{select} FROM counted c JOIN mentions m USING (mention) JOIN entries e USING (entry)
                 WHERE {holds} GROUP BY e.story ORDER BY told DESC, places DESC, 3 DESC, 4 DESC LIMIT ?6"
            ))?;
            let asked = params![subject, since, until, scope.most(), left_out, rows(limit)];
            found = statement.query_map(asked, read)?.collect::<Result<_, _>>()?;
        } else {
            // Left to choose, SQLite would go through all of the subject for each story.
            let mut statement = self.db.prepare_cached(&format!(
                "{select} FROM entries e CROSS JOIN mentions m USING (entry)
                     CROSS JOIN counted c ON c.at = e.at AND c.mention = m.mention
                 WHERE e.story = ?6 AND {holds} HAVING told > 0"
            ))?;
            for &(story, size) in &sizes.0 {
                if limit == 0 || found.get(limit - 1).is_some_and(|last| size < last.0) {
                    break;
                }
                let asked = params![subject, since, until, scope.most(), left_out, story];
                let Some(story) = statement.query_row(asked, read).optional()? else { continue };
                let order = |found: &Found| std::cmp::Reverse(*found);
                let place = found.partition_point(|other| order(other) < order(&story));
                found.insert(place, story);
                found.truncate(limit);
            }
        }
        let story = |(mentions, sources, _, mention): Found| {
            Ok(SpreadStory { first: self.numbered_mention(mention)?, mentions, sources })
        };
        found.into_iter().map(story).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, batch, brand, dated, item, long_text, poll, time};
    use super::*;

    #[test]
    fn stories_are_ordered_by_how_far_they_spread() {
        let mut scene = Scene::listening(&["news", "blog"]);
        let copy = |guid, seed| item(guid, &long_text(seed, "acme"));
        let news = [
            dated(copy("1", 1), "2026-01-02T10:00Z"),
            dated(copy("2", 1), "2026-01-02T11:00Z"),
            dated(copy("3", 2), "2026-01-02T12:00Z"),
            dated(item("4", "acme alone"), "2026-01-03T12:00Z"),
        ];
        scene.store.ingest(&batch("news", &news), &poll("2026-01-04T00:00Z")).unwrap();
        let blog = [dated(copy("5", 2), "2026-01-02T09:00Z")];
        scene.store.ingest(&batch("blog", &blog), &poll("2026-01-04T00:00Z")).unwrap();
        let acme = brand("acme");
        let sizes = scene.store.story_sizes().unwrap();
        let told = |since: &str, without: &[SourceId], limit, few| -> Vec<(String, u64, u64)> {
            let until = time("2026-01-04T00:00Z");
            let scope = Scope { brand: &acme, query: None, since: time(since), until, backfill: true };
            let found = scene.store.spread(&scope, without, &sizes, limit, few).unwrap();
            found.into_iter().map(|s| (s.first.guid.unwrap(), s.mentions, s.sources)).collect()
        };
        let stories = |since: &str, limit| told(since, &[], limit, FEW);
        let story = |guid: &str, mentions, sources| (guid.to_owned(), mentions, sources);
        let all = [story("5", 2, 2), story("1", 2, 1), story("4", 1, 1)];
        assert_eq!(stories("2026-01-01T00:00Z", 9), all);
        assert_eq!(stories("2026-01-01T00:00Z", 1), all[..1]);
        assert_eq!(stories("2026-01-02T11:30Z", 9), [story("4", 1, 1), story("3", 1, 1)]);
        let of_news = [story("1", 2, 1), story("4", 1, 1), story("3", 1, 1)];
        assert_eq!(told("2026-01-01T00:00Z", &[SourceId::new("blog")], 9, FEW), of_news);
        // Of many mentions, stories of one entry are not looked at.
        assert_eq!(told("2026-01-01T00:00Z", &[], 9, 0), all[..2]);
        assert_eq!(told("2026-01-01T00:00Z", &[], 1, 0), all[..1]);
        assert_eq!(told("2026-01-02T11:30Z", &[], 9, 0), [story("3", 1, 1)]);
    }
}
