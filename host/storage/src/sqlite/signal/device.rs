//! The linked device over SQLite.

use async_trait::async_trait;

use crate::StorageError;
use crate::db;
use crate::signal::DeviceState;
use crate::sqlite::SqliteStorage;

/// Runs an INSERT of the device record. Parameters: session, record.
async fn insert(
    storage: &SqliteStorage,
    sql: &'static str,
    session: &str,
    record: Vec<u8>,
) -> Result<(), StorageError> {
    let session = session.to_owned();
    storage
        .write(move |c| {
            Box::pin(async move {
                db::query(sql).bind(session).bind(record).execute(c).await?;
                Ok(())
            })
        })
        .await
}

#[async_trait]
impl DeviceState for SqliteStorage {
    async fn device_record(&self, session: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let found: Option<Vec<u8>> = db::query_scalar("SELECT device FROM wa_device WHERE session_id = ?")
            .bind(session)
            .fetch_optional(self.near())
            .await?;
        Ok(found)
    }

    async fn has_device_record(&self, session: &str) -> Result<bool, StorageError> {
        let found: bool = db::query_scalar("SELECT EXISTS (SELECT 1 FROM wa_device WHERE session_id = ?)")
            .bind(session)
            .fetch_one(self.near())
            .await?;
        Ok(found)
    }

    async fn put_device_record(&self, session: &str, record: Vec<u8>) -> Result<(), StorageError> {
        insert(
            self,
            "INSERT INTO wa_device (session_id, device) VALUES (?, ?) \
             ON CONFLICT (session_id) DO UPDATE SET device = excluded.device",
            session,
            record,
        )
        .await
    }

    async fn insert_device_record(&self, session: &str, record: Vec<u8>) -> Result<(), StorageError> {
        insert(
            self,
            "INSERT INTO wa_device (session_id, device) VALUES (?, ?) ON CONFLICT (session_id) DO NOTHING",
            session,
            record,
        )
        .await
    }
}
