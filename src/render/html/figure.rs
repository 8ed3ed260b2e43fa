//! The pictures of the report, drawn as SVG.
//!
//! Lengths across are percentages, so that a picture is as wide as its column while its lines and letters keep
//! their size. All that a colour says a shape or a text beside it says too.

use std::fmt::Write as _;

/// Something that happened at a point of a series, in [0, 1] of its width.
pub(super) struct Mark {
    pub at: f64,
    pub label: String,
    pub kind: MarkKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MarkKind {
    Alert,
    Annotation,
}

/// Height of the strip above a series in which its marks stand, and of what stands there if there are none.
const MARKS: u32 = 20;
const NO_MARKS: u32 = 6;

/// Marks closer than so much of the width share a label.
const CLOSE: f64 = 0.025;

/// Counts over time as steps that rise to `height`, with what happened above them, in the order of time. `title` and
/// `description` are safe HTML.
pub(super) fn series(
    name: &str,
    [title, description]: [&str; 2],
    values: &[u64],
    height: u32,
    marks: &[Mark],
) -> String {
    let above = if marks.is_empty() { NO_MARKS } else { MARKS };
    let full = above + height;
    let highest = values.iter().copied().max().unwrap_or(0).max(1);
    let mut out = format!(
        "<svg class=\"series\" role=\"img\" aria-labelledby=\"{name}-t {name}-d\" width=\"100%\" height=\"{full}\">\
         <title id=\"{name}-t\">{title}</title><desc id=\"{name}-d\">{description}</desc>"
    );
    let mut steps = String::from("M0 100");
    for (place, value) in values.iter().enumerate() {
        let y = 100.0 - 100.0 * *value as f64 / highest as f64;
        write_to(&mut steps, format_args!("V{}H{}", short(y), place + 1));
    }
    steps.push_str("V100Z");
    write_to(
        &mut out,
        format_args!(
            "<svg y=\"{above}\" width=\"100%\" height=\"{height}\" viewBox=\"0 0 {} 100\" preserveAspectRatio=\"none\">\
             <path class=\"area\" d=\"{steps}\"/></svg>\
             <line class=\"base\" x2=\"100%\" y1=\"{full}\" y2=\"{full}\"/>",
            values.len().max(1)
        ),
    );
    for mark in marks {
        let at = short(mark.at * 100.0);
        match mark.kind {
            MarkKind::Alert => write_to(
                &mut out,
                format_args!(
                    "<svg class=\"mark\" x=\"{at}%\" overflow=\"visible\">\
                     <path class=\"alert\" d=\"M-4 12l4 7 4-7z\"/></svg>"
                ),
            ),
            MarkKind::Annotation => write_to(
                &mut out,
                format_args!("<line class=\"noted\" x1=\"{at}%\" x2=\"{at}%\" y1=\"12\" y2=\"{full}\"/>"),
            ),
        }
    }
    for group in marks.chunk_by(|a, b| b.at - a.at < CLOSE) {
        let labels: Vec<&str> =
            group.iter().map(|mark| mark.label.as_str()).filter(|l| !l.is_empty()).collect();
        let at = (group[0].at + group[group.len() - 1].at) / 2.0;
        let anchor = if at > 0.97 { "end" } else { "middle" };
        write_to(
            &mut out,
            format_args!(
                "<text class=\"mark\" x=\"{}%\" y=\"9\" text-anchor=\"{anchor}\">{}</text>",
                short(at * 100.0),
                labels.join("\u{b7}")
            ),
        );
    }
    out.push_str("</svg>");
    out
}

/// A bar from zero with the interval that holds its end, all in [0, 1]. What it shows stands beside it.
pub(super) fn bar(value: f64, interval: Option<(f64, f64)>) -> String {
    let mut out = String::from("<svg class=\"bar\" aria-hidden=\"true\" width=\"100%\" height=\"16\">");
    write_to(&mut out, format_args!("<rect class=\"ground\" y=\"3\" width=\"100%\" height=\"10\"/>"));
    write_to(
        &mut out,
        format_args!("<rect class=\"fill\" y=\"3\" width=\"{}%\" height=\"10\"/>", short(value * 100.0)),
    );
    if let Some((low, high)) = interval {
        let (low, high) = (short(low * 100.0), short(high * 100.0));
        write_to(
            &mut out,
            format_args!(
                "<line class=\"reach\" x1=\"{low}%\" x2=\"{high}%\" y1=\"8\" y2=\"8\"/>\
                 <line class=\"reach\" x1=\"{low}%\" x2=\"{low}%\" y1=\"4\" y2=\"12\"/>\
                 <line class=\"reach\" x1=\"{high}%\" x2=\"{high}%\" y1=\"4\" y2=\"12\"/>"
            ),
        );
    }
    out.push_str("</svg>");
    out
}

/// Parts of a whole side by side: negative hatched, neutral bare, positive full. What it shows stands beside it.
pub(super) fn tones([negative, neutral, positive]: [u64; 3]) -> String {
    let all = (negative + neutral + positive).max(1) as f64;
    let mut out = String::from("<svg class=\"bar\" aria-hidden=\"true\" width=\"100%\" height=\"16\">");
    let mut from = 0.0;
    for (class, part) in [("negative", negative), ("neutral", neutral), ("positive", positive)] {
        let width = 100.0 * part as f64 / all;
        write_to(
            &mut out,
            format_args!(
                "<rect class=\"{class}\" x=\"{}%\" y=\"2\" width=\"{}%\" height=\"12\"/>",
                short(from),
                short(width)
            ),
        );
        from += width;
    }
    out.push_str("</svg>");
    out
}

/// What negative bars are filled with, once a page.
pub(super) const HATCH: &str = "<svg width=\"0\" height=\"0\" class=\"defs\" aria-hidden=\"true\"><defs>\
    <pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
    <rect class=\"hatch-ground\" width=\"5\" height=\"5\"/><rect class=\"hatch-line\" width=\"2\" height=\"5\"/>\
    </pattern></defs></svg>";

/// Heights of a row of the hours of a week, and of the hours' names below.
const ROW: usize = 20;

/// The hours of a week, Monday first, the more the darker. `id` is unique on the page; `title` and `description` are
/// safe HTML.
pub(super) fn week(
    id: &str,
    [title, description]: [&str; 2],
    hours: &[u32],
    hour: impl Fn(usize) -> String,
) -> String {
    let highest = hours.iter().copied().max().unwrap_or(0).max(1);
    let mut out = format!(
        "<svg class=\"week\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" width=\"100%\" height=\"{}\">\
         <title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{description}</desc>",
        7 * ROW + 18
    );
    const WIDTH: f64 = 100.0 / 24.0;
    for (place, &count) in hours.iter().enumerate().take(168) {
        let (x, y) = ((place % 24) as f64 * WIDTH, place / 24 * ROW);
        // Five shades beside none; the square root, since hours differ by much.
        let shade = (f64::from(count) / f64::from(highest)).sqrt() * 5.0;
        let shade = if count == 0 { 0 } else { (shade.ceil() as u8).clamp(1, 5) };
        write_to(
            &mut out,
            format_args!(
                "<rect class=\"h{shade}\" x=\"{}%\" y=\"{y}\" width=\"{}%\" height=\"{}\" rx=\"2\"/>",
                short(x + 0.12),
                short(WIDTH - 0.24),
                ROW - 2
            ),
        );
    }
    for at in (0..24).step_by(6) {
        let x = short(at as f64 * WIDTH + 0.12);
        write_to(&mut out, format_args!("<text x=\"{x}%\" y=\"{}\">{}</text>", 7 * ROW + 13, hour(at)));
    }
    out.push_str("</svg>");
    out
}

/// Two decimals are finer than any screen.
pub(super) fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn write_to(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("writing to a string cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_steps_from_its_base_to_its_highest() {
        let drawn = series("s", ["t", "d"], &[0, 2, 4], 40, &[]);
        assert!(drawn.contains("d=\"M0 100V100H1V50H2V0H3V100Z\""), "{drawn}");
    }

    #[test]
    fn marks_that_are_close_share_a_label() {
        let mark = |at, label: &str| Mark { at, label: label.into(), kind: MarkKind::Alert };
        let marks = [mark(0.1, "3"), mark(0.5, "2"), mark(0.51, "1")];
        let drawn = series("s", ["t", "d"], &[1], 40, &marks);
        assert_eq!(drawn.matches("class=\"alert\"").count(), 3);
        assert!(
            drawn.contains(">3</text>") && drawn.contains("x=\"50.5%\"") && drawn.contains(">2·1</text>"),
            "{drawn}"
        );
    }

    #[test]
    fn tones_fill_their_bar() {
        let drawn = tones([1, 2, 1]);
        for part in [
            "x=\"0%\" y=\"2\" width=\"25%\"",
            "x=\"25%\" y=\"2\" width=\"50%\"",
            "x=\"75%\" y=\"2\" width=\"25%\"",
        ] {
            assert!(drawn.contains(part), "{drawn}");
        }
    }

    #[test]
    fn the_fullest_hour_is_the_darkest_and_an_empty_one_bare() {
        let mut hours = vec![0; 168];
        hours[25] = 1;
        hours[167] = 25;
        let drawn = week("w", ["t", "d"], &hours, |hour| hour.to_string());
        assert_eq!(drawn.matches("class=\"h0\"").count(), 166);
        assert_eq!((drawn.matches("class=\"h1\"").count(), drawn.matches("class=\"h5\"").count()), (1, 1));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([short(0.0), short(12.50), short(33.333), short(100.0)], ["0", "12.5", "33.33", "100"]);
    }
}
