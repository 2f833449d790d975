//! App state: what the account's devices share about chats, contacts and labels.

use async_trait::async_trait;

use crate::StorageError;

/// A key that app state is encrypted with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppStateKey {
    /// The key.
    pub key_data: Vec<u8>,
    /// Which devices may know it.
    pub fingerprint: Vec<u8>,
    /// When the phone made it.
    pub timestamp: i64,
}

/// The checksums of one entry of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MutationMac {
    /// Names the entry.
    pub index_mac: Vec<u8>,
    /// Its value.
    pub value_mac: Vec<u8>,
}

/// The tables `wa_app_state_keys`, `wa_app_state_versions` and `wa_app_state_mutation_macs`.
#[async_trait]
pub trait AppState: Send + Sync {
    /// A key.
    async fn app_state_key(&self, session: &str, key_id: &[u8]) -> Result<Option<AppStateKey>, StorageError>;
    /// Inserts or replaces a key.
    async fn put_app_state_key(
        &self,
        session: &str,
        key_id: &[u8],
        key: AppStateKey,
    ) -> Result<(), StorageError>;
    /// The id of the key that was stored (or stored again) last.
    async fn latest_app_state_key_id(&self, session: &str) -> Result<Option<Vec<u8>>, StorageError>;

    /// The hash state of a collection, JSON.
    async fn app_state_version(&self, session: &str, name: &str) -> Result<Option<Vec<u8>>, StorageError>;
    /// Replaces the hash state of a collection.
    async fn put_app_state_version(
        &self,
        session: &str,
        name: &str,
        state: Vec<u8>,
    ) -> Result<(), StorageError>;

    /// Inserts or replaces checksums of a collection.
    async fn put_mutation_macs(
        &self,
        session: &str,
        name: &str,
        version: i64,
        macs: Vec<MutationMac>,
    ) -> Result<(), StorageError>;
    /// The value checksum of one entry.
    async fn mutation_mac(
        &self,
        session: &str,
        name: &str,
        index_mac: &[u8],
    ) -> Result<Option<Vec<u8>>, StorageError>;
    /// Those of the checksums that exist.
    async fn mutation_macs(
        &self,
        session: &str,
        name: &str,
        index_macs: &[&[u8]],
    ) -> Result<Vec<MutationMac>, StorageError>;
    /// Forgets the checksums of these entries.
    async fn delete_mutation_macs(
        &self,
        session: &str,
        name: &str,
        index_macs: &[&[u8]],
    ) -> Result<(), StorageError>;
    /// Forgets every checksum of a collection: a snapshot starts it anew.
    async fn clear_mutation_macs(&self, session: &str, name: &str) -> Result<(), StorageError>;
}
