//! What is known of the files on the host. No I/O here.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;

use serde::Serialize;

use super::faults::Faults;

/// Uploads that were broken off and may be resumed; the oldest gives way.
const MAX_PARTIAL: usize = 256;

/// The SHA-256 of a file as it lies on the host, that is of the ciphertext.
pub(crate) type Digest = [u8; 32];

/// One address of a file.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) kind: String,
    pub(super) digest: Digest,
    pub(super) content_type: String,
    /// The status it answers with since its time is over.
    pub(super) expired: Option<u16>,
    pub(super) downloads: u64,
}

/// Bytes on disk; several addresses may lead to the same.
#[derive(Debug, Clone)]
pub(super) struct Blob {
    pub(super) bytes: u64,
    /// Nobody has it any more: no phone can upload it again.
    pub(super) lost: bool,
}

/// An upload that was broken off.
#[derive(Debug)]
pub(super) struct Partial {
    pub(super) file: PathBuf,
    pub(super) bytes: u64,
}

/// A file, as the control API shows it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileView {
    pub(crate) direct_path: String,
    /// `image`, `video`, `md-msg-hist` ...
    pub(crate) kind: String,
    pub(crate) bytes: u64,
    /// Of the bytes on the host, hex.
    pub(crate) sha256: String,
    pub(crate) downloads: u64,
    /// The status it answers with, once expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expired: Option<u16>,
    pub(crate) lost: bool,
}

/// Everything that is known.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    pub(super) entries: BTreeMap<String, Entry>,
    pub(super) blobs: HashMap<Digest, Blob>,
    partial: HashMap<Digest, Partial>,
    partial_order: VecDeque<Digest>,
    pub(super) faults: Faults,
    /// Complete uploads of clients, and how many of those went on where an earlier one had broken off.
    pub(super) uploads: u64,
    pub(super) resumed: u64,
}

impl Shelf {
    /// Forgets an address; gives back the hash and size of a file that no address leads to any more.
    pub(super) fn withdraw(&mut self, path: &str) -> Option<(Digest, u64)> {
        let digest = self.entries.remove(path)?.digest;
        if self.entries.values().any(|entry| entry.digest == digest) {
            return None;
        }
        Some((digest, self.blobs.remove(&digest)?.bytes))
    }

    /// An address that serves a file of this hash and kind.
    pub(super) fn served(&self, kind: &str, digest: &Digest) -> Option<(&str, u64)> {
        let blob = self.blobs.get(digest)?;
        let (path, _) = self.entries.iter().find(|(_, entry)| {
            entry.digest == *digest && entry.kind == kind && entry.expired.is_none() && !blob.lost
        })?;
        Some((path, blob.bytes))
    }

    /// How far an upload that was broken off had come.
    pub(super) fn progress(&self, digest: &Digest) -> u64 {
        self.partial.get(digest).map_or(0, |partial| partial.bytes)
    }

    /// Keeps what arrived of an upload; gives back a file that is not needed any more.
    pub(super) fn keep_partial(&mut self, digest: Digest, partial: Partial) -> Option<Partial> {
        let dropped = if let Some(before) = self.partial.remove(&digest) {
            self.partial_order.retain(|known| *known != digest);
            Some(before)
        } else if self.partial.len() >= MAX_PARTIAL {
            self.partial_order
                .pop_front()
                .and_then(|oldest| self.partial.remove(&oldest))
        } else {
            None
        };
        self.partial.insert(digest, partial);
        self.partial_order.push_back(digest);
        dropped
    }

    pub(super) fn take_partial(&mut self, digest: &Digest) -> Option<Partial> {
        self.partial_order.retain(|known| known != digest);
        self.partial.remove(digest)
    }

    pub(super) fn views(&self) -> Vec<FileView> {
        self.entries
            .iter()
            .map(|(path, entry)| {
                let blob = self.blobs.get(&entry.digest);
                FileView {
                    direct_path: path.clone(),
                    kind: entry.kind.clone(),
                    bytes: blob.map_or(0, |blob| blob.bytes),
                    sha256: hex::encode(entry.digest),
                    downloads: entry.downloads,
                    expired: entry.expired,
                    lost: blob.is_none_or(|blob| blob.lost),
                }
            })
            .collect()
    }
}
