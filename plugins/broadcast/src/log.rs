//! A broadcast as it is kept: how far it is. Its text and its recipients have keys of their own.

use serde::{Deserialize, Serialize};
use wagate_plugin_api::Error;

use crate::pace::Pause;

/// What goes on with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Running,
    /// Waits for somebody to resume it.
    Paused,
    Completed,
    Cancelled,
}

impl Status {
    /// As clients read it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Nothing more happens to it.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }
}

/// A broadcast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Log {
    /// Sorts by age.
    pub(crate) id: String,
    pub(crate) total: u32,
    pub(crate) sent: u32,
    pub(crate) failed: u32,
    pub(crate) status: Status,
    pub(crate) pause: Pause,
    pub(crate) started_at_ms: i64,
    pub(crate) completed_at_ms: Option<i64>,
    /// Why it paused by itself.
    pub(crate) reason: Option<String>,
    /// How often it did: who was refused then is asked again under another id.
    #[serde(default)]
    pub(crate) round: u32,
}

impl Log {
    /// How many recipients had their turn: also the number of the next one.
    pub(crate) fn done(&self) -> u32 {
        self.sent.saturating_add(self.failed)
    }

    /// One more had its turn.
    pub(crate) fn note(&mut self, is_sent: bool, now_ms: i64) {
        if is_sent {
            self.sent += 1;
        } else {
            self.failed += 1;
        }
        if self.done() >= self.total && !self.status.is_over() {
            self.end(Status::Completed, now_ms);
        }
    }

    /// It is over.
    pub(crate) fn end(&mut self, status: Status, now_ms: i64) {
        self.status = status;
        self.reason = None;
        self.completed_at_ms = Some(now_ms);
    }

    /// A 409 when it is over.
    pub(crate) fn is_open(&self) -> Result<(), Error> {
        if self.status.is_over() {
            return Err(Error::conflict(format!(
                "The broadcast is {}",
                self.status.word()
            )));
        }
        Ok(())
    }
}
