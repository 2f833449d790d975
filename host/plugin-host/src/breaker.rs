//! The circuit breaker of a plugin: after a storm of failures it is left alone for a while.

use std::sync::{Mutex, PoisonError};

use crate::status::Suspension;

const STORM: usize = 5;
const WINDOW_MS: i64 = 60_000;
const FIRST_PAUSE_MS: i64 = 30_000;
const LONGEST_PAUSE_MS: i64 = 600_000;

/// Failures within the window, and until when calls are refused.
#[derive(Default)]
pub(crate) struct Breaker {
    state: Mutex<Storm>,
}

#[derive(Default)]
struct Storm {
    failures: Vec<i64>,
    open_until_ms: i64,
    pause_ms: i64,
    /// Why it is open.
    reason: String,
    /// The pause is over and no call has succeeded since: one more failure is enough.
    on_probation: bool,
}

impl Breaker {
    /// How long a call would have to wait, if it has to.
    pub(crate) fn refuses(&self, now_ms: i64) -> Option<u64> {
        let storm = self.lock();
        u64::try_from(storm.open_until_ms - now_ms)
            .ok()
            .filter(|wait| *wait > 0)
    }

    /// Why a call would have to wait, if it has to.
    pub(crate) fn suspension(&self, now_ms: i64) -> Option<Suspension> {
        let storm = self.lock();
        (storm.open_until_ms > now_ms).then(|| Suspension {
            reason: storm.reason.clone(),
            until_ms: Some(storm.open_until_ms),
        })
    }

    pub(crate) fn succeeded(&self) {
        let mut storm = self.lock();
        if storm.on_probation {
            *storm = Storm::default();
        }
    }

    /// True when this failure opened the breaker. `failure` in a sentence.
    pub(crate) fn failed(&self, now_ms: i64, failure: &str) -> bool {
        let mut storm = self.lock();
        // Calls that were under way when it opened do not open it again.
        if now_ms < storm.open_until_ms {
            return false;
        }
        storm.failures.retain(|at| now_ms - at < WINDOW_MS);
        storm.failures.push(now_ms);
        if storm.failures.len() < STORM && !storm.on_probation {
            return false;
        }
        storm.pause_ms = if storm.pause_ms == 0 {
            FIRST_PAUSE_MS
        } else {
            (storm.pause_ms * 2).min(LONGEST_PAUSE_MS)
        };
        storm.reason = if storm.on_probation {
            format!("it failed again after a pause: {failure}")
        } else {
            format!(
                "{STORM} failures within {} s, the last one: {failure}",
                WINDOW_MS / 1000
            )
        };
        storm.open_until_ms = now_ms + storm.pause_ms;
        storm.failures.clear();
        storm.on_probation = true;
        true
    }

    /// Opens it, whatever was before.
    pub(crate) fn open(&self, now_ms: i64, reason: &str) {
        let mut storm = self.lock();
        storm.pause_ms = storm.pause_ms.max(FIRST_PAUSE_MS);
        reason.clone_into(&mut storm.reason);
        storm.open_until_ms = now_ms + storm.pause_ms;
        storm.failures.clear();
        storm.on_probation = true;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Storm> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_at_the_fifth_failure_and_pauses_longer_each_time() {
        let breaker = Breaker::default();
        assert!((0..4).all(|n| !breaker.failed(n, "it failed")));
        assert!(breaker.failed(4, "it failed"));
        assert_eq!(breaker.refuses(4), Some(30_000));
        let told = breaker.suspension(4).unwrap();
        assert_eq!(told.reason, "5 failures within 60 s, the last one: it failed");
        assert_eq!(told.until_ms, Some(30_004));
        assert_eq!(
            (breaker.refuses(30_004), breaker.suspension(30_004)),
            (None, None)
        );
        assert!(
            breaker.failed(30_004, "it failed"),
            "on probation one failure is enough"
        );
        assert_eq!(breaker.refuses(30_004), Some(60_000));
        let told = breaker.suspension(30_004).unwrap();
        assert_eq!(told.reason, "it failed again after a pause: it failed");
        for _ in 0..10 {
            let later = breaker.lock().open_until_ms;
            breaker.failed(later, "it failed");
        }
        assert_eq!(breaker.lock().pause_ms, LONGEST_PAUSE_MS);
        breaker.succeeded();
        assert!(
            !breaker.failed(100_000_000, "it failed"),
            "a success ends the probation"
        );
    }

    #[test]
    fn can_be_opened_at_once() {
        let breaker = Breaker::default();
        breaker.open(5, "stuck");
        assert_eq!(breaker.refuses(5), Some(FIRST_PAUSE_MS.unsigned_abs()));
        assert_eq!(breaker.suspension(5).unwrap().reason, "stuck");
        assert_eq!(breaker.refuses(5 + FIRST_PAUSE_MS), None);
    }

    #[test]
    fn failures_far_apart_do_not_add_up() {
        let breaker = Breaker::default();
        assert!((0..20).all(|n| !breaker.failed(n * 20_000, "it failed")));
    }
}
