//! One plugin, one session: event after event until there is none left.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::{Notify, Semaphore};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wagate_protocol::manifest::HookOrder;
use wagate_storage::StorageError;
use wagate_storage::events::EventRow;

use super::lanes::{Passed, Window};
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
/// Events that are read beyond the first one that is not done. What was done of them comes again after a crash.
const WINDOW: usize = 500;
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

/// Works until the log is read to its end, the plugin is gone, or `shutdown`. `news` is told when the log has grown.
pub(super) async fn run(
    dispatcher: &Dispatcher,
    plugin: &str,
    session: &SessionRef,
    news: &Notify,
    shutdown: &CancellationToken,
) {
    let worker = Worker {
        dispatcher,
        plugin,
        session,
        shutdown,
        places: Semaphore::new(ABREAST),
    };
    while worker.work(news).await {
        if dispatcher.leave(plugin, &session.id) {
            return;
        }
    }
    dispatcher.give_up(plugin, &session.id);
}

/// Who brings events to whom.
struct Worker<'a> {
    dispatcher: &'a Dispatcher,
    plugin: &'a str,
    session: &'a SessionRef,
    shutdown: &'a CancellationToken,
    /// Of calls at the same time. What waits for better times has none.
    places: Semaphore,
}

impl Worker<'_> {
    /// Brings what the log has, until all of it is done. False when the worker has to stop.
    async fn work(&self, news: &Notify) -> bool {
        let Some(order) = self.order() else {
            return false;
        };
        let cursor = self.dispatcher.cursors.get(self.plugin, &self.session.id);
        let mut window = Window::new(order, cursor);
        let mut calls = FuturesUnordered::new();
        let mut reading = None;
        let mut goes_on = true;
        let mut unreadable = None;
        loop {
            let has_room = match order {
                HookOrder::Session => window.is_empty(),
                HookOrder::Chat => window.len() + BATCH <= WINDOW,
            };
            if goes_on && has_room && reading.is_none() {
                let end = self.dispatcher.last_of(&self.session.id).unwrap_or(0);
                // An order that was changed meanwhile is that of the next window.
                if end > window.end() && self.order() == Some(order) {
                    reading = Some(Box::pin(self.read(window.end(), end)));
                }
            }
            if reading.is_none() && calls.is_empty() {
                break;
            }
            let read = async {
                match &mut reading {
                    Some(reading) => reading.await,
                    None => std::future::pending().await,
                }
            };
            // Calls to their end: one that nobody waits for would be cut short.
            tokio::select! {
                read = read => {
                    reading = None;
                    match read {
                        Ok((rows, end)) if goes_on => {
                            let ready = self.take(&mut window, rows, end);
                            calls.extend(ready.into_iter().map(|row| self.bring(row)));
                        }
                        Ok(_) => {}
                        Err(error) => {
                            goes_on = false;
                            unreadable = Some(error);
                        }
                    }
                }
                Some((row, outcome)) = calls.next() => match outcome {
                    Outcome::Finished => {
                        let next = window.brought(&row);
                        calls.extend(next.filter(|_| goes_on).map(|row| self.bring(row)));
                    }
                    Outcome::Left => goes_on = false,
                },
                () = news.notified(), if goes_on && has_room => {}
            }
            self.note(window.pass());
        }
        if let Some(error) = unreadable {
            // The dispatcher starts a worker again; not at once.
            tracing::warn!(plugin.id = self.plugin, error = %error, "the event log cannot be read, the hook waits");
            tokio::select! {
                () = self.shutdown.cancelled() => {}
                () = sleep(FIRST_WAIT) => {}
            }
        }
        goes_on
    }

    /// How the plugin wants its events now; none when it does not serve.
    fn order(&self) -> Option<HookOrder> {
        let version = self.dispatcher.newest(self.plugin)?;
        Some(version.parts.manifest.hook_order)
    }

    /// What comes after this one: from the tail of the log where it is there, else from the database. With how long the log
    /// was then.
    async fn read(&self, after: i64, end: i64) -> Result<(Vec<Arc<EventRow>>, i64), StorageError> {
        let session = &self.session.id;
        let rows = self.dispatcher.tail().session_after(session, after, BATCH);
        // Only the database knows that there is nothing: a commit is told a moment after it can be read.
        if let Some(rows) = rows.filter(|rows| !rows.is_empty()) {
            return Ok((rows, end));
        }
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        let rows = self
            .dispatcher
            .storage()
            .events_after(session, after, limit)
            .await?;
        Ok((rows.into_iter().map(Arc::new).collect(), end))
    }

    /// What of it can be brought now.
    fn take(&self, window: &mut Window, rows: Vec<Arc<EventRow>>, end: i64) -> Vec<Arc<EventRow>> {
        if rows.is_empty() {
            // Whatever was there up to then was cut back before it could be brought.
            window.skip_to(end);
        }
        let version = self.dispatcher.newest(self.plugin);
        window.read(rows, |row| {
            let version = version.as_ref();
            version.is_none_or(|version| version.is_hooked_on(&row.event.kind))
        })
    }

    async fn bring(&self, row: Arc<EventRow>) -> (Arc<EventRow>, Outcome) {
        let outcome = self.deliver(&row).await;
        (row, outcome)
    }

    async fn deliver(&self, row: &EventRow) -> Outcome {
        let mut tries = 0;
        let mut waits = 0;
        loop {
            let Some(version) = self.dispatcher.newest(self.plugin) else {
                return Outcome::Left;
            };
            if self.shutdown.is_cancelled() {
                return Outcome::Left;
            }
            if !version.is_hooked_on(&row.event.kind) {
                return Outcome::Finished;
            }
            let called = {
                let _place = self.places.acquire().await;
                call(&version, self.session, row).await
            };
            let Err(error) = called else {
                return Outcome::Finished;
            };
            let wait = if let Some(wait) = better_times(&error, waits) {
                waits += 1;
                wait
            } else {
                tries += 1;
                if tries >= version.parts.limits.hook_tries() {
                    let is_parked =
                        parked::park(self.dispatcher, self.plugin, row, &error, tries, self.shutdown).await;
                    return if is_parked {
                        Outcome::Finished
                    } else {
                        Outcome::Left
                    };
                }
                (FIRST_RETRY * 2_u32.pow((tries - 1).min(8))).min(LONGEST_WAIT)
            };
            tracing::debug!(
                plugin.id = self.plugin, event.id = %row.event.id,
                "a hook failed, again in {wait:?}: {error}"
            );
            tokio::select! {
                () = self.shutdown.cancelled() => return Outcome::Left,
                () = sleep(wait) => {}
                () = something_changes(self.dispatcher, wait) => {}
            }
        }
    }

    /// The cursor moves on.
    fn note(&self, passed: Option<Passed>) {
        let Some(Passed { sequence, is_called }) = passed else {
            return;
        };
        let cursors = &self.dispatcher.cursors;
        if is_called {
            cursors.handled(self.plugin, &self.session.id, sequence);
        } else {
            cursors.passed(self.plugin, &self.session.id, sequence);
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
