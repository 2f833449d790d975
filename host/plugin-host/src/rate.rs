//! So many calls a minute.

use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota};

/// A limit with what has been used of it. Evens out: who was quiet may use a minute's worth at once.
pub(crate) struct RateLimit(Option<DefaultDirectRateLimiter>);

impl RateLimit {
    /// 0: no limit.
    pub(crate) fn per_minute(count: u32) -> Self {
        Self(NonZeroU32::new(count).map(|count| DefaultDirectRateLimiter::direct(Quota::per_minute(count))))
    }

    /// Uses one; the error says in how many milliseconds there is another.
    pub(crate) fn spend(&self) -> Result<(), u64> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        limiter.check().map_err(|wait| {
            let wait = wait.wait_time_from(DefaultClock::default().now());
            u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::RateLimit;

    #[test]
    fn a_minutes_worth_and_not_one_more() {
        let limit = RateLimit::per_minute(3);
        for _ in 0..3 {
            limit.spend().unwrap();
        }
        let wait = limit.spend().unwrap_err();
        assert!((1..=20_000).contains(&wait), "{wait}");
        assert!((0..1000).all(|_| RateLimit::per_minute(0).spend().is_ok()));
    }
}
