//! The phone's reading of a collection: every patch verified and decrypted.

use std::collections::BTreeMap;
use std::sync::Arc;

use wacore::appstate::AppStateError;
use wacore::appstate::hash::HashState;
use wacore::appstate::keys::ExpandedAppStateKeys;
use wacore::appstate::processor::process_patch;
use waproto::whatsapp::syncd_mutation::SyncdOperation;
use waproto::whatsapp::{SyncActionValue, SyncdPatch, SyncdRecord};

use super::PhoneKey;

/// What a collection says.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    pub(super) hash: HashState,
    /// As encrypted, by the MAC of their index: what a snapshot is made of.
    pub(super) records: BTreeMap<Vec<u8>, SyncdRecord>,
    /// As decrypted, by index.
    pub(super) entries: BTreeMap<Vec<String>, SyncActionValue>,
    /// A patch was not valid: from here on nothing can be verified.
    pub(super) broken: bool,
}

impl Mirror {
    /// Reads a patch; its mutations are inside.
    pub(super) fn apply(
        &mut self,
        name: &'static str,
        patch: &SyncdPatch,
        key: &PhoneKey,
    ) -> Result<(), String> {
        if self.broken {
            return Err("an earlier patch could not be read".to_owned());
        }
        let read = self.read(name, patch, key);
        self.broken = read.is_err();
        read
    }

    fn read(&mut self, name: &'static str, patch: &SyncdPatch, key: &PhoneKey) -> Result<(), String> {
        if patch.key_id.id.is_none() && !patch.mutations.is_empty() {
            return Err("the patch names no key".to_owned());
        }
        let keys: Arc<ExpandedAppStateKeys> = Arc::new(key.expand());
        let records = &self.records;
        let previous = |index: &[u8]| Ok(records.get(index).and_then(value_mac));
        let processed = process_patch(
            patch,
            &mut self.hash,
            |id| {
                if id == key.id {
                    Ok(Arc::clone(&keys))
                } else {
                    Err(AppStateError::KeyNotFound)
                }
            },
            previous,
            true,
            name,
        )
        .map_err(|error| error.to_string())?;
        for mutation in &patch.mutations {
            let Some(record) = mutation.record.as_option() else {
                continue;
            };
            let Some(index) = record.index.blob.clone() else {
                continue;
            };
            let removes = mutation
                .operation
                .is_some_and(|operation| operation == SyncdOperation::REMOVE);
            if removes {
                self.records.remove(&index);
            } else {
                self.records.insert(index, record.clone());
            }
        }
        for mutation in processed.mutations {
            match (mutation.operation, mutation.action_value) {
                (SyncdOperation::SET, Some(value)) => {
                    self.entries.insert(mutation.index, value);
                }
                _ => {
                    self.entries.remove(&mutation.index);
                }
            }
        }
        Ok(())
    }
}

/// The last 32 bytes of a record's value.
pub(super) fn value_mac(record: &SyncdRecord) -> Option<Vec<u8>> {
    let blob = record.value.blob.as_ref()?;
    Some(blob.get(blob.len().checked_sub(32)?..)?.to_vec())
}
