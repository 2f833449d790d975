//! Fires the plugins' timers: each occurrence is claimed once, and delivered at least once under the same id.
//!
//! - The wall clock says what is due, and is looked at every second, because it can be set. A claim moves the timer to
//!   its first occurrence after now: what was missed fires once, late.
//! - A timer has one open occurrence at most. One that comes meanwhile waits for its end; several fire once.
//! - Timers of a plugin that is not loaded, or may not use timers any more, wait for it; then they count as missed.
//! - A plugin gets so many a minute (`timers_per_minute`); the others wait for the next one, the longest due first.
//! - A delivery that fails is written down and repeated: without end when waiting may help, else a few times.
//! - A clock that is set back claims nothing twice, because a timer only fires after what was claimed last. What it had
//!   already passed over while it was ahead comes after all, in its own time.

mod delivery;
mod desk;
mod pace;
mod schedule;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wagate_protocol::manifest::Right;
use wagate_storage::StorageError;
use wagate_storage::timers::{Correction, TimerRow};

use crate::fleet::Fleet;
use crate::services::Services;
use crate::version::Version;
use delivery::{LONGEST_WAIT, Work, millis};
use pace::Pace;

pub(crate) use desk::TimerDesk;
pub(crate) use schedule::{first_after, first_fire};

/// Deliveries of one plugin at once.
const MAX_AT_ONCE: usize = 16;
/// Rows read to find that many: as many may be under way already.
const LOOK_AT: i64 = 32;
/// Between two looks at the clock, at most and at least.
const LONGEST_NAP: Duration = Duration::from_secs(1);
const SHORTEST_NAP: Duration = Duration::from_millis(5);
/// Looks at the clock between two looks at the storage, when nothing was reported.
const NAPS: u32 = 15;
/// After the storage has failed.
const STORAGE_RETRY: Duration = Duration::from_secs(1);
/// How long deliveries under way may take at shutdown.
const DRAIN: Duration = Duration::from_secs(10);
/// Timers corrected in one transaction.
const CORRECTED_AT_ONCE: i64 = 500;

/// Claims what is due and starts deliveries.
pub(crate) struct TimerService {
    fleet: Arc<Fleet>,
    services: Arc<Services>,
}

impl TimerService {
    pub(crate) fn new(fleet: Arc<Fleet>, services: Arc<Services>) -> Self {
        Self { fleet, services }
    }

    /// Until `shutdown`; deliveries under way are waited for.
    pub(crate) async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let deliveries = TaskTracker::new();
        let mut plugins = self.fleet.changes();
        // At the start it may have been ahead before: see `correct`.
        let mut last_seen = i64::MAX;
        let mut pace = Pace::default();
        while !shutdown.is_cancelled() {
            let now = self.services.clock.now_ms();
            let looked = async {
                if now < last_seen {
                    self.correct(now).await?;
                }
                last_seen = now;
                self.look(now, &mut pace, &deliveries, &shutdown).await
            };
            let (next, naps) = match looked.await {
                Ok(next) => (next, NAPS),
                Err(error) => {
                    tracing::warn!(error = %error, "the timers cannot be read, they wait");
                    (None, 1)
                }
            };
            let rest = pace.next(Instant::now());
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = sleep_until(rest.unwrap_or_else(Instant::now)), if rest.is_some() => {}
                () = self.services.timers.rung() => {}
                // The fleet is ours: its sender is not gone.
                _ = plugins.changed() => {}
                () = self.nap(now, next, naps) => {}
            }
        }
        deliveries.close();
        if timeout(DRAIN, deliveries.wait()).await.is_err() {
            tracing::warn!("some timers were not delivered in time; they come again");
        }
    }

    /// Until the clock shows `next` or something before `seen`, or it was looked at `naps` times.
    async fn nap(&self, seen: i64, next: Option<i64>, naps: u32) {
        for _ in 0..naps {
            let now = self.services.clock.now_ms();
            let left = next.map_or(LONGEST_NAP, |next| {
                Duration::from_millis(u64::try_from(next.saturating_sub(now)).unwrap_or(0))
            });
            if left.is_zero() || now < seen {
                return;
            }
            sleep(left.clamp(SHORTEST_NAP, LONGEST_NAP)).await;
        }
    }

    /// Starts what can be started now. Answers with the next moment there is something to do.
    async fn look(
        self: &Arc<Self>,
        now: i64,
        pace: &mut Pace,
        deliveries: &TaskTracker,
        shutdown: &CancellationToken,
    ) -> Result<Option<i64>, StorageError> {
        let storage = &self.services.storage;
        let mut next: Option<i64> = None;
        for plugin in self.loaded() {
            // The end of its rest is waited for beside the clock.
            if pace.rests(&plugin, Instant::now()) {
                continue;
            }
            // The end of a delivery rings: what finds no place now is not forgotten.
            let places = MAX_AT_ONCE.saturating_sub(self.services.timers.delivering(&plugin));
            if places > 0 {
                let open = storage.pending_fires(&plugin, now, LOOK_AT).await?;
                let due = storage.due_timers(&plugin, now, LOOK_AT).await?;
                let work = open
                    .into_iter()
                    .map(Work::Open)
                    .chain(due.into_iter().map(Work::Due));
                let wait = self.start(&plugin, work, places, deliveries, shutdown);
                if let Some(wait) = wait {
                    pace.rest(&plugin, wait, Instant::now());
                    continue;
                }
            }
            let wake_up = storage.timers_wake_up(&plugin, now).await?;
            next = [next, wake_up].into_iter().flatten().min();
        }
        Ok(next)
    }

    /// None when all was started that finds a place; else how long the plugin has to wait for the next one.
    fn start(
        self: &Arc<Self>,
        plugin: &str,
        work: impl Iterator<Item = Work>,
        places: usize,
        deliveries: &TaskTracker,
        shutdown: &CancellationToken,
    ) -> Option<Duration> {
        let version = self.newest(plugin)?;
        let limit = &version.parts.identity.timers;
        let desk = &self.services.timers;
        let marked = work.filter_map(|work| Some((desk.begin(plugin, work.name())?, work)));
        for (turn, work) in marked.take(places) {
            if let Err(wait_ms) = limit.spend("") {
                return Some(Duration::from_millis(wait_ms));
            }
            let (service, shutdown) = (Arc::clone(self), shutdown.clone());
            deliveries.spawn(async move {
                delivery::run(&service, work, &shutdown).await;
                drop(turn);
            });
        }
        None
    }

    /// Plugins that can be called now.
    fn loaded(&self) -> Vec<String> {
        let table = self.fleet.table();
        let able = table
            .entries
            .iter()
            .filter(|(_, entry)| entry.version.as_deref().is_some_and(may_use_timers));
        able.map(|(name, _)| name.clone()).collect()
    }

    /// The version that serves now, if it may use timers.
    fn newest(&self, plugin: &str) -> Option<Arc<Version>> {
        let version = self.fleet.table().entries.get(plugin)?.version.clone()?;
        may_use_timers(&version).then_some(version)
    }

    /// The clock was set back: what it had passed over while it was ahead is still to come, and nothing is put off
    /// for longer than it would have been.
    async fn correct(&self, now: i64) -> Result<(), StorageError> {
        let storage = &self.services.storage;
        let mut after = String::new();
        loop {
            let timers = storage.cron_timers(&after, CORRECTED_AT_ONCE).await?;
            let Some(last) = timers.last() else { break };
            after.clone_from(&last.id);
            let corrections: Vec<Correction> =
                timers.iter().filter_map(|timer| correction(timer, now)).collect();
            if !corrections.is_empty() {
                storage.correct_timers(corrections).await?;
            }
        }
        storage
            .hurry_fires(now.saturating_add(millis(LONGEST_WAIT)))
            .await
    }
}

/// A right that was taken back takes the timers along.
fn may_use_timers(version: &Version) -> bool {
    version.parts.identity.effective().contains(&Right::Timers)
}

/// For a timer that waits longer than until its first occurrence after now. Never back to what was claimed, nor to
/// before it was set.
fn correction(timer: &TimerRow, now: i64) -> Option<Correction> {
    let expected_ms = timer.next_ms?;
    let after = now.max(timer.created_at).max(timer.last_due_ms.unwrap_or(now));
    let next_ms = first_after(&timer.schedule, after).ok()??;
    (next_ms < expected_ms).then(|| Correction {
        id: timer.id.clone(),
        expected_ms,
        next_ms,
    })
}

#[cfg(test)]
mod tests {
    use wagate_storage::timers::Schedule;

    use super::*;

    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;

    /// Every five minutes, set at midnight.
    fn timer(last_due_ms: Option<i64>, next_ms: i64) -> TimerRow {
        TimerRow {
            plugin: "plugin".to_owned(),
            name: "name".to_owned(),
            id: "id".to_owned(),
            session_id: None,
            schedule: Schedule::Cron {
                expression: "*/5 * * * *".to_owned(),
                timezone: "UTC".to_owned(),
            },
            payload: String::new(),
            next_ms: Some(next_ms),
            last_due_ms,
            created_at: 0,
        }
    }

    #[track_caller]
    fn assert_corrected(timer: &TimerRow, now: i64, expected: Option<i64>) {
        let corrected = correction(timer, now).map(|correction| correction.next_ms);
        assert_eq!(corrected, expected);
    }

    #[test]
    fn an_hour_ahead_and_back_again() {
        // At 01:01 the clock was set to 02:01: 01:05 was claimed for all of the hour, 02:05 came next.
        let ahead = timer(Some(HOUR + 5 * MINUTE), 2 * HOUR + 5 * MINUTE);
        // Set back to 01:02: 01:05 is done, 01:10 is not.
        assert_corrected(&ahead, HOUR + 2 * MINUTE, Some(HOUR + 10 * MINUTE));
        // Set back to 01:31: what lies before is missed, and was claimed as one.
        assert_corrected(&ahead, HOUR + 31 * MINUTE, Some(HOUR + 35 * MINUTE));
    }

    #[test]
    fn an_hour_back_and_ahead_again() {
        // At 02:01 the clock is set to 01:01: 02:00 is done.
        let timer = timer(Some(2 * HOUR), 2 * HOUR + 5 * MINUTE);
        assert_corrected(&timer, HOUR + MINUTE, None);
        assert_corrected(&timer, 2 * HOUR + MINUTE, None);
    }

    #[test]
    fn what_was_missed_stays_due() {
        assert_corrected(&timer(Some(HOUR), HOUR + 5 * MINUTE), 9 * HOUR, None);
        assert_corrected(&timer(None, HOUR), 9 * HOUR, None);
    }

    #[test]
    fn a_clock_that_starts_in_the_past_makes_nothing_early() {
        let mut young = timer(None, 9 * HOUR);
        young.created_at = 9 * HOUR - MINUTE;
        assert_corrected(&young, 0, None);
    }
}
