//! Follows the event log for all streams at once, and keeps its newest part.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wagate_storage::events::EventRow;
use wagate_storage::{SharedStorage, StorageError};

/// Events that are kept, and their bytes.
const MAX_KEPT: usize = 2_048;
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Read from the log at once.
const BATCH: i64 = 256;
/// Looks even when nothing was reported.
const SWEEP: Duration = Duration::from_secs(5);
/// After the storage has failed.
const RETRY: Duration = Duration::from_secs(1);

/// The newest part of the log, and a bell.
pub(crate) struct Tail {
    storage: SharedStorage,
    kept: RwLock<Kept>,
    /// The newest position.
    head: watch::Sender<i64>,
}

/// Every event after `from` is here.
struct Kept {
    from: i64,
    rows: VecDeque<Arc<EventRow>>,
    bytes: usize,
}

impl Tail {
    /// Begins at the end of the log.
    pub(crate) async fn open(storage: SharedStorage) -> Result<Self, StorageError> {
        let (_, newest) = storage.event_positions().await?;
        Ok(Self {
            storage,
            kept: RwLock::new(Kept {
                from: newest,
                rows: VecDeque::new(),
                bytes: 0,
            }),
            head: watch::Sender::new(newest),
        })
    }

    /// Until `shutdown`. `committed` changes after every commit to any log.
    pub(crate) async fn follow(&self, mut committed: watch::Receiver<u64>, shutdown: CancellationToken) {
        loop {
            let failed = match self.read_on().await {
                Ok(()) => false,
                Err(error) => {
                    tracing::warn!(%error, "the event log cannot be read, streams wait");
                    true
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = sleep(RETRY), if failed => {}
                Ok(()) = committed.changed(), if !failed => {}
                () = sleep(SWEEP), if !failed => {}
            }
        }
    }

    async fn read_on(&self) -> Result<(), StorageError> {
        loop {
            let head = *self.head.borrow();
            let rows = self.storage.events_from(head, BATCH).await?;
            let Some(last) = rows.last().map(|row| row.position) else {
                return Ok(());
            };
            self.keep(rows);
            self.head.send_replace(last);
        }
    }

    fn keep(&self, rows: Vec<EventRow>) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            kept.bytes += size(&row);
            kept.rows.push_back(Arc::new(row));
        }
        while kept.rows.len() > MAX_KEPT || kept.bytes > MAX_BYTES {
            let Some(oldest) = kept.rows.pop_front() else {
                return;
            };
            kept.from = oldest.position;
            kept.bytes = kept.bytes.saturating_sub(size(&oldest));
        }
    }

    /// Where the log ends now.
    pub(crate) fn head(&self) -> watch::Receiver<i64> {
        self.head.subscribe()
    }

    /// Whether events after this position are gone.
    pub(crate) async fn has_gap_after(&self, position: i64) -> Result<bool, StorageError> {
        let (oldest, _) = self.storage.event_positions().await?;
        Ok(position + 1 < oldest)
    }

    /// The next events after a position, as far as the tail has come.
    pub(crate) async fn after(
        &self,
        position: i64,
        limit: usize,
    ) -> Result<Vec<Arc<EventRow>>, StorageError> {
        {
            let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
            if position >= kept.from {
                let begin = kept.rows.partition_point(|row| row.position <= position);
                return Ok(kept.rows.range(begin..).take(limit).cloned().collect());
            }
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.storage.events_from(position, limit).await?;
        Ok(rows.into_iter().map(Arc::new).collect())
    }
}

fn size(row: &EventRow) -> usize {
    let event = &row.event;
    event.data.len() + event.id.len() + event.kind.len() + size_of::<EventRow>()
}
