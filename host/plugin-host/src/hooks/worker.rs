//! One plugin, one session: event after event until there is none left.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wagate_protocol::error::HostError;
use wagate_storage::events::EventRow;

use super::{Dispatcher, changed};
use crate::bindings::exports::events::Event;
use crate::error::PluginCallError;
use crate::http::{SessionRef, session_to_wit};
use crate::state::CallContext;
use crate::version::Version;

const BATCH: i64 = 50;
/// Tries of an event that fails for reasons of its own.
const TRIES: u32 = 3;
const FIRST_RETRY: Duration = Duration::from_millis(200);
/// Waiting for better times: from, to.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// A change anywhere may be the better times, but it is not looked at more often than this.
const SHORTEST_WAIT: Duration = Duration::from_millis(250);

/// What became of an event.
enum Outcome {
    /// Done, or passed over: the cursor moves on.
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
        let batch = async {
            let cursor = dispatcher.cursors.get(plugin, &session.id).await?;
            dispatcher
                .services
                .storage
                .events_after(&session.id, cursor, BATCH)
                .await
        };
        let batch = match batch.await {
            Ok(batch) if batch.is_empty() => return,
            Ok(batch) => batch,
            Err(error) => {
                tracing::warn!(plugin.id = plugin, error = %error, "the event log cannot be read, the hook waits");
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    () = sleep(FIRST_WAIT) => continue,
                }
            }
        };
        if !handle(dispatcher, plugin, session, &batch, shutdown).await {
            return;
        }
    }
}

/// False when the worker has to stop.
async fn handle(
    dispatcher: &Dispatcher,
    plugin: &str,
    session: &SessionRef,
    batch: &[EventRow],
    shutdown: &CancellationToken,
) -> bool {
    let mut skipped = None;
    for row in batch {
        let Some(version) = dispatcher.newest(plugin) else {
            return false;
        };
        if shutdown.is_cancelled() {
            return false;
        }
        if !version.is_hooked_on(&row.event.kind) {
            // Written together with the next one that matters, or at the end of the batch.
            skipped = Some(row.sequence);
            continue;
        }
        if matches!(
            deliver(dispatcher, plugin, session, row, shutdown).await,
            Outcome::Left
        ) {
            return false;
        }
        skipped = None;
        if !advance(dispatcher, plugin, session, row.sequence, shutdown).await {
            return false;
        }
    }
    match skipped {
        Some(sequence) => advance(dispatcher, plugin, session, sequence, shutdown).await,
        None => true,
    }
}

/// Moves the cursor, however long the storage needs. False on shutdown: the event comes again, which hooks must bear.
async fn advance(
    dispatcher: &Dispatcher,
    plugin: &str,
    session: &SessionRef,
    sequence: i64,
    shutdown: &CancellationToken,
) -> bool {
    loop {
        match dispatcher.cursors.set(plugin, &session.id, sequence).await {
            Ok(()) => return true,
            // The session was deleted with its log and cursors.
            Err(_) if matches!(dispatcher.services.storage.session(&session.id).await, Ok(None)) => {
                return false;
            }
            Err(error) => {
                tracing::warn!(plugin.id = plugin, error = %error, "a hook's cursor cannot be written, trying again");
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => return false,
            () = sleep(FIRST_WAIT) => {}
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
    let event = event_to_wit(session, row);
    let mut tries = 0;
    let mut waits = 0;
    loop {
        let Some(version) = dispatcher.newest(plugin) else {
            return Outcome::Left;
        };
        let Err(error) = call(&version, session, &event).await else {
            return Outcome::Finished;
        };
        let wait = if let Some(wait) = better_times(&error, waits) {
            waits += 1;
            wait
        } else {
            tries += 1;
            let kind = &row.event.kind;
            if tries >= TRIES {
                tracing::error!(
                    plugin.id = plugin, session.id = %session.id, event.id = %row.event.id, event.kind = %kind,
                    "plugin {plugin} failed {TRIES} times on a {kind} event, which is passed over: {error}"
                );
                return Outcome::Finished;
            }
            FIRST_RETRY * 2_u32.pow(tries - 1)
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
async fn call(version: &Version, session: &SessionRef, event: &Event) -> Result<(), PluginCallError> {
    let context = CallContext {
        session: Some(session.clone()),
        event_id: Some(event.id.clone()),
        ..CallContext::default()
    };
    version.on_event(context, event.clone()).await
}

/// How long to wait when the failure says that the same call may succeed later; none when it does not.
fn better_times(error: &PluginCallError, waits: u32) -> Option<Duration> {
    let temporary = match error {
        PluginCallError::Busy { .. } | PluginCallError::Suspended { .. } => true,
        PluginCallError::Refused(error) => HostError::is_temporary(error),
        _ => false,
    };
    let growing = FIRST_WAIT * 2_u32.pow(waits.min(6));
    let asked = error
        .retry_after_ms()
        .map_or(Duration::ZERO, Duration::from_millis);
    temporary.then(|| growing.max(asked).min(LONGEST_WAIT))
}

/// A commit to an event log (a session connected, say) or a reload may end the wait early.
async fn something_changes(dispatcher: &Dispatcher, wait: Duration) {
    let mut events = dispatcher.services.watch_events();
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
        ext: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
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
        for own_fault in [
            PluginCallError::Trapped,
            PluginCallError::Timeout,
            PluginCallError::Refused(HostError::Internal(String::new())),
        ] {
            assert_eq!(better_times(&own_fault, 0), None);
        }
    }
}
