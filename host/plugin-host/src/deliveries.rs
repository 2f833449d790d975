//! POSTs that arrive: a delivery is a row before it leaves, and is tried until the receiver has it or it is given up.
//!
//! - One courier task an endpoint, while something is due for it (`courier`); one task a lane inside it (`lane`), so that
//!   deliveries of a lane keep their order and lanes do not wait for each other.
//! - What a status means is in `judge`, when the next try comes in `schedule`. Trouble of the endpoint (5xx, 429, no
//!   connection) repeated a few times makes everything wait for it, and one try at a time finds out whether it is back.
//!   A refusal (other 4xx) is the delivery's own: after five tries its lane goes on without it, and the receiver is told.
//! - Nothing marks what is under way: this process works alone on its database, and what it had under way when it was
//!   killed is due again, under the same id. That is what is being sent, and what has arrived and is being written down: at
//!   most the lanes under way, four for each POST at the same time.
//! - What was just queued goes from memory to its lane; the database is asked where memory does not know, and once a
//!   second.
//!
//! Module order: `options, schedule, judge, sign, shared -> desk, settler -> attempt -> lane -> courier, keeper`.

mod attempt;
mod courier;
mod desk;
mod judge;
mod keeper;
mod lane;
mod options;
mod schedule;
mod settler;
mod shared;
mod sign;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wagate_storage::StorageError;

use crate::services::Services;
use crate::shares::Shares;

pub(crate) use attempt::{Parcel, post_once, sealed_for};
pub(crate) use courier::MAX_CONCURRENCY;
pub(crate) use desk::{Desk, Head};
pub use options::DeliveryOptions;
pub(crate) use sign::{check_secret, make_secret};

/// Between two looks at the clock: it can be set.
const NAP: Duration = Duration::from_secs(1);
/// After the storage has failed.
const STORAGE_RETRY: Duration = Duration::from_secs(1);
/// Endpoints found at one look.
const LOOK_AT: i64 = 1000;
/// How long deliveries under way may take at shutdown. Those that take longer come again.
const DRAIN: Duration = Duration::from_secs(10);

/// Sends couriers out.
pub(crate) struct DeliveryService {
    services: Arc<Services>,
    settler: settler::Settler,
    /// POSTs of all endpoints at the same time.
    slots: Semaphore,
    /// Of these, by who made the endpoint: receivers that keep us waiting are then the affair of whoever named them.
    owners: Shares,
    tasks: TaskTracker,
}

impl DeliveryService {
    pub(crate) fn new(services: Arc<Services>) -> Self {
        let total = services.deliveries.options().total_concurrency;
        Self {
            services,
            settler: settler::Settler::default(),
            slots: Semaphore::new(total),
            owners: Shares::of(total),
            tasks: TaskTracker::new(),
        }
    }

    /// Until `shutdown`; deliveries under way are waited for.
    pub(crate) async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let mut keeper = keeper::Keeper::default();
        let mut look_at = Instant::now();
        loop {
            if look_at <= Instant::now() {
                look_at = Instant::now() + NAP;
                if let Err(error) = self.look().await {
                    tracing::warn!(error = %error, "the deliveries cannot be read, they wait");
                }
                keeper.look(&self.services).await;
            }
            for (endpoint, bell) in self.services.deliveries.unattended() {
                self.send_out(endpoint, bell, &shutdown);
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = self.services.deliveries.bell() => {}
                () = tokio::time::sleep_until(look_at) => {}
            }
        }
        self.tasks.close();
        if timeout(DRAIN, self.tasks.wait()).await.is_err() {
            tracing::warn!("some deliveries did not end in time; they come again");
        }
    }

    async fn look(&self) -> Result<(), StorageError> {
        self.owners.tidy();
        let now = self.services.clock.now_ms();
        for endpoint in self.services.storage.due_endpoints(now, LOOK_AT).await? {
            self.services.deliveries.ring(&endpoint);
        }
        Ok(())
    }

    /// One courier an endpoint.
    fn send_out(self: &Arc<Self>, endpoint: String, bell: Arc<Notify>, shutdown: &CancellationToken) {
        let (service, shutdown) = (Arc::clone(self), shutdown.clone());
        self.tasks
            .spawn(async move { courier::run(&service, &endpoint, &bell, &shutdown).await });
    }
}

/// A pause that ends early on shutdown.
async fn pause(shutdown: &CancellationToken, how_long: Duration) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = sleep(how_long) => {}
    }
}
