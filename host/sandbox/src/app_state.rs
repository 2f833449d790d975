//! An account's app state: collections of encrypted patches that only its own devices can read. The server keeps them
//! in order; the phone, which has the key, writes the first one: the push name.

use std::collections::HashMap;

use buffa::MessageField;
use wacore::appstate::encode::encode_record;
use wacore::appstate::hash::{HashState, generate_patch_mac};
use wacore::appstate::keys::expand_app_state_keys;
use waproto::whatsapp::sync_action_value::PushNameSetting;
use waproto::whatsapp::syncd_mutation::SyncdOperation;
use waproto::whatsapp::{KeyId, SyncActionValue, SyncdPatch, SyncdVersion};

use crate::random;

const CRITICAL: &str = "critical_block";
const PUSH_NAME_INDEX: &[u8] = br#"["setting_pushName"]"#;
const PUSH_NAME_SCHEMA: i32 = 1;

/// The key of an account's app state, made by the phone and shared with its devices.
#[derive(Debug, Clone)]
pub(crate) struct PhoneKey {
    pub(crate) id: [u8; 6],
    pub(crate) data: [u8; 32],
}

impl PhoneKey {
    pub(crate) fn generate() -> Self {
        Self {
            id: random::bytes(),
            data: random::bytes(),
        }
    }
}

/// Why an upload was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Another device was faster; the client has to fetch first.
    Conflict,
    /// The patch cannot be decoded.
    Malformed,
}

/// The collections of one account.
#[derive(Debug, Default)]
pub(crate) struct AppState {
    /// Patch `n` of a collection brings it to version `n + 1`.
    collections: HashMap<String, Vec<Vec<u8>>>,
}

impl AppState {
    /// The state a phone starts with.
    pub(crate) fn with_push_name(key: &PhoneKey, name: &str, now_ms: u64) -> Self {
        let patch = push_name_patch(key, name, now_ms);
        Self {
            collections: HashMap::from([(CRITICAL.to_owned(), vec![patch])]),
        }
    }

    /// The version a collection is at; one nobody has written is at 0.
    pub(crate) fn version(&self, collection: &str) -> usize {
        self.collections.get(collection).map_or(0, Vec::len)
    }

    /// The patches after a version.
    pub(crate) fn after(&self, collection: &str, version: usize) -> &[Vec<u8>] {
        self.collections
            .get(collection)
            .and_then(|patches| patches.get(version.min(patches.len())..))
            .unwrap_or_default()
    }

    /// Takes a patch that was made on top of `base`; gives back the new version.
    pub(crate) fn upload(&mut self, collection: &str, base: usize, patch: &[u8]) -> Result<usize, Refused> {
        if base != self.version(collection) {
            return Err(Refused::Conflict);
        }
        let mut patch = waproto::codec::syncd_patch_decode(patch).map_err(|_| Refused::Malformed)?;
        let version = base + 1;
        patch.version = MessageField::some(SyncdVersion {
            version: Some(version as u64),
        });
        self.collections
            .entry(collection.to_owned())
            .or_default()
            .push(waproto::codec::syncd_patch_to_vec(&patch));
        Ok(version)
    }
}

fn push_name_patch(key: &PhoneKey, name: &str, now_ms: u64) -> Vec<u8> {
    const VERSION: u64 = 1;
    let keys = expand_app_state_keys(&key.data);
    let value = SyncActionValue {
        timestamp: Some(i64::try_from(now_ms).unwrap_or(i64::MAX)),
        push_name_setting: MessageField::some(PushNameSetting {
            name: Some(name.to_owned()),
        }),
        ..Default::default()
    };
    let iv = random::bytes();
    let (mutation, _) = encode_record(
        SyncdOperation::SET,
        PUSH_NAME_INDEX,
        &value,
        &keys,
        &key.id,
        &iv,
        PUSH_NAME_SCHEMA,
    );
    let mutations = vec![mutation];
    let mut state = HashState {
        version: VERSION,
        ..Default::default()
    };
    // The first patch of a collection replaces nothing, so nothing can be missing.
    let _ = state.update_hash(&mutations, |_, _| Ok(None));
    let mut patch = SyncdPatch {
        version: MessageField::some(SyncdVersion {
            version: Some(VERSION),
        }),
        mutations,
        snapshot_mac: Some(state.generate_snapshot_mac(CRITICAL, &keys.snapshot_mac)),
        key_id: MessageField::some(KeyId {
            id: Some(key.id.to_vec()),
        }),
        ..Default::default()
    };
    patch.patch_mac = Some(generate_patch_mac(&patch, CRITICAL, &keys.patch_mac, VERSION));
    waproto::codec::syncd_patch_to_vec(&patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_on_an_old_version_is_a_conflict() {
        let mut state = AppState::default();
        let patch = waproto::codec::syncd_patch_to_vec(&SyncdPatch::default());
        assert_eq!(state.upload("regular", 0, &patch), Ok(1));
        assert_eq!(state.upload("regular", 0, &patch), Err(Refused::Conflict));
        assert_eq!(state.upload("regular", 1, &patch), Ok(2));
        assert_eq!(state.after("regular", 1).len(), 1);
        assert!(state.after("regular", 9).is_empty());
    }
}
