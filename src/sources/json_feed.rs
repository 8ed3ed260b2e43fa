//! JSON Feed 1.0 and 1.1, <https://www.jsonfeed.org/version/1.1/>.
//!
//! Read item by item: what came before an error is kept, and a value of another kind than the standard
//! wants is passed over.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::model::Entry;
use crate::text::url;

use super::dates;
use super::draft::{self, Draft, Markup};
use super::feed::not_a_feed;
use super::{Limits, Parsed, Problem, ProblemKind};

pub(super) fn read(text: &str, base_url: Option<&str>, limits: &Limits) -> Parsed {
    let mut feed = Feed::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let outcome = TopLevel { feed: &mut feed, base_url, limits }.deserialize(&mut deserializer);
    if !(feed.has_items && feed.is_json_feed) {
        let said =
            feed.title.or(feed.said).map(|said| format!(" (\u{201c}{said}\u{201d})")).unwrap_or_default();
        return not_a_feed(match outcome {
            Ok(()) => format!("a JSON answer{said} that is no feed"),
            Err(error) => format!("neither a feed nor valid JSON{said}: {error}"),
        });
    }
    let mut problems = Vec::new();
    if feed.too_many {
        let message = format!("more than {} entries; the others were left out", limits.entries);
        problems.push(Problem { kind: ProblemKind::Limit, message });
    }
    if feed.odd_items > 0 {
        let message = format!("items that are no objects were left out: {}", feed.odd_items);
        problems.push(Problem { kind: ProblemKind::Lost, message });
    }
    if let Err(error) = outcome {
        let message = format!("not valid JSON, what came before was kept: {error}");
        problems.push(Problem { kind: ProblemKind::Lost, message });
    }
    let base = base_url.or(feed.home_page.as_deref());
    let (language, author) = (feed.language.as_deref(), feed.author.as_deref());
    let entries: Vec<Entry> =
        feed.drafts.into_iter().filter_map(|draft| draft.finish(base, language, author)).collect();
    if entries.iter().any(|entry| draft::is_cut(entry, limits)) {
        problems.push(Problem { kind: ProblemKind::Limit, message: draft::cut_message(limits) });
    }
    Parsed { title: feed.title, language: feed.language, entries, problems, ..Parsed::default() }
}

/// What a visitor answers for kinds of values that say nothing to it.
macro_rules! says_nothing {
    ($value:expr; $($visit:ident: $kind:ty),*) => {
        $(fn $visit<E>(self, _: $kind) -> Result<Self::Value, E> {
            Ok($value)
        })*

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}

#[derive(Default)]
struct Feed {
    /// Other JSON has `items` too; a feed says what it is, or where it lives.
    is_json_feed: bool,
    has_items: bool,
    title: Option<String>,
    home_page: Option<String>,
    language: Option<String>,
    author: Option<String>,
    drafts: Vec<Draft>,
    too_many: bool,
    /// How many items were no objects.
    odd_items: usize,
    /// What an answer that is no feed says of itself.
    said: Option<String>,
}

/// The outermost object, read into a feed that keeps what it has if reading fails.
struct TopLevel<'a> {
    feed: &'a mut Feed,
    base_url: Option<&'a str>,
    limits: &'a Limits,
}

impl<'de> DeserializeSeed<'de> for TopLevel<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TopLevel<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    says_nothing!((); visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { feed, base_url, limits } = self;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "version" => {
                    let version = map.next_value::<Texts>()?.first();
                    feed.is_json_feed |= version.is_some_and(|version| version.contains("jsonfeed"));
                }
                "home_page_url" => {
                    feed.is_json_feed = true;
                    feed.home_page = map.next_value::<Texts>()?.first();
                }
                "feed_url" => {
                    feed.is_json_feed = true;
                    map.next_value::<IgnoredAny>()?;
                }
                "title" => {
                    let title = map.next_value::<Texts>()?.first();
                    feed.title = title.and_then(|title| draft::title(&title, Markup::Text, limits));
                }
                "language" => {
                    feed.language =
                        map.next_value::<Texts>()?.first().and_then(|tag| draft::primary_subtag(&tag));
                }
                "author" | "authors" => {
                    let author = map.next_value::<Texts>()?.first().and_then(|author| draft::person(&author));
                    feed.author = feed.author.take().or(author);
                }
                "items" => {
                    let home_page = feed.home_page.clone();
                    let base = base_url.or(home_page.as_deref());
                    map.next_value_seed(Items { feed, base, limits })?;
                }
                "message" | "error" | "detail" => {
                    let said = map.next_value::<Texts>()?.first();
                    feed.said =
                        said.and_then(|said| draft::line(&said)).map(|said| said.chars().take(80).collect());
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Items<'a> {
    feed: &'a mut Feed,
    base: Option<&'a str>,
    limits: &'a Limits,
}

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of items")
    }

    says_nothing!((); visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.feed.has_items = true;
        while self.feed.drafts.len() < self.limits.entries {
            match seq.next_element_seed(Item { base: self.base, limits: self.limits })? {
                None => return Ok(()),
                Some(Some(draft)) => self.feed.drafts.push(draft),
                Some(None) => self.feed.odd_items += 1,
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {
            self.feed.too_many = true;
        }
        Ok(())
    }
}

struct Item<'a> {
    base: Option<&'a str>,
    limits: &'a Limits,
}

/// `None` for an item that is no object.
impl<'de> DeserializeSeed<'de> for Item<'_> {
    type Value = Option<Draft>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Draft>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Item<'_> {
    type Value = Option<Draft>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an item")
    }

    says_nothing!(None; visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Option<Draft>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Draft>, A::Error> {
        let mut draft = Draft::default();
        while let Some(key) = map.next_key::<String>()? {
            draft.has_body |= key.starts_with("content_");
            let Texts(texts) = map.next_value()?;
            if key == "tags" {
                texts.iter().filter_map(|tag| draft::line(tag)).for_each(|tag| draft.tag(tag));
            } else if let Some(text) = texts.first() {
                self.fill(&mut draft, &key, text);
            }
        }
        Ok(Some(draft))
    }
}

impl Item<'_> {
    fn fill(&self, draft: &mut Draft, key: &str, text: &str) {
        let plain = |markup| draft::plain(text, markup, self.limits);
        let address = || url::resolve(self.base, text).filter(|_| !text.trim().is_empty());
        match key {
            "id" => draft.guid.offer(0, Some(text.trim().to_owned()).filter(|id| !id.is_empty())),
            "url" => draft.link.offer(0, address()),
            "external_url" => draft.link.offer(1, address()),
            "title" => draft.title.offer(0, draft::title(text, Markup::Text, self.limits)),
            "summary" => draft.summary.offer(0, plain(Markup::Text)),
            "content_html" => draft.content.offer(0, plain(Markup::Html)),
            "content_text" => draft.content.offer(1, plain(Markup::Text)),
            "date_published" => draft.published.offer(0, dates::parse(text)),
            "date_modified" => draft.updated.offer(0, dates::parse(text)),
            "authors" => draft.author.offer(0, draft::person(text)),
            "author" => draft.author.offer(1, draft::person(text)),
            "language" => draft.language.offer(0, draft::primary_subtag(text)),
            "image" => draft.image.offer(0, address()),
            "banner_image" => draft.image.offer(1, address()),
            _ => {}
        }
    }
}

/// The texts in a value of any kind: a text or a number is one, a list has several, an object is meant by
/// its `name`.
#[derive(Default)]
struct Texts(Vec<String>);

/// More texts than this in one value are not kept.
const MOST_TEXTS: usize = 64;

impl Texts {
    fn first(self) -> Option<String> {
        self.0.into_iter().next()
    }
}

impl<'de> serde::Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Texts, E> {
        Ok(Texts(vec![text.to_owned()]))
    }

    fn visit_string<E>(self, text: String) -> Result<Texts, E> {
        Ok(Texts(vec![text]))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Texts, E> {
        Ok(Texts(vec![number.to_string()]))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Texts, E> {
        Ok(Texts(vec![number.to_string()]))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Texts, E> {
        Ok(Texts(vec![number.to_string()]))
    }

    says_nothing!(Texts::default(); visit_bool: bool);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Texts, A::Error> {
        let mut texts = Texts::default();
        while let Some(element) = seq.next_element::<Texts>()? {
            if texts.0.len() < MOST_TEXTS {
                texts.0.extend(element.first());
            }
        }
        Ok(texts)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
        let mut texts = Texts::default();
        while let Some(key) = map.next_key::<String>()? {
            if key == "name" {
                texts = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(texts)
    }
}
