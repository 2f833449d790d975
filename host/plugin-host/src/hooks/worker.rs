//! One plugin, one session: event after event until there is none left.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep, sleep_until};
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
/// Events that are read from the first one that is not done on. What was done of them comes again after a restart.
const WINDOW: usize = 500;
/// The same, bytes.
const WINDOW_BYTES: usize = 4 * 1024 * 1024;
/// Calls are let end before more is read, so that what they ask the storage for is written together; but not longer than this.
const TOGETHER: Duration = Duration::from_millis(100);
/// Lanes that wait for better times: when so many do, it is likely the session that has to wait, and each that waits asks again.
const MANY_WAITING: usize = 2 * ABREAST;
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
        waiting: AtomicUsize::new(0),
        paused: Notify::new(),
    };
    let mut ahead = HashSet::new();
    while worker.work(news, &mut ahead).await {
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
    /// Lanes that wait for better times.
    waiting: AtomicUsize,
    /// One more does.
    paused: Notify,
}

/// What was looked for in the log.
struct Read {
    after: i64,
    /// How long the log was.
    end: i64,
    found: Result<Vec<Arc<EventRow>>, StorageError>,
}

impl Worker<'_> {
    /// Brings what the log has, until all of it is done or the plugin wants another order. `ahead` is what was done beyond the
    /// cursor, in the window before and then in this one. False when the worker has to stop.
    async fn work(&self, news: &Notify, ahead: &mut HashSet<i64>) -> bool {
        let Some(order) = self.order() else {
            return false;
        };
        // What waits for better times ends with it.
        let stop = self.shutdown.child_token();
        let mut window = Window::new(order, self.cursor(), std::mem::take(ahead));
        let mut calls = FuturesUnordered::new();
        let mut reading = None;
        let mut read_at = Instant::now();
        // Whether there may be another window.
        let mut ended = None;
        loop {
            if ended.is_none() {
                let now = self.order();
                ended = (now != Some(order)).then_some(now.is_some());
            }
            let has_room = self.has_room(&window, order);
            let mut is_quiet = calls.len() <= self.waiting.load(Ordering::Relaxed);
            let mut may_read = has_room && (is_quiet || read_at.elapsed() >= TOGETHER);
            if ended.is_some() {
                stop.cancel();
                reading = None;
            } else if reading.is_none() && may_read {
                // A plugin that was off for a moment does not get what happened meanwhile.
                let after = window.end().max(self.cursor());
                let end = self.dispatcher.last_of(&self.session.id).unwrap_or(0);
                if end > after {
                    read_at = Instant::now();
                    // Only the database knows that there is nothing: a commit is told a moment after it can be read.
                    let rows = self
                        .dispatcher
                        .tail()
                        .session_after(&self.session.id, after, BATCH);
                    if let Some(rows) = rows.filter(|rows| !rows.is_empty()) {
                        let ready = self.take(&mut window, rows, end);
                        calls.extend(ready.into_iter().map(|row| self.bring(row, &stop)));
                        self.note(window.pass());
                        if calls.is_empty() {
                            continue;
                        }
                        (is_quiet, may_read) = (false, false);
                    } else {
                        reading = Some(Box::pin(self.read(after, end, Duration::ZERO)));
                    }
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
                    let Read { after, end, found } = read;
                    reading = match found {
                        Ok(rows) => {
                            let ready = self.take(&mut window, rows, end);
                            calls.extend(ready.into_iter().map(|row| self.bring(row, &stop)));
                            None
                        }
                        Err(error) => {
                            tracing::warn!(
                                plugin.id = self.plugin, error = %error,
                                "the event log cannot be read, the hook waits"
                            );
                            Some(Box::pin(self.read(after, end, FIRST_WAIT)))
                        }
                    };
                }
                Some((row, outcome)) = calls.next() => match outcome {
                    Outcome::Finished => {
                        let next = window.brought(&row).filter(|_| ended.is_none());
                        calls.extend(next.map(|row| self.bring(row, &stop)));
                    }
                    Outcome::Left => ended = ended.or(Some(false)),
                },
                () = news.notified(), if ended.is_none() && (may_read || is_quiet) => {}
                () = self.paused.notified(), if ended.is_none() => {}
                () = sleep_until(read_at + TOGETHER), if ended.is_none() && has_room && !may_read => {}
                () = stop.cancelled(), if ended.is_none() => ended = Some(false),
            }
            self.note(window.pass());
        }
        *ahead = window.into_ahead();
        ended.unwrap_or(true)
    }

    /// Whether more may be read.
    fn has_room(&self, window: &Window, order: HookOrder) -> bool {
        match order {
            HookOrder::Session => window.is_empty(),
            HookOrder::Chat => {
                window.len() + BATCH <= WINDOW
                    && window.bytes() <= WINDOW_BYTES
                    && self.waiting.load(Ordering::Relaxed) <= MANY_WAITING
            }
        }
    }

    fn cursor(&self) -> i64 {
        self.dispatcher.cursors.get(self.plugin, &self.session.id)
    }

    /// How the plugin wants its events now; none when it does not serve.
    fn order(&self) -> Option<HookOrder> {
        let version = self.dispatcher.newest(self.plugin)?;
        Some(version.parts.manifest.hook_order)
    }

    /// What comes after this one, from the database, after a wait.
    async fn read(&self, after: i64, end: i64, wait: Duration) -> Read {
        if !wait.is_zero() {
            sleep(wait).await;
        }
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        let rows = self
            .dispatcher
            .storage()
            .events_after(&self.session.id, after, limit)
            .await;
        let found = rows.map(|rows| rows.into_iter().map(Arc::new).collect());
        Read { after, end, found }
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

    async fn bring(&self, row: Arc<EventRow>, stop: &CancellationToken) -> (Arc<EventRow>, Outcome) {
        let outcome = self.deliver(&row, stop).await;
        (row, outcome)
    }

    async fn deliver(&self, row: &EventRow, stop: &CancellationToken) -> Outcome {
        let mut tries = 0;
        let mut waits = 0;
        loop {
            let (called, most) = {
                let _place = tokio::select! {
                    biased;
                    () = stop.cancelled() => return Outcome::Left,
                    place = self.places.acquire() => place,
                };
                // Asked for with the place in hand: waiting for it may have taken a while.
                let Some(version) = self.dispatcher.newest(self.plugin) else {
                    return Outcome::Left;
                };
                if !version.is_hooked_on(&row.event.kind) || self.cursor() >= row.sequence {
                    return Outcome::Finished;
                }
                let called = call(&version, self.session, row).await;
                (called, version.parts.limits.hook_tries())
            };
            let Err(error) = called else {
                return Outcome::Finished;
            };
            let wait = if let Some(wait) = better_times(&error, waits) {
                waits += 1;
                wait
            } else {
                tries += 1;
                if tries >= most {
                    let is_parked =
                        parked::park(self.dispatcher, self.plugin, row, &error, tries, stop).await;
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
            self.waiting.fetch_add(1, Ordering::Relaxed);
            self.paused.notify_one();
            let is_stopped = tokio::select! {
                () = stop.cancelled() => true,
                () = sleep(wait) => false,
                () = something_changes(self.dispatcher, wait) => false,
            };
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            if is_stopped {
                return Outcome::Left;
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
