//! What is kept: files that are too old go, and the oldest ones where there is too much. And what a crash left goes.

use wagate_storage::StorageError;
use wagate_storage::media::{MediaChange, MediaRow, MediaScope, MediaState};

use super::desk::MediaDesk;

/// Files looked at at once.
const BATCH: i64 = 200;

impl MediaDesk {
    /// Takes away what is older than the operator wants to keep.
    pub(super) async fn drop_old(&self) -> Result<(), StorageError> {
        let Some(keep_ms) = self.options().keep_ms else {
            return Ok(());
        };
        let before = self.clock().now_ms().saturating_sub(keep_ms);
        loop {
            let old = self.storage().oldest_media(None, before, BATCH).await?;
            if old.is_empty() {
                return Ok(());
            }
            for row in old {
                self.evict(&row, "older than files are kept here").await?;
            }
        }
    }

    /// Takes the oldest files away until this session, and all sessions together, are within their limits.
    pub(super) async fn make_room(&self, session: &str) -> Result<(), StorageError> {
        let own = MediaScope::Sessions(vec![session.to_owned()]);
        self.shrink(Some(session), own, self.options().session_bytes)
            .await?;
        self.shrink(None, MediaScope::All, self.options().total_bytes)
            .await
    }

    async fn shrink(&self, session: Option<&str>, scope: MediaScope, limit: u64) -> Result<(), StorageError> {
        let total = self.storage().media_totals(scope).await?.bytes;
        let mut excess = u64::try_from(total).unwrap_or(0).saturating_sub(limit);
        while excess > 0 {
            let oldest = self.storage().oldest_media(session, i64::MAX, BATCH).await?;
            if oldest.is_empty() {
                return Ok(());
            }
            for row in oldest {
                if excess == 0 {
                    return Ok(());
                }
                self.evict(&row, "made room for newer files").await?;
                excess = excess.saturating_sub(u64::try_from(row.bytes.unwrap_or(0)).unwrap_or(0));
            }
        }
        Ok(())
    }

    async fn evict(&self, row: &MediaRow, why: &str) -> Result<(), StorageError> {
        let ended = MediaChange::Ended {
            state: MediaState::Expired,
            error: why.to_owned(),
            // WhatsApp may still have it.
            not_before_ms: 0,
        };
        self.storage().change_media(&row.id, ended).await?;
        self.remove_file(row);
        Ok(())
    }

    /// Forgets files and deletes them.
    pub(crate) async fn delete(&self, rows: &[MediaRow]) -> Result<(), StorageError> {
        let ids = rows.iter().map(|row| row.id.clone()).collect();
        self.storage().delete_media(ids).await?;
        for row in rows {
            self.remove_file(row);
        }
        Ok(())
    }

    /// Deletes the files of a session that is gone.
    pub(crate) fn forget_session(&self, session: &str) {
        if let Err(error) = self.folder().remove_session(session) {
            tracing::warn!(%error, session.id = session, "the files of a deleted session are still there");
        }
    }

    /// The row is changed already: a file that stays is found at the next start.
    fn remove_file(&self, row: &MediaRow) {
        let Some(path) = &row.path else { return };
        if let Err(error) = self.folder().remove(path) {
            tracing::warn!(%error, media.id = row.id, "a file could not be deleted");
        }
    }

    /// Deletes files that no row says are stored: what a crash left between two steps.
    pub(super) async fn drop_orphans(&self) -> Result<(), StorageError> {
        let folder = self.folder().clone();
        let found = match tokio::task::spawn_blocking(move || folder.walk()).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the media directory cannot be read");
                return Ok(());
            }
            Err(_) => return Ok(()),
        };
        for (session, ids) in found {
            if self.storage().session(&session).await?.is_none() {
                self.forget_session(&session);
                continue;
            }
            for id in ids {
                let row = self.storage().media(&id).await?;
                if row.is_none_or(|row| row.state != MediaState::Stored) {
                    let path = super::folder::Folder::path_of(&session, &id);
                    if let Err(error) = self.folder().remove(&path) {
                        tracing::warn!(%error, "a file that belongs to nothing could not be deleted");
                    }
                }
            }
        }
        Ok(())
    }
}
