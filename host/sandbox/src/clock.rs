//! The network's time: the system's, moved forward as a scenario or the control API says.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Tells the time; everything that needs it holds a clone of one clock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock {
    /// Milliseconds ahead of the system.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// Milliseconds since the Unix epoch.
    pub(crate) fn now_ms(&self) -> u64 {
        let now = i64::try_from(system_ms()).unwrap_or(i64::MAX);
        u64::try_from(now.saturating_add(self.ahead.load(Ordering::Relaxed))).unwrap_or(0)
    }

    /// Seconds since the Unix epoch, the unit of every `t` attribute.
    pub(crate) fn now_secs(&self) -> u64 {
        self.now_ms() / 1000
    }

    /// Moves the time forward.
    pub(crate) fn advance(&self, ms: u64) {
        let ms = i64::try_from(ms).unwrap_or(i64::MAX);
        let moved = |ahead: i64| Some(ahead.saturating_add(ms));
        let _ = self
            .ahead
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved);
    }

    /// Sets the time; it goes on from there.
    pub(crate) fn set(&self, ms: u64) {
        let system = i64::try_from(system_ms()).unwrap_or(i64::MAX);
        let wanted = i64::try_from(ms).unwrap_or(i64::MAX);
        self.ahead.store(wanted.saturating_sub(system), Ordering::Relaxed);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock the rest of the crate takes"
)]
fn system_ms() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_one_time() {
        let clock = Clock::default();
        let other = clock.clone();
        clock.set(1_000_000);
        assert!((1_000_000..1_010_000).contains(&other.now_ms()));
        other.advance(5_000_000);
        assert!((6_000_000..6_010_000).contains(&clock.now_ms()));
    }
}
