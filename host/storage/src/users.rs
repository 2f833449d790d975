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
    /// Being deleted: nothing of theirs works any more.
    pub disabled: bool,
    /// Created.
    pub created_at: i64,
    /// Last changed.
    pub updated_at: i64,
}

/// What is changed of a user; none leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// Another name.
    pub name: Option<String>,
    /// Another address.
    pub email: Option<String>,
    /// Another password, hashed.
    pub password_hash: Option<String>,
    /// Another role.
    pub role: Option<Role>,
}

/// A user with what lists show beside them.
#[derive(Debug, Clone)]
pub struct UserInList {
    /// The user.
    pub user: UserRow,
    /// How many sessions they own.
    pub sessions: i64,
}

/// Why a user stays as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserRefusal {
    /// There is no such user.
    Unknown,
    /// The only superadmin left: without one, nobody could make another.
    LastSuperAdmin,
}

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationGate {
    /// Anybody.
    Open,
    /// Whoever comes while there is no user at all.
    First,
}

/// The `users` table.
#[async_trait]
pub trait Users: Send + Sync {
    /// Inserts the first user and their key in one transaction, only while there is no user at all.
    /// `false` when there already was one (nothing is written).
    async fn insert_first_user(&self, user: UserRow, key: ApiKeyRow) -> Result<bool, StorageError>;
    /// The user with this id.
    async fn user(&self, id: &str) -> Result<Option<UserRow>, StorageError>;
    /// The user with this address (lower case).
    async fn user_by_email(&self, email: &str) -> Result<Option<UserRow>, StorageError>;
    /// All of them, newest first.
    async fn users(&self) -> Result<Vec<UserInList>, StorageError>;
    /// How many users there are.
    async fn count_users(&self) -> Result<i64, StorageError>;
    /// Inserts; [`StorageError::Conflict`] names `email` when the address is taken. `false`: the gate was closed.
    async fn insert_user(&self, user: UserRow, gate: RegistrationGate) -> Result<bool, StorageError>;
    /// Changes fields; a new role or password ends the user's logins, except this one. The user as they are then.
    async fn update_user(
        &self,
        id: &str,
        change: UserChange,
        keep_login: Option<&str>,
        now: i64,
    ) -> Result<Result<UserRow, UserRefusal>, StorageError>;
    /// Takes everything away from a user but their sessions: keys, logins, access. The first step of a deletion.
    async fn disable_user(&self, id: &str, now: i64) -> Result<Result<(), UserRefusal>, StorageError>;
    /// Removes the row of a user, with what still hangs on it. `false` when there was none.
    async fn delete_user(&self, id: &str) -> Result<bool, StorageError>;
}
