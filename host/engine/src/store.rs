//! whatsapp-rust's storage traits over our storage: one [`SessionStore`] a session and client, all over one database.
//! Not here: statements (storage) and what the state means (the library).
//!
//! **Fail-stop.** The first write that fails poisons the store: every later one fails at once, and never reaches the
//! database. The library goes on after a failed write and flushes its Signal state later; that flush would put the
//! ratchet past a message whose row is missing, and the message, sent again, would be taken for a duplicate and
//! dropped. So the supervisor waits on [`StoreHealth::poisoned`], stops the client (whose last flush fails, as it must)
//! and starts a new one over a fresh store.

mod app_sync;
mod device;
mod health;
mod msg_secret;
mod protocol;
mod signal;

#[cfg(test)]
mod conformance;

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::RwLock;
use wacore::store::error::{Result, StoreError};
use wagate_storage::clock::SharedClock;
use wagate_storage::{SharedStorage, StorageError};

use crate::abort::{self, Point};
pub(crate) use health::StoreHealth;

/// What storage answers; [`Result`] is the library's.
type Stored<T> = std::result::Result<T, StorageError>;

/// A phone JID and a LID of one person, several times.
pub(crate) type OnAddresses = Box<dyn Fn(Vec<(String, String)>) + Send + Sync>;

/// The state of one session, as its client reads and writes it.
pub(crate) struct SessionStore {
    storage: SharedStorage,
    session: Arc<str>,
    health: Arc<StoreHealth>,
    clock: SharedClock,
    /// Told of pairs of addresses the library has learned.
    on_addresses: Option<OnAddresses>,
    /// Held alone by writes that move Signal state forward, shared by all others: see [`Self::write_ratchet`].
    in_flight: Arc<RwLock<()>>,
}

impl SessionStore {
    /// The store of the session with this row id. `health` is new for every client: a poisoned one never recovers.
    pub(crate) fn new(
        storage: SharedStorage,
        session: Arc<str>,
        health: Arc<StoreHealth>,
        clock: SharedClock,
    ) -> Self {
        Self {
            storage,
            session,
            health,
            clock,
            on_addresses: None,
            in_flight: Arc::default(),
        }
    }

    /// Calls this with pairs of addresses the library has learned. It must not wait.
    pub(crate) fn on_addresses(self, call: OnAddresses) -> Self {
        Self {
            on_addresses: Some(call),
            ..self
        }
    }

    /// A write that may run beside others.
    async fn write<T>(&self, work: impl Future<Output = Stored<T>> + Send) -> Result<T> {
        let _shared = self.in_flight.read().await;
        self.guarded(work).await
    }

    /// A write after which a message cannot be decrypted again: it waits for the writes under way, because one of them
    /// may be that message's row, and is refused when that row failed.
    async fn write_ratchet<T>(&self, work: impl Future<Output = Stored<T>> + Send) -> Result<T> {
        let mut alone = pin!(self.in_flight.write());
        let _alone = match futures::poll!(alone.as_mut()) {
            Poll::Ready(alone) => alone,
            Poll::Pending => {
                // Rows that nobody waits for would be written soon; this waits for them, and nothing new begins before it.
                self.guarded(self.storage.write_pending_now()).await?;
                alone.await
            }
        };
        abort::reached(Point::W4);
        self.guarded(work).await
    }

    /// `work` does nothing until it is awaited, so a poisoned store does not touch the database.
    async fn guarded<T>(&self, work: impl Future<Output = Stored<T>> + Send) -> Result<T> {
        if self.health.is_poisoned() {
            return Err(poisoned());
        }
        #[cfg(test)]
        if self.health.take_fault() {
            self.health.poison();
            return Err(store_error(StorageError::Full));
        }
        match work.await {
            Ok(value) => Ok(value),
            Err(error) => {
                stop(&self.health, &self.session, &error);
                Err(store_error(error))
            }
        }
    }

    /// Seconds since 1970: the unit in which the library gives its cutoffs.
    fn now_seconds(&self) -> i64 {
        self.clock.now_ms().div_euclid(1000)
    }
}

/// A write has failed.
fn stop(health: &StoreHealth, session: &str, error: &StorageError) {
    if health.poison() {
        tracing::error!(
            session.id = session,
            error = error as &(dyn std::error::Error + 'static),
            "a write of session state failed: the session stops"
        );
    }
}

/// Why a poisoned store writes nothing. Must not read like contention ("locked", "busy"): the library would try again.
#[derive(Debug, thiserror::Error)]
#[error("session state is no longer written: an earlier write failed")]
struct Poisoned;

fn poisoned() -> StoreError {
    StoreError::Database(Box::new(Poisoned))
}

/// The one place where our errors become the library's.
fn store_error(error: StorageError) -> StoreError {
    match error {
        StorageError::Open { .. } | StorageError::Closed => StoreError::Connection(Box::new(error)),
        StorageError::Migrate(_) => StoreError::Migration(Box::new(error)),
        StorageError::Conflict(_)
        | StorageError::Inconsistent { .. }
        | StorageError::Full
        | StorageError::Secret(_)
        | StorageError::Commit(_)
        | StorageError::Database(_) => StoreError::Database(Box::new(error)),
    }
}

/// What is kept as the library's own JSON.
fn to_json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| StoreError::Serialization(Box::new(error)))
}

fn from_json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| StoreError::Serialization(Box::new(error)))
}

/// The library counts deletions in 32 bits.
fn count(rows: u64) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
