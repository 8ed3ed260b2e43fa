//! What is wrong in a configuration, where, and what to write instead.

use std::ops::Range;

use super::File;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    Error,
    Warning,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// How many characters of that line are meant; 0 if it is about the file as a whole.
    pub length: usize,
    pub severity: Severity,
    pub message: String,
    pub help: Option<String>,
}

/// The problems for people: each starts with `file:line:column:`, then the line with carets and the help.
///
/// ```text
/// feeds.toml:14:9: brand `acme`: `query`: unclosed quote
///   query = 'acme AND "data breach'
///                     ^ write `\"` for a literal quote
/// ```
pub fn show(problems: &[Problem], files: &[File], colour: bool) -> String {
    let paint = |code: &str, text: &str| match colour {
        true => format!("\x1b[{code}m{text}\x1b[0m"),
        false => text.to_string(),
    };
    let mut out = String::new();
    for problem in problems {
        let (code, label) = match problem.severity {
            Severity::Error => ("1;31", ""),
            Severity::Warning => ("1;33", "warning: "),
        };
        let place = printable(&format!("{}:{}:{}:", problem.file, problem.line, problem.column));
        out += &format!("{} {}{}\n", paint("1", &place), paint(code, label), printable(&problem.message));
        let line = files
            .iter()
            .find(|file| file.path == problem.file)
            .and_then(|file| file.text.lines().nth(problem.line - 1));
        let help = problem.help.as_deref().map(printable);
        match line.filter(|line| problem.length > 0 && !line.trim().is_empty()) {
            Some(line) => {
                let (text, before, marked) = around(line, problem.column - 1, problem.length);
                let carets = paint(code, &"^".repeat(marked));
                out += &format!("  {text}\n  {}{carets}", " ".repeat(before));
                out += &help.map(|help| format!(" {help}")).unwrap_or_default();
                out.push('\n');
            }
            None => out += &help.map(|help| format!("  {help}\n")).unwrap_or_default(),
        }
    }
    out
}

/// A stretch of a file, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub file: usize,
    pub span: Range<usize>,
}

/// Collects problems while the files are walked.
pub(super) struct Report<'a> {
    files: &'a [File],
    problems: Vec<(usize, Problem)>,
}

impl<'a> Report<'a> {
    pub fn new(files: &'a [File]) -> Self {
        Self { files, problems: Vec::new() }
    }

    pub fn error(&mut self, place: &Place, message: impl Into<String>, help: impl Into<String>) {
        self.add(Severity::Error, place, message.into(), help.into());
    }

    pub fn warning(&mut self, place: &Place, message: impl Into<String>, help: impl Into<String>) {
        self.add(Severity::Warning, place, message.into(), help.into());
    }

    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|(_, problem)| problem.severity == Severity::Error)
    }

    /// The text of a file; empty if there is none of that number.
    pub fn text(&self, file: usize) -> &'a str {
        self.files.get(file).map_or("", |file| file.text.as_str())
    }

    /// `feeds.toml:12`, for messages that point elsewhere.
    pub fn locate(&self, place: &Place) -> String {
        let path = self.files.get(place.file).map_or("", |file| file.path.as_str());
        format!("{path}:{}", position(self.text(place.file), place.span.start).0)
    }

    /// In the order of the files and their lines; what was told twice is told once.
    pub fn into_problems(mut self) -> Vec<Problem> {
        let place = |(file, problem): &(usize, Problem)| {
            (*file, problem.line, problem.column, problem.message.clone())
        };
        self.problems.sort_by_cached_key(place);
        self.problems.dedup();
        self.problems.into_iter().map(|(_, problem)| problem).collect()
    }

    fn add(&mut self, severity: Severity, place: &Place, message: String, help: String) {
        let Some(file) = self.files.get(place.file) else { return };
        self.problems.push((place.file, problem(file, place, severity, message, help)));
    }
}

/// A problem at a place of `file`; no help if it is empty.
pub(super) fn problem(
    file: &File,
    place: &Place,
    severity: Severity,
    message: String,
    help: String,
) -> Problem {
    let (line, column) = position(&file.text, place.span.start);
    let rest = file.text.lines().nth(line - 1).map_or(0, |text| text.chars().count());
    let rest = rest.saturating_sub(column - 1);
    let start = boundary(&file.text, place.span.start);
    let meant = file.text[start..boundary(&file.text, place.span.end.max(start))].chars().count();
    let length = if place.span == (0..0) { 0 } else { meant.min(rest).max(1) };
    let help = Some(help).filter(|help| !help.is_empty());
    Problem { file: file.path.clone(), line, column, length, severity, message, help }
}

/// Line and column, from 1, of a byte offset.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..boundary(text, offset)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

fn boundary(text: &str, offset: usize) -> usize {
    text.floor_char_boundary(offset.min(text.len()))
}

/// The part of a line worth showing with how many characters stand before the marked ones, and how many of
/// those are shown.
fn around(line: &str, column: usize, length: usize) -> (String, usize, usize) {
    const WIDTH: usize = 100;
    let characters: Vec<char> = without_secrets(&printable(line)).chars().collect();
    let column = column.min(characters.len());
    let indent = characters.iter().take_while(|c| c.is_whitespace()).count().min(column);
    let from = indent.max(column.saturating_sub(WIDTH * 3 / 4));
    let to = characters.len().min(from + WIDTH);
    let mut text: String = characters[from..to].iter().collect();
    let mut before = column - from;
    if from > indent {
        text.insert(0, '…');
        before += 1;
    }
    if to < characters.len() {
        text.push('…');
    }
    (text.trim_end().to_string(), before, length.min(to.saturating_sub(column)).max(1))
}

/// What stands behind a key that names a secret is hidden, character by character: what is shown may end up in a
/// log. `password_env` and `password_file` say only where one is.
fn without_secrets(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(equals) = rest.find('=') {
        let (before, after) = rest.split_at(equals + 1);
        shown.push_str(before);
        let key = before[..equals].trim_end().trim_end_matches(['"', '\'']);
        let key =
            key.rsplit(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).next().unwrap_or(key);
        let key = key.to_lowercase();
        rest = after;
        if ["password", "passwd", "secret", "token"].iter().any(|end| key.ends_with(end)) {
            let value = after.trim_start();
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
            let end = quote.and_then(|quote| value[1..].find(quote)).map_or(value.len(), |at| at + 2);
            let hidden = |c: char| if matches!(c, '"' | '\'') { c } else { '•' };
            shown.push_str(&after[..after.len() - value.len()]);
            shown.extend(value[..end].chars().map(hidden));
            rest = &value[end..];
        }
    }
    shown + rest
}

/// Control and direction-changing characters become a space each, so that a terminal stays as it is and
/// columns keep their place.
fn printable(text: &str) -> String {
    let hostile = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if hostile(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(text: &str, span: Range<usize>, help: &str, expect: Expect) {
        let files = [File { path: "feeds.toml".into(), text: text.into() }];
        let mut report = Report::new(&files);
        report.error(&Place { file: 0, span }, "no good", help);
        expect.assert_eq(&show(&report.into_problems(), &files, false));
    }

    #[test]
    fn a_caret_stands_under_the_characters_meant() {
        check(
            "a = 1\n  été = 'là'\n",
            17..21,
            "write `ici`",
            expect![[r#"
                feeds.toml:2:10: no good
                  été = 'là'
                         ^^^ write `ici`
            "#]],
        );
    }

    #[test]
    fn a_place_past_the_end_shows_and_the_file_as_a_whole_has_no_line() {
        check(
            "a =",
            90..95,
            "",
            expect![[r#"
                feeds.toml:1:4: no good
                  a =
                     ^
            "#]],
        );
        check(
            "a = 1",
            0..0,
            "add a `[[brand]]`",
            expect![[r#"
                feeds.toml:1:1: no good
                  add a `[[brand]]`
            "#]],
        );
    }

    #[test]
    fn a_long_line_is_cut_around_its_place() {
        let line = format!("{}é!{}", "x".repeat(300), "y".repeat(300));
        let (text, before, marked) = around(&line, 300, 2);
        assert_eq!(text.chars().skip(before).take(marked).collect::<String>(), "é!");
        assert!(text.chars().count() < 110);
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        check(
            "a = \"\u{1b}[31m\"",
            4..5,
            "",
            expect![[r#"
                feeds.toml:1:5: no good
                  a = " [31m"
                      ^
            "#]],
        );
    }

    #[test]
    fn a_secret_is_not_shown() {
        for (line, shown) in [
            ("password = 'ab=c' # mine", "password = '••••' # mine"),
            ("{ user = \"me\", smtp_password=\"x\" }", "{ user = \"me\", smtp_password=\"•\" }"),
            ("\"Token\" = a b", "\"Token\" = •••"),
            ("secret = 'open", "secret = '••••"),
            ("password_env = \"MAIL\"", "password_env = \"MAIL\""),
            ("a = 'b = c'", "a = 'b = c'"),
        ] {
            assert_eq!(without_secrets(line), shown);
        }
    }
}
