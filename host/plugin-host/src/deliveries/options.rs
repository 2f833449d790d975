//! What the administrator decides about deliveries: `[delivery]` in `wagate.toml`.

use std::time::Duration;

use ipnet::IpNet;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// The settings.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryOptions {
    /// Networks of addresses that are not public and may be reached all the same.
    pub allow_private: Vec<IpNet>,
    /// The waits before the second, the third ... try when the endpoint is in trouble. After one more, a delivery is
    /// given up.
    pub retry: Vec<Duration>,
    /// The same for a delivery that is refused.
    pub refused_retry: Vec<Duration>,
    /// How long the receiver may take for its answer.
    pub timeout: Duration,
    /// POSTs to one endpoint at the same time.
    pub concurrency: usize,
    /// POSTs to all endpoints at the same time.
    pub total_concurrency: usize,
    /// Tries in a row that fail before everything waits for the endpoint.
    pub breaker_failures: u32,
    /// An endpoint that fails for this long is disabled.
    pub disable_after: Duration,
    /// How long deliveries that have ended are kept.
    pub keep: Duration,
    /// How many of each state are kept of one endpoint.
    pub keep_count: i64,
    /// How many may wait for one endpoint.
    pub max_pending: i64,
}

impl Default for DeliveryOptions {
    fn default() -> Self {
        Self {
            allow_private: Vec::new(),
            // With the first try at once, ten tries within 75.6 hours.
            retry: [
                5,
                5 * MINUTE,
                30 * MINUTE,
                2 * HOUR,
                5 * HOUR,
                10 * HOUR,
                14 * HOUR,
                20 * HOUR,
                24 * HOUR,
            ]
            .map(Duration::from_secs)
            .to_vec(),
            // Five tries within ten minutes.
            refused_retry: [5, 30, 2 * MINUTE, 5 * MINUTE].map(Duration::from_secs).to_vec(),
            timeout: Duration::from_secs(15),
            concurrency: 8,
            total_concurrency: 96,
            breaker_failures: 3,
            disable_after: Duration::from_hours(120),
            keep: Duration::from_hours(30 * 24),
            keep_count: 500,
            max_pending: 100_000,
        }
    }
}
