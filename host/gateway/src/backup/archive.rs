//! The file of a backup: a tar, compressed with zstd, of a few known names.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};

use super::progress::Meter;
use super::{DATABASE, MANIFEST, MEDIA};
use wagate_storage::sqlite::KEY_FILE;

/// Fast, and small enough.
const LEVEL: i32 = 3;
/// The longest description a backup may have.
const MAX_ABOUT: u64 = 64 * 1024;

/// What goes in.
pub(super) struct Contents {
    pub(super) about: Vec<u8>,
    pub(super) database: PathBuf,
    pub(super) key: Option<PathBuf>,
    pub(super) media: Option<PathBuf>,
}

impl Contents {
    /// What the media files are now, all together.
    pub(super) fn media_bytes(&self) -> anyhow::Result<u64> {
        let mut bytes = 0;
        if let Some(media) = &self.media {
            each_file(media, |path| {
                // One may be removed while we look.
                bytes += fs::metadata(path).map_or(0, |meta| meta.len());
                Ok(())
            })?;
        }
        Ok(bytes)
    }
}

/// Writes it, whole or not at all; its length. What goes in is counted.
pub(super) fn write(contents: &Contents, file: &Path, packed: &Meter) -> anyhow::Result<u64> {
    let fresh = file.with_extension("part");
    let written = write_to(contents, &fresh, packed);
    if written.is_err() {
        // Best effort: what is left is named as a part.
        let _ = fs::remove_file(&fresh);
    }
    let bytes = written?;
    fs::rename(&fresh, file).with_context(|| format!("cannot name {}", file.display()))?;
    Ok(bytes)
}

fn write_to(contents: &Contents, fresh: &Path, packed: &Meter) -> anyhow::Result<u64> {
    let out = private(fresh).with_context(|| format!("cannot write {}", fresh.display()))?;
    let mut tar = tar::Builder::new(packed.on(zstd::Encoder::new(out, LEVEL)?));
    tar.mode(tar::HeaderMode::Deterministic);
    let mut header = tar::Header::new_gnu();
    header.set_size(u64::try_from(contents.about.len())?);
    header.set_mode(0o600);
    tar.append_data(&mut header, MANIFEST, contents.about.as_slice())?;
    tar.append_path_with_name(&contents.database, DATABASE)?;
    if let Some(key) = &contents.key {
        tar.append_path_with_name(key, KEY_FILE)?;
    }
    if let Some(media) = &contents.media {
        append_media(&mut tar, media)?;
    }
    let out = tar.into_inner()?.into_inner().finish()?;
    out.sync_all()?;
    Ok(out.metadata()?.len())
}

/// File by file: one may be removed while we look.
fn append_media<W: io::Write>(tar: &mut tar::Builder<W>, media: &Path) -> anyhow::Result<()> {
    each_file(media, |path| {
        let name = Path::new(MEDIA).join(path.strip_prefix(media)?);
        match File::open(path) {
            Ok(mut file) => tar.append_file(name, &mut file)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    })
}

/// Every file in a directory and those below it.
fn each_file(directory: &Path, mut what: impl FnMut(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut folders = vec![directory.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            // So may a session's folder, but not the one that was asked for.
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder != directory => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                what(&entry.path())?;
            }
        }
    }
    Ok(())
}

/// Unpacks into an empty directory; what the backup says about itself. Names that no backup has are refused.
pub(super) fn read(file: &Path, into: &Path) -> anyhow::Result<Vec<u8>> {
    let packed = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let unpacked = zstd::Decoder::new(packed).context("this is no backup")?;
    let mut tar = tar::Archive::new(unpacked);
    let mut about = None;
    for entry in tar.entries().context("this is no backup")? {
        let mut entry = entry.context("the backup is damaged")?;
        let name = entry.path()?.into_owned();
        if name == Path::new(MANIFEST) {
            let mut text = Vec::new();
            entry.by_ref().take(MAX_ABOUT).read_to_end(&mut text)?;
            about = Some(text);
            continue;
        }
        if !is_known(&name) || !entry.header().entry_type().is_file() {
            bail!("the backup holds {}, which no backup has", name.display());
        }
        let target = into.join(&name);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut out = private(&target).with_context(|| format!("cannot write {}", target.display()))?;
        io::copy(&mut entry, &mut out).context("the backup is damaged")?;
        out.flush()?;
        out.sync_all()?;
    }
    about.context("this is no backup: it does not say what it is")
}

/// The names a backup has, and nothing outside of them.
fn is_known(name: &Path) -> bool {
    if name == Path::new(DATABASE) || name == Path::new(KEY_FILE) {
        return true;
    }
    let mut parts = name.components();
    parts.next() == Some(Component::Normal(MEDIA.as_ref()))
        && name.components().count() > 1
        && name.components().all(|part| matches!(part, Component::Normal(_)))
}

/// For us alone: it holds the keys of accounts.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Contents, is_known, read, write};
    use crate::backup::progress::Meter;

    #[test]
    fn what_goes_in_comes_out_and_for_us_alone() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("media/a")).unwrap();
        std::fs::write(at("db"), "rows").unwrap();
        std::fs::write(at("key"), "secret").unwrap();
        std::fs::write(at("media/a/one.jpg"), "picture").unwrap();
        let contents = Contents {
            about: b"{}".to_vec(),
            database: at("db"),
            key: Some(at("key")),
            media: Some(at("media")),
        };
        assert_eq!(contents.media_bytes().unwrap(), 7);
        let packed = Meter::default();
        assert!(write(&contents, &at("backup.wgt"), &packed).unwrap() > 0);
        assert!(packed.bytes() > 7);
        assert!(!at("backup.part").exists());
        assert_eq!(read(&at("backup.wgt"), &at("out")).unwrap(), b"{}");
        for (name, text) in [
            ("wagate.db", "rows"),
            ("secret.key", "secret"),
            ("media/a/one.jpg", "picture"),
        ] {
            assert_eq!(std::fs::read_to_string(at("out").join(name)).unwrap(), text);
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |name: &str| std::fs::metadata(at(name)).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode("backup.wgt"), mode("out/wagate.db")), (0o600, 0o600));
        }
        assert!(write(&contents, &at("nowhere/backup.wgt"), &packed).is_err());
        std::fs::write(at("nonsense"), "no backup").unwrap();
        assert!(read(&at("nonsense"), &at("out2")).is_err());
    }

    #[test]
    fn no_name_leads_out_of_the_directory() {
        for good in ["wagate.db", "secret.key", "media/a.jpg", "media/a/b.jpg"] {
            assert!(is_known(Path::new(good)), "{good}");
        }
        for bad in [
            "media",
            "../x",
            "media/../x",
            "/etc/passwd",
            "other.db",
            "media/./../../x",
        ] {
            assert!(!is_known(Path::new(bad)), "{bad}");
        }
    }
}
