//! The made-up press of the demo: eight French and English publishers, five weeks of ordinary talk about a
//! maker of electric bicycles and two competitors, and one bad day. Pure and deterministic: the same `now`
//! gives the same bytes.

mod format;
mod incident;
mod texts;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use format::{Format, Item, Publisher};
use texts::Register;

/// One feed of the demo, as it is before and after the incident.
pub struct DemoFeed {
    /// Begins with `/`.
    pub path: String,
    pub content_type: &'static str,
    /// Without the incident.
    pub history: Vec<u8>,
    /// With it: the same items and those of the last two hours.
    pub now: Vec<u8>,
}

/// Every feed of the demo, ending at `now`.
pub fn documents(now: Timestamp) -> Vec<DemoFeed> {
    let mut items = ordinary_days(now);
    let mut feeds: Vec<DemoFeed> = Vec::new();
    for (publisher, items) in PUBLISHERS.iter().zip(&items) {
        feeds.push(DemoFeed {
            path: publisher.path.to_string(),
            content_type: publisher.format.content_type(),
            history: format::write(publisher, items),
            now: Vec::new(),
        });
    }
    for post in incident::posts() {
        let Some(index) = PUBLISHERS.iter().position(|publisher| publisher.path == post.feed) else {
            continue;
        };
        items[index].push(Item {
            at: whole_second(now - SignedDuration::from_mins(post.minutes_ago)),
            author: post.author.to_string(),
            title: post.title.to_string(),
            text: post.text,
        });
    }
    for ((publisher, items), feed) in PUBLISHERS.iter().zip(&items).zip(&mut feeds) {
        feed.now = format::write(publisher, items);
    }
    feeds
}

/// The demo's feeds.toml for a server at `base_url` (`http://127.0.0.1:8080`).
pub fn configuration(base_url: &str) -> String {
    let base_url = base_url.trim_end_matches('/');
    let mut out = CONFIGURATION.to_string();
    for (publisher, tags) in PUBLISHERS.iter().zip(TAGS) {
        let id = publisher.path.trim_start_matches('/').split('.').next().unwrap_or_default();
        let path = publisher.path;
        out += &format!(
            "\n[[source]]\nid = \"{id}\"\nurl = \"{base_url}{path}\"\ntags = {tags}\nallow_private = true\n"
        );
    }
    out
}

const DAYS: i64 = 35;
/// Ordinary talk ends this long before `now`, so that the incident stands alone.
const QUIET_HOURS: i64 = 3;
const SEED: u64 = 0x6c75_6d6f_7261;

const PUBLISHERS: [Publisher; 8] = [
    publisher("/le-courrier.xml", "Le Courrier du Matin", "courrier.example", "fr", Format::Rss),
    publisher("/echo-des-rues.atom", "L’Écho des Rues", "echo.example", "fr", Format::Atom),
    publisher("/guidon-libre.atom", "Guidon Libre", "guidon.example", "fr", Format::Atom),
    publisher("/forum-velotaf.xml", "Forum Vélotaf", "velotaf.example", "fr", Format::Rss),
    publisher("/harbour-post.xml", "The Harbour Post", "harbour.example", "en", Format::Rss),
    publisher("/metro-ledger.json", "Metro Ledger", "ledger.example", "en", Format::Json),
    publisher("/two-wheels-daily.xml", "Two Wheels Daily", "wheels.example", "en", Format::Rss),
    publisher("/spokes-board.json", "Spokes Board", "spokes.example", "en", Format::Json),
];
/// Of the publishers, in their order.
const TAGS: [&str; 8] = [
    "[\"press\", \"fr\"]",
    "[\"press\", \"fr\"]",
    "[\"blog\", \"fr\"]",
    "[\"forum\", \"fr\"]",
    "[\"press\", \"en\"]",
    "[\"press\", \"en\"]",
    "[\"blog\", \"en\"]",
    "[\"forum\", \"en\"]",
];

const AUTHORS: [&[&str]; 8] = [
    &["Agathe Lormeau", "Hugo Tessandier", "La rédaction"],
    &["Inès Marchetti", "Rédaction locale"],
    &["Basile"],
    &["pignon_fixe", "marie_tandem", "cote_a_douze", "sacoche75", "vent_de_face"],
    &["Callum Reyes", "Beatrix Lowe"],
    &["Priya Anand", "Staff"],
    &["Imogen Hale"],
    &["granny_gear", "towpath_tom", "hub_dynamo", "second_chainring", "puddle_pilot"],
];

/// A brand of the demo: its name, its models, its items on an ordinary weekday in tenths.
const BRANDS: [(&str, &[&str], u64); 3] = [
    ("Lumora", &["Aube", "Brume", "Cargo 7"], 38),
    ("Velkano", &["Vento", "Piana"], 24),
    ("Northpedal", &["Harrier", "Fen"], 17),
];
/// Items about none of them on an ordinary weekday, in tenths.
const OTHERS: u64 = 20;

const CONFIGURATION: &str = r#"# The configuration of vigie's demo: made-up brands, heard in made-up feeds on this machine.

[settings]
timezone = "Europe/Paris"
data_dir = "index"
host_pause = "0s"            # the server is one's own

[[brand]]
id = "lumora"
name = "Lumora"
role = "own"

[[brand]]
id = "velkano"
name = "Velkano"
role = "competitor"

[[brand]]
id = "northpedal"
name = "Northpedal"
role = "competitor"

[[query]]
id = "safety"
text = 'rappel OR recall OR incendie OR "départ de feu" OR fire OR surchauffe OR overheating'

[[rule]]
id = "lumora-spike"
kind = "spike"
brands = ["lumora"]
budget = "1/week"

[[rule]]
id = "lumora-bad-buzz"
kind = "negative-buzz"
brands = ["lumora"]
min_sources = 2
severity = "high"

[[rule]]
id = "safety"
kind = "pattern"
query = "safety"
min = 2
severity = "critical"

[[notifier]]
id = "desktop"
kind = "desktop"
"#;

const fn publisher(
    path: &'static str,
    title: &'static str,
    host: &'static str,
    language: &'static str,
    format: Format,
) -> Publisher {
    Publisher { path, title, host, language, format }
}

/// The items of each publisher before the incident, oldest first.
fn ordinary_days(now: Timestamp) -> [Vec<Item>; 8] {
    let mut chance = Chance(SEED);
    let mut decks = [
        Deck::new(&texts::PRESS_FR, &mut chance),
        Deck::new(&texts::PEOPLE_FR, &mut chance),
        Deck::new(&texts::PRESS_EN, &mut chance),
        Deck::new(&texts::PEOPLE_EN, &mut chance),
    ];
    let mut items: [Vec<Item>; 8] = Default::default();
    let midnight = now.as_second() - now.as_second().rem_euclid(86_400);
    let end = now - SignedDuration::from_hours(QUIET_HOURS);
    for day in (0..=DAYS).rev() {
        let start = midnight - day * 86_400;
        let mut planned: Vec<(i64, Option<usize>)> = Vec::new();
        for (subject, tenths) in
            BRANDS.iter().enumerate().map(|(index, brand)| (Some(index), brand.2)).chain([(None, OTHERS)])
        {
            for _ in 0..chance.rounded(tenths * weekday_percent(start) / 100) {
                planned.push((start + chance.second_of_day(), subject));
            }
        }
        planned.sort_unstable();
        for (second, subject) in planned {
            let Ok(at) = Timestamp::from_second(second) else { continue };
            let feed = chance.below(PUBLISHERS.len());
            let people = PUBLISHERS[feed].path.contains("forum") || PUBLISHERS[feed].path.contains("board");
            let deck = &mut decks[usize::from(feed >= 4) * 2 + usize::from(people)];
            let (title, text) = deck.draw(subject.map(|index| &BRANDS[index]), &mut chance);
            let author = AUTHORS[feed][chance.below(AUTHORS[feed].len())].to_string();
            // Drawn all the same, so that an hour more or less of `now` leaves the past as it was.
            if at < end {
                items[feed].push(Item { at, author, title, text });
            }
        }
    }
    items
}

/// How busy a day is beside a weekday, in per cent.
fn weekday_percent(second: i64) -> u64 {
    let weekday = Timestamp::from_second(second).map(|at| at.to_zoned(TimeZone::UTC).weekday());
    match weekday {
        Ok(Weekday::Saturday) => 75,
        Ok(Weekday::Sunday) => 55,
        _ => 100,
    }
}

fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// A register's sentences in a shuffled order, dealt one after the other.
struct Deck {
    register: &'static Register,
    openings: Vec<usize>,
    details: Vec<usize>,
    closings: Vec<usize>,
    dealt: usize,
    others: usize,
}

impl Deck {
    fn new(register: &'static Register, chance: &mut Chance) -> Self {
        Self {
            register,
            openings: chance.shuffled(register.openings.len()),
            details: chance.shuffled(register.details.len()),
            closings: chance.shuffled(register.closings.len()),
            dealt: 0,
            others: 0,
        }
    }

    /// A title and a text about a brand, or about none.
    fn draw(&mut self, brand: Option<&(&str, &[&str], u64)>, chance: &mut Chance) -> (String, String) {
        let register = self.register;
        let Some((name, models, _)) = brand else {
            let (title, text) = register.others[self.others % register.others.len()];
            self.others += 1;
            return (title.to_string(), text.to_string());
        };
        let pick = |order: &[usize]| order[self.dealt % order.len()];
        let (title, opening) = register.openings[pick(&self.openings)];
        let detail = register.details[pick(&self.details)];
        let closing = register.closings[pick(&self.closings)];
        self.dealt += 1;
        let model = models[chance.below(models.len())];
        let town = register.towns[chance.below(register.towns.len())];
        let fill = |text: &str| text.replace("{b}", name).replace("{m}", model).replace("{c}", town);
        (fill(title), format!("{} {detail} {closing}", fill(opening)))
    }
}

/// A small generator of pseudo-random numbers (splitmix64, Steele et al. 2014).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `limit`, which is not zero.
    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// A number of tenths as a whole number near it, give or take one.
    fn rounded(&mut self, tenths: u64) -> u64 {
        (tenths + self.next() % 20).saturating_sub(5) / 10
    }

    /// More likely in the morning, at noon and in the evening than at night.
    fn second_of_day(&mut self) -> i64 {
        const HOURS: [i64; 24] =
            [6, 7, 7, 7, 8, 8, 8, 9, 9, 10, 11, 11, 12, 12, 14, 15, 16, 17, 17, 18, 18, 19, 20, 21];
        HOURS[self.below(HOURS.len())] * 3_600 + self.below(3_600) as i64
    }

    /// The numbers below `length` in some order (Fisher and Yates).
    fn shuffled(&mut self, length: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..length).collect();
        for index in (1..length).rev() {
            order.swap(index, self.below(index + 1));
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{File, check, show};
    use crate::enrich::fingerprint::Fingerprint;

    fn now() -> Timestamp {
        "2026-11-23T14:05:00Z".parse().unwrap()
    }

    fn feeds_of(document: &DemoFeed) -> [feed_rs::model::Feed; 2] {
        [&document.history, &document.now]
            .map(|bytes| feed_rs::parser::parse(bytes.as_slice()).expect("a valid feed"))
    }

    fn words(entry: &feed_rs::model::Entry) -> String {
        let title = entry.title.as_ref().map_or("", |title| &title.content);
        let content = entry.content.as_ref().and_then(|content| content.body.as_deref());
        let summary = entry.summary.as_ref().map(|summary| summary.content.as_str());
        format!("{title} {}", content.or(summary).unwrap_or(""))
    }

    #[test]
    fn the_configuration_is_without_a_flaw_and_names_every_feed() {
        let text = configuration("http://127.0.0.1:8080/");
        let files = [File { path: "feeds.toml".into(), text }];
        let checked = check(&files);
        assert_eq!(show(&checked.problems, &files, false), "");
        let sources = checked.config.unwrap().sources;
        let paths = documents(now()).into_iter().map(|feed| format!("http://127.0.0.1:8080{}", feed.path));
        assert_eq!(
            sources.iter().map(|s| s.shown_address().into_owned()).collect::<Vec<_>>(),
            paths.collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_incident_is_all_that_is_new() {
        let mut fresh = 0;
        for document in documents(now()) {
            let [history, after] = feeds_of(&document);
            let known: Vec<&str> = history.entries.iter().map(|entry| entry.id.as_str()).collect();
            let new: Vec<_> =
                after.entries.iter().filter(|entry| !known.contains(&entry.id.as_str())).collect();
            assert_eq!(after.entries.len(), known.len() + new.len(), "{}", document.path);
            for entry in &new {
                assert!(words(entry).contains("Lumora"), "{}", words(entry));
                let at = entry.published.expect("a date").timestamp();
                assert!((now().as_second() - 7_200..now().as_second()).contains(&at));
            }
            fresh += new.len();
        }
        assert_eq!(fresh, 29);
    }

    #[test]
    fn an_ordinary_day_has_a_few_items_per_brand() {
        let mut counts = [0; 3];
        let mut all = std::collections::BTreeSet::new();
        let mut total = 0;
        for document in documents(now()) {
            let [history, _] = feeds_of(&document);
            for entry in &history.entries {
                for (count, brand) in counts.iter_mut().zip(BRANDS) {
                    *count += usize::from(words(entry).contains(brand.0));
                }
                let about_a_brand = BRANDS.iter().any(|brand| words(entry).contains(brand.0));
                total += usize::from(about_a_brand);
                if about_a_brand {
                    all.insert(words(entry));
                }
                assert!(!words(entry).contains(['{', '}']), "{}", words(entry));
            }
        }
        let per_day = counts.map(|count| count as f64 / DAYS as f64);
        assert!((2.0..=5.0).contains(&per_day[0]), "{per_day:?}");
        assert!(per_day[0] > per_day[1] && per_day[1] > per_day[2] && per_day[2] > 0.5, "{per_day:?}");
        assert_eq!(all.len(), total, "no item is written twice");
    }

    /// How many connected groups of near-duplicates the items form.
    fn stories(items: &[(Timestamp, String)]) -> usize {
        let prints: Vec<Fingerprint> = items.iter().map(|(_, text)| Fingerprint::of("", text)).collect();
        let mut group: Vec<usize> = (0..items.len()).collect();
        for a in 0..items.len() {
            for b in 0..a {
                let week = SignedDuration::from_hours(7 * 24);
                let apart = items[a].0.duration_since(items[b].0).abs();
                if apart <= week && prints[a].near(&prints[b]) {
                    let (from, to) = (group[a], group[b]);
                    group.iter_mut().filter(|group| **group == from).for_each(|group| *group = to);
                }
            }
        }
        group.sort_unstable();
        group.dedup();
        group.len()
    }

    #[test]
    fn the_incident_is_thirteen_stories_and_ordinary_items_are_one_each() {
        let posts: Vec<_> = incident::posts().into_iter().map(|post| (now(), post.text)).collect();
        assert_eq!((posts.len(), stories(&posts)), (29, 13));
        let ordinary: Vec<_> = ordinary_days(now())
            .into_iter()
            .flatten()
            .filter(|item| item.text.split(' ').count() > 25)
            .map(|item| (item.at, item.text))
            .collect();
        assert!(
            stories(&ordinary) * 100 >= ordinary.len() * 98,
            "{} of {}",
            stories(&ordinary),
            ordinary.len()
        );
    }

    #[test]
    fn the_same_instant_gives_the_same_bytes() {
        let bytes = |now| documents(now).into_iter().map(|feed| (feed.history, feed.now)).collect::<Vec<_>>();
        assert_eq!(bytes(now()), bytes(now()));
        assert_ne!(bytes(now()), bytes(now() + SignedDuration::from_hours(24)));
    }
}
