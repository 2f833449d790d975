//! `session_access` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use super::sessions::session_from;
use super::users::user_from;
use crate::StorageError;
use crate::access::{AccessRow, Granted, MAX_SHARES, SessionAccess};
use crate::db::{self, SqliteConnection};
use crate::sessions::SessionRow;
use crate::users::UserRow;

async fn grant(c: &mut SqliteConnection, row: AccessRow) -> Result<Granted, StorageError> {
    let (shares, known): (i64, i64) = db::query_as(
        "SELECT count(*), count(*) FILTER (WHERE user_id = ?2) FROM session_access WHERE session_id = ?1",
    )
    .bind(&row.session_id)
    .bind(&row.user_id)
    .fetch_one(&mut *c)
    .await?;
    if known > 0 {
        return Ok(Granted::Already);
    }
    if shares >= MAX_SHARES {
        return Ok(Granted::TooMany);
    }
    let done = db::query(
        "INSERT INTO session_access (id, session_id, user_id, created_at) SELECT ?1, ?2, ?3, ?4 \
         WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?2) \
         AND EXISTS (SELECT 1 FROM users WHERE id = ?3 AND NOT disabled)",
    )
    .bind(row.id)
    .bind(row.session_id)
    .bind(row.user_id)
    .bind(row.created_at)
    .execute(c)
    .await?;
    Ok(if done.rows_affected() == 1 {
        Granted::New
    } else {
        Granted::Gone
    })
}

#[async_trait]
impl SessionAccess for SqliteStorage {
    async fn grant_access(&self, row: AccessRow) -> Result<Granted, StorageError> {
        self.write(move |c| Box::pin(grant(c, row))).await
    }

    async fn revoke_access(&self, session_id: &str, user_id: &str) -> Result<bool, StorageError> {
        let (session_id, user_id) = (session_id.to_owned(), user_id.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                let done = db::query("DELETE FROM session_access WHERE session_id = ? AND user_id = ?")
                    .bind(session_id)
                    .bind(user_id)
                    .execute(c)
                    .await?;
                Ok(done.rows_affected() == 1)
            })
        })
        .await
    }

    async fn has_access(&self, session_id: &str, user_id: &str) -> Result<bool, StorageError> {
        let found: Option<i64> =
            db::query_scalar("SELECT 1 FROM session_access WHERE session_id = ? AND user_id = ?")
                .bind(session_id)
                .bind(user_id)
                .fetch_optional(self.near())
                .await?;
        Ok(found.is_some())
    }

    async fn access_to(&self, session_id: &str) -> Result<Vec<(AccessRow, UserRow)>, StorageError> {
        let rows = db::query(
            "SELECT a.id AS access_id, a.session_id, a.created_at AS access_created_at, u.* \
             FROM session_access a JOIN users u ON u.id = a.user_id WHERE a.session_id = ? ORDER BY a.id DESC",
        )
        .bind(session_id)
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| {
                let user = user_from(row)?;
                let access = AccessRow {
                    id: row.try_get("access_id")?,
                    session_id: row.try_get("session_id")?,
                    user_id: user.id.clone(),
                    created_at: row.try_get("access_created_at")?,
                };
                Ok((access, user))
            })
            .collect()
    }

    async fn sessions_shared_with(&self, user_id: &str) -> Result<Vec<SessionRow>, StorageError> {
        let rows = db::query(
            "SELECT s.* FROM sessions s JOIN session_access a ON a.session_id = s.id WHERE a.user_id = ? \
             ORDER BY s.id DESC",
        )
        .bind(user_id)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(session_from).collect()
    }

    async fn users_of_session(&self, session_id: &str) -> Result<Vec<String>, StorageError> {
        let owner: Option<String> = db::query_scalar("SELECT user_id FROM sessions WHERE id = ?")
            .bind(session_id)
            .fetch_optional(self.near())
            .await?;
        let mut users: Vec<String> = owner.into_iter().collect();
        let others: Vec<String> =
            db::query_scalar("SELECT user_id FROM session_access WHERE session_id = ? ORDER BY id")
                .bind(session_id)
                .fetch_all(self.readers())
                .await?;
        users.extend(others);
        Ok(users)
    }
}
