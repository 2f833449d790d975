//! The door to the sessions: looks a session up and hands the call to its supervisor.

mod sends;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wagate_storage::SharedStorage;
use wagate_storage::clock::SharedClock;
use wagate_storage::events::NewEvent;
use wagate_storage::media::MediaRow;
use wagate_storage::session_config::SessionConfig;
use whatsapp_rust::Client;

use crate::context::Shared;
use crate::media::MediaDesk;
use crate::supervisor::{Command, Handle};
use crate::{
    Account, EngineError, EngineOptions, PasskeyAnswer, SessionSnapshot, SessionStatus, StoredMedia, passkey,
};

/// All sessions of this process. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Shared,
    sessions: RwLock<HashMap<String, Arc<Handle>>>,
    /// Ends what runs beside the sessions.
    end: CancellationToken,
    tasks: TaskTracker,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

impl Engine {
    /// Reads the sessions from the storage. Nothing is started yet.
    pub async fn open(
        storage: SharedStorage,
        clock: SharedClock,
        options: EngineOptions,
    ) -> Result<Self, EngineError> {
        options.check()?;
        let media = MediaDesk::new(Arc::clone(&storage), Arc::clone(&clock), options.media);
        let shared = Shared {
            storage,
            clock,
            network: options.network,
            allow_raw_messages: options.allow_raw_messages,
            pacing: options.pacing,
            paced: options.paced,
            checked: Arc::default(),
            media: Arc::new(media),
            history: options.history,
            presence_every: options.presence_every,
            history_turn: Arc::new(Semaphore::new(1)),
            proxies: options.proxies,
            committed: watch::Sender::new(0),
        };
        let rows = shared.storage.sessions().await?;
        let sessions = rows
            .into_iter()
            .map(|row| (row.id.clone(), Handle::spawn(shared.clone(), &row)))
            .collect();
        let engine = Self {
            inner: Arc::new(Inner {
                shared,
                sessions: RwLock::new(sessions),
                end: CancellationToken::new(),
                tasks: TaskTracker::new(),
            }),
        };
        engine.run_downloads();
        engine.run_expiry();
        Ok(engine)
    }

    /// Downloads the files of messages until the end.
    fn run_downloads(&self) {
        let inner = Arc::downgrade(&self.inner);
        let find = move |id: &str| {
            let inner = inner.upgrade()?;
            Engine { inner }.connected_client(id)
        };
        let (desk, end) = (Arc::clone(&self.inner.shared.media), self.inner.end.clone());
        self.inner.tasks.spawn(desk.run(Box::new(find), end));
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

    /// Answers what WhatsApp asks of whoever links an account with a passkey ([`SessionSnapshot::passkey`]).
    pub async fn answer_passkey(&self, id: &str, answer: PasskeyAnswer) -> Result<(), EngineError> {
        passkey::answer(&*self.handle(id)?, answer).await
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
            inner.shared.media.forget_session(&id);
            Ok(())
        });
        deleting
            .await
            .map_err(|error| EngineError::Internal(error.to_string()))?
    }

    /// Reads the session's settings again and acts on them at once; a client that has to reach WhatsApp another way is
    /// replaced. To be called after `sessions.config` was written.
    pub async fn config_changed(&self, id: &str) -> Result<(), EngineError> {
        let handle = self.handle(id)?;
        let row = self.inner.shared.storage.session(id).await?;
        let row = row.ok_or(EngineError::UnknownSession)?;
        handle.context().set_config(SessionConfig::parse(&row.config));
        handle.call(Command::Configure).await
    }

    /// The session as it is now.
    pub fn snapshot(&self, id: &str) -> Option<SessionSnapshot> {
        self.handle(id).ok().map(|handle| handle.snapshot())
    }

    /// The session's account, to do something with; it has to be connected.
    pub fn account(&self, id: &str) -> Result<Account, EngineError> {
        let handle = self.handle(id)?;
        let status = handle.snapshot().status;
        let client = match status {
            SessionStatus::Connected => handle.client(),
            _ => None,
        };
        let client = client.ok_or(EngineError::NotConnected { status })?;
        Ok(Account {
            context: handle.context(),
            client,
        })
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

    /// The file of a stored message, downloaded if it is not there yet.
    pub async fn media(&self, id: &str, wa_id: &str) -> Result<StoredMedia, EngineError> {
        let context = self.handle(id)?.context();
        let storage = &self.inner.shared.storage;
        let message = storage.message_by_wa_id(id, wa_id).await?;
        let message = message.ok_or_else(|| EngineError::NotFound("Message not found".to_owned()))?;
        let mut row = storage.media_of_message(&message.id).await?;
        if row.is_none() {
            // From a time before files were noted, or from the history of the phone.
            crate::media::note(&context, &message).await?;
            row = storage.media_of_message(&message.id).await?;
        }
        let row = row.ok_or_else(|| EngineError::NotFound("Message has no media".to_owned()))?;
        self.media_file(row).await
    }

    /// The file of this row, downloaded if it is not there yet.
    pub async fn media_file(&self, row: MediaRow) -> Result<StoredMedia, EngineError> {
        let client = self.connected_client(&row.session_id);
        self.inner.shared.media.obtain(row, client).await
    }

    /// Deletes files of messages; the messages stay.
    pub async fn delete_media(&self, rows: &[MediaRow]) -> Result<(), EngineError> {
        Ok(self.inner.shared.media.delete(rows).await?)
    }

    /// The session's client, while it is connected.
    fn connected_client(&self, id: &str) -> Option<Arc<Client>> {
        let handle = self.handle(id).ok()?;
        match handle.snapshot().status {
            SessionStatus::Connected => handle.client(),
            _ => None,
        }
    }

    /// Disconnects all sessions, in parallel, without changing what their users want.
    pub async fn shutdown(&self) {
        self.inner.end.cancel();
        self.inner.tasks.close();
        let ends = self.handles().into_iter().map(|handle| async move {
            // A supervisor that is gone has nothing left to disconnect.
            let _ = handle.call(Command::Shutdown).await;
        });
        futures::future::join_all(ends).await;
        self.inner.tasks.wait().await;
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
