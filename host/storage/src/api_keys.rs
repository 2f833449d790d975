//! API keys: stored as a hash, never as the key.

use async_trait::async_trait;

use crate::StorageError;

/// An API key as it is kept.
#[derive(Debug, Clone)]
pub struct ApiKeyRow {
    /// Row id.
    pub id: String,
    /// Whose key it is; it can do at most what its user can.
    pub user_id: String,
    /// What the user calls it.
    pub name: String,
    /// SHA-256 of the whole key, 32 bytes. A plain hash suffices: a key carries more than 128 bits of entropy.
    pub hash: Vec<u8>,
    /// The last four characters, to tell keys apart in a list.
    pub last4: String,
    /// Not valid from this moment on.
    pub expires_at: Option<i64>,
    /// Created.
    pub created_at: i64,
}

/// The `api_keys` table.
#[async_trait]
pub trait ApiKeys: Send + Sync {
    /// The key with this hash, with its user. Revoked keys are gone, expired ones are returned (the caller judges).
    async fn api_key_by_hash(
        &self,
        hash: &[u8],
    ) -> Result<Option<(ApiKeyRow, crate::users::UserRow)>, StorageError>;
    /// Notes a use, at most once a minute.
    async fn touch_api_key(&self, id: &str, now: i64) -> Result<(), StorageError>;
}
