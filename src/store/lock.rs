//! One writer per data folder: a lock file that dies with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Held while a process may write to a data folder. The operating system lifts it when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of `data_dir`, which is made if it is missing.
    ///
    /// # Errors
    /// If another process holds it, with its pid.
    pub fn take(data_dir: &Path) -> Result<Lock> {
        match Self::try_take(data_dir)? {
            Ok(lock) => Ok(lock),
            Err(pid) => bail!(
                "vigie already runs on {} (pid {pid}); stop it first, or let it do the work",
                data_dir.display()
            ),
        }
    }

    /// Whether another process may be writing to `data_dir`.
    pub fn is_held(data_dir: &Path) -> Result<bool> {
        Ok(Self::try_take(data_dir)?.is_err())
    }

    /// Like [`Lock::take`]; the inner error is the pid of the process that holds it, as it wrote it.
    fn try_take(data_dir: &Path) -> Result<Result<Lock, String>> {
        std::fs::create_dir_all(data_dir)
            .with_context(|| format!("{} could not be made", data_dir.display()))?;
        let path = data_dir.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("{} could not be opened", path.display()))?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                file.rewind()?;
                write!(file, "{}", std::process::id())?;
                Ok(Ok(Lock { _file: file }))
            }
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                file.read_to_string(&mut pid)?;
                Ok(Err(if pid.is_empty() { "unknown".to_owned() } else { pid }))
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} could not be locked", path.display()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_is_first() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        let refusal = Lock::take(folder.path()).unwrap_err().to_string();
        assert!(refusal.contains(&format!("pid {}", std::process::id())), "{refusal}");
        drop(first);
        Lock::take(folder.path()).unwrap();
    }
}
