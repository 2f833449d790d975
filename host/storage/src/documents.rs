//! Settings documents: one JSON document a (plugin, session), written by its plugin, read by others when granted.

use async_trait::async_trait;

use crate::StorageError;

/// The `documents` table.
#[async_trait]
pub trait Documents: Send + Sync {
    /// The document, JSON text.
    async fn document(&self, namespace: &str, session_id: &str) -> Result<Option<String>, StorageError>;
    /// Replaces the document.
    async fn put_document(
        &self,
        namespace: &str,
        session_id: &str,
        json: String,
        now: i64,
    ) -> Result<(), StorageError>;
}
