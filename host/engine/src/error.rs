//! Why the engine refused. The gateway and the plugin host map these to statuses; nobody else does.

use thiserror::Error;
use wagate_storage::StorageError;

use crate::SessionStatus;

/// What a call to the engine can answer instead of a result.
#[derive(Debug, Error)]
pub enum EngineError {
    /// No session with this row id.
    #[error("no such session")]
    UnknownSession,
    /// An argument is malformed.
    #[error("{field}: {message}")]
    Invalid {
        /// The argument's name as REST clients write it.
        field: &'static str,
        /// What is wrong, with the limit.
        message: String,
    },
    /// The session is not connected.
    #[error("the session is not connected (it is {})", status.as_str())]
    NotConnected {
        /// The state it is in.
        status: SessionStatus,
    },
    /// The session is linked already: log out first.
    #[error("the session is already linked to an account")]
    AlreadyLinked,
    /// WhatsApp refused.
    #[error("WhatsApp refused with {code}")]
    Rejected {
        /// WhatsApp's code.
        code: String,
    },
    /// No answer in time; the text says what was waited for. The thing may still happen.
    #[error("timed out waiting for {0}")]
    Timeout(&'static str),
    /// The storage failed; nothing was sent.
    #[error("the storage failed")]
    Storage(#[from] StorageError),
    /// Anything else.
    #[error("{0}")]
    Internal(String),
}
