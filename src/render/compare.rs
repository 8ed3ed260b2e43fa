//! The comparison as text.

use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::terminal::{clean, cut, sparkline, wrapped};
use super::{Style, decimal, mentions, minute, stories, told_count};
use crate::model::Tongue;
use crate::views::compare::{
    AgainstProblem, AuthorView, BrandView, ChangeView, ComparisonView, FEW, FormatView, GoalView,
    IntervalView, PREVIOUS, PlaceView, PointView, SwotView, UnevenView,
};

/// Columns before a brand's details.
const MARGIN: usize = 11;
/// Sources, authors and themes of each brand: JSON has more.
const SHOWN: usize = 5;
const HOURS_A_DAY: usize = 24;

pub fn text(view: &ComparisonView, zone: &TimeZone, style: Style) -> String {
    let tongue = style.tongue;
    let query = tongue.of("query", "requête");
    let of = view.query.as_ref().map(|q| format!(" · {query} {q}")).unwrap_or_default();
    let count = match view.count {
        "mentions" => tongue.of("shares of mentions", "parts des mentions"),
        _ => tongue.of("shares of stories", "parts des histoires"),
    };
    let mut out = format!("{} – {}{of} · {count}\n\n", minute(view.since, zone), minute(view.until, zone));
    let columns = [
        (tongue.of("brand", "marque"), Align::Left),
        ("mentions", Align::Right),
        (tongue.of("stories", "histoires"), Align::Right),
        (tongue.of("share", "part"), Align::Right),
        (tongue.of("change", "écart"), Align::Right),
        (tongue.of("net tone", "ton net"), Align::Right),
        (tongue.of("change", "écart"), Align::Right),
    ];
    let rows: Vec<Vec<String>> = view.brands.iter().map(|brand| row(brand, tongue)).collect();
    out.push_str(&table(&columns, &rows, style));
    out.push_str("\n\n");
    for brand in view.brands.iter().filter(|b| b.mentions > 0) {
        out.push_str(&details(brand, view, zone, style));
    }
    if let Some(swot) = &view.swot {
        out.push_str(&four_fields(swot, style));
    }
    if !view.goals.is_empty() {
        out.push_str(tongue.of("\nGoals\n", "\nObjectifs\n"));
        view.goals
            .iter()
            .for_each(|goal| out.push_str(&wrapped(&clean(&shown_goal(goal, zone, tongue)), 2, style.width)));
    }
    out.push('\n');
    notes(view, zone, tongue).iter().for_each(|note| out.push_str(&wrapped(&clean(note), 0, style.width)));
    out
}

/// How to read it, and what to beware of.
fn notes(view: &ComparisonView, zone: &TimeZone, tongue: Tongue) -> Vec<String> {
    let mut notes = vec![
        tongue
            .of(
                "* your own. In parentheses, 95 % intervals. Changes: ! more than chance, all brands taken together; ~ not.",
                "* la vôtre. Entre parenthèses, des intervalles à 95 %. Écarts : ! plus que le hasard, toutes marques prises ensemble ; ~ non.",
            )
            .to_owned(),
    ];
    let against = &view.against;
    let to = tongue.of("–", "au");
    let span = format!("{} {to} {}", minute(against.since, zone), minute(against.until, zone));
    let what = match against.name.as_str() {
        PREVIOUS => {
            format!("{} ({span})", tongue.of("as long before", "la période précédente, aussi longue"))
        }
        name => format!("{} {name} ({span})", tongue.of("baseline", "la référence")),
    };
    let compared = told_count(
        against.sources.len() as u64,
        ["source heard for all of both", "sources heard for all of both"],
        ["source entendue tout du long des deux", "sources entendues tout du long des deux"],
        tongue,
    );
    notes.push(match against.problem {
        None => match tongue {
            Tongue::English => format!("Changes are against {what}, in the {compared}."),
            Tongue::French => format!("Écarts avec {what}, sur {compared}."),
        },
        Some(AgainstProblem::Nothing) => match tongue {
            Tongue::English => format!("No changes: nothing was heard in {span}."),
            Tongue::French => format!("Pas d’écarts : rien n’a été entendu du {span}."),
        },
        Some(AgainstProblem::OtherSources) => match tongue {
            Tongue::English => format!(
                "No changes: most of what is heard now comes from sources that were not heard for all of {span}."
            ),
            Tongue::French => format!(
                "Pas d’écarts : l’essentiel de ce qui est entendu vient de sources qui ne l’ont pas été tout du long du {span}."
            ),
        },
    });
    let shown = |uneven: &UnevenView| {
        let heard = uneven.heard * 100.0;
        match uneven.from {
            Some(from) => {
                let day = &minute(from, zone)[..10];
                format!("{} {heard:.0} % ({} {day})", uneven.source, tongue.of("from", "depuis le"))
            }
            None => format!("{} {heard:.0} %", uneven.source),
        }
    };
    let list = |counted: bool| {
        let sources = view.basis.uneven.iter().filter(|uneven| uneven.counted == counted);
        sources.map(shown).collect::<Vec<_>>().join(", ")
    };
    let (left_out, all_the_same) = (list(false), list(true));
    if !left_out.is_empty() {
        let left = view.basis.uneven.iter().filter(|u| !u.counted).map(|u| u.mentions).sum::<u64>();
        let left = mentions(left, tongue);
        notes.push(match tongue {
            Tongue::English => format!("Not counted ({left}), heard for too little of it: {left_out}."),
            Tongue::French => format!("Non comptées ({left}), entendues trop peu de temps : {left_out}."),
        });
    }
    if !all_the_same.is_empty() {
        let counted = tongue.of(
            "Counted, though not heard for all of it:",
            "Comptées, bien que pas entendues tout du long :",
        );
        notes.push(format!("{counted} {all_the_same}."));
    }
    let idle = |verdict: &str| {
        let sources = view.yields.iter().filter(|source| source.verdict == verdict);
        sources.map(|source| source.source.as_str()).collect::<Vec<_>>().join(", ")
    };
    for (verdict, what) in [
        (
            "echoes",
            tongue.of(
                "Sources that only bring what others had first:",
                "Sources qui n’apportent que ce que d’autres avaient déjà :",
            ),
        ),
        (
            "nothing",
            tongue.of(
                "Sources that brought nothing, and could be dropped:",
                "Sources qui n’ont rien apporté, et dont on pourrait se passer :",
            ),
        ),
    ] {
        let sources = idle(verdict);
        if !sources.is_empty() {
            notes.push(format!("{what} {sources}."));
        }
    }
    if view.brands.iter().any(|brand| brand.small) {
        notes.push(match tongue {
            Tongue::English => format!("Fewer than {FEW} stories say little: read the intervals."),
            Tongue::French => format!("Moins de {FEW} histoires disent peu : lisez les intervalles."),
        });
    }
    notes
}

fn row(brand: &BrandView, tongue: Tongue) -> Vec<String> {
    let own = if brand.role == "own" { "*" } else { "" };
    let tone = brand.sentiment;
    let net = tone.net.zip(tone.low.zip(tone.high));
    vec![
        format!("{}{own}", brand.name),
        brand.mentions.to_string(),
        brand.stories.to_string(),
        brand.share.map_or_else(dash, percent),
        brand.change.map_or_else(dash, |c| format!("{:+.0} pt {}", c.value * 100.0, mark(c))),
        net.map_or_else(dash, |(net, (low, high))| {
            decimal(format!("{net:+.2} ({low:+.2}…{high:+.2})"), tongue)
        }),
        tone.change.map_or_else(dash, |c| decimal(format!("{:+.2} {}", c.value, mark(c)), tongue)),
    ]
}

fn mark(change: ChangeView) -> &'static str {
    if change.significant { "!" } else { "~" }
}

fn dash() -> String {
    "–".into()
}

fn percent(share: IntervalView) -> String {
    format!("{:.0} % ({:.0}–{:.0})", share.value * 100.0, share.low * 100.0, share.high * 100.0)
}

/// The last `days` days of the window, days without mentions included.
fn stories_per_day(brand: &BrandView, view: &ComparisonView, days: usize) -> Vec<u32> {
    const DAY_S: i64 = 86_400;
    let mut values = vec![0; days];
    for day in &brand.days {
        let ago = (view.until.as_second() - day.day.as_second()) / DAY_S;
        if let Some(place) = usize::try_from(ago).ok().and_then(|ago| days.checked_sub(ago + 1)) {
            values[place] += u32::try_from(day.stories).unwrap_or(u32::MAX);
        }
    }
    values
}

fn details(brand: &BrandView, view: &ComparisonView, zone: &TimeZone, style: Style) -> String {
    let width = style.width.saturating_sub(MARGIN);
    let (tones, tongue) = (brand.sentiment, style.tongue);
    let window_days = (view.until.as_second() - view.since.as_second()).div_euclid(86_400) + 1;
    let days = usize::try_from(window_days).unwrap_or(0).min(width);
    let mut lines = vec![
        (
            tongue.of("tone", "ton"),
            [
                told_count(tones.negative, ["negative"; 2], ["négative", "négatives"], tongue),
                told_count(tones.neutral, ["neutral"; 2], ["neutre", "neutres"], tongue),
                told_count(tones.positive, ["positive"; 2], ["positive", "positives"], tongue),
            ]
            .join(", "),
        ),
        (tongue.of("per day", "par jour"), sparkline(&stories_per_day(brand, view, days))),
        (tongue.of("hours", "heures"), hours(brand, tongue)),
    ];
    if let Some(peak) = &brand.peak {
        let day = peak.at.to_zoned(zone.clone()).date();
        let colon = tongue.of(":", " :");
        let story = peak.story.as_ref().map(|story| format!("{colon} {}", story.title)).unwrap_or_default();
        let (told, all) = (stories(peak.stories, tongue), mentions(peak.mentions, tongue));
        lines.push((tongue.of("peak", "pic"), format!("{day}, {told}, {all}{story}")));
    }
    lines.push(("sources", places(&brand.sources)));
    lines.push(("tags", places(&brand.tags)));
    lines.push((tongue.of("authors", "auteurs"), authors(&brand.authors)));
    lines.push((
        tongue.of("themes", "thèmes"),
        brand.themes.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", "),
    ));
    lines.push(("formats", formats(&brand.formats, tongue)));
    if brand.read < brand.mentions {
        lines.push((
            "",
            match tongue {
                Tongue::English => {
                    format!("authors, themes and formats are of {} of them, spread over the days", brand.read)
                }
                Tongue::French => format!(
                    "auteurs, thèmes et formats : tirés de {} d’entre elles, réparties sur les jours",
                    brand.read
                ),
            },
        ));
    }
    let mut out = format!("{}\n", clean(&brand.name));
    for (name, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
        out.push_str(&format!("  {name:<9}{}\n", cut(&clean(&text), width)));
    }
    out
}

/// Over the day, of weekdays and of weekends, each by its own most.
fn hours(brand: &BrandView, tongue: Tongue) -> String {
    let over_the_day = |days: std::ops::Range<usize>| {
        let hour = |hour| {
            days.clone().map(|day| brand.hours.get(day * HOURS_A_DAY + hour).copied().unwrap_or(0)).sum()
        };
        sparkline(&(0..HOURS_A_DAY).map(hour).collect::<Vec<u32>>())
    };
    let (week, end) = (tongue.of("Mon–Fri", "lun.–ven."), tongue.of("Sat–Sun", "sam.–dim."));
    format!("{week} {}  {end} {}", over_the_day(0..5), over_the_day(5..7))
}

fn places(places: &[PlaceView]) -> String {
    let shown = places.iter().take(SHOWN);
    let shown = shown.map(|p| format!("{} {} ({:.0} %)", p.value, p.mentions, p.of_brand * 100.0));
    shown.collect::<Vec<_>>().join(", ")
}

fn authors(authors: &[AuthorView]) -> String {
    let shown = authors.iter().take(SHOWN).map(|author| {
        let tones = [(author.positive, '+'), (author.negative, '-')];
        let tones: String =
            tones.iter().filter(|(n, _)| *n > 0).map(|(n, sign)| format!(" {sign}{n}")).collect();
        format!("{} {}{tones}", author.value, author.mentions)
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn formats(formats: &[FormatView], tongue: Tongue) -> String {
    let shown = formats.iter().map(|format| {
        let reactions: Vec<String> =
            format.reactions.iter().map(|r| format!("{} {}", r.median, r.kind)).collect();
        let reactions = match reactions.is_empty() {
            true => String::new(),
            false => format!(" ({} {})", tongue.of("median", "médiane"), reactions.join(", ")),
        };
        let name = match format.format {
            "text" => tongue.of("text", "texte"),
            "video" => tongue.of("video", "vidéo"),
            other => other,
        };
        format!("{name} {}{reactions}", format.mentions)
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn four_fields(swot: &SwotView, style: Style) -> String {
    let fields = [
        (("Praised in us", "Loué chez nous"), &swot.strengths),
        (("Blamed in us", "Reproché à nous"), &swot.weaknesses),
        (("Blamed in them", "Reproché à eux"), &swot.opportunities),
        (("Praised in them", "Loué chez eux"), &swot.threats),
    ];
    let tongue = style.tongue;
    let mut out = String::new();
    if fields.iter().all(|(_, points)| points.is_empty()) {
        return out;
    }
    for ((english, french), points) in fields {
        out.push_str(&format!("\n{}\n", tongue.of(english, french)));
        if points.is_empty() {
            out.push_str(tongue.of("  nothing that stands out\n", "  rien qui ressorte\n"));
        }
        for point in points.iter().take(SHOWN) {
            let line = format!("  {}", shown_point(point, tongue));
            out.push_str(&format!("{}\n", cut(&clean(&line), style.width)));
        }
    }
    out
}

fn shown_point(point: &PointView, tongue: Tongue) -> String {
    let PointView { theme, brand, mentions, of, example, .. } = point;
    let told = stories(point.stories, tongue);
    match tongue {
        Tongue::English => {
            format!("{theme} ({brand}): {told}, {mentions} of {of}; {} {}", example.id, example.title)
        }
        Tongue::French => {
            format!("{theme} ({brand}) : {told}, {mentions} sur {of} ; {} {}", example.id, example.title)
        }
    }
}

fn shown_goal(goal: &GoalView, zone: &TimeZone, tongue: Tongue) -> String {
    let figure = |value: f64| match goal.metric {
        "share" => format!("{:.0} %", value * 100.0),
        "net" => decimal(format!("{value:+.2}"), tongue),
        _ => format!("{value:.0}"),
    };
    let to = tongue.of("to", "à");
    let span = |i: IntervalView| format!("{} ({} {to} {})", figure(i.value), figure(i.low), figure(i.high));
    let what = match goal.metric {
        "volume" => tongue.of("volume in 30 days", "volume en 30 jours"),
        "share" => tongue.of("share", "part de voix"),
        _ => tongue.of("net tone", "ton net"),
    };
    let day = minute(goal.by.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap_or(goal.by), zone);
    let word = |state: &str| match state {
        "reached" => tongue.of("reached", "atteint"),
        "on-track" => tongue.of("on track", "en bonne voie"),
        _ => tongue.of("behind", "en retard"),
    };
    let state = match (goal.state, goal.sure) {
        (None, _) => tongue.of("nothing is known yet", "rien n’est encore connu").to_owned(),
        (Some(state), true) => word(state).to_owned(),
        (Some(state), false) => {
            let perhaps = tongue.of("but it may be chance", "mais cela peut être le hasard");
            format!("{}, {perhaps}", word(state))
        }
    };
    let now = goal.now.map(|now| format!("{} {}", tongue.of("; now", " ; aujourd’hui"), span(now)));
    let then =
        goal.then.map(|then| format!("{} {}", tongue.of("; as it goes", " ; à ce rythme"), span(then)));
    let (by, colon) = (tongue.of("by", "d’ici au"), tongue.of(":", " :"));
    format!(
        "{} {what} {} {by} {}{colon} {state}{}{}",
        goal.brand,
        figure(goal.target),
        &day[..10],
        now.unwrap_or_default(),
        then.unwrap_or_default()
    )
}
