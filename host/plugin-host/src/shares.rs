//! How much of a thing that all users share one of them may have: three quarters, so that nobody can take it all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Of one user: more that wait are refused.
const MAX_WAITING: usize = 128;

/// Places, by user. Those who have none and wait for none are forgotten at [`Shares::tidy`].
pub(crate) struct Shares {
    /// Places of one user.
    each: usize,
    users: Mutex<HashMap<String, Arc<Share>>>,
}

struct Share {
    places: Arc<Semaphore>,
    waiting: Semaphore,
}

/// A user's place; held by whoever has it.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    _share: Arc<Share>,
}

impl Shares {
    /// Of so many places.
    pub(crate) fn of(places: usize) -> Self {
        Self {
            each: (places - places / 4).max(1),
            users: Mutex::default(),
        }
    }

    /// Waits for one of the user's places, until `until` where that is given. None: there was none, or too many wait.
    pub(crate) async fn take(&self, user: &str, until: Option<Instant>) -> Option<Place> {
        let share = self.share(user);
        let places = Arc::clone(&share.places);
        let permit = match (Arc::clone(&places).try_acquire_owned(), until) {
            (Ok(permit), _) => permit,
            (Err(_), None) => places.acquire_owned().await.ok()?,
            (Err(_), Some(until)) => {
                let _waits = share.waiting.try_acquire().ok()?;
                timeout_at(until, places.acquire_owned()).await.ok()?.ok()?
            }
        };
        Some(Place {
            _permit: permit,
            _share: share,
        })
    }

    /// Forgets users who have nothing.
    pub(crate) fn tidy(&self) {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        users.retain(|_, share| Arc::strong_count(share) > 1);
    }

    fn share(&self, user: &str) -> Arc<Share> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = users.get(user) {
            return Arc::clone(share);
        }
        let share = Arc::new(Share {
            places: Arc::new(Semaphore::new(self.each)),
            waiting: Semaphore::new(MAX_WAITING),
        });
        users.insert(user.to_owned(), Arc::clone(&share));
        share
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn one_user_cannot_have_all_and_is_forgotten_afterwards() {
        let shares = Shares::of(4);
        let now = || Some(Instant::now());
        let mut ann = Vec::new();
        for _ in 0..3 {
            ann.push(shares.take("ann", now()).await.unwrap());
        }
        assert!(shares.take("ann", now()).await.is_none());
        let ben = shares.take("ben", now()).await;
        assert!(ben.is_some());
        ann.pop();
        shares.tidy();
        assert!(shares.take("ann", now()).await.is_some(), "one was given back");
        drop((ann, ben));
        shares.tidy();
        assert!(shares.users.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn who_waits_gets_the_place_that_comes_back() {
        let shares = Shares::of(1);
        let first = shares.take("ann", None).await;
        let soon = Some(Instant::now() + Duration::from_secs(30));
        let (second, ()) = tokio::join!(shares.take("ann", soon), async { drop(first) });
        assert!(second.is_some());
    }
}
