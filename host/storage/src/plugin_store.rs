//! The plugins' own state: a key-value store, one namespace a plugin.

use async_trait::async_trait;

use crate::StorageError;

/// One change of a batch.
#[derive(Debug, Clone)]
pub enum StoreChange {
    /// Set `key` to `value`.
    Put {
        /// The key.
        key: String,
        /// The value.
        value: Vec<u8>,
    },
    /// Remove `key`; no error when it is absent.
    Delete {
        /// The key.
        key: String,
    },
}

/// The `plugin_store` table.
///
/// A key that starts with `<session row id>/` belongs to that session and is deleted with it.
#[async_trait]
pub trait PluginStore: Send + Sync {
    /// The value under `key`.
    async fn plugin_get(&self, plugin: &str, key: &str) -> Result<Option<Vec<u8>>, StorageError>;
    /// Up to `limit` entries whose key starts with `prefix` and sorts after `after`, by key.
    async fn plugin_scan(
        &self,
        plugin: &str,
        prefix: &str,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<(String, Vec<u8>)>, StorageError>;
    /// Applies all changes in one transaction, or none.
    async fn plugin_apply(&self, plugin: &str, changes: Vec<StoreChange>) -> Result<(), StorageError>;
    /// Sets `key` to `value` only if it now holds `expected` (none: absent). `false` when it does not.
    async fn plugin_compare_and_put(
        &self,
        plugin: &str,
        key: &str,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, StorageError>;
    /// Bytes the plugin holds in all: keys, values, and the payloads of its timers. For its quota.
    async fn plugin_held(&self, plugin: &str) -> Result<i64, StorageError>;
    /// The part of it that is held for the owner of this session: under keys that begin with the row id of one of their
    /// sessions and a `/`, and in timers of those. With a text that is no session: what belongs to no session.
    async fn plugin_held_for(&self, plugin: &str, session_id: &str) -> Result<i64, StorageError>;
}
