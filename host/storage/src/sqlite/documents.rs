//! `documents` over SQLite.

use async_trait::async_trait;

use super::{AllRemembered, SqliteStorage};
use crate::StorageError;
use crate::db;
use crate::documents::Documents;

#[async_trait]
impl Documents for SqliteStorage {
    async fn document(&self, namespace: &str, session_id: &str) -> Result<Option<String>, StorageError> {
        let read = async {
            Ok(
                db::query_scalar("SELECT json FROM documents WHERE namespace = ? AND session_id = ?")
                    .bind(namespace)
                    .bind(session_id)
                    .fetch_optional(self.near())
                    .await?,
            )
        };
        let place = (namespace.to_owned(), session_id.to_owned());
        self.remembered.documents.get(place, read).await
    }

    async fn put_document(
        &self,
        namespace: &str,
        session_id: &str,
        json: String,
        now: i64,
    ) -> Result<(), StorageError> {
        let (namespace, session_id) = (namespace.to_owned(), session_id.to_owned());
        let place = (namespace.clone(), session_id.clone());
        let changing = move |remembered: &AllRemembered| remembered.documents.change(place);
        self.write_changing(changing, move |c| {
            Box::pin(async move {
                db::query(
                    "INSERT INTO documents (namespace, session_id, json, updated_at) VALUES (?, ?, ?, ?) \
                     ON CONFLICT (namespace, session_id) DO UPDATE SET json = excluded.json, \
                     updated_at = excluded.updated_at",
                )
                .bind(namespace)
                .bind(session_id)
                .bind(json)
                .bind(now)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }
}
