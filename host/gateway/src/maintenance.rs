//! Housekeeping in the storage: the text index is brought in step, and what is old is forgotten. In small batches, with
//! pauses: no write may hold the others up.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wagate_storage::clock::SharedClock;
use wagate_storage::retention::EventLimits;
use wagate_storage::{SharedStorage, StorageError};

/// How often the text index is looked after. A search does not wait for it.
const INDEX_EVERY: Duration = Duration::from_secs(1);
/// How often old rows are looked for.
const PRUNE_EVERY: Duration = Duration::from_mins(10);
/// Messages indexed by one write.
const INDEX_BATCH: i64 = 100;
/// Rows removed by one write.
const PRUNE_BATCH: i64 = 200;
/// The pause between two writes.
const BREATH: Duration = Duration::from_millis(20);
const DAY_MS: i64 = 24 * 3600 * 1000;
/// Traces of history that was written down.
const HISTORY_DAYS: i64 = 30;

/// What is kept, and how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// None: for ever.
    pub(crate) events_days: Option<i64>,
    /// Of each session; none: without a limit.
    pub(crate) events_bytes: Option<i64>,
    /// None: for ever.
    pub(crate) messages_days: Option<i64>,
    pub(crate) sends_days: i64,
}

/// Works until told to stop.
pub(crate) async fn run(
    storage: SharedStorage,
    clock: SharedClock,
    limits: Limits,
    shutdown: CancellationToken,
) {
    let mut index = tokio::time::interval(INDEX_EVERY);
    index.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut prune = tokio::time::interval(PRUNE_EVERY);
    prune.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let outcome = tokio::select! {
            () = shutdown.cancelled() => return,
            _ = index.tick() => bring_index_in_step(&storage, &shutdown).await,
            _ = prune.tick() => forget(&storage, clock.now_ms(), limits, &shutdown).await,
        };
        match outcome {
            Ok(()) | Err(StorageError::Closed) => {}
            Err(error) => tracing::warn!(error = %error, "housekeeping failed, it is tried again later"),
        }
    }
}

async fn bring_index_in_step(
    storage: &SharedStorage,
    shutdown: &CancellationToken,
) -> Result<(), StorageError> {
    while storage.index_text(INDEX_BATCH).await? {
        if shutdown.is_cancelled() {
            return Ok(());
        }
        tokio::time::sleep(BREATH).await;
    }
    Ok(())
}

/// Everything that is too old now.
async fn forget(
    storage: &SharedStorage,
    now: i64,
    limits: Limits,
    shutdown: &CancellationToken,
) -> Result<(), StorageError> {
    let before = |days: i64| now.saturating_sub(days.saturating_mul(DAY_MS));
    let events = EventLimits {
        before: limits.events_days.map(before),
        max_bytes: limits.events_bytes,
    };
    let mut forgotten = 0;
    for session in storage.sessions().await? {
        forgotten += in_batches(shutdown, || {
            storage.prune_events(&session.id, events, PRUNE_BATCH)
        })
        .await?;
        if let Some(days) = limits.messages_days {
            let before = before(days);
            forgotten += in_batches(shutdown, || {
                storage.prune_messages(&session.id, before, PRUNE_BATCH)
            })
            .await?;
        }
    }
    let chunks = before(HISTORY_DAYS);
    forgotten += in_batches(shutdown, || storage.prune_history_chunks(chunks, PRUNE_BATCH)).await?;
    let sends = before(limits.sends_days);
    forgotten += in_batches(shutdown, || storage.prune_sends(sends, PRUNE_BATCH)).await?;
    if forgotten > 0 {
        tracing::info!(rows = forgotten, "what was too old was removed");
    }
    Ok(())
}

/// Until a batch is not full.
async fn in_batches<F>(
    shutdown: &CancellationToken,
    mut batch: impl FnMut() -> F,
) -> Result<u64, StorageError>
where
    F: Future<Output = Result<u64, StorageError>> + Send,
{
    let mut sum = 0;
    loop {
        let removed = batch().await?;
        sum += removed;
        if removed < PRUNE_BATCH.unsigned_abs() || shutdown.is_cancelled() {
            return Ok(sum);
        }
        tokio::time::sleep(BREATH).await;
    }
}
