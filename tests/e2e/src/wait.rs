//! Waiting for something to become true, with a deadline.

use std::time::{Duration, Instant};

/// Between two looks at something that cannot tell by itself that it changed.
const LOOK_EVERY: Duration = Duration::from_millis(15);

/// Looks until `look` finds something. Panics, naming `what`, when `within` has passed.
pub async fn eventually<T>(what: &str, within: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {within:?} in vain: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
