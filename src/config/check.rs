//! A tree of keys and values → a configuration whose references all hold.

use super::{Checked, File};

/// Reads feeds.toml (the first file) and its includes (the rest); finds every problem before it answers.
pub fn check(files: &[File]) -> Checked {
    let _ = files;
    todo!()
}

/// The patterns of `settings.include`; none if the text cannot be read.
pub fn includes(text: &str) -> Vec<String> {
    let _ = text;
    todo!()
}
