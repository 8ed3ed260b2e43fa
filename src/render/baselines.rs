//! Frozen baselines as text.

use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::{Style, minute};
use crate::views::baselines::{BaselineView, BaselinesView};

pub fn text(view: &BaselinesView, zone: &TimeZone, style: Style) -> String {
    if view.baselines.is_empty() {
        return "no baselines; `vigie baseline save NAME` freezes today's figures".to_owned();
    }
    let columns = [
        ("name", Align::Left),
        ("saved", Align::Left),
        ("from", Align::Left),
        ("to", Align::Left),
        ("query", Align::Left),
        ("stories", Align::Left),
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
