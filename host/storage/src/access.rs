//! Session access: which sessions are shared with whom. Owners and superadmins need no entry.

use async_trait::async_trait;

use crate::StorageError;
use crate::sessions::SessionRow;
use crate::users::UserRow;

/// Users a session can be shared with.
pub const MAX_SHARES: i64 = 1_000;

/// A session that is shared with a user.
#[derive(Debug, Clone)]
pub struct AccessRow {
    /// Row id.
    pub id: String,
    /// The session's row id.
    pub session_id: String,
    /// The user's row id.
    pub user_id: String,
    /// Since when.
    pub created_at: i64,
}

/// What came of sharing a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    /// It is shared now.
    New,
    /// It was shared with this user already.
    Already,
    /// It is shared with [`MAX_SHARES`] users.
    TooMany,
    /// The session or the user is gone.
    Gone,
}

/// The `session_access` table.
#[async_trait]
pub trait SessionAccess: Send + Sync {
    /// Shares a session.
    async fn grant_access(&self, row: AccessRow) -> Result<Granted, StorageError>;
    /// Takes it back. `false` when it was not shared with this user.
    async fn revoke_access(&self, session_id: &str, user_id: &str) -> Result<bool, StorageError>;
    /// Whether it is shared with this user.
    async fn has_access(&self, session_id: &str, user_id: &str) -> Result<bool, StorageError>;
    /// With whom a session is shared, newest first.
    async fn access_to(&self, session_id: &str) -> Result<Vec<(AccessRow, UserRow)>, StorageError>;
    /// The sessions shared with a user, newest first.
    async fn sessions_shared_with(&self, user_id: &str) -> Result<Vec<SessionRow>, StorageError>;
    /// Row ids of everyone a session concerns: its owner, then those it is shared with.
    async fn users_of_session(&self, session_id: &str) -> Result<Vec<String>, StorageError>;
}
