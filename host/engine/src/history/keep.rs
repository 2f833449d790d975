//! A chunk arrives and is kept, if the session wants it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio_util::sync::CancellationToken;
use wacore::types::events::LazyHistorySync;
use wagate_storage::history::HistoryChunk;

use crate::context::SessionContext;

/// Chunks that may wait for the writer, and their bytes together. The library sends one after the other.
const WAITING: usize = 64;
const WAITING_BYTES: usize = 64 * 1024 * 1024;
const MIB: i64 = 1024 * 1024;

/// A chunk as it came.
pub(crate) struct Arrived(LazyHistorySync);

/// Where the listener hands chunks over.
pub(crate) struct Keeper {
    queue: mpsc::Sender<Arrived>,
    bytes: Arc<AtomicUsize>,
}

/// The other end.
pub(crate) struct Kept {
    queue: mpsc::Receiver<Arrived>,
    bytes: Arc<AtomicUsize>,
}

impl Keeper {
    pub(crate) fn channel() -> (Self, Kept) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let bytes = Arc::new(AtomicUsize::new(0));
        let keeper = Self {
            queue: sender,
            bytes: Arc::clone(&bytes),
        };
        let kept = Kept {
            queue: receiver,
            bytes,
        };
        (keeper, kept)
    }

    /// Never waits. `false` when it is lost: the writer is far behind.
    pub(crate) fn hand_over(&self, chunk: &LazyHistorySync) -> bool {
        let size = chunk.compressed_bytes().len();
        if self.bytes.fetch_add(size, Ordering::Relaxed) + size > WAITING_BYTES {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
            return false;
        }
        match self.queue.try_send(Arrived(chunk.clone())) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => {
                self.bytes.fetch_sub(size, Ordering::Relaxed);
                false
            }
        }
    }
}

/// Stores chunks until told to stop and the queue is empty; tells the worker of each.
pub(crate) async fn keep(
    context: Arc<SessionContext>,
    mut kept: Kept,
    tell: mpsc::Sender<()>,
    no_more: CancellationToken,
) {
    loop {
        let arrived = tokio::select! {
            arrived = kept.queue.recv() => arrived,
            () = no_more.cancelled(), if !kept.queue.is_closed() => {
                kept.queue.close();
                continue;
            }
        };
        let Some(Arrived(chunk)) = arrived else { return };
        kept.bytes
            .fetch_sub(chunk.compressed_bytes().len(), Ordering::Relaxed);
        match store(&context, &chunk).await {
            // Full: the worker has been told already.
            Ok(true) => drop(tell.try_send(())),
            Ok(false) => {}
            Err(error) => {
                tracing::error!(session.id = %context.id, error = %error, "a chunk of history was lost");
            }
        }
    }
}

async fn store(
    context: &SessionContext,
    chunk: &LazyHistorySync,
) -> Result<bool, wagate_storage::StorageError> {
    let config = context.config();
    let defaults = &context.shared.history;
    if !context.wants_history() {
        return Ok(false);
    }
    let blob = chunk.compressed_bytes();
    let storage = &context.shared.storage;
    if let Some(limit) = config.history_max_mib.or(defaults.max_mib) {
        let kept = storage.history_bytes(&context.id).await?;
        let size = i64::try_from(blob.len()).unwrap_or(i64::MAX);
        if kept.saturating_add(size) > i64::from(limit).saturating_mul(MIB) {
            tracing::warn!(session.id = %context.id, limit, "a chunk of history is beyond the limit and was left out");
            return Ok(false);
        }
    }
    storage
        .put_history_chunk(HistoryChunk {
            session_id: context.id.to_string(),
            id: hex::encode(Sha256::digest(blob)),
            sync_type: i64::from(chunk.sync_type()),
            chunk_order: chunk.chunk_order().map(i64::from),
            progress: chunk.progress().map(i64::from),
            unpacked: i64::try_from(chunk.decompressed_size()).unwrap_or(i64::MAX),
            blob: blob.to_vec(),
            conversations: 0,
            messages: 0,
            stored: 0,
            attempts: 0,
            created_at: context.shared.clock.now_ms(),
        })
        .await
}
