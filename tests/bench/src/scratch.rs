//! Directories for databases, on the disk the repository is on: the system's temporary directory may be memory, where a
//! sync costs nothing.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::TempDir;

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A directory that goes away with its handle.
pub(crate) fn directory() -> anyhow::Result<TempDir> {
    let parent = root().join("target/bench-data");
    std::fs::create_dir_all(&parent).with_context(|| format!("cannot make {}", parent.display()))?;
    tempfile::tempdir_in(&parent).context("cannot make a directory")
}
