//! Brings events to plugins: at least once, in order within a session (or, where that is enough for a plugin, within each
//! chat), from the event log with a durable cursor.
//!
//! The dispatcher follows the newest part of the log in memory. A worker task serves one (plugin, session) while there is
//! something to do, and always calls the plugin's newest version; for an event the plugin is not hooked on, none is started.
//! What a hook may fail with decides what happens: "not now" (the session is not connected, the plugin is
//! busy or suspended) makes the worker wait for as long as it takes; anything else is tried a few times, then the
//! event is parked with its error, and the log goes on. Parked events are brought again when somebody says so.

mod cursors;
mod lanes;
mod logs;
mod parked;
mod worker;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wagate_storage::events::EventRow;
use wagate_storage::tail::EventTail;
use wagate_storage::{SharedStorage, StorageError};

use crate::fleet::Fleet;
use crate::services::Services;
use crate::version::Version;

pub(crate) use cursors::Cursors;
use logs::Logs;
pub use parked::ReplayError;

/// What is known of the logs is compared with the database so often, even when nothing was reported.
const SWEEP: Duration = Duration::from_secs(15);
/// After the storage has failed.
const RETRY: Duration = Duration::from_secs(1);
/// How long hooks under way may take at shutdown.
const DRAIN: Duration = Duration::from_secs(10);
/// Taken from the log's tail at once.
const BATCH: usize = 256;

/// Starts workers where there are events to bring.
pub(crate) struct Dispatcher {
    fleet: Arc<Fleet>,
    services: Arc<Services>,
    cursors: Arc<Cursors>,
    logs: Mutex<Logs>,
    /// Where a worker is, by plugin and session. Held by a worker that finds nothing more to do until it is gone, and by
    /// whoever would start one. Taken before `logs`.
    busy: Mutex<Busy>,
    /// A worker ended before its time.
    look_again: Notify,
}

/// What tells a worker that its log has grown.
type Busy = HashMap<String, HashMap<String, Arc<Notify>>>;

/// The workers, and what ends them.
struct Workers {
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

impl Dispatcher {
    pub(crate) fn new(fleet: Arc<Fleet>, services: Arc<Services>, cursors: Arc<Cursors>) -> Self {
        Self {
            fleet,
            services,
            cursors,
            logs: Mutex::default(),
            busy: Mutex::default(),
            look_again: Notify::new(),
        }
    }

    /// Events not yet handled, by session row id.
    pub(crate) fn lag_of(&self, plugin: &str) -> Vec<(String, i64)> {
        if self.newest(plugin).is_none() {
            return Vec::new();
        }
        let logs = lock(&self.logs);
        logs.lengths()
            .map(|(id, last)| (id, last - self.cursors.get(plugin, id)))
            .filter(|(_, lag)| *lag > 0)
            .map(|(id, lag)| (id.clone(), lag))
            .collect()
    }

    /// Looks for events now.
    pub(crate) fn wake(&self) {
        self.look_again.notify_one();
    }

    /// Until `shutdown`; hooks under way are waited for.
    pub(crate) async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let stop_writing = CancellationToken::new();
        // Also when this is dropped.
        let _stops = stop_writing.clone().drop_guard();
        let writing = tokio::spawn(Arc::clone(&self.cursors).write_behind(stop_writing.clone()));
        let workers = Workers {
            tasks: TaskTracker::new(),
            shutdown,
        };
        self.follow(&workers).await;
        workers.tasks.close();
        if timeout(DRAIN, workers.tasks.wait()).await.is_err() {
            tracing::warn!("some hooks did not end in time; their events come again");
        }
        stop_writing.cancel();
        if let Err(error) = writing.await {
            tracing::error!(%error, "the hooks' cursors were not written");
        }
    }

    async fn follow(self: &Arc<Self>, workers: &Workers) {
        let mut head = self.tail().head();
        let mut plugins = self.fleet.changes();
        let mut position = *head.borrow();
        let mut sweep_at = Instant::now();
        loop {
            let is_late = Instant::now() >= sweep_at;
            if is_late || !self.read_tail(&mut position, workers) {
                sweep_at = match self.sweep().await {
                    Ok(at) => {
                        position = at;
                        self.start_workers(workers);
                        self.cursors.write_all().await;
                        Instant::now() + SWEEP
                    }
                    Err(error) => {
                        tracing::warn!(error = %error, "the event log cannot be read, hooks wait");
                        Instant::now() + RETRY
                    }
                };
            }
            tokio::select! {
                () = workers.shutdown.cancelled() => return,
                () = changed(&mut head) => {}
                () = changed(&mut plugins) => self.start_workers(workers),
                () = self.look_again.notified() => self.start_workers(workers),
                () = sleep_until(sweep_at) => {}
            }
        }
    }

    /// Compares with the database what is known of the logs; the position it is known up to.
    async fn sweep(&self) -> Result<i64, StorageError> {
        let storage = &self.services.storage;
        let (_, newest) = storage.event_positions().await?;
        self.tail().skip_to(newest);
        // Before the look: what is committed after it is read from the tail.
        let position = *self.tail().head().borrow();
        let sessions = storage.last_sequences().await?;
        self.cursors
            .retain(&sessions.iter().map(|(id, _, _)| id.as_str()).collect());
        lock(&self.logs).replace(sessions);
        Ok(position)
    }

    /// Takes what is new from the log's tail. False when not everything is there.
    fn read_tail(self: &Arc<Self>, position: &mut i64, workers: &Workers) -> bool {
        let hooked = self.hooked();
        loop {
            let Some(rows) = self.tail().after(*position, BATCH) else {
                return false;
            };
            let Some(last) = rows.last().map(|row| row.position) else {
                return true;
            };
            for row in &rows {
                if !lock(&self.logs).grow(row) {
                    // Of a session that was made a moment ago, or of one that is gone.
                    return false;
                }
                for version in &hooked {
                    self.look_at(version, row, workers);
                }
            }
            *position = last;
        }
    }

    fn look_at(self: &Arc<Self>, version: &Version, row: &EventRow, workers: &Workers) {
        let (plugin, session) = (version.name(), row.event.session_id.as_str());
        let mut busy = lock(&self.busy);
        if let Some(news) = worker_of(&busy, plugin, session) {
            news.notify_one();
            return;
        }
        let cursor = self.cursors.get(plugin, session);
        if cursor >= row.sequence {
            return;
        }
        if cursor + 1 == row.sequence && !version.is_hooked_on(&row.event.kind) {
            self.cursors.passed(plugin, session, row.sequence);
            return;
        }
        self.start_worker(&mut busy, plugin, session, workers);
    }

    /// Where something is left to do, whatever was read from the tail.
    fn start_workers(self: &Arc<Self>, workers: &Workers) {
        for version in &self.hooked() {
            let plugin = version.name();
            for (session, _) in self.lag_of(plugin) {
                let mut busy = lock(&self.busy);
                match worker_of(&busy, plugin, &session) {
                    Some(news) => news.notify_one(),
                    None => self.start_worker(&mut busy, plugin, &session, workers),
                }
            }
        }
    }

    fn start_worker(self: &Arc<Self>, busy: &mut Busy, plugin: &str, session: &str, workers: &Workers) {
        let Some(session) = lock(&self.logs).session(session) else {
            return;
        };
        let news = Arc::new(Notify::new());
        busy.entry(plugin.to_owned())
            .or_default()
            .insert(session.id.clone(), Arc::clone(&news));
        let (dispatcher, plugin) = (Arc::clone(self), plugin.to_owned());
        let shutdown = workers.shutdown.clone();
        workers.tasks.spawn(async move {
            worker::run(&dispatcher, &plugin, &session, &news, &shutdown).await;
        });
    }

    /// A worker has nothing to do any more, and ends. False when something has come.
    fn leave(&self, plugin: &str, session: &str) -> bool {
        let mut busy = lock(&self.busy);
        let cursor = self.cursors.get(plugin, session);
        if self.last_of(session).is_some_and(|last| last > cursor) {
            return false;
        }
        end(&mut busy, plugin, session);
        true
    }

    /// A worker ends before everything is done.
    fn give_up(&self, plugin: &str, session: &str) {
        end(&mut lock(&self.busy), plugin, session);
        self.wake();
    }

    /// How long the session's log is, as far as that was seen.
    fn last_of(&self, session: &str) -> Option<i64> {
        lock(&self.logs).last_of(session)
    }

    fn tail(&self) -> &EventTail {
        self.storage().tail()
    }

    fn storage(&self) -> &SharedStorage {
        &self.services.storage
    }

    fn hooked(&self) -> Vec<Arc<Version>> {
        let table = self.fleet.table();
        let versions = table.entries.values().filter_map(|entry| entry.version.clone());
        versions.filter(|version| has_hooks(version)).collect()
    }

    /// The version that serves now, if it has hooks.
    fn newest(&self, plugin: &str) -> Option<Arc<Version>> {
        let version = self.fleet.table().entries.get(plugin)?.version.clone()?;
        has_hooks(&version).then_some(version)
    }
}

fn has_hooks(version: &Version) -> bool {
    !version.parts.manifest.hooks.is_empty()
}

fn worker_of<'a>(busy: &'a Busy, plugin: &str, session: &str) -> Option<&'a Arc<Notify>> {
    busy.get(plugin)?.get(session)
}

fn end(busy: &mut Busy, plugin: &str, session: &str) {
    if let Some(sessions) = busy.get_mut(plugin) {
        sessions.remove(session);
    }
}

/// Waits for a change; for ever when the sender is gone.
async fn changed<T>(receiver: &mut watch::Receiver<T>) {
    if receiver.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
