//! Brings events to plugins: at least once, in order within a session, from the event log with a durable cursor.
//!
//! A worker task serves one (plugin, session) while there is something to do, and always calls the plugin's newest
//! version. What a hook may fail with decides what happens: "not now" (the session is not connected, the plugin is
//! busy or suspended) makes the worker wait for as long as it takes; anything else is tried a few times, then the
//! event is parked with its error, and the log goes on. Parked events are brought again when somebody says so.

mod cursors;
mod parked;
mod progress;
mod worker;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wagate_storage::StorageError;

use crate::fleet::Fleet;
use crate::http::SessionRef;
use crate::services::Services;
use crate::version::Version;

pub(crate) use cursors::Cursors;
pub use parked::ReplayError;

/// Looks even when nothing was reported.
const SWEEP: Duration = Duration::from_secs(15);
/// How long hooks under way may take at shutdown.
const DRAIN: Duration = Duration::from_secs(10);

type Pair = (String, String);

/// Starts workers where there are events to bring.
pub(crate) struct Dispatcher {
    fleet: Arc<Fleet>,
    services: Arc<Services>,
    cursors: Arc<Cursors>,
    busy: Mutex<HashSet<Pair>>,
    lags: Mutex<BTreeMap<Pair, i64>>,
    /// A worker ended: something may have come while it did.
    look_again: Notify,
}

impl Dispatcher {
    pub(crate) fn new(fleet: Arc<Fleet>, services: Arc<Services>, cursors: Arc<Cursors>) -> Self {
        Self {
            fleet,
            services,
            cursors,
            busy: Mutex::default(),
            lags: Mutex::default(),
            look_again: Notify::new(),
        }
    }

    /// Events not yet handled, by session row id.
    pub(crate) fn lag_of(&self, plugin: &str) -> Vec<(String, i64)> {
        let lags = lock(&self.lags);
        lags.iter()
            .filter(|((name, _), _)| name == plugin)
            .map(|((_, session), lag)| (session.clone(), *lag))
            .collect()
    }

    /// Looks for events now.
    pub(crate) fn wake(&self) {
        self.look_again.notify_one();
    }

    /// Until `shutdown`; hooks under way are waited for.
    pub(crate) async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let workers = TaskTracker::new();
        let mut events = self.services.watch_events();
        let mut plugins = self.fleet.changes();
        loop {
            if let Err(error) = self.start_workers(&workers, &shutdown).await {
                tracing::warn!(error = %error, "the event log cannot be read, hooks wait");
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = changed(&mut events) => {}
                () = changed(&mut plugins) => {}
                () = self.look_again.notified() => {}
                () = sleep(SWEEP) => {}
            }
        }
        workers.close();
        if timeout(DRAIN, workers.wait()).await.is_err() {
            tracing::warn!("some hooks did not end in time; their events come again");
        }
    }

    async fn start_workers(
        self: &Arc<Self>,
        workers: &TaskTracker,
        shutdown: &CancellationToken,
    ) -> Result<(), StorageError> {
        let hooked: Vec<Arc<Version>> = self
            .fleet
            .table()
            .entries
            .values()
            .filter_map(|entry| entry.version.clone())
            .filter(|version| !version.parts.manifest.hooks.is_empty())
            .collect();
        if hooked.is_empty() {
            lock(&self.lags).clear();
            return Ok(());
        }
        let mut lags = BTreeMap::new();
        for (id, slug, last) in self.services.storage.last_sequences().await? {
            for plugin in hooked.iter().map(|version| version.name()) {
                let lag = last - self.cursors.get(plugin, &id).await?;
                if lag <= 0 {
                    continue;
                }
                let pair = (plugin.to_owned(), id.clone());
                lags.insert(pair.clone(), lag);
                if lock(&self.busy).insert(pair.clone()) {
                    let session = SessionRef {
                        id: id.clone(),
                        slug: slug.clone(),
                    };
                    let (dispatcher, shutdown) = (self.clone(), shutdown.clone());
                    workers.spawn(async move {
                        worker::run(&dispatcher, &pair.0, &session, &shutdown).await;
                        lock(&dispatcher.busy).remove(&pair);
                        dispatcher.wake();
                    });
                }
            }
        }
        *lock(&self.lags) = lags;
        Ok(())
    }

    /// The version that serves now, if it has hooks.
    fn newest(&self, plugin: &str) -> Option<Arc<Version>> {
        let version = self.fleet.table().entries.get(plugin)?.version.clone()?;
        (!version.parts.manifest.hooks.is_empty()).then_some(version)
    }
}

/// Waits for a change; for ever when the sender is gone.
async fn changed(receiver: &mut watch::Receiver<u64>) {
    if receiver.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
