//! How long calls take: p50 and p99 in bounded memory.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

/// Longer calls count as this long.
const LONGEST_US: u64 = 600_000_000;
/// Significant digits.
const PRECISION: u8 = 2;

/// Microseconds of calls.
#[derive(Default)]
pub(crate) struct Latency(Mutex<Option<Histogram<u32>>>);

impl Latency {
    pub(crate) fn record(&self, took: Duration) {
        let us = u64::try_from(took.as_micros())
            .unwrap_or(LONGEST_US)
            .clamp(1, LONGEST_US);
        let mut histogram = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if histogram.is_none() {
            *histogram = Histogram::new_with_bounds(1, LONGEST_US, PRECISION).ok();
        }
        if let Some(histogram) = &mut *histogram {
            histogram.saturating_record(us);
        }
    }

    /// p50 and p99 in microseconds, once there was a call.
    pub(crate) fn percentiles(&self) -> Option<(u64, u64)> {
        let histogram = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let histogram = histogram.as_ref().filter(|histogram| !histogram.is_empty())?;
        Some((
            histogram.value_at_quantile(0.5),
            histogram.value_at_quantile(0.99),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_hundred() {
        let latency = Latency::default();
        assert_eq!(latency.percentiles(), None);
        for ms in 1..=100 {
            latency.record(Duration::from_millis(ms));
        }
        let (p50, p99) = latency.percentiles().unwrap();
        assert!((49_500..=50_500).contains(&p50), "{p50}");
        assert!((98_000..=100_000).contains(&p99), "{p99}");
    }
}
