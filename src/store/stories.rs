//! Stories: the groups of near-duplicate entries, and where each counts.
//!
//! Two entries are linked if some text of the one and some text of the other share a band, are near-duplicates
//! and are at most [`REACH_S`] apart; a story is a connected component of links. Links are never taken back, so the
//! partition does not depend on the order in which entries and their revisions come. A story goes by its
//! earliest entry, and counts once per subject, where its earliest counted mention of it counts.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, params};

use super::expiry::GONE;
use super::list_from_json;
use super::rollups::{BACKFILL, COUNTS, HOW_IT_COUNTS, Ledger, Place, minute, subject_number};
use crate::enrich::fingerprint::Fingerprint;
use crate::model::{BrandId, is_dated};

/// How far apart the times of two near-duplicates of one story may be: 7 days.
const REACH_S: i64 = 7 * DAY_S;
const DAY_S: i64 = 24 * 60 * 60;

/// Files a text of `entry` for finding near-duplicates and joins the stories it links. `at` is the text's
/// own time. None of the entry's mentions may be counted while this runs.
pub(super) fn link(ledger: &mut Ledger<'_>, entry: i64, at: i64, fingerprint: &Fingerprint) -> Result<()> {
    let own = story_of(ledger.db, entry)?;
    let mut linked = BTreeSet::from([own]);
    for near in near_entries(ledger.db, entry, at, fingerprint)? {
        linked.insert(story_of(ledger.db, near)?);
    }
    file(ledger.db, entry, at, fingerprint)?;
    // Other stories go by their earliest entry; in its own, this one may just have got another date.
    linked.remove(&own);
    let mut first = earliest_entry(ledger.db, own)?;
    for &story in &linked {
        if entry_order(ledger.db, story)? < entry_order(ledger.db, first)? {
            first = story;
        }
    }
    linked.insert(own);
    for story in linked {
        if story != first {
            join(ledger, story, first)?;
        }
    }
    Ok(())
}

/// Files a text by its bands, in one statement.
fn file(db: &Connection, entry: i64, at: i64, fingerprint: &Fingerprint) -> Result<()> {
    let mut places = fingerprint.bands().map(|band| place(band, at));
    let Some(first) = places.next() else { return Ok(()) };
    // Those that are missing are the first once more.
    let mut row = [first; Fingerprint::MOST_BANDS + 1];
    row.iter_mut().skip(1).zip(places).for_each(|(to, place)| *to = place);
    row[Fingerprint::MOST_BANDS] = entry;
    const FILE: &str = "INSERT OR IGNORE INTO bands (place, entry) VALUES (?1, ?11), (?2, ?11), (?3, ?11),
        (?4, ?11), (?5, ?11), (?6, ?11), (?7, ?11), (?8, ?11), (?9, ?11), (?10, ?11)";
    db.prepare_cached(FILE)?.execute(row)?;
    Ok(())
}

/// [`link`]s all texts that an entry had while it named nobody.
pub(super) fn link_texts(ledger: &mut Ledger<'_>, entry: i64) -> Result<()> {
    for (at, fingerprint) in texts(ledger.db, entry)? {
        link(ledger, entry, at, &fingerprint)?;
    }
    Ok(())
}

/// Files none of an entry's texts for finding near-duplicates any more.
pub(super) fn forget_texts(db: &Connection, entry: i64) -> Result<()> {
    for (at, fingerprint) in texts(db, entry)? {
        for band in fingerprint.bands() {
            db.prepare_cached("DELETE FROM bands WHERE place = ?1 AND entry = ?2")?
                .execute([place(band, at), entry])?;
        }
    }
    db.prepare_cached("DELETE FROM revisions WHERE entry = ?1")?.execute([entry])?;
    Ok(())
}

/// When each text of an entry is of, and its fingerprint; not those whose fingerprint was of another kind.
fn texts(db: &Connection, entry: i64) -> Result<Vec<(i64, Fingerprint)>> {
    let mut statement =
        db.prepare_cached("SELECT at, fingerprint FROM revisions WHERE entry = ?1 AND fingerprint <> x''")?;
    let mut rows = statement.query([entry])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let fingerprint = Fingerprint::from_bytes(row.get_ref(1)?.as_blob()?);
        found.push((row.get(0)?, fingerprint.context("a stored fingerprint is damaged")?));
    }
    Ok(found)
}

/// Whether a story has entries that have not expired.
pub(super) fn lives(db: &Connection, story: i64) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM entries WHERE story = ?1 AND expired = 0")?.exists([story])?)
}

/// Forgets a story all of whose entries expired.
pub(super) fn forget(db: &Connection, story: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM entries WHERE story = ?1")?.execute([story])?;
    db.prepare_cached("DELETE FROM story_firsts WHERE story = ?1")?.execute([story])?;
    Ok(())
}

/// A mention with all that says where it counts.
pub(super) struct Facts {
    pub mention: i64,
    story: i64,
    at: i64,
    entry_id: [u8; 16],
    source: i64,
    language: String,
    tone: u8,
    backfill: u8,
    /// Subjects of saved queries that it counts for as back-fill even if it is none.
    late: Vec<i64>,
    /// Own voice counts nowhere, nor does back-fill without a date.
    counts: bool,
    brand: BrandId,
    queries: Vec<String>,
    dated: bool,
}

impl Facts {
    pub fn of(db: &Connection, mention: i64) -> Result<Self> {
        let mut statement = db.prepare_cached(&format!(
            "SELECT e.story, e.at, e.id, e.source, e.language, m.tone, {HOW_IT_COUNTS}, {COUNTS}, b.brand, m.queries,
                 m.late_queries, e.published IS NOT NULL
             FROM mentions m JOIN entries e USING (entry) JOIN subjects b ON b.subject = m.brand
             WHERE m.mention = ?1"
        ))?;
        let mut rows = statement.query([mention])?;
        let row = rows.next()?.context("a mention is filed that does not exist")?;
        let brand = BrandId::new(row.get::<_, String>(8)?);
        let late = list_from_json(row.get_ref(10)?.as_str_or_null()?)?;
        Ok(Self {
            mention,
            story: row.get(0)?,
            at: row.get(1)?,
            entry_id: row.get(2)?,
            source: row.get(3)?,
            language: row.get(4)?,
            tone: row.get(5)?,
            backfill: row.get(6)?,
            counts: row.get(7)?,
            late: late.iter().map(|query| subject_number(db, &brand, query)).collect::<Result<_>>()?,
            brand,
            queries: list_from_json(row.get_ref(9)?.as_str_or_null()?)?,
            dated: row.get(11)?,
        })
    }

    /// The earlier of two counts for a story.
    fn order(&self) -> (i64, [u8; 16]) {
        (self.at, self.entry_id)
    }

    fn place(&self, subject: i64) -> Place {
        Place {
            subject,
            minute: minute(self.at),
            source: self.source,
            language: self.language.clone(),
            tone: self.tone,
            backfill: self.backfill_for(subject),
        }
    }

    fn backfill_for(&self, subject: i64) -> u8 {
        if self.late.contains(&subject) { self.backfill.max(BACKFILL) } else { self.backfill }
    }

    /// The brand, and each saved query within it; those of dated mentions only if it has a date.
    fn subjects(&self, db: &Connection) -> Result<Vec<i64>> {
        let queries = self.queries.iter().map(String::as_str).filter(|query| self.dated || !is_dated(query));
        std::iter::once("").chain(queries).map(|query| subject_number(db, &self.brand, query)).collect()
    }
}

/// Counts a mention, and its story if that has none earlier.
pub(super) fn count(ledger: &mut Ledger<'_>, facts: &Facts) -> Result<()> {
    if !facts.counts {
        return Ok(());
    }
    for subject in facts.subjects(ledger.db)? {
        ledger
            .db
            .prepare_cached(
                "INSERT INTO counted (subject, at, mention, source, language, tone, backfill)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                subject,
                facts.at,
                facts.mention,
                facts.source,
                facts.language,
                facts.tone,
                facts.backfill_for(subject)
            ])?;
        ledger.add(facts.place(subject), 1, 0);
        offer_first(ledger, subject, facts.story, facts)?;
    }
    Ok(())
}

/// Takes back what [`count`] did; `facts` are those it was done with.
pub(super) fn uncount(ledger: &mut Ledger<'_>, facts: &Facts) -> Result<()> {
    if !facts.counts {
        return Ok(());
    }
    for subject in facts.subjects(ledger.db)? {
        delete_counted(ledger.db, subject, facts)?;
        ledger.add(facts.place(subject), -1, 0);
        if first_of(ledger.db, facts.story, subject)? == Some(facts.mention) {
            ledger.add(facts.place(subject), 0, -1);
            match next_first(ledger.db, facts.story, subject)? {
                Some(next) => {
                    set_first(ledger.db, facts.story, subject, next)?;
                    ledger.add(Facts::of(ledger.db, next)?.place(subject), 0, 1);
                }
                None => drop_first(ledger.db, facts.story, subject)?,
            }
        }
    }
    Ok(())
}

fn delete_counted(db: &Connection, subject: i64, facts: &Facts) -> Result<()> {
    db.prepare_cached("DELETE FROM counted WHERE subject = ?1 AND at = ?2 AND mention = ?3")?
        .execute(params![subject, facts.at, facts.mention])?;
    Ok(())
}

/// Takes a counted mention away and leaves what it counted for; its story counts there for good.
pub(super) fn freeze(ledger: &mut Ledger<'_>, facts: &Facts) -> Result<()> {
    if !facts.counts {
        return Ok(());
    }
    for subject in facts.subjects(ledger.db)? {
        delete_counted(ledger.db, subject, facts)?;
        let begins = first_of(ledger.db, facts.story, subject)? == Some(facts.mention);
        if begins {
            set_first(ledger.db, facts.story, subject, GONE)?;
        }
        ledger.freeze(&facts.place(subject), 1, i64::from(begins))?;
    }
    Ok(())
}

/// Makes the mention the one by which its story counts, if it is the earliest.
fn offer_first(ledger: &mut Ledger<'_>, subject: i64, story: i64, facts: &Facts) -> Result<()> {
    if let Some(first) = first_of(ledger.db, story, subject)? {
        if first == GONE {
            return Ok(());
        }
        let first = Facts::of(ledger.db, first)?;
        if first.order() <= facts.order() {
            return Ok(());
        }
        ledger.add(first.place(subject), 0, -1);
    }
    set_first(ledger.db, story, subject, facts.mention)?;
    ledger.add(facts.place(subject), 0, 1);
    Ok(())
}

/// Moves all entries of `story` to the story that goes by `first`.
fn join(ledger: &mut Ledger<'_>, story: i64, first: i64) -> Result<()> {
    let mut statement =
        ledger.db.prepare_cached("SELECT subject, mention FROM story_firsts WHERE story = ?1")?;
    let firsts: Vec<(i64, i64)> =
        statement.query_map([story], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (subject, mention) in firsts {
        if mention == GONE {
            drop_first(ledger.db, story, subject)?;
            if let Some(living) = first_of(ledger.db, first, subject)?.filter(|&living| living != GONE) {
                ledger.add(Facts::of(ledger.db, living)?.place(subject), 0, -1);
            }
            set_first(ledger.db, first, subject, GONE)?;
            continue;
        }
        let facts = Facts::of(ledger.db, mention)?;
        drop_first(ledger.db, story, subject)?;
        ledger.add(facts.place(subject), 0, -1);
        offer_first(ledger, subject, first, &facts)?;
    }
    // To readers, these mentions change the story they belong to.
    let mut statement = ledger
        .db
        .prepare_cached("SELECT m.mention FROM entries e JOIN mentions m USING (entry) WHERE e.story = ?1")?;
    let mentions: Vec<i64> = statement.query_map([story], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for mention in mentions {
        ledger.mark(mention);
    }
    ledger.db.prepare_cached("UPDATE entries SET story = ?2 WHERE story = ?1")?.execute([story, first])?;
    Ok(())
}

fn story_of(db: &Connection, entry: i64) -> Result<i64> {
    let mut statement = db.prepare_cached("SELECT story FROM entries WHERE entry = ?1")?;
    Ok(statement.query_row([entry], |row| row.get(0))?)
}

/// Where a band of a text of that time is filed: those of one fortnight together, since what comes in is mostly of
/// one time, and ten places all over a large file would be read and written for each text. Fortnights are told apart
/// from 1970 to 2149; what lies beyond is of the first or the last.
pub(super) fn place(band: u32, at: i64) -> i64 {
    const LAST_DAY: i64 = 0xffff;
    (at.div_euclid(DAY_S).clamp(0, LAST_DAY) / FORTNIGHT) * (1 << 24) + i64::from(band)
}

/// In days: twice the reach, so that what is near in time is of two fortnights at most.
const FORTNIGHT: i64 = 2 * REACH_S / DAY_S;

/// Entries other than `entry` with a text that shares a band and is near in time, or a little further off.
fn candidates(db: &Connection, entry: i64, at: i64, fingerprint: &Fingerprint) -> Result<BTreeSet<i64>> {
    const FIND: &str = "SELECT entry FROM bands WHERE place IN
        (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)";
    let near = fingerprint.bands().flat_map(|band| [place(band, at - REACH_S), place(band, at + REACH_S)]);
    // No place is below 0.
    let mut places = [-1; 2 * Fingerprint::MOST_BANDS];
    places.iter_mut().zip(near).for_each(|(to, place)| *to = place);
    let mut statement = db.prepare_cached(FIND)?;
    let mut found =
        statement.query_map(places, |row| row.get(0))?.collect::<Result<BTreeSet<i64>, rusqlite::Error>>()?;
    found.remove(&entry);
    Ok(found)
}

/// Entries other than `entry` some text of which is a near-duplicate of the one of `at` and near in time. One that
/// shares no band does not count, because it would be found or not as the others of its entry come first or last.
/// Most candidates are none, so that fingerprints are asked first: they lie closer together than entries with
/// their texts.
fn near_entries(db: &Connection, entry: i64, at: i64, fingerprint: &Fingerprint) -> Result<Vec<i64>> {
    let mut statement =
        db.prepare_cached("SELECT fingerprint FROM revisions WHERE entry = ?1 AND at BETWEEN ?2 AND ?3")?;
    let mut near = Vec::new();
    for candidate in candidates(db, entry, at, fingerprint)? {
        let mut rows = statement.query(params![candidate, at - REACH_S, at + REACH_S])?;
        while let Some(row) = rows.next()? {
            let other = Fingerprint::from_bytes(row.get_ref(0)?.as_blob()?);
            if other.is_some_and(|other| fingerprint.near(&other) && fingerprint.shares_band(&other)) {
                near.push(candidate);
                break;
            }
        }
    }
    Ok(near)
}

/// By what the earliest entry of a story is chosen.
fn entry_order(db: &Connection, entry: i64) -> Result<(i64, [u8; 16])> {
    let mut statement = db.prepare_cached("SELECT at, id FROM entries WHERE entry = ?1")?;
    Ok(statement.query_row([entry], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

fn earliest_entry(db: &Connection, story: i64) -> Result<i64> {
    let mut statement =
        db.prepare_cached("SELECT entry FROM entries WHERE story = ?1 ORDER BY at, id LIMIT 1")?;
    Ok(statement.query_row([story], |row| row.get(0))?)
}

fn first_of(db: &Connection, story: i64, subject: i64) -> Result<Option<i64>> {
    let mut statement =
        db.prepare_cached("SELECT mention FROM story_firsts WHERE story = ?1 AND subject = ?2")?;
    Ok(statement.query_row([story, subject], |row| row.get(0)).optional()?)
}

/// The earliest mention of the story that is counted for the subject.
fn next_first(db: &Connection, story: i64, subject: i64) -> Result<Option<i64>> {
    Ok(db.prepare_cached(NEXT_FIRST)?.query_row([story, subject], |row| row.get(0)).optional()?)
}

/// CROSS JOIN keeps the order: left to itself, SQLite goes through all that counts for the subject.
const NEXT_FIRST: &str = "
    SELECT m.mention FROM entries e CROSS JOIN mentions m USING (entry)
        CROSS JOIN counted c ON c.subject = ?2 AND c.at = e.at AND c.mention = m.mention
    WHERE e.story = ?1 ORDER BY e.at, e.id LIMIT 1";

fn set_first(db: &Connection, story: i64, subject: i64, mention: i64) -> Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO story_firsts (story, subject, mention) VALUES (?1, ?2, ?3)")?
        .execute([story, subject, mention])?;
    Ok(())
}

fn drop_first(db: &Connection, story: i64, subject: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM story_firsts WHERE story = ?1 AND subject = ?2")?
        .execute([story, subject])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::super::testing::{Scene, batch, dated, item, long_text, poll};
    use super::NEXT_FIRST;
    use crate::model::{Change, StoryId, Timestamp};
    use crate::prepare::Prepared;

    /// One item of a property: guid, subject of its text, its variant, hours after the start.
    type Sketch = (u8, u32, u8, u32);

    fn sketched(&(guid, subject, variant, hours): &Sketch) -> Prepared {
        let published = Timestamp::from_second(START + i64::from(hours) * 3600).unwrap();
        let text = long_text(subject, &format!("acme v{variant}"));
        dated(item(&guid.to_string(), &text), &published.to_string())
    }

    /// 2026-01-01.
    const START: i64 = 1_767_225_600;

    #[test]
    fn the_next_first_of_a_story_is_sought_in_that_story() {
        let scene = Scene::new();
        let sql = format!("EXPLAIN QUERY PLAN {NEXT_FIRST}");
        let mut statement = scene.store.db.prepare(&sql).unwrap();
        let steps: Vec<String> =
            statement.query_map([1, 1], |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
        assert!(steps[0].contains("entries_by_story (story=?)"), "{steps:?}");
        assert!(steps.iter().all(|step| !step.starts_with("SCAN")), "{steps:?}");
    }

    /// Story of each entry, by what the store says.
    fn stories(scene: &Scene) -> BTreeMap<String, StoryId> {
        let changes = scene.store.changes_since(0, 1000).unwrap();
        changes
            .into_iter()
            .map(|(_, change)| match change {
                Change::New(mention) | Change::Put(mention) => (mention.guid.unwrap(), mention.story),
                Change::Gone(id) => panic!("{id} is gone"),
            })
            .collect()
    }

    /// The same by the definition: components of near texts at most 7 days apart.
    fn stories_by_definition(items: &[Prepared], scene: &Scene) -> BTreeMap<String, StoryId> {
        let guid = |item: &Prepared| item.entry.guid.clone().unwrap();
        let at = |item: &Prepared| item.entry.published.unwrap().as_second();
        let mut component: BTreeMap<String, String> = items.iter().map(|i| (guid(i), guid(i))).collect();
        for a in items {
            for b in items {
                if (at(a) - at(b)).abs() <= 7 * 86_400 && a.fingerprint.near(&b.fingerprint) {
                    let (from, into) = (component[&guid(a)].clone(), component[&guid(b)].clone());
                    component
                        .values_mut()
                        .filter(|name| **name == from)
                        .for_each(|name| *name = into.clone());
                }
            }
        }
        let mut entries: Vec<(i64, String, String)> = Vec::new();
        for (_, change) in scene.store.changes_since(0, 1000).unwrap() {
            let (Change::New(mention) | Change::Put(mention)) = change else { continue };
            entries.push((mention.at().as_second(), mention.entry.to_string(), mention.guid.unwrap()));
        }
        entries.sort();
        let first = |name: &str| {
            let (_, id, _) = entries.iter().find(|(_, _, guid)| component[guid] == name).unwrap();
            StoryId::new(id.replace("e_", "s_"))
        };
        component.iter().map(|(guid, name)| (guid.clone(), first(name))).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Invariant: the partition and the ids do not depend on the order of arrival, edits included.
        #[test]
        fn stories_do_not_depend_on_the_order(
            (sketches, order) in proptest::collection::vec((0u8..9, 0u32..3, 0u8..3, 0u32..480), 1..14)
                .prop_flat_map(|sketches| (Just(sketches.clone()), Just(sketches).prop_shuffle()))
        ) {
            // The same text of one entry under two dates is one revision: let dates follow from texts.
            let mut dates = BTreeMap::new();
            let mut items = |sketches: &[Sketch]| -> Vec<Prepared> {
                sketches.iter().map(|&(guid, subject, variant, hours)| {
                    let hours = *dates.entry((guid, subject, variant)).or_insert(hours);
                    sketched(&(guid, subject, variant, hours))
                }).collect()
            };
            let (in_order, shuffled) = (items(&sketches), items(&order));
            let mut one_by_one = Scene::listening(&["news"]);
            for item in &in_order {
                one_by_one.store.ingest(&batch("news", std::slice::from_ref(item)), &poll("2026-02-01T00:00Z")).unwrap();
            }
            let mut at_once = Scene::listening(&["news"]);
            at_once.store.ingest(&batch("news", &shuffled), &poll("2026-02-01T00:00Z")).unwrap();
            prop_assert_eq!(stories(&one_by_one), stories(&at_once));
            prop_assert_eq!(stories(&one_by_one), stories_by_definition(&in_order, &one_by_one));
            prop_assert_eq!(one_by_one.store.mention_ids().unwrap(), at_once.store.mention_ids().unwrap());
            prop_assert_eq!(one_by_one.store.recount().unwrap(), Vec::<String>::new());
        }
    }

    #[test]
    fn copies_in_two_sources_are_one_story_under_all_its_ids() {
        let mut scene = Scene::listening(&["news", "blog"]);
        let copy = |guid: &str, published: &str| dated(item(guid, &long_text(1, "acme")), published);
        let mut ids = BTreeSet::new();
        for (source, day) in [("news", 5), ("blog", 4), ("news", 3)] {
            let document = batch(source, &[copy(&day.to_string(), &format!("2026-01-0{day}T00:00Z"))]);
            let done = scene.store.ingest(&document, &poll("2026-01-06T00:00Z")).unwrap();
            ids.insert(scene.store.mention(&done.new_mentions[0].0).unwrap().unwrap().story);
        }
        assert_eq!(ids.len(), 3);
        for id in &ids {
            let story = scene.store.story(id).unwrap();
            let guids: Vec<_> = story.iter().map(|mention| mention.guid.as_deref().unwrap()).collect();
            assert_eq!(guids, ["3", "4", "5"]);
            assert!(story.iter().all(|mention| mention.copies == 3));
            assert_eq!(scene.store.story_of(id).unwrap().as_ref(), Some(&story[0].story));
        }
        assert_eq!(scene.store.story_of(&StoryId::new("s_other")).unwrap(), None);
    }

    #[test]
    fn seven_days_part_two_stories() {
        for (second, stories_expected) in [("2026-01-08T00:00Z", 1), ("2026-01-08T00:00:01Z", 2)] {
            let mut scene = Scene::listening(&["news"]);
            let first = dated(item("1", &long_text(1, "acme")), "2026-01-01T00:00Z");
            let second = dated(item("2", &long_text(1, "acme")), second);
            scene.store.ingest(&batch("news", &[first, second]), &poll("2026-01-09T00:00Z")).unwrap();
            let found: BTreeSet<_> = stories(&scene).into_values().collect();
            assert_eq!(found.len(), stories_expected);
        }
    }

    #[test]
    fn whoever_changes_the_story_gets_a_new_rev() {
        let mut scene = Scene::listening(&["news"]);
        let copy = |guid: &str, published: &str| dated(item(guid, &long_text(1, "acme")), published);
        let later = batch("news", &[copy("later", "2026-01-05T00:00Z")]);
        scene.store.ingest(&later, &poll("2026-01-06T00:00Z")).unwrap();
        let rev = scene.store.rev().unwrap();
        let earlier = batch("news", &[copy("earlier", "2026-01-04T00:00Z")]);
        scene.store.ingest(&earlier, &poll("2026-01-06T00:00Z")).unwrap();
        assert_eq!(scene.store.changes_since(rev, 10).unwrap().len(), 2);
    }
}
