//! Baselines people freeze: counts of a window as they were, to measure progress against.

use anyhow::{Context, Result};
use rusqlite::{OptionalExtension, Row, params};
use serde_json::{Value, json};

use super::{Reader, RollupRow, Store, instant};
use crate::model::{BrandId, SentimentLabel, SourceId, Timestamp};

/// Counts of a window, frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    pub name: String,
    pub saved: Timestamp,
    /// The saved query it is of.
    pub query: Option<String>,
    pub since: Timestamp,
    pub until: Timestamp,
    /// Sources that were heard for all of it.
    pub steady: Vec<SourceId>,
    pub rows: Vec<RollupRow>,
}

impl Reader {
    pub fn baseline(&self, name: &str) -> Result<Option<Baseline>> {
        let mut statement =
            self.db.prepare_cached(&format!("SELECT {COLUMNS} FROM baselines WHERE name = ?1"))?;
        statement.query_row([name], |row| Ok(read(row))).optional()?.transpose()
    }

    /// The oldest first.
    pub fn baselines(&self) -> Result<Vec<Baseline>> {
        let mut statement =
            self.db.prepare_cached(&format!("SELECT {COLUMNS} FROM baselines ORDER BY saved, name"))?;
        statement.query_and_then([], read)?.collect()
    }
}

impl Store {
    /// False if there is one of that name, which stays as it is.
    pub fn save_baseline(&mut self, baseline: &Baseline) -> Result<bool> {
        let Baseline { name, saved, query, since, until, steady, rows } = baseline;
        let steady: Vec<&str> = steady.iter().map(SourceId::as_str).collect();
        let rows: Vec<Value> = rows.iter().map(row_to_json).collect();
        let written = self
            .reader
            .db
            .prepare_cached(
                "INSERT OR IGNORE INTO baselines (name, saved, query, since, until, steady, counts)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                name,
                saved.as_second(),
                query,
                since.as_second(),
                until.as_second(),
                json!(steady).to_string(),
                Value::from(rows).to_string(),
            ])?;
        Ok(written == 1)
    }
}

const COLUMNS: &str = "name, saved, query, since, until, steady, counts";

fn read(row: &Row<'_>) -> Result<Baseline> {
    let name: String = row.get(0)?;
    let damaged = || format!("the stored baseline `{name}` is damaged");
    let steady: Vec<String> = serde_json::from_str(row.get_ref(5)?.as_str()?).with_context(damaged)?;
    let rows: Vec<Value> = serde_json::from_str(row.get_ref(6)?.as_str()?).with_context(damaged)?;
    let rows = rows.iter().map(row_from_json).collect::<Option<_>>().with_context(damaged)?;
    Ok(Baseline {
        saved: instant(row.get(1)?),
        query: row.get(2)?,
        since: instant(row.get(3)?),
        until: instant(row.get(4)?),
        steady: steady.into_iter().map(SourceId::new).collect(),
        rows,
        name,
    })
}

fn row_to_json(row: &RollupRow) -> Value {
    json!([
        row.brand.as_str(),
        row.day.as_second(),
        row.source.as_str(),
        row.language,
        row.tone.map(SentimentLabel::as_str),
        row.mentions,
        row.stories
    ])
}

fn row_from_json(row: &Value) -> Option<RollupRow> {
    let count = |at: usize| u32::try_from(row[at].as_u64()?).ok();
    let tone = row[4].as_str().and_then(|word| SentimentLabel::ALL.into_iter().find(|l| l.as_str() == word));
    Some(RollupRow {
        brand: BrandId::new(row[0].as_str()?),
        day: instant(row[1].as_i64()?),
        source: SourceId::new(row[2].as_str()?),
        language: row[3].as_str().map(str::to_owned),
        tone,
        mentions: count(5)?,
        stories: count(6)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, batch, brand, dated, item, poll, time};
    use super::*;

    #[test]
    fn a_baseline_is_frozen() {
        let mut scene = Scene::listening(&["news"]);
        let items = [
            dated(item("1", "acme panne"), "2026-01-02T10:00Z"),
            dated(item("2", "acme"), "2026-01-02T11:00Z"),
        ];
        scene.store.ingest(&batch("news", &items), &poll("2026-01-03T00:00Z")).unwrap();
        let (since, until) = (time("2026-01-01T00:00Z"), time("2026-01-04T00:00Z"));
        let rows = scene.store.rollup(&[brand("acme")], None, since, until).unwrap();
        assert_eq!(rows.len(), 2);
        let baseline = Baseline {
            name: "start".into(),
            saved: until,
            query: None,
            since,
            until,
            steady: vec![SourceId::new("news")],
            rows,
        };
        assert!(scene.store.save_baseline(&baseline).unwrap());
        let later = Baseline { rows: Vec::new(), ..baseline.clone() };
        assert!(!scene.store.save_baseline(&later).unwrap());
        let scene = scene.reopen();
        assert_eq!(scene.store.baseline("start").unwrap(), Some(baseline.clone()));
        assert_eq!(scene.store.baseline("other").unwrap(), None);
        assert_eq!(scene.store.baselines().unwrap(), [baseline]);
    }
}
