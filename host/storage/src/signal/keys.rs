//! Signal keys: identities, Signal sessions, prekeys, sender keys.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::StorageError;

/// A record that belongs to a Signal address (an identity key, a Signal session, a sender key).
#[derive(Debug, Clone)]
pub struct SignalRecord {
    /// The address, as the library writes it: `user@server`, `user:device@server`, or a sender key name.
    pub address: Arc<str>,
    /// The record.
    pub record: Bytes,
}

/// A one-time prekey or a signed prekey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrekeyRecord {
    /// Its number.
    pub id: u32,
    /// The record.
    pub record: Bytes,
}

/// The tables `wa_identities`, `wa_signal_sessions`, `wa_prekeys`, `wa_signed_prekeys` and `wa_sender_keys`.
#[async_trait]
pub trait SignalKeys: Send + Sync {
    /// Inserts or replaces identity keys, 32 bytes each.
    async fn put_signal_identities(
        &self,
        session: &str,
        records: Vec<SignalRecord>,
    ) -> Result<(), StorageError>;
    /// The identity key of an address.
    async fn signal_identity(&self, session: &str, address: &str) -> Result<Option<[u8; 32]>, StorageError>;
    /// Forgets an identity key.
    async fn delete_signal_identity(&self, session: &str, address: &str) -> Result<(), StorageError>;

    /// Inserts or replaces Signal sessions.
    async fn put_signal_sessions(
        &self,
        session: &str,
        records: Vec<SignalRecord>,
    ) -> Result<(), StorageError>;
    /// The Signal session with an address.
    async fn signal_session(&self, session: &str, address: &str) -> Result<Option<Bytes>, StorageError>;
    /// Whether there is a Signal session with an address.
    async fn has_signal_session(&self, session: &str, address: &str) -> Result<bool, StorageError>;
    /// Forgets a Signal session.
    async fn delete_signal_session(&self, session: &str, address: &str) -> Result<(), StorageError>;
    /// Whether any device of `user` (the part before `@` or `:`) has a Signal session or an identity key here.
    async fn has_signal_state_of(&self, session: &str, user: &str) -> Result<bool, StorageError>;

    /// Inserts or replaces one-time prekeys, all of them uploaded or none.
    async fn put_prekeys(
        &self,
        session: &str,
        records: Vec<PrekeyRecord>,
        uploaded: bool,
    ) -> Result<(), StorageError>;
    /// Those of the one-time prekeys that exist, by number.
    async fn prekeys(&self, session: &str, ids: &[u32]) -> Result<Vec<PrekeyRecord>, StorageError>;
    /// Marks one-time prekeys as uploaded; those that are gone stay gone.
    async fn mark_prekeys_uploaded(&self, session: &str, ids: &[u32]) -> Result<(), StorageError>;
    /// Forgets a one-time prekey: it was used.
    async fn delete_prekey(&self, session: &str, id: u32) -> Result<(), StorageError>;
    /// The highest number among the one-time prekeys, 0 when there are none.
    async fn max_prekey_id(&self, session: &str) -> Result<u32, StorageError>;

    /// Inserts or replaces a signed prekey.
    async fn put_signed_prekey(&self, session: &str, record: PrekeyRecord) -> Result<(), StorageError>;
    /// A signed prekey.
    async fn signed_prekey(&self, session: &str, id: u32) -> Result<Option<Vec<u8>>, StorageError>;
    /// All signed prekeys, by number.
    async fn signed_prekeys(&self, session: &str) -> Result<Vec<PrekeyRecord>, StorageError>;
    /// Forgets a signed prekey.
    async fn delete_signed_prekey(&self, session: &str, id: u32) -> Result<(), StorageError>;

    /// Inserts or replaces sender keys.
    async fn put_sender_keys(&self, session: &str, records: Vec<SignalRecord>) -> Result<(), StorageError>;
    /// A sender key.
    async fn sender_key(&self, session: &str, address: &str) -> Result<Option<Vec<u8>>, StorageError>;
    /// Forgets a sender key.
    async fn delete_sender_key(&self, session: &str, address: &str) -> Result<(), StorageError>;
}
