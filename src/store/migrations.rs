//! The schema and its history.
//!
//! [`STEPS`] only grows; how many of them a file has been through is its `user_version`.

use anyhow::{Context, Result, bail};
use rusqlite::{Connection, params};

use super::{stored_zone, stories, sums};
use crate::enrich::fingerprint::Fingerprint;

/// Brings a database up to date; one of a newer program is an error.
pub(super) fn migrate(db: &mut Connection) -> Result<()> {
    if version(db)? == STEPS.len() {
        return Ok(());
    }
    let tx = db.transaction()?;
    // Read again: another process may have been faster.
    let done = version(&tx)?;
    refuse_newer(done)?;
    for step in &STEPS[done..] {
        tx.execute_batch(step).context("bringing the database up to date")?;
    }
    if done > 0 && done <= OTHER_FINGERPRINTS {
        take_fingerprints(&tx).context("bringing the database up to date")?;
    }
    if done == WIDE_BANDS {
        narrow_bands(&tx).context("bringing the database up to date")?;
    }
    if done > 0 && done <= WITHOUT_SUMS {
        sums::rebuild(&tx, &stored_zone(&tx)?).context("bringing the database up to date")?;
    }
    tx.pragma_update(None, "user_version", STEPS.len())?;
    Ok(tx.commit()?)
}

/// An error unless the database is exactly as this program writes it.
pub(super) fn require_current(db: &Connection) -> Result<()> {
    let done = version(db)?;
    refuse_newer(done)?;
    if done < STEPS.len() {
        bail!("it was written by an older vigie; `vigie poll` or `vigie run` brings it up to date");
    }
    Ok(())
}

pub(super) fn require_not_newer(db: &Connection) -> Result<()> {
    refuse_newer(version(db)?)
}

fn version(db: &Connection) -> Result<usize> {
    Ok(db.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn refuse_newer(done: usize) -> Result<()> {
    if done > STEPS.len() {
        bail!(
            "it was written by a newer vigie (schema {done}, this one knows {}); update vigie to open it",
            STEPS.len()
        );
    }
    Ok(())
}

const STEPS: &[&str] = &[
    // Times are whole seconds of Unix time. Tones are 0 negative, 1 neutral, 2 positive, 3 not judged.
    "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

    -- Every source ever heard; `configured` and `enabled` say what feeds.toml says today.
    CREATE TABLE sources (
        source INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        url TEXT,
        configured INTEGER NOT NULL DEFAULT 0,
        enabled INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL DEFAULT 'new',
        etag TEXT,
        last_modified TEXT,
        body_hash BLOB,
        first_good INTEGER,
        -- How far back its first document reaches.
        reach INTEGER,
        last_good INTEGER,
        last_poll INTEGER,
        next_poll INTEGER,
        failures INTEGER NOT NULL DEFAULT 0,
        note TEXT,
        mentions INTEGER NOT NULL DEFAULT 0
    );

    -- Times in which a source could not be heard; the last one may still be open.
    CREATE TABLE gaps (
        source INTEGER NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER,
        PRIMARY KEY (source, since)
    ) WITHOUT ROWID;

    -- `at` is published, else observed; `story` the earliest entry of its story, often itself.
    CREATE TABLE entries (
        entry INTEGER PRIMARY KEY,
        id BLOB NOT NULL UNIQUE,
        source INTEGER NOT NULL,
        story INTEGER NOT NULL,
        at INTEGER NOT NULL,
        published INTEGER,
        observed INTEGER NOT NULL,
        backfill INTEGER NOT NULL,
        language TEXT NOT NULL,
        declared_language TEXT,
        guid TEXT,
        link TEXT,
        author TEXT,
        tags TEXT,
        title TEXT,
        text TEXT NOT NULL
    );
    CREATE INDEX entries_by_story ON entries (story);
    CREATE INDEX entries_by_time ON entries (at);

    -- What an entry is known by within its source: hashes of guids, links, contents.
    CREATE TABLE keys (
        source INTEGER NOT NULL,
        key BLOB NOT NULL,
        entry INTEGER NOT NULL,
        PRIMARY KEY (source, key)
    ) WITHOUT ROWID;

    -- The texts an entry ever had, as hashes, with what finding its near-duplicates needs.
    CREATE TABLE revisions (
        entry INTEGER NOT NULL,
        text_hash BLOB NOT NULL,
        observed INTEGER NOT NULL,
        at INTEGER NOT NULL,
        fingerprint BLOB NOT NULL,
        PRIMARY KEY (entry, text_hash)
    ) WITHOUT ROWID;

    -- Revisions by the bands of their fingerprints.
    CREATE TABLE bands (
        band INTEGER NOT NULL,
        at INTEGER NOT NULL,
        entry INTEGER NOT NULL,
        PRIMARY KEY (band, at, entry)
    ) WITHOUT ROWID;

    -- What is counted: a brand (query ''), or a brand within a saved query.
    CREATE TABLE subjects (
        subject INTEGER PRIMARY KEY,
        brand TEXT NOT NULL,
        query TEXT NOT NULL,
        UNIQUE (brand, query)
    );

    -- `brand` is the subject of the brand as a whole; `queries` a JSON list or null.
    CREATE TABLE mentions (
        mention INTEGER PRIMARY KEY,
        id BLOB NOT NULL UNIQUE,
        entry INTEGER NOT NULL,
        brand INTEGER NOT NULL,
        rev INTEGER NOT NULL UNIQUE,
        own_voice INTEGER NOT NULL,
        tone INTEGER NOT NULL,
        sentiment BLOB,
        queries TEXT,
        status TEXT NOT NULL DEFAULT 'new',
        tags TEXT,
        title_spans BLOB NOT NULL,
        text_spans BLOB NOT NULL,
        UNIQUE (entry, brand)
    );

    -- Mentions that are gone, for derived copies.
    CREATE TABLE tombstones (rev INTEGER PRIMARY KEY, id BLOB NOT NULL);

    -- Mentions that count, under every subject they count for.
    CREATE TABLE counted (
        subject INTEGER NOT NULL,
        at INTEGER NOT NULL,
        mention INTEGER NOT NULL,
        source INTEGER NOT NULL,
        language TEXT NOT NULL,
        tone INTEGER NOT NULL,
        backfill INTEGER NOT NULL,
        PRIMARY KEY (subject, at, mention)
    ) WITHOUT ROWID;

    -- The earliest counted mention of each subject in each story: where the story counts.
    CREATE TABLE story_firsts (
        story INTEGER NOT NULL,
        subject INTEGER NOT NULL,
        mention INTEGER NOT NULL,
        PRIMARY KEY (story, subject)
    ) WITHOUT ROWID;

    -- Sums over `counted` and `story_firsts`. `grain` is 0 for minutes, 1 for days of the user's zone;
    -- `bucket` is where the minute or day starts.
    CREATE TABLE rollups (
        subject INTEGER NOT NULL,
        grain INTEGER NOT NULL,
        bucket INTEGER NOT NULL,
        source INTEGER NOT NULL,
        language TEXT NOT NULL,
        tone INTEGER NOT NULL,
        backfill INTEGER NOT NULL,
        mentions INTEGER NOT NULL,
        stories INTEGER NOT NULL,
        PRIMARY KEY (subject, grain, bucket, source, language, tone, backfill)
    ) WITHOUT ROWID;

    -- Minutes whose live counts changed and at which rev, until rules have looked at them.
    CREATE TABLE touched (
        subject INTEGER NOT NULL,
        minute INTEGER NOT NULL,
        rev INTEGER NOT NULL,
        PRIMARY KEY (subject, minute)
    ) WITHOUT ROWID;

    -- Times are RFC 3339 here, lists and numbers that belong together JSON.
    CREATE TABLE alerts (
        id TEXT PRIMARY KEY,
        rule TEXT NOT NULL,
        brand TEXT NOT NULL,
        state TEXT NOT NULL,
        severity TEXT NOT NULL,
        since TEXT NOT NULL,
        fired_at TEXT,
        until TEXT,
        last_held TEXT NOT NULL,
        seen_at TEXT NOT NULL,
        acknowledged_at TEXT,
        false_alarm INTEGER NOT NULL DEFAULT 0,
        reason TEXT NOT NULL,
        playbook TEXT,
        rule_text TEXT NOT NULL,
        config_hash TEXT NOT NULL,
        observed TEXT NOT NULL,
        baseline TEXT,
        series TEXT,
        evidence TEXT NOT NULL,
        evidence_sources TEXT NOT NULL,
        terms TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX alerts_by_rule ON alerts (rule, brand, since);

    -- Notices; a delivered one stays, so that it is never told again.
    CREATE TABLE notices (
        notice INTEGER PRIMARY KEY,
        key TEXT NOT NULL,
        notifier TEXT NOT NULL,
        alert TEXT,
        severity TEXT NOT NULL,
        title TEXT NOT NULL,
        body TEXT NOT NULL,
        due INTEGER,
        attempts INTEGER NOT NULL DEFAULT 0,
        delivered INTEGER,
        note TEXT,
        UNIQUE (key, notifier)
    );
    CREATE INDEX notices_by_due ON notices (due) WHERE due IS NOT NULL;
    ",
    // `born_rev` is the rev at which a mention was first heard; 0 where it was found in an entry heard
    // before, after a change of brands or queries.
    "
    ALTER TABLE mentions ADD COLUMN born_rev INTEGER NOT NULL DEFAULT 0;
    UPDATE mentions SET born_rev = rev;
    ALTER TABLE alerts ADD COLUMN query TEXT;
    ",
    // What was kept before counts as heard with the brands and queries of then.
    "
    -- What was listened for when its last whole document was read.
    ALTER TABLE sources ADD COLUMN heard_with TEXT;
    UPDATE sources SET heard_with = coalesce((SELECT value FROM meta WHERE key = 'listening'), '')
        WHERE first_good IS NOT NULL;

    -- A mention found in a kept entry by a later change of brands is back-fill, whatever its entry is; so is
    -- one within the saved queries that were found to hold later, a JSON list or null.
    ALTER TABLE mentions ADD COLUMN backfill INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE mentions ADD COLUMN late_queries TEXT;
    ",
    "
    -- What was repaired in its last whole document: a JSON list of kind and message, or null.
    ALTER TABLE sources ADD COLUMN problems TEXT;
    -- Where polls in a row were led to for good, since when and how often.
    ALTER TABLE sources ADD COLUMN moved_to TEXT;
    ALTER TABLE sources ADD COLUMN moved_since INTEGER;
    ALTER TABLE sources ADD COLUMN moved_latest INTEGER;
    ALTER TABLE sources ADD COLUMN moved_times INTEGER;
    -- What the publisher asks for: seconds, and hours and days as bits.
    ALTER TABLE sources ADD COLUMN wished_s INTEGER;
    ALTER TABLE sources ADD COLUMN skip_hours INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sources ADD COLUMN skip_days INTEGER NOT NULL DEFAULT 0;
    -- Its rhythm: the date of its newest entry, and its usual pause in seconds.
    ALTER TABLE sources ADD COLUMN newest INTEGER;
    ALTER TABLE sources ADD COLUMN pause_s INTEGER;

    -- Hosts that asked to be left alone.
    CREATE TABLE hosts (host TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
    ",
    "
    -- What readers did with an entry, as its source counts it: JSON or null.
    ALTER TABLE entries ADD COLUMN engagement TEXT;

    -- The requests that presets make, by their keys: what is kept of each from poll to poll. `stretches` are
    -- the older things still to be read, JSON; `heard_with` what was listened for at its last answer.
    CREATE TABLE asks (
        source INTEGER NOT NULL,
        key TEXT NOT NULL,
        etag TEXT,
        last_modified TEXT,
        body_hash BLOB,
        last_good INTEGER,
        newest INTEGER,
        stretches TEXT NOT NULL,
        heard_with TEXT NOT NULL,
        -- How far back its documents tell of all there was.
        reach INTEGER,
        PRIMARY KEY (source, key)
    ) WITHOUT ROWID;

    -- How often an article was looked at, day by day; a day is written as 2026-01-31.
    CREATE TABLE attention (
        source INTEGER NOT NULL,
        article TEXT NOT NULL,
        day TEXT NOT NULL,
        views INTEGER NOT NULL,
        PRIMARY KEY (source, article, day)
    ) WITHOUT ROWID;
    ",
    // Up to where streams were read, in microseconds.
    "
    CREATE TABLE streams (source INTEGER PRIMARY KEY, cursor INTEGER NOT NULL);
    ",
    "
    -- What an import said of an entry beside all that has a place: a JSON object or null.
    ALTER TABLE entries ADD COLUMN extra TEXT;
    ",
    // Of what expired, counts and hashes stay.
    "
    -- An expired entry by which a story goes that still has others: of it only id and times are left.
    ALTER TABLE entries ADD COLUMN expired INTEGER NOT NULL DEFAULT 0;
    -- How much of a count is of mentions that expired.
    ALTER TABLE rollups ADD COLUMN expired_mentions INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE rollups ADD COLUMN expired_stories INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE tombstones ADD COLUMN expired INTEGER NOT NULL DEFAULT 0;
    ",
    // Fingerprints of another kind, which are like none of before.
    "
    -- What takes the place of the bands of before is drawn from the texts that are kept.
    CREATE TEMP TABLE compared AS SELECT DISTINCT entry FROM bands;
    DELETE FROM bands;
    -- Texts that are gone, of entries that were edited, are like no other.
    UPDATE revisions SET fingerprint = zeroblob(0);
    ",
    // Smaller fingerprints: bands lose their low byte.
    "
    ALTER TABLE bands RENAME TO bands_before;
    -- Revisions by the bands of their fingerprints and the days they are of: band * 65536 + day since 1970.
    CREATE TABLE bands (
        place INTEGER NOT NULL,
        entry INTEGER NOT NULL,
        PRIMARY KEY (place, entry)
    ) WITHOUT ROWID;
    INSERT OR IGNORE INTO bands (place, entry)
        SELECT max(1, (band & 0xffffffff) >> 8) * 65536 + max(0, min(65535, at / 86400)), entry
        FROM bands_before;
    DROP TABLE bands_before;
    ",
    // Who told the tones of before is not known.
    "
    -- Models that told tones, by their names.
    CREATE TABLE models (model INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    ALTER TABLE mentions ADD COLUMN model INTEGER;
    ",
    // Silences, what they muted, and annotations; times are RFC 3339, as those of alerts.
    "
    ALTER TABLE alerts ADD COLUMN acknowledged_by TEXT;
    ALTER TABLE alerts ADD COLUMN acknowledged_comment TEXT;
    -- A rule or a brand that is NULL means all of them.
    CREATE TABLE silences (
        silence INTEGER PRIMARY KEY AUTOINCREMENT,
        rule TEXT,
        brand TEXT,
        since TEXT NOT NULL,
        until TEXT NOT NULL,
        author TEXT NOT NULL,
        comment TEXT NOT NULL
    );
    -- News that was not told, and when it was after all.
    CREATE TABLE muted (
        alert TEXT NOT NULL,
        news TEXT NOT NULL,
        silence INTEGER NOT NULL,
        at TEXT NOT NULL,
        told TEXT,
        PRIMARY KEY (alert, news)
    ) WITHOUT ROWID;
    CREATE TABLE annotations (
        annotation INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        brand TEXT,
        text TEXT NOT NULL
    );
    ",
    // Notices of before were one text each; what was given up before is not known to be of any time.
    "
    ALTER TABLE notices ADD COLUMN topic TEXT NOT NULL DEFAULT 'alert';
    ALTER TABLE notices ADD COLUMN rule TEXT;
    -- When it was decided to tell it.
    ALTER TABLE notices ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
    -- Headline, sections and command, as JSON.
    ALTER TABLE notices ADD COLUMN content TEXT NOT NULL DEFAULT '{}';
    -- The key under which it was tried first, alone or with others.
    ALTER TABLE notices ADD COLUMN sent_as TEXT;
    ALTER TABLE notices ADD COLUMN given_up INTEGER;
    UPDATE notices SET
        topic = CASE WHEN alert IS NULL THEN 'source' ELSE 'alert' END,
        rule = (SELECT rule FROM alerts WHERE id = notices.alert),
        at = coalesce(due, delivered, 0),
        sent_as = CASE WHEN attempts > 0 THEN key END;
    DROP INDEX notices_by_due;
    CREATE INDEX notices_that_wait ON notices (notice) WHERE due IS NOT NULL;

    -- How each way to tell is doing.
    CREATE TABLE notifiers (
        id TEXT PRIMARY KEY,
        -- When something was told last.
        told INTEGER,
        -- Attempts in a row that did not reach it, when the latest was, why, and until when it is left alone.
        failures INTEGER NOT NULL DEFAULT 0,
        failed INTEGER,
        note TEXT,
        waits_until INTEGER
    ) WITHOUT ROWID;
    INSERT INTO notifiers (id, told)
        SELECT notifier, max(delivered) FROM notices WHERE delivered IS NOT NULL GROUP BY notifier;
    ",
    "
    -- Counts of a window as they were, under a name; lists are JSON.
    CREATE TABLE baselines (
        name TEXT PRIMARY KEY,
        saved INTEGER NOT NULL,
        query TEXT,
        since INTEGER NOT NULL,
        until INTEGER NOT NULL,
        steady TEXT NOT NULL,
        counts TEXT NOT NULL
    ) WITHOUT ROWID;

    -- What an entry carries: 0 text, 1 image, 2 audio, 3 video.
    ALTER TABLE entries ADD COLUMN format INTEGER NOT NULL DEFAULT 0;
    ",
    "
    -- What people did with mentions: `deed` is tag, untag, note or status, `value` of what.
    CREATE TABLE handlings (
        handling INTEGER PRIMARY KEY,
        mention INTEGER NOT NULL,
        at INTEGER NOT NULL,
        who TEXT,
        deed TEXT NOT NULL,
        value TEXT NOT NULL
    );
    CREATE INDEX handlings_by_mention ON handlings (mention);
    ",
    "
    -- By source, hashes of passages that its documents repeat: 8 bytes each, oldest first.
    CREATE TABLE repeated (source INTEGER PRIMARY KEY, passages BLOB NOT NULL);
    ",
    // Bands by fortnights. An entry's guid that is its link is not kept twice from here on.
    "
    ALTER TABLE bands RENAME TO bands_before;
    -- Revisions by the fortnights they are of and the bands of their fingerprints: fortnight since 1970 * 2^24 +
    -- band.
    CREATE TABLE bands (
        place INTEGER NOT NULL,
        entry INTEGER NOT NULL,
        PRIMARY KEY (place, entry)
    ) WITHOUT ROWID;
    INSERT OR IGNORE INTO bands (place, entry)
        SELECT (place & 0xffff) / 14 * 0x1000000 + (place >> 16), entry FROM bands_before ORDER BY 1;
    DROP TABLE bands_before;
    ",
    // Sums over rollups, in place of rollups by day.
    "
    ALTER TABLE rollups RENAME TO rollups_before;
    -- Sums over `counted` and `story_firsts`; `bucket` is where the minute starts.
    CREATE TABLE rollups (
        subject INTEGER NOT NULL,
        bucket INTEGER NOT NULL,
        source INTEGER NOT NULL,
        language TEXT NOT NULL,
        tone INTEGER NOT NULL,
        backfill INTEGER NOT NULL,
        mentions INTEGER NOT NULL,
        stories INTEGER NOT NULL,
        expired_mentions INTEGER NOT NULL DEFAULT 0,
        expired_stories INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (subject, bucket, source, language, tone, backfill)
    ) WITHOUT ROWID;
    INSERT INTO rollups
        SELECT subject, bucket, source, language, tone, backfill, mentions, stories, expired_mentions,
            expired_stories
        FROM rollups_before WHERE grain = 0;
    DROP TABLE rollups_before;
    CREATE INDEX rollups_by_source ON rollups (source, bucket);

    -- Sums over rollups, by days of the user's zone, and by source and month of that zone; mentions by tone
    -- too. `day` and `month` are where they start.
    CREATE TABLE day_sums (
        subject INTEGER NOT NULL,
        day INTEGER NOT NULL,
        mentions INTEGER NOT NULL,
        stories INTEGER NOT NULL,
        negative INTEGER NOT NULL,
        neutral INTEGER NOT NULL,
        positive INTEGER NOT NULL,
        PRIMARY KEY (subject, day)
    ) WITHOUT ROWID;
    CREATE TABLE source_months (
        subject INTEGER NOT NULL,
        month INTEGER NOT NULL,
        source INTEGER NOT NULL,
        language TEXT NOT NULL,
        mentions INTEGER NOT NULL,
        stories INTEGER NOT NULL,
        negative INTEGER NOT NULL,
        neutral INTEGER NOT NULL,
        positive INTEGER NOT NULL,
        PRIMARY KEY (subject, month, source, language)
    ) WITHOUT ROWID;
    ",
    "
    -- Words of crisis in the evidence: a JSON list.
    ALTER TABLE alerts ADD COLUMN triggers TEXT NOT NULL DEFAULT '[]';
    ",
];

/// The step up to which there were no sums over rollups.
const WITHOUT_SUMS: usize = 17;

/// The step after which fingerprints are of the kind that this program takes.
const OTHER_FINGERPRINTS: usize = 8;

/// Takes the fingerprints of all kept texts, and files those that were filed before. Stories stay as they are:
/// links are never taken back.
fn take_fingerprints(db: &Connection) -> Result<()> {
    let mut texts = db.prepare(
        "SELECT e.entry, coalesce(e.title, ''), e.text, r.text_hash, r.at,
             e.entry IN (SELECT entry FROM compared)
         FROM entries e JOIN revisions r USING (entry)
         WHERE e.expired = 0 GROUP BY e.entry HAVING max(r.observed)",
    )?;
    let mut update =
        db.prepare("UPDATE revisions SET fingerprint = ?3 WHERE entry = ?1 AND text_hash = ?2")?;
    let mut file = db.prepare("INSERT OR IGNORE INTO bands (place, entry) VALUES (?1, ?2)")?;
    let mut rows = texts.query([])?;
    while let Some(row) = rows.next()? {
        let entry: i64 = row.get(0)?;
        let fingerprint = Fingerprint::of(row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?);
        update.execute(params![entry, row.get_ref(3)?.as_blob()?, fingerprint.to_bytes()])?;
        if row.get(5)? {
            for band in fingerprint.bands() {
                file.execute([stories::place(band, row.get(4)?), entry])?;
            }
        }
    }
    db.execute_batch("DROP TABLE compared")?;
    Ok(())
}

/// The step up to which each band of a fingerprint had four bytes.
const WIDE_BANDS: usize = 9;

fn narrow_bands(db: &Connection) -> Result<()> {
    let mut update =
        db.prepare("UPDATE revisions SET fingerprint = ?3 WHERE entry = ?1 AND text_hash = ?2")?;
    let mut keys = db.prepare("SELECT entry, text_hash, fingerprint FROM revisions")?;
    let mut rows = keys.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(narrow) = Fingerprint::narrowed(row.get_ref(2)?.as_blob()?) {
            update.execute(params![row.get::<_, i64>(0)?, row.get_ref(1)?.as_blob()?, narrow])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database as a vigie leaves it that knows the first so many steps.
    fn as_left_by(steps: usize) -> Connection {
        let db = Connection::open_in_memory().unwrap();
        for step in &STEPS[..steps] {
            db.execute_batch(step).unwrap();
        }
        db.pragma_update(None, "user_version", steps).unwrap();
        db
    }

    #[test]
    fn what_was_heard_before_was_heard_with_the_brands_of_then() {
        let mut db = as_left_by(1);
        db.execute_batch(
            "INSERT INTO meta VALUES ('listening', 'one');
             INSERT INTO sources (id, first_good) VALUES ('heard', 1), ('new', NULL);",
        )
        .unwrap();
        migrate(&mut db).unwrap();
        require_current(&db).unwrap();
        let mut statement = db.prepare("SELECT heard_with FROM sources ORDER BY id").unwrap();
        let heard: Vec<Option<String>> =
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(heard, [Some("one".to_owned()), None]);
    }

    #[test]
    fn of_what_was_counted_before_nothing_has_expired() {
        let mut db = as_left_by(7);
        db.execute_batch(
            "INSERT INTO entries (entry, id, source, story, at, observed, backfill, language, text)
                 VALUES (1, x'01', 1, 1, 60, 60, 0, 'en', 'acme');
             INSERT INTO rollups VALUES (1, 0, 60, 1, 'en', 1, 0, 1, 1);
             INSERT INTO tombstones VALUES (7, x'02');",
        )
        .unwrap();
        migrate(&mut db).unwrap();
        require_current(&db).unwrap();
        let expired: (i64, i64, i64, i64, i64) = db
            .query_row(
                "SELECT mentions, expired_mentions, expired_stories, entries.expired, tombstones.expired
                 FROM rollups, entries, tombstones",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
            )
            .unwrap();
        assert_eq!(expired, (1, 0, 0, 0, 0));
    }

    #[test]
    fn rollups_by_day_give_way_to_sums() {
        let mut db = as_left_by(WITHOUT_SUMS);
        db.execute_batch(
            "INSERT INTO meta VALUES ('zone', 'Europe/Paris');
             INSERT INTO rollups (subject, grain, bucket, source, language, tone, backfill, mentions, stories) VALUES
                 -- Half past midnight on 1 February in Paris, and an hour before.
                 (1, 0, 1769902200, 7, 'en', 0, 0, 3, 1), (1, 0, 1769898600, 7, 'en', 3, 1, 1, 1),
                 (1, 1, 1769900400, 7, 'en', 0, 0, 3, 1), (1, 1, 1769814000, 7, 'en', 3, 1, 1, 1);",
        )
        .unwrap();
        migrate(&mut db).unwrap();
        require_current(&db).unwrap();
        let all = |sql: &str| -> Vec<Vec<i64>> {
            let mut statement = db.prepare(sql).unwrap();
            let columns = statement.column_count();
            let rows = statement.query_map([], |row| (0..columns).map(|at| row.get(at)).collect()).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        assert_eq!(all("SELECT bucket, mentions FROM rollups"), [[1_769_898_600, 1], [1_769_902_200, 3]]);
        let days = "SELECT day, mentions, stories, negative, neutral, positive FROM day_sums";
        assert_eq!(all(days), [[1_769_814_000, 1, 1, 0, 0, 0], [1_769_900_400, 3, 1, 3, 0, 0]]);
        let months = "SELECT month, source, mentions, stories, negative FROM source_months";
        assert_eq!(all(months), [[1_767_222_000, 7, 1, 1, 0], [1_769_900_400, 7, 3, 1, 3]]);
    }

    #[test]
    fn who_told_the_tones_of_before_is_not_known() {
        let mut db = as_left_by(10);
        db.execute_batch(
            "INSERT INTO mentions (id, entry, brand, rev, own_voice, tone, title_spans, text_spans)
                 VALUES (x'01', 1, 1, 1, 0, 1, x'', x'')",
        )
        .unwrap();
        migrate(&mut db).unwrap();
        require_current(&db).unwrap();
        let sql = "SELECT model, (SELECT count(*) FROM models) FROM mentions";
        let told: (Option<i64>, i64) = db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(told, (None, 0));
    }

    #[test]
    fn kept_texts_get_fingerprints_of_the_kind_of_now() {
        let mut db = as_left_by(OTHER_FINGERPRINTS);
        db.execute_batch(
            "INSERT INTO entries (entry, id, source, story, at, observed, backfill, language, title, text) VALUES
                 (1, x'01', 1, 1, 60, 60, 0, 'en', 'Acme', 'is down'),
                 (2, x'02', 1, 2, 60, 60, 0, 'en', NULL, 'names nobody');
             INSERT INTO revisions VALUES
                 (1, x'0a', 50, 50, zeroblob(128)), (1, x'0b', 70, 60, zeroblob(128)),
                 (2, x'0c', 60, 60, zeroblob(128));
             INSERT INTO bands VALUES (1, 60, 1);",
        )
        .unwrap();
        migrate(&mut db).unwrap();
        let mut statement = db.prepare("SELECT fingerprint FROM revisions ORDER BY text_hash").unwrap();
        let stored: Vec<Vec<u8>> =
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        let (named, other) = (Fingerprint::of("Acme", "is down"), Fingerprint::of("", "names nobody"));
        assert_eq!(stored, [vec![], named.to_bytes().to_vec(), other.to_bytes().to_vec()]);
        assert_eq!(filed(&db), named.bands().map(|band| (stories::place(band, 60), 1)).collect::<Vec<_>>());
    }

    fn filed(db: &Connection) -> Vec<(i64, i64)> {
        let mut statement = db.prepare("SELECT place, entry FROM bands").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn bands_filed_by_the_second_are_filed_by_the_day() {
        let mut db = as_left_by(WIDE_BANDS);
        let times = [-90_000, -1, 0, 86_399, 86_400, 1_767_225_600, 9_999_999_999];
        let bands = [1, i32::MAX, i32::MIN, -1];
        let both = bands.into_iter().flat_map(|band| times.map(|at| (band, at)));
        for (band, at) in both.clone() {
            db.execute("INSERT INTO bands VALUES (?1, ?2, 7)", params![band, at]).unwrap();
        }
        let print = Fingerprint::of("Acme", "is down, says the company that runs half of the network there");
        let bytes = print.to_bytes();
        let (sketches, narrow) = bytes.split_at(bytes.len() - 3 * 10);
        let wide = |band: &[u8]| match band {
            [0, 0, 0] => [0; 4],
            band => [9, band[0], band[1], band[2]],
        };
        let wide: Vec<u8> = narrow.chunks(3).flat_map(wide).collect();
        db.execute("INSERT INTO revisions VALUES (7, x'0a', 0, 0, ?1)", [[sketches, &wide].concat()])
            .unwrap();
        migrate(&mut db).unwrap();
        let mut expected: Vec<_> =
            both.map(|(band, at)| (stories::place((band.cast_unsigned() >> 8).max(1), at), 7)).collect();
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(filed(&db), expected);
        let stored: Vec<u8> =
            db.query_row("SELECT fingerprint FROM revisions", [], |row| row.get(0)).unwrap();
        assert_eq!(stored, bytes);
    }
}
