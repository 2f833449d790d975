//! What wagate keeps. Row types and one trait an aggregate here; the backend in a module of its own ([`sqlite`]).
//! Not here: what rows mean to WhatsApp (engine) or to a user (gateway).
//!
//! To add a table: a migration, a file here with the row and its trait, a file under `sqlite/`, the trait in
//! [`Storage`]. Every write is one closure on the writer thread, which commits many of them together
//! (`synchronous=FULL`): when a method that writes returns `Ok`, the rows survive a power cut.

pub mod access;
pub mod api_keys;
pub mod audit;
pub mod chats;
pub mod clock;
pub mod contacts;
mod db;
pub mod deliveries;
pub mod documents;
pub mod error;
pub mod events;
pub mod groups;
pub mod history;
pub mod hooks;
pub mod journal;
pub mod labels;
pub mod logins;
pub mod media;
pub mod messages;
pub mod notifications;
pub mod parked;
pub mod plugin_store;
pub mod polls;
pub mod reactions;
pub mod receipts;
pub mod requests;
pub mod retention;
pub mod search;
pub mod secrets;
pub mod send_queue;
pub mod session_config;
pub mod sessions;
pub mod signal;
pub mod sqlite;
pub mod system;
pub mod tail;
pub mod timers;
pub mod users;

use std::sync::Arc;

pub use db::Error as DatabaseError;
pub use error::StorageError;

/// Everything a backend offers. Obtained once, in the composition root, and handed on as [`SharedStorage`].
pub trait Storage:
    users::Users
    + api_keys::ApiKeys
    + logins::Logins
    + access::SessionAccess
    + audit::Audit
    + system::System
    + notifications::Notifications
    + sessions::Sessions
    + messages::Messages
    + media::MediaFiles
    + reactions::Reactions
    + polls::PollVotes
    + receipts::Receipts
    + chats::Chats
    + contacts::Contacts
    + groups::Groups
    + labels::Labels
    + search::Search
    + history::HistoryChunks
    + retention::Retention
    + events::Events
    + hooks::HookCursors
    + parked::ParkedEvents
    + journal::SendJournal
    + plugin_store::PluginStore
    + documents::Documents
    + signal::SignalState
    + timers::Timers
    + deliveries::Deliveries
    + requests::RequestKeys
    + send_queue::SendQueue
    + Health
{
    /// Seals what must not stand in the database in clear.
    fn secrets(&self) -> &secrets::SecretBox;
    /// The newest part of the event log.
    fn tail(&self) -> &tail::EventTail;
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

/// The row id of a moment (ms), with these bytes where others have random ones: the same again for the same.
pub fn row_id_at(at_ms: i64, bytes: &[u8; 10]) -> String {
    let at_ms = u64::try_from(at_ms).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(at_ms, bytes)
        .into_uuid()
        .to_string()
}
