//! Writing a file onto the shelf. One that is dropped before its end leaves nothing.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use wagate_media::{names, sniff};
use wagate_protocol::error::HostError;

use super::file::{Sheet, ShelfFile, new_handle};
use super::{LIFE_MS, Owner, Shelf, index, io_error};

/// What is read at once of a file that is adopted.
const CHUNK: usize = 64 * 1024;

/// A file that grows.
pub struct ShelfWriter {
    shelf: Arc<Shelf>,
    owner: Owner,
    handle: String,
    temporary: PathBuf,
    file: File,
    head: Vec<u8>,
    hash: Sha256,
    bytes: u64,
    /// In place: nothing is to be taken back.
    is_done: bool,
}

impl ShelfWriter {
    pub(super) fn begin(shelf: &Arc<Shelf>, owner: Owner) -> Result<Self, HostError> {
        let handle = new_handle();
        let temporary = shelf.dir().join(format!("{handle}.part"));
        let file = wagate_media::create_private(&temporary).map_err(|error| io_error(&error))?;
        Ok(Self {
            shelf: Arc::clone(shelf),
            owner,
            handle,
            temporary,
            file: File::from_std(file),
            head: Vec::new(),
            hash: Sha256::new(),
            bytes: 0,
            is_done: false,
        })
    }

    /// Refuses a file that is announced to be larger than one may be.
    pub(crate) fn check_size(&self, bytes: u64) -> Result<(), HostError> {
        let limit = self.shelf.max_file_bytes();
        if bytes > limit {
            return Err(HostError::Invalid(format!(
                "the file is larger than {} MiB",
                limit / 1024 / 1024
            )));
        }
        Ok(())
    }

    /// Adds to the file. `invalid` above the size of one file, `conflict` above a quota.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), HostError> {
        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        self.check_size(self.bytes.saturating_add(length))?;
        self.shelf.charge(&self.owner, length)?;
        self.bytes += length;
        let missing = sniff::HEAD_BYTES.saturating_sub(self.head.len());
        self.head
            .extend_from_slice(chunk.get(..missing.min(chunk.len())).unwrap_or_default());
        self.hash.update(chunk);
        self.file.write_all(chunk).await.map_err(|error| io_error(&error))
    }

    /// How much there is so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Puts the file in place. What is said of its type counts only where its content shows none.
    pub async fn finish(
        mut self,
        declared: Option<&str>,
        name: Option<&str>,
        notes: Vec<(String, String)>,
    ) -> Result<ShelfFile, HostError> {
        self.file.flush().await.map_err(|error| io_error(&error))?;
        self.file.sync_data().await.map_err(|error| io_error(&error))?;
        let sheet = Sheet {
            handle: self.handle.clone(),
            holder: self.owner.holder.clone(),
            mime: sniff::settle(&self.head, declared),
            name: name.and_then(names::clean),
            bytes: self.bytes,
            sha256: hex::encode(self.hash.clone().finalize()),
            notes,
            expires_at: self.shelf.clock.now_ms() + LIFE_MS,
        };
        put_in_place(self.shelf.dir(), &self.temporary, &sheet).map_err(|error| io_error(&error))?;
        self.is_done = true;
        Ok(self.shelf.keep(sheet))
    }
}

impl Drop for ShelfWriter {
    fn drop(&mut self) {
        if !self.is_done {
            self.shelf.release(&self.owner.holder, self.bytes);
            // One that stays is removed at the next start.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

fn put_in_place(dir: &Path, temporary: &Path, sheet: &Sheet) -> io::Result<()> {
    fs::rename(temporary, dir.join(&sheet.handle))?;
    index::write(dir, sheet).inspect_err(|_| index::remove(dir, &sheet.handle))
}

/// A whole file of ours; see [`Shelf::adopt`].
pub(super) async fn adopt(
    shelf: &Arc<Shelf>,
    owner: Owner,
    source: &Path,
    stays: bool,
    mime: Option<&str>,
    name: Option<&str>,
    notes: Vec<(String, String)>,
) -> Result<ShelfFile, HostError> {
    let path = source.to_owned();
    let looked = tokio::task::spawn_blocking(move || look(&path)).await;
    let (bytes, sha256, head) = match looked {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => return Err(io_error(&error)),
        Err(error) => return Err(HostError::Internal(error.to_string())),
    };
    shelf.charge(&owner, bytes)?;
    let sheet = Sheet {
        handle: new_handle(),
        holder: owner.holder.clone(),
        mime: sniff::settle(&head, mime),
        name: name.and_then(names::clean),
        bytes,
        sha256,
        notes,
        expires_at: shelf.clock.now_ms() + LIFE_MS,
    };
    let (shelf, source) = (Arc::clone(shelf), source.to_owned());
    // Runs to its end, whoever waits for it: what was counted is a file then, or is counted no more.
    let place = move || match place(shelf.dir(), &source, stays, &sheet) {
        Ok(()) => Ok(shelf.keep(sheet)),
        Err(error) => {
            shelf.release(&sheet.holder, sheet.bytes);
            Err(io_error(&error))
        }
    };
    tokio::task::spawn_blocking(place)
        .await
        .unwrap_or_else(|error| Err(HostError::Internal(error.to_string())))
}

fn place(dir: &Path, source: &Path, stays: bool, sheet: &Sheet) -> io::Result<()> {
    if !stays {
        return put_in_place(dir, source, sheet);
    }
    let temporary = dir.join(format!("{}.part", sheet.handle));
    // On another disk there are no links.
    if fs::hard_link(source, &temporary).is_err() {
        let mut copy = wagate_media::create_private(&temporary)?;
        io::copy(&mut fs::File::open(source)?, &mut copy)?;
    }
    put_in_place(dir, &temporary, sheet)
}

fn look(path: &Path) -> io::Result<(u64, String, Vec<u8>)> {
    let mut file = fs::File::open(path)?;
    let mut hash = Sha256::new();
    let mut head = Vec::new();
    let (mut bytes, mut buffer) = (0_u64, vec![0; CHUNK]);
    loop {
        let read = file.read(&mut buffer)?;
        let chunk = buffer.get(..read).unwrap_or_default();
        if chunk.is_empty() {
            return Ok((bytes, hex::encode(hash.finalize()), head));
        }
        let missing = sniff::HEAD_BYTES.saturating_sub(head.len());
        head.extend_from_slice(chunk.get(..missing.min(read)).unwrap_or_default());
        hash.update(chunk);
        bytes += u64::try_from(read).unwrap_or(u64::MAX);
    }
}
