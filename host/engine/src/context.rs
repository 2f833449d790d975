//! What every part of one session shares.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{oneshot, watch};
use wagate_storage::SharedStorage;
use wagate_storage::clock::SharedClock;
use wagate_storage::events::NewEvent;

use crate::options::Network;

/// Shared by all sessions.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) storage: SharedStorage,
    pub(crate) clock: SharedClock,
    pub(crate) network: Network,
    /// Bumped after every commit to any event log.
    pub(crate) committed: watch::Sender<u64>,
}

impl Shared {
    /// Tells readers of the event log that there is something new.
    pub(crate) fn announce(&self) {
        self.committed.send_modify(|count| *count += 1);
    }
}

/// Shared by the parts of one session.
pub(crate) struct SessionContext {
    /// The session's row id.
    pub(crate) id: Arc<str>,
    pub(crate) shared: Shared,
    pub(crate) acks: AckWaiters,
}

impl SessionContext {
    /// An event of this session, schema 1, at the current time.
    pub(crate) fn event(
        &self,
        id: String,
        kind: &str,
        chat: Option<String>,
        data: &serde_json::Value,
    ) -> NewEvent {
        NewEvent {
            id,
            session_id: self.id.to_string(),
            kind: kind.to_owned(),
            chat,
            timestamp: self.shared.clock.now_ms(),
            schema: 1,
            data: data.to_string(),
        }
    }
}

/// What the server said to a sent message: its timestamp (ms), or its refusal.
pub(crate) type Ack = Result<Option<i64>, String>;

/// Sends that wait for the server's word. A late word finds nobody and is only written down.
#[derive(Default)]
pub(crate) struct AckWaiters(Mutex<HashMap<String, oneshot::Sender<Ack>>>);

impl AckWaiters {
    pub(crate) fn wait_for(&self, message_id: &str) -> oneshot::Receiver<Ack> {
        let (sender, receiver) = oneshot::channel();
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(message_id.to_owned(), sender);
        receiver
    }

    pub(crate) fn forget(&self, message_id: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(message_id);
    }

    pub(crate) fn resolve(&self, message_id: &str, ack: Ack) {
        let waiter = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(message_id);
        if let Some(waiter) = waiter {
            // The sender may have given up a moment ago.
            let _ = waiter.send(ack);
        }
    }
}
