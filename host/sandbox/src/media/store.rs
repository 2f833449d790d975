//! The files of the media host. One lock over what is known of them, held for no I/O but small renames.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::faults::Faults;
use super::shelf::{Blob, Digest, Entry, FileView, Partial, Shelf};
use super::{MediaError, Stored};
use crate::random;

/// What profile and group pictures are kept under; they are not encrypted.
const PUBLIC: &str = "pps";
/// What encrypted files are served as.
const OPAQUE: &str = "application/octet-stream";

/// The store.
#[derive(Debug)]
pub(crate) struct MediaStore {
    host: Mutex<String>,
    auth: String,
    dir: PathBuf,
    /// Removed with the store.
    _temporary: Option<TempDir>,
    max_bytes: u64,
    used: AtomicU64,
    shelf: Mutex<Shelf>,
}

/// How far an upload is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Complete(Stored),
    At(u64),
}

/// A file that may be downloaded.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) file: PathBuf,
    pub(super) bytes: u64,
    pub(super) content_type: String,
}

impl MediaStore {
    /// A store for the host at `host` (`127.0.0.1:PORT`), empty: files live as long as the phones that know them.
    pub(crate) fn open(dir: Option<&Path>, host: String, max_bytes: u64) -> std::io::Result<Self> {
        let (dir, temporary) = match dir {
            None => {
                let temporary = tempfile::Builder::new()
                    .prefix("wagate-sandbox-media")
                    .tempdir()?;
                (temporary.path().to_path_buf(), Some(temporary))
            }
            Some(dir) => {
                let dir = dir.join("media");
                match std::fs::remove_dir_all(&dir) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                    _ => std::fs::create_dir_all(&dir)?,
                }
                (dir, None)
            }
        };
        Ok(Self {
            host: Mutex::new(host),
            auth: hex::encode(random::bytes::<16>()),
            dir,
            _temporary: temporary,
            max_bytes,
            used: AtomicU64::new(0),
            shelf: Mutex::default(),
        })
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn host(&self) -> String {
        self.host.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The host is somewhere else now; files keep their paths.
    pub(crate) fn moved(&self, host: String) {
        *self.host.lock().unwrap_or_else(PoisonError::into_inner) = host;
    }

    /// Where a file is.
    pub(crate) fn url(&self, direct_path: &str) -> String {
        format!("https://{}{direct_path}", self.host())
    }

    /// What uploads have to bring along.
    pub(crate) fn auth(&self) -> &str {
        &self.auth
    }

    /// Bytes on disk.
    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// The most bytes there may be.
    pub(crate) fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// Complete uploads of clients, and how many of those were resumed.
    pub(crate) fn uploads(&self) -> (u64, u64) {
        let files = self.lock();
        (files.uploads, files.resumed)
    }

    pub(crate) fn files(&self) -> Vec<FileView> {
        self.lock().views()
    }

    pub(crate) fn faults(&self) -> Faults {
        self.lock().faults.clone()
    }

    /// Changes how the host misbehaves, or asks what it does next.
    pub(crate) fn with_faults<T>(&self, change: impl FnOnce(&mut Faults) -> T) -> T {
        change(&mut self.lock().faults)
    }

    /// Puts a picture on the host that anyone may fetch, unencrypted.
    pub(crate) fn put_public(&self, bytes: &[u8], content_type: &str) -> Result<Stored, MediaError> {
        let file = self.new_file();
        std::fs::write(&file, bytes)?;
        let digest = Sha256::digest(bytes).into();
        self.reserve(bytes.len() as u64).inspect_err(|_| discard(&file))?;
        self.shelve(PUBLIC, digest, &file, bytes.len() as u64, content_type)
    }

    /// Takes a file off the host; its room is free once no other address leads to it.
    pub(crate) fn withdraw(&self, path: &str) {
        let mut files = self.lock();
        if let Some((digest, bytes)) = files.withdraw(path) {
            // Under the lock, so that the same bytes do not come back in between.
            discard(&self.blob_file(&digest));
            self.release(bytes);
        }
    }

    /// Takes a file that lies in the store's own directory (see [`Self::new_file`]).
    pub(crate) fn adopt(&self, kind: &str, digest: Digest, file: &Path) -> Result<Stored, MediaError> {
        let bytes = std::fs::metadata(file)?.len();
        self.reserve(bytes).inspect_err(|_| discard(file))?;
        self.shelve(kind, digest, file, bytes, OPAQUE)
    }

    /// A name for a new file on the host's disk.
    pub(crate) fn new_file(&self) -> PathBuf {
        self.dir
            .join(format!("part-{}", hex::encode(random::bytes::<12>())))
    }

    /// Files a complete upload under a new address. Its room is reserved.
    pub(super) fn shelve(
        &self,
        kind: &str,
        digest: Digest,
        file: &Path,
        bytes: u64,
        content_type: &str,
    ) -> Result<Stored, MediaError> {
        let mut files = self.lock();
        // The same bytes once more: what is there stays.
        let known = files.blobs.contains_key(&digest);
        let moved = if known {
            std::fs::remove_file(file)
        } else {
            std::fs::rename(file, self.blob_file(&digest))
        };
        if known || moved.is_err() {
            self.release(bytes);
        }
        moved?;
        files.blobs.insert(digest, Blob { bytes, lost: false });
        let path = address(kind);
        files.entries.insert(
            path.clone(),
            Entry {
                kind: kind.to_owned(),
                digest,
                content_type: content_type.to_owned(),
                expired: None,
                downloads: 0,
            },
        );
        Ok(self.stored(path, bytes))
    }

    /// Files a client's complete upload.
    pub(super) fn shelve_upload(
        &self,
        kind: &str,
        digest: Digest,
        file: &Path,
        bytes: u64,
        resumed: bool,
    ) -> Result<Stored, MediaError> {
        let stored = self.shelve(kind, digest, file, bytes, OPAQUE)?;
        let mut files = self.lock();
        files.uploads += 1;
        files.resumed += u64::from(resumed);
        Ok(stored)
    }

    /// How far an upload of this file is.
    pub(super) fn progress(&self, kind: &str, digest: &Digest) -> Progress {
        let files = self.lock();
        match files.served(kind, digest) {
            Some((path, bytes)) => Progress::Complete(self.stored(path.to_owned(), bytes)),
            None => Progress::At(files.progress(digest)),
        }
    }

    /// What arrived of an upload so far, to go on with it at `offset`.
    pub(super) fn resume(&self, digest: &Digest, offset: u64) -> Result<Option<PathBuf>, MediaError> {
        let mut files = self.lock();
        let there = files.progress(digest);
        if offset > there {
            return Err(MediaError::Offset { asked: offset, there });
        }
        let Some(partial) = files.take_partial(digest) else {
            return Ok(None);
        };
        drop(files);
        self.release(partial.bytes);
        if offset == 0 {
            discard(&partial.file);
            return Ok(None);
        }
        Ok(Some(partial.file))
    }

    /// Keeps what arrived of an upload that was broken off; its room stays reserved.
    pub(super) fn keep_partial(&self, digest: Digest, file: PathBuf, bytes: u64) {
        let dropped = self.lock().keep_partial(digest, Partial { file, bytes });
        if let Some(dropped) = dropped {
            self.release(dropped.bytes);
            discard(&dropped.file);
        }
    }

    /// Finds a file for a download, or the status that is answered instead.
    pub(super) fn find(&self, path: &str) -> Result<Found, u16> {
        let mut files = self.lock();
        let entry = files.entries.get_mut(path).ok_or(404u16)?;
        if let Some(status) = entry.expired {
            return Err(status);
        }
        entry.downloads += 1;
        let (digest, content_type) = (entry.digest, entry.content_type.clone());
        let blob = files.blobs.get(&digest).filter(|blob| !blob.lost).ok_or(404u16)?;
        Ok(Found {
            file: self.blob_file(&digest),
            bytes: blob.bytes,
            content_type,
        })
    }

    /// Opens a file the way a phone does that still has it: whether or not its address has expired.
    pub(crate) fn open_file(&self, path: &str) -> Result<std::fs::File, MediaError> {
        let files = self.lock();
        let entry = files.entries.get(path).ok_or(MediaError::Missing)?;
        let blob = files.blobs.get(&entry.digest).ok_or(MediaError::Missing)?;
        if blob.lost {
            return Err(MediaError::Missing);
        }
        Ok(std::fs::File::open(self.blob_file(&entry.digest))?)
    }

    /// From now on an address answers with a status. `lost`: no phone has the file any more either.
    pub(crate) fn expire(&self, path: &str, status: u16, lost: bool) -> bool {
        let mut files = self.lock();
        let Some(entry) = files.entries.get_mut(path) else {
            return false;
        };
        entry.expired = Some(status);
        let digest = entry.digest;
        if lost && let Some(blob) = files.blobs.get_mut(&digest) {
            blob.lost = true;
        }
        true
    }

    /// Uploads a file again, as a phone does when it is asked to: a new address. `None` when nobody has the file.
    pub(crate) fn renew(&self, path: &str) -> Option<Stored> {
        let mut files = self.lock();
        let mut entry = files.entries.get(path)?.clone();
        let blob = files.blobs.get(&entry.digest).filter(|blob| !blob.lost)?;
        let bytes = blob.bytes;
        let path = address(&entry.kind);
        entry.expired = None;
        entry.downloads = 0;
        files.entries.insert(path.clone(), entry);
        Some(self.stored(path, bytes))
    }

    fn stored(&self, direct_path: String, bytes: u64) -> Stored {
        Stored {
            url: self.url(&direct_path),
            direct_path,
            bytes,
        }
    }

    fn blob_file(&self, digest: &Digest) -> PathBuf {
        self.dir.join(hex::encode(digest))
    }

    /// Takes room on the disk.
    pub(super) fn reserve(&self, bytes: u64) -> Result<(), MediaError> {
        let fits = |used: u64| used.checked_add(bytes).filter(|used| *used <= self.max_bytes);
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
            .map_err(|_| MediaError::Full(self.max_bytes))?;
        Ok(())
    }

    /// Gives room back.
    pub(super) fn release(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn address(kind: &str) -> String {
    format!("/v/{kind}/{}", hex::encode(random::bytes::<12>()))
}

/// Removes a file that nobody needs; one that cannot be removed costs room and nothing else.
pub(super) fn discard(file: &Path) {
    if let Err(error) = std::fs::remove_file(file) {
        tracing::warn!(%error, "a file of the media host could not be removed");
    }
}

/// The hash of a file on disk.
pub(super) fn digest_of(file: &Path) -> std::io::Result<Digest> {
    let mut file = std::fs::File::open(file)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0u8; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            read => hash.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(max_bytes: u64) -> MediaStore {
        MediaStore::open(None, "127.0.0.1:1".to_owned(), max_bytes).unwrap()
    }

    fn picture(store: &MediaStore, bytes: &[u8]) -> Result<Stored, MediaError> {
        store.put_public(bytes, "image/png")
    }

    #[test]
    fn a_full_host_refuses_and_forgets_what_it_refused() {
        let store = store(10);
        assert!(matches!(picture(&store, &[1; 11]), Err(MediaError::Full(10))));
        assert_eq!(store.used(), 0);
        picture(&store, &[1; 10]).unwrap();
        assert!(matches!(picture(&store, &[2; 1]), Err(MediaError::Full(10))));
    }

    #[test]
    fn the_same_bytes_take_room_once_and_an_expired_address_can_be_renewed() {
        let store = store(100);
        let first = picture(&store, &[1; 10]).unwrap();
        let second = picture(&store, &[1; 10]).unwrap();
        let third = picture(&store, &[1; 10]).unwrap();
        assert_eq!(store.used(), 10);
        store.withdraw(&third.direct_path);
        assert_eq!(store.find(&third.direct_path).unwrap_err(), 404);
        assert_eq!(store.used(), 10);
        assert_ne!(first.direct_path, second.direct_path);
        assert!(store.expire(&first.direct_path, 410, false));
        assert_eq!(store.find(&first.direct_path).unwrap_err(), 410);
        let renewed = store.renew(&first.direct_path).unwrap();
        assert_eq!(store.find(&renewed.direct_path).unwrap().bytes, 10);
        assert!(store.expire(&second.direct_path, 404, true));
        assert_eq!(store.renew(&first.direct_path), None);
    }
}
