//! `logins` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::db::{self, SqliteRow};
use crate::logins::{LoginRow, Logins, MAX_LOGINS};
use crate::users::UserRow;

fn login_from(row: &SqliteRow) -> Result<LoginRow, StorageError> {
    Ok(LoginRow {
        id: row.try_get("id")?,
        user_id: row.try_get("user_id")?,
        token_hash: row.try_get("token_hash")?,
        address: row.try_get("address")?,
        user_agent: row.try_get("user_agent")?,
        created_at: row.try_get("created_at")?,
        last_seen_at: row.try_get("last_seen_at")?,
        expires_at: row.try_get("expires_at")?,
    })
}

#[async_trait]
impl Logins for SqliteStorage {
    async fn insert_login(&self, login: LoginRow) -> Result<(), StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                db::query(
                    "DELETE FROM logins WHERE id IN (SELECT id FROM logins WHERE user_id = ?1 \
                     ORDER BY last_seen_at DESC, id DESC LIMIT -1 OFFSET ?2)",
                )
                .bind(&login.user_id)
                .bind(MAX_LOGINS - 1)
                .execute(&mut *c)
                .await?;
                db::query(
                    "INSERT INTO logins (id, user_id, token_hash, address, user_agent, created_at, last_seen_at, \
                     expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                )
                .bind(login.id)
                .bind(login.user_id)
                .bind(login.token_hash)
                .bind(login.address)
                .bind(login.user_agent)
                .bind(login.created_at)
                .bind(login.last_seen_at)
                .bind(login.expires_at)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn login_by_hash(&self, hash: &[u8]) -> Result<Option<(LoginRow, UserRow)>, StorageError> {
        let row = db::query("SELECT * FROM logins WHERE token_hash = ?")
            .bind(hash)
            .fetch_optional(self.near())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let login = login_from(&row)?;
        // A user who vanished in between took the login along.
        let user = crate::users::Users::user(self, &login.user_id).await?;
        Ok(user.map(|user| (login, user)))
    }

    async fn touch_login(&self, id: &str, now: i64) -> Result<(), StorageError> {
        let id = id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                db::query("UPDATE logins SET last_seen_at = max(last_seen_at, ?2) WHERE id = ?1")
                    .bind(id)
                    .bind(now)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    async fn logins_of(&self, user_id: &str) -> Result<Vec<LoginRow>, StorageError> {
        let rows = db::query("SELECT * FROM logins WHERE user_id = ? ORDER BY id DESC")
            .bind(user_id)
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(login_from).collect()
    }

    async fn delete_login(&self, id: &str) -> Result<bool, StorageError> {
        let id = id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let done = db::query("DELETE FROM logins WHERE id = ?")
                    .bind(id)
                    .execute(c)
                    .await?;
                Ok(done.rows_affected() == 1)
            })
        })
        .await
    }

    async fn delete_logins_of(&self, user_id: &str) -> Result<u64, StorageError> {
        let user_id = user_id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let done = db::query("DELETE FROM logins WHERE user_id = ?")
                    .bind(user_id)
                    .execute(c)
                    .await?;
                Ok(done.rows_affected())
            })
        })
        .await
    }

    async fn sweep_logins(&self, now: i64, seen_before: i64) -> Result<u64, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                let done = db::query("DELETE FROM logins WHERE expires_at <= ? OR last_seen_at < ?")
                    .bind(now)
                    .bind(seen_before)
                    .execute(c)
                    .await?;
                Ok(done.rows_affected())
            })
        })
        .await
    }
}
