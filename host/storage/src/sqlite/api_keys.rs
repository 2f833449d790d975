//! `api_keys` over SQLite.

use async_trait::async_trait;
use sqlx::{Row, SqliteConnection};

use super::SqliteStorage;
use crate::StorageError;
use crate::api_keys::{ApiKeyRow, ApiKeys};
use crate::users::UserRow;

/// Last use is kept to the minute: a busy key must not turn every request into a write.
const TOUCH_EVERY_MS: i64 = 60_000;

pub(super) async fn insert(connection: &mut SqliteConnection, key: ApiKeyRow) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO api_keys (id, user_id, name, hash, last4, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(key.id)
    .bind(key.user_id)
    .bind(key.name)
    .bind(key.hash)
    .bind(key.last4)
    .bind(key.expires_at)
    .bind(key.created_at)
    .execute(connection)
    .await?;
    Ok(())
}

#[async_trait]
impl ApiKeys for SqliteStorage {
    async fn api_key_by_hash(&self, hash: &[u8]) -> Result<Option<(ApiKeyRow, UserRow)>, StorageError> {
        let row = sqlx::query(
            "SELECT k.id AS key_id, k.user_id, k.name AS key_name, k.hash, k.last4, k.expires_at, \
                    k.created_at AS key_created_at, u.* \
             FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.hash = ?",
        )
        .bind(hash)
        .fetch_optional(self.readers())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let key = ApiKeyRow {
            id: row.try_get("key_id")?,
            user_id: row.try_get("user_id")?,
            name: row.try_get("key_name")?,
            hash: row.try_get("hash")?,
            last4: row.try_get("last4")?,
            expires_at: row.try_get("expires_at")?,
            created_at: row.try_get("key_created_at")?,
        };
        Ok(Some((key, super::users::user_from(&row)?)))
    }

    async fn touch_api_key(&self, id: &str, now: i64) -> Result<(), StorageError> {
        let id = id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1 AND coalesce(last_used_at, 0) < ?3",
                )
                .bind(id)
                .bind(now)
                .bind(now - TOUCH_EVERY_MS)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }
}
