//! Why the engine refused. The gateway and the plugin host map these to statuses; nobody else does.

use thiserror::Error;
use wagate_protocol::refusal;
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
    #[error("{}", refusal::text(code))]
    Rejected {
        /// WhatsApp's code, or our own word for why a message that waited was given up.
        code: String,
    },
    /// The account is no admin of the group, which the call needs.
    #[error("Bot must be admin of this group")]
    NotAdmin,
    /// What was named does not exist, or the account may not see it.
    #[error("{0}")]
    NotFound(String),
    /// The thing is in a state that does not allow the call.
    #[error("{0}")]
    Conflict(String),
    /// Too many calls.
    #[error("WhatsApp asks for fewer requests")]
    RateLimited {
        /// Milliseconds to wait.
        retry_after_ms: u64,
    },
    /// Not possible now; the text says what is missing.
    #[error("{message}")]
    Unavailable {
        /// What is missing.
        message: String,
        /// Milliseconds after which it may work, when that is known.
        retry_after_ms: Option<u64>,
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

impl EngineError {
    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            message: message.into(),
        }
    }
}
