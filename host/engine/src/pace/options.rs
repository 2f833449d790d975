//! How fast messages leave.

use std::time::Duration;

use wagate_storage::session_config::PacingConfig;

/// The pace of a session's messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaceOptions {
    /// Messages a minute in the long run; 0: as many as there are.
    pub per_minute: u32,
    /// How many of them may leave one right after the other.
    pub burst: u32,
    /// The shortest and the longest pause between two.
    pub gap: (Duration, Duration),
    /// A send that waits longer for its turn is refused.
    pub patience: Duration,
}

impl Default for PaceOptions {
    fn default() -> Self {
        Self {
            per_minute: 20,
            burst: 5,
            gap: (Duration::from_secs(1), Duration::from_secs(3)),
            patience: Duration::from_secs(30),
        }
    }
}

impl PaceOptions {
    /// Nothing waits but for the message before.
    pub fn free() -> Self {
        Self {
            per_minute: 0,
            burst: 1,
            gap: (Duration::ZERO, Duration::ZERO),
            ..Self::default()
        }
    }

    /// As a session's settings have it; `paced` where the session only says that it wants to be.
    pub(crate) fn of_session(&self, paced: &Self, config: &PacingConfig) -> Self {
        let base = match config.is_on {
            Some(true) => paced,
            Some(false) => {
                return Self {
                    patience: self.patience,
                    ..Self::free()
                };
            }
            None => self,
        };
        let gap =
            |own: Option<u32>, usual: Duration| own.map_or(usual, |ms| Duration::from_millis(u64::from(ms)));
        let least = gap(config.gap_min_ms, base.gap.0);
        Self {
            per_minute: config.per_minute.unwrap_or(base.per_minute),
            burst: config.burst.unwrap_or(base.burst),
            gap: (least, gap(config.gap_max_ms, base.gap.1).max(least)),
            patience: base.patience,
        }
    }

    /// What the bucket gains.
    pub(super) fn per_second(&self) -> Option<f64> {
        (self.per_minute > 0).then(|| f64::from(self.per_minute) / 60.0)
    }

    /// What one message takes on average.
    pub(super) fn each(&self) -> Duration {
        let rate = self
            .per_second()
            .map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate));
        rate.max((self.gap.0 + self.gap.1) / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_may_be_slower_faster_or_free() {
        let (free, paced) = (PaceOptions::free(), PaceOptions::default());
        let none = PacingConfig::default();
        assert_eq!(free.of_session(&paced, &none), free);
        assert_eq!(paced.of_session(&paced, &none), paced);
        let on = PacingConfig {
            is_on: Some(true),
            ..none.clone()
        };
        assert_eq!(free.of_session(&paced, &on), paced);
        let off = PacingConfig {
            is_on: Some(false),
            per_minute: Some(1),
            ..none.clone()
        };
        assert_eq!(paced.of_session(&paced, &off), free);
        let slow = PacingConfig {
            per_minute: Some(2),
            gap_min_ms: Some(5000),
            ..none
        };
        let found = paced.of_session(&paced, &slow);
        assert_eq!((found.per_minute, found.burst), (2, 5));
        assert_eq!(found.gap, (Duration::from_secs(5), Duration::from_secs(5)));
    }
}
