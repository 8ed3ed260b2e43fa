//! Markup to plain text.
//!
//! One pass, no tree, linear in the input whatever it holds: every search forward for a character is
//! remembered, so that hostile markup cannot make the same stretch be searched twice.

use std::borrow::Cow;

/// The text a person would read: tags, scripts and styles dropped, blocks parted by line breaks, entities
/// decoded, white space collapsed.
pub fn plain(html: &str) -> String {
    let mut stripper = Stripper { html, at: 0, text: Text::with_capacity(html.len()), next: Next::default() };
    stripper.run();
    stripper.text.out
}

/// Named and numeric character references decoded, nothing else touched.
pub fn decode_entities(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('&') else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match reference(rest) {
            Some((value, len)) => {
                value.push_to(&mut out);
                rest = &rest[len..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

struct Stripper<'a> {
    html: &'a str,
    at: usize,
    text: Text,
    next: Next,
}

impl Stripper<'_> {
    fn run(&mut self) {
        let bytes = self.html.as_bytes();
        while self.at < bytes.len() {
            let start = self.at;
            self.at = end_of_run(bytes, start);
            if start < self.at {
                self.text.push_str(&self.html[start..self.at]);
                continue;
            }
            match bytes[self.at] {
                b' ' | b'\n' | b'\t' | b'\r' => {
                    self.text.space();
                    self.at += 1;
                }
                b'<' => self.markup(),
                b'&' => self.reference(),
                b']' if self.html[self.at..].starts_with("]]>") => self.at += 3,
                _ => self.character(),
            }
        }
    }

    /// Rarer white space, control characters and what may be either.
    fn character(&mut self) {
        let c = self.html[self.at..].chars().next().expect("the loop stops before the end of the text");
        self.text.push(c);
        self.at += c.len_utf8();
    }

    fn reference(&mut self) {
        let (len, value) = match reference(&self.html[self.at..]) {
            Some((value, len)) => (len, value),
            None => (1, Value::Char('&')),
        };
        match value {
            Value::Char(c) => self.text.push(c),
            Value::Str(s) => s.chars().for_each(|c| self.text.push(c)),
        }
        self.at += len;
    }

    /// At a `<`: a tag, a comment, a declaration or just a sign.
    fn markup(&mut self) {
        let bytes = self.html.as_bytes();
        let rest = &bytes[self.at + 1..];
        match rest.first() {
            Some(b'!') if rest.starts_with(b"!--") => {
                let end = self.next.find(self.html, self.at + 4, Sought::CommentEnd).map(|at| at + 3);
                self.at = end.unwrap_or_else(|| self.after_bracket(self.at + 4));
            }
            Some(b'!') if rest.len() >= 8 && rest[..8].eq_ignore_ascii_case(b"![CDATA[") => self.at += 9,
            Some(b'!' | b'?') => self.at = self.after_bracket(self.at + 1),
            Some(b'/' | b'a'..=b'z' | b'A'..=b'Z') => self.tag(),
            _ => {
                self.text.push('<');
                self.at += 1;
            }
        }
    }

    fn tag(&mut self) {
        let bytes = self.html.as_bytes();
        let closing = bytes[self.at + 1] == b'/';
        let start = self.at + 1 + usize::from(closing);
        let end = start
            + bytes[start..].iter().take_while(|b| b.is_ascii_alphanumeric() || b"-:_.".contains(b)).count();
        let ends_as_a_name =
            matches!(bytes.get(end), None | Some(b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r' | b'<'));
        if (start == end && !closing) || !ends_as_a_name || self.html[start..end].ends_with(':') {
            // An address in angle brackets, a heart, a comparison: text.
            self.text.push('<');
            self.at += 1;
            return;
        }
        let name = &self.html[start..end];
        self.at = self.end_of_tag(end);
        if is_any_of(name, &["script", "style", "template"]) && !closing {
            if bytes[self.at - 1] == b'>' && bytes[self.at - 2] != b'/' {
                self.skip_past_closing(name);
            }
        } else if is_block(name) {
            self.text.break_line();
        }
    }

    /// Just behind the `>` of a tag whose name ends at `from`; the end of the text if it was cut.
    fn end_of_tag(&mut self, from: usize) -> usize {
        let bytes = self.html.as_bytes();
        if self.next.find(self.html, from, Sought::Bracket).is_none() {
            return bytes.len();
        }
        let mut at = from;
        let mut after_equals = false;
        while at < bytes.len() {
            match bytes[at] {
                b'>' => return at + 1,
                quote @ (b'"' | b'\'') if after_equals => {
                    let sought = if quote == b'"' { Sought::DoubleQuote } else { Sought::SingleQuote };
                    match self.next.find(self.html, at + 1, sought) {
                        Some(end) => at = end,
                        None => return self.after_bracket(at),
                    }
                    after_equals = false;
                }
                b'=' => after_equals = true,
                b if b.is_ascii_whitespace() => {}
                _ => after_equals = false,
            }
            at += 1;
        }
        // Every `>` stood inside quotes that were never meant as such.
        self.after_bracket(from)
    }

    fn after_bracket(&mut self, from: usize) -> usize {
        self.next.find(self.html, from, Sought::Bracket).map_or(self.html.len(), |at| at + 1)
    }

    fn skip_past_closing(&mut self, name: &str) {
        let bytes = self.html.as_bytes();
        let mut from = self.at;
        while let Some(at) = self.html[from..].find("</").map(|at| from + at) {
            let after = &bytes[at + 2..];
            if after.len() >= name.len() && after[..name.len()].eq_ignore_ascii_case(name.as_bytes()) {
                self.at = self.after_bracket(at);
                return;
            }
            from = at + 2;
        }
        self.at = bytes.len();
    }
}

/// What is searched forward for.
#[derive(Clone, Copy)]
enum Sought {
    Bracket,
    DoubleQuote,
    SingleQuote,
    CommentEnd,
}

/// The last answers of the searches forward; each stays good until the position has passed it.
#[derive(Default)]
struct Next([Option<Found>; 4]);

#[derive(Clone, Copy)]
struct Found {
    from: usize,
    at: Option<usize>,
}

impl Next {
    fn find(&mut self, html: &str, from: usize, sought: Sought) -> Option<usize> {
        if let Some(found) = self.0[sought as usize]
            && found.from <= from
            && found.at.is_none_or(|at| from <= at)
        {
            return found.at;
        }
        let rest = html.as_bytes().get(from..).unwrap_or_default();
        let at = match sought {
            Sought::Bracket => rest.iter().position(|&b| b == b'>'),
            Sought::DoubleQuote => rest.iter().position(|&b| b == b'"'),
            Sought::SingleQuote => rest.iter().position(|&b| b == b'\''),
            Sought::CommentEnd => rest.windows(3).position(|w| w == b"-->"),
        }
        .map(|at| from + at);
        self.0[sought as usize] = Some(Found { from, at });
        at
    }
}

/// Text in the making: white space is owed until a visible character follows.
struct Text {
    out: String,
    owed: Owed,
}

#[derive(Clone, Copy, PartialEq)]
enum Owed {
    Nothing,
    Space,
    Line,
}

impl Text {
    fn with_capacity(capacity: usize) -> Self {
        Self { out: String::with_capacity(capacity), owed: Owed::Nothing }
    }

    /// A run without control characters, white space in it only as single spaces between visible characters.
    fn push_str(&mut self, run: &str) {
        self.settle();
        self.out.push_str(run);
    }

    fn push(&mut self, c: char) {
        let c = seen_as(c);
        if c.is_whitespace() {
            self.space();
        } else if !c.is_control() && c != '\u{feff}' {
            self.settle();
            self.out.push(c);
        }
    }

    fn space(&mut self) {
        if self.owed == Owed::Nothing {
            self.owed = Owed::Space;
        }
    }

    fn break_line(&mut self) {
        self.owed = Owed::Line;
    }

    fn settle(&mut self) {
        if self.owed != Owed::Nothing {
            if !self.out.is_empty() {
                self.out.push(if self.owed == Owed::Line { '\n' } else { ' ' });
            }
            self.owed = Owed::Nothing;
        }
    }
}

/// The end of what can be copied as it is: [`PLAIN`] bytes and single spaces between them.
fn end_of_run(bytes: &[u8], start: usize) -> usize {
    let is_plain = |at: usize| bytes.get(at).is_some_and(|&b| PLAIN[b as usize]);
    let mut at = start;
    while is_plain(at) {
        at += 1;
        if bytes.get(at) == Some(&b' ') && is_plain(at + 1) {
            at += 1;
        }
    }
    at
}

/// Bytes that are copied in runs: visible ASCII without meaning here, and the beginnings and insides of
/// characters that are neither white space nor control characters (those begin with C2, E1, E2, E3 or EF).
const PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0x21;
    while b < 256 {
        table[b] = !matches!(b as u8, b'<' | b'&' | b']' | 0x7f | 0xc2 | 0xe1..=0xe3 | 0xef);
        b += 1;
    }
    table
};

enum Value {
    Char(char),
    Str(&'static str),
}

impl Value {
    fn push_to(&self, out: &mut String) {
        match self {
            Value::Char(c) => out.push(*c),
            Value::Str(s) => out.push_str(s),
        }
    }
}

/// The longest name of an entity is 31 letters long.
const LONGEST_NAME: usize = 32;

/// The character reference at the beginning of `text`, which starts with `&`, and its length in bytes.
fn reference(text: &str) -> Option<(Value, usize)> {
    let bytes = &text.as_bytes()[1..];
    let end = bytes.iter().take(LONGEST_NAME).position(|&b| b == b';')?;
    let value = match &bytes[..end] {
        [b'#', b'x' | b'X', hex @ ..] => Value::Char(numbered(hex, 16)?),
        [b'#', decimal @ ..] => Value::Char(numbered(decimal, 10)?),
        // The five of XML, which are nearly all there are.
        b"amp" => Value::Char('&'),
        b"lt" => Value::Char('<'),
        b"gt" => Value::Char('>'),
        b"quot" => Value::Char('"'),
        b"apos" => Value::Char('\''),
        b"nbsp" => Value::Char('\u{a0}'),
        name => {
            let table = &html_escape::NAMED_ENTITIES;
            Value::Str(table[table.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?].1)
        }
    };
    Some((value, end + 2))
}

/// The character of a numeric reference; numbers of the C1 range mean windows-1252, as in every browser
/// (HTML standard, 13.2.5.80). Control characters and what is no character stay as they were written.
fn numbered(digits: &[u8], radix: u32) -> Option<char> {
    let number = u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()?;
    if digits.first() == Some(&b'+') {
        return None;
    }
    char::from_u32(number).map(seen_as).filter(|&c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'))
}

/// What a character of the C1 range was meant to be.
fn seen_as(c: char) -> char {
    match c {
        '\u{80}'..='\u{9f}' => char::from_u32(WINDOWS_1252[c as usize - 0x80]).unwrap_or(c),
        _ => c,
    }
}

const WINDOWS_1252: [u32; 32] = [
    0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d,
    0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a,
    0x153, 0x9d, 0x17e, 0x178,
];

/// Elements that part the text before and after them.
fn is_block(name: &str) -> bool {
    is_any_of(
        name,
        &[
            "p",
            "br",
            "div",
            "li",
            "tr",
            "td",
            "th",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "ul",
            "ol",
            "dl",
            "dt",
            "dd",
            "hr",
            "table",
            "thead",
            "tbody",
            "tfoot",
            "caption",
            "blockquote",
            "pre",
            "section",
            "article",
            "aside",
            "header",
            "footer",
            "figure",
            "figcaption",
            "nav",
            "main",
            "form",
            "fieldset",
            "legend",
            "details",
            "summary",
            "dialog",
            "address",
            "center",
            "option",
            "title",
            "body",
            "head",
            "html",
        ],
    )
}

fn is_any_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(plain(html), expected, "of {html:?}");
    }

    #[test]
    fn markup_goes_and_text_stays() {
        check("Acme <b>is</b> <a href='/x' title='a > b'>down</a>", "Acme is down");
        check("micro<wbr>soft, <i>un</i>believable", "microsoft, unbelievable");
        check("<p>One</p><p>Two<br/>Three</p>\n\n<ul><li>a<li>b</ul>", "One\nTwo\nThree\na\nb");
        check("a<script>if (a < b) alert('</p>')</script>b<STYLE>p{}</style >c", "abc");
        check("a<template>x</template><!-- no --> <!DOCTYPE x><?php echo ?>b", "a b");
        check("<![CDATA[kept <b>text</b>]]> after", "kept text after");
        check("<o:p>office</o:p><my-thing x=1>custom</my-thing>", "officecustom");
    }

    #[test]
    fn a_sign_is_not_a_tag() {
        check("I <3 Acme, 1 < 2 > 0 and x<y?", "I <3 Acme, 1 < 2 > 0 and x<y?");
        check(
            "Jo <jo@acme.example> or <https://acme.example/>",
            "Jo <jo@acme.example> or <https://acme.example/>",
        );
        check("a[1]] > ]", "a[1]] > ]");
    }

    #[test]
    fn what_was_cut_or_never_closed() {
        check("read on <a href=\"https://acme.exa", "read on");
        check("read on <", "read on <");
        check("a <!-- never closed > b", "a b");
        check("a <b title=\"never closed> b", "a b");
        check("a <script>never closed", "a");
        check("it <i don't>works</i>", "it works");
    }

    #[test]
    fn references_are_decoded_once() {
        check("caf&eacute; &#233; &#xE9; &#XE9; &hellip; &NotEqualTilde;", "café é é é … ≂̸");
        check(
            "AT&amp;amp;T &lt;b&gt; R&D &unknown; &#0; &#x110000; &",
            "AT&amp;T <b> R&D &unknown; &#0; &#x110000; &",
        );
        check("it\u{92}s a\u{85}", "it’s a…");
        check("it&#146;s &#8364;5&nbsp;&nbsp;only", "it’s €5 only");
    }

    #[test]
    fn white_space_is_collapsed() {
        check(" \t a \r\n\u{a0}\u{3000} b\u{200b}c \u{1} ", "a b\u{200b}c");
        check("<p> </p> <p>x</p>", "x");
        check("", "");
    }

    #[test]
    fn decoding_alone_touches_nothing_else() {
        assert!(matches!(decode_entities("<b> x "), Cow::Borrowed("<b> x ")));
        assert_eq!(decode_entities("<b>&amp;  &eacute;&&#10;"), "<b>&  é&\n");
    }

    #[test]
    fn hostile_markup_takes_linear_time() {
        for piece in
            ["<!--", "<a =\"", "<a x='y' ", "<", "&", "</", "<script>", "<a =\"\" <b =''", "<![CDATA["]
        {
            crate::text::testing::assert_linear(piece, 100_000, |size| {
                plain(&piece.repeat(size / piece.len()));
                plain(&(piece.repeat(size / piece.len()) + "=\">"));
            });
        }
    }

    proptest! {
        #[test]
        fn the_result_is_collapsed(html in r#"([ \n\ta-cé<>/!&;="'\-\u{a0}]|<p>|<b>|&amp;|&#160;|<!--|-->|<script>|]]>)*"#) {
            let text = plain(&html);
            prop_assert_eq!(text.trim(), text.as_str());
            prop_assert!(!text.contains("  ") && !text.contains(" \n") && !text.contains("\n\n"));
        }

        #[test]
        fn text_without_signs_is_kept(text in "[a-zé0-9.,:!?]{1,9}( [a-zé0-9.,:!?]{1,9}){0,9}") {
            prop_assert_eq!(plain(&text), text);
        }
    }
}
