//! What the administrator can set.

use serde::Deserialize;

const MAX_PENDING: usize = 500;
const KEEP_FINISHED: usize = 200;
const MAX_LATE_HOURS: i64 = 24;
const HOUR_MS: i64 = 60 * 60 * 1000;

/// `[settings]` of `config/plugins/scheduler.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    max_pending: Option<usize>,
    keep_finished: Option<usize>,
    max_late_hours: Option<i64>,
}

impl Settings {
    /// How many messages of a session may wait.
    pub(crate) fn max_pending(&self) -> usize {
        self.max_pending.unwrap_or(MAX_PENDING)
    }

    /// How many sent and failed ones of a session are kept.
    pub(crate) fn keep_finished(&self) -> usize {
        self.keep_finished.unwrap_or(KEEP_FINISHED)
    }

    /// How long after its moment a message may still leave.
    pub(crate) fn max_late_ms(&self) -> i64 {
        self.max_late_hours.unwrap_or(MAX_LATE_HOURS) * HOUR_MS
    }
}
