//! What people did with mentions, and when; a mention's tags and status are what follows from it.

use anyhow::{Context, Result, bail};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Reader, Store, id_bytes, instant, list_from_json, list_to_json};
use crate::model::{Deed, Handling, MentionId, MentionStatus};
use crate::text::fold::fold;

impl Reader {
    /// All that was done with a mention, oldest first.
    pub fn handlings(&self, id: &MentionId) -> Result<Vec<Handling>> {
        let Some(id) = id_bytes(id.as_str()) else { return Ok(Vec::new()) };
        let mut statement = self.db.prepare_cached(
            "SELECT h.at, h.who, h.deed, h.value FROM handlings h JOIN mentions m USING (mention)
             WHERE m.id = ?1 ORDER BY h.handling",
        )?;
        statement
            .query_and_then([id], |row| {
                let (deed, value): (String, String) = (row.get(2)?, row.get(3)?);
                Ok(Handling { at: instant(row.get(0)?), who: row.get(1)?, deed: read(&deed, value)? })
            })?
            .collect()
    }
}

impl Store {
    /// Does it with a mention and notes it; `false` if nothing changes by it, and then nothing is noted. Short
    /// enough to be done beside a running vigie.
    ///
    /// # Errors
    /// If there is no such mention.
    pub fn handle(&mut self, id: &MentionId, handling: &Handling) -> Result<bool> {
        self.write(|ledger| {
            let bytes = id_bytes(id.as_str());
            let found = ledger
                .db
                .prepare_cached("SELECT mention, tags, status FROM mentions WHERE id = ?1")?
                .query_row([bytes], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?, row.get::<_, String>(2)?))
                })
                .optional()?;
            let (number, tags, status) =
                found.with_context(|| format!("there is no mention {id} any more"))?;
            let mut tags = list_from_json(tags.as_deref())?;
            let known = |tags: &[String], tag: &str| tags.iter().position(|other| fold(other) == fold(tag));
            let status = match &handling.deed {
                Deed::Noted(_) => status,
                Deed::Moved(to) if to.as_str() == status => return Ok(false),
                Deed::Moved(to) => to.as_str().to_owned(),
                Deed::Tagged(tag) if known(&tags, tag).is_some() => return Ok(false),
                Deed::Tagged(tag) => {
                    tags.push(tag.clone());
                    status
                }
                Deed::Untagged(tag) => {
                    let Some(at) = known(&tags, tag) else { return Ok(false) };
                    tags.remove(at);
                    status
                }
            };
            ledger
                .db
                .prepare_cached("UPDATE mentions SET tags = ?2, status = ?3 WHERE mention = ?1")?
                .execute(params![number, list_to_json(&tags), status])?;
            ledger
                .db
                .prepare_cached(
                    "INSERT INTO handlings (mention, at, who, deed, value) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    number,
                    handling.at.as_second(),
                    handling.who,
                    handling.deed.as_str(),
                    handling.deed.value()
                ])?;
            // A note is not searched.
            if !matches!(handling.deed, Deed::Noted(_)) {
                ledger.mark(number);
            }
            Ok(true)
        })
    }
}

fn read(deed: &str, value: String) -> Result<Deed> {
    Ok(match deed {
        "tag" => Deed::Tagged(value),
        "untag" => Deed::Untagged(value),
        "note" => Deed::Noted(value),
        "status" => Deed::Moved(
            MentionStatus::read(&value)
                .with_context(|| format!("a mention had the unknown status `{value}`"))?,
        ),
        _ => bail!("a mention was handled in an unknown way, `{deed}`"),
    })
}

/// Before a mention is deleted: its number may be another's later.
pub(super) fn forget_handlings(db: &Connection, mention: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM handlings WHERE mention = ?1")?.execute([mention])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, batch, item, poll, time};
    use super::*;
    use crate::model::Change;

    fn deed(deed: Deed) -> Handling {
        Handling { at: time("2026-01-06T00:00Z"), who: Some("Élodie".into()), deed }
    }

    #[test]
    fn what_was_done_is_noted_and_changes_the_mention() {
        let mut scene = Scene::listening(&["news"]);
        let stored = scene.store.ingest(&batch("news", &[item("1", "acme")]), &poll("2026-01-05T00:00Z"));
        let id = stored.unwrap().new_mentions.remove(0).0;
        let rev = scene.store.rev().unwrap();
        let deeds = [
            (Deed::Tagged("À suivre".into()), true),
            (Deed::Tagged("a suivre".into()), false),
            (Deed::Tagged("vip".into()), true),
            (Deed::Moved(MentionStatus::Open), true),
            (Deed::Moved(MentionStatus::Open), false),
            (Deed::Noted("called them".into()), true),
            (Deed::Untagged("VIP".into()), true),
            (Deed::Untagged("vip".into()), false),
        ];
        for (deed_done, changes) in &deeds {
            assert_eq!(scene.store.handle(&id, &deed(deed_done.clone())).unwrap(), *changes, "{deed_done:?}");
        }
        let expected: Vec<_> =
            deeds.iter().filter(|(_, changes)| *changes).map(|(done, _)| deed(done.clone())).collect();
        assert_eq!(scene.store.handlings(&id).unwrap(), expected);
        let mention = scene.store.mention(&id).unwrap().unwrap();
        assert_eq!((mention.tags, mention.status), (vec!["À suivre".to_owned()], MentionStatus::Open));
        let changes = scene.store.changes_since(rev, 10).unwrap();
        assert!(matches!(&changes[..], [(_, Change::Put(_))]), "the index hears of it: {changes:?}");
        // An edit of the text leaves it.
        let edit = batch("news", &[item("1", "acme, corrected")]);
        scene.store.ingest(&edit, &poll("2026-01-06T00:00Z")).unwrap();
        assert_eq!(scene.store.mention(&id).unwrap().unwrap().status, MentionStatus::Open);
    }

    #[test]
    fn a_mention_that_is_gone_takes_what_was_done_with_it() {
        let mut scene = Scene::listening(&["news"]);
        let stored = scene.store.ingest(&batch("news", &[item("1", "acme")]), &poll("2026-01-05T00:00Z"));
        let id = stored.unwrap().new_mentions.remove(0).0;
        scene.store.handle(&id, &deed(Deed::Noted("x".into()))).unwrap();
        let (_, kept) = scene.store.kept_entries(0, 1).unwrap().remove(0);
        scene.store.replace_matches(&[(kept.id, Vec::new())]).unwrap();
        assert!(scene.store.handle(&id, &deed(Deed::Noted("y".into()))).is_err());
        scene.store.ingest(&batch("news", &[item("2", "acme")]), &poll("2026-01-06T00:00Z")).unwrap();
        let left: i64 =
            scene.store.db.query_row("SELECT count(*) FROM handlings", [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0);
    }

    #[test]
    fn a_mention_is_found_by_the_beginning_of_its_id() {
        let mut scene = Scene::listening(&["news"]);
        let items = [item("1", "acme"), item("2", "acme b")];
        let stored = scene.store.ingest(&batch("news", &items), &poll("2026-01-05T00:00Z")).unwrap();
        let id = stored.new_mentions[0].0.as_str();
        let ids = |beginning: &str| {
            let found = scene.store.mentions_beginning(beginning).unwrap();
            found.iter().map(|mention| mention.id.as_str().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(ids(id), [id]);
        assert_eq!(ids(&id[..9]), [id], "an odd number of digits");
        assert_eq!(ids(&id[2..20]), [id]);
        assert_eq!(ids("m_").len(), 2);
        assert_eq!(ids("m_xyz"), [""; 0]);
        assert_eq!(ids(&format!("{id}0")), [""; 0]);
    }
}
