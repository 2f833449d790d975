//! Logins: what a browser's cookie stands for. The cookie's value is kept as a hash only.

use async_trait::async_trait;

use crate::StorageError;
use crate::users::UserRow;

/// Logins a user can have at the same time; a new one beyond that ends the one not seen for longest.
pub const MAX_LOGINS: i64 = 50;

/// A login.
#[derive(Debug, Clone)]
pub struct LoginRow {
    /// Row id.
    pub id: String,
    /// Who logged in.
    pub user_id: String,
    /// SHA-256 of the cookie's value, 32 bytes.
    pub token_hash: Vec<u8>,
    /// From where, as far as known.
    pub address: Option<String>,
    /// With what, as far as told.
    pub user_agent: Option<String>,
    /// When.
    pub created_at: i64,
    /// The last request, to the minute.
    pub last_seen_at: i64,
    /// Whatever happens, not valid from this moment on.
    pub expires_at: i64,
}

/// The `logins` table.
#[async_trait]
pub trait Logins: Send + Sync {
    /// Adds a login, and removes those of the same user that are too many.
    async fn insert_login(&self, login: LoginRow) -> Result<(), StorageError>;
    /// The login with this hash, with its user. Ended ones are gone, expired ones are returned (the caller judges).
    async fn login_by_hash(&self, hash: &[u8]) -> Result<Option<(LoginRow, UserRow)>, StorageError>;
    /// Notes that it was seen.
    async fn touch_login(&self, id: &str, now: i64) -> Result<(), StorageError>;
    /// A user's logins, newest first.
    async fn logins_of(&self, user_id: &str) -> Result<Vec<LoginRow>, StorageError>;
    /// Ends one. `false` when it had ended already.
    async fn delete_login(&self, id: &str) -> Result<bool, StorageError>;
    /// Ends all logins of a user; how many.
    async fn delete_logins_of(&self, user_id: &str) -> Result<u64, StorageError>;
    /// Removes what expired before `now` or was not seen since `seen_before`; how many.
    async fn sweep_logins(&self, now: i64, seen_before: i64) -> Result<u64, StorageError>;
}
