//! A patch as a phone writes it, with every MAC a client checks.

use buffa::{Message as _, MessageField};
use wacore::appstate::encode::encode_record;
use wacore::appstate::hash::generate_patch_mac;
use waproto::whatsapp::syncd_mutation::SyncdOperation;
use waproto::whatsapp::{KeyId, SyncActionValue, SyncdMutation, SyncdMutations, SyncdPatch, SyncdVersion};

use super::PhoneKey;
use super::action::Change;
use super::collection::{Collection, blob};
use super::mirror::value_mac;
use crate::media::MediaStore;
use crate::random;

/// A patch with more mutations than this keeps them on the media host.
const INSIDE: usize = 100;

/// The patch that makes `changes` on top of what is there.
pub(super) fn patch(
    name: &'static str,
    collection: &Collection,
    changes: &[&Change],
    key: &PhoneKey,
    media: Option<&MediaStore>,
    now_ms: u64,
) -> Result<SyncdPatch, String> {
    if collection.mirror.broken {
        return Err(format!(
            "the phone cannot write to {name}: it could not read what a device wrote there"
        ));
    }
    let keys = key.expand();
    let version = collection.version + 1;
    let mutations: Vec<SyncdMutation> = changes
        .iter()
        .map(|change| {
            let value = SyncActionValue {
                timestamp: i64::try_from(now_ms).ok(),
                ..change.value.clone()
            };
            let operation = if change.removes {
                SyncdOperation::REMOVE
            } else {
                SyncdOperation::SET
            };
            let index = serde_json::to_vec(&change.index).unwrap_or_default();
            let iv = random::bytes();
            encode_record(operation, &index, &value, &keys, &key.id, &iv, change.version).0
        })
        .collect();
    let mut state = collection.mirror.hash.clone();
    state.version = version;
    let records = &collection.mirror.records;
    let (_, updated) = state.update_hash(&mutations, |index, _| Ok(records.get(index).and_then(value_mac)));
    updated.map_err(|error| format!("{error:#}"))?;
    let mut patch = SyncdPatch {
        version: MessageField::some(SyncdVersion {
            version: Some(version),
        }),
        mutations,
        snapshot_mac: Some(state.generate_snapshot_mac(name, &keys.snapshot_mac)),
        key_id: MessageField::some(KeyId {
            id: Some(key.id.to_vec()),
        }),
        ..Default::default()
    };
    patch.patch_mac = Some(generate_patch_mac(&patch, name, &keys.patch_mac, version));
    if patch.mutations.len() > INSIDE
        && let Some(media) = media
    {
        let outside = SyncdMutations {
            mutations: std::mem::take(&mut patch.mutations),
        };
        patch.external_mutations = MessageField::some(blob(media, &outside.encode_to_vec())?);
    }
    Ok(patch)
}
