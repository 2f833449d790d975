//! The files of media messages: where they lie, and how they are downloaded when they do not yet.

use async_trait::async_trait;

use crate::StorageError;

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaState {
    /// To be downloaded.
    Pending,
    /// On disk.
    Stored,
    /// Given up: the content is broken, or never came.
    Failed,
    /// Not kept here any more, or no longer to be had from WhatsApp.
    Expired,
    /// Above the limit.
    TooLarge,
}

impl MediaState {
    /// As it stands in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Stored => "STORED",
            Self::Failed => "FAILED",
            Self::Expired => "EXPIRED",
            Self::TooLarge => "TOO_LARGE",
        }
    }
}

/// A file of a message that is being written down.
#[derive(Debug, Clone)]
pub struct NewMedia {
    /// A new row id.
    pub id: String,
    /// What it is called outside: unique, and nothing but letters, digits, `-`, `_` and one dot.
    pub file_name: String,
    /// The contract's message type.
    pub kind: String,
    /// What the sender calls the file.
    pub title: Option<String>,
    /// What the sender says it is.
    pub mime: String,
    /// What the sender says how large it is.
    pub bytes: Option<i64>,
    /// `PENDING`, or `TOO_LARGE` at once.
    pub state: MediaState,
    /// Downloaded only when somebody asks for it.
    pub is_lazy: bool,
    /// How it is downloaded.
    pub source: MediaSource,
}

/// How a file is downloaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MediaSource {
    /// WhatsApp's word for the kind of content.
    pub media_type: String,
    /// Where it is on WhatsApp's media servers.
    pub direct_path: Option<String>,
    /// A whole address instead (channels).
    pub static_url: Option<String>,
    /// What it is encrypted with; none for what is not.
    pub media_key: Option<Vec<u8>>,
    /// Of the content.
    pub file_sha256: Option<Vec<u8>>,
    /// Of what travels.
    pub file_enc_sha256: Option<Vec<u8>>,
}

/// The message a file belongs to.
#[derive(Debug, Clone)]
pub struct MediaMessage {
    /// The session's row id.
    pub session_id: String,
    /// The message's row id.
    pub message_id: String,
    /// The chat.
    pub chat: String,
    /// Who sent it.
    pub sender: String,
    /// By this account.
    pub from_me: bool,
    /// WhatsApp's message id.
    pub wa_id: String,
    /// Now, ms.
    pub now: i64,
}

/// A file.
#[derive(Debug, Clone)]
pub struct MediaRow {
    /// Row id.
    pub id: String,
    /// The session's row id.
    pub session_id: String,
    /// The message's row id.
    pub message_id: String,
    /// The chat.
    pub chat: String,
    /// Who sent it.
    pub sender: String,
    /// By this account.
    pub from_me: bool,
    /// WhatsApp's message id.
    pub wa_id: String,
    /// What it is called outside.
    pub file_name: String,
    /// The contract's message type.
    pub kind: String,
    /// What the sender calls the file.
    pub title: Option<String>,
    /// What it is.
    pub mime: String,
    /// How large it is, or is said to be.
    pub bytes: Option<i64>,
    /// Of the stored content.
    pub sha256: Option<Vec<u8>>,
    /// Below the media directory.
    pub path: Option<String>,
    /// How far it has come.
    pub state: MediaState,
    /// Why it has not come further.
    pub error: Option<String>,
    /// How it is downloaded.
    pub source: MediaSource,
    /// Downloads that failed.
    pub attempts: i64,
    /// No download before, ms.
    pub not_before_ms: i64,
    /// First seen, ms.
    pub created_at: i64,
    /// Stored, ms.
    pub stored_at: Option<i64>,
}

/// A stored file as lists show it.
#[derive(Debug, Clone)]
pub struct MediaListing {
    /// The file.
    pub file: MediaRow,
    /// The sender's push name.
    pub push_name: Option<String>,
    /// The session's slug.
    pub session_slug: String,
    /// The session's name.
    pub session_name: String,
    /// The session's owner, row id.
    pub owner_id: String,
    /// The owner's name.
    pub owner_name: Option<String>,
}

/// What a list of files is about.
#[derive(Debug, Clone)]
pub enum MediaScope {
    /// Every session.
    All,
    /// The sessions with these row ids.
    Sessions(Vec<String>),
}

/// What happened to a file.
#[derive(Debug, Clone)]
pub enum MediaChange {
    /// It is on disk.
    Stored {
        /// Below the media directory.
        path: String,
        /// By its content.
        mime: String,
        /// Its size.
        bytes: i64,
        /// Of its content.
        sha256: Vec<u8>,
        /// Now, ms.
        now: i64,
    },
    /// A download failed; there will be another one.
    Retry {
        /// Downloads that failed.
        attempts: i64,
        /// Not before, ms.
        not_before_ms: i64,
        /// Why.
        error: String,
    },
    /// There will be no other one of its own accord. The file, if there was one, is gone.
    Ended {
        /// Anything but `PENDING` and `STORED`.
        state: MediaState,
        /// Why.
        error: String,
        /// Until then nobody is asked for it again, ms.
        not_before_ms: i64,
    },
    /// WhatsApp has it in another place now.
    Moved {
        /// Where.
        direct_path: String,
    },
}

/// Files and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MediaTotals {
    /// Stored files.
    pub files: i64,
    /// Their bytes.
    pub bytes: i64,
}

/// The `media_files` table.
#[async_trait]
pub trait MediaFiles: Send + Sync {
    /// Notes the file of a message that is stored already. Nothing happens when it is noted, or the session is gone.
    async fn insert_media(&self, message: MediaMessage, media: NewMedia) -> Result<(), StorageError>;
    /// By row id.
    async fn media(&self, id: &str) -> Result<Option<MediaRow>, StorageError>;
    /// By what it is called outside.
    async fn media_by_name(&self, file_name: &str) -> Result<Option<MediaRow>, StorageError>;
    /// By the message's row id.
    async fn media_of_message(&self, message_id: &str) -> Result<Option<MediaRow>, StorageError>;
    /// Of several messages of a session, by their row ids.
    async fn media_of_messages(
        &self,
        session_id: &str,
        message_ids: &[String],
    ) -> Result<Vec<MediaRow>, StorageError>;
    /// Stored files, the newest first.
    async fn media_list(
        &self,
        scope: MediaScope,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<MediaListing>, StorageError>;
    /// How much is stored.
    async fn media_totals(&self, scope: MediaScope) -> Result<MediaTotals, StorageError>;
    /// Sessions with files to be downloaded now.
    async fn sessions_with_due_media(&self, now: i64) -> Result<Vec<String>, StorageError>;
    /// Up to `limit` files of a session to be downloaded now, the longest waiting first.
    async fn due_media(&self, session_id: &str, now: i64, limit: i64) -> Result<Vec<MediaRow>, StorageError>;
    /// Notes what happened. `false` when the file is not known any more.
    async fn change_media(&self, id: &str, change: MediaChange) -> Result<bool, StorageError>;
    /// Forgets files by their row ids.
    async fn delete_media(&self, ids: Vec<String>) -> Result<(), StorageError>;
    /// Up to `limit` stored files, the oldest first: of one session or of all, stored before a moment (ms).
    async fn oldest_media(
        &self,
        session_id: Option<&str>,
        before_ms: i64,
        limit: i64,
    ) -> Result<Vec<MediaRow>, StorageError>;
}
