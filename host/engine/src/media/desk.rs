//! Who asks for a file gets it here: from the disk, or downloaded now. One download a file at a time.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use wagate_storage::SharedStorage;
use wagate_storage::clock::SharedClock;
use wagate_storage::media::{MediaChange, MediaRow, MediaState};
use whatsapp_rust::Client;

use super::fetch::{self, Failure};
use super::folder::{self, Folder};
use super::options::MediaOptions;
use crate::EngineError;

/// The pause after the first failed download; it doubles.
const FIRST_PAUSE_MS: i64 = 30_000;
const LONGEST_PAUSE_MS: i64 = 6 * 3600 * 1000;
/// Downloads of a file that fail before it is given up.
pub(super) const MAX_ATTEMPTS: i64 = 8;
/// How long somebody who asks for a file waits for it.
const PATIENCE: Duration = Duration::from_secs(50);
/// Askers whose files are being downloaded; more are told to come back.
const MAX_ASKING: usize = 256;
/// What is lost is not asked for again before this long.
const LOST_PAUSE_MS: i64 = 10 * 60 * 1000;
/// Locks that nobody holds are swept when there are more than this many.
const SWEEP_AT: usize = 1024;

/// A file on disk.
#[derive(Debug, Clone)]
pub struct StoredMedia {
    /// Row id.
    pub id: String,
    /// The session's row id.
    pub session_id: String,
    /// Where it lies.
    pub path: PathBuf,
    /// By its content.
    pub mime: String,
    /// What it is called under `/api/media/`.
    pub file_name: String,
    /// What its sender calls it.
    pub title: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// Of its content, in hex.
    pub sha256: String,
}

/// The files of all sessions.
pub(crate) struct MediaDesk {
    storage: SharedStorage,
    clock: SharedClock,
    options: MediaOptions,
    folder: Folder,
    /// Downloads at the same time.
    permits: Arc<Semaphore>,
    /// Who waits for one.
    asking: Arc<Semaphore>,
    turns: Turns,
    /// Rung when there may be something to download.
    pub(super) bell: Notify,
}

impl MediaDesk {
    pub(crate) fn new(storage: SharedStorage, clock: SharedClock, options: MediaOptions) -> Self {
        Self {
            storage,
            clock,
            folder: Folder::new(options.dir.clone()),
            permits: Arc::new(Semaphore::new(options.concurrency.max(1))),
            asking: Arc::new(Semaphore::new(MAX_ASKING)),
            options,
            turns: Turns::default(),
            bell: Notify::new(),
        }
    }

    pub(crate) fn options(&self) -> &MediaOptions {
        &self.options
    }

    pub(super) fn storage(&self) -> &SharedStorage {
        &self.storage
    }

    pub(super) fn clock(&self) -> &SharedClock {
        &self.clock
    }

    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    pub(super) fn permits(&self) -> &Arc<Semaphore> {
        &self.permits
    }

    /// Media messages were committed, or a session is connected.
    pub(crate) fn ring(&self) {
        self.bell.notify_one();
    }

    /// The file of a row, downloaded if need be. `client` is that of its session, when it is connected.
    pub(crate) async fn obtain(
        self: &Arc<Self>,
        row: MediaRow,
        client: Option<Arc<Client>>,
    ) -> Result<StoredMedia, EngineError> {
        if let Some(stored) = self.stored(&row).await {
            return Ok(stored);
        }
        if row.state == MediaState::TooLarge {
            return Err(EngineError::NotFound(format!(
                "the file is larger than {} MiB and not kept (max_file_mb under [media])",
                self.options.max_file_bytes / 1024 / 1024
            )));
        }
        let is_lost = matches!(row.state, MediaState::Failed | MediaState::Expired);
        if is_lost && self.clock.now_ms() < row.not_before_ms {
            let why = row.error.unwrap_or_else(|| "the file is not here".to_owned());
            return Err(EngineError::NotFound(why));
        }
        let client = client.ok_or(EngineError::NotConnected {
            status: crate::SessionStatus::Disconnected,
        })?;
        let place = Arc::clone(&self.asking).try_acquire_owned();
        let place = place.map_err(|_| EngineError::Unavailable {
            message: "too many files are being downloaded".to_owned(),
            retry_after_ms: Some(5_000),
        })?;
        // A task of its own: who asks may go away, the next one finds it.
        let (desk, id) = (Arc::clone(self), row.id);
        let work = tokio::spawn(async move {
            let _place = place;
            let permit = Arc::clone(&desk.permits).acquire_owned().await;
            let permit = permit.map_err(|error| EngineError::Internal(error.to_string()))?;
            desk.download(&id, &client, permit).await
        });
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => Err(EngineError::Internal(error.to_string())),
            Err(_) => Err(EngineError::Timeout("the file")),
        }
    }

    /// Downloads, unless somebody just has. What became of it is written down.
    pub(super) async fn download(
        &self,
        id: &str,
        client: &Arc<Client>,
        _permit: OwnedSemaphorePermit,
    ) -> Result<StoredMedia, EngineError> {
        let turn = self.turns.of(id);
        let _turn = turn.lock().await;
        let gone = || EngineError::NotFound("the file is not known any more".to_owned());
        let mut row = self.storage.media(id).await?.ok_or_else(gone)?;
        if let Some(stored) = self.stored(&row).await {
            return Ok(stored);
        }
        let max_bytes = self.options.max_file_bytes.min(self.options.session_bytes);
        let mut fetched = fetch::fetch(&self.folder, client, &row, max_bytes).await;
        if matches!(fetched, Err(Failure::Gone)) {
            fetched = match fetch::ask_again(client, &row).await {
                Ok(direct_path) => {
                    let moved = MediaChange::Moved {
                        direct_path: direct_path.clone(),
                    };
                    self.storage.change_media(&row.id, moved).await?;
                    row.source.direct_path = Some(direct_path);
                    row.source.static_url = None;
                    fetch::fetch(&self.folder, client, &row, max_bytes).await
                }
                Err(failure) => Err(failure),
            };
        }
        match fetched {
            Ok((temporary, content)) => {
                self.place(&row, &temporary, content).await?;
                let row = self.storage.media(id).await?.ok_or_else(gone)?;
                self.stored(&row).await.ok_or_else(gone)
            }
            Err(failure) => Err(self.note_failure(&row, &failure).await),
        }
    }

    /// A file of ours that has just been sent becomes the file of its message: it need not be downloaded again.
    pub(crate) async fn adopt(&self, row: &MediaRow, source: &Path) -> Result<(), EngineError> {
        let turn = self.turns.of(&row.id);
        let _turn = turn.lock().await;
        let (folder, source) = (self.folder.clone(), source.to_owned());
        let (session, id, declared) = (row.session_id.clone(), row.id.clone(), row.mime.clone());
        let copy = move || {
            let (temporary, mut file) = folder.begin(&session, &id)?;
            std::io::copy(&mut std::fs::File::open(source)?, &mut file)?;
            file.sync_data()?;
            let content = folder::look(&temporary, Some(&declared))?;
            Ok::<_, std::io::Error>((temporary, content))
        };
        let (temporary, content) = tokio::task::spawn_blocking(copy)
            .await
            .map_err(|error| EngineError::Internal(error.to_string()))?
            .map_err(|error| EngineError::Internal(format!("a sent file was not kept: {error}")))?;
        self.place(row, &temporary, content).await
    }

    /// Puts a whole file in place and writes that down. In this order: a row that says stored has its file.
    async fn place(
        &self,
        row: &MediaRow,
        temporary: &Path,
        content: folder::Content,
    ) -> Result<(), EngineError> {
        self.folder
            .finish(temporary)
            .map_err(|error| EngineError::Internal(format!("a file was not put in place: {error}")))?;
        let stored = MediaChange::Stored {
            path: Folder::path_of(&row.session_id, &row.id),
            mime: content.mime,
            bytes: i64::try_from(content.bytes).unwrap_or(i64::MAX),
            sha256: content.sha256.to_vec(),
            now: self.clock.now_ms(),
        };
        if !self.storage.change_media(&row.id, stored).await? {
            // The session was deleted meanwhile.
            let _ = self.folder.remove(&Folder::path_of(&row.session_id, &row.id));
        }
        if let Err(error) = self.make_room(&row.session_id).await {
            tracing::warn!(%error, "old files were not taken away");
        }
        Ok(())
    }

    /// The row's file, when it is stored and really there.
    async fn stored(&self, row: &MediaRow) -> Option<StoredMedia> {
        if row.state != MediaState::Stored {
            return None;
        }
        let path = self.folder.locate(row.path.as_deref()?)?;
        let length = tokio::fs::metadata(&path).await.ok()?.len();
        Some(StoredMedia {
            id: row.id.clone(),
            session_id: row.session_id.clone(),
            path,
            mime: row.mime.clone(),
            file_name: row.file_name.clone(),
            title: row.title.clone(),
            bytes: length,
            sha256: hex::encode(row.sha256.as_deref().unwrap_or_default()),
        })
    }

    async fn note_failure(&self, row: &MediaRow, failure: &Failure) -> EngineError {
        let attempts = row.attempts + 1;
        let error = failure.text();
        let now = self.clock.now_ms();
        let ended = |state| MediaChange::Ended {
            state,
            error: error.clone(),
            not_before_ms: now + LOST_PAUSE_MS,
        };
        let change = match failure {
            Failure::Gone => ended(MediaState::Expired),
            Failure::TooLarge => ended(MediaState::TooLarge),
            Failure::Broken(_) if attempts >= 2 => ended(MediaState::Failed),
            _ if attempts >= MAX_ATTEMPTS => ended(MediaState::Failed),
            Failure::Broken(_) | Failure::Temporary(_) => MediaChange::Retry {
                attempts,
                not_before_ms: now + pause_ms(attempts),
                error: error.clone(),
            },
        };
        tracing::info!(
            session.id = row.session_id,
            media.id = row.id,
            error,
            attempts,
            "a file was not downloaded"
        );
        if let Err(error) = self.storage.change_media(&row.id, change).await {
            tracing::error!(%error, "what became of a file was not written down");
        }
        match failure {
            Failure::Gone | Failure::TooLarge | Failure::Broken(_) => EngineError::NotFound(error),
            Failure::Temporary(_) => EngineError::Unavailable {
                message: error,
                retry_after_ms: None,
            },
        }
    }
}

/// Doubles from half a minute to six hours.
fn pause_ms(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(20);
    FIRST_PAUSE_MS
        .saturating_mul(1 << doublings)
        .min(LONGEST_PAUSE_MS)
}

/// A lock a file, as long as somebody holds it.
#[derive(Default)]
struct Turns(Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>);

impl Turns {
    fn of(&self, id: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() > SWEEP_AT {
            turns.retain(|_, turn| turn.strong_count() > 0);
        }
        if let Some(turn) = turns.get(id).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::default();
        turns.insert(id.to_owned(), Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_PAUSE_MS, pause_ms};

    #[test]
    fn pauses_grow_to_a_limit() {
        assert_eq!([1, 2, 3].map(pause_ms), [30_000, 60_000, 120_000]);
        assert_eq!(pause_ms(30), LONGEST_PAUSE_MS);
    }
}
