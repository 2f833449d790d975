//! App state: keys, hash states, checksums.

use std::collections::HashMap;

use async_trait::async_trait;
use wacore::appstate::hash::HashState;
use wacore::appstate::processor::AppStateMutationMAC;
use wacore::store::error::{Result, StoreError};
use wacore::store::traits::{AppStateSyncKey, AppSyncStore};
use wagate_storage::signal::{AppStateKey, MutationMac};

use super::{SessionStore, from_json, store_error, to_json};

#[async_trait]
impl AppSyncStore for SessionStore {
    async fn get_sync_key(&self, key_id: &[u8]) -> Result<Option<AppStateSyncKey>> {
        let found = self
            .storage
            .app_state_key(&self.session, key_id)
            .await
            .map_err(store_error)?;
        Ok(found.map(
            |AppStateKey {
                 key_data,
                 fingerprint,
                 timestamp,
             }| AppStateSyncKey {
                key_data,
                fingerprint,
                timestamp,
            },
        ))
    }

    async fn set_sync_key(&self, key_id: &[u8], key: AppStateSyncKey) -> Result<()> {
        let AppStateSyncKey {
            key_data,
            fingerprint,
            timestamp,
        } = key;
        let key = AppStateKey {
            key_data,
            fingerprint,
            timestamp,
        };
        self.write(self.storage.put_app_state_key(&self.session, key_id, key))
            .await
    }

    async fn get_version(&self, name: &str) -> Result<HashState> {
        // A collection never seen starts at version 0.
        match self
            .storage
            .app_state_version(&self.session, name)
            .await
            .map_err(store_error)?
        {
            Some(state) => from_json(&state),
            None => Ok(HashState::default()),
        }
    }

    async fn set_version(&self, name: &str, state: HashState) -> Result<()> {
        let state = to_json(&state)?;
        self.write(self.storage.put_app_state_version(&self.session, name, state))
            .await
    }

    async fn put_mutation_macs(
        &self,
        name: &str,
        version: u64,
        mutations: &[AppStateMutationMAC],
    ) -> Result<()> {
        let version = i64::try_from(version)
            .map_err(|_| StoreError::Validation(format!("app state version {version} is out of range")))?;
        let macs = mutations
            .iter()
            .map(|mac| MutationMac {
                index_mac: mac.index_mac.clone(),
                value_mac: mac.value_mac.clone(),
            })
            .collect();
        self.write(self.storage.put_mutation_macs(&self.session, name, version, macs))
            .await
    }

    async fn get_mutation_mac(&self, name: &str, index_mac: &[u8]) -> Result<Option<Vec<u8>>> {
        self.storage
            .mutation_mac(&self.session, name, index_mac)
            .await
            .map_err(store_error)
    }

    async fn get_mutation_macs(
        &self,
        name: &str,
        index_macs: &[[u8; 32]],
    ) -> Result<HashMap<[u8; 32], Vec<u8>>> {
        let wanted: Vec<&[u8]> = index_macs.iter().map(<[u8; 32]>::as_slice).collect();
        let found = self
            .storage
            .mutation_macs(&self.session, name, &wanted)
            .await
            .map_err(store_error)?;
        // What was found was asked for, so it has 32 bytes.
        Ok(found
            .into_iter()
            .filter_map(|mac| {
                <[u8; 32]>::try_from(mac.index_mac.as_slice())
                    .ok()
                    .map(|index| (index, mac.value_mac))
            })
            .collect())
    }

    async fn delete_mutation_macs(&self, name: &str, index_macs: &[Vec<u8>]) -> Result<()> {
        let index_macs: Vec<&[u8]> = index_macs.iter().map(Vec::as_slice).collect();
        self.write(
            self.storage
                .delete_mutation_macs(&self.session, name, &index_macs),
        )
        .await
    }

    async fn clear_mutation_macs(&self, name: &str) -> Result<()> {
        self.write(self.storage.clear_mutation_macs(&self.session, name))
            .await
    }

    async fn get_latest_sync_key_id(&self) -> Result<Option<Vec<u8>>> {
        self.storage
            .latest_app_state_key_id(&self.session)
            .await
            .map_err(store_error)
    }
}
