//! feeds.toml on the disk: where it is, what it includes, and whether it has changed since.

use std::path::{Path, PathBuf};

use crate::config::{Checked, File};

/// feeds.toml and its includes as they were read.
#[derive(Debug)]
pub struct Configuration {
    /// feeds.toml itself, absolute.
    pub path: PathBuf,
    pub files: Vec<File>,
    pub checked: Checked,
    /// Absolute.
    pub data_dir: PathBuf,
}

/// Finds and reads the configuration: `given`, else ./feeds.toml, else that of the nearest parent, else
/// `$XDG_CONFIG_HOME/vigie/feeds.toml`. Errors are those of the disk; what is wrong in the text is in
/// `checked`.
pub fn read(given: Option<&Path>) -> anyhow::Result<Configuration> {
    let _ = given;
    todo!()
}

impl Configuration {
    /// Whether a file was edited, added or removed since it was read, told by modification times and sizes.
    pub fn changed(&self) -> bool {
        todo!()
    }
}
