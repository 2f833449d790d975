//! Between the calls that queue and the task that sends: a bell, and whether an endpoint has room.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use wagate_storage::{SharedStorage, StorageError};

use super::options::DeliveryOptions;

/// Counting what waits costs: a full endpoint is not counted again before this has passed.
const COUNT_AGAIN: Duration = Duration::from_secs(1);
/// Endpoints whose count is remembered; beyond that all are counted anew.
const MAX_REMEMBERED: usize = 10_000;
/// How long the answer to whether somebody may use a session is believed.
const BELIEVED: Duration = Duration::from_secs(1);

/// What is known about how much waits for an endpoint: never less than there is.
#[derive(Clone, Copy)]
struct Load {
    at_most: i64,
    counted: Instant,
}

/// Shared by everybody who touches deliveries.
pub(crate) struct Desk {
    options: DeliveryOptions,
    rung: Mutex<HashSet<String>>,
    bell: Notify,
    loads: Mutex<HashMap<String, Load>>,
    /// Owner and session, and what was found when.
    access: Mutex<HashMap<(String, String), (bool, Instant)>>,
}

impl Desk {
    pub(crate) fn new(options: DeliveryOptions) -> Self {
        Self {
            options,
            rung: Mutex::default(),
            bell: Notify::new(),
            loads: Mutex::default(),
            access: Mutex::default(),
        }
    }

    pub(crate) fn options(&self) -> &DeliveryOptions {
        &self.options
    }

    /// Something is due for this endpoint.
    pub(crate) fn ring(&self, endpoint: &str) {
        lock(&self.rung).insert(endpoint.to_owned());
        self.bell.notify_one();
    }

    pub(super) async fn bell(&self) {
        self.bell.notified().await;
    }

    /// For which endpoints it rang since this was last asked.
    pub(super) fn rung(&self) -> HashSet<String> {
        std::mem::take(&mut *lock(&self.rung))
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
                if load.counted.elapsed() < COUNT_AGAIN {
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
            },
        );
        Ok(fits)
    }

    /// What was found lately about an owner and a session.
    pub(super) fn believed_access(&self, owner: &str, session: &str) -> Option<bool> {
        let access = lock(&self.access);
        let (may, found) = access.get(&(owner.to_owned(), session.to_owned()))?;
        (found.elapsed() < BELIEVED).then_some(*may)
    }

    pub(super) fn believe_access(&self, owner: &str, session: &str, may: bool) {
        let mut access = lock(&self.access);
        if access.len() >= MAX_REMEMBERED {
            access.clear();
        }
        access.insert((owner.to_owned(), session.to_owned()), (may, Instant::now()));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
