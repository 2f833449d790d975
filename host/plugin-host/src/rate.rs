//! So many calls a minute, for each session by itself: one that is busy takes nothing from another.

use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Keys that are remembered before those at rest are forgotten.
const REMEMBERED: usize = 1000;

/// A limit with what each has used of it. Evens out: who was quiet may use a minute's worth at once.
pub(crate) struct RateLimit(Option<DefaultKeyedRateLimiter<String>>);

impl RateLimit {
    /// 0: no limit.
    pub(crate) fn per_minute(count: u32) -> Self {
        Self(NonZeroU32::new(count).map(|count| RateLimiter::keyed(Quota::per_minute(count))))
    }

    /// Uses one of `key`, which is a session, or who asks where there is none; the error says in how many milliseconds
    /// there is another.
    pub(crate) fn spend(&self, key: &str) -> Result<(), u64> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        if limiter.len() > REMEMBERED {
            limiter.retain_recent();
        }
        limiter.check_key(&key.to_owned()).map_err(|wait| {
            let wait = wait.wait_time_from(DefaultClock::default().now());
            u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{REMEMBERED, RateLimit};

    #[test]
    fn a_minutes_worth_and_not_one_more() {
        let limit = RateLimit::per_minute(3);
        for _ in 0..3 {
            limit.spend("shop").unwrap();
        }
        let wait = limit.spend("shop").unwrap_err();
        assert!((1..=20_000).contains(&wait), "{wait}");
        assert!((0..1000).all(|_| RateLimit::per_minute(0).spend("shop").is_ok()));
    }

    #[test]
    fn one_takes_nothing_from_another_however_many_there_are() {
        let limit = RateLimit::per_minute(1);
        limit.spend("shop").unwrap();
        for n in 0..=REMEMBERED {
            limit.spend(&n.to_string()).unwrap();
        }
        assert!(limit.spend("shop").is_err(), "what is in use is not forgotten");
    }
}
