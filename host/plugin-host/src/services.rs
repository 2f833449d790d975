//! What the imports and the dispatcher need of the rest of the host. The only file that calls the engine.

use std::sync::Arc;

use tokio::sync::watch;
use wagate_engine::{Engine, EngineError, OutgoingText, SentMessage, address};
use wagate_protocol::error::HostError;
use wagate_storage::clock::SharedClock;
use wagate_storage::events::NewEvent;
use wagate_storage::sessions::SessionRow;
use wagate_storage::{SharedStorage, StorageError};

use crate::outbound::Outbound;
use crate::timers::TimerDesk;

/// Storage, engine and clock, as plugins reach them through the imports.
pub(crate) struct Services {
    pub(crate) storage: SharedStorage,
    pub(crate) clock: SharedClock,
    pub(crate) outbound: Outbound,
    pub(crate) timers: Arc<TimerDesk>,
    engine: Engine,
}

impl Services {
    pub(crate) fn new(
        storage: SharedStorage,
        engine: Engine,
        clock: SharedClock,
        outbound: Outbound,
    ) -> Self {
        Self {
            storage,
            clock,
            outbound,
            timers: Arc::default(),
            engine,
        }
    }

    pub(crate) async fn slug(&self, session: &str) -> Result<Option<String>, HostError> {
        let row = self
            .storage
            .session(session)
            .await
            .map_err(|error| storage_error(&error))?;
        Ok(row.map(|row| row.slug))
    }

    /// The live state where there is one, else the last one written down.
    pub(crate) fn session_status(&self, row: &SessionRow) -> String {
        match self.engine.snapshot(&row.id) {
            Some(live) => live.status.as_str().to_owned(),
            None => row.status.clone(),
        }
    }

    pub(crate) async fn send_text(
        &self,
        session: &str,
        message: OutgoingText,
    ) -> Result<SentMessage, HostError> {
        self.engine
            .send_text(session, message)
            .await
            .map_err(engine_error)
    }

    /// The address under which a chat is stored. What is no recipient (a newsletter, say) stays as it is.
    pub(crate) async fn canonical_chat(&self, session: &str, chat: &str) -> Result<String, HostError> {
        let jid = address::parse_recipient(chat).unwrap_or_else(|_| chat.to_owned());
        let canonical = self
            .storage
            .canonical_jid(session, &jid)
            .await
            .map_err(|error| storage_error(&error))?;
        Ok(canonical.unwrap_or(jid))
    }

    /// A plugin's own event.
    pub(crate) async fn append_event(&self, event: NewEvent) -> Result<(), HostError> {
        self.engine.append_event(event).await.map_err(engine_error)
    }

    /// Changes after every commit to any event log.
    pub(crate) fn watch_events(&self) -> watch::Receiver<u64> {
        self.engine.watch_events()
    }
}

/// A storage that fails now may work later: nothing was done, the call can be repeated.
pub(crate) fn storage_error(error: &StorageError) -> HostError {
    tracing::warn!(error = %error, "a plugin's call failed in the storage");
    HostError::unavailable("the storage is not available")
}

fn engine_error(error: EngineError) -> HostError {
    match error {
        EngineError::UnknownSession => HostError::NotFound("Session not found".to_owned()),
        EngineError::Invalid { field, message } => HostError::Invalid(format!("{field}: {message}")),
        EngineError::NotConnected { .. } => HostError::unavailable("Session not ready"),
        EngineError::Timeout(what) => {
            HostError::Timeout(format!("timed out waiting for {what}: it may still happen"))
        }
        EngineError::Storage(error) => storage_error(&error),
        EngineError::AlreadyLinked | EngineError::Rejected { .. } => HostError::Conflict(error.to_string()),
        EngineError::Internal(text) => HostError::Internal(text),
    }
}
