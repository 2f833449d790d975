//! The door to the sessions: looks a session up and hands the call to its supervisor.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;
use wagate_storage::SharedStorage;
use wagate_storage::clock::SharedClock;
use wagate_storage::events::NewEvent;

use crate::context::Shared;
use crate::supervisor::{Command, Handle};
use crate::{EngineError, EngineOptions, OutgoingText, SentMessage, SessionSnapshot, SessionStatus, send};

/// All sessions of this process. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Shared,
    sessions: RwLock<HashMap<String, Arc<Handle>>>,
}

impl Engine {
    /// Reads the sessions from the storage. Nothing is started yet.
    pub async fn open(
        storage: SharedStorage,
        clock: SharedClock,
        options: EngineOptions,
    ) -> Result<Self, EngineError> {
        options.check()?;
        let shared = Shared {
            storage,
            clock,
            network: options.network,
            committed: watch::Sender::new(0),
        };
        let rows = shared.storage.sessions().await?;
        let sessions = rows
            .into_iter()
            .map(|row| (row.id.clone(), Handle::spawn(shared.clone(), &row)))
            .collect();
        Ok(Self {
            inner: Arc::new(Inner {
                shared,
                sessions: RwLock::new(sessions),
            }),
        })
    }

    /// Starts every session that someone wants running. Returns at once; the sessions connect on their own.
    pub async fn resume_all(&self) -> Result<(), EngineError> {
        // Together: each writes that it is connecting, and writes that wait together are committed together.
        let resumes = self
            .handles()
            .into_iter()
            .map(|handle| async move { handle.call(Command::Resume).await });
        futures::future::try_join_all(resumes).await.map(drop)
    }

    /// Takes up a session whose row was just inserted.
    pub async fn register(&self, id: &str) -> Result<(), EngineError> {
        let row = self
            .inner
            .shared
            .storage
            .session(id)
            .await?
            .ok_or(EngineError::UnknownSession)?;
        self.inner
            .sessions
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(id.to_owned())
            .or_insert_with(|| Handle::spawn(self.inner.shared.clone(), &row));
        Ok(())
    }

    /// Connects, and reconnects for ever. No change when it is running.
    pub async fn start(&self, id: &str) -> Result<(), EngineError> {
        self.handle(id)?.call(Command::Start).await
    }

    /// Disconnects; stays down, also after a restart of the process.
    pub async fn stop(&self, id: &str) -> Result<(), EngineError> {
        self.handle(id)?.call(Command::Stop).await
    }

    /// Stop and start.
    pub async fn restart(&self, id: &str) -> Result<(), EngineError> {
        self.handle(id)?.call(Command::Restart).await
    }

    /// Unlinks at WhatsApp (when it can be reached) and removes the keys.
    pub async fn logout(&self, id: &str) -> Result<(), EngineError> {
        self.handle(id)?.call(Command::Logout).await
    }

    /// Asks for a pair code for the phone with this number (digits); starts the session if need be.
    pub async fn pair_code(&self, id: &str, phone: &str) -> Result<String, EngineError> {
        let handle = self.handle(id)?;
        handle.pair_code(phone.to_owned()).await
    }

    /// Logs out, stops and removes the session with everything that hangs on it.
    pub async fn delete(&self, id: &str) -> Result<(), EngineError> {
        let (handle, inner, id) = (self.handle(id)?, Arc::clone(&self.inner), id.to_owned());
        // A task of its own: a caller that goes away must not leave a handle without a session.
        let deleting = tokio::spawn(async move {
            handle.call(Command::Delete).await?;
            inner
                .sessions
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&id);
            Ok(())
        });
        deleting
            .await
            .map_err(|error| EngineError::Internal(error.to_string()))?
    }

    /// The session as it is now.
    pub fn snapshot(&self, id: &str) -> Option<SessionSnapshot> {
        self.handle(id).ok().map(|handle| handle.snapshot())
    }

    /// Sends a text. Answers once the server has accepted it.
    pub async fn send_text(&self, id: &str, message: OutgoingText) -> Result<SentMessage, EngineError> {
        let handle = self.handle(id)?;
        let status = handle.snapshot().status;
        let client = match status {
            SessionStatus::Connected => handle.client(),
            _ => None,
        };
        let client = client.ok_or(EngineError::NotConnected { status })?;
        // A task of its own: a caller that goes away must not cut a send between its row and the wire.
        let (context, order) = (handle.context(), handle.send_order());
        tokio::spawn(async move { send::text(&context, &client, &order, message).await })
            .await
            .map_err(|error| EngineError::Internal(error.to_string()))?
    }

    /// Appends an event that is not of WhatsApp's making (a plugin's) to its session's log. Nothing happens when its id
    /// is already there.
    pub async fn append_event(&self, event: NewEvent) -> Result<(), EngineError> {
        // A session that is being deleted has no log any more.
        self.handle(&event.session_id)?;
        self.inner.shared.storage.append_events(vec![event]).await?;
        self.inner.shared.announce();
        Ok(())
    }

    /// Bumped after every commit to any event log: a hint to read on.
    pub fn watch_events(&self) -> watch::Receiver<u64> {
        self.inner.shared.committed.subscribe()
    }

    /// Disconnects all sessions, in parallel, without changing what their users want.
    pub async fn shutdown(&self) {
        let ends = self.handles().into_iter().map(|handle| async move {
            // A supervisor that is gone has nothing left to disconnect.
            let _ = handle.call(Command::Shutdown).await;
        });
        futures::future::join_all(ends).await;
    }

    fn handle(&self, id: &str) -> Result<Arc<Handle>, EngineError> {
        let sessions = self.inner.sessions.read().unwrap_or_else(PoisonError::into_inner);
        sessions.get(id).cloned().ok_or(EngineError::UnknownSession)
    }

    fn handles(&self) -> Vec<Arc<Handle>> {
        self.inner
            .sessions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }
}
