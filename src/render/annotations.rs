//! Annotations as text.

use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::{Style, minute};
use crate::views::annotations::AnnotationList;

pub fn list(view: &AnnotationList, zone: &TimeZone, style: Style) -> String {
    if view.annotations.is_empty() {
        return style.say("no annotations\n", "aucune annotation\n").into();
    }
    let columns = [
        (style.say("at", "le"), Align::Left),
        ("annotation", Align::Right),
        (style.say("brand", "marque"), Align::Left),
        (style.say("text", "texte"), Align::Left),
    ];
    let rows = view.annotations.iter().map(|annotation| {
        let brand = annotation.brand.clone().unwrap_or_else(|| style.say("all", "toutes").to_owned());
        vec![minute(annotation.at, zone), annotation.id.to_string(), brand, annotation.text.clone()]
    });
    table(&columns, &rows.collect::<Vec<_>>(), style)
}
