//! How often something may happen, per key: a leaky bucket (GCRA) each, in bounded memory. The clock is the gateway's, so
//! that tests steer it.

use std::convert::Infallible;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use quick_cache::sync::Cache;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// So many at once, then one an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    interval_us: i64,
    burst: i64,
}

impl Rate {
    /// So many a second; none for 0, which means without limit.
    pub(crate) fn per_second(count: u64, burst: u64) -> Option<Self> {
        Self::per(MICROS_PER_SECOND, count, burst)
    }

    /// So many a minute; none for 0.
    pub(crate) fn per_minute(count: u64, burst: u64) -> Option<Self> {
        Self::per(60 * MICROS_PER_SECOND, count, burst)
    }

    fn per(span_us: i64, count: u64, burst: u64) -> Option<Self> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        (count > 0).then(|| Self {
            interval_us: (span_us / count).max(1),
            burst: i64::try_from(burst)
                .unwrap_or(i64::MAX)
                .clamp(1, i64::from(u32::MAX)),
        })
    }

    /// How many may happen at once.
    pub(crate) fn burst(self) -> i64 {
        self.burst
    }

    fn span_us(self) -> i64 {
        self.interval_us.saturating_mul(self.burst)
    }
}

/// What became of one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may happen.
    Pass {
        /// So many more at once.
        remaining: i64,
        /// Until all of the burst is there again.
        reset_ms: i64,
    },
    /// Not before so many milliseconds.
    Wait {
        /// Milliseconds.
        ms: i64,
    },
}

/// The buckets. Of more keys than fit, those not seen for longest start anew.
pub(crate) struct Pace<K> {
    /// The moment at which each bucket is full again, microseconds.
    full_at: Cache<K, Arc<AtomicI64>>,
}

impl<K: Eq + Hash + Clone> Pace<K> {
    /// For this many keys.
    pub(crate) fn new(keys: usize) -> Self {
        Self {
            full_at: Cache::new(keys),
        }
    }

    /// Takes one out of the key's bucket, if there is one in it.
    pub(crate) fn take(&self, key: &K, rate: Rate, now_ms: i64) -> Verdict {
        let now = now_ms.saturating_mul(1_000);
        let fresh = || Ok::<_, Infallible>(Arc::new(AtomicI64::new(now)));
        let Ok(bucket) = self.full_at.get_or_insert_with(key, fresh);
        let mut wait = 0;
        let taken = bucket.fetch_update(Ordering::AcqRel, Ordering::Acquire, |full_at| {
            // Further ahead than a whole burst: the clock was set back.
            let full_at = if full_at > now.saturating_add(rate.span_us()) {
                now
            } else {
                full_at.max(now)
            };
            let next = full_at.saturating_add(rate.interval_us);
            wait = next - rate.span_us() - now;
            (wait <= 0).then_some(next)
        });
        if taken.is_err() {
            return Verdict::Wait {
                ms: (wait / 1_000).max(1),
            };
        }
        let used = bucket.load(Ordering::Acquire).saturating_sub(now).max(0);
        Verdict::Pass {
            remaining: (rate.span_us().saturating_sub(used) / rate.interval_us).max(0),
            reset_ms: used / 1_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pace, Rate, Verdict};

    fn passes(verdict: Verdict) -> bool {
        matches!(verdict, Verdict::Pass { .. })
    }

    #[test]
    fn a_burst_passes_and_then_one_an_interval() {
        let pace = Pace::new(10);
        let rate = Rate::per_second(2, 3).unwrap();
        for left in [2, 1, 0] {
            assert!(
                matches!(pace.take(&"a", rate, 1_000), Verdict::Pass { remaining, .. } if remaining == left)
            );
        }
        assert_eq!(pace.take(&"a", rate, 1_000), Verdict::Wait { ms: 500 });
        assert!(passes(pace.take(&"b", rate, 1_000)), "another key");
        assert!(!passes(pace.take(&"a", rate, 1_499)));
        assert!(passes(pace.take(&"a", rate, 1_500)));
        assert!(!passes(pace.take(&"a", rate, 1_500)));
        assert!(passes(pace.take(&"a", rate, 60_000)));
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out() {
        let pace = Pace::new(10);
        let rate = Rate::per_minute(5, 1).unwrap();
        assert!(passes(pace.take(&"a", rate, 3_600_000)));
        assert!(!passes(pace.take(&"a", rate, 3_600_000)));
        assert!(passes(pace.take(&"a", rate, 0)));
    }

    #[test]
    fn zero_means_no_limit_and_memory_is_bounded() {
        assert_eq!(Rate::per_second(0, 5), None);
        let pace = Pace::new(100);
        let rate = Rate::per_second(1, 1).unwrap();
        for key in 0..10_000 {
            assert!(passes(pace.take(&key, rate, 0)));
        }
        assert!(pace.full_at.len() <= 100);
    }
}
