//! Why a host call was refused: one closed list, the same words in Rust, WIT and JSON.

use thiserror::Error;

use crate::refusal;

/// What a capability answers instead of a result. Each case maps to one HTTP status, in the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HostError {
    /// Not declared by the manifest or not granted by the administrator.
    #[error("denied: {0}")]
    Denied(String),
    /// The thing named does not exist.
    #[error("not found: {0}")]
    NotFound(String),
    /// An argument is malformed; the text names the field and the limit.
    #[error("invalid: {0}")]
    Invalid(String),
    /// The thing is in a state that does not allow the call.
    #[error("conflict: {0}")]
    Conflict(String),
    /// Too many calls; try again after this many milliseconds.
    #[error("rate limited, retry after {retry_after_ms} ms")]
    RateLimited {
        /// Milliseconds to wait.
        retry_after_ms: u64,
    },
    /// Not possible now (session not connected, storage down); may work later.
    #[error("unavailable: {message}")]
    Unavailable {
        /// What is missing.
        message: String,
        /// Milliseconds to wait, when the host knows.
        retry_after_ms: Option<u64>,
    },
    /// No answer in time: what was asked may have happened, or may still happen.
    #[error("timeout: {0}")]
    Timeout(String),
    /// The host failed; the details are in its log.
    #[error("internal: {0}")]
    Internal(String),
}

impl HostError {
    /// The stable code of this case, as it stands in JSON bodies. A message that WhatsApp refused has a code of its own.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Denied(_) => "denied",
            Self::NotFound(_) => "not_found",
            Self::Invalid(_) => "invalid",
            Self::Conflict(text) => refusal::code_of(text).unwrap_or("conflict"),
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable { .. } => "unavailable",
            Self::Timeout(_) => "timeout",
            Self::Internal(_) => "internal",
        }
    }

    /// An [`HostError::Unavailable`] without a known waiting time.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::Unavailable {
            message: message.into(),
            retry_after_ms: None,
        }
    }
}

impl HostError {
    /// The HTTP status a client sees for this case.
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Denied(_) => 403,
            Self::NotFound(_) => 404,
            Self::Invalid(_) => 400,
            Self::Conflict(_) => 409,
            Self::RateLimited { .. } => 429,
            Self::Unavailable { .. } => 503,
            Self::Timeout(_) => 504,
            Self::Internal(_) => 500,
        }
    }

    /// Milliseconds after which the same call may work, when known.
    pub fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after_ms } => Some(*retry_after_ms),
            Self::Unavailable { retry_after_ms, .. } => *retry_after_ms,
            _ => None,
        }
    }

    /// Whether waiting helps: the same call may succeed later, unchanged. A timed out call counts: where it carries a
    /// key (every send of a hook does), repeating it does nothing twice.
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. } | Self::Unavailable { .. } | Self::Timeout(_)
        )
    }
}
