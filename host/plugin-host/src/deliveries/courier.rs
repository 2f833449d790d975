//! One endpoint, while something is due for it: starts its lanes, a few at the same time.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wagate_storage::StorageError;
use wagate_storage::deliveries::{EndpointState, LaneRow};

use super::lane::{self, Shared};
use super::{DeliveryService, NAP, STORAGE_RETRY, pause};

/// Most POSTs to one endpoint at the same time, whatever is asked for.
const MAX_CONCURRENCY: i64 = 64;

/// What there is to do now.
struct Work {
    lanes: Vec<LaneRow>,
    /// The endpoint was in trouble: one try, to see whether it is back.
    probe: bool,
}

/// Works until nothing is due for the endpoint.
pub(super) async fn run(
    service: &Arc<DeliveryService>,
    endpoint: &str,
    bell: &Notify,
    shutdown: &CancellationToken,
) {
    let shared = Arc::new(Shared::default());
    let mut busy: HashSet<String> = HashSet::new();
    let mut lanes: JoinSet<String> = JoinSet::new();
    loop {
        while let Some(ended) = lanes.try_join_next() {
            forget(&mut busy, ended);
        }
        if shutdown.is_cancelled() && busy.is_empty() {
            return;
        }
        let work = if shutdown.is_cancelled() {
            Work {
                lanes: Vec::new(),
                probe: false,
            }
        } else {
            match look(service, endpoint, busy.len()).await {
                Ok(work) => work,
                Err(error) => {
                    tracing::warn!(error = %error, "the deliveries cannot be read, they wait");
                    pause(shutdown, STORAGE_RETRY).await;
                    continue;
                }
            }
        };
        for lane in work.lanes {
            if !busy.insert(lane.lane.clone()) {
                continue;
            }
            let (service, shared) = (Arc::clone(service), Arc::clone(&shared));
            let (endpoint, shutdown) = (endpoint.to_owned(), shutdown.clone());
            lanes.spawn(async move {
                let name = lane.lane.clone();
                lane::run(&service, &endpoint, lane, work.probe, &shared, &shutdown).await;
                name
            });
        }
        if busy.is_empty() {
            if service.may_end(endpoint) {
                return;
            }
            continue;
        }
        tokio::select! {
            Some(ended) = lanes.join_next() => forget(&mut busy, ended),
            () = bell.notified() => {}
            () = sleep(NAP) => {}
        }
    }
}

/// A lane whose task panicked stays marked until the courier's own end, which the next look begins anew.
fn forget(busy: &mut HashSet<String>, ended: Result<String, tokio::task::JoinError>) {
    match ended {
        Ok(lane) => {
            busy.remove(&lane);
        }
        Err(error) => {
            tracing::error!(%error, "a delivery failed inside the host");
            busy.clear();
        }
    }
}

/// The lanes that may start beside `busy` others.
async fn look(service: &DeliveryService, endpoint: &str, busy: usize) -> Result<Work, StorageError> {
    let services = &service.services;
    let nothing = Work {
        lanes: Vec::new(),
        probe: false,
    };
    let Some(row) = services.storage.endpoint_by_id(endpoint).await? else {
        return Ok(nothing);
    };
    let now = services.clock.now_ms();
    if row.state != EndpointState::Active || row.hold_until.is_some_and(|until| until > now) {
        return Ok(nothing);
    }
    let probe = row.hold_step > 0;
    let default = i64::try_from(services.deliveries.options().concurrency).unwrap_or(1);
    let limit = if probe {
        1
    } else {
        row.concurrency.unwrap_or(default).clamp(1, MAX_CONCURRENCY)
    };
    let busy = i64::try_from(busy).unwrap_or(i64::MAX);
    let places = limit.saturating_sub(busy);
    if places <= 0 {
        return Ok(nothing);
    }
    // As many more as are under way: those are still due in the table.
    let lanes = services
        .storage
        .due_lanes(endpoint, now, places.saturating_add(busy))
        .await?;
    Ok(Work { lanes, probe })
}
