//! `notifications` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::db::{self, SqliteConnection, SqliteRow};
use crate::notifications::{MAX_NOTIFICATIONS, NotificationRow, Notifications};

fn notification_from(row: &SqliteRow) -> Result<NotificationRow, StorageError> {
    Ok(NotificationRow {
        id: row.try_get("id")?,
        user_id: row.try_get("user_id")?,
        title: row.try_get("title")?,
        message: row.try_get("message")?,
        kind: row.try_get("type")?,
        read: row.try_get("read")?,
        href: row.try_get("href")?,
        created_at: row.try_get("created_at")?,
    })
}

async fn insert(c: &mut SqliteConnection, row: NotificationRow) -> Result<bool, StorageError> {
    let done = db::query(
        "INSERT INTO notifications (id, user_id, title, message, type, read, href, created_at) \
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM users WHERE id = ?2 AND NOT disabled) \
         ON CONFLICT (id) DO UPDATE SET read = read",
    )
    .bind(row.id)
    .bind(&row.user_id)
    .bind(row.title)
    .bind(row.message)
    .bind(row.kind)
    .bind(row.read)
    .bind(row.href)
    .bind(row.created_at)
    .execute(&mut *c)
    .await?;
    db::query(
        "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE user_id = ? \
         ORDER BY id DESC LIMIT -1 OFFSET ?)",
    )
    .bind(row.user_id)
    .bind(MAX_NOTIFICATIONS)
    .execute(c)
    .await?;
    Ok(done.rows_affected() == 1)
}

#[async_trait]
impl Notifications for SqliteStorage {
    async fn insert_notifications(&self, rows: Vec<NotificationRow>) -> Result<u32, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                let mut inserted = 0;
                for row in rows {
                    inserted += u32::from(insert(&mut *c, row).await?);
                }
                Ok(inserted)
            })
        })
        .await
    }

    async fn notifications_of(
        &self,
        user_id: &str,
        limit: i64,
    ) -> Result<Vec<NotificationRow>, StorageError> {
        let rows = db::query("SELECT * FROM notifications WHERE user_id = ? ORDER BY id DESC LIMIT ?")
            .bind(user_id)
            .bind(limit.max(0))
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(notification_from).collect()
    }

    async fn mark_notifications_read(
        &self,
        user_id: &str,
        ids: Option<Vec<String>>,
    ) -> Result<u32, StorageError> {
        let user_id = user_id.to_owned();
        let ids = ids.map(|ids| serde_json::Value::from(ids).to_string());
        self.write(move |c| {
            Box::pin(async move {
                let done = db::query(
                    "UPDATE notifications SET read = 1 WHERE user_id = ?1 AND read = 0 \
                     AND (?2 IS NULL OR id IN (SELECT value FROM json_each(?2)))",
                )
                .bind(user_id)
                .bind(ids)
                .execute(c)
                .await?;
                Ok(u32::try_from(done.rows_affected()).unwrap_or(u32::MAX))
            })
        })
        .await
    }

    async fn delete_notification(&self, user_id: &str, id: &str) -> Result<bool, StorageError> {
        let (user_id, id) = (user_id.to_owned(), id.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                let done = db::query("DELETE FROM notifications WHERE user_id = ? AND id = ?")
                    .bind(user_id)
                    .bind(id)
                    .execute(c)
                    .await?;
                Ok(done.rows_affected() == 1)
            })
        })
        .await
    }
}
