//! Where the repository's files are.

use std::path::{Path, PathBuf};

/// The repository.
///
/// # Panics
///
/// When it is not there.
pub fn root() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    folder
        .canonicalize()
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

/// The text of a file.
///
/// # Panics
///
/// When it cannot be read.
pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder, build output left out; none of a folder that is not there.
///
/// # Panics
///
/// When one cannot be read.
pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| {
                !["target", "node_modules", "dist"]
                    .iter()
                    .any(|built| name == *built)
            }) {
                files.extend(sources(&path));
            }
        } else {
            files.push(path);
        }
    }
    files
}
