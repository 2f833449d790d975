//! When the next try comes. No I/O.

use std::time::Duration;

/// A wait is longer or shorter by up to this part of it, so that many do not come back at one moment.
const JITTER: f64 = 0.1;

/// The wait after the try with this number (from 1) has failed; none when it was the last one. `spread` is a random number
/// from -1 to 1. A receiver's own wish is obeyed, but no longer than until the try after the next.
pub(super) fn wait(waits: &[Duration], tried: i64, wish: Option<Duration>, spread: f64) -> Option<Duration> {
    let at = usize::try_from(tried).ok()?.checked_sub(1)?;
    let wait = *waits.get(at)?;
    Some(wished(waits, at, wait, wish, spread))
}

/// The wait of everything after so many tries (from 1) have failed: the last step is repeated for as long as need be.
pub(super) fn hold(waits: &[Duration], step: i64, wish: Option<Duration>, spread: f64) -> Duration {
    let step = usize::try_from(step).unwrap_or(usize::MAX).max(1);
    let at = (step - 1).min(waits.len().saturating_sub(1));
    let wait = waits.get(at).copied().unwrap_or_default();
    wished(waits, at, wait, wish, spread)
}

fn wished(waits: &[Duration], at: usize, wait: Duration, wish: Option<Duration>, spread: f64) -> Duration {
    let jittered = wait.mul_f64(1.0 + JITTER * spread.clamp(-1.0, 1.0));
    match wish {
        None => jittered,
        Some(wish) => {
            let longest = waits.get(at + 1).copied().unwrap_or(wait);
            jittered.max(wish.min(longest))
        }
    }
}

/// How old a delivery can become before its last try, at the latest.
pub(super) fn longest_life(waits: &[Duration]) -> Duration {
    waits.iter().sum::<Duration>().mul_f64(1.0 + JITTER)
}

/// What a `Retry-After` header asks for: seconds, or a date.
pub(super) fn retry_after(header: &str, now_ms: i64) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = chrono::DateTime::parse_from_rfc2822(header).ok()?;
    let wait = date.timestamp_millis().saturating_sub(now_ms);
    Some(Duration::from_millis(u64::try_from(wait).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::super::options::DeliveryOptions;
    use super::*;

    const HOUR: u64 = 3600;

    #[test]
    fn ten_tries_take_seventy_five_hours() {
        let waits = DeliveryOptions::default().retry;
        let mut total = Duration::ZERO;
        let mut tries = 1;
        while let Some(next) = wait(&waits, tries, None, 0.0) {
            total += next;
            tries += 1;
        }
        assert_eq!(tries, 10);
        assert_eq!(total.as_secs(), 75 * HOUR + 35 * 60 + 5);
        assert_eq!(longest_life(&waits), total.mul_f64(1.1));
    }

    #[test]
    fn a_wait_is_spread_by_a_tenth_at_most() {
        let waits = [Duration::from_secs(100)];
        for (spread, seconds) in [(-1.0, 90), (0.0, 100), (1.0, 110), (7.0, 110)] {
            assert_eq!(wait(&waits, 1, None, spread).unwrap().as_secs(), seconds);
        }
    }

    #[test]
    fn the_receivers_wish_is_obeyed_up_to_the_next_slot() {
        let waits = [5, 300, 1800].map(Duration::from_secs);
        let wish = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(wait(&waits, 1, wish(30), 0.0).unwrap().as_secs(), 30);
        assert_eq!(wait(&waits, 1, wish(2), 0.0).unwrap().as_secs(), 5);
        assert_eq!(wait(&waits, 1, wish(9999), 0.0).unwrap().as_secs(), 300);
        assert_eq!(wait(&waits, 3, wish(9999), 0.0).unwrap().as_secs(), 1800);
        assert_eq!(wait(&waits, 4, wish(1), 0.0), None);
    }

    #[test]
    fn everything_waits_at_most_the_last_step() {
        let waits = [5, 300].map(Duration::from_secs);
        assert_eq!(hold(&waits, 1, None, 0.0).as_secs(), 5);
        assert_eq!(hold(&waits, 2, None, 0.0).as_secs(), 300);
        assert_eq!(hold(&waits, 50, None, 0.0).as_secs(), 300);
        assert_eq!(hold(&[], 1, None, 0.0), Duration::ZERO);
    }

    #[test]
    fn both_forms_of_the_header_are_read() {
        assert_eq!(retry_after(" 120 ", 0), Some(Duration::from_secs(120)));
        assert_eq!(
            retry_after("Thu, 01 Jan 1970 00:00:30 GMT", 10_000),
            Some(Duration::from_secs(20))
        );
        assert_eq!(
            retry_after("Thu, 01 Jan 1970 00:00:30 GMT", 90_000),
            Some(Duration::ZERO)
        );
        assert_eq!(retry_after("soon", 0), None);
    }
}
