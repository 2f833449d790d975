//! Between the calls that queue and the tasks that send: what is new for an endpoint, and whether it has room.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use wagate_storage::{SharedStorage, StorageError};

use super::options::DeliveryOptions;

/// Counting what waits costs: a full endpoint is not counted again before this has passed.
const COUNT_AGAIN: Duration = Duration::from_secs(1);
/// Endpoints whose count is remembered; beyond that all are counted anew.
const MAX_REMEMBERED: usize = 10_000;

/// Of those queued a moment ago, so many may wait for an endpoint's courier. Beyond that it looks into the database.
const MAX_HEADS: usize = 256;

/// A delivery that is the first in its lane, and due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) lane: String,
    pub(crate) id: String,
}

/// What a courier has not heard yet.
#[derive(Default)]
pub(super) struct News {
    /// In the order in which they were queued.
    pub(super) heads: Vec<Head>,
    /// More may be due: the database knows.
    pub(super) looks: bool,
}

impl News {
    pub(super) fn is_none(&self) -> bool {
        self.heads.is_empty() && !self.looks
    }
}

/// An endpoint with a courier, or one that is to get it.
#[derive(Default)]
struct Inbox {
    news: News,
    bell: Arc<Notify>,
}

#[derive(Default)]
struct Inboxes {
    by_endpoint: HashMap<String, Inbox>,
    /// Those without a courier.
    unattended: Vec<String>,
}

/// What is known about how much waits for an endpoint: never less than there is.
#[derive(Clone, Copy)]
struct Load {
    at_most: i64,
    counted: Instant,
    /// As it was counted.
    is_full: bool,
}

/// Shared by everybody who touches deliveries.
pub(crate) struct Desk {
    options: DeliveryOptions,
    inboxes: Mutex<Inboxes>,
    /// Somebody is without a courier.
    bell: Notify,
    loads: Mutex<HashMap<String, Load>>,
}

impl Desk {
    pub(crate) fn new(options: DeliveryOptions) -> Self {
        Self {
            options,
            inboxes: Mutex::default(),
            bell: Notify::new(),
            loads: Mutex::default(),
        }
    }

    pub(crate) fn options(&self) -> &DeliveryOptions {
        &self.options
    }

    /// Something is due for this endpoint: its courier looks.
    pub(crate) fn ring(&self, endpoint: &str) {
        self.tell(endpoint, |news| news.looks = true);
    }

    /// This was queued for the endpoint just now.
    pub(crate) fn hand_over(&self, endpoint: &str, head: Head) {
        self.tell(endpoint, |news| {
            if news.heads.len() < MAX_HEADS {
                news.heads.push(head);
            } else {
                news.looks = true;
            }
        });
    }

    fn tell(&self, endpoint: &str, what: impl FnOnce(&mut News)) {
        let mut inboxes = lock(&self.inboxes);
        if let Some(inbox) = inboxes.by_endpoint.get_mut(endpoint) {
            what(&mut inbox.news);
            inbox.bell.notify_one();
            return;
        }
        let inbox = inboxes.by_endpoint.entry(endpoint.to_owned()).or_default();
        what(&mut inbox.news);
        inboxes.unattended.push(endpoint.to_owned());
        self.bell.notify_one();
    }

    pub(super) async fn bell(&self) {
        self.bell.notified().await;
    }

    /// Endpoints that need a courier, each with its bell.
    pub(super) fn unattended(&self) -> Vec<(String, Arc<Notify>)> {
        let mut inboxes = lock(&self.inboxes);
        let unattended = std::mem::take(&mut inboxes.unattended);
        let with_bell = unattended.into_iter().filter_map(|endpoint| {
            let bell = Arc::clone(&inboxes.by_endpoint.get(&endpoint)?.bell);
            Some((endpoint, bell))
        });
        with_bell.collect()
    }

    /// What came since this was last asked.
    pub(super) fn news(&self, endpoint: &str) -> News {
        let mut inboxes = lock(&self.inboxes);
        let inbox = inboxes.by_endpoint.get_mut(endpoint);
        inbox
            .map(|inbox| std::mem::take(&mut inbox.news))
            .unwrap_or_default()
    }

    /// The courier has nothing left to do. False when something came meanwhile.
    pub(super) fn may_end(&self, endpoint: &str) -> bool {
        let mut inboxes = lock(&self.inboxes);
        let has_news = |inbox: &Inbox| !inbox.news.is_none();
        if inboxes.by_endpoint.get(endpoint).is_some_and(has_news) {
            return false;
        }
        inboxes.by_endpoint.remove(endpoint);
        true
    }

    /// Whether `more` may wait for the endpoint beside what does.
    pub(crate) async fn has_room(
        &self,
        storage: &SharedStorage,
        endpoint: &str,
        more: i64,
    ) -> Result<bool, StorageError> {
        {
            let mut loads = lock(&self.loads);
            if let Some(load) = loads.get_mut(endpoint) {
                if load.at_most + more <= self.options.max_pending {
                    load.at_most += more;
                    return Ok(true);
                }
                if load.is_full && load.counted.elapsed() < COUNT_AGAIN {
                    return Ok(false);
                }
            }
        }
        let pending = storage.delivery_counts(endpoint).await?.pending;
        let fits = pending + more <= self.options.max_pending;
        let mut loads = lock(&self.loads);
        if loads.len() >= MAX_REMEMBERED {
            loads.clear();
        }
        loads.insert(
            endpoint.to_owned(),
            Load {
                at_most: pending + if fits { more } else { 0 },
                counted: Instant::now(),
                is_full: !fits,
            },
        );
        Ok(fits)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_courier_hears_everything_and_ends_only_when_it_has() {
        let desk = Desk::new(DeliveryOptions::default());
        let head = |n: usize| Head {
            lane: String::new(),
            id: n.to_string(),
        };
        assert!(desk.news("a").is_none());
        desk.hand_over("a", head(1));
        desk.hand_over("a", head(2));
        let unattended = desk.unattended();
        assert_eq!((unattended.len(), unattended[0].0.as_str()), (1, "a"));
        assert!(!desk.may_end("a"));
        let news = desk.news("a");
        assert_eq!((news.heads, news.looks), (vec![head(1), head(2)], false));
        desk.ring("a");
        assert!(desk.unattended().is_empty(), "it has one");
        assert!(!desk.may_end("a"));
        assert!(desk.news("a").looks && desk.may_end("a"));
        for n in 0..=MAX_HEADS {
            desk.hand_over("a", head(n));
        }
        assert_eq!(desk.unattended().len(), 1, "a new one");
        let news = desk.news("a");
        assert_eq!((news.heads.len(), news.looks), (MAX_HEADS, true));
    }
}
