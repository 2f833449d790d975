//! The data directory: created for us alone, and used by one process at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

const CACHE: &str = "cache";
/// How long the one before may take to go.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(20);

/// A data directory that is ours until this value is dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    // Held, not read: the lock lives as long as the open file. A crash releases it, so no stale lock can remain.
    _lock: File,
}

impl DataDir {
    /// Creates the directory when needed and locks it.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        create(path).with_context(|| format!("cannot create the data directory {}", path.display()))?;
        let lock_path = path.join("wagate.lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .with_context(|| format!("cannot open {}", lock_path.display()))?;
        match lock_within(&lock, PATIENCE) {
            Ok(()) => Ok(Self {
                path: path.to_path_buf(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => bail!(
                "the data directory {} is in use by another wagate: stop it, or choose another directory with --data",
                path.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", lock_path.display()))
            }
        }
    }

    /// The database file, readable for us alone, whatever the directory allows: it holds the keys of accounts. SQLite
    /// gives its other files the same permissions.
    pub(crate) fn database(&self) -> anyhow::Result<PathBuf> {
        let path = self.path.join("wagate.db");
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .with_context(|| format!("cannot make {} private", path.display()))?;
        Ok(path)
    }

    /// The database in a data directory that somebody else may be using; an error when there is none.
    pub(crate) fn database_in(path: &Path) -> anyhow::Result<PathBuf> {
        let file = path.join("wagate.db");
        if !file.is_file() {
            bail!(
                "there is no database in {}: start a gateway there once, or name another directory with --data",
                path.display()
            );
        }
        Ok(file)
    }

    /// Compiled plugins.
    pub(crate) fn cache(&self) -> PathBuf {
        self.path.join(CACHE)
    }

    /// The files of messages.
    pub(crate) fn media(&self) -> PathBuf {
        self.path.join("media")
    }

    /// The files of plugins.
    pub(crate) fn handles(&self) -> PathBuf {
        self.path.join("media-handles")
    }

    /// The same place without the lock, for whoever only reads files. It holds machine code that will be run, so it is
    /// created as private as the rest.
    pub(crate) fn cache_of(path: &Path) -> std::io::Result<PathBuf> {
        let cache = path.join(CACHE);
        create(&cache)?;
        Ok(cache)
    }
}

/// Account keys live here: nobody else gets to read them.
fn create(path: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// One that was killed a moment ago may not be gone yet.
fn lock_within(file: &File, patience: Duration) -> Result<(), TryLockError> {
    let until = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(PAUSE),
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DataDir;

    #[test]
    fn a_second_owner_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let first = DataDir::open(&path).unwrap();
        let refusal = DataDir::open(&path).unwrap_err();
        assert!(
            refusal.to_string().contains("in use by another wagate"),
            "{refusal}"
        );
        drop(first);
        assert!(DataDir::open(&path).is_ok());
    }
}
