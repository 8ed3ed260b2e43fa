//! Frozen baselines as text.

use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::{Style, minute};
use crate::views::baselines::{BaselineView, BaselinesView};

pub fn text(view: &BaselinesView, zone: &TimeZone, style: Style) -> String {
    if view.baselines.is_empty() {
        let none = style.say(
            "no baselines; `vigie baseline save NAME` freezes today's figures",
            "aucune référence ; `vigie baseline save NOM` fige les chiffres d’aujourd’hui",
        );
        return none.to_owned();
    }
    let columns = [
        (style.say("name", "nom"), Align::Left),
        (style.say("saved", "figée le"), Align::Left),
        (style.say("from", "du"), Align::Left),
        (style.say("to", "au"), Align::Left),
        (style.say("query", "requête"), Align::Left),
        (style.say("stories", "histoires"), Align::Left),
    ];
    let row = |baseline: &BaselineView| {
        let stories = baseline.brands.iter().map(|brand| format!("{} {}", brand.brand, brand.stories));
        let day = |time: jiff::Timestamp| minute(time, zone)[..10].to_owned();
        vec![
            baseline.name.clone(),
            day(baseline.saved),
            day(baseline.since),
            day(baseline.until),
            baseline.query.clone().unwrap_or_else(|| "–".to_owned()),
            stories.collect::<Vec<_>>().join(", "),
        ]
    };
    table(&columns, &view.baselines.iter().map(row).collect::<Vec<_>>(), style)
}
