//! Entries: which one an item of a document is, and what it changes.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, params};

use super::asks::{Asked, answered_otherwise, note_asked, was_answered};
use super::expiry::GONE;
use super::mentions::{Absent, write_mentions};
use super::rollups::{BACKFILL, LIVE, Ledger, UNPLACED};
use super::sources::{
    heard_after_a_gap, heard_otherwise, known_source, note_heard_with, note_reach, record, source_number,
    was_read,
};
use super::stories::{self, Facts};
use super::{Outcome, Reader, Store, engagement_to_json, id_bytes, list_to_json, repeated};
use crate::model::{BrandId, EntryId, MentionId, SourceId, Timestamp};
use crate::prepare::{Batch, Known, Prepared};
use crate::text::url;

/// How a document was come by.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    Poll(Box<Outcome>),
    /// One of several answers that a poll of a preset takes; the source's health is recorded after the last.
    Ask(Box<Asked>),
    /// From the user's hand: back-fill, and says nothing of the source's health.
    Import,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Polled {
    pub at: Timestamp,
    pub origin: Origin,
}

/// What one document brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ingested {
    /// Entries in the document, those that name no brand included.
    pub read: usize,
    pub new_entries: usize,
    /// Entries that changed nothing.
    pub known: usize,
    /// Entries older than what is kept.
    pub expired: usize,
    /// Known entries with a text not seen before.
    pub revised: usize,
    pub new_mentions: Vec<(MentionId, BrandId)>,
    /// The source's first document, or an import: raises no alert.
    pub backfill: bool,
}

impl Ingested {
    /// What two documents brought together.
    pub fn and(mut self, other: Ingested) -> Ingested {
        self.read += other.read;
        self.new_entries += other.new_entries;
        self.known += other.known;
        self.expired += other.expired;
        self.revised += other.revised;
        self.new_mentions.extend(other.new_mentions);
        self.backfill &= other.backfill;
        self
    }
}

impl Reader {
    /// What is known of a document: its entries that are kept with the very words they have, of which storing them
    /// again asks nothing, and what its source repeats.
    pub fn knows(&self, batch: &Batch) -> Result<Known> {
        let Some(number) = known_source(&self.db, &batch.source)? else {
            return Ok(Known::default());
        };
        let knows = |item: &Prepared| match identify(&self.db, &batch.source, number, item)?.entry {
            Some(GONE) => Ok(true),
            Some(entry) => has_text(&self.db, entry, &item.text_hash),
            None => Ok(false),
        };
        let entries = batch.entries.iter().map(knows).collect::<Result<_>>()?;
        Ok(Known { entries, repeated: repeated::of_source(&self.db, number)? })
    }
}

impl Store {
    /// Stores one document; see [`Store::ingest_all`].
    pub fn ingest(&mut self, batch: &Batch, polled: &Polled) -> Result<Ingested> {
        self.write(|ledger| ingest_document(ledger, batch, polled))
    }

    /// Stores whole documents in one transaction: entries, revisions, stories, mentions, counts, and the
    /// health of their sources. One answer per document, in order. Storing a document again changes nothing.
    pub fn ingest_all(&mut self, documents: &[(&Batch, &Polled)]) -> Result<Vec<Ingested>> {
        self.write(|ledger| {
            documents.iter().map(|(batch, polled)| ingest_document(ledger, batch, polled)).collect()
        })
    }
}

pub(super) fn ingest_document(ledger: &mut Ledger<'_>, batch: &Batch, polled: &Polled) -> Result<Ingested> {
    let number = source_number(ledger.db, &batch.source)?;
    let source = Heard {
        id: &batch.source,
        number,
        observed: polled.at.as_second(),
        backfill: match &polled.origin {
            Origin::Poll(_) => !was_read(ledger.db, number)?,
            Origin::Ask(asked) => asked.older || !was_answered(ledger.db, number, &asked.key)?,
            Origin::Import => true,
        },
        no_news_until: match &polled.origin {
            Origin::Poll(outcome) => heard_otherwise(ledger.db, number, &outcome.listening)?,
            Origin::Ask(asked) => answered_otherwise(ledger.db, number, &asked.key, &asked.listening)?,
            Origin::Import => None,
        },
        after_gap: match &polled.origin {
            Origin::Poll(_) | Origin::Ask(_) => {
                let undated = batch.entries.iter().any(|item| item.entry.published.is_none());
                undated && heard_after_a_gap(ledger.db, number, polled.at)?
            }
            Origin::Import => false,
        },
        stamps: stamps(&batch.entries),
    };
    let mut ingested = Ingested { read: batch.read, backfill: source.backfill, ..Ingested::default() };
    // Oldest first: a story then seldom gets an earlier entry, and with it another id.
    let mut items: Vec<&Prepared> = batch.entries.iter().collect();
    items.sort_by_key(|item| item.entry.published);
    for item in items {
        ingest_item(ledger, &source, item, &mut ingested)?;
    }
    repeated::note(ledger.db, source.number, &batch.repeated)?;
    let reach = usable_date(batch.reach, source.observed).unwrap_or(source.observed);
    match &polled.origin {
        Origin::Poll(outcome) => {
            if source.backfill {
                note_reach(ledger.db, source.number, reach)?;
            }
            note_heard_with(ledger.db, source.number, &outcome.listening)?;
            record(ledger.db, source.number, polled.at, outcome)?;
        }
        Origin::Ask(asked) => {
            // Where nothing was found, all there ever was is known.
            let told = source.backfill && batch.read > 0;
            note_asked(ledger.db, source.number, asked, told.then_some(reach))?;
        }
        Origin::Import => {}
    }
    Ok(ingested)
}

/// Where and when a document was heard.
struct Heard<'a> {
    id: &'a SourceId,
    number: i64,
    observed: i64,
    backfill: bool,
    /// The last poll with other brands or queries: what had been published by then was passed over, and is
    /// back-fill now.
    no_news_until: Option<i64>,
    /// The source was not heard for longer than was planned: what has no date may be as old as that.
    after_gap: bool,
    /// When its undated entries say they were updated, where but one says so.
    stamps: HashSet<Timestamp>,
}

impl Heard<'_> {
    /// How an entry that was not kept before counts. Undated ones may be old.
    fn how_it_counts(&self, published: Option<i64>) -> u8 {
        let was_there = |until: i64| published.is_none_or(|published| published <= until);
        if self.backfill || self.no_news_until.is_some_and(was_there) {
            BACKFILL
        } else if self.after_gap && published.is_none() {
            UNPLACED
        } else {
            LIVE
        }
    }

    /// When an entry that was not kept before was published. One that says only when it was updated was published
    /// by then, and after its source was heard before: it is taken to be of the time it names. In a first document
    /// it may be of any age.
    fn date(&self, item: &Prepared) -> Option<i64> {
        let updated = || {
            let stamp = item.entry.updated.filter(|stamp| self.stamps.contains(stamp));
            usable_date(stamp, self.observed).filter(|at| *at <= self.observed && !self.backfill)
        };
        usable_date(item.entry.published, self.observed).or_else(updated)
    }
}

/// The times at which undated entries were updated; what several have in common is the time their document was made.
fn stamps(items: &[Prepared]) -> HashSet<Timestamp> {
    let undated = items.iter().filter(|item| item.entry.published.is_none());
    let mut times: HashMap<Timestamp, usize> = HashMap::new();
    for stamp in undated.filter_map(|item| item.entry.updated) {
        *times.entry(stamp).or_default() += 1;
    }
    times.into_iter().filter(|(_, times)| *times == 1).map(|(stamp, _)| stamp).collect()
}

fn ingest_item(
    ledger: &mut Ledger<'_>,
    source: &Heard<'_>,
    item: &Prepared,
    ingested: &mut Ingested,
) -> Result<()> {
    let identity = identify(ledger.db, source.id, source.number, item)?;
    let published = match identity.entry {
        // An edit tells when it was made, not when the entry was.
        Some(_) => usable_date(item.entry.published, source.observed),
        None => source.date(item),
    };
    let (entry, at) = match identity.entry {
        Some(GONE) => {
            ingested.known += 1;
            return file(ledger.db, source.number, &identity.keys, GONE);
        }
        Some(entry) => {
            file(ledger.db, source.number, &identity.keys, entry)?;
            if has_text(ledger.db, entry, &item.text_hash)? {
                ingested.known += 1;
                return note_engagement(ledger.db, entry, item);
            }
            ingested.revised += 1;
            // An edit may move anything that counts are kept by.
            uncount_entry(ledger, entry)?;
            let observed = revise(ledger.db, entry, item, published)?;
            (entry, published.unwrap_or(observed))
        }
        // It would be deleted again within a day.
        None if ledger.horizon.is_past(published.unwrap_or(source.observed), item.mentions.is_empty()) => {
            ingested.expired += 1;
            return Ok(());
        }
        None => {
            ingested.new_entries += 1;
            let entry = insert(ledger.db, source, &identity.keys[0], item, published)?;
            file(ledger.db, source.number, &identity.keys, entry)?;
            (entry, published.unwrap_or(source.observed))
        }
    };
    ledger
        .db
        .prepare_cached(
            "INSERT INTO revisions (entry, text_hash, observed, at, fingerprint) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![entry, item.text_hash, source.observed, at, item.fingerprint.to_bytes()])?;
    // What names nobody is not compared with anything.
    if !item.mentions.is_empty() || names_somebody(ledger.db, entry)? {
        stories::link(ledger, entry, at, &item.fingerprint)?;
    }
    ingested.new_mentions.extend(write_mentions(ledger, entry, &item.mentions, Absent::Kept)?);
    Ok(())
}

/// Which entry an item is.
struct Identity {
    /// `None`: a new one, whose id is the first of `keys`; [`GONE`] if it expired.
    entry: Option<i64>,
    /// What it is to be known by from now on; never empty.
    keys: Vec<Key>,
}

/// A guid, a link or a content, hashed together with its kind and source.
type Key = [u8; 16];

/// A known guid is that entry, unless both link and text are new to it: then the guid is used again for
/// something else, which goes by guid and link. An unknown guid with a known link is that link's entry.
/// Without a guid it goes by its content, link included: of several with one link in a document each is known
/// again when it comes alone. Where that content is new, a known link is that link's entry.
fn identify(db: &Connection, source: &SourceId, number: i64, item: &Prepared) -> Result<Identity> {
    let guid = item.entry.guid.as_deref();
    let link = item.link_key.as_deref();
    let link_key = link.map(|link| key(source, "link", link.as_bytes()));
    let mut keys = Vec::with_capacity(2);
    if let Some(guid) = guid {
        let guid_key = key(source, "guid", guid.as_bytes());
        let known = entry_of(db, number, &guid_key)?;
        match (known, link, &link_key) {
            (Some(entry), Some(link), Some(link_key)) if is_reused(db, number, entry, link_key, item)? => {
                let both = [guid.as_bytes(), b"\0", link.as_bytes()].concat();
                keys.push(key(source, "guid and link", &both));
                let known = entry_of(db, number, &keys[0])?;
                if known.is_some() {
                    return Ok(Identity { entry: known, keys });
                }
            }
            (Some(_), _, _) => {
                keys.push(guid_key);
                keys.extend(link_key);
                return Ok(Identity { entry: known, keys });
            }
            (None, _, _) => keys.push(guid_key),
        }
    }
    let mut entry = None;
    let mut content_key = None;
    if guid.is_none() {
        let link = item.entry.link.as_deref().unwrap_or_default();
        let link = url::canonical(link).unwrap_or_else(|| link.to_owned());
        let content = key(source, "content", &[&item.text_hash, link.as_bytes()].concat());
        entry = entry_of(db, number, &content)?;
        content_key = Some(content);
    }
    if let (None, Some(link_key)) = (entry, &link_key) {
        entry = entry_of(db, number, link_key)?;
    }
    keys.extend(link_key);
    keys.extend(content_key);
    Ok(Identity { entry, keys })
}

/// Whether neither the link nor the text of `item` was ever `entry`'s. A link that is missing on either
/// side is not known to differ.
fn is_reused(db: &Connection, source: i64, entry: i64, link_key: &Key, item: &Prepared) -> Result<bool> {
    if entry_of(db, source, link_key)? == Some(entry) || has_text(db, entry, &item.text_hash)? {
        return Ok(false);
    }
    if entry == GONE {
        // Of its text nothing is known; what has a date came by another one.
        return Ok(item.entry.published.is_some());
    }
    let mut statement = db.prepare_cached("SELECT link IS NOT NULL FROM entries WHERE entry = ?1")?;
    Ok(statement.query_row([entry], |row| row.get(0))?)
}

fn key(source: &SourceId, kind: &str, value: &[u8]) -> Key {
    let mut hasher = blake3::Hasher::new();
    for part in [source.as_str().as_bytes(), kind.as_bytes(), value] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    first_half(&hasher)
}

fn first_half(hasher: &blake3::Hasher) -> Key {
    let mut half = [0; 16];
    hasher.finalize_xof().fill(&mut half);
    half
}

fn entry_of(db: &Connection, source: i64, key: &Key) -> Result<Option<i64>> {
    let mut statement = db.prepare_cached("SELECT entry FROM keys WHERE source = ?1 AND key = ?2")?;
    Ok(statement.query_row(params![source, key], |row| row.get(0)).optional()?)
}

/// Makes an entry known by `keys`, save those another entry is known by.
fn file(db: &Connection, source: i64, keys: &[Key], entry: i64) -> Result<()> {
    let mut statement =
        db.prepare_cached("INSERT OR IGNORE INTO keys (source, key, entry) VALUES (?1, ?2, ?3)")?;
    for key in keys {
        statement.execute(params![source, key, entry])?;
    }
    Ok(())
}

fn has_text(db: &Connection, entry: i64, text_hash: &[u8; 16]) -> Result<bool> {
    let mut statement = db.prepare_cached("SELECT 1 FROM revisions WHERE entry = ?1 AND text_hash = ?2")?;
    Ok(statement.exists(params![entry, text_hash])?)
}

/// A publisher's date in Unix seconds, unless it cannot be true: before 1990 or over a day ahead.
fn usable_date(published: Option<Timestamp>, observed: i64) -> Option<i64> {
    const YEAR_1990: i64 = 631_152_000;
    const DAY_S: i64 = 24 * 60 * 60;
    published.map(Timestamp::as_second).filter(|&at| at >= YEAR_1990 && at <= observed + DAY_S)
}

fn insert(
    db: &Connection,
    source: &Heard<'_>,
    id: &Key,
    item: &Prepared,
    published: Option<i64>,
) -> Result<i64> {
    let entry = &item.entry;
    db.prepare_cached(
        "INSERT INTO entries (entry, story, id, source, at, published, observed, backfill, language,
             declared_language, guid, link, author, tags, title, text, engagement, extra, format)
         SELECT next, next, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, iif(?9 = ?10, x'', ?9), ?10, ?11, ?12, ?13, ?14, ?15, ?16,
             ?17
         FROM (SELECT coalesce(max(entry), 0) + 1 AS next FROM entries)",
    )?
    .execute(params![
        id,
        source.number,
        published.unwrap_or(source.observed),
        published,
        source.observed,
        source.how_it_counts(published),
        item.language.code().unwrap_or(""),
        entry.language,
        entry.guid,
        entry.link,
        entry.author,
        list_to_json(&entry.tags),
        entry.title,
        entry.text(),
        engagement_to_json(&entry.engagement),
        entry.extra,
        entry.format as u8,
    ])?;
    Ok(db.last_insert_rowid())
}

/// Makes `item` what the entry says now; when it was first observed. It keeps its earliest date, so that it
/// does not matter in which order its revisions came.
fn revise(db: &Connection, entry: i64, item: &Prepared, published: Option<i64>) -> Result<i64> {
    let now = &item.entry;
    let mut statement = db.prepare_cached(
        "UPDATE entries SET
             published = coalesce(min(published, ?2), published, ?2),
             at = coalesce(min(published, ?2), published, ?2, observed),
             language = ?3, declared_language = ?4, link = coalesce(?6, link),
             guid = iif(guid = x'' AND link <> coalesce(?6, link), link,
                 coalesce(guid, iif(?5 = coalesce(?6, link), x'', ?5))),
             author = coalesce(?7, author), tags = ?8, title = ?9, text = ?10,
             engagement = coalesce(?11, engagement), extra = coalesce(?12, extra), format = ?13
         WHERE entry = ?1 RETURNING observed",
    )?;
    let parameters = params![
        entry,
        published,
        item.language.code().unwrap_or(""),
        now.language,
        now.guid,
        now.link,
        now.author,
        list_to_json(&now.tags),
        now.title,
        now.text(),
        engagement_to_json(&now.engagement),
        now.extra,
        now.format as u8,
    ];
    Ok(statement.query_row(parameters, |row| row.get(0))?)
}

/// Likes and the like change without the text; the latest are kept.
fn note_engagement(db: &Connection, entry: i64, item: &Prepared) -> Result<()> {
    let Some(engagement) = engagement_to_json(&item.entry.engagement) else { return Ok(()) };
    let mut statement =
        db.prepare_cached("UPDATE entries SET engagement = ?2 WHERE entry = ?1 AND engagement IS NOT ?2")?;
    statement.execute(params![entry, engagement])?;
    Ok(())
}

/// Whether an entry has mentions.
pub(super) fn names_somebody(db: &Connection, entry: i64) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM mentions WHERE entry = ?1")?.exists([entry])?)
}

/// Takes all mentions of an entry out of the counts.
pub(super) fn uncount_entry(ledger: &mut Ledger<'_>, entry: i64) -> Result<()> {
    let mut statement = ledger.db.prepare_cached("SELECT mention FROM mentions WHERE entry = ?1")?;
    let mentions: Vec<i64> = statement.query_map([entry], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for mention in mentions {
        let facts = Facts::of(ledger.db, mention)?;
        stories::uncount(ledger, &facts)?;
    }
    Ok(())
}

/// A hash of entry and brand.
pub(super) fn mention_id(db: &Connection, entry: i64, brand: &BrandId) -> Result<[u8; 16]> {
    let mut statement = db.prepare_cached("SELECT id FROM entries WHERE entry = ?1")?;
    let id: Key = statement.query_row([entry], |row| row.get(0))?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&id).update(brand.as_str().as_bytes());
    Ok(first_half(&hasher))
}

pub(super) fn entry_number(db: &Connection, id: &EntryId) -> Result<i64> {
    let mut statement = db.prepare_cached("SELECT entry FROM entries WHERE id = ?1")?;
    let number = statement.query_row([id_bytes(id.as_str())], |row| row.get(0)).optional()?;
    number.with_context(|| format!("there is no entry {id}"))
}

#[cfg(test)]
mod tests {
    use super::super::Scope;
    use super::super::testing::{Scene, batch, brand, dated, import, item, outcome, poll, reword, time};
    use super::*;
    use crate::model::Change;

    /// Ingests items one document each, and says for each whether it was new, known or a revision, and
    /// which entry it is, numbered in the order of first sight.
    #[track_caller]
    fn check_identity(items: &[Prepared], expected: &str) {
        let mut scene = Scene::listening(&["news"]);
        let mut seen = Vec::new();
        let mut said = Vec::new();
        for item in items {
            let before = scene.store.rev().unwrap();
            let done = scene
                .store
                .ingest(&batch("news", std::slice::from_ref(item)), &poll("2026-01-02T00:00Z"))
                .unwrap();
            let word = match (done.new_entries, done.revised, done.known) {
                (1, 0, 0) => "new",
                (0, 1, 0) => "revised",
                (0, 0, 1) => "known",
                other => panic!("{other:?}"),
            };
            let id = match (done.new_mentions.first(), scene.store.changes_since(before, 1).unwrap().pop()) {
                (Some((id, _)), _) => Some(scene.store.mention(id).unwrap().unwrap().entry),
                (None, Some((_, Change::New(mention) | Change::Put(mention)))) => Some(mention.entry),
                _ => None,
            };
            let entry = match id {
                Some(id) => {
                    let place = seen.iter().position(|known| *known == id).unwrap_or_else(|| {
                        seen.push(id);
                        seen.len() - 1
                    });
                    (place + 1).to_string()
                }
                None => "-".to_owned(),
            };
            said.push(format!("{word} {entry}"));
        }
        assert_eq!(said.join(", "), expected);
    }

    fn keyed(guid: Option<&str>, link: Option<&str>, text: &str) -> Prepared {
        let mut item = item("any", text);
        item.entry.guid = guid.map(str::to_owned);
        item.entry.link = link.map(str::to_owned);
        item.link_key = link.map(str::to_owned);
        item
    }

    #[test]
    fn the_same_item_again_is_known() {
        check_identity(&[item("1", "acme"), item("1", "acme")], "new 1, known -");
    }

    #[test]
    fn a_known_guid_with_another_text_is_a_revision() {
        check_identity(
            &[item("1", "acme"), item("1", "acme, corrected"), item("1", "acme")],
            "new 1, revised 1, known -",
        );
    }

    #[test]
    fn a_guid_used_again_for_something_else_is_a_new_entry() {
        let first = keyed(Some("g"), Some("l1"), "acme one");
        let second = keyed(Some("g"), Some("l2"), "acme two");
        let second_edited = keyed(Some("g"), Some("l2"), "acme two, corrected");
        check_identity(
            &[first.clone(), second.clone(), second, second_edited, first],
            "new 1, new 2, known -, revised 2, known -",
        );
    }

    #[test]
    fn a_guid_that_moves_to_another_link_with_its_text_is_known_by_both() {
        check_identity(
            &[
                keyed(Some("g"), Some("l1"), "acme one"),
                keyed(Some("g"), Some("l2"), "acme one"),
                keyed(Some("other"), Some("l2"), "acme two"),
            ],
            "new 1, known -, revised 1",
        );
    }

    #[test]
    fn a_new_guid_with_a_known_link_is_that_entry_and_known_from_then_on() {
        check_identity(
            &[
                keyed(Some("g1"), Some("l"), "acme one"),
                keyed(Some("g2"), Some("l"), "acme two"),
                keyed(Some("g2"), None, "acme three"),
            ],
            "new 1, revised 1, revised 1",
        );
    }

    #[test]
    fn a_missing_link_is_not_a_different_one() {
        check_identity(
            &[keyed(Some("g"), None, "acme one"), keyed(Some("g"), Some("l"), "acme two")],
            "new 1, revised 1",
        );
    }

    #[test]
    fn without_guid_the_link_counts_and_without_both_the_content() {
        check_identity(
            &[
                keyed(None, Some("l"), "acme one"),
                keyed(None, Some("l"), "acme two"),
                keyed(None, None, "acme one"),
                keyed(None, None, "acme one"),
                keyed(None, None, "acme three"),
            ],
            "new 1, revised 1, new 2, known -, new 3",
        );
    }

    #[test]
    fn ids_are_made_not_given() {
        let ids = |source: &str| {
            let mut scene = Scene::listening(&[source]);
            let done =
                scene.store.ingest(&batch(source, &[item("1", "acme")]), &poll("2026-01-02T00:00Z")).unwrap();
            let mention = scene.store.mention(&done.new_mentions[0].0).unwrap().unwrap();
            (mention.id, mention.entry, mention.story)
        };
        assert_eq!(ids("news"), ids("news"));
        assert_ne!(ids("news"), ids("blog"));
        let (mention, entry, story) = ids("news");
        assert_eq!((mention.as_str().len(), &entry.as_str()[2..]), (34, &story.as_str()[2..]));
    }

    #[test]
    fn an_edit_adds_mentions_and_takes_none_away() {
        let mut scene = Scene::listening(&["news"]);
        let first = scene
            .store
            .ingest(&batch("news", &[item("1", "acme is awful")]), &poll("2026-01-02T00:00Z"))
            .unwrap();
        let second = scene
            .store
            .ingest(&batch("news", &[item("1", "globex is fine")]), &poll("2026-01-03T00:00Z"))
            .unwrap();
        assert_eq!(
            second.new_mentions.iter().map(|(_, brand)| brand.as_str()).collect::<Vec<_>>(),
            ["globex"]
        );
        let acme = scene.store.mention(&first.new_mentions[0].0).unwrap().unwrap();
        assert_eq!((acme.text.as_str(), acme.text_spans.len()), ("globex is fine", 0));
        assert_eq!(acme.sentiment.unwrap().p, [0.8, 0.15, 0.05]);
        assert_eq!(acme.observed, time("2026-01-02T00:00Z"));
    }

    #[track_caller]
    fn check_date(published: &str, expected: Option<&str>) {
        let mut scene = Scene::listening(&["news"]);
        let item = dated(item("1", "acme"), published);
        let done = scene.store.ingest(&batch("news", &[item]), &poll("2026-01-02T00:00Z")).unwrap();
        let mention = scene.store.mention(&done.new_mentions[0].0).unwrap().unwrap();
        assert_eq!(mention.published, expected.map(time));
    }

    #[test]
    fn dates_that_cannot_be_true_are_unknown() {
        check_date("2026-01-01T12:00Z", Some("2026-01-01T12:00Z"));
        check_date("2026-01-03T00:00Z", Some("2026-01-03T00:00Z"));
        check_date("2026-01-03T00:00:01Z", None);
        check_date("1990-01-01T00:00Z", Some("1990-01-01T00:00Z"));
        check_date("1989-12-31T23:59:59Z", None);
        check_date("1969-12-31T23:59:59Z", None);
    }

    #[test]
    fn an_entry_keeps_its_earliest_date_whatever_the_order() {
        let revisions = [
            dated(item("1", "acme one"), "2026-01-01T12:00Z"),
            dated(item("1", "acme two"), "2026-01-01T10:00Z"),
            item("1", "acme three"),
        ];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let mut scene = Scene::listening(&["news"]);
            for index in order {
                let batch = batch("news", &[revisions[index].clone()]);
                scene.store.ingest(&batch, &poll("2026-01-02T00:00Z")).unwrap();
            }
            let ids = scene.store.mention_ids().unwrap();
            let mention = scene.store.mention(&ids[0]).unwrap().unwrap();
            assert_eq!(mention.published, Some(time("2026-01-01T10:00Z")));
            assert_eq!(scene.store.recount().unwrap(), Vec::<String>::new());
        }
    }

    /// Live, of all that rules learn from, and of all: mentions of `acme` counted in January.
    fn counted(scene: &Scene) -> [u32; 3] {
        let acme = brand("acme");
        let (since, until) = (time("2026-01-01T00:00Z"), time("2026-02-01T00:00Z"));
        [LIVE, BACKFILL, UNPLACED].map(|most| {
            let scope = Scope { brand: &acme, query: None, since, until, backfill: true };
            let series = scene.store.series_up_to(&scope, 86_400, most).unwrap();
            series.buckets.iter().map(|bucket| bucket.mentions).sum()
        })
    }

    #[test]
    fn what_has_no_date_after_a_gap_counts_and_tells_rules_nothing() {
        let hear = |scene: &mut Scene, guid: &str, at: &str, next: &str| {
            let mut polled = poll(at);
            if let Origin::Poll(outcome) = &mut polled.origin {
                outcome.next_poll = Some(time(next));
            }
            scene.store.ingest(&batch("news", &[item(guid, "acme")]), &polled).unwrap();
            assert_eq!(scene.store.recount().unwrap(), Vec::<String>::new());
            counted(scene)
        };
        let mut scene = Scene::listening(&["news"]);
        assert_eq!(hear(&mut scene, "1", "2026-01-02T08:00Z", "2026-01-02T08:30Z"), [1, 1, 1]);
        // Late, but not by more than was planned.
        assert_eq!(hear(&mut scene, "2", "2026-01-02T08:59Z", "2026-01-02T09:29Z"), [2, 2, 2]);
        // The machine slept.
        assert_eq!(hear(&mut scene, "3", "2026-01-05T08:00Z", "2026-01-05T08:30Z"), [2, 2, 3]);
        assert_eq!(hear(&mut scene, "4", "2026-01-05T08:30Z", "2026-01-05T09:00Z"), [3, 3, 4]);
        // The source failed.
        let source = SourceId::new("news");
        let outcome = outcome(crate::model::HealthState::Broken);
        let failed = super::super::QuietPoll { source, at: time("2026-01-05T09:00Z"), outcome };
        scene.store.record_polls(&[failed]).unwrap();
        assert_eq!(hear(&mut scene, "5", "2026-01-05T09:30Z", "2026-01-05T10:00Z"), [3, 3, 5]);
        assert_eq!(hear(&mut scene, "6", "2026-01-05T10:00Z", "2026-01-05T10:30Z"), [4, 4, 6]);
        // An edit that dates it tells rules about the past, and is no news.
        let dated = dated(item("5", "acme again"), "2026-01-04T12:00Z");
        scene.store.ingest(&batch("news", &[dated]), &poll("2026-01-05T10:30Z")).unwrap();
        assert_eq!(counted(&scene), [4, 5, 6]);
        assert_eq!(scene.store.recount().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_new_entry_that_says_only_when_it_was_updated_is_of_that_time() {
        let updated = |guid: &str, text: &str, at: &str| {
            let mut item = item(guid, text);
            item.entry.updated = Some(time(at));
            item
        };
        let mut scene = Scene::new();
        let mut dates = |at: &str, items: &[Prepared]| -> Vec<Option<Timestamp>> {
            let done = scene.store.ingest(&batch("news", items), &poll(at)).unwrap();
            let date = |(id, _): &(MentionId, BrandId)| scene.store.mention(id).unwrap().unwrap().published;
            done.new_mentions.iter().map(date).collect()
        };
        let first = [updated("1", "acme", "2026-01-01T10:00Z")];
        assert_eq!(dates("2026-01-02T00:00Z", &first), [None], "of any age, in a first document");
        let new = [updated("2", "acme b", "2026-01-03T10:00Z"), updated("3", "acme c", "2026-01-03T11:00Z")];
        let expected = ["2026-01-03T10:00Z", "2026-01-03T11:00Z"].map(|at| Some(time(at)));
        assert_eq!(dates("2026-01-04T00:00Z", &new), expected);
        let ahead = [updated("4", "acme d", "2026-01-04T01:00Z")];
        assert_eq!(dates("2026-01-04T00:30Z", &ahead), [None]);
        let made = [updated("5", "acme e", "2026-01-04T00:59Z"), updated("6", "acme f", "2026-01-04T00:59Z")];
        assert_eq!(dates("2026-01-04T01:00Z", &made), [None, None], "when the document was made");
        let edited = [updated("1", "acme edited", "2026-01-04T01:10Z")];
        assert_eq!(dates("2026-01-04T01:30Z", &edited), []);
        assert_eq!(counted(&scene), [5, 5, 5], "an edit dates nothing");
    }

    #[test]
    fn first_documents_and_imports_are_back_fill() {
        let mut scene = Scene::new();
        let mut ingest = |source: &str, guid: &str, polled: Polled| {
            let done = scene.store.ingest(&batch(source, &[item(guid, "acme")]), &polled).unwrap();
            let mention = scene.store.mention(&done.new_mentions[0].0).unwrap().unwrap();
            assert_eq!(mention.backfill, done.backfill);
            done.backfill
        };
        assert!(ingest("news", "1", import("2026-01-02T00:00Z")));
        assert!(ingest("news", "2", poll("2026-01-02T00:00Z")));
        assert!(!ingest("news", "3", poll("2026-01-02T01:00Z")));
        assert!(ingest("news", "4", import("2026-01-02T02:00Z")));
        assert!(ingest("blog", "5", poll("2026-01-02T02:00Z")));
    }

    #[test]
    fn what_other_brands_find_in_a_document_is_back_fill_unless_published_since() {
        let mut scene = Scene::new();
        let mut ingest = |listening: &str, at: &str, items: &[Prepared]| {
            let mut polled = poll(at);
            if let Origin::Poll(outcome) = &mut polled.origin {
                outcome.listening = listening.to_owned();
            }
            let done = scene.store.ingest(&batch("news", items), &polled).unwrap();
            let mention = |(id, _): &(MentionId, BrandId)| scene.store.mention(id).unwrap().unwrap();
            done.new_mentions.iter().map(mention).map(|mention| mention.backfill).collect::<Vec<_>>()
        };
        ingest("one", "2026-01-02T00:00Z", &[]);
        let old = dated(item("1", "acme"), "2026-01-01T12:00Z");
        assert_eq!(ingest("one", "2026-01-02T01:00Z", &[old]), [false]);
        let old = dated(item("2", "globex"), "2026-01-02T00:30Z");
        let new = dated(item("3", "globex"), "2026-01-02T01:30Z");
        assert_eq!(ingest("two", "2026-01-02T02:00Z", &[old, new, item("4", "globex")]), [true, true, false]);
        assert_eq!(ingest("two", "2026-01-02T03:00Z", &[item("5", "globex")]), [false]);
        assert_eq!(scene.store.recount().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn several_documents_are_one_transaction() {
        let mut scene = Scene::listening(&["news", "blog"]);
        let polled = poll("2026-01-02T00:00Z");
        let documents = [batch("news", &[item("1", "acme")]), batch("blog", &[item("1", "acme, globex")])];
        let done = scene
            .store
            .ingest_all(&[(&documents[0], &polled), (&documents[1], &polled), (&documents[0], &polled)])
            .unwrap();
        let new: Vec<usize> = done.iter().map(|done| done.new_mentions.len()).collect();
        assert_eq!(new, [1, 2, 0]);
        assert_eq!(done[2].known, 1);
        assert_eq!(scene.store.totals().unwrap()[0].brand, brand("acme"));
        assert_eq!(scene.store.mention_count_of_source(&SourceId::new("blog")).unwrap(), 2);
    }

    /// Invariant: ingest is idempotent.
    #[test]
    fn a_document_read_again_changes_nothing() {
        let mut scene = Scene::listening(&["news"]);
        let mut other = item("2", "globex");
        reword(&mut other, "globex and acme");
        let document = batch("news", &[item("1", "acme"), other, keyed(None, None, "acme alone")]);
        scene.store.ingest(&document, &poll("2026-01-02T00:00Z")).unwrap();
        let (rev, touched) = (scene.store.rev().unwrap(), scene.store.touched().unwrap());
        let again = scene.store.ingest(&document, &poll("2026-01-02T01:00Z")).unwrap();
        assert_eq!((again.known, again.new_mentions.len()), (3, 0));
        assert_eq!((scene.store.rev().unwrap(), scene.store.touched().unwrap()), (rev, touched));
    }
}
