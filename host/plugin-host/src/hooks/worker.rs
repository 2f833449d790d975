//! One plugin, one session: event after event until there is none left.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wagate_storage::StorageError;
use wagate_storage::events::EventRow;

use super::lanes::{Progress, lanes};
use super::{Dispatcher, changed, parked};
use crate::bindings::exports::events::Event;
use crate::error::PluginCallError;
use crate::http::{SessionRef, session_to_wit};
use crate::state::CallContext;
use crate::version::Version;

/// Taken from the log at once.
const BATCH: usize = 50;
/// Events of different chats that are brought at the same time, to a plugin that wants no other order than theirs.
const ABREAST: usize = 24;
const FIRST_RETRY: Duration = Duration::from_millis(200);
/// Waiting for better times: from, to.
pub(super) const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// For a place, or memory, that other calls of the plugin have: those end soon.
const LONGEST_BUSY: Duration = Duration::from_secs(5);
/// A change anywhere may be the better times, but it is not looked at more often than this.
const SHORTEST_WAIT: Duration = Duration::from_millis(250);

/// What became of an event.
enum Outcome {
    /// Done, or parked: the cursor moves on.
    Finished,
    /// Nobody to bring it to any more, or shutting down: it stays where it is.
    Left,
}

/// Works until the log is read to its end, the plugin is gone, or `shutdown`.
pub(super) async fn run(
    dispatcher: &Dispatcher,
    plugin: &str,
    session: &SessionRef,
    shutdown: &CancellationToken,
) {
    loop {
        let cursor = dispatcher.cursors.get(plugin, &session.id);
        let end = dispatcher.last_of(&session.id);
        let batch = match next(dispatcher, &session.id, cursor).await {
            Ok(batch) => batch,
            Err(error) => {
                log_unreadable(plugin, &error, shutdown).await;
                break;
            }
        };
        if batch.is_empty() {
            // Whatever was there up to then was cut back before it could be brought.
            dispatcher.cursors.passed(plugin, &session.id, end.unwrap_or(0));
        } else if !handle(dispatcher, plugin, session, &batch, shutdown).await {
            break;
        }
        if dispatcher.leave(plugin, &session.id) {
            return;
        }
    }
    dispatcher.give_up(plugin, &session.id);
}

/// What comes after the cursor: from the tail of the log where it is there, else from the database.
async fn next(
    dispatcher: &Dispatcher,
    session: &str,
    cursor: i64,
) -> Result<Vec<Arc<EventRow>>, StorageError> {
    let rows = dispatcher.tail().session_after(session, cursor, BATCH);
    // Only the database knows that there is nothing: a commit is told a moment after it can be read.
    if let Some(rows) = rows.filter(|rows| !rows.is_empty()) {
        return Ok(rows);
    }
    let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
    let rows = dispatcher.storage().events_after(session, cursor, limit).await?;
    Ok(rows.into_iter().map(Arc::new).collect())
}

/// The dispatcher starts a worker again; not at once.
async fn log_unreadable(plugin: &str, error: &StorageError, shutdown: &CancellationToken) {
    tracing::warn!(plugin.id = plugin, error = %error, "the event log cannot be read, the hook waits");
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = sleep(FIRST_WAIT) => {}
    }
}

/// False when the worker has to stop.
async fn handle(
    dispatcher: &Dispatcher,
    plugin: &str,
    session: &SessionRef,
    batch: &[Arc<EventRow>],
    shutdown: &CancellationToken,
) -> bool {
    let Some(version) = dispatcher.newest(plugin) else {
        return false;
    };
    let lanes = lanes(batch, version.parts.manifest.hook_order);
    let work = Batch {
        dispatcher,
        plugin,
        session,
        rows: batch,
        progress: Progress::new(batch.len()),
        shutdown,
    };
    // Each to its end: a call that nobody waits for would be cut short.
    let mut ends = stream::iter(lanes)
        .map(|lane| work.bring(lane))
        .buffer_unordered(ABREAST);
    let mut goes_on = true;
    while let Some(is_through) = ends.next().await {
        goes_on &= is_through;
    }
    goes_on
}

/// Some events, and who brings them to whom.
struct Batch<'a> {
    dispatcher: &'a Dispatcher,
    plugin: &'a str,
    session: &'a SessionRef,
    rows: &'a [Arc<EventRow>],
    progress: Progress,
    shutdown: &'a CancellationToken,
}

impl Batch<'_> {
    /// Brings those at these places, one after the other. False when the worker has to stop.
    async fn bring(&self, lane: Vec<usize>) -> bool {
        for place in lane {
            let Some(row) = self.rows.get(place) else { continue };
            let Some(version) = self.dispatcher.newest(self.plugin) else {
                return false;
            };
            if self.shutdown.is_cancelled() {
                return false;
            }
            if version.is_hooked_on(&row.event.kind) {
                let outcome = deliver(self.dispatcher, self.plugin, self.session, row, self.shutdown).await;
                if matches!(outcome, Outcome::Left) {
                    return false;
                }
            }
            self.note(place, &version);
        }
        true
    }

    /// The cursor moves on to where nothing before it is open.
    fn note(&self, place: usize, version: &Version) {
        let passed = self.progress.done(place).and_then(|places| self.rows.get(places));
        let Some(passed) = passed else { return };
        let Some(row) = passed.last() else { return };
        let cursors = &self.dispatcher.cursors;
        if passed.iter().any(|row| version.is_hooked_on(&row.event.kind)) {
            cursors.handled(self.plugin, &self.session.id, row.sequence);
        } else {
            cursors.passed(self.plugin, &self.session.id, row.sequence);
        }
    }
}

async fn deliver(
    dispatcher: &Dispatcher,
    plugin: &str,
    session: &SessionRef,
    row: &EventRow,
    shutdown: &CancellationToken,
) -> Outcome {
    let mut tries = 0;
    let mut waits = 0;
    loop {
        let Some(version) = dispatcher.newest(plugin) else {
            return Outcome::Left;
        };
        let Err(error) = call(&version, session, row).await else {
            return Outcome::Finished;
        };
        let wait = if let Some(wait) = better_times(&error, waits) {
            waits += 1;
            wait
        } else {
            tries += 1;
            if tries >= version.parts.limits.hook_tries() {
                return if parked::park(dispatcher, plugin, row, &error, tries, shutdown).await {
                    Outcome::Finished
                } else {
                    Outcome::Left
                };
            }
            (FIRST_RETRY * 2_u32.pow((tries - 1).min(8))).min(LONGEST_WAIT)
        };
        tracing::debug!(plugin.id = plugin, event.id = %row.event.id, "a hook failed, again in {wait:?}: {error}");
        tokio::select! {
            () = shutdown.cancelled() => return Outcome::Left,
            () = sleep(wait) => {}
            () = something_changes(dispatcher, wait) => {}
        }
    }
}

/// In a task of its own? This is one: nobody who hangs up can cut it short.
pub(super) async fn call(
    version: &Version,
    session: &SessionRef,
    row: &EventRow,
) -> Result<(), PluginCallError> {
    let context = CallContext {
        session: Some(session.clone()),
        event_id: Some(row.event.id.clone()),
        event_at_ms: row.event.timestamp,
        ..CallContext::default()
    };
    version.on_event(context, event_to_wit(session, row)).await
}

/// How long to wait when the failure says that the same call may succeed later; none when it does not.
fn better_times(error: &PluginCallError, waits: u32) -> Option<Duration> {
    let growing = FIRST_WAIT * 2_u32.pow(waits.min(6));
    let asked = error
        .retry_after_ms()
        .map_or(Duration::ZERO, Duration::from_millis);
    let longest = match error {
        PluginCallError::Busy { .. } | PluginCallError::Crowded => LONGEST_BUSY,
        _ => LONGEST_WAIT,
    };
    error.is_temporary().then(|| growing.max(asked).min(longest))
}

/// A commit to an event log (a session connected, say) or a reload may end the wait early.
async fn something_changes(dispatcher: &Dispatcher, wait: Duration) {
    let mut events = dispatcher.tail().head();
    let mut plugins = dispatcher.fleet.changes();
    sleep(SHORTEST_WAIT.max(wait / 4)).await;
    tokio::select! {
        () = changed(&mut events) => {}
        () = changed(&mut plugins) => {}
    }
}

fn event_to_wit(session: &SessionRef, row: &EventRow) -> Event {
    let positive = |number: i64| u64::try_from(number).unwrap_or(0);
    Event {
        id: row.event.id.clone(),
        kind: row.event.kind.clone(),
        session: session_to_wit(session),
        sequence: positive(row.sequence),
        chat_sequence: row.chat_sequence.map(positive),
        timestamp_ms: row.event.timestamp,
        schema: u32::try_from(row.event.schema).unwrap_or(0),
        data: row.event.data.clone(),
        ext: row
            .event
            .chat
            .iter()
            .map(|chat| ("chat".to_owned(), chat.clone()))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use wagate_protocol::error::HostError;

    use super::*;

    #[test]
    fn only_what_may_pass_is_waited_for() {
        let not_connected = PluginCallError::Refused(HostError::unavailable("Session not ready"));
        assert_eq!(better_times(&not_connected, 0), Some(FIRST_WAIT));
        assert_eq!(better_times(&not_connected, 30), Some(LONGEST_WAIT));
        let suspended = PluginCallError::Suspended {
            retry_after_ms: 30_000,
        };
        assert_eq!(better_times(&suspended, 0), Some(Duration::from_secs(30)));
        assert_eq!(better_times(&PluginCallError::Crowded, 0), Some(FIRST_WAIT));
        assert_eq!(better_times(&PluginCallError::Crowded, 30), Some(LONGEST_BUSY));
        for own_fault in [
            PluginCallError::Trapped,
            PluginCallError::Timeout,
            PluginCallError::Refused(HostError::Internal(String::new())),
        ] {
            assert_eq!(better_times(&own_fault, 0), None);
        }
    }
}
