//! App state over SQLite.

use async_trait::async_trait;

use super::{execute_for_key, find_blob, hex_list, put_blob};
use crate::StorageError;
use crate::db;
use crate::signal::{AppState, AppStateKey, MutationMac};
use crate::sqlite::SqliteStorage;

#[async_trait]
impl AppState for SqliteStorage {
    async fn app_state_key(&self, session: &str, key_id: &[u8]) -> Result<Option<AppStateKey>, StorageError> {
        let found: Option<(Vec<u8>, Vec<u8>, i64)> = db::query_as(
            "SELECT key_data, fingerprint, timestamp FROM wa_app_state_keys WHERE session_id = ? AND key_id = ?",
        )
        .bind(session)
        .bind(key_id)
        .fetch_optional(self.near())
        .await?;
        Ok(found.map(|(key_data, fingerprint, timestamp)| AppStateKey {
            key_data,
            fingerprint,
            timestamp,
        }))
    }

    async fn put_app_state_key(
        &self,
        session: &str,
        key_id: &[u8],
        key: AppStateKey,
    ) -> Result<(), StorageError> {
        let (session, key_id) = (session.to_owned(), key_id.to_vec());
        self.write(move |c| {
            Box::pin(async move {
                // REPLACE, so that the row gets a new `written`: it is the latest now.
                db::query(
                    "INSERT OR REPLACE INTO wa_app_state_keys (session_id, key_id, key_data, fingerprint, timestamp) \
                     VALUES (?, ?, ?, ?, ?)",
                )
                .bind(session)
                .bind(key_id)
                .bind(key.key_data)
                .bind(key.fingerprint)
                .bind(key.timestamp)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn latest_app_state_key_id(&self, session: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let found: Option<Vec<u8>> = db::query_scalar(
            "SELECT key_id FROM wa_app_state_keys WHERE session_id = ? ORDER BY written DESC LIMIT 1",
        )
        .bind(session)
        .fetch_optional(self.near())
        .await?;
        Ok(found)
    }

    async fn app_state_version(&self, session: &str, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        find_blob(
            self,
            "SELECT state FROM wa_app_state_versions WHERE session_id = ? AND name = ?",
            session,
            name,
        )
        .await
    }

    async fn put_app_state_version(
        &self,
        session: &str,
        name: &str,
        state: Vec<u8>,
    ) -> Result<(), StorageError> {
        put_blob(
            self,
            "INSERT INTO wa_app_state_versions (session_id, name, state) VALUES (?, ?, ?) \
             ON CONFLICT (session_id, name) DO UPDATE SET state = excluded.state",
            session,
            name,
            state,
        )
        .await
    }

    async fn put_mutation_macs(
        &self,
        session: &str,
        name: &str,
        version: i64,
        macs: Vec<MutationMac>,
    ) -> Result<(), StorageError> {
        if macs.is_empty() {
            return Ok(());
        }
        let (session, name) = (session.to_owned(), name.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                for mac in macs {
                    db::query(
                        "INSERT INTO wa_app_state_mutation_macs (session_id, name, index_mac, value_mac, version) \
                         VALUES (?, ?, ?, ?, ?) ON CONFLICT (session_id, name, index_mac) \
                         DO UPDATE SET value_mac = excluded.value_mac, version = excluded.version",
                    )
                    .bind(session.as_str())
                    .bind(name.as_str())
                    .bind(mac.index_mac)
                    .bind(mac.value_mac)
                    .bind(version)
                    .execute(&mut *c)
                    .await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn mutation_mac(
        &self,
        session: &str,
        name: &str,
        index_mac: &[u8],
    ) -> Result<Option<Vec<u8>>, StorageError> {
        let found: Option<Vec<u8>> = db::query_scalar(
            "SELECT value_mac FROM wa_app_state_mutation_macs WHERE session_id = ? AND name = ? AND index_mac = ?",
        )
        .bind(session)
        .bind(name)
        .bind(index_mac)
        .fetch_optional(self.near())
        .await?;
        Ok(found)
    }

    async fn mutation_macs(
        &self,
        session: &str,
        name: &str,
        index_macs: &[&[u8]],
    ) -> Result<Vec<MutationMac>, StorageError> {
        if index_macs.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<(Vec<u8>, Vec<u8>)> = db::query_as(
            "SELECT index_mac, value_mac FROM wa_app_state_mutation_macs \
             WHERE session_id = ? AND name = ? AND index_mac IN (SELECT unhex(value) FROM json_each(?))",
        )
        .bind(session)
        .bind(name)
        .bind(hex_list(index_macs)?)
        .fetch_all(self.readers())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(index_mac, value_mac)| MutationMac { index_mac, value_mac })
            .collect())
    }

    async fn delete_mutation_macs(
        &self,
        session: &str,
        name: &str,
        index_macs: &[&[u8]],
    ) -> Result<(), StorageError> {
        if index_macs.is_empty() {
            return Ok(());
        }
        let (session, name, index_macs) = (session.to_owned(), name.to_owned(), hex_list(index_macs)?);
        self.write(move |c| {
            Box::pin(async move {
                db::query(
                    "DELETE FROM wa_app_state_mutation_macs \
                     WHERE session_id = ? AND name = ? AND index_mac IN (SELECT unhex(value) FROM json_each(?))",
                )
                .bind(session)
                .bind(name)
                .bind(index_macs)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn clear_mutation_macs(&self, session: &str, name: &str) -> Result<(), StorageError> {
        execute_for_key(
            self,
            "DELETE FROM wa_app_state_mutation_macs WHERE session_id = ? AND name = ?",
            session,
            name,
        )
        .await
    }
}
