//! API keys: stored as a hash, never as the key.

use async_trait::async_trait;

use crate::StorageError;

/// Keys a user can have: enough for every integration, few enough for a list.
pub const MAX_KEYS: i64 = 100;

/// An API key as it is kept.
#[derive(Debug, Clone, Default)]
pub struct ApiKeyRow {
    /// Row id.
    pub id: String,
    /// Whose key it is; it can do at most what its user can.
    pub user_id: String,
    /// What the user calls it.
    pub name: String,
    /// SHA-256 of the whole key, 32 bytes. A plain hash suffices: a key carries more than 128 bits of entropy.
    pub hash: Vec<u8>,
    /// How it begins, to tell keys apart in a list.
    pub prefix: String,
    /// The last four characters, for the same purpose.
    pub last4: String,
    /// The actions it may be used for; none: all that its user may do.
    pub scopes: Option<Vec<String>>,
    /// Row ids of the sessions it may be used on; none: all that its user may use.
    pub sessions: Option<Vec<String>>,
    /// The one that `/api/user/api-key` is about; a user has at most one.
    pub is_default: bool,
    /// Not valid from this moment on.
    pub expires_at: Option<i64>,
    /// The last use, to the minute.
    pub last_used_at: Option<i64>,
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
    /// A user's keys, newest first.
    async fn api_keys_of(&self, user_id: &str) -> Result<Vec<ApiKeyRow>, StorageError>;
    /// Adds a key; a default one takes the place of the one before. `false`: the user has [`MAX_KEYS`].
    async fn insert_api_key(&self, key: ApiKeyRow) -> Result<bool, StorageError>;
    /// Revokes a user's key. `false` when they have none with this id.
    async fn delete_api_key(&self, user_id: &str, id: &str) -> Result<bool, StorageError>;
    /// Revokes a user's default key. `false` when they have none.
    async fn delete_default_api_key(&self, user_id: &str) -> Result<bool, StorageError>;
}
