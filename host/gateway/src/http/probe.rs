//! Whether the storage takes writes. The answer is shared: a probe is a real write with a sync, and anyone may ask.

use std::time::Duration;

use tokio::sync::Mutex;
use wagate_storage::SharedStorage;
use wagate_storage::clock::SharedClock;

/// How long a write may take before the storage counts as stuck.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer is good for.
const FRESH_MS: i64 = 1_000;

/// The last answer. Those who ask at the same time wait for one write.
#[derive(Default)]
pub(crate) struct Probe(Mutex<Option<(i64, bool)>>);

impl Probe {
    /// `true` when a durable commit worked within the last second.
    pub(crate) async fn is_writable(&self, storage: &SharedStorage, clock: &SharedClock) -> bool {
        // The queue of askers is bounded by the connections, the wait by the write in front times one.
        let mut last = self.0.lock().await;
        let now = clock.now_ms();
        if let Some((at, writable)) = *last
            && (0..FRESH_MS).contains(&(now - at))
        {
            return writable;
        }
        let writable = match tokio::time::timeout(TIMEOUT, storage.check_writable()).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::error!(%error, "the storage does not take writes");
                false
            }
            Err(_) => {
                tracing::error!("the storage did not take a write in time");
                false
            }
        };
        *last = Some((clock.now_ms(), writable));
        writable
    }
}
