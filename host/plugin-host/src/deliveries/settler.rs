//! Writes down deliveries that arrived, those of several lanes together: while one write is on its way to the disk, those
//! that end wait for the next.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{Mutex as Turns, oneshot};
use wagate_storage::deliveries::{DeliveryRow, Outcome, Settled};
use wagate_storage::{SharedStorage, StorageError};

/// One that waits, and who waits for it.
struct Waiting {
    delivered: (DeliveryRow, Outcome),
    reply: oneshot::Sender<Settled>,
}

/// As many wait as lanes are at work: each has one delivery under way.
#[derive(Default)]
pub(super) struct Settler {
    waiting: Mutex<Vec<Waiting>>,
    /// Whoever has it writes for all.
    turns: Turns<()>,
}

impl Settler {
    /// Returns when it is written. An error: perhaps it is not, and it can be asked for again.
    pub(super) async fn settle(
        &self,
        storage: &SharedStorage,
        delivered: (DeliveryRow, Outcome),
    ) -> Result<Settled, StorageError> {
        let (reply, mut written) = oneshot::channel();
        self.waiting().push(Waiting { delivered, reply });
        let turn = tokio::select! {
            biased;
            // Not written after all: whoever wrote has failed, and says why.
            settled = &mut written => return settled.map_err(|_| StorageError::Closed),
            turn = self.turns.lock() => turn,
        };
        let (all, replies): (Vec<_>, Vec<_>) = std::mem::take(&mut *self.waiting())
            .into_iter()
            .map(|waiting| (waiting.delivered, waiting.reply))
            .unzip();
        if !all.is_empty() {
            let settled = storage.settle_delivered(all).await?;
            for (reply, settled) in replies.into_iter().zip(settled) {
                // A lane that was stopped meanwhile.
                let _ = reply.send(settled);
            }
        }
        drop(turn);
        written.await.map_err(|_| StorageError::Closed)
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
