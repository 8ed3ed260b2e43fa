//! What is wrong in a configuration, where, and what to write instead.

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
    /// How many characters of that line are meant; at least 1.
    pub length: usize,
    pub severity: Severity,
    pub message: String,
    pub help: Option<String>,
}

/// The problems for people: each starts with `file:line:column:`, then the line with a caret and the help.
pub fn show(problems: &[Problem], files: &[File], colour: bool) -> String {
    let _ = (problems, files, colour);
    todo!()
}
