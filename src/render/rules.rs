//! Rules and their states as text.

use jiff::tz::TimeZone;

use super::alerts::{severity_word, state_word};
use super::table::{Align, table};
use super::{Style, minute_or_dash};
use crate::views::rules::RulesView;

pub fn text(view: &RulesView, zone: &TimeZone, style: Style) -> String {
    let columns = [
        (style.say("rule", "règle"), Align::Left),
        (style.say("kind", "genre"), Align::Left),
        (style.say("brand", "marque"), Align::Left),
        (style.say("state", "état"), Align::Left),
        (style.say("can judge from", "peut juger dès le"), Align::Left),
        (style.say("severity", "gravité"), Align::Left),
        (style.say("tells", "prévient"), Align::Left),
    ];
    let rows: Vec<Vec<String>> = view
        .rules
        .iter()
        .flat_map(|rule| {
            rule.brands.iter().map(|brand| {
                let word = state_word(brand.state, style.tongue);
                let state = match &brand.alert {
                    Some(alert) => format!("{word} {alert}"),
                    None => word.to_owned(),
                };
                vec![
                    rule.id.clone(),
                    rule.kind.to_owned(),
                    brand.brand.clone(),
                    state,
                    minute_or_dash(brand.judged_from, zone),
                    severity_word(rule.severity, style.tongue).to_owned(),
                    rule.notify.join(", "),
                ]
            })
        })
        .collect();
    table(&columns, &rows, style)
}
