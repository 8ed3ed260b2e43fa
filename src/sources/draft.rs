//! An entry in the making: which of several elements that say the same is believed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::model::{Entry, Format, Timestamp};
use crate::text::{html, url};

use super::Limits;

/// What the elements of one entry said so far. A lower rank is believed over a higher one, the first over
/// the second of equal rank.
#[derive(Default)]
pub(super) struct Draft {
    pub guid: Ranked<String>,
    pub link: Ranked<String>,
    pub title: Ranked<String>,
    pub summary: Ranked<String>,
    pub content: Ranked<String>,
    pub author: Ranked<String>,
    pub published: Ranked<Timestamp>,
    pub updated: Ranked<Timestamp>,
    pub language: Ranked<String>,
    pub image: Ranked<String>,
    /// Sound or pictures that move, if it brings any.
    pub media: Option<Format>,
    pub tags: Vec<String>,
    /// What the feed says of its guid: that it is an address, that it is none, or nothing.
    pub guid_is_link: Option<bool>,
    /// Whether there was a body, even one that holds only an image.
    pub has_body: bool,
}

pub(super) struct Ranked<T>(Option<(u8, T)>);

impl<T> Default for Ranked<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Ranked<T> {
    /// Whether a value of this rank would be believed.
    pub fn wants(&self, rank: u8) -> bool {
        self.0.as_ref().is_none_or(|(known, _)| rank < *known)
    }

    pub fn offer(&mut self, rank: u8, value: Option<T>) {
        if let Some(value) = value
            && self.wants(rank)
        {
            self.0 = Some((rank, value));
        }
    }

    pub fn take(&mut self) -> Option<T> {
        self.0.take().map(|(_, value)| value)
    }
}

/// Tags beyond this are a list of keywords for search engines.
const MOST_TAGS: usize = 64;

impl Draft {
    pub fn tag(&mut self, tag: String) {
        if self.tags.len() < MOST_TAGS && !self.tags.contains(&tag) {
            self.tags.push(tag);
        }
    }

    /// `None` if it says nothing at all. `base` is what a guid's address is relative to.
    pub fn finish(
        mut self,
        base: Option<&str>,
        language: Option<&str>,
        author: Option<&str>,
    ) -> Option<Entry> {
        let guid = self.guid.take();
        let mut link = self.link.take();
        if link.is_none() && self.guid_is_link != Some(false) {
            let permalink =
                guid.as_deref().filter(|guid| self.guid_is_link == Some(true) || is_address(guid));
            link = permalink.and_then(|guid| url::resolve(base, guid)).filter(|link| is_address(link));
        }
        let entry = Entry {
            guid,
            link,
            title: self.title.take(),
            summary: self.summary.take(),
            content: self.content.take(),
            author: self.author.take(),
            published: self.published.take(),
            updated: self.updated.take(),
            language: self.language.take(),
            image: self.image.take(),
            format: Format::Text,
            tags: self.tags,
            engagement: BTreeMap::new(),
            extra: None,
        };
        if entry == Entry::default() && !self.has_body {
            return None;
        }
        Some(Entry {
            author: entry.author.or_else(|| author.map(str::to_owned)),
            language: entry.language.or_else(|| language.map(str::to_owned)),
            format: self.media.unwrap_or(if entry.image.is_some() { Format::Image } else { Format::Text }),
            ..entry
        })
    }
}

/// How the text of an element is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Markup {
    /// No markup, although some feeds put some there all the same.
    Text,
    Html,
    /// HTML in base64, or a file that is no text.
    Base64,
}

/// The plain text of an element, cut to the limit; `None` if nothing is left.
pub(super) fn plain(text: &str, markup: Markup, limits: &Limits) -> Option<String> {
    let mut plain = match markup {
        Markup::Text if !looks_like_html(text) && !has_windows_signs(text) => collapse(text),
        Markup::Text | Markup::Html => html::plain(text),
        Markup::Base64 => html::plain(&String::from_utf8(base64(text)?).ok()?),
    };
    if plain.len() > limits.text_bytes {
        plain.truncate(plain.floor_char_boundary(limits.text_bytes));
    }
    (!plain.is_empty()).then_some(plain)
}

/// Whether a text of the entry reached the limit, so that there was more of it.
pub(super) fn is_cut(entry: &Entry, limits: &Limits) -> bool {
    // The cut falls between two characters, the last of which may be four bytes long.
    [&entry.title, &entry.summary, &entry.content]
        .into_iter()
        .flatten()
        .any(|text| text.len() + 4 > limits.text_bytes)
}

/// For people: that a text was cut.
pub(super) fn cut_message(limits: &Limits) -> String {
    format!("texts longer than {} bytes were cut", limits.text_bytes)
}

/// A title is one line, even if it holds `<br>`.
pub(super) fn title(text: &str, markup: Markup, limits: &Limits) -> Option<String> {
    plain(text, markup, limits).map(|title| title.replace('\n', " "))
}

/// White space collapsed, nothing else; `None` if nothing is left.
pub(super) fn line(text: &str) -> Option<String> {
    let line = collapse(text);
    (!line.is_empty()).then_some(line)
}

/// The name in `jo@acme.example (Jo Doe)` or `Jo Doe <jo@acme.example>`, else what there is.
pub(super) fn person(text: &str) -> Option<String> {
    let text = line(&html::decode_entities(text))?;
    if text.contains('@')
        && let Some((before, rest)) = text.split_once(['(', '<'])
    {
        let inside = rest.trim_end_matches([')', '>', ' ']);
        let name =
            [before.trim(), inside.trim()].into_iter().find(|part| !part.is_empty() && !part.contains('@'));
        if let Some(name) = name {
            return Some(name.to_owned());
        }
    }
    Some(text)
}

/// `fr` of `fr-CA`; `None` if it is no language tag.
pub(super) fn primary_subtag(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_']).next()?;
    let is_tag = matches!(primary.len(), 2 | 3) && primary.bytes().all(|b| b.is_ascii_alphabetic());
    is_tag.then(|| primary.to_ascii_lowercase())
}

fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Whether quotes and dashes of windows-1252 came through a wrong declaration as control characters.
fn has_windows_signs(text: &str) -> bool {
    !text.is_ascii() && text.contains(|c| matches!(c, '\u{80}'..='\u{9f}'))
}

/// RFC 4648, 4, white space passed over.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut waiting) = (0_u32, 0);
    for b in text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=') {
        let digit = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(digit);
        waiting += 6;
        if waiting >= 8 {
            waiting -= 8;
            bytes.push((bits >> waiting) as u8);
            bits &= (1 << waiting) - 1;
        }
    }
    Some(bytes)
}

fn is_address(link: &str) -> bool {
    let lower = link.get(..8).unwrap_or(link).to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}

/// Whether text that is declared plain holds markup all the same: a closing tag or a character reference.
/// A lone `<b>` may be what the text is about.
fn looks_like_html(text: &str) -> bool {
    (text.contains('<') && (text.contains("</") || text.contains("/>")))
        || (text.contains('&')
            && matches!(html::decode_entities(text), Cow::Owned(decoded) if decoded != text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_keeps_its_signs_and_stray_markup_goes() {
        let check = |text: &str, expected: &str| {
            assert_eq!(plain(text, Markup::Text, &Limits::default()).as_deref(), Some(expected));
        };
        check(" How to use <br>\n in Vec<T> ", "How to use <br> in Vec<T>");
        check("AT&amp;T <b>bold</b>", "AT&T bold");
        check("R&D at AT&T; 1 < 2", "R&D at AT&T; 1 < 2");
        check("don\u{92}t", "don’t");
        assert_eq!(plain("PGI+Q2Fmw6k8\n L2I+", Markup::Base64, &Limits::default()).as_deref(), Some("Café"));
        assert_eq!(plain("iVBORw0KGgo=", Markup::Base64, &Limits::default()), None);
        assert_eq!(plain(" <p></p> ", Markup::Html, &Limits::default()), None);
    }

    #[test]
    fn long_texts_are_cut_on_a_character() {
        let limits = Limits { text_bytes: 4, ..Limits::default() };
        assert_eq!(plain("abcé", Markup::Text, &limits).as_deref(), Some("abc"));
    }

    #[test]
    fn names_before_addresses() {
        let check = |text: &str, expected: &str| assert_eq!(person(text).as_deref(), Some(expected));
        check("jo@acme.example (Jo  Doe)", "Jo Doe");
        check("Jo Doe <jo@acme.example>", "Jo Doe");
        check("Jo Doe (jo@acme.example)", "Jo Doe");
        check("jo@acme.example", "jo@acme.example");
        check("jo@acme.example ()", "jo@acme.example ()");
        check("Jo (Acme)", "Jo (Acme)");
        assert_eq!(person(" \n"), None);
    }

    #[test]
    fn languages() {
        assert_eq!(primary_subtag(" fr-CA").as_deref(), Some("fr"));
        assert_eq!(primary_subtag("EN_us").as_deref(), Some("en"));
        assert_eq!(primary_subtag("english"), None);
        assert_eq!(primary_subtag(""), None);
    }
}
