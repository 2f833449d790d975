//! The network's time. One handle, so that a scenario can steer it later.

/// Tells the time; copied into everything that needs it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock;

impl Clock {
    /// Milliseconds since the Unix epoch.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock the rest of the crate takes"
    )]
    #[expect(
        clippy::unused_self,
        reason = "callers hold a clock, so that one can be steered"
    )]
    pub(crate) fn now_ms(self) -> u64 {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    /// Seconds since the Unix epoch, the unit of every `t` attribute.
    pub(crate) fn now_secs(self) -> u64 {
        self.now_ms() / 1000
    }
}
