//! The tone model that a configuration asks for.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::config::Config;
use crate::enrich::encoder::Encoder;
use crate::enrich::sentiment::Model;

/// Stands beside a user's model, and cuts texts into the pieces it knows.
pub const TOKENIZER: &str = "tokenizer.json";

/// May stand beside a user's model, and names its classes.
const ABOUT: &str = "config.json";

/// The built-in one, or the user's own, with the words of the user's trade.
///
/// # Errors
/// If a file of the user's own cannot be read, or is not what it should be.
pub fn model(config: &Config) -> Result<Model> {
    let model = Model::new(&config.tone.negative, &config.tone.positive);
    let Some(path) = &config.settings.model else { return Ok(model) };
    let (encoder, name) =
        own(path).with_context(|| format!("the tone model {} cannot be used", path.display()))?;
    Ok(model.with_own(encoder, &name))
}

/// Named by its file and the beginning of the file's hash: another model under the same name is told from it.
fn own(path: &Path) -> Result<(Encoder, String)> {
    let beside = |name| path.with_file_name(name);
    let read = |path: &Path| fs::read(path).with_context(|| format!("{} cannot be read", path.display()));
    let (onnx, tokenizer) = (read(path)?, read(&beside(TOKENIZER))?);
    let about = beside(ABOUT).is_file().then(|| read(&beside(ABOUT))).transpose()?;
    let hash = blake3::hash(&onnx).to_hex();
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let name = format!("{file}@{}", &hash[..6]);
    Ok((Encoder::read(onnx, &tokenizer, about.as_deref())?, name))
}
