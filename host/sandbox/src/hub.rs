//! The one place where the state is shared: by connections, by the control API, by nobody over an await.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::handshake::Responder;
use crate::state::State;

/// The shared heart of a network.
pub(crate) struct Hub {
    pub(crate) responder: Responder,
    pub(crate) ws_url: String,
    pub(crate) control_url: String,
    state: Mutex<State>,
    /// Ticks at every change, so that waiting is not polling.
    changes: watch::Sender<u64>,
}

impl Hub {
    pub(crate) fn new(responder: Responder, ws_url: String, control_url: String) -> Self {
        Self {
            responder,
            ws_url,
            control_url,
            state: Mutex::new(State::default()),
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
