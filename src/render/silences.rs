//! Silences as text.

use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::terminal::{clean, wrapped};
use super::{Style, minute};
use crate::model::Tongue;
use crate::views::silences::{SilenceList, SilenceView};

pub fn list(view: &SilenceList, zone: &TimeZone, style: Style) -> String {
    if view.silences.is_empty() {
        return style.say("no silences\n", "aucun silence\n").into();
    }
    let columns = [
        ("silence", Align::Right),
        (style.say("until", "jusqu’au"), Align::Left),
        (style.say("rule", "règle"), Align::Left),
        (style.say("brand", "marque"), Align::Left),
        (style.say("by", "par"), Align::Left),
        (style.say("comment", "raison"), Align::Left),
    ];
    let rows = view.silences.iter().map(|silence| {
        let until = minute(silence.until, zone);
        vec![
            silence.id.to_string(),
            if silence.lasts { until } else { format!("{} {until}", style.say("over", "terminé")) },
            silence.rule.clone().unwrap_or_else(|| style.say("all", "toutes").to_owned()),
            silence.brand.clone().unwrap_or_else(|| style.say("all", "toutes").to_owned()),
            silence.by.clone(),
            silence.comment.clone(),
        ]
    });
    table(&columns, &rows.collect::<Vec<_>>(), style)
}

/// What it mutes and until when, or that it is over.
pub fn sentence(silence: &SilenceView, zone: &TimeZone, style: Style) -> String {
    let id = silence.id;
    let text = if silence.lasts {
        let until = minute(silence.until, zone);
        match style.tongue {
            Tongue::English => {
                let rule = silence.rule.as_ref();
                let rule = rule.map_or("all rules".to_owned(), |rule| format!("rule `{rule}`"));
                let brand = silence.brand.as_ref();
                let brand = brand.map_or("all brands".to_owned(), |brand| format!("`{brand}`"));
                format!(
                    "silence {id} until {until}: notices of {rule} for {brand} are not told. Rules look on; \
                     `vigie alerts silence end {id}` ends it."
                )
            }
            Tongue::French => {
                let rule = silence.rule.as_ref();
                let rule = rule.map_or("toutes les règles".to_owned(), |rule| format!("la règle `{rule}`"));
                let brand = silence.brand.as_ref();
                let brand = brand.map_or("toutes les marques".to_owned(), |brand| format!("`{brand}`"));
                format!(
                    "silence {id} jusqu’au {until} : les avis de {rule} pour {brand} ne sont pas envoyés. Les règles \
                     continuent de veiller ; `vigie alerts silence end {id}` y met fin."
                )
            }
        }
    } else {
        match style.tongue {
            Tongue::English => format!("silence {id} is over; what it muted is told if it still fires."),
            Tongue::French => {
                format!("silence {id} terminé ; ce qu’il taisait est dit si c’est toujours en cours.")
            }
        }
    };
    wrapped(&clean(&text), 0, style.width)
}
