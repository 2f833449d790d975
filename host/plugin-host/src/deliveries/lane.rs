//! One lane of one endpoint: delivery after delivery, in order, until there is none left or one has to wait.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rand::RngExt as _;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use wagate_protocol::event::kind;
use wagate_storage::StorageError;
use wagate_storage::clock::iso8601;
use wagate_storage::deliveries::{DeliveryRow, EndpointRow, EndpointState, LaneRow, Verdict};
use wagate_storage::events::NewEvent;
use wagate_storage::users::Role;

use super::attempt::{Parcel, Tried, post_once};
use super::judge::Judgement;
use super::shared::Shared;
use super::{DeliveryService, STORAGE_RETRY, pause, schedule};
use crate::services::Services;

/// Read at once. Few: lanes that wait for their POST's turn hold them, and a body may have a MiB.
const BATCH: i64 = 4;
/// After so many the other lanes get their turn.
const TURN: usize = 64;
/// More tries of one delivery are not looked at.
const MAX_TRIES: i64 = 100;
/// After so many, what has ended is cut back to what is kept.
const PRUNE_EVERY: i64 = 64;
/// A lane that is due with nothing in it is looked at again after this.
const EMPTY_LANE: Duration = Duration::from_millis(200);

/// What to do after a try.
enum Then {
    /// The lane goes on.
    Next(Following),
    Stop,
}

/// What waits behind a delivery.
enum Following {
    /// The database knows.
    Unknown,
    /// Nothing.
    None,
    /// The one with this id.
    Id(String),
}

/// A lane that is to be worked on.
pub(super) struct Start {
    pub(super) lane: LaneRow,
    /// The id of its first delivery, where it was queued just now.
    pub(super) first: Option<String>,
}

/// Works on a lane. `probe`: the endpoint was in trouble, one try is enough to know. True: more may be due.
pub(super) async fn run(
    service: &DeliveryService,
    endpoint_id: &str,
    start: Start,
    probe: bool,
    shared: &Shared,
    shutdown: &CancellationToken,
) -> bool {
    let storage = &service.services.storage;
    let Start { lane, first } = start;
    let mut skipped = lane.skipped;
    let mut ahead: VecDeque<DeliveryRow> = first.iter().filter_map(|id| storage.queued_lately(id)).collect();
    if first.is_some() && ahead.is_empty() {
        // Somebody else has had it, or it had to go: the database knows whether it is due.
        return true;
    }
    for done in 0..TURN {
        if ahead.is_empty() {
            match storage.waiting_deliveries(endpoint_id, &lane.lane, BATCH).await {
                Ok(waiting) => ahead.extend(waiting),
                Err(error) => {
                    tracing::warn!(error = %error, "the deliveries cannot be read, they wait");
                    pause(shutdown, STORAGE_RETRY).await;
                    return true;
                }
            }
        }
        let Some(delivery) = ahead.pop_front() else {
            if done == 0 && first.is_none() {
                pause(shutdown, EMPTY_LANE).await;
                return true;
            }
            return false;
        };
        if shutdown.is_cancelled() {
            return false;
        }
        match deliver(service, &delivery, &mut skipped, shared, shutdown).await {
            Then::Next(_) if probe => return true,
            Then::Next(Following::Unknown) => {}
            Then::Next(Following::None) => return false,
            Then::Next(Following::Id(next)) => {
                if ahead.front().is_none_or(|row| row.delivery.id != next) {
                    ahead = storage.queued_lately(&next).into_iter().collect();
                }
            }
            Then::Stop => return true,
        }
    }
    true
}

async fn deliver(
    service: &DeliveryService,
    delivery: &DeliveryRow,
    skipped: &mut i64,
    shared: &Shared,
    shutdown: &CancellationToken,
) -> Then {
    let services = &service.services;
    let Some(place) = shared.turn().await else {
        return Then::Stop;
    };
    let Some(share) = shared.owners_place(&service.owners).await else {
        return Then::Stop;
    };
    let Ok(slot) = service.slots.acquire().await else {
        return Then::Stop;
    };
    if shutdown.is_cancelled() {
        return Then::Stop;
    }
    let began = shared.holds.load(Ordering::Acquire);
    // Read for each: it may have been paused, changed or deleted a moment ago.
    let endpoint = match open(services, &delivery.delivery.endpoint_id).await {
        Ok(Some(endpoint)) => endpoint,
        Ok(None) => return Then::Stop,
        Err(error) => {
            tracing::warn!(error = %error, "an endpoint cannot be read, its deliveries wait");
            pause(shutdown, STORAGE_RETRY).await;
            return Then::Stop;
        }
    };
    let parcel = Parcel {
        id: &delivery.delivery.id,
        content_type: &delivery.delivery.content_type,
        body: &delivery.delivery.body,
        number: delivery.attempts + 1,
        skipped: *skipped,
    };
    let tried = match post_once(services, &endpoint, parcel, Duration::MAX).await {
        Ok(tried) => tried,
        Err(error) => {
            tracing::error!(endpoint.id = %endpoint.id, "a delivery could not be put together, it waits: {error}");
            pause(shutdown, STORAGE_RETRY).await;
            return Then::Stop;
        }
    };
    match tried.judgement {
        Judgement::Taken => {
            shared.failures.store(0, Ordering::Release);
            *skipped = 0;
            // The next POST does not wait for the disk.
            drop((place, share, slot));
            arrived(service, delivery, &tried, shutdown).await
        }
        Judgement::Refused => refused(services, &endpoint, delivery, &tried, skipped, shutdown).await,
        Judgement::Trouble => {
            trouble(services, &endpoint, delivery, &tried, shared, began, shutdown).await;
            Then::Stop
        }
        Judgement::Gone => {
            settle(services, delivery, &tried, Verdict::Dead, shutdown).await;
            disable(services, &endpoint, "the receiver answered 410").await;
            Then::Stop
        }
    }
}

/// The endpoint, if it gets anything now.
async fn open(services: &Services, id: &str) -> Result<Option<EndpointRow>, StorageError> {
    let Some(endpoint) = services.storage.endpoint_by_id(id).await? else {
        return Ok(None);
    };
    let now = services.clock.now_ms();
    if endpoint.state != EndpointState::Active || endpoint.hold_until.is_some_and(|until| until > now) {
        return Ok(None);
    }
    if !may_use(services, &endpoint).await? {
        disable(
            services,
            &endpoint,
            "whoever made it may not use the session any more",
        )
        .await;
        return Ok(None);
    }
    Ok(Some(endpoint))
}

/// Whether the endpoint's owner may have one for its session. Asked for each delivery: what is taken away ends at once.
async fn may_use(services: &Services, endpoint: &EndpointRow) -> Result<bool, StorageError> {
    let Some(owner) = &endpoint.owner else {
        return Ok(true);
    };
    let session = &endpoint.session_id;
    let storage = &services.storage;
    Ok(match storage.user(owner).await? {
        None => false,
        // Who only reads and sends makes no endpoints.
        Some(user) if user.disabled || user.role == Role::Staff => false,
        Some(user) if user.role == Role::SuperAdmin => true,
        Some(_) => {
            let is_own = storage
                .session(session)
                .await?
                .is_some_and(|row| row.user_id == *owner);
            is_own || storage.has_access(session, owner).await?
        }
    })
}

/// A delivery that is refused is tried a few times more, then its lane goes on without it.
async fn refused(
    services: &Services,
    endpoint: &EndpointRow,
    delivery: &DeliveryRow,
    tried: &Tried,
    skipped: &mut i64,
    shutdown: &CancellationToken,
) -> Then {
    let now = services.clock.now_ms();
    let log = services
        .storage
        .delivery_log(&endpoint.id, Some(&delivery.delivery.id), 0, MAX_TRIES)
        .await;
    let Ok((log, _)) = log else {
        pause(shutdown, STORAGE_RETRY).await;
        return Then::Stop;
    };
    let is_refusal = |status: u16| super::judge::judge(status) == Judgement::Refused;
    let refusals = log
        .iter()
        .filter(|attempt| attempt.outcome.status.is_some_and(is_refusal))
        .count();
    let tries = i64::try_from(refusals).unwrap_or(i64::MAX).saturating_add(1);
    let waits = &services.deliveries.options().refused_retry;
    let then = match schedule::wait(waits, tries, tried.wish, spread()) {
        Some(wait) => {
            let verdict = Verdict::Again {
                next_ms: later(now, wait),
                held: false,
            };
            settle(services, delivery, tried, verdict, shutdown).await;
            Then::Stop
        }
        None => {
            *skipped += 1;
            settle(services, delivery, tried, Verdict::Dead, shutdown).await
        }
    };
    disable_if_failing(services, endpoint, now).await;
    then
}

/// The endpoint is in trouble: the lane waits, and after a few failures in a row everything does.
async fn trouble(
    services: &Services,
    endpoint: &EndpointRow,
    delivery: &DeliveryRow,
    tried: &Tried,
    shared: &Shared,
    began: u64,
    shutdown: &CancellationToken,
) {
    let options = services.deliveries.options();
    let tries = delivery.attempts + 1;
    let spread = spread();
    // One moment for all: the clock may be set while the first is written down.
    let now = services.clock.now_ms();
    let verdict = match schedule::wait(&options.retry, tries, tried.wish, spread) {
        Some(wait) => Verdict::Again {
            next_ms: later(now, wait),
            held: true,
        },
        None => Verdict::Dead,
    };
    let failures = shared.failures.fetch_add(1, Ordering::AcqRel) + 1;
    let is_probe = endpoint.hold_step > 0;
    let holds = is_probe || failures >= options.breaker_failures || tried.wish.is_some();
    // Others that began before everything was made to wait found the same trouble.
    let is_first = holds
        && shared
            .holds
            .compare_exchange(began, began + 1, Ordering::AcqRel, Ordering::Acquire)
            .is_ok();
    settle(services, delivery, tried, verdict, shutdown).await;
    if is_first {
        let step = (endpoint.hold_step + 1).max(tries);
        let until = later(now, schedule::hold(&options.retry, step, tried.wish, spread));
        if let Err(error) = services.storage.hold_endpoint(&endpoint.id, step, until).await {
            tracing::warn!(endpoint.id = %endpoint.id, error = %error, "an endpoint's trouble cannot be written down");
        }
        give_up_old(services, endpoint, now).await;
    }
    disable_if_failing(services, endpoint, now).await;
}

/// What is older than the schedule is given up with the endpoint still in trouble.
async fn give_up_old(services: &Services, endpoint: &EndpointRow, now: i64) {
    let life = schedule::longest_life(&services.deliveries.options().retry);
    let before = now.saturating_sub(millis(life));
    let error = format!("given up after {} hours", life.as_secs() / 3600);
    match services
        .storage
        .give_up_deliveries(&endpoint.id, before, &error, now)
        .await
    {
        Ok(0) => {}
        Ok(count) => {
            tracing::warn!(
                endpoint.id = %endpoint.id, session.id = %endpoint.session_id, count,
                "{count} deliveries to endpoint {} are given up", endpoint.name
            );
        }
        Err(error) => {
            tracing::warn!(endpoint.id = %endpoint.id, error = %error, "old deliveries cannot be given up");
        }
    }
}

async fn disable_if_failing(services: &Services, endpoint: &EndpointRow, now: i64) {
    let after = services.deliveries.options().disable_after;
    let since = endpoint.failing_since;
    if since.is_some_and(|since| now.saturating_sub(since) >= millis(after)) {
        let reason = format!("it failed for {} hours", after.as_secs() / 3600);
        disable(services, endpoint, &reason).await;
    }
}

/// Nothing leaves for it any more; the session's log tells.
async fn disable(services: &Services, endpoint: &EndpointRow, reason: &str) {
    let now = services.clock.now_ms();
    if let Err(error) = services
        .storage
        .set_endpoint_state(&endpoint.id, EndpointState::Disabled, Some(reason), now)
        .await
    {
        tracing::warn!(endpoint.id = %endpoint.id, error = %error, "an endpoint cannot be disabled, its deliveries wait");
        return;
    }
    tracing::warn!(
        endpoint.id = %endpoint.id, session.id = %endpoint.session_id, plugin.id = %endpoint.plugin,
        "endpoint {} is disabled: {reason}", endpoint.name
    );
    let data = json!({
        "plugin": endpoint.plugin, "endpoint": endpoint.name, "reason": reason,
        "failingSince": endpoint.failing_since.map(iso8601),
    });
    let event = NewEvent {
        // Once for each time it was enabled.
        id: format!("evt_{}_disabled_{}", endpoint.id, endpoint.updated_at),
        session_id: endpoint.session_id.clone(),
        kind: kind::DELIVERY_DISABLED.to_owned(),
        chat: None,
        timestamp: now,
        schema: 1,
        data: data.to_string(),
    };
    if let Err(error) = services.append_event(event).await {
        tracing::warn!(endpoint.id = %endpoint.id, %error, "the event of a disabled endpoint is not written");
    }
}

/// Writes down how a try ended, however long the storage needs. On shutdown the delivery comes again, with its id.
async fn settle(
    services: &Services,
    delivery: &DeliveryRow,
    tried: &Tried,
    verdict: Verdict,
    shutdown: &CancellationToken,
) -> Then {
    loop {
        let settled = services
            .storage
            .settle_delivery(delivery, tried.outcome.clone(), verdict)
            .await;
        match settled {
            Ok(_) => {
                prune(services, delivery).await;
                return Then::Next(Following::Unknown);
            }
            Err(error) => {
                tracing::warn!(error = %error, "the end of a delivery cannot be written, trying again");
            }
        }
        pause(shutdown, STORAGE_RETRY).await;
        if shutdown.is_cancelled() {
            return Then::Stop;
        }
    }
}

/// The same for the usual end.
async fn arrived(
    service: &DeliveryService,
    delivery: &DeliveryRow,
    tried: &Tried,
    shutdown: &CancellationToken,
) -> Then {
    let services = &service.services;
    loop {
        let delivered = (delivery.clone(), tried.outcome.clone());
        match service.settler.settle(&services.storage, delivered).await {
            Ok(settled) => {
                if settled.is_recovered {
                    services.deliveries.ring(&delivery.delivery.endpoint_id);
                }
                prune(services, delivery).await;
                return Then::Next(settled.next.map_or(Following::None, Following::Id));
            }
            Err(error) => {
                tracing::warn!(error = %error, "the end of a delivery cannot be written, trying again");
            }
        }
        pause(shutdown, STORAGE_RETRY).await;
        if shutdown.is_cancelled() {
            return Then::Stop;
        }
    }
}

/// Too many go as new ones come: a sweep alone, which also finds what is too old, would have too much to do at once.
async fn prune(services: &Services, delivery: &DeliveryRow) {
    if delivery.seq % PRUNE_EVERY != 0 {
        return;
    }
    let options = services.deliveries.options();
    if let Err(error) = services
        .storage
        .prune_deliveries(&delivery.delivery.endpoint_id, None, options.keep_count)
        .await
    {
        tracing::warn!(error = %error, "old deliveries cannot be removed");
    }
}

fn later(now: i64, wait: Duration) -> i64 {
    now.saturating_add(millis(wait))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn spread() -> f64 {
    rand::rng().random_range(-1.0..=1.0)
}
