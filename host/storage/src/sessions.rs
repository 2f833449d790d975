//! Sessions: one linked (or to be linked) WhatsApp account each.

use async_trait::async_trait;

use crate::StorageError;

/// What the user wants: survives a restart, unlike the connection itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desired {
    /// Connect, and reconnect for ever.
    Running,
    /// Stay down until someone starts it.
    Stopped,
}

/// A session. Everything that belongs to it is keyed by `id`, never by `slug`: slugs can be reused.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Row id.
    pub id: String,
    /// The owner's row id.
    pub user_id: String,
    /// What REST clients call it, unique, `[a-z0-9][a-z0-9_-]{1,63}`.
    pub slug: String,
    /// Shown to people.
    pub name: String,
    /// What the user wants.
    pub desired: Desired,
    /// The last known state, in the contract's words (`CONNECTED`, `STOPPED`, `LOGGED_OUT` ...).
    pub status: String,
    /// Why it is in that state, when there is something to say.
    pub cause: Option<String>,
    /// The linked account's phone JID.
    pub pn: Option<String>,
    /// The linked account's LID.
    pub lid: Option<String>,
    /// The linked account's push name.
    pub push_name: Option<String>,
    /// The session settings document (JSON object).
    pub config: String,
    /// Created.
    pub created_at: i64,
    /// Last changed.
    pub updated_at: i64,
}

/// The linked account, as far as known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Phone JID.
    pub pn: Option<String>,
    /// LID.
    pub lid: Option<String>,
    /// Push name.
    pub push_name: Option<String>,
}

/// The `sessions` table.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Inserts; [`StorageError::Conflict`] names `sessionId` when the slug is taken.
    async fn insert_session(&self, row: SessionRow) -> Result<(), StorageError>;
    /// By row id.
    async fn session(&self, id: &str) -> Result<Option<SessionRow>, StorageError>;
    /// By slug.
    async fn session_by_slug(&self, slug: &str) -> Result<Option<SessionRow>, StorageError>;
    /// All of them, newest first.
    async fn sessions(&self) -> Result<Vec<SessionRow>, StorageError>;
    /// Those this user owns, newest first.
    async fn sessions_of(&self, user_id: &str) -> Result<Vec<SessionRow>, StorageError>;
    /// Notes what the user wants.
    async fn set_desired(&self, id: &str, desired: Desired, now: i64) -> Result<(), StorageError>;
    /// Notes the state in which the session is.
    async fn set_status(
        &self,
        id: &str,
        status: &str,
        cause: Option<&str>,
        now: i64,
    ) -> Result<(), StorageError>;
    /// Notes the linked account.
    async fn set_identity(&self, id: &str, identity: Identity, now: i64) -> Result<(), StorageError>;
    /// Replaces the settings document. `false` when there is no such session.
    async fn set_session_config(&self, id: &str, config: String, now: i64) -> Result<bool, StorageError>;
    /// Removes the keys of the linked device and its identity (logged out), keeps messages and settings.
    async fn wipe_device(&self, id: &str, now: i64) -> Result<(), StorageError>;
    /// Removes the session and everything that hangs on it, in one transaction. `false` when there was none.
    async fn delete_session(&self, id: &str) -> Result<bool, StorageError>;
}
