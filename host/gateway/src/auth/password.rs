//! Passwords: argon2id, as a PHC string. A hash takes 64 MiB and a core for a while, so few are made at a time, few may
//! wait for their turn, and everybody else is told to come back.

use std::num::NonZeroUsize;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, anyhow};
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Deserializer};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// 64 MiB, two passes, one lane: 80 ms on the machine this was measured on.
const MEMORY_KIB: u32 = 65_536;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT: usize = 16;
/// Hashes at the same time, at most, so that they take 128 MiB; and no more than half of the cores, so that whoever
/// guesses passwords leaves others the rest.
const AT_ONCE: usize = 2;
/// Callers who may wait for their turn.
const WAITING: usize = 20;
/// The longest password, in bytes.
pub(crate) const MAX_BYTES: usize = 128;

/// A password as it was typed: not printed, and wiped when it is no longer needed.
#[derive(Clone, Default)]
pub(crate) struct Typed(Zeroizing<String>);

impl Typed {
    /// Takes it.
    pub(crate) fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl Deref for Typed {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// Makes and checks hashes.
#[derive(Clone)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// What a password of nobody is compared with, so that an unknown user takes as long as a known one.
    nobody: Arc<str>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum PasswordError {
    /// Too many at once.
    Busy,
    /// A bug, or no memory.
    Failed(anyhow::Error),
}

impl Passwords {
    /// Makes the hash that unknown users are compared with; takes as long as any other.
    pub(crate) async fn new() -> anyhow::Result<Self> {
        let nobody = tokio::task::spawn_blocking(|| hash(&super::key::random_text(24)))
            .await
            .context("a password could not be hashed")??;
        Ok(Self {
            turns: Arc::new(Semaphore::new(at_once())),
            waiting: Arc::new(AtomicUsize::new(0)),
            nobody: nobody.into(),
        })
    }

    /// The hash of a new password.
    pub(crate) async fn hash(&self, password: Typed) -> Result<String, PasswordError> {
        self.in_turn(move || hash(&password)).await
    }

    /// Whether this is the password behind the hash. Without a hash the answer is no, after the same work.
    pub(crate) async fn verify(
        &self,
        password: Typed,
        stored: Option<String>,
    ) -> Result<bool, PasswordError> {
        let nobody = Arc::clone(&self.nobody);
        self.in_turn(move || {
            let known = stored.is_some();
            let matches = verify(&password, stored.as_deref().unwrap_or(&nobody))?;
            Ok(known && matches)
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place = Place::take(&self.waiting).ok_or(PasswordError::Busy)?;
        // The semaphore is never closed.
        let turn = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(|error| PasswordError::Failed(error.into()))?;
        drop(place);
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
        .map_err(|error| PasswordError::Failed(error.into()))?
        .map_err(PasswordError::Failed)
    }
}

fn at_once() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    (cores / 2).clamp(1, AT_ONCE)
}

/// A place in the queue; given back when it is dropped, also by a caller who goes away.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>) -> Option<Self> {
        waiting
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
                (count < WAITING).then_some(count + 1)
            })
            .ok()?;
        Some(Self(Arc::clone(waiting)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Why this cannot be a password; none when it can.
pub(crate) fn weakness(password: &str, min_chars: usize) -> Option<String> {
    if password.chars().count() < min_chars || password.len() > MAX_BYTES {
        return Some(format!(
            "password must have at least {min_chars} characters and at most {MAX_BYTES} bytes"
        ));
    }
    None
}

/// Hashes; blocks the thread for as long as that takes.
pub(crate) fn hash(password: &str) -> anyhow::Result<String> {
    let salt =
        SaltString::encode_b64(&rand::random::<[u8; SALT]>()).map_err(|error| anyhow!("salt: {error}"))?;
    let hash = argon2()?
        .hash_password(password.as_bytes(), &salt)
        .map_err(|error| anyhow!("argon2: {error}"))?;
    Ok(hash.to_string())
}

fn verify(password: &str, stored: &str) -> anyhow::Result<bool> {
    let stored = PasswordHash::new(stored).map_err(|error| anyhow!("a stored hash: {error}"))?;
    // The parameters are those of the stored hash.
    match argon2()?.verify_password(password.as_bytes(), &stored) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::Password) => Ok(false),
        Err(error) => Err(anyhow!("argon2: {error}")),
    }
}

fn argon2() -> anyhow::Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| anyhow!("argon2: {error}"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::{PasswordError, Passwords, Typed, weakness};

    fn typed(text: &str) -> Typed {
        Typed::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_hash_says_how_it_was_made_and_knows_its_password() {
        let passwords = Passwords::new().await.unwrap();
        let hash = passwords.hash(typed("correct horse battery")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$"), "{hash}");
        let is = async |text: &str, stored: Option<&str>| {
            passwords
                .verify(typed(text), stored.map(str::to_owned))
                .await
                .unwrap()
        };
        assert!(is("correct horse battery", Some(&hash)).await);
        assert!(!is("correct horse batterz", Some(&hash)).await);
        assert!(!is("correct horse battery", None).await);
    }

    #[tokio::test]
    async fn a_flood_is_told_to_come_back() {
        let passwords = Passwords::new().await.unwrap();
        let flood = (0..40).map(|_| passwords.verify(typed("x"), None));
        let answers = futures::future::join_all(flood).await;
        let busy = answers
            .iter()
            .filter(|answer| matches!(answer, Err(PasswordError::Busy)))
            .count();
        assert!((15..40).contains(&busy), "{busy}");
    }

    #[test]
    fn weak_passwords_are_named() {
        assert!(weakness("seven77", 8).is_some_and(|text| text.contains("at least 8")));
        assert_eq!(weakness("eight888", 8), None);
        assert!(weakness(&"x".repeat(129), 8).is_some());
    }
}
