//! What the imports and the dispatcher need of the rest of the host: the way to storage and engine.

use std::sync::Arc;

use tokio::sync::broadcast;
use wagate_engine::{Account, Engine, EngineError, Outgoing, SentMessage, StoredMedia, address};
use wagate_media::Codecs;
use wagate_protocol::error::HostError;
use wagate_storage::clock::SharedClock;
use wagate_storage::events::NewEvent;
use wagate_storage::notifications::NotificationRow;
use wagate_storage::sessions::SessionRow;
use wagate_storage::{SharedStorage, StorageError};

use crate::deliveries::{DeliveryOptions, Desk as DeliveryDesk};
use crate::outbound::Outbound;
use crate::random::Random;
use crate::shelf::Shelf;
use crate::timers::TimerDesk;

/// WhatsApp's numbers for "too many messages".
const TOO_MANY: [&str; 2] = ["420", "429"];
/// It does not say when more may come.
const SLOW_DOWN_MS: u64 = 60_000;
/// Notifications that may wait for somebody to tell them on; who is slower is told that some are missing.
const NOTES_AHEAD: usize = 1_024;

/// Storage, engine and clock, as plugins reach them through the imports.
pub(crate) struct Services {
    pub(crate) storage: SharedStorage,
    pub(crate) clock: SharedClock,
    pub(crate) random: Random,
    pub(crate) outbound: Outbound,
    pub(crate) timers: Arc<TimerDesk>,
    pub(crate) deliveries: DeliveryDesk,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) codecs: Codecs,
    engine: Engine,
    notes: broadcast::Sender<Arc<NotificationRow>>,
}

impl Services {
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a thing of its own, put together in one place"
    )]
    pub(crate) fn new(
        storage: SharedStorage,
        engine: Engine,
        clock: SharedClock,
        random: Random,
        outbound: Outbound,
        deliveries: DeliveryOptions,
        shelf: Arc<Shelf>,
        codecs: Codecs,
    ) -> Self {
        Self {
            storage,
            clock,
            random,
            outbound,
            timers: Arc::default(),
            deliveries: DeliveryDesk::new(deliveries),
            shelf,
            codecs,
            engine,
            notes: broadcast::Sender::new(NOTES_AHEAD),
        }
    }

    /// Puts notifications into their users' lists, and tells whoever follows them; how many are there now.
    pub(crate) async fn notify(&self, rows: Vec<NotificationRow>) -> Result<u32, StorageError> {
        let count = self.storage.insert_notifications(rows.clone()).await?;
        for row in rows {
            // Nobody may be following.
            let _ = self.notes.send(Arc::new(row));
        }
        Ok(count)
    }

    /// The notifications that are made from now on. One may come twice, when its event was handled twice.
    pub(crate) fn notes(&self) -> broadcast::Receiver<Arc<NotificationRow>> {
        self.notes.subscribe()
    }

    pub(crate) async fn slug(&self, session: &str) -> Result<Option<String>, HostError> {
        Ok(self.session(session).await?.map(|row| row.slug))
    }

    /// The user whose session it is.
    pub(crate) async fn user_of(&self, session: &str) -> Result<Option<String>, HostError> {
        Ok(self.session(session).await?.map(|row| row.user_id))
    }

    async fn session(&self, session: &str) -> Result<Option<SessionRow>, HostError> {
        let row = self.storage.session(session).await;
        row.map_err(|error| storage_error(&error))
    }

    /// The live state where there is one, else the last one written down.
    pub(crate) fn session_status(&self, row: &SessionRow) -> String {
        match self.engine.snapshot(&row.id) {
            Some(live) => live.status.as_str().to_owned(),
            None => row.status.clone(),
        }
    }

    /// The account of a session, which has to be connected.
    pub(crate) fn account(&self, session: &str) -> Result<Account, HostError> {
        self.engine.account(session).map_err(engine_error)
    }

    /// Sends a message, or keeps it for when the session is connected where it may wait.
    pub(crate) async fn send(&self, session: &str, message: Outgoing) -> Result<SentMessage, HostError> {
        self.engine.send(session, message).await.map_err(engine_error)
    }

    /// The file of a stored message.
    pub(crate) async fn media(&self, session: &str, wa_id: &str) -> Result<StoredMedia, HostError> {
        self.engine.media(session, wa_id).await.map_err(engine_error)
    }

    /// As [`Self::canonical_chat`], and it has to be an address.
    pub(crate) async fn stored_address(&self, session: &str, chat: &str) -> Result<String, HostError> {
        let jid = address::parse_recipient(chat).map_err(engine_error)?;
        self.canonical_chat(session, &jid).await
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
}

/// A storage that fails now may work later: nothing was done, the call can be repeated.
pub(crate) fn storage_error(error: &StorageError) -> HostError {
    tracing::warn!(error = %error, "a plugin's call failed in the storage");
    HostError::unavailable("the storage is not available")
}

/// The one place where the engine's refusals become those of the plugin API.
pub(crate) fn engine_error(error: EngineError) -> HostError {
    match error {
        EngineError::UnknownSession => HostError::NotFound("Session not found".to_owned()),
        EngineError::Invalid { field, message } => HostError::Invalid(format!("{field}: {message}")),
        EngineError::NotFound(what) => HostError::NotFound(what),
        EngineError::NotConnected { .. } => HostError::unavailable("Session not ready"),
        EngineError::Timeout(what) => {
            HostError::Timeout(format!("timed out waiting for {what}: it may still happen"))
        }
        EngineError::Storage(error) => storage_error(&error),
        EngineError::Rejected { code } if TOO_MANY.contains(&code.as_str()) => HostError::RateLimited {
            retry_after_ms: SLOW_DOWN_MS,
        },
        EngineError::AlreadyLinked
        | EngineError::NotAdmin
        | EngineError::Conflict(_)
        | EngineError::Rejected { .. } => HostError::Conflict(error.to_string()),
        EngineError::RateLimited { retry_after_ms } => HostError::RateLimited { retry_after_ms },
        EngineError::Unavailable {
            message,
            retry_after_ms,
        } => HostError::Unavailable {
            message,
            retry_after_ms,
        },
        EngineError::Internal(text) => {
            // A client is told nothing of it.
            tracing::error!(error = text, "the engine failed a plugin");
            HostError::Internal(text)
        }
    }
}
