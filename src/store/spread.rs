//! Which stories spread furthest.

use anyhow::Result;
use rusqlite::params;

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

impl Reader {
    /// The stories of most mentions in `scope`, of all sources but `without`; of equals those in more sources, then
    /// the newer ones.
    pub fn spread_stories(
        &self,
        scope: &Scope<'_>,
        without: &[SourceId],
        limit: usize,
    ) -> Result<Vec<SpreadStory>> {
        let Some(subject) = known_subject(&self.db, scope.brand, scope.query.unwrap_or(""))? else {
            return Ok(Vec::new());
        };
        let left_out = serde_json::json!(self.numbers(without)?).to_string();
        // Beside a bare `min`, SQLite takes the other columns from the row of the minimum.
        let mut statement = self.db.prepare_cached(
            "SELECT min(c.at), c.mention, count(*) AS told, count(DISTINCT c.source) AS places
             FROM counted c JOIN mentions m USING (mention) JOIN entries e USING (entry)
             WHERE c.subject = ?1 AND c.at >= ?2 AND c.at < ?3 AND c.backfill <= ?4
                 AND c.source NOT IN (SELECT value FROM json_each(?6))
             GROUP BY e.story ORDER BY told DESC, places DESC, 1 DESC, e.story LIMIT ?5",
        )?;
        let (since, until) = (scope.since.as_second(), scope.until.as_second());
        let found = statement
            .query_map(params![subject, since, until, scope.backfill, rows(limit), left_out], |row| {
                Ok((row.get(1)?, row.get(2)?, row.get(3)?))
            })?
            .collect::<Result<Vec<(i64, u64, u64)>, _>>()?;
        let story = |(mention, mentions, sources)| {
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
        let stories_without = |since: &str, without: &[SourceId], limit| -> Vec<(String, u64, u64)> {
            let until = time("2026-01-04T00:00Z");
            let scope = Scope { brand: &acme, query: None, since: time(since), until, backfill: true };
            let found = scene.store.spread_stories(&scope, without, limit).unwrap();
            found.into_iter().map(|s| (s.first.guid.unwrap(), s.mentions, s.sources)).collect()
        };
        let stories = |since: &str, limit| stories_without(since, &[], limit);
        let story = |guid: &str, mentions, sources| (guid.to_owned(), mentions, sources);
        let all = [story("5", 2, 2), story("1", 2, 1), story("4", 1, 1)];
        assert_eq!(stories("2026-01-01T00:00Z", 9), all);
        assert_eq!(stories("2026-01-01T00:00Z", 1), all[..1]);
        assert_eq!(stories("2026-01-02T11:30Z", 9), [story("4", 1, 1), story("3", 1, 1)]);
        let of_news = [story("1", 2, 1), story("4", 1, 1), story("3", 1, 1)];
        assert_eq!(stories_without("2026-01-01T00:00Z", &[SourceId::new("blog")], 9), of_news);
    }
}
