//! Text for a terminal: nothing that moves the cursor, changes colours or turns the line around.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::Style;
use crate::text::Span;

/// Drops control, bidirectional and invisible formatting characters; line breaks and tabs become spaces.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c.is_control() || is_invisible(c)) {
        return Cow::Borrowed(text);
    }
    let visible = text.chars().filter_map(|c| match c {
        '\n' | '\r' | '\t' => Some(' '),
        c if c.is_control() || is_invisible(c) => None,
        c => Some(c),
    });
    Cow::Owned(visible.collect())
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Cuts to at most `width` user-perceived characters, with `…` where something is missing.
pub fn cut(text: &str, width: usize) -> String {
    if text.graphemes(true).count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.graphemes(true).take(width.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

/// The text with its spans marked: bold on a colour terminal, as it is elsewhere. Cleaned.
pub fn marked(text: &str, spans: &[Span], style: Style) -> String {
    if !style.colour {
        return clean(text).into_owned();
    }
    let mut out = String::with_capacity(text.len() + spans.len() * 8);
    let mut spans = spans.iter().peekable();
    for (position, c) in (0u32..).zip(text.chars()) {
        if spans.peek().is_some_and(|s| s.start == position) {
            out.push_str(BOLD);
        }
        let mut buffer = [0; 4];
        out.push_str(&clean(c.encode_utf8(&mut buffer)));
        if spans.peek().is_some_and(|s| s.end == position + 1) {
            out.push_str(PLAIN);
            spans.next();
        }
    }
    if spans.peek().is_some() {
        out.push_str(PLAIN);
    }
    out
}

/// Breaks at spaces, so that no line is longer than `width` user-perceived characters unless a word is; each
/// line begins with `indent` spaces and ends with a line break. Colours take no room.
pub fn wrapped(text: &str, indent: usize, width: usize) -> String {
    let mut out = " ".repeat(indent);
    let mut column = indent;
    for (index, word) in text.split(' ').enumerate() {
        let length = room(word);
        if index > 0 && column > indent && column + 1 + length > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if index > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
    out
}

/// User-perceived characters outside colour sequences.
fn room(word: &str) -> usize {
    let mut parts = word.split('\u{1b}');
    let first = parts.next().map_or(0, |part| part.graphemes(true).count());
    let coloured = parts.map(|part| part.split_once('m').map_or("", |(_, rest)| rest));
    first + coloured.map(|part| part.graphemes(true).count()).sum::<usize>()
}

pub const BOLD: &str = "\u{1b}[1m";
pub const DIM: &str = "\u{1b}[2m";
pub const RED: &str = "\u{1b}[31m";
pub const GREEN: &str = "\u{1b}[32m";
pub const YELLOW: &str = "\u{1b}[33m";
pub const PLAIN: &str = "\u{1b}[0m";

/// `text` in a colour, where colours may be used.
pub fn paint(text: &str, colour: &str, style: Style) -> String {
    if style.colour { format!("{colour}{text}{PLAIN}") } else { text.to_owned() }
}

/// A series as one line of eighths of blocks, highest value full.
pub fn sparkline(values: &[u32]) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let highest = values.iter().copied().max().unwrap_or(0).max(1);
    values
        .iter()
        .map(|&value| match value {
            0 => ' ',
            value => BLOCKS[((u64::from(value) * 8).div_ceil(u64::from(highest)) as usize - 1).min(7)],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Tongue;

    #[test]
    fn hostile_text_is_harmless() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c\nd\u{200b}"), "a[31mbc d");
        assert_eq!(clean("plain – é"), "plain – é");
    }

    #[test]
    fn cut_keeps_graphemes_whole() {
        assert_eq!(cut("cafe\u{301} noir", 4), "caf…");
        assert_eq!(cut("cafe\u{301} noir", 5), "cafe\u{301}…");
        assert_eq!(cut("court", 5), "court");
    }

    #[test]
    fn lines_break_at_spaces_and_colours_take_no_room() {
        assert_eq!(wrapped("one two three", 2, 9), "  one two\n  three\n");
        assert_eq!(
            wrapped("\u{1b}[1mone\u{1b}[0m two three", 2, 9),
            "  \u{1b}[1mone\u{1b}[0m two\n  three\n"
        );
        assert_eq!(wrapped("unbreakable x", 2, 8), "  unbreakable\n  x\n");
        assert_eq!(wrapped("", 2, 8), "  \n");
    }

    #[test]
    fn marks_stand_around_their_spans_only_where_colour_may() {
        let spans = [Span { start: 2, end: 4 }, Span { start: 5, end: 6 }];
        let style = Style { tongue: Tongue::English, colour: true, width: 80 };
        assert_eq!(marked("ab\u{e9}d f", &spans, style), "ab\u{1b}[1méd\u{1b}[0m \u{1b}[1mf\u{1b}[0m");
        assert_eq!(
            marked("abéd f", &spans, Style { tongue: Tongue::English, colour: false, width: 80 }),
            "abéd f"
        );
    }

    #[test]
    fn sparklines_reach_from_nothing_to_full() {
        assert_eq!(sparkline(&[0, 1, 4, 8]), " ▁▄█");
        assert_eq!(sparkline(&[0, 0]), "  ");
    }
}
