//! Tables that fit the terminal.

use comfy_table::presets;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};
use unicode_segmentation::UnicodeSegmentation;

use super::Style;
use super::terminal::{clean, wrapped};

/// How a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A table without lines, wrapped to the style's width; where that would break words, each row is a list instead.
/// Cells are cleaned.
pub fn table(columns: &[(&str, Align)], rows: &[Vec<String>], style: Style) -> String {
    let words = longest_words(columns, rows);
    if words.iter().map(|word| usize::from(word + GAP)).sum::<usize>() > style.width {
        return stacked(columns, rows, style);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(style.width).unwrap_or(u16::MAX));
    table.set_header(columns.iter().map(|(name, _)| *name));
    for row in rows {
        table.add_row(row.iter().map(|cell| clean(cell).into_owned()));
    }
    for ((column, (_, align)), word) in table.column_iter_mut().zip(columns).zip(words) {
        column.set_padding((0, GAP));
        // An id or a date in two pieces can be neither read nor copied.
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(word + GAP)));
        column.set_cell_alignment(match align {
            Align::Left => CellAlignment::Left,
            Align::Right => CellAlignment::Right,
        });
    }
    let text = table.to_string();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// The first cell of a row in a line of its own, the others below, each behind its column's name.
fn stacked(columns: &[(&str, Align)], rows: &[Vec<String>], style: Style) -> String {
    let mut out = String::new();
    for row in rows {
        let mut cells = row.iter().zip(columns).map(|(cell, (name, _))| (clean(cell), name));
        if let Some((first, _)) = cells.next() {
            out.push_str(&wrapped(&first, 0, style.width));
        }
        for (cell, name) in cells.filter(|(cell, _)| !cell.is_empty()) {
            let line = if name.is_empty() {
                cell.into_owned()
            } else {
                format!("{name}{}{cell}", style.say(": ", " : "))
            };
            out.push_str(&wrapped(&line, 2, style.width));
        }
    }
    out.trim_end().to_owned()
}

/// Between two columns.
const GAP: u16 = 2;

/// Of each column, in user-perceived characters; the last one, where prose and addresses stand, may break.
fn longest_words(columns: &[(&str, Align)], rows: &[Vec<String>]) -> Vec<u16> {
    const OF_LAST: usize = 12;
    let longest = |place: usize, name: &str| {
        let cells = rows.iter().filter_map(|row| row.get(place)).map(|cell| clean(cell));
        let words = cells.map(|cell| cell.split(' ').map(|word| word.graphemes(true).count()).max());
        let longest = words.flatten().chain(name.split(' ').map(str::len)).max().unwrap_or(0);
        let longest = if place + 1 == columns.len() { longest.min(OF_LAST) } else { longest };
        u16::try_from(longest).unwrap_or(u16::MAX - GAP)
    };
    columns.iter().enumerate().map(|(place, (name, _))| longest(place, name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Tongue;

    #[test]
    fn words_stay_whole_where_they_fit() {
        let style = Style { tongue: Tongue::English, colour: false, width: 40 };
        let row = ["2026-01-31 08:00", "a_0123456789ab", "far too much was said of it today"];
        let text = table(
            &[("since", Align::Left), ("alert", Align::Left), ("reason", Align::Left)],
            &[row.map(str::to_owned).to_vec()],
            style,
        );
        for word in row.join(" ").split(' ') {
            assert!(text.split_whitespace().any(|shown| shown == word), "{word}:\n{text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
    }

    #[test]
    fn where_there_is_no_room_for_columns_rows_are_lists() {
        let style = Style { tongue: Tongue::English, colour: false, width: 24 };
        let rows = [vec!["spike".into(), "a-long-brand".into(), "2026-11-28 08:00".into()]];
        let columns = [("rule", Align::Left), ("brand", Align::Left), ("judged from", Align::Left)];
        assert_eq!(
            table(&columns, &rows, style),
            "spike\n  brand: a-long-brand\n  judged from:\n  2026-11-28 08:00"
        );
    }

    #[test]
    fn columns_line_up_and_wrap() {
        let style = Style { tongue: Tongue::English, colour: false, width: 40 };
        let rows = [vec!["acme".into(), "12".into()], vec!["globex\u{1b}[0m".into(), "3".into()]];
        let text = table(&[("brand", Align::Left), ("mentions", Align::Right)], &rows, style);
        assert_eq!(text, "brand      mentions\nacme             12\nglobex[0m         3");
    }
}
