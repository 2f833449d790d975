//! In which order, and how fast, messages leave: one after the other, no more of them at once than a bucket holds, with
//! a pause between two that varies as a person's does.

mod options;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rand::RngExt;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::EngineError;
pub use options::PaceOptions;

/// Sends of one session that may wait for their turn. More are refused: nobody's answer would come in time.
const MAX_WAITING: usize = 256;
/// The least a caller is asked to wait who finds no place.
const LEAST_RETRY: Duration = Duration::from_secs(1);

/// One session's turn to send.
#[derive(Default)]
pub(crate) struct Pace {
    waiting: AtomicUsize,
    turn: Mutex<Bucket>,
}

/// Messages that may leave now.
#[derive(Default)]
struct Bucket {
    /// What was in it, and when; full at first.
    level: Option<(f64, Instant)>,
    /// The next message leaves no sooner.
    not_before: Option<Instant>,
}

/// The right to send the next message, until it is dropped.
pub(crate) struct Turn<'a> {
    bucket: MutexGuard<'a, Bucket>,
    pause: Duration,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.pause.is_zero() {
            self.bucket.not_before = Some(Instant::now() + self.pause);
        }
    }
}

impl Bucket {
    /// When there is a message in it.
    fn ready_at(&mut self, options: &PaceOptions, now: Instant) -> Instant {
        let start = self.not_before.map_or(now, |at| at.max(now));
        let Some(per_second) = options.per_second() else {
            self.level = None;
            return start;
        };
        let most = f64::from(options.burst.max(1));
        let (level, at) = self.level.unwrap_or((most, now));
        let level = (level + now.duration_since(at).as_secs_f64() * per_second).min(most);
        self.level = Some((level, now));
        let missing = (1.0 - level).max(0.0);
        start.max(now + Duration::from_secs_f64(missing / per_second))
    }

    fn take(&mut self, options: &PaceOptions, now: Instant) {
        self.ready_at(options, now);
        if let Some((level, _)) = &mut self.level {
            *level -= 1.0;
        }
    }
}

impl Pace {
    /// Waits for those who asked before, for a message in the bucket, and for the pause after the last one.
    pub(crate) async fn turn(&self, options: &PaceOptions) -> Result<Turn<'_>, EngineError> {
        let place = Place::take(&self.waiting);
        let ahead = u32::try_from(place.ahead).unwrap_or(u32::MAX);
        let refused = || EngineError::RateLimited {
            retry_after_ms: milliseconds(options.each().saturating_mul(ahead).max(LEAST_RETRY)),
        };
        if place.ahead >= MAX_WAITING {
            return Err(refused());
        }
        let waiting = async {
            let mut bucket = self.turn.lock().await;
            let ready_at = bucket.ready_at(options, Instant::now());
            tokio::time::sleep_until(ready_at).await;
            bucket.take(options, Instant::now());
            let pause = if options.gap.1 > options.gap.0 {
                rand::rng().random_range(options.gap.0..options.gap.1)
            } else {
                options.gap.0
            };
            Turn { bucket, pause }
        };
        tokio::time::timeout(options.patience, waiting)
            .await
            .map_err(|_| refused())
    }
}

/// A place in the queue, given back in any case.
struct Place<'a> {
    waiting: &'a AtomicUsize,
    ahead: usize,
}

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Self {
        Self {
            waiting,
            ahead: waiting.fetch_add(1, Ordering::Relaxed),
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn paced(per_minute: u32, burst: u32) -> PaceOptions {
        PaceOptions {
            per_minute,
            burst,
            ..PaceOptions::free()
        }
    }

    /// Takes a message as soon as there is one; how long that took.
    fn take(bucket: &mut Bucket, options: &PaceOptions, now: &mut Instant) -> Duration {
        let ready_at = bucket.ready_at(options, *now);
        let waited = ready_at.duration_since(*now);
        *now = ready_at;
        bucket.take(options, *now);
        waited
    }

    #[test]
    fn a_burst_leaves_at_once_and_the_rest_at_its_rate() {
        let options = paced(20, 5);
        let (mut bucket, mut now) = (Bucket::default(), Instant::now());
        for _ in 0..5 {
            assert_eq!(take(&mut bucket, &options, &mut now), Duration::ZERO);
        }
        for _ in 0..5 {
            let waited = take(&mut bucket, &options, &mut now).as_secs_f64();
            assert!((2.9..3.1).contains(&waited), "{waited}");
        }
        now += Duration::from_mins(10);
        for _ in 0..5 {
            assert_eq!(take(&mut bucket, &options, &mut now), Duration::ZERO);
        }
        let waited = take(&mut bucket, &options, &mut now).as_secs_f64();
        assert!(
            waited > 2.9,
            "what is saved up is no more than the burst: {waited}"
        );
    }

    #[tokio::test]
    async fn there_is_a_pause_between_two() {
        let pause = Duration::from_millis(20);
        let options = PaceOptions {
            gap: (pause, pause * 2),
            ..PaceOptions::free()
        };
        let pace = Pace::default();
        let start = Instant::now();
        for n in 0..4 {
            drop(pace.turn(&options).await.unwrap());
            assert!(start.elapsed() >= pause * n, "{n}: {:?}", start.elapsed());
        }
    }

    #[tokio::test]
    async fn one_at_a_time_without_a_pace_too() {
        let pace = Pace::default();
        let _first = pace.turn(&PaceOptions::free()).await.unwrap();
        assert!(pace.turn.try_lock().is_err());
    }

    #[tokio::test]
    async fn who_would_wait_too_long_is_told_when_to_come_back() {
        let options = PaceOptions {
            patience: Duration::from_millis(20),
            ..paced(1, 1)
        };
        let pace = Pace::default();
        drop(pace.turn(&options).await.unwrap());
        let refusal = pace.turn(&options).await.map(drop).unwrap_err();
        assert!(matches!(refusal, EngineError::RateLimited { .. }), "{refusal}");
    }

    #[tokio::test]
    async fn a_queue_that_is_full_says_so() {
        let options = PaceOptions::free();
        let pace = Arc::new(Pace::default());
        let held = pace.turn(&options).await.unwrap();
        let waiting: Vec<_> = (0..MAX_WAITING)
            .map(|_| {
                let (pace, options) = (Arc::clone(&pace), options.clone());
                tokio::spawn(async move { pace.turn(&options).await.map(drop) })
            })
            .collect();
        while pace.waiting.load(Ordering::Relaxed) < MAX_WAITING {
            tokio::task::yield_now().await;
        }
        let refusal = pace.turn(&options).await.map(drop);
        assert!(matches!(refusal, Err(EngineError::RateLimited { .. })));
        drop(held);
        for waiter in waiting {
            waiter.await.unwrap().unwrap();
        }
        drop(pace.turn(&options).await.unwrap());
    }
}
