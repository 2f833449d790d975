//! Between the calls that set timers and the task that fires them: which timers are being delivered, and a bell.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

type Pair = (String, String);

/// Shared by everybody who touches timers.
#[derive(Default)]
pub(crate) struct TimerDesk {
    /// Plugin and name of each timer whose occurrence is being claimed or delivered.
    delivering: Mutex<HashSet<Pair>>,
    bell: Notify,
}

impl TimerDesk {
    /// Timers were set or cancelled, or a delivery has ended: look again.
    pub(crate) fn ring(&self) {
        self.bell.notify_one();
    }

    pub(crate) async fn rung(&self) {
        self.bell.notified().await;
    }

    /// Whether an occurrence of this timer is being delivered: it is not taken back.
    pub(crate) fn is_delivering(&self, plugin: &str, name: &str) -> bool {
        self.lock().contains(&(plugin.to_owned(), name.to_owned()))
    }

    /// How many occurrences of a plugin are being delivered.
    pub(crate) fn delivering(&self, plugin: &str) -> usize {
        self.lock().iter().filter(|(owner, _)| owner == plugin).count()
    }

    /// Marks the timer until the turn is dropped. None when it is marked already.
    pub(crate) fn begin(self: &Arc<Self>, plugin: &str, name: &str) -> Option<Turn> {
        let pair = (plugin.to_owned(), name.to_owned());
        self.lock().insert(pair.clone()).then(|| Turn {
            desk: Arc::clone(self),
            pair,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Pair>> {
        self.delivering.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held while an occurrence is being delivered.
pub(crate) struct Turn {
    desk: Arc<TimerDesk>,
    pair: Pair,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.desk.lock().remove(&self.pair);
        self.desk.ring();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_is_delivered_by_one_at_a_time() {
        let desk = Arc::new(TimerDesk::default());
        let turn = desk.begin("plugin", "timer").unwrap();
        assert!(desk.begin("plugin", "timer").is_none());
        let other = desk.begin("plugin", "other").unwrap();
        assert_eq!((desk.delivering("plugin"), desk.delivering("another")), (2, 0));
        drop((turn, other));
        assert!(!desk.is_delivering("plugin", "timer"));
        assert_eq!(desk.delivering("plugin"), 0);
    }
}
