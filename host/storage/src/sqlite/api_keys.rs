//! `api_keys` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::api_keys::{ApiKeyRow, ApiKeys, MAX_KEYS};
use crate::db::{self, SqliteConnection, SqliteRow};
use crate::users::UserRow;

/// Last use is kept to the minute: a busy key must not turn every request into a write.
const TOUCH_EVERY_MS: i64 = 60_000;

pub(super) async fn insert(connection: &mut SqliteConnection, key: ApiKeyRow) -> Result<(), StorageError> {
    db::query(
        "INSERT INTO api_keys (id, user_id, name, hash, prefix, last4, scopes, sessions, is_default, expires_at, \
         created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(key.id)
    .bind(key.user_id)
    .bind(key.name)
    .bind(key.hash)
    .bind(key.prefix)
    .bind(key.last4)
    .bind(list_text(key.scopes))
    .bind(list_text(key.sessions))
    .bind(key.is_default)
    .bind(key.expires_at)
    .bind(key.created_at)
    .execute(connection)
    .await
    .map_err(|error| {
        if error.is_unique_violation() {
            // A key somebody chose; a generated one never meets another.
            StorageError::Conflict("key")
        } else {
            error.into()
        }
    })?;
    Ok(())
}

fn list_text(list: Option<Vec<String>>) -> Option<String> {
    list.map(|list| serde_json::Value::from(list).to_string())
}

fn list_from(row: &SqliteRow, column: &'static str) -> Result<Option<Vec<String>>, StorageError> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|_| StorageError::Inconsistent {
            table: "api_keys",
            column,
        })
}

/// Reads a key from a row whose columns are named as in the table.
fn key_from(row: &SqliteRow) -> Result<ApiKeyRow, StorageError> {
    Ok(ApiKeyRow {
        id: row.try_get("id")?,
        user_id: row.try_get("user_id")?,
        name: row.try_get("name")?,
        hash: row.try_get("hash")?,
        prefix: row.try_get("prefix")?,
        last4: row.try_get("last4")?,
        scopes: list_from(row, "scopes")?,
        sessions: list_from(row, "sessions")?,
        is_default: row.try_get("is_default")?,
        expires_at: row.try_get("expires_at")?,
        last_used_at: row.try_get("last_used_at")?,
        created_at: row.try_get("created_at")?,
    })
}

#[async_trait]
impl ApiKeys for SqliteStorage {
    async fn api_key_by_hash(&self, hash: &[u8]) -> Result<Option<(ApiKeyRow, UserRow)>, StorageError> {
        let row = db::query("SELECT * FROM api_keys WHERE hash = ?")
            .bind(hash)
            .fetch_optional(self.near())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let key = key_from(&row)?;
        // A user who vanished in between took the key along.
        let user = crate::users::Users::user(self, &key.user_id).await?;
        Ok(user.map(|user| (key, user)))
    }

    async fn touch_api_key(&self, id: &str, now: i64) -> Result<(), StorageError> {
        let id = id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                db::query(
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

    async fn api_keys_of(&self, user_id: &str) -> Result<Vec<ApiKeyRow>, StorageError> {
        let rows = db::query("SELECT * FROM api_keys WHERE user_id = ? ORDER BY id DESC")
            .bind(user_id)
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(key_from).collect()
    }

    async fn insert_api_key(&self, key: ApiKeyRow) -> Result<bool, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                if key.is_default {
                    db::query("DELETE FROM api_keys WHERE user_id = ? AND is_default = 1")
                        .bind(&key.user_id)
                        .execute(&mut *c)
                        .await?;
                }
                let count: i64 = db::query_scalar("SELECT count(*) FROM api_keys WHERE user_id = ?")
                    .bind(&key.user_id)
                    .fetch_one(&mut *c)
                    .await?;
                if count >= MAX_KEYS {
                    return Ok(false);
                }
                insert(c, key).await?;
                Ok(true)
            })
        })
        .await
    }

    async fn delete_api_key(&self, user_id: &str, id: &str) -> Result<bool, StorageError> {
        let (user_id, id) = (user_id.to_owned(), id.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                let done = db::query("DELETE FROM api_keys WHERE user_id = ? AND id = ?")
                    .bind(user_id)
                    .bind(id)
                    .execute(c)
                    .await?;
                Ok(done.rows_affected() == 1)
            })
        })
        .await
    }

    async fn delete_default_api_key(&self, user_id: &str) -> Result<bool, StorageError> {
        let user_id = user_id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let done = db::query("DELETE FROM api_keys WHERE user_id = ? AND is_default = 1")
                    .bind(user_id)
                    .execute(c)
                    .await?;
                Ok(done.rows_affected() == 1)
            })
        })
        .await
    }
}
