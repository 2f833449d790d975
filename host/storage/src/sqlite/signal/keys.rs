//! Signal keys over SQLite.

use async_trait::async_trait;
use bytes::Bytes;

use super::{execute_for_key, find_blob, json_list};
use crate::StorageError;
use crate::db;
use crate::signal::{PrekeyRecord, SignalKeys, SignalRecord};
use crate::sqlite::SqliteStorage;

/// Inserts or replaces records. Parameters: session, address, record.
async fn put_records(
    storage: &SqliteStorage,
    sql: &'static str,
    session: &str,
    records: Vec<SignalRecord>,
) -> Result<(), StorageError> {
    if records.is_empty() {
        return Ok(());
    }
    let session = session.to_owned();
    storage
        .write(move |c| {
            Box::pin(async move {
                for SignalRecord { address, record } in records {
                    db::query(sql)
                        .bind(session.as_str())
                        .bind(address)
                        .bind(Vec::<u8>::from(record))
                        .execute(&mut *c)
                        .await?;
                }
                Ok(())
            })
        })
        .await
}

/// One statement about one numbered key. Parameters: session, id.
async fn execute_for_id(
    storage: &SqliteStorage,
    sql: &'static str,
    session: &str,
    id: u32,
) -> Result<(), StorageError> {
    let session = session.to_owned();
    storage
        .write(move |c| {
            Box::pin(async move {
                db::query(sql).bind(session).bind(id).execute(c).await?;
                Ok(())
            })
        })
        .await
}

fn prekey_from((id, record): (u32, Vec<u8>)) -> PrekeyRecord {
    PrekeyRecord {
        id,
        record: Bytes::from(record),
    }
}

#[async_trait]
impl SignalKeys for SqliteStorage {
    async fn put_signal_identities(
        &self,
        session: &str,
        records: Vec<SignalRecord>,
    ) -> Result<(), StorageError> {
        put_records(
            self,
            "INSERT INTO wa_identities (session_id, address, record) VALUES (?, ?, ?) \
             ON CONFLICT (session_id, address) DO UPDATE SET record = excluded.record",
            session,
            records,
        )
        .await
    }

    async fn signal_identity(&self, session: &str, address: &str) -> Result<Option<[u8; 32]>, StorageError> {
        let found = find_blob(
            self,
            "SELECT record FROM wa_identities WHERE session_id = ? AND address = ?",
            session,
            address,
        )
        .await?;
        found
            .map(|key| {
                <[u8; 32]>::try_from(key.as_slice()).map_err(|_| StorageError::Inconsistent {
                    table: "wa_identities",
                    column: "record",
                })
            })
            .transpose()
    }

    async fn delete_signal_identity(&self, session: &str, address: &str) -> Result<(), StorageError> {
        execute_for_key(
            self,
            "DELETE FROM wa_identities WHERE session_id = ? AND address = ?",
            session,
            address,
        )
        .await
    }

    async fn put_signal_sessions(
        &self,
        session: &str,
        records: Vec<SignalRecord>,
    ) -> Result<(), StorageError> {
        put_records(
            self,
            "INSERT INTO wa_signal_sessions (session_id, address, record) VALUES (?, ?, ?) \
             ON CONFLICT (session_id, address) DO UPDATE SET record = excluded.record",
            session,
            records,
        )
        .await
    }

    async fn signal_session(&self, session: &str, address: &str) -> Result<Option<Bytes>, StorageError> {
        let found = find_blob(
            self,
            "SELECT record FROM wa_signal_sessions WHERE session_id = ? AND address = ?",
            session,
            address,
        )
        .await?;
        Ok(found.map(Bytes::from))
    }

    async fn has_signal_session(&self, session: &str, address: &str) -> Result<bool, StorageError> {
        let found: bool = db::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM wa_signal_sessions WHERE session_id = ? AND address = ?)",
        )
        .bind(session)
        .bind(address)
        .fetch_one(self.near())
        .await?;
        Ok(found)
    }

    async fn delete_signal_session(&self, session: &str, address: &str) -> Result<(), StorageError> {
        execute_for_key(
            self,
            "DELETE FROM wa_signal_sessions WHERE session_id = ? AND address = ?",
            session,
            address,
        )
        .await
    }

    async fn has_signal_state_of(&self, session: &str, user: &str) -> Result<bool, StorageError> {
        // Addresses are `user@server` and `user:device@server`. 'A' follows '@' and ';' follows ':', so that each
        // range holds exactly the addresses with that prefix, and the key's own tree answers.
        let found: bool = db::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM wa_signal_sessions \
                 WHERE session_id = ?1 AND address >= ?2 || '@' AND address < ?2 || 'A') \
             OR EXISTS (SELECT 1 FROM wa_signal_sessions \
                 WHERE session_id = ?1 AND address >= ?2 || ':' AND address < ?2 || ';') \
             OR EXISTS (SELECT 1 FROM wa_identities \
                 WHERE session_id = ?1 AND address >= ?2 || '@' AND address < ?2 || 'A') \
             OR EXISTS (SELECT 1 FROM wa_identities \
                 WHERE session_id = ?1 AND address >= ?2 || ':' AND address < ?2 || ';')",
        )
        .bind(session)
        .bind(user)
        .fetch_one(self.near())
        .await?;
        Ok(found)
    }

    async fn put_prekeys(
        &self,
        session: &str,
        records: Vec<PrekeyRecord>,
        uploaded: bool,
    ) -> Result<(), StorageError> {
        if records.is_empty() {
            return Ok(());
        }
        let session = session.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                for PrekeyRecord { id, record } in records {
                    db::query(
                        "INSERT INTO wa_prekeys (session_id, id, record, uploaded) VALUES (?, ?, ?, ?) \
                         ON CONFLICT (session_id, id) DO UPDATE SET record = excluded.record, \
                         uploaded = excluded.uploaded",
                    )
                    .bind(session.as_str())
                    .bind(id)
                    .bind(Vec::<u8>::from(record))
                    .bind(uploaded)
                    .execute(&mut *c)
                    .await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn prekeys(&self, session: &str, ids: &[u32]) -> Result<Vec<PrekeyRecord>, StorageError> {
        let rows: Vec<(u32, Vec<u8>)> = db::query_as(
            "SELECT id, record FROM wa_prekeys \
             WHERE session_id = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY id",
        )
        .bind(session)
        .bind(json_list(ids)?)
        .fetch_all(self.near())
        .await?;
        Ok(rows.into_iter().map(prekey_from).collect())
    }

    async fn mark_prekeys_uploaded(&self, session: &str, ids: &[u32]) -> Result<(), StorageError> {
        if ids.is_empty() {
            return Ok(());
        }
        // An UPDATE on purpose: a prekey that was used meanwhile must not come back.
        execute_for_key(
            self,
            "UPDATE wa_prekeys SET uploaded = 1 WHERE session_id = ? AND id IN (SELECT value FROM json_each(?))",
            session,
            &json_list(ids)?,
        )
        .await
    }

    async fn delete_prekey(&self, session: &str, id: u32) -> Result<(), StorageError> {
        execute_for_id(
            self,
            "DELETE FROM wa_prekeys WHERE session_id = ? AND id = ?",
            session,
            id,
        )
        .await
    }

    async fn max_prekey_id(&self, session: &str) -> Result<u32, StorageError> {
        let highest: Option<u32> = db::query_scalar("SELECT MAX(id) FROM wa_prekeys WHERE session_id = ?")
            .bind(session)
            .fetch_one(self.near())
            .await?;
        Ok(highest.unwrap_or(0))
    }

    async fn put_signed_prekey(&self, session: &str, record: PrekeyRecord) -> Result<(), StorageError> {
        let session = session.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                db::query(
                    "INSERT INTO wa_signed_prekeys (session_id, id, record) VALUES (?, ?, ?) \
                     ON CONFLICT (session_id, id) DO UPDATE SET record = excluded.record",
                )
                .bind(session)
                .bind(record.id)
                .bind(Vec::<u8>::from(record.record))
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn signed_prekey(&self, session: &str, id: u32) -> Result<Option<Vec<u8>>, StorageError> {
        let found: Option<Vec<u8>> =
            db::query_scalar("SELECT record FROM wa_signed_prekeys WHERE session_id = ? AND id = ?")
                .bind(session)
                .bind(id)
                .fetch_optional(self.near())
                .await?;
        Ok(found)
    }

    async fn signed_prekeys(&self, session: &str) -> Result<Vec<PrekeyRecord>, StorageError> {
        let rows: Vec<(u32, Vec<u8>)> =
            db::query_as("SELECT id, record FROM wa_signed_prekeys WHERE session_id = ? ORDER BY id")
                .bind(session)
                .fetch_all(self.near())
                .await?;
        Ok(rows.into_iter().map(prekey_from).collect())
    }

    async fn delete_signed_prekey(&self, session: &str, id: u32) -> Result<(), StorageError> {
        execute_for_id(
            self,
            "DELETE FROM wa_signed_prekeys WHERE session_id = ? AND id = ?",
            session,
            id,
        )
        .await
    }

    async fn put_sender_keys(&self, session: &str, records: Vec<SignalRecord>) -> Result<(), StorageError> {
        put_records(
            self,
            "INSERT INTO wa_sender_keys (session_id, address, record) VALUES (?, ?, ?) \
             ON CONFLICT (session_id, address) DO UPDATE SET record = excluded.record",
            session,
            records,
        )
        .await
    }

    async fn sender_key(&self, session: &str, address: &str) -> Result<Option<Vec<u8>>, StorageError> {
        find_blob(
            self,
            "SELECT record FROM wa_sender_keys WHERE session_id = ? AND address = ?",
            session,
            address,
        )
        .await
    }

    async fn delete_sender_key(&self, session: &str, address: &str) -> Result<(), StorageError> {
        execute_for_key(
            self,
            "DELETE FROM wa_sender_keys WHERE session_id = ? AND address = ?",
            session,
            address,
        )
        .await
    }
}
