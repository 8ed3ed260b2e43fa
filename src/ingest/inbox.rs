//! Entries parked for the vigie that writes to the data folder.
//!
//! A file of JSON lines is moved into `inbox/` whole; the writer takes it in, leaves beside it what it brought,
//! and removes it. Cut short in between it is taken in again, which changes nothing: a stored entry is known.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

use super::{Engines, Imported, Line, import_lines, read_line};
use crate::model::Timestamp;
use crate::prepare::Listening;

const FOLDER: &str = "inbox";
const WAITING: &str = "jsonl";
const DONE: &str = "done";

/// What nobody came back for is removed after so long.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 3600);

/// Parks `lines`; answers where. `number` tells the files of one process apart, in their order.
///
/// # Errors
/// If the file cannot be written.
pub fn park(data_dir: &Path, lines: &[Line], number: usize) -> Result<PathBuf> {
    let folder = data_dir.join(FOLDER);
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let name = format!("{:015}-{}-{number:05}", since_epoch.as_millis(), std::process::id());
    let path = folder.join(name).with_extension(WAITING);
    let write = || -> Result<()> {
        fs::create_dir_all(&folder)?;
        let aside = path.with_extension("part");
        let mut file = BufWriter::new(File::create(&aside)?);
        for line in lines {
            serde_json::to_writer(&mut file, &line.to_json())?;
            file.write_all(b"\n")?;
        }
        file.into_inner()?.sync_all()?;
        Ok(fs::rename(&aside, &path)?)
    };
    write().with_context(|| format!("cannot write to {}", folder.display()))?;
    Ok(path)
}

/// What a parked file brought, once it is taken in; it is told once.
///
/// # Errors
/// If what was left beside it cannot be read.
pub fn collect(parked: &Path) -> Result<Option<Imported>> {
    let done = parked.with_extension(DONE);
    match fs::read(&done) {
        Ok(bytes) => {
            let imported = serde_json::from_slice(&bytes)?;
            fs::remove_file(&done)?;
            Ok(Some(imported))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", done.display())),
    }
}

/// The parked files, oldest first.
pub fn waiting(data_dir: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(data_dir.join(FOLDER)).into_iter().flatten().flatten().map(|file| file.path());
    let mut waiting: Vec<PathBuf> = files.filter(|path| has_extension(path, WAITING)).collect();
    waiting.sort();
    waiting
}

/// Takes one parked file in. What is no line of ours is passed over, loudly.
///
/// # Errors
/// If the store fails or the folder cannot be written to.
pub fn take_in(
    engines: &mut Engines,
    parked: &Path,
    tags: &BTreeMap<String, Vec<String>>,
    listening: &Listening,
    now: Timestamp,
) -> Result<Imported> {
    let bytes = fs::read(parked).with_context(|| format!("cannot read {}", parked.display()))?;
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(bytes.split(|&b| b == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match read_line(line, "import") {
            Ok(line) => lines.push(line),
            Err(problem) => tracing::warn!("{}:{number}: {problem}", parked.display()),
        }
    }
    let imported = import_lines(engines, lines, tags, listening, now)?;
    let (done, aside) = (parked.with_extension(DONE), parked.with_extension("part"));
    fs::write(&aside, serde_json::to_vec(&imported)?)
        .and_then(|()| fs::rename(&aside, &done))
        .and_then(|()| fs::remove_file(parked))
        .with_context(|| format!("cannot write to {}", parked.display()))?;
    Ok(imported)
}

/// Removes what was left for commands that did not wait for it.
pub fn sweep(data_dir: &Path) {
    for file in fs::read_dir(data_dir.join(FOLDER)).into_iter().flatten().flatten() {
        let age = file.metadata().and_then(|facts| facts.modified()).ok().and_then(|at| at.elapsed().ok());
        if !has_extension(&file.path(), WAITING) && age.is_some_and(|age| age > LEFT_BEHIND) {
            // Whatever stands in its way will be there the next time.
            let _ = fs::remove_file(file.path());
        }
    }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}
