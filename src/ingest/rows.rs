//! Rows of cells (RFC 4180): lines, or several where a quoted cell holds line ends.
//!
//! Read here rather than by a library, because a quote nobody closes has to be noticed: it would swallow all the
//! rows behind it, or fill the memory.

use std::io::{self, BufRead, Read};

use anyhow::{Result, bail};

/// In bytes. A longer row was not made by a person; more likely a quote is missing.
const LONGEST_ROW: usize = 1 << 20;

pub struct Rows<R> {
    input: R,
    delimiter: u8,
    /// The one that comes next, from 1.
    line: u64,
}

/// A row that holds anything.
#[derive(Debug)]
pub struct Row {
    /// The line it begins in.
    pub line: u64,
    pub last_line: u64,
    pub cells: Vec<Vec<u8>>,
    /// There is text behind the quote that closes a cell: a quote before is missing, or was meant as text.
    pub is_doubtful: bool,
}

impl<R: BufRead> Rows<R> {
    pub fn new(input: R, delimiter: u8) -> Self {
        Rows { input, delimiter, line: 1 }
    }

    /// The next row; blank lines are none.
    ///
    /// # Errors
    /// If the input cannot be read, or a quote is not closed: what a row is cannot be told from there on.
    pub fn next_row(&mut self) -> Result<Option<Row>> {
        loop {
            match self.next_lines()? {
                Some(row) if matches!(&row.cells[..], [cell] if cell.is_empty()) => {}
                row => return Ok(row),
            }
        }
    }

    fn next_lines(&mut self) -> Result<Option<Row>> {
        let first = self.line;
        let mut row = Row { line: first, last_line: first, cells: vec![Vec::new()], is_doubtful: false };
        let mut place = Place::Start;
        let (mut line, mut length) = (Vec::new(), 0);
        loop {
            line.clear();
            self.read_line(&mut line, LONGEST_ROW - length)?;
            length += line.len();
            match line.is_empty() {
                true if length == 0 => return Ok(None),
                true => {
                    bail!("line {first}: a quote is opened and never closed; nothing from there on was read")
                }
                false if length == LONGEST_ROW => bail!(
                    "line {first}: a row of more than {} KiB, or a quote that is not closed; nothing from there on was read",
                    LONGEST_ROW >> 10
                ),
                false => self.line += 1,
            }
            place = self.split(&line, place, &mut row);
            if place != Place::Quoted {
                return Ok(Some(Row { last_line: self.line - 1, ..row }));
            }
        }
    }

    fn split(&self, line: &[u8], mut place: Place, row: &mut Row) -> Place {
        for &byte in line {
            place = match (place, byte) {
                (Place::Start, b'"') => Place::Quoted,
                (Place::Quoted, b'"') => Place::BehindQuote,
                (Place::Quoted, _) | (Place::BehindQuote, b'"') => row.push(byte, Place::Quoted),
                (_, b'\r' | b'\n') => place,
                (_, byte) if byte == self.delimiter => {
                    row.cells.push(Vec::new());
                    Place::Start
                }
                (Place::BehindQuote, _) => {
                    row.is_doubtful = true;
                    row.push(byte, Place::Plain)
                }
                (Place::Start | Place::Plain, _) => row.push(byte, Place::Plain),
            };
        }
        place
    }

    /// Reads up to and with `\n`, `\r\n` or `\r`, at most `limit` bytes.
    fn read_line(&mut self, line: &mut Vec<u8>, limit: usize) -> io::Result<()> {
        let mut input = self.input.by_ref().take(limit as u64);
        loop {
            let bytes = input.fill_buf()?;
            let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let length = end.map_or(bytes.len(), |end| end + 1);
            line.extend_from_slice(&bytes[..length]);
            input.consume(length);
            if end.is_some() || length == 0 {
                break;
            }
        }
        if line.ends_with(b"\r") && input.fill_buf()?.first() == Some(&b'\n') {
            line.push(b'\n');
            input.consume(1);
        }
        Ok(())
    }
}

impl Row {
    /// Takes a byte into the last cell; answers `then`.
    fn push(&mut self, byte: u8, then: Place) -> Place {
        self.cells.last_mut().into_iter().for_each(|cell| cell.push(byte));
        then
    }
}

/// Where in a row one is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the beginning of a cell.
    Start,
    Plain,
    Quoted,
    /// Behind a quote in a quoted cell: it ends there, or the quote is doubled.
    BehindQuote,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(table: &[u8]) -> (Vec<(u64, Vec<String>)>, Option<String>) {
        let mut rows = Rows::new(table, b',');
        let mut seen = Vec::new();
        loop {
            match rows.next_row() {
                Ok(Some(row)) => {
                    let cells = row.cells.iter().map(|cell| String::from_utf8_lossy(cell).into_owned());
                    seen.push((row.line, cells.collect()));
                }
                Ok(None) => return (seen, None),
                Err(error) => return (seen, Some(error.to_string())),
            }
        }
    }

    #[test]
    fn line_ends_and_quotes() {
        for end in ["\n", "\r\n", "\r"] {
            let table = ["a,\"b,1", "2\"", "", "\"c \"\"d\"\"\",e\"f\"", "\"g\"h,"].join(end);
            let (rows, error) = all(table.as_bytes());
            let cells: Vec<(u64, Vec<&str>)> = rows
                .iter()
                .map(|(line, cells)| (*line, cells.iter().map(String::as_str).collect()))
                .collect();
            let first = format!("b,1{end}2");
            let expected = [(1, vec!["a", &first]), (4, vec!["c \"d\"", "e\"f\""]), (5, vec!["gh", ""])];
            assert_eq!(cells, expected, "{end:?}");
            assert_eq!(error, None);
        }
    }

    #[test]
    fn a_quote_that_is_not_closed_is_told() {
        let (rows, error) = all(b"a,b\nc,\"d\ne,f\n");
        assert_eq!(rows.len(), 1);
        assert_eq!(
            error.unwrap(),
            "line 2: a quote is opened and never closed; nothing from there on was read"
        );
        let long = [&b"a,b\nc,\""[..], &b"x,y\n".repeat(LONGEST_ROW / 2)].concat();
        let (rows, error) = all(&long);
        assert_eq!(rows.len(), 1);
        assert!(error.unwrap().starts_with("line 2: a row of more than 1024 KiB"));
    }

    proptest! {
        #[test]
        fn what_the_csv_crate_writes_is_read(
            rows in prop::collection::vec(prop::collection::vec("[a-z,;\"\r\n é]{0,8}", 2..4), 0..6)
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let (read, error) = all(&writer.into_inner().unwrap());
            prop_assert_eq!(error, None);
            let read: Vec<Vec<String>> = read.into_iter().map(|(_, cells)| cells).collect();
            prop_assert_eq!(read, rows);
        }
    }
}
