//! Tables that fit the terminal.

use comfy_table::presets;
use comfy_table::{CellAlignment, ContentArrangement, Table};

use super::Style;
use super::terminal::clean;

/// How a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A table without lines, wrapped to the style's width. Cells are cleaned.
pub fn table(columns: &[(&str, Align)], rows: &[Vec<String>], style: Style) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(style.width).unwrap_or(u16::MAX));
    table.set_header(columns.iter().map(|(name, _)| *name));
    for row in rows {
        table.add_row(row.iter().map(|cell| clean(cell).into_owned()));
    }
    for (column, (_, align)) in table.column_iter_mut().zip(columns) {
        column.set_padding((0, 2));
        column.set_cell_alignment(match align {
            Align::Left => CellAlignment::Left,
            Align::Right => CellAlignment::Right,
        });
    }
    let text = table.to_string();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_wrap() {
        let style = Style { colour: false, width: 40 };
        let rows = [vec!["acme".into(), "12".into()], vec!["globex\u{1b}[0m".into(), "3".into()]];
        let text = table(&[("brand", Align::Left), ("mentions", Align::Right)], &rows, style);
        assert_eq!(text, "brand     mentions\nacme            12\nglobex[0m        3");
    }
}
