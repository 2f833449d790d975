//! `labels` and `label_targets` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::db::{self, SqliteConnection, SqliteRow};
use crate::events::NewEvent;
use crate::labels::{LabelRow, LabelTarget, Labels};

fn label_from(row: &SqliteRow) -> Result<LabelRow, StorageError> {
    Ok(LabelRow {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        color: row.try_get("color")?,
        predefined_id: row.try_get("predefined_id")?,
        updated_at: row.try_get("updated_at")?,
    })
}

/// Tells a change. Says whether there was one.
async fn told(c: &mut SqliteConnection, changed: u64, event: Option<NewEvent>) -> Result<bool, StorageError> {
    if changed > 0
        && let Some(event) = event
    {
        super::events::append(c, event).await?;
    }
    Ok(changed > 0)
}

#[async_trait]
impl Labels for SqliteStorage {
    async fn put_label(
        &self,
        session_id: &str,
        label: LabelRow,
        event: Option<NewEvent>,
    ) -> Result<bool, StorageError> {
        let session_id = session_id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let changed = db::query(
                    "INSERT INTO labels (session_id, id, name, color, predefined_id, updated_at) \
                     SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?1) \
                     ON CONFLICT (session_id, id) DO UPDATE SET name = excluded.name, color = excluded.color, \
                       predefined_id = coalesce(excluded.predefined_id, predefined_id), updated_at = excluded.updated_at \
                     WHERE name <> excluded.name OR color <> excluded.color",
                )
                .bind(session_id)
                .bind(label.id)
                .bind(label.name)
                .bind(label.color)
                .bind(label.predefined_id)
                .bind(label.updated_at)
                .execute(&mut *c)
                .await?
                .rows_affected();
                told(c, changed, event).await
            })
        })
        .await
    }

    async fn remove_label(
        &self,
        session_id: &str,
        label_id: &str,
        event: Option<NewEvent>,
    ) -> Result<bool, StorageError> {
        let (session_id, label_id) = (session_id.to_owned(), label_id.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                db::query("DELETE FROM label_targets WHERE session_id = ? AND label_id = ?")
                    .bind(&session_id)
                    .bind(&label_id)
                    .execute(&mut *c)
                    .await?;
                let changed = db::query("DELETE FROM labels WHERE session_id = ? AND id = ?")
                    .bind(session_id)
                    .bind(label_id)
                    .execute(&mut *c)
                    .await?
                    .rows_affected();
                told(c, changed, event).await
            })
        })
        .await
    }

    async fn set_label(
        &self,
        session_id: &str,
        target: LabelTarget,
        on: bool,
        at: i64,
        event: Option<NewEvent>,
    ) -> Result<bool, StorageError> {
        let session_id = session_id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let statement = if on {
                    "INSERT INTO label_targets (session_id, label_id, chat, wa_id, created_at) \
                     SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?1) \
                     ON CONFLICT (session_id, label_id, chat, wa_id) DO NOTHING"
                } else {
                    "DELETE FROM label_targets WHERE session_id = ?1 AND label_id = ?2 AND chat = ?3 AND wa_id = ?4"
                };
                let changed = db::query(statement)
                    .bind(session_id)
                    .bind(target.label_id)
                    .bind(target.chat)
                    .bind(target.wa_id.unwrap_or_default())
                    .bind(at)
                    .execute(&mut *c)
                    .await?
                    .rows_affected();
                told(c, changed, event).await
            })
        })
        .await
    }

    async fn labels(&self, session_id: &str) -> Result<Vec<LabelRow>, StorageError> {
        let rows = db::query("SELECT * FROM labels WHERE session_id = ? ORDER BY name COLLATE NOCASE, id")
            .bind(session_id)
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(label_from).collect()
    }

    async fn labels_on(
        &self,
        session_id: &str,
        chat: &str,
        wa_id: Option<&str>,
    ) -> Result<Vec<LabelRow>, StorageError> {
        let rows = db::query(
            "SELECT l.* FROM label_targets t JOIN labels l ON l.session_id = t.session_id AND l.id = t.label_id \
             WHERE t.session_id = ? AND t.chat = ? AND t.wa_id = ? ORDER BY l.name COLLATE NOCASE, l.id",
        )
        .bind(session_id)
        .bind(chat)
        .bind(wa_id.unwrap_or_default())
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(label_from).collect()
    }

    async fn labelled(&self, session_id: &str, label_id: &str) -> Result<Vec<LabelTarget>, StorageError> {
        let rows = db::query(
            "SELECT * FROM label_targets WHERE session_id = ? AND label_id = ? ORDER BY created_at, chat, wa_id",
        )
        .bind(session_id)
        .bind(label_id)
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| {
                let wa_id: String = row.try_get("wa_id")?;
                Ok(LabelTarget {
                    label_id: row.try_get("label_id")?,
                    chat: row.try_get("chat")?,
                    wa_id: Some(wa_id).filter(|id| !id.is_empty()),
                })
            })
            .collect()
    }
}
