//! Plugins whose timers fire more often than they may: they rest, and what is due meanwhile waits. Measured in real time:
//! it is about what the machine does.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

/// A rest lasts at least so long, so that a plugin over its limit is not looked at for each single timer.
const SHORTEST_REST: Duration = Duration::from_secs(1);
/// Between two lines in the log about the same plugin.
const TOLD_EVERY: Duration = Duration::from_mins(1);

/// Who rests until when.
#[derive(Default)]
pub(super) struct Pace {
    resting: HashMap<String, Rest>,
}

struct Rest {
    until: Instant,
    told: Instant,
}

impl Pace {
    /// Whether this plugin's timers have to wait.
    pub(super) fn rests(&self, plugin: &str, now: Instant) -> bool {
        self.resting.get(plugin).is_some_and(|rest| rest.until > now)
    }

    /// It has used up what it may: the next one may fire after `wait`.
    pub(super) fn rest(&mut self, plugin: &str, wait: Duration, now: Instant) {
        let until = now + wait.max(SHORTEST_REST);
        let last = self.resting.get(plugin).map(|rest| rest.told);
        let is_new = last.is_none_or(|told| now.duration_since(told) >= TOLD_EVERY);
        if is_new {
            tracing::warn!(
                plugin.id = plugin,
                "plugin {plugin} has more timers than may fire (timers_per_minute under [limits]): they fire later"
            );
        }
        let told = last.filter(|_| !is_new).unwrap_or(now);
        self.resting.insert(plugin.to_owned(), Rest { until, told });
    }

    /// The end of the next rest. What is over is forgotten after a while.
    pub(super) fn next(&mut self, now: Instant) -> Option<Instant> {
        self.resting
            .retain(|_, rest| rest.until > now || now.duration_since(rest.told) < TOLD_EVERY);
        let resting = self.resting.values().map(|rest| rest.until);
        resting.filter(|until| *until > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_ends_and_is_forgotten() {
        let mut pace = Pace::default();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert!(!pace.rests("one", start));
        assert_eq!(pace.next(start), None);
        pace.rest("one", Duration::from_millis(10), start);
        pace.rest("two", Duration::from_secs(5), start);
        assert!(pace.rests("one", start) && pace.rests("two", after(4)));
        assert!(!pace.rests("one", after(1)), "as long as the shortest");
        assert_eq!(pace.next(start), Some(after(1)));
        assert_eq!(pace.next(after(2)), Some(after(5)));
        assert_eq!(pace.next(after(5)), None);
        pace.next(after(61));
        assert!(pace.resting.is_empty());
    }
}
