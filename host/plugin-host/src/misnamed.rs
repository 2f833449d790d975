//! Files in `config/plugins` that seem to be meant for a plugin, but have a name no plugin can have. They are ignored,
//! and somebody has to say so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use wagate_protocol::manifest::is_plugin_id;

use crate::error::FileError;

const RULE: &str = "ignored: a plugin's file is its id and \".toml\", and an id is [a-z][a-z0-9-]* with at most 40 \
                    characters";

/// What the log was told already.
#[derive(Default)]
pub(crate) struct Misnamed {
    told: BTreeSet<PathBuf>,
}

impl Misnamed {
    /// Warns of such a file, once.
    pub(crate) fn tell(&mut self, path: &Path) {
        if let Some(warning) = warning(path).filter(|_| self.told.insert(path.to_owned())) {
            tracing::warn!("{warning}");
        }
    }
}

/// All of them, in order.
pub fn misnamed(config_dir: &Path) -> Vec<FileError> {
    let Ok(entries) = std::fs::read_dir(config_dir.join("plugins")) else {
        return Vec::new();
    };
    let paths: BTreeSet<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.iter().filter_map(|path| warning(path)).collect()
}

/// Hidden files and other endings are editors' and deployment tools' business.
fn warning(path: &Path) -> Option<FileError> {
    let name = path.file_name()?.to_string_lossy();
    let is_toml = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    let is_fine = name.strip_suffix(".toml").is_some_and(is_plugin_id);
    (is_toml && !is_fine && !name.starts_with('.')).then(|| FileError::new(&path.display().to_string(), RULE))
}

#[cfg(test)]
mod tests {
    use super::misnamed;

    #[test]
    fn only_what_looks_like_a_plugins_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        assert!(misnamed(dir.path()).is_empty());
        let plugins = dir.path().join("plugins");
        std::fs::create_dir(&plugins).unwrap();
        for name in [
            "My_Plugin.toml",
            "foo.TOML",
            "good.toml",
            "good-2.toml",
            ".good.toml",
            "good.toml~",
            "good.toml.bak",
            "good.wasm",
            "README.md",
        ] {
            std::fs::write(plugins.join(name), "").unwrap();
        }
        let found = misnamed(dir.path());
        let files: Vec<&str> = found.iter().filter_map(|error| error.file.as_deref()).collect();
        assert_eq!(files.len(), 2, "{files:?}");
        assert!(files[0].ends_with("My_Plugin.toml") && files[1].ends_with("foo.TOML"));
    }
}
