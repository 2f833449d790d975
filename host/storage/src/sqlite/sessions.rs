//! `sessions` over SQLite.

use async_trait::async_trait;

use super::{AllRemembered, SqliteStorage};
use crate::StorageError;
use crate::db::{self, SqliteRow};
use crate::sessions::{Desired, Identity, SessionRow, Sessions};

pub(super) fn session_from(row: &SqliteRow) -> Result<SessionRow, StorageError> {
    let desired: &str = row.try_get("desired")?;
    Ok(SessionRow {
        id: row.try_get("id")?,
        user_id: row.try_get("user_id")?,
        slug: row.try_get("slug")?,
        name: row.try_get("name")?,
        desired: match desired {
            "running" => Desired::Running,
            "stopped" => Desired::Stopped,
            _ => {
                return Err(StorageError::Inconsistent {
                    table: "sessions",
                    column: "desired",
                });
            }
        },
        status: row.try_get("status")?,
        cause: row.try_get("cause")?,
        pn: row.try_get("pn")?,
        lid: row.try_get("lid")?,
        push_name: row.try_get("push_name")?,
        config: row.try_get("config")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

fn desired_text(desired: Desired) -> &'static str {
    match desired {
        Desired::Running => "running",
        Desired::Stopped => "stopped",
    }
}

#[async_trait]
impl Sessions for SqliteStorage {
    async fn insert_session(&self, row: SessionRow) -> Result<(), StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                db::query(
                    "INSERT INTO sessions (id, user_id, slug, name, desired, status, cause, pn, lid, push_name, \
                     config, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                )
                .bind(row.id)
                .bind(row.user_id)
                .bind(row.slug)
                .bind(row.name)
                .bind(desired_text(row.desired))
                .bind(row.status)
                .bind(row.cause)
                .bind(row.pn)
                .bind(row.lid)
                .bind(row.push_name)
                .bind(row.config)
                .bind(row.created_at)
                .bind(row.updated_at)
                .execute(c)
                .await
                .map_err(|error| {
                    if error.is_unique_violation() {
                        StorageError::Conflict("sessionId")
                    } else {
                        error.into()
                    }
                })?;
                Ok(())
            })
        })
        .await
    }

    async fn session(&self, id: &str) -> Result<Option<SessionRow>, StorageError> {
        let row = db::query("SELECT * FROM sessions WHERE id = ?")
            .bind(id)
            .fetch_optional(self.near())
            .await?;
        row.as_ref().map(session_from).transpose()
    }

    async fn session_by_slug(&self, slug: &str) -> Result<Option<SessionRow>, StorageError> {
        let row = db::query("SELECT * FROM sessions WHERE slug = ?")
            .bind(slug)
            .fetch_optional(self.near())
            .await?;
        row.as_ref().map(session_from).transpose()
    }

    async fn sessions(&self) -> Result<Vec<SessionRow>, StorageError> {
        let rows = db::query("SELECT * FROM sessions ORDER BY id DESC")
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(session_from).collect()
    }

    async fn sessions_of(&self, user_id: &str) -> Result<Vec<SessionRow>, StorageError> {
        let rows = db::query("SELECT * FROM sessions WHERE user_id = ? ORDER BY id DESC")
            .bind(user_id)
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(session_from).collect()
    }

    async fn set_desired(&self, id: &str, desired: Desired, now: i64) -> Result<(), StorageError> {
        let id = id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                db::query("UPDATE sessions SET desired = ?, updated_at = ? WHERE id = ?")
                    .bind(desired_text(desired))
                    .bind(now)
                    .bind(id)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    async fn set_status(
        &self,
        id: &str,
        status: &str,
        cause: Option<&str>,
        now: i64,
    ) -> Result<(), StorageError> {
        let (id, status, cause) = (id.to_owned(), status.to_owned(), cause.map(str::to_owned));
        self.write(move |c| {
            Box::pin(async move {
                db::query("UPDATE sessions SET status = ?, cause = ?, updated_at = ? WHERE id = ?")
                    .bind(status)
                    .bind(cause)
                    .bind(now)
                    .bind(id)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    async fn set_identity(&self, id: &str, identity: Identity, now: i64) -> Result<(), StorageError> {
        let id = id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                db::query("UPDATE sessions SET pn = ?, lid = ?, push_name = ?, updated_at = ? WHERE id = ?")
                    .bind(identity.pn)
                    .bind(identity.lid)
                    .bind(identity.push_name)
                    .bind(now)
                    .bind(id)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    async fn wipe_device(&self, id: &str, now: i64) -> Result<(), StorageError> {
        let id = id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                super::signal::wipe(c, &id).await?;
                // The next account that is linked must not get the past of this one.
                db::query("DELETE FROM history_chunks WHERE session_id = ? AND blob IS NOT NULL")
                    .bind(&id)
                    .execute(&mut *c)
                    .await?;
                db::query("UPDATE sessions SET pn = NULL, lid = NULL, push_name = NULL, updated_at = ? WHERE id = ?")
                    .bind(now)
                    .bind(id)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    async fn set_session_config(&self, id: &str, config: String, now: i64) -> Result<bool, StorageError> {
        let id = id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let done = db::query("UPDATE sessions SET config = ?, updated_at = ? WHERE id = ?")
                    .bind(config)
                    .bind(now)
                    .bind(id)
                    .execute(c)
                    .await?;
                Ok(done.rows_affected() == 1)
            })
        })
        .await
    }

    async fn delete_session(&self, id: &str) -> Result<bool, StorageError> {
        // Piece by piece: other sessions' writes go in between. Interrupted, it is a session without its messages.
        for statement in [
            "DELETE FROM messages WHERE n IN (SELECT n FROM messages WHERE session_id = ? LIMIT ?)",
            "DELETE FROM events WHERE session_id = ?1 AND sequence IN \
             (SELECT sequence FROM events WHERE session_id = ?1 ORDER BY sequence LIMIT ?2)",
        ] {
            self.delete_in_pieces(statement, id).await?;
        }
        let session = id.to_owned();
        let deleted = self
            .write_changing(AllRemembered::change_all, move |c| {
                Box::pin(async move {
                    // Plugins key what belongs to a session by its row id (see `PluginStore`); all else cascades.
                    // '0' is the character after '/': the range holds exactly the keys with this prefix.
                    db::query("DELETE FROM plugin_store WHERE key >= ?1 || '/' AND key < ?1 || '0'")
                        .bind(&session)
                        .execute(&mut *c)
                        .await?;
                    Ok(db::query("DELETE FROM sessions WHERE id = ?")
                        .bind(session)
                        .execute(c)
                        .await?
                        .rows_affected()
                        == 1)
                })
            })
            .await?;
        self.tail.forget(id);
        Ok(deleted)
    }
}

/// Rows deleted by one write.
const PIECE: i64 = 500;

impl SqliteStorage {
    async fn delete_in_pieces(&self, statement: &'static str, id: &str) -> Result<(), StorageError> {
        loop {
            let id = id.to_owned();
            let deleted = self
                .write(move |c| {
                    Box::pin(async move {
                        Ok(db::query(statement)
                            .bind(id)
                            .bind(PIECE)
                            .execute(c)
                            .await?
                            .rows_affected())
                    })
                })
                .await?;
            if deleted < PIECE.unsigned_abs() {
                return Ok(());
            }
        }
    }
}
