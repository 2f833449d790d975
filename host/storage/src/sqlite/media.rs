//! `media_files` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::db::{self, SqliteConnection, SqliteRow};
use crate::media::{
    MediaChange, MediaFiles, MediaListing, MediaMessage, MediaRow, MediaScope, MediaSource, MediaState,
    MediaTotals, NewMedia,
};

fn row_from(row: &SqliteRow) -> Result<MediaRow, StorageError> {
    let state: &str = row.try_get("state")?;
    Ok(MediaRow {
        id: row.try_get("id")?,
        session_id: row.try_get("session_id")?,
        message_id: row.try_get("message_id")?,
        chat: row.try_get("chat")?,
        sender: row.try_get("sender")?,
        from_me: row.try_get("from_me")?,
        wa_id: row.try_get("wa_id")?,
        file_name: row.try_get("file_name")?,
        kind: row.try_get("kind")?,
        title: row.try_get("title")?,
        mime: row.try_get("mime")?,
        bytes: row.try_get("bytes")?,
        sha256: row.try_get("sha256")?,
        path: row.try_get("path")?,
        state: match state {
            "PENDING" => MediaState::Pending,
            "STORED" => MediaState::Stored,
            "FAILED" => MediaState::Failed,
            "EXPIRED" => MediaState::Expired,
            "TOO_LARGE" => MediaState::TooLarge,
            _ => {
                return Err(StorageError::Inconsistent {
                    table: "media_files",
                    column: "state",
                });
            }
        },
        error: row.try_get("error")?,
        source: MediaSource {
            media_type: row.try_get("media_type")?,
            direct_path: row.try_get("direct_path")?,
            static_url: row.try_get("static_url")?,
            media_key: row.try_get("media_key")?,
            file_sha256: row.try_get("file_sha256")?,
            file_enc_sha256: row.try_get("file_enc_sha256")?,
        },
        attempts: row.try_get("attempts")?,
        not_before_ms: row.try_get("not_before_ms")?,
        created_at: row.try_get("created_at")?,
        stored_at: row.try_get("stored_at")?,
    })
}

fn rows_from(rows: &[SqliteRow]) -> Result<Vec<MediaRow>, StorageError> {
    rows.iter().map(row_from).collect()
}

/// The ids as a JSON array, for `json_each`; NULL means all.
fn ids_of(scope: MediaScope) -> Option<String> {
    match scope {
        MediaScope::All => None,
        MediaScope::Sessions(ids) => Some(serde_json::json!(ids).to_string()),
    }
}

/// Beside the message, in its transaction.
pub(super) async fn insert(
    c: &mut SqliteConnection,
    message: MediaMessage,
    media: NewMedia,
) -> Result<(), StorageError> {
    db::query(
        "INSERT INTO media_files (id, session_id, message_id, chat, sender, from_me, wa_id, file_name, kind, title, \
         mime, bytes, state, media_type, direct_path, static_url, media_key, file_sha256, file_enc_sha256, \
         not_before_ms, created_at) \
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21 \
         WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?2) \
         ON CONFLICT DO NOTHING",
    )
    .bind(media.id)
    .bind(message.session_id)
    .bind(message.message_id)
    .bind(message.chat)
    .bind(message.sender)
    .bind(message.from_me)
    .bind(message.wa_id)
    .bind(media.file_name)
    .bind(media.kind)
    .bind(media.title)
    .bind(media.mime)
    .bind(media.bytes)
    .bind(media.state.as_str())
    .bind(media.source.media_type)
    .bind(media.source.direct_path)
    .bind(media.source.static_url)
    .bind(media.source.media_key)
    .bind(media.source.file_sha256)
    .bind(media.source.file_enc_sha256)
    .bind(if media.is_lazy { i64::MAX } else { message.now })
    .bind(message.now)
    .execute(c)
    .await?;
    Ok(())
}

async fn change(c: &mut SqliteConnection, id: &str, change: MediaChange) -> Result<bool, StorageError> {
    let query = match change {
        MediaChange::Stored {
            path,
            mime,
            bytes,
            sha256,
            now,
        } => db::query(
            "UPDATE media_files SET state = 'STORED', path = ?2, mime = ?3, bytes = ?4, sha256 = ?5, stored_at = ?6, \
             error = NULL WHERE id = ?1",
        )
        .bind(id)
        .bind(path)
        .bind(mime)
        .bind(bytes)
        .bind(sha256)
        .bind(now),
        MediaChange::Retry {
            attempts,
            not_before_ms,
            error,
        } => db::query(
            "UPDATE media_files SET attempts = ?2, not_before_ms = ?3, error = ?4 WHERE id = ?1 AND state = 'PENDING'",
        )
        .bind(id)
        .bind(attempts)
        .bind(not_before_ms)
        .bind(error),
        MediaChange::Ended {
            state,
            error,
            not_before_ms,
        } => db::query(
            "UPDATE media_files SET state = ?2, error = ?3, not_before_ms = ?4, path = NULL, sha256 = NULL \
             WHERE id = ?1",
        )
        .bind(id)
        .bind(state.as_str())
        .bind(error)
        .bind(not_before_ms),
        MediaChange::Moved { direct_path } => {
            db::query("UPDATE media_files SET direct_path = ?2, static_url = NULL WHERE id = ?1")
                .bind(id)
                .bind(direct_path)
        }
    };
    Ok(query.execute(c).await?.rows_affected() == 1)
}

#[async_trait]
impl MediaFiles for SqliteStorage {
    async fn insert_media(&self, message: MediaMessage, media: NewMedia) -> Result<(), StorageError> {
        self.write(move |c| Box::pin(insert(c, message, media))).await
    }

    async fn media(&self, id: &str) -> Result<Option<MediaRow>, StorageError> {
        let row = db::query("SELECT * FROM media_files WHERE id = ?")
            .bind(id)
            .fetch_optional(self.near())
            .await?;
        row.as_ref().map(row_from).transpose()
    }

    async fn media_by_name(&self, file_name: &str) -> Result<Option<MediaRow>, StorageError> {
        let row = db::query("SELECT * FROM media_files WHERE file_name = ?")
            .bind(file_name)
            .fetch_optional(self.near())
            .await?;
        row.as_ref().map(row_from).transpose()
    }

    async fn media_of_message(&self, message_id: &str) -> Result<Option<MediaRow>, StorageError> {
        let row = db::query("SELECT * FROM media_files WHERE message_id = ?")
            .bind(message_id)
            .fetch_optional(self.near())
            .await?;
        row.as_ref().map(row_from).transpose()
    }

    async fn media_of_messages(
        &self,
        session_id: &str,
        message_ids: &[String],
    ) -> Result<Vec<MediaRow>, StorageError> {
        let rows = db::query(
            "SELECT * FROM media_files WHERE session_id = ?1 AND message_id IN (SELECT value FROM json_each(?2))",
        )
        .bind(session_id)
        .bind(serde_json::json!(message_ids).to_string())
        .fetch_all(self.readers())
        .await?;
        rows_from(&rows)
    }

    async fn media_list(
        &self,
        scope: MediaScope,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<MediaListing>, StorageError> {
        let rows = db::query(
            "SELECT f.*, m.push_name AS message_push_name, s.slug AS session_slug, s.name AS session_name, \
             s.user_id AS owner_id, u.name AS owner_name \
             FROM media_files f JOIN sessions s ON s.id = f.session_id JOIN users u ON u.id = s.user_id \
             LEFT JOIN messages m ON m.id = f.message_id \
             WHERE f.state = 'STORED' AND (?1 IS NULL OR f.session_id IN (SELECT value FROM json_each(?1))) \
             ORDER BY f.stored_at DESC, f.id DESC LIMIT ?2 OFFSET ?3",
        )
        .bind(ids_of(scope))
        .bind(limit)
        .bind(offset)
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(MediaListing {
                    file: row_from(row)?,
                    push_name: row.try_get("message_push_name")?,
                    session_slug: row.try_get("session_slug")?,
                    session_name: row.try_get("session_name")?,
                    owner_id: row.try_get("owner_id")?,
                    owner_name: row.try_get("owner_name")?,
                })
            })
            .collect()
    }

    async fn media_totals(&self, scope: MediaScope) -> Result<MediaTotals, StorageError> {
        let row = db::query(
            "SELECT count(*) AS files, coalesce(sum(bytes), 0) AS bytes FROM media_files \
             WHERE state = 'STORED' AND (?1 IS NULL OR session_id IN (SELECT value FROM json_each(?1)))",
        )
        .bind(ids_of(scope))
        .fetch_one(self.readers())
        .await?;
        Ok(MediaTotals {
            files: row.try_get("files")?,
            bytes: row.try_get("bytes")?,
        })
    }

    async fn sessions_with_due_media(&self, now: i64) -> Result<Vec<String>, StorageError> {
        let ids = db::query_scalar(
            "SELECT DISTINCT session_id FROM media_files WHERE state = 'PENDING' AND not_before_ms <= ?",
        )
        .bind(now)
        .fetch_all(self.readers())
        .await?;
        Ok(ids)
    }

    async fn due_media(&self, session_id: &str, now: i64, limit: i64) -> Result<Vec<MediaRow>, StorageError> {
        let rows = db::query(
            "SELECT * FROM media_files WHERE session_id = ? AND state = 'PENDING' AND not_before_ms <= ? \
             ORDER BY not_before_ms LIMIT ?",
        )
        .bind(session_id)
        .bind(now)
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows_from(&rows)
    }

    async fn change_media(&self, id: &str, what: MediaChange) -> Result<bool, StorageError> {
        let id = id.to_owned();
        self.write(move |c| Box::pin(async move { change(c, &id, what).await }))
            .await
    }

    async fn delete_media(&self, ids: Vec<String>) -> Result<(), StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                db::query("DELETE FROM media_files WHERE id IN (SELECT value FROM json_each(?))")
                    .bind(serde_json::json!(ids).to_string())
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    async fn oldest_media(
        &self,
        session_id: Option<&str>,
        before_ms: i64,
        limit: i64,
    ) -> Result<Vec<MediaRow>, StorageError> {
        let rows = db::query(
            "SELECT * FROM media_files WHERE state = 'STORED' AND (?1 IS NULL OR session_id = ?1) AND stored_at < ?2 \
             ORDER BY stored_at, id LIMIT ?3",
        )
        .bind(session_id)
        .bind(before_ms)
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows_from(&rows)
    }
}
