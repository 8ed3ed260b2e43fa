//! Entries from a table (CSV): the first row names the columns, by the keys of the JSON lines.

use std::io::{BufRead, BufReader, Cursor, Read};

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use super::import::{Line, read_object};
use super::rows::{Row, Rows};
use crate::sources::decoded;
use crate::text::cells::unguarded;

/// Hands out the rows with the lines they begin in, from 2; what is wrong with a row is told in words.
///
/// # Errors
/// If the table cannot be read, has no columns for a text, or `take` fails.
pub fn each_row(
    input: impl Read,
    source: &str,
    mut take: impl FnMut(u64, Result<Line, String>) -> Result<()>,
) -> Result<()> {
    let mut input = BufReader::with_capacity(HEAD, input);
    let head = input.fill_buf()?;
    let is_utf_16 = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    let bom = "\u{feff}".as_bytes();
    if head.starts_with(bom) {
        input.consume(bom.len());
    }
    if is_utf_16 {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes)?;
        return read_rows(Cursor::new(decoded(&bytes).into_owned().into_bytes()), source, &mut take);
    }
    read_rows(input, source, &mut take)
}

/// Enough to see what parts the columns.
const HEAD: usize = 1 << 16;

fn read_rows(
    mut input: impl BufRead,
    source: &str,
    take: &mut dyn FnMut(u64, Result<Line, String>) -> Result<()>,
) -> Result<()> {
    let first_line = input.fill_buf()?.split(|&b| b == b'\n').next().unwrap_or_default();
    let delimiter = delimiter(first_line);
    let mut rows = Rows::new(input, delimiter);
    let names = rows.next_row()?.map_or_else(Vec::new, |row| row.cells);
    let columns: Vec<String> = names.iter().map(|name| decoded(name).trim().to_lowercase()).collect();
    if !columns.iter().any(|name| matches!(name.as_str(), "text" | "content" | "title")) {
        bail!("no column is called `text` or `title`; the first line must name the columns");
    }
    while let Some(row) = rows.next_row()? {
        let read = match wrong(&row, columns.len()) {
            None => read_object(object(&columns, &row.cells), source),
            Some(why) => Err(why),
        };
        take(row.line, read)?;
    }
    Ok(())
}

fn wrong(row: &Row, columns: usize) -> Option<String> {
    let is_long = row.last_line > row.line;
    // Several rows in one cell would be an entry that nobody wrote.
    if is_long && row.is_doubtful {
        let last = row.last_line;
        return Some(format!("a quote is closed in the middle of line {last}; it swallows the rows between"));
    }
    if row.cells.len() == columns {
        return None;
    }
    let up_to = if is_long { format!(" up to line {}", row.last_line) } else { String::new() };
    let s = if row.cells.len() == 1 { "" } else { "s" };
    Some(format!("{} cell{s}{up_to} where the first line names {columns} columns", row.cells.len()))
}

/// What parts the columns: the one of `,`, `;` and tab that the first line has most of.
fn delimiter(first_line: &[u8]) -> u8 {
    let count = |sign: &u8| first_line.iter().filter(|b| *b == sign).count();
    // Of equals the last one is taken.
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

fn object(columns: &[String], cells: &[Vec<u8>]) -> Map<String, Value> {
    let cells = columns.iter().zip(cells).filter_map(|(name, cell)| {
        let cell = decoded(cell);
        let cell = unguarded(cell.trim());
        if cell.is_empty() || name.is_empty() {
            return None;
        }
        let value = match name.as_str() {
            // Numbers of readers' reactions, as `export` writes them.
            "engagement" | "extra" => serde_json::from_str(cell).unwrap_or_else(|_| Value::from(cell)),
            _ => Value::from(cell),
        };
        Some((name.clone(), value))
    });
    cells.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(table: &[u8], expected: &[&str]) {
        let mut seen = Vec::new();
        let read = each_row(table, "import", |line, row| {
            seen.push(match row {
                Ok(row) => {
                    let entry = row.entry;
                    let (title, text) = (entry.title_text(), entry.text());
                    format!(
                        "{line}: {title}|{text}|{:?}|{}",
                        entry.tags,
                        entry.extra.clone().unwrap_or_default()
                    )
                }
                Err(problem) => format!("{line}: {problem}"),
            });
            Ok(())
        });
        if let Err(error) = read {
            seen.push(error.to_string());
        }
        assert_eq!(seen, expected);
    }

    #[test]
    fn tables_as_programs_write_them() {
        check(
            b"title,text,tags,region\r\nAcme,\"Two\nlines, \"\"quoted\"\"\",press;fr,Lyon\r\nx\r\n,,,\r\nLast,,a,\r\n",
            &[
                "2: Acme|Two\nlines, \"quoted\"|[\"press\", \"fr\"]|{\"region\":\"Lyon\"}",
                "4: 1 cell where the first line names 4 columns",
                "5: neither `text` nor `title` is given",
                "6: Last||[\"a\"]|",
            ],
        );
        check("\u{feff}Title;Text\nÉté;à l’heure\n".as_bytes(), &["2: Été|à l’heure|[]|"]);
        check(b"title\ttext\ncaf\xe9\tl\x92heure\n", &["2: café|l’heure|[]|"]);
        let utf_16: Vec<u8> =
            "\u{feff}title\ttext\nÉté\tx\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(&utf_16, &["2: Été|x|[]|"]);
    }

    #[test]
    fn a_stray_quote_is_told_with_what_it_swallowed() {
        check(
            b"title,text\n\"Acme,x\nb,y\n\"c\",z\nx,\"y\nz\",1\n\"Acme\" says,z\n",
            &[
                "2: a quote is closed in the middle of line 4; it swallows the rows between",
                "5: 3 cells up to line 6 where the first line names 2 columns",
                "7: Acme says|z|[]|",
            ],
        );
    }

    #[test]
    fn a_table_without_names_is_refused() {
        let refused = "no column is called `text` or `title`; the first line must name the columns";
        check(b"a,b\n1,2\n", &[refused]);
        check(b"", &[refused]);
    }
}
