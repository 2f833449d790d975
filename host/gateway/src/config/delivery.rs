//! `[delivery]`: how POSTs to webhooks are made.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};
use wagate_plugin_host::DeliveryOptions;

use super::bounded::Bounded;

const MAX_NETWORKS: usize = 100;
const MAX_WAITS: usize = 50;
/// A week.
const LONGEST_WAIT_MS: u64 = 7 * 24 * 3600 * 1000;
const HOUR_SECS: u64 = 3600;
/// This machine.
const LOOPBACK: [IpNet; 2] = [
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::LOCALHOST, 8)),
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)),
];

/// The section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Delivery {
    allow_private: Networks,
    retry_ms: Waits,
    refused_retry_ms: Waits,
    timeout_ms: Bounded<100, 60_000>,
    concurrency: Bounded<1, 64>,
    total_concurrency: Bounded<1, 1_000>,
    breaker_failures: Bounded<1, 1_000>,
    disable_after_hours: Bounded<1, 10_000>,
    keep_days: Bounded<1, 3_650>,
    keep_count: Bounded<10, 100_000>,
    max_pending: Bounded<100, 10_000_000>,
}

impl Default for Delivery {
    fn default() -> Self {
        let options = DeliveryOptions::default();
        let number = |number: i64| u64::try_from(number).unwrap_or(0);
        Self {
            allow_private: Networks(Vec::new()),
            retry_ms: Waits::from(&options.retry),
            refused_retry_ms: Waits::from(&options.refused_retry),
            timeout_ms: Bounded::new(millis(options.timeout)),
            concurrency: Bounded::new(options.concurrency as u64),
            total_concurrency: Bounded::new(options.total_concurrency as u64),
            breaker_failures: Bounded::new(options.breaker_failures.into()),
            disable_after_hours: Bounded::new(options.disable_after.as_secs() / HOUR_SECS),
            keep_days: Bounded::new(options.keep.as_secs() / HOUR_SECS / 24),
            keep_count: Bounded::new(number(options.keep_count)),
            max_pending: Bounded::new(number(options.max_pending)),
        }
    }
}

impl Delivery {
    /// Deliveries may go to this machine as well: for a gateway that is there to be tried.
    pub(crate) fn allow_loopback(&mut self) {
        self.allow_private.0.extend(LOOPBACK);
    }

    /// As the plugin host takes them.
    pub(crate) fn options(&self) -> DeliveryOptions {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let hours = |count: usize| Duration::from_secs(count as u64 * HOUR_SECS);
        DeliveryOptions {
            allow_private: self.allow_private.0.clone(),
            retry: self.retry_ms.durations(),
            refused_retry: self.refused_retry_ms.durations(),
            timeout: self.timeout_ms.millis(),
            concurrency: self.concurrency.count(),
            total_concurrency: self.total_concurrency.count(),
            breaker_failures: u32::try_from(self.breaker_failures.count()).unwrap_or(u32::MAX),
            disable_after: hours(self.disable_after_hours.count()),
            keep: hours(self.keep_days.count() * 24),
            keep_count: number(self.keep_count.count()),
            max_pending: number(self.max_pending.count()),
        }
    }
}

/// Networks as `10.0.0.0/8`; a single address is a network of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
struct Networks(Vec<IpNet>);

impl TryFrom<Vec<String>> for Networks {
    type Error = String;

    fn try_from(texts: Vec<String>) -> Result<Self, String> {
        if texts.len() > MAX_NETWORKS {
            return Err(format!("at most {MAX_NETWORKS} networks"));
        }
        let network = |text: &String| {
            let single = text.parse().map(|address: std::net::IpAddr| IpNet::from(address));
            text.parse::<IpNet>()
                .or(single)
                .map_err(|_| format!("\"{text}\" is no network such as \"10.0.0.0/8\""))
        };
        texts.iter().map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl From<Networks> for Vec<String> {
    fn from(networks: Networks) -> Self {
        networks.0.iter().map(ToString::to_string).collect()
    }
}

/// Waits in milliseconds, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u64>", into = "Vec<u64>")]
struct Waits(Vec<u64>);

impl Waits {
    fn durations(&self) -> Vec<Duration> {
        self.0.iter().copied().map(Duration::from_millis).collect()
    }
}

impl From<&Vec<Duration>> for Waits {
    fn from(waits: &Vec<Duration>) -> Self {
        Self(waits.iter().copied().map(millis).collect())
    }
}

impl TryFrom<Vec<u64>> for Waits {
    type Error = String;

    fn try_from(waits: Vec<u64>) -> Result<Self, String> {
        if waits.is_empty() || waits.len() > MAX_WAITS {
            return Err(format!("1 to {MAX_WAITS} waits"));
        }
        if waits.iter().any(|wait| !(10..=LONGEST_WAIT_MS).contains(wait)) {
            return Err(format!("each wait is a number between 10 and {LONGEST_WAIT_MS}"));
        }
        Ok(Self(waits))
    }
}

impl From<Waits> for Vec<u64> {
    fn from(waits: Waits) -> Self {
        waits.0
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use wagate_plugin_host::DeliveryOptions;

    use crate::config::Config;

    #[test]
    fn the_defaults_are_those_of_the_plugin_host() {
        assert_eq!(Config::default().delivery.options(), DeliveryOptions::default());
    }

    #[test]
    fn networks_and_waits_are_checked_where_they_stand() {
        let good = "[delivery]\nallow_private = [\"10.0.0.0/8\", \"::1\"]\nretry_ms = [10, 20]\n";
        let options = Config::parse("wagate.toml", good).unwrap().delivery.options();
        assert_eq!(options.allow_private.len(), 2);
        assert_eq!(options.retry.len(), 2);
        for (line, part) in [
            ("allow_private = [\"everything\"]", "is no network such as"),
            ("retry_ms = []", "1 to 50 waits"),
            ("retry_ms = [1]", "between 10 and"),
            ("concurrency = 0", "between 1 and 64"),
        ] {
            let text = format!("[delivery]\n{line}\n");
            let error = Config::parse("wagate.toml", &text).unwrap_err().to_string();
            assert!(
                error.starts_with("wagate.toml:2:") && error.contains(part),
                "{error}"
            );
        }
    }
}
