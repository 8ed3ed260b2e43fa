//! Sources: when each is due, how it is doing, and when it could not be heard.

use std::collections::HashMap;

use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};

use super::{Reader, Store, hex, instant, meta, rows, set_meta};
use crate::model::{
    Gap, Health, HealthState, Learned, Move, Problem, ProblemKind, Rhythm, Skip, Source, SourceId, Timestamp,
    Validators,
};

/// What a poll changed in a source's health and schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Good for a document that was read and for "not modified"; anything else is a failure.
    pub state: HealthState,
    pub validators: Validators,
    pub note: Option<String>,
    /// What had to be repaired in the last whole document.
    pub problems: Vec<Problem>,
    pub learned: Learned,
    /// The server was asked. If it was not, because its host wants to be left alone, this is no failure more.
    pub asked: bool,
    /// The document shows that entries came and went unheard between the last good poll and then.
    pub missed_until: Option<Timestamp>,
    /// `None`: at once; for a source that is gone: never.
    pub next_poll: Option<Timestamp>,
    /// The hash of what was listened for, as [`Store::note_listening`] knows it. The outcome of a poll that
    /// listened for something else leaves the source to be heard again.
    pub listening: String,
}

/// A poll that brought no document: not modified, or failed.
#[derive(Clone, Debug, PartialEq)]
pub struct QuietPoll {
    pub source: SourceId,
    pub at: Timestamp,
    pub outcome: Outcome,
}

/// What there is to say of a source that was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub note: String,
    /// Nothing new came for far longer than is usual for it.
    pub silent: bool,
}

/// How far what a source says reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hearing {
    pub source: SourceId,
    /// `None`: for ever, as an import.
    pub from: Option<Timestamp>,
    /// `None`: it is still heard.
    pub until: Option<Timestamp>,
}

impl Reader {
    /// Whether `hash` is the last one given to [`Store::note_listening`].
    pub fn listens_for(&self, hash: &str) -> Result<bool> {
        Ok(self.meta(LISTENING)?.as_deref() == Some(hash))
    }

    /// Enabled sources whose time has come: those never polled first, then the longest overdue.
    pub fn due(&self, now: Timestamp) -> Result<Vec<Health>> {
        let sql = select_health(
            "WHERE configured AND enabled AND (next_poll <= ?1 OR next_poll IS NULL AND state <> 'gone')
             ORDER BY last_poll IS NOT NULL, next_poll, id",
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        statement.query_and_then([now.as_second()], health)?.collect()
    }

    /// When the next source will be due that is not yet; `None` when none ever will be.
    pub fn next_due_after(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        let mut statement = self.db.prepare_cached(
            "SELECT min(next_poll) FROM sources WHERE configured AND enabled AND next_poll > ?1",
        )?;
        let next: Option<i64> = statement.query_row([now.as_second()], |row| row.get(0))?;
        Ok(next.map(instant))
    }

    /// Sources whose next poll is later than `limit`.
    pub fn sources_after(&self, limit: Timestamp) -> Result<Vec<(SourceId, Timestamp)>> {
        let mut statement = self.db.prepare_cached(
            "SELECT id, next_poll FROM sources WHERE configured AND enabled AND next_poll > ?1 ORDER BY id",
        )?;
        let rows =
            statement.query_map([limit.as_second()], |row| Ok((source_id(row)?, instant(row.get(1)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When the next source is due; the epoch when one is due at once, `None` when none ever is.
    pub fn next_due(&self) -> Result<Option<Timestamp>> {
        let mut statement = self.db.prepare_cached(
            "SELECT min(coalesce(next_poll, 0)) FROM sources
             WHERE configured AND enabled AND (next_poll IS NOT NULL OR state <> 'gone')",
        )?;
        let next: Option<i64> = statement.query_row([], |row| row.get(0))?;
        Ok(next.map(instant))
    }

    /// Of every configured source, in the order of their ids.
    pub fn health(&self) -> Result<Vec<Health>> {
        let sql = select_health("WHERE configured ORDER BY id");
        let mut statement = self.db.prepare_cached(&sql)?;
        statement.query_and_then([], health)?.collect()
    }

    pub fn health_of(&self, source: &SourceId) -> Result<Option<Health>> {
        let sql = select_health("WHERE id = ?1");
        let mut statement = self.db.prepare_cached(&sql)?;
        statement.query_and_then([source.as_str()], health)?.next().transpose()
    }

    /// The times of which sources were not heard, that touch `[since, until)`, oldest first.
    pub fn gaps(&self, since: Timestamp, until: Timestamp) -> Result<Vec<Gap>> {
        let mut statement = self.db.prepare_cached(
            "SELECT s.id, g.since, g.until FROM gaps g JOIN sources s USING (source)
             WHERE g.since < ?2 AND (g.until > ?1 OR g.until IS NULL) ORDER BY g.since, s.id",
        )?;
        let rows = statement.query_map([since.as_second(), until.as_second()], gap)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// From when and until when sources were heard, gaps apart.
    pub fn hearing(&self) -> Result<Vec<Hearing>> {
        // Of a known place, all that it is asked counts: what was asked last is heard least far back.
        let mut statement = self.db.prepare_cached(
            "SELECT s.id, CASE WHEN s.first_good IS NULL THEN NULL ELSE
                     coalesce((SELECT max(a.reach) FROM asks a WHERE a.source = s.source), s.reach) END,
                 CASE WHEN s.configured AND s.enabled OR s.first_good IS NULL THEN NULL ELSE s.last_good END
             FROM sources s ORDER BY s.id",
        )?;
        let rows = statement.query_map([], |row| {
            let time = |at: usize| row.get::<_, Option<i64>>(at).map(|time| time.map(instant));
            Ok(Hearing { source: SourceId::new(row.get::<_, String>(0)?), from: time(1)?, until: time(2)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The latest times of which one source was not heard, newest first.
    pub fn gaps_of(&self, source: &SourceId, limit: usize) -> Result<Vec<Gap>> {
        let mut statement = self.db.prepare_cached(
            "SELECT s.id, g.since, g.until FROM gaps g JOIN sources s USING (source)
             WHERE s.id = ?1 ORDER BY g.since DESC LIMIT ?2",
        )?;
        let rows = statement.query_map(params![source.as_str(), rows(limit)], gap)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What there is to say of sources that were heard, and are silent or have moved.
    pub fn remarks(&self) -> Result<HashMap<SourceId, Remark>> {
        let mut statement = self.db.prepare_cached(
            "SELECT id, note, state = 'silent' AS silent FROM sources
             WHERE configured AND state IN ('silent', 'moved') AND note IS NOT NULL",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((source_id(row)?, Remark { note: row.get("note")?, silent: row.get("silent")? }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Sources that their publishers took down, of which nothing was queued to be told yet, each with the key of
    /// that news.
    pub fn untold_gone(&self) -> Result<Vec<(SourceId, String)>> {
        let mut statement = self
            .db
            .prepare_cached("SELECT id, url FROM sources WHERE configured AND state = 'gone' ORDER BY id")?;
        let mut told = self.db.prepare_cached("SELECT 1 FROM notices WHERE key = ?1")?;
        let mut untold = Vec::new();
        let mut gone = statement.query([])?;
        while let Some(row) = gone.next()? {
            let (source, url) = (source_id(row)?, row.get::<_, Option<String>>("url")?);
            // Its address may hold a secret.
            let place = blake3::hash(url.unwrap_or_default().as_bytes());
            let key = format!("gone:{source}:{}", hex(&place.as_bytes()[..8]));
            if !told.exists([&key])? {
                untold.push((source, key));
            }
        }
        Ok(untold)
    }

    /// Hosts that want to be left alone for longer than `now`, and until when.
    pub fn host_waits(&self, now: Timestamp) -> Result<Vec<(String, Timestamp)>> {
        let mut statement = self.db.prepare_cached("SELECT host, until FROM hosts WHERE until > ?1")?;
        let rows = statement
            .query_map([now.as_second()], |row| Ok((row.get("host")?, instant(row.get("until")?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Store {
    /// Takes over the configured sources: new ones are due at once, those no longer configured are not
    /// polled again, one whose address changed starts anew, unless it is the one that its publisher has moved
    /// it to.
    pub fn sync_sources(&mut self, sources: &[Source]) -> Result<()> {
        let tx = self.reader.db.transaction()?;
        let mut standing = standing(&tx)?;
        for source in sources {
            let same = (Some(source.address().into_owned()), source.enabled);
            if standing.remove(&source.id).is_some_and(|stands| stands == same) {
                continue;
            }
            let number = source_number(&tx, &source.id)?;
            tx.prepare_cached(
                "UPDATE sources SET url = ?2, state = CASE state WHEN 'moved' THEN 'ok' ELSE state END, note = NULL,
                     moved_to = NULL, moved_since = NULL, moved_latest = NULL, moved_times = NULL
                 WHERE source = ?1 AND moved_to = ?2",
            )?
            .execute(params![number, source.address()])?;
            let mut begin_anew = tx.prepare_cached(
                "UPDATE sources SET url = ?2, state = 'new', etag = NULL, last_modified = NULL, body_hash = NULL,
                     first_good = NULL, last_good = NULL, last_poll = NULL, next_poll = NULL, failures = 0, note = NULL,
                     problems = NULL, moved_to = NULL, moved_since = NULL, moved_latest = NULL, moved_times = NULL,
                     wished_s = NULL, skip_hours = 0, skip_days = 0, newest = NULL, pause_s = NULL
                 WHERE source = ?1 AND url IS NOT ?2",
            )?;
            if begin_anew.execute(params![number, source.address()])? > 0 {
                tx.prepare_cached("DELETE FROM asks WHERE source = ?1")?.execute([number])?;
            }
            tx.prepare_cached(
                "UPDATE sources SET configured = 1, enabled = ?2, state = CASE
                     WHEN NOT ?2 THEN 'disabled'
                     WHEN state <> 'disabled' THEN state
                     WHEN last_good IS NULL THEN 'new'
                     ELSE 'ok' END
                 WHERE source = ?1",
            )?
            .execute(params![number, source.enabled])?;
        }
        for dropped in standing.into_keys() {
            tx.prepare_cached("UPDATE sources SET configured = 0, enabled = 0 WHERE id = ?1")?
                .execute([dropped.as_str()])?;
        }
        Ok(tx.commit()?)
    }

    /// Records polls that brought no document, in one transaction.
    pub fn record_polls(&mut self, polls: &[QuietPoll]) -> Result<()> {
        let tx = self.reader.db.transaction()?;
        for poll in polls {
            let number = source_number(&tx, &poll.source)?;
            record(&tx, number, poll.at, &poll.outcome)?;
        }
        Ok(tx.commit()?)
    }

    /// Keeps until when hosts want to be left alone.
    pub fn keep_host_waits(&mut self, waits: &[(String, Timestamp)]) -> Result<()> {
        let tx = self.reader.db.transaction()?;
        for (host, until) in waits {
            tx.prepare_cached("INSERT OR REPLACE INTO hosts (host, until) VALUES (?1, ?2)")?
                .execute(params![host, until.as_second()])?;
        }
        Ok(tx.commit()?)
    }

    /// Makes a source due, whatever was planned.
    pub fn make_due(&mut self, source: &SourceId, now: Timestamp) -> Result<()> {
        self.reader
            .db
            .prepare_cached("UPDATE sources SET next_poll = ?2 WHERE id = ?1")?
            .execute(params![source.as_str(), now.as_second()])?;
        Ok(())
    }

    /// Forgets what is listened for: whatever happens before the next [`Store::note_listening`], what is kept
    /// is matched again.
    pub fn forget_listening(&mut self) -> Result<()> {
        self.set_meta(LISTENING, "")
    }

    /// Takes `hash` for that of all brands and queries. Every source forgets what its server gave it to
    /// recognise the document by and is due, once; one that was asked to wait, or is gone, still waits. Unless
    /// published since, what its next document adds is back-fill.
    pub fn note_listening(&mut self, hash: &str) -> Result<()> {
        let tx = self.reader.db.transaction()?;
        tx.execute(
            "UPDATE sources SET etag = NULL, last_modified = NULL, body_hash = NULL,
                 next_poll = CASE WHEN state IN ('throttled', 'gone') THEN next_poll END",
            [],
        )?;
        tx.execute("UPDATE asks SET etag = NULL, last_modified = NULL, body_hash = NULL", [])?;
        set_meta(&tx, LISTENING, hash)?;
        Ok(tx.commit()?)
    }
}

/// The address of each source that was configured the last time, unless there is something to be done about it,
/// and whether it was enabled.
fn standing(db: &Connection) -> Result<HashMap<SourceId, (Option<String>, bool)>> {
    let mut statement = db.prepare_cached("SELECT id, url, enabled FROM sources WHERE configured")?;
    let rows =
        statement.query_map([], |row| Ok((source_id(row)?, (row.get("url")?, row.get("enabled")?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The note that holds the hash of what is listened for.
const LISTENING: &str = "listening";

/// Whether `hash` is that of all that is listened for today.
pub(super) fn is_listened_for(db: &Connection, hash: &str) -> Result<bool> {
    Ok(meta(db, LISTENING)?.unwrap_or_default() == hash)
}

/// The number of a source, if it was ever heard of.
pub(super) fn known_source(db: &Connection, source: &SourceId) -> Result<Option<i64>> {
    let mut statement = db.prepare_cached("SELECT source FROM sources WHERE id = ?1")?;
    Ok(statement.query_row([source.as_str()], |row| row.get(0)).optional()?)
}

/// The number of a source, which is made if it was never heard of.
pub(super) fn source_number(db: &Connection, source: &SourceId) -> Result<i64> {
    if let Some(number) = known_source(db, source)? {
        return Ok(number);
    }
    db.prepare_cached("INSERT INTO sources (id) VALUES (?1)")?.execute([source.as_str()])?;
    Ok(db.last_insert_rowid())
}

/// Whether a whole document of the source was ever read.
pub(super) fn was_read(db: &Connection, source: i64) -> Result<bool> {
    let mut statement = db.prepare_cached("SELECT first_good IS NOT NULL FROM sources WHERE source = ?1")?;
    Ok(statement.query_row([source], |row| row.get(0))?)
}

/// The source's last good poll, if its last whole document was read with other brands or queries than those
/// of `listening`: what was published until then is no news.
pub(super) fn heard_otherwise(db: &Connection, source: i64, listening: &str) -> Result<Option<i64>> {
    let mut statement = db.prepare_cached(
        "SELECT last_good FROM sources WHERE source = ?1 AND first_good IS NOT NULL AND heard_with IS NOT ?2",
    )?;
    Ok(statement.query_row(params![source, listening], |row| row.get(0)).optional()?.flatten())
}

/// Whether a poll ends a time in which the source was not heard: it failed before, or comes late by more than was
/// planned in the first place, the machine asleep for one.
pub(super) fn heard_after_a_gap(db: &Connection, source: i64, at: Timestamp) -> Result<bool> {
    let mut statement = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM gaps g WHERE g.source = s.source AND g.until IS NULL)
             OR coalesce(?2 - next_poll > next_poll - last_poll, 0)
         FROM sources s WHERE source = ?1",
    )?;
    Ok(statement.query_row(params![source, at.as_second()], |row| row.get(0))?)
}

/// Notes with what brands and queries the source's document was read.
pub(super) fn note_heard_with(db: &Connection, source: i64, listening: &str) -> Result<()> {
    db.prepare_cached("UPDATE sources SET heard_with = ?2 WHERE source = ?1")?
        .execute(params![source, listening])?;
    Ok(())
}

/// Notes how far back the source's first document reaches.
pub(super) fn note_reach(db: &Connection, source: i64, reach: i64) -> Result<()> {
    db.prepare_cached("UPDATE sources SET reach = ?2 WHERE source = ?1")?.execute([source, reach])?;
    Ok(())
}

/// Writes a poll's outcome, and opens or closes the source's gap: one begins with the last good poll before
/// a failure (the failure itself if there was none) and ends with the next good one. What a good poll shows
/// to have been missed is a gap too.
pub(super) fn record(db: &Connection, source: i64, at: Timestamp, outcome: &Outcome) -> Result<()> {
    let at = at.as_second();
    let good = outcome.state.is_good();
    if good {
        if let Some(until) = outcome.missed_until {
            db.prepare_cached(
                "INSERT OR IGNORE INTO gaps (source, since, until)
                 SELECT source, last_good, ?2 FROM sources WHERE source = ?1 AND last_good < ?2",
            )?
            .execute([source, until.as_second()])?;
        }
        db.prepare_cached("UPDATE gaps SET until = ?2 WHERE source = ?1 AND until IS NULL")?
            .execute([source, at])?;
    } else {
        db.prepare_cached(
            "INSERT OR IGNORE INTO gaps (source, since)
             SELECT source, coalesce(last_good, ?2) FROM sources
             WHERE source = ?1 AND NOT EXISTS (SELECT 1 FROM gaps WHERE source = ?1 AND until IS NULL)",
        )?
        .execute([source, at])?;
    }
    let mut outcome = outcome.clone();
    if !is_listened_for(db, &outcome.listening)? {
        // The brands or queries changed while the poll was under way; what it did not listen for is still to
        // be heard.
        outcome.validators = Validators::default();
        outcome.next_poll =
            outcome.next_poll.filter(|_| matches!(outcome.state, HealthState::Throttled | HealthState::Gone));
    }
    let Validators { etag, last_modified, body_hash } = &outcome.validators;
    let Learned { moved, wished_interval_s, skip, rhythm } = &outcome.learned;
    let (skip_hours, skip_days) = skip.bits();
    db.prepare_cached(
        "UPDATE sources SET state = ?2, etag = ?3, last_modified = ?4, body_hash = ?5, next_poll = ?6, note = ?7,
             last_poll = ?8,
             first_good = CASE WHEN ?9 THEN coalesce(first_good, ?8) ELSE first_good END,
             last_good = CASE WHEN ?9 THEN ?8 ELSE last_good END,
             failures = CASE WHEN ?9 THEN 0 ELSE failures + ?10 END,
             problems = ?11, moved_to = ?12, moved_since = ?13, moved_latest = ?14, moved_times = ?15,
             wished_s = ?16, skip_hours = ?17, skip_days = ?18, newest = ?19, pause_s = ?20
         WHERE source = ?1",
    )?
    .execute(params![
        source,
        outcome.state.as_str(),
        etag,
        last_modified,
        body_hash.as_ref().map(|hash| hash.as_slice()),
        outcome.next_poll.map(Timestamp::as_second),
        outcome.note,
        at,
        good,
        outcome.asked,
        problems_to_json(&outcome.problems),
        moved.as_ref().map(|moved| moved.to.as_str()),
        moved.as_ref().map(|moved| moved.since.as_second()),
        moved.as_ref().map(|moved| moved.latest.as_second()),
        moved.as_ref().map(|moved| moved.times),
        // Larger ones are as good as for ever.
        wished_interval_s.map(|wished_s| i64::try_from(wished_s).unwrap_or(i64::MAX)),
        skip_hours,
        skip_days,
        rhythm.map(|rhythm| rhythm.newest.as_second()),
        rhythm.and_then(|rhythm| rhythm.pause_s),
    ])?;
    Ok(())
}

const HEALTH_COLUMNS: [&str; 21] = [
    "id",
    "state",
    "etag",
    "last_modified",
    "body_hash",
    "first_good",
    "last_good",
    "last_poll",
    "next_poll",
    "failures",
    "note",
    "problems",
    "moved_to",
    "moved_since",
    "moved_latest",
    "moved_times",
    "wished_s",
    "skip_hours",
    "skip_days",
    "newest",
    "pause_s",
];

fn select_health(condition: &str) -> String {
    format!("SELECT {} FROM sources {condition}", HEALTH_COLUMNS.join(", "))
}

/// Where a column stands among them. SQLite would compare it with the names of all before it, for each row of
/// each round.
fn at(column: &str) -> usize {
    HEALTH_COLUMNS.iter().position(|name| *name == column).expect("a column of health")
}

fn health(row: &Row<'_>) -> Result<Health> {
    let state: String = row.get(at("state"))?;
    let body_hash: Option<Vec<u8>> = row.get(at("body_hash"))?;
    let time =
        |column| -> Result<Option<Timestamp>> { Ok(row.get::<_, Option<i64>>(at(column))?.map(instant)) };
    Ok(Health {
        source: source_id(row)?,
        state: HealthState::ALL
            .into_iter()
            .find(|known| known.as_str() == state)
            .with_context(|| format!("a source is in the unknown state `{state}`"))?,
        validators: Validators {
            etag: row.get(at("etag"))?,
            last_modified: row.get(at("last_modified"))?,
            body_hash: body_hash.and_then(|bytes| bytes.try_into().ok()),
        },
        first_good: time("first_good")?,
        last_good: time("last_good")?,
        last_poll: time("last_poll")?,
        next_poll: time("next_poll")?,
        failures: row.get(at("failures"))?,
        note: row.get(at("note"))?,
        problems: problems_from_json(row.get::<_, Option<String>>(at("problems"))?.as_deref())?,
        learned: Learned {
            moved: match row.get(at("moved_to"))? {
                Some(to) => Some(Move {
                    to,
                    since: instant(row.get(at("moved_since"))?),
                    latest: instant(row.get(at("moved_latest"))?),
                    times: row.get(at("moved_times"))?,
                }),
                None => None,
            },
            wished_interval_s: row.get(at("wished_s"))?,
            skip: Skip::from_bits(row.get(at("skip_hours"))?, row.get(at("skip_days"))?),
            rhythm: match time("newest")? {
                Some(newest) => Some(Rhythm { newest, pause_s: row.get(at("pause_s"))? }),
                None => None,
            },
        },
    })
}

fn gap(row: &Row<'_>) -> rusqlite::Result<Gap> {
    Ok(Gap {
        source: source_id(row)?,
        since: instant(row.get("since")?),
        until: row.get::<_, Option<i64>>("until")?.map(instant),
    })
}

fn problems_to_json(problems: &[Problem]) -> Option<String> {
    let list = problems.iter().map(|problem| json!([problem.kind.as_str(), problem.message]));
    (!problems.is_empty()).then(|| Value::from_iter(list).to_string())
}

fn problems_from_json(text: Option<&str>) -> Result<Vec<Problem>> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let list: Vec<(String, String)> =
        serde_json::from_str(text).context("the stored problems of a source are damaged")?;
    let problem = |(kind, message): (String, String)| {
        let kind = ProblemKind::ALL.into_iter().find(|known| known.as_str() == kind);
        let kind = kind.context("a stored problem of a source is of no known kind")?;
        Ok(Problem { kind, message })
    };
    list.into_iter().map(problem).collect()
}

fn source_id(row: &Row<'_>) -> rusqlite::Result<SourceId> {
    Ok(SourceId::new(row.get::<_, String>("id")?))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, outcome, time};
    use super::*;
    use crate::model::SourceKind;

    fn source(id: &str, url: &str) -> Source {
        Source {
            id: SourceId::new(id),
            kind: SourceKind::Feed { url: url.to_owned() },
            every: None,
            tags: Vec::new(),
            allow_private: false,
            enabled: true,
        }
    }

    fn poll(scene: &mut Scene, id: &str, at: &str, state: HealthState, next: Option<&str>) {
        poll_for(scene, "", id, at, state, next);
    }

    /// A poll that listened for something.
    fn poll_for(
        scene: &mut Scene,
        listening: &str,
        id: &str,
        at: &str,
        state: HealthState,
        next: Option<&str>,
    ) {
        let outcome = Outcome {
            listening: listening.to_owned(),
            validators: Validators {
                etag: Some("\"1\"".to_owned()),
                last_modified: Some("Thu, 01 Jan 2026 00:00:00 GMT".to_owned()),
                body_hash: Some([9; 32]),
            },
            note: Some("so".to_owned()),
            next_poll: next.map(time),
            ..outcome(state)
        };
        let poll = QuietPoll { source: SourceId::new(id), at: time(at), outcome };
        scene.store.record_polls(&[poll]).unwrap();
    }

    #[track_caller]
    fn check_due(scene: &Scene, now: &str, expected: &[&str]) {
        let due = scene.store.due(time(now)).unwrap();
        assert_eq!(due.iter().map(|health| health.source.as_str()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_never_polled_come_first_then_the_longest_overdue() {
        let mut scene = Scene::new();
        let mut off = source("off", "https://off.example/");
        off.enabled = false;
        let sources = ["a", "b", "c", "d"].map(|id| source(id, &format!("https://{id}.example/")));
        scene.store.sync_sources(&[&sources[..], &[off]].concat()).unwrap();
        check_due(&scene, "2026-01-01T00:00Z", &["a", "b", "c", "d"]);
        assert_eq!(scene.store.next_due().unwrap(), Some(Timestamp::UNIX_EPOCH));

        poll(&mut scene, "a", "2026-01-01T00:00Z", HealthState::Ok, Some("2026-01-01T02:00Z"));
        poll(&mut scene, "b", "2026-01-01T00:00Z", HealthState::Ok, Some("2026-01-01T01:00Z"));
        poll(&mut scene, "c", "2026-01-01T00:00Z", HealthState::Gone, None);
        check_due(&scene, "2026-01-01T00:30Z", &["d"]);
        check_due(&scene, "2026-01-01T02:00Z", &["d", "b", "a"]);
        let scene = scene.reopen();
        check_due(&scene, "2026-01-01T01:00Z", &["d", "b"]);
        let next = |now| scene.store.next_due_after(time(now)).unwrap();
        assert_eq!(next("2026-01-01T00:30Z"), Some(time("2026-01-01T01:00Z")));
        assert_eq!(next("2026-01-01T01:00Z"), Some(time("2026-01-01T02:00Z")));
        assert_eq!(next("2026-01-01T02:00Z"), None);
        assert_eq!(
            scene.store.health_of(&SourceId::new("off")).unwrap().unwrap().state,
            HealthState::Disabled
        );
    }

    #[test]
    fn next_due_is_the_earliest() {
        let mut scene = Scene::new();
        assert_eq!(scene.store.next_due().unwrap(), None);
        scene.store.sync_sources(&[source("a", "https://a.example/")]).unwrap();
        poll(&mut scene, "a", "2026-01-01T00:00Z", HealthState::Ok, Some("2026-01-01T02:00Z"));
        assert_eq!(scene.store.next_due().unwrap(), Some(time("2026-01-01T02:00Z")));
        scene.store.sync_sources(&[]).unwrap();
        assert_eq!(scene.store.next_due().unwrap(), None);
        assert_eq!(scene.store.health().unwrap(), []);
    }

    #[test]
    fn another_address_starts_anew() {
        let mut scene = Scene::new();
        scene.store.sync_sources(&[source("a", "https://a.example/")]).unwrap();
        poll(&mut scene, "a", "2026-01-01T00:00Z", HealthState::Ok, Some("2026-01-01T02:00Z"));
        let before = scene.store.health().unwrap();
        scene.store.sync_sources(&[source("a", "https://a.example/")]).unwrap();
        assert_eq!(scene.store.health().unwrap(), before);
        scene.store.sync_sources(&[source("a", "https://other.example/")]).unwrap();
        let health = &scene.store.health().unwrap()[0];
        assert_eq!((health.state, health.first_good), (HealthState::New, None));
        assert_eq!(health.validators, Validators::default());
        check_due(&scene, "2026-01-01T00:30Z", &["a"]);
    }

    #[test]
    fn health_tells_the_last_poll() {
        let mut scene = Scene::new();
        scene.store.sync_sources(&[source("a", "https://a.example/")]).unwrap();
        poll(&mut scene, "a", "2026-01-01T00:00Z", HealthState::Ok, Some("2026-01-01T01:00Z"));
        for hour in 1..=2 {
            let at = format!("2026-01-01T0{hour}:00Z");
            poll(&mut scene, "a", &at, HealthState::Broken, Some("2026-01-01T03:00Z"));
        }
        let health = scene.store.health().unwrap().remove(0);
        assert_eq!(
            health,
            Health {
                source: SourceId::new("a"),
                state: HealthState::Broken,
                validators: Validators {
                    etag: Some("\"1\"".to_owned()),
                    last_modified: Some("Thu, 01 Jan 2026 00:00:00 GMT".to_owned()),
                    body_hash: Some([9; 32]),
                },
                first_good: Some(time("2026-01-01T00:00Z")),
                last_good: Some(time("2026-01-01T00:00Z")),
                last_poll: Some(time("2026-01-01T02:00Z")),
                next_poll: Some(time("2026-01-01T03:00Z")),
                failures: 2,
                note: Some("so".to_owned()),
                problems: Vec::new(),
                learned: Learned::default(),
            }
        );
    }

    #[test]
    fn a_gap_lasts_from_the_last_good_poll_to_the_next() {
        let mut scene = Scene::new();
        for (hour, state) in [
            (0, HealthState::Ok),
            (1, HealthState::Broken),
            (2, HealthState::Throttled),
            (3, HealthState::Ok),
        ] {
            poll(&mut scene, "a", &format!("2026-01-01T0{hour}:00Z"), state, None);
        }
        poll(&mut scene, "b", "2026-01-01T05:00Z", HealthState::Broken, None);
        let gaps = |since, until| {
            let gaps = scene.store.gaps(time(since), time(until)).unwrap();
            gaps.iter()
                .map(|gap| {
                    let until = gap.until.map_or("-".to_owned(), |until| until.to_string());
                    format!("{} {} {until}", gap.source, gap.since)
                })
                .collect::<Vec<_>>()
        };
        let (a, b) = ("a 2026-01-01T00:00:00Z 2026-01-01T03:00:00Z", "b 2026-01-01T05:00:00Z -");
        assert_eq!(gaps("2026-01-01T00:00Z", "2026-01-02T00:00Z"), [a, b]);
        assert_eq!(gaps("2026-01-01T03:00Z", "2026-01-01T05:00Z"), Vec::<String>::new());
        assert_eq!(gaps("2026-01-01T02:59Z", "2026-01-01T05:00Z"), [a]);
        assert_eq!(gaps("2027-01-01T00:00Z", "2027-01-02T00:00Z"), [b]);
    }

    #[test]
    fn a_poll_that_was_not_made_is_no_failure_and_what_was_missed_is_a_gap() {
        let mut scene = Scene::new();
        let id = SourceId::new("a");
        scene.store.sync_sources(&[source("a", "https://a.example/")]).unwrap();
        let mut record = |at: &str, outcome: Outcome| {
            let poll = QuietPoll { source: id.clone(), at: time(at), outcome };
            scene.store.record_polls(&[poll]).unwrap();
            scene.store.health_of(&id).unwrap().unwrap().failures
        };
        let missed = |until| Outcome { missed_until: Some(time(until)), ..outcome(HealthState::Silent) };
        let not_asked = || Outcome { asked: false, ..outcome(HealthState::Throttled) };
        // Before anything was heard nothing can be missed.
        assert_eq!(record("2026-01-01T00:00Z", missed("2025-12-31T00:00Z")), 0);
        assert_eq!(record("2026-01-01T01:00Z", not_asked()), 0);
        assert_eq!(record("2026-01-01T02:00Z", outcome(HealthState::Broken)), 1);
        assert_eq!(record("2026-01-01T03:00Z", not_asked()), 1);
        assert_eq!(record("2026-01-02T00:00Z", outcome(HealthState::Moved)), 0);
        record("2026-01-05T00:00Z", missed("2026-01-04T12:00Z"));
        record("2026-01-06T00:00Z", missed("2026-01-04T12:00Z"));
        let gaps = scene.store.gaps_of(&id, 10).unwrap();
        let shown: Vec<_> = gaps.iter().map(|gap| (gap.since, gap.until)).collect();
        let expected = [
            (time("2026-01-02T00:00Z"), Some(time("2026-01-04T12:00Z"))),
            (time("2026-01-01T00:00Z"), Some(time("2026-01-02T00:00Z"))),
        ];
        assert_eq!(shown, expected);
        assert_eq!(scene.store.gaps_of(&id, 1).unwrap(), gaps[..1]);
    }

    /// What polls taught, as the store gives it back.
    fn learned() -> Learned {
        let (since, latest) = (time("2026-01-01T00:00Z"), time("2026-01-03T00:00Z"));
        Learned {
            moved: Some(Move { to: "https://b.example/".to_owned(), since, latest, times: 3 }),
            wished_interval_s: Some(7200),
            skip: Skip::from_bits(0b101, 0b1000000),
            rhythm: Some(Rhythm { newest: latest, pause_s: Some(60) }),
        }
    }

    #[test]
    fn what_polls_taught_is_kept_and_forgotten_with_the_address() {
        let mut scene = Scene::new();
        let id = SourceId::new("a");
        scene.store.sync_sources(&[source("a", "https://a.example/")]).unwrap();
        let problems =
            ProblemKind::ALL.map(|kind| Problem { kind, message: format!("\"{}\"", kind.as_str()) }).to_vec();
        let note = Some("moved".to_owned());
        let outcome = Outcome { learned: learned(), problems, note, ..outcome(HealthState::Moved) };
        let poll = QuietPoll { source: id.clone(), at: time("2026-01-03T00:00Z"), outcome: outcome.clone() };
        scene.store.record_polls(&[poll]).unwrap();
        let scene_again = scene.reopen();
        let mut store = scene_again.store;
        let health = store.health_of(&id).unwrap().unwrap();
        assert_eq!((&health.learned, &health.problems), (&outcome.learned, &outcome.problems));
        assert_eq!(
            store.remarks().unwrap(),
            HashMap::from([(id.clone(), Remark { note: "moved".to_owned(), silent: false })])
        );

        // The very address it moved to is the same source.
        store.sync_sources(&[source("a", "https://b.example/")]).unwrap();
        let same = store.health_of(&id).unwrap().unwrap();
        let expected = Health {
            state: HealthState::Ok,
            note: None,
            learned: Learned { moved: None, ..learned() },
            ..health.clone()
        };
        assert_eq!(same, expected);
        store.sync_sources(&[source("a", "https://c.example/")]).unwrap();
        let other = store.health_of(&id).unwrap().unwrap();
        assert_eq!(
            (other.state, other.first_good, other.learned),
            (HealthState::New, None, Learned::default())
        );
        assert_eq!(other.problems, []);
    }

    #[test]
    fn hosts_are_left_alone_after_a_restart() {
        let mut scene = Scene::new();
        let waits = |scene: &Scene, at: &str| scene.store.host_waits(time(at)).unwrap();
        let wait = |host: &str, until: &str| (host.to_owned(), time(until));
        let (a, b) = (wait("a.example", "2026-01-01T02:00Z"), wait("b.example", "2026-01-01T03:00Z"));
        scene.store.keep_host_waits(&[a.clone(), b.clone()]).unwrap();
        let later = wait("a.example", "2026-01-01T04:00Z");
        let mut scene = scene.reopen();
        assert_eq!(waits(&scene, "2026-01-01T01:00Z"), [a, b.clone()]);
        scene.store.keep_host_waits(std::slice::from_ref(&later)).unwrap();
        assert_eq!(waits(&scene, "2026-01-01T02:30Z"), [later.clone(), b]);
        assert_eq!(waits(&scene, "2026-01-01T03:00Z"), [later]);
        assert_eq!(waits(&scene, "2026-01-01T04:00Z"), []);
    }

    /// Invariant: a change of brands or queries is heard at once.
    #[test]
    fn other_brands_make_every_source_read_whole_documents_once() {
        let mut scene = Scene::new();
        let sources = ["a", "b"].map(|id| source(id, &format!("https://{id}.example/")));
        scene.store.sync_sources(&sources).unwrap();
        assert!(!scene.store.listens_for("one").unwrap());
        scene.store.note_listening("one").unwrap();
        let (at, next) = ("2026-01-01T00:00Z", Some("2026-01-01T02:00Z"));
        poll_for(&mut scene, "one", "b", at, HealthState::Throttled, next);
        poll_for(&mut scene, "one", "a", at, HealthState::Ok, next);
        assert!(scene.store.listens_for("one").unwrap());
        check_due(&scene, "2026-01-01T01:00Z", &[]);
        scene.store.note_listening("two").unwrap();
        check_due(&scene, "2026-01-01T01:00Z", &["a"]);
        let health = scene.store.health().unwrap().remove(0);
        assert_eq!(health.validators, Validators::default());
        assert!(health.last_good.is_some());
        scene.store.forget_listening().unwrap();
        assert!(!scene.store.listens_for("two").unwrap());
    }

    #[test]
    fn a_poll_that_listened_for_other_brands_leaves_the_source_to_be_heard_again() {
        let mut scene = Scene::new();
        let sources = ["a", "b", "c"].map(|id| source(id, &format!("https://{id}.example/")));
        scene.store.sync_sources(&sources).unwrap();
        scene.store.note_listening("new").unwrap();
        let (at, next) = ("2026-01-01T00:00Z", Some("2026-01-01T02:00Z"));
        poll_for(&mut scene, "old", "a", at, HealthState::Ok, next);
        poll_for(&mut scene, "old", "b", at, HealthState::Throttled, next);
        poll_for(&mut scene, "new", "c", at, HealthState::Ok, next);
        check_due(&scene, "2026-01-01T01:00Z", &["a"]);
        let health = scene.store.health().unwrap();
        assert_eq!(health[0].validators, Validators::default());
        assert_eq!(health[2].validators.body_hash, Some([9; 32]));
    }
}
