//! Files in `config/plugins` that seem to be meant for a plugin, but have a name no plugin can have. They are ignored,
//! and somebody has to say so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use wagate_protocol::manifest::is_plugin_id;
use wagate_protocol::text::one_line;

use crate::error::FileError;

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
    let dir = config_dir.join("plugins");
    let Ok(entries) = std::fs::read_dir(&dir) else {
        return Vec::new();
    };
    let paths: BTreeSet<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    let wanted: BTreeSet<PathBuf> = paths.iter().filter_map(|path| wanted(&dir, path)).collect();
    let others = paths.difference(&wanted);
    others.filter_map(|path| warning(path)).collect()
}

/// The component that an administrator's file names by `path`.
fn wanted(dir: &Path, toml: &Path) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Outline {
        path: Option<PathBuf>,
    }

    if !has_ending(toml, "toml") {
        return None;
    }
    let text = std::fs::read_to_string(toml).ok()?;
    let outline: Outline = toml::from_str(&text).ok()?;
    Some(dir.join(outline.path?))
}

/// Hidden files and other endings are editors' and deployment tools' business.
fn warning(path: &Path) -> Option<FileError> {
    let name = path.file_name()?.to_string_lossy();
    let (ending, what) = if has_ending(path, "toml") {
        (".toml", "a plugin's file")
    } else if has_ending(path, "wasm") {
        (".wasm", "a component without a \"path\" that names it")
    } else {
        return None;
    };
    let is_fine = name.strip_suffix(ending).is_some_and(is_plugin_id);
    let rule = format!(
        "ignored: the name of {what} is the plugin's id and \"{ending}\", and an id is [a-z][a-z0-9-]* with at most 40 \
         characters"
    );
    let file = one_line(&path.display().to_string());
    (!is_fine && !name.starts_with('.')).then(|| FileError::new(&file, rule))
}

fn has_ending(path: &Path, wanted: &str) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
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
            "plugin_good.wasm",
            "wanted_file.wasm",
            "evil\u{202e}lmot.toml",
            "README.md",
        ] {
            std::fs::write(plugins.join(name), "").unwrap();
        }
        std::fs::write(plugins.join("named.toml"), "path = \"wanted_file.wasm\"\n").unwrap();
        let found = misnamed(dir.path());
        let files: Vec<&str> = found.iter().filter_map(|error| error.file.as_deref()).collect();
        let ends = ["My_Plugin.toml", "evil lmot.toml", "foo.TOML", "plugin_good.wasm"];
        assert_eq!(files.len(), ends.len(), "{files:?}");
        for (file, end) in files.iter().zip(ends) {
            assert!(file.ends_with(end), "{files:?}");
        }
    }
}
