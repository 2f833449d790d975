//! The audit log: who did what, append-only. Never secrets, message text or phone numbers.

use async_trait::async_trait;

use crate::StorageError;

/// What somebody did, or was not allowed to do.
#[derive(Debug, Clone)]
pub struct AuditRow {
    /// Row id; sorts by time.
    pub id: String,
    /// When.
    pub at: i64,
    /// The user's row id, when it is known.
    pub actor_id: Option<String>,
    /// The user's address at that time, `cli`, or what was typed at a failed login.
    pub actor: String,
    /// What, as `noun.verb`: `user.create`, `login.fail`.
    pub action: String,
    /// The row id or name of what it was done to.
    pub target: Option<String>,
    /// Whether it was done.
    pub outcome: Outcome,
    /// More, JSON.
    pub detail: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Ok,
    /// Not allowed.
    Refused,
}

impl Outcome {
    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
        }
    }
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Only entries before this one (row id).
    pub before: Option<String>,
    /// Only this user's (row id).
    pub actor_id: Option<String>,
    /// Only this action.
    pub action: Option<String>,
    /// At most so many.
    pub limit: i64,
}

/// The `audit` table.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Appends an entry.
    async fn append_audit(&self, row: AuditRow) -> Result<(), StorageError>;
    /// Entries, newest first.
    async fn audit(&self, query: AuditQuery) -> Result<Vec<AuditRow>, StorageError>;
    /// Removes what is older than `before` (ms); how many.
    async fn prune_audit(&self, before: i64) -> Result<u64, StorageError>;
}
