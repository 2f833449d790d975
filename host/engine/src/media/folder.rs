//! The disk: a directory a session, a file a row, both named by row ids. Written beside and renamed, so that a file
//! that is there is whole.

use std::fs::{DirBuilder, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use wagate_media::sniff::{self, HEAD_BYTES};

/// What is read at once.
const CHUNK: usize = 64 * 1024;
const TEMPORARY: &str = "part";

/// The media directory.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    root: PathBuf,
}

/// What a file holds.
pub(super) struct Content {
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
    /// By its first bytes, with what was said of it where they show nothing.
    pub(super) mime: String,
}

impl Folder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where a stored row's file lies; none for what is no path of ours.
    pub(super) fn locate(&self, path: &str) -> Option<PathBuf> {
        let (session, id) = path.split_once('/')?;
        (is_row_id(session) && is_row_id(id)).then(|| self.root.join(session).join(id))
    }

    /// What a row's `path` will be.
    pub(super) fn path_of(session: &str, id: &str) -> String {
        format!("{session}/{id}")
    }

    /// A new file that takes what arrives; one left from an earlier try goes.
    pub(super) fn begin(&self, session: &str, id: &str) -> io::Result<(PathBuf, File)> {
        if !is_row_id(session) || !is_row_id(id) {
            return Err(io::Error::other("not a row id"));
        }
        let directory = self.root.join(session);
        create(&directory)?;
        let path = directory.join(id).with_extension(TEMPORARY);
        remove(&path)?;
        let file = wagate_media::create_private(&path)?;
        Ok((path, file))
    }

    /// The temporary file becomes the row's file.
    pub(super) fn finish(&self, temporary: &Path) -> io::Result<()> {
        std::fs::rename(temporary, temporary.with_extension(""))
    }

    /// Deletes a row's file, if it is there.
    pub(super) fn remove(&self, path: &str) -> io::Result<()> {
        self.locate(path).map_or(Ok(()), |path| remove(&path))
    }

    /// Deletes everything of a session.
    pub(super) fn remove_session(&self, session: &str) -> io::Result<()> {
        if !is_row_id(session) {
            return Ok(());
        }
        match std::fs::remove_dir_all(self.root.join(session)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Every file there is, as session and id; what a stopped process left half done is deleted on the way.
    pub(super) fn walk(&self) -> io::Result<Vec<(String, Vec<String>)>> {
        create(&self.root)?;
        let mut sessions = Vec::new();
        for entry in std::fs::read_dir(&self.root)? {
            let entry = entry?;
            let Some(session) = entry
                .file_name()
                .to_str()
                .filter(|name| is_row_id(name))
                .map(str::to_owned)
            else {
                continue;
            };
            let mut ids = Vec::new();
            for file in std::fs::read_dir(entry.path())? {
                let file = file?;
                let name = file.file_name();
                match name.to_str() {
                    Some(id) if is_row_id(id) => ids.push(id.to_owned()),
                    Some(part)
                        if Path::new(part)
                            .extension()
                            .is_some_and(|ending| ending == TEMPORARY) =>
                    {
                        remove(&file.path())?;
                    }
                    _ => {}
                }
            }
            sessions.push((session, ids));
        }
        Ok(sessions)
    }
}

/// Reads a whole file once: its size, hash and type.
pub(super) fn look(path: &Path, declared: Option<&str>) -> io::Result<Content> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut head = Vec::with_capacity(HEAD_BYTES);
    let mut bytes = 0_u64;
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = file.read(&mut buffer)?;
        let chunk = buffer.get(..read).unwrap_or_default();
        if chunk.is_empty() {
            break;
        }
        let missing = HEAD_BYTES.saturating_sub(head.len());
        head.extend_from_slice(chunk.get(..missing.min(read)).unwrap_or_default());
        hash.update(chunk);
        bytes += u64::try_from(read).unwrap_or(u64::MAX);
    }
    Ok(Content {
        bytes,
        sha256: hash.finalize().into(),
        mime: sniff::settle(&head, declared),
    })
}

fn create(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A UUID in its hyphenated form, as all our ids are.
fn is_row_id(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::Folder;

    #[test]
    fn only_row_ids_become_paths() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path().join("media"));
        let (session, id) = (wagate_storage::new_row_id(), wagate_storage::new_row_id());
        let (temporary, file) = folder.begin(&session, &id).unwrap();
        drop(file);
        folder.finish(&temporary).unwrap();
        let path = Folder::path_of(&session, &id);
        assert!(folder.locate(&path).unwrap().is_file());
        assert_eq!(folder.walk().unwrap(), [(session.clone(), vec![id.clone()])]);
        for bad in [
            "",
            "..",
            "../..",
            "/etc/passwd",
            &format!("{session}/../{id}"),
            &format!("{session}/{id}/x"),
        ] {
            assert!(folder.locate(bad).is_none(), "{bad}");
        }
        assert!(folder.begin("..", &id).is_err() && folder.begin(&session, "../../x").is_err());
        // What a stopped process left.
        folder.begin(&session, &wagate_storage::new_row_id()).unwrap();
        assert_eq!(folder.walk().unwrap()[0].1.len(), 1);
        folder.remove(&path).unwrap();
        folder.remove(&path).unwrap();
        folder.remove_session(&session).unwrap();
        assert!(folder.walk().unwrap().is_empty());
    }
}
