//! How far each plugin has read each session's log. Written through, remembered so that looking is cheap.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use wagate_storage::plugin_store::StoreChange;
use wagate_storage::{SharedStorage, StorageError};

/// A namespace in the plugins' store that no plugin can have: ids hold no colon.
const HOST_NAMESPACE: &str = "host:hooks";

/// The cursors of all plugins.
pub(crate) struct Cursors {
    storage: SharedStorage,
    known: Mutex<HashMap<(String, String), i64>>,
}

impl Cursors {
    pub(crate) fn new(storage: SharedStorage) -> Self {
        Self {
            storage,
            known: Mutex::default(),
        }
    }

    /// The last sequence that is done. A session made after the plugin was loaded starts at its first event.
    pub(crate) async fn get(&self, plugin: &str, session: &str) -> Result<i64, StorageError> {
        let pair = (plugin.to_owned(), session.to_owned());
        let known = self.lock().get(&pair).copied();
        if let Some(cursor) = known {
            return Ok(cursor);
        }
        let cursor = self.storage.hook_cursor(plugin, session).await?.unwrap_or(0);
        self.lock().insert(pair, cursor);
        Ok(cursor)
    }

    /// Everything up to `sequence` is done.
    pub(crate) async fn set(&self, plugin: &str, session: &str, sequence: i64) -> Result<(), StorageError> {
        self.storage.set_hook_cursor(plugin, session, sequence).await?;
        self.lock()
            .insert((plugin.to_owned(), session.to_owned()), sequence);
        Ok(())
    }

    /// A plugin with hooks is about to serve. If it is new here, it starts at the end of every log as it is now: it
    /// does not answer old messages. After a restart it goes on where it was.
    pub(crate) async fn start(&self, plugin: &str) -> Result<(), StorageError> {
        if self.storage.plugin_get(HOST_NAMESPACE, plugin).await?.is_some() {
            return Ok(());
        }
        for session in self.storage.sessions().await? {
            let last = self.storage.last_sequence(&session.id).await?;
            self.set(plugin, &session.id, last).await?;
        }
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
        self.storage.plugin_apply(HOST_NAMESPACE, vec![gone]).await?;
        self.lock().retain(|(name, _), _| name != plugin);
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(String, String), i64>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
