//! Text that shows what it says, and fits.

use url::Url;

use crate::model::{Line, Notification, Section};

/// Text without control, bidirectional or invisible characters, at most `longest` characters, the last of them
/// `…` if any were cut. Line breaks stay if `lines`, else become spaces.
pub(super) fn clean(text: &str, longest: usize, lines: bool) -> String {
    let mut kept = String::new();
    let mut count = 0;
    for c in text.trim().chars() {
        let c = match c {
            '\n' if lines => '\n',
            '\n' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
            c if is_hidden(c) => continue,
            c => c,
        };
        if count == longest {
            kept.pop();
            kept.push('…');
            break;
        }
        kept.push(c);
        count += 1;
    }
    kept
}

/// One line of such text.
pub(super) fn line(text: &str, longest: usize) -> String {
    clean(text, longest, false)
}

/// Where a line leads to; only to the web, and in a form in which nothing of it can be taken for markup.
pub(super) fn web_link(line: &Line) -> Option<String> {
    let url = Url::parse(line.link.as_deref()?).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let mut link = String::from(url);
    for (sign, code) in [
        ("|", "%7C"),
        ("(", "%28"),
        (")", "%29"),
        ("<", "%3C"),
        (">", "%3E"),
        ("\\", "%5C"),
        ("'", "%27"),
        ("*", "%2A"),
        ("`", "%60"),
        ("[", "%5B"),
        ("]", "%5D"),
    ] {
        // The brackets of an IPv6 address are none of a path.
        if link.contains(sign) && !(matches!(sign, "[" | "]") && link.contains("://[")) {
            link = link.replace(sign, code);
        }
    }
    Some(link)
}

/// As many of the lines as there is room for, each ended by a line break; what is left out is counted.
pub(super) fn within(
    lines: impl IntoIterator<Item = String>,
    longest: usize,
    size: fn(&str) -> usize,
) -> String {
    const ROOM_FOR_COUNT: usize = 16;
    let lines: Vec<String> = lines.into_iter().collect();
    let mut text = String::new();
    let mut left = longest.saturating_sub(ROOM_FOR_COUNT);
    for (place, line) in lines.iter().enumerate() {
        let Some(rest) = left.checked_sub(size(line) + 1) else {
            text.push_str(&format!("… (+{})\n", lines.len() - place));
            break;
        };
        left = rest;
        text.push_str(line);
        text.push('\n');
    }
    text
}

pub(super) fn characters(text: &str) -> usize {
    text.chars().count()
}

/// The longest title and lines of plain text.
const TITLE: usize = 200;
const LONG: usize = 1_000;

/// All of a notification below its title, for who reads plain text.
pub(super) fn whole(notification: &Notification) -> String {
    let mut paragraphs = vec![clean(&notification.body, LONG, true)];
    for Section { heading, lines } in &notification.sections {
        let mut text = line(heading, TITLE);
        for entry in lines {
            text.push_str(&format!("\n- {}", line(&entry.text, LONG)));
            if let Some(note) = &entry.note {
                text.push_str(&format!(" – {}", line(note, LONG)));
            }
            if let Some(link) = web_link(entry) {
                text.push_str(&format!("\n  {link}"));
            }
        }
        paragraphs.push(text);
    }
    paragraphs.extend(notification.act.as_ref().map(|act| line(act, LONG)));
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs.join("\n\n")
}

/// For media whose markup is made of the signs that HTML is made of.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Characters that change how others are shown, or are not shown at all.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_text_shows_what_it_says() {
        let check = |text: &str, lines: bool, expected: &str| {
            assert_eq!(clean(text, 20, lines), expected, "{text:?}")
        };
        check("  L’Été à Noël  ", true, "L’Été à Noël");
        check("one\r\ntwo\tthree", true, "one\ntwo three");
        check("one\r\ntwo\tthree", false, "one two three");
        check("pay\u{202e}lap\u{202c} a\u{200b}c\u{2060}me\u{feff}", true, "paylap acme");
        check("\u{2066}x\u{2069}\u{61c}\u{ad}\u{7}\u{1b}[31m\0", true, "x[31m");
        check("tag\u{e0041}\u{e007f}", true, "tag");
        check("twenty characters !!", true, "twenty characters !!");
        check("twenty-one characters", true, "twenty-one characte…");
        check("é".repeat(10_000).as_str(), true, &format!("{}…", "é".repeat(19)));
        check("", true, "");
    }

    #[test]
    fn escaping_leaves_no_markup_and_no_entity() {
        assert_eq!(
            escape("R&D <b>gras</b> &lt; \"é\" 'x'"),
            "R&amp;D &lt;b&gt;gras&lt;/b&gt; &amp;lt; \"é\" 'x'"
        );
    }

    #[test]
    fn links_lead_to_the_web_and_carry_no_markup() {
        let check = |link: &str, expected: Option<&str>| {
            let line = Line { link: Some(link.to_owned()), ..Line::default() };
            assert_eq!(web_link(&line).as_deref(), expected, "{link}");
        };
        check("https://a.example/a_(b)|c", Some("https://a.example/a_%28b%29%7Cc"));
        check("https://a.example/?q=<b>\"x\" y", Some("https://a.example/?q=%3Cb%3E%22x%22%20y"));
        check("http://[::1]/x", Some("http://[::1]/x"));
        check("javascript:alert(1)", None);
        check("not a link", None);
    }

    #[test]
    fn lines_that_do_not_fit_are_counted() {
        let lines = |n: usize| (0..n).map(|n| format!("line {n}"));
        assert_eq!(within(lines(2), 40, characters), "line 0\nline 1\n");
        assert_eq!(within(lines(9), 40, characters), "line 0\nline 1\nline 2\n… (+6)\n");
        assert!(within(lines(1_000), 40, characters).chars().count() <= 40);
        assert_eq!(within(lines(1), 10, characters), "… (+1)\n");
    }
}
