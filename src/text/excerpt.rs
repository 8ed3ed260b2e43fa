//! The part of a text worth showing.

use std::ops::Range;

use super::Span;

/// A cut of `text` of at most about `width` characters around the first of `spans` (its beginning where
/// there are none), on word boundaries, with `…` where it was cut, and the spans that fall inside, moved
/// into the excerpt. White space becomes plain spaces, one for one.
pub fn excerpt(text: &str, spans: &[Span], width: usize) -> (String, Vec<Span>) {
    let chars: Vec<char> = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let focus = spans.first().map_or(0..0, |span| {
        let end = (span.end as usize).min(chars.len());
        (span.start as usize).min(end)..end
    });
    let cut = cut(&chars, focus, width);
    let mut excerpt = String::with_capacity(cut.len() + 8);
    let mut lead = 0;
    if cut.start > 0 {
        excerpt.push('…');
        lead = 1;
    }
    excerpt.extend(&chars[cut.clone()]);
    if cut.end < chars.len() {
        excerpt.push('…');
    }
    let moved = spans
        .iter()
        .filter(|span| span.start as usize >= cut.start && span.end as usize <= cut.end)
        .map(|span| Span {
            start: span.start - cut.start as u32 + lead,
            end: span.end - cut.start as u32 + lead,
        })
        .collect();
    (excerpt, moved)
}

/// How far from the wished place a word boundary is looked for, in characters.
const REACH: usize = 24;

/// The range of characters to show; it always holds `focus`.
fn cut(chars: &[char], focus: Range<usize>, width: usize) -> Range<usize> {
    if chars.len() <= width {
        return 0..chars.len();
    }
    // A third of the room before the focus; what the end does not need goes to the beginning.
    let before = width.saturating_sub(focus.len()) / 3;
    let wished = focus.start.saturating_sub(before).min(chars.len() - width);
    let start = if wished == 0 {
        0
    } else {
        let last = (wished + REACH).min(focus.start);
        (wished..last).find(|&at| chars[at - 1] == ' ' && chars[at] != ' ').unwrap_or(wished)
    };
    let wished = (start + width).max(focus.end).min(chars.len());
    let end = if wished == chars.len() {
        wished
    } else {
        let first = wished.saturating_sub(REACH).max(focus.end).max(start + 1);
        (first..=wished).rev().find(|&at| chars[at] == ' ' && chars[at - 1] != ' ').unwrap_or(wished)
    };
    start..end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The excerpt, spans in brackets.
    fn check(text: &str, spans: &[(u32, u32)], width: usize, expected: &str) {
        let spans: Vec<Span> = spans.iter().map(|&(start, end)| Span { start, end }).collect();
        let (cut, spans) = excerpt(text, &spans, width);
        let mut shown = String::new();
        for (at, c) in cut.chars().enumerate() {
            let at = at as u32;
            if spans.iter().any(|span| span.start == at) {
                shown.push('[');
            }
            shown.push(c);
            if spans.iter().any(|span| span.end == at + 1) {
                shown.push(']');
            }
        }
        assert_eq!(shown, expected);
    }

    #[test]
    fn cuts_on_words_around_the_first_span() {
        let text = "Il était une fois un vélo élancé qui roulait vers Acme sans jamais s'arrêter ni regarder Acme derrière lui";
        check("Acme\nroule", &[(0, 4)], 40, "[Acme] roule");
        check("", &[], 40, "");
        check(text, &[], 30, "Il était une fois un vélo…");
        check(text, &[(50, 54)], 40, "…vers [Acme] sans jamais s'arrêter ni…");
        check(
            text,
            &[(50, 54), (89, 93)],
            60,
            "…qui roulait vers [Acme] sans jamais s'arrêter ni regarder [Acme]…",
        );
        check(text, &[(89, 93)], 30, "…ni regarder [Acme] derrière lui");
        check("x".repeat(50).as_str(), &[(20, 22)], 10, "…xx[xx]xxxxxx…");
    }

    proptest! {
        #[test]
        fn spans_keep_their_text(text in "[a-zé \n]{0,80}", start in 0u32..90, length in 1u32..9, width in 0usize..60) {
            let chars: Vec<char> = text.replace('\n', " ").chars().collect();
            let end = (start + length).min(chars.len() as u32);
            let span = Span { start: start.min(end), end };
            let (cut, moved) = excerpt(&text, &[span], width);
            let cut: Vec<char> = cut.chars().collect();
            prop_assert!(cut.len() <= width.max(span.end as usize - span.start as usize) + 2);
            prop_assert_eq!(moved.len(), 1);
            prop_assert_eq!(
                &cut[moved[0].start as usize..moved[0].end as usize],
                &chars[span.start as usize..span.end as usize]
            );
        }
    }
}
