//! How far each plugin has read each session's log. Known in memory, and written behind it by one task for all: the next
//! event does not wait for the write. What is not written when the process dies comes again, which hooks must bear.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wagate_storage::hooks::HookCursor;
use wagate_storage::plugin_store::StoreChange;
use wagate_storage::{SharedStorage, StorageError};

/// A namespace in the plugins' store that no plugin can have: ids hold no colon.
const HOST_NAMESPACE: &str = "host:hooks";
/// Between what was done and its write: at most so much is brought again after a crash.
const BEHIND: Duration = Duration::from_millis(100);
/// After the storage has failed.
const RETRY: Duration = Duration::from_secs(1);

/// The cursors of all plugins.
pub(crate) struct Cursors {
    storage: SharedStorage,
    /// By plugin and session.
    known: Mutex<HashMap<String, HashMap<String, Cursor>>>,
    /// An event was handled.
    handled: Notify,
}

#[derive(Default)]
struct Cursor {
    /// Everything up to here is done.
    reached: i64,
    /// The last event that the plugin was called with; what came behind it was none of its business.
    handled: i64,
    written: i64,
}

impl Cursors {
    /// With those that were written.
    pub(crate) async fn open(storage: SharedStorage) -> Result<Self, StorageError> {
        let mut known: HashMap<String, HashMap<String, Cursor>> = HashMap::new();
        for cursor in storage.hook_cursors().await? {
            let HookCursor {
                plugin,
                session_id,
                sequence,
            } = cursor;
            let cursor = Cursor {
                reached: sequence,
                handled: sequence,
                written: sequence,
            };
            known.entry(plugin).or_default().insert(session_id, cursor);
        }
        Ok(Self {
            storage,
            known: Mutex::new(known),
            handled: Notify::new(),
        })
    }

    /// The last sequence that is done. A session made after the plugin was loaded starts at its first event.
    pub(crate) fn get(&self, plugin: &str, session: &str) -> i64 {
        let known = self.lock();
        let cursor = known.get(plugin).and_then(|cursors| cursors.get(session));
        cursor.map_or(0, |cursor| cursor.reached)
    }

    /// The plugin was called with this event.
    pub(crate) fn handled(&self, plugin: &str, session: &str, sequence: i64) {
        self.update(plugin, session, |cursor| {
            cursor.reached = cursor.reached.max(sequence);
            cursor.handled = cursor.handled.max(sequence);
        });
        self.handled.notify_one();
    }

    /// Nothing up to here was for the plugin. Not worth a write of its own: passing it again costs nothing.
    pub(crate) fn passed(&self, plugin: &str, session: &str, sequence: i64) {
        self.update(plugin, session, |cursor| {
            cursor.reached = cursor.reached.max(sequence);
        });
    }

    fn update(&self, plugin: &str, session: &str, change: impl FnOnce(&mut Cursor)) {
        let mut known = self.lock();
        let found = known.get_mut(plugin).and_then(|cursors| cursors.get_mut(session));
        if let Some(cursor) = found {
            return change(cursor);
        }
        let cursors = known.entry(plugin.to_owned()).or_default();
        change(cursors.entry(session.to_owned()).or_default());
    }

    /// A plugin with hooks is about to serve. If it is new here, it starts at the end of every log as it is now: it
    /// does not answer old messages. After a restart it goes on where it was.
    pub(crate) async fn start(&self, plugin: &str) -> Result<(), StorageError> {
        if self.storage.plugin_get(HOST_NAMESPACE, plugin).await?.is_some() {
            return Ok(());
        }
        let mut ends = Vec::new();
        for (session_id, _, sequence) in self.storage.last_sequences().await? {
            ends.push(HookCursor {
                plugin: plugin.to_owned(),
                session_id,
                sequence,
            });
        }
        self.write(ends).await?;
        let started = StoreChange::Put {
            key: plugin.to_owned(),
            value: b"started".to_vec(),
        };
        self.storage.plugin_apply(HOST_NAMESPACE, vec![started]).await
    }

    /// A plugin was switched off or removed: when it comes back, it is new.
    pub(crate) async fn forget(&self, plugin: &str) -> Result<(), StorageError> {
        let gone = StoreChange::Delete {
            key: plugin.to_owned(),
        };
        // What is known here stays: it still serves for a moment, and must not be brought what it has done.
        self.storage.plugin_apply(HOST_NAMESPACE, vec![gone]).await
    }

    /// Only these sessions are left.
    pub(crate) fn retain(&self, sessions: &HashSet<&str>) {
        for cursors in self.lock().values_mut() {
            // What is not written is of a session that came a moment ago; if it is gone, the next look finds it written.
            cursors.retain(|session, cursor| {
                cursor.written < cursor.reached || sessions.contains(session.as_str())
            });
        }
    }

    /// Writes what was handled, a moment behind it; at `stop` everything, and ends.
    pub(crate) async fn write_behind(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.handled.notified() => {}
            }
            let mut wait = BEHIND;
            loop {
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = sleep(wait) => {}
                }
                match self.write(self.changed(|cursor| cursor.handled)).await {
                    Ok(()) => break,
                    Err(error) => {
                        tracing::warn!(error = %error, "the hooks' cursors cannot be written, trying again");
                        wait = RETRY;
                    }
                }
            }
        }
        self.write_all().await;
    }

    /// Writes also what was only passed, if the storage can.
    pub(crate) async fn write_all(&self) {
        if let Err(error) = self.write(self.changed(|cursor| cursor.reached)).await {
            tracing::warn!(error = %error, "the hooks' cursors cannot be written, some events may come again");
        }
    }

    /// Those that are not written as far as `mark` says.
    fn changed(&self, mark: impl Fn(&Cursor) -> i64) -> Vec<HookCursor> {
        let known = self.lock();
        let all = known.iter().flat_map(|(plugin, cursors)| {
            cursors
                .iter()
                .map(move |(session, cursor)| (plugin, session, cursor))
        });
        all.filter(|(_, _, cursor)| mark(cursor) > cursor.written)
            .map(|(plugin, session, cursor)| HookCursor {
                plugin: plugin.clone(),
                session_id: session.clone(),
                sequence: cursor.reached,
            })
            .collect()
    }

    async fn write(&self, cursors: Vec<HookCursor>) -> Result<(), StorageError> {
        if cursors.is_empty() {
            return Ok(());
        }
        self.storage.set_hook_cursors(cursors.clone()).await?;
        for HookCursor {
            plugin,
            session_id,
            sequence,
        } in cursors
        {
            self.update(&plugin, &session_id, |cursor| {
                cursor.reached = cursor.reached.max(sequence);
                cursor.written = cursor.written.max(sequence);
            });
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, HashMap<String, Cursor>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
