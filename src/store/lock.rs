//! One writer per data folder: a lock file that dies with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long one waits for a command that only writes for a moment, such as a search that catches up.
const PATIENCE: Duration = Duration::from_secs(3);

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);

/// Held while a process may write to a data folder. The operating system lifts it when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of `data_dir`, which is made if it is missing. Waits a few seconds for another process to
    /// be done.
    ///
    /// # Errors
    /// If another process holds it for longer, with its pid.
    pub fn take(data_dir: &Path) -> Result<Lock> {
        let start = Instant::now();
        loop {
            match Self::try_take(data_dir)? {
                Ok(lock) => return Ok(lock),
                Err(_) if start.elapsed() < PATIENCE => sleep(PAUSE),
                Err(pid) => bail!(
                    "vigie already runs on {} (pid {pid}); stop it first, or let it do the work",
                    data_dir.display()
                ),
            }
        }
    }

    /// Takes the lock if nobody holds it.
    pub fn take_if_free(data_dir: &Path) -> Result<Option<Lock>> {
        Ok(Self::try_take(data_dir)?.ok())
    }

    /// Whether another process may be writing to `data_dir`. Writes nothing.
    pub fn is_held(data_dir: &Path) -> Result<bool> {
        let path = lock_path(data_dir);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => {
                return Err(error).with_context(|| format!("{} could not be opened", path.display()));
            }
        };
        // A shared lock tells it too, and two who ask at once do not take each other for a writer.
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} could not be locked", path.display()))
            }
        }
    }

    /// Whether another process writes to `data_dir` and goes on for longer than a command that only writes for a
    /// moment.
    pub fn is_held_for_long(data_dir: &Path) -> Result<bool> {
        let start = Instant::now();
        while Self::is_held(data_dir)? {
            if start.elapsed() >= PATIENCE {
                return Ok(true);
            }
            sleep(PAUSE);
        }
        Ok(false)
    }

    /// One try; the inner error is the pid of the process that holds the lock, as it wrote it.
    fn try_take(data_dir: &Path) -> Result<Result<Lock, String>> {
        std::fs::create_dir_all(data_dir)
            .with_context(|| format!("{} could not be made", data_dir.display()))?;
        let path = lock_path(data_dir);
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

fn lock_path(data_dir: &Path) -> PathBuf {
    data_dir.join("lock")
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

    #[test]
    fn one_who_is_soon_done_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        let soon = std::thread::spawn(move || {
            sleep(Duration::from_millis(300));
            drop(first);
        });
        Lock::take(folder.path()).unwrap();
        soon.join().unwrap();
    }

    #[test]
    fn asking_who_holds_it_takes_and_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!Lock::is_held(&folder.path().join("missing")).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        std::fs::write(lock_path(folder.path()), "4711").unwrap();
        assert!(!Lock::is_held(folder.path()).unwrap());
        assert_eq!(std::fs::read_to_string(lock_path(folder.path())).unwrap(), "4711");
        let held = Lock::take_if_free(folder.path()).unwrap();
        assert!(held.is_some() && Lock::is_held(folder.path()).unwrap());
        assert!(Lock::take_if_free(folder.path()).unwrap().is_none());
    }
}
