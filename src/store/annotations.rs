//! What people noted of times.

use anyhow::Result;
use rusqlite::params;

use super::{Reader, Store};
use crate::model::{Annotation, BrandId};

impl Reader {
    /// The newest first.
    pub fn annotations(&self) -> Result<Vec<Annotation>> {
        let mut statement = self.db.prepare_cached("SELECT annotation, at, brand, text FROM annotations")?;
        let read = |row: &rusqlite::Row<'_>| -> Result<Annotation> {
            Ok(Annotation {
                number: row.get(0)?,
                at: row.get::<_, String>(1)?.parse()?,
                brand: row.get::<_, Option<String>>(2)?.map(BrandId::new),
                text: row.get(3)?,
            })
        };
        let mut all = statement.query_and_then([], read)?.collect::<Result<Vec<_>>>()?;
        all.sort_by_key(|annotation| std::cmp::Reverse((annotation.at, annotation.number)));
        Ok(all)
    }
}

impl Store {
    /// Stores an annotation, whatever its number, and returns the number it gets.
    pub fn annotate(&mut self, annotation: &Annotation) -> Result<i64> {
        let Annotation { number: _, at, brand, text } = annotation;
        let db = &self.reader.db;
        db.prepare_cached("INSERT INTO annotations (at, brand, text) VALUES (?1, ?2, ?3)")?
            .execute(params![at.to_string(), brand.as_ref().map(BrandId::as_str), text])?;
        Ok(db.last_insert_rowid())
    }

    /// Whether there was such an annotation.
    pub fn remove_annotation(&mut self, number: i64) -> Result<bool> {
        let mut statement = self.reader.db.prepare_cached("DELETE FROM annotations WHERE annotation = ?1")?;
        Ok(statement.execute([number])? > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, brand, time};
    use super::*;

    #[test]
    fn annotations_come_back_in_the_order_of_the_times_they_are_of() {
        let mut scene = Scene::new();
        let mut add = |at: &str, of: Option<&str>, text: &str| {
            let brand = of.map(brand);
            let annotation = Annotation { number: 0, at: time(at), brand, text: text.to_owned() };
            scene.store.annotate(&annotation).unwrap()
        };
        add("2026-01-02T10:00:00.5Z", Some("acme"), "launch");
        let fair = add("2026-01-02T10:00Z", None, "« fair »");
        add("2026-01-01T10:00Z", None, "before");
        let texts = |scene: &Scene| -> Vec<(String, bool)> {
            let all = scene.store.annotations().unwrap();
            all.into_iter().map(|annotation| (annotation.text, annotation.brand.is_some())).collect()
        };
        let kept = [("launch", true), ("« fair »", false), ("before", false)];
        assert_eq!(texts(&scene), kept.map(|(text, of)| (text.to_owned(), of)));
        assert!(
            scene.store.remove_annotation(fair).unwrap() && !scene.store.remove_annotation(fair).unwrap()
        );
        assert_eq!(texts(&scene).len(), 2);
    }
}
