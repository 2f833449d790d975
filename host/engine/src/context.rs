//! What every part of one session shares.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, oneshot, watch};
use wagate_storage::SharedStorage;
use wagate_storage::clock::SharedClock;
use wagate_storage::events::NewEvent;
use wagate_storage::session_config::SessionConfig;
use wagate_storage::sessions::SessionRow;

use crate::checked::Checked;
use crate::media::MediaDesk;
use crate::options::{AddressPolicy, HistoryOptions, Network};
use crate::pace::{Pace, PaceOptions};

/// Shared by all sessions.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) storage: SharedStorage,
    pub(crate) clock: SharedClock,
    pub(crate) network: Network,
    /// Whether messages may be given in the protocol's own form.
    pub(crate) allow_raw_messages: bool,
    /// How fast messages leave, where a session does not say.
    pub(crate) pacing: PaceOptions,
    /// The same for a session that only says that it wants to be paced.
    pub(crate) paced: PaceOptions,
    /// Numbers that were looked up a moment ago.
    pub(crate) checked: Arc<Checked>,
    /// The files of messages.
    pub(crate) media: Arc<MediaDesk>,
    /// What of the past is stored, where a session does not say.
    pub(crate) history: HistoryOptions,
    /// How often a change of one person's presence is written down at most.
    pub(crate) presence_every: Duration,
    /// Held while a chunk of history is written down.
    pub(crate) history_turn: Arc<Semaphore>,
    pub(crate) proxies: AddressPolicy,
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
    /// What REST clients call it.
    pub(crate) slug: Arc<str>,
    pub(crate) shared: Shared,
    pub(crate) acks: AckWaiters,
    /// Messages leave one after the other, in the order of the calls.
    pub(crate) pace: Pace,
    /// Rung when messages that wait may leave, or there is a new one.
    pub(crate) queue: Notify,
    config: RwLock<Arc<SessionConfig>>,
}

impl SessionContext {
    /// Of this session, set as its row says.
    pub(crate) fn new(row: &SessionRow, shared: Shared) -> Self {
        Self {
            id: Arc::from(row.id.as_str()),
            slug: Arc::from(row.slug.as_str()),
            pace: Pace::default(),
            queue: Notify::new(),
            shared,
            acks: AckWaiters::default(),
            config: RwLock::new(Arc::new(SessionConfig::parse(&row.config))),
        }
    }

    /// What the session is set to do now.
    pub(crate) fn config(&self) -> Arc<SessionConfig> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How fast its messages leave now.
    pub(crate) fn pace_options(&self) -> PaceOptions {
        self.shared
            .pacing
            .of_session(&self.shared.paced, &self.config().pacing)
    }

    /// Whether what the phone sends of the past is stored.
    pub(crate) fn wants_history(&self) -> bool {
        self.config().sync_history.unwrap_or(self.shared.history.sync)
    }

    pub(crate) fn set_config(&self, config: SessionConfig) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }

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
pub(crate) struct AckWaiters(Arc<Mutex<HashMap<String, oneshot::Sender<Ack>>>>);

impl AckWaiters {
    /// From now on the word on this message is kept; none when somebody waits for it already.
    pub(crate) fn wait_for(&self, message_id: &str) -> Option<AckWaiter> {
        let (sender, receiver) = oneshot::channel();
        match lock(&self.0).entry(message_id.to_owned()) {
            Entry::Occupied(_) => return None,
            Entry::Vacant(place) => place.insert(sender),
        };
        Some(AckWaiter {
            waiters: Arc::clone(&self.0),
            message_id: message_id.to_owned(),
            receiver,
            is_told: false,
        })
    }

    /// Whether a send under this id is under way.
    pub(crate) fn is_waited_for(&self, message_id: &str) -> bool {
        lock(&self.0).contains_key(message_id)
    }

    /// Whether somebody waited for it.
    pub(crate) fn resolve(&self, message_id: &str, ack: Ack) -> bool {
        let waiter = lock(&self.0).remove(message_id);
        // The sender may have given up a moment ago.
        waiter.is_some_and(|waiter| waiter.send(ack).is_ok())
    }

    /// The connection is lost: no word comes any more on what was sent over it.
    pub(crate) fn give_up(&self) {
        lock(&self.0).clear();
    }
}

/// Waits for the server's word on one message, until it is dropped.
pub(crate) struct AckWaiter {
    waiters: Arc<Mutex<HashMap<String, oneshot::Sender<Ack>>>>,
    message_id: String,
    receiver: oneshot::Receiver<Ack>,
    /// The word has come, or never will: the place in the map is free, or somebody else's.
    is_told: bool,
}

impl AckWaiter {
    /// None when there will be no word any more.
    pub(crate) async fn word(&mut self) -> Option<Ack> {
        let word = (&mut self.receiver).await.ok();
        self.is_told = true;
        word
    }
}

impl Drop for AckWaiter {
    fn drop(&mut self) {
        if !self.is_told {
            lock(&self.waiters).remove(&self.message_id);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
