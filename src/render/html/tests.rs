//! The page as a whole, over made-up reports: sound, harmless, and telling no number but those it was given.

use std::collections::HashSet;

use jiff::SignedDuration;
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use super::*;
use crate::model::Timestamp;
use crate::views::alerts::{AlertView, ObservedView};
use crate::views::annotations::AnnotationView;
use crate::views::compare::*;
use crate::views::health::{GapView, HealthView, SourceHealth};
use crate::views::report::{EffectView, NotedView, StoryView};

/// Numbers of a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// In [−1, 1).
    fn signed(&mut self) -> f64 {
        self.roll(20_000) as f64 / 10_000.0 - 1.0
    }

    fn unit(&mut self) -> f64 {
        self.roll(10_001) as f64 / 10_000.0
    }

    fn interval(&mut self, number: fn(&mut Self) -> f64) -> IntervalView {
        let mut three = [number(self), number(self), number(self)];
        three.sort_by(f64::total_cmp);
        IntervalView { value: three[1], low: three[0], high: three[2] }
    }

    fn change(&mut self) -> Option<ChangeView> {
        let IntervalView { value, low, high } = self.interval(Dice::signed);
        (self.roll(4) > 0).then_some(ChangeView {
            value,
            low,
            high,
            significant: low > 0.0 || high < 0.0,
            before: 0.1,
        })
    }

    fn maybe<T>(&mut self, value: T) -> Option<T> {
        (self.roll(3) > 0).then_some(value)
    }
}

/// The id of a brand, without digits.
fn brand(number: u64) -> String {
    "abcdefg".chars().nth(usize::try_from(number).unwrap()).unwrap().to_string()
}

fn start() -> Timestamp {
    "2026-01-05T00:00:00Z".parse().unwrap()
}

/// A report whose every text is `foreign`, and whose numbers are the seed's.
fn made_up(seed: u64, foreign: &str, address: &str) -> ReportView {
    let mut dice = Dice(seed);
    let days = 1 + dice.roll(500);
    let since = start();
    let at = |day: u64| since + SignedDuration::from_hours(24 * i64::try_from(day).unwrap());
    let until = at(days);
    let name = || foreign.to_owned();
    let example = |dice: &mut Dice| ExampleView {
        id: "m_1".into(),
        title: name(),
        link: Some(address.to_owned()),
        source: name(),
        author: Some(name()),
        at: since,
        story: "s_1".into(),
        copies: dice.roll(9),
    };
    let brands: Vec<BrandView> = (0..1 + dice.roll(5))
        .map(|number| {
            let [negative, neutral, positive] = [dice.roll(90), dice.roll(900), dice.roll(90)];
            let net = dice.interval(Dice::signed);
            let scored = negative + neutral + positive > 0;
            let known = |value| scored.then_some(value);
            let peak_story = example(&mut dice);
            BrandView {
                brand: brand(number),
                name: name(),
                role: if number == dice.roll(2) { "own" } else { "competitor" },
                mentions: dice.roll(2_000_000),
                stories: dice.roll(3_000),
                small: dice.roll(3) == 0,
                share: Some(dice.interval(Dice::unit)),
                share_mentions: None,
                change: dice.change(),
                per_day: None,
                change_per_day: dice.change(),
                sentiment: SentimentCounts {
                    negative,
                    neutral,
                    positive,
                    net: known(net.value),
                    low: known(net.low),
                    high: known(net.high),
                    change: dice.change(),
                },
                sources: vec![PlaceView {
                    value: name(),
                    mentions: dice.roll(999),
                    stories: dice.roll(99),
                    of_brand: dice.unit(),
                    of_place: dice.unit(),
                    net: Some(dice.signed()),
                }],
                tags: Vec::new(),
                languages: Vec::new(),
                formats: vec![FormatView {
                    format: "video",
                    mentions: dice.roll(99),
                    reactions: vec![ReactionView {
                        kind: name(),
                        mentions: dice.roll(99),
                        median: dice.roll(9_999),
                        sum: dice.roll(999_999),
                    }],
                }],
                authors: vec![AuthorView {
                    value: name(),
                    mentions: dice.roll(99),
                    first: dice.roll(99),
                    spread: None,
                    positive: dice.roll(99),
                    negative: dice.roll(99),
                }],
                themes: vec![name()],
                theme_weights: vec![ThemeView {
                    word: name(),
                    weight: 3.0,
                    mentions: dice.roll(99),
                    others: 1,
                }],
                peak: Some(PeakView {
                    at: since,
                    mentions: dice.roll(99),
                    stories: dice.roll(99),
                    story: Some(peak_story),
                }),
                days: (0..days.min(400))
                    .map(|day| DayView { day: at(day), mentions: dice.roll(99), stories: dice.roll(60) })
                    .collect(),
                hours: (0..168).map(|_| u32::try_from(dice.roll(40)).unwrap()).collect(),
                hours_weeks: dice.unit() * 52.0,
                read: 2_000,
            }
        })
        .collect();
    let points = |dice: &mut Dice| {
        let point = PointView {
            theme: name(),
            brand: brand(0),
            mentions: dice.roll(99),
            of: dice.roll(999),
            stories: dice.roll(99),
            example: example(dice),
        };
        vec![point]
    };
    let swot = SwotView {
        brands: vec![brand(0)],
        strengths: points(&mut dice),
        weaknesses: Vec::new(),
        opportunities: points(&mut dice),
        threats: points(&mut dice),
    };
    let goals = ["share", "net", "volume"].map(|metric| GoalView {
        brand: brand(0),
        metric,
        target: dice.unit(),
        by: until,
        state: [None, Some("reached"), Some("on-track"), Some("behind")][dice.roll(4) as usize],
        sure: dice.roll(2) == 0,
        now: Some(dice.interval(Dice::unit)),
        then: None,
    });
    let yields = ["earns", "echoes", "nothing"].map(|verdict| YieldView {
        source: name(),
        tags: Vec::new(),
        mentions: 1,
        stories: 1,
        heard: 1.0,
        latest: None,
        verdict,
    });
    let alerts = (0..dice.roll(40)).map(|number| AlertView {
        fired_at: None,
        id: "a_1".into(),
        rule: name(),
        brand: brand(number % 7),
        state: ["firing", "resolved"][dice.roll(2) as usize],
        severity: "high",
        since: at(dice.roll(days)),
        until: None,
        reason: name(),
        observed: ObservedView {
            count: "stories",
            value: 1,
            mentions: 1,
            stories: 1,
            negative: 1,
            positive: Some(0),
            sources: 1,
            window: [since, until],
            whole: None,
            share: None,
            voices: Vec::new(),
        },
        baseline: None,
        evidence: Vec::new(),
        terms: vec![name()],
        annotations: Vec::new(),
        playbook: None,
        config_hash: String::new(),
        acknowledged: None,
    });
    let alerts = alerts.collect();
    let health = ["ok", "silent", "broken", "disabled"].map(|state| SourceHealth {
        source: name(),
        url: address.to_owned(),
        tags: Vec::new(),
        state,
        last_good: Some(since),
        last_poll: None,
        next_poll: None,
        failures: 0,
        mentions: 3_141,
        note: Some(name()),
        problems: Vec::new(),
        moved_to: None,
        newest_entry: None,
        gaps: vec![GapView { since, until: None }],
    });
    let annotations = (0..dice.roll(30)).map(|number| NotedView {
        annotation: AnnotationView {
            id: 1,
            at: at(dice.roll(days)),
            brand: dice.maybe(brand(number % 7)),
            text: name(),
        },
        days: Some(7.0),
        effects: vec![EffectView { brand: brand(0), per_day: dice.change(), net: dice.change() }],
    });
    let annotations = annotations.collect();
    let story = StoryView {
        brand: brand(0),
        story: "s_1".into(),
        title: name(),
        link: Some(address.to_owned()),
        source: name(),
        author: Some(name()),
        at: since,
        sentiment: Some("negative"),
        mentions: dice.roll(99),
        sources: dice.roll(9),
    };
    ReportView {
        made: until,
        benchmark: ComparisonView {
            query: dice.maybe(name()),
            since,
            until,
            count: ["stories", "mentions"][dice.roll(2) as usize],
            against: AgainstView {
                name: ["previous".to_owned(), name()][dice.roll(2) as usize].clone(),
                since,
                until,
                saved: None,
                sources: Vec::new(),
                problem: dice.maybe(AgainstProblem::OtherSources),
            },
            basis: BasisView {
                sources: "steady",
                uneven: vec![UnevenView {
                    source: name(),
                    heard: dice.unit(),
                    from: None,
                    counted: false,
                    mentions: 1,
                }],
            },
            brands,
            swot: Some(swot),
            goals: goals.into(),
            yields: yields.into(),
        },
        stories: vec![story],
        alerts,
        annotations,
        health: HealthView { sources: health.into() },
    }
}

/// A page taken apart.
#[derive(Default)]
struct Parsed {
    elements: HashSet<String>,
    /// Names and values.
    attributes: Vec<(String, String)>,
    /// What stands outside of pictures, numbers, times and heads of hours.
    text: String,
    /// Values of numbers, and how they are shown.
    numbers: Vec<(f64, String)>,
}

/// Reads the page as XML, which it also is.
fn parsed(page: &str) -> Parsed {
    let mut reader = Reader::from_str(page);
    let mut parsed = Parsed::default();
    let mut stack: Vec<(String, String)> = Vec::new();
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error}\n{page}")) {
            Event::Start(tag) => {
                let kind = note(&mut parsed, &tag);
                stack.push((tag.name().as_ref().to_owned(), kind));
            }
            Event::Empty(tag) => {
                note(&mut parsed, &tag);
            }
            Event::End(_) => {
                stack.pop();
            }
            Event::Text(text) => add(&mut parsed, &stack, &text),
            Event::GeneralRef(entity) => {
                let character = match &*entity {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" => "\"",
                    "#39" => "'",
                    other => panic!("&{other}; is not written here"),
                };
                add(&mut parsed, &stack, character);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(stack.is_empty(), "{stack:?}");
    parsed
}

/// Notes an element; the value of a number, or the class of anything else.
fn note(parsed: &mut Parsed, tag: &quick_xml::events::BytesStart<'_>) -> String {
    let name = tag.name().as_ref().to_owned();
    let mut kind = String::new();
    for attribute in tag.attributes() {
        let attribute = attribute.unwrap();
        let key = attribute.key.as_ref().to_owned();
        let value = attribute.value.to_string();
        if key == "value" || key == "class" {
            kind = value.clone();
        }
        parsed.attributes.push((key, value));
    }
    if name == "data" {
        parsed.numbers.push((kind.parse().unwrap(), String::new()));
    }
    parsed.elements.insert(name);
    kind
}

fn add(parsed: &mut Parsed, stack: &[(String, String)], text: &str) {
    let inside = |name: &str| stack.iter().any(|(element, _)| element == name);
    if inside("data") {
        parsed.numbers.last_mut().unwrap().1.push_str(text);
    } else if !inside("svg")
        && !inside("style")
        && !inside("time")
        && !stack.iter().any(|(_, k)| k == "number")
    {
        let is_hour = inside("thead") && text.chars().all(|c| c.is_ascii_digit());
        if !is_hour {
            parsed.text.push_str(text);
        }
    }
}

/// Every number of a JSON document, and the length of every list.
fn numbers(value: &Value, found: &mut HashSet<u64>) {
    match value {
        Value::Number(number) => {
            found.insert(number.as_f64().unwrap().to_bits());
        }
        Value::Array(list) => {
            found.insert((list.len() as f64).to_bits());
            list.iter().for_each(|value| numbers(value, found));
        }
        Value::Object(map) => map.values().for_each(|value| numbers(value, found)),
        _ => {}
    }
}

/// Counted from lists, or added up from days.
fn derived(view: &ReportView, found: &mut HashSet<u64>) {
    let mut insert = |number: usize| {
        found.insert((number as f64).to_bits());
    };
    for small in 0..=view.alerts.len().max(4) {
        insert(small);
    }
    let effects = view.annotations.iter().flat_map(|noted| &noted.effects);
    let changes = effects.flat_map(|effect| [effect.per_day, effect.net]).flatten();
    found.extend(changes.map(|change| (change.before + change.value).to_bits()));
    let mut insert = |number: usize| {
        found.insert((number as f64).to_bits());
    };
    let brands = &view.benchmark.brands;
    insert(brands.iter().map(|b| usize::try_from(b.mentions).unwrap()).sum());
    insert(brands.iter().map(|b| usize::try_from(b.read).unwrap()).sum());
    for brand in brands {
        // Weeks of a long time end where it does.
        let end = view.benchmark.until;
        let mut weeks = std::collections::BTreeMap::<i64, (usize, usize)>::new();
        for day in &brand.days {
            let week = (end.as_second() - 1 - day.day.as_second()).div_euclid(7 * 86_400);
            let sum = weeks.entry(week).or_default();
            sum.0 += usize::try_from(day.stories).unwrap();
            sum.1 += usize::try_from(day.mentions).unwrap();
        }
        for (stories, mentions) in weeks.into_values() {
            insert(stories);
            insert(mentions);
        }
    }
}

/// What a shown number says, and by how much it may be off for its digits.
fn read_back(shown: &str, tongue: Tongue, value: f64) -> (f64, f64) {
    let percent = shown.contains('%');
    let plain: String = shown
        .chars()
        .filter_map(|c| match (c, tongue) {
            ('\u{2212}', _) => Some('-'),
            (',', Tongue::English) => None,
            (',', Tongue::French) => Some('.'),
            (c, _) => (c.is_ascii_digit() || c == '.').then_some(c),
        })
        .collect();
    let number: f64 = plain.parse().unwrap_or_else(|_| panic!("{shown} is no number"));
    let digits = plain.split_once('.').map_or(0, |(_, digits)| digits.len());
    let off = 0.500_001 / 10_f64.powi(i32::try_from(digits).unwrap());
    // Parts and points are shown in hundredths; the low end of an interval bears no sign of its own.
    if percent || (number - value).abs() > off { (number / 100.0, off / 100.0) } else { (number, off) }
}

/// What the page itself says in digits: levels of intervals, days of a goal's volume.
const SAID: [&str; 5] = ["95%", "95\u{202f}%", "19", "20", "30"];

fn check(seed: u64, foreign: &str, address: &str, tongue: Tongue) -> Result<(), TestCaseError> {
    let view = made_up(seed, foreign, address);
    let zone = TimeZone::UTC;
    let page = page(&view, &zone, tongue);
    let parsed = parsed(&page);

    let mut known = HashSet::new();
    numbers(&serde_json::to_value(&view).unwrap(), &mut known);
    derived(&view, &mut known);
    for (value, shown) in &parsed.numbers {
        prop_assert!(known.contains(&value.to_bits()), "{value} ({shown}) is not in the report’s JSON");
        let (said, off) = read_back(shown, tongue, *value);
        prop_assert!((said - value).abs() <= off, "{value} is shown as {shown}");
    }
    let told: HashSet<u64> = parsed.numbers.iter().map(|(value, _)| value.to_bits()).collect();
    for brand in &view.benchmark.brands {
        let share = brand.share.unwrap();
        for value in [brand.stories as f64, brand.mentions as f64, share.value, share.low, share.high] {
            prop_assert!(told.contains(&value.to_bits()), "{value} of {} is not told", brand.brand);
        }
        for value in [brand.sentiment.net, brand.sentiment.low, brand.sentiment.high].into_iter().flatten() {
            prop_assert!(told.contains(&value.to_bits()), "{value} of {} is not told", brand.brand);
        }
    }
    let mut rest = parsed.text.clone();
    if !foreign.is_empty() {
        rest = rest.replace(&*crate::render::terminal::clean(foreign), "");
    }
    if !foreign.chars().any(|c| c.is_ascii_digit()) {
        for said in SAID {
            rest = rest.replace(said, "");
        }
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        prop_assert_eq!(digits, "", "digits outside of numbers in {}", rest);
    }

    const ELEMENTS: [&str; 54] = [
        "html", "head", "meta", "link", "title", "style", "body", "header", "main", "footer", "section",
        "h1", "h2", "h3", "p", "div", "span", "strong", "small", "a", "ul", "ol", "li", "dl", "dt", "dd",
        "table", "thead", "tbody", "tr", "th", "td", "figure", "details", "summary", "data", "time", "br",
        "svg", "desc", "defs", "pattern", "rect", "line", "path", "text", "g", "em", "b", "i", "sup", "sub",
        "abbr", "code",
    ];
    for element in &parsed.elements {
        prop_assert!(ELEMENTS.contains(&element.as_str()), "<{element}>");
    }
    for (key, value) in &parsed.attributes {
        prop_assert!(
            !key.starts_with("on") && !["style", "src", "srcset", "xlink:href"].contains(&key.as_str()),
            "{key}"
        );
        let web = value.starts_with("http://") || value.starts_with("https://");
        prop_assert!(key != "href" || value == "data:," || web, "a link to {value}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_page_is_sound_harmless_and_true(
        seed in any::<u64>(),
        foreign in "[^\\x00]{0,12}|<script>alert\\(1\\)</script>|\"'><img src=x onerror=y>|Élan vital",
        address in "https://news\\.example/[a-z\"'<>&]{0,6}|javascript:alert\\(1\\)|data:text/html,x|[ -~]{0,9}",
        french in any::<bool>(),
    ) {
        check(seed, &foreign, &address, if french { Tongue::French } else { Tongue::English })?;
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    let page = page(&made_up(1, "x", "https://x.example/"), &TimeZone::UTC, Tongue::English);
    assert!(
        page.contains("default-src 'none'") && page.contains("name=\"referrer\" content=\"no-referrer\"")
    );
    for word in ["<script", "@import", "src=", "<iframe", "<object", "<embed", "<base", "<form"] {
        assert!(!page.contains(word), "{word}");
    }
    let inside = |(at, _): (usize, &str)| page[at..].starts_with("url(#hatch)");
    assert!(page.match_indices("url(").all(inside));
}

#[test]
fn the_page_speaks_the_readers_language() {
    let view = made_up(2, "x", "https://x.example/");
    let french = page(&view, &TimeZone::UTC, Tongue::French);
    assert!(french.contains("<html lang=\"fr\">") && french.contains("Part de voix"));
    assert!(!french.contains("Share of voice"));
    let english = page(&view, &TimeZone::UTC, Tongue::English);
    assert!(english.contains("<html lang=\"en\">") && !english.contains("Part de voix"));
}

#[test]
fn pictures_have_a_name_and_a_table() {
    let page = page(&made_up(3, "x", "https://x.example/"), &TimeZone::UTC, Tongue::English);
    let pictures = page.matches("role=\"img\"").count();
    assert!(pictures > 1);
    for part in ["<title id=", "<desc id=", "aria-labelledby="] {
        assert!(page.matches(part).count() >= pictures, "{part}");
    }
    assert_eq!(page.matches("<details>").count(), 2);
}
