//! `plugin_store` over SQLite.

use async_trait::async_trait;

use super::{AllRemembered, SqliteStorage};
use crate::StorageError;
use crate::db::{self, SqliteConnection};
use crate::plugin_store::{PluginStore, StoreChange};

/// The largest key in any encoding sorts below this: the end of a scan without a prefix.
const AFTER_ALL_KEYS: &str = "\u{10FFFF}";

async fn put(c: &mut SqliteConnection, plugin: &str, key: &str, value: &[u8]) -> Result<(), StorageError> {
    db::query(
        "INSERT INTO plugin_store (plugin, key, value) VALUES (?, ?, ?) \
         ON CONFLICT (plugin, key) DO UPDATE SET value = excluded.value",
    )
    .bind(plugin)
    .bind(key)
    .bind(value)
    .execute(c)
    .await?;
    Ok(())
}

#[async_trait]
impl PluginStore for SqliteStorage {
    async fn plugin_get(&self, plugin: &str, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let read = async {
            Ok(
                db::query_scalar("SELECT value FROM plugin_store WHERE plugin = ? AND key = ?")
                    .bind(plugin)
                    .bind(key)
                    .fetch_optional(self.near())
                    .await?,
            )
        };
        let place = (plugin.to_owned(), key.to_owned());
        self.remembered.plugin_store.get(place, read).await
    }

    async fn plugin_scan(
        &self,
        plugin: &str,
        prefix: &str,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<(String, Vec<u8>)>, StorageError> {
        let rows = db::query(
            "SELECT key, value FROM plugin_store \
             WHERE plugin = ?1 AND key >= ?2 AND key < ?2 || ?3 AND key > ?4 ORDER BY key LIMIT ?5",
        )
        .bind(plugin)
        .bind(prefix)
        .bind(AFTER_ALL_KEYS)
        .bind(after.unwrap_or_default())
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| Ok((row.try_get("key")?, row.try_get("value")?)))
            .collect()
    }

    async fn plugin_apply(&self, plugin: &str, changes: Vec<StoreChange>) -> Result<(), StorageError> {
        let plugin = plugin.to_owned();
        let places: Vec<(String, String)> = changes
            .iter()
            .map(|(StoreChange::Put { key, .. } | StoreChange::Delete { key })| (plugin.clone(), key.clone()))
            .collect();
        let changing = move |remembered: &AllRemembered| -> Vec<_> {
            let places = places.into_iter();
            places
                .map(|place| remembered.plugin_store.change(place))
                .collect()
        };
        self.write_changing(changing, move |c| {
            Box::pin(async move {
                for change in changes {
                    match change {
                        StoreChange::Put { key, value } => put(c, &plugin, &key, &value).await?,
                        StoreChange::Delete { key } => {
                            db::query("DELETE FROM plugin_store WHERE plugin = ? AND key = ?")
                                .bind(&plugin)
                                .bind(key)
                                .execute(&mut *c)
                                .await?;
                        }
                    }
                }
                Ok(())
            })
        })
        .await
    }

    async fn plugin_compare_and_put(
        &self,
        plugin: &str,
        key: &str,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, StorageError> {
        let (plugin, key) = (plugin.to_owned(), key.to_owned());
        let place = (plugin.clone(), key.clone());
        let changing = move |remembered: &AllRemembered| remembered.plugin_store.change(place);
        self.write_changing(changing, move |c| {
            Box::pin(async move {
                let now: Option<Vec<u8>> =
                    db::query_scalar("SELECT value FROM plugin_store WHERE plugin = ? AND key = ?")
                        .bind(&plugin)
                        .bind(&key)
                        .fetch_optional(&mut *c)
                        .await?;
                if now != expected {
                    return Ok(false);
                }
                put(c, &plugin, &key, &value).await?;
                Ok(true)
            })
        })
        .await
    }

    async fn plugin_held(&self, plugin: &str) -> Result<i64, StorageError> {
        Ok(db::query_scalar(
            "SELECT (SELECT coalesce(sum(length(CAST(key AS BLOB)) + length(value)), 0) FROM plugin_store \
             WHERE plugin = ?1) + (SELECT coalesce(sum(length(CAST(payload AS BLOB))), 0) FROM timers WHERE plugin = ?1)",
        )
        .bind(plugin)
        .fetch_one(self.readers())
        .await?)
    }

    async fn plugin_held_for(&self, plugin: &str, session_id: &str) -> Result<i64, StorageError> {
        Ok(db::query_scalar(
            "WITH tenant(owner) AS (SELECT coalesce((SELECT user_id FROM sessions WHERE id = ?2), '')) \
             SELECT (SELECT coalesce(sum(length(CAST(key AS BLOB)) + length(value)), 0) FROM plugin_store, tenant \
             WHERE plugin = ?1 AND coalesce((SELECT user_id FROM sessions WHERE id = \
             substr(plugin_store.key, 1, instr(plugin_store.key, '/') - 1)), '') = owner) \
             + (SELECT coalesce(sum(length(CAST(payload AS BLOB))), 0) FROM timers, tenant WHERE plugin = ?1 \
             AND coalesce((SELECT user_id FROM sessions WHERE id = timers.session_id), '') = owner)",
        )
        .bind(plugin)
        .bind(session_id)
        .fetch_one(self.readers())
        .await?)
    }
}
