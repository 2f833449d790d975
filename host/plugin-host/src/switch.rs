//! Switching a plugin on and off for an administrator: one word in `config/plugins/<name>.toml`, replaced in one step.
//! What the file then means is read by `files`, as after any other edit.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use crate::error::FileError;
use crate::operator::OperatorFile;
use crate::toml_words::place;

/// What Kubernetes puts into a directory it fills from a `ConfigMap` or a Secret.
const KUBERNETES_MARK: &str = "..data";

/// Why a plugin was not switched. Its file is as it was.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SwitchError {
    /// No plugin has this name.
    #[error("there is no such plugin")]
    Unknown,
    /// The file on disk is already wrong.
    #[error(transparent)]
    Invalid(FileError),
    /// The file comes from somewhere else: a change here would be undone.
    #[error(transparent)]
    Managed(FileError),
    /// The gateway may not write there.
    #[error(transparent)]
    ReadOnly(FileError),
    /// Somebody changed the file at the same moment.
    #[error(transparent)]
    Changed(FileError),
    /// Writing failed.
    #[error(transparent)]
    Failed(FileError),
}

impl SwitchError {
    /// In one word, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "plugin_not_found",
            Self::Invalid(_) => "plugin_file_invalid",
            Self::Managed(_) => "plugin_file_managed",
            Self::ReadOnly(_) => "plugin_file_read_only",
            Self::Changed(_) => "plugin_file_changed",
            Self::Failed(_) => "plugin_file_failed",
        }
    }

    fn from_io(file: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly(FileError::new(
                    file,
                    format!(
                        "cannot be changed, the directory is read-only for the gateway ({error}): edit the file \
                     yourself, or let the gateway write there"
                    ),
                ))
            }
            // What is mounted as a single file cannot be replaced.
            io::ErrorKind::ResourceBusy => Self::Managed(FileError::new(
                file,
                format!("is a mount of its own ({error}): edit the file it comes from"),
            )),
            _ => Self::Failed(FileError::new(file, format!("cannot be changed: {error}"))),
        }
    }
}

/// The text with `enabled` set, everything else byte for byte as it was. Fails on a text that would not work anyway.
pub(crate) fn with_enabled(file: &str, text: &str, enabled: bool) -> Result<String, FileError> {
    #[derive(Deserialize)]
    struct Head {
        enabled: Option<Spanned<toml::Value>>,
    }

    if text.trim().is_empty() {
        return Err(FileError::new(file, "the file is empty"));
    }
    let head: Head = toml::from_str(text)
        .map_err(|error| error_at(file, text, error.span().map(|span| span.start), error.message()))?;
    let Some(value) = head.enabled else {
        // The first line is before the first table.
        let start = if text.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let text = spliced(text, start, start, &format!("enabled = {enabled}{end}"));
        OperatorFile::parse(file, &text).map_err(|error| FileError {
            // The line just added is not on disk.
            line: error.line.map(|line| line.saturating_sub(1)),
            ..error
        })?;
        return Ok(text);
    };
    let span = value.span();
    if value.get_ref().is_table() {
        return Err(error_at(
            file,
            text,
            Some(span.start),
            "enabled must be true or false",
        ));
    }
    let text = spliced(text, span.start, span.end, if enabled { "true" } else { "false" });
    OperatorFile::parse(file, &text)?;
    Ok(text)
}

fn error_at(file: &str, text: &str, position: Option<usize>, message: &str) -> FileError {
    let place = position.map(|position| place(text, position));
    FileError {
        line: place.map(|(line, _)| line),
        column: place.map(|(_, column)| column),
        ..FileError::new(file, message)
    }
}

fn spliced(text: &str, start: usize, end: usize, middle: &str) -> String {
    let before = text.get(..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    format!("{before}{middle}{after}")
}

/// Sets `enabled` in the file at `path`.
pub(crate) async fn switch(
    path: PathBuf,
    default_toml: Option<&'static str>,
    enabled: bool,
) -> Result<(), SwitchError> {
    let change = move |file: &str, text: &str| with_enabled(file, text, enabled);
    rewrite(path, default_toml, change, format!("set enabled = {enabled}")).await
}

/// Changes the text of the file at `path`; a bundled plugin's `default_toml` becomes the file if there is none. `instead`
/// is what to do where the file cannot be changed from here. Callers take turns.
pub(crate) async fn rewrite(
    path: PathBuf,
    default_toml: Option<&'static str>,
    change: impl FnOnce(&str, &str) -> Result<String, FileError> + Send + 'static,
    instead: String,
) -> Result<(), SwitchError> {
    let file = path.display().to_string();
    tokio::task::spawn_blocking(move || rewrite_now(&path, default_toml, change, &instead))
        .await
        .unwrap_or_else(|error| {
            let error = FileError::new(&file, format!("cannot be changed: {error}"));
            Err(SwitchError::Failed(error))
        })
}

/// The text of the file, or none when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<String>, SwitchError> {
    let file = path.display().to_string();
    // Reading a pipe could wait for ever.
    if fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
        return Err(SwitchError::Invalid(FileError::new(&file, "is not a file")));
    }
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(SwitchError::Invalid(FileError::new(&file, "is not UTF-8 text")))
        }
        Err(error) => Err(SwitchError::from_io(&file, &error)),
    }
}

fn rewrite_now(
    path: &Path,
    default_toml: Option<&str>,
    change: impl FnOnce(&str, &str) -> Result<String, FileError>,
    instead: &str,
) -> Result<(), SwitchError> {
    let file = path.display().to_string();
    let on_disk = read(path)?;
    let text = on_disk.as_deref().or(default_toml).ok_or(SwitchError::Unknown)?;
    let wanted = change(&file, text).map_err(SwitchError::Invalid)?;
    if wanted == text {
        return Ok(());
    }
    refuse_managed(path, &file, instead)?;
    let fresh = fresh_path(path);
    let outcome = replace(path, &fresh, on_disk.as_deref(), &wanted);
    if !matches!(outcome, Ok(true)) {
        // Best effort: a leftover is hidden, and the next change replaces it.
        let _ = fs::remove_file(&fresh);
    }
    match outcome {
        Ok(true) => Ok(()),
        Ok(false) => Err(SwitchError::Changed(FileError::new(
            &file,
            "was changed by somebody else just now: try again",
        ))),
        Err(error) => Err(SwitchError::from_io(&file, &error)),
    }
}

/// A link would be replaced by a file, and whoever made the link would put it back.
fn refuse_managed(path: &Path, file: &str, instead: &str) -> Result<(), SwitchError> {
    let managed = |what: String| {
        let message = format!("{what}: {instead} where the file comes from");
        Err(SwitchError::Managed(FileError::new(file, message)))
    };
    if let Ok(target) = fs::read_link(path) {
        return managed(format!("is a link to {}", target.display()));
    }
    match path.parent().map(|dir| dir.join(KUBERNETES_MARK)) {
        Some(mark) if fs::symlink_metadata(&mark).is_ok() => {
            managed("is in a directory that Kubernetes fills from a ConfigMap or Secret".to_owned())
        }
        _ => match fs::metadata(path) {
            Ok(meta) if meta.permissions().readonly() => Err(SwitchError::ReadOnly(FileError::new(
                file,
                "is marked read-only: edit it yourself, or make it writable",
            ))),
            _ => Ok(()),
        },
    }
}

/// Hidden, so that nobody takes it for a plugin's file; beside it, so that it can be renamed.
fn fresh_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.new"))
}

/// On disk before it gets its name. False when the file is no longer what was read.
fn replace(path: &Path, fresh: &Path, on_disk: Option<&str>, text: &str) -> io::Result<bool> {
    let dir = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir)?;
    match fs::remove_file(fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut writer = OpenOptions::new().write(true).create_new(true).open(fresh)?;
    if on_disk.is_some() {
        writer.set_permissions(fs::metadata(path)?.permissions())?;
    }
    writer.write_all(text.as_bytes())?;
    writer.sync_all()?;
    drop(writer);
    let now = match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if now.as_deref() != on_disk {
        return Ok(false);
    }
    fs::rename(fresh, path)?;
    if let Err(error) = sync_dir(dir) {
        // The change is there; only a power cut within seconds could undo it.
        tracing::warn!(%error, "{} could not be synced", dir.display());
    }
    Ok(true)
}

#[cfg(unix)]
fn sync_dir(dir: &Path) -> io::Result<()> {
    fs::File::open(dir)?.sync_all()
}

/// Elsewhere directories cannot be synced.
#[cfg(not(unix))]
fn sync_dir(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../config/plugins/autoreply.toml");

    fn set(text: &str, enabled: bool) -> String {
        with_enabled("x.toml", text, enabled).unwrap()
    }

    #[test]
    fn one_word_changes_and_nothing_else() {
        let off = set(SHIPPED, false);
        assert_eq!(off, SHIPPED.replacen("enabled = true", "enabled = false", 1));
        assert_eq!(set(&off, true), SHIPPED);
        assert_eq!(set(SHIPPED, true), SHIPPED);
        assert_eq!(
            set("# a\r\nenabled   =  true   # why\r\n\r\n[grants]\r\n", false),
            "# a\r\nenabled   =  false   # why\r\n\r\n[grants]\r\n"
        );
        assert_eq!(set("enabled = \"yes\"\n", true), "enabled = true\n");
    }

    #[test]
    fn a_missing_key_comes_before_the_first_table() {
        assert_eq!(
            set("# mine\n[grants]\nsessions = [] # none\n", false),
            "enabled = false\n# mine\n[grants]\nsessions = [] # none\n"
        );
        assert_eq!(
            set("\u{feff}[grants]\r\n", true),
            "\u{feff}enabled = true\r\n[grants]\r\n"
        );
        assert!(
            set("[settings]\nenabled = true\n", false).starts_with("enabled = false\n"),
            "a key of another table is not meant"
        );
    }

    #[test]
    fn a_file_that_is_wrong_is_refused_with_its_place() {
        let refusal = |text: &str| {
            let error = with_enabled("x.toml", text, false).unwrap_err();
            (error.line, error.column, error.message)
        };
        let (line, column, _) = refusal("enabled = true\n[grants\n");
        assert_eq!(line, Some(2));
        assert!(column.is_some());
        let (line, column, message) = refusal("enabled = true\n[limits]\nmemroy_mb = 5\n");
        assert_eq!((line, column), (Some(3), Some(1)), "{message}");
        let (line, column, message) = refusal("[limits]\nmemroy_mb = 5\n");
        assert_eq!((line, column), (Some(2), Some(1)), "{message}");
        assert_eq!(refusal("[enabled]\nx = 1\n").0, Some(1));
        assert!(refusal(" \n").2.contains("empty"));
    }

    /// A directory like `config/plugins`, with one file in it.
    fn plugins(text: Option<&str>) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plugins").join("greeter.toml");
        if let Some(text) = text {
            fs::create_dir(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        }
        (dir, path)
    }

    fn names(path: &Path) -> Vec<String> {
        fs::read_dir(path.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn the_file_is_replaced_and_nothing_is_left_over() {
        let (_dir, path) = plugins(Some("# mine\nenabled = true\n"));
        // Of a process that was killed.
        fs::write(fresh_path(&path), "half").unwrap();
        switch(path.clone(), None, false).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "# mine\nenabled = false\n");
        assert_eq!(names(&path), ["greeter.toml"]);
    }

    #[tokio::test]
    async fn the_defaults_of_a_bundled_plugin_become_its_file_only_when_they_change() {
        let (_dir, path) = plugins(None);
        let default_toml = Some("# shipped\nenabled = true\n");
        switch(path.clone(), default_toml, true).await.unwrap();
        assert!(!path.exists());
        switch(path.clone(), default_toml, false).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "# shipped\nenabled = false\n");
        fs::remove_file(&path).unwrap();
        assert_eq!(switch(path, None, false).await, Err(SwitchError::Unknown));
    }

    #[tokio::test]
    async fn an_invalid_file_stays_as_it_is() {
        let (_dir, path) = plugins(Some("enabled = treu\n"));
        let error = switch(path.clone(), None, false).await.unwrap_err();
        assert_eq!(error.code(), "plugin_file_invalid");
        assert!(error.to_string().contains("greeter.toml:1:"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "enabled = treu\n");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_something_else_manages_is_left_alone() {
        use std::os::unix::fs::symlink;

        let (dir, path) = plugins(Some("enabled = true\n"));
        let source = dir.path().join("source.toml");
        fs::rename(&path, &source).unwrap();
        symlink(&source, &path).unwrap();
        let error = switch(path.clone(), None, false).await.unwrap_err();
        assert_eq!(error.code(), "plugin_file_managed");
        assert!(error.to_string().contains("source.toml"), "{error}");
        assert!(path.is_symlink());

        fs::remove_file(&path).unwrap();
        symlink("..2026", path.with_file_name(KUBERNETES_MARK)).unwrap();
        let error = switch(path.clone(), Some("enabled = true\n"), false)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("ConfigMap"), "{error}");
        assert!(!path.exists());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn permissions_are_kept_and_respected() {
        use std::os::unix::fs::PermissionsExt as _;

        let (_dir, path) = plugins(Some("enabled = true\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        switch(path.clone(), None, false).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        let error = switch(path.clone(), None, true).await.unwrap_err();
        assert_eq!(error.code(), "plugin_file_read_only");
    }

    #[test]
    fn a_change_in_between_wins() {
        let (_dir, path) = plugins(Some("enabled = true\n# and more\n"));
        let fresh = fresh_path(&path);
        assert!(!replace(&path, &fresh, Some("enabled = true\n"), "enabled = false\n").unwrap());
        assert!(!replace(&path, &fresh, None, "enabled = false\n").unwrap());
        assert!(fs::read_to_string(&path).unwrap().contains("and more"));
    }

    #[test]
    fn each_reason_has_its_text() {
        let of = |kind| SwitchError::from_io("x.toml", &io::Error::from(kind));
        assert_eq!(
            of(io::ErrorKind::PermissionDenied).code(),
            "plugin_file_read_only"
        );
        assert_eq!(
            of(io::ErrorKind::ReadOnlyFilesystem).code(),
            "plugin_file_read_only"
        );
        assert_eq!(of(io::ErrorKind::ResourceBusy).code(), "plugin_file_managed");
        assert_eq!(of(io::ErrorKind::StorageFull).code(), "plugin_file_failed");
    }
}
