//! One collection: its patches as the server keeps them, and the phone's reading of them.

use std::collections::VecDeque;

use buffa::{Message as _, MessageField};
use wacore::appstate::hash::HashState;
use wacore::download::MediaType;
use waproto::whatsapp::{
    ExternalBlobReference, KeyId, SyncdMutations, SyncdPatch, SyncdSnapshot, SyncdVersion,
};

use super::PhoneKey;
use super::mirror::Mirror;
use crate::media::MediaStore;
use crate::phone::media;

/// A device that knows nothing gets this many patches; when there are more, a snapshot.
pub(crate) const SNAPSHOT_AFTER: usize = 10;
/// Patches in one answer; the client asks for the rest.
const PAGE: usize = 50;
/// Patches that are kept; a device further behind gets a snapshot.
const KEPT: usize = 1_000;

/// What a device gets.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    pub(crate) version: u64,
    /// An [`ExternalBlobReference`].
    pub(crate) snapshot: Option<Vec<u8>>,
    pub(crate) patches: Vec<Vec<u8>>,
    pub(crate) more: bool,
}

/// A collection.
#[derive(Debug, Default)]
pub(crate) struct Collection {
    pub(crate) version: u64,
    /// The newest brings it to `version`.
    patches: VecDeque<Vec<u8>>,
    pub(super) mirror: Mirror,
}

impl Collection {
    /// Takes the next patch. An error says that the phone cannot read it; it is kept all the same.
    pub(super) fn take(
        &mut self,
        name: &'static str,
        mut patch: SyncdPatch,
        key: &PhoneKey,
        media: Option<&MediaStore>,
    ) -> Result<(), String> {
        self.version += 1;
        patch.version = MessageField::some(SyncdVersion {
            version: Some(self.version),
        });
        self.patches.push_back(waproto::codec::syncd_patch_to_vec(&patch));
        if self.patches.len() > KEPT {
            self.patches.pop_front();
        }
        if let Some(blob) = patch.external_mutations.take() {
            patch.mutations = external(&blob, media)?;
        }
        self.mirror.apply(name, &patch, key)
    }

    pub(super) fn fetch(
        &self,
        name: &'static str,
        base: Option<u64>,
        key: &PhoneKey,
        media: Option<&MediaStore>,
    ) -> Fetched {
        let behind = usize::try_from(self.version.saturating_sub(base.unwrap_or(0))).unwrap_or(usize::MAX);
        let wants_snapshot = behind > self.patches.len() || (base.is_none() && behind > SNAPSHOT_AFTER);
        if wants_snapshot
            && !self.mirror.broken
            && let Some(snapshot) = media.and_then(|media| self.snapshot(name, key, media))
        {
            return Fetched {
                version: self.version,
                snapshot: Some(snapshot),
                patches: Vec::new(),
                more: false,
            };
        }
        let behind = behind.min(self.patches.len());
        let patches: Vec<Vec<u8>> = self
            .patches
            .iter()
            .skip(self.patches.len() - behind)
            .take(PAGE)
            .cloned()
            .collect();
        let left = behind - patches.len();
        Fetched {
            version: self.version - left as u64,
            snapshot: None,
            patches,
            more: left > 0,
        }
    }

    /// Everything there is in one file on the media host.
    fn snapshot(&self, name: &'static str, key: &PhoneKey, media: &MediaStore) -> Option<Vec<u8>> {
        let state: &HashState = &self.mirror.hash;
        let snapshot = SyncdSnapshot {
            version: MessageField::some(SyncdVersion {
                version: Some(self.version),
            }),
            records: self.mirror.records.values().cloned().collect(),
            mac: Some(state.generate_snapshot_mac(name, &key.expand().snapshot_mac)),
            key_id: MessageField::some(KeyId {
                id: Some(key.id.to_vec()),
            }),
        };
        let reference = blob(media, &snapshot.encode_to_vec()).ok()?;
        Some(reference.encode_to_vec())
    }
}

/// Puts bytes on the media host, as app state refers to them.
pub(super) fn blob(media: &MediaStore, bytes: &[u8]) -> Result<ExternalBlobReference, String> {
    let sealed = media::seal(media, MediaType::AppState, &mut &*bytes).map_err(|error| error.to_string())?;
    Ok(ExternalBlobReference {
        media_key: Some(sealed.media_key.to_vec()),
        direct_path: Some(sealed.stored.direct_path),
        file_size_bytes: Some(sealed.bytes),
        file_sha256: Some(sealed.sha256.to_vec()),
        file_enc_sha256: Some(sealed.enc_sha256.to_vec()),
        ..Default::default()
    })
}

/// The mutations of a patch that keeps them on the media host.
fn external(
    blob: &ExternalBlobReference,
    media: Option<&MediaStore>,
) -> Result<Vec<waproto::whatsapp::SyncdMutation>, String> {
    let (Some(media), Some(path), Some(key)) = (media, &blob.direct_path, &blob.media_key) else {
        return Err("the patch refers to a file that cannot be fetched".to_owned());
    };
    let reference = media::Reference {
        kind: MediaType::AppState,
        direct_path: path.clone(),
        media_key: key.clone(),
        mimetype: None,
    };
    let mut bytes = Vec::new();
    media::open(media, &reference, &mut bytes).map_err(|error| error.to_string())?;
    let mutations = SyncdMutations::decode_from_slice(&bytes)
        .map_err(|error| format!("the patch's file cannot be decoded: {error}"))?;
    Ok(mutations.mutations)
}
