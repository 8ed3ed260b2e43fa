//! The feeds.toml a newcomer starts from.

use super::Tongue;

/// Why no file can be written for a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("a brand's name must not be empty")]
    Empty,
    #[error("`{0}` has no letter or digit to listen for")]
    NoWord(String),
    #[error("`{0}` is given twice")]
    Twice(String),
}

/// A commented feeds.toml for these names, with live sources that need no key; [`super::check`] accepts it.
pub fn starter(brand: &str, competitors: &[String], language: Tongue) -> Result<String, NameError> {
    let _ = (brand, competitors, language);
    todo!()
}
