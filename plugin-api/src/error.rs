//! What a handler may fail with, and which answer that becomes.

use std::fmt;

use wagate_protocol::error::HostError;
use wagate_protocol::refusal;

use crate::response::Response;

/// Why a handler did not do what was asked. `?` on any host call makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A refusal of the plugin's own: an HTTP status and the text the client reads.
    Answer {
        /// The status.
        status: u16,
        /// The text.
        message: String,
    },
    /// The host refused a call.
    Host(HostError),
}

impl Error {
    /// The request is malformed; the text names the field.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::Answer {
            status: 400,
            message: message.into(),
        }
    }

    /// The thing named does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::Answer {
            status: 404,
            message: message.into(),
        }
    }

    /// The thing is in a state that does not allow the request.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::Answer {
            status: 409,
            message: message.into(),
        }
    }

    /// The plugin is wrong, not the client.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::Answer {
            status: 500,
            message: message.into(),
        }
    }

    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Answer { status, .. } => *status,
            Self::Host(error) => error.http_status(),
        }
    }

    /// The answer in the contract's form, `{"status":false,"message":m,"error":m}`.
    pub fn to_response(&self) -> Response {
        let text = match self {
            Self::Answer { message, .. } | Self::Host(HostError::Unavailable { message, .. }) => {
                message.clone()
            }
            Self::Host(HostError::Internal(_)) => "Internal Server Error".to_owned(),
            Self::Host(
                HostError::Denied(text)
                | HostError::NotFound(text)
                | HostError::Invalid(text)
                | HostError::Conflict(text)
                | HostError::Timeout(text),
            ) => text.clone(),
            Self::Host(error @ HostError::RateLimited { .. }) => error.to_string(),
        };
        let response = match self {
            Self::Host(HostError::Conflict(refused)) => match refusal::code_of(refused) {
                Some(code) => Response::failure_with_code(self.status(), &text, code),
                None => Response::failure(self.status(), &text),
            },
            _ => Response::failure(self.status(), &text),
        };
        match self {
            Self::Host(error) => match error.retry_after_ms() {
                Some(ms) => response.header("retry-after", &ms.div_ceil(1000).max(1).to_string()),
                None => response,
            },
            Self::Answer { .. } => response,
        }
    }

    /// The same as the host's error, for exports that answer with one.
    pub fn into_host_error(self) -> HostError {
        match self {
            Self::Host(error) => error,
            Self::Answer { status: 404, message } => HostError::NotFound(message),
            Self::Answer { status: 409, message } => HostError::Conflict(message),
            Self::Answer {
                status: 400..=499,
                message,
            } => HostError::Invalid(message),
            Self::Answer { message, .. } => HostError::Internal(message),
        }
    }
}

impl From<HostError> for Error {
    fn from(error: HostError) -> Self {
        Self::Host(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { status, message } => write!(f, "{status}: {message}"),
            Self::Host(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}
