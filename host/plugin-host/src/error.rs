//! Why a plugin, a file or a call was refused.

use std::fmt;

use thiserror::Error;
use wagate_protocol::error::HostError;
use wagate_protocol::text::one_line;
use wagate_storage::StorageError;

/// Why the plugin host could not start at all. A single plugin's error is a status, not this.
#[derive(Debug, Error)]
pub enum PluginHostError {
    /// The runtime refused its settings, or the cache directory cannot be written.
    #[error("the plugin runtime cannot start: {0}")]
    Runtime(String),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Of a message, characters: part of it may be what an author wrote.
const MAX_MESSAGE: usize = 4000;

/// Something wrong with a plugin's files, with the place where that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// What is wrong.
    pub message: String,
    /// In which file.
    pub file: Option<String>,
    /// From 1.
    pub line: Option<u32>,
    /// From 1.
    pub column: Option<u32>,
}

impl FileError {
    /// The message may quote what an author wrote: it stays in one line and in its direction.
    pub(crate) fn new(file: &str, message: impl AsRef<str>) -> Self {
        Self {
            message: one_line(message.as_ref()).chars().take(MAX_MESSAGE).collect(),
            file: Some(file.to_owned()),
            line: None,
            column: None,
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
            for number in [self.line, self.column].into_iter().flatten() {
                write!(f, "{number}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for FileError {}

/// Why a call ended without the plugin's answer. The texts are fit for clients.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PluginCallError {
    /// No free instance within the bounded wait, or no memory for one: nothing of the call has happened.
    #[error("the plugin is busy")]
    Busy {
        /// Milliseconds to wait.
        retry_after_ms: u64,
    },
    /// More requests a minute than the administrator allows.
    #[error("the plugin gets too many requests")]
    RateLimited {
        /// Milliseconds to wait.
        retry_after_ms: u64,
    },
    /// It failed too often lately and is left alone for a while.
    #[error("the plugin is suspended after repeated failures")]
    Suspended {
        /// Milliseconds to wait.
        retry_after_ms: u64,
    },
    /// It used up its time.
    #[error("the plugin did not answer in time")]
    Timeout,
    /// It crashed.
    #[error("the plugin failed")]
    Trapped,
    /// It used up its memory.
    #[error("the plugin ran out of memory")]
    Memory,
    /// It was in the middle of its work, and its other instances have the memory it needs.
    #[error("the plugin's calls together ran out of memory")]
    Crowded,
    /// Its answer is above the limit.
    #[error("the plugin's answer is too large")]
    TooLarge,
    /// Its answer is none that could be sent; the text says why.
    #[error("the plugin's answer is refused: {0}")]
    BadAnswer(String),
    /// It answered with an error instead of a response.
    #[error(transparent)]
    Refused(HostError),
    /// The host or the plugin broke the agreement; the text is for the log.
    #[error("internal error")]
    Internal(String),
}

impl PluginCallError {
    /// No place for the call now.
    pub(crate) const BUSY: Self = Self::Busy { retry_after_ms: 1000 };

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Busy { .. } | Self::Suspended { .. } => 503,
            Self::RateLimited { .. } => 429,
            Self::Timeout => 504,
            Self::Trapped | Self::Memory | Self::Crowded | Self::TooLarge | Self::BadAnswer(_) => 502,
            Self::Refused(error) => error.http_status(),
            Self::Internal(_) => 500,
        }
    }

    /// Milliseconds after which the same call may work, when known.
    pub fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::Busy { retry_after_ms }
            | Self::Suspended { retry_after_ms }
            | Self::RateLimited { retry_after_ms } => Some(*retry_after_ms),
            Self::Refused(error) => error.retry_after_ms(),
            _ => None,
        }
    }

    /// Whether the same call may succeed later, without anything being changed.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::Crowded | Self::RateLimited { .. } | Self::Suspended { .. } => true,
            Self::Refused(error) => error.is_temporary(),
            _ => false,
        }
    }

    /// Whether it was the plugin's fault: counted by the circuit breaker.
    pub(crate) fn is_fault(&self) -> bool {
        matches!(self, Self::Timeout | Self::Trapped | Self::Memory)
    }
}
