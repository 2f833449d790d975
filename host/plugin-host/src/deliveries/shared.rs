//! What the lanes of one endpoint share: how many POSTs there may be at the same time, and how the last ones went.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::shares::{Place, Shares};

/// What the lanes of one endpoint know of each other.
pub(super) struct Shared {
    /// POSTs at the same time. A lane that writes down that its last one arrived has none.
    posts: Semaphore,
    /// So many of these are one too many: whoever gets one gives it up.
    surplus: AtomicUsize,
    /// Whose endpoint it is: POSTs to all of theirs share places.
    owner: OnceLock<String>,
    /// Tries in a row that found the endpoint in trouble.
    pub(super) failures: AtomicU32,
    /// Counts the times everything was made to wait: a try that began before the last one says nothing new.
    pub(super) holds: AtomicU64,
}

impl Shared {
    /// For so many POSTs at the same time.
    pub(super) fn new(posts: usize) -> Self {
        Self {
            posts: Semaphore::new(posts),
            surplus: AtomicUsize::new(0),
            owner: OnceLock::new(),
            failures: AtomicU32::new(0),
            holds: AtomicU64::new(0),
        }
    }

    /// Whoever made the endpoint.
    pub(super) fn belongs_to(&self, owner: &str) {
        self.owner.get_or_init(|| owner.to_owned());
    }

    /// One of its owner's places.
    pub(super) async fn owners_place(&self, owners: &Shares) -> Option<Place> {
        owners
            .take(self.owner.get().map_or("", String::as_str), None)
            .await
    }

    /// So many more POSTs at the same time.
    pub(super) fn allow_more(&self, count: usize) {
        for _ in 0..count {
            if !self.take_surplus() {
                self.posts.add_permits(1);
            }
        }
    }

    /// So many fewer, as soon as those under way have come to their end: lanes that wait get no turn before.
    pub(super) fn allow_fewer(&self, count: usize) {
        // Those that are free now; one that comes back goes to a lane that waits.
        let free = self.posts.forget_permits(count);
        self.surplus.fetch_add(count - free, Ordering::AcqRel);
    }

    /// A POST's turn. None: there is one too many, or the end.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let place = self.posts.acquire().await.ok()?;
        if self.take_surplus() {
            place.forget();
            return None;
        }
        Some(place)
    }

    fn take_surplus(&self) -> bool {
        let one_less = |surplus: usize| surplus.checked_sub(1);
        self.surplus
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, one_less)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::poll;

    use super::*;

    #[tokio::test]
    async fn fewer_posts_are_fewer_as_soon_as_those_under_way_have_ended_though_lanes_wait() {
        let shared = Shared::new(0);
        shared.allow_more(3);
        let under_way = [shared.turn().await, shared.turn().await, shared.turn().await];
        assert!(under_way.iter().all(Option::is_some));
        let mut waiting = [(); 4].map(|()| Box::pin(shared.turn()));
        for lane in &mut waiting {
            assert!(poll!(lane).is_pending());
        }
        shared.allow_fewer(2);
        drop(under_way);
        let [first, second, third, mut fourth] = waiting;
        assert!(first.await.is_none() && second.await.is_none());
        let the_one = third.await;
        assert!(the_one.is_some());
        assert!(poll!(&mut fourth).is_pending());
        drop(the_one);
        assert!(fourth.await.is_some());
    }

    #[tokio::test]
    async fn what_was_too_many_is_allowed_again_before_more_is_added() {
        let shared = Shared::new(0);
        shared.allow_more(2);
        let under_way = [shared.turn().await, shared.turn().await];
        shared.allow_fewer(1);
        shared.allow_more(1);
        drop(under_way);
        let both = [shared.turn().await, shared.turn().await];
        assert!(both.iter().all(Option::is_some));
        assert!(poll!(pin!(shared.turn())).is_pending());
    }
}
