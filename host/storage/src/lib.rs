//! What wagate keeps. Row types and one trait an aggregate here; the backend in a module of its own ([`sqlite`]).
//! Not here: what rows mean to WhatsApp (engine) or to a user (gateway).
//!
//! To add a table: a migration, a file here with the row and its trait, a file under `sqlite/`, the trait in
//! [`Storage`]. Every write is one closure on the writer task, which commits many of them together
//! (`synchronous=FULL`): when a method that writes returns `Ok`, the rows survive a power cut.

pub mod api_keys;
pub mod clock;
pub mod documents;
pub mod error;
pub mod events;
pub mod hooks;
pub mod journal;
pub mod messages;
pub mod plugin_store;
pub mod sessions;
pub mod signal;
pub mod sqlite;
pub mod timers;
pub mod users;

use std::sync::Arc;

pub use error::StorageError;

/// Everything a backend offers. Obtained once, in the composition root, and handed on as [`SharedStorage`].
pub trait Storage:
    users::Users
    + api_keys::ApiKeys
    + sessions::Sessions
    + messages::Messages
    + events::Events
    + hooks::HookCursors
    + journal::SendJournal
    + plugin_store::PluginStore
    + documents::Documents
    + signal::SignalState
    + timers::Timers
    + Health
{
}

/// The storage as the other crates hold it.
pub type SharedStorage = Arc<dyn Storage>;

/// Whether the database can be written.
#[async_trait::async_trait]
pub trait Health: Send + Sync {
    /// Commits an empty write: `Ok` means that a durable commit works now.
    async fn check_writable(&self) -> Result<(), StorageError>;
    /// Waits for queued writes, checkpoints and closes. Later calls fail with [`StorageError::Closed`].
    async fn close(&self);
}

/// A new row id: a version 7 UUID in its hyphenated form, so that ids sort by time.
pub fn new_row_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
