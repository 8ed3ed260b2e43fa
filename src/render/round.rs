//! A round of polling as text.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::causes::cause;
use super::search::mention;
use super::table::{Align, table};
use super::terminal::{BOLD, clean, cut, paint, wrapped};
use super::{Style, minute};
use crate::model::Tongue;
use crate::views::round::{RoundView, SourceRound};

/// `enabled`: how many sources are polled at all.
pub fn text(view: &RoundView, enabled: usize, zone: &TimeZone, style: Style) -> String {
    if view.sources.is_empty() {
        let nothing = match enabled {
            0 => style.say(NO_SOURCE, NO_SOURCE_FRENCH).to_owned(),
            _ => {
                let next = view.next_due.map(|due| minute(due, zone));
                match style.tongue {
                    Tongue::English => {
                        let next = next.map(|due| format!(": the next one at {due}")).unwrap_or_default();
                        format!("no source is due yet{next};\n`vigie poll --all` polls them all now\n")
                    }
                    Tongue::French => {
                        let next = next.map(|due| format!(" : la prochaine le {due}")).unwrap_or_default();
                        format!(
                            "aucune source n’est encore due{next} ;\n`vigie poll --all` les écoute toutes maintenant\n"
                        )
                    }
                }
            }
        };
        return nothing + &firing(view, style);
    }
    let mut out = sources(view, style);
    out.push_str("\n\n");
    out.push_str(&brands(view, style));
    out.push('\n');
    if view.brands.iter().all(|b| b.mentions == 0) {
        out.push_str(style.say(NOTHING_HEARD, NOTHING_HEARD_FRENCH));
    }
    for hit in &view.newest {
        out.push('\n');
        out.push_str(&mention(hit, false, zone, style));
    }
    match view.judged_from {
        Some(from) if view.too_early => {
            let from = minute(from, zone);
            let text = match style.tongue {
                Tongue::English => format!(
                    "Spikes can be judged from {from}: until then there is too little past to know what is usual."
                ),
                Tongue::French => format!(
                    "Les pics peuvent être jugés à partir du {from} : d’ici là, trop peu de passé dit ce qui est habituel."
                ),
            };
            out.push_str(&format!("\n{}", wrapped(&text, 0, style.width)));
        }
        _ => {}
    }
    out += &firing(view, style);
    let heard = |source: &&SourceRound| source.outcome != "failed";
    if view.newest.is_empty() || !view.sources.iter().filter(heard).all(|source| source.backfill) {
        return out;
    }
    let search = format!("vigie search 'brand:{}'", view.brands[0].brand);
    out + &style.say(NEXT, NEXT_FRENCH).replace("SEARCH", &format!("{search:<34}"))
}

/// After a first round.
const NEXT: &str = "
Next:
  SEARCH  all that was heard of a brand
  vigie benchmark                     your brand beside the others
  vigie report --out report.html      the same as a page to hand on
  vigie run                           keeps listening, and tells you
";

const NEXT_FRENCH: &str = "
Ensuite :
  SEARCH  tout ce qui a été entendu d’une marque
  vigie benchmark                     votre marque à côté des autres
  vigie report --out rapport.html     la même chose en une page à transmettre
  vigie run                           continue d’écouter, et vous prévient
";

fn firing(view: &RoundView, style: Style) -> String {
    let told = view.firing.iter().map(|alert| {
        let name = view.brands.iter().find(|b| b.brand == alert.brand).map_or(&alert.brand, |b| &b.name);
        let what = paint(
            &clean(&format!(
                "{} {}{} {name}",
                style.say("FIRING", "ALERTE"),
                alert.rule,
                style.say(":", " :")
            )),
            BOLD,
            style,
        );
        let reason = wrapped(&clean(&alert.reason), 2, style.width);
        format!("\n{what}\n{reason}  vigie alerts show {}\n", alert.id)
    });
    told.collect()
}

const NO_SOURCE: &str = "\
no source is polled: feeds.toml has no [[source]] that is enabled
  add one, such as           [[source]]
                             id = \"news\"
                             url = \"https://news.example/feed.xml\"
  or begin with live ones    vigie init DIR --brand NAME
";

const NO_SOURCE_FRENCH: &str = "\
aucune source n’est écoutée : feeds.toml n’a pas de [[source]] active
  en ajouter une, comme       [[source]]
                              id = \"presse\"
                              url = \"https://presse.example/feed.xml\"
  ou partir de flux existants vigie init DOSSIER --brand NOM
";

const NOTHING_HEARD: &str = "
Nothing that names your brands was heard yet. What to try:
  vigie sources test ID    shows what a source holds and whom it names
  more aliases             spellings, handles and hashtags people use (feeds.toml, [[brand]])
  more sources             feeds of your trade's press, blogs and forums (feeds.toml, [[source]])
  vigie run                keeps listening: most feeds hold only the last hours
";

const NOTHING_HEARD_FRENCH: &str = "
Rien qui nomme vos marques n’a encore été entendu. À essayer :
  vigie sources test ID    montre ce que contient une source et qui elle nomme
  plus d’alias             graphies, pseudos et mots-dièses en usage (feeds.toml, [[brand]])
  plus de sources          flux de la presse, des blogs et forums de votre métier (feeds.toml, [[source]])
  vigie run                continue d’écouter : la plupart des flux ne gardent que les dernières heures
";

fn sources(view: &RoundView, style: Style) -> String {
    let columns = [
        ("source", Align::Left),
        ("", Align::Left),
        (style.say("entries", "entrées"), Align::Right),
        (style.say("new mentions", "mentions nouvelles"), Align::Right),
        ("note", Align::Left),
    ];
    // A row for each of hundreds of sources in which nothing has changed would bury the others.
    let is_plain =
        |source: &&SourceRound| source.outcome == "unchanged" && (source.note.is_none() || source.silent);
    let plain = view.sources.iter().filter(is_plain).count();
    let silent = view.sources.iter().filter(is_plain).filter(|source| source.silent).count();
    let alike = alike(view);
    let is_shown = |source: &&SourceRound| {
        (plain <= MOST_UNCHANGED || !is_plain(source))
            && !alike.iter().any(|(_, ids)| ids.contains(&source.source.as_str()))
    };
    let rows: Vec<Vec<String>> = view
        .sources
        .iter()
        .filter(is_shown)
        .map(|source| {
            let first = style.say("first heard: back-fill", "première écoute : rattrapage");
            let first = source.backfill.then(|| first.to_owned());
            let revised = style.say("edited", if source.revised > 1 { "modifiées" } else { "modifiée" });
            let revised = (source.revised > 0).then(|| format!("{} {revised}", source.revised));
            let note = source.note.as_deref().map(|note| cut(&cause(note, style.tongue), 200));
            let said = [first, revised, note];
            let outcome = match source.outcome {
                "read" => style.say("read", "lue"),
                "unchanged" => style.say("unchanged", "inchangée"),
                _ => style.say("failed", "échec"),
            };
            vec![
                source.source.clone(),
                outcome.to_owned(),
                source.entries.to_string(),
                source.new_mentions.to_string(),
                said.into_iter().flatten().collect::<Vec<_>>().join(style.say("; ", " ; ")),
            ]
        })
        .collect();
    let mut text = if rows.is_empty() { String::new() } else { table(&columns, &rows, style) };
    for (why, ids) in &alike {
        let named = format!("{}{} {}", cause(why, style.tongue), style.say(":", " :"), ids.join(", "));
        let failed = match style.tongue {
            Tongue::English => format!("{} sources failed alike: {named}", ids.len()),
            Tongue::French => format!("{} sources en échec pour la même raison : {named}", ids.len()),
        };
        let gap = if text.is_empty() { "" } else { "\n\n" };
        text.push_str(&format!("{gap}{}", wrapped(&clean(&failed), 0, style.width).trim_end()));
    }
    if plain > MOST_UNCHANGED {
        if !text.is_empty() {
            text.push_str(style.say("\n\nand ", "\n\net "));
        }
        text.push_str(&match style.tongue {
            Tongue::English => format!("{plain} sources unchanged since their last poll"),
            Tongue::French => format!("{plain} sources inchangées depuis leur dernière écoute"),
        });
        if silent > 0 {
            text.push_str(&match style.tongue {
                Tongue::English => {
                    format!(", {silent} of them silent for longer than is usual (vigie sources health)")
                }
                Tongue::French => {
                    format!(", dont {silent} muettes plus longtemps que d’habitude (vigie sources health)")
                }
            });
        }
    }
    text
}

/// So many sources that fail for one reason have rows of their own: without a network all of them do.
const MOST_ALIKE: usize = 3;

/// What ails more sources than that, and which.
fn alike(view: &RoundView) -> Vec<(&str, Vec<&str>)> {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for source in view.sources.iter().filter(|source| source.outcome == "failed") {
        // Behind the name of the request, where a source makes several.
        let why = source.note.as_deref().unwrap_or_default();
        let why = why.rsplit_once("`: ").map_or(why, |(_, why)| why);
        let why = why.split_once("broken: ").map_or(why, |(_, why)| why);
        reasons.entry(why).or_default().push(&source.source);
    }
    reasons.into_iter().filter(|(_, ids)| ids.len() > MOST_ALIKE).collect()
}

/// So many sources without news have rows of their own.
const MOST_UNCHANGED: usize = 20;

fn brands(view: &RoundView, style: Style) -> String {
    let columns = [
        (style.say("brand", "marque"), Align::Left),
        (style.say("new mentions", "mentions nouvelles"), Align::Right),
        (style.say("in all", "en tout"), Align::Right),
        (style.say("stories", "histoires"), Align::Right),
    ];
    let rows: Vec<Vec<String>> = view
        .brands
        .iter()
        .map(|brand| {
            vec![
                brand.name.clone(),
                brand.new_mentions.to_string(),
                brand.mentions.to_string(),
                brand.stories.to_string(),
            ]
        })
        .collect();
    table(&columns, &rows, style)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(sources: Vec<SourceRound>) -> RoundView {
        RoundView {
            sources,
            brands: Vec::new(),
            newest: Vec::new(),
            judged_from: None,
            too_early: false,
            firing: Vec::new(),
            next_due: None,
        }
    }

    #[test]
    fn without_a_source_it_says_what_to_do_and_when_none_is_due_when_one_will_be() {
        let view = RoundView { next_due: Some("2026-03-02T08:15:00Z".parse().unwrap()), ..view(Vec::new()) };
        let style = Style { tongue: Tongue::English, colour: false, width: 80 };
        assert!(text(&view, 0, &TimeZone::UTC, style).contains("[[source]]"));
        let waiting = text(&view, 2, &TimeZone::UTC, style);
        assert!(waiting.starts_with("no source is due yet: the next one at 2026-03-02 08:15;"), "{waiting}");
    }

    #[test]
    fn sources_that_fail_alike_are_told_in_a_line() {
        let failed =
            |id: &str, why: &str| SourceRound::without_document(id, "failed", Some(format!("broken: {why}")));
        let no_network = "could not connect: no such host, or no network";
        let told = |number: usize| {
            let mut rounds: Vec<SourceRound> = (0..number)
                .map(|at| {
                    failed(
                        &format!("s{at}"),
                        &if at == 0 { format!("`Acme`: {no_network}") } else { no_network.to_owned() },
                    )
                })
                .collect();
            rounds.push(failed("other", "server answered 500 (internal error)"));
            sources(&view(rounds), Style { tongue: Tongue::English, colour: false, width: 80 })
        };
        assert_eq!(told(MOST_ALIKE).matches("no network").count(), MOST_ALIKE);
        let many = told(MOST_ALIKE + 1);
        let line = "4 sources failed alike: could not connect: no such host, or no network: s0, s1,";
        assert!(many.contains(line) && many.contains("server answered 500"), "{many}");
        assert_eq!(many.matches("no network").count(), 1, "{many}");
    }

    #[test]
    fn many_sources_without_news_are_told_in_a_line() {
        let told = |unchanged: usize| {
            let quiet = |at: usize| {
                let note = (at < 2).then(|| "nothing new since 2026-01-01".to_owned());
                let silent = note.is_some();
                SourceRound { silent, ..SourceRound::without_document(&format!("s{at}"), "unchanged", note) }
            };
            let mut rounds: Vec<SourceRound> = (0..unchanged).map(quiet).collect();
            rounds.push(SourceRound::without_document("bad", "failed", Some("broken: why".to_owned())));
            sources(&view(rounds), Style { tongue: Tongue::English, colour: false, width: 80 })
        };
        assert_eq!(told(MOST_UNCHANGED).lines().count(), MOST_UNCHANGED + 2);
        let many = told(MOST_UNCHANGED + 1);
        assert!(many.contains("broken: why") && !many.contains("s1 "), "{many}");
        let told =
            "and 21 sources unchanged since their last poll, 2 of them silent for longer than is usual";
        assert!(many.contains(&format!("\n\n{told}")), "{many}");
    }
}
