//! From a presented key to the user behind it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use wagate_storage::clock::SharedClock;
use wagate_storage::users::Role;
use wagate_storage::{SharedStorage, StorageError};

use super::key;

/// A use is noted this often, and not at each request.
const TOUCH_EVERY_MS: i64 = 60_000;
/// Noting a use must never hold a request up.
const TOUCH_TIMEOUT: Duration = Duration::from_secs(1);
/// Keys whose last use is remembered; beyond that all are forgotten, which costs one write each.
const MAX_REMEMBERED: usize = 10_000;

/// Who is asking.
#[derive(Debug, Clone)]
pub(crate) struct Principal {
    /// The user's row id.
    pub(crate) user_id: String,
    /// The user's role now, not when the key was made.
    pub(crate) role: Role,
    /// The key they came with, for the log.
    pub(crate) key_id: String,
}

/// Checks keys.
pub(crate) struct Authenticator {
    storage: SharedStorage,
    clock: SharedClock,
    /// When a key's use was last noted.
    noted: Mutex<HashMap<String, i64>>,
}

impl Authenticator {
    /// Keys are looked up in this storage and judged by this clock.
    pub(crate) fn new(storage: SharedStorage, clock: SharedClock) -> Self {
        Self {
            storage,
            clock,
            noted: Mutex::new(HashMap::new()),
        }
    }

    /// The principal behind a key; none when it is unknown, expired or malformed.
    pub(crate) async fn check(&self, presented: &str) -> Result<Option<Principal>, StorageError> {
        if !key::is_plausible(presented) {
            return Ok(None);
        }
        // The index finds the hash or does not: there is no comparison with a secret whose time could be measured.
        let Some((row, user)) = self.storage.api_key_by_hash(&key::hash(presented)).await? else {
            return Ok(None);
        };
        let now = self.clock.now_ms();
        if row.expires_at.is_some_and(|expires| expires <= now) {
            return Ok(None);
        }
        if self.is_note_due(&row.id, now) {
            self.note_use(&row.id, now).await;
        }
        Ok(Some(Principal {
            user_id: user.id,
            role: user.role,
            key_id: row.id,
        }))
    }

    fn is_note_due(&self, key_id: &str, now: i64) -> bool {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.get(key_id).is_some_and(|last| now - last < TOUCH_EVERY_MS) {
            return false;
        }
        if noted.len() >= MAX_REMEMBERED {
            noted.clear();
        }
        noted.insert(key_id.to_owned(), now);
        true
    }

    async fn note_use(&self, key_id: &str, now: i64) {
        match tokio::time::timeout(TOUCH_TIMEOUT, self.storage.touch_api_key(key_id, now)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, key.id = key_id, "the use of a key could not be noted"),
            Err(_) => tracing::warn!(key.id = key_id, "the use of a key could not be noted in time"),
        }
    }
}
