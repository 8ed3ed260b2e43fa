//! The text of one element while it is read.

use std::borrow::Cow;

use quick_xml::events::BytesStart;

use super::Limits;
use super::attributes::attribute;
use super::draft::Markup;
use super::vocabulary::{FeedField, Field};

/// The text of an element being read.
pub(super) struct Capture<'a> {
    pub target: Target,
    /// The length of the stack inside the element.
    pub depth: usize,
    pub markup: Markup,
    /// Whether the text is markup in itself, as it is inside nested elements, instead of being escaped.
    pub raw: bool,
    pub text: Cow<'a, str>,
    /// Whether there was more of it than is kept.
    pub cut: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Target {
    Entry(Field),
    Feed(FeedField),
}

impl<'a> Capture<'a> {
    pub fn of(target: Target, tag: &BytesStart<'_>, depth: usize, is_atom: bool) -> Self {
        let is_body = matches!(target, Target::Entry(Field::Summary(_) | Field::Content(_)));
        let kind = attribute(tag, "type").unwrap_or_default().trim().to_ascii_lowercase();
        let mode = attribute(tag, "mode").unwrap_or_default();
        let markup = match kind.as_str() {
            _ if mode == "base64" => Markup::Base64,
            "" if is_body && !is_atom => Markup::Html,
            "" | "text" | "text/plain" | "plain" => Markup::Text,
            kind if kind.contains("html") || kind.contains("xml") || kind.starts_with("text/") => {
                Markup::Html
            }
            // Atom has what is neither text nor XML as base64.
            kind if kind.contains('/') => Markup::Base64,
            _ => Markup::Html,
        };
        let raw = mode.is_empty() && (kind == "xhtml" || kind.ends_with("+xml"));
        let mut capture = Self { target, depth, markup, raw, text: Cow::Borrowed(""), cut: false };
        capture.raw &= capture.is_marked_up();
        capture
    }

    /// Whether nested elements are markup of the text instead of a sign that it was never closed.
    pub fn is_marked_up(&self) -> bool {
        matches!(
            self.target,
            Target::Entry(Field::Title(_) | Field::Summary(_) | Field::Content(_))
                | Target::Feed(FeedField::Title)
        )
    }

    /// Takes a tag inside the text as part of it.
    pub fn nest(&mut self, tag: &str, limits: &Limits) {
        self.raw = true;
        self.markup = Markup::Html;
        self.push_owned(tag, limits);
    }

    pub fn push(&mut self, piece: &'a str, limits: &Limits) {
        if self.text.is_empty() {
            self.text = Cow::Borrowed(self.fitting(piece, limits));
        } else {
            self.push_owned(piece, limits);
        }
    }

    pub fn push_owned(&mut self, piece: &str, limits: &Limits) {
        let piece = self.fitting(piece, limits);
        if !piece.is_empty() {
            self.text.to_mut().push_str(piece);
        }
    }

    /// The beginning of a piece for which there is room.
    fn fitting<'p>(&mut self, piece: &'p str, limits: &Limits) -> &'p str {
        let room = limits.text_bytes.saturating_mul(MARKUP_PER_TEXT).saturating_sub(self.text.len());
        if piece.len() <= room {
            return piece;
        }
        self.cut = true;
        &piece[..piece.floor_char_boundary(room)]
    }
}

/// The raw text of an element is kept up to this many times the limit of its plain text.
const MARKUP_PER_TEXT: usize = 8;
