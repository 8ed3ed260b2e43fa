//! Silences, and the news they keep from being told.

use anyhow::Result;
use rusqlite::{Row, params};

use super::notices::write_notice;
use super::{Notice, Reader, Store};
use crate::model::{AlertId, BrandId, Muted, RuleId, Silence, Timestamp};

impl Reader {
    /// All there ever were, the newest first.
    pub fn silences(&self) -> Result<Vec<Silence>> {
        let mut statement = self.db.prepare_cached("SELECT * FROM silences ORDER BY silence DESC")?;
        statement.query_and_then([], read_silence)?.collect()
    }

    pub fn silence(&self, number: i64) -> Result<Option<Silence>> {
        let mut statement = self.db.prepare_cached("SELECT * FROM silences WHERE silence = ?1")?;
        statement.query_and_then([number], read_silence)?.next().transpose()
    }

    /// The silence that covers a rule's alerts for a brand now; of several the one that ends last.
    pub fn silence_over(&self, rule: &RuleId, brand: &BrandId, now: Timestamp) -> Result<Option<Silence>> {
        let covers = |silence: &Silence| {
            silence.rule.as_ref().is_none_or(|of| of == rule)
                && silence.brand.as_ref().is_none_or(|of| of == brand)
                && silence.since <= now
                && now < silence.until
        };
        Ok(self.silences()?.into_iter().filter(covers).max_by_key(|silence| silence.until))
    }

    /// What was not told of an alert, in the order of time.
    pub fn muted(&self, alert: &AlertId) -> Result<Vec<Muted>> {
        let mut statement =
            self.db.prepare_cached("SELECT * FROM muted WHERE alert = ?1 ORDER BY at, news")?;
        statement.query_and_then([alert.as_str()], read_muted)?.collect()
    }
}

impl Store {
    /// Stores a silence, whatever its number, and returns the number it gets.
    pub fn add_silence(&mut self, silence: &Silence) -> Result<i64> {
        let Silence { number: _, rule, brand, since, until, by, comment } = silence;
        let db = &self.reader.db;
        db.prepare_cached(
            "INSERT INTO silences (rule, brand, since, until, author, comment) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            rule.as_ref().map(RuleId::as_str),
            brand.as_ref().map(BrandId::as_str),
            since.to_string(),
            until.to_string(),
            by,
            comment,
        ])?;
        Ok(db.last_insert_rowid())
    }

    /// Ends a silence early.
    pub fn end_silence(&mut self, number: i64, at: Timestamp) -> Result<()> {
        let mut statement =
            self.reader.db.prepare_cached("UPDATE silences SET until = ?2 WHERE silence = ?1")?;
        statement.execute(params![number, at.to_string()])?;
        Ok(())
    }

    /// Notes what is not told. The same news is noted once.
    pub fn mute(&mut self, muted: &[Muted]) -> Result<()> {
        let mut statement = self.reader.db.prepare_cached(
            "INSERT OR IGNORE INTO muted (alert, news, silence, at, told) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for Muted { alert, news, silence, at, told } in muted {
            let told = told.map(|at| at.to_string());
            statement.execute(params![alert.as_str(), news, silence, at.to_string(), told])?;
        }
        Ok(())
    }

    /// Queues what is told after all of an alert, and notes of all that was muted that it is, in one transaction.
    pub fn tell_muted(&mut self, alert: &AlertId, notices: &[Notice], at: Timestamp) -> Result<()> {
        let tx = self.reader.db.transaction()?;
        for notice in notices {
            write_notice(&tx, notice)?;
        }
        tx.prepare_cached("UPDATE muted SET told = ?2 WHERE alert = ?1 AND told IS NULL")?
            .execute(params![alert.as_str(), at.to_string()])?;
        Ok(tx.commit()?)
    }
}

fn read_silence(row: &Row<'_>) -> Result<Silence> {
    Ok(Silence {
        number: row.get("silence")?,
        rule: row.get::<_, Option<String>>("rule")?.map(RuleId::new),
        brand: row.get::<_, Option<String>>("brand")?.map(BrandId::new),
        since: row.get::<_, String>("since")?.parse()?,
        until: row.get::<_, String>("until")?.parse()?,
        by: row.get("author")?,
        comment: row.get("comment")?,
    })
}

fn read_muted(row: &Row<'_>) -> Result<Muted> {
    Ok(Muted {
        alert: AlertId::new(row.get::<_, String>("alert")?),
        news: row.get("news")?,
        silence: row.get("silence")?,
        at: row.get::<_, String>("at")?.parse()?,
        told: row.get::<_, Option<String>>("told")?.map(|at| at.parse()).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, brand, time};
    use super::*;

    #[test]
    fn the_silence_that_ends_last_covers_what_it_names_while_it_lasts() {
        let mut scene = Scene::new();
        let mut add = |rule: Option<&str>, of: Option<&str>, until: &str| {
            let silence = Silence {
                number: 0,
                rule: rule.map(RuleId::new),
                brand: of.map(brand),
                since: time("2026-01-01T10:00Z"),
                until: time(until),
                by: "anna".to_owned(),
                comment: "fair".to_owned(),
            };
            scene.store.add_silence(&silence).unwrap()
        };
        let all = add(None, None, "2026-01-01T11:00Z");
        let acme = add(None, Some("acme"), "2026-01-01T12:00Z");
        let spike = add(Some("spike"), Some("acme"), "2026-01-01T14:00Z");
        let over = |scene: &Scene, rule: &str, of: &str, at: &str| {
            let found = scene.store.silence_over(&RuleId::new(rule), &brand(of), time(at)).unwrap();
            found.map(|silence| silence.number)
        };
        assert_eq!(over(&scene, "spike", "acme", "2026-01-01T10:00Z"), Some(spike));
        assert_eq!(over(&scene, "buzz", "acme", "2026-01-01T10:30Z"), Some(acme));
        assert_eq!(over(&scene, "spike", "globex", "2026-01-01T10:30Z"), Some(all));
        assert_eq!(over(&scene, "spike", "globex", "2026-01-01T11:00Z"), None, "it is over at its end");
        assert_eq!(over(&scene, "spike", "acme", "2026-01-01T09:59Z"), None);
        scene.store.end_silence(spike, time("2026-01-01T10:15Z")).unwrap();
        assert_eq!(over(&scene, "spike", "acme", "2026-01-01T10:30Z"), Some(acme));
    }

    #[test]
    fn the_same_news_is_muted_once_and_told_once() {
        let mut scene = Scene::new();
        let muted = |news: &str, silence| Muted {
            alert: AlertId::new("a_1"),
            news: news.to_owned(),
            silence,
            at: time("2026-01-01T10:00Z"),
            told: None,
        };
        scene.store.mute(&[muted("first", 1), muted("grown-9", 1)]).unwrap();
        scene.store.mute(&[muted("first", 2)]).unwrap();
        scene.store.tell_muted(&AlertId::new("a_1"), &[], time("2026-01-01T12:00Z")).unwrap();
        scene.store.mute(&[muted("grown-40", 3)]).unwrap();
        let kept = scene.store.muted(&AlertId::new("a_1")).unwrap();
        let told: Vec<_> = kept.iter().map(|m| (m.news.as_str(), m.silence, m.told.is_some())).collect();
        assert_eq!(told, [("first", 1, true), ("grown-40", 3, false), ("grown-9", 1, true)]);
    }
}
