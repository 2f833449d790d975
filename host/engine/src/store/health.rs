//! Whether a session's store still writes.

use tokio::sync::watch;

/// Shared by a [`SessionStore`](super::SessionStore) and whoever supervises its client. Healthy at first.
#[derive(Default)]
pub(crate) struct StoreHealth {
    poisoned: watch::Sender<bool>,
    #[cfg(test)]
    faults: std::sync::atomic::AtomicU32,
}

impl StoreHealth {
    /// Whether writing has ended. Final.
    pub(crate) fn is_poisoned(&self) -> bool {
        *self.poisoned.borrow()
    }

    /// Returns once writing has ended; at once if it already has.
    pub(crate) async fn poisoned(&self) {
        // An error would mean that the sender is gone, and that is a field of `self`.
        drop(self.poisoned.subscribe().wait_for(|poisoned| *poisoned).await);
    }

    /// Ends all writing: one has failed, or something it depends on has. `true` the first time only.
    pub(crate) fn poison(&self) -> bool {
        self.poisoned
            .send_if_modified(|poisoned| !std::mem::replace(poisoned, true))
    }

    /// Makes the next `count` writes fail as if the disk were full.
    #[cfg(test)]
    pub(crate) fn fail_next_writes(&self, count: u32) {
        self.faults.store(count, std::sync::atomic::Ordering::SeqCst);
    }

    #[cfg(test)]
    pub(super) fn take_fault(&self) -> bool {
        let left = self.faults.load(std::sync::atomic::Ordering::SeqCst);
        self.faults
            .store(left.saturating_sub(1), std::sync::atomic::Ordering::SeqCst);
        left > 0
    }
}
