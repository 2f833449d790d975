//! Users: who may log in, and with which role.

use async_trait::async_trait;

use crate::StorageError;
use crate::api_keys::ApiKeyRow;

/// What a user may do. Stored as its contract spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything, on every session.
    SuperAdmin,
    /// Everything on their own sessions.
    Owner,
    /// Uses sessions shared with them.
    Staff,
}

impl Role {
    /// The contract's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SuperAdmin => "SUPERADMIN",
            Self::Owner => "OWNER",
            Self::Staff => "STAFF",
        }
    }

    /// Reads the contract's spelling.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "SUPERADMIN" => Some(Self::SuperAdmin),
            "OWNER" => Some(Self::Owner),
            "STAFF" => Some(Self::Staff),
            _ => None,
        }
    }
}

/// A user. Times are milliseconds since 1970, as everywhere in this crate.
#[derive(Debug, Clone)]
pub struct UserRow {
    /// Row id.
    pub id: String,
    /// Unique, lower case.
    pub email: String,
    /// Shown to people.
    pub name: Option<String>,
    /// Argon2id PHC string; none means that no password login is possible.
    pub password_hash: Option<String>,
    /// The role.
    pub role: Role,
    /// Created.
    pub created_at: i64,
    /// Last changed.
    pub updated_at: i64,
}

/// The `users` table.
#[async_trait]
pub trait Users: Send + Sync {
    /// Inserts the first user and their key in one transaction, only while there is no user at all.
    /// `false` when there already was one (nothing is written).
    async fn insert_first_user(&self, user: UserRow, key: ApiKeyRow) -> Result<bool, StorageError>;
    /// The user with this id.
    async fn user(&self, id: &str) -> Result<Option<UserRow>, StorageError>;
    /// How many users there are.
    async fn count_users(&self) -> Result<i64, StorageError>;
}
