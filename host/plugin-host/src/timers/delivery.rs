//! One occurrence: claimed or found open, brought to the plugin once, then ended or put off.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wagate_storage::StorageError;
use wagate_storage::timers::{FireRow, TimerRow};

use super::{STORAGE_RETRY, TimerService, first_after};
use crate::bindings::exports::timer_events::Fire;
use crate::error::PluginCallError;
use crate::http::{SessionRef, session_to_wit};
use crate::state::CallContext;

/// Tries of an occurrence that fails for reasons of its own.
const TRIES: i64 = 3;
const FIRST_RETRY: Duration = Duration::from_millis(200);
/// Waiting for better times: from, to.
const FIRST_WAIT: Duration = Duration::from_secs(1);
pub(super) const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// What there is to deliver.
pub(super) enum Work {
    /// A timer is due: its occurrence has to be claimed first.
    Due(TimerRow),
    /// Claimed earlier, and open.
    Open(FireRow),
}

impl Work {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Due(timer) => &timer.name,
            Self::Open(fire) => &fire.name,
        }
    }
}

/// What becomes of an occurrence after a delivery.
enum End {
    /// Done, or given up.
    Over,
    /// To be brought again; the row says when.
    Again(FireRow),
}

/// Delivers once. Whatever goes wrong, the occurrence stays in the storage until it has ended.
pub(super) async fn run(service: &TimerService, work: Work, shutdown: &CancellationToken) {
    if shutdown.is_cancelled() {
        return;
    }
    match bring(service, work).await {
        Ok(Some((fire, end))) => settle(service, &fire, end, shutdown).await,
        // Cancelled meanwhile, or nobody to bring it to: it waits for its plugin.
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(error = %error, "the timers cannot be read or claimed, they wait");
            pause(shutdown).await;
        }
    }
}

async fn bring(service: &TimerService, work: Work) -> Result<Option<(FireRow, End)>, StorageError> {
    let storage = &service.services.storage;
    let fire = match work {
        Work::Due(timer) => claim(service, &timer).await?,
        // Read again: it may have been cancelled or put off before it was marked as being delivered.
        Work::Open(fire) => storage
            .fire(&fire.plugin, &fire.name)
            .await?
            .filter(|fire| fire.not_before_ms <= service.services.clock.now_ms()),
    };
    let Some(fire) = fire else { return Ok(None) };
    let Some(version) = service.newest(&fire.plugin) else {
        return Ok(None);
    };
    let session = match &fire.session_id {
        None => None,
        Some(id) => match storage.session(id).await? {
            Some(row) => Some(SessionRef {
                id: row.id,
                slug: row.slug,
            }),
            // Deleted, and the occurrence with it.
            None => return Ok(None),
        },
    };
    let call = fire_to_wit(&fire, session.as_ref(), service.services.clock.now_ms());
    let context = CallContext {
        session,
        event_id: Some(fire.id.clone()),
        event_at_ms: fire.due_ms,
        ..CallContext::default()
    };
    let end = match version.on_timer(context, call).await {
        Ok(()) => End::Over,
        Err(error) => after_failure(fire.clone(), &error, service.services.clock.now_ms()),
    };
    Ok(Some((fire, end)))
}

/// None when it has been claimed, cancelled or set anew meanwhile.
async fn claim(service: &TimerService, timer: &TimerRow) -> Result<Option<FireRow>, StorageError> {
    let Some(due_ms) = timer.next_ms else {
        return Ok(None);
    };
    let now = service.services.clock.now_ms();
    let next_ms = first_after(&timer.schedule, now.max(due_ms)).unwrap_or_else(|error| {
        // It was good when it was set: this host's rules or timezones are not those of then.
        let (plugin, name) = (&timer.plugin, &timer.name);
        tracing::error!(plugin.id = %plugin, "timer \"{name}\" of plugin {plugin} fires for the last time: {error}");
        None
    });
    let storage = &service.services.storage;
    storage.claim_timer(&timer.id, due_ms, next_ms, now).await
}

fn after_failure(mut fire: FireRow, error: &PluginCallError, now: i64) -> End {
    let (plugin, name) = (&fire.plugin, &fire.name);
    let wait = if let Some(wait) = better_times(error, fire.waits) {
        fire.waits += 1;
        wait
    } else {
        fire.attempts += 1;
        if fire.attempts >= TRIES {
            tracing::error!(
                plugin.id = %plugin, fire.id = %fire.id,
                "plugin {plugin} failed {TRIES} times on timer \"{name}\", this occurrence is given up: {error}"
            );
            return End::Over;
        }
        doubled(FIRST_RETRY, fire.attempts - 1)
    };
    tracing::debug!(plugin.id = %plugin, fire.id = %fire.id, "timer \"{name}\" failed, again in {wait:?}: {error}");
    fire.not_before_ms = now.saturating_add(millis(wait));
    End::Again(fire)
}

/// How long to wait when the failure says that the same call may succeed later; none when it does not.
fn better_times(error: &PluginCallError, waits: i64) -> Option<Duration> {
    let asked = error
        .retry_after_ms()
        .map_or(Duration::ZERO, Duration::from_millis);
    error
        .is_temporary()
        .then(|| doubled(FIRST_WAIT, waits).max(asked).min(LONGEST_WAIT))
}

fn doubled(first: Duration, times: i64) -> Duration {
    first * 2_u32.pow(u32::try_from(times.clamp(0, 6)).unwrap_or(0))
}

pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Writes down how it ended, however long the storage needs. On shutdown it comes again, with the same id.
async fn settle(service: &TimerService, fire: &FireRow, end: End, shutdown: &CancellationToken) {
    let storage = &service.services.storage;
    loop {
        let done = match &end {
            End::Over => storage.finish_fire(&fire.id).await,
            End::Again(later) => storage.postpone_fire(later.clone()).await,
        };
        let Err(error) = done else { return };
        let plugin = &fire.plugin;
        tracing::warn!(plugin.id = %plugin, error = %error, "a timer's end cannot be written, trying again");
        pause(shutdown).await;
        if shutdown.is_cancelled() {
            return;
        }
    }
}

async fn pause(shutdown: &CancellationToken) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = sleep(STORAGE_RETRY) => {}
    }
}

fn fire_to_wit(fire: &FireRow, session: Option<&SessionRef>, now: i64) -> Fire {
    Fire {
        id: fire.id.clone(),
        name: fire.name.clone(),
        session: session.map(session_to_wit),
        payload: fire.payload.clone(),
        due_ms: fire.due_ms,
        late_ms: u64::try_from(now.saturating_sub(fire.due_ms)).unwrap_or(0),
        ext: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use wagate_protocol::error::HostError;

    use super::*;

    fn fire() -> FireRow {
        FireRow {
            id: "timer-1000".to_owned(),
            plugin: "plugin".to_owned(),
            name: "name".to_owned(),
            session_id: None,
            payload: String::new(),
            due_ms: 1_000,
            claimed_at: 1_000,
            attempts: 0,
            waits: 0,
            not_before_ms: 1_000,
        }
    }

    #[test]
    fn what_may_pass_is_waited_for_without_end() {
        let not_connected = PluginCallError::Refused(HostError::unavailable("Session not ready"));
        let mut row = fire();
        let mut waits = Vec::new();
        for _ in 0..100 {
            let End::Again(later) = after_failure(row, &not_connected, 0) else {
                panic!("given up");
            };
            waits.push(later.not_before_ms);
            row = later;
        }
        assert_eq!(waits[..7], [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]);
        assert_eq!(waits[99], 60_000);
        assert_eq!(row.attempts, 0);
        let asked = PluginCallError::Suspended {
            retry_after_ms: 30_000,
        };
        assert_eq!(better_times(&asked, 0), Some(Duration::from_secs(30)));
    }

    #[test]
    fn what_fails_for_its_own_reasons_is_tried_three_times() {
        for own_fault in [
            PluginCallError::Trapped,
            PluginCallError::Timeout,
            PluginCallError::Refused(HostError::Internal(String::new())),
        ] {
            let End::Again(second) = after_failure(fire(), &own_fault, 0) else {
                panic!("given up at once");
            };
            let End::Again(third) = after_failure(second.clone(), &own_fault, 0) else {
                panic!("given up after the second");
            };
            assert_eq!((second.not_before_ms, third.not_before_ms), (200, 400));
            assert!(matches!(after_failure(third, &own_fault, 0), End::Over));
        }
    }

    #[test]
    fn a_clock_set_back_makes_nothing_early() {
        assert_eq!(fire_to_wit(&fire(), None, 3_500).late_ms, 2_500);
        assert_eq!(fire_to_wit(&fire(), None, 500).late_ms, 0);
    }
}
