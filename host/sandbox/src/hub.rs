//! The one place where the state is shared: by connections, by the control API, by nobody over an await.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::handshake::Responder;
use crate::history::Job;
use crate::media::MediaStore;
use crate::state::State;

/// Where a network is, and by what a client knows it.
pub(crate) struct Front {
    pub(crate) ws_url: String,
    pub(crate) control_url: String,
    pub(crate) media_ca_pem: String,
    pub(crate) noise_root: String,
}

/// The shared heart of a network.
pub(crate) struct Hub {
    pub(crate) responder: Responder,
    pub(crate) front: Front,
    pub(crate) media: Arc<MediaStore>,
    state: Mutex<State>,
    /// Ticks at every change, so that waiting is not polling.
    changes: watch::Sender<u64>,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Hub").finish_non_exhaustive()
    }
}

impl Hub {
    pub(crate) fn new(
        responder: Responder,
        front: Front,
        media: Arc<MediaStore>,
        history: mpsc::Sender<Job>,
        mut state: State,
    ) -> Self {
        state.media = Some(Arc::clone(&media));
        state.history = Some(history);
        Self {
            responder,
            front,
            media,
            state: Mutex::new(state),
            changes: watch::Sender::new(0),
        }
    }

    /// Reads the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state, and wakes everyone who waits for a change.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let answer = change(&mut self.lock());
        self.changes
            .send_modify(|version| *version = version.wrapping_add(1));
        answer
    }

    /// Waits until `look` finds something; `None` when the time is over first.
    pub(crate) async fn wait_for<T>(
        &self,
        limit: Duration,
        mut look: impl FnMut(&State) -> Option<T>,
    ) -> Option<T> {
        let mut changes = self.changes.subscribe();
        let waiting = async {
            loop {
                changes.mark_unchanged();
                if let Some(found) = self.read(&mut look) {
                    return Some(found);
                }
                if changes.changed().await.is_err() {
                    return None;
                }
            }
        };
        tokio::time::timeout(limit, waiting).await.ok().flatten()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A handler that panicked has broken one stanza, not the network.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
