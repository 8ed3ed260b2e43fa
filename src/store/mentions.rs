//! Mentions: how they are written, how people read them, and the history of their changes.

use anyhow::{Context, Result};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::entries::mention_id;
use super::handlings::forget_handlings;
use super::rollups::{BACKFILL, Ledger, known_subject, subject_number};
use super::stories::{self, Facts};
use super::{Reader, Scope, hex, id_bytes, instant, list_from_json, list_to_json, rows};
use crate::model::{
    BrandId, Change, EntryId, Language, Mention, MentionId, MentionStatus, Sentiment, SentimentLabel,
    SourceId, StoryId, Timestamp,
};
use crate::prepare::PreparedMention;
use crate::text::Span;

impl Reader {
    pub fn mention(&self, id: &MentionId) -> Result<Option<Mention>> {
        match id_bytes(id.as_str()) {
            Some(bytes) => Ok(self.select_mentions("WHERE m.id = ?1", [bytes])?.pop()),
            None => Ok(None),
        }
    }

    /// The mentions whose ids begin so, at most two: one is the one meant.
    pub fn mentions_beginning(&self, id: &str) -> Result<Vec<Mention>> {
        let digits = id.strip_prefix("m_").unwrap_or(id);
        let bound = |filler: char| {
            let filled: String = digits.chars().chain(std::iter::repeat(filler)).take(32).collect();
            (digits.len() <= 32).then(|| id_bytes(&format!("m_{filled}"))).flatten()
        };
        match bound('0').zip(bound('f')) {
            Some((low, high)) => {
                self.select_mentions("WHERE m.id BETWEEN ?1 AND ?2 ORDER BY m.id LIMIT 2", [low, high])
            }
            None => Ok(Vec::new()),
        }
    }

    /// In the order of `ids`; those that do not exist (any more) are left out.
    pub fn mentions(&self, ids: &[MentionId]) -> Result<Vec<Mention>> {
        ids.iter().filter_map(|id| self.mention(id).transpose()).collect()
    }

    /// The newest of `ids`, one of each entry, newest first.
    pub fn newest_of(&self, ids: &[MentionId], limit: usize) -> Result<Vec<Mention>> {
        // A round may bring more than one would want in memory whole.
        let mut statement = self.db.prepare_cached(
            "SELECT e.at, e.entry, m.mention FROM mentions m JOIN entries e USING (entry) WHERE m.id = ?1",
        )?;
        let mut found: Vec<(i64, i64, i64)> = Vec::with_capacity(ids.len());
        for id in ids.iter().filter_map(|id| id_bytes(id.as_str())) {
            let row = statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
            found.extend(row.optional()?);
        }
        found.sort_by_key(|(at, entry, _)| std::cmp::Reverse((*at, *entry)));
        found.dedup_by_key(|(_, entry, _)| *entry);
        found.iter().take(limit).map(|(_, _, mention)| self.numbered_mention(*mention)).collect()
    }

    /// The number of a mention that is kept.
    pub fn mention_number(&self, id: &MentionId) -> Result<Option<i64>> {
        let Some(id) = id_bytes(id.as_str()) else { return Ok(None) };
        let mut statement = self.db.prepare_cached("SELECT mention FROM mentions WHERE id = ?1")?;
        Ok(statement.query_row([id], |row| row.get(0)).optional()?)
    }

    /// Every mention there is, sorted: to compare a derived copy with.
    pub fn mention_ids(&self) -> Result<Vec<MentionId>> {
        let mut statement = self.db.prepare("SELECT id FROM mentions ORDER BY id")?;
        let rows = statement.query_map([], |row| Ok(MentionId::new(prefixed("m_", row.get(0)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many mentions are kept.
    pub fn mention_count(&self) -> Result<u64> {
        Ok(self.db.query_row("SELECT count(*) FROM mentions", [], |row| row.get(0))?)
    }

    /// How many tones each model has told, the most first; `None` where it is not known which.
    pub fn tones_by_model(&self) -> Result<Vec<(Option<String>, u64)>> {
        let mut statement = self.db.prepare(
            "SELECT name, count(*) FROM mentions LEFT JOIN models USING (model) WHERE sentiment IS NOT NULL
             GROUP BY name ORDER BY count(*) DESC, name",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many mentions were heard in a source, expired ones and the brands' own voice included.
    pub fn mention_count_of_source(&self, source: &SourceId) -> Result<u64> {
        let mut statement = self.db.prepare_cached("SELECT mentions FROM sources WHERE id = ?1")?;
        Ok(statement.query_row([source.as_str()], |row| row.get(0)).optional()?.unwrap_or(0))
    }

    /// What counts in `scope` (never the brand's own voice), of one tone or of all, newest first.
    pub fn mention_rows(
        &self,
        scope: &Scope<'_>,
        tone: Option<SentimentLabel>,
        limit: usize,
    ) -> Result<Vec<Mention>> {
        let Some(subject) = known_subject(&self.db, scope.brand, scope.query.unwrap_or(""))? else {
            return Ok(Vec::new());
        };
        let mut statement = self.db.prepare_cached(
            "SELECT mention FROM counted
             WHERE subject = ?1 AND at >= ?2 AND at < ?3 AND backfill <= ?4 AND (?5 IS NULL OR tone = ?5)
             ORDER BY at DESC, mention DESC LIMIT ?6",
        )?;
        let tone = tone.map(|tone| tone_number(Some(tone)));
        let (since, until) = (scope.since.as_second(), scope.until.as_second());
        let found = statement
            .query_map(params![subject, since, until, scope.most(), tone, rows(limit)], |row| row.get(0))?
            .collect::<Result<Vec<i64>, _>>()?;
        found.into_iter().map(|mention| self.numbered_mention(mention)).collect()
    }

    /// What a brand said itself in `[since, until)`, the latest first.
    pub fn own_voice(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Mention>> {
        self.select_mentions(
            "WHERE b.brand = ?1 AND m.own_voice = 1 AND e.at >= ?2 AND e.at < ?3
             ORDER BY e.at DESC, e.id LIMIT ?4",
            params![brand.as_str(), since.as_second(), until.as_second(), rows(limit)],
        )
    }

    /// The story's id today, for any id it ever had: one of its entries' digits.
    pub fn story_of(&self, id: &StoryId) -> Result<Option<StoryId>> {
        let Some((_, first)) = self.find_story(id)? else { return Ok(None) };
        Ok(Some(StoryId::new(format!("s_{}", hex(&first)))))
    }

    /// All mentions of a story, under any id it ever had, oldest first.
    pub fn story(&self, id: &StoryId) -> Result<Vec<Mention>> {
        let Some((story, _)) = self.find_story(id)? else { return Ok(Vec::new()) };
        self.select_mentions("WHERE e.story = ?1 ORDER BY e.at, e.id, b.brand", [story])
    }

    /// What changed after `rev`, each mention once, as it is now; ordered by rev.
    pub fn changes_since(&self, rev: u64, limit: usize) -> Result<Vec<(u64, Change)>> {
        let mut statement = self.db.prepare_cached(&format!(
            "SELECT {MENTION_COLUMNS}, m.rev, m.born_rev > ?1 {MENTION_TABLES}
             WHERE m.rev > ?1 ORDER BY m.rev LIMIT ?2"
        ))?;
        let mut changes = statement
            .query_and_then(params![rev, rows(limit)], |row| {
                let mention = Box::new(read_mention(row)?);
                let (rev, is_new) = (row.get(MENTION_WIDTH)?, row.get(MENTION_WIDTH + 1)?);
                // Whoever asks for what came after a rev was never told of what was born after it.
                Ok((rev, if is_new { Change::New(mention) } else { Change::Put(mention) }))
            })?
            .collect::<Result<Vec<(u64, Change)>>>()?;
        let mut statement =
            self.db.prepare_cached("SELECT rev, id FROM tombstones WHERE rev > ?1 ORDER BY rev LIMIT ?2")?;
        let gone = statement.query_and_then(params![rev, rows(limit)], |row| {
            Ok((row.get(0)?, Change::Gone(MentionId::new(prefixed("m_", row.get(1)?)))))
        })?;
        let gone = gone.collect::<Result<Vec<(u64, Change)>>>()?;
        if !gone.is_empty() {
            changes.extend(gone);
            changes.sort_by_key(|(rev, _)| *rev);
            changes.truncate(limit);
        }
        Ok(changes)
    }

    /// A page of a brand's news, no back-fill that may be old and not in its own voice, ordered by rev: pass `None` first, then the
    /// rev that came with the last one.
    pub fn news(&self, brand: &BrandId, heard: Heard, after: Option<u64>, limit: usize) -> Result<Vec<News>> {
        let Some(subject) = known_subject(&self.db, brand, "")? else { return Ok(Vec::new()) };
        let (born_after, observed) = match heard {
            Heard::After(rev) => (i64::try_from(rev)?, i64::MIN),
            Heard::Since(time) => (-1, time.as_second()),
        };
        // A mention's rev is never below the one it was born at, and has an index.
        let after = after.map_or(Ok(born_after), i64::try_from)?;
        let mut statement = self.db.prepare_cached(
            "SELECT m.mention, m.rev, m.born_rev FROM mentions m JOIN entries e USING (entry)
             WHERE m.rev > ?1 AND m.born_rev > ?2 AND m.brand = ?3 AND m.own_voice = 0
                 AND e.backfill <> ?6 AND m.backfill = 0 AND e.observed >= ?4
             ORDER BY m.rev LIMIT ?5",
        )?;
        let found = statement
            .query_map(params![after, born_after, subject, observed, rows(limit), BACKFILL], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?
            .collect::<Result<Vec<(i64, u64, u64)>, _>>()?;
        found
            .into_iter()
            .map(|(mention, rev, born_rev)| {
                Ok(News { number: mention, rev, born_rev, mention: self.numbered_mention(mention)? })
            })
            .collect()
    }

    /// Whether a mention counts in `scope`.
    pub fn counts(&self, scope: &Scope<'_>, mention: &MentionId) -> Result<bool> {
        let Some(id) = id_bytes(mention.as_str()) else { return Ok(false) };
        let Some(subject) = known_subject(&self.db, scope.brand, scope.query.unwrap_or(""))? else {
            return Ok(false);
        };
        let mut statement = self.db.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM mentions m JOIN entries e USING (entry)
                 JOIN counted c ON c.subject = ?2 AND c.at = e.at AND c.mention = m.mention
                 WHERE m.id = ?1 AND c.at >= ?3 AND c.at < ?4 AND c.backfill <= ?5)",
        )?;
        let (since, until) = (scope.since.as_second(), scope.until.as_second());
        Ok(statement.query_row(params![id, subject, since, until, scope.most()], |row| row.get(0))?)
    }

    /// Whether a mention that is not kept was deleted for its age.
    pub fn has_expired(&self, mention: &MentionId) -> Result<bool> {
        let Some(id) = id_bytes(mention.as_str()) else { return Ok(false) };
        let mut statement = self
            .db
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM tombstones WHERE id = ?1 AND expired = 1)")?;
        Ok(statement.query_row([id], |row| row.get(0))?)
    }

    /// Whether the entry of a mention got another text after `time`.
    pub fn edited_since(&self, mention: &MentionId, time: Timestamp) -> Result<bool> {
        let Some(id) = id_bytes(mention.as_str()) else { return Ok(false) };
        let mut statement = self.db.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM mentions m JOIN revisions r USING (entry)
                 WHERE m.id = ?1 AND r.observed > ?2)",
        )?;
        Ok(statement.query_row(params![id, time.as_second()], |row| row.get(0))?)
    }

    pub(super) fn numbered_mention(&self, mention: i64) -> Result<Mention> {
        let found = self.select_mentions("WHERE m.mention = ?1", [mention])?.pop();
        found.context("a mention vanished while it was read")
    }

    pub(super) fn select_mentions(&self, condition: &str, parameters: impl Params) -> Result<Vec<Mention>> {
        let mut statement =
            self.db.prepare_cached(&format!("SELECT {MENTION_COLUMNS} {MENTION_TABLES} {condition}"))?;
        statement.query_and_then(parameters, read_mention)?.collect()
    }

    /// The number of a story and the id of the entry it goes by.
    fn find_story(&self, id: &StoryId) -> Result<Option<(i64, [u8; 16])>> {
        let Some(bytes) = id_bytes(id.as_str()) else { return Ok(None) };
        let mut statement = self.db.prepare_cached(
            "SELECT f.entry, f.id FROM entries e JOIN entries f ON f.entry = e.story WHERE e.id = ?1",
        )?;
        Ok(statement.query_row([bytes], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }
}

/// Which mentions are news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// First heard after this rev; an edit makes no news of an old one.
    After(u64),
    /// In entries observed at or after it.
    Since(Timestamp),
}

/// A mention with its place in the order of changes.
#[derive(Clone, Debug, PartialEq)]
pub struct News {
    /// Its number in the store.
    pub number: i64,
    pub rev: u64,
    /// The rev at which it was first heard; 0 if it was found in an entry heard before.
    pub born_rev: u64,
    pub mention: Mention,
}

/// What becomes of mentions an entry had of brands it no longer names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// After an edit: the mention was real, and which edit is heard first is chance.
    Kept,
    /// After a change of brands or queries.
    Dropped,
}

/// Writes the mentions of an entry none of whose mentions is counted, and counts them; the new ones.
pub(super) fn write_mentions(
    ledger: &mut Ledger<'_>,
    entry: i64,
    prepared: &[PreparedMention],
    absent: Absent,
) -> Result<Vec<(MentionId, BrandId)>> {
    let mut new = Vec::new();
    let mut before = mentions_by_brand(ledger.db, entry)?;
    for mention in prepared {
        let brand = subject_number(ledger.db, &mention.matched.brand, "")?;
        let number = match before.iter().position(|&(known, _)| known == brand) {
            Some(index) => {
                let (_, number) = before.swap_remove(index);
                if absent == Absent::Dropped {
                    note_late(ledger.db, number, mention)?;
                }
                let differs = update_mention(ledger.db, number, mention)?;
                // After an edit its text is another one in any case.
                if differs || absent == Absent::Kept {
                    ledger.mark(number);
                }
                number
            }
            None => {
                let (number, id) = insert_mention(ledger, entry, brand, mention, absent)?;
                new.push((id, mention.matched.brand.clone()));
                number
            }
        };
        stories::count(ledger, &Facts::of(ledger.db, number)?)?;
    }
    for (_, number) in before {
        match absent {
            Absent::Kept => {
                // The old spans mean nothing in the new text.
                ledger
                    .db
                    .prepare_cached(
                        "UPDATE mentions SET title_spans = x'', text_spans = x'' WHERE mention = ?1",
                    )?
                    .execute([number])?;
                ledger.mark(number);
                stories::count(ledger, &Facts::of(ledger.db, number)?)?;
            }
            Absent::Dropped => delete_mention(ledger, entry, number)?,
        }
    }
    Ok(new)
}

/// Brand and number of each mention of an entry.
fn mentions_by_brand(db: &Connection, entry: i64) -> Result<Vec<(i64, i64)>> {
    let mut statement = db.prepare_cached("SELECT brand, mention FROM mentions WHERE entry = ?1")?;
    let rows = statement.query_map([entry], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn insert_mention(
    ledger: &mut Ledger<'_>,
    entry: i64,
    brand: i64,
    mention: &PreparedMention,
    absent: Absent,
) -> Result<(i64, MentionId)> {
    let id = mention_id(ledger.db, entry, &mention.matched.brand)?;
    let rev = ledger.next_rev();
    // What was heard before is no news because it is asked for now.
    let born_rev = if absent == Absent::Dropped { 0 } else { rev };
    add_to_source(ledger.db, entry, 1)?;
    ledger
        .db
        .prepare_cached(
            "INSERT INTO mentions
                 (id, entry, brand, rev, born_rev, own_voice, tone, sentiment, model, queries, title_spans,
                  text_spans, backfill)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            id,
            entry,
            brand,
            rev,
            born_rev,
            mention.matched.own_voice,
            tone_number(mention.sentiment.map(|sentiment| sentiment.label())),
            mention.sentiment.map(sentiment_bytes),
            model_number(ledger.db, mention.model.as_deref())?,
            list_to_json(&mention.queries),
            span_bytes(&mention.matched.title_spans),
            span_bytes(&mention.matched.text_spans),
            absent == Absent::Dropped,
        ])?;
    Ok((ledger.db.last_insert_rowid(), MentionId::new(prefixed("m_", id))))
}

/// Before a mention is matched again: what it was not counted as until then, it counts as back-fill from now
/// on.
fn note_late(db: &Connection, number: i64, mention: &PreparedMention) -> Result<()> {
    let mut statement =
        db.prepare_cached("SELECT own_voice, queries, late_queries FROM mentions WHERE mention = ?1")?;
    let (own_voice, queries, late) = statement.query_row([number], |row| {
        Ok((row.get(0)?, row.get::<_, Option<String>>(1)?, row.get::<_, Option<String>>(2)?))
    })?;
    let (queries, late) = (list_from_json(queries.as_deref())?, list_from_json(late.as_deref())?);
    let is_late = |query: &String| late.contains(query) || !queries.contains(query);
    let late: Vec<String> = mention.queries.iter().filter(|query| is_late(query)).cloned().collect();
    let counts_anew = own_voice && !mention.matched.own_voice;
    db.prepare_cached("UPDATE mentions SET late_queries = ?2, backfill = backfill OR ?3 WHERE mention = ?1")?
        .execute(params![number, list_to_json(&late), counts_anew])?;
    Ok(())
}

/// Whether anything differed.
fn update_mention(db: &Connection, number: i64, mention: &PreparedMention) -> Result<bool> {
    let changed = db
        .prepare_cached(
            "UPDATE mentions SET own_voice = ?2, tone = ?3, sentiment = ?4, model = ?5, queries = ?6,
                 title_spans = ?7, text_spans = ?8
             WHERE mention = ?1 AND (own_voice, tone, sentiment, model, queries, title_spans, text_spans)
                 IS NOT (?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            number,
            mention.matched.own_voice,
            tone_number(mention.sentiment.map(|sentiment| sentiment.label())),
            mention.sentiment.map(sentiment_bytes),
            model_number(db, mention.model.as_deref())?,
            list_to_json(&mention.queries),
            span_bytes(&mention.matched.title_spans),
            span_bytes(&mention.matched.text_spans),
        ])?;
    Ok(changed > 0)
}

/// Gives those of the mentions that an entry has the tones they have in `prepared`, and counts them so.
pub(super) fn retell(ledger: &mut Ledger<'_>, entry: i64, prepared: &[PreparedMention]) -> Result<()> {
    let known = mentions_by_brand(ledger.db, entry)?;
    for mention in prepared {
        let brand = subject_number(ledger.db, &mention.matched.brand, "")?;
        let Some(&(_, number)) = known.iter().find(|&&(known, _)| known == brand) else { continue };
        stories::uncount(ledger, &Facts::of(ledger.db, number)?)?;
        if update_mention(ledger.db, number, mention)? {
            ledger.mark(number);
        }
        stories::count(ledger, &Facts::of(ledger.db, number)?)?;
    }
    Ok(())
}

/// The number of a model, which is made if it is new.
fn model_number(db: &Connection, name: Option<&str>) -> Result<Option<i64>> {
    let Some(name) = name else { return Ok(None) };
    let mut statement = db.prepare_cached("SELECT model FROM models WHERE name = ?1")?;
    if let Some(number) = statement.query_row([name], |row| row.get(0)).optional()? {
        return Ok(Some(number));
    }
    db.prepare_cached("INSERT INTO models (name) VALUES (?1)")?.execute([name])?;
    Ok(Some(db.last_insert_rowid()))
}

fn delete_mention(ledger: &mut Ledger<'_>, entry: i64, number: i64) -> Result<()> {
    let rev = ledger.next_rev();
    add_to_source(ledger.db, entry, -1)?;
    ledger.unmark(number);
    ledger
        .db
        .prepare_cached("INSERT INTO tombstones (rev, id) SELECT ?2, id FROM mentions WHERE mention = ?1")?
        .execute(params![number, rev])?;
    forget_handlings(ledger.db, number)?;
    ledger.db.prepare_cached("DELETE FROM mentions WHERE mention = ?1")?.execute([number])?;
    Ok(())
}

/// Deletes a mention that is no longer counted by anything but sums: it was heard, and stays heard.
pub(super) fn expire_mention(ledger: &mut Ledger<'_>, number: i64) -> Result<()> {
    stories::freeze(ledger, &Facts::of(ledger.db, number)?)?;
    let rev = ledger.next_rev();
    ledger
        .db
        .prepare_cached(
            "INSERT INTO tombstones (rev, id, expired) SELECT ?2, id, 1 FROM mentions WHERE mention = ?1",
        )?
        .execute(params![number, rev])?;
    forget_handlings(ledger.db, number)?;
    ledger.db.prepare_cached("DELETE FROM mentions WHERE mention = ?1")?.execute([number])?;
    Ok(())
}

fn add_to_source(db: &Connection, entry: i64, mentions: i64) -> Result<()> {
    db.prepare_cached(
        "UPDATE sources SET mentions = mentions + ?2
         WHERE source = (SELECT source FROM entries WHERE entry = ?1)",
    )?
    .execute([entry, mentions])?;
    Ok(())
}

/// What [`read_mention`] reads, in its order. A guid that is also the entry's link is kept as an empty blob.
const MENTION_COLUMNS: &str = "
    m.id, e.id, b.brand, s.id, iif(e.guid = x'', e.link, e.guid), e.link, e.title, e.text, e.author, e.published,
    e.observed, e.language, m.sentiment, (SELECT name FROM models WHERE model = m.model), m.title_spans,
    m.text_spans, f.id,
    (SELECT count(*) FROM entries c JOIN mentions d ON d.entry = c.entry AND d.brand = m.brand
     WHERE c.story = e.story),
    e.tags, m.tags, m.status, m.own_voice, e.backfill <> 0 OR m.backfill";
const MENTION_WIDTH: usize = 23;
const MENTION_TABLES: &str = "
    FROM mentions m JOIN entries e ON e.entry = m.entry JOIN entries f ON f.entry = e.story
    JOIN subjects b ON b.subject = m.brand JOIN sources s ON s.source = e.source";

/// Columns by their places: to look for a name among them for each row takes longer than to read it.
fn read_mention(row: &Row<'_>) -> Result<Mention> {
    let language = row.get_ref(11)?.as_str()?;
    let status = row.get_ref(20)?.as_str()?;
    Ok(Mention {
        id: MentionId::new(prefixed("m_", row.get(0)?)),
        entry: EntryId::new(prefixed("e_", row.get(1)?)),
        brand: BrandId::new(row.get::<_, String>(2)?),
        source: SourceId::new(row.get::<_, String>(3)?),
        guid: row.get(4)?,
        link: row.get(5)?,
        title: row.get(6)?,
        text: row.get(7)?,
        author: row.get(8)?,
        published: row.get::<_, Option<i64>>(9)?.map(instant),
        observed: instant(row.get(10)?),
        language: Language::from_code(Some(language)),
        sentiment: row.get::<_, Option<[u8; 12]>>(12)?.map(sentiment_from_bytes),
        model: row.get(13)?,
        title_spans: spans(row, 14)?,
        text_spans: spans(row, 15)?,
        story: StoryId::new(prefixed("s_", row.get(16)?)),
        copies: row.get(17)?,
        entry_tags: list_from_json(row.get_ref(18)?.as_str_or_null()?)?,
        tags: list_from_json(row.get_ref(19)?.as_str_or_null()?)?,
        status: MentionStatus::read(status)
            .with_context(|| format!("a mention has the unknown status `{status}`"))?,
        own_voice: row.get(21)?,
        backfill: row.get(22)?,
    })
}

pub(super) fn prefixed(prefix: &str, id: [u8; 16]) -> String {
    format!("{prefix}{}", hex(&id))
}

const NO_TONE: u8 = 3;

/// Tones as they are stored: the place of the label in [`SentimentLabel::ALL`], then [`NO_TONE`].
pub(super) fn tone_number(label: Option<SentimentLabel>) -> u8 {
    match label {
        Some(SentimentLabel::Negative) => 0,
        Some(SentimentLabel::Neutral) => 1,
        Some(SentimentLabel::Positive) => 2,
        None => NO_TONE,
    }
}

/// The opposite of [`tone_number`].
pub(super) fn tone_label(number: u8) -> Option<SentimentLabel> {
    SentimentLabel::ALL.get(usize::from(number)).copied()
}

/// Three little-endian f32.
fn sentiment_bytes(sentiment: Sentiment) -> [u8; 12] {
    let mut bytes = [0; 12];
    for (chunk, p) in bytes.chunks_exact_mut(4).zip(sentiment.p) {
        chunk.copy_from_slice(&p.to_le_bytes());
    }
    bytes
}

fn sentiment_from_bytes(bytes: [u8; 12]) -> Sentiment {
    let word = |i: usize| f32::from_le_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]);
    Sentiment { p: [word(0), word(4), word(8)] }
}

/// Start and end of each span as little-endian u32.
fn span_bytes(spans: &[Span]) -> Vec<u8> {
    spans.iter().flat_map(|span| [span.start, span.end]).flat_map(u32::to_le_bytes).collect()
}

fn spans(row: &Row<'_>, column: usize) -> Result<Vec<Span>> {
    let ValueRef::Blob(bytes) = row.get_ref(column)? else { return Ok(Vec::new()) };
    let word = |word: &[u8]| u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
    Ok(bytes.chunks_exact(8).map(|chunk| Span { start: word(&chunk[..4]), end: word(&chunk[4..]) }).collect())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, batch, brand, dated, item, poll, time};
    use super::*;
    use crate::prepare::Prepared;

    fn ingest(scene: &mut Scene, items: &[Prepared]) -> Vec<MentionId> {
        let done = scene.store.ingest(&batch("news", items), &poll("2026-01-05T00:00Z")).unwrap();
        done.new_mentions.into_iter().map(|(id, _)| id).collect()
    }

    fn guids(mentions: &[Mention]) -> Vec<&str> {
        mentions.iter().map(|mention| mention.guid.as_deref().unwrap()).collect()
    }

    #[test]
    fn a_mention_comes_back_as_it_was() {
        let mut scene = Scene::listening(&["news"]);
        let mut item = dated(item("1", "what acme said"), "2026-01-02T10:00:05Z");
        item.entry.title = Some("Élan".to_owned());
        item.entry.author = Some("Zoé".to_owned());
        item.entry.tags = vec!["a".to_owned(), "b, c".to_owned()];
        item.language = Language::Other("de".into());
        item.mentions[0].sentiment = Some(Sentiment { p: [0.1, 0.2, 0.7] });
        item.mentions[0].model = Some("tone.onnx@3fa9c1".into());
        item.mentions[0].matched.title_spans =
            vec![Span { start: 0, end: 4 }, Span { start: 70_000, end: 70_001 }];
        let id = ingest(&mut scene, &[item]).remove(0);
        let mention = scene.store.mention(&id).unwrap().unwrap();
        let expected = Mention {
            id,
            entry: mention.entry.clone(),
            brand: brand("acme"),
            source: SourceId::new("news"),
            guid: Some("1".to_owned()),
            link: Some("https://news.example/1".to_owned()),
            title: Some("Élan".to_owned()),
            text: "what acme said".to_owned(),
            author: Some("Zoé".to_owned()),
            published: Some(time("2026-01-02T10:00:05Z")),
            observed: time("2026-01-05T00:00Z"),
            language: Language::Other("de".into()),
            sentiment: Some(Sentiment { p: [0.1, 0.2, 0.7] }),
            model: Some("tone.onnx@3fa9c1".into()),
            title_spans: vec![Span { start: 0, end: 4 }, Span { start: 70_000, end: 70_001 }],
            text_spans: vec![Span { start: 5, end: 9 }],
            story: StoryId::new(mention.entry.as_str().replace("e_", "s_")),
            copies: 1,
            entry_tags: vec!["a".to_owned(), "b, c".to_owned()],
            tags: Vec::new(),
            status: MentionStatus::New,
            own_voice: false,
            backfill: false,
        };
        assert_eq!(mention, expected);
    }

    #[test]
    fn what_is_unknown_stays_unknown() {
        let mut scene = Scene::listening(&["news"]);
        let mut item = item("1", "acme");
        item.entry.guid = None;
        item.entry.link = None;
        item.link_key = None;
        item.language = Language::Unknown;
        item.mentions[0].sentiment = None;
        let id = ingest(&mut scene, &[item]).remove(0);
        let mention = scene.store.mention(&id).unwrap().unwrap();
        assert_eq!(
            (mention.guid, mention.link, mention.title, mention.author, mention.published, mention.sentiment),
            (None, None, None, None, None, None)
        );
        assert_eq!(mention.language, Language::Unknown);
    }

    #[test]
    fn mentions_come_in_the_order_asked() {
        let mut scene = Scene::listening(&["news"]);
        let ids = ingest(&mut scene, &[item("1", "acme"), item("2", "acme b"), item("3", "acme c")]);
        let asked = [ids[2].clone(), MentionId::new("m_none"), ids[0].clone()];
        assert_eq!(guids(&scene.store.mentions(&asked).unwrap()), ["3", "1"]);
        assert_eq!(scene.store.mention(&MentionId::new(format!("m_{}", "0".repeat(32)))).unwrap(), None);
    }

    #[test]
    fn rows_are_newest_first_and_narrowed() {
        let mut scene = Scene::listening(&["news"]);
        let items = [
            dated(item("1", "acme"), "2026-01-02T10:00Z"),
            dated(item("2", "acme awful outage"), "2026-01-02T11:00Z"),
            dated(item("3", "acme awful"), "2026-01-02T12:00Z"),
            dated(item("4", "globex"), "2026-01-02T12:00Z"),
            dated(item("5", "acme ourselves"), "2026-01-02T12:00Z"),
        ];
        ingest(&mut scene, &items);
        let first = [dated(item("6", "acme first"), "2026-01-02T13:00Z")];
        scene.store.ingest(&batch("blog", &first), &poll("2026-01-05T00:00Z")).unwrap();
        let acme = brand("acme");
        let rows = |query, until: &str, backfill, tone, limit| {
            let (since, until) = (time("2026-01-02T10:00Z"), time(until));
            let scope = Scope { brand: &acme, query, since, until, backfill };
            let mentions = scene.store.mention_rows(&scope, tone, limit).unwrap();
            guids(&mentions).join(" ")
        };
        let end = "2026-01-03T00:00Z";
        assert_eq!(rows(None, end, false, None, 10), "3 2 1");
        assert_eq!(rows(None, end, true, None, usize::MAX), "6 3 2 1");
        assert_eq!(rows(None, end, true, None, 2), "6 3");
        assert_eq!(rows(None, end, false, Some(SentimentLabel::Negative), 10), "3 2");
        assert_eq!(rows(None, end, false, Some(SentimentLabel::Positive), 10), "");
        assert_eq!(rows(Some("outage"), end, false, None, 10), "2");
        assert_eq!(rows(Some("unheard"), end, false, None, 10), "");
        assert_eq!(rows(None, "2026-01-02T12:00Z", false, None, 10), "2 1");
    }

    #[test]
    fn changes_are_told_once_in_order_as_things_are_now() {
        let mut scene = Scene::listening(&["news"]);
        ingest(&mut scene, &[item("1", "acme"), item("2", "acme b")]);
        ingest(&mut scene, &[item("1", "acme, corrected")]);
        let told: Vec<String> = scene
            .store
            .changes_since(0, 10)
            .unwrap()
            .into_iter()
            .map(|(_, change)| match change {
                Change::New(mention) | Change::Put(mention) => mention.text,
                Change::Gone(id) => id.to_string(),
            })
            .collect();
        assert_eq!(told, ["acme b", "acme, corrected"]);
        let revs: Vec<u64> = scene.store.changes_since(0, 10).unwrap().iter().map(|(rev, _)| *rev).collect();
        assert!(revs.is_sorted() && *revs.last().unwrap() <= scene.store.rev().unwrap());
        assert_eq!(scene.store.changes_since(0, 1).unwrap()[0].0, revs[0]);
        assert_eq!(scene.store.changes_since(revs[0], 10).unwrap().len(), 1);
        assert_eq!(scene.store.changes_since(scene.store.rev().unwrap(), 10).unwrap(), []);
    }

    /// Guids of the news of acme, read a page of one at a time.
    fn news(scene: &Scene, heard: Heard) -> String {
        let (mut after, mut told) = (None, Vec::new());
        while let Some(news) = scene.store.news(&brand("acme"), heard, after, 1).unwrap().pop() {
            assert!(news.born_rev <= news.rev && after.is_none_or(|after| news.rev > after));
            after = Some(news.rev);
            told.push(news.mention.guid.unwrap());
        }
        told.join(" ")
    }

    #[test]
    fn news_is_what_was_heard_since_whatever_the_clock_says() {
        let mut scene = Scene::listening(&["news"]);
        ingest(&mut scene, &[item("1", "acme"), item("2", "acme ourselves"), item("3", "globex")]);
        let looked = scene.store.rev().unwrap();
        assert_eq!(news(&scene, Heard::After(looked)), "");
        // In the same second, and with the clock set back a day.
        ingest(&mut scene, &[item("4", "acme d")]);
        let back = batch("news", &[item("5", "acme e")]);
        scene.store.ingest(&back, &poll("2026-01-04T00:00Z")).unwrap();
        // Edits are no news, unless they name a brand that the entry did not name.
        ingest(&mut scene, &[item("1", "acme, corrected"), item("3", "globex and acme")]);
        assert_eq!(news(&scene, Heard::After(looked)), "4 5 3");
        assert_eq!(news(&scene, Heard::After(0)), "4 5 3 1");
        assert_eq!(news(&scene, Heard::Since(time("2026-01-05T00:00Z"))), "4 3 1");
        assert_eq!(news(&scene, Heard::After(scene.store.rev().unwrap())), "");
        // A first document is back-fill.
        scene.store.ingest(&batch("blog", &[item("6", "acme f")]), &poll("2026-01-05T00:00Z")).unwrap();
        assert_eq!(news(&scene, Heard::After(looked)), "4 5 3");
    }

    #[test]
    fn what_was_heard_before_is_no_news_when_brands_change() {
        let mut scene = Scene::listening(&["news"]);
        ingest(&mut scene, &[item("1", "globex")]);
        let (_, kept) = scene.store.kept_entries(0, 1).unwrap().remove(0);
        let looked = scene.store.rev().unwrap();
        scene.store.replace_matches(&[(kept.id, item("1", "acme").mentions)]).unwrap();
        assert_eq!(news(&scene, Heard::After(looked)), "");
        assert_eq!(news(&scene, Heard::Since(time("2026-01-05T00:00Z"))), "", "nor in a rule's first look");
    }

    #[test]
    fn it_is_known_what_counts_and_what_was_edited() {
        let mut scene = Scene::listening(&["news"]);
        let id = ingest(&mut scene, &[dated(item("1", "acme outage"), "2026-01-02T10:00Z")]).remove(0);
        let acme = brand("acme");
        let counts = |scene: &Scene, query, until: &str| {
            let (since, until) = (time("2026-01-02T10:00Z"), time(until));
            let scope = Scope { brand: &acme, query, since, until, backfill: false };
            scene.store.counts(&scope, &id).unwrap()
        };
        assert!(counts(&scene, Some("outage"), "2026-01-02T10:01Z"));
        assert!(!counts(&scene, None, "2026-01-02T10:00Z"));
        let seen = time("2026-01-05T00:00Z");
        assert!(!scene.store.edited_since(&id, seen).unwrap());
        let edit = batch("news", &[dated(item("1", "acme, all is well"), "2026-01-02T10:00Z")]);
        scene.store.ingest(&edit, &poll("2026-01-05T00:01Z")).unwrap();
        assert!(scene.store.edited_since(&id, seen).unwrap());
        assert!(!counts(&scene, Some("outage"), "2026-01-03T00:00Z"));
        assert!(counts(&scene, None, "2026-01-03T00:00Z"));
    }
}
