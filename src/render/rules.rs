//! Rules and their states as text.

use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::{Style, minute_or_dash};
use crate::views::rules::RulesView;

pub fn text(view: &RulesView, zone: &TimeZone, style: Style) -> String {
    let columns = [
        ("rule", Align::Left),
        ("kind", Align::Left),
        ("brand", Align::Left),
        ("state", Align::Left),
        ("can judge from", Align::Left),
        ("severity", Align::Left),
        ("tells", Align::Left),
    ];
    let rows: Vec<Vec<String>> = view
        .rules
        .iter()
        .flat_map(|rule| {
            rule.brands.iter().map(|brand| {
                let state = match &brand.alert {
                    Some(alert) => format!("{} {alert}", brand.state),
                    None => brand.state.to_owned(),
                };
                vec![
                    rule.id.clone(),
                    rule.kind.to_owned(),
                    brand.brand.clone(),
                    state,
                    minute_or_dash(brand.judged_from, zone),
                    rule.severity.to_owned(),
                    rule.notify.join(", "),
                ]
            })
        })
        .collect();
    table(&columns, &rows, style)
}
