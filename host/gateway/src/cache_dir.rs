//! Where commands that start nothing keep compiled plugins: in the cache of a data directory that is there, else in a
//! directory that is gone when they end. They never make a data directory.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::data_dir::DataDir;

/// A directory for compiled plugins.
#[derive(Debug)]
pub(crate) enum CacheDir {
    /// Of a data directory.
    Kept(PathBuf),
    /// Ours alone, gone with this value.
    Temporary(TempDir),
}

impl CacheDir {
    /// The cache of this data directory. Someone else's may not be ours to write: then a temporary one will do.
    pub(crate) fn of(data: &Path) -> anyhow::Result<Self> {
        if data.is_dir()
            && let Ok(cache) = DataDir::cache_of(data)
        {
            return Ok(Self::Kept(cache));
        }
        Self::temporary()
    }

    /// It holds machine code that will be run: nobody else can read or write there.
    pub(crate) fn temporary() -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("wagate-")
            .tempdir()
            .context("cannot create a temporary directory for compiled plugins")?;
        Ok(Self::Temporary(dir))
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(dir) => dir.path(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CacheDir;

    #[test]
    fn a_data_directory_is_used_and_never_made() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let temporary = CacheDir::of(&data).unwrap();
        assert!(temporary.path().is_dir() && !temporary.path().starts_with(folder.path()));
        assert!(!data.exists());

        std::fs::create_dir(&data).unwrap();
        assert_eq!(CacheDir::of(&data).unwrap().path(), data.join("cache"));

        let gone = temporary.path().to_path_buf();
        drop(temporary);
        assert!(!gone.exists());
    }
}
