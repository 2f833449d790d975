//! From a presented key to the user behind it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use wagate_storage::clock::SharedClock;
use wagate_storage::users::Role;
use wagate_storage::{SharedStorage, StorageError};

use super::key;

/// A use is noted this often, and not at each request.
const TOUCH_EVERY_MS: i64 = 60_000;
/// Noting a use must never hold a request up.
const TOUCH_TIMEOUT: Duration = Duration::from_secs(1);
/// A key that was found is believed for this long without another look at the database: what is changed there behind
/// our back (a key deleted, a role taken away) holds this much later.
const TRUST: Duration = Duration::from_secs(1);
/// Keys that are believed at the same time; the least used ones give way.
const MAX_TRUSTED: usize = 10_000;
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

/// A key as it was found lately.
#[derive(Clone)]
struct Trusted {
    principal: Principal,
    expires_at: Option<i64>,
    found: Instant,
}

/// Checks keys.
pub(crate) struct Authenticator {
    storage: SharedStorage,
    clock: SharedClock,
    /// By the key's hash. Only keys that exist: guesses cost a look-up each, and no memory.
    trusted: Cache<[u8; 32], Trusted>,
    /// When a key's use was last noted.
    noted: Mutex<HashMap<String, i64>>,
}

impl Authenticator {
    /// Keys are looked up in this storage and judged by this clock.
    pub(crate) fn new(storage: SharedStorage, clock: SharedClock) -> Self {
        Self {
            storage,
            clock,
            trusted: Cache::new(MAX_TRUSTED),
            noted: Mutex::new(HashMap::new()),
        }
    }

    /// The principal behind a key; none when it is unknown, expired or malformed.
    pub(crate) async fn check(&self, presented: &str) -> Result<Option<Principal>, StorageError> {
        if !key::is_plausible(presented) {
            return Ok(None);
        }
        let hash = key::hash(presented);
        let known = self
            .trusted
            .get(&hash)
            .filter(|known| known.found.elapsed() < TRUST);
        let Trusted {
            principal,
            expires_at,
            ..
        } = match known {
            Some(known) => known,
            None => match self.look_up(&hash).await? {
                Some(found) => {
                    self.trusted.insert(hash, found.clone());
                    found
                }
                None => return Ok(None),
            },
        };
        let now = self.clock.now_ms();
        if expires_at.is_some_and(|expires| expires <= now) {
            return Ok(None);
        }
        if self.is_note_due(&principal.key_id, now) {
            self.note_use(&principal.key_id, now).await;
        }
        Ok(Some(principal))
    }

    /// The index finds the hash or does not: there is no comparison with a secret whose time could be measured.
    async fn look_up(&self, hash: &[u8]) -> Result<Option<Trusted>, StorageError> {
        let found = Instant::now();
        let row = self.storage.api_key_by_hash(hash).await?;
        Ok(row.map(|(key, user)| Trusted {
            principal: Principal {
                user_id: user.id,
                role: user.role,
                key_id: key.id,
            },
            expires_at: key.expires_at,
            found,
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
