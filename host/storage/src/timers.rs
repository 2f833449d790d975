//! Durable timers of the plugins, and their occurrences from the claim to the end.
//!
//! A claim is one transaction: it moves the timer on and writes the occurrence down. So an occurrence is claimed once,
//! whatever the clock does, and one that was claimed is delivered until somebody says that it has ended.

use async_trait::async_trait;

use crate::StorageError;

/// When a timer fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// Once, at this moment (ms).
    At(i64),
    /// Again and again.
    Cron {
        /// Five or six fields, seconds first when six.
        expression: String,
        /// A name of the IANA database.
        timezone: String,
    },
}

/// A timer as it is set.
#[derive(Debug, Clone)]
pub struct NewTimer {
    /// The plugin.
    pub plugin: String,
    /// Its name for the timer.
    pub name: String,
    /// A new row id, see [`TimerRow::id`].
    pub id: String,
    /// The session it belongs to: it is deleted with it.
    pub session_id: Option<String>,
    /// When it fires.
    pub schedule: Schedule,
    /// For the plugin.
    pub payload: String,
    /// The first fire, ms.
    pub next_ms: i64,
    /// Now, ms.
    pub created_at: i64,
}

/// A timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerRow {
    /// The plugin.
    pub plugin: String,
    /// Its name for the timer.
    pub name: String,
    /// Of this setting: another one when the timer is set to another schedule.
    pub id: String,
    /// The session it belongs to.
    pub session_id: Option<String>,
    /// When it fires.
    pub schedule: Schedule,
    /// For the plugin.
    pub payload: String,
    /// The next fire, ms. None when it will not fire again: it is deleted when its last occurrence has ended.
    pub next_ms: Option<i64>,
    /// The occurrence that was claimed last, ms. `next_ms` is always after it.
    pub last_due_ms: Option<i64>,
    /// First set to this schedule, ms.
    pub created_at: i64,
}

/// A claimed occurrence that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FireRow {
    /// The same on every delivery: `<timer id>-<due, ms>`.
    pub id: String,
    /// The plugin.
    pub plugin: String,
    /// The timer's name.
    pub name: String,
    /// The session it acts on.
    pub session_id: Option<String>,
    /// The timer's payload at the claim.
    pub payload: String,
    /// When it should have fired, ms.
    pub due_ms: i64,
    /// When it was claimed, ms.
    pub claimed_at: i64,
    /// Deliveries that failed for reasons of the plugin's own.
    pub attempts: i64,
    /// Deliveries that were put off until better times.
    pub waits: i64,
    /// Not to be delivered before, ms.
    pub not_before_ms: i64,
}

/// A timer's next fire, corrected.
#[derive(Debug, Clone)]
pub struct Correction {
    /// The timer's id.
    pub id: String,
    /// What it is corrected from.
    pub expected_ms: i64,
    /// What it becomes.
    pub next_ms: i64,
}

/// The `timers` and `timer_fires` tables.
#[async_trait]
pub trait Timers: Send + Sync {
    /// Sets a timer, in place of one with the same name. Returns the next fire, or none when the session is gone.
    ///
    /// Set to another schedule, or to a moment, it is a new timer; an occurrence of the old one that is still open is
    /// taken back, unless `is_delivering`. Set to the rule it already has, it keeps its id and its open occurrence,
    /// and nothing that was claimed is claimed again.
    async fn put_timer(&self, timer: NewTimer, is_delivering: bool) -> Result<Option<i64>, StorageError>;
    /// Removes a timer, if it is there, and its open occurrence, unless `is_delivering`.
    async fn delete_timer(&self, plugin: &str, name: &str, is_delivering: bool) -> Result<(), StorageError>;
    /// One timer.
    async fn timer(&self, plugin: &str, name: &str) -> Result<Option<TimerRow>, StorageError>;
    /// Up to `limit` timers whose name starts with `prefix` and sorts after `after`, by name.
    async fn timers_scan(
        &self,
        plugin: &str,
        prefix: &str,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<TimerRow>, StorageError>;
    /// How many timers the plugin has.
    /// With a session only those of sessions with the same owner; without one, those of no session.
    async fn timers_count(&self, plugin: &str, session_id: Option<&str>) -> Result<i64, StorageError>;

    /// Up to `limit` timers of a plugin that are due and have no open occurrence, the longest due first.
    async fn due_timers(&self, plugin: &str, now: i64, limit: i64) -> Result<Vec<TimerRow>, StorageError>;
    /// Claims the occurrence at `due_ms`: the timer moves on to `next_ms`, the occurrence is written down. None, and
    /// nothing is done, when the timer does not stand at `due_ms` any more or still has an open occurrence.
    async fn claim_timer(
        &self,
        timer_id: &str,
        due_ms: i64,
        next_ms: Option<i64>,
        now: i64,
    ) -> Result<Option<FireRow>, StorageError>;
    /// The open occurrence of a timer.
    async fn fire(&self, plugin: &str, name: &str) -> Result<Option<FireRow>, StorageError>;
    /// Up to `limit` open occurrences of a plugin that may be delivered now, the longest waiting first.
    async fn pending_fires(&self, plugin: &str, now: i64, limit: i64) -> Result<Vec<FireRow>, StorageError>;
    /// Notes that a delivery did not end the occurrence: how often it failed and was put off, and when to try again.
    async fn postpone_fire(&self, fire: FireRow) -> Result<(), StorageError>;
    /// The occurrence has ended. A timer that will not fire again goes with its last one.
    async fn finish_fire(&self, id: &str) -> Result<(), StorageError>;
    /// The first moment after `now` at which a timer of the plugin fires or an open occurrence may be delivered.
    async fn timers_wake_up(&self, plugin: &str, now: i64) -> Result<Option<i64>, StorageError>;

    /// Up to `limit` timers of all plugins that follow a rule and will fire again, with an id above `after`, by id.
    async fn cron_timers(&self, after: &str, limit: i64) -> Result<Vec<TimerRow>, StorageError>;
    /// Corrects next fires, in one transaction. One that has changed meanwhile stays as it is.
    async fn correct_timers(&self, corrections: Vec<Correction>) -> Result<(), StorageError>;
    /// No open occurrence waits longer than until `latest_ms`.
    async fn hurry_fires(&self, latest_ms: i64) -> Result<(), StorageError>;
}
