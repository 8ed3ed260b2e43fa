//! The reader of RSS and Atom that keeps what there is to keep.
//!
//! It goes through the events of an XML document once, without recursion, by local name. No element is
//! required and none is fatal: tags that do not match are closed where they must end, an entry that the
//! document leaves open is left out, whatever came before it is kept.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::model::{Entry, Skip};
use crate::text::{html, url};

use super::attributes::{self, attribute, is_alternate, is_picture};
use super::capture::{Capture, Target};
use super::dates;
use super::draft::{self, Draft, Markup};
use super::vocabulary::{self, FeedField, Field, Lower, Vocabulary};
use super::{Limits, Parsed, Problem, ProblemKind};

/// `Ok` if the document is a feed, even without entries; else the name of its first element, if any.
/// `base_url` is the address of the document.
pub(super) fn read(
    document: &str,
    base_url: Option<&str>,
    limits: &Limits,
) -> Result<Parsed, Option<String>> {
    let mut walk = Walk::new(base_url, limits);
    walk.run(document);
    walk.finish()
}

/// Reading starts anew behind what cannot be markup. Finding out may have taken a look at the whole rest of
/// the document, so that all such looks together may be this many times as long as the document.
const MOST_REREADING: usize = 16;

/// A longer address is none, and every link would be copied behind it.
const LONGEST_BASE: usize = 2048;

/// Declared prefixes beyond this are read by the name everybody gives them.
const MOST_NAMESPACES: usize = 64;

struct Walk<'a> {
    limits: &'a Limits,
    base_url: Option<&'a str>,
    stack: Vec<Open<'a>>,
    /// Elements open beyond the limit of depth.
    too_deep: usize,
    first_element: Option<&'a str>,
    is_feed: bool,
    is_atom: bool,
    namespaces: Vec<(String, Vocabulary)>,
    /// `xml:base`, each with the length of the stack it is good for.
    bases: Vec<(usize, String)>,
    capture: Option<Capture<'a>>,
    entry: Option<OpenEntry>,
    feed: FeedDraft,
    entries: Vec<Entry>,
    seen: Seen,
}

struct Open<'a> {
    name: &'a str,
    local: Lower,
}

struct OpenEntry {
    /// The length of the stack inside the entry.
    depth: usize,
    draft: Draft,
}

#[derive(Default)]
struct FeedDraft {
    title: Option<String>,
    link: Option<String>,
    language: Option<String>,
    author: Option<String>,
    ttl_minutes: Option<u64>,
    update_period_s: Option<u64>,
    update_frequency: Option<u64>,
    skip: Skip,
}

/// What will have to be told.
#[derive(Default)]
struct Seen {
    mended_tags: bool,
    unreadable: bool,
    gave_up: bool,
    cut_entry: bool,
    too_deep: bool,
    too_many: bool,
    too_long: bool,
}

impl<'a> Walk<'a> {
    fn new(base_url: Option<&'a str>, limits: &'a Limits) -> Self {
        Self {
            limits,
            base_url,
            stack: Vec::new(),
            too_deep: 0,
            first_element: None,
            is_feed: false,
            is_atom: false,
            namespaces: Vec::new(),
            bases: Vec::new(),
            capture: None,
            entry: None,
            feed: FeedDraft::default(),
            entries: Vec::new(),
            seen: Seen::default(),
        }
    }

    fn run(&mut self, document: &'a str) {
        let mut offset = 0;
        let mut budget = document.len().saturating_mul(MOST_REREADING);
        while let Some((start, length)) = self.run_from(document, offset, budget > 0) {
            if budget == 0 {
                self.seen.gave_up = true;
                return;
            }
            self.seen.unreadable = true;
            budget = budget.saturating_sub(length);
            offset = document.ceil_char_boundary(start + 1);
            self.text(&document[start..offset]);
        }
    }

    /// Reads to the end, or to markup that is none: answers where it begins and how far it was looked at.
    fn run_from(&mut self, document: &'a str, offset: usize, is_strict: bool) -> Option<(usize, usize)> {
        // The reader skips a byte order mark without counting it.
        let rest = document[offset..].trim_start_matches('\u{feff}');
        let offset = document.len() - rest.len();
        let mut reader = Reader::from_str(rest);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        loop {
            let start = offset + position(&reader);
            match reader.read_event() {
                Ok(Event::Eof) => return None,
                Ok(event) => {
                    let raw = &document[start..offset + position(&reader)];
                    if let Event::Start(tag) | Event::Empty(tag) = &event
                        && is_strict
                        && !is_name(tag.name().as_ref())
                    {
                        return Some((start, raw.len()));
                    }
                    self.event(&event, raw);
                    if self.seen.too_many {
                        return None;
                    }
                }
                Err(_) => return Some((start, document.len() - start)),
            }
        }
    }

    fn event(&mut self, event: &Event<'_>, raw: &'a str) {
        match event {
            Event::Start(tag) => self.start(tag, raw, false),
            Event::Empty(tag) => self.start(tag, raw, true),
            Event::End(tag) => self.end(&raw[2..2 + tag.name().as_ref().len()], raw),
            Event::Text(_) => self.text(raw),
            Event::CData(_) => self.text(raw.get(9..raw.len() - 3).unwrap_or_default()),
            Event::GeneralRef(_) => self.reference(raw),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Eof => {}
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>, raw: &'a str, is_empty: bool) {
        let name = &raw[1..1 + tag.name().as_ref().len()];
        let (prefix, local_name) = name.split_once(':').unwrap_or(("", name));
        let local = Lower::of(local_name);
        let begins_entry = matches!(local.as_str(), "item" | "entry")
            && self.capture.as_ref().is_none_or(|capture| !capture.raw)
            && self.vocabulary(prefix) == Vocabulary::Feed
            && self.parent(0) != "source";
        if let Some(capture) = &mut self.capture {
            if capture.is_marked_up() && !begins_entry {
                capture.nest(raw, self.limits);
                if !is_empty && !is_void(local.as_str()) {
                    self.open(name, local);
                }
                return;
            }
            self.seen.mended_tags |=
                !matches!(capture.target, Target::Entry(Field::Author(_)) | Target::Feed(FeedField::Author));
            self.leave_capture();
        }
        if self.stack.len() < self.limits.depth && tag.attributes_raw().contains("xml") {
            self.declarations(tag);
        }
        if !self.is_feed {
            self.root(name, prefix, local.as_str(), tag);
        }
        let vocabulary = self.vocabulary(prefix);
        if begins_entry && self.is_feed {
            self.start_entry(name, local, tag, is_empty);
            return;
        }
        let target = self.target(vocabulary, local.as_str());
        if is_empty {
            if let Some(target) = target {
                self.attributes(target, tag);
            }
            let depth = self.stack.len();
            self.bases.retain(|(good_for, _)| *good_for <= depth);
            return;
        }
        let opened = self.open(name, local);
        if let Some(target) = target
            && opened
            && self.attributes(target, tag)
        {
            self.capture = Some(Capture::of(target, tag, self.stack.len(), self.is_atom));
        }
    }

    /// Whether the element is now on the stack.
    fn open(&mut self, name: &'a str, local: Lower) -> bool {
        if self.stack.len() >= self.limits.depth {
            self.too_deep += 1;
            self.seen.too_deep = true;
            return false;
        }
        self.stack.push(Open { name, local });
        true
    }

    fn root(&mut self, name: &'a str, prefix: &'a str, local: &str, tag: &BytesStart<'_>) {
        let is_root = match local {
            "rss" | "rdf" | "feed" | "channel" => true,
            "entry" => self.first_element.is_none(),
            _ => false,
        };
        self.first_element = self.first_element.or(Some(name));
        if !is_root {
            return;
        }
        self.is_feed = true;
        self.is_atom = matches!(local, "feed" | "entry");
        if !prefix.is_empty() {
            // Whatever it is bound to, it is what this feed is written in.
            self.namespaces.push((prefix.to_owned(), Vocabulary::Feed));
        }
        self.feed.language = attribute(tag, "xml:lang").and_then(|tag| draft::primary_subtag(&tag));
    }

    fn start_entry(&mut self, name: &'a str, local: Lower, tag: &BytesStart<'_>, is_empty: bool) {
        if let Some(entry) = &self.entry {
            let depth = entry.depth;
            self.seen.mended_tags = true;
            self.close_down_to(depth - 1);
        }
        if self.entries.len() >= self.limits.entries {
            self.seen.too_many = true;
            return;
        }
        let mut draft = Draft::default();
        draft.guid.offer(2, attribute(tag, "rdf:about").and_then(|about| trimmed(&about)));
        draft.language.offer(0, attribute(tag, "xml:lang").and_then(|tag| draft::primary_subtag(&tag)));
        // Microsoft's CDF has these as attributes.
        draft.link.offer(1, attribute(tag, "href").and_then(|href| url::resolve(self.base(), &href)));
        draft.updated.offer(2, attribute(tag, "lastmod").and_then(|date| dates::parse(&date)));
        if is_empty {
            self.entries.extend(draft.finish(self.base(), self.feed.language.as_deref(), None));
        } else if self.open(name, local) {
            self.entry = Some(OpenEntry { depth: self.stack.len(), draft });
        }
    }

    /// What an element that begins now is for, by where it stands.
    fn target(&self, vocabulary: Vocabulary, local: &str) -> Option<Target> {
        if !self.is_feed || vocabulary == Vocabulary::Other || self.too_deep > 0 {
            return None;
        }
        let parent = self.parent(0);
        match &self.entry {
            Some(entry) => {
                let is_inside = match self.stack.len() - entry.depth {
                    0 => true,
                    1 => matches!(parent, "author" | "group" | "content"),
                    2 => parent == "content" && self.parent(1) == "group",
                    _ => false,
                };
                let field = is_inside.then(|| vocabulary::entry_field(vocabulary, local, parent))?;
                field.map(Target::Entry)
            }
            None => {
                let is_list = matches!(parent, "author" | "skiphours" | "skipdays");
                let around = if is_list { self.parent(1) } else { parent };
                let is_inside = matches!(around, "channel" | "feed" | "rss" | "rdf");
                let field = is_inside.then(|| vocabulary::feed_field(vocabulary, local, parent))?;
                field.map(Target::Feed)
            }
        }
    }

    /// The local name of an open element, counted from the innermost.
    fn parent(&self, from_inside: usize) -> &str {
        self.stack.iter().rev().nth(from_inside).map_or("", |open| open.local.as_str())
    }

    /// Takes what the attributes say; whether the element's text is to be read as well.
    fn attributes(&mut self, target: Target, tag: &BytesStart<'_>) -> bool {
        match target {
            Target::Feed(FeedField::Link) => {
                if let Some(href) = attribute(tag, "href") {
                    if self.feed.link.is_none() && is_alternate(tag) {
                        self.feed.link = url::resolve(self.base(), &href);
                    }
                    return false;
                }
                true
            }
            Target::Feed(_) => true,
            Target::Entry(field) => self.entry_attributes(field, tag),
        }
    }

    fn entry_attributes(&mut self, field: Field, tag: &BytesStart<'_>) -> bool {
        match field {
            Field::Link => {
                let Some(href) = attribute(tag, "href").or_else(|| attribute(tag, "rdf:resource")) else {
                    return is_alternate(tag);
                };
                if is_alternate(tag) {
                    let is_page = attribute(tag, "type").is_none_or(|kind| kind.contains("html"));
                    let link = url::resolve(self.base(), &href);
                    self.with_draft(|draft| draft.link.offer(u8::from(!is_page), link));
                }
                false
            }
            Field::Picture(rank) => {
                if is_picture(field, tag) {
                    let address = attribute(tag, "url").or_else(|| attribute(tag, "href"));
                    let image = address.and_then(|address| url::resolve(self.base(), &address));
                    self.with_draft(|draft| draft.image.offer(rank, image));
                } else if let Some(format) = attributes::media(tag) {
                    // A film has a sound track, not the other way round.
                    self.with_draft(|draft| draft.media = draft.media.max(Some(format)));
                }
                false
            }
            Field::Tag => {
                let label = attribute(tag, "label").filter(|label| !label.trim().is_empty());
                let Some(tag) = label.or_else(|| attribute(tag, "term")) else { return true };
                if let Some(tag) = draft::line(&tag) {
                    self.with_draft(|draft| draft.tag(tag));
                }
                false
            }
            Field::Guid(0) => {
                if let Some(is_link) = attribute(tag, "isPermaLink") {
                    let is_link = !is_link.trim().eq_ignore_ascii_case("false");
                    self.with_draft(|draft| draft.guid_is_link = Some(is_link));
                }
                true
            }
            Field::Title(_) | Field::Summary(_) | Field::Content(_) => {
                if let Some(language) = attribute(tag, "xml:lang").and_then(|tag| draft::primary_subtag(&tag))
                {
                    self.with_draft(|draft| draft.language.offer(2, Some(language)));
                }
                true
            }
            _ => true,
        }
    }

    fn with_draft(&mut self, change: impl FnOnce(&mut Draft)) {
        if let Some(entry) = &mut self.entry {
            change(&mut entry.draft);
        }
    }

    fn text(&mut self, piece: &'a str) {
        if let Some(capture) = &mut self.capture {
            capture.push(piece, self.limits);
        }
    }

    fn reference(&mut self, raw: &'a str) {
        let Some(capture) = &mut self.capture else { return };
        let common = match raw {
            _ if capture.raw => raw,
            "&lt;" => "<",
            "&gt;" => ">",
            "&amp;" => "&",
            "&quot;" => "\"",
            _ => return capture.push_owned(&html::decode_entities(raw), self.limits),
        };
        capture.push(common, self.limits);
    }

    fn end(&mut self, name: &str, raw: &'a str) {
        if self.too_deep > 0 {
            let capture_ends =
                self.capture.as_ref().is_some_and(|capture| self.name_at(capture.depth) == Some(name));
            let entry_ends = self.entry.as_ref().is_some_and(|entry| self.name_at(entry.depth) == Some(name));
            if !capture_ends && !entry_ends {
                self.too_deep -= 1;
                return;
            }
            self.too_deep = 0;
        }
        let Some(at) = self.stack.iter().rposition(|open| open.name == name) else {
            match &mut self.capture {
                Some(capture) if capture.is_marked_up() => capture.nest(raw, self.limits),
                _ => self.seen.mended_tags = true,
            }
            return;
        };
        if let Some(capture) = &mut self.capture
            && at >= capture.depth
        {
            capture.nest(raw, self.limits);
            self.stack.truncate(at);
            return;
        }
        self.seen.mended_tags |=
            at + 1 < self.stack.len() && self.capture.as_ref().is_none_or(|capture| at + 1 < capture.depth);
        self.close_down_to(at);
    }

    fn name_at(&self, depth: usize) -> Option<&str> {
        self.stack.get(depth - 1).map(|open| open.name)
    }

    /// Closes elements until `depth` of them are open.
    fn close_down_to(&mut self, depth: usize) {
        if self.capture.as_ref().is_some_and(|capture| capture.depth > depth) {
            self.finish_capture();
        }
        if self.entry.as_ref().is_some_and(|entry| entry.depth > depth) {
            self.finish_entry();
        }
        self.stack.truncate(depth);
        self.bases.retain(|(good_for, _)| *good_for <= depth);
    }

    /// A new element begins in one that holds only text: that one was never closed, save an author.
    fn leave_capture(&mut self) {
        let Some(capture) = &self.capture else { return };
        match capture.target {
            Target::Entry(Field::Author(_)) | Target::Feed(FeedField::Author) => self.finish_capture(),
            _ => {
                let depth = capture.depth - 1;
                self.close_down_to(depth);
            }
        }
    }

    fn finish_capture(&mut self) {
        let Some(capture) = self.capture.take() else { return };
        self.seen.too_long |= capture.cut;
        match capture.target {
            Target::Entry(field) => self.fill(field, &capture),
            Target::Feed(field) => self.fill_feed(field, &capture),
        }
    }

    fn fill(&mut self, field: Field, capture: &Capture<'_>) {
        let text = &*capture.text;
        let Some(entry) = &mut self.entry else { return };
        let draft = &mut entry.draft;
        draft.has_body |= matches!(field, Field::Title(_) | Field::Summary(_) | Field::Content(_))
            && !text.trim().is_empty();
        match field {
            Field::Title(rank) if draft.title.wants(rank) => {
                draft.title.offer(rank, draft::title(text, capture.markup, self.limits));
            }
            Field::Summary(rank) if draft.summary.wants(rank) => {
                draft.summary.offer(rank, draft::plain(text, capture.markup, self.limits));
            }
            Field::Content(rank) if draft.content.wants(rank) => {
                draft.content.offer(rank, draft::plain(text, capture.markup, self.limits));
            }
            Field::Guid(rank) => draft.guid.offer(rank, trimmed(text)),
            Field::Published(rank) => draft.published.offer(rank, dates::parse(text)),
            Field::Updated(rank) => draft.updated.offer(rank, dates::parse(text)),
            Field::Author(rank) => {
                let author = draft::person(text);
                let is_address = author.as_ref().is_some_and(|author| author.contains('@'));
                draft.author.offer(if is_address { rank + 10 } else { rank }, author);
            }
            Field::AuthorName => draft.author.offer(0, draft::person(text)),
            Field::AuthorAddress => draft.author.offer(10, draft::person(text)),
            Field::Tag => {
                if let Some(tag) = draft::plain(text, Markup::Text, self.limits) {
                    draft.tag(tag);
                }
            }
            Field::Language => draft.language.offer(1, draft::primary_subtag(text)),
            Field::Link => {
                let link = trimmed(text).and_then(|link| url::resolve(self.base(), &link));
                self.with_draft(|draft| draft.link.offer(0, link));
            }
            Field::Title(_) | Field::Summary(_) | Field::Content(_) | Field::Picture(_) => {}
        }
    }

    fn fill_feed(&mut self, field: FeedField, capture: &Capture<'_>) {
        let text = capture.text.trim();
        let feed = &mut self.feed;
        match field {
            FeedField::Title if feed.title.is_none() => {
                feed.title = draft::title(text, capture.markup, self.limits);
            }
            FeedField::Link if feed.link.is_none() => {
                let link = trimmed(text).and_then(|link| url::resolve(self.base(), &link));
                self.feed.link = link;
            }
            FeedField::Language => {
                feed.language = feed.language.take().or_else(|| draft::primary_subtag(text))
            }
            FeedField::Ttl => feed.ttl_minutes = text.parse().ok(),
            FeedField::UpdatePeriod => feed.update_period_s = period_s(text),
            FeedField::UpdateFrequency => feed.update_frequency = text.parse().ok(),
            FeedField::SkipHour => {
                if let Ok(hour) = text.parse() {
                    feed.skip.hour(hour);
                }
            }
            FeedField::SkipDay => feed.skip.day(text),
            FeedField::AuthorName if feed.author.is_none() => feed.author = draft::person(text),
            FeedField::Title | FeedField::Link | FeedField::Author | FeedField::AuthorName => {}
        }
    }

    fn finish_entry(&mut self) {
        let Some(entry) = self.entry.take() else { return };
        let author = self.feed.author.as_deref().filter(|_| self.is_atom);
        self.entries.extend(entry.draft.finish(self.base(), self.feed.language.as_deref(), author));
    }

    /// What relative links are relative to here. A document without an address is taken to lie where its
    /// feed says it belongs.
    fn base(&self) -> Option<&str> {
        self.bases
            .last()
            .map(|(_, base)| base.as_str())
            .or(self.base_url)
            .or_else(|| self.feed.link.as_deref().filter(|link| link.len() <= LONGEST_BASE))
    }

    fn declarations(&mut self, tag: &BytesStart<'_>) {
        for attribute in tag.attributes().with_checks(false).flatten() {
            let key: &str = attribute.key.as_ref();
            if key == "xml:base" {
                let base = html::decode_entities(&attribute.value);
                if let Some(base) = url::resolve(self.base(), &base).filter(|base| base.len() <= LONGEST_BASE)
                {
                    self.bases.push((self.stack.len() + 1, base));
                }
            } else if let Some(prefix) = key.strip_prefix("xmlns:")
                && self.namespaces.len() < MOST_NAMESPACES
                && let Some(vocabulary) = Vocabulary::of_namespace(&attribute.value)
            {
                self.namespaces.push((prefix.to_owned(), vocabulary));
            }
        }
    }

    fn vocabulary(&self, prefix: &str) -> Vocabulary {
        let declared = self.namespaces.iter().rev().find(|(known, _)| *known == prefix);
        declared.map_or_else(|| Vocabulary::of_prefix(prefix), |(_, vocabulary)| *vocabulary)
    }

    fn finish(mut self) -> Result<Parsed, Option<String>> {
        if !self.is_feed {
            return Err(self.first_element.map(str::to_owned));
        }
        if self.entry.is_some() && !self.seen.too_many {
            self.seen.cut_entry = true;
        }
        self.seen.too_long |= self.entries.iter().any(|entry| draft::is_cut(entry, self.limits));
        let problems = self.seen.problems(self.limits);
        let feed = self.feed;
        let update_s =
            feed.update_period_s.map(|period_s| period_s / feed.update_frequency.unwrap_or(1).max(1));
        let ttl_s = feed.ttl_minutes.map(|minutes| minutes.saturating_mul(60));
        Ok(Parsed {
            title: feed.title,
            language: feed.language,
            wished_interval_s: ttl_s.max(update_s).filter(|&interval_s| interval_s > 0),
            skip: feed.skip,
            entries: self.entries,
            problems,
        })
    }
}

impl Seen {
    fn problems(&self, limits: &Limits) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut tell = |is_so: bool, kind: ProblemKind, message: String| {
            if is_so {
                problems.push(Problem { kind, message });
            }
        };
        tell(
            self.mended_tags,
            ProblemKind::Repaired,
            "tags that do not match were closed where they must end".to_owned(),
        );
        tell(self.unreadable, ProblemKind::Repaired, "markup that is no XML was read as text".to_owned());
        tell(self.gave_up, ProblemKind::Lost, "too much of the markup is no XML; reading stopped".to_owned());
        tell(
            self.cut_entry,
            ProblemKind::Lost,
            "the document ends inside an entry, which was left out".to_owned(),
        );
        tell(
            self.too_deep,
            ProblemKind::Limit,
            format!("elements nested deeper than {} were passed over", limits.depth),
        );
        tell(
            self.too_many,
            ProblemKind::Limit,
            format!("more than {} entries; the others were left out", limits.entries),
        );
        tell(self.too_long, ProblemKind::Limit, draft::cut_message(limits));
        problems
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).expect("a position in a text that is in memory")
}

/// Whether a tag of this name is meant as one: `a < b` and `a <b</title>` are not.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | ':')) && !name.contains('<')
}

fn trimmed(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Of the syndication module of RSS 1.0.
fn period_s(period: &str) -> Option<u64> {
    const HOUR_S: u64 = 3600;
    match period.to_ascii_lowercase().as_str() {
        "hourly" => Some(HOUR_S),
        "daily" => Some(24 * HOUR_S),
        "weekly" => Some(7 * 24 * HOUR_S),
        "monthly" => Some(30 * 24 * HOUR_S),
        "yearly" => Some(365 * 24 * HOUR_S),
        _ => None,
    }
}

/// Elements of HTML that have no end.
fn is_void(name: &str) -> bool {
    matches!(
        name,
        "br" | "img"
            | "hr"
            | "input"
            | "meta"
            | "link"
            | "wbr"
            | "source"
            | "embed"
            | "param"
            | "area"
            | "col"
            | "base"
    )
}
