//! The comparison as text.

use jiff::tz::TimeZone;

use super::table::{Align, table};
use super::terminal::{clean, cut, sparkline, wrapped};
use super::{Style, counted, minute};
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
    let of = view.query.as_ref().map(|q| format!(" · query {q}")).unwrap_or_default();
    let mut out = format!(
        "{} – {}{of} · shares of {}\n\n",
        minute(view.since, zone),
        minute(view.until, zone),
        view.count
    );
    let columns = [
        ("brand", Align::Left),
        ("mentions", Align::Right),
        ("stories", Align::Right),
        ("share", Align::Right),
        ("change", Align::Right),
        ("net tone", Align::Right),
        ("change", Align::Right),
    ];
    let rows: Vec<Vec<String>> = view.brands.iter().map(row).collect();
    out.push_str(&table(&columns, &rows, style));
    out.push_str("\n\n");
    for brand in view.brands.iter().filter(|b| b.mentions > 0) {
        out.push_str(&details(brand, view, zone, style));
    }
    if let Some(swot) = &view.swot {
        out.push_str(&four_fields(swot, style));
    }
    if !view.goals.is_empty() {
        out.push_str("\nGoals\n");
        view.goals
            .iter()
            .for_each(|goal| out.push_str(&wrapped(&clean(&shown_goal(goal, zone)), 2, style.width)));
    }
    out.push('\n');
    notes(view, zone).iter().for_each(|note| out.push_str(&wrapped(&clean(note), 0, style.width)));
    out
}

/// How to read it, and what to beware of.
fn notes(view: &ComparisonView, zone: &TimeZone) -> Vec<String> {
    let mut notes = vec![
        "* your own. In parentheses, 95 % intervals. Changes: ! more than chance, all brands taken together; ~ not."
            .to_owned(),
    ];
    let against = &view.against;
    let span = format!("{} – {}", minute(against.since, zone), minute(against.until, zone));
    let what = match against.name.as_str() {
        PREVIOUS => format!("as long before ({span})"),
        name => format!("baseline {name} ({span})"),
    };
    notes.push(match against.problem {
        None => format!(
            "Changes are against {what}, in the {} heard for all of both.",
            counted(against.sources.len() as u64, "source", "sources")
        ),
        Some(AgainstProblem::Nothing) => format!("No changes: nothing was heard in {span}."),
        Some(AgainstProblem::OtherSources) => format!(
            "No changes: most of what is heard now comes from sources that were not heard for all of {span}."
        ),
    });
    let shown = |uneven: &UnevenView| {
        let heard = uneven.heard * 100.0;
        match uneven.from {
            Some(from) => format!("{} {heard:.0} % (from {})", uneven.source, &minute(from, zone)[..10]),
            None => format!("{} {heard:.0} %", uneven.source),
        }
    };
    let list = |counted: bool| {
        let sources = view.basis.uneven.iter().filter(|uneven| uneven.counted == counted);
        sources.map(shown).collect::<Vec<_>>().join(", ")
    };
    let (left_out, all_the_same) = (list(false), list(true));
    if !left_out.is_empty() {
        let mentions = view.basis.uneven.iter().filter(|u| !u.counted).map(|u| u.mentions).sum::<u64>();
        let mentions = counted(mentions, "mention", "mentions");
        notes.push(format!("Not counted ({mentions}), heard for too little of it: {left_out}."));
    }
    if !all_the_same.is_empty() {
        notes.push(format!("Counted, though not heard for all of it: {all_the_same}."));
    }
    let idle = |verdict: &str| {
        let sources = view.yields.iter().filter(|source| source.verdict == verdict);
        sources.map(|source| source.source.as_str()).collect::<Vec<_>>().join(", ")
    };
    for (verdict, what) in [
        ("echoes", "Sources that only bring what others had first"),
        ("nothing", "Sources that brought nothing, and could be dropped"),
    ] {
        let sources = idle(verdict);
        if !sources.is_empty() {
            notes.push(format!("{what}: {sources}."));
        }
    }
    if view.brands.iter().any(|brand| brand.small) {
        notes.push(format!("Fewer than {FEW} stories say little: read the intervals."));
    }
    notes
}

fn row(brand: &BrandView) -> Vec<String> {
    let own = if brand.role == "own" { "*" } else { "" };
    let tone = brand.sentiment;
    let net = tone.net.zip(tone.low.zip(tone.high));
    vec![
        format!("{}{own}", brand.name),
        brand.mentions.to_string(),
        brand.stories.to_string(),
        brand.share.map_or_else(dash, percent),
        brand.change.map_or_else(dash, |c| format!("{:+.0} pt {}", c.value * 100.0, mark(c))),
        net.map_or_else(dash, |(net, (low, high))| format!("{net:+.2} ({low:+.2}…{high:+.2})")),
        tone.change.map_or_else(dash, |c| format!("{:+.2} {}", c.value, mark(c))),
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
    let tones = brand.sentiment;
    let window_days = (view.until.as_second() - view.since.as_second()).div_euclid(86_400) + 1;
    let days = usize::try_from(window_days).unwrap_or(0).min(width);
    let mut lines = vec![
        (
            "tone",
            format!("{} negative, {} neutral, {} positive", tones.negative, tones.neutral, tones.positive),
        ),
        ("per day", sparkline(&stories_per_day(brand, view, days))),
        ("hours", hours(brand)),
    ];
    if let Some(peak) = &brand.peak {
        let day = peak.at.to_zoned(zone.clone()).date();
        let story = peak.story.as_ref().map(|story| format!(": {}", story.title)).unwrap_or_default();
        let stories = counted(peak.stories, "story", "stories");
        lines.push((
            "peak",
            format!("{day}, {stories}, {}{story}", counted(peak.mentions, "mention", "mentions")),
        ));
    }
    lines.push(("sources", places(&brand.sources)));
    lines.push(("tags", places(&brand.tags)));
    lines.push(("authors", authors(&brand.authors)));
    lines.push(("themes", brand.themes.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ")));
    lines.push(("formats", formats(&brand.formats)));
    if brand.read < brand.mentions {
        lines.push((
            "",
            format!("authors, themes and formats are of {} of them, spread over the days", brand.read),
        ));
    }
    let mut out = format!("{}\n", clean(&brand.name));
    for (name, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
        out.push_str(&format!("  {name:<9}{}\n", cut(&clean(&text), width)));
    }
    out
}

/// Over the day, of weekdays and of weekends, each by its own most.
fn hours(brand: &BrandView) -> String {
    let over_the_day = |days: std::ops::Range<usize>| {
        let hour = |hour| {
            days.clone().map(|day| brand.hours.get(day * HOURS_A_DAY + hour).copied().unwrap_or(0)).sum()
        };
        sparkline(&(0..HOURS_A_DAY).map(hour).collect::<Vec<u32>>())
    };
    format!("Mon–Fri {}  Sat–Sun {}", over_the_day(0..5), over_the_day(5..7))
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

fn formats(formats: &[FormatView]) -> String {
    let shown = formats.iter().map(|format| {
        let reactions: Vec<String> =
            format.reactions.iter().map(|r| format!("{} {}", r.median, r.kind)).collect();
        let reactions = match reactions.is_empty() {
            true => String::new(),
            false => format!(" (median {})", reactions.join(", ")),
        };
        format!("{} {}{reactions}", format.format, format.mentions)
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn four_fields(swot: &SwotView, style: Style) -> String {
    let fields = [
        ("Praised in us", &swot.strengths),
        ("Blamed in us", &swot.weaknesses),
        ("Blamed in them", &swot.opportunities),
        ("Praised in them", &swot.threats),
    ];
    let mut out = String::new();
    for (name, points) in fields {
        out.push_str(&format!("\n{name}\n"));
        if points.is_empty() {
            out.push_str("  nothing that stands out\n");
        }
        for point in points.iter().take(SHOWN) {
            let line = format!("  {}", shown_point(point));
            out.push_str(&format!("{}\n", cut(&clean(&line), style.width)));
        }
    }
    out
}

fn shown_point(point: &PointView) -> String {
    let stories = counted(point.stories, "story", "stories");
    format!(
        "{} ({}): {stories}, {} of {}; {} {}",
        point.theme, point.brand, point.mentions, point.of, point.example.id, point.example.title
    )
}

fn shown_goal(goal: &GoalView, zone: &TimeZone) -> String {
    let figure = |value: f64| match goal.metric {
        "share" => format!("{:.0} %", value * 100.0),
        "net" => format!("{value:+.2}"),
        _ => format!("{value:.0}"),
    };
    let span = |i: IntervalView| format!("{} ({} to {})", figure(i.value), figure(i.low), figure(i.high));
    let what = if goal.metric == "volume" { "volume in 30 days" } else { goal.metric };
    let day = minute(goal.by.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap_or(goal.by), zone);
    let state = match (goal.state, goal.sure) {
        (None, _) => "nothing is known yet".to_owned(),
        (Some(state), true) => state.replace('-', " "),
        (Some(state), false) => format!("{}, but it may be chance", state.replace('-', " ")),
    };
    let now = goal.now.map(|now| format!("; now {}", span(now))).unwrap_or_default();
    let then = goal.then.map(|then| format!("; as it goes {}", span(then))).unwrap_or_default();
    format!("{} {what} {} by {}: {state}{now}{then}", goal.brand, figure(goal.target), &day[..10])
}
