//! From a presented key or cookie to the user behind it. What was found is believed for a second; a change made through
//! this process holds at once, because it makes everybody be looked up again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use wagate_protocol::manifest::Action;
use wagate_storage::clock::SharedClock;
use wagate_storage::{SharedStorage, StorageError};

use super::key;
use super::principal::{Credential, KeyLimits, Principal};

/// A use is noted this often, and not at each request.
const TOUCH_EVERY_MS: i64 = 60_000;
/// Noting a use must never hold a request up.
const TOUCH_TIMEOUT: Duration = Duration::from_secs(1);
/// What was found is believed for this long without another look at the database: what another process changes there
/// (`wagate admin`) holds this much later.
const TRUST: Duration = Duration::from_secs(1);
/// Credentials that are believed at the same time; the least used ones give way.
const MAX_TRUSTED: usize = 10_000;
/// Credentials whose last use is remembered; beyond that all are forgotten, which costs one write each.
const MAX_REMEMBERED: usize = 10_000;

/// A credential as it was found lately.
#[derive(Clone)]
struct Trusted {
    principal: Principal,
    /// Not valid from this moment on.
    ends_at: Option<i64>,
    /// The last use that the database knows, for logins, which end when they are not used.
    last_seen_at: Option<i64>,
    found: Instant,
    epoch: u64,
}

/// Checks keys and cookies.
pub(crate) struct Authenticator {
    storage: SharedStorage,
    clock: SharedClock,
    /// By the hash of what was presented. Only what exists: guesses cost a look-up each, and no memory.
    trusted: Cache<[u8; 32], Trusted>,
    /// When a credential's use was last noted.
    noted: Mutex<HashMap<String, i64>>,
    /// Counts changes to users, keys, logins and shared sessions.
    epoch: watch::Sender<u64>,
}

impl Authenticator {
    /// Credentials are looked up in this storage and judged by this clock.
    pub(crate) fn new(storage: SharedStorage, clock: SharedClock) -> Self {
        Self {
            storage,
            clock,
            trusted: Cache::new(MAX_TRUSTED),
            noted: Mutex::new(HashMap::new()),
            epoch: watch::Sender::new(0),
        }
    }

    /// Somebody's rights changed: from now on everybody is looked up again, and whoever holds a connection open
    /// ([`Self::changes`]) asks once more.
    pub(crate) fn rights_changed(&self) {
        self.epoch.send_modify(|epoch| *epoch += 1);
    }

    /// Changes whenever somebody's rights do: a stream that is served longer than a request asks again then.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.epoch.subscribe()
    }

    /// The principal behind a key; none when it is unknown, expired or malformed.
    pub(crate) async fn by_key(&self, presented: &str) -> Result<Option<Principal>, StorageError> {
        if !key::is_plausible(presented) {
            return Ok(None);
        }
        let hash = key::hash(presented);
        let found = match self.known(&hash) {
            Some(known) => Some(known),
            None => self.look_up_key(&hash).await?,
        };
        Ok(self.judged(found, None).await)
    }

    /// The principal behind a login's cookie; none when it ended, or was not used for `idle_ms`.
    pub(crate) async fn by_cookie(
        &self,
        value: &str,
        idle_ms: i64,
    ) -> Result<Option<Principal>, StorageError> {
        if value.len() != super::login::TOKEN_LEN {
            return Ok(None);
        }
        let hash: [u8; 32] = Sha256::digest(value.as_bytes()).into();
        let found = match self.known(&hash) {
            Some(known) => Some(known),
            None => self.look_up_login(&hash).await?,
        };
        Ok(self.judged(found, Some(idle_ms)).await)
    }

    fn known(&self, hash: &[u8; 32]) -> Option<Trusted> {
        let epoch = *self.epoch.borrow();
        self.trusted
            .get(hash)
            .filter(|known| known.epoch == epoch && known.found.elapsed() < TRUST)
    }

    async fn judged(&self, found: Option<Trusted>, idle_ms: Option<i64>) -> Option<Principal> {
        let found = found?;
        let now = self.clock.now_ms();
        if found.ends_at.is_some_and(|ends| ends <= now) {
            return None;
        }
        let id = found.principal.credential_id();
        let last_seen = self.noted_at(id).max(found.last_seen_at);
        if let (Some(idle_ms), Some(last_seen)) = (idle_ms, last_seen)
            && now.saturating_sub(last_seen) > idle_ms
        {
            return None;
        }
        if self.is_note_due(id, now) {
            self.note_use(&found.principal, now).await;
        }
        Some(found.principal)
    }

    /// The index finds the hash or does not: there is no comparison with a secret whose time could be measured.
    async fn look_up_key(&self, hash: &[u8; 32]) -> Result<Option<Trusted>, StorageError> {
        // Before the look-up: a change in between must not be missed.
        let (found, epoch) = (Instant::now(), *self.epoch.borrow());
        let Some((key, user)) = self.storage.api_key_by_hash(hash).await? else {
            return Ok(None);
        };
        if user.disabled {
            return Ok(None);
        }
        let limits = KeyLimits {
            // A scope that is not known here allows nothing.
            scopes: key
                .scopes
                .map(|words| words.iter().filter_map(|word| Action::parse(word)).collect()),
            sessions: key.sessions.map(Into::into),
            expires: key.expires_at.is_some(),
        };
        let trusted = Trusted {
            principal: Principal {
                user_id: user.id,
                role: user.role,
                name: user.name,
                email: user.email,
                credential: Credential::Key { id: key.id, limits },
            },
            ends_at: key.expires_at,
            last_seen_at: None,
            found,
            epoch,
        };
        self.trusted.insert(*hash, trusted.clone());
        Ok(Some(trusted))
    }

    async fn look_up_login(&self, hash: &[u8; 32]) -> Result<Option<Trusted>, StorageError> {
        let (found, epoch) = (Instant::now(), *self.epoch.borrow());
        let Some((login, user)) = self.storage.login_by_hash(hash).await? else {
            return Ok(None);
        };
        if user.disabled {
            return Ok(None);
        }
        let trusted = Trusted {
            principal: Principal {
                user_id: user.id,
                role: user.role,
                name: user.name,
                email: user.email,
                credential: Credential::Login {
                    id: login.id,
                    token_hash: *hash,
                    expires_at: login.expires_at,
                },
            },
            ends_at: Some(login.expires_at),
            last_seen_at: Some(login.last_seen_at),
            found,
            epoch,
        };
        self.trusted.insert(*hash, trusted.clone());
        Ok(Some(trusted))
    }

    fn noted_at(&self, id: &str) -> Option<i64> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.get(id).copied()
    }

    fn is_note_due(&self, id: &str, now: i64) -> bool {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted
            .get(id)
            .is_some_and(|last| (0..TOUCH_EVERY_MS).contains(&(now - last)))
        {
            return false;
        }
        if noted.len() >= MAX_REMEMBERED {
            noted.clear();
        }
        noted.insert(id.to_owned(), now);
        true
    }

    async fn note_use(&self, principal: &Principal, now: i64) {
        let noting = async {
            match &principal.credential {
                Credential::Key { id, .. } => self.storage.touch_api_key(id, now).await,
                Credential::Login { id, .. } => self.storage.touch_login(id, now).await,
            }
        };
        let id = principal.credential_id();
        match tokio::time::timeout(TOUCH_TIMEOUT, noting).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, credential.id = id, "the use of a credential could not be noted");
            }
            Err(_) => tracing::warn!(
                credential.id = id,
                "the use of a credential could not be noted in time"
            ),
        }
    }
}
