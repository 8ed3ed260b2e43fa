//! Rules, and whom they tell.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::check::{Names, known, later, standing_query};
use super::problem::Report;
use super::raw::Section;
use super::values;
use crate::model::{
    Brand, BrandId, Condition, CountBy, Goal, Metric, NotifierConfig, NotifierId, Role, Rule, RuleId,
    SavedQuery, Severity, Undated, Window, dated,
};

/// What a rule may refer to.
pub(super) struct Context<'a> {
    pub names: &'a Names,
    pub brands: &'a [Brand],
    pub notifiers: &'a [NotifierConfig],
    pub queries: &'a [SavedQuery],
    /// Their texts by id.
    pub saved: &'a BTreeMap<String, String>,
}

/// `None` for a rule that is wrong.
pub(super) fn rule(report: &mut Report<'_>, section: &Section<'_>, context: &Context<'_>) -> Option<Rule> {
    let id = section.quietly("id");
    section.required(report, "kind", "\"spike\"");
    let kind = section.choice(report, "kind", &KINDS);
    let pattern = kind == Some(Kind::Pattern);
    let new_voice = kind == Some(Kind::NewVoice);

    let brands = rule_brands(report, section, context, kind);
    let query = section
        .filled(report, "query")
        .and_then(|text| known(report, section, "query", vec![text], &context.names.queries).pop());
    let text = standing_query(report, section, "text", context.saved);
    if section.has("text") && section.has("query") {
        let message = format!("{}: it has both `query` and `text`", section.name);
        report.error(&section.key_place("text"), message, "keep one");
    } else if section.has("text") && kind.is_some() && !pattern {
        let message = format!("{}: `text` goes with `kind = \"pattern\"`", section.name);
        let help = "save it as a `[[query]]` and name that by `query`: its counts are then kept";
        report.error(&section.key_place("text"), message, help);
    }
    let triggers = section.strings(report, "triggers").unwrap_or_default();
    if kind == Some(Kind::NegativeBuzz) && !triggers.is_empty() {
        later(report, section, "triggers", "words weigh alike: tone alone decides what is negative");
    }
    if let Some(key) = idle_keys(kind).iter().find(|key| section.has(key)) {
        let message = format!("{}: `{key}` does nothing in a rule of this kind", section.name);
        report.warning(&section.key_place(key), message, "drop the line");
    }

    let window = section.parsed(report, "window", |text| match text {
        "auto" => Ok(Window::Auto),
        other => match values::some_time(other) {
            Ok(length) if length.as_secs().is_multiple_of(QUARTER_S) && length <= LONGEST_WINDOW => {
                Ok(Window::Fixed(length))
            }
            Ok(_) => Err("write quarters of an hour, up to five days: windows consist of them".to_string()),
            Err(_) => Err("write `auto` or a duration such as `15m`, `6h` or `1d`".to_string()),
        },
    });
    let notify = notify(report, section, context);
    let hours = |hours: u64| Duration::from_secs(hours * 3_600);
    let mut duration = |key, usual| section.parsed(report, key, values::duration).unwrap_or(usual);
    let (hold, cooldown, late) =
        (duration("for", hours(0)), duration("cooldown", hours(6)), duration("late", hours(48)));

    let budget_per_week = section.parsed(report, "budget", values::budget).unwrap_or(1.0);
    let count = section.choice(report, "count", &COUNTS).unwrap_or(CountBy::Stories);
    // What is found speaks at once; the others wait for a crowd.
    let fewest = match kind {
        Some(Kind::Pattern | Kind::NewVoice) => 1,
        // Of all that are compared.
        Some(Kind::ShareShift) => 20,
        _ => 3,
    };
    let min = section.integer(report, "min", 1..1_000_001).unwrap_or(fewest);
    // A new name alone is no news.
    let min_sources =
        section.integer(report, "min_sources", 1..1_000_001).unwrap_or(if new_voice { 3 } else { 1 });
    let undated = section.choice(report, "undated", &UNDATED).unwrap_or(Undated::Observed);
    let severities = Severity::ALL.map(|severity| (severity.as_str(), severity));
    let severity = section.choice(report, "severity", &severities).unwrap_or(Severity::Normal);
    let playbook = section.filled(report, "playbook").map(|text| text.value);
    let triggers = triggers.into_iter().map(|text| text.value.trim().to_string()).collect();
    let condition = match kind? {
        Kind::Spike => Condition::Spike,
        Kind::NegativeBuzz => Condition::NegativeBuzz { triggers },
        Kind::PositiveBuzz => Condition::PositiveBuzz,
        Kind::Pattern => Condition::Pattern,
        Kind::NewVoice => Condition::NewVoice,
        Kind::Absence => Condition::Absence,
        Kind::ShareShift => {
            Condition::ShareShift { among: compared(report, section, context, &brands, query.as_deref()) }
        }
    };
    let mut rule = Rule {
        id: RuleId::new(id?),
        condition,
        brands,
        within: match undated {
            Undated::Observed => query.clone(),
            Undated::Ignore => Some(dated(query.as_deref())),
        },
        query,
        text,
        window: window.unwrap_or(Window::Auto),
        budget_per_week,
        count,
        min,
        min_sources,
        hold,
        cooldown,
        late,
        undated,
        severity,
        notify,
        playbook,
        canonical: String::new(),
        config_hash: String::new(),
    };
    rule.canonical = canonical(&rule, context.saved);
    rule.config_hash = blake3::hash(rule.canonical.as_bytes()).to_hex()[..16].to_string();
    Some(rule)
}

/// What one set out to reach: a figure that the metric can have, by the end of a day.
pub(super) fn goal(
    report: &mut Report<'_>,
    section: &Section<'_>,
    names: &Names,
    zone: &TimeZone,
) -> Option<Goal> {
    let brand = section
        .required(report, "brand", "\"acme\"")
        .and_then(|brand| known(report, section, "brand", vec![brand], &names.brands).pop());
    for (key, example) in [("metric", "\"share\""), ("target", "0.35"), ("by", "\"2027-06-30\"")] {
        if !section.has(key) {
            let message = format!("{}: `{key}` is missing", section.name);
            report.error(&section.place, message, format!("add `{key} = {example}`"));
        }
    }
    let metric = section.choice(report, "metric", &Metric::ALL.map(|metric| (metric.as_str(), metric)));
    let target = section.number(report, "target");
    let by = section.parsed(report, "by", |text| {
        let day = values::date(text)?.tomorrow().map_err(|error| error.to_string())?;
        let end = day.to_zoned(zone.clone()).map_err(|error| error.to_string())?;
        Ok(end.timestamp())
    });
    let (metric, target) = (metric?, target?);
    let (possible, help) = match metric {
        Metric::Share => (0.0 < target && target <= 1.0, "write a share such as `0.35` for 35 %"),
        Metric::Net => ((-1.0..=1.0).contains(&target), "write a number from `-1` to `1`"),
        Metric::Volume => (target > 0.0, "write how many in 30 days, such as `200`"),
    };
    if !possible {
        let message = format!("{}: `target` is out of range", section.name);
        report.error(&section.place_of("target"), message, help);
        return None;
    }
    Some(Goal { brand: BrandId::new(brand?), metric, target, by: by? })
}

/// What is usual is computed from quarters of an hour.
const QUARTER_S: u64 = 900;
/// Longer ones are judged better by a benchmark.
const LONGEST_WINDOW: Duration = Duration::from_secs(5 * 86_400);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Spike,
    NegativeBuzz,
    PositiveBuzz,
    Pattern,
    NewVoice,
    Absence,
    ShareShift,
}

const KINDS: [(&str, Kind); 7] = [
    ("spike", Kind::Spike),
    ("negative-buzz", Kind::NegativeBuzz),
    ("positive-buzz", Kind::PositiveBuzz),
    ("pattern", Kind::Pattern),
    ("new-voice", Kind::NewVoice),
    ("share-shift", Kind::ShareShift),
    ("absence", Kind::Absence),
];
const COUNTS: [(&str, CountBy); 2] = [("stories", CountBy::Stories), ("mentions", CountBy::Mentions)];
const UNDATED: [(&str, Undated); 2] = [("observed", Undated::Observed), ("ignore", Undated::Ignore)];

/// Keys that a rule of this kind never looks at.
fn idle_keys(kind: Option<Kind>) -> &'static [&'static str] {
    match kind {
        Some(Kind::Spike | Kind::PositiveBuzz) => &["triggers"],
        Some(Kind::Pattern) => &["triggers", "budget"],
        Some(Kind::Absence | Kind::ShareShift) => &["triggers", "min_sources"],
        Some(Kind::NewVoice) => &["triggers", "budget", "window", "count", "for", "late"],
        Some(Kind::NegativeBuzz) | None => &[],
    }
}

/// The brands named; else every own brand.
fn rule_brands(
    report: &mut Report<'_>,
    section: &Section<'_>,
    context: &Context<'_>,
    kind: Option<Kind>,
) -> Vec<BrandId> {
    match section.strings(report, "brands") {
        Some(texts) if texts.is_empty() => {
            let message = format!("{}: `brands` is empty", section.name);
            report.error(
                &section.place_of("brands"),
                message,
                "name a brand, or drop the line: every own one",
            );
            Vec::new()
        }
        Some(texts) => {
            let ids = known(report, section, "brand", texts, &context.names.brands);
            ids.into_iter().map(BrandId::new).collect()
        }
        // Of two brands, one's share falls as the other's rises.
        None if kind == Some(Kind::ShareShift) => {
            let competitors = context.brands.iter().filter(|brand| brand.role == Role::Competitor);
            let competitors: Vec<BrandId> = competitors.map(|brand| brand.id.clone()).collect();
            if competitors.is_empty() && !section.has("brands") {
                let message = format!("{}: there is no competitor whose share could move", section.name);
                report.error(&section.place, message, "name whom to watch: `brands = [\"acme\"]`");
            }
            competitors
        }
        None => {
            let own = context.brands.iter().filter(|brand| brand.role == Role::Own);
            let own: Vec<BrandId> = own.map(|brand| brand.id.clone()).collect();
            if own.is_empty() && !section.has("brands") {
                let message = format!("{}: there is no own brand to watch", section.name);
                report.error(&section.place, message, "name some: `brands = [\"acme\"]`");
            }
            own
        }
    }
}

/// The brands among which a share is one: those of the saved query, else own ones and competitors, and in any case
/// those watched.
fn compared(
    report: &mut Report<'_>,
    section: &Section<'_>,
    context: &Context<'_>,
    watched: &[BrandId],
    query: Option<&str>,
) -> Vec<BrandId> {
    let of_query = query.and_then(|query| context.queries.iter().find(|saved| saved.id == query));
    let mut among: Vec<BrandId> = match of_query.and_then(|saved| saved.brands.clone()) {
        Some(brands) => brands,
        None => {
            let compared = |brand: &&Brand| matches!(brand.role, Role::Own | Role::Competitor);
            context.brands.iter().filter(compared).map(|brand| brand.id.clone()).collect()
        }
    };
    for brand in watched {
        if !among.contains(brand) {
            among.push(brand.clone());
        }
    }
    if among.len() < 2 {
        let message = format!("{}: a share needs two brands, own ones or competitors", section.name);
        report.error(&section.place, message, "add a `[[brand]]` with `role = \"competitor\"`");
    }
    among
}

/// The notifiers named; else all of them.
fn notify(report: &mut Report<'_>, section: &Section<'_>, context: &Context<'_>) -> Vec<NotifierId> {
    match section.strings(report, "notify") {
        Some(texts) => {
            let ids = known(report, section, "notifier", texts, &context.names.notifiers);
            ids.into_iter().map(NotifierId::new).collect()
        }
        None => context.notifiers.iter().map(|notifier| notifier.id.clone()).collect(),
    }
}

/// Every key with its value, defaults included, in a fixed order: two rules that mean the same read the same.
fn canonical(rule: &Rule, saved: &BTreeMap<String, String>) -> String {
    let list = |items: Vec<&str>| toml::Value::from(items).to_string();
    let text = |text: &str| toml::Value::from(text).to_string();
    let seconds = |length: Duration| text(&format!("{}s", length.as_secs()));
    let mut lines = vec![
        format!("id = {}", text(rule.id.as_str())),
        format!("kind = {}", text(rule.condition.as_str())),
        format!("brands = {}", list(rule.brands.iter().map(BrandId::as_str).collect())),
    ];
    if let Some(query) = &rule.query {
        lines.push(format!("query = {}", text(query)));
        lines.extend(saved.get(query).map(|meaning| format!("text = {}", text(meaning))));
    }
    lines.extend(rule.text.as_ref().map(|query| format!("text = {}", text(&query.text))));
    let window = match rule.window {
        Window::Auto => text("auto"),
        Window::Fixed(length) => seconds(length),
    };
    lines.push(format!("window = {window}"));
    if !rule.condition.is_at_once() {
        lines.push(format!("budget = {}", text(&format!("{}/week", rule.budget_per_week))));
    }
    lines.push(format!("count = {}", text(rule.count.as_str())));
    if let Condition::ShareShift { among } = &rule.condition {
        lines.push(format!("among = {}", list(among.iter().map(BrandId::as_str).collect())));
    }
    lines.push(format!("min = {}", rule.min));
    lines.push(format!("min_sources = {}", rule.min_sources));
    if let Condition::NegativeBuzz { triggers } = &rule.condition {
        lines.push(format!("triggers = {}", list(triggers.iter().map(String::as_str).collect())));
    }
    lines.push(format!("for = {}", seconds(rule.hold)));
    lines.push(format!("cooldown = {}", seconds(rule.cooldown)));
    lines.push(format!("late = {}", seconds(rule.late)));
    let undated = match rule.undated {
        Undated::Observed => "observed",
        Undated::Ignore => "ignore",
    };
    lines.push(format!("undated = {}", text(undated)));
    lines.push(format!("severity = {}", text(rule.severity.as_str())));
    lines.push(format!("notify = {}", list(rule.notify.iter().map(NotifierId::as_str).collect())));
    lines.extend(rule.playbook.as_ref().map(|playbook| format!("playbook = {}", text(playbook))));
    lines.join("\n")
}
